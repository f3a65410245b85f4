/* When a call that got no good answer is tried again. */
#include "retry.h"
#include "dispatcher/priv.h"

enum { SLOW_BASE_MS = 30000, SLOW_CAP_MS = 600000 }; /* of what only a person can repair */
enum { NO_ID_MS = 60000 }; /* news of an id end the wait; this is for what expires meanwhile */

static uint32_t count_failure(struct head *h)
{
    uint32_t n = (uint32_t)json_integer_value(json_object_get(h->progress, "failures")) + 1;
    json_object_set_new(h->progress, "failures", json_integer(n));
    return n;
}

static int64_t backoff_ms(struct dispatcher *d, struct lane *lane, const struct action_verdict *v)
{
    const struct target *t = &d->deps.people->target;
    uint32_t failures = count_failure(lane->head);
    if (v->cause == ACTION_TOKEN)
        note_end(d, LOG_WARN, "this call waits for somebody to put things right", lane, v->reason);
    if (v->cause == ACTION_TOKEN || v->cause == ACTION_EDGE)
        return retry_backoff_ms(failures, SLOW_BASE_MS, SLOW_CAP_MS, &d->seed);
    int64_t wait_ms = retry_backoff_ms(failures, t->retry_base_ms, t->retry_cap_ms, &d->seed);
    if (v->in_doubt && (failures == 1 || wait_ms < t->doubt_wait_ms))
        wait_ms = t->doubt_wait_ms;
    return wait_ms;
}

/* What concerns everybody is no failure of the call: it waits with everybody, and is no nearer to
 * the end of its patience. */
int64_t turn_retry_at(struct dispatcher *d, struct lane *lane, const struct action_verdict *v)
{
    bool is_own = v->cause == ACTION_TOKEN && v->own_token;
    bool is_held = d->breaker.cause != BREAKER_CLOSED && !is_own;
    lane->waits_for_awork = !is_own;
    if (v->cause == ACTION_NO_ID)
        return d->now_ms + NO_ID_MS;
    lane->rests_ms = v->in_doubt ? d->now_ms + d->deps.people->target.doubt_wait_ms : 0;
    if (!is_held)
        return d->now_ms + backoff_ms(d, lane, v);
    return d->breaker.until_ms > lane->rests_ms ? d->breaker.until_ms : lane->rests_ms;
}

/* The workspace's key, its rate and an id that is not known yet are no fault of the call: nothing
 * dies of them. */
static bool may_give_up(const struct action_verdict *v)
{
    return v->cause != ACTION_THROTTLED && v->cause != ACTION_NO_ID &&
           (v->cause != ACTION_TOKEN || v->own_token);
}

bool turn_gives_up(const struct dispatcher *d, struct lane *lane, const struct action_verdict *v)
{
    json_t *progress = lane->head->progress;
    if (!may_give_up(v))
        return false;
    int64_t age_ms = d->now_ms - lane->head->created_ms; /* whatever becomes of the clock */
    if (!json_object_get(progress, "fails_from"))
        json_object_set_new(progress, "fails_from", json_integer(age_ms));
    int64_t from_ms = json_integer_value(json_object_get(progress, "fails_from"));
    return age_ms - from_ms > d->deps.people->target.give_up_ms;
}
