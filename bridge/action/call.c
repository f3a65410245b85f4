/* call: one request as the rule writes it. */
#include "action/outside.h"

#include <stdlib.h>
#include <string.h>

const char *const call_methods[] = {"POST", "GET", "PUT", "PATCH", "DELETE", NULL};

const char *call_method(const char *given)
{
    for (size_t i = 0; given && call_methods[i]; i++)
        if (strcmp(given, call_methods[i]) == 0)
            return call_methods[i];
    return call_methods[0];
}

/* What is journaled: the arguments as they are kept, without what is secret in them. */
static char *shown(const struct action_turn *t, const char *name)
{
    char *stored = outside_stored(t, name);
    if (stored)
        return stored;
    json_t *all = action_shown_args(t->args, t->progress);
    const json_t *one = json_object_get(all, name);
    char *text = one ? json_dumps(one, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(all);
    return text;
}

static struct action_verdict call_decide(const struct action_turn *t, const struct look *look)
{
    struct action_verdict v;
    struct cw_error err;
    (void)look;
    if (step_text(t->progress, "ended")) /* a restart asks again what came of it */
        return step_end(t, ACTION_DEAD, "%s", step_text(t->progress, "ended"));
    if (outside_is_over(t))
        return step_end(t, ACTION_DEAD, "%s", outside_over(t));
    json_t *all = action_shown_args(t->args, t->progress);
    char *body = shown(t, "json");
    const char *url = step_text(all, "url"), *method = call_method(step_text(all, "method"));
    bool good = outside_send(t, method, url ? url : "", body, &v, &err);
    free(body);
    json_decref(all);
    return good ? v : step_end(t, ACTION_DEAD, "%s", err.text);
}

static struct action_verdict call_answered(const struct action_turn *t)
{
    struct action_verdict v;
    const char *why = "";
    switch (outside_judge(t, &v, &why)) {
    case OUTSIDE_DONE:
        return step_end(t, ACTION_DONE, "%s", "");
    case OUTSIDE_AGAIN:
        return v;
    default:
        step_remember(t, "ended", why);
        return step_end(t, ACTION_DEAD, "%s", why);
    }
}

const struct action_ops action_call = {
    .decide = call_decide, .answered = call_answered, .is_blind = true};
