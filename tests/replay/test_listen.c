/* Triggers that hear several events, over both stores on virtual time, with a restart after every
 * step, kills, gaps and rules that change. */
#include "course.h"

static const int64_t day = INT64_C(24) * HOUR;

/* How many marks of a kind there are. */
static size_t marks(const char *kind)
{
    struct cw_arena *arena = cw_arena_create(16 << 20);
    struct store_mark *list = NULL;
    struct cw_error err;
    size_t n = 0, found = 0;
    must(store_marks(w.store, NULL, 1000, arena, &list, &n, &err), &err);
    for (size_t i = 0; i < n; i++)
        found += cw_text_is(list[i].kind, kind) ? 1 : 0;
    cw_arena_destroy(arena);
    return found;
}

/* "clock.absent used" of an event, or "-". */
static const char *row(int64_t event)
{
    static char text[4096];
    struct cw_arena *arena = cw_arena_create(16 << 20);
    struct store_event *list = NULL;
    struct cw_error err;
    size_t n = 0;
    must(store_events(w.store, event - 1, 1, arena, &list, &n, &err), &err);
    snprintf(text, sizeof text, "-");
    if (n)
        snprintf(text, sizeof text, "%s.%s %s", list[0].source.at, list[0].type.at,
                 list[0].used.at);
    cw_arena_destroy(arena);
    return text;
}

static int64_t received(int64_t event)
{
    struct cw_arena *arena = cw_arena_create(16 << 20);
    struct store_event *list = NULL;
    struct cw_error err;
    size_t n = 0;
    must(store_events(w.store, event - 1, 1, arena, &list, &n, &err), &err);
    int64_t ms = n ? list[0].received_ms : 0;
    cw_arena_destroy(arena);
    return ms;
}

#define ADA "{\"user\":\"ada\"}"

/* ---- count ---- */

#define COUNT                                                                                      \
    HEAD "  - { id: c, when: { count: 3, of: desktop.idle, within: 1 hour }, then: { log: "        \
         "\"${count}\" } }\n"

BOTH(the_third_within_an_hour)
{
    begin(file, COUNT);
    desk("idle", ADA);
    go_on(nine + 30 * MINUTE);
    desk("idle", ADA);
    desk("idle", "{\"user\":\"grace\"}");
    CHECK_STR(runs(2), "");
    go_on(nine + HOUR); /* to the last moment */
    desk("idle", ADA);
    CHECK_STR(runs(4), "done");
    CHECK_INT(marks("count"), 1); /* grace's */
    desk("idle", ADA);
    desk("idle", ADA);
    CHECK_STR(runs(6), "");
    desk("idle", ADA);
    CHECK_STR(runs(7), "done");
}

BOTH(a_count_that_comes_to_nothing_is_swept)
{
    begin(file, COUNT);
    desk("idle", ADA);
    CHECK_INT(marks("count"), 1);
    go_on(nine + HOUR + MINUTE + SECOND);
    desk("other", "{}"); /* any turn */
    CHECK_INT(marks("count"), 0);
}

/* The clock was set back while the daemon was down: what counts a duration goes with it. */
BOTH(a_count_moves_with_the_clock)
{
    struct cw_error err;
    begin(file, COUNT);
    desk("idle", ADA);
    desk("idle", ADA);
    must(store_begin(w.store, &err), &err);
    must(store_shift(w.store, 2 * HOUR, &err), &err);
    must(store_commit(w.store, &err), &err);
    w.now_ms = nine - HOUR; /* an hour has passed since */
    restart();
    desk("idle", ADA);
    CHECK_STR(runs(3), "done");
}

/* ---- all ---- */

#define ALL                                                                                        \
    HEAD "  - id: a\n    when: { all: [desktop.idle, [calendar.x, calendar.y], desktop.lock], "    \
         "within: 10 minutes }\n    user: ada\n    key: ${event.k}\n    then: { log: "             \
         "\"${event.type} ${event.k}\" }\n"

BOTH(all_in_any_order_survive_restarts)
{
    begin(file, ALL);
    desk("lock", "{\"k\":\"1\"}");
    go_on(nine + 5 * MINUTE);
    desk("idle", "{\"k\":\"2\"}"); /* another key */
    desk("idle", "{\"k\":\"1\"}");
    go_on(nine + 10 * MINUTE);
    deliver("y", "{\"k\":\"1\"}");
    CHECK_STR(runs(4), "done");
    deliver("x", "{\"k\":\"1\"}"); /* consumed */
    desk("idle", "{\"k\":\"1\"}");
    CHECK_STR(runs(6), "");
    desk("lock", "{\"k\":\"1\"}");
    CHECK_STR(runs(7), "done");
    CHECK_INT(marks("all"), 1);
    go_on(nine + HOUR);
    desk("lock", "{\"k\":\"2\"}"); /* too late for the first one of it */
    deliver("x", "{\"k\":\"2\"}");
    CHECK_STR(runs(9), "");
}

/* Events of one delivery are decided one after the other. */
BOTH(parts_of_one_turn)
{
    begin(file, ALL);
    submit_from("desktop", "desktop", "idle", "{\"k\":\"1\"}");
    submit_from("calendar", "", "x", "{\"k\":\"1\"}");
    submit_from("desktop", "desktop", "lock", "{\"k\":\"1\"}");
    go(w.now_ms);
    CHECK_STR(runs(3), "done");
}

BOTH(a_trigger_that_stays_as_it_was_goes_on_over_a_reload)
{
    begin(file, ALL);
    desk("lock", "{\"k\":\"1\"}");
    desk("idle", "{\"k\":\"1\"}");
    restart_with(HEAD
                 "  - { id: other, when: desktop.x, user: ada, then: stop }\n"
                 "  - id: a\n    name: another sentence\n    when:\n      - desktop.never\n"
                 "      - all:\n          - desktop.idle\n          - [calendar.x, calendar.y]\n"
                 "          - desktop.lock\n        within: 10 minutes\n    user: ada\n"
                 "    key: ${event.k}\n    then: { log: other }\n");
    deliver("x", "{\"k\":\"1\"}");
    CHECK_STR(runs(3), "done");
    desk("lock", "{\"k\":\"1\"}");
    desk("idle", "{\"k\":\"1\"}");
    restart_with(HEAD
                 "  - id: a\n    when: { all: [desktop.idle, calendar.x, desktop.lock], within: "
                 "10 minutes }\n    user: ada\n    key: ${event.k}\n    then: { log: x }\n");
    deliver("x", "{\"k\":\"1\"}"); /* another trigger: it begins anew */
    CHECK_STR(runs(6), "");
}

/* ---- absent ---- */

#define ABSENT                                                                                     \
    HEAD "  - id: lost\n    when: { absent: desktop.heartbeat, for: 15 minutes }\n"                \
         "    then: { start: { task: \"${event.task}\" } }\n"
#define BEAT(user, n) "{\"user\":\"" user "\",\"task\":\"" TASK(n) "\"}"

BOTH(a_silence_is_told_once_until_the_next_sign_of_life)
{
    begin(file, ABSENT);
    go_on(nine + HOUR);
    CHECK_STR(row(1), "-"); /* no first sign of life, no silence */
    desk("heartbeat", BEAT("ada", "1"));
    CHECK_INT(engine_next_ms(w.engine), nine + HOUR + 15 * MINUTE);
    go_on(nine + HOUR + 10 * MINUTE);
    desk("heartbeat", BEAT("ada", "2"));
    desk("heartbeat", BEAT("grace", "1"));
    go_on(nine + HOUR + 25 * MINUTE - 1);
    CHECK_STR(story(), "");
    go_on(nine + HOUR + 25 * MINUTE);
    CHECK_STR(story(), "1:start(2) 2:start(1) ");
    CHECK_STR(row(4),
              "clock.absent {\"clock.absent\":[[\"lost\",\"ada\",\"absent desktop.heartbeat for 15 "
              "minutes\\nada\"]],\"source.name\":\"desktop\",\"event.user\":\"ada\","
              "\"event.task\":\"" TASK("2") "\"}");
    CHECK_INT(received(4), nine + HOUR + 25 * MINUTE);
    go_on(nine + day);
    CHECK_STR(row(6), "-");
    CHECK_INT(marks("absent"), 0);
    desk("heartbeat", BEAT("ada", "1"));
    go_on(nine + 2 * day);
    CHECK_STR(story(), "1:start(2) 2:start(1) 1:start(1) ");
}

BOTH(a_silence_that_ended_while_nobody_listened_is_due_at_its_end)
{
    begin(file, ABSENT);
    desk("heartbeat", BEAT("ada", "1"));
    w.now_ms = nine + 20 * MINUTE;
    go_on(w.now_ms);
    CHECK_STR(story(), "1:start(1) "); /* five minutes late */
    desk("heartbeat", BEAT("ada", "2"));
    w.now_ms = nine + 5 * HOUR;
    go_on(w.now_ms);
    CHECK_STR(calls(4), "start skipped: expired: due 09:35:00, now 14:00:00");
    CHECK_INT(received(4), nine + 35 * MINUTE);
    CHECK_STR(story(), "1:start(1) ");
}

BOTH(a_sign_of_life_at_the_last_moment)
{
    begin(file, ABSENT);
    desk("heartbeat", BEAT("ada", "1"));
    w.now_ms = nine + 15 * MINUTE;
    restart();
    submit_from("desktop", "desktop", "heartbeat", BEAT("ada", "2"));
    go(w.now_ms);
    CHECK_STR(row(3), "-");
    go_on(nine + 30 * MINUTE);
    CHECK_STR(story(), "1:start(2) ");
}

BOTH(what_must_hold_is_asked_when_it_is_told)
{
    begin(file, "version: 1\ntimezone: UTC\nusers: { ada: { awork: " ID(
                    "1") " } }\n"
                         "hours: { work: mon-fri 09:00-17:00 }\nrules:\n"
                         "  - { id: w, when: { absent: desktop.heartbeat, for: 1 hour }, if: { "
                         "during: work, "
                         "event.n: 1 }, then: { log: x } }\n");
    desk("heartbeat", "{\"user\":\"ada\",\"n\":1}");
    go_on(nine + HOUR);
    CHECK_STR(runs(2), "done");
    desk("heartbeat", "{\"user\":\"ada\",\"n\":2}");
    go_on(nine + 7 * HOUR);
    CHECK_STR(runs(4), "");
    CHECK(strncmp(row(4), "clock.absent ", 13) == 0); /* so that somebody can ask why */
    desk("heartbeat", "{\"user\":\"ada\",\"n\":1}");
    go_on(nine + 9 * HOUR); /* at 17:00 the hours are over */
    CHECK_STR(runs(6), "");
    CHECK_STR(row(7), "-");
}

#define CONTRADICTS                                                                                \
    "refused: `stop` contradicts `start {\"task\":\"" TASK(                                        \
        "1") "\"}` of the earlier rule `z` (rules.yaml, line 8)"

BOTH(what_falls_silent_together_is_decided_together)
{
    begin(file, HEAD
          "  - { id: z, when: { absent: desktop.*, for: 15 minutes }, then: { start: { task: "
          "\"${event.task}\" } } }\n"
          "  - { id: a, when: { absent: desktop.heartbeat, for: 15 minutes }, then: stop }\n"
          "  - { id: b, when: { absent: desktop.heartbeat, for: 20 minutes }, then: { log: x } }\n"
          "  - { id: d, when: { absent: desktop.heartbeat, for: 15 minutes }, dry_run: true, then: "
          "stop }\n");
    desk("heartbeat", "{\"user\":[\"ada\",\"grace\"],\"task\":\"" TASK("1") "\"}");
    go_on(nine + HOUR);
    CHECK_STR(runs(2), "done|done|" CONTRADICTS "|" CONTRADICTS
                       "|done: dry run: would stop|done: dry run: would stop");
    CHECK_STR(runs(3), "done|done");
    CHECK_STR(row(4), "-");
}

BOTH(a_silence_waits_and_unless_ends_it)
{
    begin(file, HEAD "  - { id: w, when: { absent: desktop.heartbeat, for: 15 minutes }, wait: 5 "
                     "minutes, unless: desktop.*, throttle: 1 day, then: { log: x } }\n");
    desk("heartbeat", ADA);
    go_on(nine + 15 * MINUTE);
    CHECK_STR(runs(2), "waiting");
    go_on(nine + 19 * MINUTE);
    desk("heartbeat", ADA);
    CHECK_STR(runs(2), "cancelled: cancelled by event 3");
    go_on(nine + 2 * HOUR);
    CHECK(strncmp(runs(4), "refused: throttled until ", 25) == 0);
}

BOTH(what_is_gone_is_silent)
{
    begin(file, ABSENT);
    desk("heartbeat", BEAT("ada", "1"));
    desk("heartbeat", BEAT("grace", "1"));
    restart_with(HEAD "  - id: lost\n    when: { absent: desktop.heartbeat, for: 20 minutes }\n"
                      "    then: stop\n");
    go_on(nine + HOUR);
    CHECK_STR(row(3), "-");
    CHECK_INT(marks("absent"), 0);
    desk("heartbeat", BEAT("ada", "1"));
    restart_with("version: 1\ntimezone: UTC\nusers: { grace: { awork: " ID(
        "2") " } }\nrules:\n"
             "  - id: lost\n    when: { absent: desktop.heartbeat, for: 20 minutes }\n"
             "    then: stop\n");
    go_on(nine + 2 * HOUR);
    CHECK_STR(row(4), "-");
    restart_with(HEAD "  - { id: none, when: desktop.x, user: ada, then: stop }\n");
    CHECK_INT(marks("absent"), 0);
}

/* A value that is too large is missing; the others stay. */
BOTH(a_sign_of_life_keeps_no_large_text)
{
    static char body[40000];
    begin(file, HEAD "  - { id: l, when: { absent: desktop.heartbeat, for: 15 minutes }, then: { "
                     "log: \"${event.big | default: none} ${event.small}\" } }\n");
    snprintf(body, sizeof body, "{\"user\":\"ada\",\"big\":\"%020000d\",\"small\":1}", 7);
    desk("heartbeat", body);
    go_on(nine + HOUR);
    CHECK_STR(row(2), "clock.absent {\"clock.absent\":[[\"l\",\"ada\",\"absent desktop.heartbeat "
                      "for 15 minutes\\nada\"]],\"source.name\":\"desktop\",\"event.user\":\"ada\","
                      "\"event.small\":1}");
    CHECK_STR(runs(2), "done");
}

BOTH(many_fall_silent_at_once)
{
    static char text[32768];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", HEAD);
    for (int i = 0; i < 300; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "  - { id: r%d, when: { absent: desktop.heartbeat, for: 15 minutes "
                                "}, dry_run: true, then: stop }\n",
                                i);
    begin(file, text);
    desk("heartbeat", "{\"user\":[\"ada\",\"grace\"]}");
    CHECK_INT(marks("absent"), 600);
    go_on(nine + HOUR);
    CHECK_INT(marks("absent"), 0);
    struct store_counts counts;
    struct cw_error err;
    must(store_counts(w.store, &counts, &err), &err);
    CHECK_INT(counts.events, 4); /* one silence in three rows of at most 256 */
}

/* ---- Whatever ends the process ---- */

/* Killed before each commit: the journal is as it was, and the same comes of it, once. */
TEST(killed_before_the_commit)
{
    begin(true,
          HEAD "  - { id: s, when: { absent: desktop.heartbeat, for: 15 minutes }, then: { log: "
               "x } }\n"
               "  - { id: c, when: { count: 2, of: desktop.heartbeat, within: 1 hour }, then: { "
               "log: y } }\n");
    desk("heartbeat", ADA);
    stop(false);
    copy_journal("j.db", "before.db");
    start();
    desk("heartbeat", ADA); /* the sender hears nothing of it, and sends again */
    CHECK_STR(runs(2), "done");
    stop(false);
    copy_journal("before.db", "j.db");
    start();
    desk("heartbeat", ADA);
    CHECK_STR(runs(2), "done");
    go(nine + 15 * MINUTE - 1);
    stop(false);
    copy_journal("j.db", "before.db");
    start();
    go(nine + 15 * MINUTE);
    CHECK_STR(runs(3), "done");
    stop(false);
    copy_journal("before.db", "j.db");
    start();
    CHECK_STR(row(3), "-");
    go(nine + 2 * HOUR);
    CHECK_STR(runs(3), "done");
    CHECK_STR(row(4), "-");
    end();
}

CHECK_MAIN
