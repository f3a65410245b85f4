#include "lapse.h"

#include "xalloc.h"

#include <stdlib.h>

static const char name[] = "clock.reached";

static enum cw_status read_reached(struct store *store, int64_t *out, struct cw_error *err)
{
    struct cw_arena *arena = xarena(1 << 16);
    struct cw_text text;
    enum cw_status st = store_setting_get(store, name, arena, &text, err);
    if (st == CW_OK)
        *out = strtoll(text.at, NULL, 10);
    cw_arena_destroy(arena);
    return st == CW_ENOENT ? CW_OK : st;
}

/* One turn: what counts a duration is moved back, and the moment written. */
static enum cw_status write_reached(struct store *store, int64_t now_ms, int64_t back_ms,
                                    struct cw_error *err)
{
    auto_free char *text = xprintf("%lld", (long long)now_ms);
    enum cw_status st = store_begin(store, err);
    if (st)
        return st;
    if (back_ms)
        st = store_shift(store, back_ms, err);
    if (!st)
        st = store_setting_put(store, name, cw_text_of(text), err);
    if (!st)
        return store_commit(store, err);
    store_rollback(store);
    return st;
}

enum cw_status lapse_settle(struct store *store, int64_t now_ms, int64_t *back_ms,
                            struct cw_error *err)
{
    int64_t reached_ms = 0;
    enum cw_status st = read_reached(store, &reached_ms, err);
    int64_t by_ms = reached_ms > now_ms ? reached_ms - now_ms : 0;
    if (!st)
        st = write_reached(store, now_ms, by_ms, err);
    if (!st)
        *back_ms = by_ms;
    return st;
}

enum cw_status lapse_keep(struct store *store, int64_t now_ms, struct cw_error *err)
{
    return write_reached(store, now_ms, 0, err);
}

enum cw_status lapse_step(struct store *store, int64_t now_ms, int64_t step_ms,
                          struct cw_error *err)
{
    return write_reached(store, now_ms, -step_ms, err);
}
