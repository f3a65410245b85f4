/* Dead letters: one suite over both stores, each test with a journal that is opened again. */
#include "check.h"
#include "store_both.h"

/* A run of three steps of which the first died: it failed. Ids are 1, 2, 3. */
static int64_t failed_run(struct store *s)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1), run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 5);
    for (uint32_t step = 0; step < 3; step++)
        add_call(s, run, event, "ann", step);
    struct store_call dead = {.id = 1,
                              .state = STORE_CALL_DEAD,
                              .tries = 2,
                              .changed_ms = 20,
                              .progress = CW_TEXT("{\"turn\":\"act\"}"),
                              .reason = CW_TEXT("awork answered 404")};
    OK(store_call_save(s, &dead, NULL));
    OK(store_calls_end(s, run, 0, STORE_CALL_SKIPPED, CW_TEXT(STORE_EARLIER_FAILED), 20, NULL));
    OK(store_run_settle(s, run, 20, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(get_run(s, event, run)->state, STORE_RUN_FAILED);
    return run;
}

BOTH(dead_calls_are_read_in_pages)
{
    struct store_call *list = NULL;
    size_t n = 9;
    OK(store_dead(s, 0, 10, arena(), &list, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1), run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 5);
    for (uint32_t i = 0; i < 9; i++)
        set_call(s, add_call(s, run, event, "ann", i), i % 2 ? STORE_CALL_DEAD : STORE_CALL_SKIPPED,
                 1);
    OK(store_commit(s, NULL));
    s = again(s, where);
    OK(store_dead(s, 0, 3, arena(), &list, &n, NULL));
    CHECK_INT(n, 3);
    CHECK_INT(list[0].id, 2);
    CHECK_INT(list[2].id, 6);
    OK(store_dead(s, 6, 3, arena(), &list, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(list[0].id, 8);
    store_close(s);
}

BOTH(a_call_is_read_by_its_id)
{
    struct store_call call;
    struct cw_error err;
    failed_run(s);
    OK(store_call_get(s, 1, arena(), &call, NULL));
    CHECK_INT(call.id, 1);
    IS(call.args, "{\"task\":\"T-1\"}");
    CHECK_INT(store_call_get(s, 99, arena(), &call, &err), CW_ENOENT);
    CHECK_STR(err.text, "there is no call 99");
    store_close(again(s, where));
}

BOTH(a_retry_makes_new_calls_at_the_end_of_the_lane)
{
    int64_t run = failed_run(s), id = 0, other = 0;
    struct store_call head;
    size_t n = 0;
    OK(store_begin(s, NULL));
    other =
        add_call(s, add_run(s, add_event(s, 2), "other", "ann", STORE_RUN_ACTING, 5), 2, "ann", 0);
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    OK(store_commit(s, NULL));
    s = again(s, where);
    CHECK_INT(n, 3);
    CHECK_INT(id, other + 1);
    OK(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL));
    CHECK_INT(head.id, other);
    const struct store_call *fresh = get_call(s, 1, id);
    CHECK_INT(fresh->state, STORE_CALL_READY);
    CHECK_INT(fresh->run, run);
    CHECK_INT(fresh->step, 3);
    CHECK_INT(fresh->tries, 0);
    CHECK_INT(fresh->created_ms, 1000);
    CHECK_INT(fresh->due_ms, 1000);
    CHECK_INT(fresh->expires_ms, 1000 + 60000); /* 8 ms would be no time at all */
    IS(fresh->condition, "c");
    IS(fresh->args, "{\"task\":\"T-1\"}");
    CHECK_INT(fresh->progress.len, 0);
    CHECK_INT(fresh->reason.len, 0);
    CHECK_INT(get_call(s, 1, id + 2)->step, 5);
    CHECK_INT(get_run(s, 1, run)->state, STORE_RUN_ACTING);
    IS(get_run(s, 1, run)->reason, "retried by hand");
    store_close(s);
}

BOTH(a_retried_call_keeps_its_story)
{
    int64_t id = 0;
    size_t n = 0;
    failed_run(s);
    OK(store_begin(s, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    OK(store_commit(s, NULL));
    s = again(s, where);
    const struct store_call *old = get_call(s, 1, 1);
    CHECK_INT(old->state, STORE_CALL_RETRIED);
    CHECK_INT(old->tries, 2);
    CHECK_INT(old->changed_ms, 1000);
    IS(old->progress, "{\"turn\":\"act\"}");
    IS(old->reason, "awork answered 404; retried by hand as call 4");
    IS(get_call(s, 1, 2)->reason, STORE_EARLIER_FAILED "; retried by hand as call 5");
    CHECK_INT(get_call(s, 1, 3)->state, STORE_CALL_RETRIED);
    store_close(s);
}

BOTH(a_letter_is_retried_once)
{
    int64_t id = 0;
    size_t n = 0;
    struct cw_error err;
    failed_run(s);
    OK(store_begin(s, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    OK(store_commit(s, NULL));
    s = again(s, where);
    OK(store_begin(s, NULL));
    CHECK_INT(store_dead_retry(s, 1, 1000, arena(), &id, &n, &err), CW_EBUSY);
    CHECK_STR(err.text, "call 1 is no dead letter, but retried: awork answered 404; retried by "
                        "hand as call 4");
    CHECK_INT(store_dead_drop(s, 1, 1000, arena(), &err), CW_EBUSY);
    CHECK_INT(store_dead_retry(s, 2, 1000, arena(), &id, &n, &err), CW_EBUSY); /* went along */
    CHECK_INT(store_dead_retry(s, 4, 1000, arena(), &id, &n, &err), CW_EBUSY); /* is open */
    CHECK_STR(err.text, "call 4 is no dead letter, but ready");
    CHECK_INT(store_dead_retry(s, 77, 1000, arena(), &id, &n, &err), CW_ENOENT);
    set_call(s, 4, STORE_CALL_SENT, 1); /* a refusal spoils nothing */
    OK(store_commit(s, NULL));
    store_close(s);
}

BOTH(a_run_that_is_retried_settles_anew)
{
    int64_t run = failed_run(s), id = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    OK(store_commit(s, NULL));
    OK(store_begin(s, NULL));
    set_call(s, 4, STORE_CALL_DEAD, 1);
    OK(store_calls_end(s, run, 3, STORE_CALL_SKIPPED, CW_TEXT(STORE_EARLIER_FAILED), 20, NULL));
    OK(store_run_settle(s, run, 30, NULL));
    CHECK_INT(get_run(s, 1, run)->state, STORE_RUN_FAILED);
    OK(store_dead_retry(s, 4, 2000, arena(), &id, &n, NULL)); /* and once more */
    CHECK_INT(n, 3);
    for (int64_t i = id; i < id + 3; i++)
        set_call(s, i, STORE_CALL_DONE, 1);
    OK(store_run_settle(s, run, 40, NULL));
    OK(store_commit(s, NULL));
    s = again(s, where);
    CHECK_INT(get_run(s, 1, run)->state, STORE_RUN_DONE);
    store_close(s);
}

BOTH(what_another_letter_held_up_stays_with_it)
{
    struct store_call dead = {.state = STORE_CALL_DEAD, .tries = 1};
    int64_t id = 0;
    size_t n = 0;
    OK(store_begin(s, NULL)); /* a notify died, the others went on; then a start died */
    int64_t event = add_event(s, 1), run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 5);
    for (uint32_t step = 0; step < 3; step++)
        add_call(s, run, event, "ann", step);
    for (dead.id = 1; dead.id < 3; dead.id++)
        OK(store_call_save(s, &dead, NULL));
    OK(store_calls_end(s, run, 1, STORE_CALL_SKIPPED, CW_TEXT(STORE_EARLIER_FAILED), 20, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(id, 4);
    CHECK_INT(get_call(s, event, 3)->state, STORE_CALL_SKIPPED);
    OK(store_dead_retry(s, 2, 1000, arena(), &id, &n, NULL));
    CHECK_INT(n, 2);
    CHECK_INT(get_call(s, event, 6)->step, 5);
    OK(store_commit(s, NULL));
    store_close(again(s, where));
}

BOTH(a_dropped_letter_is_gone_and_its_run_stays_failed)
{
    struct store_counts counts;
    struct store_call *list = NULL;
    size_t n = 0;
    int64_t run = failed_run(s);
    OK(store_counts(s, &counts, NULL));
    CHECK_INT(counts.calls_dead, 1);
    OK(store_begin(s, NULL));
    OK(store_dead_drop(s, 1, 1000, arena(), NULL));
    OK(store_commit(s, NULL));
    s = again(s, where);
    IS(get_call(s, 1, 1)->reason, "awork answered 404; dropped by hand");
    CHECK_INT(get_call(s, 1, 1)->state, STORE_CALL_DROPPED);
    CHECK_INT(get_run(s, 1, run)->state, STORE_RUN_FAILED);
    OK(store_dead(s, 0, 10, arena(), &list, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_counts(s, &counts, NULL));
    CHECK_INT(counts.calls_dead, 0);
    store_close(s);
}

BOTH(a_retried_run_can_be_asked_for_like_any_other)
{
    int64_t run = failed_run(s), id = 0, found = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    OK(store_commit(s, NULL));
    OK(store_run_pending(s, CW_TEXT("r"), CW_TEXT("ann"), CW_TEXT("k"), &found, NULL));
    CHECK_INT(found, run);
    OK(store_begin(s, NULL)); /* it has begun once: `unless` comes too late */
    OK(store_run_cancel(s, CW_TEXT("r"), CW_TEXT("ann"), CW_TEXT("k"), CW_TEXT("x"), 9, &n, NULL));
    CHECK_INT(n, 0);
    OK(store_commit(s, NULL));
    store_close(again(s, where));
}

BOTH(a_retry_that_is_rolled_back_did_not_happen)
{
    int64_t run = failed_run(s), id = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    store_rollback(s);
    s = again(s, where);
    CHECK_INT(get_call(s, 1, 1)->state, STORE_CALL_DEAD);
    CHECK_INT(get_run(s, 1, run)->state, STORE_RUN_FAILED);
    OK(store_begin(s, NULL));
    OK(store_dead_retry(s, 1, 1000, arena(), &id, &n, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(id, 4);
    store_close(s);
}

CHECK_MAIN
