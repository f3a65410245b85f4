/* clockwire test FILE...: plays the tests of configurations on a virtual clock. */
#include "../file.h"
#include "../log.h"
#include "../xalloc.h"
#include "cmd.h"
#include "test_report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tally {
    const struct cmd_args *args;
    const struct test_report *report;
    bool colour;
    struct test_sums sums;
};

/* The faults without the notes about secrets, which nobody needs here. */
static char *render_faults(const struct cw_diags *diags, bool colour)
{
    struct cw_diags *shown = cw_diags_create();
    const char *last = "";
    if (!shown)
        return NULL;
    for (size_t i = 0; i < cw_diags_total(diags); i++) {
        const struct cw_diag *d = cw_diags_get(diags, i);
        if (d->severity == CW_NOTE)
            continue;
        if (d->place.file && strcmp(d->place.file, last) != 0)
            file_show(last = d->place.file, shown);
        cw_diags_add(shown, d->severity, d->code, d->place, d->hint, "%s", d->text);
    }
    char *text = cw_diags_render(shown, colour);
    cw_diags_destroy(shown);
    return text;
}

static void test_config(struct tally *tally, const struct config *config)
{
    struct trials trials;
    trials_play(config, tally->colour, &trials);
    const struct test_file file = {config, &trials, tally->args->coverage,
                                   tally->args->n_words > 1};
    tally->report->file(&file);
    tally->sums.passed += trials.n - trials.failed;
    tally->sums.failed += trials.failed;
    trials_fini(&trials);
}

static void test_one(struct tally *tally, const char *file)
{
    struct cw_diags *diags = cw_diags_create();
    struct config *config = NULL;
    struct config_opts opts = {tally->args->secrets, CW_NOTE}; /* no secret is needed here */
    if (!diags)
        return;
    if (config_load(file, &opts, diags, &config) == CW_OK) {
        config_pretend(config);
        test_config(tally, config);
    } else {
        auto_free char *faults = render_faults(diags, tally->colour);
        tally->report->faulty(file, faults ? faults : "");
        tally->sums.faulty++;
    }
    config_destroy(config);
    cw_diags_destroy(diags);
}

int cmd_test(const struct cmd_args *args)
{
    struct tally tally = {.args = args,
                          .report = test_report_named(args->format ? args->format : "text")};
    if (!tally.report) {
        fprintf(stderr, "clockwire: test prints --format text, junit or json\n");
        return CMD_USAGE;
    }
    tally.colour = tally.report->colour && isatty(1);
    log_setup(LOG_NONE, LOG_TEXT, 2);
    tally.report->begin();
    for (int i = 0; i < args->n_words; i++)
        test_one(&tally, args->words[i]);
    if (!args->n_words)
        test_one(&tally, args->config);
    tally.report->end(&tally.sums, tally.colour);
    return tally.sums.failed || tally.sums.faulty ? CMD_FAILED : CMD_OK;
}
