/* indexer_cells: see indexer_cells.h. Open addressing; what it outgrows stays in the arena. */
#include "indexer_cells.h"

#include <string.h>

static struct cwr_cell *find(const struct cwr_cells *cells, uint64_t key)
{
    uint64_t hash = (key + 1) * 0x9E3779B97F4A7C15U;
    for (size_t i = (size_t)(hash >> 20) & (cells->size - 1);; i = (i + 1) & (cells->size - 1))
        if (!cells->at[i].key || cells->at[i].key == key + 1)
            return &cells->at[i];
}

struct cwr_cell *cwr_cells_get(struct cwr_cells *cells, uint64_t key)
{
    if (cells->n * 2 >= cells->size) {
        struct cwr_cells bigger = {.size = cells->size ? cells->size * 2 : 64,
                                   .arena = cells->arena};
        bigger.at = cw_arena_take(cells->arena, bigger.size * sizeof *bigger.at);
        if (!bigger.at)
            return NULL;
        for (size_t i = 0; i < cells->size; i++)
            if (cells->at[i].key)
                *find(&bigger, cells->at[i].key - 1) = cells->at[i];
        bigger.n = cells->n;
        *cells = bigger;
    }
    struct cwr_cell *cell = find(cells, key);
    cells->n += cell->key == 0;
    cell->key = key + 1;
    return cell;
}

void *cwr_list_grow(struct cw_arena *arena, void *items, size_t n, size_t *size, size_t one)
{
    if (n < *size)
        return items;
    size_t wanted = *size ? *size * 2 : 8;
    void *bigger = cw_arena_take(arena, wanted * one);
    if (!bigger)
        return NULL;
    if (n)
        memcpy(bigger, items, n * one);
    *size = wanted;
    return bigger;
}
