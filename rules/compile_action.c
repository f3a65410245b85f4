/* compile_action: `then`, by the host's catalogue of actions. */
#include <stdio.h>
#include <string.h>

#include "compile.h"

enum { DAY_MS = 86400000 };

static const struct cw_action_spec *find_action(struct cwr_compiler *c, const struct cw_node *node)
{
    const char *words[64];
    struct cw_text name = cw_node_text(node);
    size_t n = 0;
    for (size_t i = 0; i < c->catalogue->n_actions; i++) {
        const struct cw_action_spec *spec = &c->catalogue->actions[i];
        if (cw_text_is(name, spec->name)) {
            if (spec->later)
                cwr_later(c, cw_node_place(node), name);
            return spec->later ? NULL : spec;
        }
        if (!spec->later && n < 64)
            words[n++] = spec->name;
    }
    cwr_fault(c, node, "unknown-action", cwr_did_you_mean(c, name, words, n),
              "there is no action `%.*s`", (int)(name.len > 60 ? 60 : name.len), name.at);
    return NULL;
}

static bool static_template(struct cwr_compiler *c, struct cw_text text, struct cwr_arg *arg)
{
    struct cwr_part *part = cwr_take(c, sizeof *part);
    struct cw_template *tpl = cwr_take(c, sizeof *tpl);
    const char *copy = cwr_keep(c, text);
    if (!part || !tpl || !copy)
        return false;
    part->literal = (struct cw_text){copy, text.len};
    *tpl = (struct cw_template){.parts = part, .n_parts = 1};
    arg->tpl = tpl;
    return true;
}

static bool compile_choice(struct cwr_compiler *c, const struct cw_arg_spec *spec,
                           const struct cw_node *node, struct cwr_arg *arg)
{
    struct cw_text text = cw_node_text(node);
    size_t n = 0;
    for (; spec->choices[n]; n++)
        if (cw_text_is(text, spec->choices[n]))
            return static_template(c, text, arg);
    cwr_fault(c, node, "bad-value", cwr_did_you_mean(c, text, spec->choices, n),
              "`%.*s` is none of the words that `%s` knows", (int)(text.len > 60 ? 60 : text.len),
              text.at, spec->name);
    return false;
}

/* Who is written out is looked up now; an address stands for its person. */
static bool compile_recipient(struct cwr_compiler *c, const struct cw_node *node,
                              struct cwr_arg *arg)
{
    const struct cw_person *person = NULL;
    if (arg->tpl->n_paths)
        return true;
    if (!cwr_compile_recipient(c, node, &person))
        return false;
    return !person || static_template(c, cw_text_of(person->name), arg);
}

/* What is written out is checked now, what a template makes of an event by the host. */
static bool compile_length(struct cwr_compiler *c, const struct cw_node *node, struct cw_text text,
                           struct cwr_arg *arg)
{
    struct cw_error err;
    int64_t ms;
    arg->tpl = cwr_compile_template(c, node);
    if (!arg->tpl || arg->tpl->n_paths || !cw_duration_parse(text, &ms, &err))
        return arg->tpl != NULL;
    cwr_fault(c, node, "bad-duration", NULL, "%s", err.text);
    return false;
}

/* What the lane alone knows is known too late: the moment is one of the decision. */
static bool compile_moment(struct cwr_compiler *c, const struct cw_arg_spec *spec,
                           const struct cw_node *node, struct cwr_arg *arg)
{
    char what[64];
    snprintf(what, sizeof what, "`%s`", spec->name);
    arg->is_moment = true;
    arg->tpl = cwr_compile_moment(c, node, what, &arg->shift_ms);
    if (arg->tpl && c->at.is_late)
        cwr_fault(c, node, "bad-value", "an event or `${now}` can tell a point in time",
                  "`%s` is known when the rule acts, and `timer.*` is not", spec->name);
    return arg->tpl && !c->at.is_late;
}

static bool compile_fact_name(struct cwr_compiler *c, const struct cw_node *node,
                              struct cw_text name, struct cwr_arg *arg)
{
    if (!cwr_check_fact(c, node, name))
        return false;
    cwr_note_read(c, name, cw_node_place(node)); /* as good as read: it should be set somewhere */
    return static_template(c, name, arg);
}

static bool compile_value(struct cwr_compiler *c, const char *action,
                          const struct cw_arg_spec *spec, const struct cw_node *node,
                          struct cwr_arg *arg)
{
    struct cw_text text;
    const char *name = cwr_keep(c, cw_text_of(spec->name));
    if (!name)
        return false;
    arg->name = cw_text_of(name);
    arg->place = cwr_keep_place(c, cw_node_place(node));
    if (spec->is_bool) {
        arg->is_bool = true;
        if (cwr_scalar_bool(node, &arg->truth))
            return true;
        cwr_fault(c, node, "bad-value", NULL, "`%s` is true or false", spec->name);
        return false;
    }
    if (spec->kind == CW_ARG_CONFIGS || spec->kind == CW_ARG_TREE || spec->kind == CW_ARG_VALUE) {
        struct cwr_tree *tree = cwr_take(c, sizeof *tree);
        arg->tree = tree;
        return tree && (spec->kind == CW_ARG_CONFIGS
                            ? cwr_compile_configs(c, action, spec->name, node, tree)
                            : cwr_compile_tree(c, node, tree));
    }
    if (!cwr_want_text(c, node, spec->name, &text))
        return false;
    if (spec->choices)
        return compile_choice(c, spec, node, arg);
    if (spec->kind == CW_ARG_DURATION)
        return compile_length(c, node, text, arg);
    if (spec->kind == CW_ARG_FACT)
        return compile_fact_name(c, node, text, arg);
    if (spec->kind == CW_ARG_MOMENT)
        return compile_moment(c, spec, node, arg);
    arg->tpl = cwr_compile_template(c, node);
    if (!arg->tpl)
        return false;
    return spec->kind == CW_ARG_WHO      ? compile_recipient(c, node, arg)
           : spec->kind == CW_ARG_CONFIG ? cwr_judge(c, action, spec->name, NULL, node)
                                         : true;
}

/* What its templates may read, and whether all of it is known when the rule decides. */
static bool compile_arg_value(struct cwr_compiler *c, const char *action,
                              const struct cw_arg_spec *spec, const struct cw_node *node,
                              struct cwr_arg *arg)
{
    c->at.in_secret = spec->kind >= CW_ARG_CONFIG;
    c->at.in_config = arg->is_config = spec->kind == CW_ARG_CONFIG || spec->kind == CW_ARG_CONFIGS;
    c->at.is_late = false;
    bool good = compile_value(c, action, spec, node, arg);
    arg->is_late = c->at.is_late;
    c->at.in_secret = c->at.in_config = false;
    return good;
}

static const struct cw_arg_spec *find_arg(struct cwr_compiler *c, const struct cw_action_spec *spec,
                                          const struct cw_node *key)
{
    const char *words[64];
    struct cw_text name = cw_node_text(key);
    size_t n = 0;
    for (const struct cw_arg_spec *arg = spec->args; arg && arg->name; arg++) {
        if (cw_text_is(name, arg->name)) {
            if (arg->later)
                cwr_later(c, cw_node_place(key), name);
            return arg->later ? NULL : arg;
        }
        if (!arg->later && n < 64)
            words[n++] = arg->name;
    }
    cwr_fault(c, key, "unknown-argument", cwr_did_you_mean(c, name, words, n),
              "`%s` has no argument `%.*s`", spec->name, (int)(name.len > 60 ? 60 : name.len),
              name.at);
    return NULL;
}

static void check_required(struct cwr_compiler *c, const struct cw_action_spec *spec,
                           const struct cw_node *node, const struct cw_node *map)
{
    for (const struct cw_arg_spec *arg = spec->args; arg && arg->name; arg++) {
        bool given = map ? cw_node_get(map, arg->name) != NULL
                         : spec->scalar && strcmp(spec->scalar, arg->name) == 0;
        if (arg->required && !arg->later && !given)
            cwr_fault(c, node, "missing-key", NULL, "`%s` needs `%s`", spec->name, arg->name);
    }
}

/* Arguments that do not go together. */
static void check_pairs(struct cwr_compiler *c, const struct cw_action_spec *spec,
                        const struct cw_node *map)
{
    for (const struct cw_arg_spec *arg = spec->args; arg && arg->name; arg++) {
        const struct cw_node *other = arg->not_with ? cw_node_get(map, arg->not_with) : NULL;
        if (other && cw_text_is(cw_node_text(other), arg->not_word) && cw_node_get(map, arg->name))
            cwr_fault(c, cw_node_get(map, arg->name), "bad-value", NULL,
                      "`%s` cannot be sent with `%s: %s`", arg->name, arg->not_with, arg->not_word);
    }
}

/* An argument that the action has not got names a fact to set. */
static bool is_fact(const struct cw_action_spec *spec, struct cw_text name)
{
    const struct cw_arg_spec *arg = spec->args;
    while (arg && arg->name && !cw_text_is(name, arg->name))
        arg++;
    return spec->sets && !(arg && arg->name);
}

static bool compile_fact(struct cwr_compiler *c, const struct cw_action_spec *spec,
                         const struct cw_node *key, const struct cw_node *value,
                         struct cwr_arg *out)
{
    const struct cw_arg_spec arg = {.name = cw_node_text(key).at, .kind = CW_ARG_VALUE};
    if (!cwr_check_fact(c, key, cw_node_text(key)))
        return false;
    cwr_note_set(c, cw_node_text(key));
    return compile_arg_value(c, spec->name, &arg, value, out);
}

static void compile_args(struct cwr_compiler *c, const struct cw_action_spec *spec,
                         const struct cw_node *map, struct cwr_action *out)
{
    size_t n = cw_node_count(map), facts = 0;
    struct cwr_arg *args = cwr_take(c, n * sizeof *args);
    for (size_t i = 0; args && i < n; i++) {
        const struct cw_node *key = cw_node_key(map, i), *value = cw_node_value(map, i);
        bool fact = is_fact(spec, cw_node_text(key));
        const struct cw_arg_spec *arg = fact ? NULL : find_arg(c, spec, key);
        if (fact ? compile_fact(c, spec, key, value, &args[out->n_args])
                 : arg && compile_arg_value(c, spec->name, arg, value, &args[out->n_args]))
            out->n_args++;
        facts += fact;
    }
    if (spec->sets && !facts)
        cwr_fault(c, map, "missing-key", "write `lunch: true`", "`%s` names no fact", spec->name);
    out->args = args;
}

static void compile_scalar(struct cwr_compiler *c, const struct cw_action_spec *spec,
                           const struct cw_node *key, const struct cw_node *node,
                           struct cwr_action *out)
{
    const struct cw_arg_spec *arg = spec->args;
    while (spec->scalar && arg && arg->name && strcmp(arg->name, spec->scalar) != 0)
        arg++;
    bool nothing = cwr_scalar(node).kind == CW_NULL;
    if (nothing && spec->bare)
        return;
    if (!spec->scalar || !arg || !arg->name) {
        cwr_fault(c, node, "wrong-kind", NULL, "`%s` takes a mapping of arguments", spec->name);
        return;
    }
    if (arg->later) {
        cwr_later(c, cw_node_place(key), cw_text_of(arg->name));
        return;
    }
    struct cwr_arg *made = cwr_take(c, sizeof *made);
    if (made && compile_arg_value(c, spec->name, arg, node, made))
        out->n_args = 1;
    out->args = made;
}

static void compile_one(struct cwr_compiler *c, const struct cw_node *key,
                        const struct cw_node *value, struct cwr_action *out)
{
    const struct cw_action_spec *spec = find_action(c, key);
    if (!spec)
        return;
    out->name = cwr_keep(c, cw_text_of(spec->name));
    out->place = cwr_keep_place(c, cw_node_place(key));
    out->timer = spec->timer;
    out->now_only = spec->now_only;
    out->expires_ms = spec->expires_ms ? spec->expires_ms : DAY_MS;
    if (!value) {
        if (!spec->bare)
            cwr_fault(c, key, "missing-key", NULL, "`%s` needs arguments", spec->name);
        return;
    }
    if (cw_node_kind(value) == CW_NODE_SEQ) {
        cwr_fault(c, value, "wrong-kind", NULL, "`%s` takes %s, not a list", spec->name,
                  spec->scalar ? "one value" : "a mapping of arguments");
        return;
    }
    bool map = cw_node_kind(value) == CW_NODE_MAP;
    if (map) {
        compile_args(c, spec, value, out);
        check_pairs(c, spec, value);
    } else
        compile_scalar(c, spec, key, value, out);
    if (map || spec->scalar)
        check_required(c, spec, key, map ? value : NULL);
}

static void compile_item(struct cwr_compiler *c, const struct cw_node *node, struct cwr_action *out)
{
    struct cw_text text;
    if (cw_node_kind(node) == CW_NODE_SCALAR) {
        if (cwr_want_text(c, node, "an action", &text))
            compile_one(c, node, NULL, out);
    } else if (cw_node_kind(node) == CW_NODE_MAP && cw_node_count(node) == 1) {
        compile_one(c, cw_node_key(node, 0), cw_node_value(node, 0), out);
    } else if (cw_node_kind(node) == CW_NODE_MAP && cw_node_count(node) > 1) {
        cwr_fault(c, cw_node_key(node, 1), "wrong-kind", "write a list: one `- action:` each",
                  "one action per mapping");
    } else {
        cwr_fault(c, node, "wrong-kind", NULL, "an action is a word or a mapping with one key");
    }
}

void cwr_compile_actions(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule)
{
    bool list = cw_node_kind(node) == CW_NODE_SEQ;
    size_t n = list ? cw_node_count(node) : 1;
    if (!n)
        cwr_fault(c, node, "bad-value", NULL, "this list of actions is empty");
    if (n > 100) {
        cwr_fault(c, node, "too-large", NULL, "a rule has at most 100 actions");
        return;
    }
    struct cwr_action *actions = cwr_take(c, n * sizeof *actions);
    for (size_t i = 0; actions && i < n; i++)
        compile_item(c, list ? cw_node_item(node, i) : node, &actions[i]);
    rule->actions = actions;
    rule->n_actions = actions ? n : 0;
    for (size_t i = 0; i < rule->n_actions; i++) {
        rule->has_timer |= actions[i].timer;
        rule->answers |= actions[i].now_only;
    }
}
