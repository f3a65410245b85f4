/*
 * /typeofwork, /typeofwork/{id}, /tasks/{id}, /tasks/key/{taskIdentifier}. A key has A-Z, 0-9 and
 * hyphens, at most 32 of them; another one is a 400. A task of a private project is shown to its
 * members and to admins.
 */
#include "sim.h"

#include <string.h>
#include <strings.h>

bool sim_project_open_to(const struct sim_project *project, const struct sim_user *user)
{
    return !project->is_private || user->admin ||
           json_object_get(project->members, user->id) != NULL;
}

void sim_get_types(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    const char *archived = sim_query(call, "showArchived");
    bool with_archived = archived != NULL && strcasecmp(archived, "true") == 0;
    size_t first = 0;
    size_t end = 0;
    size_t total = 0;
    if (sim_query(call, "filterby") != NULL) {
        sim_say_error(call, 400, "invalid-filter-or-order", "The filter is invalid.");
        return;
    }
    for (size_t i = 0; i < world->type_count; i++)
        total += with_archived || !world->types[i].archived;
    if (!sim_page(call, &first, &end, total))
        return;
    json_t *list = sim_must(json_array());
    size_t n = 0;
    for (size_t i = 0; i < world->type_count; i++) {
        if (world->types[i].archived && !with_archived)
            continue;
        if (n >= first && n < end)
            json_array_append(list, world->types[i].model);
        n++;
    }
    sim_say(call, 200, list);
}

void sim_get_type(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    size_t n = sim_find(world, "type", call->id, SIZE_MAX);
    if (n == SIZE_MAX)
        sim_say_not_found(call, "type of work");
    else
        sim_say(call, 200, json_incref(world->types[n].model));
}

static void say_task(struct sim_call *call, size_t n)
{
    const struct sim_task *task = n != SIZE_MAX ? &call->sim->world.tasks[n] : NULL;
    if (task == NULL)
        sim_say_not_found(call, "task");
    else if (task->project != NULL && !sim_project_open_to(task->project, call->caller))
        sim_say_denied(call, "Project");
    else
        sim_say(call, 200, json_incref(task->model));
}

void sim_get_task(struct sim_call *call)
{
    say_task(call, sim_find(&call->sim->world, "task", call->id, SIZE_MAX));
}

void sim_get_task_by_key(struct sim_call *call)
{
    size_t bytes = strlen(call->key);
    if (bytes > 32 || strspn(call->key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != bytes) {
        json_t *errors = sim_must(json_array());
        sim_complain(errors, "TaskIdentifier", "'TaskIdentifier' is not in the correct format.");
        sim_say_invalid(call, errors);
        return;
    }
    say_task(call, sim_find(&call->sim->world, "key", call->key, SIZE_MAX));
}
