/* compile_fact: what `if` asks of the person's timer and of their own facts. Nothing of it is known
 * yet: it is printed, to be asked when it is. */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "fact.h"
#include "operand.h"

bool cwr_keep_residual(struct cwr_compiler *c, struct cwr_buf *buf, struct cw_text *out)
{
    enum cw_status status = cwr_buf_end(buf, out);
    c->no_memory |= status != CW_OK;
    return status == CW_OK;
}

static bool add_state(struct cwr_compiler *c, const struct cw_node *node, struct cwr_buf *buf)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "a state of the timer", &text))
        return false;
    for (size_t i = 0; cwr_timer_words[i]; i++) {
        if (!cw_text_is(text, cwr_timer_words[i]))
            continue;
        cwr_buf_puts(buf, buf->at[buf->len - 1] == '[' ? "" : ",");
        cwr_buf_json_string(buf, text);
        return true;
    }
    cwr_fault(c, node, "bad-value",
              cwr_did_you_mean(c, text, cwr_timer_words, cwr_words(cwr_timer_words)),
              "a timer is running, paused or stopped");
    return false;
}

static bool compile_timer(struct cwr_compiler *c, const struct cw_node *node,
                          struct cwr_condition *out)
{
    struct cwr_buf buf = cwr_buf_in(c->arena);
    bool good = true;
    cwr_buf_puts(&buf, "{\"timer\":[");
    if (buf.status) {
        c->no_memory = true;
        return false;
    }
    if (cw_node_kind(node) != CW_NODE_SEQ) {
        good = add_state(c, node, &buf);
    } else if (!cw_node_count(node)) {
        cwr_fault(c, node, "bad-value", NULL, "this list is empty");
        return false;
    }
    for (size_t i = 0; cw_node_kind(node) == CW_NODE_SEQ && i < cw_node_count(node); i++)
        good &= add_state(c, cw_node_item(node, i), &buf);
    cwr_buf_puts(&buf, "]}");
    return good && cwr_keep_residual(c, &buf, &out->residual);
}

static const char *nearest_rule(struct cwr_compiler *c, struct cw_text id)
{
    size_t n = c->rules->n_rules;
    const char **words = cw_arena_take(c->passing, (n + 1) * sizeof *words);
    size_t used = 0;
    for (size_t i = 0; words && i < n && cw_diags_total(c->diags) < 200; i++)
        if (c->rules->rules[i].id.len)
            words[used++] = c->rules->rules[i].id.at;
    return words ? cwr_did_you_mean(c, id, words, used) : NULL;
}

static bool compile_by(struct cwr_compiler *c, const char *what, const struct cw_node *node,
                       struct cwr_condition *out)
{
    struct cw_text id;
    if (!cwr_want_word(c, node, "the id of a rule", &id))
        return false;
    if (cwr_map_get(&c->rules->ids, id) == CWR_NOWHERE) {
        cwr_fault(c, node, "unknown-rule", nearest_rule(c, id), "there is no rule `%.*s`",
                  (int)(id.len > 60 ? 60 : id.len), id.at);
        return false;
    }
    c->bys = cwr_grow(c, c->scratch, c->bys, c->n_bys, sizeof *c->bys);
    if (!c->bys)
        return false;
    c->bys[c->n_bys++] = (struct cwr_by){cwr_map_get(&c->rules->ids, id), *what == 'p',
                                         cwr_keep_place(c, cw_node_place(node))};
    struct cwr_buf buf = cwr_buf_in(c->arena);
    cwr_buf_printf(&buf, "{\"%s\":", what);
    cwr_buf_json_string(&buf, id);
    cwr_buf_puts(&buf, "}");
    return cwr_keep_residual(c, &buf, &out->residual);
}

static bool may_ask(struct cwr_compiler *c, const struct cw_node *key)
{
    struct cw_text text = cw_node_text(key);
    if (c->at.items)
        cwr_fault(c, key, "bad-value", NULL, "`%.*s` cannot be asked inside any_item or every_item",
                  (int)(text.len > 100 ? 100 : text.len), text.at);
    return !c->at.items;
}

bool cwr_compile_fact(struct cwr_compiler *c, const struct cw_node *key, const struct cw_node *node,
                      struct cwr_condition *out)
{
    struct cw_text text = cw_node_text(key);
    out->kind = CWR_FACT;
    if (!may_ask(c, key))
        return false;
    if (cw_text_is(text, "during"))
        return cwr_compile_during(c, node, out);
    if (cw_text_is(text, "timer"))
        return compile_timer(c, node, out);
    return compile_by(c, cw_text_is(text, "paused_by") ? "paused_by" : "started_by", node, out);
}

/* ---- timer.x and state.x ---- */

static bool no_operator(struct cwr_compiler *c, const struct cwr_test *test,
                        const struct cwr_ref *ref, const char *hint)
{
    cwr_fault_at(c, test->place, "bad-value", hint, "`%s` says nothing about `%.*s`",
                 cwr_matcher_keys.at[test->op].name, (int)ref->name.len, ref->name.at);
    return false;
}

static bool check_state(struct cwr_compiler *c, const struct cwr_test *test)
{
    size_t n = cwr_words(cwr_timer_words);
    for (size_t i = 0; i < test->n; i++) {
        struct cw_text text = test->operands[i].text;
        size_t k = 0;
        while (k < n && !cw_text_is(text, cwr_timer_words[k]))
            k++;
        if (k < n)
            continue;
        cwr_fault_at(c, test->place, "bad-value", cwr_did_you_mean(c, text, cwr_timer_words, n),
                     "a timer is running, paused or stopped");
        return false;
    }
    return true;
}

/* Whether an operator can be true of this fact at all. */
static bool check_test(struct cwr_compiler *c, const struct cwr_ref *ref,
                       const struct cwr_test *test)
{
    enum cwr_op op = test->op;
    bool of_items = op == CWR_OP_ANY_ITEM || op == CWR_OP_EVERY_ITEM;
    bool of_spans = op >= CWR_OP_ABOVE && op <= CWR_OP_AT_MOST;
    bool of_moments = op == CWR_OP_BEFORE || op == CWR_OP_AFTER;
    bool of_words = op <= CWR_OP_NOT_IN;
    if (op == CWR_OP_EXISTS)
        return true;
    if (ref->root == CWR_ROOT_STATE)
        return !of_items || no_operator(c, test, ref, "`contains` does");
    switch (cwr_fact_kind_of(cwr_fact_named(ref->path.steps[1].name))) {
    case CWR_FACT_SPAN:
        return of_spans || no_operator(c, test, ref, "write `at_least: 3 hours`");
    case CWR_FACT_MOMENT:
        return of_moments || no_operator(c, test, ref, "`before` and `after` do");
    case CWR_FACT_STATE:
        return of_words ? check_state(c, test) : no_operator(c, test, ref, NULL);
    default:
        return !(of_items || of_spans || of_moments) || no_operator(c, test, ref, NULL);
    }
}

bool cwr_compile_fact_path(struct cwr_compiler *c, const struct cwr_ref *ref,
                           const struct cw_node *key, const struct cw_node *node,
                           struct cwr_condition *out)
{
    struct cwr_condition made;
    if (!may_ask(c, key))
        return false;
    c->at.nots++; /* it is asked too late for anything to come from its captures */
    bool good = cwr_compile_matcher(c, ref, node, &made);
    c->at.nots--;
    for (size_t i = 0; good && i < made.predicate->n; i++)
        good = check_test(c, ref, &made.predicate->tests[i]);
    struct cwr_buf buf = cwr_buf_in(c->arena);
    out->kind = CWR_FACT;
    if (!good)
        return false;
    cwr_buf_puts(&buf, "{");
    cwr_buf_json_string(&buf, ref->name);
    cwr_buf_puts(&buf, ":");
    cwr_matcher_print(made.predicate, &buf);
    cwr_buf_puts(&buf, "}");
    return cwr_keep_residual(c, &buf, &out->residual);
}
