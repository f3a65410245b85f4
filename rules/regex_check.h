/* regex_check: what a pattern's text alone shows. */
#ifndef CWR_REGEX_CHECK_H
#define CWR_REGEX_CHECK_H

#include <clockwire/error.h>
#include <stdbool.h>

bool cwr_regex_has(struct cw_text pattern, const char *what);
/* Refuses what PCRE2 must not even begin to compile. Returns: CW_EINVAL, CW_ELIMIT. */
enum cw_status cwr_regex_check(struct cw_text pattern, bool ignore_case,
                               struct cw_error *err) CW_CHECKED;

/* What every text that matches begins with: a part of the pattern, which may be empty. */
struct cw_text cwr_regex_head(struct cw_text pattern);

#endif
