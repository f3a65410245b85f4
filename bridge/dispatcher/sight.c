/* What an answer of awork shows of a timer: it is kept, and where somebody changed the timer by
 * hand, what is pending gives way. */
#include "dispatcher/priv.h"
#include "hand.h"
#include "metrics.h"
#include "tell.h"
#include "xalloc.h"

#include <stdio.h>

static enum cw_status put(struct dispatcher *d, const struct lane *lane,
                          const struct store_timer *timer, struct cw_error *err)
{
    struct store_timer row = *timer;
    row.person = cw_text_of(lane->person);
    row.changed_ms = d->now_ms;
    return store_timer_put(d->deps.store, &row, err);
}

/* A call that ends in doubt: whatever is seen next, nobody can tell whose it is. */
static enum cw_status know_nothing(struct dispatcher *d, const struct lane *lane,
                                   struct cw_error *err)
{
    struct store_timer timer;
    struct cw_error none;
    enum cw_status st =
        store_timer_get(d->deps.store, cw_text_of(lane->person), d->arena, &timer, &none);
    if (st)
        return st == CW_ENOENT ? CW_OK : cw_fail(err, st, "%s", none.text);
    timer.state = STORE_TIMER_UNKNOWN;
    return put(d, lane, &timer, err);
}

enum cw_status sight_keep(struct dispatcher *d, const struct lane *lane,
                          const struct action_verdict *v, struct cw_error *err)
{
    const struct head *h = lane->head;
    struct store_timer timer = v->timer;
    timer.call = h->id;
    if (v->has_timer)
        return put(d, lane, &timer, err);
    if (head_is_settled(h) || !action_is_of_timer(cw_text_of(h->action)))
        return CW_OK;
    return know_nothing(d, lane, err);
}

static struct action_verdict *skip(struct dispatcher *d, struct action_verdict *v, char *reason)
{
    const char *copy = cw_arena_copy(d->arena, cw_text_of(reason));
    free(reason);
    *v = (struct action_verdict){.what = ACTION_SKIPPED, .reason = copy ? copy : "", .saw = v->saw};
    return v;
}

/* The call whose own look saw it: what has waited since before gives way, too. */
static enum cw_status yield(struct dispatcher *d, const struct lane *lane, int64_t at_ms,
                            const char *seen_by, struct action_verdict *v, struct cw_error *err)
{
    struct store_run run;
    bool beaten = false;
    enum cw_status st = store_run_get(d->deps.store, lane->head->run, d->arena, &run, err);
    if (!st)
        st = hand_beats(d->deps.store, &run, at_ms, d->arena, &beaten, err);
    if (!st && beaten)
        skip(d, v, hand_reason(seen_by))->ends_run = true;
    return st;
}

enum cw_status sight_heed(struct dispatcher *d, struct lane *lane, struct action_verdict *v,
                          struct cw_error *err)
{
    const struct judged saw = v->saw;
    char seen_by[64];
    size_t n = 0;
    enum cw_status st = saw.is_new ? put(d, lane, &saw.timer, err) : CW_OK;
    if (st || !v->by_hand)
        return st;
    snprintf(seen_by, sizeof seen_by, "seen by call %lld", (long long)lane->head->id);
    struct hand hand = {.person = cw_text_of(lane->person),
                        .seen_by = seen_by,
                        .at_ms = saw.at_ms ? saw.at_ms : d->now_ms,
                        .now_ms = d->now_ms,
                        .quiet_ms = d->deps.people->target.quiet_ms};
    st = hand_wins(d->deps.store, &hand, d->arena, &n, err);
    if (!st && v->what == ACTION_SEND)
        st = yield(d, lane, hand.at_ms, seen_by, v, err);
    return st;
}

enum cw_status sight_quiet(struct dispatcher *d, const struct lane *lane, struct action_verdict *v,
                           bool *is_quiet, struct cw_error *err)
{
    const struct head *h = lane->head;
    struct store_run run;
    int64_t until_ms = 0;
    char text[CW_CLOCK_TEXT];
    *is_quiet = false;
    if (!d->deps.people->target.quiet_ms || !action_is_of_timer(cw_text_of(h->action)))
        return CW_OK;
    enum cw_status st =
        hand_quiet(d->deps.store, cw_text_of(lane->person), d->now_ms, d->arena, &until_ms, err);
    if (st || !until_ms)
        return st;
    st = store_run_get(d->deps.store, h->run, d->arena, &run, err);
    if (st || run.yields == STORE_YIELDS_NEVER)
        return st;
    const struct person *person = people_find(d->deps.people, lane->person);
    const char *clock = cw_clock_short(person ? person->zone : NULL, until_ms, d->now_ms, text);
    skip(d, v, xprintf("quiet until %s: the timer was changed by hand", clock));
    v->is_muted = *is_quiet = true;
    return CW_OK;
}

bool dispatcher_in_doubt(struct dispatcher *d, struct cw_text person, struct cw_arena *arena)
{
    struct store_call call;
    struct cw_error none;
    auto_free char *name = xtext(person);
    struct lane *lane = lanes_find(&d->lanes, name);
    if (!lane || backlog_head(d, lane, arena, &call, &none))
        return false;
    json_t *progress = tell_read(call.progress, 0);
    bool is_out = call.state == STORE_CALL_SENT && !action_is_asking(progress);
    bool in_doubt = is_out || action_in_doubt(progress);
    json_decref(progress);
    return in_doubt && action_is_of_timer(call.action);
}
