/* reading: what decisions read of the journal: marks, and whether a run is pending. */
#ifndef READING_H
#define READING_H

#include "store/store.h"

#include <clockwire/rules.h>

struct reading {
    struct store *store;
    struct cw_arena *arena;
    struct cw_error *err; /* of the store, when the decision fails with its status */
};

/* Lives: as long as `reading`. */
struct cw_facts_reader reading_facts(struct reading *reading);

#endif
