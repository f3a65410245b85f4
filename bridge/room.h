/* room: whether the journal has room for what comes, and what is to be done when it has not.
 *
 * Below the mark deliveries are refused, and what waits and acts goes on. When it comes to the
 * worst the reserve is given up; when that is used up, too, no call begins any more: what is left
 * is for the answers that are on their way. It is looked at all the time, so that all goes on by
 * itself soon after there is room again. */
#ifndef ROOM_H
#define ROOM_H

#include "store/store.h"

enum room_level {
    ROOM_GOOD,
    ROOM_LOW,  /* no more events */
    ROOM_SPENT /* and the reserve is given up */
};

struct room {
    int64_t mark_bytes; /* of the volume that is to be free; 5 % of it are enough */
    int64_t next_ms;    /* on the steady clock */
    enum room_level level;
    bool rests;    /* nothing may begin */
    bool told;     /* that there is no reserve */
    char why[120]; /* what /readyz says; empty when it is good */
};

/* Looks when it is time, or when a turn has found no room (`full`).
 * Returns: CW_EIO when the journal failed. */
enum cw_status room_turn(struct room *r, struct store *store, int64_t steady_ms, bool full,
                         struct cw_error *err) CW_CHECKED;

#endif
