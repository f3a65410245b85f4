/* error: how everything in clockwire fails.
 *
 * A function that can fail returns `enum cw_status` and takes the caller's `struct cw_error *err`
 * last. On failure its outputs are untouched and *err says in one line what went wrong; err may be
 * NULL, and success leaves it alone. Branch on the status, never on the text.
 *
 * In all three headers: times and durations are milliseconds (_ms, times since 1970 UTC), sizes are
 * bytes, text is UTF-8. What a *_create gives belongs to the caller until *_destroy, which takes
 * NULL as well; a create returns NULL when memory is short. An object is used by one thread at a
 * time, but for rulesets, which any number of threads may read. There are no globals. */
#ifndef CLOCKWIRE_ERROR_H
#define CLOCKWIRE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CW_CHECKED __attribute__((warn_unused_result))

enum cw_status {
    CW_OK = 0,
    CW_NOMEM,   /* memory is short, or the budget of an arena is spent */
    CW_EINVAL,  /* the caller or the configuration asks for what cannot be */
    CW_ESYNTAX, /* text that does not follow its grammar */
    CW_ELIMIT,  /* a ceiling was met */
    CW_ENOENT,  /* something named is not there */
    CW_EEXIST,  /* it is there already (a duplicate) */
    CW_EDENIED, /* not genuine or not allowed */
    CW_EIO,     /* the world outside failed: disk, network */
    CW_EBUSY    /* somebody else has it; later may do */
};

/* A piece of text that need not end with NUL and may hold NUL: print it with "%.*s". Borrowed
 * unless said otherwise. */
struct cw_text {
    const char *at; /* may be NULL when len is 0 */
    size_t len;     /* bytes */
};

struct cw_error {
    enum cw_status status;
    long at;        /* byte offset of the fault in the text at hand, -1 where there is none */
    char text[400]; /* one line, UTF-8, no control bytes, no secrets */
};

/* Starts an error. Returns: `status`, so that `return cw_fail(...)` reads well. */
enum cw_status cw_fail(struct cw_error *err, enum cw_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As cw_fail, with the offset of the fault in the text at hand. */
enum cw_status cw_fail_at(struct cw_error *err, enum cw_status status, size_t at,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Puts "context: " before the text of an error that came from below. Returns: its status, or
 * CW_EINVAL when err is NULL and nobody knows it any more. */
enum cw_status cw_wrap(struct cw_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The word for a status, such as "not found". Lives: for ever. */
const char *cw_status_name(enum cw_status status);

/* Memory of one pass: many small takes, one end. What functions of this library give out "in
 * `arena`" is never freed alone; it goes with the next reset or destroy. */
struct cw_arena;

/* Limits: takes beyond `limit_bytes` in all fail, as if memory were short; that is how the work
 * on one hostile input is bounded. Takes are rounded up to 16 bytes. */
struct cw_arena *cw_arena_create(size_t limit_bytes);
/* Returns: zeroed memory aligned for any type, or NULL. Lives: until reset or destroy. */
void *cw_arena_take(struct cw_arena *arena, size_t size);
/* Returns: a copy that ends with NUL (not counted in `text.len`), or NULL. */
char *cw_arena_copy(struct cw_arena *arena, struct cw_text text);
/* Forgets everything taken; keeps the first block for the next pass. */
void cw_arena_reset(struct cw_arena *arena);
void cw_arena_destroy(struct cw_arena *arena);
/* Bytes taken since the last reset, with what rounding added. */
size_t cw_arena_used(const struct cw_arena *arena);

/* A literal as text; C only. */
#define CW_TEXT(literal) ((struct cw_text){"" literal, sizeof(literal) - 1})
struct cw_text cw_text_of(const char *text);           /* NULL gives the empty text */
int cw_text_is(struct cw_text text, const char *word); /* 1 when equal */

#ifdef __cplusplus
}
#endif
#endif
