/* why/look: a stored event matched once more, from what the journal kept of it, against the rules
 * of today, with each look at a rule kept. */
#ifndef WHY_LOOK_H
#define WHY_LOOK_H

#include "config.h"
#include "store/store.h"

struct why_look {
    enum cw_look_kind kind;
    const char *rule;   /* of the ruleset */
    const char *person; /* NULL: whoever it is */
    struct cw_place place;
    const char *reason;
};

struct why_list {
    struct why_look *items;
    size_t n, size;
};

struct why_looks { /* each in the order of the file */
    struct why_list looks, cancels;
};

/* Can it be matched at all? Not when it was refused, or when nothing was kept. */
bool why_can_match(const struct store_event *event);
/* Fills `out` anew. `rule` NULL: all rules. Lives: texts in `arena`. */
enum cw_status why_match(const struct config *config, const struct store_event *event,
                         const char *rule, struct cw_arena *arena, struct why_looks *out,
                         struct cw_error *err) CW_CHECKED;
void why_looks_fini(struct why_looks *looks);

#endif
