/* decide_act: what a run does and when, rendered from the values that were kept with it. */
#include <string.h>

#include "buf.h"
#include "decide.h"
#include "match.h"
#include "moment.h"
#include "template.h"

/* What is needed to render the actions of one run. */
struct render {
    const struct cwr_deciding *d;
    const struct cwr_rule *rule;
    const struct cw_person *person;
    struct cw_value vars;
    int64_t now_ms;
    struct cw_arena *arena;
    bool to_show;          /* what is known later stands among the other arguments */
    bool in_config;        /* user.chat is an address, and the lane's to tell */
    enum cw_status failed; /* of the reader of facts */
};

/* ---- What templates read ---- */

static enum cw_status get_var(const struct render *r, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out)
{
    struct cw_step step = {.kind = CW_STEP_NAME};
    if (cwr_path_print(path, arena, &step.name))
        return CW_NOMEM;
    return cw_value_get(&r->vars, (struct cw_path){&step, 1}, arena, out);
}

static enum cw_status get_state(struct render *r, struct cw_path path, struct cw_value *out)
{
    enum cw_status status = cwr_state_get(r->d, r->person, path.steps[1].name, out);
    if (status == CW_EBUSY) /* nobody can tell, nor later */
        return CW_OK;
    r->failed = status;
    return status;
}

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    struct render *r = ctx;
    struct cw_text root = path.steps[0].name;
    enum cw_status status = CW_OK;
    bool is_chat = r->in_config && cw_text_is(root, "user") && path.n == 2 &&
                   cw_text_is(path.steps[1].name, "chat");
    if (cw_text_is(root, "timer") || cw_text_is(root, "secret") || cw_text_is(root, "env") ||
        is_chat)
        return CW_EBUSY; /* the lane's to tell */
    if (cw_text_is(root, "user")) {
        *out = cwr_person_get(r->person, path);
    } else if (cw_text_is(root, "state")) {
        status = get_state(r, path, out);
    } else if (cw_text_is(root, "now")) {
        char text[CWR_MOMENT_SIZE];
        struct cw_text made = cwr_moment_print(r->now_ms, text);
        made.at = cw_arena_copy(arena, made);
        *out = cw_value_string(made);
        status = made.at ? CW_OK : CW_NOMEM;
    } else {
        status = get_var(r, path, arena, out);
    }
    return status ? cw_fail(err, status, "it cannot be read") : CW_OK;
}

/* ---- Refusals ---- */

enum cw_status cwr_refuse(struct cw_effect *effect, struct cw_arena *arena, const char *what,
                          struct cw_place place)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text reason;
    cwr_buf_puts(&buf, what);
    if (place.line)
        cwr_buf_printf(&buf, " (%s%sline %u)", place.file ? place.file : "", place.file ? ", " : "",
                       place.line);
    if (cwr_buf_end(&buf, &reason))
        return CW_NOMEM;
    const char *copy = cw_arena_copy(arena, cw_text_of(what));
    if (!copy)
        return CW_NOMEM;
    effect->kind = CW_EFFECT_REFUSED;
    effect->reason = reason;
    effect->what = cw_text_of(copy);
    effect->calls = NULL;
    effect->n_calls = 0;
    return CW_OK;
}

/* ---- Rendering ---- */

/* As JSON: of what is late, the template that is left of it. `typed`: a value keeps its kind, else
 * it is a text. */
static enum cw_status put_template(struct render *r, const struct cw_template *tpl, bool late,
                                   bool typed, struct cwr_buf *buf, struct cw_error *err)
{
    const struct cw_scope scope = {look_up, r, r->person->zone};
    struct cw_value value = {.kind = CW_STRING};
    struct cw_text text;
    enum cw_status status = late ? cw_template_residual(tpl, &scope, r->arena, &value.text, err)
                                 : cw_template_render(tpl, &scope, r->arena, &value, err);
    if (status)
        return status;
    if (!typed && cw_value_text(&value, r->arena, &value.text))
        return cw_fail(err, CW_NOMEM, "memory is short");
    value.kind = typed ? value.kind : CW_STRING;
    if (cw_value_print(&value, r->arena, &text))
        return cw_fail(err, CW_NOMEM, "memory is short");
    cwr_buf_put(buf, text);
    return CW_OK;
}

static void put_name(struct cwr_buf *buf, struct cw_text name)
{
    cwr_buf_json_string(buf, name);
    cwr_buf_puts(buf, ":");
}

/* Among templates, what is known already and is no text stands behind a name of its own, so that
 * no text in it is taken for one. */
static enum cw_status put_known(struct render *r, const struct cw_template *tpl,
                                struct cwr_buf *buf, struct cw_error *err)
{
    const struct cw_scope scope = {look_up, r, r->person->zone};
    struct cw_value value;
    enum cw_status status = cw_template_render(tpl, &scope, r->arena, &value, err);
    if (status)
        return status;
    if (value.kind == CW_STRING || r->to_show)
        return put_template(r, tpl, !r->to_show, true, buf, err);
    cwr_buf_puts(buf, "{\"${}\":");
    status = put_template(r, tpl, false, true, buf, err);
    cwr_buf_puts(buf, "}");
    return status;
}

static enum cw_status put_tree(struct render *r, const struct cwr_tree *tree, bool late,
                               struct cwr_buf *buf, struct cw_error *err)
{
    bool map = tree->kind == CWR_TREE_MAP;
    enum cw_status status = CW_OK;
    if (tree->kind == CWR_TREE_TEMPLATE)
        return late && !tree->is_late && tree->tpl->n_paths
                   ? put_known(r, tree->tpl, buf, err)
                   : put_template(r, tree->tpl, late, true, buf, err);
    if (tree->kind == CWR_TREE_JSON) {
        cwr_buf_put(buf, tree->json);
        return CW_OK;
    }
    cwr_buf_puts(buf, map ? "{" : "[");
    for (size_t i = 0; i < tree->n && !status; i++) {
        cwr_buf_puts(buf, i ? "," : "");
        if (map)
            put_name(buf, tree->items[i].name);
        status = put_tree(r, &tree->items[i], late, buf, err);
    }
    cwr_buf_puts(buf, map ? "}" : "]");
    return status;
}

/* The moment that a template tells. Returns: CW_EINVAL when it tells none. */
static enum cw_status read_moment(struct render *r, const struct cw_template *tpl, const char *name,
                                  int64_t *out_ms, struct cw_error *err)
{
    const struct cw_scope scope = {look_up, r, r->person->zone};
    struct cw_value value;
    struct cw_text text;
    enum cw_status status = cw_template_render(tpl, &scope, r->arena, &value, err);
    if (status || cwr_value_moment(&value, r->person->zone, out_ms))
        return status;
    if (cw_value_text(&value, r->arena, &text))
        return cw_fail(err, CW_NOMEM, "memory is short");
    return cw_fail(err, CW_EINVAL, "`%s` is \"%.*s\", which is no point in time", name,
                   (int)(text.len > 100 ? 100 : text.len), text.len ? text.at : "");
}

static enum cw_status put_moment(struct render *r, const struct cwr_arg *arg, struct cwr_buf *buf,
                                 struct cw_error *err)
{
    char text[CWR_MOMENT_SIZE];
    int64_t ms = 0;
    enum cw_status status = read_moment(r, arg->tpl, arg->name.at, &ms, err);
    if (!status)
        cwr_buf_json_string(buf, cwr_moment_print(ms + arg->shift_ms, text));
    return status;
}

static enum cw_status put_arg(struct render *r, const struct cwr_arg *arg, struct cwr_buf *buf,
                              struct cw_error *err)
{
    cwr_buf_puts(buf, buf->len && buf->at[buf->len - 1] != '{' ? "," : "");
    put_name(buf, arg->name);
    r->in_config = arg->is_config;
    if (arg->tree)
        return put_tree(r, arg->tree, arg->is_late, buf, err);
    if (arg->is_moment)
        return put_moment(r, arg, buf, err);
    if (!arg->is_bool)
        return put_template(r, arg->tpl, arg->is_late, false, buf, err);
    cwr_buf_puts(buf, arg->truth ? "true" : "false");
    return CW_OK;
}

/* Those of the arguments that are known now, or the others, or all. On failure *place is that of
 * the argument. */
static enum cw_status put_args(struct render *r, const struct cwr_action *action, bool late,
                               struct cwr_buf *buf, struct cw_place *place, struct cw_error *err)
{
    for (size_t i = 0; i < action->n_args; i++) {
        if (!r->to_show && action->args[i].is_late != late)
            continue;
        enum cw_status status = put_arg(r, &action->args[i], buf, err);
        *place = action->args[i].place;
        if (status)
            return status;
    }
    return CW_OK;
}

static bool has_late(const struct cwr_action *action)
{
    for (size_t i = 0; i < action->n_args; i++)
        if (action->args[i].is_late)
            return true;
    return false;
}

static enum cw_status render_call(struct render *r, const struct cwr_action *action,
                                  struct cw_call *out, struct cw_place *place, struct cw_error *err)
{
    struct cwr_buf buf = cwr_buf_in(r->arena);
    cwr_buf_puts(&buf, "{");
    enum cw_status status = put_args(r, action, false, &buf, place, err);
    if (!status && !r->to_show && has_late(action)) {
        cwr_buf_puts(&buf, buf.len > 1 ? ",\"${}\":{" : "\"${}\":{");
        status = put_args(r, action, true, &buf, place, err);
        cwr_buf_puts(&buf, "}");
    }
    cwr_buf_puts(&buf, "}");
    out->action = action->name;
    if (status)
        return status;
    return cwr_buf_end(&buf, &out->args) ? cw_fail(err, CW_NOMEM, "memory is short") : CW_OK;
}

/* Reads the values of the run. Returns: CW_OK and *read false after a refusal. */
static enum cw_status begin(struct render *r, const struct cwr_deciding *d,
                            const struct cwr_rule *rule, struct cw_effect *effect, bool *read)
{
    struct cw_text vars = effect->vars.len ? effect->vars : CW_TEXT("{}");
    enum cw_status status = cw_json_read(d->json, vars, NULL);
    *r = (struct render){.d = d,
                         .rule = rule,
                         .person = effect->person,
                         .now_ms = d->now_ms,
                         .arena = d->arena,
                         .to_show = rule->dry_run};
    *read = !status;
    if (status == CW_NOMEM)
        return status;
    if (status)
        return cwr_refuse(effect, d->arena, "the values kept with the run cannot be read",
                          rule->place);
    r->vars = cw_json_root(d->json);
    return CW_OK;
}

/* Returns: CW_OK and *out NULL after a refusal. */
static enum cw_status render_calls(struct render *r, struct cw_effect *effect, struct cw_call **out)
{
    struct cw_call *calls = cw_arena_take(r->arena, (r->rule->n_actions + 1) * sizeof *calls);
    *out = NULL;
    if (!calls)
        return CW_NOMEM;
    for (uint32_t i = 0; i < r->rule->n_actions; i++) {
        struct cw_error err = {0};
        struct cw_place place = r->rule->place;
        calls[i].step = i;
        calls[i].expires_ms = r->rule->actions[i].expires_ms;
        enum cw_status status = render_call(r, &r->rule->actions[i], &calls[i], &place, &err);
        if (status == CW_NOMEM || r->failed)
            return status;
        if (status)
            return cwr_refuse(effect, r->arena, err.text, place);
    }
    *out = calls;
    return CW_OK;
}

/* "dry run: would stop, log {"text":"x"}": instead of the calls. */
static enum cw_status tell(const struct render *r, const struct cw_call *calls,
                           struct cw_effect *effect)
{
    struct cwr_buf buf = cwr_buf_in(r->arena);
    cwr_buf_puts(&buf, "dry run: would ");
    for (size_t i = 0; i < r->rule->n_actions; i++) {
        cwr_buf_puts(&buf, i ? ", " : "");
        cwr_buf_puts(&buf, calls[i].action);
        if (calls[i].args.len <= 2)
            continue;
        cwr_buf_puts(&buf, " ");
        cwr_buf_put(&buf, calls[i].args);
    }
    if (effect->condition.len) {
        cwr_buf_puts(&buf, " if ");
        cwr_buf_put(&buf, effect->condition);
    }
    return cwr_buf_end(&buf, &effect->reason);
}

enum cw_status cwr_act(const struct cwr_deciding *d, const struct cwr_rule *rule,
                       struct cw_effect *effect)
{
    struct render r;
    struct cw_call *calls = NULL;
    bool read;
    enum cw_status status = begin(&r, d, rule, effect, &read);
    if (!status && read)
        status = render_calls(&r, effect, &calls);
    if (status || !calls)
        return status;
    if (rule->dry_run)
        return tell(&r, calls, effect);
    effect->calls = calls;
    effect->n_calls = rule->n_actions;
    return CW_OK;
}

/* ---- at ---- */

enum cw_status cwr_instant(const struct cwr_deciding *d, const struct cwr_rule *rule,
                           struct cw_effect *effect)
{
    struct render r;
    struct cw_error err;
    bool read;
    enum cw_status status = begin(&r, d, rule, effect, &read);
    if (status || !read)
        return status;
    status = read_moment(&r, rule->at, "at", &effect->due_ms, &err);
    if (status && status != CW_NOMEM && !r.failed)
        return cwr_refuse(effect, d->arena, err.text, rule->at_place);
    if (status)
        return status;
    effect->due_ms += rule->at_ms;
    return CW_OK;
}

/* ---- What rules are to each other ---- */

static const struct cwr_action *next_timer(const struct cwr_rule *rule, size_t *i)
{
    while (*i < rule->n_actions && !rule->actions[*i].timer)
        (*i)++;
    return *i < rule->n_actions ? &rule->actions[(*i)++] : NULL;
}

static enum cw_status timer_text(const struct cwr_deciding *d, const struct cwr_rule *rule,
                                 const struct cw_effect *effect, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(d->arena);
    struct cw_effect copy = *effect;
    struct cw_place place;
    struct render r;
    bool read;
    enum cw_status status = begin(&r, d, rule, &copy, &read);
    for (size_t i = 0; !status;) {
        const struct cwr_action *action = next_timer(rule, &i);
        struct cw_call call = {.args = {NULL, 0}};
        struct cw_error err;
        if (!action)
            break;
        /* One without its values will come to nothing: then its name is all there is. */
        if (read && (status = render_call(&r, action, &call, &place, &err)) != CW_NOMEM)
            status = r.failed;
        cwr_buf_puts(&buf, i > 1 && buf.len ? ", " : "");
        cwr_buf_puts(&buf, action->name);
        if (call.args.len > 2)
            cwr_buf_puts(&buf, " ");
        if (call.args.len > 2)
            cwr_buf_put(&buf, call.args);
    }
    enum cw_status ended = cwr_buf_end(&buf, out);
    return status ? status : ended;
}

enum cw_status cwr_contradict(const struct cwr_deciding *d, const struct cwr_rule *winner,
                              const struct cw_effect *first, const struct cwr_rule *rule,
                              struct cw_effect *effect)
{
    struct cw_text its, mine;
    enum cw_status status = timer_text(d, winner, first, &its);
    if (!status)
        status = timer_text(d, rule, effect, &mine);
    if (status)
        return status;
    if (its.len == mine.len && memcmp(its.at, mine.at, its.len) == 0)
        return CW_OK;
    struct cwr_buf buf = cwr_buf_in(d->arena);
    struct cw_text what;
    cwr_buf_puts(&buf, "`");
    cwr_buf_put(&buf, mine);
    cwr_buf_puts(&buf, "` contradicts `");
    cwr_buf_put(&buf, its);
    cwr_buf_printf(&buf, "` of the earlier rule `%s`", winner->id.at);
    return cwr_buf_end(&buf, &what) ? CW_NOMEM : cwr_refuse(effect, d->arena, what.at, rule->place);
}
