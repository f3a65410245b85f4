/* hours: named windows of the week, and whether a person is in them at a moment.
 *
 * A name is a number in here; people without hours of their own under a name have the common ones.
 * A window that goes over midnight belongs to its first day, exceptions of days too. */
#ifndef CWR_HOURS_H
#define CWR_HOURS_H

#include <clockwire/rules.h>

#include "map.h"
#include "schedule.h"

/* Days since 1970-01-01, ascending: those written in one place, or of one calendar file. */
struct cwr_days {
    const int64_t *at;
    size_t n;
};

struct cwr_hours {
    const struct cwr_window *windows;
    size_t n;
    const struct cw_zone *zone; /* NULL: the person's */
    const struct cwr_days *const *except;
    size_t n_except;
    struct cw_text shown; /* the windows as written: "mon-fri 09:00-17:30, sat 10:00-12:00" */
    struct cw_place place;
};

struct cwr_person_hours {
    const struct cwr_hours *const
        *own; /* by number, NULL where there are none; NULL: none at all */
};

struct cwr_calendar {
    struct cwr_map rows; /* names of hours to their numbers */
    const struct cw_text *names;
    const struct cwr_hours *const *common;
    size_t n;
    const struct cw_person *people; /* and what is their own, one by one */
    const struct cwr_person_hours *hours;
    bool many_files; /* a line alone says nothing then */
};

/* Which hours a `during` asks for; any of them suffices. */
struct cwr_during {
    const uint32_t *hours;
    size_t n;
    struct cw_text residual; /* {"during":["work"]} */
};

/* Returns: CWR_NOWHERE when there are no hours of this name. */
uint32_t cwr_hours_named(const struct cwr_calendar *calendar, struct cw_text name);
bool cwr_hours_hold(const struct cwr_calendar *calendar, uint32_t hours,
                    const struct cw_person *person, int64_t now_ms);
/* True when any of the hours holds. *why, if given, gets which holds, or why none does: "during
 * work: 19:12 Mon Europe/Berlin is outside mon-fri 09:00-17:30 (line 35)". Returns: CW_NOMEM. */
enum cw_status cwr_during_ask(const struct cwr_calendar *calendar, const struct cwr_during *during,
                              const struct cw_person *person, int64_t now_ms,
                              struct cw_arena *arena, bool *out, const char **why) CW_CHECKED;

#endif
