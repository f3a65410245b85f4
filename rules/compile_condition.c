/* compile_condition: `if`, and what stands inside any_item and every_item. */
#include <string.h>

#include "buf.h"
#include "compile.h"

/* ---- all, any, not ---- */

/* A condition that speaks of nothing but facts is printed once, here. */
static bool fold_residual(struct cwr_compiler *c, struct cwr_condition *made)
{
    static const char *const words[] = {[CWR_ALL] = "all", [CWR_ANY] = "any", [CWR_NOT] = "not"};
    for (size_t i = 0; i < made->n; i++)
        if (!made->items[i].residual.len)
            return true;
    if (made->kind != CWR_NOT && made->n == 1) {
        made->residual = made->items[0].residual;
        return true;
    }
    struct cwr_buf buf = cwr_buf_in(c->arena);
    cwr_buf_printf(&buf, "{\"%s\":%s", words[made->kind], made->kind == CWR_NOT ? "" : "[");
    for (size_t i = 0; i < made->n; i++) {
        cwr_buf_puts(&buf, i ? "," : "");
        cwr_buf_put(&buf, made->items[i].residual);
    }
    cwr_buf_puts(&buf, made->kind == CWR_NOT ? "}" : "]}");
    return cwr_keep_residual(c, &buf, &made->residual);
}

static bool compile_many(struct cwr_compiler *c, const struct cw_node *key,
                         const struct cw_node *node, struct cwr_condition *out)
{
    bool good = true;
    out->kind = cw_text_is(cw_node_text(key), "any") ? CWR_ANY : CWR_ALL;
    if (cw_node_kind(node) != CW_NODE_SEQ) {
        cwr_fault(c, node, "wrong-kind", NULL, "`%s` takes a list of conditions",
                  out->kind == CWR_ANY ? "any" : "all");
        return false;
    }
    if (!cw_node_count(node)) {
        cwr_fault(c, node, "bad-value", NULL, "this list of conditions is empty");
        return false;
    }
    struct cwr_condition *items = cwr_take(c, cw_node_count(node) * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < cw_node_count(node); i++)
        good &= cwr_compile_condition(c, cw_node_item(node, i), &items[i]);
    out->items = items;
    out->n = cw_node_count(node);
    return good && fold_residual(c, out);
}

static bool compile_not(struct cwr_compiler *c, const struct cw_node *node,
                        struct cwr_condition *out)
{
    struct cwr_condition *item = cwr_take(c, sizeof *item);
    out->kind = CWR_NOT;
    if (!item)
        return false;
    c->at.nots++;
    bool good = cwr_compile_condition(c, node, item);
    c->at.nots--;
    out->items = item;
    out->n = 1;
    return good && fold_residual(c, out);
}

static bool is_path(struct cw_text text)
{
    return text.len && (memchr(text.at, '.', text.len) || memchr(text.at, '[', text.len) ||
                        cw_text_is(text, "item"));
}

static bool unknown_key(struct cwr_compiler *c, const struct cw_node *key)
{
    struct cw_text text = cw_node_text(key);
    const char *hint = cw_text_is(text, "state") ? "a fact is written state.name"
                                                 : cwr_mean_key(c, text, &cwr_condition_keys);
    cwr_fault(c, key, "unknown-key", hint ? hint : cwr_mean_event(c, text),
              "a condition has no key `%.*s`", (int)(text.len > 100 ? 100 : text.len), text.at);
    return false;
}

static bool compile_key(struct cwr_compiler *c, const struct cw_node *key,
                        const struct cw_node *node, struct cwr_condition *out)
{
    struct cw_text text = cw_node_text(key);
    struct cwr_ref ref;
    *out = (struct cwr_condition){.place = cwr_keep_place(c, cw_node_place(key))};
    if (cw_text_is(text, "all") || cw_text_is(text, "any"))
        return compile_many(c, key, node, out);
    if (cw_text_is(text, "not"))
        return compile_not(c, node, out);
    if (cw_text_is(text, "timer") || cw_text_is(text, "paused_by") ||
        cw_text_is(text, "started_by") || cw_text_is(text, "during"))
        return cwr_compile_fact(c, key, node, out);
    if (!is_path(text))
        return unknown_key(c, key);
    if (!cwr_compile_key(c, key, &ref))
        return false;
    bool fact = ref.root == CWR_ROOT_TIMER || ref.root == CWR_ROOT_STATE;
    return fact ? cwr_compile_fact_path(c, &ref, key, node, out)
                : cwr_compile_matcher(c, &ref, node, out);
}

bool cwr_compile_condition(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_condition *out)
{
    bool good = true;
    size_t n = cw_node_count(node);
    if (!cwr_want_map(c, node, "a condition"))
        return false;
    if (!n) {
        cwr_fault(c, node, "bad-value", NULL, "this condition is empty");
        return false;
    }
    if (n == 1)
        return compile_key(c, cw_node_key(node, 0), cw_node_value(node, 0), out);
    struct cwr_condition *items = cwr_take(c, n * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < n; i++)
        good &= compile_key(c, cw_node_key(node, i), cw_node_value(node, i), &items[i]);
    *out = (struct cwr_condition){.kind = CWR_ALL, .items = items, .n = n};
    out->place = cwr_keep_place(c, cw_node_place(node));
    return good && fold_residual(c, out);
}
