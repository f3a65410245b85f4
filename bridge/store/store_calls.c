/* store_calls: what happens to calls and their attempts, see store.c. A call's state changes in
 * store_call_save and store_dead.c, which assert the move, and in store_calls_end, which touches
 * open ones only. */
#include "store_priv.h"

#include <assert.h>
#include <string.h>

enum cw_status store_call_add(struct store *store, const struct store_call *call, int64_t *id,
                              struct cw_error *err)
{
    assert(call->state < STORE_CALL_STATES);
    enum cw_status status = store_may_write(store, err);
    if (status != CW_OK)
        return status;
    return store_wrote(store, store->ops->call_insert(store->b, call, id, err));
}

/* Whether who holds the lane by this epoch may write about the call. */
static enum cw_status may_touch(struct store *store, int64_t call, int64_t epoch,
                                enum store_call_state *from, struct cw_error *err)
{
    int64_t now = 0;
    enum cw_status status = store_may_write(store, err);
    if (status == CW_OK)
        status = store->ops->call_state(store->b, call, from, &now, err);
    if (status != CW_OK || now == epoch)
        return status;
    return cw_fail(err, CW_EBUSY, "the lane of call %lld is in epoch %lld, not in %lld",
                   (long long)call, (long long)now, (long long)epoch);
}

enum cw_status store_call_save(struct store *store, const struct store_call *call,
                               struct cw_error *err)
{
    enum store_call_state from = STORE_CALL_READY;
    enum cw_status status = may_touch(store, call->id, call->epoch, &from, err);
    if (status == CW_OK) {
        assert(store_call_may(from, call->state));
        status = store->ops->call_save(store->b, call, err);
    }
    return store_wrote(store, status);
}

static enum cw_status first_call(enum cw_status status, const struct row_list *list,
                                 struct store_call *out, struct cw_error *err)
{
    if (status != CW_OK)
        return status;
    if (!list->n)
        return cw_fail(err, CW_ENOENT, "the lane is empty");
    memcpy(out, list->rows, sizeof *out);
    return CW_OK;
}

enum cw_status store_lane_head(struct store *store, struct cw_text person, struct cw_arena *arena,
                               struct store_call *out, struct cw_error *err)
{
    struct row_list list = {.shape = &row_call, .arena = arena};
    return first_call(store->ops->lane_head(store->b, person, &list, err), &list, out, err);
}

enum cw_status store_lane_passing(struct store *store, struct cw_text person,
                                  struct cw_arena *arena, struct store_call *out,
                                  struct cw_error *err)
{
    struct row_list list = {.shape = &row_call, .arena = arena};
    return first_call(store->ops->lane_passing(store->b, person, &list, err), &list, out, err);
}

enum cw_status store_lane_calls(struct store *store, struct cw_text person, int64_t after,
                                size_t limit, struct cw_arena *arena, struct store_call **out,
                                size_t *n, struct cw_error *err)
{
    struct row_list list = {.shape = &row_call, .arena = arena};
    enum cw_status status = store->ops->lane_calls(store->b, person, after, limit, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_call *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_lanes(struct store *store, struct cw_arena *arena, struct cw_text **out,
                           size_t *n, struct cw_error *err)
{
    struct row_list list = {.shape = &row_lane, .arena = arena};
    enum cw_status status = store->ops->lanes(store->b, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct cw_text *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_calls_end(struct store *store, int64_t run, uint32_t above_step,
                               enum store_call_state to, struct cw_text reason, int64_t now_ms,
                               struct cw_error *err)
{
    assert(to == STORE_CALL_SKIPPED || to == STORE_CALL_CANCELLED);
    struct store_calls_change change = {above_step, to, reason, now_ms};
    enum cw_status status = store_may_write(store, err);
    if (status != CW_OK)
        return status;
    return store_wrote(store, store->ops->calls_end(store->b, run, &change, err));
}

enum cw_status store_calls_query(struct store *store, const struct store_calls_query *query,
                                 struct cw_arena *arena, struct store_call **out, size_t *n,
                                 struct cw_error *err)
{
    struct row_list list = {.shape = &row_call, .arena = arena};
    enum cw_status status = store->ops->calls(store->b, query, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_call *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_calls_of(struct store *store, int64_t event, struct cw_arena *arena,
                              struct store_call **out, size_t *n, struct cw_error *err)
{
    struct store_calls_query query = {CALLS_OF_EVENT, event, SIZE_MAX};
    return store_calls_query(store, &query, arena, out, n, err);
}

enum cw_status store_call_get(struct store *store, int64_t id, struct cw_arena *arena,
                              struct store_call *out, struct cw_error *err)
{
    struct store_calls_query query = {CALL_OF_ID, id, 1};
    struct store_call *list = NULL;
    size_t n = 0;
    enum cw_status status = store_calls_query(store, &query, arena, &list, &n, err);
    if (status != CW_OK)
        return status;
    if (!n)
        return cw_fail(err, CW_ENOENT, "there is no call %lld", (long long)id);
    *out = list[0];
    return CW_OK;
}

/* ---- Attempts ---- */

enum cw_status store_attempt_begin(struct store *store, const struct store_attempt *attempt,
                                   int64_t *id, struct cw_error *err)
{
    enum store_call_state state;
    enum cw_status status = may_touch(store, attempt->call, attempt->epoch, &state, err);
    if (status == CW_OK)
        status = store->ops->attempt_begin(store->b, attempt, id, err);
    return store_wrote(store, status);
}

enum cw_status store_attempt_end(struct store *store, const struct store_attempt *attempt,
                                 struct cw_error *err)
{
    enum store_call_state state;
    int64_t call = 0;
    enum cw_status status = store_may_write(store, err);
    if (status == CW_OK)
        status = store->ops->attempt_call(store->b, attempt->id, &call, err);
    if (status == CW_OK)
        status = may_touch(store, call, attempt->epoch, &state, err);
    if (status == CW_OK)
        status = store->ops->attempt_end(store->b, attempt, err);
    return store_wrote(store, status);
}

enum cw_status store_attempts_of(struct store *store, int64_t call, struct cw_arena *arena,
                                 struct store_attempt **out, size_t *n, struct cw_error *err)
{
    struct row_list list = {.shape = &row_attempt, .arena = arena};
    enum cw_status status = store->ops->attempts_of(store->b, call, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_attempt *)list.rows;
    *n = list.n;
    return CW_OK;
}
