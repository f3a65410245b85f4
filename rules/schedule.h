/* schedule: days and times of a week as people write them, and when they come round in a zone. */
#ifndef CWR_SCHEDULE_H
#define CWR_SCHEDULE_H

#include <clockwire/doc.h>

#include "zone.h"

enum { CWR_DAY_MIN = 24 * 60 };

/* "mon-fri 09:00-17:30". Days are bits, Monday the lowest. */
struct cwr_window {
    uint8_t days;
    int from,
        to; /* minutes of the day; `to`, up to 1440, is excluded; below `from`: the next day */
};
enum cw_status cwr_window_parse(struct cw_text text, struct cwr_window *out,
                                struct cw_error *err) CW_CHECKED;

/* Whether these are days and nothing else: "mon", "mon-fri". */
bool cwr_is_days(struct cw_text text);

/* "mon-fri 20:00", or "30 minutes": by the clock on the wall, beginning anew at each midnight;
 * "2 days": every second midnight, counted from 1970-01-01. */
struct cwr_schedule {
    uint8_t days;
    int minute; /* of those days, or the step between two times of a day */
    bool steps;
    int64_t every_days; /* not 0: every so many days, at midnight */
};
/* Limits: steps are 1 minute to 24 hours, or whole days up to 3650. */
enum cw_status cwr_schedule_parse(struct cw_text text, struct cwr_schedule *out,
                                  struct cw_error *err) CW_CHECKED;
/* The first time after `after_ms`; times in a missing hour come at its end, those of a doubled one
 * once, the first. Returns: INT64_MAX beyond the year 9999. */
int64_t cwr_schedule_next(const struct cwr_schedule *schedule, const struct cw_zone *zone,
                          int64_t after_ms);
/* The last time up to `upto_ms`, that moment included. Returns: INT64_MIN when there is none. */
int64_t cwr_schedule_last(const struct cwr_schedule *schedule, const struct cw_zone *zone,
                          int64_t upto_ms);

#endif
