/*
 * What a webhook says: the event, the thing as the API shows it, who did it, what changed. A start
 * is timetracking_added; pause, resume and every end are timetracking_updated.
 */
#include "hooks.h"

#include <ctype.h>
#include <string.h>

/* startTimeUtc is StartTimeUtc. */
static void put_change(json_t *list, const char *name, const json_t *old, const json_t *new)
{
    char property[64];
    size_t bytes = strlen(name) < sizeof property ? strlen(name) : sizeof property - 1;
    memcpy(property, name, bytes);
    property[bytes] = '\0';
    property[0] = (char)toupper((unsigned char)property[0]);
    json_t *change = sim_must(json_pack("{s:s}", "property", property));
    if (old != NULL && !json_is_object(old) && !json_is_array(old))
        json_object_set(change, "old", (json_t *)old);
    if (new != NULL && !json_is_object(new) && !json_is_array(new))
        json_object_set(change, "new", (json_t *)new);
    json_array_append_new(list, change);
}

static json_t *changes_of(json_t *before, json_t *after)
{
    json_t *list = sim_must(json_array());
    const char *name;
    json_t *value;
    json_object_foreach(before, name, value)
    {
        const json_t *new = json_object_get(after, name);
        if (!json_equal(value, new))
            put_change(list, name, value, new);
    }
    json_object_foreach(after, name, value) if (json_object_get(before, name) == NULL)
        put_change(list, name, NULL, value);
    return list;
}

static json_t *trigger_of(const struct sim *sim, const char *by)
{
    const struct sim_user *user = sim_map_get(&sim->world.user_ids, by);
    if (user == NULL)
        return json_pack("{s:s}", "id", by);
    return json_pack("{s:s, s:O, s:O*}", "id", user->id, "firstName",
                     json_object_get(user->nested, "firstName"), "lastName",
                     json_object_get(user->nested, "lastName"));
}

/* What every body has, and the trace of the request that did it. */
static json_t *body_of(const struct sim *sim, const char *event_type, char trace[33])
{
    char at[SIM_TIME_SIZE];
    sim_write_instant(sim_now(&sim->clock), 7, at);
    size_t bytes = strlen(at);
    memcpy(at + bytes - 1, "+00:00", sizeof "+00:00"); /* instead of Z */
    if (sim->call != NULL)
        memcpy(trace, sim->call->trace, 33);
    else
        sim_hex(trace, 32);
    return sim_must(
        json_pack("{s:s, s:s, s:s}", "timestamp", at, "eventType", event_type, "traceId", trace));
}

static json_t *entry_body(const struct sim *sim, const char *event_type, const json_t *entity,
                          const char *by, char trace[33])
{
    const char *url = json_string_value(json_object_get(sim->world.workspace, "url"));
    json_t *body = body_of(sim, event_type, trace);
    json_object_set(body, "entity", (json_t *)entity);
    json_object_set(body, "entityId", json_object_get(entity, "id"));
    json_object_set_new(body, "entityType", json_string("timetracking"));
    json_object_set_new(
        body, "entityLink",
        json_sprintf("https://%s.awork.com/my/time-tracking", url != NULL ? url : "example"));
    json_object_set_new(body, "triggeredBy", sim_must(trigger_of(sim, by)));
    return body;
}

static bool wants(const struct sim_hook *hook, const char *event_type, bool main)
{
    return hook->active && (main || !hook->main_only) &&
           json_object_get(hook->events, event_type) != NULL;
}

static void send_to_all(struct sim *sim, const json_t *body, bool main)
{
    const char *event_type = json_string_value(json_object_get(body, "eventType"));
    const char *entity = json_string_value(json_object_get(body, "entityId"));
    const char *trace = json_string_value(json_object_get(body, "traceId"));
    for (struct sim_hook *hook = sim->hooks->first; hook != NULL; hook = hook->next)
        if (wants(hook, event_type, main))
            sim_hook_send(hook, event_type, entity != NULL ? entity : "", trace, body);
}

static void put_deleted(json_t *entity, const struct sim_entry *entry)
{
    char text[SIM_TIME_SIZE];
    sim_write_instant(entry->updated, 3, text);
    json_object_set_new(entity, "deletedOn", json_string(text));
    json_object_set_new(entity, "deletedBy", json_string(entry->updated_by));
}

/* before: the entry before it changed, or NULL */
void sim_hooks_tell(struct sim *sim, enum sim_effect effect, const struct sim_entry *entry,
                    const json_t *before, const char *by)
{
    const bool deleted = effect == SIM_DELETED;
    const bool added = effect == SIM_STARTED || effect == SIM_CREATED;
    char trace[33];
    if (!sim_hooks_any(sim->hooks))
        return;
    json_t *entity = sim_entry_json(entry);
    if (deleted)
        put_deleted(entity, entry);
    json_t *body = entry_body(sim,
                              added     ? "timetracking_added"
                              : deleted ? "timetracking_deleted"
                                        : "timetracking_updated",
                              entity, by, trace);
    if (before != NULL) {
        json_object_set_new(body, "changes", changes_of((json_t *)before, entity));
        if (!json_equal(json_object_get(before, "typeOfWorkId"),
                        json_object_get(entity, "typeOfWorkId"))) {
            json_t *also = sim_must(json_copy(body));
            json_object_set_new(also, "eventType", json_string("timetracking_type_changed"));
            send_to_all(sim, also, true);
            json_decref(also);
        }
    }
    send_to_all(sim, body, true);
    json_decref(body);
    json_decref(entity);
}

/* Any event at all, from a test: {eventType*, ...}; what is not given of time and trace is made. */
const char *sim_hooks_emit(struct sim *sim, json_t *wanted)
{
    const char *event_type = json_string_value(json_object_get(wanted, "eventType"));
    char trace[33];
    if (event_type == NULL || !sim_event_type_known(event_type))
        return "the body has an eventType of /webhooks/eventtypes";
    json_t *body = body_of(sim, event_type, trace);
    json_object_update(body, wanted);
    bool good = json_is_string(json_object_get(body, "traceId"));
    if (good)
        send_to_all(sim, body, true);
    json_decref(body);
    return good ? NULL : "traceId is a text";
}

/* As when somebody edits the tags of a project: every entry of it has "changed". */
const char *sim_hooks_retag(struct sim *sim, json_t *wanted)
{
    const char *id = "";
    if (json_unpack(wanted, "{s:s !}", "projectId", &id) != 0)
        return "the body is {projectId}";
    const struct sim_project *project = sim_map_get(&sim->world.project_ids, id);
    if (project == NULL)
        return "there is no such project";
    for (size_t i = 0; i < sim->world.user_count; i++) {
        const struct sim_user *user = sim->world.users[i];
        for (size_t j = 0; j < user->entry_count; j++) {
            char trace[33];
            if (user->entries[j]->project != project)
                continue;
            json_t *entity = sim_entry_json(user->entries[j]);
            json_t *body = entry_body(sim, "timetracking_updated", entity, user->id, trace);
            send_to_all(sim, body, false);
            json_decref(body);
            json_decref(entity);
        }
    }
    return NULL;
}
