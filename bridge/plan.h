/* plan: what a new configuration makes of what there is: which rules are new, gone or changed,
 * what becomes of every run that waits, which marks end, and what needs a restart.
 *
 * A look and nothing else: nothing is written. A run's fate is found by deciding it, at its due
 * time, once by the old rules and once by the new ones: what is told is what the engine will do. */
#ifndef PLAN_H
#define PLAN_H

#include "config.h"
#include "store/store.h"

enum plan_fate {
    PLAN_LOST,    /* its rule or person is gone */
    PLAN_REFUSED, /* it would have acted, and comes to nothing now */
    PLAN_CHANGED, /* it acts, and does something else */
    PLAN_BACK,    /* it would have come to nothing, and acts now */
    PLAN_STILL,   /* it comes to nothing by either */
    PLAN_KEPT,
    PLAN_FATES
};

struct plan_sums {
    size_t rules, rules_new, rules_gone, rules_changed;
    size_t runs[PLAN_FATES];
    size_t runs_unseen; /* behind the ceiling */
    size_t marks_kept, marks_ended;
};

struct plan_ask {
    struct store *store;
    const struct config *old, *new;
    int64_t now_ms;
};

/* JSON lines: {"plan":...} with the sums, then {"rule":...}, {"clock":...} (a trigger
 * that begins or ends), {"run":...}, {"mark":...},
 * {"lane":...} and {"restart":...}, and {"note":...} when the journal could not be read to its end;
 * the text is the caller's. Limits: 100,000 runs and as many marks are looked at; 100 lines of each
 * kind and fate; what is left out is counted. */
void plan_make(const struct plan_ask *ask, struct plan_sums *sums, char **out, size_t *len);

#endif
