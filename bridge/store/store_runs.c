/* store_runs: what happens to runs, see store.c. A run's state changes in change_run alone, which
 * asserts the move. */
#include "store_priv.h"

#include <assert.h>
#include <stdio.h>

static void forget_due(struct store *store, enum store_run_state from)
{
    if (from == STORE_RUN_WAITING)
        store->due_known = false;
}

static enum cw_status change_run(struct store *store, int64_t id, enum store_run_state from,
                                 const struct store_run_change *change, struct cw_error *err)
{
    assert(store_run_may(from, change->to));
    forget_due(store, from);
    return store->ops->run_change(store->b, id, change, err);
}

/* A match that came to nothing by itself takes nobody's place. */
static bool takes_place(enum store_run_state state)
{
    return state == STORE_RUN_WAITING || state == STORE_RUN_ACTING || state == STORE_RUN_DONE;
}

static enum cw_status replace_waiting(struct store *store, const struct store_run *by,
                                      struct cw_error *err)
{
    struct store_runs_key key = {by->rule, by->person, by->key};
    char reason[48];
    snprintf(reason, sizeof reason, "replaced by event %lld", (long long)by->event);
    struct store_run_change change = {STORE_RUN_REPLACED, cw_text_of(reason), by->changed_ms};
    int64_t id = 0;
    enum cw_status status = CW_OK;
    while (status == CW_OK) { /* several, where `mode: parallel` let them wait side by side */
        status = store->ops->run_find(store->b, &key, STORE_RUN_WAITING, id, &id, err);
        if (status == CW_OK)
            status = change_run(store, id, STORE_RUN_WAITING, &change, err);
    }
    return status == CW_ENOENT ? CW_OK : status;
}

static enum cw_status add_run(struct store *store, const struct store_run *run, bool beside,
                              int64_t *id, struct cw_error *err)
{
    struct store_runs_key key = {run->rule, run->person, run->key};
    enum cw_status status = store->ops->run_has(store->b, run->event, &key, err);
    if (status == CW_OK)
        return cw_fail(err, CW_EEXIST, "the event has this run already");
    if (status == CW_ENOENT)
        status = !beside && takes_place(run->state) ? replace_waiting(store, run, err) : CW_OK;
    if (status == CW_OK)
        status = store->ops->run_insert(store->b, run, id, err);
    if (status == CW_OK && run->state == STORE_RUN_WAITING && store->due_known &&
        run->due_ms < store->due_ms)
        store->due_ms = run->due_ms;
    return status;
}

enum cw_status store_run_add(struct store *store, const struct store_run *run, int64_t *id,
                             struct cw_error *err)
{
    assert(run->state < STORE_RUN_STATES);
    enum cw_status status = store_may_write(store, err);
    return status == CW_OK ? store_wrote(store, add_run(store, run, false, id, err)) : status;
}

enum cw_status store_run_add_beside(struct store *store, const struct store_run *run, int64_t *id,
                                    struct cw_error *err)
{
    assert(run->state < STORE_RUN_STATES);
    enum cw_status status = store_may_write(store, err);
    return status == CW_OK ? store_wrote(store, add_run(store, run, true, id, err)) : status;
}

enum cw_status store_run_pending(struct store *store, struct cw_text rule, struct cw_text person,
                                 struct cw_text key, int64_t *id, struct cw_error *err)
{
    struct store_runs_key runs = {rule, person, key};
    enum cw_status status = store->ops->run_find(store->b, &runs, STORE_RUN_WAITING, 0, id, err);
    if (status != CW_ENOENT)
        return status;
    return store->ops->run_find(store->b, &runs, STORE_RUN_ACTING, 0, id, err);
}

enum cw_status store_run_people(struct store *store, struct cw_text rule, struct cw_text key,
                                struct cw_arena *arena, struct cw_text **out, size_t *n,
                                struct cw_error *err)
{
    struct row_list list = {.shape = &row_lane, .arena = arena};
    enum cw_status status = store->ops->run_people(store->b, rule, key, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct cw_text *)list.rows;
    *n = list.n;
    return CW_OK;
}

/* The calls of an acting run go first, unless one has begun: then the run stays. */
static enum cw_status cancel_calls(struct store *store, int64_t run,
                                   const struct store_run_change *change, bool *stays,
                                   struct cw_error *err)
{
    struct store_tally tally = {0};
    enum cw_status status = store->ops->calls_tally(store->b, run, &tally, err);
    *stays = tally.begun > 0;
    if (status != CW_OK || *stays)
        return status;
    struct store_calls_change calls = {-1, STORE_CALL_CANCELLED, change->reason, change->now_ms};
    return store->ops->calls_end(store->b, run, &calls, err);
}

static enum cw_status cancel_all(struct store *store, const struct store_runs_key *key,
                                 enum store_run_state state, const struct store_run_change *change,
                                 size_t *n, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (int64_t id = 0; status == CW_OK;) {
        bool stays = false;
        status = store->ops->run_find(store->b, key, state, id, &id, err);
        if (status == CW_OK && state == STORE_RUN_ACTING)
            status = cancel_calls(store, id, change, &stays, err);
        if (status == CW_OK && !stays) {
            status = change_run(store, id, state, change, err);
            *n += 1;
        }
    }
    return status == CW_ENOENT ? CW_OK : status;
}

enum cw_status store_run_cancel(struct store *store, struct cw_text rule, struct cw_text person,
                                struct cw_text key, struct cw_text reason, int64_t now_ms,
                                size_t *n, struct cw_error *err)
{
    struct store_runs_key runs = {rule, person, key};
    struct store_run_change change = {STORE_RUN_CANCELLED, reason, now_ms};
    size_t cancelled = 0;
    enum cw_status status = store_may_write(store, err);
    if (status != CW_OK)
        return status;
    status = cancel_all(store, &runs, STORE_RUN_WAITING, &change, &cancelled, err);
    if (status == CW_OK)
        status = cancel_all(store, &runs, STORE_RUN_ACTING, &change, &cancelled, err);
    if (status == CW_OK)
        *n = cancelled;
    return store_wrote(store, status);
}

enum cw_status store_run_cancel_one(struct store *store, int64_t id, struct cw_text reason,
                                    int64_t now_ms, struct cw_error *err)
{
    struct store_run_change change = {STORE_RUN_CANCELLED, reason, now_ms};
    enum store_run_state from = STORE_RUN_WAITING;
    bool stays = false;
    enum cw_status status = store_may_write(store, err);
    if (status == CW_OK)
        status = store->ops->run_state(store->b, id, &from, err);
    if (status == CW_OK && !store_run_may(from, STORE_RUN_CANCELLED))
        return cw_fail(err, CW_EBUSY, "run %lld has ended already: %s", (long long)id,
                       store_run_word(from));
    if (status == CW_OK && from == STORE_RUN_ACTING)
        status = cancel_calls(store, id, &change, &stays, err);
    if (status == CW_OK && stays)
        return cw_fail(err, CW_EBUSY, "run %lld acts already", (long long)id);
    if (status == CW_OK)
        status = change_run(store, id, from, &change, err);
    return store_wrote(store, status);
}

enum cw_status store_run_move(struct store *store, int64_t id, enum store_run_state to,
                              struct cw_text reason, int64_t now_ms, struct cw_error *err)
{
    struct store_run_change change = {to, reason, now_ms};
    enum store_run_state from = STORE_RUN_WAITING;
    enum cw_status status = store_may_write(store, err);
    if (status == CW_OK)
        status = store->ops->run_state(store->b, id, &from, err);
    if (status == CW_OK)
        status = change_run(store, id, from, &change, err);
    return store_wrote(store, status);
}

static enum cw_status settle(struct store *store, int64_t id, int64_t now_ms, struct cw_error *err)
{
    enum store_run_state state = STORE_RUN_WAITING;
    struct store_tally tally = {0};
    enum cw_status status = store->ops->run_state(store->b, id, &state, err);
    if (status != CW_OK || state != STORE_RUN_ACTING)
        return status;
    status = store->ops->calls_tally(store->b, id, &tally, err);
    if (status != CW_OK || tally.open)
        return status;
    struct store_run_change change = {tally.dead ? STORE_RUN_FAILED : STORE_RUN_DONE, CW_TEXT(""),
                                      now_ms};
    return change_run(store, id, state, &change, err);
}

enum cw_status store_run_settle(struct store *store, int64_t id, int64_t now_ms,
                                struct cw_error *err)
{
    enum cw_status status = store_may_write(store, err);
    return status == CW_OK ? store_wrote(store, settle(store, id, now_ms, err)) : status;
}

static enum cw_status runs(struct store *store, struct store_runs_query query,
                           struct cw_arena *arena, struct store_run **out, size_t *n,
                           struct cw_error *err)
{
    struct row_list list = {.shape = &row_run, .arena = arena};
    enum cw_status status = store->ops->runs(store->b, &query, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_run *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_runs_due(struct store *store, int64_t now_ms, size_t limit,
                              struct cw_arena *arena, struct store_run **out, size_t *n,
                              struct cw_error *err)
{
    return runs(store,
                (struct store_runs_query){.want = RUNS_DUE, .number = now_ms, .limit = limit},
                arena, out, n, err);
}

enum cw_status store_next_due(struct store *store, int64_t *due_ms, struct cw_error *err)
{
    if (!store->due_known) {
        enum cw_status status = store->ops->next_due(store->b, &store->due_ms, err);
        if (status != CW_OK)
            return status;
        store->due_known = true;
    }
    *due_ms = store->due_ms;
    return CW_OK;
}

enum cw_status store_runs_waiting(struct store *store, const struct store_run *after, size_t limit,
                                  struct cw_arena *arena, struct store_run **out, size_t *n,
                                  struct cw_error *err)
{
    struct store_runs_query query = {.want = RUNS_WAITING,
                                     .number = after ? after->due_ms : INT64_MIN,
                                     .limit = limit,
                                     .id = after ? after->id : 0};
    return runs(store, query, arena, out, n, err);
}

enum cw_status store_runs_yielding(struct store *store, struct cw_text person,
                                   struct cw_arena *arena, struct store_run **out, size_t *n,
                                   struct cw_error *err)
{
    struct store_runs_query query = {.want = RUNS_YIELDING, .limit = SIZE_MAX, .person = person};
    return runs(store, query, arena, out, n, err);
}

enum cw_status store_run_get(struct store *store, int64_t id, struct cw_arena *arena,
                             struct store_run *out, struct cw_error *err)
{
    struct store_run *list = NULL;
    size_t n = 0;
    enum cw_status status =
        runs(store, (struct store_runs_query){.want = RUN_OF_ID, .number = id, .limit = 1}, arena,
             &list, &n, err);
    if (status != CW_OK)
        return status;
    if (!n)
        return cw_fail(err, CW_ENOENT, "there is no run %lld", (long long)id);
    *out = list[0];
    return CW_OK;
}

enum cw_status store_runs_of(struct store *store, int64_t event, struct cw_arena *arena,
                             struct store_run **out, size_t *n, struct cw_error *err)
{
    struct store_runs_query query = {.want = RUNS_OF_EVENT, .number = event, .limit = SIZE_MAX};
    return runs(store, query, arena, out, n, err);
}
