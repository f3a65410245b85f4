/*
 * One time entry: looked at, made by hand, corrected, deleted, freed of its breaks. A PUT replaces:
 * project, task and note that it does not name are gone, the two booleans stay.
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* NULL: it is answered. */
static struct sim_entry *asked_entry(struct sim_call *call)
{
    struct sim_entry *entry = sim_map_get(&call->sim->world.entry_ids, call->id);
    if (entry == NULL)
        sim_say_not_found(call, "time entry");
    else if (entry->user != call->caller && !call->caller->admin)
        sim_say_denied(call, "TimeTracking");
    else {
        sim_expire(call->sim, entry->user, call->now);
        memcpy(call->target, entry->user->id, SIM_GUID_SIZE);
        return entry;
    }
    return NULL;
}

void sim_get_entry(struct sim_call *call)
{
    const struct sim_entry *entry = asked_entry(call);
    if (entry != NULL)
        sim_say_entry(call, entry, SIM_NONE);
}

static bool day_allowed(struct sim_call *call, const struct sim_entry *entry)
{
    int past_days = call->sim->world.settings.past_days;
    int64_t today = sim_local_day(call->now, sim_zone_offset_s(entry->timezone, call->now));
    if (call->caller->admin || past_days < 0 ||
        sim_local_day(entry->start, entry->start_offset_s) >= today - past_days)
        return true;
    sim_say_error(call, 400, "invalid-operation", "Time cannot be tracked on that day.");
    return false;
}

/* `old` is what the entry stands instead of. */
static bool length_allowed(struct sim_call *call, const struct sim_user *user,
                           const struct sim_entry *entry, const struct sim_entry *old)
{
    int64_t day = sim_local_day(entry->start, entry->start_offset_s);
    int64_t left_s = sim_daily_left_s(call->sim, user, day, old);
    if (call->caller->admin || left_s < 0 || entry->duration_s <= left_s)
        return true;
    sim_say_error(call, 400, "invalid-operation", "The maximum time of this day is reached.");
    return false;
}

/* Who the entry is for; NULL: it is answered. */
static struct sim_user *user_of_form(struct sim_call *call, const struct sim_form *form,
                                     struct sim_user *missing)
{
    char id[SIM_GUID_SIZE];
    if (form->user == NULL)
        return missing;
    sim_read_guid(json_string_value(form->user), json_string_length(form->user), id);
    struct sim_user *user = sim_map_get(&call->sim->world.user_ids, id);
    if (user == NULL)
        sim_say_wrong(call, "UserId", "The user does not exist.");
    else if (user != call->caller && !call->caller->admin)
        sim_say_denied(call, "TimeTracking");
    else if (user->deactivated)
        sim_say_error(call, 400, "deactivated-user", "The user is deactivated.");
    else
        return user;
    return NULL;
}

static bool fill_new(struct sim_call *call, const struct sim_form *form,
                     const struct sim_user *user, struct sim_entry *entry)
{
    if (!sim_form_refer(call, form, user, entry))
        return false;
    sim_form_fill(entry, form);
    return sim_form_times(call, form, entry) && day_allowed(call, entry) &&
           length_allowed(call, user, entry, NULL);
}

static void add_new(struct sim_call *call, struct sim_user *user, struct sim_entry *entry)
{
    struct sim_change change = {0};
    memcpy(entry->created_by, call->caller->id, SIM_GUID_SIZE);
    entry->created = call->now;
    sim_touch(call->sim, entry, call->now, call->caller->id);
    sim_entry_add(call->sim, user, entry);
    sim_change_end(call->sim, &change, entry, SIM_CREATED, call->caller->id);
    sim_say_entry(call, entry, SIM_CREATED);
}

void sim_post_entry(struct sim_call *call)
{
    struct sim_form form;
    json_t *body = sim_form_body(call, false, &form);
    if (body == NULL)
        return;
    struct sim_user *user = user_of_form(call, &form, call->caller);
    if (user != NULL) {
        struct sim_entry *entry = sim_alloc(1, sizeof *entry);
        if (fill_new(call, &form, user, entry))
            add_new(call, user, entry);
        else
            sim_entry_free(entry);
    }
    json_decref(body);
}

/* What the entry would be after the PUT, with texts of its own; its breaks are the entry's. */
static bool correct(struct sim_call *call, const struct sim_form *form,
                    const struct sim_entry *entry, struct sim_entry *after)
{
    *after = *entry;
    after->timezone = after->note = NULL;
    if (user_of_form(call, form, entry->user) == NULL)
        return false;
    if (form->user != NULL && strcasecmp(json_string_value(form->user), entry->user->id) != 0) {
        sim_say_wrong(call, "UserId", "A time entry stays with its user.");
        return false;
    }
    if (!sim_form_refer(call, form, entry->user, after))
        return false;
    sim_form_fill(after, form);
    after->billable = form->billable != NULL ? after->billable : entry->billable;
    after->billed = form->billed != NULL ? after->billed : entry->billed;
    return sim_form_times(call, form, after) && day_allowed(call, entry) &&
           day_allowed(call, after) && length_allowed(call, entry->user, after, entry);
}

static void take_over(struct sim_call *call, struct sim_entry *entry, struct sim_entry *after)
{
    struct sim_change change = sim_change_begin(call->sim, entry);
    int64_t start = after->start;
    free(entry->timezone);
    free(entry->note);
    after->start = entry->start; /* until it is moved to its place */
    *entry = *after;
    after->timezone = after->note = NULL;
    sim_entry_move(call->sim, entry, start);
    sim_touch(call->sim, entry, call->now, call->caller->id);
    sim_change_end(call->sim, &change, entry, SIM_UPDATED, call->caller->id);
    sim_say_entry(call, entry, SIM_UPDATED);
}

void sim_put_entry(struct sim_call *call)
{
    struct sim_entry *entry = asked_entry(call);
    struct sim_form form;
    json_t *body = entry != NULL ? sim_form_body(call, false, &form) : NULL;
    struct sim_entry after;
    if (body == NULL)
        return;
    if (correct(call, &form, entry, &after))
        take_over(call, entry, &after);
    free(after.timezone);
    free(after.note);
    json_decref(body);
}

void sim_delete_entry(struct sim_call *call)
{
    struct sim_entry *entry = asked_entry(call);
    if (entry == NULL)
        return;
    struct sim_change change = {0};
    memcpy(call->entry, entry->id, SIM_GUID_SIZE);
    call->effect = SIM_DELETED;
    sim_touch(call->sim, entry, call->now, call->caller->id);
    sim_change_end(call->sim, &change, entry, SIM_DELETED, call->caller->id);
    sim_entry_remove(call->sim, entry);
    sim_say(call, 204, NULL);
}

void sim_post_remove_breaks(struct sim_call *call)
{
    struct sim_entry *entry = asked_entry(call);
    if (entry == NULL)
        return;
    sim_remove_breaks(call->sim, entry, call->now, call->caller->id);
    sim_say_entry(call, entry, SIM_BREAKS_REMOVED);
}
