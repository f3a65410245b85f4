/* `during` when a wait ends: asked again at that moment, and taken out of what is asked later. */
#include "check.h"
#include "lab.h"
#include "moment.h"

static const char text[] =
    "version: 1\ntimezone: Europe/Berlin\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\n"
    "hours: { work: mon-fri 09:00-17:30, odd: { windows: sat 00:00-24:00, timezone: UTC } }\n"
    "rules:\n"
    "  - { id: a, when: custom.a, user: ada, if: { during: work, timer: running }, wait: 1 hour,"
    " then: stop }\n";

static enum cw_timer timer;

static void get(void *ctx, const struct cw_person *person, struct cw_facts *out)
{
    (void)ctx;
    (void)person;
    out->timer = timer;
}

static const struct cw_facts_reader reader = {.get = get};

/* The plan of a run that is due now. */
static const char *due(const char *condition, const char *now)
{
    static struct lab *lab;
    static struct cw_ruleset *rules;
    struct cw_error err;
    int64_t now_ms = 0;
    lab = lab ? lab : lab_create();
    rules = rules ? rules : lab_compile(text, NULL);
    struct cw_due_run run = {.rule = CW_TEXT("a"),
                             .person = CW_TEXT("ada"),
                             .key = CW_TEXT("ada"),
                             .condition = cw_text_of(condition),
                             .vars = CW_TEXT("{}")};
    lab->len = 0;
    lab->text[0] = '\0';
    CHECK(cwr_moment_read(cw_text_of(now), &now_ms));
    if (cw_decide_due(rules, &run, &reader, now_ms, lab->arena, &lab->plan, &err))
        return "error";
    CHECK_INT(lab->plan.n, 1);
    lab_print_effect(lab, &lab->plan.effects[0], now_ms);
    return lab->text;
}

static const char monday[] = "2026-03-02T10:00:00Z", evening[] = "2026-03-02T16:30:00Z";

TEST(inside)
{
    timer = CW_TIMER_UNKNOWN;
    CHECK_STR(due("{\"during\":[\"work\"]}", monday), "run a ada\n  stop {}\n");
    CHECK_STR(due("{\"all\":[{\"during\":[\"work\"]},{\"timer\":[\"running\"]}]}", monday),
              "run a ada if {\"timer\":[\"running\"]}\n  stop {}\n");
    CHECK_STR(due("{\"any\":[{\"timer\":[\"running\"]},{\"during\":[\"work\"]}]}", monday),
              "run a ada\n  stop {}\n");
    timer = CW_TIMER_STOPPED;
    CHECK_STR(due("{\"all\":[{\"during\":[\"work\"]},{\"timer\":[\"running\"]}]}", monday),
              "refused a ada: the timer is stopped, not running (rules.yaml, line 7)\n");
}

TEST(outside)
{
    static const char why[] = "refused a ada: during work: 17:30 Mon Europe/Berlin is outside "
                              "mon-fri 09:00-17:30 (line 5) (rules.yaml, line 7)\n";
    timer = CW_TIMER_UNKNOWN;
    CHECK_STR(due("{\"during\":[\"work\"]}", evening), why);
    CHECK_STR(due("{\"all\":[{\"timer\":[\"running\"]},{\"during\":[\"work\"]}]}", evening), why);
    CHECK_STR(due("{\"any\":[{\"timer\":[\"running\"]},{\"during\":[\"work\",\"odd\"]}]}", evening),
              "run a ada if {\"timer\":[\"running\"]}\n  stop {}\n");
    CHECK_STR(due("{\"not\":{\"during\":[\"work\"]}}", evening), "run a ada\n  stop {}\n");
}

TEST(negated)
{
    timer = CW_TIMER_UNKNOWN;
    CHECK_STR(due("{\"not\":{\"during\":[\"odd\",\"work\"]}}", monday),
              "refused a ada: during work: 11:00 Mon Europe/Berlin is within mon-fri 09:00-17:30 "
              "(line 5) (rules.yaml, line 7)\n");
    CHECK_STR(due("{\"not\":{\"all\":[{\"during\":[\"work\"]},{\"timer\":[\"running\"]},"
                  "{\"paused_by\":\"x\"}]}}",
                  monday),
              "run a ada if {\"not\":{\"all\":[{\"timer\":[\"running\"]},{\"paused_by\":\"x\"}]}}\n"
              "  stop {}\n");
}

/* The text comes from the journal; the rules may have changed since. */
TEST(damaged)
{
    static const char *const bad[] = {"{\"during\":[]}", "{\"during\":\"work\"}",
                                      "{\"during\":[\"work\"]", "[\"during\"]",
                                      "{\"all\":[],\"x\":\"during\"}"};
    CHECK_STR(due("{\"during\":[\"gone\"]}", monday),
              "refused a ada: there are no hours `gone` any more (rules.yaml, line 7)\n");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STR(due(bad[i], monday), "refused a ada: the condition kept with the run cannot be "
                                       "read (rules.yaml, line 7)\n");
    CHECK_STR(due("{\"during\":[1]}", monday),
              "refused a ada: there are no hours `1` any more (rules.yaml, line 7)\n");
}

TEST(a_host_may_read_no_calendar_files)
{
    static const char with[] = "version: 1\nusers: {}\nrules: []\nhours:\n"
                               "  work: { windows: mon 09:00-10:00, except: [holidays.ics] }\n";
    struct cw_catalogue catalogue = lab_catalogue;
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    catalogue.calendar = NULL;
    CHECK_INT(cw_doc_parse("f", cw_text_of(with), NULL, diags, &doc), CW_OK);
    CHECK_INT(cw_ruleset_compile(doc, &catalogue, diags, &rules), CW_EINVAL);
    if (CHECK_INT(cw_diags_total(diags), 1))
        CHECK_STR(cw_diags_get(diags, 0)->text, "this program reads no calendar files");
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
}

CHECK_MAIN
