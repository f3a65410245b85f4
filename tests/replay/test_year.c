/* A year on the virtual clock of `clockwire test`: what it does, and how long it takes. */
#include "check.h"
#include "log.h"
#include "trial/stage.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char head[] =
    "version: 1\n"
    "sources:\n"
    "  desk: { path: /d, preset: generic, verify: { bearer: \"${secret.desk}\" } }\n"
    "users:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, timezone: Europe/Berlin }\n"
    "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002, timezone: Europe/Berlin }\n"
    "  eve: { awork: 6a2c1d3e-0000-4000-8000-000000000003, timezone: America/New_York }\n"
    "  kim: { awork: 6a2c1d3e-0000-4000-8000-000000000004, timezone: Asia/Kathmandu }\n"
    "target: { awork: { token: \"${secret.key}\" } }\n";

static struct config *load(const char *rules)
{
    char file[] = "/tmp/cw-year.XXXXXX";
    struct cw_diags *diags = cw_diags_create();
    const struct config_opts opts = {.missing_secret = CW_WARNING};
    struct config *config = NULL;
    int fd = mkstemp(file);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f || fprintf(f, "%s%s", head, rules) < 0 || fclose(f) != 0)
        abort();
    if (config_load(file, &opts, diags, &config)) {
        fprintf(stderr, "%s", cw_diags_render(diags, false));
        exit(1);
    }
    cw_diags_destroy(diags);
    unlink(file);
    return config;
}

struct year {
    size_t n, acted;
    double seconds; /* of the processor */
};

/* Plays the first test of the configuration. */
static struct year play(const char *rules)
{
    log_setup(LOG_ERROR, LOG_JSON, 2);
    struct config *config = load(rules);
    const struct suite_test *test = &config->tests->tests[0];
    bool *matched = xcalloc(cw_ruleset_rules(config->rules) + 1, sizeof *matched);
    struct cw_error err = {0};
    struct year year = {0, 0, 0};
    clock_t begun = clock();
    struct stage *stage = stage_create(config, test, matched);
    for (size_t i = 0; i < test->n_steps; i++)
        if (!CHECK_INT(stage_step(stage, &test->steps[i], &err), CW_OK))
            fprintf(stderr, "%s\n", err.text);
    year.seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    const struct effect *effects = stage_effects(stage, &year.n);
    for (size_t i = 0; i < year.n; i++)
        year.acted += effects[i].acted;
    stage_destroy(stage);
    free(matched);
    config_destroy(config);
    return year;
}

static bool is_quick(const struct year *year)
{
    const char *sanitizer = getenv("CW_SANITIZE");
    fprintf(stderr, "%zu effects in %.3f s\n", year->n, year->seconds);
    return year->seconds < (sanitizer && *sanitizer ? 20 : 1);
}

/* 261 working days, four people in three zones, each told and stopped; a restart at half-time. */
TEST(a_year_of_evenings)
{
    struct year year = play("rules:\n"
                            "  - id: evening\n    when: { every: mon-fri 20:00 }\n"
                            "    user: [ada, bob, eve, kim]\n"
                            "    then: [{ log: \"${user.name}\" }, stop]\n"
                            "tests:\n"
                            "  - name: a year\n    timer: running\n    steps:\n"
                            "      - { at: \"2026-01-01T00:00:00Z\" }\n"
                            "      - { after: 182 days, restart: true }\n"
                            "      - { after: 183 days }\n");
    CHECK_INT(year.n, 261 * 4 * 2);
    CHECK_INT(year.acted, 261 * 4 + 4); /* who is stopped stays so */
    CHECK(is_quick(&year));
}

/* A heartbeat every day, and a silence after each; somebody switches tasks six times a week. */
TEST(a_year_of_silences_and_counts)
{
    char *rules = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&rules, &size);
    fputs("rules:\n"
          "  - { id: lost, when: { absent: desk.heartbeat, for: 15 minutes }, then: { log: "
          "\"${user.name}\" } }\n"
          "  - { id: often, when: { count: 6, of: timer.started, within: 7 days }, then: { log: "
          "\"${count}\" } }\n"
          "  - { id: both, when: { all: [desk.heartbeat, timer.started], within: 1 hour }, then: { "
          "log: both } }\n"
          "tests:\n  - name: a year\n    user: ada\n    steps:\n"
          "      - { at: \"2026-01-01T08:00:00Z\" }\n",
          f);
    for (int day = 0; day < 365; day++) {
        fputs("      - { after: 1 day, event: desk.heartbeat }\n", f);
        if (day % 7 != 6)
            fputs("      - { event: timer.started, restart: true }\n", f);
    }
    fputs("      - { after: 1 day }\n", f);
    if (fclose(f) != 0)
        abort();
    struct year year = play(rules);
    CHECK_INT(year.n, 365 + 52 + 313); /* silences, weeks, days with both */
    CHECK(is_quick(&year));
    free(rules);
}

/* A schedule of every minute for a week. */
TEST(a_week_of_minutes)
{
    struct year year = play("rules:\n"
                            "  - id: minutes\n    when: { every: 1 minute }\n    user: [ada, eve]\n"
                            "    then: { log: x }\n"
                            "tests:\n  - name: a week\n    steps:\n"
                            "      - { at: \"2026-01-01T00:00:30Z\" }\n"
                            "      - { after: 7 days }\n");
    CHECK_INT(year.n, 7 * 24 * 60 * 2);
    CHECK(is_quick(&year));
}

CHECK_MAIN
