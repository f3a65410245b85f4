/* notify: a text for a person, or for each of a team, at the address under `chat`. One request
 * after the other; who could not be reached does not keep it from the others, nor the rule from its
 * next step: a message is not worth a timer. */
#include "action/outside.h"

#include <stdlib.h>
#include <string.h>

enum { RECIPIENTS = 1000 };

/* ---- Whom ---- */

static void add(json_t *list, const char *name)
{
    if (json_array_size(list) < RECIPIENTS && json_array_append_new(list, json_string(name)) != 0)
        abort();
}

static bool add_team(const struct action_turn *t, const char *name, json_t *list)
{
    size_t n = 0;
    const struct cw_person *const *team =
        t->people->rules ? cw_ruleset_team(t->people->rules, cw_text_of(name), &n) : NULL;
    for (size_t i = 0; i < n; i++)
        add(list, team[i]->name);
    return team != NULL;
}

/* An address that an event brought counts only if it is one of the configuration. */
static const struct person *by_address(const struct people *people, const char *to)
{
    for (size_t i = 0; i < people->n; i++)
        if (people->items[i].chat && strcmp(people->items[i].chat, to) == 0)
            return &people->items[i];
    return NULL;
}

static bool add_person(const struct action_turn *t, const char *to, json_t *list)
{
    const struct cw_person *known =
        t->people->rules ? cw_ruleset_find(t->people->rules, cw_text_of(to)) : NULL;
    const struct person *person = people_find(t->people, known ? known->name : to);
    if (!person)
        person = by_address(t->people, to);
    if (person)
        add(list, person->name);
    return person != NULL;
}

/* Returns: NULL when it is nobody. */
static json_t *recipients(const struct action_turn *t, const char *to)
{
    json_t *list = json_array();
    bool good = true;
    if (strcmp(to, "everyone") == 0)
        for (size_t i = 0; i < t->people->n; i++)
            add(list, t->people->items[i].name);
    else if (strncmp(to, "team:", 5) == 0)
        good = add_team(t, to + 5, list);
    else
        good = add_person(t, to, list);
    if (good && json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}

/* ---- One after the other ---- */

static size_t number(const struct action_turn *t, const char *name)
{
    return (size_t)json_integer_value(json_object_get(t->progress, name));
}

static void count(const struct action_turn *t, const char *name)
{
    json_int_t n = (json_int_t)number(t, name) + 1;
    if (json_object_set_new(t->progress, name, json_integer(n)) != 0)
        abort();
}

const char *notify_recipient(const struct action_turn *t)
{
    return json_string_value(
        json_array_get(json_object_get(t->progress, "people"), number(t, "next")));
}

/* The next one; the first reason is kept. */
static void fail(const struct action_turn *t, const char *why)
{
    const char *name = notify_recipient(t);
    bool alone = json_array_size(json_object_get(t->progress, "people")) == 1;
    if (!step_text(t->progress, "fault"))
        step_remember(
            t, "fault",
            step_end(t, ACTION_DEAD, "%s%s%s", alone ? "" : name, alone ? "" : ": ", why).reason);
    count(t, "failed");
    count(t, "next");
}

static struct action_verdict finish(const struct action_turn *t)
{
    size_t n = json_array_size(json_object_get(t->progress, "people")),
           failed = number(t, "failed");
    if (!failed)
        return step_end(t, ACTION_DONE, "%s", "");
    struct action_verdict v = n == 1
                                  ? step_end(t, ACTION_DEAD, "%s", step_text(t->progress, "fault"))
                                  : step_end(t, ACTION_DEAD, "%zu of %zu were told; %s", n - failed,
                                             n, step_text(t->progress, "fault"));
    v.goes_on = true;
    return v;
}

static struct action_verdict next(const struct action_turn *t)
{
    struct action_verdict v;
    struct cw_error err;
    const char *name;
    json_t *body = json_pack("{s:s}", "text", step_text(t->args, "text"));
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    while ((name = notify_recipient(t))) {
        const char *what = step_end(t, ACTION_SEND, "chat of %s", name).reason;
        if (outside_is_over(t))
            fail(t, outside_over(t));
        else if (outside_send(t, "POST", what, text, &v, &err))
            break;
        else
            fail(t, err.text);
    }
    free(text);
    return name ? v : finish(t);
}

static struct action_verdict notify_decide(const struct action_turn *t, const struct look *look)
{
    const char *to = step_text(t->args, "to");
    (void)look;
    if (!step_text(t->args, "text"))
        return step_end(t, ACTION_SKIPPED, "there is nothing to say");
    if (!json_object_get(t->progress, "people")) {
        json_t *list = recipients(t, to ? to : "");
        if (!list) {
            struct action_verdict v =
                step_end(t, ACTION_DEAD,
                         "`to` is no user, alias, team or chat address of the configuration");
            v.goes_on = true;
            return v;
        }
        if (json_object_set_new(t->progress, "people", list) != 0)
            abort();
    }
    return next(t);
}

static struct action_verdict notify_answered(const struct action_turn *t)
{
    struct action_verdict v;
    const char *why = "";
    switch (outside_judge(t, &v, &why)) {
    case OUTSIDE_AGAIN:
        return v;
    case OUTSIDE_FAILED:
        fail(t, why);
        break;
    case OUTSIDE_DONE:
        step_remember(t, "why", NULL);
        count(t, "next");
    }
    return next(t);
}

const struct action_ops action_notify = {
    .decide = notify_decide, .answered = notify_answered, .is_blind = true};
