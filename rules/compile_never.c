/* compile_never: warns of conditions that nothing fulfils.
 *
 * What must hold at the same time is laid out as single tests. Tests of one path are then held
 * against each other: of `is` and `in` the few values are tried with all others; bounds and
 * beginnings are compared. `any`, items of lists and what is unknown here make nothing certain. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "matcher.h"
#include "number.h"

enum { MOST = 64 }; /* tests that are looked at together */

struct claim {
    const struct cwr_ref *ref;
    const struct cwr_test *test; /* of a `not`: all of `predicate` must not hold */
    const struct cwr_predicate *predicate;
    bool negated;
};

struct never {
    struct cwr_compiler *c;
    struct claim claims[MOST];
    size_t n;
    struct cw_text timer, paused_by, started_by; /* of facts: what stands in the residual */
    struct cw_place place;
    bool full;
};

/* ---- Laying out ---- */

static void add_claim(struct never *v, const struct cwr_predicate *p, const struct cwr_test *test,
                      bool negated)
{
    v->full |= v->n == MOST;
    if (!v->full)
        v->claims[v->n++] = (struct claim){&p->ref, test, p, negated};
}

static bool begins(struct cw_text text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.at, with, len) == 0;
}

static void add_fact(struct never *v, const struct cwr_condition *fact)
{
    if (begins(fact->residual, "{\"timer\":"))
        v->timer = fact->residual;
    if (begins(fact->residual, "{\"paused_by\":"))
        v->paused_by = fact->residual;
    if (begins(fact->residual, "{\"started_by\":"))
        v->started_by = fact->residual;
    v->place = fact->place;
}

static void lay_out(struct never *v, const struct cwr_condition *condition, bool negated)
{
    const struct cwr_predicate *p = condition->predicate;
    enum cwr_condition_kind many = negated ? CWR_ANY : CWR_ALL;
    if (condition->kind == many)
        for (size_t i = 0; i < condition->n; i++)
            lay_out(v, &condition->items[i], negated);
    else if (condition->kind == CWR_NOT && !negated)
        lay_out(v, &condition->items[0], true);
    else if (condition->kind == CWR_FACT && !negated)
        add_fact(v, condition);
    else if (condition->kind == CWR_PREDICATE && !p->ref.each && negated)
        add_claim(v, p, NULL, true);
    else if (condition->kind == CWR_PREDICATE && !p->ref.each)
        for (size_t i = 0; i < p->n; i++)
            add_claim(v, p, &p->tests[i], false);
}

/* ---- Trying values ---- */

static bool fulfils(struct never *v, const struct claim *claim, const struct cw_value *value)
{
    if (!cwr_lint_matcher(v->c))
        return true;
    struct cwr_predicate one = {*claim->ref, claim->test, 1};
    struct cwr_look look = {.matcher = v->c->matcher, .arena = v->c->passing, .status = CW_OK};
    enum cw_truth truth =
        cwr_predicate_test(claim->negated ? claim->predicate : &one, value, &look);
    v->c->no_memory |= look.status != CW_OK;
    return look.limit || truth == CW_UNKNOWN || (truth == CW_TRUE) != claim->negated;
}

static bool same_path(const struct claim *a, const struct claim *b)
{
    return a->ref->name.len == b->ref->name.len &&
           memcmp(a->ref->name.at, b->ref->name.at, a->ref->name.len) == 0;
}

/* The claim of this path that the value does not fulfil, or NULL. */
static const struct claim *refuter(struct never *v, const struct claim *of,
                                   const struct cw_value *value)
{
    for (size_t i = 0; i < v->n; i++)
        if (&v->claims[i] != of && same_path(&v->claims[i], of) &&
            !fulfils(v, &v->claims[i], value))
            return &v->claims[i];
    return NULL;
}

static bool names_values(const struct claim *claim)
{
    return !claim->negated && !claim->test->ignore_case &&
           (claim->test->op == CWR_OP_IS || claim->test->op == CWR_OP_IN);
}

static const struct claim *try_values(struct never *v, const struct claim *claim)
{
    const struct claim *found = NULL;
    for (size_t i = 0; i < claim->test->n; i++)
        if (!(found = refuter(v, claim, &claim->test->operands[i])))
            return NULL;
    return found;
}

/* ---- Two tests without values ---- */

static bool is_low(enum cwr_op op)
{
    return op == CWR_OP_ABOVE || op == CWR_OP_AT_LEAST;
}

static bool is_high(enum cwr_op op)
{
    return op == CWR_OP_BELOW || op == CWR_OP_AT_MOST;
}

static bool no_number_between(const struct cwr_test *low, const struct cwr_test *high)
{
    int order;
    if (low->is_duration != high->is_duration ||
        !cwr_number_compare(low->operands[0].text, high->operands[0].text, &order))
        return false;
    return order > 0 || (order == 0 && (low->op == CWR_OP_ABOVE || high->op == CWR_OP_BELOW));
}

static bool end_apart(const struct cwr_test *a, const struct cwr_test *b)
{
    struct cw_text x = a->operands[0].text, y = b->operands[0].text;
    size_t len = x.len < y.len ? x.len : y.len;
    if (a->ignore_case != b->ignore_case || !len)
        return false;
    return a->op == CWR_OP_STARTS_WITH ? memcmp(x.at, y.at, len) != 0
                                       : memcmp(x.at + x.len - len, y.at + y.len - len, len) != 0;
}

static bool exclude(const struct cwr_test *a, const struct cwr_test *b)
{
    if (a->op == CWR_OP_EXISTS && !a->wanted)
        return b->op != CWR_OP_EXISTS || b->wanted;
    if (is_low(a->op) && is_high(b->op))
        return no_number_between(a, b);
    if (a->op == CWR_OP_AFTER && b->op == CWR_OP_BEFORE)
        return a->ms >= b->ms;
    if (a->op == b->op && (a->op == CWR_OP_STARTS_WITH || a->op == CWR_OP_ENDS_WITH))
        return end_apart(a, b);
    return false;
}

/* ---- Telling ---- */

static struct cw_place place_of(const struct claim *claim)
{
    return claim->negated ? claim->predicate->tests[0].place : claim->test->place;
}

static const char *shown(struct never *v, const struct claim *claim)
{
    const struct cwr_test *test = claim->negated ? claim->predicate->tests : claim->test;
    struct cwr_buf buf = cwr_buf_in(v->c->passing);
    struct cw_text made;
    cwr_buf_printf(&buf, "%s%s %.*s", claim->negated ? "not " : "",
                   cwr_matcher_keys.at[test->op].name,
                   (int)(test->shown.len > 60 ? 60 : test->shown.len), test->shown.at);
    if (!cwr_buf_end(&buf, &made))
        return made.at;
    v->c->no_memory = true;
    return "";
}

static void tell(struct never *v, const struct claim *a, const struct claim *b)
{
    struct cw_place x = place_of(a), y = place_of(b);
    bool back = x.line > y.line || (x.line == y.line && x.column > y.column);
    const struct claim *first = back ? b : a, *last = back ? a : b;
    struct cw_text name = a->ref->name;
    char line[24] = "";
    if (x.line != y.line)
        snprintf(line, sizeof line, " (line %u)", place_of(first).line);
    cw_diags_add(v->c->diags, CW_WARNING, "never-matches", place_of(last), NULL,
                 "no `%.*s` fulfils both `%s`%s and `%s`", (int)(name.len > 60 ? 60 : name.len),
                 name.at, shown(v, first), line, shown(v, last));
}

/* The type that the trigger names is the event's type. */
static bool type_fits(struct never *v, const struct cwr_trigger *trigger, bool alone)
{
    struct cw_value type = cw_value_string(trigger->type);
    for (size_t i = 0; i < v->n && trigger->type.len; i++) {
        const struct claim *claim = &v->claims[i];
        if (!cw_text_is(claim->ref->name, "event.type") || fulfils(v, claim, &type))
            continue;
        cw_diags_add(v->c->diags, CW_WARNING, "never-matches",
                     alone ? place_of(claim) : trigger->place, NULL,
                     "the `event.type` of `%.*s.%.*s` is %.*s, and never fulfils `%s`",
                     (int)trigger->source.len, trigger->source.at, (int)trigger->type.len,
                     trigger->type.at, (int)trigger->type.len, trigger->type.at, shown(v, claim));
        return false;
    }
    return true;
}

static bool facts_fit(const struct never *v)
{
    bool paused = v->timer.len && memmem(v->timer.at, v->timer.len, "paused", 6);
    bool running = v->timer.len && memmem(v->timer.at, v->timer.len, "running", 7);
    if (!v->timer.len || (!v->paused_by.len && !v->started_by.len))
        return true;
    if (v->paused_by.len ? paused : paused || running)
        return true;
    cw_diags_add(v->c->diags, CW_WARNING, "never-matches", v->place, NULL,
                 v->paused_by.len ? "only a timer that is paused was paused by a rule"
                                  : "a timer that is stopped was started by no rule");
    return false;
}

static bool pairs_fit(struct never *v)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct claim *a = &v->claims[i], *found = NULL;
        if (names_values(a) && (found = try_values(v, a))) {
            tell(v, a, found);
            return false;
        }
        for (size_t k = 0; k < v->n && !a->negated; k++) {
            const struct claim *b = &v->claims[k];
            if (k == i || b->negated || !same_path(a, b) || !exclude(a->test, b->test))
                continue;
            tell(v, a, b);
            return false;
        }
    }
    return true;
}

/* ---- The whole ---- */

/* Each trigger's filter with what is laid out already. Returns: false after a warning. */
static bool triggers_fit(struct never *v, const struct cwr_triggers *triggers)
{
    size_t common = v->n;
    for (size_t i = 0; i < triggers->n && !v->c->no_memory; i++) {
        const struct cwr_trigger *trigger = &triggers->items[i];
        v->n = common;
        if (trigger->kind != CW_TRIGGER_EVENT)
            continue;
        if (trigger->filter)
            lay_out(v, trigger->filter, false);
        if (v->full || !type_fits(v, trigger, triggers->n == 1) || !pairs_fit(v))
            return false;
    }
    return true;
}

/* One warning for each rule. */
void cwr_lint_never(struct cwr_compiler *c, const struct cwr_rule *rule)
{
    struct never v = {.c = c}, unless = {.c = c};
    if (rule->condition)
        lay_out(&v, rule->condition, false);
    if (v.full || !facts_fit(&v) || !pairs_fit(&v) || !triggers_fit(&v, &rule->when))
        return;
    triggers_fit(&unless, &rule->unless);
}
