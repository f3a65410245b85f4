/* store_priv: what the files that keep the law of the journal share. */
#ifndef STORE_PRIV_H
#define STORE_PRIV_H

#include "backend.h"

struct store {
    const struct store_ops *ops;
    struct backend *b;
    bool in_turn;
    enum cw_status lost; /* how a write of this turn failed; CW_OK: none did */
    bool due_known;
    int64_t due_ms; /* when known: of the next waiting run */
};

/* Every write begins with this ... */
enum cw_status store_may_write(const struct store *store, struct cw_error *err);
/* ... and ends with this. "It is there already" and "it is not there" leave everything as it was.
 */
enum cw_status store_wrote(struct store *store, enum cw_status status);

enum cw_status store_calls_query(struct store *store, const struct store_calls_query *query,
                                 struct cw_arena *arena, struct store_call **out, size_t *n,
                                 struct cw_error *err);

#endif
