/* upkeep: what the daemon does for its journal between two turns: moves the log to the file, lets
 * go of what need not be kept, watches the room, keeps the time. */
#ifndef UPKEEP_H
#define UPKEEP_H

#include "config.h"
#include "engine/engine.h"
#include "retention.h"
#include "room.h"

struct upkeep {
    struct store *store;
    struct engine *engine;
    struct dispatcher *dispatcher;
    struct retention retention;
    struct room room;
    int64_t tidy_ms, kept_ms; /* on the steady clock: when these were last done */
    int64_t stepped_ms;       /* since when it is known that the clock was set; 0: it was not */
    bool clock_set;           /* in the last turn */
};

/* At the start and with each reload: a shorter time counts at once. */
void upkeep_set(struct upkeep *u, const struct config *config);
/* Returns: CW_EIO when the journal failed: the process has to end. */
enum cw_status upkeep_turn(struct upkeep *u, int64_t steady_ms, int64_t now_ms,
                           struct cw_error *err) CW_CHECKED;
/* The journal knows the time, should the clock be set back before the next start. A disk that is
 * full can wait. */
enum cw_status upkeep_keep_time(struct upkeep *u, int64_t now_ms, struct cw_error *err) CW_CHECKED;
/* Somebody has set the wall clock, by step_ms from what now_ms is: the journal, the engine and the
 * dispatcher follow. What counts a duration goes on as it was, what is dated keeps its moment. */
enum cw_status upkeep_clock_set(struct upkeep *u, int64_t now_ms, int64_t step_ms,
                                struct cw_error *err) CW_CHECKED;
/* When it is wanted next, on the steady clock. */
int64_t upkeep_next_ms(const struct upkeep *u);

#endif
