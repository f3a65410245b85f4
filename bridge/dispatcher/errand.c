/* dispatcher/errand: questions to awork that are of no call, by the same door: limiter, breaker,
 * after the commit. */
#include "dispatcher/priv.h"
#include "metrics.h"
#include "retry.h"
#include "tell.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>

enum { NO_CALL = -1 };

void dispatcher_set_errand(struct dispatcher *d, const struct dispatcher_errand *errand)
{
    d->errand.is = errand;
}

int64_t errand_next_ms(const struct dispatcher *d, int64_t now_ms)
{
    const struct dispatcher_errand *e = d->errand.is;
    if (d->errand.has_answer)
        return now_ms;
    if (!e || !e->path || d->errand.path || e->due_ms == INT64_MAX)
        return INT64_MAX;
    return dispatcher_send_ms(d, false, d->begun, e->due_ms > now_ms ? e->due_ms : now_ms);
}

/* ---- What an answer says about awork as a whole ---- */

/* A flat 401 is about rights; one that is wrapped is about the key. */
static bool is_of_key(const struct transport_answer *a)
{
    json_t *json = tell_read(a->body, 0);
    bool flat = json_is_string(json_object_get(json, "code"));
    json_decref(json);
    return !flat;
}

static enum breaker_says says_of(const struct transport_answer *a)
{
    if (a->outcome != TRANSPORT_ANSWER || (a->status >= 502 && a->status <= 504))
        return BREAKER_SAYS_OUT;
    if (a->status >= 500)
        return BREAKER_SAYS_ODD;
    return a->status == 429                   ? BREAKER_SAYS_RATE
           : a->status == 403                 ? BREAKER_SAYS_EDGE
           : a->status == 401 && is_of_key(a) ? BREAKER_SAYS_KEY
                                              : BREAKER_SAYS_GOOD;
}

static void heed(struct dispatcher *d)
{
    const struct transport_answer *a = &d->errand.answer;
    struct breaker_news news = {
        .says = says_of(a), .call = NO_CALL, .is_probe = d->errand.is_probe};
    if (news.says == BREAKER_SAYS_RATE)
        news.told_ms = retry_throttled_ms(&a->rate, &d->seed);
    breaker_heed(d, a, &news, NULL);
    if (d->errand.is_probe && d->breaker.probing) /* only an act can tell: not ours */
        breaker_pass(&d->breaker);
}

/* ---- The way there and back ---- */

void errand_forget(struct dispatcher *d)
{
    free(d->errand.path);
    free((char *)(uintptr_t)d->errand.answer.body.at);
    free((char *)(uintptr_t)d->errand.answer.error);
    d->errand.path = NULL;
    d->errand.leaves = d->errand.is_probe = d->errand.has_answer = false;
    d->errand.answer = (struct transport_answer){0};
}

static enum cw_status take_answer(struct dispatcher *d, struct cw_error *err)
{
    d->in_flight--;
    heed(d);
    enum cw_status st = d->errand.is->answered(d->errand.is->ctx, d->errand.path, &d->errand.answer,
                                               d->now_ms, err);
    errand_forget(d);
    return st;
}

enum cw_status errand_turn(struct dispatcher *d, struct cw_error *err)
{
    enum cw_status st = d->errand.has_answer ? take_answer(d, err) : CW_OK;
    if (st || d->stopped || d->rests || errand_next_ms(d, d->now_ms) > d->now_ms)
        return st;
    bool may = limiter_take(d->limiter, d->now_ms, d->begun);
    assert(may);
    d->errand.is_probe = breaker_take(&d->breaker);
    metric_add(METRIC_probes, d->errand.is_probe);
    metric_add(METRIC_attempts, 1);
    d->errand.path = xstrdup(d->errand.is->path);
    d->errand.leaves = true;
    d->in_flight++;
    return CW_OK;
}

static void on_answer(void *ctx, const struct transport_answer *answer)
{
    struct dispatcher *d = ctx;
    d->errand.answer = *answer;
    d->errand.answer.body = (struct cw_text){xtext(answer->body), answer->body.len};
    d->errand.answer.error = xstrdup(answer->error);
    d->errand.has_answer = true;
    if (d->deps.wake)
        d->deps.wake(d->deps.ctx);
}

void errand_leave(struct dispatcher *d)
{
    struct transport_request request = {
        .method = "GET", .path = d->errand.path, .token = d->deps.people->target.token};
    if (!d->errand.leaves)
        return;
    d->errand.leaves = false;
    d->deps.transport->ops->send(d->deps.transport, &request, on_answer, d);
}
