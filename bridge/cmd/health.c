/* clockwire health: whether the daemon is well. */
#include "cmd.h"

int cmd_health(const struct cmd_args *args)
{
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    int code = cmd_say(config, "GET", args->ready ? "/readyz" : "/healthz");
    config_destroy(config);
    return code;
}
