/* Whose lane it is: taken in the transaction in which a call begins, renewed by attempts. An
 * attempt always ends within its lease, by an answer or by its timeout. Who shares the journal with
 * others believes only what the store says after a lane was taken. */
#include "dispatcher/priv.h"

enum { SPARE_MS = 10000, LEASES = 3 /* so many attempts at least go by without a renewal */ };

static int64_t attempt_ms(const struct dispatcher *d)
{
    return d->deps.people->target.timeout_ms + SPARE_MS;
}

static enum cw_status take_or_renew(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct store_lease lease = {.person = cw_text_of(lane->person),
                                .owner = cw_text_of(d->deps.owner ? d->deps.owner : ""),
                                .epoch = lane->epoch,
                                .until_ms = d->now_ms + LEASES * attempt_ms(d)};
    enum cw_status st = lane->epoch ? store_lease_renew(d->deps.store, &lease, d->arena, err)
                                    : store_lease_take(d->deps.store, &lease, d->now_ms,
                                                       !d->deps.is_shared, d->arena, err);
    lane->leased_ms = lease.until_ms;
    lane->epoch = lease.epoch;
    return st;
}

enum cw_status lease_prolong(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    return lane->leased_ms - d->now_ms >= attempt_ms(d) ? CW_OK : take_or_renew(d, lane, err);
}

bool lease_hold(struct dispatcher *d, struct lane *lane, enum cw_status *st, struct cw_error *err)
{
    bool is_known = lane->epoch && lane->leased_ms > d->now_ms;
    *st = CW_OK;
    if (is_known)
        return true;
    lane->epoch = 0;
    backlog_distrust(lane);
    *st = take_or_renew(d, lane, err);
    if (*st == CW_EBUSY) {
        *st = CW_OK;
        dispatcher_unread(d, lane, lane->leased_ms); /* somebody else has it so long */
        return false;
    }
    if (*st || !d->deps.is_shared)
        return !*st;
    lane->taken_ms = d->now_ms;
    dispatcher_unread(d, lane, d->now_ms);
    return false;
}
