#ifndef AWORK_SIM_MAP_H
#define AWORK_SIM_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct sim_map {
    struct sim_slot *slots;
    size_t room; /* a power of two, or 0 */
    size_t count;
};

void *sim_map_get(const struct sim_map *map, const char *key); /* NULL: not there */
/* The key must live as long as it is in the map. False: it is there already. */
bool sim_map_put(struct sim_map *map, const char *key, void *value);
void sim_map_drop(struct sim_map *map, const char *key);
void sim_map_fini(struct sim_map *map);

#endif
