/* keyset: a hash in memory from the keys of deliveries to the events that brought them.
 *
 * It keeps 32 bits of each key and the number of its event, 8 bytes in all: what it names is a
 * guess that the owner checks against the full key (1 guess in 500 is wrong at a million keys).
 * Worked example, 8 slots: hash 0x40000000 has its home in slot 0x40000000 * 8 >> 32 = 2; when 2 is
 * taken it lies in 3, and so on to the first free slot; slot order is hash order, so that growing
 * is one pass. */
#ifndef STORE_KEYSET_H
#define STORE_KEYSET_H

#include "store.h"

struct keyset;

struct keyset_walk { /* zeroed at first */
    size_t slot;
    bool started;
};

struct keyset *keyset_create(size_t expected);
void keyset_destroy(struct keyset *set);
/* The next event that may have brought the key; 0: no more. */
uint32_t keyset_next(const struct keyset *set, const struct store_key *key,
                     struct keyset_walk *walk);
/* Limits: event is not 0. */
void keyset_add(struct keyset *set, const struct store_key *key, uint32_t event);
/* The same for many in a row, in 1/4 of the time: they lie in a queue until memory has come nearer.
 * After the last one keyset_load_end is due. What is loaded stays. */
void keyset_load(struct keyset *set, const struct store_key *key, uint32_t event);
void keyset_load_end(struct keyset *set);
/* A key that is there goes with the next keyset_keep; memory is given back when few are left. */
void keyset_drop(struct keyset *set, const struct store_key *key, uint32_t event);
/* What was added since the last keyset_keep stays, or goes; what was dropped goes, or stays. */
void keyset_keep(struct keyset *set);
void keyset_undo(struct keyset *set);
size_t keyset_count(const struct keyset *set);
size_t keyset_slots(const struct keyset *set); /* of 8 bytes each */

#endif
