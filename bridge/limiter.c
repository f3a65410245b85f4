#include "limiter.h"

#include "xalloc.h"

#include <stdlib.h>

/* Requests are jolted on their way: a little more than the window keeps them apart at the server.
 */
enum { MAX_WINDOWS = 4, MAX_REQUESTS = 100000, SLACK_MS = 50 };

struct window {
    size_t requests;
    int64_t window_ms;
    int64_t *sent; /* ring of the last `requests` moments */
    size_t first, n;
    int64_t remaining; /* as the server said, less what left since; -1: it said nothing */
    int64_t believed_until_ms;
};

struct limiter {
    struct window windows[MAX_WINDOWS];
    size_t n;
};

struct limiter *limiter_create(const struct rate_window *windows, size_t n)
{
    struct limiter *l = xcalloc(1, sizeof *l);
    for (size_t i = 0; i < n && l->n < MAX_WINDOWS; i++) {
        struct window *w = &l->windows[l->n];
        if (!windows[i].requests || windows[i].window_ms <= 0)
            continue;
        w->requests = windows[i].requests < MAX_REQUESTS ? windows[i].requests : MAX_REQUESTS;
        w->window_ms = windows[i].window_ms;
        w->sent = xcalloc(w->requests, sizeof *w->sent);
        w->remaining = -1;
        l->n++;
    }
    return l;
}

void limiter_destroy(struct limiter *l)
{
    for (size_t i = 0; l && i < l->n; i++)
        free(l->windows[i].sent);
    free(l);
}

static int64_t nth_sent(const struct window *w, size_t i)
{
    return w->sent[(w->first + i) % w->requests];
}

/* When more than `reserve` of the window are free. */
static int64_t window_next(const struct window *w, int64_t now_ms, size_t reserve)
{
    int64_t next = now_ms;
    size_t keep = reserve < w->requests ? reserve : w->requests - 1;
    size_t may = w->requests - keep; /* how many lie in the window when there is room */
    if (w->n >= may) {
        int64_t leaves = nth_sent(w, w->n - may) + w->window_ms + SLACK_MS;
        next = leaves > next ? leaves : next;
    }
    if (w->remaining >= 0 && (uint64_t)w->remaining <= keep && w->believed_until_ms > next)
        next = w->believed_until_ms;
    return next;
}

int64_t limiter_next_ms(const struct limiter *l, int64_t now_ms, size_t reserve)
{
    int64_t next = now_ms;
    for (size_t i = 0; i < l->n; i++) {
        int64_t free_ms = window_next(&l->windows[i], now_ms, reserve);
        next = free_ms > next ? free_ms : next;
    }
    return next;
}

static void note_sent(struct window *w, int64_t now_ms)
{
    if (w->n == w->requests) {
        w->first = (w->first + 1) % w->requests;
        w->n--;
    }
    w->sent[(w->first + w->n++) % w->requests] = now_ms;
    if (w->remaining > 0)
        w->remaining--;
}

bool limiter_take(struct limiter *l, int64_t now_ms, size_t reserve)
{
    if (limiter_next_ms(l, now_ms, reserve) > now_ms)
        return false;
    for (size_t i = 0; i < l->n; i++)
        note_sent(&l->windows[i], now_ms);
    return true;
}

void limiter_inherit(struct limiter *l, const struct limiter *from)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < from->n; k++) {
            const struct window *old = &from->windows[k];
            if (old->window_ms != l->windows[i].window_ms)
                continue;
            for (size_t j = 0; j < old->n; j++)
                note_sent(&l->windows[i], nth_sent(old, j));
            l->windows[i].remaining = old->remaining;
            l->windows[i].believed_until_ms = old->believed_until_ms;
        }
}

/* What has left and is not answered may not be counted yet in what the server says. */
static void believe(struct window *w, int64_t remaining, size_t in_flight, int64_t reset_s,
                    int64_t now_ms)
{
    if (remaining < 0)
        return;
    w->remaining = remaining > (int64_t)in_flight ? remaining - (int64_t)in_flight : 0;
    w->believed_until_ms = now_ms + w->window_ms;
    /* The reset may be of a shorter window; then the next answer corrects us again. */
    if (reset_s > 0 && reset_s < w->window_ms / 1000)
        w->believed_until_ms = now_ms + reset_s * 1000;
}

void limiter_answered(struct limiter *l, const struct transport_rate *rate, size_t in_flight,
                      int64_t now_ms)
{
    for (size_t i = 0; i < l->n; i++) {
        struct window *w = &l->windows[i];
        if (w->window_ms == 1000)
            believe(w, rate->remaining_second, in_flight, -1, now_ms);
        else if (w->window_ms == 60000)
            believe(w, rate->remaining_minute, in_flight, rate->reset_s, now_ms);
    }
}

void limiter_shift(struct limiter *l, int64_t by_ms)
{
    for (size_t i = 0; i < l->n; i++) {
        struct window *w = &l->windows[i];
        for (size_t k = 0; k < w->requests; k++)
            w->sent[k] += by_ms;
        w->believed_until_ms += by_ms;
    }
}
