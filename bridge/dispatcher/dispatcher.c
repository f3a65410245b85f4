#include "dispatcher/dispatcher.h"

#include "dispatcher/priv.h"
#include "hold.h"
#include "metrics.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BYTES = 64 << 20,
    BEGIN_AT_ONCE = 256, /* lanes of one turn; the rest has the next one */
    MAX_IN_FLIGHT = 64,
};

/* ---- Queues of lanes ---- */

void queue_put(struct queue *q, struct lane *lane)
{
    lane->next = NULL;
    if (q->last)
        q->last->next = lane;
    else
        q->first = lane;
    q->last = lane;
}

struct lane *queue_take(struct queue *q)
{
    struct lane *lane = q->first;
    if (!lane)
        return NULL;
    q->first = lane->next;
    if (!q->first)
        q->last = NULL;
    lane->next = NULL;
    return lane;
}

/* ---- Life ---- */

static struct limiter *limiter_of(const struct people *people)
{
    return limiter_create(people->target.windows, people->target.n_windows);
}

struct dispatcher *dispatcher_create(const struct dispatcher_deps *deps)
{
    struct dispatcher *d = xcalloc(1, sizeof *d);
    d->deps = *deps;
    d->seed = deps->seed;
    d->last_note = &d->notes;
    d->last_saying = &d->sayings;
    d->arena = xarena(ARENA_BYTES);
    d->limiter = limiter_of(deps->people);
    d->kinds = kinds_create();
    lanes_init(&d->lanes);
    return d;
}

/* Forgets every lane, request and line: the store knows better. */
static void forget(struct dispatcher *d)
{
    if (d->in_flight)
        d->deps.transport->ops->abandon(d->deps.transport);
    if (d->n_outside)
        d->deps.outside->ops->abandon(d->deps.outside);
    outside_forget(d);
    errand_forget(d);
    lanes_fini(&d->lanes);
    notes_drop(d);
    sayings_drop(d);
    d->answered = d->outbox = (struct queue){0};
    d->in_flight = d->begun = d->n_outside = d->edged = 0;
}

void dispatcher_destroy(struct dispatcher *d)
{
    if (!d)
        return;
    forget(d);
    limiter_destroy(d->limiter);
    kinds_destroy(d->kinds);
    cw_arena_destroy(d->arena);
    free(d);
}

static void add_lane(struct dispatcher *d, const char *person)
{
    struct lane *lane = lanes_add(&d->lanes, person);
    lane->owner = d;
    lane->is_free = true;
    lanes_push(&d->lanes, lane, d->now_ms);
}

enum cw_status dispatcher_load(struct dispatcher *d, int64_t now_ms, struct cw_error *err)
{
    struct cw_text *people = NULL;
    size_t n = 0;
    forget(d);
    lanes_init(&d->lanes);
    breaker_pass(&d->breaker);
    d->now_ms = d->loaded_ms = now_ms;
    cw_arena_reset(d->arena);
    struct hold_count held;
    enum cw_status st = hold_counts(d->deps.store, now_ms, &held, err);
    d->may_hold = held.all || held.people;
    if (!st)
        st = store_lanes(d->deps.store, d->arena, &people, &n, err);
    for (size_t i = 0; !st && i < n; i++)
        add_lane(d, people[i].at);
    return st;
}

void dispatcher_unread(struct dispatcher *d, struct lane *lane, int64_t due_ms)
{
    d->begun -= lane->parcel != NULL;
    lane_forget_parcel(lane);
    lane_forget_head(lane);
    lane->state = LANE_UNREAD;
    lane->is_free = true;
    lanes_push(&d->lanes, lane, due_ms);
}

void dispatcher_notice(struct dispatcher *d, const char *person)
{
    struct lane *lane = lanes_find(&d->lanes, person);
    if (!lane) {
        add_lane(d, person);
        return;
    }
    bool has_begun = lane->head && lane->head->tries;
    backlog_changed(lane);
    if (lane->state == LANE_FLYING || (has_begun && !lane->is_held))
        return;
    /* Its head may have been cancelled. Nobody loses their place by having more to do. */
    dispatcher_unread(d, lane, lane->due_ms < d->now_ms ? lane->due_ms : d->now_ms);
}

/* A request that was made for the old people is made anew: a token may be another one or gone, and
 * what was made for a person's own must never go out with the workspace's key. */
static void begin_anew(void *ctx, struct lane *lane)
{
    struct dispatcher *d = ctx;
    bool may_go = lane->waits_for_token || lane->waits_for_id;
    if (lane->state != LANE_WAITING || !(lane->parcel || may_go))
        return;
    d->begun -= lane->parcel != NULL;
    lane_forget_parcel(lane);
    lanes_push(&d->lanes, lane, may_go ? d->now_ms : lane->due_ms);
}

void dispatcher_token(struct dispatcher *d, const char *person)
{
    struct lane *lane = lanes_find(&d->lanes, person);
    if (lane && lane->waits_for_token)
        begin_anew(d, lane);
}

static bool same_windows(const struct target *a, const struct target *b)
{
    if (a->n_windows != b->n_windows)
        return false;
    for (size_t i = 0; i < a->n_windows; i++)
        if (a->windows[i].requests != b->windows[i].requests ||
            a->windows[i].window_ms != b->windows[i].window_ms)
            return false;
    return true;
}

void dispatcher_reload(struct dispatcher *d, const struct people *people)
{
    if (!same_windows(&d->deps.people->target, &people->target)) {
        struct limiter *old = d->limiter;
        d->limiter = limiter_of(people);
        limiter_inherit(d->limiter, old);
        limiter_destroy(old);
    }
    d->deps.people = people;
    breaker_new_key(&d->breaker);
    lanes_each(&d->lanes, begin_anew, d);
}

void dispatcher_identified(struct dispatcher *d)
{
    lanes_each(&d->lanes, begin_anew, d);
}

/* ---- When ---- */

int64_t dispatcher_send_ms(const struct dispatcher *d, bool is_probe, size_t reserve,
                           int64_t now_ms)
{
    int64_t at_ms = breaker_next_ms(&d->breaker, is_probe, now_ms);
    if (d->in_flight >= MAX_IN_FLIGHT || at_ms == INT64_MAX)
        return INT64_MAX;
    return limiter_next_ms(d->limiter, at_ms, reserve);
}

static int64_t may_send_ms(const struct dispatcher *d, const struct lane *lane, int64_t now_ms)
{
    return dispatcher_send_ms(d, lane->is_probe, lane->parcel ? 0 : d->begun, now_ms);
}

bool dispatcher_may_send(const struct dispatcher *d, const struct lane *lane, int64_t now_ms)
{
    return may_send_ms(d, lane, now_ms) <= now_ms;
}

static int64_t next_ms(const struct dispatcher *d, int64_t now_ms)
{
    const struct lane *free = lanes_top(&d->lanes.free), *top = lanes_top(&d->lanes.awork);
    int64_t free_ms = free ? free->due_ms : INT64_MAX, errand_ms = errand_next_ms(d, now_ms);
    if (d->answered.first)
        return now_ms;
    if (d->stopped || d->rests)
        return INT64_MAX;
    if (errand_ms < free_ms)
        free_ms = errand_ms;
    if (free_ms < now_ms)
        free_ms = now_ms;
    if (!top)
        return free_ms;
    int64_t at_ms = may_send_ms(d, top, top->due_ms > now_ms ? top->due_ms : now_ms);
    return at_ms < free_ms ? at_ms : free_ms;
}

/* The next lane that has something to do; NULL: there is none. */
static struct lane *next_lane(const struct dispatcher *d, int64_t now_ms)
{
    struct lane *lane = lanes_top(&d->lanes.free);
    if (lane && lane->due_ms <= now_ms)
        return lane;
    lane = lanes_top(&d->lanes.awork);
    return lane && lane->due_ms <= now_ms && dispatcher_may_send(d, lane, now_ms) ? lane : NULL;
}

int64_t dispatcher_next_ms(const struct dispatcher *d)
{
    return next_ms(d, d->now_ms);
}

bool dispatcher_ready(const struct dispatcher *d, int64_t now_ms)
{
    return next_ms(d, now_ms) <= now_ms;
}

const struct people *dispatcher_people(const struct dispatcher *d)
{
    return d->deps.people;
}

size_t dispatcher_in_flight(const struct dispatcher *d)
{
    return d->in_flight + d->n_outside;
}

void dispatcher_rest(struct dispatcher *d, bool rests)
{
    d->rests = rests;
}

void dispatcher_stop(struct dispatcher *d)
{
    d->stopped = true;
}

void dispatcher_watch(struct dispatcher *d,
                      void (*ended)(void *ctx, const struct dispatcher_end *end), void *ctx)
{
    d->ended = ended;
    d->ended_ctx = ctx;
}

/* ---- The turn ---- */

enum cw_status dispatcher_turn(struct dispatcher *d, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    struct lane *lane;
    d->now_ms = now_ms;
    while (!st && (lane = queue_take(&d->answered)))
        st = turn_answer(d, lane, now_ms, err);
    if (!st)
        st = errand_turn(d, err);
    for (int i = 0; !st && i < BEGIN_AT_ONCE && !d->stopped && !d->rests; i++) {
        lane = next_lane(d, now_ms);
        if (!lane)
            break;
        st = turn_begin(d, lane, now_ms, err);
    }
    metric_set(METRIC_calls_in_flight, (int64_t)(d->in_flight + d->n_outside));
    breaker_show(d);
    return st;
}

void turn_done(void *ctx, const struct transport_answer *answer)
{
    struct lane *lane = ctx;
    struct dispatcher *d = lane->owner;
    struct parcel *p = lane->parcel;
    p->answer = *answer;
    p->answer.body = (struct cw_text){xtext(answer->body), answer->body.len};
    p->answer.error = xstrdup(answer->error);
    p->has_answer = true;
    queue_put(&d->answered, lane);
    if (d->deps.wake)
        d->deps.wake(d->deps.ctx);
}

static void send_parcel(struct dispatcher *d, struct lane *lane)
{
    struct transport_request request = {
        .method = lane->parcel->method,
        .path = lane->parcel->path,
        .body = lane->parcel->body,
        .token = lane->parcel->own_token ? own_token(d, lane) : d->deps.people->target.token,
    };
    d->deps.transport->ops->send(d->deps.transport, &request, turn_done, lane);
}

void dispatcher_committed(struct dispatcher *d, int64_t now_ms)
{
    struct lane *lane;
    d->now_ms = now_ms;
    notes_write(d);
    while ((lane = queue_take(&d->outbox))) {
        if (lane->parcel->host)
            outside_leave(d, lane);
        else
            send_parcel(d, lane);
    }
    errand_leave(d);
    sayings_tell(d);
}
