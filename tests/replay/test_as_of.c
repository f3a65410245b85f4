/* Idle time that is taken back: the stop, the correction of the entry's end after it, and what
 * becomes of that in every trouble. */
#include "course.h"

#define RULES                                                                                      \
    HEAD "  - { id: begins, when: desktop.active, user: ada, then: { start: { task: " TASK(        \
        "2") " } } }\n"                                                                            \
             "  - { id: ends, when: desktop.idle, user: ada, expires: 5 minutes,"                  \
             " then: { stop: { as_of: \"${event.since}\" } } }\n"                                  \
             "  - { id: pauses, when: desktop.away, user: ada,"                                    \
             " then: { pause: { as_of: \"${event.since}\" } } }\n"                                 \
             "  - { id: resumes, when: desktop.back, user: ada, then: resume }\n"

/* Ada has worked since nine; now it is eleven. */
static void work(bool file)
{
    begin(file, RULES);
    desk("active", "{}");
    go(nine + 2 * HOUR);
    restart();
    CHECK_STR(fake_entry(w.fake, ID("1")), "running 09:00:00-09:00:00");
}

static const char *ended(const char *since)
{
    char body[128];
    snprintf(body, sizeof body, "{\"since\":\"2026-03-02T%sZ\"}", since);
    desk("idle", body);
    go(w.now_ms + MINUTE);
    restart();
    return fake_entry(w.fake, ID("1"));
}

static int n_corrections(void)
{
    return fake_requests(w.fake, "PUT /timeentries/");
}

BOTH(a_stop_takes_back_what_was_idle)
{
    work(file);
    CHECK_STR(ended("10:50:00.25"), "stopped 09:00:00-10:50:00");
    CHECK_STR(story(), "1:start(2) 1:stop 1:put ");
    CHECK_STR(calls(2), "stop done: its end was taken back from 11:00:00 to 10:50:00");
    CHECK_STR(runs(2), "done");
}

BOTH(it_takes_back_no_more_than_there_is)
{
    work(file);
    CHECK_STR(ended("08:00:00"), "stopped 09:00:00-09:00:00");
    CHECK_STR(calls(2), "stop done: its end was taken back from 11:00:00 to 09:00:00, its start");
}

BOTH(the_future_takes_nothing_back)
{
    work(file);
    CHECK_STR(ended("11:30:00"), "stopped 09:00:00-11:00:00");
    CHECK_STR(calls(2), "stop done: nothing to take back: it ended at 11:00:00, as of 11:30:00");
    CHECK_INT(n_corrections(), 0);
}

BOTH(who_came_back_was_there)
{
    work(file);
    struct fake_entry *e = &fake_person(w.fake, ID("1"))->entries[0];
    e->break_ms = nine + HOUR; /* a pause ended at ten */
    CHECK_STR(ended("09:30:00"), "stopped 09:00:00-10:00:00");
    CHECK_STR(calls(2), "stop done: its end was taken back from 11:00:00 to 10:00:00, the end of "
                        "its last break");
}

BOTH(nothing_is_stopped_nothing_is_taken_back)
{
    begin(file, RULES);
    desk("idle", "{\"since\":\"2026-03-02T08:50:00Z\"}");
    CHECK_STR(calls(1), "stop skipped: no timer is active");
    CHECK_INT(n_corrections(), 0);
}

BOTH(an_emulated_pause_takes_back_too_and_is_resumed)
{
    work(file);
    desk("away", "{\"since\":\"2026-03-02T10:50:00Z\"}");
    CHECK_STR(fake_entry(w.fake, ID("1")), "stopped 09:00:00-10:50:00");
    CHECK_STR(calls(2), "pause done: its end was taken back from 11:00:00 to 10:50:00");
    desk("back", "{}");
    CHECK_STR(story(), "1:start(2) 1:stop 1:put 1:start(2) ");
    CHECK_STR(fake_entry(w.fake, ID("1")), "running 11:00:00-11:00:00");
}

BOTH(a_stop_after_an_emulated_pause_takes_back_from_it)
{
    work(file);
    desk("away", "{\"since\":\"2026-03-02T10:50:00Z\"}");
    CHECK_STR(ended("10:40:00"), "stopped 09:00:00-10:40:00");
    CHECK_STR(calls(3), "stop done: its end was taken back from 10:50:00 to 10:40:00");
    desk("back", "{}");
    CHECK_STR(calls(4), "resume skipped: nothing is paused");
}

BOTH(a_true_pause_cannot)
{
    work(file);
    w.persons[0].token = "hers";
    fake_own_pause(w.fake, true);
    desk("away", "{\"since\":\"2026-03-02T10:50:00Z\"}");
    CHECK_STR(story(), "1:start(2) 1:pause ");
    CHECK_STR(calls(2), "pause done: a true pause: its time since as_of cannot be taken back");
}

/* ---- Trouble ---- */

BOTH(a_lost_answer_is_looked_for)
{
    work(file);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_LOST_AFTER, 0, "", 1);
    CHECK_STR(ended("10:50:00"), "stopped 09:00:00-10:50:00");
    CHECK_INT(n_corrections(), 1);
    CHECK_INT(fake_requests(w.fake, "GET /timeentries/"), 1);
    CHECK_STR(calls(2), "stop done: its end was taken back from 11:00:00 to 10:50:00");
}

BOTH(a_request_that_was_lost_is_made_again)
{
    work(file);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_LOST_BEFORE, 0, "", 1);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_UNSENT, 0, "", 1);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_GARBAGE, 0, "", 1);
    fake_suffer(w.fake, "GET /timeentries/", FAKE_STATUS, 503, "{}", 1);
    CHECK_STR(ended("10:50:00"), "stopped 09:00:00-10:50:00");
    CHECK_STR(story(), "1:start(2) 1:stop 1:put ");
}

BOTH(what_a_person_has_changed_meanwhile_stays)
{
    work(file);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_LOST_BEFORE, 0, "", 1);
    desk("idle", "{\"since\":\"2026-03-02T10:50:00Z\"}");
    fake_human_edit(w.fake, ID("1"));
    go(w.now_ms + MINUTE);
    CHECK_STR(fake_entry(w.fake, ID("1")), "stopped 09:00:00-11:00:00");
    CHECK_STR(calls(2), "stop done: its end stays at 11:00:00 and is not 10:50:00: the entry was "
                        "changed meanwhile");
}

BOTH(the_next_timer_is_no_trouble)
{
    work(file);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_LOST_BEFORE, 0, "", 1);
    desk("idle", "{\"since\":\"2026-03-02T10:50:00Z\"}");
    fake_human_start(w.fake, ID("1"), TASK("3"));
    go(w.now_ms + MINUTE);
    CHECK_STR(fake_entry(w.fake, ID("1")), "running 11:00:00-11:00:00");
    CHECK_INT(fake_person(w.fake, ID("1"))->entries[0].since_ms, nine + 110 * MINUTE);
    CHECK_STR(calls(2), "stop done: its end was taken back from 11:00:00 to 10:50:00");
}

BOTH(a_refusal_leaves_the_stop_done)
{
    work(file);
    fake_suffer(w.fake, "PUT /timeentries/", FAKE_STATUS, 400,
                "{\"code\":\"validation-failed\",\"description\":\"No.\"}", 1);
    CHECK_STR(ended("10:50:00"), "stopped 09:00:00-11:00:00");
    CHECK_STR(calls(2), "stop done: its end stays at 11:00:00 and is not 10:50:00: awork answered "
                        "400 validation-failed: No.");
    CHECK_STR(runs(2), "done");
}

BOTH(a_stop_that_is_done_does_not_expire)
{
    work(file);
    fake_suffer(w.fake, "/timeentries/eeee", FAKE_STATUS, 503, "{}", 900);
    CHECK_STR(ended("10:50:00"), "stopped 09:00:00-11:00:00");
    go(w.now_ms + HOUR);
    CHECK_STR(calls(2), "stop ready: awork answered 503");
    go(w.now_ms + 6 * HOUR);
    CHECK_STR(fake_entry(w.fake, ID("1")), "stopped 09:00:00-10:50:00");
}

BOTH(what_is_given_up_is_done_nevertheless)
{
    work(file);
    fake_suffer(w.fake, "/timeentries/eeee", FAKE_STATUS, 503, "{}", 10000);
    w.people.target.give_up_ms = HOUR;
    ended("10:50:00");
    go(w.now_ms + 2 * HOUR);
    CHECK_STR(calls(2), "stop done: its end stays at 11:00:00 and is not 10:50:00: gave up: awork "
                        "answered 503");
}

/* The daemon ends before and after each request of the call. */
static void die_at(bool file, int turn, enum fake_fate fate)
{
    work(file);
    fake_fate(w.fake, fate);
    submit_from("desktop", "desktop", "idle", "{\"since\":\"2026-03-02T10:50:00Z\"}");
    for (int i = 0; i < turn; i++) {
        struct cw_error err;
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        if (i < turn - 1)
            fake_deliver(w.fake);
    }
    restart();
    go(w.now_ms + MINUTE);
    CHECK_STR(fake_entry(w.fake, ID("1")), "stopped 09:00:00-10:50:00");
    static const char start[] =
        "stop done: its end was taken back from 11:00:0"; /* or a bit later */
    CHECK_INT(strncmp(calls(2), start, sizeof start - 1), 0);
    CHECK_INT(fake_overlaps(w.fake), 0);
    end();
}

TEST(a_restart_at_any_point_is_no_matter)
{
    for (int turn = 1; turn <= 6; turn++)
        for (int file = 0; file < 2; file++) {
            die_at(file, turn, FAKE_DROPPED);
            die_at(file, turn, FAKE_LANDED);
            die_at(file, turn, FAKE_LANDS_LATE);
        }
}

CHECK_MAIN
