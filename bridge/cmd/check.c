/* clockwire check: every fault of every file, with its place. */
#include "cmd.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

static int check_one(struct report *report, const char *file, const char *secrets)
{
    struct cw_diags *diags = cw_diags_create();
    struct config *config = NULL;
    struct config_opts opts = {secrets, CW_WARNING};
    if (!diags)
        abort();
    bool bad = config_load(file, &opts, diags, &config) != CW_OK;
    report_add(report, file, diags, bad ? NULL : config);
    config_destroy(bad ? NULL : config);
    cw_diags_destroy(diags);
    return bad ? CMD_FAILED : CMD_OK;
}

int cmd_check(const struct cmd_args *args)
{
    enum report_format format;
    int worst = CMD_OK;
    if (!report_format_named(args->format, &format)) {
        fprintf(stderr, "clockwire: check prints --format text, json, sarif or github\n");
        return CMD_USAGE;
    }
    struct report *report = report_create(format);
    for (int i = 0; i < args->n_words; i++)
        if (check_one(report, args->words[i], args->secrets))
            worst = CMD_FAILED;
    if (!args->n_words)
        worst = check_one(report, args->config, args->secrets);
    report_end(report);
    return worst;
}
