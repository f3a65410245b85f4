#include "action/late.h"

#include "tell.h"
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

json_t *late_known(const json_t *value)
{
    return json_object_size(value) == 1 ? json_object_get(value, open_name) : NULL;
}

json_t *late_map(const json_t *value, late_leaf_fn leaf, void *ctx)
{
    bool is_list = json_is_array(value);
    if (json_is_string(value) || late_known(value))
        return leaf(ctx, value);
    if (!is_list && !json_is_object(value))
        return json_deep_copy(value);
    json_t *made = is_list ? json_array() : json_object(), *item;
    const char *name;
    for (size_t i = 0; made && is_list && i < json_array_size(value); i++) {
        item = late_map(json_array_get(value, i), leaf, ctx);
        if (!item || json_array_append_new(made, item) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    json_object_foreach((json_t *)(is_list ? NULL : value), name, item)
    {
        json_t *member = late_map(item, leaf, ctx);
        if (!member || json_object_set_new(made, name, member) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

static json_t *show_leaf(void *ctx, const json_t *value)
{
    (void)ctx;
    return json_deep_copy(json_is_string(value) ? value : late_known(value));
}

json_t *action_shown_args(const json_t *args, const json_t *progress)
{
    json_t *known = late_args(args, progress), *shown = json_copy(known);
    const json_t *open = json_object_get(known, open_name);
    json_t *plain = open ? late_map(open, show_leaf, NULL) : NULL;
    if (!shown || (open && (!plain || json_object_update(shown, plain) != 0)))
        abort();
    json_decref(plain);
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
    enum cw_status st = cw_template_parse(text, arena, &tpl, err);
    if (st == CW_NOMEM)
        abort();
    return tpl;
}

/* ---- What they read ---- */

struct reading {
    struct cw_arena *arena;
    bool timer, others;
};

static json_t *read_leaf(void *ctx, const json_t *text)
{
    struct reading *r = ctx;
    const struct cw_template *tpl = json_is_string(text) ? parse(text, r->arena, NULL) : NULL;
    for (size_t i = 0; tpl && i < cw_template_count(tpl); i++) {
        bool timer = cw_text_is(cw_template_path(tpl, i).steps[0].name, "timer");
        r->timer |= timer;
        r->others |= !timer;
    }
    return json_null();
}

static struct reading reading_of(const json_t *value, struct cw_arena *arena)
{
    struct reading r = {.arena = arena};
    json_decref(late_map(value, read_leaf, &r));
    return r;
}

bool late_waits(const struct action_turn *t)
{
    json_t *open = json_object_get(t->args, open_name), *value;
    const char *name;
    json_object_foreach(open, name, value)
    {
        if (reading_of(value, t->arena).timer)
            return true;
    }
    return false;
}

/* ---- After the look ---- */

struct rendering {
    const struct action_turn *t;
    const struct look *look;
    bool is_open; /* something in it is known later still */
    struct cw_error err;
};

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    (void)err;
    if (!cw_text_is(path.steps[0].name, "timer"))
        return CW_EBUSY;
    return cw_facts_get(ctx, path, arena, out);
}

static json_t *render_leaf(void *ctx, const json_t *text)
{
    struct rendering *r = ctx;
    struct cw_arena *arena = r->t->arena;
    if (!json_is_string(text))
        return json_deep_copy(r->is_open ? text : late_known(text));
    const struct cw_scope scope = {look_up, (void *)&r->look->facts, r->t->person->zone};
    const struct cw_template *tpl = parse(text, arena, &r->err);
    struct cw_value made = {.kind = CW_STRING};
    struct cw_text printed;
    if (!tpl)
        return NULL;
    enum cw_status st = r->is_open ? cw_template_residual(tpl, &scope, arena, &made.text, &r->err)
                                   : cw_template_render(tpl, &scope, arena, &made, &r->err);
    if (st == CW_NOMEM || (!st && cw_value_print(&made, arena, &printed)))
        abort();
    return st ? NULL : tell_read(printed, JSON_DECODE_ANY);
}

/* Into `known`, or into `open` when something in it is known later still. Returns: false after a
 * fault. */
static bool render(struct rendering *r, const char *name, const json_t *value, json_t *known,
                   json_t *open)
{
    r->is_open = reading_of(value, r->t->arena).others;
    json_t *made = late_map(value, render_leaf, r);
    if (made)
        set(r->is_open ? open : known, name, made);
    return made != NULL;
}

bool late_render(const struct action_turn *t, const struct look *look, json_t **args,
                 struct action_verdict *out)
{
    json_t *waiting = json_object_get(t->args, open_name), *known = json_object(), *value;
    json_t *open = json_object();
    const char *name;
    struct rendering r = {.t = t, .look = look, .err = {.text = ""}};
    bool good = true;
    json_object_foreach(waiting, name, value)
    {
        good = good && render(&r, name, value, known, open);
    }
    set(known, open_name, open);
    if (!good) {
        json_decref(known);
        *out = step_end(t, ACTION_DEAD, "%s", r.err.text);
        return false;
    }
    set(t->progress, "late", known);
    *args = late_args(t->args, t->progress);
    return true;
}
