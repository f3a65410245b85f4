/* fake_others: the hosts besides awork, without a network: what each was sent, and how it answers.
 */
#ifndef FAKE_OTHERS_H
#define FAKE_OTHERS_H

#include "transport/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OTHERS_SEEN = 4000, OTHERS_LOST = 0, OTHERS_UNSENT = -1, OTHERS_SILENT = -2 };

struct others_flight {
    struct others_flight *next;
    transport_done_fn done;
    void *ctx;
    int how;
};

struct fake_others {
    struct transport base;
    const int64_t *now_ms;
    struct {
        char url[120], body[200];
        int64_t at_ms;
    } seen[OTHERS_SEEN];
    int n, n_flying, most_flying;
    struct others_flight *flying;
    /* For addresses with `match` in them; the first row that fits. A status, or one of the above.
     */
    struct {
        const char *match;
        int how, count;
    } rows[8];
    int n_rows;
};

static inline void others_on_send(struct transport *t, const struct transport_request *q,
                                  transport_done_fn done, void *ctx)
{
    struct fake_others *o = (struct fake_others *)t;
    struct others_flight *f = calloc(1, sizeof *f), **end = &o->flying;
    if (o->n == OTHERS_SEEN)
        abort();
    snprintf(o->seen[o->n].url, sizeof o->seen[o->n].url, "%s", q->url);
    snprintf(o->seen[o->n].body, sizeof o->seen[o->n].body, "%s", q->body ? q->body : "");
    o->seen[o->n++].at_ms = *o->now_ms;
    *f = (struct others_flight){.done = done, .ctx = ctx, .how = 200};
    for (int i = o->n_rows; i-- > 0;)
        if (o->rows[i].count && strstr(q->url, o->rows[i].match)) {
            o->rows[i].count--;
            f->how = o->rows[i].how;
            break;
        }
    while (*end)
        end = &(*end)->next;
    *end = f;
    if (++o->n_flying > o->most_flying)
        o->most_flying = o->n_flying;
}

static inline void others_on_abandon(struct transport *t)
{
    struct fake_others *o = (struct fake_others *)t;
    for (struct others_flight *f; (f = o->flying);) {
        o->flying = f->next;
        free(f);
    }
    o->n_flying = 0;
}

static inline void others_nothing(struct transport *t)
{
    (void)t;
}

static const struct transport_ops others_ops = {others_on_send, others_on_abandon, others_nothing};

static inline void others_answer_one(struct others_flight *f)
{
    struct transport_answer a = {
        .status = f->how, .body = {"", 0}, .rate = {-1, -1, -1, -1, -1, f->how == 429 ? 2 : -1}};
    if (f->how <= 0)
        a = (struct transport_answer){.outcome = f->how ? TRANSPORT_NOT_SENT : TRANSPORT_LOST,
                                      .error = "the wire broke",
                                      .body = {"", 0},
                                      .rate = {-1, -1, -1, -1, -1, -1}};
    f->done(f->ctx, &a);
}

/* Hands over every answer that is there. Returns: how many. */
static inline size_t others_deliver(struct fake_others *o)
{
    struct others_flight *list = o->flying, **end = &o->flying;
    size_t n = 0;
    o->flying = NULL;
    for (struct others_flight *next; list; list = next) {
        next = list->next;
        list->next = NULL;
        if (list->how == OTHERS_SILENT) {
            while (*end)
                end = &(*end)->next;
            *end = list;
            continue;
        }
        o->n_flying--;
        others_answer_one(list);
        free(list);
        n++;
    }
    return n;
}

/* The next `count` requests to addresses with `match` in them are answered so. */
static inline void others_say(struct fake_others *o, const char *match, int how, int count)
{
    if (o->n_rows == 8)
        abort();
    o->rows[o->n_rows].match = match;
    o->rows[o->n_rows].how = how;
    o->rows[o->n_rows++].count = count;
}

static inline int others_seen(const struct fake_others *o, const char *match)
{
    int n = 0;
    for (int i = 0; i < o->n; i++)
        n += strstr(o->seen[i].url, match) || strstr(o->seen[i].body, match);
    return n;
}

#endif
