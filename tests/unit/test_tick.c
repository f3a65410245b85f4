/* `every`: when the next tick is, and whose rules it is for. */
#include "check.h"
#include "lab.h"
#include "moment.h"

static const char text[] =
    "version: 1\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, timezone: Europe/Berlin }\n"
    "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002, timezone: Europe/Berlin }\n"
    "  eve: { awork: 6a2c1d3e-0000-4000-8000-000000000003, timezone: America/New_York }\n"
    "hours: { on_call: mon 07:00-22:00 }\n"
    "rules:\n"
    "  - { id: evening, when: { every: mon-fri 20:00 }, user: [ada, bob, eve],"
    " if: { timer: running, not: { during: on_call } }, then: [{ log: 'tick ${event.id}' }, stop] "
    "}\n"
    "  - { id: noon, when: [custom.a, { every: mon-sun 12:00 }], user: eve, then: stop }\n"
    "  - { id: off, when: { every: 1 minute }, user: eve, enabled: false, then: stop }\n"
    "  - { id: event, when: custom.a, user: ada, if: { event.x: 1 }, then: stop }\n";

static struct lab *lab;
static struct cw_ruleset *rules;

static int64_t at(const char *moment)
{
    int64_t ms = 0;
    lab = lab ? lab : lab_create();
    rules = rules ? rules : lab_compile(text, NULL);
    CHECK(rules != NULL && cwr_moment_read(cw_text_of(moment), &ms));
    return ms;
}

/* The next one that is to be handled after one moment, looked for at another. */
static const char *next_at(const char *after, const char *now)
{
    static char out[CWR_MOMENT_SIZE];
    int64_t ms = at(after), due_ms = 0;
    CHECK_INT(cw_next_tick(lab->matcher, rules, ms, at(now), lab->arena, &due_ms), CW_OK);
    struct cw_text made = cwr_moment_print(due_ms, out);
    out[16] = '\0';
    return made.at;
}

static const char *next(const char *after)
{
    return next_at(after, after);
}

static bool match(const char *moment, const char *now, const struct cw_trace *trace)
{
    struct cw_event event = {.id = CW_TEXT("T1"),
                             .source = CW_TEXT("clock"),
                             .type = CW_TEXT("tick"),
                             .received_ms = at(moment)};
    lab->len = 0;
    lab->text[0] = '\0';
    return cw_match_tick(lab->matcher, rules, &event, at(now), trace, lab->arena, &lab->matches) ==
           CW_OK;
}

static const char *tick_at(const char *moment, const char *now)
{
    if (!match(moment, now, NULL) ||
        cw_decide(rules, &lab->matches, NULL, at(moment), lab->arena, &lab->plan))
        return "no memory";
    for (size_t i = 0; i < lab->plan.n; i++)
        lab_print_effect(lab, &lab->plan.effects[i], at(moment));
    return lab->text;
}

static const char *tick(const char *moment)
{
    return tick_at(moment, moment);
}

TEST(the_next_one)
{
    CHECK_STR(next("2026-03-03T10:00:00Z"), "2026-03-03T17:00"); /* noon in New York */
    CHECK_STR(next("2026-03-03T17:00:00Z"), "2026-03-03T19:00"); /* evening in Berlin */
    CHECK_STR(next("2026-03-03T19:00:00Z"), "2026-03-04T01:00"); /* evening in New York */
    CHECK_STR(next("2026-03-07T17:00:00Z"), "2026-03-08T16:00"); /* Saturday; their summer begins */
}

TEST(whose)
{
    CHECK_STR(tick("2026-03-03T19:00:00Z"),
              "run evening ada if {\"timer\":[\"running\"]} with {\"event.id\":\"T1\"}\n"
              "  log {\"text\":\"tick T1\"}\n  stop {}\n"
              "run evening bob if {\"timer\":[\"running\"]} with {\"event.id\":\"T1\"}\n"
              "  log {\"text\":\"tick T1\"}\n  stop {}\n");
    CHECK_STR(tick("2026-03-03T17:00:00Z"), "run noon eve\n  stop {}\n");
    CHECK_INT(lab->matches.items[0].trigger, 1);
    CHECK_STR(tick("2026-03-03T19:00:01Z"), "");
    CHECK_STR(tick("2026-03-03T18:59:59.999Z"), "");
}

/* Nothing was handled for days: what was missed comes once, at its latest moment. */
TEST(only_the_latest_of_those_missed)
{
    CHECK_STR(next_at("2026-03-01T00:00:00Z", "2026-03-05T18:00:00Z"), "2026-03-04T19:00");
    CHECK_STR(next_at("2026-03-04T19:00:00Z", "2026-03-05T18:00:00Z"), "2026-03-05T01:00");
    CHECK_STR(next_at("2026-03-05T01:00:00Z", "2026-03-05T18:00:00Z"), "2026-03-05T17:00");
    CHECK_STR(next_at("2026-03-05T17:00:00Z", "2026-03-05T18:00:00Z"), "2026-03-05T19:00");
    CHECK_STR(tick_at("2026-03-04T17:00:00Z", "2026-03-05T18:00:00Z"), "");
    CHECK_STR(tick_at("2026-03-05T17:00:00Z", "2026-03-05T18:00:00Z"), "run noon eve\n  stop {}\n");
}

/* The clock was set back: what was handled is not handled again. */
TEST(a_clock_that_was_set_back)
{
    CHECK_STR(next_at("2026-03-03T19:00:00Z", "2026-03-03T10:00:00Z"), "2026-03-04T01:00");
}

TEST(hours_hold_back)
{
    /* on Monday everybody is on call at 20:00 */
    CHECK_STR(tick("2026-03-02T19:00:00Z"), "");
}

static void say(void *ctx, const struct cw_look *look)
{
    (void)ctx;
    lab_print(lab, "%s %s%s%s\n", look->rule, look->person ? look->person->name : "-",
              look->kind == CW_LOOK_RUN ? " " : ": ", look->reason);
}

TEST(each_rule_says_why)
{
    const struct cw_trace trace = {.look = say};
    CHECK(match("2026-03-03T19:00:00Z", "2026-03-03T19:00:00Z", &trace));
    CHECK_STR(lab->text, "evening ada matched\nevening bob matched\n"
                         "evening -: no: when is every mon-fri 20:00\n"
                         "noon -: no: when is custom.a or every mon-sun 12:00\n"
                         "event -: no: when is custom.a\n");
    const struct cw_trace of_noon = {.look = say, .rule = "noon"};
    CHECK(match("2026-03-03T19:00:00Z", "2026-03-03T19:00:00Z", &of_noon));
    CHECK_STR(lab->text, "noon -: no: when is custom.a or every mon-sun 12:00\n");
    CHECK(match("2026-03-02T19:00:00Z", "2026-03-02T19:00:00Z", &trace));
    CHECK(strncmp(lab->text, "evening ada: no: during on_call: 20:00 Mon Europe/Berlin is", 59) ==
          0);
}

TEST(triggers_are_told)
{
    enum cw_trigger_kind kind = CW_TRIGGER_EVENT;
    struct cw_text shown;
    at("2026-03-02");
    if (CHECK(cw_ruleset_trigger(rules, 0, 0, &kind, &shown))) {
        CHECK_INT(kind, CW_TRIGGER_EVERY);
        CHECK_MEM(shown.at, shown.len, "every mon-fri 20:00");
    }
    CHECK(cw_ruleset_trigger(rules, 1, 0, &kind, &shown) && kind == CW_TRIGGER_EVENT && !shown.len);
    CHECK(!cw_ruleset_trigger(rules, 1, 2, &kind, &shown));
    CHECK(!cw_ruleset_trigger(rules, 4, 0, &kind, &shown));
}

TEST(events_tick_nothing)
{
    at("2026-03-02");
    CHECK(lab_event(lab, "custom", "", "a", "{\"x\":2}"));
    CHECK_STR(lab_run(lab, rules, NULL), "run noon eve\n  stop {}\n");
    CHECK(lab_event(lab, "clock", "", "tick", "{}"));
    CHECK_STR(lab_run(lab, rules, NULL), "");
}

TEST(without_schedules)
{
    struct cw_ruleset *none = lab_compile("version: 1\nrules: []\n", NULL);
    int64_t due_ms = 0;
    at("2026-03-02");
    CHECK_INT(cw_next_tick(lab->matcher, none, 0, 0, lab->arena, &due_ms), CW_OK);
    CHECK(due_ms == INT64_MAX);
    cw_ruleset_unref(none);
}

static void put_tick(void *ctx, const struct cw_tick *tick)
{
    char out[CW_CLOCK_TEXT];
    char *at = ctx;
    sprintf(at + strlen(at), "%s %s+%zu %.16s\n", cw_ruleset_rule(rules, tick->rule, NULL),
            tick->person->name, tick->people - 1, cw_clock(tick->person->zone, tick->due_ms, out));
}

TEST(what_comes_next_rule_by_rule)
{
    char told[400] = "";
    int64_t ms = at("2026-03-06T19:00:00Z"); /* Friday evening in Berlin: that one has come */
    CHECK_INT(cw_ticks(lab->matcher, rules, ms, lab->arena, put_tick, told), CW_OK);
    CHECK_STR(told, "evening ada+1 2026-03-09T20:00\n"
                    "evening eve+0 2026-03-06T20:00\n"
                    "noon eve+0 2026-03-07T12:00\n");
}

CHECK_MAIN
