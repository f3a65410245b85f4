#include "../daemon.h"
#include "cmd.h"

int cmd_run(const struct cmd_args *args)
{
    struct daemon_opts opts = {args->config, args->secrets};
    return daemon_run(&opts);
}
