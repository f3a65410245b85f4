/*
 * The seed file, JSON: workspace, limits, settings, users, tokens; typesOfWork, projects and tasks
 * are read in seed_work.c. `awork-sim --help` shows the format. Refuses unknown keys, bad GUIDs,
 * references to nothing and duplicates, naming the list and the number of the item.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_ON "2025-01-06T08:00:00.000Z"

bool sim_seed_fail(const char *where, size_t n, const char *why)
{
    fprintf(stderr, "awork-sim: seed: %s[%zu]: %s\n", where, n, why);
    return false;
}

size_t sim_find(const struct sim_world *world, const char *kind, const char *key, size_t none)
{
    char name[512];
    int bytes = snprintf(name, sizeof name, "%s:%s", kind, key);
    if (bytes < 0 || (size_t)bytes >= sizeof name)
        return none;
    const json_t *n = json_object_get(world->index, name);
    return n != NULL ? (size_t)json_integer_value(n) : none;
}

bool sim_index(struct sim_world *world, const char *kind, const char *key, size_t n)
{
    char name[512];
    int bytes = snprintf(name, sizeof name, "%s:%s", kind, key);
    if (bytes < 0 || (size_t)bytes >= sizeof name)
        return false;
    if (json_object_get(world->index, name) != NULL)
        return false;
    return json_object_set_new(world->index, name, json_integer((json_int_t)n)) == 0;
}

/* The fields every awork model ends with; the workspace's own id stands for its maker. */
void sim_seed_made(json_t *model)
{
    const char *by = "00000000-0000-4000-8000-00000000c0de";
    json_object_set_new(model, "createdOn", json_string(MADE_ON));
    json_object_set_new(model, "createdBy", json_string(by));
    json_object_set_new(model, "updatedOn", json_string(MADE_ON));
    json_object_set_new(model, "updatedBy", json_string(by));
}

static json_t *contact_infos(const char *email)
{
    char id[SIM_GUID_SIZE];
    if (email == NULL)
        return sim_must(json_array());
    sim_new_guid(id);
    json_t *info = sim_must(json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", id, "type", "email",
                                      "subType", "work", "value", email, "isAddress", 0));
    sim_seed_made(info);
    return sim_must(json_pack("[o]", info));
}

static bool read_user(const json_t *item, size_t n, struct sim_world *world)
{
    struct sim_user *user = &world->users[n];
    const char *id = "";
    const char *first = NULL;
    const char *last = NULL;
    const char *email = NULL;
    const char *language = "en";
    int admin = 0, deactivated = 0, archived = 0, api_user = 0, external = 0;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT,
                       "{s:s, s:s, s?s, s?s, s?s, s?b, s?b, s?b, s?b, s?b}", "id", &id, "firstName",
                       &first, "lastName", &last, "email", &email, "language", &language, "admin",
                       &admin, "deactivated", &deactivated, "archived", &archived, "apiUser",
                       &api_user, "external", &external) != 0)
        return sim_seed_fail("users", n, error.text);
    if (!sim_read_guid(id, strlen(id), user->id))
        return sim_seed_fail("users", n, "id is not a GUID");
    if (!sim_index(world, "user", user->id, n))
        return sim_seed_fail("users", n, "this id is there already");
    user->admin = admin != 0 || api_user != 0;
    user->api_user = api_user != 0;
    user->deactivated = deactivated != 0;
    user->archived = archived != 0;
    user->nested =
        sim_must(json_pack("{s:s, s:s, s:s*, s:b, s:b}", "id", user->id, "firstName", first,
                           "lastName", last, "hasImage", 0, "isExternal", external));
    user->model = sim_must(json_pack(
        "{s:s, s:s, s:s*, s:{s:b, s:b}, s:b, s:b, s:s*, s:b, s:b, s:b, s:s, s:[], s:[], s:o, s:I}",
        "id", user->id, "firstName", first, "lastName", last, "status", "invitationAccepted", 1,
        "isDeactivated", deactivated, "isArchived", archived, "isDeactivated", deactivated,
        "deactivatedOn", deactivated ? MADE_ON : NULL, "isAgent", 0, "isExternal", external,
        "hasImage", 0, "language", language, "tags", "teams", "userContactInfos",
        contact_infos(email), "resourceVersion", (json_int_t)638717472000000000));
    sim_seed_made(user->model);
    return true;
}

static bool read_users(const json_t *list, struct sim_world *world)
{
    size_t n;
    json_t *item;
    world->user_count = json_array_size(list);
    world->users = sim_alloc(world->user_count, sizeof *world->users);
    json_array_foreach(list, n, item) if (!read_user(item, n, world)) return false;
    return true;
}

static bool read_token(const json_t *item, size_t n, struct sim_world *world)
{
    const char *text = "";
    const char *user_id = "";
    const char *kind = "";
    const char *expires = NULL;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT, "{s:s, s:s, s:s, s?s}", "token", &text,
                       "userId", &user_id, "kind", &kind, "expiresAt", &expires) != 0)
        return sim_seed_fail("tokens", n, error.text);
    size_t user = sim_find(world, "user", user_id, SIZE_MAX);
    if (user == SIZE_MAX)
        return sim_seed_fail("tokens", n, "userId is not in users");
    if (strcmp(kind, "apikey") != 0 && strcmp(kind, "oauth") != 0)
        return sim_seed_fail("tokens", n, "kind is apikey or oauth");
    if (strcmp(kind, "apikey") == 0 && !world->users[user].api_user)
        return sim_seed_fail("tokens", n, "an apikey belongs to a user with apiUser: true");
    if (expires != NULL && !sim_read_rfc3339(expires, &world->tokens[n].expires))
        return sim_seed_fail("tokens", n, "expiresAt is an RFC 3339 time");
    if (text[0] == '\0' || !sim_index(world, "token", text, n))
        return sim_seed_fail("tokens", n, "token is empty, too long or there already");
    world->tokens[n].user = &world->users[user];
    world->tokens[n].api_key = strcmp(kind, "apikey") == 0;
    return true;
}

static bool read_tokens(const json_t *list, struct sim_world *world)
{
    size_t n;
    json_t *item;
    world->token_count = json_array_size(list);
    world->tokens = sim_alloc(world->token_count, sizeof *world->tokens);
    json_array_foreach(list, n, item) if (!read_token(item, n, world)) return false;
    return true;
}

static bool read_settings(const json_t *list, struct sim_world *world)
{
    size_t n;
    json_t *item;
    json_array_foreach(list, n, item)
    {
        const char *type = "";
        int enabled = 0;
        json_error_t error;
        if (json_unpack_ex(item, &error, JSON_STRICT, "{s:s, s:b}", "type", &type, "enabled",
                           &enabled) != 0)
            return sim_seed_fail("settings", n, error.text);
        if (strcmp(type, "prevent-on-done-projects") != 0)
            return sim_seed_fail("settings", n, "only prevent-on-done-projects is simulated");
        world->prevent_on_done_projects = enabled != 0;
    }
    return true;
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
    json_t *types = NULL, *projects = NULL, *tasks = NULL;
    json_error_t error;
    if (json_unpack_ex((json_t *)seed, &error, JSON_STRICT,
                       "{s:o, s?o, s?o, s:o, s:o, s:o, s?o, s?o}", "workspace", &workspace,
                       "limits", &limits, "settings", &settings, "users", &users, "tokens", &tokens,
                       "typesOfWork", &types, "projects", &projects, "tasks", &tasks) != 0)
        return sim_seed_fail("top", 0, error.text);
    const json_t *lists[] = {settings, users, tokens, types, projects, tasks};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (lists[i] != NULL && !json_is_array(lists[i]))
            return sim_seed_fail("top", 0, "everything but workspace and limits is a list");
    return read_head(workspace, limits, sim) && read_settings(settings, &sim->world) &&
           read_users(users, &sim->world) && read_tokens(tokens, &sim->world) &&
           sim_seed_types(types, &sim->world) && sim_seed_projects(projects, &sim->world) &&
           sim_seed_tasks(tasks, &sim->world);
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
    sim->world.index = sim_must(json_object());
    bool good = read_world(seed, sim);
    json_decref(seed);
    return good;
}

void sim_seed_free(struct sim_world *world)
{
    for (size_t i = 0; i < world->user_count; i++) {
        json_decref(world->users[i].model);
        json_decref(world->users[i].nested);
    }
    for (size_t i = 0; i < world->type_count; i++) {
        json_decref(world->types[i].model);
        json_decref(world->types[i].nested);
    }
    for (size_t i = 0; i < world->project_count; i++) {
        json_decref(world->projects[i].members);
        json_decref(world->projects[i].in_entry);
        json_decref(world->projects[i].in_task);
    }
    for (size_t i = 0; i < world->task_count; i++) {
        json_decref(world->tasks[i].model);
        json_decref(world->tasks[i].in_entry);
    }
    free(world->users);
    free(world->types);
    free(world->projects);
    free(world->tasks);
    free(world->tokens);
    json_decref(world->workspace);
    json_decref(world->index);
    *world = (struct sim_world){0};
}
