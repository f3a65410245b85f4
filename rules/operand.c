/* operand: see operand.h. */
#include "operand.h"

#include <string.h>

#include "fold.h"
#include "moment.h"
#include "number.h"

static enum cw_status no_memory(struct cw_error *err)
{
    return cw_fail(err, CW_NOMEM, "memory is short");
}

/* A copy; folded where a text is to be compared in any case. */
static enum cw_status keep(const struct cw_value *value, bool fold, struct cw_arena *arena,
                           struct cw_value *out)
{
    struct cw_text text = value->text;
    *out = *value;
    if (fold && value->kind == CW_STRING)
        return cwr_case_text(CWR_CASE_FOLD, text, arena, &out->text);
    out->text.at = cw_arena_copy(arena, text);
    return out->text.at ? CW_OK : CW_NOMEM;
}

static enum cw_status set_scalars(const struct cw_value *values, size_t n, bool as_text,
                                  struct cw_arena *arena, struct cwr_test *test,
                                  struct cw_error *err)
{
    struct cw_value *made = cw_arena_take(arena, n * sizeof *made);
    enum cw_status status = made ? CW_OK : CW_NOMEM;
    for (size_t i = 0; i < n && !status; i++) {
        struct cw_value value = values[i];
        if (as_text)
            value.kind = CW_STRING; /* `starts_with: 007` looks for these digits */
        status = keep(&value, test->ignore_case, arena, &made[i]);
    }
    if (status)
        return no_memory(err);
    test->operands = made;
    test->n = n;
    return CW_OK;
}

/* A duration becomes its seconds, so that a plain number can be compared with it. */
static enum cw_status set_number(const struct cw_value *value, struct cw_arena *arena,
                                 struct cwr_test *test, struct cw_error *err)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_value seconds = {.kind = CW_NUMBER};
    if (value->kind == CW_NUMBER)
        return set_scalars(value, 1, false, arena, test, err);
    if (cw_duration_parse(value->text, &test->ms, NULL))
        return cw_fail(err, CW_EINVAL,
                       "this operator compares with a number or a duration such as `4 hours`");
    cwr_buf_printf(&buf, "%lld.%03d", (long long)(test->ms / 1000), (int)(test->ms % 1000));
    if (cwr_buf_end(&buf, &seconds.text))
        return no_memory(err);
    test->is_duration = true;
    return set_scalars(&seconds, 1, false, arena, test, err);
}

enum cw_status cwr_operand_set(enum cwr_form form, const struct cw_value *values, size_t n,
                               struct cw_arena *arena, struct cwr_test *test, struct cw_error *err)
{
    switch (form) {
    case CWR_FORM_NUMBER:
        return set_number(values, arena, test, err);
    case CWR_FORM_MOMENT:
        if (cwr_moment_read(values->text, &test->ms))
            return CW_OK;
        return cw_fail(err, CW_EINVAL, "a moment is written 2026-03-02T10:00:00Z or 2026-03-02");
    case CWR_FORM_BOOL:
        test->wanted = values->truth;
        if (values->kind == CW_BOOL)
            return CW_OK;
        return cw_fail(err, CW_EINVAL, "`exists` is true or false");
    default:
        return set_scalars(values, n, form == CWR_FORM_TEXT, arena, test, err);
    }
}

/* ---- Printing ---- */

/* YAML knows more numbers than JSON: 007, +1, .5 and 1. */
static bool is_json_number(struct cw_text text)
{
    size_t i = text.len && text.at[0] == '-';
    char first = i < text.len ? text.at[i] : '.', next = i + 1 < text.len ? text.at[i + 1] : '.';
    const char *point = memchr(text.at, '.', text.len);
    if (first < '0' || first > '9' || (first == '0' && next >= '0' && next <= '9'))
        return false;
    return !point || (point + 1 < text.at + text.len && point[1] >= '0' && point[1] <= '9');
}

/* {"number":"007"} */
static void print_digits(const struct cw_value *value, struct cwr_buf *buf)
{
    cwr_buf_puts(buf, "{\"number\":");
    cwr_buf_json_string(buf, value->text);
    cwr_buf_puts(buf, "}");
}

static void print_scalar(const struct cw_value *value, struct cwr_buf *buf)
{
    if (value->kind == CW_NULL)
        cwr_buf_puts(buf, "null");
    else if (value->kind == CW_BOOL)
        cwr_buf_puts(buf, value->truth ? "true" : "false");
    else if (value->kind == CW_STRING)
        cwr_buf_json_string(buf, value->text);
    else if (is_json_number(value->text))
        cwr_buf_put(buf, value->text);
    else
        print_digits(value, buf);
}

static void print_operand(const struct cwr_test *test, struct cwr_buf *buf)
{
    bool list = cwr_matcher_keys.at[test->op].form == CWR_FORM_SCALARS;
    if (test->op == CWR_OP_EXISTS) {
        cwr_buf_puts(buf, test->wanted ? "true" : "false");
        return;
    }
    if (test->regex || test->is_duration || !test->n) {
        cwr_buf_json_string(buf, test->shown); /* as it was written */
        return;
    }
    cwr_buf_puts(buf, list ? "[" : "");
    for (size_t i = 0; i < test->n; i++) {
        cwr_buf_puts(buf, i ? "," : "");
        print_scalar(&test->operands[i], buf);
    }
    cwr_buf_puts(buf, list ? "]" : "");
}

/* Whether it would read as operators. */
static bool is_odd(const struct cwr_test *test)
{
    const struct cw_value *value = &test->operands[0];
    return test->op == CWR_OP_IS && value->kind == CW_NUMBER && !is_json_number(value->text);
}

void cwr_matcher_print(const struct cwr_predicate *predicate, struct cwr_buf *buf)
{
    const struct cwr_test *first = &predicate->tests[0];
    bool plain = first->op == CWR_OP_IS || first->op == CWR_OP_IN;
    if (predicate->n == 1 && plain && !first->ignore_case && !is_odd(first)) {
        print_operand(first, buf);
        return;
    }
    for (size_t i = 0; i < predicate->n; i++) {
        cwr_buf_printf(buf, "%s\"%s\":", i ? "," : "{",
                       cwr_matcher_keys.at[predicate->tests[i].op].name);
        print_operand(&predicate->tests[i], buf);
    }
    cwr_buf_puts(buf, first->ignore_case ? ",\"ignore_case\":true}" : "}");
}
