/* What senders are told: after the action, at most once, never before the commit. */
#include "course.h"

#define RULES                                                                                      \
    HEAD                                                                                           \
        "  - id: track\n    when: calendar.track\n    user: ${event.people}\n    then:\n"          \
        "      - start: { task: \"${event.task}\" }\n"                                             \
        "      - reply: \"${user.name} is on ${event.task}.\"\n"                                   \
        "  - id: off\n    when: calendar.off\n    user: ${event.people}\n    then:\n"              \
        "      - stop\n      - reply: Stopped.\n"                                                  \
        "  - id: who\n    when: calendar.who\n    user: ada\n    if: { timer: running }\n"         \
        "    then: { reply: Your timer runs. }\n"                                                  \
        "  - id: two\n    when: calendar.two\n    user: [grace, ada]\n    then:\n"                 \
        "      - reply: \"first, ${user.name}\"\n      - log: x\n"                                 \
        "      - reply: \"second, ${user.name}\"\n"                                                \
        "  - id: too\n    when: [calendar.track, calendar.two]\n    user: ada\n"                   \
        "    if: { event.too: true }\n    then: { reply: And so on. }\n"                           \
        "  - id: once\n    when: calendar.once\n    user: ${event.people}\n    throttle: 1 hour\n" \
        "    then: { reply: Once. }\n"                                                             \
        "  - id: on\n    when: calendar.state\n    user: ada\n    if: { timer: running }\n"        \
        "    then: { reply: It runs. }\n"                                                          \
        "  - id: not-on\n    when: calendar.state\n    user: ada\n    if: { timer: stopped }\n"    \
        "    then: { reply: It is off. }\n"
#define ADA(task) "{\"people\":\"ada\",\"task\":\"" task "\"}"
#define LATE      "Noted. It takes a moment longer."

/* A delivery on which nothing is done but its commit. */
static void commit_alone(const char *type, const char *body)
{
    struct cw_error err;
    submit(type, body);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
}

BOTH(told_when_it_is_done)
{
    begin(file, RULES);
    commit_alone("track", ADA("T-1"));
    CHECK_STR(w.told, ""); /* on disk, and awork has not answered */
    CHECK_INT(replies_waiting(w.replies), 1);
    go(nine);
    CHECK_STR(w.told, "[ada is on T-1.]");
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(calls(1), "start done|reply done");
    CHECK_INT(replies_waiting(w.replies), 0);
}

BOTH(told_why_it_was_not_done)
{
    begin(file, RULES);
    deliver("track", ADA("X-9"));
    CHECK_STR(w.told, "[not started: awork knows no task X-9]");
    CHECK_STR(calls(1),
              "start dead: awork knows no task X-9|reply skipped: an earlier step failed");
    w.told[0] = '\0';
    deliver("off", ADA(""));
    CHECK_STR(w.told, "[not stopped: no timer is active]");
    CHECK_STR(calls(2),
              "stop skipped: no timer is active|reply skipped: said instead: not stopped: "
              "no timer is active");
    w.told[0] = '\0';
    deliver("who", "{}");
    CHECK_STR(w.told, "[not done: the timer is stopped, not running]");
    w.told[0] = '\0';
    fake_suffer(w.fake, "start", FAKE_STATUS, 400, "{\"code\":\"x\",\"description\":\"No.\"}", 1);
    deliver("track", ADA("T-1"));
    CHECK_STR(w.told, "[not started: awork answered 400 x: No.]");
    w.told[0] = '\0';
    deliver("track", ADA("T-1"));
    deliver("who", "{}");
    CHECK_STR(w.told, "[ada is on T-1.][Your timer runs.]");
}

/* A rule that comes to nothing is no silence. */
BOTH(told_why_there_is_nothing_to_say)
{
    begin(file, RULES);
    deliver("track", "{\"people\":[\"nobody\",\"eve\"],\"task\":\"T-1\"}");
    CHECK_STR(w.told,
              "[nobody here has the name or alias nobody\nnobody here has the name or alias "
              "eve]");
    w.told[0] = '\0';
    deliver("track", "{\"people\":[\"eve\",\"ada\"],\"task\":\"T-1\"}");
    deliver("once", "{\"people\":\"ada\"}");
    deliver("once", "{\"people\":\"ada\"}");
    CHECK_STR(w.told, "[ada is on T-1.][Once.][not done: throttled until 10:00:00]");
    w.told[0] = '\0';
    deliver("track", "{\"people\":\"ada\"}");
    CHECK_STR(w.told, "[not done: `event.task` is missing]");
}

BOTH(facts_that_say_no_are_told_when_nobody_else_speaks)
{
    begin(file, RULES);
    deliver("state", "{}");
    CHECK_STR(w.told, "[It is off.]");
    deliver("track", ADA("T-1"));
    deliver("state", "{}");
    CHECK_STR(w.told, "[It is off.][ada is on T-1.][It runs.]");
}

BOTH(what_runs_already_is_no_fault)
{
    begin(file, RULES);
    deliver("track", ADA("T-1"));
    deliver("track", ADA("T-1"));
    CHECK_STR(w.told, "[ada is on T-1.][ada is on T-1.]");
    CHECK_STR(story(), "1:start(1) ");
}

BOTH(texts_of_several_people_and_rules_are_joined_in_order)
{
    begin(file, RULES);
    deliver("two", "{\"too\":true}");
    CHECK_STR(w.told, "[first, grace\nsecond, grace\nfirst, ada\nsecond, ada\nAnd so on.]");
    w.told[0] = '\0';
    deliver("track", "{\"people\":[\"ada\",\"grace\"],\"task\":\"T-2\",\"too\":true}");
    CHECK_STR(w.told, "[ada is on T-2.\ngrace is on T-2.\nAnd so on.]");
    w.told[0] = '\0';
    deliver("track", "{\"people\":[\"ada\",\"grace\"],\"task\":\"X-2\",\"too\":true}");
    CHECK_STR(w.told, "[not started: awork knows no task X-2\nnot started: awork knows no task "
                      "X-2\nAnd so on.]");
}

BOTH(who_has_no_reply_does_not_wait)
{
    begin(file, RULES);
    deliver("nothing", "{}");
    CHECK_STR(w.told, "[ok]");
}

BOTH(nobody_waits_longer_than_two_and_a_half_seconds)
{
    begin(file, RULES);
    fake_suffer(w.fake, "start", FAKE_STATUS, 503, "", 8);
    submit("track", "{\"people\":[\"ada\",\"grace\"],\"task\":\"T-1\"}");
    go(nine + REPLY_MS - 1);
    CHECK_STR(w.told, "");
    go(nine + REPLY_MS);
    CHECK_STR(w.told, "[" LATE "]");
    go(nine + HOUR);
    CHECK_STR(w.told, "[" LATE "]");
    CHECK_STR(story(), "1:start(1) 2:start(1) ");
    CHECK_STR(calls(1), "start done|reply skipped: nobody waits for the answer any more|start "
                        "done|reply skipped: nobody waits for the answer any more");
}

BOTH(what_is_known_by_then_is_said)
{
    begin(file, RULES);
    fake_suffer(w.fake, "2/timetracking/start", FAKE_STATUS, 503, "", 9);
    submit("track", "{\"people\":[\"ada\",\"grace\"],\"task\":\"T-1\"}");
    go(nine + REPLY_MS);
    CHECK_STR(w.told, "[ada is on T-1.\n" LATE "]");
}

BOTH(after_a_restart_nobody_waits)
{
    begin(file, RULES);
    commit_alone("track", ADA("T-1"));
    restart(); /* the senders that wait are let go */
    CHECK_STR(w.told, "[" LATE "]");
    go(nine + MINUTE);
    CHECK_STR(w.told, "[" LATE "]");
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(calls(1), "start done|reply skipped: nobody waits for the answer any more");
}

BOTH(at_the_end_everybody_is_let_go)
{
    begin(file, RULES);
    commit_alone("track", ADA("T-1"));
    dispatcher_stop(w.dispatcher);
    replies_close(w.replies);
    CHECK_STR(w.told, "[" LATE "]");
    commit_alone("track", ADA("T-2")); /* it had come already */
    CHECK_STR(w.told, "[" LATE "][too many]");
}

BOTH(a_repeat_is_answered_at_once)
{
    begin(file, RULES);
    w.key = 1;
    commit_alone("track", ADA("T-1"));
    commit_alone("track", ADA("T-1"));
    CHECK_STR(w.told, "[known]");
    go(nine);
    CHECK_STR(w.told, "[known][ada is on T-1.]");
    submit("track", ADA("T-1"));
    go(nine);
    CHECK_STR(w.told, "[known][ada is on T-1.][known]");
}

/* REPLIES may wait; the others hear so at once, and their actions are done all the same. */
BOTH(a_ceiling_of_those_who_wait)
{
    begin(file, RULES);
    for (int i = 0; i < REPLIES + 2; i++)
        submit("track", ADA("T-1"));
    struct cw_error err;
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    CHECK_STR(w.told, "[too many][too many]");
    CHECK_INT(replies_waiting(w.replies), REPLIES);
    go(nine + SECOND);
    CHECK_INT(replies_waiting(w.replies), 0);
    CHECK_STR(calls(REPLIES + 2), "start done: this is running already|reply skipped: nobody waits "
                                  "for the answer any more");
}

CHECK_MAIN
