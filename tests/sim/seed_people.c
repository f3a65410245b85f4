/*
 * The half of the seed that is people: users with their contacts, tokens, clients of OAuth.
 */
#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_ON "2025-01-06T08:00:00.000Z"

/* The fields every awork model ends with. */
void sim_seed_made(json_t *model)
{
    const char *by = "00000000-0000-4000-8000-00000000c0de";
    json_object_set_new(model, "createdOn", json_string(MADE_ON));
    json_object_set_new(model, "createdBy", json_string(by));
    json_object_set_new(model, "updatedOn", json_string(MADE_ON));
    json_object_set_new(model, "updatedBy", json_string(by));
}

static void add_contact(json_t *infos, const char *type, const char *sub_type, const char *value)
{
    char id[SIM_GUID_SIZE];
    sim_new_guid(id);
    json_t *info = sim_must(json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", id, "type", type,
                                      "subType", sub_type, "value", value, "isAddress", 0));
    sim_seed_made(info);
    json_array_append_new(infos, info);
}

/* NULL: a contact is faulty. */
static json_t *contact_infos(const char *email, const json_t *contacts)
{
    json_t *infos = sim_must(json_array());
    size_t i;
    json_t *item;
    if (email != NULL)
        add_contact(infos, "email", "work", email);
    json_array_foreach(contacts, i, item)
    {
        const char *type = "email", *sub_type = "work", *value = NULL;
        if (json_unpack(item, "{s?s, s?s, s:s !}", "type", &type, "subType", &sub_type, "value",
                        &value) != 0) {
            json_decref(infos);
            return NULL;
        }
        add_contact(infos, type, sub_type, value);
    }
    return infos;
}

struct sim_user *sim_user_add(struct sim_world *world)
{
    if (world->user_count == world->user_room) {
        world->user_room = world->user_room > 0 ? world->user_room * 2 : 16;
        world->users = sim_grow(world->users, world->user_room, sizeof(struct sim_user *));
    }
    return world->users[world->user_count++] = sim_alloc(1, sizeof(struct sim_user));
}

void sim_user_free(struct sim_user *user)
{
    json_decref(user->model);
    json_decref(user->nested);
    free(user->entries);
    free(user->acts);
    free(user);
}

/* What stands in the seed, or in a request for an API user. */
struct person {
    const char *id, *first, *last, *email, *language;
    json_t *contacts;
    int admin, deactivated, archived, api_user, external, sees_others;
    double daily_hours;
};

static void make_models(struct sim_user *user, const struct person *person, json_t *infos)
{
    user->nested = sim_must(json_pack("{s:s, s:s, s:s*, s:b, s:b}", "id", user->id, "firstName",
                                      person->first, "lastName", person->last, "hasImage", 0,
                                      "isExternal", person->external));
    user->model = sim_must(json_pack(
        "{s:s, s:s, s:s*, s:{s:b, s:b}, s:b, s:b, s:s*, s:b, s:b, s:b, s:s, s:[], s:[], s:o, s:I}",
        "id", user->id, "firstName", person->first, "lastName", person->last, "status",
        "invitationAccepted", 1, "isDeactivated", person->deactivated, "isArchived",
        person->archived, "isDeactivated", person->deactivated, "deactivatedOn",
        person->deactivated ? MADE_ON : NULL, "isAgent", 0, "isExternal", person->external,
        "hasImage", 0, "language", person->language, "tags", "teams", "userContactInfos", infos,
        "resourceVersion", (json_int_t)638717472000000000));
    sim_seed_made(user->model);
}

static const char *make_user(struct sim_user *user, const struct person *person)
{
    json_t *infos = contact_infos(person->email, person->contacts);
    if (infos == NULL)
        return "contacts is a list of {type, subType, value*}";
    user->admin = person->admin != 0 || person->api_user != 0;
    user->api_user = person->api_user != 0;
    user->deactivated = person->deactivated != 0;
    user->archived = person->archived != 0;
    user->sees_nobody = person->sees_others == 0;
    user->daily_s = (int64_t)(person->daily_hours * 3600);
    make_models(user, person, infos);
    return NULL;
}

static bool read_user(const json_t *item, size_t n, struct sim *sim)
{
    struct person p = {.language = "en", .sees_others = 1};
    struct sim_user *user = sim_user_add(&sim->world);
    json_error_t error;
    user->seeded = true;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT,
                       "{s:s, s:s, s?s, s?s, s?s, s?o, s?b, s?b, s?b, s?b, s?b, s?b, s?F}", "id",
                       &p.id, "firstName", &p.first, "lastName", &p.last, "email", &p.email,
                       "language", &p.language, "contacts", &p.contacts, "admin", &p.admin,
                       "deactivated", &p.deactivated, "archived", &p.archived, "apiUser",
                       &p.api_user, "external", &p.external, "seesOthers", &p.sees_others,
                       "dailyHours", &p.daily_hours) != 0)
        return sim_seed_fail("users", n, error.text);
    if (!sim_read_guid(p.id, strlen(p.id), user->id))
        return sim_seed_fail("users", n, "id is not a GUID");
    if (p.daily_hours < 0 || p.daily_hours > 24)
        return sim_seed_fail("users", n, "dailyHours is 0 to 24");
    if (!sim_map_put(&sim->world.user_ids, user->id, user))
        return sim_seed_fail("users", n, "this id is there already");
    const char *why = make_user(user, &p);
    return why == NULL || sim_seed_fail("users", n, why);
}

/* Not of the seed: gone after a reset. */
struct sim_user *sim_api_user_add(struct sim_world *world, const char *name)
{
    const struct person person = {.first = name, .language = "en", .api_user = 1, .sees_others = 1};
    struct sim_user *user = sim_user_add(world);
    sim_new_guid(user->id);
    make_user(user, &person);
    sim_map_put(&world->user_ids, user->id, user);
    return user;
}

bool sim_seed_users(const json_t *list, struct sim *sim)
{
    size_t n;
    json_t *item;
    json_array_foreach(list, n, item) if (!read_user(item, n, sim)) return false;
    return true;
}

static bool read_token(const json_t *item, size_t n, struct sim *sim)
{
    const char *text = "", *user_id = "", *kind = "", *expires = NULL;
    int64_t until = 0;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT, "{s:s, s:s, s:s, s?s}", "token", &text,
                       "userId", &user_id, "kind", &kind, "expiresAt", &expires) != 0)
        return sim_seed_fail("tokens", n, error.text);
    struct sim_user *user = sim_map_get(&sim->world.user_ids, user_id);
    bool is_key = strcmp(kind, "apikey") == 0;
    if (user == NULL)
        return sim_seed_fail("tokens", n, "userId is not in users");
    if (!is_key && strcmp(kind, "oauth") != 0)
        return sim_seed_fail("tokens", n, "kind is apikey or oauth");
    if (is_key && !user->api_user)
        return sim_seed_fail("tokens", n, "an apikey belongs to a user with apiUser: true");
    if (expires != NULL && !sim_read_rfc3339(expires, &until))
        return sim_seed_fail("tokens", n, "expiresAt is an RFC 3339 time");
    struct sim_token *token =
        text[0] != '\0' && strlen(text) < 4096
            ? sim_token_add(sim->tokens, is_key ? SIM_API_KEY : SIM_ACCESS, text, user)
            : NULL;
    if (token == NULL)
        return sim_seed_fail("tokens", n, "token is empty, too long or there already");
    token->expires = token->seed_expires = until;
    token->seeded = true;
    sim->tokens->issued--;
    return true;
}

bool sim_seed_tokens(const json_t *list, struct sim *sim)
{
    size_t n;
    json_t *item;
    json_array_foreach(list, n, item) if (!read_token(item, n, sim)) return false;
    return true;
}
