/* moment: see moment.h. Days are counted from 1970-01-01 with years that begin in March. */
#include "moment.h"

#include <stdio.h>

int64_t cwr_days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, in_era = year - era * 400;
    int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

int64_t cwr_month_days(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Takes exactly n digits. */
static bool take(struct cw_text *text, size_t n, int64_t *out)
{
    int64_t value = 0;
    if (text->len < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text->at[i] < '0' || text->at[i] > '9')
            return false;
        value = value * 10 + (text->at[i] - '0');
    }
    text->at += n;
    text->len -= n;
    *out = value;
    return true;
}

static bool take_sign(struct cw_text *text, const char *any, char *out)
{
    for (; text->len && *any; any++) {
        if (text->at[0] != *any)
            continue;
        *out = *any;
        text->at++;
        text->len--;
        return true;
    }
    return false;
}

static bool take_day(struct cw_text *text, int64_t *out_days)
{
    int64_t year, month, day;
    char c;
    if (!take(text, 4, &year) || !take_sign(text, "-", &c) || !take(text, 2, &month) ||
        !take_sign(text, "-", &c) || !take(text, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > cwr_month_days(year, month))
        return false;
    *out_days = cwr_days_of(year, month, day);
    return true;
}

static bool take_time(struct cw_text *text, int64_t *out_ms)
{
    int64_t hour, minute, second, ms = 0, unit = 100, digit;
    char c;
    if (!take(text, 2, &hour) || !take_sign(text, ":", &c) || !take(text, 2, &minute) ||
        !take_sign(text, ":", &c) || !take(text, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    if (take_sign(text, ".,", &c)) {
        if (!take(text, 1, &digit))
            return false;
        do {
            ms += digit * unit;
            unit /= 10;
        } while (take(text, 1, &digit));
    }
    *out_ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static bool take_zone(struct cw_text *text, int64_t *out_ms)
{
    int64_t hour, minute;
    char c;
    *out_ms = 0;
    if (take_sign(text, "Zz", &c))
        return true;
    if (!take_sign(text, "+-", &c) || !take(text, 2, &hour))
        return false;
    char colon;
    if (!take_sign(text, ":", &colon) || !take(text, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *out_ms = (hour * 60 + minute) * 60000 * (c == '-' ? -1 : 1);
    return true;
}

bool cwr_moment_read(struct cw_text text, int64_t *out_ms)
{
    int64_t days, time = 0, zone = 0;
    char c;
    if (!take_day(&text, &days))
        return false;
    if (text.len && (!take_sign(&text, "Tt ", &c) || !take_time(&text, &time) ||
                     !take_zone(&text, &zone) || text.len))
        return false;
    *out_ms = days * 86400000 + time - zone;
    return true;
}

struct cwr_date cwr_date_of(int64_t days)
{
    int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t in_era = shifted - era * 146097;
    int64_t years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * years + years / 4 - years / 100);
    int64_t m = (5 * in_year + 2) / 153, month = m < 10 ? m + 3 : m - 9;
    return (struct cwr_date){years + era * 400 + (month <= 2), (int)month,
                             (int)(in_year - (153 * m + 2) / 5 + 1)};
}

bool cwr_date_read(struct cw_text text, int64_t *out_days)
{
    return take_day(&text, out_days) && !text.len;
}

struct cw_text cwr_moment_print(int64_t ms, char out[CWR_MOMENT_SIZE])
{
    ms = ms < CWR_MOMENT_FIRST ? CWR_MOMENT_FIRST : ms > CWR_MOMENT_LAST ? CWR_MOMENT_LAST : ms;
    int64_t days = (ms >= 0 ? ms : ms - 86399999) / 86400000, rest = ms - days * 86400000;
    struct cwr_date date = cwr_date_of(days);
    int len = snprintf(out, CWR_MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)date.year,
                       date.month, date.day, (int)(rest / 3600000), (int)(rest / 60000 % 60),
                       (int)(rest / 1000 % 60), (int)(rest % 1000));
    return (struct cw_text){out, len > 0 && len < CWR_MOMENT_SIZE ? (size_t)len : 0};
}
