/* Retention: what goes and what stays, in both stores. */
#include "check.h"
#include "store/keyset.h"
#include "store_both.h"

#include <sys/stat.h>
#include <time.h>

#define DAY INT64_C(86400000)

static int64_t add_at(struct store *s, uint64_t key, int64_t at_ms)
{
    struct store_event event = {.received_ms = at_ms, .source = CW_TEXT("git")};
    struct store_key k = key_of(key);
    int64_t seq = 0;
    OK(store_event_add(s, &event, &k, 1, &seq, NULL));
    return seq;
}

/* An event of this moment with a run in that state and a call with an attempt. */
static int64_t add_whole(struct store *s, uint64_t key, int64_t at_ms, enum store_run_state state,
                         enum store_call_state call_state)
{
    int64_t seq = add_at(s, key, at_ms), attempt = 0;
    char rule[32];
    snprintf(rule, sizeof rule, "r%llu", (unsigned long long)key);
    struct store_run run = run_of(seq, rule, "ann");
    run.state = state;
    run.changed_ms = at_ms;
    OK(store_run_add(s, &run, &run.id, NULL));
    struct store_call call = call_of(run.id, seq, "ann", 0);
    call.changed_ms = at_ms;
    OK(store_call_add(s, &call, &call.id, NULL));
    struct store_attempt begun = {.call = call.id, .request = CW_TEXT("GET /"), .begun_ms = 1};
    OK(store_attempt_begin(s, &begun, &attempt, NULL));
    call.state = call_state;
    if (call_state != STORE_CALL_READY)
        OK(store_call_save(s, &call, NULL));
    return seq;
}

/* One step in a turn of its own. Returns: how many events went. */
static size_t step(struct store *s, struct store_trim *trim)
{
    OK(store_begin(s, NULL));
    OK(store_trim(s, trim, NULL));
    OK(store_commit(s, NULL));
    return trim->deleted;
}

/* A whole walk. */
static size_t trim(struct store *s, int64_t now_ms, int64_t done_ms, int64_t dead_ms)
{
    struct store_trim t = {.now_ms = now_ms,
                           .done_before_ms = now_ms - done_ms,
                           .dead_before_ms = now_ms - dead_ms,
                           .rows = 64};
    size_t n = 0;
    do
        n += step(s, &t);
    while (t.more);
    return n;
}

/* The numbers of the events that are there, as text. */
static const char *events(struct store *s)
{
    static char text[2000];
    struct store_event *list = NULL;
    size_t n = 0, at = 0;
    text[0] = '\0';
    OK(store_events(s, 0, 500, arena(), &list, &n, NULL));
    for (size_t i = 0; i < n && i < 100; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%lld", i ? " " : "",
                               (long long)list[i].seq);
    return text;
}

static bool has_anything(struct store *s, int64_t event, int64_t call)
{
    struct store_run *runs = NULL;
    struct store_call *calls = NULL;
    struct store_attempt *attempts = NULL;
    size_t n_runs = 0, n_calls = 0, n_attempts = 0;
    OK(store_runs_of(s, event, arena(), &runs, &n_runs, NULL));
    OK(store_calls_of(s, event, arena(), &calls, &n_calls, NULL));
    OK(store_attempts_of(s, call, arena(), &attempts, &n_attempts, NULL));
    return n_runs || n_calls || n_attempts;
}

BOTH(what_has_ended_and_is_old_goes_with_all_that_is_its_own)
{
    int64_t seq = 0;
    OK(store_begin(s, NULL));
    add_whole(s, 1, 1 * DAY, STORE_RUN_DONE, STORE_CALL_DONE);
    add_whole(s, 2, 2 * DAY, STORE_RUN_DONE, STORE_CALL_SKIPPED);
    add_at(s, 3, 2 * DAY);
    add_whole(s, 4, 4 * DAY, STORE_RUN_DONE, STORE_CALL_DONE);
    OK(store_commit(s, NULL));
    CHECK_INT(trim(s, 9 * DAY, 10 * DAY, 10 * DAY), 0);
    CHECK_INT(trim(s, 9 * DAY, 7 * DAY, 30 * DAY), 3);
    CHECK_STR(events(s), "4");
    CHECK(!has_anything(s, 1, 1) && !has_anything(s, 2, 2));
    CHECK(has_anything(s, 4, 3));
    s = again(s, where);
    CHECK_STR(events(s), "4");
    struct store_event event = {.received_ms = 9 * DAY};
    struct store_key known = key_of(4), forgotten = key_of(1);
    OK(store_begin(s, NULL));
    CHECK_INT(store_event_add(s, &event, &known, 1, &seq, NULL), CW_EEXIST);
    CHECK_INT(seq, 4);
    OK(store_event_add(s, &event, &forgotten, 1, &seq, NULL)); /* as new as any */
    CHECK_INT(seq, 5);
    CHECK_INT(store_event_add(s, &event, &forgotten, 1, &seq, NULL), CW_EEXIST);
    OK(store_commit(s, NULL));
    CHECK_STR(events(s), "4 5");
    store_close(s);
}

BOTH(what_waits_acts_or_is_in_doubt_stays)
{
    OK(store_begin(s, NULL));
    add_whole(s, 1, DAY, STORE_RUN_WAITING, STORE_CALL_DONE);
    add_whole(s, 2, DAY, STORE_RUN_ACTING, STORE_CALL_READY);
    add_whole(s, 3, DAY, STORE_RUN_ACTING, STORE_CALL_SENT);
    add_whole(s, 4, DAY, STORE_RUN_DONE, STORE_CALL_SENT); /* whatever its run says */
    add_whole(s, 5, DAY, STORE_RUN_DONE, STORE_CALL_DONE);
    OK(store_commit(s, NULL));
    CHECK_INT(trim(s, 900 * DAY, DAY, DAY), 1);
    CHECK_STR(events(s), "1 2 3 4");
    OK(store_begin(s, NULL)); /* what ends counts from its end */
    OK(store_run_move(s, 1, STORE_RUN_CANCELLED, CW_TEXT("x"), 900 * DAY, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(trim(s, 900 * DAY + 10, DAY, DAY), 0);
    CHECK_INT(trim(s, 902 * DAY, DAY, DAY), 1);
    CHECK_STR(events(s), "2 3 4");
    s = again(s, where);
    CHECK(has_anything(s, 2, 2) && has_anything(s, 3, 3) && has_anything(s, 4, 4));
    store_close(s);
}

BOTH(a_dead_call_stays_longer)
{
    OK(store_begin(s, NULL));
    add_whole(s, 1, DAY, STORE_RUN_FAILED, STORE_CALL_DEAD);
    add_whole(s, 2, DAY, STORE_RUN_DONE, STORE_CALL_DONE);
    OK(store_commit(s, NULL));
    CHECK_INT(trim(s, 10 * DAY, 7 * DAY, 30 * DAY), 1);
    CHECK_STR(events(s), "1");
    CHECK_INT(trim(s, 31 * DAY - 1, 7 * DAY, 30 * DAY), 0);
    CHECK_INT(trim(s, 31 * DAY, 7 * DAY, 30 * DAY), 1);
    CHECK_STR(events(s), "");
    CHECK(!has_anything(s, 1, 1));
    store_close(s);
    (void)where;
}

BOTH(a_step_is_small_and_the_walk_goes_on)
{
    struct store_trim t = {
        .now_ms = 9 * DAY, .done_before_ms = 2 * DAY, .dead_before_ms = 2 * DAY, .rows = 20};
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 300; i++)
        add_whole(s, i, DAY, i % 10 ? STORE_RUN_DONE : STORE_RUN_WAITING, STORE_CALL_DONE);
    add_at(s, 999, 9 * DAY);
    OK(store_commit(s, NULL));
    size_t steps = 0, n = 0, most = 0;
    do {
        size_t went = step(s, &t);
        n += went;
        most = went > most ? went : most;
        steps++;
    } while (t.more && steps < 1000);
    CHECK_INT(n, 270);
    CHECK(steps >= 270 * 4 / 24 && steps < 300 && most <= 5); /* an event is four rows */
    CHECK_INT(t.after, 300);
    CHECK_INT(step(s, &t), 0); /* what is young is waited for where it stands */
    CHECK_INT(t.after, 300);
    CHECK(!t.more);
    store_close(s);
    (void)where;
}

/* An event of more rows than a step takes is deleted in several. */
BOTH(a_large_event_takes_several_steps)
{
    struct store_trim t = {
        .now_ms = 9 * DAY, .done_before_ms = 2 * DAY, .dead_before_ms = 2 * DAY, .rows = 50};
    OK(store_begin(s, NULL));
    int64_t seq = add_whole(s, 1, DAY, STORE_RUN_DONE, STORE_CALL_DONE), id = 0;
    for (int i = 0; i < 500; i++) {
        struct store_attempt attempt = {.call = 1, .request = CW_TEXT("GET /"), .begun_ms = 1};
        OK(store_attempt_begin(s, &attempt, &id, NULL));
    }
    OK(store_commit(s, NULL));
    size_t steps = 1;
    while (step(s, &t) == 0 && t.more && steps < 100)
        steps++;
    CHECK_INT(t.deleted, 1);
    CHECK(where ? steps >= 10 && steps < 14 : steps == 1);
    CHECK(!has_anything(s, seq, 1));
    CHECK_STR(events(s), "");
    store_close(s);
}

BOTH(a_turn_that_is_given_up_leaves_all_as_it_was)
{
    struct store_event event = {.received_ms = 3};
    struct store_key key = key_of(1);
    int64_t seq = 0;
    OK(store_begin(s, NULL));
    add_whole(s, 1, DAY, STORE_RUN_DONE, STORE_CALL_DONE);
    add_at(s, 2, DAY);
    OK(store_commit(s, NULL));
    struct store_trim t = {
        .now_ms = 9 * DAY, .done_before_ms = 8 * DAY, .dead_before_ms = 8 * DAY, .rows = 100};
    OK(store_begin(s, NULL));
    OK(store_trim(s, &t, NULL));
    CHECK_INT(t.deleted, 2);
    CHECK_STR(events(s), "");
    OK(store_event_add(s, &event, &key, 1, &seq, NULL)); /* it is forgotten within the turn */
    CHECK_INT(seq, 3);
    store_rollback(s);
    CHECK_STR(events(s), "1 2");
    CHECK(has_anything(s, 1, 1));
    OK(store_begin(s, NULL));
    CHECK_INT(store_event_add(s, &event, &key, 1, &seq, NULL), CW_EEXIST);
    CHECK_INT(seq, 1);
    store_rollback(s);
    s = again(s, where);
    CHECK_STR(events(s), "1 2");
    CHECK_INT(trim(s, 9 * DAY, DAY, DAY), 2);
    store_close(s);
}

BOTH(no_number_is_given_twice)
{
    CHECK_INT(store_last_event(s), 0);
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 3; i++)
        add_whole(s, i, DAY, STORE_RUN_DONE, STORE_CALL_DONE);
    OK(store_commit(s, NULL));
    CHECK_INT(trim(s, 9 * DAY, DAY, DAY), 3);
    s = again(s, where);
    CHECK_INT(store_last_event(s), 3);
    OK(store_begin(s, NULL));
    CHECK_INT(add_whole(s, 7, 9 * DAY, STORE_RUN_DONE, STORE_CALL_DONE), 4);
    store_rollback(s);
    CHECK_INT(store_last_event(s), 3);
    s = again(s, where);
    OK(store_begin(s, NULL));
    CHECK_INT(add_whole(s, 7, 9 * DAY, STORE_RUN_DONE, STORE_CALL_DONE), 4);
    OK(store_commit(s, NULL));
    struct store_call *calls = NULL;
    struct store_attempt *attempts = NULL;
    size_t n = 0;
    OK(store_calls_of(s, 4, arena(), &calls, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(calls[0].id, 4);
    CHECK_INT(calls[0].run, 4);
    OK(store_attempts_of(s, 4, arena(), &attempts, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(attempts[0].id, 4);
    store_close(s);
}

/* Each is as old as it says: a clock that was wrong once neither keeps the others nor takes them.
 */
BOTH(events_of_a_wrong_clock)
{
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 200; i++) /* more than a step looks at */
        add_at(s, i, 4000 * DAY);
    add_at(s, 300, DAY);
    add_at(s, 301, 9 * DAY);
    add_at(s, 302, 0); /* 1970 */
    add_at(s, 303, 9 * DAY);
    OK(store_commit(s, NULL));
    CHECK_INT(trim(s, 9 * DAY, 2 * DAY, 2 * DAY), 2);
    struct store_event *list = NULL;
    size_t n = 0;
    OK(store_events(s, 200, 10, arena(), &list, &n, NULL));
    CHECK_INT(n, 2);
    CHECK(list[0].seq == 202 && list[1].seq == 204);
    CHECK_INT(trim(s, 4003 * DAY, 2 * DAY, 2 * DAY), 202);
    store_close(s);
    (void)where;
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* The highest and lowest that a journal comes to while a tick a minute goes on for days.
 * CW_DAYS=365 for a year; a day of ticks is a turn, so that it is the rows that count. */
BOTH(a_tick_a_minute_leaves_the_journal_as_it_is)
{
    const char *text = getenv("CW_DAYS");
    int days = text ? atoi(text) : 40;
    off_t steady = 0, most = 0;
    int64_t minute = 60000, most_events = 0;
    uint64_t n = 0;
    for (int day = 0; day < days; day++) {
        int64_t begin_ms = (100 + day) * DAY;
        struct store_counts counts;
        OK(store_begin(s, NULL));
        for (int i = 0; i < 1440; i++, n++) {
            int64_t seq = add_at(s, n, begin_ms + i * minute);
            struct store_run run = run_of(seq, "tick", "ann");
            run.state = STORE_RUN_DONE;
            run.changed_ms = begin_ms + i * minute;
            OK(store_run_add_beside(s, &run, &run.id, NULL));
        }
        OK(store_commit(s, NULL));
        trim(s, begin_ms + DAY, 7 * DAY, 30 * DAY);
        OK(store_tidy(s, STORE_IDLE, NULL));
        OK(store_counts(s, &counts, NULL));
        most_events = counts.events > most_events ? counts.events : most_events;
        off_t size = where ? size_of(where + strlen("sqlite:")) : 0;
        if (day == 10)
            steady = size;
        most = size > most ? size : most;
    }
    CHECK(most_events <= 8 * 1440);
    CHECK(most <= steady + steady / 4);
    if (where)
        CHECK(size_of(fixture_path("a_tick_a_minute_leaves_the_journal_as_it_is-wal")) < 40 << 20);
    printf("%d days, %llu ticks: %lld events at most, %lld bytes on day 10, %lld at most\n", days,
           (unsigned long long)n, (long long)most_events, (long long)steady, (long long)most);
    store_close(s);
}

TEST(the_file_shrinks_when_much_has_gone)
{
    static char body[20000];
    char path[128];
    strcpy(path, fixture_path("shrinks.db"));
    struct store *s = fixture_open(fixture_where("shrinks.db"));
    for (uint64_t i = 0; i < 40; i++) {
        OK(store_begin(s, NULL));
        for (uint64_t j = 0; j < 20; j++) {
            struct store_event event = {.received_ms = DAY, .payload = {body, sizeof body}};
            struct store_key k = key_of(i * 20 + j);
            int64_t seq = 0;
            OK(store_event_add(s, &event, &k, 1, &seq, NULL));
        }
        OK(store_commit(s, NULL));
    }
    OK(store_tidy(s, STORE_IDLE, NULL));
    off_t full = size_of(path);
    CHECK(full > 16000000);
    CHECK_INT(trim(s, 9 * DAY, DAY, DAY), 800);
    for (int i = 0; i < 100; i++)
        OK(store_tidy(s, STORE_IDLE, NULL));
    printf("%lld bytes, %lld after\n", (long long)full, (long long)size_of(path));
    CHECK(size_of(path) < 3 << 20);
    OK(store_begin(s, NULL));
    CHECK_INT(add_at(s, 5000, 9 * DAY), 801);
    OK(store_commit(s, NULL));
    store_close(s);
    fixture_end();
}

CHECK_MAIN
