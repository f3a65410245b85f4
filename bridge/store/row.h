/* row: what the rows of the store consist of. One table per kind of row feeds the binding and the
 * reading in SQLite and the copying in both stores. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "store.h"

enum row_kind {
    ROW_I64,
    ROW_I32, /* int, uint32_t and the enums */
    ROW_TEXT,
    ROW_BLOB /* a text that may be any bytes */
};

struct row_field {
    const char *name; /* of the column, too */
    enum row_kind kind;
    size_t at; /* offset in the struct */
};

struct row_shape {
    const char *table;
    size_t size;
    const struct row_field *fields;
    size_t n;
};

extern const struct row_shape row_event, row_event_brief, row_run, row_call, row_attempt, row_timer,
    row_mark, row_lease, row_setting;
/* row_event_brief is row_event without its last field, the payload. */
extern const struct row_shape row_lane; /* a bare struct cw_text: the person */

struct row_setting {
    struct cw_text name, value;
};

/* How many bytes row_pack needs. */
size_t row_bytes(const struct row_shape *shape, const void *row);
/* Copies the struct and, behind it, its texts, each ended with NUL. */
void row_pack(const struct row_shape *shape, const void *row, void *into);

/* A list that grows in an arena, up to a limit of rows. */
struct row_list {
    const struct row_shape *shape;
    struct cw_arena *arena;
    char *rows;
    size_t n, cap;
};
/* Returns: room for one more, zeroed; NULL when the arena is spent. */
void *row_list_add(struct row_list *list);
/* Adds a copy of a row with its texts. Returns: CW_NOMEM when the arena is spent. */
enum cw_status row_list_copy(struct row_list *list, const void *row, struct cw_error *err);

enum cw_status row_no_memory(struct cw_error *err);

#endif
