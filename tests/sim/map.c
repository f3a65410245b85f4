/*
 * A map from text to a thing: open addressing, the keys belong to the things. Used for every id,
 * key and token, so that no request has to search.
 */
#include "map.h"
#include "sim.h"

#include <stdlib.h>
#include <string.h>

struct sim_slot {
    const char *key; /* NULL: free */
    void *value;
};

static size_t home_of(const struct sim_map *map, const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return (size_t)(hash ^ hash >> 32) & (map->room - 1);
}

/* Where the key is, or the free slot where it would be. */
static struct sim_slot *slot_of(const struct sim_map *map, const char *key)
{
    size_t at = home_of(map, key);
    while (map->slots[at].key != NULL && strcmp(map->slots[at].key, key) != 0)
        at = (at + 1) & (map->room - 1);
    return &map->slots[at];
}

static void grow(struct sim_map *map)
{
    struct sim_map old = *map;
    map->room = old.room > 0 ? old.room * 2 : 64;
    map->slots = sim_alloc(map->room, sizeof *map->slots);
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].key != NULL)
            *slot_of(map, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void *sim_map_get(const struct sim_map *map, const char *key)
{
    return map->room > 0 ? slot_of(map, key)->value : NULL;
}

bool sim_map_put(struct sim_map *map, const char *key, void *value)
{
    if (map->count * 2 >= map->room)
        grow(map);
    struct sim_slot *slot = slot_of(map, key);
    if (slot->key != NULL)
        return false;
    *slot = (struct sim_slot){key, value};
    map->count++;
    return true;
}

/* What stands behind the gap and belongs before it moves into it, until nothing does. */
void sim_map_drop(struct sim_map *map, const char *key)
{
    if (map->room == 0 || slot_of(map, key)->key == NULL)
        return;
    size_t mask = map->room - 1;
    size_t gap = (size_t)(slot_of(map, key) - map->slots);
    for (size_t at = (gap + 1) & mask; map->slots[at].key != NULL; at = (at + 1) & mask) {
        size_t home = home_of(map, map->slots[at].key);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        map->slots[gap] = map->slots[at];
        gap = at;
    }
    map->slots[gap] = (struct sim_slot){0};
    map->count--;
}

void sim_map_fini(struct sim_map *map)
{
    free(map->slots);
    *map = (struct sim_map){0};
}
