/* One suite over both stores. What only a file can do is in test_store_file.c. */
#include "check.h"
#include "store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* BOTH(name) { ... } is a test of each store; `s` is empty at first. */
#define BOTH(name)                                                                                 \
    static void both_##name(struct store *s);                                                      \
    TEST(name##_memory)                                                                            \
    {                                                                                              \
        struct store *s = fixture_open("memory:");                                                 \
        both_##name(s);                                                                            \
        store_close(s);                                                                            \
    }                                                                                              \
    TEST(name##_sqlite)                                                                            \
    {                                                                                              \
        struct store *s = fixture_open(fixture_where(#name));                                      \
        both_##name(s);                                                                            \
        store_close(s);                                                                            \
        fixture_end();                                                                             \
    }                                                                                              \
    static void both_##name(struct store *s)

#define TURN(s, ...)                                                                               \
    do {                                                                                           \
        OK(store_begin((s), NULL));                                                                \
        __VA_ARGS__;                                                                               \
        OK(store_commit((s), NULL));                                                               \
    } while (0)

TEST(a_bad_name_is_refused)
{
    static const char *const bad[] = {"", "sqlite:", "memory", "memory:x", "postgres:x", "/x"};
    struct cw_error err = {0};
    struct store *s = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(store_open(bad[i], &(struct store_opts){0}, &s, &err), CW_EINVAL);
        CHECK(!s);
    }
    CHECK(strstr(err.text, "sqlite:PATH") != NULL);
}

BOTH(an_event_comes_back_as_it_was)
{
    struct store_event event = {.received_ms = 1700000000123,
                                .source = CW_TEXT("git"),
                                .type = CW_TEXT("push"),
                                .id = CW_TEXT("d\0x"),
                                .verdict = STORE_REFUSED,
                                .reason = CW_TEXT("not decodable"),
                                .payload = CW_TEXT("\0\xff\x01"),
                                .used = CW_TEXT("{\"a\":1}")};
    struct store_event *out = NULL;
    size_t n = 0;
    int64_t seq = 0;
    TURN(s, OK(store_event_add(s, &event, NULL, 0, &seq, NULL)));
    CHECK_INT(seq, 1);
    OK(store_events(s, 0, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(out[0].seq, 1);
    CHECK_INT(out[0].received_ms, 1700000000123);
    IS(out[0].source, "git");
    IS(out[0].type, "push");
    CHECK_INT(out[0].id.len, 3);
    CHECK(memcmp(out[0].id.at, "d\0x", 4) == 0);
    CHECK_INT(out[0].verdict, STORE_REFUSED);
    IS(out[0].reason, "not decodable");
    CHECK_INT(out[0].codec, STORE_PLAIN);
    CHECK_INT(out[0].payload.len, 3);
    CHECK(memcmp(out[0].payload.at, "\0\xff\x01", 4) == 0);
    IS(out[0].used, "{\"a\":1}");
}

BOTH(an_empty_text_stays_empty)
{
    struct store_event event = {.received_ms = 1}, *out = NULL;
    size_t n = 0;
    int64_t seq = 0;
    TURN(s, OK(store_event_add(s, &event, NULL, 0, &seq, NULL)));
    OK(store_events(s, 0, 1, arena(), &out, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(out[0].payload.len, 0);
    CHECK_STR(out[0].payload.at, "");
    CHECK_STR(out[0].reason.at, "");
}

BOTH(events_are_numbered_and_paged)
{
    struct store_event *out = NULL;
    size_t n = 9;
    OK(store_events(s, 0, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    for (int64_t i = 1; i <= 20; i++)
        CHECK_INT(add_event(s, (uint64_t)i), i);
    OK(store_commit(s, NULL));
    OK(store_events(s, 5, 4, arena(), &out, &n, NULL));
    CHECK_INT(n, 4);
    CHECK_INT(out[0].seq, 6);
    CHECK_INT(out[3].seq, 9);
    OK(store_events(s, 18, 100, arena(), &out, &n, NULL));
    CHECK_INT(n, 2);
    OK(store_events(s, 20, 100, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_events(s, 0, 0, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
}

BOTH(a_duplicate_names_the_first)
{
    struct store_event event = {.received_ms = 1};
    struct store_key keys[2] = {key_of(1), key_of(2)};
    struct store_key mixed[2] = {key_of(7), key_of(2)};
    int64_t seq = 0;
    OK(store_begin(s, NULL));
    OK(store_event_add(s, &event, keys, 2, &seq, NULL));
    CHECK_INT(seq, 1);
    seq = 0; /* within the turn */
    CHECK_INT(store_event_add(s, &event, &keys[1], 1, &seq, NULL), CW_EEXIST);
    CHECK_INT(seq, 1);
    OK(store_commit(s, NULL));
    OK(store_begin(s, NULL)); /* across turns; one key of two is enough */
    CHECK_INT(add_event(s, 3), 2);
    CHECK_INT(store_event_add(s, &event, mixed, 2, &seq, NULL), CW_EEXIST);
    CHECK_INT(seq, 1);
    /* ... and the other one of the two was not kept */
    OK(store_event_add(s, &event, mixed, 1, &seq, NULL));
    CHECK_INT(seq, 3);
    OK(store_commit(s, NULL));
    OK(store_begin(s, NULL)); /* an event without keys has no duplicates */
    OK(store_event_add(s, &event, NULL, 0, &seq, NULL));
    OK(store_event_add(s, &event, NULL, 0, &seq, NULL));
    CHECK_INT(seq, 5);
    OK(store_commit(s, NULL));
}

BOTH(keys_that_share_their_first_half_are_told_apart)
{
    struct store_event event = {.received_ms = 1};
    struct store_key a = key_of(1), b = key_of(1);
    int64_t seq = 0;
    b.bytes[15] ^= 1;
    OK(store_begin(s, NULL));
    OK(store_event_add(s, &event, &a, 1, &seq, NULL));
    OK(store_event_add(s, &event, &b, 1, &seq, NULL));
    CHECK_INT(seq, 2);
    CHECK_INT(store_event_add(s, &event, &b, 1, &seq, NULL), CW_EEXIST);
    CHECK_INT(seq, 2);
    CHECK_INT(store_event_add(s, &event, &a, 1, &seq, NULL), CW_EEXIST);
    CHECK_INT(seq, 1);
    OK(store_commit(s, NULL));
}

BOTH(what_was_rolled_back_is_no_duplicate)
{
    OK(store_begin(s, NULL));
    CHECK(store_in_turn(s));
    for (uint64_t i = 0; i < 1000; i++)
        add_event(s, i);
    store_rollback(s);
    CHECK(!store_in_turn(s));
    store_rollback(s); /* harmless */
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 1000; i++)
        CHECK_INT(add_event(s, i), (int64_t)i + 1);
    OK(store_commit(s, NULL));
}

BOTH(a_run_comes_back_as_it_was)
{
    int64_t id = 0;
    OK(store_begin(s, NULL));
    struct store_run run = run_of(add_event(s, 1), "r", "ann");
    run.reason = CW_TEXT("because");
    OK(store_run_add(s, &run, &id, NULL));
    OK(store_commit(s, NULL));
    struct store_run *got = get_run(s, 1, id);
    CHECK_INT(got->event, 1);
    IS(got->rule, "r");
    IS(got->person, "ann");
    IS(got->key, "k");
    CHECK_INT(got->state, STORE_RUN_WAITING);
    CHECK_INT(got->due_ms, 5000);
    CHECK_INT(got->changed_ms, 1000);
    IS(got->condition, "{\"timer\":\"running\"}");
    IS(got->vars, "{\"v\":2}");
    IS(got->reason, "because");
    size_t n = 7;
    OK(store_runs_of(s, 2, arena(), &got, &n, NULL));
    CHECK_INT(n, 0);
}

BOTH(a_newer_match_replaces_the_waiting_run)
{
    OK(store_begin(s, NULL));
    int64_t e1 = add_event(s, 1), e2 = add_event(s, 2), e3 = add_event(s, 3), e4 = add_event(s, 4);
    int64_t a = add_run(s, e1, "r", "ann", STORE_RUN_WAITING, 5000);
    int64_t other = add_run(s, e1, "r", "bob", STORE_RUN_WAITING, 5000);
    int64_t refused = add_run(s, e2, "r", "ann", STORE_RUN_REFUSED, 0);
    CHECK_INT(get_run(s, e1, a)->state, STORE_RUN_WAITING); /* a refusal replaces nothing */
    int64_t b = add_run(s, e3, "r", "ann", STORE_RUN_WAITING, 6000);
    CHECK_INT(get_run(s, e1, a)->state, STORE_RUN_REPLACED);
    CHECK_INT(get_run(s, e3, b)->state, STORE_RUN_WAITING);
    int64_t c = add_run(s, e4, "r", "ann", STORE_RUN_ACTING, 6000);
    OK(store_commit(s, NULL));
    CHECK_INT(get_run(s, e3, b)->state, STORE_RUN_REPLACED);
    CHECK_INT(get_run(s, e4, c)->state, STORE_RUN_ACTING);
    CHECK_INT(get_run(s, e1, other)->state, STORE_RUN_WAITING);
    CHECK_INT(get_run(s, e2, refused)->state, STORE_RUN_REFUSED);
}

BOTH(an_event_has_a_run_once)
{
    int64_t id = 77;
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t first = add_run(s, event, "r", "ann", STORE_RUN_WAITING, 1);
    struct store_run again = run_of(event, "r", "ann");
    CHECK_INT(store_run_add(s, &again, &id, NULL), CW_EEXIST);
    CHECK_INT(id, 77);
    CHECK_INT(get_run(s, event, first)->state, STORE_RUN_WAITING);
    again.key = CW_TEXT("other");
    OK(store_run_add(s, &again, &id, NULL));
    OK(store_commit(s, NULL));
}

BOTH(events_are_read_backwards)
{
    struct store_event *out = NULL;
    size_t n = 0;
    OK(store_events_back(s, INT64_MAX, 2, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 5; i++)
        add_event(s, i);
    OK(store_commit(s, NULL));
    OK(store_events_back(s, INT64_MAX, 2, arena(), &out, &n, NULL));
    CHECK_INT(n, 2);
    CHECK_INT(out[0].seq, 5);
    CHECK_INT(out[1].seq, 4);
    IS(out[1].used, "{}");
    CHECK_INT(out[1].payload.len, 0);
    OK(store_events_back(s, 4, 9, arena(), &out, &n, NULL));
    CHECK_INT(n, 3);
    CHECK_INT(out[2].seq, 1);
    OK(store_events_back(s, 1, 9, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
}

BOTH(due_runs_come_in_order)
{
    static const int64_t due[] = {300, 100, 200, 100, 400};
    struct store_run *out = NULL;
    int64_t next = 0;
    size_t n = 0;
    OK(store_next_due(s, &next, NULL));
    CHECK_INT(next, INT64_MAX);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    for (int i = 0; i < 5; i++) {
        char rule[8];
        snprintf(rule, sizeof rule, "r%d", i);
        add_run(s, event, rule, "ann", STORE_RUN_WAITING, due[i]);
        OK(store_next_due(s, &next, NULL));
        CHECK_INT(next, i ? 100 : 300);
    }
    OK(store_commit(s, NULL));
    OK(store_runs_due(s, 99, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_runs_due(s, 300, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 4);
    CHECK_INT(out[0].id, 2);
    CHECK_INT(out[1].id, 4);
    CHECK_INT(out[2].id, 3);
    CHECK_INT(out[3].id, 1);
    OK(store_runs_due(s, 300, 1, arena(), &out, &n, NULL));
    CHECK_INT(n, 1);
}

BOTH(what_waits_is_read_in_pages)
{
    static const int64_t due[] = {300, 100, 200, 100, INT64_MAX};
    struct store_run *out = NULL, one;
    struct cw_error err;
    size_t n = 0;
    OK(store_runs_waiting(s, NULL, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    for (int i = 0; i < 5; i++) {
        char rule[8];
        snprintf(rule, sizeof rule, "r%d", i);
        add_run(s, event, rule, "ann", STORE_RUN_WAITING, due[i]);
    }
    add_run(s, event, "acts", "ann", STORE_RUN_ACTING, 150);
    OK(store_commit(s, NULL));
    OK(store_runs_waiting(s, NULL, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 5);
    CHECK_INT(out[4].id, 5);
    OK(store_runs_waiting(s, NULL, 1, arena(), &out, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(out[0].id, 2);
    OK(store_runs_waiting(s, &out[0], 2, arena(), &out, &n, NULL));
    CHECK_INT(n, 2);
    CHECK_INT(out[0].id, 4); /* due at the same time */
    CHECK_INT(out[1].id, 3);
    OK(store_runs_waiting(s, &out[1], 9, arena(), &out, &n, NULL));
    CHECK_INT(n, 2);
    OK(store_runs_waiting(s, &out[1], 9, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_run_get(s, 6, arena(), &one, NULL));
    IS(one.rule, "acts");
    CHECK_INT(store_run_get(s, 7, arena(), &one, &err), CW_ENOENT);
    CHECK_STR(err.text, "there is no run 7");
}

BOTH(one_run_is_cancelled_by_its_id)
{
    struct cw_error err;
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t waits = add_run(s, event, "a", "ann", STORE_RUN_WAITING, 100);
    int64_t other = add_run(s, event, "b", "ann", STORE_RUN_WAITING, 100);
    int64_t acts = add_run(s, event, "c", "ann", STORE_RUN_ACTING, 100);
    int64_t call = add_call(s, acts, event, "ann", 0);
    int64_t begun = add_run(s, event, "d", "ann", STORE_RUN_ACTING, 100);
    set_call(s, add_call(s, begun, event, "ann", 0), STORE_CALL_SENT, 1);
    OK(store_run_cancel_one(s, waits, CW_TEXT("by hand"), 55, NULL));
    OK(store_run_cancel_one(s, acts, CW_TEXT("by hand"), 55, NULL));
    CHECK_INT(store_run_cancel_one(s, waits, CW_TEXT("again"), 66, &err), CW_EBUSY);
    CHECK_STR(err.text, "run 1 has ended already: cancelled");
    CHECK_INT(store_run_cancel_one(s, begun, CW_TEXT("late"), 66, &err), CW_EBUSY);
    CHECK_STR(err.text, "run 4 acts already");
    CHECK_INT(store_run_cancel_one(s, 9, CW_TEXT("none"), 66, &err), CW_ENOENT);
    OK(store_commit(s, NULL));
    CHECK_INT(get_run(s, event, waits)->state, STORE_RUN_CANCELLED);
    CHECK_INT(get_run(s, event, waits)->changed_ms, 55);
    IS(get_run(s, event, waits)->reason, "by hand");
    CHECK_INT(get_run(s, event, other)->state, STORE_RUN_WAITING);
    CHECK_INT(get_run(s, event, acts)->state, STORE_RUN_CANCELLED);
    CHECK_INT(get_call(s, event, call)->state, STORE_CALL_CANCELLED);
    CHECK_INT(get_run(s, event, begun)->state, STORE_RUN_ACTING);
}

BOTH(the_next_due_follows_every_change)
{
    int64_t next = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t a = add_run(s, event, "a", "ann", STORE_RUN_WAITING, 100);
    add_run(s, event, "b", "ann", STORE_RUN_WAITING, 200);
    add_run(s, event, "c", "ann", STORE_RUN_WAITING, 300);
    add_run(s, event, "d", "ann", STORE_RUN_ACTING, 1);
    OK(store_commit(s, NULL));
    OK(store_next_due(s, &next, NULL));
    CHECK_INT(next, 100);
    TURN(s, OK(store_run_move(s, a, STORE_RUN_ACTING, CW_TEXT(""), 5, NULL)));
    OK(store_next_due(s, &next, NULL));
    CHECK_INT(next, 200);
    TURN(s, OK(store_run_cancel(s, CW_TEXT("b"), CW_TEXT("ann"), CW_TEXT("k"), CW_TEXT(""), 5, &n,
                                NULL)));
    OK(store_next_due(s, &next, NULL));
    CHECK_INT(next, 300);
    OK(store_begin(s, NULL));
    add_run(s, add_event(s, 2), "c", "ann", STORE_RUN_WAITING, 50);
    OK(store_next_due(s, &next, NULL));
    CHECK_INT(next, 50);
    store_rollback(s);
    OK(store_next_due(s, &next, NULL));
    CHECK_INT(next, 300);
}

BOTH(a_run_moves_with_its_reason)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t id = add_run(s, event, "r", "ann", STORE_RUN_WAITING, 100);
    OK(store_run_move(s, id, STORE_RUN_REFUSED, CW_TEXT("not running"), 777, NULL));
    CHECK_INT(store_run_move(s, 99, STORE_RUN_DONE, CW_TEXT(""), 1, NULL), CW_ENOENT);
    CHECK_INT(store_run_move(s, 0, STORE_RUN_DONE, CW_TEXT(""), 1, NULL), CW_ENOENT);
    OK(store_commit(s, NULL)); /* "not there" does not spoil the turn */
    struct store_run *run = get_run(s, event, id);
    CHECK_INT(run->state, STORE_RUN_REFUSED);
    CHECK_INT(run->changed_ms, 777);
    IS(run->reason, "not running");
    IS(run->vars, "{\"v\":2}");
}

static size_t cancel(struct store *s, const char *rule, const char *person)
{
    size_t n = 99;
    OK(store_run_cancel(s, cw_text_of(rule), cw_text_of(person), CW_TEXT("k"), CW_TEXT("asked"), 55,
                        &n, NULL));
    return n;
}

BOTH(a_waiting_run_is_cancelled)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t id = add_run(s, event, "r", "ann", STORE_RUN_WAITING, 100);
    CHECK_INT(cancel(s, "r", "bob"), 0);
    CHECK_INT(cancel(s, "q", "ann"), 0);
    CHECK_INT(cancel(s, "r", "ann"), 1);
    CHECK_INT(cancel(s, "r", "ann"), 0);
    OK(store_commit(s, NULL));
    struct store_run *run = get_run(s, event, id);
    CHECK_INT(run->state, STORE_RUN_CANCELLED);
    CHECK_INT(run->changed_ms, 55);
    IS(run->reason, "asked");
}

BOTH(an_acting_run_is_cancelled_until_it_has_begun)
{
    static const struct {
        enum store_call_state state;
        uint32_t tries;
        bool begun;
    } cases[] = {
        {STORE_CALL_READY, 0, false}, {STORE_CALL_READY, 1, true}, {STORE_CALL_SENT, 0, true},
        {STORE_CALL_SENT, 1, true},   {STORE_CALL_DONE, 0, true},  {STORE_CALL_SKIPPED, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OK(store_begin(s, NULL));
        int64_t event = add_event(s, i);
        char person[16];
        snprintf(person, sizeof person, "p%zu", i);
        int64_t run = add_run(s, event, "r", person, STORE_RUN_ACTING, 0);
        int64_t first = add_call(s, run, event, person, 0);
        int64_t second = add_call(s, run, event, person, 1);
        set_call(s, first, cases[i].state, cases[i].tries);
        CHECK_INT(cancel(s, "r", person), !cases[i].begun);
        OK(store_commit(s, NULL));
        CHECK_INT(get_run(s, event, run)->state,
                  cases[i].begun ? STORE_RUN_ACTING : STORE_RUN_CANCELLED);
        CHECK_INT(get_call(s, event, second)->state,
                  cases[i].begun ? STORE_CALL_READY : STORE_CALL_CANCELLED);
        if (!cases[i].begun)
            IS(get_call(s, event, second)->reason, "asked");
    }
}

BOTH(several_runs_are_cancelled_at_once)
{
    OK(store_begin(s, NULL));
    int64_t e1 = add_event(s, 1), e2 = add_event(s, 2), e3 = add_event(s, 3);
    int64_t begun = add_run(s, e1, "r", "ann", STORE_RUN_ACTING, 0);
    int64_t acting = add_run(s, e2, "r", "ann", STORE_RUN_ACTING, 0);
    int64_t waiting = add_run(s, e3, "r", "ann", STORE_RUN_WAITING, 9);
    set_call(s, add_call(s, begun, e1, "ann", 0), STORE_CALL_SENT, 1);
    int64_t call = add_call(s, acting, e2, "ann", 0);
    CHECK_INT(cancel(s, "r", "ann"), 2);
    OK(store_commit(s, NULL));
    CHECK_INT(get_run(s, e1, begun)->state, STORE_RUN_ACTING);
    CHECK_INT(get_run(s, e2, acting)->state, STORE_RUN_CANCELLED);
    CHECK_INT(get_run(s, e3, waiting)->state, STORE_RUN_CANCELLED);
    CHECK_INT(get_call(s, e2, call)->state, STORE_CALL_CANCELLED);
}

BOTH(a_run_settles_when_its_calls_are_finished)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t good = add_run(s, event, "good", "ann", STORE_RUN_ACTING, 0);
    int64_t bad = add_run(s, event, "bad", "ann", STORE_RUN_ACTING, 0);
    int64_t idle = add_run(s, event, "idle", "ann", STORE_RUN_WAITING, 0);
    int64_t g0 = add_call(s, good, event, "ann", 0), g1 = add_call(s, good, event, "ann", 1);
    int64_t b0 = add_call(s, bad, event, "ann", 0), b1 = add_call(s, bad, event, "ann", 1);
    set_call(s, g0, STORE_CALL_DONE, 1);
    OK(store_run_settle(s, good, 9, NULL));
    CHECK_INT(get_run(s, event, good)->state, STORE_RUN_ACTING);
    set_call(s, g1, STORE_CALL_SKIPPED, 0);
    OK(store_run_settle(s, good, 9, NULL));
    CHECK_INT(get_run(s, event, good)->state, STORE_RUN_DONE);
    CHECK_INT(get_run(s, event, good)->changed_ms, 9);
    set_call(s, b0, STORE_CALL_DEAD, 3);
    OK(store_calls_end(s, bad, 0, STORE_CALL_SKIPPED, CW_TEXT("step 0 failed"), 8, NULL));
    IS(get_call(s, event, b1)->reason, "step 0 failed");
    OK(store_run_settle(s, bad, 9, NULL));
    CHECK_INT(get_run(s, event, bad)->state, STORE_RUN_FAILED);
    OK(store_run_settle(s, idle, 9, NULL)); /* not acting: stays */
    CHECK_INT(get_run(s, event, idle)->state, STORE_RUN_WAITING);
    OK(store_run_settle(s, good, 10, NULL)); /* settled: stays */
    CHECK_INT(get_run(s, event, good)->changed_ms, 9);
    CHECK_INT(store_run_settle(s, 99, 9, NULL), CW_ENOENT);
    OK(store_commit(s, NULL));
}

BOTH(a_call_comes_back_as_it_was)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 0);
    int64_t id = add_call(s, run, event, "ann", 3);
    OK(store_commit(s, NULL));
    struct store_call *call = get_call(s, event, id);
    CHECK_INT(call->run, run);
    CHECK_INT(call->event, event);
    IS(call->rule, "r");
    IS(call->person, "ann");
    CHECK_INT(call->step, 3);
    IS(call->action, "start");
    IS(call->args, "{\"task\":\"T-1\"}");
    IS(call->condition, "c");
    CHECK_INT(call->state, STORE_CALL_READY);
    CHECK_INT(call->due_ms, 10);
    CHECK_INT(call->created_ms, 11);
    CHECK_INT(call->expires_ms, 13);
    CHECK_INT(call->changed_ms, 12);
    CHECK_INT(call->tries, 0);
    CHECK_INT(call->progress.len, 0);
    struct store_call save = {.id = id,
                              .state = STORE_CALL_SENT,
                              .due_ms = 20,
                              .changed_ms = 21,
                              .tries = 2,
                              .progress = CW_TEXT("{\"at\":1}"),
                              .reason = CW_TEXT("503")};
    TURN(s, OK(store_call_save(s, &save, NULL)));
    call = get_call(s, event, id);
    CHECK_INT(call->state, STORE_CALL_SENT);
    CHECK_INT(call->due_ms, 20);
    CHECK_INT(call->changed_ms, 21);
    CHECK_INT(call->created_ms, 11);
    CHECK_INT(call->expires_ms, 13);
    CHECK_INT(call->tries, 2);
    IS(call->progress, "{\"at\":1}");
    IS(call->reason, "503");
    IS(call->args, "{\"task\":\"T-1\"}");
    IS(call->person, "ann");
}

BOTH(a_call_needs_its_run_and_a_step_of_its_own)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1), id = 5;
    int64_t run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 0);
    add_call(s, run, event, "ann", 0);
    struct store_call again = call_of(run, event, "ann", 0);
    CHECK_INT(store_call_add(s, &again, &id, NULL), CW_EEXIST);
    again.run = 99;
    CHECK_INT(store_call_add(s, &again, &id, NULL), CW_ENOENT);
    CHECK_INT(id, 5);
    again.id = 99;
    CHECK_INT(store_call_save(s, &again, NULL), CW_ENOENT);
    OK(store_commit(s, NULL));
    struct store_counts counts = {0};
    OK(store_counts(s, &counts, NULL));
    CHECK_INT(counts.calls_open, 1);
}

BOTH(a_lane_is_in_order)
{
    struct store_call head = {0};
    struct cw_text *lanes = NULL;
    size_t n = 9;
    CHECK_INT(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL), CW_ENOENT);
    OK(store_lanes(s, arena(), &lanes, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t a = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t b = add_run(s, event, "b", "bob", STORE_RUN_ACTING, 0);
    int64_t c1 = add_call(s, a, event, "ann", 0), c2 = add_call(s, b, event, "bob", 0);
    int64_t c3 = add_call(s, a, event, "ann", 1), c4 = add_call(s, a, event, "ann", 2);
    OK(store_commit(s, NULL));
    OK(store_lanes(s, arena(), &lanes, &n, NULL));
    CHECK_INT(n, 2);
    IS(lanes[0], "ann");
    IS(lanes[1], "bob");
    OK(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL));
    CHECK_INT(head.id, c1);
    TURN(s, set_call(s, c1, STORE_CALL_SENT, 1)); /* still the head: nothing overtakes it */
    OK(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL));
    CHECK_INT(head.id, c1);
    CHECK_INT(head.state, STORE_CALL_SENT);
    TURN(s, set_call(s, c1, STORE_CALL_DONE, 1); set_call(s, c3, STORE_CALL_CANCELLED, 0));
    OK(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL));
    CHECK_INT(head.id, c4);
    TURN(s, set_call(s, c4, STORE_CALL_DEAD, 0));
    CHECK_INT(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL), CW_ENOENT);
    OK(store_lanes(s, arena(), &lanes, &n, NULL));
    CHECK_INT(n, 1);
    IS(lanes[0], "bob");
    OK(store_lane_head(s, CW_TEXT("bob"), arena(), &head, NULL));
    CHECK_INT(head.id, c2);
}

/* "1 3 4": the open calls of a person behind one. */
static const char *open_calls(struct store *s, const char *person, int64_t after, size_t limit)
{
    static char text[128];
    struct store_call *list = NULL;
    size_t n = 0, at = 0;
    OK(store_lane_calls(s, cw_text_of(person), after, limit, arena(), &list, &n, NULL));
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%lld", i ? " " : "",
                               (long long)list[i].id);
    return text;
}

BOTH(a_lane_is_read_piece_by_piece)
{
    CHECK_STR(open_calls(s, "ann", 0, 9), "");
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t a = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t b = add_run(s, event, "b", "bob", STORE_RUN_ACTING, 0);
    for (uint32_t i = 0; i < 5; i++)
        add_call(s, i == 1 ? b : a, event, i == 1 ? "bob" : "ann", i);
    OK(store_commit(s, NULL));
    TURN(s, set_call(s, 1, STORE_CALL_SENT, 1); set_call(s, 4, STORE_CALL_CANCELLED, 0));
    CHECK_STR(open_calls(s, "ann", 0, 9), "1 3 5");
    CHECK_STR(open_calls(s, "ann", 0, 2), "1 3");
    CHECK_STR(open_calls(s, "ann", 1, 9), "3 5");
    CHECK_STR(open_calls(s, "ann", 4, 1), "5");
    CHECK_STR(open_calls(s, "ann", 5, 9), "");
    CHECK_STR(open_calls(s, "bob", 0, 9), "2");
}

static int64_t add_passing(struct store *s, int64_t run, int64_t event, uint32_t step)
{
    struct store_call call = call_of(run, event, "ann", step);
    int64_t id = 0;
    call.passes = 1;
    OK(store_call_add(s, &call, &id, NULL));
    return id;
}

static int64_t passing(struct store *s, const char *person)
{
    struct store_call call = {0};
    enum cw_status st = store_lane_passing(s, cw_text_of(person), arena(), &call, NULL);
    CHECK(st == CW_OK ? call.passes == 1 : st == CW_ENOENT);
    return st ? 0 : call.id;
}

BOTH(what_passes_is_found_behind_what_does_not)
{
    CHECK_INT(passing(s, "ann"), 0);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t a = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t b = add_run(s, event, "b", "ann", STORE_RUN_ACTING, 0);
    int64_t a0 = add_call(s, a, event, "ann", 0), a1 = add_passing(s, a, event, 1);
    OK(store_commit(s, NULL));
    CHECK_INT(passing(s, "ann"), 0); /* its own step before it is open */
    int64_t b0 = 0, b1 = 0;
    TURN(s, b0 = add_passing(s, b, event, 0); b1 = add_passing(s, b, event, 1));
    CHECK_INT(passing(s, "ann"), b0);
    CHECK_INT(passing(s, "bob"), 0);
    TURN(s, set_call(s, b0, STORE_CALL_DONE, 0));
    CHECK_INT(passing(s, "ann"), b1);
    TURN(s, set_call(s, a0, STORE_CALL_SKIPPED, 0));
    CHECK_INT(passing(s, "ann"), a1); /* the oldest one */
    TURN(s, set_call(s, a1, STORE_CALL_DONE, 0); set_call(s, b1, STORE_CALL_DONE, 0));
    CHECK_INT(passing(s, "ann"), 0);
}

BOTH(calls_end_above_a_step)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t run = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t other = add_run(s, event, "b", "ann", STORE_RUN_ACTING, 0);
    int64_t c[4];
    for (uint32_t i = 0; i < 4; i++)
        c[i] = add_call(s, run, event, "ann", i);
    int64_t untouched = add_call(s, other, event, "ann", 3);
    set_call(s, c[3], STORE_CALL_DONE, 1);
    OK(store_calls_end(s, run, 1, STORE_CALL_CANCELLED, CW_TEXT("x"), 5, NULL));
    OK(store_calls_end(s, 99, 0, STORE_CALL_CANCELLED, CW_TEXT("x"), 5, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(get_call(s, event, c[0])->state, STORE_CALL_READY);
    CHECK_INT(get_call(s, event, c[1])->state, STORE_CALL_READY);
    CHECK_INT(get_call(s, event, c[2])->state, STORE_CALL_CANCELLED);
    CHECK_INT(get_call(s, event, c[2])->changed_ms, 5);
    CHECK_INT(get_call(s, event, c[3])->state, STORE_CALL_DONE);
    CHECK_INT(get_call(s, event, untouched)->state, STORE_CALL_READY);
}

BOTH(attempts_keep_request_and_answer)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1), id = 0;
    int64_t run = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t call = add_call(s, run, event, "ann", 0);
    struct store_attempt attempt = {
        .call = call, .request = CW_TEXT("POST /x"), .body = CW_TEXT("{}"), .begun_ms = 50};
    OK(store_attempt_begin(s, &attempt, &id, NULL));
    OK(store_commit(s, NULL));
    struct store_attempt *got = NULL;
    size_t n = 0;
    OK(store_attempts_of(s, call, arena(), &got, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(got[0].ended_ms, 0);
    CHECK_INT(got[0].begun_ms, 50);
    struct store_attempt answer = {.id = id,
                                   .ended_ms = 60,
                                   .status = 429,
                                   .answer = CW_TEXT("slow down"),
                                   .verdict = CW_TEXT("retry")};
    OK(store_begin(s, NULL));
    OK(store_attempt_end(s, &answer, NULL));
    answer.id = 99;
    CHECK_INT(store_attempt_end(s, &answer, NULL), CW_ENOENT);
    attempt.call = 99;
    CHECK_INT(store_attempt_begin(s, &attempt, &id, NULL), CW_ENOENT);
    attempt.call = call;
    OK(store_attempt_begin(s, &attempt, &id, NULL));
    OK(store_commit(s, NULL));
    OK(store_attempts_of(s, call, arena(), &got, &n, NULL));
    CHECK_INT(n, 2);
    IS(got[0].request, "POST /x");
    IS(got[0].body, "{}");
    CHECK_INT(got[0].begun_ms, 50);
    CHECK_INT(got[0].ended_ms, 60);
    CHECK_INT(got[0].status, 429);
    IS(got[0].answer, "slow down");
    IS(got[0].verdict, "retry");
    CHECK_INT(got[1].status, 0);
    OK(store_attempts_of(s, 99, arena(), &got, &n, NULL));
    CHECK_INT(n, 0);
}

BOTH(the_last_thousand_attempts_are_read)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1), id = 0, last = 0;
    int64_t run = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t call = add_call(s, run, event, "ann", 0), other = add_call(s, run, event, "ann", 1);
    for (int i = 0; i < 1003; i++) {
        struct store_attempt attempt = {.call = call, .request = CW_TEXT("GET /"), .begun_ms = i};
        OK(store_attempt_begin(s, &attempt, &last, NULL));
        attempt.call = other;
        if (i % 2)
            OK(store_attempt_begin(s, &attempt, &id, NULL));
    }
    OK(store_commit(s, NULL));
    struct store_attempt *got = NULL;
    size_t n = 0;
    OK(store_attempts_of(s, call, arena(), &got, &n, NULL));
    CHECK_INT(n, 1000);
    CHECK_INT(got[0].begun_ms, 3);
    CHECK_INT(got[999].begun_ms, 1002);
    CHECK_INT(got[999].id, last);
    OK(store_attempts_of(s, other, arena(), &got, &n, NULL));
    CHECK_INT(n, 501);
}

BOTH(a_timer_is_known_after_it_was_put)
{
    struct store_timer timer = {.person = CW_TEXT("ann"),
                                .entry = CW_TEXT("e-1"),
                                .started_by = CW_TEXT("r"),
                                .changed_ms = 5};
    struct store_timer got = {0};
    CHECK_INT(store_timer_get(s, CW_TEXT("ann"), arena(), &got, NULL), CW_ENOENT);
    TURN(s, OK(store_timer_put(s, &timer, NULL)));
    OK(store_timer_get(s, CW_TEXT("ann"), arena(), &got, NULL));
    IS(got.person, "ann");
    IS(got.entry, "e-1");
    IS(got.started_by, "r");
    IS(got.paused_by, "");
    CHECK_INT(got.changed_ms, 5);
    timer.paused_by = CW_TEXT("q");
    timer.memo = CW_TEXT("{\"task\":1}");
    TURN(s, OK(store_timer_put(s, &timer, NULL)));
    OK(store_timer_get(s, CW_TEXT("ann"), arena(), &got, NULL));
    IS(got.paused_by, "q");
    IS(got.memo, "{\"task\":1}");
    timer.state = STORE_TIMER_PAUSED;
    timer.since_ms = 6;
    timer.seen_ms = 7;
    timer.told_ms = 8;
    timer.version = 639156112000000001;
    timer.start = CW_TEXT("2026-03-02T08:00:00.1");
    timer.work = CW_TEXT("KEY");
    timer.call = 9;
    TURN(s, OK(store_timer_put(s, &timer, NULL)));
    OK(store_timer_get(s, CW_TEXT("ann"), arena(), &got, NULL));
    CHECK_INT(got.state, STORE_TIMER_PAUSED);
    CHECK_INT(got.since_ms, 6);
    CHECK_INT(got.seen_ms, 7);
    CHECK_INT(got.told_ms, 8);
    CHECK(got.version == 639156112000000001);
    IS(got.start, "2026-03-02T08:00:00.1");
    IS(got.work, "KEY");
    CHECK_INT(got.call, 9);
    CHECK_INT(store_timer_get(s, CW_TEXT("an"), arena(), &got, NULL), CW_ENOENT);
}

BOTH(runs_that_yield_are_found_by_their_person)
{
    static const enum store_run_state states[] = {STORE_RUN_WAITING, STORE_RUN_ACTING,
                                                  STORE_RUN_DONE};
    struct store_run *runs = NULL;
    size_t n = 0;
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    for (size_t i = 0; i < 12; i++) {
        char rule[8];
        snprintf(rule, sizeof rule, "r%zu", i);
        struct store_run run = run_of(event, rule, i < 9 ? "ann" : "bob");
        run.state = states[i / 3 % 3];
        run.yields = (enum store_yields)(i % 3);
        OK(store_run_add(s, &run, &run.id, NULL));
    }
    OK(store_commit(s, NULL));
    OK(store_runs_yielding(s, CW_TEXT("ann"), arena(), &runs, &n, NULL));
    CHECK_INT(n, 2);
    IS(runs[0].rule, "r2");
    CHECK_INT(runs[0].yields, STORE_YIELDS);
    IS(runs[1].rule, "r5");
    TURN(s, OK(store_run_cancel_one(s, runs[0].id, CW_TEXT("x"), 9, NULL)));
    OK(store_runs_yielding(s, CW_TEXT("ann"), arena(), &runs, &n, NULL));
    CHECK_INT(n, 1);
    IS(runs[0].rule, "r5");
    OK(store_runs_yielding(s, CW_TEXT("bob"), arena(), &runs, &n, NULL));
    CHECK_INT(n, 1);
    OK(store_runs_yielding(s, CW_TEXT("an"), arena(), &runs, &n, NULL));
    CHECK_INT(n, 0);
}

BOTH(a_setting_is_kept)
{
    struct cw_text got = {0};
    CHECK_INT(store_setting_get(s, "x", arena(), &got, NULL), CW_ENOENT);
    TURN(s, OK(store_setting_put(s, "x", CW_TEXT("1"), NULL)));
    TURN(s, OK(store_setting_put(s, "x", CW_TEXT("2"), NULL)));
    OK(store_setting_get(s, "x", arena(), &got, NULL));
    IS(got, "2");
    CHECK_INT(store_setting_get(s, "y", arena(), &got, NULL), CW_ENOENT);
}

BOTH(counts_follow)
{
    struct store_counts counts = {9, 9, 9, 9};
    OK(store_counts(s, &counts, NULL));
    CHECK_INT(counts.events + counts.runs_waiting + counts.calls_open + counts.calls_dead, 0);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    add_event(s, 2);
    add_run(s, event, "w", "ann", STORE_RUN_WAITING, 5);
    int64_t run = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 5);
    for (uint32_t i = 0; i < 5; i++)
        add_call(s, run, event, "ann", i);
    set_call(s, 1, STORE_CALL_DONE, 1);
    set_call(s, 2, STORE_CALL_DEAD, 1);
    set_call(s, 3, STORE_CALL_SENT, 1);
    OK(store_commit(s, NULL));
    OK(store_counts(s, &counts, NULL));
    CHECK_INT(counts.events, 2);
    CHECK_INT(counts.runs_waiting, 1);
    CHECK_INT(counts.calls_open, 3);
    CHECK_INT(counts.calls_dead, 1);
}

/* Everything that a turn can write, so that a rollback has to undo all of it. */
static void write_everything(struct store *s, int64_t run, int64_t call)
{
    struct store_attempt attempt = {.call = call, .request = CW_TEXT("GET /y"), .begun_ms = 1};
    struct store_attempt end = {.id = 1, .ended_ms = 2, .status = 200, .verdict = CW_TEXT("done")};
    struct store_timer timer = {.person = CW_TEXT("ann"), .entry = CW_TEXT("new")};
    struct store_timer fresh = {.person = CW_TEXT("new"), .entry = CW_TEXT("new")};
    int64_t id = 0, event = add_event(s, 50);
    add_run(s, event, "w", "ann", STORE_RUN_WAITING, 1); /* replaces */
    int64_t acting = add_run(s, event, "n", "ann", STORE_RUN_ACTING, 0);
    add_call(s, acting, event, "zoe", 0);
    add_call(s, run, 1, "ann", 7);
    set_call(s, call, STORE_CALL_SENT, 4);
    set_call(s, call, STORE_CALL_DONE, 5);
    OK(store_calls_end(s, run, 0, STORE_CALL_SKIPPED, CW_TEXT("x"), 3, NULL));
    OK(store_run_settle(s, run, 3, NULL));
    OK(store_attempt_begin(s, &attempt, &id, NULL));
    OK(store_attempt_end(s, &end, NULL));
    OK(store_timer_put(s, &timer, NULL));
    OK(store_timer_put(s, &fresh, NULL));
    OK(store_setting_put(s, "x", CW_TEXT("new"), NULL));
    OK(store_setting_put(s, "new", CW_TEXT("new"), NULL));
}

BOTH(a_rollback_undoes_everything)
{
    struct store_attempt attempt = {.call = 1, .request = CW_TEXT("GET /x"), .begun_ms = 1}, *as;
    struct store_timer timer = {.person = CW_TEXT("ann"), .entry = CW_TEXT("old")}, got_timer;
    struct store_counts counts = {0};
    struct cw_text got = {0}, *lanes = NULL;
    int64_t id = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t waiting = add_run(s, event, "w", "ann", STORE_RUN_WAITING, 500);
    int64_t run = add_run(s, event, "a", "ann", STORE_RUN_ACTING, 5);
    int64_t call = add_call(s, run, event, "ann", 0);
    add_call(s, run, event, "ann", 1);
    OK(store_attempt_begin(s, &attempt, &id, NULL));
    OK(store_timer_put(s, &timer, NULL));
    OK(store_setting_put(s, "x", CW_TEXT("old"), NULL));
    OK(store_commit(s, NULL));
    for (int i = 0; i < 3; i++) {
        OK(store_begin(s, NULL));
        write_everything(s, run, call);
        store_rollback(s);
        OK(store_counts(s, &counts, NULL));
        CHECK_INT(counts.events, 1);
        CHECK_INT(counts.runs_waiting, 1);
        CHECK_INT(counts.calls_open, 2);
        CHECK_INT(get_run(s, event, waiting)->state, STORE_RUN_WAITING);
        CHECK_INT(get_run(s, event, run)->state, STORE_RUN_ACTING);
        CHECK_INT(get_call(s, event, call)->state, STORE_CALL_READY);
        CHECK_INT(get_call(s, event, call)->tries, 0);
        OK(store_lanes(s, arena(), &lanes, &n, NULL));
        CHECK_INT(n, 1);
        OK(store_attempts_of(s, call, arena(), &as, &n, NULL));
        CHECK_INT(n, 1);
        CHECK_INT(as[0].ended_ms, 0);
        OK(store_timer_get(s, CW_TEXT("ann"), arena(), &got_timer, NULL));
        IS(got_timer.entry, "old");
        CHECK_INT(store_timer_get(s, CW_TEXT("new"), arena(), &got_timer, NULL), CW_ENOENT);
        OK(store_setting_get(s, "x", arena(), &got, NULL));
        IS(got, "old");
        CHECK_INT(store_setting_get(s, "new", arena(), &got, NULL), CW_ENOENT);
    }
    TURN(s, write_everything(s, run, call));
    CHECK_INT(get_run(s, event, run)->state, STORE_RUN_DONE);
    CHECK_INT(get_run(s, event, waiting)->state, STORE_RUN_REPLACED);
}

BOTH(an_arena_that_is_too_small_is_said)
{
    struct cw_arena *small = cw_arena_create(64);
    struct store_event *out = NULL;
    size_t n = 77;
    TURN(s, add_event(s, 1));
    CHECK_INT(store_events(s, 0, 9, small, &out, &n, NULL), CW_NOMEM);
    CHECK(!out);
    CHECK_INT(n, 77);
    cw_arena_destroy(small);
}

BOTH(tidy_is_harmless)
{
    TURN(s, add_event(s, 1));
    OK(store_tidy(s, STORE_BUSY, NULL));
    OK(store_tidy(s, STORE_IDLE, NULL));
    OK(store_tidy(s, STORE_IDLE, NULL));
    TURN(s, CHECK_INT(add_event(s, 2), 2));
}

/* ---- Our own broken promises end the process ---- */

static void write_outside(struct store *s)
{
    if (store_setting_put(s, "x", CW_TEXT("1"), NULL) != CW_OK)
        _exit(1);
}

static void begin_twice(struct store *s)
{
    if (store_begin(s, NULL) != CW_OK || store_begin(s, NULL) != CW_OK)
        _exit(1);
}

static void move_a_finished_run(struct store *s)
{
    OK(store_begin(s, NULL));
    int64_t id = add_run(s, add_event(s, 1), "r", "ann", STORE_RUN_DONE, 0);
    OK(store_run_move(s, id, STORE_RUN_ACTING, CW_TEXT(""), 0, NULL));
}

static void revive_a_call(struct store *s)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 0);
    int64_t call = add_call(s, run, event, "ann", 0);
    set_call(s, call, STORE_CALL_DONE, 1);
    set_call(s, call, STORE_CALL_READY, 1);
}

static bool aborts(void (*run)(struct store *s), const char *where)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        run(fixture_open(where));
        _exit(0);
    }
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

TEST(broken_promises_abort)
{
    static void (*const cases[])(struct store *) = {write_outside, begin_twice, move_a_finished_run,
                                                    revive_a_call};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(aborts(cases[i], "memory:"));
        CHECK(aborts(cases[i], fixture_where("aborts")));
    }
    fixture_end();
}

TEST(a_memory_journal_has_a_ceiling)
{
    struct store *s = NULL;
    struct store_event event = {.payload = CW_TEXT("0123456789")};
    int64_t seq = 0;
    OK(store_open("memory:", &(struct store_opts){.max_bytes = 1000}, &s, NULL));
    enum cw_status status = CW_OK;
    for (int i = 0; i < 100 && status == CW_OK; i++) {
        OK(store_begin(s, NULL));
        status = store_event_add(s, &event, NULL, 0, &seq, NULL);
        if (status == CW_OK)
            OK(store_commit(s, NULL));
        else
            CHECK_INT(store_commit(s, NULL), CW_ELIMIT);
    }
    CHECK_INT(status, CW_ELIMIT);
    TURN(s, OK(store_setting_put(s, "x", CW_TEXT("1"), NULL)));
    store_close(s);
}

CHECK_MAIN
