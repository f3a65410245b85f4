/* store_dead: what is done by hand about calls that died, see store.c.
 *
 * A dead call is never taken up again itself: what it did and heard stays as it was. A new call at
 * the end of the lane takes over, so no order between calls is ever turned round. */
#include "store_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SHORTEST_MS = 60000 }; /* a retried call has at least so long until it expires */

enum cw_status store_dead(struct store *store, int64_t after, size_t limit, struct cw_arena *arena,
                          struct store_call **out, size_t *n, struct cw_error *err)
{
    struct store_calls_query query = {CALLS_DEAD, after, limit};
    return store_calls_query(store, &query, arena, out, n, err);
}

static enum cw_status find_letter(struct store *store, int64_t id, struct cw_arena *arena,
                                  struct store_call *out, struct cw_error *err)
{
    enum cw_status status = store_may_write(store, err);
    if (status == CW_OK)
        status = store_call_get(store, id, arena, out, err);
    if (status != CW_OK || out->state == STORE_CALL_DEAD)
        return status;
    return cw_fail(err, CW_EBUSY, "call %lld is no dead letter, but %s%s%.150s", (long long)id,
                   store_call_word(out->state), out->reason.len ? ": " : "",
                   out->reason.len ? out->reason.at : "");
}

/* It keeps why it died, and says what became of it then. */
static enum cw_status put_away(struct store *store, const struct store_call *old,
                               enum store_call_state to, const char *deed, int64_t now_ms,
                               struct cw_arena *arena, struct cw_error *err)
{
    struct store_call call = *old;
    size_t size = old->reason.len + strlen(deed) + 3;
    char *reason = cw_arena_take(arena, size);
    if (!reason)
        return row_no_memory(err);
    snprintf(reason, size, "%.*s%s%s", (int)old->reason.len, old->reason.len ? old->reason.at : "",
             old->reason.len ? "; " : "", deed);
    assert(store_call_may(old->state, to));
    call.state = to;
    call.reason = cw_text_of(reason);
    call.changed_ms = now_ms;
    return store->ops->call_save(store->b, &call, err);
}

static int64_t fresh_expiry(const struct store_call *old, int64_t due_ms, int64_t now_ms)
{
    int64_t for_ms = old->expires_ms - due_ms;
    if (!old->expires_ms)
        return 0;
    return now_ms + (for_ms < SHORTEST_MS ? SHORTEST_MS : for_ms);
}

static enum cw_status take_over(struct store *store, const struct store_call *old,
                                const struct store_run *run, uint32_t step, int64_t now_ms,
                                struct cw_arena *arena, int64_t *id, struct cw_error *err)
{
    static const struct cw_text none = {"", 0};
    struct store_call call = *old;
    char deed[64];
    call.step = step;
    call.state = STORE_CALL_READY;
    call.due_ms = call.created_ms = call.changed_ms = now_ms;
    call.expires_ms = fresh_expiry(old, run->due_ms, now_ms);
    call.tries = 0;
    call.progress = call.reason = none;
    enum cw_status status = store->ops->call_insert(store->b, &call, id, err);
    if (status != CW_OK)
        return status;
    snprintf(deed, sizeof deed, "retried by hand as call %lld", (long long)*id);
    return put_away(store, old, STORE_CALL_RETRIED, deed, now_ms, arena, err);
}

static bool goes_along(const struct store_call *call)
{
    return call->state == STORE_CALL_SKIPPED && cw_text_is(call->reason, STORE_EARLIER_FAILED);
}

/* The steps of its run come in order: the letter, what was skipped behind it, and the last one. */
static enum cw_status retry_steps(struct store *store, const struct store_call *letter,
                                  const struct store_run *run, int64_t now_ms,
                                  struct cw_arena *arena, int64_t *id, size_t *n,
                                  struct cw_error *err)
{
    struct store_calls_query query = {CALLS_OF_RUN, letter->run, SIZE_MAX};
    struct store_call *steps = NULL;
    size_t n_steps = 0, first = 0, made = 0;
    enum cw_status status = store_calls_query(store, &query, arena, &steps, &n_steps, err);
    while (status == CW_OK && first < n_steps && steps[first].id != letter->id)
        first++;
    for (size_t i = first; status == CW_OK && i < n_steps; i++) {
        int64_t made_id = 0;
        if (i > first && !goes_along(&steps[i]))
            break;
        status = take_over(store, &steps[i], run, steps[n_steps - 1].step + 1 + (uint32_t)made,
                           now_ms, arena, &made_id, err);
        if (!made++)
            *id = made_id;
    }
    *n = made;
    return status;
}

enum cw_status store_dead_retry(struct store *store, int64_t call, int64_t now_ms,
                                struct cw_arena *arena, int64_t *id, size_t *n,
                                struct cw_error *err)
{
    struct store_call letter;
    struct store_run run = {0};
    enum cw_status status = find_letter(store, call, arena, &letter, err);
    if (status != CW_OK)
        return status;
    status = store_run_get(store, letter.run, arena, &run, err);
    if (status == CW_OK)
        status = retry_steps(store, &letter, &run, now_ms, arena, id, n, err);
    if (status == CW_OK && run.state == STORE_RUN_FAILED)
        return store_run_move(store, run.id, STORE_RUN_ACTING, CW_TEXT("retried by hand"), now_ms,
                              err);
    return store_wrote(store, status);
}

enum cw_status store_dead_drop(struct store *store, int64_t call, int64_t now_ms,
                               struct cw_arena *arena, struct cw_error *err)
{
    struct store_call letter;
    enum cw_status status = find_letter(store, call, arena, &letter, err);
    if (status != CW_OK)
        return status;
    return store_wrote(
        store, put_away(store, &letter, STORE_CALL_DROPPED, "dropped by hand", now_ms, arena, err));
}
