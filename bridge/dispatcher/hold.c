/* Holds: a lane whose person is held begins nothing; it wakes when the hold ends, or when its call
 * would come too late. What passes (hold, release, reply) is done in between, unless an earlier
 * step of its own run is still to be done; so are the later steps of the run that began the hold.
 */
#include "hold.h"
#include "dispatcher/priv.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Another call of the lane that passes, in place of its head. */
static enum cw_status let_pass(struct dispatcher *d, struct lane *lane, bool *passes,
                               struct cw_error *err)
{
    struct store_call call;
    struct cw_error none;
    enum cw_status st =
        store_lane_passing(d->deps.store, cw_text_of(lane->person), d->arena, &call, &none);
    *passes = !st;
    if (st)
        return st == CW_ENOENT ? CW_OK : cw_fail(err, st, "%s", none.text);
    lane_forget_head(lane);
    lane->head = head_of(&call);
    return late_inherit(d, lane->head, err);
}

enum cw_status hold_check(struct dispatcher *d, struct lane *lane, int64_t *due_ms,
                          struct cw_error *err)
{
    const struct head *h = lane->head;
    struct hold hold;
    struct cw_error none;
    bool passes = action_passes(cw_text_of(h->action));
    lane->is_held = lane->is_exempt = false;
    if (!d->may_hold || passes || !head_is_settled(h))
        return CW_OK;
    cw_arena_reset(d->arena);
    enum cw_status st =
        hold_find(d->deps.store, lane->person, h->run, d->now_ms, d->arena, &hold, &none);
    if (st == CW_ENOENT) /* or its own run is what holds */
        lane->is_exempt =
            !hold_find(d->deps.store, lane->person, 0, d->now_ms, d->arena, &hold, &none);
    if (st)
        return st == CW_ENOENT ? CW_OK : cw_fail(err, st, "%s", none.text);
    if (late_is(d, h))
        return CW_OK; /* it is dropped */
    int64_t late_ms = h->expires_ms ? h->expires_ms + 1 : INT64_MAX;
    st = let_pass(d, lane, &passes, err);
    if (st || passes) {
        lane->is_exempt = true;
        *due_ms = d->now_ms;
        return st;
    }
    lanes_pull(&d->lanes, lane);
    breaker_end_probe(d, lane); /* another lane asks whether awork is back */
    lane->is_held = true;
    *due_ms = hold.until_ms < late_ms ? hold.until_ms : late_ms;
    return CW_OK;
}

/* ---- Who holds, and who ends it ---- */

enum cw_status hold_prepare(struct dispatcher *d, const struct lane *lane, struct action_turn *turn,
                            struct cw_error *err)
{
    struct hold hold;
    if (!d->may_hold || strcmp(lane->head->action, "release") != 0)
        return CW_OK;
    enum cw_status st = hold_get(d->deps.store, lane->person, d->arena, &hold, err);
    turn->is_held = !st && hold.until_ms > d->now_ms;
    if (!st || st == CW_ENOENT)
        st = hold_get(d->deps.store, NULL, d->arena, &hold, err);
    if (!st && hold.until_ms > d->now_ms)
        turn->held_all =
            hold_text(&hold, turn->person ? turn->person->zone : NULL, d->now_ms, d->arena);
    return st == CW_ENOENT ? CW_OK : st;
}

static enum cw_status begin_hold(struct dispatcher *d, const struct lane *lane,
                                 const struct action_verdict *v, struct cw_error *err)
{
    const struct head *h = lane->head;
    struct hold hold = {.since_ms = d->now_ms,
                        .until_ms = v->hold_until_ms,
                        .rule = h->rule,
                        .event = h->event,
                        .run = h->run};
    return hold_put(d->deps.store, lane->person, &hold, err);
}

enum cw_status hold_keep(struct dispatcher *d, const struct lane *lane, struct action_verdict *v,
                         struct cw_error *err)
{
    struct cw_error why;
    if (!v->hold)
        return CW_OK;
    enum cw_status st = v->hold == ACTION_HOLD
                            ? begin_hold(d, lane, v, &why)
                            : hold_end(d->deps.store, lane->person, d->now_ms, d->arena, &why);
    if (st == CW_EDENIED) {
        const char *reason = cw_arena_copy(d->arena, cw_text_of(why.text));
        *v = (struct action_verdict){.what = ACTION_DEAD, .reason = reason ? reason : ""};
        return CW_OK;
    }
    if (st && st != CW_ENOENT)
        return cw_fail(err, st, "%s", why.text);
    note_end(d, LOG_INFO, v->hold == ACTION_HOLD ? "held by a rule" : "released by a rule", lane,
             "");
    dispatcher_held(d, lane->person);
    return CW_OK;
}

/* ---- When it changes ---- */

struct waking {
    struct dispatcher *d;
    const char *person; /* NULL: everybody */
};

/* It finds out by itself whether it is held. One that waits with a request goes on with it. */
static void wake(void *ctx, struct lane *lane)
{
    const struct waking *w = ctx;
    if (lane->state == LANE_FLYING || lane->parcel ||
        (w->person && strcmp(w->person, lane->person) != 0) ||
        (lane->head && !head_is_settled(lane->head)))
        return;
    lane->is_free = true;
    lanes_push(&w->d->lanes, lane, w->d->now_ms);
}

void dispatcher_held(struct dispatcher *d, const char *person)
{
    struct waking w = {d, person};
    d->may_hold = true;
    lanes_each(&d->lanes, wake, &w);
}
