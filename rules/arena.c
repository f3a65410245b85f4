/* arena: memory of one pass. Blocks double from 4 KiB to 1 MiB; a reset keeps the largest small
 * one, so that a pass of the usual size asks the system for nothing.
 *
 * Limits: the sum of takes never exceeds the limit given at creation. */
#include "arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LAST_BLOCK = 1 << 20, KEPT_BLOCK = 64 << 10 };

struct block {
    struct block *older;
    size_t size, used; /* of `bytes` */
    alignas(max_align_t) char bytes[];
};

struct cw_arena {
    struct block *now;
    size_t limit, taken;
    size_t next_size;
};

static size_t aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

struct cw_arena *cw_arena_create(size_t limit_bytes)
{
    struct cw_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        return NULL;
    arena->limit = limit_bytes;
    arena->next_size = FIRST_BLOCK;
    return arena;
}

static bool add_block(struct cw_arena *arena, size_t size)
{
    size_t whole = arena->next_size - sizeof(struct block);
    if (whole < size)
        whole = size;
    struct block *block = malloc(sizeof *block + whole);
    if (!block)
        return false;
    block->older = arena->now;
    block->size = whole;
    block->used = 0;
    arena->now = block;
    if (arena->next_size < LAST_BLOCK)
        arena->next_size *= 2;
    return true;
}

void *cw_arena_take(struct cw_arena *arena, size_t size)
{
    size_t need = size ? aligned(size) : aligned(1);
    if (need < size || need > arena->limit - arena->taken)
        return NULL;
    struct block *block = arena->now;
    if (!block || block->size - block->used < need) {
        if (need > SIZE_MAX - sizeof *block || !add_block(arena, need))
            return NULL;
        block = arena->now;
    }
    char *at = block->bytes + block->used;
    block->used += need;
    arena->taken += need;
    return memset(at, 0, need);
}

bool cwr_arena_grow(struct cw_arena *arena, const void *at, size_t old_size, size_t new_size)
{
    struct block *block = arena->now;
    size_t had = aligned(old_size), need = aligned(new_size);
    if (!block || need < new_size || had > block->used || need < had)
        return false;
    char *start = block->bytes + block->used - had;
    size_t more = need - had;
    if (start != at || more > block->size - block->used || more > arena->limit - arena->taken)
        return false;
    memset(start + had, 0, more);
    block->used += more;
    arena->taken += more;
    return true;
}

char *cw_arena_copy(struct cw_arena *arena, struct cw_text text)
{
    if (text.len == SIZE_MAX)
        return NULL;
    char *copy = cw_arena_take(arena, text.len + 1);
    if (copy && text.len)
        memcpy(copy, text.at, text.len);
    return copy;
}

void cw_arena_reset(struct cw_arena *arena)
{
    struct block *kept = NULL;
    for (struct block *b = arena->now, *older; b; b = older) {
        older = b->older;
        if (!kept && b->size <= KEPT_BLOCK) {
            kept = b;
            continue;
        }
        free(b);
    }
    arena->taken = 0;
    arena->now = kept;
    arena->next_size = FIRST_BLOCK;
    if (!kept)
        return;
    kept->older = NULL;
    kept->used = 0;
    while (arena->next_size <= kept->size && arena->next_size < LAST_BLOCK)
        arena->next_size *= 2;
}

void cw_arena_destroy(struct cw_arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->now, *older; b; b = older) {
        older = b->older;
        free(b);
    }
    free(arena);
}

size_t cw_arena_used(const struct cw_arena *arena)
{
    return arena->taken;
}
