/*
 * When a time entry began and ended, as a client writes it: date and time apart, in UTC, in local
 * time or in both, which then must agree; the end as an end or as a duration. A running entry may
 * only change its start.
 */
#include "form.h"

#include <string.h>

#define DAY_TICKS (24 * 3600 * SIM_TICKS_PER_SECOND)

/* One moment of a form; ticks are UTC. */
struct moment {
    bool given; /* at least the date */
    bool timed; /* the time too */
    int64_t ticks;
};

struct side {
    const char *date_name, *time_name;
    const json_t *date, *time;
};

/* *local is what the two texts say; false: one of them is no date or no time. */
static bool read_side(const struct side *side, int64_t day, json_t *errors, struct moment *moment)
{
    int64_t time = 0;
    moment->given = side->date != NULL || (side->time != NULL && day >= 0);
    moment->timed = side->time != NULL;
    moment->ticks = day;
    if (side->date != NULL && !sim_read_moment(json_string_value(side->date), &moment->ticks))
        sim_complain(errors, side->date_name, "The value is not a date.");
    else if (side->time != NULL && !sim_read_clock_time(json_string_value(side->time), &time))
        sim_complain(errors, side->time_name, "The value is not a time.");
    else if (side->time != NULL && !moment->given)
        sim_complain(errors, side->date_name, "A time needs its date.");
    moment->ticks += time - moment->ticks % DAY_TICKS;
    return json_array_size(errors) == 0;
}

/* What UTC and local say together. */
static bool join(const struct sim_entry *entry, const struct side *utc, const struct side *local,
                 const struct moment *start, struct moment *moment, json_t *errors)
{
    struct moment here = {0};
    int64_t day = start != NULL ? start->ticks : -1;
    int64_t offset =
        start != NULL ? sim_zone_offset_s(entry->timezone, day) * SIM_TICKS_PER_SECOND : 0;
    if (!read_side(utc, start != NULL && start->given ? day : -1, errors, moment) ||
        !read_side(local, start != NULL && start->given ? day + offset : -1, errors, &here))
        return false;
    if (!here.given)
        return true;
    if (moment->given && moment->timed == here.timed) {
        int64_t shift =
            here.timed ? sim_zone_offset_s(entry->timezone, moment->ticks) * SIM_TICKS_PER_SECOND
                       : 0;
        if (moment->ticks + shift != here.ticks)
            sim_complain(errors, local->time_name, "UTC and local time contradict each other.");
        return json_array_size(errors) == 0;
    }
    if (!moment->given || here.timed)
        *moment = (struct moment){
            true, here.timed, here.timed ? sim_zone_utc(entry->timezone, here.ticks) : here.ticks};
    return true;
}

static bool read_start(const struct sim_form *form, const struct sim_entry *entry,
                       struct moment *start, json_t *errors)
{
    const struct side utc = {"StartDateUtc", "StartTimeUtc", form->start_date_utc,
                             form->start_time_utc};
    const struct side local = {"StartDateLocal", "StartTimeLocal", form->start_date_local,
                               form->start_time_local};
    if (!join(entry, &utc, &local, NULL, start, errors))
        return false;
    if (!start->given)
        sim_complain(errors, "StartDateUtc", "'Start Date Utc' must not be empty.");
    return start->given;
}

static bool read_end(const struct sim_form *form, const struct sim_entry *entry,
                     const struct moment *start, struct moment *end, json_t *errors)
{
    const struct side utc = {"EndDateUtc", "EndTimeUtc", form->end_date_utc, form->end_time_utc};
    const struct side local = {"EndDateLocal", "EndTimeLocal", form->end_date_local,
                               form->end_time_local};
    if (!join(entry, &utc, &local, start, end, errors))
        return false;
    if (end->given && !end->timed)
        sim_complain(errors, "EndTimeUtc", "An end has a time.");
    return json_array_size(errors) == 0;
}

/* ---- The three kinds of entry ---- */

static void put_running(const struct sim_call *call, const struct sim_form *form,
                        const struct moment *start, const struct moment *end,
                        struct sim_entry *entry, json_t *errors)
{
    int64_t first_break =
        entry->break_count > 0 ? entry->breaks[0].start_s * SIM_TICKS_PER_SECOND : call->now;
    if (end->given || json_integer_value(form->duration) != 0)
        sim_complain(errors, "EndTimeUtc", "A running time tracking has no end and no duration.");
    else if (!start->timed)
        sim_complain(errors, "StartTimeUtc", "'Start Time Utc' must not be empty.");
    else if (start->ticks > call->now || start->ticks > first_break)
        sim_complain(errors, "StartTimeUtc", "The start is in the future or after a break.");
    else
        entry->start = start->ticks;
}

static void put_date_only(const struct sim_form *form, const struct moment *start,
                          const struct moment *end, struct sim_entry *entry, json_t *errors)
{
    int64_t duration_s = json_integer_value(form->duration);
    if (end->given)
        sim_complain(errors, "StartTimeUtc", "An entry with an end has a start time.");
    else if (duration_s <= 0)
        sim_complain(errors, "Duration", "'Duration' must be greater than '0'.");
    entry->date_only = true;
    entry->start = start->ticks;
    entry->end = 0;
    entry->duration_s = duration_s;
}

static void put_stopped(const struct sim_call *call, const struct sim_form *form,
                        const struct moment *start, const struct moment *end,
                        struct sim_entry *entry, json_t *errors)
{
    int64_t duration_s = form->duration != NULL ? json_integer_value(form->duration) : -1;
    int64_t all_s = duration_s + sim_breaks_s(entry);
    if (!end->given && duration_s < 0) {
        sim_complain(errors, "EndTimeUtc", "'End Time Utc' or 'Duration' must be set.");
        return;
    }
    entry->date_only = false;
    entry->start = start->ticks;
    entry->end = end->given ? end->ticks : start->ticks + all_s * SIM_TICKS_PER_SECOND;
    entry->duration_s = sim_duration_s(entry, entry->end);
    if (entry->end < entry->start)
        sim_complain(errors, "EndTimeUtc", "The end is before the start.");
    else if (entry->duration_s < 0)
        sim_complain(errors, "Duration", "The breaks are longer than the time.");
    else if (call->sim->strict && end->given && duration_s >= 0 && entry->duration_s != duration_s)
        sim_complain(errors, "Duration", "The duration contradicts start and end.");
}

bool sim_form_times(struct sim_call *call, const struct sim_form *form, struct sim_entry *entry)
{
    struct moment start = {0};
    struct moment end = {0};
    bool runs = entry->user != NULL && sim_is_active(entry);
    json_t *errors = sim_must(json_array());
    if (read_start(form, entry, &start, errors) && read_end(form, entry, &start, &end, errors)) {
        if (runs)
            put_running(call, form, &start, &end, entry, errors);
        else if (!start.timed)
            put_date_only(form, &start, &end, entry, errors);
        else
            put_stopped(call, form, &start, &end, entry, errors);
    }
    bool good = json_array_size(errors) == 0;
    if (good) {
        entry->start_offset_s =
            entry->date_only ? 0 : sim_zone_offset_s(entry->timezone, entry->start);
        entry->end_offset_s = entry->end != 0 ? sim_zone_offset_s(entry->timezone, entry->end) : 0;
        json_decref(errors);
    } else {
        sim_say_invalid(call, errors);
    }
    return good;
}
