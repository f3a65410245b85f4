#include "breaker.h"

#include "retry.h"

#include <stddef.h>

/* The waits between probes. What mends itself is noticed within 8 s of its end (and a probe that
 * hangs, within its timeout more), so that everything is done at full speed within 10 s. */
static const struct {
    int64_t base_ms, cap_ms;
} waits[BREAKER_CAUSES] = {
    [BREAKER_RATE] = {2000, 8000},
    [BREAKER_OUTAGE] = {2000, 8000},
    [BREAKER_KEY] = {30000, 600000}, /* only a person can put these right */
    [BREAKER_EDGE] = {30000, 600000},
};

int64_t breaker_next_ms(const struct breaker *b, bool is_probe, int64_t now_ms)
{
    if (b->cause == BREAKER_CLOSED || is_probe)
        return now_ms;
    if (b->probing)
        return INT64_MAX;
    return b->until_ms > now_ms ? b->until_ms : now_ms;
}

bool breaker_take(struct breaker *b)
{
    if (b->cause != BREAKER_CLOSED)
        b->probing = true;
    return b->probing;
}

void breaker_pass(struct breaker *b)
{
    b->probing = false;
}

void breaker_new_key(struct breaker *b)
{
    if (b->cause != BREAKER_KEY)
        return;
    b->probing = false;
    b->until_ms = 0;
}

static enum breaker_cause cause_of(enum breaker_says says)
{
    return says == BREAKER_SAYS_RATE   ? BREAKER_RATE
           : says == BREAKER_SAYS_KEY  ? BREAKER_KEY
           : says == BREAKER_SAYS_EDGE ? BREAKER_EDGE
                                       : BREAKER_OUTAGE;
}

/* What is told is obeyed; told again and again, too short a wait is made longer. */
static int64_t wait_of(const struct breaker *b, const struct breaker_news *news, uint64_t *seed)
{
    int64_t own_ms =
        retry_backoff_ms(b->refusals, waits[b->cause].base_ms, waits[b->cause].cap_ms, seed);
    if (b->cause != BREAKER_RATE || (b->refusals > 1 && own_ms > news->told_ms))
        return own_ms;
    return news->told_ms;
}

static enum breaker_change refuse(struct breaker *b, const struct breaker_news *news,
                                  int64_t now_ms, uint64_t *seed)
{
    enum breaker_cause cause = cause_of(news->says), before = b->cause;
    if (before == BREAKER_CLOSED)
        b->since_ms = now_ms;
    b->refusals = cause == before ? b->refusals + 1 : 1;
    b->cause = cause;
    b->until_ms = now_ms + wait_of(b, news, seed);
    b->probing = false;
    b->wants_act |= news->acts && (cause == BREAKER_OUTAGE || cause == BREAKER_EDGE);
    return cause == before ? BREAKER_SAME : BREAKER_OPENED;
}

/* Whether it is the failure that is one too many. */
static bool is_too_many(struct breaker *b, const struct breaker_news *news)
{
    struct breaker_row *row = news->acts ? &b->acts : &b->looks;
    bool again = row->failures && row->call == news->call;
    row->failures += news->says == BREAKER_SAYS_OUT || !again;
    row->call = news->call;
    return row->failures >= BREAKER_OPENS_AFTER;
}

static enum breaker_change hear_closed(struct breaker *b, const struct breaker_news *news,
                                       int64_t now_ms, uint64_t *seed)
{
    switch (news->says) {
    case BREAKER_SAYS_NOTHING:
        return BREAKER_SAME;
    case BREAKER_SAYS_GOOD:
        b->looks.failures = 0;
        if (news->acts)
            b->acts.failures = 0;
        return BREAKER_SAME;
    case BREAKER_SAYS_RATE:
    case BREAKER_SAYS_KEY:
        return refuse(b, news, now_ms, seed);
    default:
        return is_too_many(b, news) ? refuse(b, news, now_ms, seed) : BREAKER_SAME;
    }
}

static enum breaker_change hear_probe(struct breaker *b, const struct breaker_news *news,
                                      int64_t now_ms, uint64_t *seed)
{
    bool is_other_key = b->cause == BREAKER_KEY && news->own_token;
    if (news->says == BREAKER_SAYS_NOTHING || (news->says == BREAKER_SAYS_GOOD && is_other_key)) {
        breaker_pass(b);
        return BREAKER_SAME;
    }
    if (news->says != BREAKER_SAYS_GOOD)
        return refuse(b, news, now_ms, seed);
    if (b->wants_act && !news->acts)
        return BREAKER_SAME;
    *b = (struct breaker){0};
    return BREAKER_SHUT;
}

enum breaker_change breaker_hear(struct breaker *b, const struct breaker_news *news, int64_t now_ms,
                                 uint64_t *seed)
{
    if (b->cause == BREAKER_CLOSED)
        return hear_closed(b, news, now_ms, seed);
    if (news->is_probe)
        return hear_probe(b, news, now_ms, seed);
    if (news->says == BREAKER_SAYS_RATE && now_ms + news->told_ms > b->until_ms)
        b->until_ms = now_ms + news->told_ms;
    return BREAKER_SAME;
}
