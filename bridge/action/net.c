#include "action/net.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { NOBODY = -1 };

enum state { ANYTHING, STOPPED, RUNNING, NOT_RUNNING };

/* What the timer is for certain, and the call that has made it so. */
struct known {
    enum state state;
    ssize_t by;
    const char *target; /* RUNNING; NULL: some work */
};

struct item {
    int64_t id, event;
    ssize_t into; /* the item that makes it needless; NOBODY */
    char *target;
    enum net_kind kind;
    bool keeps, is_unsure, is_anew, decides;
    struct known before;
};

struct net {
    struct item *items;
    size_t n, size;
    size_t *live; /* timer calls that a later one may still make needless, in order */
    size_t n_live;
    struct known known;
};

struct net *net_create(void)
{
    return xcalloc(1, sizeof(struct net));
}

void net_destroy(struct net *net)
{
    for (size_t i = 0; net && i < net->n; i++)
        free(net->items[i].target);
    if (net) {
        free(net->items);
        free(net->live);
    }
    free(net);
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void drop(struct net *net, size_t at, ssize_t into)
{
    net->items[at].into = into;
    net->items[into].decides = true;
}

/* ---- What becomes of those before ---- */

/* What was added up to now stays. */
static void freeze(struct net *net)
{
    net->n_live = 0;
}

/* `by` alone decides what all of them would have come to. */
static void absorb(struct net *net, size_t by)
{
    if (net->n_live)
        net->items[by].before = net->items[net->live[0]].before;
    for (size_t i = 0; i < net->n_live; i++)
        drop(net, net->live[i], (ssize_t)by);
    net->n_live = 0;
}

/* Whether the timer may run with this work after the live ones. */
enum course {
    UNTOUCHED, /* it does when it did before: they cannot end it, nor begin it */
    ENDED,     /* it does not */
    OPEN       /* nobody can tell */
};

static enum course course_of(const struct net *net, const char *target)
{
    enum course course = UNTOUCHED;
    for (size_t i = net->n_live; i-- > 0;) {
        const struct item *it = &net->items[net->live[i]];
        bool begins = it->kind == NET_START && (!it->target || same(it->target, target));
        if (begins || it->kind == NET_RESUME)
            return OPEN;
        if (it->keeps)
            continue;
        if (!it->is_unsure)
            return ENDED;
        course = OPEN;
    }
    return course;
}

/* ---- One call ---- */

static void keep(struct net *net, size_t at)
{
    net->live[net->n_live++] = at;
}

static void know(struct net *net, enum state state, size_t by)
{
    const struct item *it = &net->items[by];
    net->known.state = it->is_unsure ? ANYTHING : state;
    net->known.by = (ssize_t)by;
    net->known.target = it->target;
}

/* A start of other work that would have kept what runs, right before one that does not. */
static void drop_keepers(struct net *net, size_t at)
{
    const struct item *it = &net->items[at];
    while (!it->is_unsure && !it->keeps && it->target && net->n_live) {
        struct item *last = &net->items[net->live[net->n_live - 1]];
        if (!last->keeps || !last->target || same(last->target, it->target))
            break;
        drop(net, net->live[net->n_live - 1], (ssize_t)at);
        net->items[at].before = net->known = last->before;
        net->n_live--;
    }
}

static void add_start(struct net *net, size_t at)
{
    struct item *it = &net->items[at];
    drop_keepers(net, at);
    bool is_free = net->known.state == STOPPED || net->known.state == NOT_RUNNING;
    bool keeps = it->keeps;
    enum course course = course_of(net, it->target);
    if (!it->is_unsure && it->target && (keeps ? is_free && net->n_live : course != OPEN)) {
        absorb(net, at);
        it->is_anew = course == ENDED;
        it->keeps = false; /* nothing runs that it could keep */
    }
    keep(net, at);
    know(net, RUNNING, at);
    if (keeps && !is_free)
        net->known.target = NULL; /* what ran, or this */
}

static void add_stop(struct net *net, size_t at)
{
    struct item *it = &net->items[at];
    bool is_sole = !it->is_unsure && net->n_live;
    if (is_sole)
        absorb(net, at);
    if (is_sole && it->before.state == STOPPED) { /* without those it finds nothing to do */
        drop(net, at, it->before.by);
        net->known = it->before;
        return;
    }
    keep(net, at);
    know(net, STOPPED, at);
}

static void add_pause(struct net *net, size_t at)
{
    keep(net, at);
    know(net, NOT_RUNNING, at);
}

/* Whatever was paused goes on, by whomever it was paused. */
static void add_resume(struct net *net, size_t at)
{
    size_t before = net->n_live;
    while (!net->items[at].is_unsure && net->n_live) {
        struct item *last = &net->items[net->live[net->n_live - 1]];
        if (last->kind != NET_PAUSE && last->kind != NET_RESUME)
            break;
        drop(net, net->live[net->n_live - 1], (ssize_t)at);
        net->known = last->before;
        net->n_live--;
    }
    net->items[at].before = net->known;
    if (net->n_live < before && net->known.state == RUNNING) {
        drop(net, at, net->known.by);
        return;
    }
    keep(net, at);
    know(net, ANYTHING, at);
}

/* Whether the timer is already what it would make of it. */
static bool is_needless(const struct known *known, const struct item *it)
{
    switch (known->state) {
    case STOPPED:
        return it->kind != NET_START;
    case RUNNING:
        return it->kind == NET_RESUME ||
               (it->kind == NET_START && (it->keeps || same(it->target, known->target)));
    case NOT_RUNNING:
        return it->kind == NET_PAUSE;
    default:
        return false;
    }
}

static size_t add_item(struct net *net, const struct net_call *call)
{
    if (net->n == net->size) {
        net->size = net->size ? net->size * 2 : 64;
        net->items = xrealloc(net->items, net->size * sizeof *net->items);
        net->live = xrealloc(net->live, net->size * sizeof *net->live);
    }
    net->items[net->n] = (struct item){.id = call->id,
                                       .event = call->event,
                                       .into = NOBODY,
                                       .target = xstrdup(call->target),
                                       .kind = call->kind,
                                       .keeps = call->keeps,
                                       .is_unsure = call->is_unsure,
                                       .before = net->known};
    return net->n++;
}

void net_add(struct net *net, const struct net_call *call)
{
    static void (*const add[])(struct net * net, size_t at) = {[NET_START] = add_start,
                                                               [NET_STOP] = add_stop,
                                                               [NET_PAUSE] = add_pause,
                                                               [NET_RESUME] = add_resume};
    size_t at = add_item(net, call);
    bool looks = call->looks || (call->kind == NET_START && !call->target);
    if (looks)
        freeze(net);
    if (call->kind == NET_OTHER)
        return;
    if (!looks && is_needless(&net->known, &net->items[at])) {
        drop(net, at, net->known.by);
        return;
    }
    add[call->kind](net, at);
    if (looks || call->is_dated)
        freeze(net);
}

/* ---- What came of it ---- */

/* The first item with this id or a higher one. */
static size_t place_of(const struct net *net, int64_t id)
{
    size_t low = 0, high = net->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (net->items[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static const struct item *find(const struct net *net, int64_t id)
{
    size_t at = place_of(net, id);
    return at < net->n && net->items[at].id == id ? &net->items[at] : NULL;
}

size_t net_count(const struct net *net)
{
    return net->n;
}

int64_t net_into(const struct net *net, int64_t id)
{
    const struct item *it = find(net, id);
    if (!it || it->into == NOBODY)
        return 0;
    while (it->into != NOBODY)
        it = &net->items[it->into];
    return it->id;
}

int64_t net_event(const struct net *net, int64_t id)
{
    const struct item *it = find(net, id);
    return it ? it->event : 0;
}

bool net_decides(const struct net *net, int64_t id)
{
    const struct item *it = find(net, id);
    return it && it->decides;
}

bool net_is_anew(const struct net *net, int64_t id)
{
    const struct item *it = find(net, id);
    return it && it->is_anew;
}

int64_t net_next(const struct net *net, int64_t after)
{
    for (size_t i = place_of(net, after + 1); i < net->n; i++)
        if (net->items[i].into == NOBODY)
            return net->items[i].id;
    return 0;
}
