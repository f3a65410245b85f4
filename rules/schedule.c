/* schedule: times as people write them; see schedule.h.
 *
 * "10 minutes": digits, one blank, a unit in the singular or plural; nothing else, at most ten
 * years of 365 days. Times of a day have two digits for the hour and two for the minute. */
#include "schedule.h"

#include <string.h>

static const int64_t most_ms = INT64_C(3650) * 24 * 60 * 60 * 1000;

static const struct {
    const char *name;
    int64_t ms;
} units[] = {
    {"millisecond", 1}, {"second", 1000}, {"minute", 60000}, {"hour", 3600000}, {"day", 86400000},
};

static int64_t unit_ms(struct cw_text text)
{
    struct cw_text singular = text;
    if (text.len && text.at[text.len - 1] == 's')
        singular.len--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (cw_text_is(singular, units[i].name))
            return units[i].ms;
    return 0;
}

static enum cw_status refuse(struct cw_text text, struct cw_error *err)
{
    return cw_fail(err, CW_ESYNTAX,
                   "`%.*s` is no duration: write a number and a unit, such as `10 minutes`",
                   (int)(text.len < 40 ? text.len : 40), text.len ? text.at : "");
}

enum cw_status cw_duration_parse(struct cw_text text, int64_t *out_ms, struct cw_error *err)
{
    int64_t n = 0;
    size_t i = 0;
    for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
        n = n > most_ms ? n : n * 10 + (text.at[i] - '0');
    if (i == 0 || i == text.len || text.at[i] != ' ')
        return refuse(text, err);
    int64_t ms = unit_ms((struct cw_text){text.at + i + 1, text.len - i - 1});
    if (!ms)
        return refuse(text, err);
    if (n > most_ms / ms)
        return cw_fail(err, CW_ELIMIT, "a duration is at most 3650 days");
    *out_ms = n * ms;
    return CW_OK;
}

/* ---- Days and times ---- */

static bool take(struct cw_text *text, char c)
{
    if (!text->len || text->at[0] != c)
        return false;
    text->at++;
    text->len--;
    return true;
}

static bool take_day(struct cw_text *text, int *out)
{
    static const char names[][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < 7 && text->len >= 3; i++) {
        if (memcmp(text->at, names[i], 3) != 0)
            continue;
        text->at += 3;
        text->len -= 3;
        *out = i;
        return true;
    }
    return false;
}

/* day = mon ... sun; days = day | day-day | days,days; fri-mon wraps. */
static bool take_days(struct cw_text *text, uint8_t *out)
{
    *out = 0;
    do {
        int from, to;
        if (!take_day(text, &from))
            return false;
        to = from;
        if (take(text, '-') && !take_day(text, &to))
            return false;
        for (int day = from;; day = (day + 1) % 7) {
            *out = (uint8_t)(*out | 1 << day);
            if (day == to)
                break;
        }
    } while (take(text, ','));
    return take(text, ' ');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_time(struct cw_text *text, int *out)
{
    const char *t = text->at;
    if (text->len < 5 || !is_digit(t[0]) || !is_digit(t[1]) || t[2] != ':' || !is_digit(t[3]) ||
        !is_digit(t[4]))
        return false;
    int hour = (t[0] - '0') * 10 + t[1] - '0', minute = (t[3] - '0') * 10 + t[4] - '0';
    *out = hour * 60 + minute;
    text->at += 5;
    text->len -= 5;
    return minute < 60 && *out <= CWR_DAY_MIN;
}

static int shown(struct cw_text text)
{
    return (int)(text.len < 60 ? text.len : 60);
}

bool cwr_is_days(struct cw_text text)
{
    int day;
    if (!take_day(&text, &day) || (take(&text, '-') && !take_day(&text, &day)))
        return false;
    return !text.len;
}

enum cw_status cwr_window_parse(struct cw_text text, struct cwr_window *out, struct cw_error *err)
{
    struct cw_text rest = text;
    struct cwr_window made;
    if (!take_days(&rest, &made.days) || !take_time(&rest, &made.from) || !take(&rest, '-') ||
        !take_time(&rest, &made.to) || rest.len)
        return cw_fail(err, CW_ESYNTAX,
                       "`%.*s` is no window: write days and times, such as `mon-fri 09:00-17:30`",
                       shown(text), text.len ? text.at : "");
    if (made.from == made.to || made.from == CWR_DAY_MIN)
        return cw_fail(err, CW_EINVAL,
                       "this window never opens; a whole day is written 00:00-24:00");
    *out = made;
    return CW_OK;
}

/* ---- Schedules ---- */

static enum cw_status parse_steps(struct cw_text text, struct cwr_schedule *out,
                                  struct cw_error *err)
{
    const int64_t minute_ms = 60000, day_ms = INT64_C(86400000);
    int64_t ms;
    enum cw_status status = cw_duration_parse(text, &ms, err);
    if (status)
        return status;
    if (ms < minute_ms || ms % minute_ms != 0)
        return cw_fail(err, CW_EINVAL, "a schedule counts in minutes, hours or days, at least one");
    if (ms > day_ms && ms % day_ms != 0)
        return cw_fail(err, CW_EINVAL, "a schedule longer than a day is made of whole days");
    *out = (struct cwr_schedule){.days = 127, .steps = true, .minute = (int)(ms / minute_ms)};
    if (ms >= day_ms)
        *out = (struct cwr_schedule){.every_days = ms / day_ms};
    return CW_OK;
}

enum cw_status cwr_schedule_parse(struct cw_text text, struct cwr_schedule *out,
                                  struct cw_error *err)
{
    struct cw_text rest = text;
    struct cwr_schedule made = {0};
    if (text.len && is_digit(text.at[0]))
        return parse_steps(text, out, err);
    if (!take_days(&rest, &made.days) || !take_time(&rest, &made.minute) || rest.len ||
        made.minute == CWR_DAY_MIN)
        return cw_fail(err, CW_ESYNTAX,
                       "`%.*s` is no schedule: write `mon-fri 20:00` or `30 minutes`", shown(text),
                       text.len ? text.at : "");
    *out = made;
    return CW_OK;
}

/* The day itself or the next one that the schedule has. */
static int64_t day_from(const struct cwr_schedule *s, int64_t day)
{
    if (s->every_days) {
        int64_t over = day % s->every_days;
        over = over < 0 ? over + s->every_days : over;
        return over ? day + s->every_days - over : day;
    }
    while (!(s->days >> (((day + 3) % 7 + 7) % 7) & 1)) /* 1970-01-01 was a Thursday */
        day++;
    return day;
}

/* The years 0 to 9999. */
static const int64_t least_ms = INT64_C(-62167219200000), most_at_ms = INT64_C(253402300799999);

int64_t cwr_schedule_next(const struct cwr_schedule *schedule, const struct cw_zone *zone,
                          int64_t after_ms)
{
    if (after_ms > most_at_ms)
        return INT64_MAX;
    after_ms = after_ms < least_ms ? least_ms : after_ms;
    /* What the wall shows now may be shown again, but no time before it is still to come. */
    struct cwr_wall wall = cwr_zone_wall(zone, after_ms);
    int64_t day = day_from(schedule, wall.day);
    int minute = schedule->minute;
    if (schedule->steps)
        minute = day == wall.day ? wall.second / 60 / schedule->minute * schedule->minute : 0;
    for (;;) {
        int64_t at = cwr_zone_instant(zone, day, (int64_t)minute * 60);
        if (at > after_ms)
            return at <= most_at_ms ? at : INT64_MAX;
        if (schedule->steps && minute + schedule->minute < CWR_DAY_MIN) {
            minute += schedule->minute;
            continue;
        }
        day = day_from(schedule, day + 1);
        minute = schedule->steps ? 0 : schedule->minute;
    }
}

/* Looks back twice as far each time, so that few times lie in the stretch that has the last one. */
int64_t cwr_schedule_last(const struct cwr_schedule *schedule, const struct cw_zone *zone,
                          int64_t upto_ms)
{
    int64_t last = INT64_MAX, next;
    upto_ms = upto_ms > most_at_ms ? most_at_ms : upto_ms;
    for (int64_t back = 60000; last > upto_ms; back *= 2) {
        if (upto_ms < least_ms + back)
            return INT64_MIN;
        last = cwr_schedule_next(schedule, zone, upto_ms - back);
    }
    while ((next = cwr_schedule_next(schedule, zone, last)) <= upto_ms)
        last = next;
    return last;
}
