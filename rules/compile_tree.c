/* compile_tree: arguments that are more than one text: any YAML value with templates in it, and
 * mappings of names to templates. */
#include <string.h>

#include "buf.h"
#include "compile.h"

enum { CONFIGS = 32 };

/* Text of 12 is the number 12 and text of "12" is a text, as YAML has them. */
static bool compile_scalar(struct cwr_compiler *c, const struct cw_node *node, struct cwr_tree *out)
{
    struct cw_value value = cwr_scalar(node);
    struct cw_text made;
    if (value.kind == CW_STRING) {
        bool others = c->at.is_late;
        out->kind = CWR_TREE_TEMPLATE;
        c->at.is_late = false;
        out->tpl = cwr_compile_template(c, node);
        out->is_late = c->at.is_late;
        c->at.is_late |= others;
        return out->tpl != NULL;
    }
    out->kind = CWR_TREE_JSON;
    if (cw_value_print(&value, c->arena, &made)) {
        c->no_memory = true;
        return false;
    }
    out->json = made;
    return true;
}

static bool compile_name(struct cwr_compiler *c, const struct cw_node *key, struct cwr_tree *out)
{
    struct cw_text name = cw_node_text(key);
    if (memmem(name.at, name.len, "${", 2)) {
        cwr_fault(c, key, "bad-template", NULL, "a name is no template");
        return false;
    }
    out->name = (struct cw_text){cwr_keep(c, name), name.len};
    return !c->no_memory;
}

/* The document's reader has bounded how deep it is. */
bool cwr_compile_tree(struct cwr_compiler *c, const struct cw_node *node, struct cwr_tree *out)
{
    if (cw_node_kind(node) == CW_NODE_SCALAR)
        return compile_scalar(c, node, out);
    bool map = cw_node_kind(node) == CW_NODE_MAP, good = true;
    size_t n = cw_node_count(node);
    struct cwr_tree *items = cwr_take(c, n * sizeof *items);
    for (size_t i = 0; items && i < n && !c->no_memory; i++) {
        const struct cw_node *value = map ? cw_node_value(node, i) : cw_node_item(node, i);
        good = (!map || compile_name(c, cw_node_key(node, i), &items[i])) && good;
        good = cwr_compile_tree(c, value, &items[i]) && good;
    }
    out->kind = map ? CWR_TREE_MAP : CWR_TREE_LIST;
    out->items = items;
    out->n = n;
    return good && items;
}

bool cwr_judge(struct cwr_compiler *c, const char *action, const char *argument,
               const struct cw_node *name, const struct cw_node *node)
{
    struct cw_text none = {NULL, 0};
    struct cw_error err = {0};
    if (!c->catalogue->judge ||
        c->catalogue->judge(c->catalogue->judge_ctx, action, argument,
                            name ? cw_node_text(name) : none, cw_node_text(node), &err) == CW_OK)
        return true;
    cwr_fault(c, name ? name : node, "bad-value", NULL, "%s", err.text);
    return false;
}

bool cwr_compile_configs(struct cwr_compiler *c, const char *action, const char *argument,
                         const struct cw_node *node, struct cwr_tree *out)
{
    if (cw_node_kind(node) != CW_NODE_MAP) {
        cwr_fault(c, node, "wrong-kind", NULL, "`%s` is a mapping of names to texts", argument);
        return false;
    }
    size_t n = cw_node_count(node);
    bool good = true;
    struct cw_text text;
    struct cwr_tree *items = cwr_take(c, n * sizeof *items);
    if (n > CONFIGS) {
        cwr_fault(c, node, "too-large", NULL, "`%s` has more than %d entries", argument, CONFIGS);
        return false;
    }
    for (size_t i = 0; items && i < n && !c->no_memory; i++) {
        const struct cw_node *key = cw_node_key(node, i), *value = cw_node_value(node, i);
        items[i].kind = CWR_TREE_TEMPLATE;
        items[i].is_late = true; /* all of them are texts */
        if (!cwr_want_text(c, value, "a value", &text) || !compile_name(c, key, &items[i]) ||
            !cwr_judge(c, action, argument, key, value) ||
            !(items[i].tpl = cwr_compile_template(c, value)))
            good = false;
    }
    *out = (struct cwr_tree){.kind = CWR_TREE_MAP, .items = items, .n = n};
    return good && items;
}
