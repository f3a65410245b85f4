#include "dispatcher/lanes.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

void lanes_init(struct lanes *l)
{
    *l = (struct lanes){.n_buckets = FIRST_BUCKETS};
    l->buckets = xcalloc(l->n_buckets, sizeof *l->buckets);
}

void lane_forget_head(struct lane *lane)
{
    struct head *h = lane->head;
    if (!h)
        return;
    free(h->rule);
    free(h->action);
    free(h->condition);
    json_decref(h->args);
    free(h->args_text);
    json_decref(h->progress);
    free(h);
    lane->head = NULL;
}

void lane_forget_parcel(struct lane *lane)
{
    struct parcel *p = lane->parcel;
    if (!p)
        return;
    free(p->path);
    free(p->body);
    free(p->host);
    free((char *)(uintptr_t)p->answer.body.at);
    free((char *)(uintptr_t)p->answer.error);
    free(p);
    lane->parcel = NULL;
}

static void destroy_lane(struct lane *lane)
{
    backlog_forget(lane);
    lane_forget_head(lane);
    lane_forget_parcel(lane);
    free(lane->person);
    free(lane);
}

void lanes_fini(struct lanes *l)
{
    for (size_t i = 0; i < l->n_buckets; i++)
        for (struct lane *lane = l->buckets[i], *next; lane; lane = next) {
            next = lane->chain;
            destroy_lane(lane);
        }
    free(l->buckets);
    free(l->free.at);
    free(l->awork.at);
    *l = (struct lanes){0};
}

/* FNV-1a: the names come from the configuration, nobody outside can choose them. */
static size_t bucket_of(const struct lanes *l, const char *person)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *c = person; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    return (size_t)(hash % l->n_buckets);
}

struct lane *lanes_find(const struct lanes *l, const char *person)
{
    struct lane *lane = l->buckets[bucket_of(l, person)];
    while (lane && strcmp(lane->person, person) != 0)
        lane = lane->chain;
    return lane;
}

static void grow(struct lanes *l)
{
    struct lanes bigger = {.n_buckets = l->n_buckets * 4};
    bigger.buckets = xcalloc(bigger.n_buckets, sizeof *bigger.buckets);
    for (size_t i = 0; i < l->n_buckets; i++)
        for (struct lane *lane = l->buckets[i], *next; lane; lane = next) {
            struct lane **to = &bigger.buckets[bucket_of(&bigger, lane->person)];
            next = lane->chain;
            lane->chain = *to;
            *to = lane;
        }
    free(l->buckets);
    l->buckets = bigger.buckets;
    l->n_buckets = bigger.n_buckets;
}

struct lane *lanes_add(struct lanes *l, const char *person)
{
    if (l->n >= l->n_buckets)
        grow(l);
    struct lane *lane = xcalloc(1, sizeof *lane);
    struct lane **to = &l->buckets[bucket_of(l, person)];
    lane->person = xstrdup(person);
    lane->chain = *to;
    *to = lane;
    l->n++;
    return lane;
}

void lanes_drop(struct lanes *l, struct lane *lane)
{
    struct lane **at = &l->buckets[bucket_of(l, lane->person)];
    while (*at != lane)
        at = &(*at)->chain;
    *at = lane->chain;
    l->n--;
    lanes_pull(l, lane);
    destroy_lane(lane);
}

void lanes_each(struct lanes *l, void (*fn)(void *ctx, struct lane *lane), void *ctx)
{
    for (size_t i = 0; i < l->n_buckets; i++)
        for (struct lane *lane = l->buckets[i]; lane; lane = lane->chain)
            fn(ctx, lane);
}

/* ---- A heap; place i has its children at 2i and 2i + 1 ---- */

static bool is_before(const struct lane *a, const struct lane *b)
{
    bool a_begun = a->parcel != NULL, b_begun = b->parcel != NULL;
    if (a->is_probe != b->is_probe)
        return a->is_probe;
    if (a_begun != b_begun)
        return a_begun;
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void set(struct heap *h, size_t place, struct lane *lane)
{
    h->at[place - 1] = lane;
    lane->place = place;
}

static void sift(struct heap *h, struct lane *lane, size_t place)
{
    while (place > 1 && is_before(lane, h->at[place / 2 - 1])) {
        set(h, place, h->at[place / 2 - 1]);
        place /= 2;
    }
    for (size_t child; (child = 2 * place) <= h->n; place = child) {
        if (child < h->n && is_before(h->at[child], h->at[child - 1]))
            child++;
        if (!is_before(h->at[child - 1], lane))
            break;
        set(h, place, h->at[child - 1]);
    }
    set(h, place, lane);
}

void lanes_push(struct lanes *l, struct lane *lane, int64_t due_ms)
{
    struct heap *h = lane->is_free ? &l->free : &l->awork;
    lanes_pull(l, lane);
    lane->due_ms = due_ms;
    lane->order = ++l->order;
    lane->heap = h;
    if (h->n == h->size) {
        h->size = h->size ? 2 * h->size : FIRST_BUCKETS;
        h->at = xrealloc(h->at, h->size * sizeof *h->at);
    }
    h->at[h->n++] = lane;
    sift(h, lane, h->n);
}

void lanes_pull(struct lanes *l, struct lane *lane)
{
    struct heap *h = lane->heap;
    size_t place = lane->place;
    (void)l;
    if (!place)
        return;
    assert(h->at[place - 1] == lane);
    struct lane *last = h->at[--h->n];
    lane->place = 0;
    if (last != lane)
        sift(h, last, place);
}

struct lane *lanes_top(const struct heap *h)
{
    return h->n ? h->at[0] : NULL;
}
