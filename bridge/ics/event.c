/* ics/event: from the events of a calendar to the days that they cover. */
#include "ics/parts.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { SORTING = 8 }; /* what a date that is sorted costs, in looks */

enum cw_status ics_fail(struct cw_error *err, enum cw_status status, unsigned line,
                        const char *what)
{
    return cw_fail(err, status, "line %u: %s", line, what);
}

struct ics_span ics_span_of(const struct ics_event *e)
{
    int64_t first = e->start.day + (e->start.second > 0);
    int64_t end = e->start.day + (e->start.second < 0);
    int64_t seconds = (e->start.second > 0 ? e->start.second : 0) + e->lasts_s;
    if (e->has_end)
        end = e->end.day;
    else if (e->has_duration)
        end = e->start.day + (seconds >= 0 ? seconds : seconds - 86399) / 86400;
    if (e->start.second < 0 && end <= first) /* some write the last day in place of the end */
        end = first + 1;
    return (struct ics_span){.first = first, .length = end - first};
}

static int by_uid(const void *a, const void *b)
{
    const struct ics_instead *x = a, *y = b;
    size_t len = x->uid.len < y->uid.len ? x->uid.len : y->uid.len;
    int order = len ? memcmp(x->uid.at, y->uid.at, len) : 0;
    if (!order)
        order = (x->uid.len > y->uid.len) - (x->uid.len < y->uid.len);
    return order ? order : (x->day > y->day) - (x->day < y->day);
}

static int by_day(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool same_uid(const struct ics_instead *a, const struct ics_event *e)
{
    return a->uid.len == e->uid.len && memcmp(a->uid.at, e->uid.at, e->uid.len) == 0;
}

/* The first of those that stand instead of occurrences of this event. */
static size_t find_instead(const struct ics_calendar *c, const struct ics_event *e)
{
    const struct ics_instead wanted = {e->uid, INT64_MIN};
    size_t low = 0, high = c->n_insteads;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_uid(&c->insteads[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Calls for each date of the properties of this name. */
static enum cw_status each_date(const struct ics_event *e, const char *name,
                                void (*date)(void *ctx, const struct ics_time *time), void *ctx,
                                struct cw_error *err)
{
    for (const struct ics_property *p = e->properties; p; p = p->next) {
        struct cw_text left = p->value;
        while (ics_is(p->name, name) && left.len) {
            struct ics_time time;
            if (!ics_time_read(ics_part_take(&left, ','), &time))
                return ics_fail(err, CW_EINVAL, p->line, "only dates and times are read here");
            date(ctx, &time);
        }
    }
    return CW_OK;
}

/* ---- The days without it ---- */

struct days {
    int64_t *at;
    size_t n;
};

static void put_day(void *ctx, const struct ics_time *time)
{
    struct days *days = ctx;
    days->at[days->n++] = time->day;
}

/* A date has at least eight signs. */
static size_t most_dates(const struct ics_event *e)
{
    size_t n = 0;
    for (const struct ics_property *p = e->properties; p; p = p->next)
        n += p->value.len / 8 + 1;
    return n;
}

static enum cw_status read_without(struct ics_calendar *c, const struct ics_event *e,
                                   struct days *days, struct cw_error *err)
{
    size_t from = e->uid.len && !e->is_instead ? find_instead(c, e) : c->n_insteads, to = from;
    while (to < c->n_insteads && same_uid(&c->insteads[to], e))
        to++;
    size_t most = most_dates(e) + to - from;
    c->sink.looks -= (long)most * SORTING;
    if (c->sink.looks <= 0)
        return ics_fail(err, CW_ELIMIT, e->line, "its repetitions are too many");
    days->at = xmalloc(most * sizeof *days->at + 1);
    enum cw_status status = each_date(e, "EXDATE", put_day, days, err);
    for (; from < to; from++)
        days->at[days->n++] = c->insteads[from].day;
    for (size_t i = 0; e->start.second > 0 && i < days->n; i++)
        days->at[i]++; /* the first whole day is the one after */
    if (days->n)
        qsort(days->at, days->n, sizeof *days->at, by_day);
    return status;
}

/* ---- The days with it ---- */

static enum cw_status repeat(struct ics_calendar *c, const struct ics_property *p,
                             const struct ics_span *span, struct cw_error *err)
{
    struct ics_rule rule;
    struct cw_error why = {0};
    if (ics_is(p->name, "EXRULE"))
        return ics_fail(err, CW_EINVAL, p->line, "EXRULE is not read");
    enum cw_status status = ics_rule_read(p->value, &rule, &why);
    if (!status)
        status = ics_repeat(&c->sink, span, &rule, &why);
    return status ? ics_fail(err, status, p->line, why.text) : CW_OK;
}

static enum cw_status add_repeated(struct ics_calendar *c, const struct ics_event *e,
                                   const struct ics_span *span, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    bool repeats = false;
    for (const struct ics_property *p = e->properties; p && !e->is_instead && !status;
         p = p->next) {
        if (!ics_is(p->name, "RRULE") && !ics_is(p->name, "EXRULE"))
            continue;
        status = repeats ? ics_fail(err, CW_EINVAL, p->line, "one RRULE is read of an event")
                         : repeat(c, p, span, err);
        repeats = true;
    }
    if (!repeats)
        ics_add(&c->sink, span, span->first);
    return status;
}

struct adding {
    struct ics_sink *sink;
    const struct ics_span *span;
};

static void add_date(void *ctx, const struct ics_time *time)
{
    const struct adding *adding = ctx;
    ics_add(adding->sink, adding->span, time->day + (time->second > 0));
}

static enum cw_status add_event(struct ics_calendar *c, const struct ics_event *e,
                                struct cw_error *err)
{
    struct days without = {NULL, 0};
    struct ics_span span = ics_span_of(e);
    struct adding adding = {&c->sink, &span};
    enum cw_status status = read_without(c, e, &without, err);
    span.without = without.at;
    span.n_without = without.n;
    if (!status)
        status = add_repeated(c, e, &span, err);
    if (!status)
        status = each_date(e, "RDATE", add_date, &adding, err);
    free(without.at);
    return status;
}

enum cw_status ics_add_events(struct ics_calendar *c, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    if (c->n_insteads)
        qsort(c->insteads, c->n_insteads, sizeof *c->insteads, by_uid);
    for (const struct ics_event *e = c->events; e && !status; e = e->next)
        status = add_event(c, e, err);
    return status;
}
