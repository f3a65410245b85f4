/* pending: everything that waits for a moment: runs, marks, and the next ticks of schedules.
 *
 * One list by time. A run and a mark have a short name by which it can be ended. */
#ifndef PENDING_H
#define PENDING_H

#include "config.h"
#include "store/store.h"

struct pending_ask {
    struct store *store;
    const struct config *config;
    int64_t now_ms;
    const char *rule; /* NULL: every rule */
    const char *user; /* name or alias; NULL: everybody */
};

/* JSON lines: {"pending":{kind: how many}}, then one for each with "kind", "id" (not for ticks),
 * "rule", "person", "key", "due", "zone" and "text", by time; what has no end comes last. Returns:
 * CW_ENOENT when there is no such user. Limits: 1,000 lines, {"more": n} tells of the others; of
 * runs and marks 100,000 each are looked at. */
enum cw_status pending_list(const struct pending_ask *ask, char **out, size_t *len,
                            struct cw_error *err) CW_CHECKED;

/* Finds the mark of that name. Lives: in `arena`. Returns: CW_ENOENT. */
enum cw_status pending_mark(struct store *store, const char *id, struct cw_arena *arena,
                            struct store_mark *out, struct cw_error *err) CW_CHECKED;

#endif
