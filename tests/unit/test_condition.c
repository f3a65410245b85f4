/* What is left of conditions: asked of facts, refused when it is anything else. */
#include "check.h"
#include "lab.h"

static struct cw_facts facts;
static char why[128];
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

CHECK_MAIN
