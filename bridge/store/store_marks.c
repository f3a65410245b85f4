/* store_marks: what rules remember between events, see store.c. */
#include "store_priv.h"

#include <assert.h>
#include <string.h>

enum cw_status store_mark_get(struct store *store, const struct store_mark *which,
                              struct cw_arena *arena, struct store_mark *out, struct cw_error *err)
{
    struct row_list list = {.shape = &row_mark, .arena = arena};
    enum cw_status status = store->ops->mark_get(store->b, which, &list, err);
    if (status != CW_OK)
        return status;
    if (!list.n)
        return cw_fail(err, CW_ENOENT, "there is no such mark");
    memcpy(out, list.rows, sizeof *out);
    return CW_OK;
}

enum cw_status store_mark_put(struct store *store, const struct store_mark *mark,
                              struct cw_error *err)
{
    assert(mark->kind.len);
    enum cw_status status = store_may_write(store, err);
    return status == CW_OK ? store_wrote(store, store->ops->mark_put(store->b, mark, err)) : status;
}

enum cw_status store_mark_drop(struct store *store, const struct store_mark *which,
                               struct cw_error *err)
{
    assert(which->kind.len);
    enum cw_status status = store_may_write(store, err);
    return status == CW_OK ? store_wrote(store, store->ops->mark_drop(store->b, which, err))
                           : status;
}

enum cw_status store_marks_due(struct store *store, struct cw_text kind, int64_t now_ms,
                               size_t limit, struct cw_arena *arena, struct store_mark **out,
                               size_t *n, struct cw_error *err)
{
    struct row_list list = {.shape = &row_mark, .arena = arena};
    enum cw_status status = store->ops->marks_due(store->b, kind, now_ms, limit, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_mark *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_marks(struct store *store, const struct store_mark *after, size_t limit,
                           struct cw_arena *arena, struct store_mark **out, size_t *n,
                           struct cw_error *err)
{
    static const struct store_mark first;
    struct row_list list = {.shape = &row_mark, .arena = arena};
    enum cw_status status = store->ops->marks(store->b, after ? after : &first, limit, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_mark *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_next_mark(struct store *store, struct cw_text kind, int64_t *until_ms,
                               struct cw_error *err)
{
    return store->ops->next_mark(store->b, kind, until_ms, err);
}
