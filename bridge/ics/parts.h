/* ics/parts: what the files of ics share. Days are counted from 1970-01-01. */
#ifndef ICS_PARTS_H
#define ICS_PARTS_H

#include "ics/ics.h"

#include <stdbool.h>

enum {
    ICS_DAYS = 47482,    /* from 1970-01-01 to 2099-12-31 */
    ICS_LOOKS = 5000000, /* at days, for the repetitions of one file */
    ICS_LIST = 64        /* values in one part of a rule */
};

/* ---- ics/value.c ---- */

struct ics_time {
    int64_t day;
    int second; /* of the day; -1: a date alone */
};

struct ics_date {
    int year, month, day; /* from 1 */
};

int64_t ics_day_of(struct ics_date date);
struct ics_date ics_date_of(int64_t day);
int ics_month_days(int year, int month);
/* 20261225, 20261225T103000, 20261225T103000Z. */
bool ics_time_read(struct cw_text text, struct ics_time *out);
/* P1D, P2W, PT24H, -P1D: seconds. */
bool ics_duration_read(struct cw_text text, int64_t *out_s);
/* A whole number with at most 9 digits and maybe a sign; the rest stays in *text. */
bool ics_number_take(struct cw_text *text, int64_t *out);
/* The text up to a sign, which is taken as well; at the end the rest. */
struct cw_text ics_part_take(struct cw_text *text, char sign);
bool ics_is(struct cw_text text, const char *word); /* in any case */

/* ---- ics/rule.c ---- */

enum ics_freq { ICS_DAILY, ICS_WEEKLY, ICS_MONTHLY, ICS_YEARLY };

struct ics_list {
    short at[ICS_LIST];
    size_t n;
};

struct ics_rule {
    enum ics_freq freq;
    int64_t interval, count; /* count 0: without end */
    int64_t until;           /* the last day */
    int week_start;          /* 0: Monday */
    unsigned months;         /* bits 1 to 12; 0: any */
    struct ics_list month_days, year_days, positions;
    struct ics_list weekdays; /* nth * 8 + weekday; nth 0: every one */
};

enum cw_status ics_rule_read(struct cw_text text, struct ics_rule *out,
                             struct cw_error *err) CW_CHECKED;

/* ---- ics/repeat.c ---- */

/* Where the occurrences of events go. */
struct ics_sink {
    int change[ICS_DAYS + 1]; /* events that begin on a day less those that ended before it */
    long looks;               /* that may still be taken */
};

/* An event that begins on `first` and covers `length` days, without the days of `without`
 * (ascending), on which it does not begin. */
struct ics_span {
    int64_t first, length;
    const int64_t *without;
    size_t n_without;
};

void ics_add(struct ics_sink *sink, const struct ics_span *span, int64_t first);
/* Adds all of its occurrences. Returns: CW_ELIMIT when the looks are spent. */
enum cw_status ics_repeat(struct ics_sink *sink, const struct ics_span *span,
                          const struct ics_rule *rule, struct cw_error *err) CW_CHECKED;

/* ---- ics/event.c ---- */

/* A property of an event that is read when the event ends. */
struct ics_property {
    struct ics_property *next;
    struct cw_text name, value;
    unsigned line;
};

struct ics_event {
    struct ics_event *next;
    struct ics_property *properties;
    struct cw_text uid;
    struct ics_time start, end, instead_of; /* instead_of: RECURRENCE-ID */
    int64_t lasts_s;
    bool has_start, has_end, has_duration, is_instead, cancelled;
    unsigned line;
};

/* A day on which the event of this UID has another occurrence instead. */
struct ics_instead {
    struct cw_text uid;
    int64_t day;
};

struct ics_calendar {
    const struct ics_event *events;
    struct ics_instead *insteads;
    size_t n_insteads;
    struct ics_sink sink;
};

enum cw_status ics_fail(struct cw_error *err, enum cw_status status, unsigned line,
                        const char *what);
/* The days that it covers whole, by its own clock. */
struct ics_span ics_span_of(const struct ics_event *event);
/* Adds the occurrences of all events to the sink. */
enum cw_status ics_add_events(struct ics_calendar *calendar, struct cw_error *err) CW_CHECKED;

#endif
