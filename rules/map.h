/* map: from texts to numbers, in an arena. Keys are borrowed. */
#ifndef CWR_MAP_H
#define CWR_MAP_H

#include <clockwire/error.h>

#define CWR_NOWHERE UINT32_MAX

struct cwr_map_slot {
    struct cw_text key;
    uint64_t hash;
    uint32_t value;
};

struct cwr_map {
    struct cw_arena *arena;
    struct cwr_map_slot *slots; /* a power of two of them, at most 3/4 taken */
    size_t size, n;
};

uint64_t cwr_hash(uint64_t seed, struct cw_text text);
uint64_t cwr_mix(uint64_t a, uint64_t b); /* one number of two */
/* Returns: CWR_NOWHERE when the key is not there. */
uint32_t cwr_map_get(const struct cwr_map *map, struct cw_text key);
/* Adds, or replaces the value. */
enum cw_status cwr_map_put(struct cwr_map *map, struct cw_text key, uint32_t value) CW_CHECKED;

#endif
