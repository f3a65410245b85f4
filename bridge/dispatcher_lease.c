/* Whose lane it is: taken in the transaction in which a call begins, renewed by attempts. An attempt
 * always ends within its lease, in an answer or by its timeout. */
#include "dispatcher_priv.h"

enum { SPARE_MS = 10000 };

/* Held for this and the next attempts, so that few of them have to renew it. */
static int64_t lease_ms(const struct dispatcher *d)
{
    return 3 * (d->deps.people->target.timeout_ms + SPARE_MS);
}

static bool is_held(const struct dispatcher *d, const struct lane *lane)
{
    return lane->epoch && lane->leased_ms - d->now_ms >= lease_ms(d) / 3;
}

enum cw_status lease_hold(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct store *store = d->deps.store;
    struct store_lease lease = {.person = cw_text_of(lane->person),
                                .owner = cw_text_of(d->deps.owner ? d->deps.owner : ""),
                                .epoch = lane->epoch,
                                .until_ms = d->now_ms + lease_ms(d)};
    if (is_held(d, lane))
        return CW_OK;
    cw_arena_reset(d->arena);
    enum cw_status st = lane->epoch ? store_lease_renew(store, &lease, d->arena, err)
                                    : store_lease_take(store, &lease, d->now_ms, !d->deps.is_shared,
                                                       d->arena, err);
    if (st == CW_OK || st == CW_EBUSY)
        lane->leased_ms = lease.until_ms;
    if (st == CW_OK)
        lane->epoch = lease.epoch;
    return st;
}
