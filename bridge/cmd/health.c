/* clockwire health: whether the daemon is well. */
#include "../xalloc.h"
#include "cmd.h"

#include <stdio.h>

static int ask(struct config *config, const char *method, const char *path)
{
    if (!config)
        return CMD_FAILED;
    char *text = NULL;
    int status = cmd_ask(config, method, path, &text);
    auto_free char *body = text;
    if (body)
        fputs(body, status < 300 ? stdout : stderr);
    config_destroy(config);
    return status >= 200 && status < 300 ? CMD_OK : CMD_FAILED;
}

int cmd_health(const struct cmd_args *args)
{
    return ask(cmd_settings(args), "GET", args->ready ? "/readyz" : "/healthz");
}
