/*
 * The body of start and of a time entry. Property names in any case, as the original's framework
 * reads them; unknown ones are ignored, or refused with --strict.
 */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NO_GUID "00000000-0000-0000-0000-000000000000"

enum kind { TEXT, GUID, BOOLEAN, INTEGER, READ_ONLY };

/* Those from userId on are of a time entry only. */
static const struct {
    const char *name;
    size_t at;
    enum kind kind;
    bool entry_only;
} FIELDS[] = {
    {"timezone", offsetof(struct sim_form, timezone), TEXT, false},
    {"typeOfWorkId", offsetof(struct sim_form, type), GUID, false},
    {"projectId", offsetof(struct sim_form, project), GUID, false},
    {"taskId", offsetof(struct sim_form, task), GUID, false},
    {"note", offsetof(struct sim_form, note), TEXT, false},
    {"isBillable", offsetof(struct sim_form, billable), BOOLEAN, false},
    {"isBilled", offsetof(struct sim_form, billed), BOOLEAN, false},
    {"userId", offsetof(struct sim_form, user), GUID, true},
    {"duration", offsetof(struct sim_form, duration), INTEGER, true},
    {"startDateUtc", offsetof(struct sim_form, start_date_utc), TEXT, true},
    {"startTimeUtc", offsetof(struct sim_form, start_time_utc), TEXT, true},
    {"endDateUtc", offsetof(struct sim_form, end_date_utc), TEXT, true},
    {"endTimeUtc", offsetof(struct sim_form, end_time_utc), TEXT, true},
    {"startDateLocal", offsetof(struct sim_form, start_date_local), TEXT, true},
    {"startTimeLocal", offsetof(struct sim_form, start_time_local), TEXT, true},
    {"endDateLocal", offsetof(struct sim_form, end_date_local), TEXT, true},
    {"endTimeLocal", offsetof(struct sim_form, end_time_local), TEXT, true},
    {"id", 0, READ_ONLY, true},
    {"breaks", 0, READ_ONLY, true},
    {"breakDuration", 0, READ_ONLY, true},
    {"createdBy", 0, READ_ONLY, true},
    {"createdOn", 0, READ_ONLY, true},
    {"updatedBy", 0, READ_ONLY, true},
    {"updatedOn", 0, READ_ONLY, true},
    {"typeOfWork", 0, READ_ONLY, true},
    {"user", 0, READ_ONLY, true},
    {"task", 0, READ_ONLY, true},
    {"project", 0, READ_ONLY, true},
    {"resourceVersion", 0, READ_ONLY, true},
    {"isExternal", 0, READ_ONLY, true},
};
#define FIELD_COUNT (sizeof FIELDS / sizeof FIELDS[0])

static const json_t **field(struct sim_form *form, size_t i)
{
    return (const json_t **)((char *)form + FIELDS[i].at);
}

/* Where the original's reader stood after the value: line, and byte in that line. */
static void position_after(const struct sim_call *call, const char *name, size_t *line,
                           size_t *byte)
{
    const char *at = call->body;
    const char *end = call->body + call->body_bytes;
    char quoted[64];
    size_t bytes = (size_t)snprintf(quoted, sizeof quoted, "\"%s\"", name);
    while ((size_t)(end - at) >= bytes && strncasecmp(at, quoted, bytes) != 0)
        at++;
    at = (size_t)(end - at) >= bytes ? at + bytes : end;
    while (at < end && memchr(" \t\r\n:", *at, 5) != NULL)
        at++;
    if (at < end && *at == '"') {
        for (at++; at < end && *at != '"'; at++)
            at += *at == '\\';
        at++;
    } else if (at < end && (*at == '{' || *at == '[')) {
        at++;
    } else {
        while (at < end && memchr(" \t\r\n,}", *at, 6) == NULL)
            at++;
    }
    *line = *byte = 0;
    for (const char *c = call->body; c < at && c < end; c++) {
        *line += *c == '\n';
        *byte = *c == '\n' ? 0 : *byte + 1;
    }
}

static void complain_type(const struct sim_call *call, json_t *errors, const char *name,
                          const char *type)
{
    char property[64];
    char message[256];
    size_t line = 0;
    size_t byte = 0;
    position_after(call, name, &line, &byte);
    snprintf(property, sizeof property, "$.%s", name);
    snprintf(message, sizeof message,
             "The JSON value could not be converted to %s. Path: %s | LineNumber: %zu | "
             "BytePositionInLine: %zu.",
             type, property, line, byte);
    sim_complain(errors, property, message);
}

static bool is_guid(const json_t *value)
{
    char id[SIM_GUID_SIZE];
    return json_is_string(value) &&
           sim_read_guid(json_string_value(value), json_string_length(value), id);
}

static bool is_int32(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) >= INT32_MIN &&
           json_integer_value(value) <= INT32_MAX;
}

static bool is_blank(const json_t *value)
{
    const char *text = json_string_value(value);
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0' || strcmp(text, NO_GUID) == 0;
}

static void sort_fields(const struct sim_call *call, json_t *body, bool is_start,
                        struct sim_form *form, json_t *errors)
{
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value)
    {
        size_t i = 0;
        while (i < FIELD_COUNT &&
               (strcasecmp(name, FIELDS[i].name) != 0 || (is_start && FIELDS[i].entry_only)))
            i++;
        if (i < FIELD_COUNT && FIELDS[i].kind != READ_ONLY)
            *field(form, i) = json_is_null(value) ? NULL : value;
        else if (i == FIELD_COUNT && call->sim->strict)
            sim_complain(errors, name, "The property is not part of the model.");
    }
}

static void check_kinds(const struct sim_call *call, struct sim_form *form, json_t *errors)
{
    static const char *const types[] = {"System.String", "System.Guid", "System.Boolean",
                                        "System.Int32"};
    if (json_is_string(form->type) && json_string_length(form->type) == 0)
        form->type = NULL;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const json_t *value = FIELDS[i].kind != READ_ONLY ? *field(form, i) : NULL;
        bool good = value == NULL || (FIELDS[i].kind == TEXT      ? json_is_string(value)
                                      : FIELDS[i].kind == GUID    ? is_guid(value)
                                      : FIELDS[i].kind == BOOLEAN ? json_is_boolean(value)
                                                                  : is_int32(value));
        if (!good)
            complain_type(call, errors, FIELDS[i].name, types[FIELDS[i].kind]);
    }
}

static void check_form(const struct sim_call *call, struct sim_form *form, json_t *errors)
{
    check_kinds(call, form, errors);
    if (json_array_size(errors) > 0)
        return; /* the original validates only what could be read */
    if (is_blank(form->timezone))
        sim_complain(errors, "Timezone", "'Timezone' must not be empty.");
    else if (!sim_zone_known(json_string_value(form->timezone)))
        sim_complain(errors, "Timezone", "'Timezone' is not a known time zone.");
    if (is_blank(form->type))
        sim_complain(errors, "TypeOfWorkId", "'TypeOfWorkId' must not be empty.");
}

/* The body, which the fields of the form point into. */
json_t *sim_form_body(struct sim_call *call, bool is_start, struct sim_form *form)
{
    json_t *body = json_loadb(call->body, call->body_bytes, 0, NULL);
    *form = (struct sim_form){0};
    if (!json_is_object(body)) {
        json_decref(body);
        sim_say_error(call, 400, "invalid-model",
                      "The model sent in the request is empty or invalid.");
        return NULL;
    }
    json_t *errors = sim_must(json_array());
    sort_fields(call, body, is_start, form, errors);
    check_form(call, form, errors);
    if (json_array_size(errors) == 0) {
        json_decref(errors);
        return body;
    }
    sim_say_invalid(call, errors);
    json_decref(body);
    return NULL;
}

static const void *look_up(const struct sim_map *map, const json_t *id)
{
    char guid[SIM_GUID_SIZE];
    if (id == NULL)
        return NULL;
    sim_read_guid(json_string_value(id), json_string_length(id), guid);
    return sim_map_get(map, guid);
}

static void refer(const struct sim_world *world, const struct sim_form *form,
                  struct sim_entry *entry, json_t *errors)
{
    entry->type = look_up(&world->type_ids, form->type);
    entry->task = look_up(&world->task_ids, form->task);
    entry->project = look_up(&world->project_ids, form->project);
    if (entry->type == NULL)
        sim_complain(errors, "TypeOfWorkId", "The type of work does not exist.");
    if (form->project != NULL && entry->project == NULL)
        sim_complain(errors, "ProjectId", "The project does not exist.");
    if (form->task != NULL && entry->task == NULL)
        sim_complain(errors, "TaskId", "The task does not exist.");
    if (entry->task != NULL && entry->project != NULL && entry->task->project != entry->project)
        sim_complain(errors, "TaskId", "The task does not belong to the project.");
    if (entry->task != NULL && entry->project == NULL && form->project == NULL)
        entry->project = entry->task->project;
}

/* The person must be a member of a private project, or an admin; the settings bind all others. */
static bool allowed(struct sim_call *call, const struct sim_entry *entry,
                    const struct sim_user *user)
{
    const struct sim_settings *settings = &call->sim->world.settings;
    const struct sim_project *project = entry->project;
    bool bound = !call->caller->admin;
    if (entry->type->archived)
        sim_say_error(call, 400, "entity-archived", "The type of work is archived.");
    else if (project != NULL && project->archived)
        sim_say_error(call, 400, "entity-archived", "The project is archived.");
    else if (project != NULL && !sim_project_open_to(project, user))
        sim_say_denied(call, "Project");
    else if (settings->off)
        sim_say_error(call, 400, "invalid-operation", "Time tracking is disabled.");
    else if (project != NULL && project->done && settings->prevent_done && bound)
        sim_say_error(call, 400, "invalid-operation",
                      "Time cannot be tracked on projects that are done.");
    else if (project == NULL && settings->prevent_private && bound)
        sim_say_error(call, 400, "invalid-operation", "Time cannot be tracked without a project.");
    else
        return true;
    return false;
}

bool sim_form_refer(struct sim_call *call, const struct sim_form *form, const struct sim_user *user,
                    struct sim_entry *entry)
{
    json_t *errors = sim_must(json_array());
    refer(&call->sim->world, form, entry, errors);
    if (json_array_size(errors) == 0) {
        json_decref(errors);
        return allowed(call, entry, user);
    }
    sim_say_invalid(call, errors);
    return false;
}

/* The entry has its project, and no texts yet. */
void sim_form_fill(struct sim_entry *entry, const struct sim_form *form)
{
    const char *note = json_string_value(form->note);
    entry->timezone =
        sim_dup(json_string_value(form->timezone), json_string_length(form->timezone));
    entry->note = note != NULL ? sim_dup(note, json_string_length(form->note)) : NULL;
    entry->billed = json_is_true(form->billed);
    entry->billable = form->billable != NULL ? json_is_true(form->billable)
                                             : entry->project != NULL && entry->project->billable;
}

/* Nothing is left of the day for somebody whom the daily maximum binds. */
static bool day_is_full(const struct sim_call *call, const struct sim_user *user,
                        const struct sim_entry *entry)
{
    int64_t day = sim_local_day(call->now, sim_zone_offset_s(entry->timezone, call->now));
    return !call->caller->admin && sim_daily_left_s(call->sim, user, day, NULL) == 0;
}

struct sim_entry *sim_read_start_form(struct sim_call *call, const struct sim_user *user)
{
    struct sim_form form;
    json_t *body = sim_form_body(call, true, &form);
    if (body == NULL)
        return NULL;
    struct sim_entry *entry = sim_alloc(1, sizeof *entry);
    bool good = sim_form_refer(call, &form, user, entry);
    if (good) {
        sim_form_fill(entry, &form);
        good = !day_is_full(call, user, entry);
        if (!good)
            sim_say_error(call, 400, "invalid-operation",
                          "The maximum time of this day is reached.");
    }
    json_decref(body);
    if (good)
        return entry;
    sim_entry_free(entry);
    return NULL;
}
