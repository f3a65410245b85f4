/* filter_time: the filters `date: format` and `duration`. */
#include <string.h>

#include "buf.h"
#include "moment.h"
#include "template.h"

enum { SPANS_BYTES = 200 };

static const char signs[] = "YmdHMSabFTz%";

enum cw_status cwr_filter_check_date(struct cw_text format, size_t at, struct cw_error *err)
{
    if (!format.len)
        return cw_fail_at(err, CW_ESYNTAX, at, "`date` takes a format, such as %%H:%%M");
    for (size_t i = 0; i < format.len; i++) {
        if (format.at[i] != '%')
            continue;
        if (++i == format.len || !memchr(signs, format.at[i], sizeof signs - 1))
            return cw_fail_at(err, CW_ESYNTAX, at,
                              "`date` knows %%Y %%m %%d %%H %%M %%S %%a %%b %%F %%T %%z and %%%%");
    }
    return CW_OK;
}

enum cw_status cwr_filter_check_unit(struct cw_text unit, size_t at, struct cwr_filter *out,
                                     struct cw_error *err)
{
    char text[32] = "1 ";
    int64_t ms;
    size_t len = unit.len < sizeof text - 3 ? unit.len : 0;
    if (len)
        memcpy(text + 2, unit.at, len);
    if (cw_duration_parse((struct cw_text){text, len + 2}, &ms, NULL))
        return cw_fail_at(err, CW_ESYNTAX, at,
                          "`duration` takes a unit of numbers, such as milliseconds or minutes");
    out->number = ms;
    return CW_OK;
}

/* The whole part of a number; 15 digits are enough for every time that there is. */
static bool read_whole(struct cw_text text, int64_t *out)
{
    size_t i = text.len && text.at[0] == '-', from = i;
    int64_t n = 0;
    for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9' && i - from < 15; i++)
        n = n * 10 + (text.at[i] - '0');
    if (i == from || (i < text.len && text.at[i] != '.'))
        return false;
    for (size_t j = i + 1; j < text.len; j++)
        if (text.at[j] < '0' || text.at[j] > '9')
            return false;
    *out = from ? -n : n;
    return true;
}

/* ---- date ---- */

bool cwr_value_moment(const struct cw_value *value, const struct cw_zone *zone, int64_t *out)
{
    const int64_t in_ms = INT64_C(100000000000); /* seconds reach it in the year 5138 */
    int64_t n;
    if (value->kind == CW_STRING && cwr_date_read(value->text, &n)) {
        *out = cwr_zone_instant(zone ? zone : &cwr_utc, n, 0);
        return true;
    }
    if (value->kind == CW_STRING && cwr_moment_read(value->text, out))
        return true;
    bool text = value->kind == CW_STRING || value->kind == CW_NUMBER;
    if (!text || !read_whole(value->text, &n))
        return false;
    *out = n < in_ms && n > -in_ms ? n * 1000 : n;
    return true;
}

static void put_sign(struct cwr_buf *buf, char sign, const struct cwr_wall *wall)
{
    static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct cwr_date date = cwr_date_of(wall->day);
    int hour = wall->second / 3600, minute = wall->second / 60 % 60, second = wall->second % 60;
    int offset = wall->offset < 0 ? -wall->offset : wall->offset;
    switch (sign) {
    case 'Y':
        cwr_buf_printf(buf, "%04lld", (long long)date.year);
        break;
    case 'm':
        cwr_buf_printf(buf, "%02d", date.month);
        break;
    case 'd':
        cwr_buf_printf(buf, "%02d", date.day);
        break;
    case 'H':
        cwr_buf_printf(buf, "%02d", hour);
        break;
    case 'M':
        cwr_buf_printf(buf, "%02d", minute);
        break;
    case 'S':
        cwr_buf_printf(buf, "%02d", second);
        break;
    case 'a':
        cwr_buf_puts(buf, days[wall->weekday]);
        break;
    case 'b':
        cwr_buf_puts(buf, months[date.month - 1]);
        break;
    case 'F':
        cwr_buf_printf(buf, "%04lld-%02d-%02d", (long long)date.year, date.month, date.day);
        break;
    case 'T':
        cwr_buf_printf(buf, "%02d:%02d:%02d", hour, minute, second);
        break;
    case 'z':
        cwr_buf_printf(buf, "%c%02d%02d", wall->offset < 0 ? '-' : '+', offset / 3600,
                       offset / 60 % 60);
        break;
    default:
        cwr_buf_puts(buf, "%");
    }
}

enum cw_status cwr_filter_date(struct cw_text format, const struct cw_value *value,
                               const struct cw_zone *zone, struct cw_arena *arena,
                               struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    int64_t ms;
    if (!cwr_value_moment(value, zone, &ms))
        return CW_EINVAL;
    struct cwr_wall wall = cwr_zone_wall(zone, ms);
    for (size_t i = 0; i < format.len; i++) {
        if (format.at[i] == '%' && i + 1 < format.len)
            put_sign(&buf, format.at[++i], &wall);
        else
            cwr_buf_put(&buf, (struct cw_text){format.at + i, 1});
    }
    return cwr_buf_end(&buf, out);
}

/* ---- duration ---- */

/* "3 hours 5 minutes": one or more durations. */
static bool read_spans(struct cw_text text, int64_t *out)
{
    int64_t sum = 0, ms;
    for (size_t i = 0, from = 0, blanks = 0; i <= text.len; i++) {
        bool end = i == text.len;
        if (!end && (text.at[i] != ' ' || ++blanks % 2))
            continue;
        if (cw_duration_parse((struct cw_text){text.at + from, i - from}, &ms, NULL))
            return false;
        sum += ms; /* at most 3650 days each */
        from = i + 1;
    }
    *out = sum;
    return true;
}

/* "90 minutes", or a number of `unit_ms`. */
static bool read_duration(const struct cw_value *value, int64_t unit_ms, int64_t *out)
{
    int64_t n;
    if (value->kind == CW_STRING && value->text.len <= SPANS_BYTES && read_spans(value->text, out))
        return true;
    bool text = value->kind == CW_STRING || value->kind == CW_NUMBER;
    if (!text || !read_whole(value->text, &n) || n > INT64_MAX / unit_ms ||
        n < -INT64_MAX / unit_ms)
        return false;
    *out = n * unit_ms;
    return true;
}

enum cw_status cwr_filter_duration(int64_t unit_ms, const struct cw_value *value,
                                   struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    int64_t ms;
    if (!read_duration(value, unit_ms, &ms))
        return CW_EINVAL;
    int64_t seconds = (ms < 0 ? -ms : ms) / 1000, minutes = seconds / 60;
    cwr_buf_puts(&buf, ms < 0 && seconds ? "-" : "");
    if (minutes >= 60)
        cwr_buf_printf(&buf, "%lld h %02d min", (long long)(minutes / 60), (int)(minutes % 60));
    else if (minutes)
        cwr_buf_printf(&buf, "%d min", (int)minutes);
    else
        cwr_buf_printf(&buf, "%d s", (int)seconds);
    return cwr_buf_end(&buf, out);
}
