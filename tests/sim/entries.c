/*
 * Time entries: lists, one, made by hand, corrected, deleted. Others' entries are an admin's
 * business. A list looks only at what its filter leaves: a person, a range of days, what has no
 * end.
 */
#include "filter.h"
#include "form.h"

#include <stdlib.h>
#include <string.h>

#define DAY_TICKS (24 * 3600 * SIM_TICKS_PER_SECOND)

enum entry_property {
    ID,
    USER_ID,
    TASK_ID,
    PROJECT_ID,
    TYPE_ID,
    START_DATE_UTC,
    START_TIME_UTC,
    END_DATE_UTC,
    END_TIME_UTC,
    START_DATE_LOCAL,
    START_TIME_LOCAL,
    END_DATE_LOCAL,
    END_TIME_LOCAL,
    DURATION,
    BREAK_DURATION,
    NOTE,
    BILLABLE,
    BILLED,
    EXTERNAL,
    TIMEZONE,
    CREATED_ON,
    CREATED_BY,
    UPDATED_ON,
    UPDATED_BY,
    VERSION,
    TASK,
    PROJECT,
    TYPE,
    USER
};

static const struct sim_property NESTED[] = {{"id", SIM_GUID, NULL},
                                             {"name", SIM_TEXT, NULL},
                                             {"firstName", SIM_TEXT, NULL},
                                             {"lastName", SIM_TEXT, NULL},
                                             {"taskIdentifier", SIM_TEXT, NULL},
                                             {"projectKey", SIM_TEXT, NULL},
                                             {"isPrivate", SIM_BOOL, NULL},
                                             {NULL, SIM_NULL, NULL}};

/* In the order of enum entry_property. */
static const struct sim_property PROPERTIES[] = {{"id", SIM_GUID, NULL},
                                                 {"userId", SIM_GUID, NULL},
                                                 {"taskId", SIM_GUID, NULL},
                                                 {"projectId", SIM_GUID, NULL},
                                                 {"typeOfWorkId", SIM_GUID, NULL},
                                                 {"startDateUtc", SIM_TIME, NULL},
                                                 {"startTimeUtc", SIM_TEXT, NULL},
                                                 {"endDateUtc", SIM_TIME, NULL},
                                                 {"endTimeUtc", SIM_TEXT, NULL},
                                                 {"startDateLocal", SIM_TIME, NULL},
                                                 {"startTimeLocal", SIM_TEXT, NULL},
                                                 {"endDateLocal", SIM_TIME, NULL},
                                                 {"endTimeLocal", SIM_TEXT, NULL},
                                                 {"duration", SIM_NUMBER, NULL},
                                                 {"breakDuration", SIM_NUMBER, NULL},
                                                 {"note", SIM_TEXT, NULL},
                                                 {"isBillable", SIM_BOOL, NULL},
                                                 {"isBilled", SIM_BOOL, NULL},
                                                 {"isExternal", SIM_BOOL, NULL},
                                                 {"timezone", SIM_TEXT, NULL},
                                                 {"createdOn", SIM_TIME, NULL},
                                                 {"createdBy", SIM_GUID, NULL},
                                                 {"updatedOn", SIM_TIME, NULL},
                                                 {"updatedBy", SIM_GUID, NULL},
                                                 {"resourceVersion", SIM_NUMBER, NULL},
                                                 {"task", SIM_OBJECT, NESTED},
                                                 {"project", SIM_OBJECT, NESTED},
                                                 {"typeOfWork", SIM_OBJECT, NESTED},
                                                 {"user", SIM_OBJECT, NESTED},
                                                 {NULL, SIM_NULL, NULL}};

/* ---- Reading one property of an entry ---- */

static void give_text(struct sim_value *value, enum sim_kind kind, const char *text)
{
    value->kind = text != NULL ? kind : SIM_NULL;
    value->text = text;
}

static void give_number(struct sim_value *value, enum sim_kind kind, int64_t number)
{
    value->kind = kind;
    value->number = number;
}

static void give_object(struct sim_value *value, const json_t *object)
{
    value->kind = object != NULL ? SIM_OBJECT : SIM_NULL;
    value->json = object;
}

static void give_time(struct sim_value *value, int64_t ticks)
{
    sim_write_clock_time(ticks, value->room);
    give_text(value, SIM_TEXT, value->room);
}

static void give_when(const struct sim_entry *entry, enum entry_property which,
                      struct sim_value *value)
{
    int64_t start_local = entry->start + entry->start_offset_s * SIM_TICKS_PER_SECOND;
    int64_t end_local = entry->end + entry->end_offset_s * SIM_TICKS_PER_SECOND;
    bool has_end = entry->end != 0;
    if (which == START_DATE_UTC)
        give_number(value, SIM_TIME, entry->start - entry->start % DAY_TICKS);
    else if (which == START_DATE_LOCAL)
        give_number(value, SIM_TIME, start_local - start_local % DAY_TICKS);
    else if (which == END_DATE_UTC && has_end)
        give_number(value, SIM_TIME, entry->end - entry->end % DAY_TICKS);
    else if (which == END_DATE_LOCAL && has_end)
        give_number(value, SIM_TIME, end_local - end_local % DAY_TICKS);
    else if (which == START_TIME_UTC && !entry->date_only)
        give_time(value, entry->start);
    else if (which == START_TIME_LOCAL && !entry->date_only)
        give_time(value, start_local);
    else if (which == END_TIME_UTC && has_end)
        give_time(value, entry->end);
    else if (which == END_TIME_LOCAL && has_end)
        give_time(value, end_local);
}

static void give_reference(const struct sim_entry *entry, enum entry_property which,
                           struct sim_value *value)
{
    if (which == TASK_ID)
        give_text(value, SIM_GUID, entry->task != NULL ? entry->task->id : NULL);
    else if (which == PROJECT_ID)
        give_text(value, SIM_GUID, entry->project != NULL ? entry->project->id : NULL);
    else if (which == TYPE_ID)
        give_text(value, SIM_GUID, entry->type->id);
    else if (which == TASK)
        give_object(value, entry->task != NULL ? entry->task->in_entry : NULL);
    else if (which == PROJECT)
        give_object(value, entry->project != NULL ? entry->project->in_entry : NULL);
    else if (which == TYPE)
        give_object(value, entry->type->nested);
    else
        give_object(value, entry->user->nested);
}

static void get(const void *thing, const struct sim_property *property, struct sim_value *value)
{
    const struct sim_entry *entry = thing;
    enum entry_property which = (enum entry_property)(property - PROPERTIES);
    switch (which) {
    case ID:
        give_text(value, SIM_GUID, entry->id);
        break;
    case USER_ID:
        give_text(value, SIM_GUID, entry->user->id);
        break;
    case DURATION:
        give_number(value, SIM_NUMBER, entry->duration_s);
        break;
    case BREAK_DURATION:
        give_number(value, SIM_NUMBER, sim_breaks_s(entry));
        break;
    case NOTE:
        give_text(value, SIM_TEXT, entry->note);
        break;
    case BILLABLE:
        give_number(value, SIM_BOOL, entry->billable);
        break;
    case BILLED:
        give_number(value, SIM_BOOL, entry->billed);
        break;
    case EXTERNAL:
        give_number(value, SIM_BOOL, 0);
        break;
    case TIMEZONE:
        give_text(value, SIM_TEXT, entry->timezone);
        break;
    case CREATED_ON:
        give_number(value, SIM_TIME, entry->created);
        break;
    case CREATED_BY:
        give_text(value, SIM_GUID, entry->created_by);
        break;
    case UPDATED_ON:
        give_number(value, SIM_TIME, entry->updated);
        break;
    case UPDATED_BY:
        give_text(value, SIM_GUID, entry->updated_by);
        break;
    case VERSION:
        give_number(value, SIM_NUMBER, entry->version);
        break;
    default:
        if (which >= START_DATE_UTC && which <= END_TIME_LOCAL)
            give_when(entry, which, value);
        else
            give_reference(entry, which, value);
        break;
    }
}

static json_t *show(const void *thing)
{
    return sim_entry_json(thing);
}

static const struct sim_model MODEL = {PROPERTIES, get, show};

/* ---- Lists ---- */

struct found {
    const void **items;
    size_t count, room;
};

static void add(struct found *found, const struct sim_entry *entry)
{
    if (found->count == found->room) {
        found->room = found->room > 0 ? found->room * 2 : 64;
        found->items = sim_grow(found->items, found->room, sizeof(const void *));
    }
    found->items[found->count++] = entry;
}

/* Those that can be within the bounds; local and UTC days differ by one at most. */
static void add_of_user(struct found *found, const struct sim_user *user,
                        const struct sim_bounds *bounds)
{
    size_t low = 0;
    size_t high = user->entry_count;
    while (low < high && bounds->from > INT64_MIN) {
        size_t mid = low + (high - low) / 2;
        if (user->entries[mid]->start < bounds->from - DAY_TICKS)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < user->entry_count; low++) {
        if (bounds->until < INT64_MAX && user->entries[low]->start > bounds->until + 2 * DAY_TICKS)
            break;
        add(found, user->entries[low]);
    }
}

static bool sees(const struct sim_call *call, const struct sim_user *user)
{
    return user == call->caller || call->caller->admin;
}

static void collect(const struct sim_call *call, const struct sim_bounds *bounds,
                    struct found *found)
{
    const struct sim_world *world = &call->sim->world;
    if (bounds->id != NULL) {
        const struct sim_entry *entry = sim_map_get(&world->entry_ids, bounds->id);
        if (entry != NULL && sees(call, entry->user))
            add(found, entry);
    } else if (bounds->no_end) {
        for (const struct sim_entry *entry = world->open; entry != NULL; entry = entry->open_next)
            if (sees(call, entry->user))
                add(found, entry);
    } else if (bounds->user_id != NULL || !call->caller->admin) {
        const struct sim_user *user =
            bounds->user_id != NULL ? sim_map_get(&world->user_ids, bounds->user_id) : call->caller;
        if (user != NULL && sees(call, user))
            add_of_user(found, user, bounds);
    } else {
        for (size_t i = 0; i < world->user_count; i++)
            add_of_user(found, world->users[i], bounds);
    }
}

/* Everything, in no order that anybody asked for: only the page is looked at. */
static void say_all(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    size_t first = 0;
    size_t end = 0;
    size_t n = 0;
    if (!sim_list_page(call, world->entry_count, &first, &end))
        return;
    json_t *list = sim_must(json_array());
    for (size_t i = 0; i < world->user_count && n < end; i++) {
        const struct sim_user *user = world->users[i];
        for (size_t j = first > n ? first - n : 0; j < user->entry_count && n + j < end; j++)
            json_array_append_new(list, sim_entry_json(user->entries[j]));
        n += user->entry_count;
    }
    sim_say(call, 200, list);
}

void sim_get_entries(struct sim_call *call)
{
    struct sim_filter *filter = NULL;
    struct found found = {0};
    sim_expire_all(call->sim, call->now);
    if (!sim_list_filter(call, &MODEL, &filter))
        return;
    if (filter == NULL && sim_query(call, "orderby") == NULL && call->caller->admin) {
        say_all(call);
        return;
    }
    struct sim_bounds bounds = sim_filter_bounds(filter);
    collect(call, &bounds, &found);
    call->sim->world.looked_at += found.count;
    sim_filter_free(filter);
    sim_say_list(call, &MODEL, found.items, found.count);
}

static void say_where(struct sim_call *call, const struct sim_project *project,
                      const struct sim_task *task)
{
    struct found found = {0};
    const struct sim_bounds bounds = {.from = INT64_MIN, .until = INT64_MAX};
    size_t kept = 0;
    sim_expire_all(call->sim, call->now);
    collect(call, &bounds, &found);
    for (size_t i = 0; i < found.count; i++) {
        const struct sim_entry *entry = found.items[i];
        if (project != NULL ? entry->project == project : entry->task == task)
            found.items[kept++] = entry;
    }
    sim_say_list(call, &MODEL, found.items, kept);
}

void sim_get_project_entries(struct sim_call *call)
{
    const struct sim_project *project = sim_map_get(&call->sim->world.project_ids, call->id);
    if (project == NULL)
        sim_say_not_found(call, "project");
    else if (!sim_project_open_to(project, call->caller))
        sim_say_denied(call, "Project");
    else
        say_where(call, project, NULL);
}

void sim_get_task_entries(struct sim_call *call)
{
    const struct sim_task *task = sim_map_get(&call->sim->world.task_ids, call->id);
    if (task == NULL)
        sim_say_not_found(call, "task");
    else if (task->project != NULL && !sim_project_open_to(task->project, call->caller))
        sim_say_denied(call, "Project");
    else
        say_where(call, NULL, task);
}
