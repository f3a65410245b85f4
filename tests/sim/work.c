/*
 * Types of work, projects, tasks, settings of time tracking. A key has A-Z, 0-9 and hyphens, at
 * most 32 of them; another one is a 400. A private project and its tasks are shown to its members
 * and to admins; a private task to those who are assigned to it, to everybody if nobody is.
 */
#include "filter.h"

#include <string.h>

static const struct sim_property NESTED[] = {
    {"id", SIM_GUID, NULL},         {"name", SIM_TEXT, NULL},       {"type", SIM_TEXT, NULL},
    {"projectKey", SIM_TEXT, NULL}, {"isArchived", SIM_BOOL, NULL}, {NULL, SIM_NULL, NULL}};
static const struct sim_property PERSON[] = {{"id", SIM_GUID, NULL},
                                             {"userId", SIM_GUID, NULL},
                                             {"firstName", SIM_TEXT, NULL},
                                             {"lastName", SIM_TEXT, NULL},
                                             {NULL, SIM_NULL, NULL}};
#define MADE                                                                                       \
    {"createdOn", SIM_TIME, NULL}, {"createdBy", SIM_GUID, NULL}, {"updatedOn", SIM_TIME, NULL},   \
        {"updatedBy", SIM_GUID, NULL},                                                             \
    {                                                                                              \
        NULL, SIM_NULL, NULL                                                                       \
    }
static const struct sim_property TYPE[] = {
    {"id", SIM_GUID, NULL},   {"name", SIM_TEXT, NULL},       {"description", SIM_TEXT, NULL},
    {"icon", SIM_TEXT, NULL}, {"isArchived", SIM_BOOL, NULL}, MADE};
static const struct sim_property PROJECT[] = {{"id", SIM_GUID, NULL},
                                              {"name", SIM_TEXT, NULL},
                                              {"projectKey", SIM_TEXT, NULL},
                                              {"isPrivate", SIM_BOOL, NULL},
                                              {"isExternal", SIM_BOOL, NULL},
                                              {"isBillableByDefault", SIM_BOOL, NULL},
                                              {"projectStatus", SIM_OBJECT, NESTED},
                                              {"company", SIM_OBJECT, NESTED},
                                              {"members", SIM_LIST, PERSON},
                                              MADE};
static const struct sim_property TASK[] = {{"id", SIM_GUID, NULL},
                                           {"name", SIM_TEXT, NULL},
                                           {"description", SIM_TEXT, NULL},
                                           {"taskIdentifier", SIM_TEXT, NULL},
                                           {"baseType", SIM_TEXT, NULL},
                                           {"taskStatusId", SIM_GUID, NULL},
                                           {"typeOfWorkId", SIM_GUID, NULL},
                                           {"projectId", SIM_GUID, NULL},
                                           {"isPrio", SIM_BOOL, NULL},
                                           {"isSubtask", SIM_BOOL, NULL},
                                           {"taskStatus", SIM_OBJECT, NESTED},
                                           {"typeOfWork", SIM_OBJECT, NESTED},
                                           {"project", SIM_OBJECT, NESTED},
                                           {"assignees", SIM_LIST, PERSON},
                                           {"resourceVersion", SIM_NUMBER, NULL},
                                           MADE};

static const struct sim_model TYPES = {TYPE, sim_json_get, sim_json_show};
static const struct sim_model PROJECTS = {PROJECT, sim_json_get, sim_json_show};
static const struct sim_model TASKS = {TASK, sim_json_get, sim_json_show};

/* ---- Types of work ---- */

void sim_get_types(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    bool with_archived = sim_is_true(sim_query(call, "showArchived"));
    const void **all = sim_alloc(world->type_count, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < world->type_count; i++)
        if (with_archived || !world->types[i].archived)
            all[count++] = world->types[i].model;
    sim_say_list(call, &TYPES, all, count);
}

void sim_get_type(struct sim_call *call)
{
    const struct sim_type *type = sim_map_get(&call->sim->world.type_ids, call->id);
    if (type == NULL)
        sim_say_not_found(call, "type of work");
    else
        sim_say(call, 200, json_incref(type->model));
}

/* ---- Projects ---- */

bool sim_project_open_to(const struct sim_project *project, const struct sim_user *user)
{
    return !project->is_private || user->admin ||
           json_object_get(project->members, user->id) != NULL;
}

void sim_get_projects(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    bool with_archived = sim_is_true(sim_query(call, "showArchived"));
    const void **all = sim_alloc(world->project_count, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < world->project_count; i++) {
        const struct sim_project *project = &world->projects[i];
        if ((with_archived || !project->archived) && sim_project_open_to(project, call->caller))
            all[count++] = project->model;
    }
    sim_say_list(call, &PROJECTS, all, count);
}

static bool project_is_given(struct sim_call *call, const struct sim_project *project)
{
    if (project == NULL)
        sim_say_not_found(call, "project");
    else if (!sim_project_open_to(project, call->caller))
        sim_say_denied(call, "Project");
    else
        return true;
    return false;
}

static void say_project(struct sim_call *call, const struct sim_project *project)
{
    if (project_is_given(call, project))
        sim_say(call, 200, json_incref(project->model));
}

void sim_get_project(struct sim_call *call)
{
    say_project(call, sim_map_get(&call->sim->world.project_ids, call->id));
}

/* False: no key, and answered. */
static bool key_is_good(struct sim_call *call, const char *property)
{
    size_t bytes = strlen(call->key);
    char text[96];
    if (bytes <= 32 && strspn(call->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == bytes)
        return true;
    snprintf(text, sizeof text, "'%s' is not in the correct format.", property);
    sim_say_wrong(call, property, text);
    return false;
}

void sim_get_project_by_key(struct sim_call *call)
{
    if (key_is_good(call, "ProjectKey"))
        say_project(call, sim_map_get(&call->sim->world.project_keys, call->key));
}

void sim_get_project_tasks(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    const struct sim_project *project = sim_map_get(&world->project_ids, call->id);
    if (!project_is_given(call, project))
        return;
    const void **all = sim_alloc(world->task_count, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < world->task_count; i++)
        if (world->tasks[i].project == project)
            all[count++] = world->tasks[i].model;
    sim_say_list(call, &TASKS, all, count);
}

/* ---- Tasks ---- */

static bool is_assigned(const struct sim_task *task, const struct sim_user *user)
{
    const json_t *assignees = json_object_get(task->model, "assignees");
    for (size_t i = 0; i < json_array_size(assignees); i++) {
        const json_t *id = json_object_get(json_array_get(assignees, i), "id");
        if (strcmp(json_string_value(id), user->id) == 0)
            return true;
    }
    return json_array_size(assignees) == 0;
}

static bool task_open_to(const struct sim_task *task, const struct sim_user *user)
{
    if (task->project != NULL)
        return sim_project_open_to(task->project, user);
    return user->admin || is_assigned(task, user);
}

/* What the caller may work on: not done, of a project that is not done and not archived. */
void sim_get_my_tasks(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    const void **all = sim_alloc(world->task_count, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < world->task_count; i++) {
        const struct sim_task *task = &world->tasks[i];
        const struct sim_project *project = task->project;
        bool over = task->done || (project != NULL && (project->done || project->archived));
        if (!over && task_open_to(task, call->caller))
            all[count++] = task->model;
    }
    sim_say_list(call, &TASKS, all, count);
}

static void say_task(struct sim_call *call, const struct sim_task *task)
{
    if (task == NULL)
        sim_say_not_found(call, "task");
    else if (!task_open_to(task, call->caller))
        sim_say_denied(call, task->project != NULL ? "Project" : "Task");
    else
        sim_say(call, 200, json_incref(task->model));
}

void sim_get_task(struct sim_call *call)
{
    say_task(call, sim_map_get(&call->sim->world.task_ids, call->id));
}

void sim_get_task_by_key(struct sim_call *call)
{
    if (key_is_good(call, "TaskIdentifier"))
        say_task(call, sim_map_get(&call->sim->world.task_keys, call->key));
}

void sim_get_settings(struct sim_call *call)
{
    sim_say(call, 200, json_incref(call->sim->world.settings.shown));
}
