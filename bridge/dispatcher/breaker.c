/* What an answer says about awork as a whole: its rate, its key, an outage, the edge before it. */
#include "dispatcher/priv.h"
#include "metrics.h"
#include "retry.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *trouble; /* for /readyz */
    const char *opened, *shut;
    enum log_level level;
    enum metric held;
} words[BREAKER_CAUSES] = {
    [BREAKER_RATE] = {"awork's rate limit is spent (429)",
                      "awork's rate limit is spent; calls wait, and one probes",
                      "awork takes calls again", LOG_WARN, METRIC_held_rate},
    [BREAKER_OUTAGE] = {"awork is out of reach",
                        "awork is out of reach; calls wait, and one probes", "awork is back",
                        LOG_ERROR, METRIC_held_outage},
    [BREAKER_KEY] = {"awork refuses the API key",
                     "awork refuses the API key; calls wait until it is good",
                     "awork takes the API key again", LOG_ERROR, METRIC_held_key},
    [BREAKER_EDGE] = {"awork's edge refuses requests (403)",
                      "awork's edge refuses requests (403); calls wait, and one probes",
                      "awork's edge lets requests through again", LOG_ERROR, METRIC_held_edge},
};

const char *dispatcher_trouble(const struct dispatcher *d)
{
    if (d->breaker.cause != BREAKER_CLOSED)
        return words[d->breaker.cause].trouble;
    return d->edged ? words[BREAKER_EDGE].trouble : NULL;
}

void breaker_show(const struct dispatcher *d)
{
    for (int i = BREAKER_CLOSED + 1; i < BREAKER_CAUSES; i++)
        metric_set(words[i].held, (int)d->breaker.cause == i);
}

/* ---- The edge: one alarm, however many calls it refuses ---- */

static void edge_refuses(struct dispatcher *d, struct lane *lane)
{
    if (lane->head->edged)
        return;
    lane->head->edged = true;
    if (!d->edged++ && d->breaker.cause == BREAKER_CLOSED)
        note_end(d, LOG_ERROR, "awork's edge refuses a request (403); it is tried again later",
                 lane, "");
}

void edge_forget(struct dispatcher *d, struct lane *lane)
{
    d->edged -= lane->head->edged;
    lane->head->edged = false;
}

/* ---- The breaker ---- */

static enum breaker_says trouble_of(const struct transport_answer *a,
                                    const struct action_verdict *v)
{
    switch (v->cause) {
    case ACTION_THROTTLED:
        return BREAKER_SAYS_RATE;
    case ACTION_TOKEN:
        return v->own_token ? BREAKER_SAYS_NOTHING : BREAKER_SAYS_KEY;
    case ACTION_EDGE:
        return BREAKER_SAYS_EDGE;
    default:
        return a->outcome != TRANSPORT_ANSWER || (a->status >= 502 && a->status <= 504)
                   ? BREAKER_SAYS_OUT
                   : BREAKER_SAYS_ODD;
    }
}

static struct breaker_news news_of(struct dispatcher *d, const struct lane *lane,
                                   const struct action_verdict *v)
{
    const struct parcel *p = lane->parcel;
    struct breaker_news news = {.call = lane->head->id,
                                .is_probe = lane->is_probe,
                                .acts = strcmp(p->method, "GET") != 0,
                                .own_token = p->own_token};
    if (!people_find(d->deps.people, lane->person)) /* nobody has judged this answer */
        news.says = BREAKER_SAYS_NOTHING;
    else if (v->what == ACTION_RETRY)
        news.says = trouble_of(&p->answer, v);
    if (news.says == BREAKER_SAYS_RATE)
        news.told_ms = retry_throttled_ms(&p->answer.rate, &d->seed);
    return news;
}

/* Back-offs that an outage has caused are over with it; who is in doubt waits that long. */
static void wait_no_more(void *ctx, struct lane *lane)
{
    struct dispatcher *d = ctx;
    if (lane->state != LANE_WAITING || !lane->waits_for_awork || lane->due_ms <= d->now_ms)
        return;
    lanes_push(&d->lanes, lane, lane->rests_ms > d->now_ms ? lane->rests_ms : d->now_ms);
}

static void tell_change(struct dispatcher *d, const struct lane *lane, enum breaker_change change,
                        const struct breaker *before)
{
    bool is_told = d->breaker.cause == BREAKER_EDGE && d->edged > 1; /* by the first of them */
    if (change == BREAKER_OPENED && is_told)
        return;
    if (change == BREAKER_OPENED) {
        note_end(d, words[d->breaker.cause].level, words[d->breaker.cause].opened, lane, "");
        return;
    }
    auto_free char *text =
        xprintf("after %lld s", (long long)((d->now_ms - before->since_ms) / 1000));
    note_end(d, LOG_INFO, words[before->cause].shut, lane, text);
    lanes_each(&d->lanes, wait_no_more, d);
}

void breaker_heed(struct dispatcher *d, const struct transport_answer *a,
                  const struct breaker_news *news, const struct lane *lane)
{
    struct breaker before = d->breaker;
    if (a->outcome == TRANSPORT_ANSWER && a->status != 429)
        limiter_answered(d->limiter, &a->rate, d->in_flight, d->now_ms);
    metric_add(METRIC_api_throttled, news->says == BREAKER_SAYS_RATE);
    enum breaker_change change = breaker_hear(&d->breaker, news, d->now_ms, &d->seed);
    if (change != BREAKER_SAME)
        tell_change(d, lane, change, &before);
}

void turn_heed(struct dispatcher *d, struct lane *lane, const struct action_verdict *v)
{
    struct breaker_news news = news_of(d, lane, v);
    breaker_heed(d, &lane->parcel->answer, &news, lane);
    lane->is_probe = lane->is_probe && d->breaker.probing;
    if (news.says == BREAKER_SAYS_GOOD && news.acts) /* a look may pass where an act does not */
        edge_forget(d, lane);
    else if (news.says == BREAKER_SAYS_EDGE)
        edge_refuses(d, lane);
}

void breaker_end_probe(struct dispatcher *d, struct lane *lane)
{
    if (lane->is_probe)
        breaker_pass(&d->breaker);
    lane->is_probe = false;
}
