/* compile_matcher: scalar | [scalar+] | { operator: operand, ignore_case } */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "operand.h"

static bool read_scalar(struct cwr_compiler *c, const struct cw_node *node, struct cw_value *out)
{
    if (cw_node_kind(node) != CW_NODE_SCALAR) {
        cwr_fault(c, node, "wrong-kind", NULL, "a matcher compares with a text, number or boolean");
        return false;
    }
    *out = cwr_scalar(node);
    if (!out->text.len || !memmem(out->text.at, out->text.len, "${", 2))
        return true;
    cwr_fault(c, node, "bad-value", NULL,
              "a matcher compares with what stands here; it has no ${...}");
    return false;
}

static bool set(struct cwr_compiler *c, const struct cw_node *node, enum cwr_form form,
                const struct cw_value *values, size_t n, struct cwr_test *test)
{
    struct cw_error err;
    enum cw_status status = cwr_operand_set(form, values, n, c->arena, test, &err);
    c->no_memory |= status == CW_NOMEM;
    if (status == CW_EINVAL)
        cwr_fault(c, node, "bad-value", NULL, "%s", err.text);
    return !status;
}

static bool one_operand(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    struct cw_value value;
    return read_scalar(c, node, &value) && set(c, node, CWR_FORM_SCALAR, &value, 1, test);
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
    struct cw_value *values = cw_arena_take(c->passing, n * sizeof *values);
    c->no_memory |= !values;
    for (size_t i = 0; values && i < n; i++)
        good &= read_scalar(c, cw_node_item(node, i), &values[i]);
    return values && good && set(c, node, CWR_FORM_SCALARS, values, n, test);
}

/* A text, number, duration or moment, which is not empty. */
static bool full_operand(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                         enum cwr_form form, struct cwr_test *test)
{
    struct cw_value value;
    struct cw_text text;
    return cwr_want_text(c, node, what, &text) && read_scalar(c, node, &value) &&
           set(c, node, form, &value, 1, test);
}

static bool text_operand(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    return full_operand(c, node, "what this operator looks for", CWR_FORM_TEXT, test);
}

static bool number_operand(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_test *test)
{
    return full_operand(c, node, "what to compare with", CWR_FORM_NUMBER, test);
}

static bool moment_operand(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_test *test)
{
    return full_operand(c, node, "a moment", CWR_FORM_MOMENT, test);
}

static bool truth_operand(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    struct cw_value value = {.kind = CW_MISSING};
    if (cw_node_kind(node) == CW_NODE_SCALAR)
        value = cwr_scalar(node);
    return set(c, node, CWR_FORM_BOOL, &value, 1, test);
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
