/*
 * The four operations and the last entry, in both families of routes. An admin may start, stop and
 * look for anybody, an API key is such an admin; pause and resume belong to the person alone.
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>

/* The id that the request is about, in call->target. False: it was no id, and is answered. */
static bool read_target(struct sim_call *call)
{
    const char *asked = call->sim->ignore_me_user_id ? NULL : sim_query(call, "userId");
    if (call->id[0] != '\0') {
        memcpy(call->target, call->id, SIM_GUID_SIZE);
    } else if (asked == NULL) {
        memcpy(call->target, call->caller->id, SIM_GUID_SIZE);
    } else if (!sim_read_guid(asked, strlen(asked), call->target)) {
        sim_say_wrong(call, "userId", "The value is not a valid id.");
        return false;
    }
    return true;
}

static bool is_self(const struct sim_call *call)
{
    return strcmp(call->target, call->caller->id) == 0;
}

static struct sim_user *target_user(struct sim_call *call)
{
    struct sim_user *user = sim_map_get(&call->sim->world.user_ids, call->target);
    if (user != NULL)
        sim_expire(call->sim, user, call->now);
    return user;
}

static bool may_manage(struct sim_call *call)
{
    if (!read_target(call))
        return false;
    if (is_self(call) || call->caller->admin)
        return true;
    sim_say_denied(call, "TimeTracking");
    return false;
}

static bool is_owner(struct sim_call *call, const char *refusal)
{
    if (!read_target(call))
        return false;
    if (is_self(call))
        return true;
    sim_say_error(call, 400, "invalid-operation", refusal);
    return false;
}

void sim_say_entry(struct sim_call *call, const struct sim_entry *entry, enum sim_effect effect)
{
    memcpy(call->target, entry->user->id, SIM_GUID_SIZE);
    memcpy(call->entry, entry->id, SIM_GUID_SIZE);
    call->effect = effect;
    sim_say(call, 200, sim_entry_json(entry));
}

void sim_get_last(struct sim_call *call)
{
    if (!may_manage(call))
        return;
    const struct sim_user *user = target_user(call);
    const struct sim_entry *entry = user != NULL ? sim_last(user, call->now) : NULL;
    if (entry == NULL)
        sim_say(call, 204, NULL);
    else
        sim_say_entry(call, entry, SIM_NONE);
}

void sim_post_start(struct sim_call *call)
{
    if (!may_manage(call))
        return;
    struct sim_user *user = target_user(call);
    if (user == NULL) {
        sim_say_not_found(call, "user");
        return;
    }
    if (user->deactivated) {
        sim_say_error(call, 400, "deactivated-user", "The user is deactivated.");
        return;
    }
    struct sim_entry *entry = sim_read_start_form(call, user);
    if (entry == NULL)
        return;
    if (user->active != NULL) {
        memcpy(call->ended, user->active->id, SIM_GUID_SIZE);
        sim_end(call->sim, user, call->now, call->caller->id, SIM_REPLACED);
    }
    entry->start = call->now;
    memcpy(entry->created_by, call->caller->id, SIM_GUID_SIZE);
    sim_begin(call->sim, user, entry);
    sim_say_entry(call, entry, SIM_STARTED);
}

static bool stop_body_is_good(const struct sim_call *call)
{
    if (call->body_bytes == 0)
        return true;
    json_t *body = json_loadb(call->body, call->body_bytes, JSON_ALLOW_NUL, NULL);
    bool good = json_is_object(body);
    json_decref(body);
    return good;
}

void sim_post_stop(struct sim_call *call)
{
    if (!may_manage(call))
        return;
    if (!stop_body_is_good(call)) {
        sim_say_error(call, 400, "invalid-model", "The model sent in the request is invalid.");
        return;
    }
    struct sim_user *user = target_user(call);
    if (user == NULL || user->active == NULL) {
        sim_say(call, 204, NULL);
        return;
    }
    const struct sim_entry *entry = user->active;
    sim_end(call->sim, user, call->now, call->caller->id, SIM_STOPPED);
    sim_say_entry(call, entry, SIM_STOPPED);
}

static bool body_is_unwanted(struct sim_call *call)
{
    if (!call->sim->strict || call->body_bytes == 0)
        return false;
    sim_say_error(call, 400, "invalid-model", "This operation takes no request body.");
    return true;
}

void sim_post_pause(struct sim_call *call)
{
    if (!is_owner(call, "You can only pause your own time trackings.") || body_is_unwanted(call))
        return;
    struct sim_user *user = target_user(call);
    if (user->active == NULL)
        sim_say(call, 204, NULL);
    else if (sim_is_paused(user->active))
        sim_say_entry(call, user->active, SIM_NONE);
    else if (sim_pause(call->sim, user, call->now, call->caller->id))
        sim_say_entry(call, user->active, SIM_PAUSED);
    else
        sim_say_error(call, 400, "invalid-operation", "The time tracking has too many breaks.");
}

void sim_post_resume(struct sim_call *call)
{
    if (!is_owner(call, "You can only resume your own time trackings.") || body_is_unwanted(call))
        return;
    struct sim_user *user = target_user(call);
    if (user->active == NULL) {
        sim_say(call, 204, NULL);
        return;
    }
    bool paused = sim_is_paused(user->active);
    if (paused)
        sim_resume(call->sim, user, call->now, call->caller->id);
    sim_say_entry(call, user->active, paused ? SIM_RESUMED : SIM_NONE);
}
