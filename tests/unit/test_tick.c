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
    "  - { id: noon, when: [{ every: mon-sun 12:00 }, custom.a], user: eve, then: stop }\n"
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

static const char *next(const char *after)
{
    static char out[CWR_MOMENT_SIZE];
    int64_t ms = at(after), due_ms = 0;
    CHECK_INT(cw_next_tick(lab->matcher, rules, ms, lab->arena, &due_ms), CW_OK);
    struct cw_text made = cwr_moment_print(due_ms, out);
    out[16] = '\0';
    return made.at;
}

static const char *tick(const char *after, const char *upto)
{
    int64_t after_ms = at(after), upto_ms = at(upto);
    struct cw_event event = {.id = CW_TEXT("T1"),
                             .source = CW_TEXT("schedule"),
                             .type = CW_TEXT("tick"),
                             .received_ms = upto_ms};
    lab->len = 0;
    lab->text[0] = '\0';
    if (cw_match_tick(lab->matcher, rules, &event, after_ms, upto_ms, lab->arena, &lab->matches) ||
        cw_decide(rules, &lab->matches, NULL, upto_ms, lab->arena, &lab->plan))
        return "no memory";
    for (size_t i = 0; i < lab->plan.n; i++)
        lab_print_effect(lab, &lab->plan.effects[i], upto_ms);
    return lab->text;
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
    CHECK_STR(tick("2026-03-03T18:59:00Z", "2026-03-03T19:00:00Z"),
              "run evening ada if {\"timer\":[\"running\"]} with {\"event.id\":\"T1\"}\n"
              "  log {\"text\":\"tick T1\"}\n  stop {}\n"
              "run evening bob if {\"timer\":[\"running\"]} with {\"event.id\":\"T1\"}\n"
              "  log {\"text\":\"tick T1\"}\n  stop {}\n");
    CHECK_STR(tick("2026-03-03T16:59:59.999Z", "2026-03-03T17:00:00Z"),
              "run noon eve\n  stop {}\n");
    CHECK_STR(tick("2026-03-03T19:00:00Z", "2026-03-04T00:59:59Z"), "");
    CHECK_STR(tick("2026-03-01T00:00:00Z", "2026-03-02T17:30:00Z"), "run noon eve\n  stop {}\n");
}

TEST(hours_hold_back)
{
    /* on Monday everybody is on call at 20:00 */
    CHECK_STR(tick("2026-03-02T18:59:00Z", "2026-03-02T19:00:00Z"), "");
}

TEST(events_tick_nothing)
{
    at("2026-03-02");
    CHECK(lab_event(lab, "custom", "", "a", "{\"x\":2}"));
    CHECK_STR(lab_run(lab, rules, NULL), "run noon eve\n  stop {}\n");
    CHECK(lab_event(lab, "schedule", "", "tick", "{}"));
    CHECK_STR(lab_run(lab, rules, NULL), "");
}

TEST(without_schedules)
{
    struct cw_ruleset *none = lab_compile("version: 1\nrules: []\n", NULL);
    int64_t due_ms = 0;
    at("2026-03-02");
    CHECK_INT(cw_next_tick(lab->matcher, none, 0, lab->arena, &due_ms), CW_OK);
    CHECK(due_ms == INT64_MAX);
    cw_ruleset_unref(none);
}

CHECK_MAIN
