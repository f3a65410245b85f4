/* xalloc: memory in the daemon. Crash-only: when an allocation fails the process ends, and nothing
 * that was acknowledged is lost, since it is on disk. (The rules library returns CW_NOMEM.) */
#ifndef XALLOC_H
#define XALLOC_H

#include <clockwire/error.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size); /* zeroed */
void *xrealloc(void *at, size_t size);
char *xstrdup(const char *text);  /* NULL gives NULL */
char *xtext(struct cw_text text); /* a copy that ends with NUL */
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct cw_arena *xarena(size_t limit_bytes);
void *xtake(struct cw_arena *arena, size_t size); /* cw_arena_take that ends the process */

/* char *auto_free name = ...; is freed at the end of its scope. */
void xfree_at(void *pointer_to_pointer);
#define auto_free __attribute__((cleanup(xfree_at)))

#endif
