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
    if (!sim_map_put(&world->type_ids, type->id, type))
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
        if (id == NULL || sim_map_get(&world->user_ids, id) == NULL)
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
    project->model = sim_must(json_copy(model));
    sim_seed_made(project->model);
}

/* As the project itself shows them. */
static void show_members(struct sim_project *project, const struct sim_world *world)
{
    const char *id;
    json_t *unused;
    json_t *list = sim_must(json_array());
    json_object_foreach(project->members, id, unused)
    {
        const struct sim_user *user = sim_map_get(&world->user_ids, id);
        json_t *member = sim_must(json_copy(user->nested));
        char own[SIM_GUID_SIZE];
        sim_new_guid(own);
        json_object_set_new(member, "id", json_string(own));
        json_object_set_new(member, "userId", json_string(user->id));
        json_array_append_new(list, member);
    }
    json_object_set_new(project->model, "members", list);
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
    if (!sim_map_put(&world->project_ids, project->id, project))
        return sim_seed_fail("projects", n, "this id is there already");
    project->key = key != NULL ? sim_dup(key, strlen(key)) : NULL;
    if (key != NULL && !sim_map_put(&world->project_keys, project->key, project))
        return sim_seed_fail("projects", n, "this key is there already");
    project->is_private = is_private != 0;
    project->archived = archived != 0;
    project->billable = billable != 0;
    project->done = strcmp(status, "closed") == 0 || strcmp(status, "done") == 0;
    make_project_models(project, name, key, status, company);
    if (!read_members(members, n, world))
        return false;
    show_members(project, world);
    return true;
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

static const char *read_assignees(struct sim_task *task, const json_t *list,
                                  const struct sim_world *world)
{
    json_t *assignees = json_object_get(task->model, "assignees");
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *id = json_string_value(item);
        const struct sim_user *user = id != NULL ? sim_map_get(&world->user_ids, id) : NULL;
        if (user == NULL)
            return "an assignee is not in users";
        json_array_append(assignees, user->nested);
    }
    return NULL;
}

struct job {
    const char *id, *identifier, *name, *project_id, *type_id, *description, *status;
    json_t *assignees;
};

static const char *make_task(struct sim_task *task, const struct job *job, struct sim_world *world)
{
    const struct sim_type *type = sim_map_get(&world->type_ids, job->type_id);
    if (!sim_read_guid(job->id, strlen(job->id), task->id))
        return "id is not a GUID";
    if (type == NULL)
        return "typeOfWorkId is not in typesOfWork";
    if (job->project_id != NULL) {
        task->project = sim_map_get(&world->project_ids, job->project_id);
        if (task->project == NULL)
            return "projectId is not in projects";
    }
    if (!sim_map_put(&world->task_ids, task->id, task))
        return "this id is there already";
    if (job->identifier != NULL) {
        task->key = sim_dup(job->identifier, strlen(job->identifier));
        if (!sim_map_put(&world->task_keys, task->key, task))
            return "this identifier is there already";
    }
    task->done = strcmp(job->status, "done") == 0;
    make_task_models(task, job->identifier, job->name, type, job->status);
    if (job->description != NULL)
        json_object_set_new(task->model, "description", json_string(job->description));
    return read_assignees(task, job->assignees, world);
}

static bool read_task(const json_t *item, size_t n, struct sim_world *world)
{
    struct job job = {.status = "todo"};
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT,
                       "{s:s, s?s, s:s, s?s, s:s, s?s, s?s, s?o}", "id", &job.id, "identifier",
                       &job.identifier, "name", &job.name, "projectId", &job.project_id,
                       "typeOfWorkId", &job.type_id, "description", &job.description, "status",
                       &job.status, "assignees", &job.assignees) != 0)
        return sim_seed_fail("tasks", n, error.text);
    const char *why = make_task(&world->tasks[n], &job, world);
    return why == NULL || sim_seed_fail("tasks", n, why);
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
