#include "room.h"

#include "log.h"
#include "metrics.h"

#include <stdio.h>

enum {
    LOOK_MS = 100,          /* a burst fills a disk soon */
    ENOUGH_PART = 20,       /* of the volume, whatever the mark says */
    LAST_PART = 4,          /* of the mark: there the reserve is given up */
    REST_PART = 2,          /* of the mark: no call begins, once the reserve is gone */
    SLACK_PART = 4,         /* of the mark: not back and forth at once */
    LEFT_BYTES = 256 << 10, /* below the cap */
};

static int64_t mark_of(const struct room *r, const struct store_room *now)
{
    int64_t enough = now->volume_bytes / ENOUGH_PART;
    return r->mark_bytes < enough ? r->mark_bytes : enough;
}

/* What has to be free for the level to get better: with room for a reserve that is not there. */
static int64_t wanted(const struct room *r, const struct store_room *now)
{
    int64_t mark = mark_of(r, now);
    return mark + mark / SLACK_PART + (now->reserve ? 0 : now->reserve_bytes);
}

static bool is_back(const struct room *r, const struct store_room *now)
{
    return now->free_bytes >= wanted(r, now) && now->left_bytes >= 2 * LEFT_BYTES;
}

static enum room_level level_of(const struct room *r, const struct store_room *now, bool full)
{
    int64_t mark = mark_of(r, now);
    bool is_tight = now->free_bytes < (full ? mark : mark / LAST_PART);
    if (is_tight || (r->level == ROOM_SPENT && !is_back(r, now)))
        return ROOM_SPENT;
    if (r->level == ROOM_LOW ? !is_back(r, now)
                             : full || now->free_bytes < mark || now->left_bytes < LEFT_BYTES)
        return ROOM_LOW;
    return ROOM_GOOD;
}

static void explain(struct room *r, const struct store_room *now)
{
    if (r->level == ROOM_GOOD)
        r->why[0] = '\0';
    else if (now->left_bytes < 2 * LEFT_BYTES)
        snprintf(r->why, sizeof r->why, "the journal has reached its journal.max_size");
    else if (now->free_bytes >= wanted(r, now))
        snprintf(r->why, sizeof r->why, "the journal could not be written a moment ago");
    else
        snprintf(r->why, sizeof r->why,
                 "the journal's volume is almost full: %lld KiB are free, %lld KiB have to be",
                 (long long)now->free_bytes / 1024, (long long)wanted(r, now) / 1024);
}

static void show(const struct room *r, const struct store_room *now, bool changed)
{
    if (now->free_bytes < INT64_MAX)
        metric_set(METRIC_journal_free, now->free_bytes);
    metric_set(METRIC_journal_refuses, r->level != ROOM_GOOD);
    if (changed && r->level != ROOM_GOOD)
        LOG(LOG_ERROR, "no room: deliveries are refused", F_S("reason", r->why));
    else if (changed)
        LOG(LOG_WARN, "there is room again: deliveries are taken",
            F_I("free_kib", now->free_bytes / 1024));
}

/* Without a reserve it is worse, but not bad as long as there is room. */
static enum cw_status care_for_reserve(struct room *r, struct store *store,
                                       const struct store_room *now)
{
    struct cw_error err;
    bool wanted = r->level == ROOM_GOOD;
    if (r->level == ROOM_LOW || wanted == now->reserve)
        return CW_OK;
    enum cw_status st = store_reserve(store, wanted, &err);
    if (st && st != CW_ELIMIT && !r->told)
        LOG(LOG_WARN, "the journal is without a reserve", F_S("reason", err.text));
    r->told = st && st != CW_ELIMIT;
    return st;
}

static enum cw_status judge(struct room *r, struct store *store, bool full, struct store_room *now,
                            struct cw_error *err)
{
    enum cw_status st = store_room(store, now, err);
    if (st)
        return st;
    r->level = level_of(r, now, full);
    st = care_for_reserve(r, store, now);
    if (st == CW_ELIMIT)
        r->level = ROOM_LOW;
    return st ? CW_OK : store_room(store, now, err);
}

enum cw_status room_turn(struct room *r, struct store *store, int64_t steady_ms, bool full,
                         struct cw_error *err)
{
    struct store_room now;
    bool was_good = r->level == ROOM_GOOD;
    if (steady_ms < r->next_ms && !full)
        return CW_OK;
    r->next_ms = steady_ms + LOOK_MS;
    enum cw_status st = judge(r, store, full, &now, err);
    if (st)
        return st;
    r->rests = r->level == ROOM_SPENT && now.free_bytes < mark_of(r, &now) / REST_PART;
    explain(r, &now);
    show(r, &now, was_good != (r->level == ROOM_GOOD));
    return CW_OK;
}
