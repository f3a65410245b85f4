/* ask: what the askers of kept conditions share. */
#ifndef CWR_ASK_H
#define CWR_ASK_H

#include "condition.h"

/* What a path had, for a matcher that was printed by cwr_matcher_print. */
struct cwr_asked {
    struct cw_text name;   /* "timer.for" */
    struct cw_value value; /* missing: there is nothing */
    const char *told;      /* how a reason says what it is; NULL: "timer.task is KEY-1" */
};

/* Whether it is state.x. */
bool cwr_is_state(struct cw_text name);

/* Asks it. *why is set to what was not so, or, when it holds, to what is: for a `not` around it.
 * Lives: in `arena`. Returns: CW_ESYNTAX for what is no matcher, CW_ELIMIT when a pattern hit a
 * limit: then nothing holds, and *why says so; CW_NOMEM. */
enum cw_status cwr_ask_matcher(const struct cwr_asked *asked, const struct cw_value *matcher,
                               struct cw_arena *arena, enum cw_truth *out, const char **why,
                               struct cw_error *err) CW_CHECKED;

#endif
