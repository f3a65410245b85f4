/* indexer_cells: numbers under 64-bit keys, for building an index. */
#ifndef CWR_INDEXER_CELLS_H
#define CWR_INDEXER_CELLS_H

#include <clockwire/error.h>

struct cwr_cell {
    uint64_t key; /* plus one; 0: free */
    uint32_t n;
};

struct cwr_cells {
    struct cw_arena *arena;
    struct cwr_cell *at;
    size_t size, n;
};

/* The cell of a key, made with n = 0 when it is new. Returns: NULL when memory is short. */
struct cwr_cell *cwr_cells_get(struct cwr_cells *cells, uint64_t key);

/* Room for item n of a list that grows in an arena. Returns: the list, NULL when memory is short.
 */
void *cwr_list_grow(struct cw_arena *arena, void *items, size_t n, size_t *size, size_t one);

#endif
