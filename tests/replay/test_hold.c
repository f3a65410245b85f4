/* Holds over time: lanes begin nothing while their person is held, by command or by rule; over both
 * stores and with a restart after every step. */
#include "course.h"
#include "hold.h"

#define RULES                                                                                      \
    HEAD "  - { id: go, when: calendar.go, user: \"${event.u}\", then: { start: { task: "          \
         "\"${event.task}\" } } }\n"                                                               \
         "  - { id: halt, when: calendar.halt, user: \"${event.u}\", then: stop }\n"               \
         "  - { id: wait, when: calendar.wait, user: \"${event.u}\", wait: 5 minutes, then: stop " \
         "}\n"                                                                                     \
         "  - { id: off, when: calendar.off, user: \"${event.u}\", then: [stop, { hold: { for: "   \
         "\"${event.for}\" } }, { reply: \"off for ${event.for}\" }] }\n"                          \
         "  - { id: first, when: calendar.first, user: \"${event.u}\", then: [hold, stop, { "      \
         "reply: "                                                                                 \
         "\"off\" }] }\n"                                                                          \
         "  - { id: on, when: calendar.on, user: \"${event.u}\", then: [release, { reply: on }] "  \
         "}\n"                                                                                     \
         "  - { id: track, when: calendar.track, user: \"${event.u}\", then: [{ start: { task: "   \
         "T-1 } }, { reply: tracked }] }\n"                                                        \
         "  - { id: say, when: calendar.say, user: \"${event.u}\", then: { reply: hello } }\n"
#define ADA       "{\"u\":\"ada\",\"task\":\"" TASK("1") "\"}"
#define GRACE     "{\"u\":\"grace\",\"task\":\"" TASK("2") "\"}"
#define FOR(text) "{\"u\":\"ada\",\"for\":\"" text "\"}"

static void hold(const char *person, int64_t until_ms)
{
    struct cw_error err;
    const struct cw_person *whom = person ? cw_ruleset_find(w.rules, cw_text_of(person)) : NULL;
    must(engine_hold(w.engine, whom, until_ms, w.now_ms, &err), &err);
    go(w.now_ms);
    restart();
}

static enum cw_status release(const char *person)
{
    struct cw_error err;
    enum cw_status st = engine_release(w.engine, person, w.now_ms, &err);
    go(w.now_ms);
    restart();
    return st;
}

static const char *heard(void)
{
    static char text[sizeof w.told];
    memcpy(text, w.told, sizeof text);
    w.told[0] = '\0';
    return text;
}

BOTH(who_is_held_is_left_alone_until_the_end)
{
    begin(file, RULES);
    hold("ada", nine + 10 * MINUTE); /* event 1 */
    deliver("go", ADA);
    deliver("go", GRACE);
    CHECK_STR(story(), "2:start(2) ");
    CHECK_STR(calls(2), "start ready");
    go_on(nine + 10 * MINUTE - 1);
    CHECK_STR(story(), "2:start(2) ");
    go(nine + 10 * MINUTE); /* no restart: it wakes by itself */
    CHECK_STR(story(), "2:start(2) 1:start(1) ");
    CHECK_STR(calls(2), "start done");
    deliver("halt", ADA);
    CHECK_STR(story(), "2:start(2) 1:start(1) 1:stop ");
}

BOTH(everybody_is_held_until_the_release)
{
    begin(file, RULES);
    hold(NULL, INT64_MAX);
    deliver("go", ADA);
    deliver("wait", GRACE); /* the wait goes on */
    go(nine);
    CHECK_INT(engine_next_ms(w.engine), nine + 5 * MINUTE);
    go_on(nine + 6 * MINUTE);
    CHECK_STR(runs(3), "acting");
    CHECK_STR(calls(2), "start ready");
    CHECK_STR(story(), "");
    CHECK_INT(release("ada"), CW_ENOENT); /* she is not held by name */
    CHECK_INT(release(NULL), CW_OK);
    CHECK_INT(release(NULL), CW_ENOENT);
    CHECK_STR(story(), "1:start(1) ");
    CHECK_STR(calls(3), "stop skipped: no timer is active");
}

/* The longer one counts; each has to end. */
BOTH(both_holds_have_to_end)
{
    begin(file, RULES);
    hold(NULL, nine + 5 * MINUTE);
    hold("ada", nine + 10 * MINUTE);
    deliver("go", ADA);
    deliver("go", GRACE);
    go_on(nine + 6 * MINUTE);
    CHECK_STR(story(), "2:start(2) ");
    CHECK_INT(release("ada"), CW_OK);
    CHECK_STR(story(), "2:start(2) 1:start(1) ");
}

BOTH(overdue_starts_are_dropped_and_stops_are_done)
{
    begin(file, RULES);
    fake_human_start(w.fake, ID("1"), TASK("7"));
    hold("ada", nine + 2 * HOUR);
    deliver("go", ADA);
    deliver("halt", ADA);
    go_on(nine + 15 * MINUTE);
    CHECK_STR(calls(2), "start ready");
    go_on(nine + 15 * MINUTE + 1); /* in the midst of the hold: nothing piles up */
    CHECK_STR(calls(2), "start skipped: expired: due 09:00:00, now 09:15:00; held until 11:00:00 "
                        "by `clockwire hold`");
    CHECK_STR(calls(3), "stop ready");
    go_on(nine + 2 * HOUR);
    CHECK_STR(calls(3), "stop done");
    CHECK_STR(story(), "1:stop ");
}

BOTH(a_hold_for_ever_lets_nothing_pile_up)
{
    begin(file, RULES);
    hold("ada", INT64_MAX);
    deliver("halt", ADA);
    go_on(nine + 24 * (int64_t)HOUR + 1);
    CHECK_STR(calls(2), "stop skipped: expired: due 2026-03-02 09:00:00, now 2026-03-03 09:00:00; "
                        "held until it is released, by `clockwire hold`");
    CHECK(engine_next_ms(w.engine) == INT64_MAX);
}

/* What is on its way is finished; what waits for its next try is not tried. */
BOTH(a_call_in_doubt_is_resolved_while_held)
{
    begin(file, RULES);
    fake_suffer(w.fake, "timetracking/start", FAKE_LOST_AFTER, 0, "", 1);
    deliver("go", ADA);
    hold("ada", INT64_MAX);
    go_on(nine + MINUTE);
    CHECK_STR(calls(1), "start done");
    fake_suffer(w.fake, "timetracking/stop", FAKE_STATUS, 429, "", 1);
    CHECK_INT(release("ada"), CW_OK);
    deliver("halt", ADA);
    CHECK_STR(calls(4), "stop ready: awork answered 429");
    hold("ada", INT64_MAX);
    go_on(nine + 30 * MINUTE);
    CHECK_STR(calls(4), "stop ready: awork answered 429");
    CHECK_INT(release("ada"), CW_OK);
    go_on(nine + 31 * MINUTE);
    CHECK_STR(calls(4), "stop done");
}

/* ---- By rule ---- */

BOTH(off_and_on_from_a_chat)
{
    begin(file, RULES);
    deliver("go", ADA);
    deliver("off", FOR("2h"));
    CHECK_STR(calls(2), "stop done|hold done|reply done");
    CHECK_STR(heard(), "[ok][off for 2h]");
    deliver("go", ADA);
    CHECK_STR(calls(3), "start ready");
    deliver("say", ADA); /* the bot still speaks */
    deliver("track", ADA);
    CHECK_STR(heard(), "[ok][hello][held until 11:00:00 by rule off (event 2)]");
    deliver("on", ADA); /* and overtakes what is held */
    CHECK_STR(heard(), "[on]");
    CHECK_STR(calls(6), "release done|reply done");
    CHECK_STR(calls(3), "start done");
    CHECK_STR(
        calls(5),
        "start done: this is running already|reply skipped: nobody waits for the answer any more");
    deliver("on", ADA);
    CHECK_STR(calls(7), "release done: nothing was held|reply done");
}

BOTH(the_rest_of_its_own_run_is_not_held)
{
    begin(file, RULES);
    deliver("go", ADA);
    deliver("first", ADA);
    CHECK_STR(calls(2), "hold done|stop done|reply done");
    CHECK_STR(heard(), "[ok][off]");
    deliver("go", ADA);
    deliver("first", ADA); /* held by another run, the old one is overtaken by `hold` only */
    CHECK_STR(calls(4), "hold done|stop ready|reply ready");
    CHECK_STR(story(), "1:start(1) 1:stop ");
    go_on(nine + 16 * MINUTE); /* the start is too late, then */
    CHECK_STR(calls(4), "hold done|stop skipped: no timer is active|reply skipped: nobody waits "
                        "for the answer any more");
}

/* Nor is what is held made in place of an older call of that run, however long that one waits. */
BOTH(nothing_that_is_held_leads_a_backlog)
{
    begin(file, RULES);
    w.people.target.collapse_ms = MINUTE;
    deliver("go", ADA);
    fake_suffer(w.fake, "", FAKE_UNSENT, 0, "", 1000);
    deliver("first", ADA);
    deliver("go", ADA);
    go_on(nine + 5 * MINUTE);
    fake_clear(w.fake);
    go_on(nine + 14 * MINUTE);
    CHECK_STR(calls(2), "hold done|stop done|reply skipped: nobody waits for the answer any more");
    CHECK_STR(calls(3), "start ready");
    CHECK_STR(story(), "1:start(1) 1:stop ");
}

BOTH(a_bad_duration_is_told)
{
    begin(file, RULES);
    deliver("off", FOR("a while"));
    CHECK_STR(heard(), "[not held: \"a while\" is no duration; say \"2 hours\" or \"90m\"]");
    CHECK_STR(calls(1), "stop skipped: no timer is active|hold dead: \"a while\" is no duration; "
                        "say \"2 hours\" or \"90m\"|reply skipped: an earlier step failed");
    deliver("go", ADA);
    CHECK_STR(calls(2), "start done");
}

BOTH(what_holds_everybody_is_not_theirs_to_end)
{
    begin(file, RULES);
    hold(NULL, nine + HOUR);
    deliver("off", FOR("3 hours"));
    CHECK_STR(heard(), "[held until 10:00:00 by `clockwire hold`]");
    deliver("on", ADA);
    CHECK_STR(heard(), "[not released: everybody is held until 10:00:00 by `clockwire hold`]");
    CHECK_STR(calls(3), "release skipped: everybody is held until 10:00:00 by `clockwire hold`|"
                        "reply skipped: said instead: not released: everybody is held until "
                        "10:00:00 by `clockwire hold`");
    go_on(nine + HOUR); /* by then what she said first is done */
    CHECK_STR(calls(2), "stop skipped: no timer is active|hold skipped: expired: due 09:00:00, now "
                        "10:00:00; held until 10:00:00 by `clockwire hold`|reply skipped: nobody "
                        "waits for the answer any more");
}

/* ---- Ceiling ---- */

static void hold_many(int n)
{
    struct cw_error err;
    must(store_begin(w.store, &err), &err);
    for (int i = 0; i < n; i++) {
        char person[16];
        snprintf(person, sizeof person, "p%d", i);
        struct store_mark mark = {.kind = CW_TEXT("hold"),
                                  .rule = CW_TEXT(""),
                                  .person = cw_text_of(person),
                                  .key = CW_TEXT(""),
                                  .value = CW_TEXT("{}"),
                                  .until_ms = INT64_MAX};
        must(store_mark_put(w.store, &mark, &err), &err);
    }
    must(store_commit(w.store, &err), &err);
}

BOTH(so_many_are_held_and_no_more)
{
    struct cw_error err;
    begin(file, RULES);
    hold_many(HOLDS_MOST - 1);
    deliver("off", FOR("2 hours"));
    CHECK_STR(calls(1), "stop skipped: no timer is active|hold done|reply done");
    deliver("off", FOR("1 hour")); /* she is one of them already */
    CHECK_STR(calls(2), "stop ready|hold ready|reply ready");
    const struct cw_person *grace = cw_ruleset_find(w.rules, CW_TEXT("grace"));
    CHECK_INT(engine_hold(w.engine, grace, INT64_MAX, w.now_ms, &err), CW_EDENIED);
    CHECK_STR(err.text, "10000 people are held already; hold everybody");
    CHECK_INT(engine_hold(w.engine, NULL, INT64_MAX, w.now_ms, &err), CW_OK);
    CHECK_INT(release(NULL), CW_OK);
    deliver("first", GRACE);
    CHECK_STR(calls(5), "hold dead: 10000 people are held already; hold everybody|stop skipped: an "
                        "earlier step failed|reply skipped: an earlier step failed");
}

/* ---- Opted out ---- */

#define OUT                                                                                        \
    "version: 1\ntimezone: UTC\nusers:\n  ada: { awork: " ID(                                      \
        "1") ", automation: off }\nrules:\n"                                                       \
             "  - { id: wait, when: calendar.wait, user: ada, wait: 5 minutes, then: stop }\n"     \
             "  - { id: go, when: calendar.go, user: ada, then: [{ start: { task: " TASK(          \
                 "1") " } }, { "                                                                   \
                      "reply: x }] }\n"

BOTH(who_opted_out_meanwhile_is_left_alone)
{
    begin(file, RULES);
    fake_suffer(w.fake, "timetracking/start", FAKE_UNSENT, 0, "", 1000);
    deliver("wait", ADA);
    deliver("go", ADA);
    CHECK(strncmp(calls(2), "start ready", 11) == 0);
    restart_with(OUT);
    go_on(nine + MINUTE);
    CHECK_STR(calls(2), "start skipped: ada has opted out of automation");
    deliver("go", "{}");
    CHECK_STR(runs(3), "refused: ada has opted out of automation (rules.yaml, line 4)");
    CHECK_STR(heard(), "[ok][ok][not done: ada has opted out of automation]");
    go_on(nine + 5 * MINUTE);
    CHECK_STR(runs(1), "refused: ada has opted out of automation (rules.yaml, line 4)");
}

CHECK_MAIN
