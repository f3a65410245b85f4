/*
 * The seed file, JSON: workspace, limits, settings; people and work are read in files of their
 * own. `awork-sim --help` shows the format. Refuses unknown keys, bad GUIDs, references to nothing
 * and duplicates, naming the list and the number of the item.
 */
#include "hooks.h"
#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sim_seed_fail(const char *where, size_t n, const char *why)
{
    fprintf(stderr, "awork-sim: seed: %s[%zu]: %s\n", where, n, why);
    return false;
}

static bool read_settings(const json_t *list, struct sim_world *world)
{
    size_t bad = 0;
    const char *why = sim_settings_read(&world->settings, list, &bad);
    world->seed_settings = sim_settings_copy(&world->settings);
    return why == NULL || sim_seed_fail("settings", bad, why);
}

static bool read_head(const json_t *workspace, const json_t *limits, struct sim *sim)
{
    const char *id = "";
    const char *name = NULL;
    const char *url = NULL;
    int second = (int)sim->rate.per_second;
    int minute = (int)sim->rate.per_minute;
    json_error_t error;
    char guid[SIM_GUID_SIZE];
    if (json_unpack_ex((json_t *)workspace, &error, JSON_STRICT, "{s:s, s:s, s?s}", "id", &id,
                       "name", &name, "url", &url) != 0)
        return sim_seed_fail("workspace", 0, error.text);
    if (!sim_read_guid(id, strlen(id), guid))
        return sim_seed_fail("workspace", 0, "id is not a GUID");
    if (limits != NULL && json_unpack_ex((json_t *)limits, &error, JSON_STRICT, "{s?i, s?i}",
                                         "perSecond", &second, "perMinute", &minute) != 0)
        return sim_seed_fail("limits", 0, error.text);
    if (second < 0 || minute < 0)
        return sim_seed_fail("limits", 0, "a limit is not negative");
    sim->world.workspace =
        sim_must(json_pack("{s:s, s:s, s:s*}", "id", guid, "name", name, "url", url));
    sim->rate.per_second = (unsigned)second;
    sim->rate.per_minute = (unsigned)minute;
    return true;
}

static bool read_world(const json_t *seed, struct sim *sim)
{
    json_t *workspace = NULL, *limits = NULL, *settings = NULL, *users = NULL, *tokens = NULL;
    json_t *types = NULL, *projects = NULL, *tasks = NULL, *oauth = NULL, *hooks = NULL;
    json_error_t error;
    if (json_unpack_ex((json_t *)seed, &error, JSON_STRICT,
                       "{s:o, s?o, s?o, s:o, s:o, s:o, s?o, s?o, s?o, s?o}", "workspace",
                       &workspace, "limits", &limits, "settings", &settings, "users", &users,
                       "tokens", &tokens, "typesOfWork", &types, "projects", &projects, "tasks",
                       &tasks, "oauth", &oauth, "webhooks", &hooks) != 0)
        return sim_seed_fail("top", 0, error.text);
    const json_t *lists[] = {settings, users, tokens, types, projects, tasks, hooks};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i] != NULL && !json_is_array(lists[i]))
            return sim_seed_fail("top", 0, "everything but workspace, limits and oauth is a list");
    sim->hooks->seed = json_incref(hooks);
    return read_head(workspace, limits, sim) && read_settings(settings, &sim->world) &&
           sim_seed_users(users, sim) && sim_seed_tokens(tokens, sim) &&
           sim_seed_oauth(oauth, sim) && sim_seed_types(types, &sim->world) &&
           sim_seed_projects(projects, &sim->world) && sim_seed_tasks(tasks, &sim->world);
}

bool sim_seed_load(const char *file, struct sim *sim)
{
    json_error_t error;
    json_t *seed = json_load_file(file, JSON_REJECT_DUPLICATES, &error);
    if (seed == NULL) {
        fprintf(stderr, "awork-sim: seed: %s:%d:%d: %s\n", file, error.line, error.column,
                error.text);
        return false;
    }
    bool good = read_world(seed, sim);
    json_decref(seed);
    return good;
}

static void free_work(struct sim_world *world)
{
    for (size_t i = 0; i < world->type_count; i++) {
        json_decref(world->types[i].model);
        json_decref(world->types[i].nested);
    }
    for (size_t i = 0; i < world->project_count; i++) {
        json_decref(world->projects[i].members);
        json_decref(world->projects[i].model);
        json_decref(world->projects[i].in_entry);
        json_decref(world->projects[i].in_task);
        free(world->projects[i].key);
    }
    for (size_t i = 0; i < world->task_count; i++) {
        json_decref(world->tasks[i].model);
        json_decref(world->tasks[i].in_entry);
        free(world->tasks[i].key);
    }
    free(world->types);
    free(world->projects);
    free(world->tasks);
}

void sim_seed_free(struct sim *sim)
{
    struct sim_world *world = &sim->world;
    struct sim_map *maps[] = {&world->user_ids,     &world->type_ids, &world->project_ids,
                              &world->project_keys, &world->task_ids, &world->task_keys};
    sim_tokens_destroy(sim->tokens);
    for (size_t i = 0; i < world->user_count; i++)
        sim_user_free(world->users[i]);
    free(world->users);
    free_work(world);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        sim_map_fini(maps[i]);
    json_decref(world->workspace);
    json_decref(world->settings.shown);
    json_decref(world->seed_settings.shown);
    *world = (struct sim_world){0};
}
