/* Dead letters that are retried: at the end of the lane, with facts as they are then, over restarts
 * and kills. */
#include "course.h"

#define RULES                                                                                      \
    HEAD "  - { id: one, when: desktop.one, user: ada, then: [{ start: { task: " TASK(             \
        "1") " } }, { log: one }] }\n"                                                             \
             "  - { id: two, when: desktop.two, user: ada, then: { start: { task: " TASK(          \
                 "2") " } } }\n"                                                                   \
                      "  - { id: ends, when: desktop.ends, user: ada, if: { timer: running },"     \
                      " then: [stop, { set: { ended: \"yes\" } }] }\n"

/* A call of ada's dies, since awork refuses it for good. */
static void die(bool file, const char *event, const char *what)
{
    begin(file, RULES);
    fake_suffer(w.fake, what, FAKE_STATUS, 400, "{\"code\":\"invalid-operation\"}", 1);
    desk(event, "{}");
    go(w.now_ms + MINUTE);
    restart();
    CHECK_STR(runs(1), "failed");
}

static enum cw_status retry(int64_t call)
{
    struct cw_error err = {0};
    int64_t as = 0;
    return engine_letter(w.engine, call, false, w.now_ms, &as, &err);
}

static void wait_a_minute(void)
{
    go(w.now_ms + MINUTE);
    restart();
}

BOTH(a_retry_acts_and_the_run_is_done)
{
    die(file, "one", "timetracking/start");
    CHECK_INT(retry(1), CW_OK);
    CHECK_STR(runs(1), "acting: retried by hand");
    wait_a_minute();
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(runs(1), "done");
    CHECK_STR(calls(1),
              "start retried: awork answered 400 invalid-operation; retried by hand as call 3|"
              "log retried: an earlier step failed; retried by hand as call 4|start done|log done");
    CHECK_INT(retry(1), CW_EBUSY);
    CHECK_INT(retry(3), CW_EBUSY);
    wait_a_minute();
    CHECK_STR(story(), "1:start(1) ");
}

BOTH(a_restart_right_after_it_changes_nothing)
{
    die(file, "one", "timetracking/start");
    CHECK_INT(retry(1), CW_OK);
    restart();
    wait_a_minute();
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(runs(1), "done");
}

BOTH(what_waits_already_comes_first)
{
    die(file, "one", "timetracking/start");
    fake_suffer(w.fake, "timeentries/last", FAKE_UNSENT, 0, "", 2);
    desk("two", "{}");
    CHECK_INT(retry(1), CW_OK);
    wait_a_minute();
    CHECK_STR(story(), "1:start(2) 1:start(1) ");
}

/* The condition belongs to the run: it is asked as of now. */
BOTH(facts_are_looked_at_anew)
{
    begin(file, RULES);
    fake_human_start(w.fake, ID("1"), TASK("7"));
    fake_suffer(w.fake, "timetracking/stop", FAKE_STATUS, 400, "{\"code\":\"invalid-operation\"}",
                1);
    desk("ends", "{}");
    wait_a_minute();
    CHECK_STR(runs(1), "failed");
    fake_human_stop(w.fake, ID("1"));
    fake_forget_story(w.fake);
    CHECK_INT(retry(1), CW_OK);
    wait_a_minute();
    CHECK_STR(story(), "");
    CHECK_STR(runs(1), "done");
    CHECK(strstr(calls(1),
                 "|stop skipped: not so: the timer is stopped, not running|set skipped") != NULL);
}

/* A start has a quarter of an hour from the retry on, whenever the event came. */
BOTH(the_time_to_expire_begins_anew)
{
    die(file, "two", "timetracking/start");
    go(w.now_ms + 30 * 24 * (int64_t)HOUR);
    CHECK_INT(retry(1), CW_OK);
    wait_a_minute();
    CHECK_STR(story(), "1:start(2) ");
    fake_suffer(w.fake, "timetracking/start", FAKE_STATUS, 400, "{\"code\":\"invalid-operation\"}",
                1);
    desk("one", "{}");
    wait_a_minute();
    fake_suffer(w.fake, "timeentries/last", FAKE_STATUS, 500, "", 1000);
    CHECK_INT(retry(3), CW_OK);
    go(w.now_ms + 16 * MINUTE);
    restart();
    CHECK(strstr(calls(2), "start skipped: expired") != NULL);
}

/* A kill between the deed and its commit: it did not happen, and can be done. */
TEST(a_kill_before_the_commit)
{
    die(true, "one", "timetracking/start");
    stop(true);
    copy_journal("j.db", "k.db");
    start();
    CHECK_INT(retry(1), CW_OK);
    stop(true);
    copy_journal("k.db", "j.db");
    start();
    CHECK_STR(runs(1), "failed");
    CHECK_INT(retry(1), CW_OK);
    wait_a_minute();
    CHECK_STR(story(), "1:start(1) ");
    end();
}

/* The lost answer of a retried start is looked for as any other's. */
BOTH(a_lost_answer_of_a_retry_is_no_second_start)
{
    die(file, "two", "timetracking/start");
    fake_suffer(w.fake, "timetracking/start", FAKE_LOST_AFTER, 0, "", 1);
    CHECK_INT(retry(1), CW_OK);
    wait_a_minute();
    CHECK_STR(story(), "1:start(2) ");
    CHECK_STR(runs(1), "done");
    CHECK_INT(fake_doubles(w.fake), 0);
}

CHECK_MAIN
