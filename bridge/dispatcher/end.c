/* The end of a call: what is written with it, and who is told. */
#include "dispatcher/priv.h"
#include "metrics.h"
#include "xalloc.h"

#include <stdlib.h>

static enum cw_status end_run(struct dispatcher *d, const struct lane *lane, bool later_too,
                              const char *reason, struct cw_error *err)
{
    const struct head *h = lane->head;
    enum cw_status st = CW_OK;
    if (later_too)
        st = store_calls_end(d->deps.store, h->run, h->step, STORE_CALL_SKIPPED, cw_text_of(reason),
                             d->now_ms, err);
    return st ? st : store_run_settle(d->deps.store, h->run, d->now_ms, err);
}

static void tell_end(struct dispatcher *d, const struct lane *lane, const struct action_verdict *v)
{
    metric_add(v->is_collapsed             ? METRIC_calls_collapsed
               : v->what == ACTION_DONE    ? METRIC_calls_done
               : v->what == ACTION_SKIPPED ? METRIC_calls_skipped
                                           : METRIC_calls_dead,
               1);
    metric_add(METRIC_rule_limits, v->is_limit);
    if (v->what == ACTION_DEAD)
        note_end(d, LOG_WARN, "this call can never succeed", lane, v->reason);
    if (v->warns)
        note_end(d, LOG_WARN, v->warns, lane, v->reason);
    if (v->log)
        note_say(d, lane, v->log);
}

static void tell_watcher(const struct dispatcher *d, const struct lane *lane,
                         enum store_call_state state, const struct action_verdict *v)
{
    const struct head *h = lane->head;
    if (!d->ended)
        return;
    json_t *shown = h->args ? action_shown_args(h->args, h->progress) : NULL;
    auto_free char *args = shown ? json_dumps(shown, JSON_COMPACT) : NULL;
    json_decref(shown);
    struct dispatcher_end end = {lane->person,
                                 h->rule,
                                 h->action,
                                 v->reason,
                                 args ? args : "{}",
                                 state,
                                 state == STORE_CALL_DONE &&
                                     (v->has_timer || !action_is_of_timer(cw_text_of(h->action)))};
    d->ended(d->ended_ctx, &end);
}

enum cw_status turn_end(struct dispatcher *d, struct lane *lane, const struct action_verdict *v,
                        struct cw_error *err)
{
    enum store_call_state state = v->what == ACTION_DONE      ? STORE_CALL_DONE
                                  : v->what == ACTION_SKIPPED ? STORE_CALL_SKIPPED
                                                              : STORE_CALL_DEAD;
    bool is_dead = v->what == ACTION_DEAD;
    const char *later = is_dead ? STORE_EARLIER_FAILED : v->reason;
    enum cw_status st = turn_save(d, lane, state, d->now_ms, v->reason, err);
    if (!st)
        st = sight_keep(d, lane, v, err);
    if (!st && v->what == ACTION_DONE)
        st = fact_keep(d, lane, v, err);
    if (!st)
        st = end_run(d, lane, turn_ends_run(v), later, err);
    if (!st)
        st = backlog_end(d, lane, v, err);
    reply_note(d, lane, v);
    tell_end(d, lane, v);
    tell_watcher(d, lane, state, v);
    breaker_end_probe(d, lane);
    edge_forget(d, lane);
    lane_forget_head(lane);
    lane->state = LANE_UNREAD;
    lane->is_free = true;
    lanes_push(&d->lanes, lane, d->now_ms); /* behind those who wait already */
    return st;
}
