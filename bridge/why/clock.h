/* why/clock: matching an event of the clock once more: a tick of a schedule, or a silence. */
#ifndef WHY_CLOCK_H
#define WHY_CLOCK_H

#include "store/store.h"

#include <clockwire/rules.h>

struct why_clock {
    struct cw_matcher *matcher;
    const struct cw_ruleset *rules;
    const struct cw_trace *trace;
    struct cw_arena *arena;
};

bool why_is_clock(const struct store_event *event);
/* Its `used` is what the journal kept of it. Returns: CW_NOMEM. */
enum cw_status why_match_clock(const struct why_clock *w, struct cw_event *event,
                               struct cw_matches *out) CW_CHECKED;

#endif
