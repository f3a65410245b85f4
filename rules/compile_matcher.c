/* compile_matcher: scalar | [scalar+] | { operator: operand, ignore_case } */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "fold.h"
#include "moment.h"

static bool keep_operand(struct cwr_compiler *c, const struct cw_node *node, bool ignore_case,
                         struct cw_value *out)
{
    if (cw_node_kind(node) != CW_NODE_SCALAR) {
        cwr_fault(c, node, "wrong-kind", NULL, "a matcher compares with a text, number or boolean");
        return false;
    }
    struct cw_value value = cwr_scalar(node);
    if (value.text.len && memmem(value.text.at, value.text.len, "${", 2)) {
        cwr_fault(c, node, "bad-value", NULL,
                  "a matcher compares with what stands here; it has no ${...}");
        return false;
    }
    struct cw_text text = value.text;
    enum cw_status status = CW_OK;
    if (ignore_case && value.kind == CW_STRING)
        status = cwr_case_text(CWR_CASE_FOLD, text, c->arena, &text);
    else
        text.at = cwr_keep(c, text);
    c->no_memory |= status || !text.at;
    value.text = text;
    *out = value;
    return !c->no_memory;
}

static bool one_operand(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    struct cw_value *value = cwr_take(c, sizeof *value);
    if (!value)
        return false;
    test->operands = value;
    test->n = 1;
    return keep_operand(c, node, test->ignore_case, value);
}

static bool many_operands(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    size_t n = cw_node_count(node);
    bool good = true;
    if (cw_node_kind(node) != CW_NODE_SEQ) {
        cwr_fault(c, node, "wrong-kind", NULL, "this operator takes a list");
        return false;
    }
    if (!n) {
        cwr_fault(c, node, "bad-value", NULL, "this list is empty, so nothing is in it");
        return false;
    }
    struct cw_value *values = cwr_take(c, n * sizeof *values);
    for (size_t i = 0; values && i < n; i++)
        good &= keep_operand(c, cw_node_item(node, i), test->ignore_case, &values[i]);
    test->operands = values;
    test->n = n;
    return values && good;
}

static bool text_operand(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "what this operator looks for", &text))
        return false;
    struct cw_value *value = cwr_take(c, sizeof *value);
    if (!value || !keep_operand(c, node, test->ignore_case, value))
        return false;
    if (test->ignore_case && value->kind != CW_STRING &&
        cwr_case_text(CWR_CASE_FOLD, text, c->arena, &value->text))
        c->no_memory = true;
    value->kind = CW_STRING; /* `starts_with: 007` looks for these digits */
    test->operands = value;
    test->n = 1;
    return !c->no_memory;
}

static bool truth_operand(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    if (cwr_scalar_bool(node, &test->wanted))
        return true;
    cwr_fault(c, node, "bad-value", NULL, "`exists` is true or false");
    return false;
}

/* A duration becomes its seconds, so that a plain number in an event can be compared with it. */
static bool number_operand(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_test *test)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "what to compare with", &text))
        return false;
    struct cw_value *value = cwr_take(c, sizeof *value);
    if (!value)
        return false;
    *value = cwr_scalar(node);
    test->operands = value;
    test->n = 1;
    if (value->kind == CW_NUMBER)
        return (value->text.at = cwr_keep(c, text)) != NULL;
    if (cw_duration_parse(text, &test->ms, NULL)) {
        cwr_fault(c, node, "bad-value", NULL,
                  "this operator compares with a number or a duration such as `4 hours`");
        return false;
    }
    struct cwr_buf buf = cwr_buf_in(c->arena);
    cwr_buf_printf(&buf, "%lld.%03d", (long long)(test->ms / 1000), (int)(test->ms % 1000));
    c->no_memory |= cwr_buf_end(&buf, &value->text) != CW_OK;
    test->is_duration = true;
    return !c->no_memory;
}

static bool moment_operand(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_test *test)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "a moment", &text))
        return false;
    if (cwr_moment_read(text, &test->ms))
        return true;
    cwr_fault(c, node, "bad-value", NULL, "a moment is written 2026-03-02T10:00:00Z or 2026-03-02");
    return false;
}

static bool condition_operand(struct cwr_compiler *c, const struct cw_node *node,
                              struct cwr_test *test)
{
    struct cwr_condition *condition = cwr_take(c, sizeof *condition);
    if (!condition)
        return false;
    c->at.items++;
    bool good = cwr_compile_condition(c, node, condition);
    c->at.items--;
    test->condition = condition;
    return good;
}

typedef bool (*operand_fn)(struct cwr_compiler *, const struct cw_node *, struct cwr_test *);

static bool compile_operand(struct cwr_compiler *c, enum cwr_form form, const struct cw_node *node,
                            struct cwr_test *test)
{
    static const operand_fn compile[CWR_FORMS] = {
        [CWR_FORM_SCALAR] = one_operand,    [CWR_FORM_SCALARS] = many_operands,
        [CWR_FORM_TEXT] = text_operand,     [CWR_FORM_PATTERN] = cwr_compile_pattern,
        [CWR_FORM_BOOL] = truth_operand,    [CWR_FORM_NUMBER] = number_operand,
        [CWR_FORM_MOMENT] = moment_operand, [CWR_FORM_ITEM] = condition_operand};
    struct cwr_buf shown = cwr_buf_in(c->arena);
    test->place = cwr_keep_place(c, cw_node_place(node));
    if (cw_node_kind(node) == CW_NODE_SCALAR)
        cwr_buf_put(&shown, cw_node_text(node));
    for (size_t i = 0; i < cw_node_count(node) && cw_node_kind(node) == CW_NODE_SEQ && i < 8; i++) {
        cwr_buf_puts(&shown, i ? ", " : "");
        cwr_buf_put(&shown, cw_node_text(cw_node_item(node, i)));
    }
    c->no_memory |= cwr_buf_end(&shown, &test->shown) != CW_OK;
    return compile[form](c, node, test) && !c->no_memory;
}

static bool unknown_operator(struct cwr_compiler *c, const struct cw_node *key)
{
    struct cw_text text = cw_node_text(key);
    cwr_fault(c, key, "unknown-key", cwr_mean_key(c, text, &cwr_matcher_keys),
              "there is no operator `%.*s`", (int)(text.len > 60 ? 60 : text.len), text.at);
    return false;
}

static bool compile_operator(struct cwr_compiler *c, const struct cw_node *key,
                             const struct cw_node *node, struct cwr_test *test)
{
    for (size_t i = 0; i <= CWR_OP_EVERY_ITEM; i++) {
        if (!cw_text_is(cw_node_text(key), cwr_matcher_keys.at[i].name))
            continue;
        test->op = (enum cwr_op)i;
        return compile_operand(c, cwr_matcher_keys.at[i].form, node, test);
    }
    return unknown_operator(c, key);
}

static bool get_ignore_case(struct cwr_compiler *c, const struct cw_node *map, bool *out)
{
    const struct cw_node *node = cw_node_get(map, "ignore_case");
    *out = false;
    if (!node || cwr_scalar_bool(node, out))
        return true;
    cwr_fault(c, node, "bad-value", NULL, "`ignore_case` is true or false");
    return false;
}

static bool compile_operators(struct cwr_compiler *c, const struct cw_node *map,
                              struct cwr_predicate *predicate)
{
    size_t n = cw_node_count(map);
    struct cwr_test *tests = cwr_take(c, n * sizeof *tests);
    bool ignore_case, good = get_ignore_case(c, map, &ignore_case);
    for (size_t i = 0; tests && i < n; i++) {
        const struct cw_node *key = cw_node_key(map, i);
        if (cw_text_is(cw_node_text(key), "ignore_case"))
            continue;
        tests[predicate->n].ignore_case = ignore_case;
        good &= compile_operator(c, key, cw_node_value(map, i), &tests[predicate->n++]);
    }
    predicate->tests = tests;
    if (!tests || predicate->n)
        return tests && good;
    cwr_fault(c, map, "missing-key", NULL, "an operator is missing here, such as `is` or `like`");
    return false;
}

bool cwr_compile_matcher(struct cwr_compiler *c, const struct cwr_ref *ref,
                         const struct cw_node *node, struct cwr_condition *out)
{
    struct cwr_predicate *predicate = cwr_take(c, sizeof *predicate);
    *out = (struct cwr_condition){.kind = CWR_PREDICATE, .predicate = predicate};
    out->place = cwr_keep_place(c, cw_node_place(node));
    if (!predicate)
        return false;
    predicate->ref = *ref;
    if (ref->root == CWR_ROOT_USER && c->at.rule)
        c->at.rule->asks_person = true;
    if (cw_node_kind(node) == CW_NODE_MAP)
        return compile_operators(c, node, predicate);
    bool many = cw_node_kind(node) == CW_NODE_SEQ;
    struct cwr_test *test = cwr_take(c, sizeof *test);
    if (!test)
        return false;
    test->op = many ? CWR_OP_IN : CWR_OP_IS;
    predicate->tests = test;
    predicate->n = 1;
    return compile_operand(c, many ? CWR_FORM_SCALARS : CWR_FORM_SCALAR, node, test);
}
