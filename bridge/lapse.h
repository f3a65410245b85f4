/* lapse: the time that passes between two lives of the daemon.
 *
 * Times in the journal are those of the wall clock. When the clock is found to stand before the
 * last moment that the journal knows, somebody has set it back: how long the daemon was away is
 * unknown then, but what counts a duration (waits, throttle windows, clocks, facts with `for`,
 * back-offs) has at most as long to go as it had at that moment, and gets just that. What names a
 * moment of the calendar (`at`, schedules) stays where it is. A clock that went forward cannot be
 * told from a long absence, and is taken for one. While the daemon lives it can tell both from the
 * time that passes, and knows by how much. */
#ifndef LAPSE_H
#define LAPSE_H

#include "store/store.h"

/* At the start, before anything is due. *back_ms: how far the clock was set back; 0: it was not. */
enum cw_status lapse_settle(struct store *store, int64_t now_ms, int64_t *back_ms,
                            struct cw_error *err) CW_CHECKED;
/* The clock was set while the daemon lives; it is now_ms by the new one. */
enum cw_status lapse_step(struct store *store, int64_t now_ms, int64_t step_ms,
                          struct cw_error *err) CW_CHECKED;
/* Now and then, and at the end: this moment was reached. */
enum cw_status lapse_keep(struct store *store, int64_t now_ms, struct cw_error *err) CW_CHECKED;

#endif
