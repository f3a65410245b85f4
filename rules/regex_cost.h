/* regex_cost: whether a short hostile text makes a pattern meet its limit. */
#ifndef CWR_REGEX_COST_H
#define CWR_REGEX_COST_H

#include "regex.h"

enum { CWR_COST_BYTES = 128 /* of a text that is tried */ };

/* Looks for a text on which the pattern meets its limit; *out is empty when none is found. Patterns
 * that cannot be worse than quadratic are not tried. *steps is what may be spent and is counted
 * down; at 0 nothing is tried any more. Lives: *out in `arena`. Returns: CW_NOMEM. */
enum cw_status cwr_regex_cost(const struct cwr_regex *regex, struct cw_text pattern,
                              struct cwr_regex_scratch *scratch, struct cw_arena *arena,
                              size_t *steps, struct cw_text *out) CW_CHECKED;

#endif
