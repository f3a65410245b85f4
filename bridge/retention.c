#include "retention.h"

#include "log.h"
#include "metrics.h"

enum {
    STEP_ROWS = 96,
    PAUSE_MS = 20,      /* between two steps of a walk: others have their turns */
    PATIENCE_MS = 200,  /* so long a step lets deliveries go first */
    LOOK_MS = 60000,    /* between two walks, at most */
    AGAIN_MS = 3600000, /* when those that stayed are looked at again, at the latest */
    TROUBLE_MS = 10000,
    PART = 5 /* of the time is for steps, at most: a disk may be slow */
};

/* Who keeps events for a short time wants them gone soon. */
static int64_t pace(const struct retention *r, int64_t most_ms)
{
    int64_t soon_ms = r->done_ms / 8 > 1000 ? r->done_ms / 8 : 1000;
    return soon_ms < most_ms ? soon_ms : most_ms;
}

static enum cw_status step(struct store *store, struct store_trim *trim, struct cw_error *err)
{
    enum cw_status st = store_begin(store, err);
    if (st)
        return st;
    st = store_trim(store, trim, err);
    if (!st && (trim->deleted || trim->more))
        return store_commit(store, err);
    store_rollback(store); /* nothing to write */
    return st;
}

static void begin_walk(struct retention *r, int64_t steady_ms)
{
    if (steady_ms < r->again_ms)
        return;
    r->after = 0;
    r->again_ms = steady_ms + pace(r, AGAIN_MS);
}

void retention_took(struct retention *r, int64_t ms)
{
    if (r->walks)
        r->next_ms += PART * ms;
}

enum cw_status retention_turn(struct retention *r, struct store *store, int64_t steady_ms,
                              int64_t now_ms, bool busy, struct cw_error *err)
{
    if (steady_ms < r->next_ms || (busy && steady_ms < r->next_ms + PATIENCE_MS))
        return CW_OK;
    begin_walk(r, steady_ms);
    struct store_trim trim = {.now_ms = now_ms,
                              .done_before_ms = now_ms - r->done_ms,
                              .dead_before_ms = now_ms - r->dead_ms,
                              .rows = STEP_ROWS,
                              .after = r->after};
    enum cw_status st = step(store, &trim, err);
    r->walks = !st && trim.more;
    r->next_ms = steady_ms + (st ? TROUBLE_MS : trim.more ? PAUSE_MS : pace(r, LOOK_MS));
    if (st)
        return st == CW_EIO ? st : CW_OK; /* later may do */
    r->after = trim.after;
    metric_add(METRIC_events_deleted, (int64_t)trim.deleted);
    return CW_OK;
}
