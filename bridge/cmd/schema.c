/* clockwire schema: the JSON Schema of a configuration, or of a file that one includes, for
 * editors. */
#include "../schema.h"
#include "cmd.h"

#include <stdio.h>

int cmd_schema(const struct cmd_args *args)
{
    json_t *schema = schema_make(args->part);
    json_dumpf(schema, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(schema);
    return CMD_OK;
}
