/* clock: moments as the clocks of people show them. */
#include <clockwire/rules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "moment.h"
#include "zone.h"

const char *cw_clock(const struct cw_zone *zone, int64_t ms, char out[CW_CLOCK_TEXT])
{
    bool is_utc = !zone || zone == &cwr_utc;
    ms = ms < CWR_MOMENT_FIRST ? CWR_MOMENT_FIRST : ms > CWR_MOMENT_LAST ? CWR_MOMENT_LAST : ms;
    int minutes = is_utc ? 0 : cwr_zone_wall(zone, ms).offset / 60;
    char text[CWR_MOMENT_SIZE];
    struct cw_text made = cwr_moment_print(ms + minutes * INT64_C(60000), text);
    if (is_utc)
        snprintf(out, CW_CLOCK_TEXT, "%s", made.at);
    else
        snprintf(out, CW_CLOCK_TEXT, "%.*s%c%02d:%02d", (int)made.len - 1, made.at,
                 minutes < 0 ? '-' : '+', abs(minutes) / 60 % 100, abs(minutes) % 60);
    return out;
}

const char *cw_clock_short(const struct cw_zone *zone, int64_t ms, int64_t day_ms,
                           char out[CW_CLOCK_TEXT])
{
    enum { DAY = 10, TIME = 8 }; /* of 2026-03-02T10:00:00.000Z */
    char day[CW_CLOCK_TEXT];
    cw_clock(zone, ms, out);
    cw_clock(zone, day_ms, day);
    out[DAY] = ' ';
    out[DAY + 1 + TIME] = '\0';
    if (memcmp(out, day, DAY) == 0)
        memmove(out, out + DAY + 1, TIME + 1);
    return out;
}
