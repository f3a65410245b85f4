/* ics: the days that an iCalendar file (RFC 5545) covers whole, for exceptions of hours.
 *
 * An event covers a day when it lasts from its midnight to the next one on the clock that it is
 * written in: all-day events do, a meeting of an hour covers none. Repetitions are followed from
 * 1970 to the end of 2099. The text is a stranger's: everything is bounded, and what cannot be
 * understood is refused, so that no holiday gets lost in silence. */
#ifndef ICS_H
#define ICS_H

#include <clockwire/error.h>

enum { ICS_BYTES = 1 << 20 }; /* of a file */

struct ics {
    struct cw_text days; /* "2026-12-25", one a line, ascending; in the arena */
    size_t n_days;
    size_t n_partly;      /* events that cover no day whole */
    unsigned partly_line; /* of the first of them */
};

/* Returns: CW_ESYNTAX, CW_EINVAL (what this reader has not got), CW_ELIMIT. Limits: 1 MiB, 16
 * levels, a fixed number of looks at days. */
enum cw_status ics_read(struct cw_text text, struct cw_arena *arena, struct ics *out,
                        struct cw_error *err) CW_CHECKED;

#endif
