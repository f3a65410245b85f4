/* compile_rule: the section `rules`. All ids come first, so that conditions can name any rule. */
#include <string.h>

#include "compile.h"
#include "node.h"

static bool is_slug(struct cw_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!(c >= 'a' && c <= 'z') && (i == 0 || !((c >= '0' && c <= '9') || c == '-')))
            return false;
    }
    return text.len > 0 && text.len <= 100;
}

/* ---- Ids ---- */

static void add_id(struct cwr_compiler *c, const struct cw_node *node, uint32_t i)
{
    struct cwr_rule *rule = &c->rules->rules[i];
    struct cw_text text;
    if (!cwr_want_word(c, node, "the id of a rule", &text))
        return;
    if (!is_slug(text)) {
        cwr_fault(c, node, "bad-name", NULL,
                  "an id is made of small letters, digits and -, and begins with a letter");
        return;
    }
    uint32_t other = cwr_map_get(&c->rules->ids, text);
    if (other != CWR_NOWHERE) {
        cwr_fault(c, node, "duplicate-id", NULL, "there is a rule `%.*s` already (%s)",
                  (int)text.len, text.at,
                  cwr_where(c, c->rules->rules[other].place, cw_node_place(node)));
        return;
    }
    const char *copy = cwr_keep(c, text);
    if (!copy)
        return;
    rule->id = (struct cw_text){copy, text.len};
    rule->place = cwr_keep_place(c, cw_node_place(node));
    c->no_memory |= cwr_map_put(&c->rules->ids, rule->id, i) != CW_OK;
}

static bool is_meant(const struct cw_node *map, const char *key)
{
    return cwr_is_meant(map, &cwr_rule_keys, key);
}

static void add_ids(struct cwr_compiler *c, const struct cw_node *list)
{
    for (size_t i = 0; i < cw_node_count(list) && !c->no_memory; i++) {
        const struct cw_node *map = cw_node_item(list, i), *id;
        c->rules->rules[i].place = cwr_keep_place(c, cw_node_place(map));
        if (!cwr_want_map(c, map, "a rule"))
            continue;
        id = cw_node_get(map, "id");
        if (id)
            add_id(c, id, (uint32_t)i);
        else if (!is_meant(map, "id"))
            cwr_fault(c, map, "missing-key", NULL, "a rule needs an `id`");
        cw_arena_reset(c->passing);
    }
}

/* ---- One rule ---- */

static void compile_enabled(struct cwr_compiler *c, const struct cw_node *node,
                            struct cwr_rule *rule)
{
    rule->enabled = rule->yields = true;
    if (node && !cwr_scalar_bool(node, &rule->enabled))
        cwr_fault(c, node, "bad-value", NULL, "`enabled` is true or false");
}

static void compile_name(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cw_text text;
    if (node && !cwr_want_text(c, node, "`name`", &text))
        return;
}

/* `user` without an expression is event.user, which belongs to what the rule reads then. */
static void read_event_user(struct cwr_compiler *c)
{
    struct cw_path path;
    struct cwr_ref ref;
    if (cw_path_parse(CW_TEXT("event.user"), c->arena, &path, NULL))
        c->no_memory = true;
    else
        cwr_compile_ref(c, path, (struct cw_place){0}, &ref);
}

static void compile_condition(struct cwr_compiler *c, const struct cw_node *node,
                              struct cwr_rule *rule)
{
    struct cwr_condition *condition = node ? cwr_take(c, sizeof *condition) : NULL;
    c->at.in_if = true;
    if (condition && cwr_compile_condition(c, node, condition))
        rule->condition = condition;
    c->at.in_if = false;
}

static const struct cw_node *want(struct cwr_compiler *c, const struct cw_node *map,
                                  const char *key)
{
    const struct cw_node *node = cw_node_get(map, key), *id = cw_node_get(map, "id");
    if (!node && !is_meant(map, key))
        cwr_fault(c, id ? id : map, "missing-key", NULL, "a rule needs `%s`", key);
    return node;
}

static void *keep_list(struct cwr_compiler *c, const void *items, size_t n, size_t size)
{
    void *made = cwr_take(c, n * size);
    if (made && n)
        memcpy(made, items, n * size);
    return made;
}

static void keep_state(struct cwr_compiler *c, struct cwr_rule *rule)
{
    struct cw_text *captures = cwr_take(c, c->at.n_captures * sizeof *captures);
    for (size_t i = 0; captures && i < c->at.n_captures; i++) {
        struct cw_text name = c->at.captures[i].name;
        captures[i] = (struct cw_text){cwr_keep(c, name), name.len};
    }
    rule->captures = captures;
    rule->n_captures = c->at.n_captures;
    rule->vars = keep_list(c, c->at.vars, c->at.n_vars, sizeof *rule->vars);
    rule->n_vars = c->at.n_vars;
    rule->reads = keep_list(c, c->at.reads, c->at.n_reads, sizeof *rule->reads);
    rule->n_reads = c->at.n_reads;
}

/* The order matters: patterns are seen before what uses their captures is checked, and `unless`
 * comes last but for the actions, since its captures are nobody's. */
static void compile_rule(struct cwr_compiler *c, const struct cw_node *map, struct cwr_rule *rule)
{
    const struct cw_node *node;
    size_t before = cw_diags_count(c->diags, CW_ERROR);
    c->at = (struct cwr_rule_state){.rule = rule};
    cwr_check_keys(c, map, &cwr_rule_keys);
    rule->digest = cwr_node_digest(map);
    compile_enabled(c, cw_node_get(map, "enabled"), rule);
    compile_name(c, cw_node_get(map, "name"));
    if ((node = want(c, map, "when")))
        cwr_compile_triggers(c, node, &rule->when);
    compile_condition(c, cw_node_get(map, "if"), rule);
    cwr_check_every(c, rule, cw_node_get(map, "user") != NULL);
    if ((node = cw_node_get(map, "user")))
        cwr_compile_who(c, node, rule);
    else
        read_event_user(c);
    cwr_compile_key_of(c, cw_node_get(map, "key"), rule);
    cwr_compile_wait(c, map, rule);
    cwr_compile_course(c, map, rule);
    c->at.nots++;
    c->at.events_of = "unless";
    if ((node = cw_node_get(map, "unless"))) {
        cwr_compile_triggers(c, node, &rule->unless);
        read_event_user(c);
    }
    c->at.events_of = NULL;
    c->at.nots--;
    c->at.in_vars = c->at.in_then = true;
    if ((node = want(c, map, "then")))
        cwr_compile_actions(c, node, rule);
    cwr_compile_expires(c, cw_node_get(map, "expires"), rule);
    cwr_check_captures(c);
    keep_state(c, rule);
    if (!c->no_memory && cw_diags_count(c->diags, CW_ERROR) == before)
        cwr_lint_rule(c, map, rule);
}

void cwr_compile_rules(struct cwr_compiler *c, const struct cw_node *list)
{
    if (cw_node_kind(list) != CW_NODE_SEQ) {
        struct cw_value empty = cwr_scalar(list);
        if (cw_node_kind(list) != CW_NODE_SCALAR || empty.kind != CW_NULL)
            cwr_fault(c, list, "wrong-kind", NULL, "`rules` is a list");
        return;
    }
    size_t n = cw_node_count(list);
    c->rules->rules = cwr_take(c, n * sizeof *c->rules->rules);
    if (!c->rules->rules)
        return;
    c->rules->n_rules = n;
    add_ids(c, list);
    for (size_t i = 0; i < n && !c->no_memory; i++) {
        if (cw_node_kind(cw_node_item(list, i)) == CW_NODE_MAP)
            compile_rule(c, cw_node_item(list, i), &c->rules->rules[i]);
        cw_arena_reset(c->passing);
    }
}
