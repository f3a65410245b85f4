/* hours: see hours.h. */
#include "hours.h"

#include "buf.h"

enum { SHOWN_BYTES = 200 };

uint32_t cwr_hours_named(const struct cwr_calendar *calendar, struct cw_text name)
{
    return cwr_map_get(&calendar->rows, name);
}

static const struct cwr_hours *hours_of(const struct cwr_calendar *calendar, uint32_t hours,
                                        const struct cw_person *person)
{
    const struct cwr_person_hours *theirs = &calendar->hours[person - calendar->people];
    const struct cwr_hours *own = theirs->own ? theirs->own[hours] : NULL;
    return own ? own : calendar->common[hours];
}

static bool has_day(const struct cwr_days *days, int64_t day)
{
    size_t low = 0, high = days->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (days->at[middle] == day)
            return true;
        if (days->at[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool is_excepted(const struct cwr_hours *hours, int64_t day)
{
    for (size_t i = 0; i < hours->n_except; i++)
        if (has_day(hours->except[i], day))
            return true;
    return false;
}

/* Is `minute`, counted from the midnight that begins `day`, in a window that begins on that day? */
static bool opens(const struct cwr_hours *hours, int64_t day, int weekday, int minute)
{
    for (size_t i = 0; i < hours->n; i++) {
        const struct cwr_window *w = &hours->windows[i];
        int to = w->to < w->from ? w->to + CWR_DAY_MIN : w->to;
        if ((w->days >> weekday & 1) && minute >= w->from && minute < to)
            return !is_excepted(hours, day);
    }
    return false;
}

static bool holds(const struct cwr_hours *hours, const struct cwr_wall *wall)
{
    int minute = wall->second / 60;
    return opens(hours, wall->day, wall->weekday, minute) ||
           opens(hours, wall->day - 1, (wall->weekday + 6) % 7, minute + CWR_DAY_MIN);
}

static void put_line(struct cwr_buf *buf, const struct cwr_calendar *calendar,
                     const struct cwr_hours *hours)
{
    bool long_text = hours->shown.len > SHOWN_BYTES;
    cwr_buf_put(buf, (struct cw_text){hours->shown.at, long_text ? SHOWN_BYTES : hours->shown.len});
    cwr_buf_puts(buf, long_text ? "..." : "");
    if (calendar->many_files && hours->place.file)
        cwr_buf_printf(buf, " (%s:%u)", hours->place.file, hours->place.line);
    else if (hours->place.line)
        cwr_buf_printf(buf, " (line %u)", hours->place.line);
}

static void explain(struct cwr_buf *buf, const struct cwr_calendar *calendar,
                    const struct cw_zone *zone, const struct cwr_hours *hours,
                    const struct cwr_wall *wall)
{
    static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    cwr_buf_printf(buf, "%02d:%02d %s ", wall->second / 3600, wall->second / 60 % 60,
                   days[wall->weekday]);
    cwr_buf_put(buf, zone->name);
    if (holds(hours, wall))
        cwr_buf_puts(buf, " is within ");
    else if (is_excepted(hours, wall->day))
        cwr_buf_puts(buf, " is on an exception of ");
    else
        cwr_buf_puts(buf, " is outside ");
    put_line(buf, calendar, hours);
}

static bool ask_one(const struct cwr_calendar *calendar, uint32_t number,
                    const struct cw_person *person, int64_t now_ms, struct cwr_buf *why)
{
    const struct cwr_hours *hours = hours_of(calendar, number, person);
    if (why) {
        cwr_buf_puts(why, why->len ? "; during " : "during ");
        cwr_buf_put(why, calendar->names[number]);
        cwr_buf_puts(why, ": ");
    }
    if (!hours) {
        if (why)
            cwr_buf_printf(why, "%s has no such hours", person->name);
        return false;
    }
    const struct cw_zone *zone = hours->zone ? hours->zone : person->zone;
    struct cwr_wall wall = cwr_zone_wall(zone, now_ms);
    if (why)
        explain(why, calendar, zone, hours, &wall);
    return holds(hours, &wall);
}

enum cw_status cwr_during_ask(const struct cwr_calendar *calendar, const struct cwr_during *during,
                              const struct cw_person *person, int64_t now_ms,
                              struct cw_arena *arena, bool *out, const char **why)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text made;
    *out = false;
    for (size_t i = 0; i < during->n && !*out; i++) {
        *out = ask_one(calendar, during->hours[i], person, now_ms, NULL);
        if (why && *out)
            ask_one(calendar, during->hours[i], person, now_ms, &buf);
    }
    for (size_t i = 0; why && !*out && i < during->n; i++)
        ask_one(calendar, during->hours[i], person, now_ms, &buf);
    if (!why)
        return CW_OK;
    enum cw_status status = cwr_buf_end(&buf, &made);
    if (!status)
        *why = made.at;
    return status;
}
