/* What a turn does with one lane: reads its head, takes the next step, writes what came of it. */
#include "dispatcher/priv.h"
#include "metrics.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    STALE_MS = 10000, /* a request that waited longer looks again first */
    MOST_STALE = 8,   /* doublings of that, for whom the rate lets through so seldom */
};

enum cw_status turn_save(struct dispatcher *d, const struct lane *lane, enum store_call_state state,
                         int64_t due_ms, const char *reason, struct cw_error *err)
{
    const struct head *h = lane->head;
    auto_free char *progress = json_dumps(h->progress, JSON_COMPACT);
    if (!progress)
        abort();
    struct store_call call = {.id = h->id,
                              .state = state,
                              .due_ms = due_ms,
                              .changed_ms = d->now_ms,
                              .tries = h->tries,
                              .progress = cw_text_of(progress),
                              .reason = cw_text_of(reason),
                              .epoch = lane->epoch};
    return store_call_save(d->deps.store, &call, err);
}

/* ---- A step of the action's machine ---- */

void turn_of(struct dispatcher *d, const struct lane *lane, struct action_turn *out)
{
    const struct head *h = lane->head;
    *out = (struct action_turn){
        .name = h->action,
        .rule = h->rule,
        .args = h->args,
        .args_text = cw_text_of(h->args_text),
        .condition = cw_text_of(h->condition),
        .progress = h->progress,
        .person = people_find(d->deps.people, lane->person),
        .people = d->deps.people,
        .without_token = d->deps.people->target.without_user_token,
        .kinds = d->kinds,
        .has_login = own_token_by_login(d, lane->person),
        .now_ms = d->now_ms,
        .created_ms = h->created_ms,
        .loaded_ms = d->loaded_ms,
        .arena = d->arena,
    };
}

/* `timer` is room for what is known of the person's. */
static enum cw_status read_turn(struct dispatcher *d, const struct lane *lane,
                                struct store_timer *timer, struct action_turn *out,
                                struct cw_error *err)
{
    struct cw_error none;
    enum cw_status st =
        store_timer_get(d->deps.store, cw_text_of(lane->person), d->arena, timer, &none);
    if (st && st != CW_ENOENT)
        return cw_fail(err, st, "%s", none.text);
    turn_of(d, lane, out);
    out->timer = st ? NULL : timer;
    return CW_OK;
}

static enum cw_status step(struct dispatcher *d, struct lane *lane,
                           const struct transport_answer *answer, struct action_verdict *out,
                           struct cw_error *err)
{
    const struct person *person = people_find(d->deps.people, lane->person);
    struct store_timer timer;
    cw_arena_reset(d->arena);
    if (!person || !lane->head->args) {
        *out = (struct action_verdict){.what = ACTION_DEAD,
                                       .reason = person ? "the stored arguments cannot be read"
                                                        : "the configuration has no such user"};
        return CW_OK;
    }
    struct action_turn turn;
    enum cw_status st = read_turn(d, lane, &timer, &turn, err);
    if (st)
        return st;
    turn.answer = answer;
    turn.asked_ms = lane->parcel ? lane->parcel->sent_ms : d->now_ms;
    st = reply_prepare(d, lane->head, &turn, err);
    if (!st)
        st = hold_prepare(d, lane, &turn, err);
    if (!st)
        *out = action_step(&turn);
    return st;
}

/* ---- What comes of a step ---- */

static void drop_parcel(struct dispatcher *d, struct lane *lane)
{
    d->begun -= lane->parcel && !lane->parcel->host;
    lane_forget_parcel(lane);
}

static enum cw_status send_now(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    bool may = limiter_take(d->limiter, d->now_ms, 0);
    assert(may);
    lane->is_probe = breaker_take(&d->breaker);
    metric_add(METRIC_probes, lane->is_probe);
    d->in_flight++;
    metric_add(METRIC_attempts, 1);
    return attempt_begin(d, lane, err);
}

static enum cw_status on_retry(struct dispatcher *d, struct lane *lane, struct action_verdict *v,
                               struct cw_error *err);

static enum cw_status on_send(struct dispatcher *d, struct lane *lane,
                              const struct action_verdict *v, struct cw_error *err)
{
    if (v->host) {
        breaker_end_probe(d, lane);
        return outside_begin(d, lane, v, err);
    }
    const char *why_not = v->own_token ? own_token_trouble(d, lane->person) : NULL;
    if (why_not) {
        struct action_verdict later = {
            .what = ACTION_RETRY, .cause = ACTION_TOKEN, .own_token = true, .reason = why_not};
        return on_retry(d, lane, &later, err);
    }
    struct parcel *p = xcalloc(1, sizeof *p);
    p->method = v->method;
    p->path = xstrdup(v->path);
    p->body = xstrdup(v->body);
    p->own_token = v->own_token;
    p->made_ms = d->now_ms;
    lane->parcel = p;
    d->begun++;
    if (!d->stopped && dispatcher_may_send(d, lane, d->now_ms))
        return send_now(d, lane, err);
    lane->state = LANE_WAITING;
    lane->is_free = false;
    lanes_push(&d->lanes, lane, d->now_ms);
    return turn_save(d, lane, STORE_CALL_READY, d->now_ms, "", err);
}

/* What has acted is not dead of what comes after it. */
static enum cw_status give_up(struct dispatcher *d, struct lane *lane,
                              const struct action_verdict *v, struct cw_error *err)
{
    auto_free char *reason = xprintf("gave up: %s", v->reason);
    struct action_verdict end = {.what = ACTION_DEAD, .reason = reason};
    struct store_timer timer;
    struct action_turn turn;
    enum cw_status st = read_turn(d, lane, &timer, &turn, err);
    if (!st && turn.person && action_has_acted(turn.progress))
        end = action_give_up(&turn, reason);
    return st ? st : turn_end(d, lane, &end, err);
}

static enum cw_status on_retry(struct dispatcher *d, struct lane *lane, struct action_verdict *v,
                               struct cw_error *err)
{
    bool is_token = v->cause == ACTION_TOKEN;
    bool is_login = is_token && v->own_token && own_token_by_login(d, lane->person);
    int64_t at_ms = v->outside ? outside_retry_at(d, lane)
                    : is_login ? own_token_retry_at(d, lane)
                               : turn_retry_at(d, lane, v);
    breaker_end_probe(d, lane);
    if (!is_login && turn_gives_up(d, lane, v)) /* to wait for a login is no failure */
        return give_up(d, lane, v, err);
    metric_add(METRIC_attempts_retried, 1);
    lane->state = LANE_WAITING;
    lane->waits_for_token = is_token;
    lane->waits_for_id = v->cause == ACTION_NO_ID;
    lane->is_free = v->outside;
    lanes_push(&d->lanes, lane, at_ms);
    /* With a token made good, a restart tries at once. */
    return turn_save(d, lane, STORE_CALL_READY, is_token ? d->now_ms : at_ms, v->reason, err);
}

static enum cw_status expire(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct action_verdict v = {.what = ACTION_SKIPPED};
    enum cw_status st = late_reason(d, lane->person, lane->head, &v.reason, err);
    if (st)
        return st;
    note_end(d, LOG_WARN, "this call came too late", lane, v.reason);
    return turn_end(d, lane, &v, err);
}

static bool acts_now(const struct lane *lane, const struct action_verdict *v)
{
    const json_t *progress = lane->head->progress;
    return v->what == ACTION_SEND && action_is_acting(progress) && !action_has_acted(progress);
}

static enum cw_status apply(struct dispatcher *d, struct lane *lane, struct action_verdict *v,
                            struct cw_error *err)
{
    bool is_quiet;
    enum cw_status st = sight_heed(d, lane, v, err);
    if (!st && acts_now(lane, v))
        st = sight_quiet(d, lane, v, &is_quiet, err);
    if (st)
        return st;
    if (acts_now(lane, v) && late_is(d, lane->head))
        return expire(d, lane, err);
    if (v->what == ACTION_SEND)
        return on_send(d, lane, v, err);
    if (v->what == ACTION_RETRY)
        return on_retry(d, lane, v, err);
    st = fact_check(d, lane, v, err);
    if (!st)
        st = hold_keep(d, lane, v, err);
    return st ? st : turn_end(d, lane, v, err);
}

/* ---- An answer ---- */

enum cw_status turn_answer(struct dispatcher *d, struct lane *lane, int64_t now_ms,
                           struct cw_error *err)
{
    struct action_verdict v;
    d->now_ms = now_ms;
    if (lane->parcel->host)
        outside_heed(d, lane->parcel);
    else
        d->in_flight--;
    enum cw_status st = step(d, lane, &lane->parcel->answer, &v, err);
    if (st)
        return st;
    if (!lane->parcel->host) {
        turn_heed(d, lane, &v);
        own_token_heed(d, lane, &v);
    }
    note_answer(d, lane, &v);
    st = attempt_end(d, lane, &v, err);
    drop_parcel(d, lane);
    return st ? st : apply(d, lane, &v, err);
}

/* ---- A beginning ---- */

/* A call that was found as sent: its machine learns that the answer is lost, and goes on. */
static enum cw_status resolve_doubt(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    static const struct transport_answer lost = {
        .outcome = TRANSPORT_LOST,
        .error = "no answer was recorded",
        .body = {"", 0},
        .rate = {-1, -1, -1, -1, -1, -1},
    };
    struct action_verdict v;
    enum cw_status st = attempt_lose(d, lane, err);
    lane->head->in_doubt = false;
    return st ? st : step(d, lane, &lost, &v, err);
}

/* Who has opted out since: nothing more begins for them. */
static bool opted_out(struct dispatcher *d, const struct lane *lane, struct action_verdict *out)
{
    const struct person *person = people_find(d->deps.people, lane->person);
    if (!person || !person->opted_out)
        return false;
    auto_free char *reason = xprintf("%s has opted out of automation", lane->person);
    cw_arena_reset(d->arena);
    *out = (struct action_verdict){.what = ACTION_SKIPPED,
                                   .ends_run = true,
                                   .reason = cw_arena_copy(d->arena, cw_text_of(reason))};
    return true;
}

static enum cw_status begin_step(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct action_verdict v = {0};
    bool quiet = false, settled = head_is_settled(lane->head);
    if (late_is(d, lane->head) && settled)
        return expire(d, lane, err);
    if (settled && opted_out(d, lane, &v))
        return turn_end(d, lane, &v, err);
    enum cw_status st = lane->head->in_doubt ? resolve_doubt(d, lane, err) : CW_OK;
    if (!st && settled)
        st = sight_quiet(d, lane, &v, &quiet, err);
    if (!st && !quiet)
        st = step(d, lane, NULL, &v, err);
    return st ? st : apply(d, lane, &v, err);
}

/* A narrow rate may hold up the request after every look: each time it is given longer. */
static bool is_fresh(struct lane *lane, int64_t now_ms)
{
    int64_t limit_ms = (int64_t)STALE_MS << lane->head->stale;
    if (now_ms - lane->parcel->made_ms <= limit_ms)
        return true;
    lane->head->stale += lane->head->stale < MOST_STALE;
    return false;
}

static bool asks_awork(struct dispatcher *d, const struct head *h)
{
    cw_arena_reset(d->arena);
    return h->args &&
           action_asks_awork(h->action, h->args, cw_text_of(h->condition), h->progress, d->arena);
}

static enum cw_status begin(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    bool goes = lane->is_exempt;
    enum cw_status st = goes ? CW_OK : backlog_begin(d, lane, &goes, err);
    if (st)
        return st;
    if (!goes && lane->state != LANE_UNREAD)
        lanes_push(&d->lanes, lane, d->now_ms); /* it goes on with it in its next turn */
    if (!goes)
        return CW_OK;
    lane->is_free = !asks_awork(d, lane->head);
    return begin_step(d, lane, err);
}

enum cw_status turn_begin(struct dispatcher *d, struct lane *lane, int64_t now_ms,
                          struct cw_error *err)
{
    enum cw_status st = CW_OK;
    int64_t due_ms = now_ms;
    d->now_ms = now_ms;
    lane->waits_for_token = lane->waits_for_awork = lane->waits_for_id = false;
    bool no_token = lane->parcel && lane->parcel->own_token && own_token_trouble(d, lane->person);
    if (lane->parcel && !no_token && is_fresh(lane, now_ms))
        return lease_hold(d, lane, &st, err) ? send_now(d, lane, err) : st;
    drop_parcel(d, lane);
    if (lane->state == LANE_UNREAD)
        st = head_read(d, lane, &due_ms, err);
    if (st)
        return st;
    if (due_ms == INT64_MAX && !lane->head) {
        lanes_drop(&d->lanes, lane);
        return CW_OK;
    }
    st = hold_check(d, lane, &due_ms, err);
    if (st)
        return st;
    bool was_free = lane->is_free;
    lane->is_free = lane->is_held || !asks_awork(d, lane->head);
    if (due_ms > now_ms)
        lanes_push(&d->lanes, lane, due_ms);
    else if (was_free && !lane->is_free && !dispatcher_may_send(d, lane, now_ms))
        lanes_push(&d->lanes, lane, lane->due_ms); /* it keeps its place */
    else
        return lease_hold(d, lane, &st, err) ? begin(d, lane, err) : st;
    return CW_OK;
}
