/*
 * /webhooks, for admins: make, change, look, delete, the last tries of each, what can be asked for.
 */
#include "hooks.h"

#include "filter.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOOKS_MAX 100

static const char *const EVENT_TYPES[] = {"absence_added",
                                          "absence_updated",
                                          "absence_deleted",
                                          "company_added",
                                          "company_updated",
                                          "company_deleted",
                                          "company_type_changed",
                                          "project_added",
                                          "project_updated",
                                          "project_deleted",
                                          "project_comment_added",
                                          "project_status_changed",
                                          "project_type_changed",
                                          "projectmember_added",
                                          "projectmember_deleted",
                                          "task_added",
                                          "task_updated",
                                          "task_deleted",
                                          "task_comment_added",
                                          "task_status_changed",
                                          "task_type_changed",
                                          "taskassignment_added",
                                          "taskassignment_deleted",
                                          "tasklist_added",
                                          "tasklist_updated",
                                          "tasklist_deleted",
                                          "timetracking_added",
                                          "timetracking_updated",
                                          "timetracking_deleted",
                                          "timetracking_type_changed",
                                          "user_added",
                                          "user_updated",
                                          "user_deleted",
                                          "user_activation_changed",
                                          "user_status_changed"};
#define EVENT_TYPE_COUNT (sizeof EVENT_TYPES / sizeof EVENT_TYPES[0])

static const struct sim_property HOOK[] = {
    {"id", SIM_GUID, NULL},     {"name", SIM_TEXT, NULL},     {"uri", SIM_TEXT, NULL},
    {"events", SIM_TEXT, NULL}, {"isActive", SIM_BOOL, NULL}, {"createdOn", SIM_TIME, NULL},
    {NULL, SIM_NULL, NULL}};
static const struct sim_model MODEL = {HOOK, sim_json_get, sim_json_show};

bool sim_event_type_known(const char *name)
{
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        if (strcmp(EVENT_TYPES[i], name) == 0)
            return true;
    return false;
}

void sim_get_event_types(struct sim_call *call)
{
    json_t *list = sim_must(json_array());
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        json_array_append_new(list, sim_must(json_string(EVENT_TYPES[i])));
    sim_say(call, 200, list);
}

/* ---- The set of them ---- */

struct sim_hooks *sim_hooks_create(void)
{
    return sim_alloc(1, sizeof(struct sim_hooks));
}

bool sim_hooks_any(const struct sim_hooks *hooks)
{
    for (const struct sim_hook *hook = hooks->first; hook != NULL; hook = hook->next)
        if (hook->active)
            return true;
    return false;
}

static void remove_hook(struct sim_hooks *hooks, struct sim_hook *hook)
{
    struct sim_hook **link = &hooks->first;
    while (*link != hook)
        link = &(*link)->next;
    *link = hook->next;
    hooks->count--;
    sim_hook_stop(hook);
    sim_hook_fini(hook);
    json_decref(hook->log);
    free(hook);
}

static void remove_all(struct sim_hooks *hooks)
{
    while (hooks->first != NULL)
        remove_hook(hooks, hooks->first);
    hooks->noise = (struct sim_noise){0};
}

/* Before the loop goes. */
void sim_hooks_end(struct sim_hooks *hooks)
{
    remove_all(hooks);
    if (hooks->tick != NULL)
        event_free(hooks->tick);
    hooks->tick = NULL;
}

void sim_hooks_destroy(struct sim_hooks *hooks)
{
    json_decref(hooks->seed);
    free(hooks);
}

static void put_made(json_t *model, const char *by, int64_t created, int64_t updated)
{
    char text[SIM_TIME_SIZE];
    json_object_set_new(model, "createdBy", json_string(by));
    sim_write_instant(created, 3, text);
    json_object_set_new(model, "createdOn", json_string(text));
    json_object_set_new(model, "updatedBy", json_string(by));
    sim_write_instant(updated, 3, text);
    json_object_set_new(model, "updatedOn", json_string(text));
}

/* NULL: *errors says why. The last one stands last in the list. */
static struct sim_hook *add_hook(struct sim *sim, const json_t *body, const char *by,
                                 json_t *errors)
{
    struct sim_hook *hook = sim_alloc(1, sizeof *hook);
    if (sim->hooks->count == HOOKS_MAX)
        sim_complain(errors, "Name", "There are too many webhooks.");
    if (json_array_size(errors) > 0 || !sim_hook_read(sim->hooks, body, hook, errors)) {
        free(hook);
        return NULL;
    }
    struct sim_hook **link = &sim->hooks->first;
    while (*link != NULL)
        link = &(*link)->next;
    *link = hook;
    sim->hooks->count++;
    sim_new_guid(hook->id);
    hook->sim = sim;
    hook->log = sim_must(json_array());
    hook->waiting.end = &hook->waiting.first;
    hook->ready.end = &hook->ready.first;
    json_object_set_new(hook->model, "id", json_string(hook->id));
    put_made(hook->model, by, sim_now(&sim->clock), sim_now(&sim->clock));
    return hook;
}

/* ---- Of the seed ---- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct sim *sim = arg;
    (void)fd;
    (void)what;
    if (sim_hooks_any(sim->hooks))
        sim_expire_all(sim, sim_now(&sim->clock)); /* so that somebody is told */
}

static bool add_seeded(struct sim *sim)
{
    const char *by = json_string_value(json_object_get(sim->world.workspace, "id"));
    size_t n;
    json_t *item;
    json_array_foreach(sim->hooks->seed, n, item)
    {
        json_t *errors = sim_must(json_array());
        bool good = add_hook(sim, item, by, errors) != NULL;
        const json_t *first = json_array_get(errors, 0);
        if (!good)
            sim_seed_fail("webhooks", n, json_string_value(json_object_get(first, "message")));
        json_decref(errors);
        if (!good)
            return false;
    }
    return true;
}

bool sim_hooks_start(struct sim *sim)
{
    const struct timeval second = {.tv_sec = 1};
    sim->hooks->tick = event_new(sim->base, -1, EV_PERSIST, on_tick, sim);
    if (sim->hooks->tick == NULL || event_add(sim->hooks->tick, &second) != 0)
        abort();
    return add_seeded(sim);
}

void sim_hooks_reset(struct sim *sim)
{
    remove_all(sim->hooks);
    add_seeded(sim);
}

/* ---- Requests ---- */

void sim_get_hooks(struct sim_call *call)
{
    const struct sim_hooks *hooks = call->sim->hooks;
    const void **all = sim_alloc(hooks->count, sizeof *all);
    size_t count = 0;
    for (const struct sim_hook *hook = hooks->first; hook != NULL; hook = hook->next)
        all[count++] = hook->model;
    sim_say_list(call, &MODEL, all, count);
}

static json_t *body_of(struct sim_call *call)
{
    json_t *body = json_loadb(call->body != NULL ? call->body : "", call->body_bytes, 0, NULL);
    if (json_is_object(body))
        return body;
    json_decref(body);
    sim_say_error(call, 400, "invalid-model", "The model sent in the request is invalid.");
    return NULL;
}

void sim_post_hook(struct sim_call *call)
{
    json_t *body = body_of(call);
    if (body == NULL)
        return;
    json_t *errors = sim_must(json_array());
    const struct sim_hook *hook = add_hook(call->sim, body, call->caller->id, errors);
    if (hook != NULL)
        sim_say(call, 200, json_incref(hook->model));
    else
        sim_say_invalid(call, json_incref(errors));
    json_decref(errors);
    json_decref(body);
}

static struct sim_hook *asked_hook(struct sim_call *call)
{
    struct sim_hook *hook = call->sim->hooks->first;
    while (hook != NULL && strcmp(hook->id, call->id) != 0)
        hook = hook->next;
    if (hook == NULL)
        sim_say_not_found(call, "webhook");
    return hook;
}

void sim_get_hook(struct sim_call *call)
{
    const struct sim_hook *hook = asked_hook(call);
    if (hook != NULL)
        sim_say(call, 200, json_incref(hook->model));
}

static void take_over(struct sim_call *call, struct sim_hook *hook, struct sim_hook *after)
{
    struct sim_hook old = *hook;
    json_t *made = sim_must(json_incref(json_object_get(hook->model, "createdOn")));
    hook->model = after->model;
    hook->events = after->events;
    hook->host = after->host;
    hook->port = after->port;
    hook->path = after->path;
    hook->header_name = after->header_name;
    hook->header_value = after->header_value;
    hook->active = after->active;
    hook->main_only = after->main_only;
    hook->failures = 0; /* whoever changes it starts it again */
    json_object_set_new(hook->model, "id", json_string(hook->id));
    put_made(hook->model, call->caller->id, call->now, call->now);
    json_object_set_new(hook->model, "createdOn", made);
    sim_hook_fini(&old);
}

void sim_put_hook(struct sim_call *call)
{
    struct sim_hook *hook = asked_hook(call);
    json_t *body = hook != NULL ? body_of(call) : NULL;
    struct sim_hook after = {0};
    if (body == NULL)
        return;
    json_t *errors = sim_must(json_array());
    if (sim_hook_read(call->sim->hooks, body, &after, errors)) {
        take_over(call, hook, &after);
        sim_say(call, 200, json_incref(hook->model));
    } else {
        sim_say_invalid(call, json_incref(errors));
    }
    json_decref(errors);
    json_decref(body);
}

void sim_delete_hook(struct sim_call *call)
{
    struct sim_hook *hook = asked_hook(call);
    if (hook == NULL)
        return;
    remove_hook(call->sim->hooks, hook);
    sim_say(call, 204, NULL);
}

/* The last hundred tries, the oldest first. */
void sim_get_hook_log(struct sim_call *call)
{
    const struct sim_hook *hook = asked_hook(call);
    if (hook != NULL)
        sim_say(call, 200, json_deep_copy(hook->log));
}
