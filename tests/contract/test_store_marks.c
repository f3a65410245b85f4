/* Marks, and the runs of a key: one suite over both stores. */
#include "check.h"
#include "lapse.h"
#include "store_both.h"

static struct store_mark mark_of(const char *kind, const char *person, const char *value,
                                 int64_t until_ms)
{
    return (struct store_mark){cw_text_of(kind), CW_TEXT("r"),      cw_text_of(person),
                               CW_TEXT("k\xff"), cw_text_of(value), until_ms};
}

static void put(struct store *s, const char *kind, const char *person, const char *value,
                int64_t until_ms)
{
    struct store_mark mark = mark_of(kind, person, value, until_ms);
    OK(store_mark_put(s, &mark, NULL));
}

static void drop(struct store *s, const char *kind, const char *person)
{
    struct store_mark mark = mark_of(kind, person, "", 0);
    OK(store_mark_drop(s, &mark, NULL));
}

/* "value until", or "-". */
static const char *get(struct store *s, const char *kind, const char *person)
{
    static char text[64];
    struct store_mark which = mark_of(kind, person, "", 0), out;
    enum cw_status status = store_mark_get(s, &which, arena(), &out, NULL);
    CHECK(status == CW_OK || status == CW_ENOENT);
    if (status)
        return "-";
    IS(out.kind, kind);
    IS(out.rule, "r");
    IS(out.person, person);
    IS(out.key, "k\xff");
    snprintf(text, sizeof text, "%s %lld", out.value.at, (long long)out.until_ms);
    return text;
}

BOTH(a_mark_is_kept_replaced_and_dropped)
{
    CHECK_STR(get(s, "throttle", "ada"), "-");
    OK(store_begin(s, NULL));
    put(s, "throttle", "ada", "1", 50);
    put(s, "throttle", "", "2", INT64_MAX);
    put(s, "count", "ada", "3", 60);
    CHECK_STR(get(s, "throttle", "ada"), "1 50"); /* in its own turn */
    OK(store_commit(s, NULL));
    s = again(s, where);
    CHECK_STR(get(s, "throttle", "ada"), "1 50");
    CHECK_STR(get(s, "throttle", ""), "2 9223372036854775807");
    CHECK_STR(get(s, "count", "ada"), "3 60");
    CHECK_STR(get(s, "count", "grace"), "-");
    OK(store_begin(s, NULL));
    put(s, "throttle", "ada", "4", 70);
    drop(s, "count", "ada");
    drop(s, "count", "nobody");
    OK(store_commit(s, NULL));
    s = again(s, where);
    CHECK_STR(get(s, "throttle", "ada"), "4 70");
    CHECK_STR(get(s, "count", "ada"), "-");
    store_close(s);
}

BOTH(a_mark_of_a_turn_that_failed_is_not_there)
{
    OK(store_begin(s, NULL));
    put(s, "throttle", "ada", "1", 50);
    put(s, "throttle", "grace", "2", 50);
    OK(store_commit(s, NULL));
    OK(store_begin(s, NULL));
    put(s, "throttle", "ada", "9", 90);
    put(s, "throttle", "eve", "9", 90);
    drop(s, "throttle", "grace");
    store_rollback(s);
    CHECK_STR(get(s, "throttle", "ada"), "1 50");
    CHECK_STR(get(s, "throttle", "eve"), "-");
    CHECK_STR(get(s, "throttle", "grace"), "2 50");
    (void)where;
    store_close(s);
}

BOTH(marks_are_read_in_pages)
{
    struct store_mark *out = NULL;
    size_t n = 0;
    OK(store_marks(s, NULL, 10, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    put(s, "throttle", "b", "", 1);
    put(s, "absent", "c", "", 9);
    put(s, "throttle", "", "", 5);
    put(s, "absent", "a", "x", INT64_MAX);
    put(s, "absent", "b", "", 0);
    drop(s, "absent", "b");
    OK(store_commit(s, NULL));
    s = again(s, where);
    OK(store_marks(s, NULL, 3, arena(), &out, &n, NULL));
    CHECK_INT(n, 3);
    IS(out[0].person, "a");
    IS(out[0].value, "x");
    IS(out[1].person, "c");
    IS(out[2].kind, "throttle");
    CHECK_INT(out[2].until_ms, 5);
    OK(store_marks(s, &out[1], 9, arena(), &out, &n, NULL));
    CHECK_INT(n, 2);
    IS(out[0].person, "");
    OK(store_marks(s, &out[1], 9, arena(), &out, &n, NULL));
    CHECK_INT(n, 0);
    store_close(s);
}

BOTH(what_counts_a_duration_is_shifted)
{
    int64_t due = 0;
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t waits = add_run(s, event, "a", "ann", STORE_RUN_WAITING, 5000);
    struct store_run dated = run_of(event, "b", "ann");
    dated.dated = 1;
    OK(store_run_add(s, &dated, &dated.id, NULL));
    int64_t acts = add_run(s, event, "c", "ann", STORE_RUN_ACTING, 5000);
    int64_t open = add_call(s, acts, event, "ann", 0), ended = add_call(s, acts, event, "ann", 1);
    struct store_call done = {.id = ended, .state = STORE_CALL_DONE, .due_ms = 7, .changed_ms = 8};
    OK(store_call_save(s, &done, NULL));
    put(s, "throttle", "ada", "v", 9000);
    put(s, "state", "ada", "v", INT64_MAX);
    OK(store_next_due(s, &due, NULL));
    OK(store_shift(s, 10, NULL));
    OK(store_next_due(s, &due, NULL));
    CHECK_INT(due, 4990);
    OK(store_commit(s, NULL));
    s = again(s, where);
    CHECK_INT(get_run(s, event, waits)->due_ms, 4990);
    CHECK_INT(get_run(s, event, dated.id)->due_ms, 5000);
    CHECK_INT(get_run(s, event, acts)->due_ms, 5000);
    CHECK_INT(get_call(s, event, open)->due_ms, 0);
    CHECK_INT(get_call(s, event, open)->created_ms, 1);
    CHECK_INT(get_call(s, event, open)->changed_ms, 2);
    CHECK_INT(get_call(s, event, open)->expires_ms, 3);
    CHECK_INT(get_call(s, event, ended)->due_ms, 7);
    CHECK_STR(get(s, "throttle", "ada"), "v 8990");
    CHECK_STR(get(s, "state", "ada"), "v 9223372036854775807");
    store_close(s);
}

BOTH(a_clock_that_went_back)
{
    int64_t back = 77;
    OK(lapse_settle(s, 1000, &back, NULL));
    CHECK_INT(back, 0);
    OK(store_begin(s, NULL));
    put(s, "throttle", "ada", "v", 9000);
    OK(store_commit(s, NULL));
    OK(lapse_keep(s, 5000, NULL));
    s = again(s, where);
    OK(lapse_settle(s, 6000, &back, NULL)); /* it was away for a while */
    CHECK_INT(back, 0);
    CHECK_STR(get(s, "throttle", "ada"), "v 9000");
    OK(lapse_settle(s, 2500, &back, NULL));
    CHECK_INT(back, 3500);
    CHECK_STR(get(s, "throttle", "ada"), "v 5500"); /* 3000 to go, as at 6000 */
    s = again(s, where);
    OK(lapse_settle(s, 2500, &back, NULL)); /* once is enough */
    CHECK_INT(back, 0);
    CHECK_STR(get(s, "throttle", "ada"), "v 5500");
    store_close(s);
}

static int64_t next(struct store *s, const char *kind)
{
    int64_t ms = 0;
    OK(store_next_mark(s, cw_text_of(kind), &ms, NULL));
    return ms;
}

BOTH(marks_come_due_in_order)
{
    struct store_mark *due = NULL;
    size_t n = 0;
    CHECK_INT(next(s, "clock"), INT64_MAX);
    OK(store_begin(s, NULL));
    put(s, "clock", "c", "", 30);
    put(s, "clock", "b", "", 20);
    put(s, "clock", "a", "", 30);
    put(s, "throttle", "a", "", 1);
    OK(store_commit(s, NULL));
    s = again(s, where);
    CHECK_INT(next(s, "clock"), 20);
    OK(store_marks_due(s, CW_TEXT("clock"), 19, 10, arena(), &due, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_marks_due(s, CW_TEXT("clock"), 30, 10, arena(), &due, &n, NULL));
    if (CHECK_INT(n, 3)) {
        IS(due[0].person, "b");
        IS(due[1].person, "a");
        IS(due[2].person, "c");
    }
    OK(store_marks_due(s, CW_TEXT("clock"), 30, 2, arena(), &due, &n, NULL));
    CHECK_INT(n, 2);
    OK(store_begin(s, NULL));
    drop(s, "clock", "b");
    put(s, "clock", "d", "", 25); /* memory: where b was */
    OK(store_commit(s, NULL));
    CHECK_INT(next(s, "clock"), 25);
    CHECK_INT(next(s, "throttle"), 1);
    store_close(s);
}

/* ---- Runs of a key ---- */

static int64_t add_beside(struct store *s, int64_t event, const char *person)
{
    struct store_run run = run_of(event, "r", person);
    int64_t id = 0;
    OK(store_run_add_beside(s, &run, &id, NULL));
    return id;
}

BOTH(runs_wait_side_by_side_until_one_replaces_them)
{
    int64_t id = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    int64_t a = add_beside(s, add_event(s, 1), "ada"), b = add_beside(s, add_event(s, 2), "ada");
    int64_t other = add_beside(s, add_event(s, 3), "grace");
    CHECK_INT(get_run(s, 1, a)->state, STORE_RUN_WAITING);
    CHECK_INT(get_run(s, 2, b)->state, STORE_RUN_WAITING);
    struct store_run twice = run_of(1, "r", "ada");
    CHECK_INT(store_run_add_beside(s, &twice, &id, NULL), CW_EEXIST);
    int64_t c = add_run(s, add_event(s, 4), "r", "ada", STORE_RUN_WAITING, 5000);
    OK(store_commit(s, NULL));
    CHECK_INT(get_run(s, 1, a)->state, STORE_RUN_REPLACED);
    CHECK_INT(get_run(s, 2, b)->state, STORE_RUN_REPLACED);
    CHECK_INT(get_run(s, 4, c)->state, STORE_RUN_WAITING);
    CHECK_INT(get_run(s, 3, other)->state, STORE_RUN_WAITING);
    OK(store_begin(s, NULL));
    int64_t d = add_beside(s, add_event(s, 5), "ada");
    OK(store_run_cancel(s, CW_TEXT("r"), CW_TEXT("ada"), CW_TEXT("k"), CW_TEXT("x"), 9, &n, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(n, 2); /* c and d */
    CHECK_INT(get_run(s, 5, d)->state, STORE_RUN_CANCELLED);
    (void)where;
    store_close(s);
}

BOTH(a_pending_run_waits_or_acts)
{
    const struct cw_text r = CW_TEXT("r"), ada = CW_TEXT("ada"), k = CW_TEXT("k");
    int64_t id = 0;
    CHECK_INT(store_run_pending(s, r, ada, k, &id, NULL), CW_ENOENT);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1);
    int64_t run = add_run(s, event, "r", "ada", STORE_RUN_WAITING, 5000);
    OK(store_run_pending(s, r, ada, k, &id, NULL));
    CHECK_INT(id, run);
    CHECK_INT(store_run_pending(s, r, ada, CW_TEXT("other"), &id, NULL), CW_ENOENT);
    OK(store_run_move(s, run, STORE_RUN_ACTING, CW_TEXT(""), 1, NULL));
    OK(store_commit(s, NULL));
    s = again(s, where);
    OK(store_run_pending(s, r, ada, k, &id, NULL));
    OK(store_begin(s, NULL));
    OK(store_run_move(s, run, STORE_RUN_DONE, CW_TEXT(""), 1, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(store_run_pending(s, r, ada, k, &id, NULL), CW_ENOENT);
    store_close(s);
}

BOTH(the_people_of_a_key_are_those_with_open_runs)
{
    struct cw_text *people = NULL;
    size_t n = 9;
    OK(store_run_people(s, CW_TEXT("r"), CW_TEXT("k"), arena(), &people, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    add_run(s, add_event(s, 1), "r", "grace", STORE_RUN_ACTING, 5000);
    add_run(s, add_event(s, 2), "r", "ada", STORE_RUN_WAITING, 5000);
    add_beside(s, add_event(s, 3), "ada");
    add_run(s, add_event(s, 4), "r", "done", STORE_RUN_DONE, 5000);
    add_run(s, add_event(s, 5), "other", "eve", STORE_RUN_WAITING, 5000);
    OK(store_commit(s, NULL));
    s = again(s, where);
    OK(store_run_people(s, CW_TEXT("r"), CW_TEXT("k"), arena(), &people, &n, NULL));
    if (CHECK_INT(n, 2)) {
        IS(people[0], "ada");
        IS(people[1], "grace");
    }
    OK(store_run_people(s, CW_TEXT("r"), CW_TEXT("K"), arena(), &people, &n, NULL));
    CHECK_INT(n, 0);
    store_close(s);
}

CHECK_MAIN
