/* clockwire check: every fault of every file, with its place. */
#include "../xalloc.h"
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int check_one(const char *file, const char *secrets)
{
    struct cw_diags *diags = cw_diags_create();
    struct config *config = NULL;
    struct config_opts opts = {secrets, CW_WARNING};
    if (!diags)
        abort();
    bool bad = config_load(file, &opts, diags, &config) != CW_OK;
    auto_free char *text = cw_diags_total(diags) ? cw_diags_render(diags, isatty(1)) : NULL;
    if (text)
        fputs(text, stdout);
    size_t errors = cw_diags_count(diags, CW_ERROR);
    size_t warnings = cw_diags_count(diags, CW_WARNING);
    if (bad)
        printf("%s: %zu error%s, %zu warning%s\n", file, errors, errors == 1 ? "" : "s", warnings,
               warnings == 1 ? "" : "s");
    else
        printf("%s: good: %zu rules, %zu sources, %zu people, %zu warning%s\n", file,
               cw_ruleset_rules(config->rules), config->n_sources, config->people.n, warnings,
               warnings == 1 ? "" : "s");
    config_destroy(bad ? NULL : config);
    cw_diags_destroy(diags);
    return bad ? CMD_FAILED : CMD_OK;
}

int cmd_check(const struct cmd_args *args)
{
    int worst = CMD_OK;
    for (int i = 0; i < args->n_words; i++)
        if (check_one(args->words[i], args->secrets))
            worst = CMD_FAILED;
    return args->n_words ? worst : check_one(args->config, args->secrets);
}
