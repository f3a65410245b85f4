/* Warnings are certain: over random rules, events and facts, a rule that is warned of never does
 * what the warning says that it never does. (What they say is in cases/warnings.txt.) */
#include "check.h"
#include "lab.h"

enum { RULESETS = 4000, RULES = 6, EVENTS = 40 };

static uint64_t state;

static uint32_t dice(uint32_t n)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33) % n;
}

static const char *pick(const char *const *words, uint32_t n)
{
    return words[dice(n)];
}

#define PICK(...)                                                                                  \
    pick((const char *const[]){__VA_ARGS__},                                                       \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static size_t put_rule(char *at, size_t room, int i)
{
    int n = snprintf(
        at, room, "  - { id: r%d, when: %s, user: %s, if: { %s%s%s }%s%s, then: %s }\n", i,
        PICK("github.push", "github.tag", "git.*", "github.*", "[github.push, github.tag]",
             "{ event: github.push, event.a: 1 }", "git.push", "custom.push"),
        PICK("ada", "ada", "everyone", "'${event.u}'"),
        PICK("", "", "", "event.a: 1, ", "event.a: { in: [1, 2] }, ",
             "any: [{ event.a: 1 }, { event.b: 1 }], ", "event.a: { below: 2 }, ",
             "not: { event.a: 1 }, "),
        PICK("", "", "event.b: 1, ", "all: [{ event.b: { is_not: 2 } }, { event.a: 2 }], ",
             "event.b: { exists: false }, "),
        PICK("event.c: { exists: true }", "event.c: { exists: true }, timer: running",
             "event.c: { exists: true }, timer: [running, paused]"),
        PICK("", "", "", "", ", final: true", ", dry_run: true", ", throttle: 1 hour",
             ", enabled: false"),
        PICK("", "", "", ", wait: 1 minute", ", at: '2026-01-01T00:00:00Z'", ", mode: single"),
        PICK("stop", "pause", "{ start: { task: KEY-1 } }", "{ start: { task: KEY-2 } }",
             "{ start: { task: '${event.t}' } }", "[{ log: x }, stop]", "{ log: x }"));
    return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

static char *make_rules(void)
{
    static char text[8192];
    int n = snprintf(text, sizeof text,
                     "version: 1\ntimezone: UTC\nusers:\n"
                     "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\n"
                     "  grace: { awork: 6a2c1d3e-0000-4000-8000-000000000002 }\nrules:\n");
    size_t len = (size_t)n;
    for (int i = 0; i < RULES; i++)
        len += put_rule(text + len, sizeof text - len, i);
    return text;
}

static void get_facts(void *ctx, const struct cw_person *person, struct cw_facts *out)
{
    (void)person;
    out->timer = *(enum cw_timer *)ctx;
}

static bool changes_timer(const struct cw_effect *effect)
{
    for (size_t i = 0; i < effect->n_calls; i++)
        if (strcmp(effect->calls[i].action, "log") != 0)
            return true;
    return effect->due_ms > 1772445600000; /* it waits */
}

/* What a rule is warned of: NULL, or the code. */
static const char *warning_of(const struct cw_ruleset *rules, const struct cw_diags *diags,
                              const char *id)
{
    for (size_t i = 0; i < cw_ruleset_rules(rules); i++) {
        struct cw_place place;
        if (strcmp(cw_ruleset_rule(rules, i, &place), id) != 0)
            continue;
        for (size_t k = 0; k < cw_diags_total(diags); k++)
            if (cw_diags_get(diags, k)->place.line == place.line)
                return cw_diags_get(diags, k)->code;
    }
    return NULL;
}

static void check_plan(const struct lab *lab, const struct cw_ruleset *rules,
                       const struct cw_diags *diags, const char *text)
{
    for (size_t i = 0; i < lab->plan.n; i++) {
        const struct cw_effect *effect = &lab->plan.effects[i];
        const char *code = warning_of(rules, diags, effect->rule);
        if (!code || effect->kind != CW_EFFECT_RUN)
            continue;
        bool wrong = strcmp(code, "contradiction") != 0 || changes_timer(effect);
        if (!CHECK(!wrong))
            fprintf(stderr, "%s, but %s runs for %s\n%s", code, effect->rule, effect->person->name,
                    text);
    }
}

static void try_events(struct lab *lab, const struct cw_ruleset *rules,
                       const struct cw_diags *diags, const char *text)
{
    char body[200];
    enum cw_timer timer;
    const struct cw_facts_reader reader = {.get = get_facts, .ctx = &timer};
    for (int i = 0; i < EVENTS; i++) {
        snprintf(body, sizeof body, "{\"u\":%s,\"c\":1%s%s%s}",
                 PICK("\"ada\"", "\"grace\"", "[\"grace\",\"ada\"]"),
                 PICK("", ",\"a\":0", ",\"a\":1", ",\"a\":1", ",\"a\":2"),
                 PICK("", ",\"b\":1", ",\"b\":1", ",\"b\":2"),
                 PICK("", ",\"t\":\"KEY-1\"", ",\"t\":\"KEY-2\""));
        timer = (enum cw_timer)dice(4);
        bool git = dice(8);
        if (CHECK(lab_event(lab, git ? "github" : "custom", git ? "git" : "", PICK("push", "tag"),
                            body)))
            lab_run(lab, rules, &reader);
        check_plan(lab, rules, diags, text);
    }
}

TEST(what_is_warned_of_never_happens)
{
    struct lab *lab = lab_create();
    size_t warnings = 0;
    state = 20261127;
    for (int i = 0; i < RULESETS; i++) {
        struct cw_diags *diags = cw_diags_create();
        const char *text = make_rules();
        struct cw_ruleset *rules = lab_compile(text, diags);
        if (!CHECK(rules != NULL))
            fprintf(stderr, "%s%s", text, cw_diags_render(diags, false));
        warnings += cw_diags_count(diags, CW_WARNING);
        if (rules && cw_diags_count(diags, CW_WARNING))
            try_events(lab, rules, diags, text);
        cw_ruleset_unref(rules);
        cw_diags_destroy(diags);
    }
    CHECK(warnings > RULESETS / 10);
    lab_destroy(lab);
}

CHECK_MAIN
