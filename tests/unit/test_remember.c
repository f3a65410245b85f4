/* Triggers that hear several events: their ceilings, what is kept of them, and random courses. */
#include "check.h"
#include "lab.h"
#include "marks.h"

#define FRAME                                                                                      \
    "version: 1\ntimezone: UTC\nusers:\n"                                                          \
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n"

static const int64_t begin_ms = 1772445600000;
static struct lab *lab;
static struct marks kept;

/* Lets one event come; keeps what is to be kept. Returns: how many runs begin. */
static size_t come(const struct cw_ruleset *rules, const char *type, int64_t ms, const char *body)
{
    const struct cw_facts_reader reader = {.mark = marks_get, .ctx = &kept};
    size_t runs = 0;
    lab = lab ? lab : lab_create();
    lab->now_ms = begin_ms + ms;
    CHECK(lab_event(lab, "custom", "", type, body));
    lab_run(lab, rules, &reader);
    marks_keep(&kept, &lab->plan);
    for (size_t i = 0; i < lab->plan.n; i++)
        runs += lab->plan.effects[i].kind == CW_EFFECT_RUN;
    return runs;
}

static struct cw_ruleset *one_rule(const char *when)
{
    char *text = NULL;
    if (asprintf(&text, FRAME "  - { id: r, when: %s, user: ada, then: { log: x } }\n", when) < 0)
        abort();
    struct cw_ruleset *rules = lab_compile(text, NULL);
    free(text);
    marks_clear(&kept);
    if (!CHECK(rules != NULL))
        exit(1);
    return rules;
}

/* ---- Ceilings ---- */

TEST(a_thousand_are_counted)
{
    struct cw_ruleset *rules = one_rule("{ count: 1000, of: custom.a, within: 3650 days }");
    for (int64_t i = 1; i < 1000; i++)
        if (!CHECK_INT(come(rules, "a", i * 300000000, "{}"), 0))
            break;
    if (CHECK_INT(kept.n, 1))
        CHECK(kept.rows[0].value.len < 16000);
    CHECK_INT(come(rules, "a", INT64_C(1000) * 300000000, "{}"), 1);
    CHECK_INT(kept.n, 0);
    cw_ruleset_unref(rules);
}

TEST(sixteen_parts_of_an_all)
{
    char when[1024], *at = when;
    at += sprintf(at, "{ all: [");
    for (int i = 0; i < 16; i++)
        at += sprintf(at, "%scustom.p%d", i ? ", " : "", i);
    sprintf(at, "], within: 1 hour }");
    struct cw_ruleset *rules = one_rule(when);
    for (int i = 15; i > 0; i--) {
        char type[8];
        snprintf(type, sizeof type, "p%d", i);
        CHECK_INT(come(rules, type, 15 - i, "{}"), 0);
    }
    CHECK_INT(come(rules, "p0", 3600000, "{}"), 1);
    cw_ruleset_unref(rules);
}

TEST(one_more_is_refused)
{
    char text[2048], *at = text;
    struct cw_diags *diags = cw_diags_create();
    at += sprintf(at, FRAME "  - { id: r, user: ada, then: stop, when: { within: 1 hour, all: [");
    for (int i = 0; i < 17; i++)
        at += sprintf(at, "%scustom.p%d", i ? ", " : "", i);
    sprintf(at, "] } }\n");
    CHECK(lab_compile(text, diags) == NULL);
    if (CHECK_INT(cw_diags_total(diags), 1))
        CHECK_STR(cw_diags_get(diags, 0)->text, "`all` is a list of 2 to 16 events");
    cw_diags_destroy(diags);
}

/* Marks are named by the trigger as it is written: a long one by its beginning and a number. */
TEST(a_long_trigger_has_a_short_name)
{
    char when[4096];
    struct cw_text shown[3];
    enum cw_trigger_kind kind = CW_TRIGGER_EVENT;
    struct cw_ruleset *rules[3];
    for (int i = 0; i < 3; i++) {
        snprintf(when, sizeof when,
                 "{ count: 2, of: { event: custom.a, event.x: { not_in: [\"\xC3\xA4%0*d\"] } }, "
                 "within: 1 hour }",
                 i == 2 ? 1001 : 1000, 7);
        rules[i] = one_rule(when);
        CHECK(cw_ruleset_trigger(rules[i], 0, 0, &kind, &shown[i]));
        CHECK_INT(kind, CW_TRIGGER_COUNT);
        CHECK(shown[i].len < 340 &&
              strstr(shown[i].at, "2 of {event: custom.a, event.x: {not_in:"));
    }
    CHECK(marks_same(shown[0], shown[1]));
    CHECK(!marks_same(shown[0], shown[2]));
    CHECK(cw_ruleset_has_trigger(rules[0], CW_TEXT("r"), shown[1]));
    CHECK(!cw_ruleset_has_trigger(rules[0], CW_TEXT("r"), shown[2]));
    CHECK(!cw_ruleset_has_trigger(rules[0], CW_TEXT("s"), shown[1]));
    for (int i = 0; i < 3; i++)
        cw_ruleset_unref(rules[i]);
}

/* ---- Sense ---- */

/* A mark that cannot be read, or of another trigger's length, is as good as none. */
TEST(odd_marks)
{
    static const char *const values[] = {"", "x", "1 2 3 4 5 6", "-5", "99999999999999999999 1",
                                         " "};
    struct cw_ruleset *rules = one_rule("{ all: [custom.a, custom.b], within: 1 hour }");
    come(rules, "a", 0, "{}");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        free((char *)(uintptr_t)kept.rows[0].value.at);
        kept.rows[0].value = marks_copy(cw_text_of(values[i]));
        kept.rows[0].until_ms = begin_ms + 1;
        CHECK(come(rules, "c", 0, "{}") == 0);
        CHECK(come(rules, "a", 0, "{}") <= 1);
        if (!kept.n)
            come(rules, "a", 0, "{}");
    }
    cw_ruleset_unref(rules);
}

static uint32_t dice(uint32_t n)
{
    static uint32_t state = 4711;
    state = state * 1664525 + 1013904223;
    return (state >> 8) % n;
}

/* What it comes to, worked out from the whole past. */
struct past {
    int64_t at[4096];
    uint32_t type[4096];
    size_t n, consumed; /* what lies before is used up */
};

static bool is_whole(const struct past *p, int64_t within_ms)
{
    uint32_t seen = 0;
    for (size_t i = p->consumed; i < p->n; i++)
        if (p->at[p->n - 1] - p->at[i] <= within_ms)
            seen |= (uint32_t)1 << p->type[i];
    return seen == 7;
}

static bool are_enough(const struct past *p, int64_t within_ms)
{
    size_t n = 0;
    for (size_t i = p->consumed; i < p->n; i++)
        n += p->at[p->n - 1] - p->at[i] <= within_ms;
    return n >= 5;
}

static void random_course(const char *when, bool (*fires)(const struct past *, int64_t))
{
    static const char *const types[] = {"a", "b", "c"};
    static struct past past;
    struct cw_ruleset *rules = one_rule(when);
    size_t fired = 0;
    int64_t ms = 0;
    past.n = past.consumed = 0;
    while (past.n < 4096) {
        uint32_t type = dice(3);
        ms += dice(4) ? dice(20000) : dice(3) * 60000;
        past.at[past.n] = ms;
        past.type[past.n++] = type;
        bool wanted = fires(&past, 60000);
        if (!CHECK_INT(come(rules, types[type], ms, "{}"), wanted))
            break;
        fired += wanted;
        if (wanted)
            past.consumed = past.n;
    }
    CHECK(fired > 100 && fired < 2000);
    cw_ruleset_unref(rules);
}

TEST(random_alls)
{
    random_course("{ all: [custom.a, custom.b, custom.c], within: 1 minute }", is_whole);
}

TEST(random_counts)
{
    random_course("{ count: 5, of: [custom.a, custom.b, custom.c], within: 1 minute }", are_enough);
}

CHECK_MAIN
