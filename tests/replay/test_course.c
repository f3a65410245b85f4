/* What becomes of a match over time: the real engine, dispatcher and both stores on virtual time, a
 * fake awork, and a restart after every step. */
#include "course.h"

/* ---- final and contradictions ---- */

BOTH(the_first_of_two_that_contradict_wins)
{
    begin(file, HEAD "  - { id: a, when: calendar.x, user: ada, then: { start: { task: " TASK(
                    "1") " } } }\n"
                         "  - { id: b, when: calendar.x, user: ada, then: stop }\n"
                         "  - { id: c, when: calendar.x, user: grace, final: true, then: { "
                         "start: { task: " TASK("2") " } } }\n"
                                                     "  - { id: d, when: calendar.x, user: "
                                                     "grace, then: { log: x } }\n");
    deliver("x", "{}");
    go(nine + MINUTE);
    CHECK_STR(story(), "1:start(1) 2:start(2) ");
    CHECK_STR(runs(1), "done|refused: `stop` contradicts `start {\"task\":\"" TASK(
                           "1") "\"}` of the earlier rule `a` (rules.yaml, line 8)|done|"
                                "refused: stopped by rule `c`, which is final "
                                "(rules.yaml, line 9)");
}

/* ---- key and at ---- */

#define MEETING                                                                                    \
    HEAD "  - id: begins\n    when: [calendar.created, calendar.updated]\n"                        \
         "    user: ${event.people}\n    if: { event.status: confirmed }\n"                        \
         "    at: 1 minute before ${event.start}\n    key: ${event.uid}\n"                         \
         "    unless: calendar.cancelled\n"                                                        \
         "    then: { start: { task: \"${event.task}\" } }\n"
#define BODY(people, status, start)                                                                \
    "{\"uid\":\"m1\",\"people\":[" people "],\"status\":\"" status "\",\"start\":\"" start         \
    "\",\"task\":\"" TASK("1") "\"}"

BOTH(a_moved_meeting_moves_its_run)
{
    begin(file, MEETING);
    deliver("created", BODY("\"ada\"", "confirmed", "2026-03-02T11:00:00Z"));
    CHECK_INT(engine_next_ms(w.engine), nine + 2 * HOUR - MINUTE);
    deliver("updated", BODY("\"ada\"", "confirmed", "2026-03-02T13:00:00+01:00"));
    CHECK_STR(runs(1), "replaced: replaced by event 2");
    go_on(nine + 3 * HOUR - MINUTE - 1);
    CHECK_STR(story(), "");
    go_on(nine + 3 * HOUR);
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(runs(2), "done");
}

BOTH(a_declined_meeting_takes_its_runs_back)
{
    begin(file, MEETING);
    deliver("created", BODY("\"ada\",\"grace\"", "confirmed", "2026-03-02T11:00:00Z"));
    deliver("updated", BODY("\"ada\",\"grace\"", "declined", "2026-03-02T11:00:00Z"));
    CHECK_STR(runs(1), "cancelled: cancelled by event 2|cancelled: cancelled by event 2");
    go_on(nine + 4 * HOUR);
    CHECK_STR(story(), "");
}

BOTH(who_is_not_invited_any_more_has_no_run_left)
{
    begin(file, MEETING);
    deliver("created", BODY("\"ada\",\"grace\"", "confirmed", "2026-03-02T11:00:00Z"));
    deliver("updated", BODY("\"grace\"", "confirmed", "2026-03-02T11:00:00Z"));
    CHECK_STR(runs(1), "cancelled: cancelled by event 2|replaced: replaced by event 2");
    CHECK_STR(runs(2), "waiting");
    go_on(nine + 4 * HOUR);
    CHECK_STR(story(), "2:start(1) ");
}

BOTH(an_event_that_names_nobody_cancels_for_everyone_under_its_key)
{
    begin(file, MEETING);
    deliver("created", BODY("\"ada\",\"grace\"", "confirmed", "2026-03-02T11:00:00Z"));
    deliver("cancelled", "{\"uid\":\"m2\"}");
    CHECK_STR(runs(1), "waiting|waiting");
    deliver("cancelled", "{\"uid\":\"m1\",\"people\":[\"ada\"]}");
    CHECK_STR(runs(1), "cancelled: cancelled by event 3|waiting");
    deliver("cancelled", "{\"uid\":\"m1\"}");
    CHECK_STR(runs(1), "cancelled: cancelled by event 3|cancelled: cancelled by event 4");
    go_on(nine + 4 * HOUR);
    CHECK_STR(story(), "");
}

BOTH(an_instant_that_is_past_is_due_now_while_it_has_not_expired)
{
    begin(file, MEETING);
    deliver("created", BODY("\"ada\"", "confirmed", "2026-03-02T08:50:00Z"));
    go_on(nine);
    CHECK_STR(story(), "1:start(1) ");
    deliver("updated", BODY("\"grace\"", "confirmed", "2026-03-02T08:45:59Z")); /* due 08:44:59 */
    go_on(nine + HOUR);
    CHECK_STR(calls(2), "start skipped: expired: due 08:44:59, now 09:00:00");
    CHECK_STR(story(), "1:start(1) ");
}

BOTH(no_instant_is_too_far_away)
{
    begin(file, HEAD "  - { id: p, when: calendar.x, user: ada, at: \"3650 days before "
                     "${event.t}\", then: { log: x } }\n"
                     "  - { id: f, when: calendar.x, user: ada, at: \"3650 days after "
                     "${event.t}\", then: { log: x } }\n");
    deliver("x", "{\"t\":\"0000-01-01\"}");
    CHECK(strstr(calls(1), "log skipped: expired: due 0000-01-01 00:00:00") != NULL);
    deliver("x", "{\"t\":\"9999-12-31T23:59:59Z\"}");
    CHECK_STR(runs(2), "waiting|waiting");
    go_on(nine + HOUR);
    deliver("x", "{\"t\":\"1969-12-31T00:00:00Z\"}"); /* its last moment is 1970-01-01 */
    CHECK_STR(story(), "");
}

/* ---- mode ---- */

#define MODE(mode)                                                                                 \
    HEAD "  - { id: m, when: calendar.x, user: ada, wait: 10 minutes, mode: " mode                 \
         ", unless: calendar.no, then: { start: { task: \"${event.task}\" } } }\n"
#define WITH(n) "{\"people\":\"ada\",\"user\":\"ada\",\"task\":\"" TASK(n) "\"}"

BOTH(restart_begins_the_wait_again)
{
    begin(file, MODE("restart"));
    deliver("x", WITH("1"));
    go_on(nine + 5 * MINUTE);
    deliver("x", WITH("2"));
    go_on(nine + HOUR);
    CHECK_STR(runs(1), "replaced: replaced by event 2");
    CHECK_STR(story(), "1:start(2) ");
}

BOTH(single_ignores_what_comes_meanwhile)
{
    begin(file, MODE("single"));
    deliver("x", WITH("1"));
    go_on(nine + 5 * MINUTE);
    deliver("x", WITH("2"));
    CHECK_STR(runs(2),
              "refused: an earlier run is pending, and the mode is single (rules.yaml, line 7)");
    go_on(nine + 10 * MINUTE);
    CHECK_STR(story(), "1:start(1) ");
    deliver("x", WITH("2"));
    go_on(nine + HOUR);
    CHECK_STR(story(), "1:start(1) 1:start(2) ");
}

BOTH(parallel_lets_them_wait_side_by_side)
{
    begin(file, MODE("parallel"));
    deliver("x", WITH("1"));
    go_on(nine + 5 * MINUTE);
    deliver("x", WITH("2"));
    CHECK_STR(runs(1), "waiting");
    go_on(nine + 10 * MINUTE);
    CHECK_STR(story(), "1:start(1) ");
    go_on(nine + 15 * MINUTE);
    CHECK_STR(story(), "1:start(1) 1:start(2) ");
    deliver("x", WITH("1"));
    deliver("x", WITH("2"));
    deliver("no", "{}");
    CHECK_STR(runs(3), "cancelled: cancelled by event 5");
    CHECK_STR(runs(4), "cancelled: cancelled by event 5");
}

/* ---- throttle ---- */

BOTH(a_window_ends_exactly_and_survives)
{
    begin(file, HEAD "  - { id: t, when: calendar.x, user: [ada, grace], key: \"${event.k}\", "
                     "throttle: 10 minutes, then: { log: x } }\n");
    deliver("x", "{\"k\":1}");
    CHECK_STR(runs(1), "done|done");
    go_on(nine + 10 * MINUTE - 1);
    deliver("x", "{\"k\":1}"); /* and does not make it longer */
    CHECK_STR(runs(2), "refused: throttled until 09:10:00 (rules.yaml, line 7)|"
                       "refused: throttled until 09:10:00 (rules.yaml, line 7)");
    deliver("x", "{\"k\":2}"); /* another key has its own */
    CHECK_STR(runs(3), "done|done");
    go_on(nine + 10 * MINUTE);
    deliver("x", "{\"k\":1}");
    CHECK_STR(runs(4), "done|done");
}

BOTH(ended_windows_are_swept)
{
    struct cw_error err;
    int64_t next_ms = 0;
    begin(file, HEAD "  - { id: t, when: calendar.x, user: ada, key: \"${event.k}\", "
                     "throttle: 10 minutes, then: { log: x } }\n");
    deliver("x", "{\"k\":1}");
    must(store_next_mark(w.store, CW_TEXT("throttle"), &next_ms, &err), &err);
    CHECK_INT(next_ms, nine + 10 * MINUTE);
    go(nine + HOUR);
    deliver("y", "{}"); /* any turn */
    must(store_next_mark(w.store, CW_TEXT("throttle"), &next_ms, &err), &err);
    CHECK_INT(next_ms, INT64_MAX);
}

/* ---- expires ---- */

BOTH(what_is_not_begun_in_time_is_dropped)
{
    begin(file, HEAD "  - { id: s, when: calendar.x, user: ada, then: [{ start: { task: " TASK(
                    "1") " } }, stop, { log: x }] }\n");
    fake_suffer(w.fake, "", FAKE_STATUS, 500, "", 1000000);
    deliver("x", "{}");
    go_on(nine + 15 * MINUTE);
    CHECK_STR(story(), "");
    CHECK(strncmp(calls(1), "start ready", 11) == 0);
    fake_suffer(w.fake, "", FAKE_STATUS, 200, "", 0);
    go_on(nine + 2 * HOUR + 20 * MINUTE);
    CHECK(strncmp(calls(1), "start skipped: expired: due 09:00:00, now 09:", 42) == 0);
    CHECK(strstr(calls(1), "|stop ready") != NULL); /* a day for this one */
    go_on(nine + 26 * HOUR);
    CHECK(strstr(calls(1), "|stop skipped: expired: due 2026-03-02 09:00:00, now 2026-03-03 09:") !=
          NULL);
    CHECK_STR(story(), "");
}

BOTH(a_daemon_that_was_down_does_not_act_late)
{
    begin(file, HEAD "  - { id: s, when: calendar.x, user: ada, wait: 5 minutes, expires: 1 hour, "
                     "then: { start: { task: " TASK("1") " } } }\n");
    deliver("x", "{}");
    w.now_ms = nine + 65 * MINUTE; /* to the last moment */
    go_on(w.now_ms);
    CHECK_STR(story(), "1:start(1) ");
    deliver("x", "{}");
    w.now_ms = nine + 3 * HOUR;
    go_on(w.now_ms);
    CHECK_STR(calls(2), "start skipped: expired: due 10:10:00, now 12:00:00");
    CHECK_STR(runs(2), "done");
    CHECK_STR(story(), "1:start(1) ");
}

BOTH(the_condition_of_an_expired_step_is_asked_by_the_next)
{
    begin(file, HEAD
          "  - { id: s, when: calendar.x, user: ada, if: { timer: running }, "
          "wait: 5 minutes, then: [pause, stop, { start: { task: " TASK(
              "1") " } }] }\n"
                   "  - { id: t, when: calendar.x, user: grace, if: { timer: stopped }, "
                   "wait: 5 minutes, then: [pause, stop, { start: { task: " TASK("1") " } }] }\n");
    fake_human_start(w.fake, ID("1"), TASK("2"));
    fake_human_start(w.fake, ID("2"), TASK("2"));
    deliver("x", "{}");
    w.now_ms = nine + HOUR;
    go_on(w.now_ms);
    CHECK(strstr(calls(1), "pause skipped: expired: due 09:05:00, now 10:00:00|stop done|"
                           "start skipped: expired: ") != NULL);
    CHECK(strstr(calls(1), "|stop skipped: not so: ") != NULL);
    CHECK(strstr(story(), "1:stop") != NULL);
    CHECK(strstr(story(), "2:stop") == NULL);
}

/* A lost start may have landed: that is looked at even when it is late. */
BOTH(a_call_in_doubt_is_settled_however_late)
{
    begin(file, HEAD "  - { id: s, when: calendar.x, user: ada, then: { start: { task: " TASK(
                    "1") " } } }\n"
                         "  - { id: t, when: calendar.x, user: grace, then: { start: { task: "
                         "" TASK("1") " } } }\n");
    fake_suffer(w.fake, "users/" ID("1") "/timetracking/start", FAKE_LOST_AFTER, 0, "", 1);
    fake_suffer(w.fake, "users/" ID("2") "/timetracking/start", FAKE_LOST_BEFORE, 0, "", 1);
    deliver("x", "{}");
    w.now_ms = nine + HOUR;
    go_on(w.now_ms);
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(calls(1), "start done|start skipped: expired: due 09:00:00, now 10:00:00");
}

/* ---- dry_run ---- */

BOTH(a_dry_run_is_written_down_and_does_nothing)
{
    begin(file, HEAD
          "  - { id: d, when: calendar.x, user: ada, dry_run: true, final: true, then: "
          "stop }\n"
          "  - { id: w, when: calendar.x, user: ada, dry_run: true, wait: 5 minutes, "
          "unless: calendar.no, then: { log: \"${event.text}\" } }\n"
          "  - { id: r, when: calendar.x, user: ada, then: { start: { task: " TASK("1") " } } }\n");
    deliver("x", "{\"text\":\"t\"}");
    go_on(nine + 5 * MINUTE - 1);
    CHECK_STR(runs(1), "done: dry run: would stop|waiting|done");
    go_on(nine + 5 * MINUTE);
    CHECK_STR(runs(1), "done: dry run: would stop|done: dry run: would log {\"text\":\"t\"}|done");
    CHECK_STR(calls(1), "start done");
    CHECK_STR(story(), "1:start(1) ");
    deliver("x", "{\"text\":\"t\"}");
    deliver("no", "{\"user\":\"ada\"}");
    CHECK(strstr(runs(2), "|cancelled: cancelled by event 3|") != NULL);
}

CHECK_MAIN
