/* stage: the world of one test: the real engine, dispatcher and rules on the memory store, the
 * little awork, and a clock that stands still between steps. */
#ifndef TRIAL_STAGE_H
#define TRIAL_STAGE_H

#include "config.h"
#include "store/store.h"

struct stage;

struct effect { /* a call that has ended */
    char *person, *rule, *action, *args, *reason;
    int64_t at_ms;
    bool acted; /* it did something, and that is what tests are about */
    enum store_call_state state;
};

/* The clock begins at the test's first step. `matched` gets a mark for each rule that matches. */
struct stage *stage_create(const struct config *config, const struct suite_test *test,
                           bool *matched);
void stage_destroy(struct stage *stage);

/* Does all that is due until `at_ms`, restarts if the step says so, lets its event come, and does
 * what is due at that moment. Returns: CW_EIO with the reason when the engine cannot go on. */
enum cw_status stage_step(struct stage *stage, const struct suite_step *step,
                          struct cw_error *err) CW_CHECKED;
const struct effect *stage_effects(const struct stage *stage, size_t *n); /* all, in order */
/* What became of the newest event that concerned a rule and a person (NULL: anybody), in one line
 * or two, which the caller frees; NULL when there was none. */
char *stage_why(struct stage *stage, const char *rule, const char *person);

#endif
