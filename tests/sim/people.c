/*
 * /me, /users, /users/{id}, /users/{id}/contactinfo. Who may not read the master data of others
 * sees himself alone.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

static const struct sim_property CONTACT[] = {
    {"id", SIM_GUID, NULL},    {"type", SIM_TEXT, NULL},  {"subType", SIM_TEXT, NULL},
    {"value", SIM_TEXT, NULL}, {"label", SIM_TEXT, NULL}, {"isAddress", SIM_BOOL, NULL},
    {NULL, SIM_NULL, NULL}};
static const struct sim_property STATUS[] = {{"invitationAccepted", SIM_BOOL, NULL},
                                             {"isDeactivated", SIM_BOOL, NULL},
                                             {NULL, SIM_NULL, NULL}};
static const struct sim_property NAMED[] = {
    {"id", SIM_GUID, NULL}, {"name", SIM_TEXT, NULL}, {NULL, SIM_NULL, NULL}};
static const struct sim_property USER[] = {{"id", SIM_GUID, NULL},
                                           {"firstName", SIM_TEXT, NULL},
                                           {"lastName", SIM_TEXT, NULL},
                                           {"position", SIM_TEXT, NULL},
                                           {"title", SIM_TEXT, NULL},
                                           {"gender", SIM_TEXT, NULL},
                                           {"language", SIM_TEXT, NULL},
                                           {"isArchived", SIM_BOOL, NULL},
                                           {"isDeactivated", SIM_BOOL, NULL},
                                           {"isExternal", SIM_BOOL, NULL},
                                           {"isAgent", SIM_BOOL, NULL},
                                           {"hasImage", SIM_BOOL, NULL},
                                           {"status", SIM_OBJECT, STATUS},
                                           {"userContactInfos", SIM_LIST, CONTACT},
                                           {"tags", SIM_LIST, NAMED},
                                           {"teams", SIM_LIST, NAMED},
                                           {"deactivatedOn", SIM_TIME, NULL},
                                           {"createdOn", SIM_TIME, NULL},
                                           {"createdBy", SIM_GUID, NULL},
                                           {"updatedOn", SIM_TIME, NULL},
                                           {"updatedBy", SIM_GUID, NULL},
                                           {"resourceVersion", SIM_NUMBER, NULL},
                                           {NULL, SIM_NULL, NULL}};

static const struct sim_model MODEL = {USER, sim_json_get, sim_json_show};

static bool sees(const struct sim_call *call, const struct sim_user *user)
{
    return user == call->caller || !call->caller->sees_nobody;
}

/* With short pages the archived ones are taken away after the page was cut, as awork once did. */
static void hide_archived(struct sim_call *call)
{
    size_t i = 0;
    while (i < json_array_size(call->answer)) {
        const json_t *user = json_array_get(call->answer, i);
        if (json_is_true(json_object_get(user, "isArchived")))
            json_array_remove(call->answer, i);
        else
            i++;
    }
    call->items = json_array_size(call->answer);
}

void sim_get_users(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    bool with_archived = sim_is_true(sim_query(call, "showArchived"));
    bool hide_late = call->sim->short_pages && !with_archived;
    const void **all = sim_alloc(world->user_count, sizeof *all);
    size_t count = 0;
    for (size_t i = 0; i < world->user_count; i++) {
        const struct sim_user *user = world->users[i];
        if (sees(call, user) && (with_archived || hide_late || !user->archived))
            all[count++] = user->model;
    }
    sim_say_list(call, &MODEL, all, count);
    if (hide_late && call->status == 200)
        hide_archived(call);
}

static const struct sim_user *asked_user(struct sim_call *call)
{
    const struct sim_user *user = sim_map_get(&call->sim->world.user_ids, call->id);
    if (user == NULL)
        sim_say_not_found(call, "user");
    else if (!sees(call, user))
        sim_say_denied(call, "User");
    else
        return user;
    return NULL;
}

void sim_get_user(struct sim_call *call)
{
    const struct sim_user *user = asked_user(call);
    if (user != NULL)
        sim_say(call, 200, json_incref(user->model));
}

/* Of oneself, or for an admin. */
void sim_get_contact_infos(struct sim_call *call)
{
    const struct sim_user *user = asked_user(call);
    if (user == NULL)
        return;
    if (user != call->caller && !call->caller->admin)
        sim_say_denied(call, "User");
    else
        sim_say(call, 200, json_incref(json_object_get(user->model, "userContactInfos")));
}

void sim_get_me(struct sim_call *call)
{
    json_t *me = sim_must(json_copy(call->caller->model));
    json_object_set(me, "workspace", call->sim->world.workspace);
    sim_say(call, 200, me);
}
