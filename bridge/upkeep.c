#include "upkeep.h"

#include "clock.h"
#include "lapse.h"
#include "log.h"

enum {
    IDLE_MS = 1000,
    KEEP_MS = 30000,
    STEP_MS = 2000,      /* less is not worth it */
    PATIENCE_MS = 60000, /* so long what is in flight may take before the clock is followed */
};

void upkeep_set(struct upkeep *u, const struct config *config)
{
    u->room.mark_bytes = (int64_t)config->min_free_bytes;
    u->retention =
        (struct retention){.done_ms = config->keep_done_ms, .dead_ms = config->keep_dead_ms};
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
    dispatcher_rest(u->dispatcher, u->room.rests || u->stepped_ms);
    return st == CW_ELIMIT ? CW_OK : st;
}

enum cw_status upkeep_keep_time(struct upkeep *u, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = lapse_keep(u->store, now_ms, err);
    return st == CW_ELIMIT ? CW_OK : st;
}

enum cw_status upkeep_clock_set(struct upkeep *u, int64_t now_ms, int64_t step_ms,
                                struct cw_error *err)
{
    enum cw_status st = lapse_step(u->store, now_ms + step_ms, step_ms, err);
    if (st)
        return st;
    LOG(LOG_WARN, "the clock was set: schedules follow it, what waits has as long to go as before",
        F_I("seconds", step_ms / 1000));
    engine_clock_set(u->engine);
    return dispatcher_clock_set(u->dispatcher, step_ms, now_ms + step_ms, err);
}

/* When nothing is in flight, so that no answer is lost by it. A full disk makes it wait. */
static enum cw_status watch_clock(struct upkeep *u, int64_t steady_ms, bool *set,
                                  struct cw_error *err)
{
    int64_t step_ms = clock_step_ms();
    *set = false;
    if (step_ms < STEP_MS && step_ms > -STEP_MS) {
        u->stepped_ms = 0;
        return CW_OK;
    }
    u->stepped_ms = u->stepped_ms ? u->stepped_ms : steady_ms;
    dispatcher_rest(u->dispatcher, true);
    if (dispatcher_in_flight(u->dispatcher) && steady_ms - u->stepped_ms < PATIENCE_MS)
        return CW_OK;
    enum cw_status st = upkeep_clock_set(u, clock_now_ms(), step_ms, err);
    if (st)
        return st == CW_ELIMIT ? CW_OK : st;
    clock_settle();
    u->stepped_ms = 0;
    *set = true;
    return CW_OK;
}

static enum cw_status trim(struct upkeep *u, int64_t now_ms, struct cw_error *err)
{
    int64_t begun_ms = clock_steady_ms();
    if (begun_ms < u->retention.next_ms)
        return CW_OK;
    bool busy = engine_queue(u->engine) > 0;
    enum cw_status st = retention_turn(&u->retention, u->store, begun_ms, now_ms, busy, err);
    retention_took(&u->retention, clock_steady_ms() - begun_ms);
    return st;
}

enum cw_status upkeep_turn(struct upkeep *u, int64_t steady_ms, int64_t now_ms,
                           struct cw_error *err)
{
    enum cw_status st = tidy(u, steady_ms, err);
    if (!st)
        st = watch_clock(u, steady_ms, &u->clock_set, err);
    if (u->clock_set)
        now_ms = clock_now_ms();
    if (!st)
        st = watch_room(u, steady_ms, now_ms, err);
    if (!st)
        st = trim(u, now_ms, err);
    if (st || steady_ms - u->kept_ms < KEEP_MS || engine_is_idle(u->engine))
        return st;
    u->kept_ms = steady_ms;
    return upkeep_keep_time(u, now_ms, err);
}

int64_t upkeep_next_ms(const struct upkeep *u)
{
    return u->retention.next_ms;
}
