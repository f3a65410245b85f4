#include "action/late.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static const char open_name[] = "${}"; /* of what is still to be rendered */

static void set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

json_t *late_args(const json_t *args, const json_t *progress)
{
    const json_t *late = json_object_get(progress, "late");
    json_t *made = late ? json_copy((json_t *)args) : json_incref((json_t *)args);
    if (late && json_object_update(made, (json_t *)late) != 0)
        abort();
    return made;
}

json_t *action_shown_args(const json_t *args, const json_t *progress)
{
    json_t *known = late_args(args, progress), *shown = json_copy(known);
    const json_t *open = json_object_get(known, open_name);
    if (!shown || (open && json_object_update(shown, (json_t *)open) != 0))
        abort();
    json_object_del(shown, open_name);
    json_decref(known);
    return shown;
}

/* Returns: NULL when it is no template. */
static const struct cw_template *parse(const json_t *value, struct cw_arena *arena,
                                       struct cw_error *err)
{
    const struct cw_template *tpl = NULL;
    struct cw_text text = {json_string_value(value), json_string_length(value)};
    enum cw_status st = text.at ? cw_template_parse(text, arena, &tpl, err)
                                : cw_fail(err, CW_ESYNTAX, "a stored argument is no text");
    if (st == CW_NOMEM)
        abort();
    return tpl;
}

static bool reads(const struct cw_template *tpl, const char *root)
{
    for (size_t i = 0; tpl && i < cw_template_count(tpl); i++)
        if (cw_text_is(cw_template_path(tpl, i).steps[0].name, root))
            return true;
    return false;
}

bool late_waits(const struct action_turn *t)
{
    json_t *open = json_object_get(t->args, open_name), *value;
    const char *name;
    json_object_foreach(open, name, value)
    {
        if (reads(parse(value, t->arena, NULL), "timer"))
            return true;
    }
    return false;
}

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    (void)err;
    if (!cw_text_is(path.steps[0].name, "timer"))
        return CW_EBUSY;
    return cw_facts_get(ctx, path, arena, out);
}

/* Into `known`, or into `open` when there are secrets in it. */
static enum cw_status render(const struct action_turn *t, const struct look *look, const char *name,
                             const json_t *value, json_t *known, json_t *open, struct cw_error *err)
{
    const struct cw_scope scope = {look_up, (void *)&look->facts, t->person->zone};
    const struct cw_template *tpl = parse(value, t->arena, err);
    struct cw_value made;
    struct cw_text text;
    bool is_open = reads(tpl, "secret");
    if (!tpl)
        return err->status;
    enum cw_status st = is_open ? cw_template_residual(tpl, &scope, t->arena, &text, err)
                                : cw_template_render(tpl, &scope, t->arena, &made, err);
    if (!st && !is_open)
        st = cw_value_text(&made, t->arena, &text);
    if (!st)
        set(is_open ? open : known, name, json_stringn(text.len ? text.at : "", text.len));
    return st;
}

bool late_render(const struct action_turn *t, const struct look *look, json_t **args,
                 struct action_verdict *out)
{
    json_t *waiting = json_object_get(t->args, open_name), *known = json_object(), *value;
    json_t *open = json_object();
    const char *name;
    struct cw_error err = {0};
    enum cw_status st = CW_OK;
    json_object_foreach(waiting, name, value)
    {
        if (!st)
            st = render(t, look, name, value, known, open, &err);
    }
    set(known, open_name, open);
    if (st == CW_NOMEM)
        abort();
    if (st) {
        json_decref(known);
        *out = step_end(t, ACTION_DEAD, "%s", err.text);
        return false;
    }
    set(t->progress, "late", known);
    *args = late_args(t->args, t->progress);
    return true;
}
