/* clockwire test FILE...: plays the tests of configurations on a virtual clock. */
#include "../file.h"
#include "../log.h"
#include "../trial/play.h"
#include "../xalloc.h"
#include "cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct tally {
    const struct cmd_args *args;
    bool junit;
    size_t passed, failed, faulty; /* faulty: files that cannot be read as they should */
};

/* ---- For people ---- */

static void print_trials(const struct trials *trials)
{
    for (size_t i = 0; i < trials->n; i++) {
        const struct trial *t = &trials->items[i];
        printf("%-7s %s\n%s", t->fault ? "FAILED" : "ok", t->test->name, t->fault ? t->fault : "");
    }
}

static void print_coverage(const struct config *config, const struct trials *trials)
{
    size_t n = cw_ruleset_rules(config->rules), matched = 0;
    struct cw_place place;
    for (size_t i = 0; i < n; i++)
        matched += trials->matched[i];
    printf("%s: %zu of %zu rules matched by a test%s\n", config->file, matched, n,
           matched < n ? "; never matched:" : "");
    for (size_t i = 0; i < n; i++) {
        if (trials->matched[i])
            continue;
        const char *id = cw_ruleset_rule(config->rules, i, &place);
        printf("  %s  %s:%u\n", id, place.file, place.line);
    }
}

/* ---- For machines ---- */

static void put_xml(const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", stdout);
        else if (c == '>')
            fputs("&gt;", stdout);
        else if (c == '&')
            fputs("&amp;", stdout);
        else if (c == '"')
            fputs("&quot;", stdout);
        else if (c == '\n' || c == '\t' || c >= 0x20)
            putchar(c);
    }
}

static void put_case(const char *file, unsigned line, const char *name, const char *message,
                     const char *text)
{
    fputs("    <testcase classname=\"", stdout);
    put_xml(file);
    fputs("\" name=\"", stdout);
    put_xml(name);
    fputs("\" file=\"", stdout);
    put_xml(file);
    printf("\" line=\"%u\"%s>\n", line, text ? "" : "/");
    if (!text)
        return;
    fputs("      <failure message=\"", stdout);
    put_xml(message);
    fputs("\">", stdout);
    put_xml(text);
    fputs("</failure>\n    </testcase>\n", stdout);
}

static void put_suite(const char *file, size_t tests, size_t failures)
{
    fputs("  <testsuite name=\"", stdout);
    put_xml(file);
    printf("\" tests=\"%zu\" failures=\"%zu\">\n", tests, failures);
}

static void put_trials(const char *file, const struct trials *trials)
{
    put_suite(file, trials->n, trials->failed);
    for (size_t i = 0; i < trials->n; i++) {
        const struct trial *t = &trials->items[i];
        put_case(file, t->test->place.line, t->test->name, t->line, t->fault);
    }
    fputs("  </testsuite>\n", stdout);
}

/* ---- A file ---- */

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

static void faulty(struct tally *tally, const char *file, const struct cw_diags *diags)
{
    auto_free char *text = render_faults(diags, !tally->junit && isatty(1));
    tally->faulty++;
    if (!tally->junit) {
        printf("%s%s: not tested: the configuration has faults\n", text ? text : "", file);
        return;
    }
    put_suite(file, 1, 1);
    put_case(file, 1, "the configuration", "the configuration has faults", text ? text : "");
    fputs("  </testsuite>\n", stdout);
}

static void test_config(struct tally *tally, const struct config *config)
{
    struct trials trials;
    trials_play(config, !tally->junit && isatty(1), &trials);
    tally->passed += trials.n - trials.failed;
    tally->failed += trials.failed;
    if (tally->junit) {
        put_trials(config->file, &trials);
    } else {
        print_trials(&trials);
        if (!trials.n)
            printf("%s: it has no tests\n", config->file);
        if (tally->args->coverage)
            print_coverage(config, &trials);
    }
    trials_fini(&trials);
}

static void test_one(struct tally *tally, const char *file)
{
    struct cw_diags *diags = cw_diags_create();
    struct config *config = NULL;
    struct config_opts opts = {tally->args->secrets, CW_NOTE}; /* no secret is needed here */
    if (!diags)
        return;
    if (config_load(file, &opts, diags, &config) == CW_OK)
        test_config(tally, config);
    else
        faulty(tally, file, diags);
    config_destroy(config);
    cw_diags_destroy(diags);
}

int cmd_test(const struct cmd_args *args)
{
    struct tally tally = {.args = args, .junit = args->format && !strcmp(args->format, "junit")};
    if (args->format && !tally.junit && strcmp(args->format, "text") != 0) {
        fprintf(stderr, "clockwire: test prints --format text or junit\n");
        return CMD_USAGE;
    }
    log_setup(LOG_NONE, LOG_TEXT, 2);
    if (tally.junit)
        fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", stdout);
    for (int i = 0; i < args->n_words; i++)
        test_one(&tally, args->words[i]);
    if (!args->n_words)
        test_one(&tally, args->config);
    if (tally.junit)
        fputs("</testsuites>\n", stdout);
    else
        printf("%zu passed, %zu failed\n", tally.passed, tally.failed + tally.faulty);
    return tally.failed + tally.faulty ? CMD_FAILED : CMD_OK;
}
