/* map: see map.h. Open addressing; a text of {NULL, 0} marks a free slot, so empty keys need
 * `at` to be set. */
#include "map.h"

#include <string.h>

uint64_t cwr_hash(uint64_t seed, struct cw_text text)
{
    uint64_t hash = seed ^ 1469598103934665603U ^ text.len, word;
    size_t i = 0;
    for (; text.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.at + i, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15U;
        hash ^= hash >> 32;
    }
    for (; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * 1099511628211U;
    return hash ^ hash >> 29;
}

uint64_t cwr_mix(uint64_t a, uint64_t b)
{
    uint64_t of[] = {a, b};
    return cwr_hash(0, (struct cw_text){(const char *)of, sizeof of});
}

static struct cwr_map_slot *find(const struct cwr_map *map, uint64_t hash, struct cw_text key)
{
    for (size_t i = (size_t)hash & (map->size - 1);; i = (i + 1) & (map->size - 1)) {
        struct cwr_map_slot *slot = &map->slots[i];
        if (!slot->key.at || (slot->hash == hash && slot->key.len == key.len &&
                              memcmp(slot->key.at, key.at, key.len) == 0))
            return slot;
    }
}

uint32_t cwr_map_get(const struct cwr_map *map, struct cw_text key)
{
    if (!map->n || !key.at)
        return CWR_NOWHERE;
    const struct cwr_map_slot *slot = find(map, cwr_hash(0, key), key);
    return slot->key.at ? slot->value : CWR_NOWHERE;
}

static enum cw_status grow(struct cwr_map *map)
{
    struct cwr_map bigger = {.arena = map->arena, .size = map->size ? map->size * 2 : 16};
    bigger.slots = cw_arena_take(map->arena, bigger.size * sizeof *bigger.slots);
    if (!bigger.slots)
        return CW_NOMEM;
    for (size_t i = 0; i < map->size; i++)
        if (map->slots[i].key.at)
            *find(&bigger, map->slots[i].hash, map->slots[i].key) = map->slots[i];
    bigger.n = map->n;
    *map = bigger;
    return CW_OK;
}

enum cw_status cwr_map_put(struct cwr_map *map, struct cw_text key, uint32_t value)
{
    if ((map->n + 1) * 4 > map->size * 3 && grow(map))
        return CW_NOMEM;
    if (!key.at)
        key.at = "";
    uint64_t hash = cwr_hash(0, key);
    struct cwr_map_slot *slot = find(map, hash, key);
    map->n += slot->key.at == NULL;
    *slot = (struct cwr_map_slot){key, hash, value};
    return CW_OK;
}
