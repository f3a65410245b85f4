#include "ics/ics.h"

#include "ics/parts.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 16, NAME_BYTES = 32, PASSING_BYTES = 256 << 20 };

struct reader {
    struct cw_arena *arena;
    struct cw_text left; /* of the file */
    unsigned line;       /* of the property at hand */
    unsigned lines;      /* read so far */
    char *buffer;        /* an unfolded line */
    char levels[LEVELS][NAME_BYTES];
    size_t depth;
    bool began;
    struct ics_event *event, **last; /* at hand; where the next one goes */
    struct ics_calendar *calendar;
    struct ics *out;
    struct cw_error *err;
};

static enum cw_status fail(struct reader *r, enum cw_status status, const char *what)
{
    return ics_fail(r->err, status, r->line, what);
}

/* ---- Lines ---- */

/* One line as it stands in the file, without its end. */
static struct cw_text take_line(struct reader *r)
{
    struct cw_text line = ics_part_take(&r->left, '\n');
    r->lines++;
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Lines that begin with a blank go on with the one before. */
static struct cw_text take_unfolded(struct reader *r)
{
    size_t len = 0;
    struct cw_text line = take_line(r);
    r->line = r->lines;
    for (;;) {
        if (line.len)
            memcpy(r->buffer + len, line.at, line.len);
        len += line.len;
        if (!r->left.len || (*r->left.at != ' ' && *r->left.at != '\t'))
            return (struct cw_text){r->buffer, len};
        r->left = (struct cw_text){r->left.at + 1, r->left.len - 1};
        line = take_line(r);
    }
}

/* NAME;PARAM="a:b":value. Parameters do not count: dates show by themselves what they are. */
static bool split(struct cw_text line, struct cw_text *name, struct cw_text *value)
{
    bool quoted = false;
    size_t i = 0, end = 0;
    for (; i < line.len && (quoted || line.at[i] != ':'); i++) {
        quoted ^= line.at[i] == '"';
        if (line.at[i] == ';' && !end)
            end = i;
    }
    *name = (struct cw_text){line.at, end ? end : i};
    *value = (struct cw_text){line.at + i + 1, i < line.len ? line.len - i - 1 : 0};
    return i < line.len && name->len;
}

/* ---- Events ---- */

static struct cw_text keep(struct reader *r, struct cw_text text)
{
    char *copy = xtake(r->arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.at, text.len);
    return (struct cw_text){copy, text.len};
}

static enum cw_status read_time(struct reader *r, struct cw_text value, struct ics_time *out)
{
    if (ics_time_read(value, out))
        return CW_OK;
    return fail(r, CW_ESYNTAX, "a date looks like 20261225 or 20261225T103000");
}

static void keep_property(struct reader *r, struct cw_text name, struct cw_text value)
{
    struct ics_property *p = xtake(r->arena, sizeof *p);
    *p = (struct ics_property){r->event->properties, keep(r, name), keep(r, value), r->line};
    r->event->properties = p;
}

static enum cw_status read_property(struct reader *r, struct cw_text name, struct cw_text value)
{
    struct ics_event *e = r->event;
    if (ics_is(name, "DTSTART")) {
        e->has_start = true;
        return read_time(r, value, &e->start);
    }
    if (ics_is(name, "DTEND")) {
        e->has_end = true;
        return read_time(r, value, &e->end);
    }
    if (ics_is(name, "RECURRENCE-ID")) {
        e->is_instead = true;
        if (memmem(r->buffer, (size_t)(value.at - r->buffer), "THISANDFUTURE", 13))
            return fail(r, CW_EINVAL, "RANGE=THISANDFUTURE is not read; end the RRULE before it");
        return read_time(r, value, &e->instead_of);
    }
    if (ics_is(name, "DURATION")) {
        e->has_duration = true;
        return ics_duration_read(value, &e->lasts_s)
                   ? CW_OK
                   : fail(r, CW_ESYNTAX, "a duration looks like P1D or PT8H");
    }
    if (ics_is(name, "UID"))
        e->uid = keep(r, value);
    else if (ics_is(name, "STATUS"))
        e->cancelled = ics_is(value, "CANCELLED");
    else if (ics_is(name, "RRULE") || ics_is(name, "RDATE") || ics_is(name, "EXDATE") ||
             ics_is(name, "EXRULE"))
        keep_property(r, name, value);
    return CW_OK;
}

static void add_instead(struct ics_calendar *c, const struct ics_event *e)
{
    if ((c->n_insteads & (c->n_insteads - 1)) == 0)
        c->insteads = xrealloc(c->insteads, (2 * c->n_insteads + 1) * sizeof *c->insteads);
    c->insteads[c->n_insteads++] = (struct ics_instead){e->uid, e->instead_of.day};
}

static enum cw_status end_event(struct reader *r)
{
    struct ics_event *e = r->event;
    r->event = NULL;
    if (!e->has_start)
        return ics_fail(r->err, CW_ESYNTAX, e->line, "this event has no DTSTART");
    if (e->is_instead)
        add_instead(r->calendar, e);
    if (e->cancelled)
        return CW_OK;
    if (ics_span_of(e).length <= 0) {
        r->out->partly_line = r->out->n_partly++ ? r->out->partly_line : e->line;
        return CW_OK;
    }
    *r->last = e;
    r->last = &e->next;
    return CW_OK;
}

/* ---- Components ---- */

static bool in_event(const struct reader *r)
{
    return r->depth == 2 && strcmp(r->levels[0], "VCALENDAR") == 0 &&
           strcmp(r->levels[1], "VEVENT") == 0;
}

static enum cw_status begin(struct reader *r, struct cw_text name)
{
    if (r->depth == LEVELS)
        return fail(r, CW_ELIMIT, "more than 16 levels of BEGIN");
    if (name.len >= NAME_BYTES)
        return fail(r, CW_ESYNTAX, "such a long name has no part of a calendar");
    if (!r->depth && !ics_is(name, "VCALENDAR"))
        return fail(r, CW_ESYNTAX, "a calendar begins with BEGIN:VCALENDAR");
    for (size_t i = 0; i <= name.len; i++) {
        char c = i < name.len ? name.at[i] : '\0';
        r->levels[r->depth][i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    r->depth++;
    r->began = true;
    if (in_event(r)) {
        r->event = xtake(r->arena, sizeof *r->event);
        *r->event = (struct ics_event){.line = r->line};
    }
    return CW_OK;
}

static enum cw_status end(struct reader *r, struct cw_text name)
{
    if (!r->depth || !ics_is(name, r->levels[r->depth - 1]))
        return fail(r, CW_ESYNTAX, "this END has no BEGIN");
    enum cw_status status = in_event(r) ? end_event(r) : CW_OK;
    r->depth--;
    return status;
}

static enum cw_status read_line(struct reader *r, struct cw_text line)
{
    struct cw_text name, value;
    if (!line.len)
        return CW_OK;
    if (!split(line, &name, &value))
        return fail(r, CW_ESYNTAX, "this is no line of a calendar (NAME:value)");
    if (ics_is(name, "BEGIN"))
        return begin(r, value);
    if (ics_is(name, "END"))
        return end(r, value);
    if (!r->depth)
        return fail(r, CW_ESYNTAX, "a calendar begins with BEGIN:VCALENDAR");
    return in_event(r) ? read_property(r, name, value) : CW_OK;
}

static enum cw_status read_lines(struct reader *r)
{
    enum cw_status status = CW_OK;
    while (r->left.len && !status)
        status = read_line(r, take_unfolded(r));
    if (!status && (r->depth || !r->began))
        status = fail(r, CW_ESYNTAX,
                      r->began ? "the calendar has no end" : "there is no BEGIN:VCALENDAR");
    return status;
}

/* ---- The whole ---- */

static enum cw_status put_days(const struct ics_sink *sink, struct cw_arena *arena, struct ics *out)
{
    size_t n = 0;
    int now = 0;
    for (int64_t day = 0; day < ICS_DAYS; day++)
        n += (now += sink->change[day]) > 0;
    char *text = cw_arena_take(arena, n * 11 + 1), *at = text;
    if (!text)
        return CW_NOMEM;
    now = 0;
    for (int64_t day = 0; day < ICS_DAYS; day++) {
        if ((now += sink->change[day]) <= 0)
            continue;
        struct ics_date date = ics_date_of(day);
        at += snprintf(at, 12, "%04d-%02d-%02d\n", date.year, date.month, date.day);
    }
    out->days = (struct cw_text){text, (size_t)(at - text)};
    out->n_days = n;
    return CW_OK;
}

static enum cw_status read_text(struct ics_calendar *calendar, struct cw_text text,
                                struct cw_arena *passing, struct ics *out, struct cw_error *err)
{
    struct ics_event *first = NULL;
    struct reader r = {.left = text,
                       .arena = passing,
                       .last = &first,
                       .calendar = calendar,
                       .out = out,
                       .err = err,
                       .buffer = xmalloc(text.len + 1)};
    if (text.len >= 3 && memcmp(text.at, "\xEF\xBB\xBF", 3) == 0)
        r.left = (struct cw_text){text.at + 3, text.len - 3};
    enum cw_status status = read_lines(&r);
    free(r.buffer);
    calendar->events = first;
    return status ? status : ics_add_events(calendar, err);
}

enum cw_status ics_read(struct cw_text text, struct cw_arena *arena, struct ics *out,
                        struct cw_error *err)
{
    struct ics made = {.n_days = 0};
    if (text.len > ICS_BYTES)
        return cw_fail(err, CW_ELIMIT, "it is larger than 1 MiB");
    struct ics_calendar *calendar = xcalloc(1, sizeof *calendar);
    struct cw_arena *passing = xarena(PASSING_BYTES);
    calendar->sink.looks = ICS_LOOKS;
    enum cw_status status = read_text(calendar, text, passing, &made, err);
    if (!status && put_days(&calendar->sink, arena, &made))
        status = cw_fail(err, CW_NOMEM, "memory is short");
    free(calendar->insteads);
    free(calendar);
    cw_arena_destroy(passing);
    if (!status)
        *out = made;
    return status;
}
