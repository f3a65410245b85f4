/*
 * The body of start: read, validated, its references looked up. Property names in any case, as the
 * original's framework reads them; unknown ones are ignored, or refused with --strict.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NO_GUID "00000000-0000-0000-0000-000000000000"

struct form {
    const json_t *timezone, *type, *project, *task, *note, *billable, *billed;
};

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

static void check_guid(const struct sim_call *call, json_t *errors, const json_t **value,
                       const char *name)
{
    if (json_is_null(*value))
        *value = NULL;
    if (*value != NULL && !is_guid(*value))
        complain_type(call, errors, name, "System.Guid");
}

static void check_bool(const struct sim_call *call, json_t *errors, const json_t *value,
                       const char *name)
{
    if (value != NULL && !json_is_boolean(value))
        complain_type(call, errors, name, "System.Boolean");
}

static void check_text(const struct sim_call *call, json_t *errors, const json_t **value,
                       const char *name)
{
    if (json_is_null(*value))
        *value = NULL;
    if (*value != NULL && !json_is_string(*value))
        complain_type(call, errors, name, "System.String");
}

static bool is_blank(const json_t *value)
{
    const char *text = json_string_value(value);
    return text == NULL || text[strspn(text, " \t\r\n")] == '\0' || strcmp(text, NO_GUID) == 0;
}

static void sort_fields(const struct sim_call *call, json_t *body, struct form *form,
                        json_t *errors)
{
    const struct {
        const char *name;
        const json_t **field;
    } fields[] = {{"timezone", &form->timezone}, {"typeOfWorkId", &form->type},
                  {"projectId", &form->project}, {"taskId", &form->task},
                  {"note", &form->note},         {"isBillable", &form->billable},
                  {"isBilled", &form->billed}};
    const size_t count = sizeof fields / sizeof fields[0];
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value)
    {
        size_t i = 0;
        while (i < count && strcasecmp(name, fields[i].name) != 0)
            i++;
        if (i < count)
            *fields[i].field = value;
        else if (call->sim->strict)
            sim_complain(errors, name, "The property is not part of the model.");
    }
}

static void check_form(const struct sim_call *call, struct form *form, json_t *errors)
{
    if (json_is_string(form->type) && json_string_length(form->type) == 0)
        form->type = NULL;
    check_text(call, errors, &form->timezone, "timezone");
    check_guid(call, errors, &form->type, "typeOfWorkId");
    check_guid(call, errors, &form->project, "projectId");
    check_guid(call, errors, &form->task, "taskId");
    check_text(call, errors, &form->note, "note");
    check_bool(call, errors, form->billable, "isBillable");
    check_bool(call, errors, form->billed, "isBilled");
    if (json_array_size(errors) > 0)
        return; /* the original validates only what could be read */
    if (is_blank(form->timezone))
        sim_complain(errors, "Timezone", "'Timezone' must not be empty.");
    else if (!sim_zone_known(json_string_value(form->timezone)))
        sim_complain(errors, "Timezone", "'Timezone' is not a known time zone.");
    if (is_blank(form->type))
        sim_complain(errors, "TypeOfWorkId", "'TypeOfWorkId' must not be empty.");
}

static size_t look_up(const struct sim_call *call, const char *kind, const json_t *id)
{
    char guid[SIM_GUID_SIZE];
    sim_read_guid(json_string_value(id), json_string_length(id), guid);
    return sim_find(&call->sim->world, kind, guid, SIZE_MAX);
}

static bool refer(const struct sim_call *call, const struct form *form, struct sim_entry *entry,
                  json_t *errors)
{
    const struct sim_world *world = &call->sim->world;
    size_t type = look_up(call, "type", form->type);
    size_t task = form->task != NULL ? look_up(call, "task", form->task) : 0;
    size_t project = form->project != NULL ? look_up(call, "project", form->project) : 0;
    if (type == SIZE_MAX)
        sim_complain(errors, "TypeOfWorkId", "The type of work does not exist.");
    if (project == SIZE_MAX)
        sim_complain(errors, "ProjectId", "The project does not exist.");
    if (task == SIZE_MAX)
        sim_complain(errors, "TaskId", "The task does not exist.");
    if (json_array_size(errors) > 0)
        return false;
    entry->type = &world->types[type];
    entry->task = form->task != NULL ? &world->tasks[task] : NULL;
    entry->project = form->project != NULL ? &world->projects[project] : NULL;
    if (entry->task != NULL && entry->project != NULL && entry->task->project != entry->project)
        sim_complain(errors, "TaskId", "The task does not belong to the project.");
    if (entry->task != NULL && entry->project == NULL)
        entry->project = entry->task->project;
    return json_array_size(errors) == 0;
}

/* False: refused and answered. The person must be a member of a private project, or an admin. */
static bool allowed(struct sim_call *call, const struct sim_entry *entry)
{
    const struct sim_world *world = &call->sim->world;
    const struct sim_project *project = entry->project;
    size_t user = sim_find(world, "user", call->target, SIZE_MAX);
    if (entry->type->archived)
        sim_say_error(call, 400, "entity-archived", "The type of work is archived.");
    else if (project != NULL && project->archived)
        sim_say_error(call, 400, "entity-archived", "The project is archived.");
    else if (project != NULL && !sim_project_open_to(project, &world->users[user]))
        sim_say_denied(call, "Project");
    else if (project != NULL && project->done && world->prevent_on_done_projects &&
             !call->caller->admin)
        sim_say_error(call, 400, "invalid-operation",
                      "Time cannot be tracked on projects that are done.");
    else
        return true;
    return false;
}

static void fill(struct sim_entry *entry, const struct form *form)
{
    const char *note = json_string_value(form->note);
    entry->timezone =
        sim_dup(json_string_value(form->timezone), json_string_length(form->timezone));
    entry->note = note != NULL ? sim_dup(note, json_string_length(form->note)) : NULL;
    entry->billed = json_is_true(form->billed);
    entry->billable = form->billable != NULL ? json_is_true(form->billable)
                                             : entry->project != NULL && entry->project->billable;
}

/* NULL: the form was refused and the answer is given. */
struct sim_entry *sim_read_start_form(struct sim_call *call)
{
    struct form form = {0};
    struct sim_entry *entry = NULL;
    json_t *body = json_loadb(call->body, call->body_bytes, 0, NULL);
    if (!json_is_object(body)) {
        json_decref(body);
        sim_say_error(call, 400, "invalid-model",
                      "The model sent in the request is empty or invalid.");
        return NULL;
    }
    json_t *errors = sim_must(json_array());
    sort_fields(call, body, &form, errors);
    check_form(call, &form, errors);
    if (json_array_size(errors) == 0) {
        entry = sim_alloc(1, sizeof *entry);
        if (refer(call, &form, entry, errors) && allowed(call, entry)) {
            fill(entry, &form);
        } else {
            sim_entry_free(entry);
            entry = NULL;
        }
    }
    if (json_array_size(errors) > 0)
        sim_say_invalid(call, json_incref(errors));
    json_decref(errors);
    json_decref(body);
    return entry;
}
