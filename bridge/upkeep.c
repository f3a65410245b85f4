#include "upkeep.h"

#include "lapse.h"

enum { IDLE_MS = 1000, KEEP_MS = 30000 };

void upkeep_set(struct upkeep *u, const struct config *config)
{
    u->room.mark_bytes = (int64_t)config->min_free_bytes;
    u->retention = (struct retention){config->keep_done_ms, config->keep_dead_ms, 0, 0, 0};
}

/* The log of the journal is moved to its file when there is time, or when there is enough of it. */
static enum cw_status tidy(struct upkeep *u, int64_t steady_ms, struct cw_error *err)
{
    bool idle = steady_ms - u->tidy_ms >= IDLE_MS && !engine_queue(u->engine);
    enum store_pace rest = u->room.level == ROOM_GOOD ? STORE_IDLE : STORE_TIGHT;
    if (idle)
        u->tidy_ms = steady_ms;
    return store_tidy(u->store, idle ? rest : STORE_BUSY, err);
}

/* When there is room again, the first commit shows it. */
static enum cw_status watch_room(struct upkeep *u, int64_t steady_ms, int64_t now_ms,
                                 struct cw_error *err)
{
    bool was_good = u->room.level == ROOM_GOOD;
    bool full = was_good && engine_trouble(u->engine);
    enum cw_status st = room_turn(&u->room, u->store, steady_ms, full, err);
    if (st)
        return st;
    if (!was_good && u->room.level == ROOM_GOOD) {
        st = lapse_keep(u->store, now_ms, err);
        if (!st)
            engine_set_well(u->engine);
    }
    engine_close(u->engine, u->room.level == ROOM_GOOD ? NULL : u->room.why, u->room.rests);
    dispatcher_rest(u->dispatcher, u->room.rests);
    return st == CW_ELIMIT ? CW_OK : st;
}

enum cw_status upkeep_keep_time(struct upkeep *u, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = lapse_keep(u->store, now_ms, err);
    return st == CW_ELIMIT ? CW_OK : st;
}

enum cw_status upkeep_turn(struct upkeep *u, int64_t steady_ms, int64_t now_ms,
                           struct cw_error *err)
{
    enum cw_status st = tidy(u, steady_ms, err);
    if (!st)
        st = watch_room(u, steady_ms, now_ms, err);
    if (!st)
        st = retention_turn(&u->retention, u->store, steady_ms, now_ms, engine_queue(u->engine) > 0,
                            err);
    if (st || steady_ms - u->kept_ms < KEEP_MS || engine_is_idle(u->engine))
        return st;
    u->kept_ms = steady_ms;
    return upkeep_keep_time(u, now_ms, err);
}

int64_t upkeep_next_ms(const struct upkeep *u)
{
    return u->retention.next_ms;
}
