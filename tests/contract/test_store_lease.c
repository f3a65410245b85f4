/* Leases of lanes: one suite over both stores, each test with a journal that is opened again. */
#include "check.h"
#include "store_both.h"

static struct store_lease lease_of(const char *owner, int64_t until_ms)
{
    return (struct store_lease){
        .person = CW_TEXT("ann"), .owner = cw_text_of(owner), .until_ms = until_ms};
}

/* Takes the lane of ann in a turn of its own. Returns: the epoch, 0: somebody has it. */
static int64_t take(struct store *s, const char *owner, int64_t now_ms, int64_t until_ms)
{
    struct store_lease lease = lease_of(owner, until_ms);
    OK(store_begin(s, NULL));
    enum cw_status st = store_lease_take(s, &lease, now_ms, false, arena(), NULL);
    OK(store_commit(s, NULL)); /* the turn is not lost by it */
    CHECK(st == CW_OK || (st == CW_EBUSY && !lease.epoch));
    return lease.epoch;
}

static int64_t call_of_ann(struct store *s)
{
    OK(store_begin(s, NULL));
    int64_t event = add_event(s, 1), run = add_run(s, event, "r", "ann", STORE_RUN_ACTING, 5);
    int64_t call = add_call(s, run, event, "ann", 0);
    OK(store_commit(s, NULL));
    return call;
}

static enum cw_status save(struct store *s, int64_t call, int64_t epoch)
{
    struct store_call to = {
        .id = call, .state = STORE_CALL_SENT, .tries = 1, .changed_ms = 9, .epoch = epoch};
    return store_call_save(s, &to, NULL);
}

static enum cw_status begin_attempt(struct store *s, int64_t call, int64_t epoch, int64_t *id)
{
    struct store_attempt attempt = {
        .call = call, .request = CW_TEXT("GET /x"), .begun_ms = 7, .epoch = epoch};
    return store_attempt_begin(s, &attempt, id, NULL);
}

static enum cw_status end_attempt(struct store *s, int64_t id, int64_t epoch)
{
    struct store_attempt attempt = {
        .id = id, .ended_ms = 8, .status = 200, .verdict = CW_TEXT("ok"), .epoch = epoch};
    return store_attempt_end(s, &attempt, NULL);
}

BOTH(a_lane_is_taken_and_each_taking_is_an_epoch)
{
    struct store_lease lease;
    CHECK_INT(store_lease_get(s, CW_TEXT("ann"), arena(), &lease, NULL), CW_ENOENT);
    CHECK_INT(take(s, "a", 100, 200), 1);
    CHECK_INT(take(s, "a", 150, 250), 2); /* its own */
    s = again(s, where);
    OK(store_lease_get(s, CW_TEXT("ann"), arena(), &lease, NULL));
    IS(lease.owner, "a");
    CHECK_INT(lease.epoch, 2);
    CHECK_INT(lease.until_ms, 250);
    CHECK_INT(take(s, "b", 249, 900), 0);
    CHECK_INT(take(s, "b", 250, 350), 3); /* it is over */
    CHECK_INT(take(s, "", 349, 900), 0);  /* nobody's name is a name, too */
    OK(store_lease_get(s, CW_TEXT("ann"), arena(), &lease, NULL));
    IS(lease.owner, "b");
    CHECK_INT(store_lease_get(s, CW_TEXT("bob"), arena(), &lease, NULL), CW_ENOENT);
    store_close(again(s, where));
}

BOTH(who_has_it_is_told_until_when)
{
    CHECK_INT(take(s, "a", 100, 200), 1);
    struct store_lease lease = lease_of("b", 900);
    struct cw_error err;
    OK(store_begin(s, NULL));
    CHECK_INT(store_lease_take(s, &lease, 150, false, arena(), &err), CW_EBUSY);
    CHECK_INT(lease.until_ms, 200);
    CHECK(strstr(err.text, "\"a\"") && strstr(err.text, "ann"));
    lease.until_ms = 900;
    OK(store_lease_take(s, &lease, 150, true, arena(), NULL)); /* by force, with an epoch more */
    OK(store_commit(s, NULL));
    CHECK_INT(lease.epoch, 2);
    CHECK_INT(lease.until_ms, 900);
    store_close(again(s, where));
}

BOTH(a_lease_is_renewed_by_who_has_it_only)
{
    struct store_lease lease = lease_of("a", 400), old = lease;
    old.epoch = take(s, "a", 100, 200);
    lease.epoch = take(s, "a", 100, 200);
    OK(store_begin(s, NULL));
    OK(store_lease_renew(s, &lease, arena(), NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(take(s, "b", 399, 900), 0);
    OK(store_begin(s, NULL));
    CHECK_INT(store_lease_renew(s, &old, arena(), NULL), CW_EBUSY);
    CHECK_INT(store_commit(s, NULL), CW_EBUSY); /* and the turn is lost */
    lease.person = CW_TEXT("bob");
    OK(store_begin(s, NULL));
    CHECK_INT(store_lease_renew(s, &lease, arena(), NULL), CW_ENOENT);
    OK(store_commit(s, NULL));
    store_close(again(s, where));
}

/* Whoever had the lane before writes nothing more about it, and what he wrote with it is undone. */
BOTH(an_old_epoch_is_refused)
{
    struct store_attempt *list;
    size_t n = 0;
    int64_t call = call_of_ann(s), id = 0, none = 0;
    OK(store_begin(s, NULL));
    OK(begin_attempt(s, call, 0, &id)); /* nobody has had it */
    CHECK_INT(begin_attempt(s, call, 1, &none), CW_EBUSY);
    store_rollback(s);
    int64_t a = take(s, "a", 100, 200);
    OK(store_begin(s, NULL));
    OK(begin_attempt(s, call, a, &id));
    OK(save(s, call, a));
    OK(store_commit(s, NULL));
    int64_t b = take(s, "b", 300, 400);
    s = again(s, where);
    enum cw_status (*const writes[])(struct store *, int64_t, int64_t) = {save, end_attempt};
    for (int i = 0; i < 2; i++) {
        OK(store_begin(s, NULL));
        add_event(s, 7);
        CHECK_INT(writes[i](s, i ? id : call, a), CW_EBUSY);
        CHECK_INT(writes[i](s, i ? id : call, b), CW_EBUSY); /* the turn is lost */
        CHECK_INT(store_commit(s, NULL), CW_EBUSY);
    }
    CHECK_INT(store_last_event(s), 1);
    OK(store_begin(s, NULL));
    CHECK_INT(begin_attempt(s, call, a, &none), CW_EBUSY);
    store_rollback(s);
    OK(store_attempts_of(s, call, arena(), &list, &n, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(list[0].ended_ms, 0);
    OK(store_begin(s, NULL));
    OK(end_attempt(s, id, b));
    OK(begin_attempt(s, call, b, &none));
    OK(save(s, call, b));
    OK(store_commit(s, NULL));
    store_close(again(s, where));
}

BOTH(a_taking_that_was_rolled_back_is_none)
{
    struct store_lease lease = lease_of("a", 200);
    OK(store_begin(s, NULL));
    OK(store_lease_take(s, &lease, 100, false, arena(), NULL));
    store_rollback(s);
    CHECK_INT(store_lease_get(s, CW_TEXT("ann"), arena(), &lease, NULL), CW_ENOENT);
    CHECK_INT(take(s, "b", 100, 200), 1);
    store_close(again(s, where));
}

BOTH(leases_go_with_a_clock_that_was_set_back)
{
    CHECK_INT(take(s, "a", 100, 200), 1);
    OK(store_begin(s, NULL));
    OK(store_shift(s, 60, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(take(s, "b", 139, 900), 0);
    CHECK_INT(take(s, "b", 140, 900), 2);
    store_close(again(s, where));
}

CHECK_MAIN
