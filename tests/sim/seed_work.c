/*
 * The half of the seed that can be worked on: types of work, projects, tasks. Every thing is made
 * into the models once, as it stands alone and as it stands inside other answers.
 */
#include "sim.h"

#include <string.h>

static bool read_type(const json_t *item, size_t n, struct sim_world *world)
{
    struct sim_type *type = &world->types[n];
    const char *id = "";
    const char *name = NULL;
    const char *icon = "tag";
    const char *description = NULL;
    int archived = 0;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT, "{s:s, s:s, s?s, s?s, s?b}", "id", &id,
                       "name", &name, "icon", &icon, "description", &description, "archived",
                       &archived) != 0)
        return sim_seed_fail("typesOfWork", n, error.text);
    if (!sim_read_guid(id, strlen(id), type->id))
        return sim_seed_fail("typesOfWork", n, "id is not a GUID");
    if (!sim_index(world, "type", type->id, n))
        return sim_seed_fail("typesOfWork", n, "this id is there already");
    type->archived = archived != 0;
    type->nested = sim_must(json_pack("{s:s, s:s, s:s, s:b}", "id", type->id, "name", name, "icon",
                                      icon, "isArchived", archived));
    type->model = sim_must(json_copy(type->nested));
    if (description != NULL)
        json_object_set_new(type->model, "description", json_string(description));
    sim_seed_made(type->model);
    return true;
}

bool sim_seed_types(const json_t *list, struct sim_world *world)
{
    size_t n;
    json_t *item;
    world->type_count = json_array_size(list);
    world->types = sim_alloc(world->type_count, sizeof *world->types);
    json_array_foreach(list, n, item) if (!read_type(item, n, world)) return false;
    return true;
}

static bool read_members(const json_t *list, size_t n, struct sim_world *world)
{
    size_t i;
    json_t *item;
    json_t *members = world->projects[n].members = sim_must(json_object());
    json_array_foreach(list, i, item)
    {
        const char *id = json_string_value(item);
        if (id == NULL || sim_find(world, "user", id, SIZE_MAX) == SIZE_MAX)
            return sim_seed_fail("projects", n, "a member is not in users");
        json_object_set_new(members, id, json_true());
    }
    return true;
}

static json_t *nested_with_new_id(const char *name, const char *type)
{
    char id[SIM_GUID_SIZE];
    sim_new_guid(id);
    return sim_must(json_pack("{s:s, s:s, s:s*}", "id", id, "name", name, "type", type));
}

static void make_project_models(struct sim_project *project, const char *name, const char *key,
                                const char *status, const char *company)
{
    json_t *model =
        sim_must(json_pack("{s:s, s:s, s:s*, s:b, s:b, s:b, s:b}", "id", project->id, "name", name,
                           "projectKey", key, "isPrivate", project->is_private, "hasImage", 0,
                           "isExternal", 0, "isBillableByDefault", project->billable));
    json_t *state = nested_with_new_id(status, status);
    json_object_set_new(state, "isArchived", json_false());
    json_object_set_new(model, "projectStatus", state);
    if (company != NULL) {
        json_t *nested = nested_with_new_id(company, NULL);
        json_object_set_new(nested, "hasImage", json_false());
        json_object_set_new(model, "company", nested);
    }
    json_object_set_new(model, "createdBy", json_string("00000000-0000-4000-8000-00000000c0de"));
    project->in_entry = model;
    project->in_task = sim_must(json_copy(model));
}

static bool read_project(const json_t *item, size_t n, struct sim_world *world)
{
    struct sim_project *project = &world->projects[n];
    const char *id = "", *name = NULL, *key = NULL, *status = "progress", *company = NULL;
    json_t *members = NULL;
    int is_private = 0, archived = 0, billable = 0;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT,
                       "{s:s, s:s, s?s, s?s, s?s, s?b, s?o, s?b, s?b}", "id", &id, "name", &name,
                       "key", &key, "status", &status, "company", &company, "private", &is_private,
                       "members", &members, "archived", &archived, "billableByDefault",
                       &billable) != 0)
        return sim_seed_fail("projects", n, error.text);
    if (!sim_read_guid(id, strlen(id), project->id))
        return sim_seed_fail("projects", n, "id is not a GUID");
    if (!sim_index(world, "project", project->id, n))
        return sim_seed_fail("projects", n, "this id is there already");
    project->is_private = is_private != 0;
    project->archived = archived != 0;
    project->billable = billable != 0;
    project->done = strcmp(status, "closed") == 0 || strcmp(status, "done") == 0;
    make_project_models(project, name, key, status, company);
    return read_members(members, n, world);
}

bool sim_seed_projects(const json_t *list, struct sim_world *world)
{
    size_t n;
    json_t *item;
    world->project_count = json_array_size(list);
    world->projects = sim_alloc(world->project_count, sizeof *world->projects);
    json_array_foreach(list, n, item) if (!read_project(item, n, world)) return false;
    return true;
}

static void make_task_models(struct sim_task *task, const char *identifier, const char *name,
                             const struct sim_type *type, const char *status)
{
    const char *base = task->project != NULL ? "projecttask" : "private";
    const char *project_id = task->project != NULL ? task->project->id : NULL;
    json_t *state = nested_with_new_id(status, status);
    json_t *brief = sim_must(
        json_pack("{s:s, s:s, s:s, s:s*, s:O, s:s, s:s*, s:i, s:O, s:s, s:s}", "id", task->id,
                  "name", name, "baseType", base, "taskIdentifier", identifier, "taskStatusId",
                  json_object_get(state, "id"), "typeOfWorkId", type->id, "projectId", project_id,
                  "plannedDuration", 0, "taskStatus", state, "createdBy",
                  "00000000-0000-4000-8000-00000000c0de", "correlationId", task->id));
    json_decref(state);
    json_t *model = sim_must(json_copy(brief));
    json_object_set(model, "typeOfWork", type->nested);
    json_object_set_new(model, "isPrio", json_false());
    json_object_set_new(model, "isSubtask", json_false());
    json_object_set_new(model, "assignees", json_array());
    json_object_set_new(model, "tags", json_array());
    json_object_set_new(model, "resourceVersion", json_integer(638717472000000000));
    if (task->project != NULL) {
        json_object_set(brief, "project", task->project->in_entry);
        json_object_set(model, "project", task->project->in_task);
    }
    sim_seed_made(model);
    task->in_entry = brief;
    task->model = model;
}

static bool read_task(const json_t *item, size_t n, struct sim_world *world)
{
    struct sim_task *task = &world->tasks[n];
    const char *id = "", *identifier = NULL, *name = NULL, *project_id = NULL, *type_id = "";
    const char *description = NULL, *status = "todo";
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT, "{s:s, s?s, s:s, s?s, s:s, s?s, s?s}",
                       "id", &id, "identifier", &identifier, "name", &name, "projectId",
                       &project_id, "typeOfWorkId", &type_id, "description", &description, "status",
                       &status) != 0)
        return sim_seed_fail("tasks", n, error.text);
    size_t type = sim_find(world, "type", type_id, SIZE_MAX);
    size_t project = project_id != NULL ? sim_find(world, "project", project_id, SIZE_MAX) : 0;
    if (!sim_read_guid(id, strlen(id), task->id))
        return sim_seed_fail("tasks", n, "id is not a GUID");
    if (type == SIZE_MAX)
        return sim_seed_fail("tasks", n, "typeOfWorkId is not in typesOfWork");
    if (project == SIZE_MAX)
        return sim_seed_fail("tasks", n, "projectId is not in projects");
    if (!sim_index(world, "task", task->id, n))
        return sim_seed_fail("tasks", n, "this id is there already");
    if (identifier != NULL && !sim_index(world, "key", identifier, n))
        return sim_seed_fail("tasks", n, "this identifier is there already");
    task->project = project_id != NULL ? &world->projects[project] : NULL;
    make_task_models(task, identifier, name, &world->types[type], status);
    if (description != NULL)
        json_object_set_new(task->model, "description", json_string(description));
    return true;
}

bool sim_seed_tasks(const json_t *list, struct sim_world *world)
{
    size_t n;
    json_t *item;
    world->task_count = json_array_size(list);
    world->tasks = sim_alloc(world->task_count, sizeof *world->tasks);
    json_array_foreach(list, n, item) if (!read_task(item, n, world)) return false;
    return true;
}
