/* ask_matcher: one matcher, kept as JSON, about a value that is known by now. What can stand in it
 * was checked when the rule was compiled; anything else is no matcher. */
#include "ask.h"

#include <string.h>

#include "matcher.h"
#include "number.h"
#include "operand.h"
#include "tape.h"

struct reader {
    struct cw_arena *arena;
    struct cwr_test tests[CWR_OP_EVERY_ITEM + 1];
    size_t n;
    struct cwr_regex *regex; /* of `matches`: there is one at most */
    struct cw_error *err;
};

static enum cw_status malformed(struct reader *r)
{
    return cw_fail(r->err, CW_ESYNTAX, "this is no condition about facts");
}

static enum cw_status no_memory(struct reader *r)
{
    return cw_fail(r->err, CW_NOMEM, "memory is short");
}

static enum cw_status get(struct reader *r, const struct cw_value *map, const char *name,
                          struct cw_value *out)
{
    const struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    if (cw_value_get(map, (struct cw_path){&step, 1}, r->arena, out))
        return no_memory(r);
    return CW_OK;
}

static bool is_scalar(const struct cw_value *value)
{
    return value->kind >= CW_NULL && value->kind <= CW_STRING;
}

/* {"number":"007"} is the number 007. */
static enum cw_status read_digits(struct reader *r, struct cw_value *value)
{
    struct cw_value inner;
    enum cw_status status = get(r, value, "number", &inner);
    if (status)
        return status;
    if (inner.kind != CW_STRING || !cwr_number_is(inner.text))
        return malformed(r);
    *value = inner;
    value->kind = CW_NUMBER;
    return CW_OK;
}

/* With the text that YAML would have for it. */
static enum cw_status read_scalar(struct reader *r, struct cw_value *value)
{
    if (value->kind == CW_OBJECT)
        return read_digits(r, value);
    if (!is_scalar(value))
        return malformed(r);
    if (value->kind == CW_NULL || value->kind == CW_BOOL)
        return cw_value_print(value, r->arena, &value->text) ? no_memory(r) : CW_OK;
    return CW_OK;
}

/* The scalars of an operand. */
static enum cw_status scalars_of(struct reader *r, const struct cw_value *from,
                                 struct cw_value **out, size_t *n)
{
    *n = from->kind == CW_LIST ? cw_value_count(from) : 1;
    if (!*n)
        return malformed(r);
    *out = cw_arena_take(r->arena, *n * sizeof **out);
    if (!*out)
        return no_memory(r);
    for (size_t i = 0; i < *n; i++) {
        struct cw_value *value = &(*out)[i];
        *value = *from;
        if (from->kind == CW_LIST && cw_value_item(from, i, r->arena, value))
            return no_memory(r);
        enum cw_status status = read_scalar(r, value);
        if (status)
            return status;
    }
    return CW_OK;
}

static enum cw_status show(struct reader *r, const struct cw_value *values, size_t n,
                           struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(r->arena);
    for (size_t i = 0; i < n && i < 8; i++) {
        cwr_buf_puts(&buf, i ? ", " : "");
        cwr_buf_put(&buf, values[i].text);
    }
    return cwr_buf_end(&buf, out) ? no_memory(r) : CW_OK;
}

static enum cw_status read_pattern(struct reader *r, const struct cw_value *value,
                                   struct cwr_test *test)
{
    if (value->kind != CW_STRING)
        return malformed(r);
    enum cw_status status = cwr_regex_compile(value->text, test->ignore_case, &r->regex, NULL);
    test->regex = r->regex;
    return status == CW_NOMEM ? no_memory(r) : status ? malformed(r) : CW_OK;
}

static enum cw_status read_test(struct reader *r, enum cwr_op op, bool ignore_case,
                                const struct cw_value *operand)
{
    struct cwr_test *test = &r->tests[r->n++];
    enum cwr_form form = cwr_matcher_keys.at[op].form;
    struct cw_value *values = NULL;
    size_t n = 0;
    *test = (struct cwr_test){.op = op, .ignore_case = ignore_case};
    if ((operand->kind == CW_LIST) != (form == CWR_FORM_SCALARS) || form == CWR_FORM_ITEM)
        return malformed(r);
    enum cw_status status = scalars_of(r, operand, &values, &n);
    if (!status)
        status = show(r, values, n, &test->shown);
    if (status)
        return status;
    if (form == CWR_FORM_PATTERN)
        return read_pattern(r, values, test);
    status = cwr_operand_set(form, values, n, r->arena, test, NULL);
    return status == CW_NOMEM ? no_memory(r) : status ? malformed(r) : CW_OK;
}

static enum cw_status read_operators(struct reader *r, const struct cw_value *map)
{
    struct cw_value fold, operand;
    enum cw_status status = get(r, map, "ignore_case", &fold);
    size_t n = fold.kind != CW_MISSING;
    for (size_t op = 0; op <= CWR_OP_EVERY_ITEM && !status; op++) {
        status = get(r, map, cwr_matcher_keys.at[op].name, &operand);
        if (status || operand.kind == CW_MISSING)
            continue;
        n++;
        status = read_test(r, (enum cwr_op)op, fold.kind == CW_BOOL && fold.truth, &operand);
    }
    if (!status && (!r->n || n != cwr_json_members(map)))
        return malformed(r);
    return status;
}

static enum cw_status read_matcher(struct reader *r, const struct cw_value *matcher)
{
    if (matcher->kind == CW_OBJECT)
        return read_operators(r, matcher);
    return read_test(r, matcher->kind == CW_LIST ? CWR_OP_IN : CWR_OP_IS, false, matcher);
}

/* What is so, for a `not` that it makes fail. */
static enum cw_status say_is(struct reader *r, const struct cwr_asked *asked, const char **why)
{
    struct cwr_buf buf = cwr_buf_in(r->arena);
    struct cw_text text, made;
    if (asked->told)
        *why = asked->told;
    if (asked->told)
        return CW_OK;
    if (cw_value_text(&asked->value, r->arena, &text))
        return no_memory(r);
    cwr_buf_put(&buf, asked->name);
    cwr_buf_puts(&buf, asked->value.kind == CW_MISSING ? " is missing" : " is ");
    cwr_buf_put(&buf, text);
    if (cwr_buf_end(&buf, &made))
        return no_memory(r);
    *why = made.at;
    return CW_OK;
}

static enum cw_status test(struct reader *r, const struct cwr_asked *asked, enum cw_truth *out,
                           const char **why)
{
    struct cw_matcher scratch = {.regex = r->regex ? cwr_regex_scratch_create() : NULL};
    struct cwr_look look = {.matcher = &scratch, .arena = r->arena, .tracing = true};
    const struct cwr_predicate predicate = {{.name = asked->name}, r->tests, r->n};
    if (r->regex && !scratch.regex)
        return no_memory(r);
    look.told = asked->told;
    *out = cwr_predicate_test(&predicate, &asked->value, &look);
    cwr_regex_scratch_destroy(scratch.regex);
    if (look.status)
        return no_memory(r);
    if (*out == CW_TRUE)
        return say_is(r, asked, why);
    *why = look.reason;
    return look.limit ? cw_fail(r->err, CW_ELIMIT, "a pattern hit a limit") : CW_OK;
}

bool cwr_is_state(struct cw_text name)
{
    return name.len > 6 && memcmp(name.at, "state.", 6) == 0;
}

enum cw_status cwr_ask_matcher(const struct cwr_asked *asked, const struct cw_value *matcher,
                               struct cw_arena *arena, enum cw_truth *out, const char **why,
                               struct cw_error *err)
{
    struct reader r = {.arena = arena, .err = err};
    enum cw_status status = read_matcher(&r, matcher);
    if (!status)
        status = test(&r, asked, out, why);
    cwr_regex_destroy(r.regex);
    return status;
}
