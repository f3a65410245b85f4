/* ics/repeat: the occurrences of an event, period by period.
 *
 * A period is a day, week, month or year; every day of it is looked at. BYDAY=-1MO;BYMONTH=5 of
 * FREQ=YEARLY, on 2026: the days of May that are Mondays and the last of their kind in the month:
 * the 25th. Each look is counted, so that no file costs more than a fixed number of them. */
#include "ics/parts.h"

#include <stdlib.h>

struct walk {
    struct ics_sink *sink;
    const struct ics_span *span;
    const struct ics_rule *rule;
    struct ics_date start;
    int start_weekday;
    int64_t left; /* occurrences until `count` */
    bool over;
    int64_t days[366]; /* of the period at hand that fit */
    size_t n_days;
};

/* ---- Adding ---- */

static int order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t clip(int64_t day)
{
    return day < 0 ? 0 : day > ICS_DAYS ? ICS_DAYS : day;
}

void ics_add(struct ics_sink *sink, const struct ics_span *span, int64_t first)
{
    if (span->n_without &&
        bsearch(&first, span->without, span->n_without, sizeof first, order) != NULL)
        return;
    sink->change[clip(first)]++;
    sink->change[clip(first + span->length)]--;
}

/* ---- Does a day fit? ---- */

static int weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* `from_start` and `from_end` count from 1. */
static bool has(const struct ics_list *list, int from_start, int from_end)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i] == from_start || list->at[i] == -from_end)
            return true;
    return false;
}

static bool has_weekday(const struct ics_list *list, int weekday, int from_start, int from_end)
{
    int nth = (from_start - 1) / 7 + 1, last = (from_end - 1) / 7 + 1;
    for (size_t i = 0; i < list->n; i++) {
        int of = (list->at[i] & 7), n = (list->at[i] - of) / 8;
        if (of == weekday && (!n || n == nth || n == -last))
            return true;
    }
    return false;
}

/* Without a part that picks days the start does. */
static bool fits_start(const struct walk *w, struct ics_date date, int weekday)
{
    switch (w->rule->freq) {
    case ICS_YEARLY:
        return date.day == w->start.day && (w->rule->months || date.month == w->start.month);
    case ICS_MONTHLY:
        return date.day == w->start.day;
    case ICS_WEEKLY:
        return weekday == w->start_weekday;
    default:
        return true;
    }
}

static bool fits(const struct walk *w, int64_t day)
{
    const struct ics_rule *rule = w->rule;
    struct ics_date date = ics_date_of(day);
    int of_month = ics_month_days(date.year, date.month), weekday = weekday_of(day);
    int64_t begin = ics_day_of((struct ics_date){date.year, 1, 1});
    int64_t end = ics_day_of((struct ics_date){date.year + 1, 1, 1});
    int from_start = (int)(day - begin) + 1, from_end = (int)(end - day);
    bool in_year = rule->freq == ICS_YEARLY && !rule->months;
    if (rule->months && !(rule->months >> date.month & 1))
        return false;
    if (rule->year_days.n && !has(&rule->year_days, from_start, from_end))
        return false;
    if (rule->month_days.n && !has(&rule->month_days, date.day, of_month - date.day + 1))
        return false;
    if (rule->weekdays.n)
        return in_year ? has_weekday(&rule->weekdays, weekday, from_start, from_end)
                       : has_weekday(&rule->weekdays, weekday, date.day, of_month - date.day + 1);
    return rule->year_days.n || rule->month_days.n || fits_start(w, date, weekday);
}

/* ---- Periods ---- */

static void look(struct walk *w, int64_t from, int64_t to)
{
    for (int64_t day = from; day < to && w->sink->looks > 0; day++) {
        w->sink->looks--;
        if (fits(w, day))
            w->days[w->n_days++] = day;
    }
}

static bool is_picked(const struct walk *w, size_t i)
{
    return !w->rule->positions.n || has(&w->rule->positions, (int)i + 1, (int)(w->n_days - i));
}

/* The start is the first occurrence, whether it fits or not. */
static void take(struct walk *w)
{
    for (size_t i = 0; i < w->n_days && !w->over; i++) {
        int64_t day = w->days[i];
        if (!is_picked(w, i) || day <= w->span->first)
            continue;
        w->over = day > w->rule->until || day >= ICS_DAYS || (w->rule->count && w->left-- == 0);
        if (!w->over)
            ics_add(w->sink, w->span, day);
    }
}

/* Of one month only where nothing else can fit. */
static bool may_fit(const struct walk *w, int month)
{
    const struct ics_rule *rule = w->rule;
    if (rule->months)
        return rule->months >> month & 1;
    return rule->weekdays.n || rule->month_days.n || rule->year_days.n || month == w->start.month;
}

static void look_at_year(struct walk *w, int64_t year)
{
    for (int month = 1; month <= 12; month++) {
        w->sink->looks--;
        int64_t from = ics_day_of((struct ics_date){(int)year, month, 1});
        if (may_fit(w, month))
            look(w, from, from + ics_month_days((int)year, month));
    }
}

static void look_at_month(struct walk *w, int64_t months)
{
    int year = (int)(months / 12), month = (int)(months % 12) + 1;
    int64_t from = ics_day_of((struct ics_date){year, month, 1});
    if (!w->rule->months || (w->rule->months >> month & 1))
        look(w, from, from + ics_month_days(year, month));
}

/* The number of the period that holds a day: years, months since year 0, weeks and days as days. */
static int64_t period_of(const struct walk *w, int64_t day)
{
    struct ics_date date = ics_date_of(day);
    switch (w->rule->freq) {
    case ICS_YEARLY:
        return date.year;
    case ICS_MONTHLY:
        return date.year * 12 + date.month - 1;
    case ICS_WEEKLY:
        return day - (weekday_of(day) - w->rule->week_start + 7) % 7;
    default:
        return day;
    }
}

static void look_at_period(struct walk *w, int64_t period)
{
    w->n_days = 0;
    w->sink->looks--;
    switch (w->rule->freq) {
    case ICS_YEARLY:
        look_at_year(w, period);
        break;
    case ICS_MONTHLY:
        look_at_month(w, period);
        break;
    case ICS_WEEKLY:
        look(w, period, period + 7);
        break;
    default:
        look(w, period, period + 1);
    }
}

/* The first period worth a look: without `count` what is over before 1970 need not be counted. */
static int64_t begin_of(const struct walk *w, int64_t step)
{
    int64_t begin = period_of(w, w->span->first);
    int64_t wanted = period_of(w, -(w->span->length < 36600 ? w->span->length : 36600));
    if (w->rule->count || wanted <= begin)
        return begin;
    return begin + (wanted - begin) / step * step;
}

enum cw_status ics_repeat(struct ics_sink *sink, const struct ics_span *span,
                          const struct ics_rule *rule, struct cw_error *err)
{
    struct walk w = {.sink = sink,
                     .span = span,
                     .rule = rule,
                     .start = ics_date_of(span->first),
                     .start_weekday = weekday_of(span->first),
                     .left = rule->count - 1};
    int64_t step = rule->interval * (rule->freq == ICS_WEEKLY ? 7 : 1);
    int64_t last = period_of(&w, ICS_DAYS - 1);
    ics_add(sink, span, span->first);
    for (int64_t period = begin_of(&w, step); period <= last && !w.over && sink->looks > 0;
         period += step) {
        look_at_period(&w, period);
        take(&w);
    }
    if (sink->looks > 0)
        return CW_OK;
    return cw_fail(err, CW_ELIMIT, "its repetitions are too many");
}
