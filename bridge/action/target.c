/* What a start is about: its task, project and type of work, by id, key or name. */
#include "action/step.h"
#include "xalloc.h"

#include <string.h>

/* One of `task` and `project`: an id as it is, a key through awork. */
static bool find_keyed(const struct action_turn *t, const char *arg, const char *route,
                       struct action_verdict *out)
{
    const json_t *given = json_object_get(t->args, arg);
    const char *text = step_text(t->args, arg);
    char id[UUID_SIZE], key[KEY_SIZE];
    if (!given || json_is_null(given) || step_text(t->progress, arg))
        return true;
    if (text && uuid_copy(text, id)) {
        step_remember(t, arg, id);
        return true;
    }
    if (text && key_copy(text, key))
        *out = step_get(t, arg, "%s/key/%s", route, key);
    else
        *out = step_end(t, ACTION_DEAD, "%s must be an id or a key such as KEY-123", arg);
    return false;
}

static bool find_kind_by_name(const struct action_turn *t, const char *name,
                              struct action_verdict *out)
{
    char id[UUID_SIZE];
    const char *found;
    enum kinds_found n = KINDS_UNKNOWN;
    if (uuid_copy(name, id))
        found = id;
    else if ((n = kinds_find(t->kinds, name, t->now_ms, &found)) != KINDS_ONE) {
        if (n == KINDS_SEVERAL)
            *out = step_end(t, ACTION_DEAD, "more than one type of work is named %s", name);
        else if (step_flag(t, "listed_some"))
            *out = step_end(t, ACTION_DEAD,
                            "awork has more types of work than one answer tells, and %s is not "
                            "among them; the rule may name it by its id",
                            name);
        else if (step_flag(t, "listed"))
            *out = step_end(t, ACTION_DEAD, "awork has no type of work named %s", name);
        else
            *out = step_get(t, "kind", "/typeofwork?page=1&pageSize=1000");
        return false;
    }
    step_set_flag(t, "kind_is_old", n == KINDS_ONE && !step_flag(t, "listed"));
    step_remember(t, "kind", found);
    return true;
}

static bool find_kind(const struct action_turn *t, struct action_verdict *out)
{
    const char *name = step_text(t->args, "type_of_work"), *task = step_text(t->progress, "task");
    if (step_text(t->progress, "kind"))
        return true;
    if (!name)
        name = t->person->type_of_work;
    if (name && *name)
        return find_kind_by_name(t, name, out);
    if (step_text(t->progress, "task_kind")) {
        step_remember(t, "kind", step_text(t->progress, "task_kind"));
        return true;
    }
    if (task && !step_flag(t, "task_read"))
        *out = step_get(t, "task", "/tasks/%s", task);
    else
        *out = step_end(t, ACTION_DEAD,
                        "no type of work: neither the rule, the user nor the task has one");
    return false;
}

bool target_find(const struct action_turn *t, struct action_verdict *out)
{
    return find_keyed(t, "task", "/tasks", out) && find_keyed(t, "project", "/projects", out) &&
           find_kind(t, out);
}

static bool learn_id(const struct action_turn *t, const char *name, const json_t *json)
{
    char id[UUID_SIZE], kind[UUID_SIZE];
    const char *given = step_text(json, "id"), *work = step_text(json, "typeOfWorkId");
    if (!given || !uuid_copy(given, id))
        return false;
    step_remember(t, name, id);
    if (strcmp(name, "task") == 0) {
        step_set_flag(t, "task_read", true);
        if (work && uuid_copy(work, kind))
            step_remember(t, "task_kind", kind);
    }
    return true;
}

bool target_learn(const struct action_turn *t, const char *turn, const json_t *json)
{
    if (strcmp(turn, "kind") != 0)
        return learn_id(t, turn, json);
    if (!json_is_array(json))
        return false;
    kinds_learn(t->kinds, json, t->now_ms);
    step_set_flag(t, "listed", true);
    step_set_flag(t, "listed_some", t->answer->total_items > (int64_t)json_array_size(json));
    return true;
}

bool target_doubt(const struct action_turn *t)
{
    if (!step_flag(t, "kind_is_old"))
        return false;
    kinds_forget(t->kinds);
    json_object_del(t->progress, "kind");
    json_object_del(t->progress, "kind_is_old");
    return true;
}

static void copy(json_t *to, const char *name, json_t *value)
{
    if (value && !json_is_null(value))
        json_object_set(to, name, value);
}

/* No program has anything to win by a byte 0 in a note, and many end there. */
static void copy_note(json_t *to, json_t *note, struct cw_arena *arena)
{
    size_t len = json_string_length(note);
    const char *text = json_string_value(note);
    if (!text || !memchr(text, 0, len)) {
        copy(to, "note", note);
        return;
    }
    char *clean = xtake(arena, len);
    for (size_t i = 0; i < len; i++)
        clean[i] = text[i] ? text[i] : ' ';
    json_object_set_new(to, "note", json_stringn(clean, len));
}

json_t *target_body(const struct action_turn *t)
{
    json_t *body = json_object();
    json_object_set_new(body, "timezone", json_string(t->person->timezone));
    copy(body, "typeOfWorkId", json_object_get(t->progress, "kind"));
    copy(body, "taskId", json_object_get(t->progress, "task"));
    copy(body, "projectId", json_object_get(t->progress, "project"));
    copy_note(body, json_object_get(t->args, "note"), t->arena);
    copy(body, "isBillable", json_object_get(t->args, "billable"));
    return body;
}
