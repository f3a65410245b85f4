/* When a call that got no good answer is tried again, and whom else its trouble holds up. */
#include "dispatcher_priv.h"
#include "metrics.h"
#include "retry.h"

enum { SLOW_BASE_MS = 30000, SLOW_CAP_MS = 600000 }; /* of what only a person can repair */

static uint32_t count_failure(struct head *h)
{
    uint32_t n = (uint32_t)json_integer_value(json_object_get(h->progress, "failures")) + 1;
    json_object_set_new(h->progress, "failures", json_integer(n));
    return n;
}

static int64_t throttled_until(struct dispatcher *d, const struct transport_rate *rate)
{
    int64_t until_ms = d->now_ms + retry_throttled_ms(rate, &d->seed);
    metric_add(METRIC_api_throttled, 1);
    limiter_block(d->limiter, until_ms);
    return until_ms;
}

/* The workspace's key: everybody waits, and one probe at a time asks again. */
static int64_t key_refused_until(struct dispatcher *d, const struct lane *lane)
{
    if (d->key_failures && d->now_ms < d->key_until_ms) /* it had left before we knew */
        return d->key_until_ms;
    if (!d->key_failures++)
        note_end(d, LOG_ERROR, "awork refuses the API key; calls wait until it is good", lane, "");
    d->key_until_ms =
        d->now_ms + retry_backoff_ms(d->key_failures, SLOW_BASE_MS, SLOW_CAP_MS, &d->seed);
    limiter_block(d->limiter, d->key_until_ms);
    return d->key_until_ms;
}

int64_t turn_retry_at(struct dispatcher *d, struct lane *lane, const struct action_verdict *v,
                      const struct transport_rate *rate)
{
    const struct target *t = &d->deps.people->target;
    if (v->cause == ACTION_THROTTLED)
        return throttled_until(d, rate);
    if (v->cause == ACTION_TOKEN && !v->own_token)
        return key_refused_until(d, lane);
    uint32_t failures = count_failure(lane->head);
    if (v->cause == ACTION_TOKEN || v->cause == ACTION_EDGE) {
        note_end(d, LOG_WARN, "this call waits for somebody to put things right", lane, v->reason);
        return d->now_ms + retry_backoff_ms(failures, SLOW_BASE_MS, SLOW_CAP_MS, &d->seed);
    }
    int64_t wait_ms = retry_backoff_ms(failures, t->retry_base_ms, t->retry_cap_ms, &d->seed);
    if (v->in_doubt && (failures == 1 || wait_ms < t->doubt_wait_ms))
        wait_ms = t->doubt_wait_ms;
    return d->now_ms + wait_ms;
}

void turn_heed(struct dispatcher *d, const struct lane *lane, const struct action_verdict *v)
{
    const struct transport_answer *a = &lane->parcel->answer;
    /* Nobody has judged an answer to somebody who is no longer in the configuration. */
    bool is_judged = people_find(d->deps.people, lane->person) != NULL;
    if (a->outcome != TRANSPORT_ANSWER || a->status == 429 || !is_judged)
        limiter_probe_again(d->limiter);
    else
        limiter_answered(d->limiter, &a->rate, d->now_ms);
    bool is_good = a->outcome == TRANSPORT_ANSWER && v->what != ACTION_RETRY && is_judged;
    if (!d->key_failures || !is_good || lane->parcel->own_token)
        return;
    d->key_failures = 0;
    note_end(d, LOG_INFO, "awork takes the API key again", lane, "");
}
