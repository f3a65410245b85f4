/* indexer_atom: from matchers to what the index can look up; see indexer_atom.h. */
#include "indexer_atom.h"

#include <string.h>

#include "number.h"
#include "regex_check.h"

enum { EXACT_HEAD = 64 };

static bool is_text_or_number(const struct cw_value *value)
{
    return value->kind == CW_STRING || value->kind == CW_NUMBER;
}

static bool whole(const struct cwr_test *test, struct cwr_atom *out)
{
    out->kind = CWR_PROBE_WHOLE;
    out->operands = test->operands;
    out->n = test->n;
    return test->n && test->n <= CWR_INDEX_VALUES;
}

/* `contains` is membership of a list and part of a text. */
static bool member(const struct cwr_test *test, struct cwr_atom *out)
{
    out->kind = CWR_PROBE_MEMBER;
    out->operands = test->operands;
    out->n = 1;
    return is_text_or_number(&test->operands[0]);
}

/* Of many different lengths few remain: a head of a head must hold, too. */
static size_t rounded(size_t len)
{
    len = len < CWR_INDEX_LENGTH ? len : CWR_INDEX_LENGTH;
    return len <= EXACT_HEAD ? len : len & ~(size_t)15;
}

static bool head(struct cw_text text, struct cwr_atom *out)
{
    out->kind = CWR_PROBE_HEAD;
    out->text = (struct cw_text){text.at, rounded(text.len)};
    return text.len > 0;
}

static bool tail(struct cw_text text, struct cwr_atom *out)
{
    size_t len = rounded(text.len);
    out->kind = CWR_PROBE_TAIL;
    out->text = (struct cw_text){text.at + text.len - len, len};
    return text.len > 0;
}

static bool like(struct cw_text pattern, struct cwr_atom *out)
{
    size_t n = 0, end = pattern.len;
    while (n < pattern.len && pattern.at[n] != '*' && pattern.at[n] != '?')
        n++;
    if (n)
        return head((struct cw_text){pattern.at, n}, out);
    while (end && pattern.at[end - 1] != '*' && pattern.at[end - 1] != '?')
        end--;
    return tail((struct cw_text){pattern.at + end, pattern.len - end}, out);
}

static bool compares_text(const struct cwr_test *test)
{
    return test->operands && is_text_or_number(&test->operands[0]);
}

/* Returns: false when the index knows nothing of the operator. */
static bool atom_of(const struct cwr_test *test, bool each, struct cwr_atom *out)
{
    out->fold = test->ignore_case;
    switch (test->op) {
    case CWR_OP_IS:
    case CWR_OP_IN:
        return whole(test, out);
    case CWR_OP_CONTAINS:
        return !each && member(test, out);
    case CWR_OP_STARTS_WITH:
        return compares_text(test) && head(test->operands[0].text, out);
    case CWR_OP_ENDS_WITH:
        return compares_text(test) && tail(test->operands[0].text, out);
    case CWR_OP_LIKE:
        return compares_text(test) && like(test->operands[0].text, out);
    case CWR_OP_MATCHES: /* `shown` is the pattern */
        return !test->ignore_case && head(cwr_regex_head(test->shown), out);
    default:
        return false;
    }
}

/* ---- Between two numbers or moments ---- */

static bool narrow(const struct cwr_test *test, struct cwr_atom *number, struct cwr_atom *moment)
{
    switch (test->op) {
    case CWR_OP_ABOVE:
    case CWR_OP_AT_LEAST:
    case CWR_OP_BELOW:
    case CWR_OP_AT_MOST: {
        int64_t rank = cwr_number_rank(test->operands[0].text);
        bool lower = test->op == CWR_OP_ABOVE || test->op == CWR_OP_AT_LEAST;
        if (lower && rank > number->lo)
            number->lo = rank;
        if (!lower && rank < number->hi)
            number->hi = rank;
        return true;
    }
    case CWR_OP_AFTER:
        moment->lo = test->ms > moment->lo ? test->ms : moment->lo;
        return true;
    case CWR_OP_BEFORE:
        moment->hi = test->ms < moment->hi ? test->ms : moment->hi;
        return true;
    default:
        return false;
    }
}

static bool is_narrow(const struct cwr_atom *atom)
{
    return atom->lo > INT64_MIN || atom->hi < INT64_MAX;
}

void cwr_each_atom(const struct cwr_predicate *p,
                   void (*visit)(void *ctx, const struct cwr_atom *atom), void *ctx)
{
    struct cwr_atom number = {.kind = CWR_PROBE_NUMBER, .slot = p->ref.slot}, moment;
    if (p->ref.root != CWR_ROOT_EVENT)
        return;
    number.lo = INT64_MIN;
    number.hi = INT64_MAX;
    moment = number;
    moment.kind = CWR_PROBE_MOMENT;
    for (size_t i = 0; i < p->n; i++) {
        struct cwr_atom atom = {.slot = p->ref.slot};
        if (!narrow(&p->tests[i], &number, &moment) && atom_of(&p->tests[i], p->ref.each, &atom))
            visit(ctx, &atom);
    }
    if (is_narrow(&number))
        visit(ctx, &number);
    if (is_narrow(&moment))
        visit(ctx, &moment);
}

/* ---- Hashes ---- */

static void hash_value(uint64_t seed, const struct cw_value *v,
                       void (*visit)(void *ctx, uint64_t hash), void *ctx)
{
    if (v->kind == CW_STRING) {
        visit(ctx, cwr_index_hash(seed, CWR_SORT_TEXT, v->text));
    } else if (v->kind == CW_NUMBER) {
        visit(ctx, cwr_index_hash(seed, CWR_SORT_NUMBER, v->text));
        visit(ctx, cwr_index_hash(seed, CWR_SORT_DIGITS, v->text));
    } else {
        visit(ctx, cwr_index_hash(seed, CWR_SORT_WORD, cwr_index_word(v)));
    }
}

static uint64_t hash_end(uint64_t seed, const struct cwr_atom *atom)
{
    struct cw_text text = atom->text;
    for (size_t i = 0; i < text.len; i++)
        seed = cwr_index_step(seed, text.at[atom->kind == CWR_PROBE_HEAD ? i : text.len - 1 - i]);
    return cwr_index_end(seed);
}

void cwr_each_hash(uint32_t group, const struct cwr_atom *atom,
                   void (*visit)(void *ctx, uint64_t hash), void *ctx)
{
    uint64_t seed = cwr_index_seed(group, atom->kind, atom->fold, atom->slot);
    if (atom->kind == CWR_PROBE_HEAD || atom->kind == CWR_PROBE_TAIL)
        visit(ctx, hash_end(seed, atom));
    for (size_t i = 0; i < atom->n; i++)
        hash_value(seed, &atom->operands[i], visit, ctx);
}

uint64_t cwr_member_hash(uint32_t group, const struct cwr_atom *atom)
{
    uint64_t seed = cwr_index_seed(group, atom->kind, atom->fold, atom->slot);
    return cwr_index_hash(seed, CWR_SORT_ALL, (struct cw_text){NULL, 0});
}
