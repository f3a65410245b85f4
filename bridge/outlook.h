/* outlook: what a run that waits will come to, by a ruleset: it is decided as at its due time,
 * and nothing is written. */
#ifndef OUTLOOK_H
#define OUTLOOK_H

#include "store/store.h"

#include <clockwire/rules.h>

struct outlook {
    bool is_lost;        /* its rule or person is gone */
    bool acts;           /* else it comes to nothing */
    struct cw_text what; /* what it does ("stop, log {...}"), or why it does nothing */
};

/* By the facts that `store` has now and then still holds. Lives: in `arena`. */
struct outlook outlook_of(const struct cw_ruleset *rules, struct store *store,
                          const struct store_run *run, int64_t now_ms, struct cw_arena *arena);

#endif
