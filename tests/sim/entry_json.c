/*
 * A time entry as awork shows it: null properties are left out, dates are the date part only, the
 * local fields go through the entry's zone. Also the state dump of /_sim/state.
 */
#include "sim.h"

static void put_text(json_t *json, const char *name, const char *text)
{
    json_object_set_new(json, name, sim_must(json_string(text)));
}

static void put_moment(json_t *json, bool is_end, int64_t ticks, int64_t offset_s)
{
    char text[SIM_TIME_SIZE];
    int64_t local = ticks + offset_s * SIM_TICKS_PER_SECOND;
    sim_write_date(ticks, "Z", text);
    put_text(json, is_end ? "endDateUtc" : "startDateUtc", text);
    sim_write_clock_time(ticks, text);
    put_text(json, is_end ? "endTimeUtc" : "startTimeUtc", text);
    sim_write_date(local, "", text);
    put_text(json, is_end ? "endDateLocal" : "startDateLocal", text);
    sim_write_clock_time(local, text);
    put_text(json, is_end ? "endTimeLocal" : "startTimeLocal", text);
}

static void put_breaks(json_t *json, const struct sim_entry *entry)
{
    char text[SIM_TIME_SIZE];
    int64_t sum_s = 0;
    bool any_closed = false;
    if (entry->break_count == 0)
        return;
    json_t *list = sim_must(json_array());
    for (size_t i = 0; i < entry->break_count; i++) {
        const struct sim_break *one = &entry->breaks[i];
        json_t *item = sim_must(json_object());
        sim_write_instant(one->start_s * SIM_TICKS_PER_SECOND, 0, text);
        put_text(item, "startDate", text);
        if (one->end_s != 0) {
            any_closed = true;
            sum_s += one->end_s - one->start_s;
            json_object_set_new(item, "duration", json_integer(one->end_s - one->start_s));
            sim_write_instant(one->end_s * SIM_TICKS_PER_SECOND, 0, text);
            put_text(item, "endDate", text);
        }
        json_array_append_new(list, item);
    }
    if (any_closed)
        json_object_set_new(json, "breakDuration", json_integer(sum_s));
    json_object_set_new(json, "breaks", list);
}

static void put_things(json_t *json, const struct sim_entry *entry)
{
    put_text(json, "typeOfWorkId", entry->type->id);
    json_object_set(json, "typeOfWork", entry->type->nested);
    if (entry->project != NULL) {
        put_text(json, "projectId", entry->project->id);
        json_object_set(json, "project", entry->project->in_entry);
    }
    if (entry->task != NULL) {
        put_text(json, "taskId", entry->task->id);
        json_object_set(json, "task", entry->task->in_entry);
    }
    if (entry->note != NULL)
        put_text(json, "note", entry->note);
}

static void put_history(json_t *json, const struct sim_entry *entry)
{
    char text[SIM_TIME_SIZE];
    put_text(json, "createdBy", entry->created_by);
    sim_write_instant(entry->created, 3, text);
    put_text(json, "createdOn", text);
    put_text(json, "updatedBy", entry->updated_by);
    sim_write_instant(entry->updated, 3, text);
    put_text(json, "updatedOn", text);
    json_object_set_new(json, "resourceVersion", json_integer(entry->version));
}

static void put_times(json_t *json, const struct sim_entry *entry)
{
    char text[SIM_TIME_SIZE];
    if (entry->date_only) {
        sim_write_date(entry->start, "Z", text);
        put_text(json, "startDateUtc", text);
        sim_write_date(entry->start, "", text);
        put_text(json, "startDateLocal", text);
    } else {
        put_moment(json, false, entry->start, entry->start_offset_s);
    }
    if (entry->end != 0)
        put_moment(json, true, entry->end, entry->end_offset_s);
}

json_t *sim_entry_json(const struct sim_entry *entry)
{
    json_t *json = sim_must(json_object());
    put_text(json, "id", entry->id);
    put_text(json, "userId", entry->user->id);
    json_object_set(json, "user", entry->user->nested);
    put_text(json, "timezone", entry->timezone);
    put_times(json, entry);
    json_object_set_new(json, "duration", json_integer(entry->duration_s));
    put_breaks(json, entry);
    put_things(json, entry);
    json_object_set_new(json, "isBillable", json_boolean(entry->billable));
    json_object_set_new(json, "isBilled", json_boolean(entry->billed));
    json_object_set_new(json, "isExternal", json_false());
    put_history(json, entry);
    return json;
}

static const char *state_of(const struct sim_user *user)
{
    if (user->entry_count == 0)
        return "idle";
    if (user->active == NULL)
        return "stopped";
    return sim_is_paused(user->active) ? "paused" : "running";
}

static json_t *user_state(const struct sim_user *user)
{
    json_t *entries = sim_must(json_array());
    for (size_t i = 0; i < user->entry_count; i++) {
        const struct sim_entry *entry = user->entries[i];
        json_t *json = sim_entry_json(entry);
        if (entry->stop_reason != NULL)
            put_text(json, "stopReason", entry->stop_reason);
        json_array_append_new(entries, json);
    }
    return sim_must(json_pack("{s:s, s:s, s:s?, s:o, s:o}", "id", user->id, "state", state_of(user),
                              "active", user->active != NULL ? user->active->id : NULL, "entries",
                              entries, "history", sim_history_json(user)));
}

/* Of one, or of everybody. */
json_t *sim_state_json(struct sim *sim, struct sim_user *one)
{
    char now_text[SIM_TIME_SIZE];
    int64_t now = sim_now(&sim->clock);
    json_t *users = sim_must(json_array());
    for (size_t i = 0; i < sim->world.user_count; i++) {
        struct sim_user *user = sim->world.users[i];
        if (one != NULL && user != one)
            continue;
        sim_expire(sim, user, now);
        json_array_append_new(users, user_state(user));
    }
    sim_write_instant(now, 7, now_text);
    return sim_must(json_pack("{s:s, s:o}", "now", now_text, "users", users));
}
