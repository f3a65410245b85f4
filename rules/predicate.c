/* predicate: one matcher on one value.
 *
 * A missing value makes every operator false but `exists`; null is present. A path with [*] means
 * "any element": one element must satisfy all operators of its matcher, while any_item, every_item
 * and exists look at the list itself. A number compared with a duration counts seconds. */
#include <string.h>

#include "condition.h"
#include "fold.h"
#include "matcher.h"
#include "moment.h"
#include "number.h"

bool cwr_value_equal(const struct cw_value *a, const struct cw_value *b)
{
    int order;
    if (a->kind == CW_NULL || b->kind == CW_NULL)
        return a->kind == b->kind;
    if (a->kind == CW_BOOL || b->kind == CW_BOOL)
        return a->kind == b->kind && a->truth == b->truth;
    if (a->kind == CW_NUMBER && b->kind == CW_NUMBER)
        return cwr_number_compare(a->text, b->text, &order) && order == 0;
    if ((a->kind != CW_NUMBER && a->kind != CW_STRING) ||
        (b->kind != CW_NUMBER && b->kind != CW_STRING))
        return false;
    return a->text.len == b->text.len &&
           (!a->text.len || memcmp(a->text.at, b->text.at, a->text.len) == 0);
}

/* ---- like: pieces between stars, each found at its first place ---- */

/* The bytes that `piece` covers at the front of `text`; SIZE_MAX when it does not fit. */
static size_t fits(struct cw_text piece, struct cw_text text)
{
    size_t used = 0;
    uint32_t c;
    for (size_t i = 0; i < piece.len; i++) {
        if (used == text.len)
            return SIZE_MAX;
        if (piece.at[i] == '?')
            used += cwr_char_get((struct cw_text){text.at + used, text.len - used}, &c);
        else if (piece.at[i] != text.at[used++])
            return SIZE_MAX;
    }
    return used;
}

static struct cw_text skip(struct cw_text text, size_t n)
{
    return (struct cw_text){text.at + n, text.len - n};
}

/* Finds `piece` in *text and skips behind it. */
static bool find_piece(struct cw_text piece, struct cw_text *text)
{
    if (!piece.len)
        return true;
    if (!memchr(piece.at, '?', piece.len)) {
        const char *hit = text->len ? memmem(text->at, text->len, piece.at, piece.len) : NULL;
        if (!hit)
            return false;
        *text = skip(*text, (size_t)(hit - text->at) + piece.len);
        return true;
    }
    for (uint32_t c; text->len; *text = skip(*text, cwr_char_get(*text, &c))) {
        size_t used = fits(piece, *text);
        if (used == SIZE_MAX)
            continue;
        *text = skip(*text, used);
        return true;
    }
    return false;
}

/* The last piece must stand at the end: as many characters as it has signs. */
static bool fits_end(struct cw_text piece, struct cw_text text)
{
    size_t have = cwr_char_count(text), want = cwr_char_count(piece);
    uint32_t c;
    if (have < want)
        return false;
    for (; have > want; have--)
        text = skip(text, cwr_char_get(text, &c));
    return fits(piece, text) == text.len;
}

bool cwr_like(struct cw_text pattern, struct cw_text text)
{
    const char *star = pattern.len ? memchr(pattern.at, '*', pattern.len) : NULL;
    if (!star)
        return fits(pattern, text) == text.len;
    size_t len = (size_t)(star - pattern.at);
    size_t used = fits((struct cw_text){pattern.at, len}, text);
    if (used == SIZE_MAX)
        return false;
    text = skip(text, used);
    for (pattern = skip(pattern, len + 1);; pattern = skip(pattern, len + 1)) {
        star = pattern.len ? memchr(pattern.at, '*', pattern.len) : NULL;
        if (!star)
            return fits_end(pattern, text);
        len = (size_t)(star - pattern.at);
        if (!find_piece((struct cw_text){pattern.at, len}, &text))
            return false;
    }
}

/* ---- Operators ---- */

static enum cw_truth truth(bool yes)
{
    return yes ? CW_TRUE : CW_FALSE;
}

/* Folds the value as the operands were folded when the rule was compiled; a pattern folds itself,
 * so that its captures keep their case. */
static struct cw_value folded(const struct cwr_test *test, const struct cw_value *value,
                              struct cwr_look *look)
{
    struct cw_value made = *value;
    if (!test->ignore_case || value->kind != CW_STRING || test->op == CWR_OP_MATCHES)
        return made;
    if (cwr_case_text(CWR_CASE_FOLD, value->text, look->arena, &made.text))
        look->status = CW_NOMEM;
    return made;
}

static bool is_one_of(const struct cwr_test *test, const struct cw_value *value,
                      struct cwr_look *look)
{
    struct cw_value have = folded(test, value, look);
    for (size_t i = 0; i < test->n; i++)
        if (cwr_value_equal(&have, &test->operands[i]))
            return true;
    return false;
}

static bool holds_member(const struct cwr_test *test, const struct cw_value *list,
                         struct cwr_look *look)
{
    for (size_t i = 0; i < cw_value_count(list); i++) {
        struct cw_value item;
        if (cw_value_item(list, i, look->arena, &item)) {
            look->status = CW_NOMEM;
            return false;
        }
        if (is_one_of(test, &item, look))
            return true;
    }
    return false;
}

/* True when the value can be read as text: a string or the digits of a number. */
static bool as_text(const struct cwr_test *test, const struct cw_value *value,
                    struct cwr_look *look, struct cw_text *out)
{
    if (value->kind != CW_STRING && value->kind != CW_NUMBER)
        return false;
    *out = folded(test, value, look).text;
    if (!out->at)
        *out = CW_TEXT("");
    return true;
}

static bool test_text(const struct cwr_test *test, struct cw_text text)
{
    struct cw_text want = test->operands[0].text;
    switch (test->op) {
    case CWR_OP_CONTAINS:
        return !want.len || (text.len && memmem(text.at, text.len, want.at, want.len));
    case CWR_OP_STARTS_WITH:
        return text.len >= want.len && memcmp(text.at, want.at, want.len) == 0;
    case CWR_OP_ENDS_WITH:
        return text.len >= want.len &&
               memcmp(text.at + text.len - want.len, want.at, want.len) == 0;
    default:
        return cwr_like(want, text);
    }
}

static bool test_order(const struct cwr_test *test, int order)
{
    switch (test->op) {
    case CWR_OP_ABOVE:
        return order > 0;
    case CWR_OP_BELOW:
        return order < 0;
    case CWR_OP_AT_LEAST:
        return order >= 0;
    default:
        return order <= 0;
    }
}

static bool test_number(const struct cwr_test *test, const struct cw_value *value)
{
    int order;
    int64_t ms;
    if (value->kind != CW_NUMBER && value->kind != CW_STRING)
        return false;
    if (cwr_number_compare(value->text, test->operands[0].text, &order))
        return test_order(test, order);
    if (!test->is_duration || cw_duration_parse(value->text, &ms, NULL))
        return false;
    return test_order(test, ms < test->ms ? -1 : ms > test->ms);
}

static bool test_moment(const struct cwr_test *test, const struct cw_value *value)
{
    int64_t ms;
    if (value->kind != CW_STRING || !cwr_moment_read(value->text, &ms))
        return false;
    return test->op == CWR_OP_BEFORE ? ms < test->ms : ms > test->ms;
}

static bool test_regex(const struct cwr_test *test, struct cw_text text, struct cwr_look *look)
{
    struct cw_text groups[CWR_REGEX_GROUPS];
    size_t n = cwr_regex_count(test->regex);
    enum cwr_regex_result result = cwr_regex_match(test->regex, look->matcher->regex, text, groups);
    look->limit |= result == CWR_REGEX_LIMIT;
    if (result == CWR_REGEX_NOMEM)
        look->status = CW_NOMEM;
    for (size_t i = 0; result == CWR_REGEX_YES && test->groups && i < n; i++) {
        uint32_t slot = test->groups[i];
        if (slot >= look->n_captures)
            continue;
        look->captures[slot] = (struct cw_value){.kind = CW_MISSING};
        if (groups[i].at)
            look->captures[slot] = cw_value_string(groups[i]);
    }
    return result == CWR_REGEX_YES;
}

static enum cw_truth test_items(const struct cwr_test *test, const struct cw_value *list,
                                struct cwr_look *look)
{
    const struct cw_value *outer = look->item;
    bool any = test->op == CWR_OP_ANY_ITEM;
    enum cw_truth result = truth(!any), stop = truth(any);
    /* Laid out first: looks at inner lists would make a JSON list forget where it was. */
    static const struct cw_step each = {.kind = CW_STEP_EACH};
    struct cw_value laid;
    if (list->kind != CW_LIST)
        return CW_FALSE;
    if (cw_value_get(list, (struct cw_path){&each, 1}, look->arena, &laid))
        look->status = CW_NOMEM;
    for (size_t i = 0; !look->status && i < laid.n_items && result != stop; i++) {
        look->item = &laid.items[i];
        enum cw_truth one = cwr_condition_look(test->condition, look).truth;
        if (one == stop || one == CW_UNKNOWN)
            result = one;
    }
    look->item = outer;
    return result;
}

/* The operators that look at one element. */
static bool test_one(const struct cwr_test *test, const struct cw_value *value,
                     struct cwr_look *look)
{
    struct cw_text text;
    switch (test->op) {
    case CWR_OP_IS:
    case CWR_OP_IN:
        return is_one_of(test, value, look);
    case CWR_OP_IS_NOT:
    case CWR_OP_NOT_IN:
        return value->kind != CW_MISSING && !is_one_of(test, value, look);
    case CWR_OP_ABOVE:
    case CWR_OP_BELOW:
    case CWR_OP_AT_LEAST:
    case CWR_OP_AT_MOST:
        return test_number(test, value);
    case CWR_OP_BEFORE:
    case CWR_OP_AFTER:
        return test_moment(test, value);
    case CWR_OP_MATCHES:
        return as_text(test, value, look, &text) && test_regex(test, text, look);
    default:
        if (test->op == CWR_OP_CONTAINS && value->kind == CW_LIST)
            return holds_member(test, value, look);
        if (test->operands[0].kind != CW_STRING && test->operands[0].kind != CW_NUMBER)
            return false; /* no text contains null or true */
        return as_text(test, value, look, &text) && test_text(test, text);
    }
}

static bool is_whole(enum cwr_op op)
{
    return op == CWR_OP_EXISTS || op == CWR_OP_ANY_ITEM || op == CWR_OP_EVERY_ITEM;
}

static enum cw_truth test_whole(const struct cwr_test *test, bool each,
                                const struct cw_value *value, struct cwr_look *look)
{
    if (test->op != CWR_OP_EXISTS)
        return test_items(test, value, look);
    bool is_there = value->kind != CW_MISSING && (!each || cw_value_count(value));
    return truth(is_there == test->wanted);
}

static bool all_hold(const struct cwr_predicate *predicate, const struct cw_value *value,
                     struct cwr_look *look, const struct cwr_test **failed)
{
    for (size_t i = 0; i < predicate->n; i++) {
        if (is_whole(predicate->tests[i].op) || test_one(&predicate->tests[i], value, look))
            continue;
        *failed = &predicate->tests[i];
        return false;
    }
    return true;
}

static bool any_element(const struct cwr_predicate *predicate, const struct cw_value *list,
                        struct cwr_look *look, const struct cwr_test **failed)
{
    for (size_t i = 0; i < cw_value_count(list); i++) {
        struct cw_value item;
        if (cw_value_item(list, i, look->arena, &item)) {
            look->status = CW_NOMEM;
            return false;
        }
        if (all_hold(predicate, &item, look, failed))
            return true;
    }
    return false;
}

enum cw_truth cwr_predicate_test(const struct cwr_predicate *predicate,
                                 const struct cw_value *value, struct cwr_look *look)
{
    const struct cwr_test *failed = &predicate->tests[0];
    enum cw_truth result = CW_TRUE;
    size_t n_whole = 0;
    for (size_t i = 0; i < predicate->n && result != CW_FALSE; i++) {
        const struct cwr_test *test = &predicate->tests[i];
        if (!is_whole(test->op))
            continue;
        enum cw_truth one = test_whole(test, predicate->ref.each, value, look);
        n_whole++;
        failed = test;
        result = one == CW_TRUE ? result : one;
    }
    if (result == CW_TRUE && n_whole < predicate->n) {
        bool holds = predicate->ref.each && value->kind == CW_LIST
                         ? any_element(predicate, value, look, &failed)
                         : all_hold(predicate, value, look, &failed);
        result = truth(holds);
    }
    if (result == CW_FALSE && look->tracing)
        cwr_look_explain(look, predicate, failed, value);
    return result;
}
