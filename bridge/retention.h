/* retention: what the journal need not keep any more goes, in small steps between the turns.
 *
 * A step is a transaction of its own: what it cannot do harms no delivery and no call. While
 * somebody waits for a commit it holds back, but not for ever. */
#ifndef RETENTION_H
#define RETENTION_H

#include "store/store.h"

struct retention {
    int64_t done_ms, dead_ms; /* how long is kept what has ended, and what has a dead call */
    int64_t next_ms;          /* on the steady clock: when a step is due */
    int64_t again_ms;         /* when all is looked at once more, those that stayed too */
    int64_t after;            /* how far the walk has come */
    bool walks;               /* the next step is due soon */
};

/* Takes a step when it is due. `busy`: deliveries wait. A full disk is no failure.
 * Returns: CW_EIO when the journal failed. */
enum cw_status retention_turn(struct retention *r, struct store *store, int64_t steady_ms,
                              int64_t now_ms, bool busy, struct cw_error *err) CW_CHECKED;

/* How long that was, for the next step to keep its distance. */
void retention_took(struct retention *r, int64_t ms);

#endif
