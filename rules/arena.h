/* arena: what the library's own files may ask of an arena beyond the public words. */
#ifndef CWR_ARENA_H
#define CWR_ARENA_H

#include <clockwire/error.h>
#include <stdbool.h>

/* Lengthens the latest take in its place. Returns: false when it is not the latest, its block is
 * full or the limit is met; then nothing has changed. */
bool cwr_arena_grow(struct cw_arena *arena, const void *at, size_t old_size, size_t new_size);

#endif
