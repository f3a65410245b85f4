/* What time itself brings: schedules, over both stores on virtual time, with a restart after every
 * step, gaps, clocks that are set, and rules that change. */
#include "course.h"

#define ZONES                                                                                      \
    "version: 1\nusers:\n"                                                                         \
    "  ada: { awork: " ID("1") ", timezone: Europe/Berlin }\n"                                     \
                               "  grace: { awork: " ID(                                            \
                                   "2") ", timezone: America/New_York }\nrules:\n"

static const int64_t day = INT64_C(24) * HOUR;

/* "tick 03-02T19:00 1|..." of the events behind one: type, received, how many runs. */
static const char *rows(int64_t after)
{
    static char text[8192];
    struct cw_arena *arena = cw_arena_create(16 << 20);
    struct store_event *list = NULL;
    struct cw_error err;
    size_t n = 0, len = 0;
    text[0] = '\0';
    must(store_events(w.store, after, 1000, arena, &list, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        struct store_run *of = NULL;
        size_t n_runs = 0;
        char at[CLOCK_TEXT];
        must(store_runs_of(w.store, list[i].seq, arena, &of, &n_runs, &err), &err);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %.11s %zu", i ? "|" : "",
                                list[i].type.at, clock_format(list[i].received_ms, at) + 5, n_runs);
    }
    cw_arena_destroy(arena);
    return text;
}

static void reload(const char *text)
{
    struct cw_ruleset *old = w.rules;
    w.rules = rules_of(text);
    fill_people();
    engine_reload(w.engine, w.rules);
    dispatcher_reload(w.dispatcher, &w.people);
    cw_ruleset_unref(old);
    go(w.now_ms);
}

#define EVENING                                                                                    \
    ZONES "  - { id: e, when: { every: mon-fri 20:00 }, user: [ada, grace], then: { log: "         \
          "\"${event.id}\" } }\n"

BOTH(each_person_has_an_own_evening)
{
    begin(file, EVENING);
    go_on(nine + 10 * HOUR - 1);
    CHECK_STR(rows(0), "");
    CHECK_INT(engine_next_ms(w.engine), 0); /* a restart, and no turn yet */
    go_on(nine + 10 * HOUR);
    CHECK_STR(rows(0), "tick 03-02T19:00 1");
    CHECK_STR(runs(1), "done");
    go_on(nine + day);
    CHECK_STR(rows(0), "tick 03-02T19:00 1|tick 03-03T01:00 1");
    go_on(nine + 7 * day);
    CHECK_STR(rows(8), "tick 03-06T19:00 1|tick 03-07T01:00 1"); /* no weekend */
}

BOTH(the_first_start_begins_now)
{
    begin(file, EVENING);
    w.now_ms = nine + 10 * HOUR; /* the very moment */
    go_on(w.now_ms + HOUR);
    CHECK_STR(rows(0), "");
    go_on(w.now_ms + day);
    CHECK_STR(rows(0), "tick 03-03T01:00 1|tick 03-03T19:00 1");
}

/* Down for days: each rule and person has the latest tick, which may be too late to act on. */
BOTH(after_a_gap_only_the_latest_counts)
{
    begin(file, ZONES "  - { id: often, when: { every: 5 minutes }, user: ada, then: { log: x } }\n"
                      "  - { id: e, when: { every: mon-fri 20:00 }, user: [ada, grace], then: { "
                      "start: { task: " TASK("1") " } } }\n");
    go_on(nine + 5 * MINUTE);
    CHECK_STR(rows(0), "tick 03-02T09:05 1");
    w.now_ms = nine + 3 * day + 10 * HOUR + 7 * MINUTE;
    go_on(w.now_ms);
    CHECK_STR(rows(1), "tick 03-05T01:00 1|tick 03-05T19:00 1|tick 03-05T19:05 1");
    CHECK_STR(calls(2), "start skipped: expired: due 01:00:00, now 19:07:00");
    CHECK_STR(calls(3), "start done"); /* seven minutes late */
    CHECK_STR(story(), "1:start(1) ");
    go_on(w.now_ms + 5 * MINUTE);
    CHECK_STR(rows(4), "tick 03-05T19:10 1");
}

BOTH(a_clock_that_is_set_back_repeats_nothing)
{
    begin(file, EVENING);
    go_on(nine + 10 * HOUR + MINUTE);
    CHECK_STR(rows(0), "tick 03-02T19:00 1");
    w.now_ms -= 2 * HOUR;
    restart();
    go_on(nine + 11 * HOUR);
    CHECK_STR(rows(1), "");
    go_on(nine + day);
    CHECK_STR(rows(1), "tick 03-03T01:00 1");
}

/* Booted with a clock that ran years ahead: that must not silence schedules for years. */
BOTH(a_clock_that_was_far_ahead_begins_anew)
{
    begin(file, EVENING);
    go_on(nine + MINUTE);
    w.now_ms = nine + 400 * day;
    go_on(w.now_ms);
    CHECK_STR(rows(0), "tick 04-05T18:00 1|tick 04-06T00:00 1"); /* their latest, of 2027 */
    w.now_ms = nine + HOUR;
    restart();
    go_on(nine + 12 * HOUR);
    CHECK_STR(rows(2), "tick 03-02T19:00 1");
}

/* ---- Rules that change ---- */

#define RULE(id, every)                                                                            \
    "  - { id: " id ", when: { every: " every " }, user: ada, then: { log: x } }\n"

BOTH(a_schedule_begins_when_it_is_first_seen)
{
    begin(file, ZONES RULE("a", "mon-fri 20:00"));
    go_on(nine + HOUR);
    w.now_ms = nine + 4 * HOUR; /* 14:00 in Berlin */
    restart_with(ZONES RULE("a", "mon-fri 12:00") RULE("b", "mon-fri 20:00"));
    go_on(nine + 5 * HOUR);
    CHECK_STR(rows(0), "");
    restart_with(ZONES RULE("a", "mon-fri 20:00") RULE("b", "mon-fri 20:00"));
    go(nine + 5 * HOUR);
    w.now_ms = nine + 11 * HOUR; /* both are missed, both were seen */
    go_on(w.now_ms);
    CHECK_STR(rows(0), "tick 03-02T19:00 2");
    reload(ZONES RULE("c", "mon-fri 20:30") RULE("b", "mon-fri 20:00"));
    go_on(nine + 20 * HOUR);
    CHECK_STR(rows(1), "");
    go_on(nine + 35 * HOUR);
    CHECK_STR(rows(1), "tick 03-03T19:00 1|tick 03-03T19:30 1");
}

/* Missed by an old rule, while a new one has its tick at the same moment. */
BOTH(what_was_missed_is_of_the_old_rules_only)
{
    begin(file, ZONES RULE("a", "mon-fri 20:00"));
    go_on(nine + HOUR);
    w.now_ms = nine + 11 * HOUR;
    restart_with(ZONES RULE("n", "mon-fri 20:00") RULE("a", "mon-fri 20:00"));
    go_on(w.now_ms);
    CHECK_STR(rows(0), "tick 03-02T19:00 1");
    go_on(nine + 35 * HOUR);
    CHECK_STR(rows(1), "tick 03-03T19:00 2");
}

BOTH(schedules_that_are_gone_are_forgotten)
{
    struct cw_error err;
    int64_t any_ms = 0;
    begin(file, ZONES RULE("a", "mon-fri 20:00") RULE("b", "30 minutes"));
    go_on(nine);
    must(store_next_mark(w.store, CW_TEXT("every"), &any_ms, &err), &err);
    CHECK_INT(any_ms, 0);
    restart_with(ZONES "  - { id: a, when: desktop.idle, user: ada, then: stop }\n");
    go_on(nine + 12 * HOUR);
    must(store_next_mark(w.store, CW_TEXT("every"), &any_ms, &err), &err);
    CHECK_INT(any_ms, INT64_MAX);
    CHECK_INT(engine_next_ms(w.engine), INT64_MAX);
    restart_with(ZONES RULE("a", "mon-fri 20:00"));
    go_on(nine + 13 * HOUR);
    CHECK_STR(rows(0), "");
}

/* ---- With the rest of the language ---- */

BOTH(a_tick_waits_like_any_match)
{
    begin(file, ZONES "  - { id: e, when: { every: mon-fri 20:00 }, user: [ada, grace], wait: 30 "
                      "minutes, unless: desktop.active, then: { log: x } }\n");
    go_on(nine + 10 * HOUR);
    CHECK_STR(runs(1), "waiting");
    desk("active", "{\"user\":\"ada\"}");
    CHECK_STR(runs(1), "cancelled: cancelled by event 2");
    w.now_ms = nine + 17 * HOUR; /* grace's wait has ended meanwhile */
    go_on(w.now_ms);
    CHECK_STR(rows(2), "tick 03-03T01:00 1");
    CHECK_STR(runs(3), "done");
}

BOTH(hours_and_throttle_are_those_of_the_tick)
{
    begin(file, "version: 1\ntimezone: UTC\nusers: { ada: { awork: " ID(
                    "1") " } }\n"
                         "hours: { work: mon-fri 09:00-17:00 }\nrules:\n"
                         "  - { id: d, when: { every: 1 hour }, user: ada, if: { during: work }, "
                         "throttle: 3 "
                         "hours, key: fixed, then: { log: x } }\n");
    go_on(nine + 5 * HOUR);
    CHECK_STR(runs(1), "done");
    CHECK_STR(runs(2), "refused: throttled until 13:00:00 (rules.yaml, line 6)");
    CHECK_STR(rows(3), "tick 03-02T13:00 1|tick 03-02T14:00 1");
    w.now_ms = nine + 10 * HOUR; /* nothing of the evening */
    go_on(w.now_ms);
    CHECK_STR(rows(5), "tick 03-02T19:00 0");
}

/* ---- Whatever ends the process ---- */

/* Killed before the commit: the journal is as it was, and so is what comes of it. */
TEST(killed_between_tick_and_commit)
{
    begin(true, EVENING);
    go_on(nine + 10 * HOUR - 1);
    stop(false);
    copy_journal("j.db", "before.db");
    start();
    go(nine + 10 * HOUR);
    CHECK_STR(rows(0), "tick 03-02T19:00 1");
    stop(false);
    copy_journal("before.db", "j.db");
    start();
    CHECK_STR(rows(0), "");
    w.now_ms += 2 * SECOND;
    go(w.now_ms);
    CHECK_STR(rows(0), "tick 03-02T19:00 1");
    restart();
    go(nine + 15 * HOUR);
    CHECK_STR(rows(1), "");
    end();
}

/* Events until no more fits. */
static void fill(void)
{
    static char payload[50000];
    struct store_event row = {
        .source = CW_TEXT("x"), .type = CW_TEXT("x"), .id = CW_TEXT("x"), .used = CW_TEXT("{}")};
    struct cw_error err;
    enum cw_status st = CW_OK;
    int64_t seq;
    memset(payload, 'x', sizeof payload);
    for (size_t size = sizeof payload; size > 100; size = st ? size / 2 : size) {
        row.payload = (struct cw_text){payload, size};
        must(store_begin(w.store, &err), &err);
        st = store_event_add(w.store, &row, NULL, 0, &seq, &err);
        if (!st)
            st = store_commit(w.store, &err);
        if (st)
            store_rollback(w.store);
    }
}

/* A journal that does not take the tick: a later turn does it, once. */
TEST(a_turn_that_fails_loses_no_tick)
{
    struct cw_error err;
    struct store_opts small = {.max_bytes = 2 << 20};
    begin(true, EVENING);
    go(nine + 10 * HOUR - 1);
    stop(false);
    must(store_open(w.where, &small, &w.store, &err), &err);
    start();
    fill();
    w.now_ms = nine + 10 * HOUR;
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    CHECK(engine_trouble(w.engine) != NULL);
    CHECK(strstr(rows(0), "tick") == NULL);
    CHECK_INT(engine_next_ms(w.engine), w.now_ms + SECOND);
    stop(false);
    start();
    go(nine + 11 * HOUR);
    CHECK(strstr(rows(0), "x|tick 03-02T19:00 1") != NULL ||
          strstr(rows(0), "0|tick 03-02T19:00 1"));
    CHECK(!engine_trouble(w.engine));
    end();
}

/* While there is no room nothing comes of the clock, and nothing is lost by that. */
TEST(a_journal_without_room_has_its_tick_later)
{
    struct cw_error err;
    begin(true, EVENING);
    go(nine + 10 * HOUR - 1);
    engine_close(w.engine, "the journal's volume is almost full", true);
    CHECK_INT(engine_next_ms(w.engine), INT64_MAX);
    w.now_ms = nine + 10 * HOUR + MINUTE;
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    CHECK(strstr(rows(0), "tick") == NULL);
    CHECK_STR(engine_trouble(w.engine), "the journal's volume is almost full");
    engine_close(w.engine, NULL, false);
    go(nine + 11 * HOUR);
    CHECK(strstr(rows(0), "tick 03-02T19:00 1") != NULL);
    CHECK(!engine_trouble(w.engine));
    end();
}

CHECK_MAIN
