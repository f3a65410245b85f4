/* What is left of conditions: asked of facts, refused when it is anything else. */
#include "check.h"
#include "lab.h"

static struct cw_facts facts;
static char why[256];
static struct cw_error err;

/* Returns: 0 false, 1 true, 2 unknown, else minus the status. */
static int ask(const char *text)
{
    enum cw_truth truth = CW_UNKNOWN;
    err.text[0] = '\0';
    enum cw_status status =
        cw_condition_ask(cw_text_of(text), &facts, &truth, why, sizeof why, &err);
    return status ? -(int)status : (int)truth;
}

static void set(enum cw_timer timer, const char *paused_by, const char *started_by)
{
    facts = (struct cw_facts){
        .timer = timer, .paused_by = cw_text_of(paused_by), .started_by = cw_text_of(started_by)};
}

TEST(nothing_left_holds)
{
    set(CW_TIMER_UNKNOWN, NULL, NULL);
    CHECK_INT(ask(""), CW_TRUE);
}

TEST(timer)
{
    set(CW_TIMER_RUNNING, NULL, NULL);
    CHECK_INT(ask("{\"timer\":[\"running\"]}"), CW_TRUE);
    CHECK_INT(ask("{\"timer\":[\"paused\",\"running\"]}"), CW_TRUE);
    CHECK_STR(why, "");
    CHECK_INT(ask("{\"timer\":[\"paused\",\"stopped\"]}"), CW_FALSE);
    CHECK_STR(why, "the timer is running, not paused or stopped");
    set(CW_TIMER_UNKNOWN, NULL, NULL);
    CHECK_INT(ask("{\"timer\":[\"running\"]}"), CW_UNKNOWN);
}

TEST(by_rules)
{
    set(CW_TIMER_PAUSED, "idle", NULL);
    CHECK_INT(ask("{\"paused_by\":\"idle\"}"), CW_TRUE);
    CHECK_INT(ask("{\"paused_by\":\"idl\"}"), CW_FALSE);
    CHECK_STR(why, "paused by idle, not idl");
    CHECK_INT(ask("{\"started_by\":\"idle\"}"), CW_FALSE);
    CHECK_STR(why, "started by nobody of ours, not idle");
    set(CW_TIMER_UNKNOWN, "idle", NULL);
    CHECK_INT(ask("{\"paused_by\":\"idle\"}"), CW_UNKNOWN);
}

#define RUNNING "{\"timer\":[\"running\"]}"
#define PAUSED  "{\"timer\":[\"paused\"]}"

TEST(three_values)
{
    set(CW_TIMER_RUNNING, NULL, "a");
    CHECK_INT(ask("{\"all\":[" RUNNING ",{\"started_by\":\"a\"}]}"), CW_TRUE);
    CHECK_INT(ask("{\"all\":[" RUNNING "," PAUSED "]}"), CW_FALSE);
    CHECK_INT(ask("{\"any\":[" PAUSED "," RUNNING "]}"), CW_TRUE);
    CHECK_INT(ask("{\"any\":[" PAUSED ",{\"not\":" RUNNING "}]}"), CW_FALSE);
    CHECK_STR(why, "the timer is running");
    CHECK_INT(ask("{\"not\":" RUNNING "}"), CW_FALSE);
    CHECK_INT(ask("{\"not\":{\"not\":" RUNNING "}}"), CW_TRUE);
    set(CW_TIMER_UNKNOWN, NULL, NULL);
    CHECK_INT(ask("{\"not\":" RUNNING "}"), CW_UNKNOWN);
    CHECK_INT(ask("{\"all\":[" RUNNING "," PAUSED "]}"), CW_UNKNOWN);
    CHECK_INT(ask("{\"any\":[" RUNNING "," PAUSED "]}"), CW_UNKNOWN);
}

TEST(other_text_is_refused)
{
    static const char *const bad[] = {"{}",
                                      "[]",
                                      "\"x\"",
                                      "{\"timer\":\"running\"}",
                                      "{\"timer\":[]}",
                                      "{\"timer\":[\"walking\"]}",
                                      "{\"timer\":[1]}",
                                      "{\"paused_by\":\"\"}",
                                      "{\"paused_by\":[\"a\"]}",
                                      "{\"all\":[]}",
                                      "{\"all\":{}}",
                                      "{\"all\":[1]}",
                                      "{\"not\":[]}",
                                      "{\"event.x\":1}",
                                      "{\"timer\":[\"running\"]",
                                      "null"};
    set(CW_TIMER_RUNNING, NULL, NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(ask(bad[i]), -CW_ESYNTAX);
        CHECK(err.text[0] != '\0');
        CHECK_STR(why, "");
    }
}

TEST(depth_has_a_ceiling)
{
    char text[4096] = "";
    for (int i = 0; i < 200; i++)
        strcat(text, "{\"not\":");
    strcat(text, RUNNING);
    for (int i = 0; i < 200; i++)
        strcat(text, "}");
    set(CW_TIMER_RUNNING, NULL, NULL);
    CHECK_INT(ask(text), -CW_ESYNTAX);
}

TEST(a_short_why_is_cut)
{
    char small[8];
    enum cw_truth truth = CW_TRUE;
    set(CW_TIMER_PAUSED, NULL, NULL);
    CHECK(cw_condition_ask(CW_TEXT(RUNNING), &facts, &truth, small, sizeof small, NULL) == CW_OK);
    CHECK_STR(small, "the tim");
    CHECK(cw_condition_ask(CW_TEXT(RUNNING), &facts, &truth, NULL, 0, NULL) == CW_OK);
    CHECK_INT(truth, CW_FALSE);
}

/* ---- timer.x ---- */

static void set_work(enum cw_timer timer, int64_t for_ms)
{
    static struct cw_work on_key;
    on_key = (struct cw_work){.task = CW_TEXT("KEY-1"),
                              .task_name = CW_TEXT("Landing page"),
                              .project = CW_TEXT("Website"),
                              .note = CW_TEXT("line one\nline two"),
                              .since_ms = 1000000};
    facts = (struct cw_facts){.timer = timer, .work = &on_key, .now_ms = 1000000 + for_ms};
}

TEST(how_long)
{
    const int64_t minute = 60000, hour = 60 * minute;
    set_work(CW_TIMER_RUNNING, 2 * hour + 10 * minute);
    CHECK_INT(ask("{\"timer.for\":{\"at_least\":\"2 hours\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.for\":{\"at_least\":\"130 minutes\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.for\":{\"at_least\":\"3 hours\"}}"), CW_FALSE);
    CHECK_STR(why, "the timer has been running for 2 hours 10 minutes, not at least 3 hours");
    CHECK_INT(ask("{\"timer.for\":{\"above\":\"130 minutes\"}}"), CW_FALSE);
    CHECK_INT(ask("{\"timer.for\":{\"at_least\":7800}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.for\":{\"above\":7800}}"), CW_FALSE);
    CHECK_INT(ask("{\"timer.for\":{\"above\":\"1 hour\",\"below\":\"3 hours\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"not\":{\"timer.for\":{\"at_most\":\"3 hours\"}}}"), CW_FALSE);
    CHECK_STR(why, "the timer has been running for 2 hours 10 minutes");
    set_work(CW_TIMER_PAUSED, 59 * 1000 + 999);
    CHECK_INT(ask("{\"timer.for\":{\"at_least\":\"1 minute\"}}"), CW_FALSE);
    CHECK_STR(why, "the timer has been paused for 59 seconds, not at least 1 minute");
    CHECK_INT(ask("{\"timer.for\":{\"above\":\"59 seconds\"}}"), CW_TRUE);
    set_work(CW_TIMER_RUNNING, -5);
    CHECK_INT(ask("{\"timer.for\":{\"below\":\"1 second\"}}"), CW_TRUE);
}

TEST(what_it_is_on)
{
    set_work(CW_TIMER_RUNNING, 0);
    CHECK_INT(ask("{\"timer.project\":\"Website\"}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.project\":[\"Meetings\",\"Website\"]}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.project\":\"website\"}"), CW_FALSE);
    CHECK_STR(why, "timer.project is Website, not website");
    CHECK_INT(ask("{\"timer.project\":{\"is\":\"website\",\"ignore_case\":true}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.task\":{\"starts_with\":\"KEY-\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.task\":{\"starts_with\":\"ABC\"}}"), CW_FALSE);
    CHECK_STR(why, "timer.task is KEY-1, which does not start with ABC");
    CHECK_INT(ask("{\"timer.task\":{\"matches\":\"^[A-Z]+-\\\\d$\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.task\":{\"matches\":\"^(?<x>x)\"}}"), CW_FALSE);
    CHECK_STR(why, "timer.task is KEY-1, which does not match ^(?<x>x)");
    CHECK_INT(ask("{\"timer.task\":{\"like\":\"?EY*\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.note\":{\"contains\":\"LINE TWO\",\"ignore_case\":true}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.task\":{\"is_not\":\"KEY-2\",\"not_in\":[\"KEY-3\"]}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.task\":{\"ends_with\":\"1\",\"exists\":true}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.type_of_work\":\"Dev\"}"), CW_FALSE);
    CHECK_STR(why, "timer.type_of_work is missing");
    CHECK_INT(ask("{\"timer.type_of_work\":{\"exists\":false}}"), CW_TRUE);
    CHECK_INT(ask("{\"not\":{\"timer.task\":\"KEY-1\"}}"), CW_FALSE);
    CHECK_STR(why, "timer.task is KEY-1");
    CHECK_INT(ask("{\"timer.since\":{\"before\":\"1970-01-02\"}}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.since\":{\"after\":\"1970-01-01T00:16:40Z\"}}"), CW_FALSE);
    CHECK_INT(ask("{\"timer.state\":[\"paused\",\"running\"]}"), CW_TRUE);
    CHECK_INT(ask("{\"timer.state\":\"paused\"}"), CW_FALSE);
    CHECK_STR(why, "timer.state is running, not paused");
}

TEST(reasons_are_cut_between_characters)
{
    char small[24];
    enum cw_truth truth;
    struct cw_work work = {.note = CW_TEXT("\u00e4\u00e4\u00e4\u00e4\u00e4"), .since_ms = 1};
    facts = (struct cw_facts){.timer = CW_TIMER_RUNNING, .work = &work};
    CHECK_INT(cw_condition_ask(CW_TEXT("{\"timer.note\":\"x\"}"), &facts, &truth, small,
                               sizeof small, &err),
              CW_OK);
    CHECK_STR(small, "timer.note is \u00e4\u00e4\u00e4\u00e4");
}

TEST(what_is_not_known_of_it)
{
    facts = (struct cw_facts){.timer = CW_TIMER_RUNNING};
    CHECK_INT(ask("{\"timer.for\":{\"at_least\":\"2 hours\"}}"), CW_UNKNOWN);
    CHECK_INT(ask("{\"timer.task\":{\"exists\":false}}"), CW_UNKNOWN);
    CHECK_INT(ask("{\"timer.state\":\"running\"}"), CW_TRUE);
    facts.timer = CW_TIMER_UNKNOWN;
    CHECK_INT(ask("{\"timer.state\":\"running\"}"), CW_UNKNOWN);
}

/* awork sends what it likes; a test for each of many notes finds room. */
TEST(long_texts)
{
    static char note[300000];
    struct cw_work work = {.since_ms = 1};
    memset(note, 'A', sizeof note - 1);
    work.note = cw_text_of(note);
    facts = (struct cw_facts){.timer = CW_TIMER_RUNNING, .work = &work};
    CHECK_INT(ask("{\"all\":[{\"timer.note\":{\"starts_with\":\"aaa\",\"ignore_case\":true}},"
                  "{\"timer.note\":{\"ends_with\":\"aaa\",\"ignore_case\":true}},"
                  "{\"timer.note\":{\"contains\":\"b\",\"ignore_case\":true}}]}"),
              CW_FALSE);
    CHECK(strstr(why, "timer.note is AAAA") != NULL);
}

TEST(patterns_have_limits)
{
    static char note[4096];
    struct cw_work work = {.since_ms = 1};
    memset(note, 'a', sizeof note - 1);
    note[sizeof note - 2] = '!';
    work.note = cw_text_of(note);
    facts = (struct cw_facts){.timer = CW_TIMER_RUNNING, .work = &work};
    CHECK_INT(ask("{\"not\":{\"timer.note\":{\"matches\":\"^(a+)+$\"}}}"), -CW_ELIMIT);
    CHECK(strstr(why, "hit a limit") != NULL);
}

TEST(what_is_no_matcher)
{
    static const char *const texts[] = {
        "{\"timer.for\":{}}",
        "{\"timer.for\":[]}",
        "{\"timer.for\":{\"at_least\":\"soon\"}}",
        "{\"timer.for\":{\"at_least\":[1]}}",
        "{\"timer.task\":{\"in\":\"x\"}}",
        "{\"timer.task\":{\"in\":[]}}",
        "{\"timer.task\":{\"in\":[[]]}}",
        "{\"timer.task\":{\"is\":\"x\",\"more\":1}}",
        "{\"timer.task\":{\"ignore_case\":true}}",
        "{\"timer.task\":{\"matches\":\"(\"}}",
        "{\"timer.task\":{\"matches\":1}}",
        "{\"timer.task\":{\"is\":{}}}",
        "{\"timer.task\":{\"is\":{\"number\":1}}}",
        "{\"timer.task\":{\"is\":{\"number\":\"x\"}}}",
        "{\"timer.task\":{\"number\":\"007\"}}",
        "{\"timer.task\":{\"exists\":\"yes\"}}",
        "{\"timer.task\":{\"any_item\":{\"timer\":[\"running\"]}}}",
        "{\"timer.since\":{\"before\":\"soon\"}}",
        "{\"timer.task\":\"x\",\"timer.note\":\"y\"}",
        "{\"timer.nothing\":\"x\"}",
        "{\"timer\":\"x\"}",
    };
    set_work(CW_TIMER_RUNNING, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!CHECK_INT(ask(texts[i]), -CW_ESYNTAX))
            fprintf(stderr, "%s\n", texts[i]);
}

CHECK_MAIN
