/* The clock was set: every moment that the dispatcher has in mind is as far away as before. Lanes
 * are read anew, since the journal has moved theirs. */
#include "dispatcher/priv.h"

enum cw_status dispatcher_clock_set(struct dispatcher *d, int64_t step_ms, int64_t now_ms,
                                    struct cw_error *err)
{
    limiter_shift(d->limiter, step_ms);
    d->breaker.since_ms += step_ms;
    d->breaker.until_ms += step_ms;
    kinds_destroy(d->kinds);
    d->kinds = kinds_create();
    return dispatcher_load(d, now_ms, err);
}
