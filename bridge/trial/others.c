#include "trial/others.h"

#include "xalloc.h"

#include <stdlib.h>

struct asked {
    struct asked *next;
    transport_done_fn done;
    void *ctx;
};

struct others {
    struct transport base;
    struct asked *first, **last;
};

static void on_send(struct transport *t, const struct transport_request *request,
                    transport_done_fn done, void *ctx)
{
    struct others *o = (struct others *)t;
    struct asked *q = xcalloc(1, sizeof *q);
    (void)request;
    *q = (struct asked){NULL, done, ctx};
    *o->last = q;
    o->last = &q->next;
}

static struct asked *take_all(struct others *o)
{
    struct asked *list = o->first;
    o->first = NULL;
    o->last = &o->first;
    return list;
}

static void on_abandon(struct transport *t)
{
    for (struct asked *q = take_all((struct others *)t), *next; q; q = next) {
        next = q->next;
        free(q);
    }
}

static void on_destroy(struct transport *t)
{
    (void)t;
}

size_t others_answer(struct others *o)
{
    static const struct transport_answer good = {.outcome = TRANSPORT_ANSWER,
                                                 .status = 200,
                                                 .body = {"", 0},
                                                 .rate = {-1, -1, -1, -1, -1, -1}};
    size_t n = 0;
    for (struct asked *q = take_all(o), *next; q; q = next, n++) {
        next = q->next;
        q->done(q->ctx, &good);
        free(q);
    }
    return n;
}

struct others *others_create(void)
{
    static const struct transport_ops ops = {on_send, on_abandon, on_destroy};
    struct others *o = xcalloc(1, sizeof *o);
    o->base.ops = &ops;
    o->last = &o->first;
    return o;
}

void others_destroy(struct others *o)
{
    if (!o)
        return;
    on_abandon(&o->base);
    free(o);
}

struct transport *others_transport(struct others *o)
{
    return &o->base;
}
