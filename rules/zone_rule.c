/* zone_rule: the footer of a TZif file, a zone as POSIX writes it: "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * A zone with a summer time must name its two days; hours of the days go from -167 to 167. */
#include "moment.h"
#include "zone.h"

struct reader {
    const char *at, *end;
};

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_number(struct reader *r, int least, int most, int *out)
{
    const char *from = r->at;
    int value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - from < 3; r->at++)
        value = value * 10 + (*r->at - '0');
    *out = value;
    return r->at > from && value >= least && value <= most;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "CET" or "<+03>"; what it says is of no use here. */
static bool take_name(struct reader *r)
{
    bool quoted = take(r, '<');
    const char *from = r->at;
    while (r->at < r->end && (is_letter(*r->at) || (quoted && *r->at != '>')))
        r->at++;
    return r->at - from >= 3 && (!quoted || take(r, '>'));
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool take_time(struct reader *r, int most_hours, int32_t *out)
{
    bool minus = take(r, '-');
    int hours, minutes = 0, seconds = 0;
    if (!minus)
        take(r, '+');
    if (!take_number(r, 0, most_hours, &hours))
        return false;
    if (take(r, ':') && !take_number(r, 0, 59, &minutes))
        return false;
    if (take(r, ':') && !take_number(r, 0, 59, &seconds))
        return false;
    *out = (hours * 60 + minutes) * 60 + seconds;
    *out = minus ? -*out : *out;
    return true;
}

static bool take_day(struct reader *r, struct cwr_zone_day *out)
{
    *out = (struct cwr_zone_day){.kind = 'N', .second = 2 * 3600};
    if (!take(r, ','))
        return false;
    if (take(r, 'M')) {
        out->kind = 'M';
        if (!take_number(r, 1, 12, &out->month) || !take(r, '.') ||
            !take_number(r, 1, 5, &out->week) || !take(r, '.') || !take_number(r, 0, 6, &out->day))
            return false;
    } else {
        if (take(r, 'J'))
            out->kind = 'J';
        if (!take_number(r, out->kind == 'J', 365, &out->day))
            return false;
    }
    return !take(r, '/') || take_time(r, 167, &out->second);
}

static bool read_rule(struct reader *r, struct cwr_zone_rule *out)
{
    if (!take_name(r) || !take_time(r, 24, &out->offset))
        return false;
    out->offset = -out->offset; /* POSIX counts to the west */
    if (r->at == r->end)
        return true;
    out->has_dst = true;
    out->dst_offset = out->offset + 3600;
    if (!take_name(r))
        return false;
    if (r->at < r->end && *r->at != ',') {
        if (!take_time(r, 24, &out->dst_offset))
            return false;
        out->dst_offset = -out->dst_offset;
    }
    return take_day(r, &out->begin) && take_day(r, &out->end) && r->at == r->end;
}

enum cw_status cwr_zone_rule_read(struct cw_text text, struct cwr_zone_rule *out,
                                  struct cw_error *err)
{
    struct reader r = {text.at, text.at + text.len};
    struct cwr_zone_rule made = {0};
    if (!text.len || !read_rule(&r, &made))
        return cw_fail(err, CW_ESYNTAX, "the footer of the zone cannot be read");
    *out = made;
    return CW_OK;
}

/* ---- The changes of a year ---- */

static int64_t day_in(const struct cwr_zone_day *d, int64_t year)
{
    int64_t first = cwr_days_of(year, 1, 1);
    if (d->kind == 'N')
        return first + d->day;
    if (d->kind == 'J')
        return first + d->day - 1 + (d->day >= 60 && cwr_month_days(year, 2) == 29);
    first = cwr_days_of(year, d->month, 1);
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = (d->day - weekday + 7) % 7 + (d->week - 1) * 7;
    return first + (day < cwr_month_days(year, d->month) ? day : day - 7);
}

struct change {
    int64_t at;
    int32_t offset;
};

enum { YEARS = 5 };

/* In order; of two at one moment the later year's comes last and wins: that is how a summer time
 * for the whole year is written. */
static void list_changes(const struct cwr_zone_rule *rule, int64_t year,
                         struct change out[2 * YEARS])
{
    int n = 0;
    for (int64_t y = year - 2; y < year - 2 + YEARS; y++) {
        struct change made[2] = {
            {day_in(&rule->begin, y) * CWR_DAY_S + rule->begin.second - rule->offset,
             rule->dst_offset},
            {day_in(&rule->end, y) * CWR_DAY_S + rule->end.second - rule->dst_offset,
             rule->offset}};
        for (int i = 0; i < 2; i++) {
            int at = n++;
            for (; at > 0 && out[at - 1].at > made[i].at; at--)
                out[at] = out[at - 1];
            out[at] = made[i];
        }
    }
}

struct cwr_zone_span cwr_zone_rule_span(const struct cwr_zone_rule *rule, int64_t second)
{
    struct cwr_zone_span span = {INT64_MIN, INT64_MAX, rule->offset};
    struct change changes[2 * YEARS];
    if (!rule->has_dst)
        return span;
    int64_t local = second + rule->offset;
    int64_t day = (local >= 0 ? local : local - CWR_DAY_S + 1) / CWR_DAY_S;
    list_changes(rule, cwr_date_of(day).year, changes);
    for (int i = 0; i < 2 * YEARS; i++) {
        if (changes[i].at > second) {
            span.to = changes[i].at;
            break;
        }
        span.from = changes[i].at;
        span.offset = changes[i].offset;
    }
    return span;
}
