/* wall: a moment as a person writes it: RFC 3339, or what a wall clock of a zone shows. */
#include <string.h>

#include "moment.h"
#include "schedule.h"

enum { DAY_CHARS = 10 };

static bool two_digits(const char *at, int most, int *out)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return *out <= most;
}

/* "", "T10:00", " 10:00" or " 10:00:30" */
static bool read_time(struct cw_text text, int64_t *out_second)
{
    int hour = 0, minute = 0, second = 0;
    *out_second = 0;
    if (!text.len)
        return true;
    if ((text.len != 6 && text.len != 9) || !strchr("Tt ", text.at[0]) || text.at[3] != ':' ||
        !two_digits(text.at + 1, 23, &hour) || !two_digits(text.at + 4, 59, &minute))
        return false;
    if (text.len == 9 && (text.at[6] != ':' || !two_digits(text.at + 7, 59, &second)))
        return false;
    *out_second = (hour * 60 + minute) * 60 + second;
    return true;
}

enum cw_status cw_moment_parse(struct cw_text text, struct cw_text zone, struct cw_text tzif,
                               struct cw_arena *arena, int64_t *out_ms, struct cw_error *err)
{
    const struct cw_zone *read = &cwr_utc;
    struct cw_text rest = {text.at, 0};
    int64_t day = 0, second = 0;
    if (text.len > DAY_CHARS && cwr_moment_read(text, out_ms))
        return CW_OK;
    bool good = text.len >= DAY_CHARS && cwr_date_read((struct cw_text){text.at, DAY_CHARS}, &day);
    if (good)
        rest = (struct cw_text){text.at + DAY_CHARS, text.len - DAY_CHARS};
    if (!good || !read_time(rest, &second))
        return cw_fail(err, CW_ESYNTAX,
                       "a moment is written `2026-03-02 10:00`, or 2026-03-02T10:00:00+01:00");
    enum cw_status status = tzif.len ? cwr_zone_read(zone, tzif, arena, &read, err) : CW_OK;
    if (!status)
        *out_ms = cwr_zone_instant(read, day, second);
    return status;
}
