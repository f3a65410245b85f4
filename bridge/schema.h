/* schema: the JSON Schema (draft-07) of a whole configuration, out of the tables by which it is
 * read: the library's, grammar.c, config.def, the actions and the presets. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

/* `part`: of a file that a configuration includes, in which no section must be. The caller's. The
 * same build always makes the same. */
json_t *schema_make(bool part);

#endif
