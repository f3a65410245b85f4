#include "pages.h"

#include "xalloc.h"

enum { PAGE = 1000, EVENTS = 200, PAGE_BYTES = 256 << 20 };

/* A page, or as much of one as fits into memory. */
static enum cw_status read_runs(struct store *store, const struct store_run *after,
                                struct cw_arena *arena, struct store_run **out, size_t *n,
                                struct cw_error *err)
{
    enum cw_status st = CW_NOMEM;
    for (size_t limit = PAGE; st == CW_NOMEM && limit; limit /= 10) {
        cw_arena_reset(arena);
        st = store_runs_waiting(store, after, limit, arena, out, n, err);
    }
    return st;
}

enum cw_status pages_runs(struct store *store, void (*see)(void *ctx, const struct store_run *run),
                          void *ctx, struct cw_error *err)
{
    struct store_run last = {.due_ms = INT64_MIN}, *runs = NULL;
    struct cw_arena *arena = xarena(PAGE_BYTES);
    enum cw_status st = CW_OK;
    for (size_t n = 1, seen = 0; !st && n && seen < PAGES_MOST; seen += n) {
        st = read_runs(store, &last, arena, &runs, &n, err);
        for (size_t i = 0; !st && i < n; i++)
            see(ctx, &runs[i]);
        if (!st && n)
            last = (struct store_run){.id = runs[n - 1].id, .due_ms = runs[n - 1].due_ms};
    }
    cw_arena_destroy(arena);
    return st;
}

static enum cw_status read_marks(struct store *store, const struct store_mark *after,
                                 struct cw_arena *arena, struct store_mark **out, size_t *n,
                                 struct cw_error *err)
{
    enum cw_status st = CW_NOMEM;
    for (size_t limit = PAGE; st == CW_NOMEM && limit; limit /= 10) {
        cw_arena_reset(arena);
        st = store_marks(store, after, limit, arena, out, n, err);
    }
    return st;
}

enum cw_status pages_marks(struct store *store,
                           void (*see)(void *ctx, const struct store_mark *mark), void *ctx,
                           struct cw_error *err)
{
    struct store_mark last = {0}, *marks = NULL;
    struct cw_arena *arenas[] = {xarena(PAGE_BYTES), xarena(PAGE_BYTES)}; /* `last` lies in one */
    enum cw_status st = CW_OK;
    for (size_t n = 1, seen = 0, k = 0; !st && n && seen < PAGES_MOST; seen += n, k ^= 1) {
        st = read_marks(store, &last, arenas[k], &marks, &n, err);
        for (size_t i = 0; !st && i < n; i++)
            see(ctx, &marks[i]);
        if (!st && n)
            last = marks[n - 1];
    }
    cw_arena_destroy(arenas[0]);
    cw_arena_destroy(arenas[1]);
    return st;
}

/* ---- Events ---- */

static enum cw_status read_back(struct store *store, int64_t before, size_t limit,
                                struct cw_arena *arena, struct store_event **out, size_t *n,
                                struct cw_error *err)
{
    enum cw_status st = CW_NOMEM;
    for (; st == CW_NOMEM && limit; limit /= 10) {
        cw_arena_reset(arena);
        st = store_events_back(store, before, limit, arena, out, n, err);
    }
    return st;
}

enum cw_status pages_back(struct store *store, int64_t before, struct cw_arena *arena,
                          struct store_event **out, size_t *n, struct cw_error *err)
{
    return read_back(store, before, EVENTS, arena, out, n, err);
}

enum cw_status pages_until(struct store *store, int64_t until_ms, int64_t *seq,
                           struct cw_error *err)
{
    struct cw_arena *arena = xarena(PAGE_BYTES);
    struct store_event *list = NULL;
    size_t n = 0;
    enum cw_status st = read_back(store, INT64_MAX, 1, arena, &list, &n, err);
    int64_t low = 0, high = !st && n ? list[0].seq : 0; /* low came by then, high + 1 did not */
    while (!st && low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        st = read_back(store, middle + 1, 1, arena, &list, &n, err);
        if (!st && (!n || list[0].received_ms <= until_ms)) /* none: those are not kept any more */
            low = middle;
        else
            high = middle - 1;
    }
    *seq = low;
    cw_arena_destroy(arena);
    return st;
}
