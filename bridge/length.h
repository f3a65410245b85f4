/* length: how long something lasts, as people write it. */
#ifndef LENGTH_H
#define LENGTH_H

#include <clockwire/error.h>
#include <stdint.h>

/* "2 hours" as in rules, or "2h", "90 min", "1h 30m", "1 day 4 hours", in any case, with blanks
 * around it. Returns: CW_EINVAL, with a line for who wrote it. */
enum cw_status length_parse(struct cw_text text, int64_t *out_ms, struct cw_error *err) CW_CHECKED;

#endif
