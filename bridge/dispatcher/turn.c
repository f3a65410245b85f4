/* What a turn does with one lane: reads its head, takes the next step, writes what came of it. */
#include "dispatcher/priv.h"
#include "metrics.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    STALE_MS = 10000,    /* a request that waited longer looks again first */
    MOST_STALE = 8,      /* doublings of that, for whom the rate lets through so seldom */
    ANSWER_BYTES = 4096, /* of an answer that are journaled */
};

/* ---- The head of a lane ---- */

/* Numbers that are too large for an integer are near enough here: who needs their digits has the
 * text. */
static json_t *read_args(struct cw_text args)
{
    json_t *json = json_loadb(args.at, args.len, 0, NULL);
    return json ? json : json_loadb(args.at, args.len, JSON_DECODE_INT_AS_REAL, NULL);
}

struct head *head_of(const struct store_call *call)
{
    struct head *h = xcalloc(1, sizeof *h);
    h->id = call->id;
    h->run = call->run;
    h->event = call->event;
    h->created_ms = call->created_ms;
    h->expires_ms = call->expires_ms;
    h->step = call->step;
    h->tries = call->tries;
    h->rule = xtext(call->rule);
    h->action = xtext(call->action);
    h->condition = xtext(call->condition);
    h->args_text = xtext(call->args);
    h->args = read_args(call->args);
    h->progress = json_loadb(call->progress.at, call->progress.len, 0, NULL);
    if (!h->progress)
        h->progress = json_object();
    h->in_doubt = call->state == STORE_CALL_SENT;
    return h;
}

/* Sets *due_ms, or INT64_MAX when the lane is empty. */
static enum cw_status read_head(struct dispatcher *d, struct lane *lane, int64_t *due_ms,
                                struct cw_error *err)
{
    struct store_call call;
    struct cw_error none;
    cw_arena_reset(d->arena);
    enum cw_status st = backlog_head(d, lane, d->arena, &call, &none);
    *due_ms = INT64_MAX;
    if (st == CW_ENOENT)
        return CW_OK;
    if (st)
        return cw_fail(err, st, "%s", none.text);
    lane->head = head_of(&call);
    lane->state = LANE_WAITING;
    *due_ms = call.due_ms;
    /* A request that was on its way when we ended may still land. */
    if (lane->head->in_doubt)
        *due_ms = (lane->taken_ms > d->loaded_ms ? lane->taken_ms : d->loaded_ms) +
                  d->deps.people->target.doubt_wait_ms;
    return late_inherit(d, lane->head, err);
}

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

enum cw_status turn_attempt(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct parcel *p = lane->parcel;
    auto_free char *request = xprintf("%s %s", p->method, p->path);
    struct store_attempt attempt = {.call = lane->head->id,
                                    .request = cw_text_of(request),
                                    .body = cw_text_of(p->body),
                                    .begun_ms = d->now_ms,
                                    .epoch = lane->epoch};
    lanes_pull(&d->lanes, lane);
    lane->state = LANE_FLYING;
    lane->head->tries++;
    p->sent_ms = d->now_ms;
    queue_put(&d->outbox, lane);
    enum cw_status st = lease_prolong(d, lane, err);
    if (!st)
        st = store_attempt_begin(d->deps.store, &attempt, &lane->head->attempt, err);
    if (!st)
        st = backlog_attempt(d, lane, err);
    return st ? st : turn_save(d, lane, STORE_CALL_SENT, d->now_ms, "", err);
}

static enum cw_status send_now(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    bool may = limiter_take(d->limiter, d->now_ms, 0);
    assert(may);
    lane->is_probe = breaker_take(&d->breaker);
    metric_add(METRIC_probes, lane->is_probe);
    d->in_flight++;
    metric_add(METRIC_attempts, 1);
    return turn_attempt(d, lane, err);
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

/* What of an answer is journaled: cut, and such that any reader of JSON text takes it. */
static struct cw_text journaled(char *text, size_t len)
{
    size_t most = len < ANSWER_BYTES ? len : ANSWER_BYTES;
    while (most < len && most && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    json_t *sound = json_stringn(text, most);
    for (size_t i = 0; !sound && i < most; i++)
        if ((unsigned char)text[i] >= 0x80)
            text[i] = '?';
    json_decref(sound);
    return (struct cw_text){text, most};
}

static enum cw_status end_attempt(struct dispatcher *d, const struct lane *lane,
                                  const struct action_verdict *v, struct cw_error *err)
{
    const struct transport_answer *a = &lane->parcel->answer;
    /* What another host says may repeat what is secret. */
    bool is_kept = !lane->parcel->host || a->error;
    auto_free char *text = a->error ? xstrdup(a->error) : xtext(a->body);
    struct store_attempt attempt = {
        .id = lane->head->attempt,
        .ended_ms = d->now_ms,
        .status = a->status,
        .answer = journaled(text, !is_kept   ? 0
                                  : a->error ? strlen(text)
                                             : a->body.len),
        .verdict = cw_text_of(action_word(v)),
        .epoch = lane->epoch,
    };
    return store_attempt_end(d->deps.store, &attempt, err);
}

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
    st = end_attempt(d, lane, &v, err);
    drop_parcel(d, lane);
    return st ? st : apply(d, lane, &v, err);
}

/* ---- A beginning ---- */

/* The row of the attempt whose answer nobody recorded. */
static enum cw_status close_lost_attempt(struct dispatcher *d, const struct lane *lane,
                                         struct cw_error *err)
{
    struct store_attempt *list = NULL;
    size_t n = 0;
    cw_arena_reset(d->arena);
    enum cw_status st = store_attempts_of(d->deps.store, lane->head->id, d->arena, &list, &n, err);
    if (st || !n || list[n - 1].ended_ms)
        return st;
    struct store_attempt attempt = {.id = list[n - 1].id,
                                    .ended_ms = d->now_ms,
                                    .answer = CW_TEXT("no answer was recorded"),
                                    .verdict = CW_TEXT("lost"),
                                    .epoch = lane->epoch};
    return store_attempt_end(d->deps.store, &attempt, err);
}

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
    enum cw_status st = close_lost_attempt(d, lane, err);
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
    bool quiet = false, settled = !lane->head->in_doubt && !action_in_doubt(lane->head->progress);
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
        st = read_head(d, lane, &due_ms, err);
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
