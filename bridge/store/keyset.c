/* keyset: see the header. Linear probing; a removal moves what follows back, so that there are no
 * tombstones. The hash is salted: a sender cannot aim at one slot. */
#include "keyset.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SLOTS = 256, KEPT_FRESH = 4096, QUEUE = 32 };

struct slot {
    uint32_t hash, event; /* event 0: free */
};

struct slots {
    struct slot *at;
    size_t n, cap;
};

struct keyset {
    struct slot *slots;
    size_t n_slots, n;
    uint64_t salt;
    struct slots fresh, gone; /* added and dropped since the last keep */
    struct slot queue[QUEUE];
    size_t n_queue;
};

static size_t home(const struct keyset *set, uint32_t hash)
{
    return (size_t)((uint64_t)hash * set->n_slots >> 32);
}

static size_t after(const struct keyset *set, size_t slot)
{
    return slot + 1 == set->n_slots ? 0 : slot + 1;
}

static uint32_t hash_of(const struct keyset *set, const struct store_key *key)
{
    uint64_t half;
    memcpy(&half, key->bytes, sizeof half);
    return (uint32_t)((half ^ set->salt) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

struct keyset *keyset_create(size_t expected)
{
    struct keyset *set = xcalloc(1, sizeof *set);
    set->n_slots = expected + expected / 2;
    if (set->n_slots < FIRST_SLOTS)
        set->n_slots = FIRST_SLOTS;
    set->slots = xcalloc(set->n_slots, sizeof *set->slots);
    if (getrandom(&set->salt, sizeof set->salt, GRND_NONBLOCK) != sizeof set->salt)
        set->salt = (uint64_t)(uintptr_t)set; /* early boot: the layout of memory has to do */
    return set;
}

void keyset_destroy(struct keyset *set)
{
    if (!set)
        return;
    free(set->slots);
    free(set->fresh.at);
    free(set->gone.at);
    free(set);
}

uint32_t keyset_next(const struct keyset *set, const struct store_key *key,
                     struct keyset_walk *walk)
{
    uint32_t hash = hash_of(set, key);
    size_t i = walk->started ? after(set, walk->slot) : home(set, hash);
    while (set->slots[i].event && set->slots[i].hash != hash)
        i = after(set, i);
    *walk = (struct keyset_walk){i, true};
    return set->slots[i].event;
}

static void put(struct keyset *set, struct slot slot)
{
    size_t i = home(set, slot.hash);
    while (set->slots[i].event)
        i = after(set, i);
    set->slots[i] = slot;
    set->n++;
}

static void resize(struct keyset *set, size_t n_slots)
{
    struct slot *old = set->slots;
    size_t n_old = set->n_slots;
    set->n_slots = n_slots;
    set->slots = xcalloc(set->n_slots, sizeof *set->slots);
    set->n = 0;
    for (size_t i = 0; i < n_old; i++)
        if (old[i].event)
            put(set, old[i]);
    free(old);
}

static void put_or_grow(struct keyset *set, struct slot slot)
{
    if (set->n + 1 > set->n_slots / 8 * 7)
        resize(set, set->n_slots + set->n_slots / 2);
    put(set, slot);
}

static void remember(struct slots *list, struct slot slot)
{
    if (list->n == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 64;
        list->at = xrealloc(list->at, list->cap * sizeof *list->at);
    }
    list->at[list->n++] = slot;
}

static void forget(struct slots *list)
{
    list->n = 0;
    if (list->cap <= KEPT_FRESH)
        return;
    free(list->at);
    *list = (struct slots){0};
}

void keyset_add(struct keyset *set, const struct store_key *key, uint32_t event)
{
    assert(event);
    struct slot slot = {hash_of(set, key), event};
    put_or_grow(set, slot);
    remember(&set->fresh, slot);
}

void keyset_drop(struct keyset *set, const struct store_key *key, uint32_t event)
{
    remember(&set->gone, (struct slot){hash_of(set, key), event});
}

void keyset_load(struct keyset *set, const struct store_key *key, uint32_t event)
{
    assert(event);
    struct slot slot = {hash_of(set, key), event};
    __builtin_prefetch(&set->slots[home(set, slot.hash)], 1);
    set->queue[set->n_queue++] = slot;
    if (set->n_queue == QUEUE)
        keyset_load_end(set);
}

void keyset_load_end(struct keyset *set)
{
    for (size_t i = 0; i < set->n_queue; i++)
        put_or_grow(set, set->queue[i]);
    set->n_queue = 0;
}

/* Closes the gap at `hole`: whoever was pushed past it by others moves back into it. */
static void close_gap(struct keyset *set, size_t hole)
{
    for (size_t i = after(set, hole); set->slots[i].event; i = after(set, i)) {
        size_t from_home = (i + set->n_slots - home(set, set->slots[i].hash)) % set->n_slots;
        size_t from_hole = (i + set->n_slots - hole) % set->n_slots;
        if (from_home < from_hole)
            continue;
        set->slots[hole] = set->slots[i];
        hole = i;
    }
    set->slots[hole] = (struct slot){0, 0};
}

static void take_out(struct keyset *set, struct slots *list)
{
    while (list->n) {
        struct slot gone = list->at[--list->n];
        size_t i = home(set, gone.hash);
        while (set->slots[i].hash != gone.hash || set->slots[i].event != gone.event) {
            assert(set->slots[i].event);
            i = after(set, i);
        }
        close_gap(set, i);
        set->n--;
    }
}

void keyset_keep(struct keyset *set)
{
    forget(&set->fresh);
    if (!set->gone.n)
        return;
    take_out(set, &set->gone);
    forget(&set->gone);
    size_t enough = set->n + set->n / 2;
    if (set->n_slots > FIRST_SLOTS && set->n < set->n_slots / 3)
        resize(set, enough > FIRST_SLOTS ? enough : FIRST_SLOTS);
}

void keyset_undo(struct keyset *set)
{
    forget(&set->gone);
    take_out(set, &set->fresh);
    forget(&set->fresh);
}

size_t keyset_count(const struct keyset *set)
{
    return set->n;
}

size_t keyset_slots(const struct keyset *set)
{
    return set->n_slots;
}
