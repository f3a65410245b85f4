/* store_trim: the law of what may go. An event goes with its keys, runs, calls and attempts, once
 * all of it has ended and is old enough; what waits, acts or is in doubt stays, however old.
 *
 * Each event is as old as it says itself. The clock may have been wrong once: an event of the
 * future does not end the walk, and one of the past takes nobody with it. */
#include "store.h"
#include "store_priv.h"

enum { LOOK_AT_ONCE = 128, COSTLY_BYTES = 16 << 10 };

static bool is_young(const struct store_trim *trim, const struct store_age *age)
{
    return age->received_ms > trim->done_before_ms && age->received_ms <= trim->now_ms;
}

static enum cw_status may_go(struct store *store, const struct store_trim *trim,
                             const struct store_age *age, bool *out, struct cw_error *err)
{
    struct store_remains r = {0};
    *out = false;
    if (age->received_ms > trim->done_before_ms)
        return CW_OK;
    enum cw_status status = store->ops->remains(store->b, age->seq, &r, err);
    int64_t before_ms = r.dead && trim->dead_before_ms < trim->done_before_ms
                            ? trim->dead_before_ms
                            : trim->done_before_ms;
    int64_t last_ms = r.changed_ms > age->received_ms ? r.changed_ms : age->received_ms;
    *out = !status && !r.open && last_ms <= before_ms;
    return status;
}

/* Looks at one event. *cost is what it took of the step; *whole: nothing is left to do with it. */
static enum cw_status look(struct store *store, struct store_trim *trim,
                           const struct store_age *age, size_t left, size_t *cost, bool *whole,
                           struct cw_error *err)
{
    bool goes;
    size_t n = 0;
    *whole = true;
    enum cw_status status = may_go(store, trim, age, &goes, err);
    if (!status && goes)
        status = store->ops->event_drop(store->b, age->seq, left, &n, whole, err);
    trim->deleted += !status && goes && *whole;
    *cost = 1 + n + (goes ? age->bytes / COSTLY_BYTES : 0);
    return status;
}

static enum cw_status walk(struct store *store, struct store_trim *trim,
                           const struct store_age *ages, size_t n, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t left = trim->rows, cost = 0;
    bool in_order = true, whole = true;
    for (size_t i = 0; !status && whole && left && i < n; i++) {
        in_order &= !is_young(trim, &ages[i]);
        status = look(store, trim, &ages[i], left, &cost, &whole, err);
        left -= cost < left ? cost : left;
        if (in_order && whole)
            trim->after = ages[i].seq;
        trim->more = in_order && (i + 1 < n || n == LOOK_AT_ONCE || !whole);
    }
    return status;
}

enum cw_status store_trim(struct store *store, struct store_trim *trim, struct cw_error *err)
{
    struct store_age ages[LOOK_AT_ONCE];
    size_t n = 0;
    enum cw_status status = store_may_write(store, err);
    trim->deleted = 0;
    trim->more = false;
    if (!status)
        status = store->ops->ages(store->b, trim->after, LOOK_AT_ONCE, ages, &n, err);
    if (!status)
        status = walk(store, trim, ages, n, err);
    return store_wrote(store, status);
}
