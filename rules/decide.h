/* decide: what the files of deciding share. */
#ifndef CWR_DECIDE_H
#define CWR_DECIDE_H

#include "ruleset.h"

/* What is left of a condition when its `during` have been asked for a person at a moment; *why is
 * set when one was asked. Lives: in `arena`. Returns: CW_ENOENT when hours are gone from the
 * ruleset; CW_ESYNTAX, CW_NOMEM. */
enum cw_status cwr_decide_hours(const struct cw_ruleset *rules, const struct cw_person *person,
                                int64_t now_ms, struct cw_text condition, struct cw_arena *arena,
                                struct cwr_answer *out, const char **why,
                                struct cw_error *err) CW_CHECKED;

#endif
