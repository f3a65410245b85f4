/* ics/value: dates, durations and lists of iCalendar. */
#include "ics/parts.h"

#include <string.h>
#include <strings.h>

/* ---- The calendar: years of 400 repeat, and March begins them ---- */

int64_t ics_day_of(struct ics_date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct ics_date ics_date_of(int64_t day)
{
    int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, n = z - era * 146097;
    int64_t year = (n - n / 1460 + n / 36524 - n / 146096) / 365;
    int64_t of_year = n - (365 * year + year / 4 - year / 100), march = (5 * of_year + 2) / 153;
    int month = (int)(march < 10 ? march + 3 : march - 9);
    return (struct ics_date){(int)(year + era * 400 + (month <= 2)), month,
                             (int)(of_year - (153 * march + 2) / 5 + 1)};
}

int ics_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* ---- Texts ---- */

bool ics_is(struct cw_text text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

struct cw_text ics_part_take(struct cw_text *text, char sign)
{
    const char *end = text->len ? memchr(text->at, sign, text->len) : NULL;
    struct cw_text part = {text->at, end ? (size_t)(end - text->at) : text->len};
    size_t gone = part.len + (end != NULL);
    *text = (struct cw_text){text->at + gone, text->len - gone};
    return part;
}

bool ics_number_take(struct cw_text *text, int64_t *out)
{
    size_t i = 0, digits = 0;
    bool minus = text->len && text->at[0] == '-';
    int64_t n = 0;
    i += text->len && (text->at[0] == '-' || text->at[0] == '+');
    for (; i < text->len && text->at[i] >= '0' && text->at[i] <= '9' && digits < 10; digits++)
        n = n * 10 + (text->at[i++] - '0');
    *text = (struct cw_text){text->at + i, text->len - i};
    *out = minus ? -n : n;
    return digits > 0 && digits < 10;
}

/* ---- Points in time ---- */

static bool digits_read(const char *at, size_t n, int *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *out = *out * 10 + (at[i] - '0');
    }
    return true;
}

static bool clock_read(const char *at, int *out)
{
    int hour, minute, second;
    if (!digits_read(at, 2, &hour) || !digits_read(at + 2, 2, &minute) ||
        !digits_read(at + 4, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = hour * 3600 + minute * 60 + (second < 60 ? second : 59);
    return true;
}

bool ics_time_read(struct cw_text text, struct ics_time *out)
{
    struct ics_date date;
    if (text.len == 16 && (text.at[15] == 'Z' || text.at[15] == 'z'))
        text.len--;
    if ((text.len != 8 && text.len != 15) || !digits_read(text.at, 4, &date.year) ||
        !digits_read(text.at + 4, 2, &date.month) || !digits_read(text.at + 6, 2, &date.day) ||
        !date.year || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > ics_month_days(date.year, date.month))
        return false;
    *out = (struct ics_time){ics_day_of(date), -1};
    if (text.len == 8)
        return true;
    return (text.at[8] == 'T' || text.at[8] == 't') && clock_read(text.at + 9, &out->second);
}

static int64_t unit_of(char c, bool *in_time)
{
    switch (c) {
    case 'W':
        return *in_time ? 0 : 7 * 86400;
    case 'D':
        return *in_time ? 0 : 86400;
    case 'H':
        return *in_time ? 3600 : 0;
    case 'M':
        return *in_time ? 60 : 0;
    case 'S':
        return *in_time ? 1 : 0;
    default:
        return 0;
    }
}

bool ics_duration_read(struct cw_text text, int64_t *out_s)
{
    bool minus = text.len && *text.at == '-', in_time = false, any = false;
    int64_t sum = 0, n;
    if (text.len && (*text.at == '-' || *text.at == '+'))
        text = (struct cw_text){text.at + 1, text.len - 1};
    if (!text.len || *text.at != 'P')
        return false;
    text = (struct cw_text){text.at + 1, text.len - 1};
    while (text.len) {
        if (*text.at == 'T' && !in_time) {
            in_time = true;
            text = (struct cw_text){text.at + 1, text.len - 1};
        }
        int64_t unit = 0;
        if (ics_number_take(&text, &n) && n >= 0 && text.len)
            unit = unit_of(*text.at, &in_time);
        if (!unit || sum > INT32_MAX * (int64_t)86400)
            return false;
        sum += n * unit;
        any = true;
        text = (struct cw_text){text.at + 1, text.len - 1};
    }
    *out_s = minus ? -sum : sum;
    return any;
}
