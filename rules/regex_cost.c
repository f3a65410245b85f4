/* regex_cost: makes texts against which a pattern has to try many ways, and counts its steps.
 *
 * A hostile text leads to one of the pattern's repeats, feeds it, and ends in what nothing fits:
 * for
 * ^(\w+\s?)*\$ that is "aaaa...\x01". What takes exponential or cubic time meets its limit on 128
 * characters; what is quadratic does not. */
#include "regex_cost.h"

#include <string.h>

#include "regex_tree.h"

enum { FEW = 16, TARGETS = 8, PUMPS = 8 };

/* ---- Which patterns ---- */

static bool is_long(const struct cwr_regex_node *node)
{
    return node->kind == CWR_REGEX_REPEAT && node->max > FEW;
}

/* Whether there is more than one way through it. */
static bool varies(const struct cwr_regex_node *node)
{
    if ((node->kind == CWR_REGEX_REPEAT && node->min != node->max) ||
        (node->kind == CWR_REGEX_CHOICE && node->first != node->last))
        return true;
    for (const struct cwr_regex_node *child = node->first; child; child = child->next)
        if (varies(child))
            return true;
    return false;
}

/* The degree that the steps may grow with; a repeat in a repeat counts as many. */
static unsigned degree(const struct cwr_regex_node *node)
{
    unsigned sum = 0, most = 0;
    if (is_long(node))
        return varies(node->first) ? FEW : 1;
    for (const struct cwr_regex_node *child = node->first; child; child = child->next) {
        unsigned one = degree(child);
        sum += one;
        most = one > most ? one : most;
    }
    if (node->kind == CWR_REGEX_REPEAT)
        return sum * (node->max > 1 ? node->max : 1);
    return node->kind == CWR_REGEX_CHOICE ? most : sum;
}

static bool has_repeat(struct cw_text pattern)
{
    return pattern.len &&
           (memchr(pattern.at, '*', pattern.len) || memchr(pattern.at, '+', pattern.len) ||
            memchr(pattern.at, '{', pattern.len));
}

static bool is_risky(struct cw_text pattern, const struct cwr_regex_node *whole, bool recursive)
{
    bool head = pattern.len > 1 && (pattern.at[0] == '^' || memcmp(pattern.at, "\\A", 2) == 0);
    bool anchored = head && whole->first == whole->last; /* not one alternative of several */
    return recursive || degree(whole) + !anchored >= 3;
}

/* ---- Texts ---- */

struct text {
    char at[CWR_COST_BYTES];
    size_t len;
};

static void put(struct text *text, const char *at, size_t len)
{
    if (len > sizeof text->at - text->len)
        len = sizeof text->at - text->len;
    memcpy(text->at + text->len, at, len);
    text->len += len;
}

/* The least text that fits, with each repeat at least `once`. */
static void put_least(struct text *text, const struct cwr_regex_node *node, unsigned once)
{
    if (node->kind == CWR_REGEX_CHARACTER)
        put(text, node->at, node->len);
    unsigned times = node->kind != CWR_REGEX_REPEAT ? 1 : node->min > once ? node->min : once;
    for (unsigned i = 0; i < times && text->len < sizeof text->at; i++)
        for (const struct cwr_regex_node *child = node->first; child; child = child->next) {
            put_least(text, child, once);
            if (node->kind == CWR_REGEX_CHOICE)
                break;
        }
}

/* What stands before the target. Returns: whether the target is in there. */
static bool put_before(struct text *text, const struct cwr_regex_node *node,
                       const struct cwr_regex_node *target)
{
    struct text before = *text;
    if (node == target)
        return true;
    for (const struct cwr_regex_node *child = node->first; child; child = child->next) {
        if (put_before(text, child, target))
            return true;
        if (node->kind == CWR_REGEX_CHOICE)
            *text = before; /* the target may be in the next one */
    }
    *text = before;
    put_least(text, node, 0);
    return false;
}

struct search {
    const struct cwr_regex *regex;
    struct cwr_regex_scratch *scratch;
    const struct cwr_regex_node *whole, *targets[TARGETS];
    size_t n_targets;
    const struct cwr_regex_node *literals[PUMPS];
    size_t n_literals;
    size_t *steps;
    struct text text; /* the last one tried */
    bool no_memory;
};

static bool try_text(struct search *s)
{
    if (!*s->steps)
        return false;
    cwr_regex_begin(s->scratch);
    enum cwr_regex_result result =
        cwr_regex_match(s->regex, s->scratch, (struct cw_text){s->text.at, s->text.len}, NULL);
    size_t spent = cwr_regex_spent(s->scratch);
    *s->steps -= spent < *s->steps ? spent : *s->steps;
    s->no_memory |= result == CWR_REGEX_NOMEM;
    return result == CWR_REGEX_LIMIT;
}

/* An end that nothing fits, and behind it every character that the pattern has, since PCRE2 gives
 * up at once where one that it needs is missing. */
static void put_tail(const struct search *s, const char *end, struct text *tail)
{
    put(tail, end, strlen(end));
    for (size_t i = 0; i < s->n_literals; i++)
        put(tail, s->literals[i]->at, s->literals[i]->len);
    put(tail, "\x01", 1);
}

static bool try_pump(struct search *s, const struct cwr_regex_node *target, const struct text *pump)
{
    static const char *const ends[] = {"\x01", "\n\x01"};
    for (size_t i = 0; i < 2 && pump->len; i++) {
        struct text tail = {.len = 0};
        put_tail(s, ends[i], &tail);
        s->text.len = 0;
        put_before(&s->text, s->whole, target);
        while (s->text.len + pump->len + tail.len <= sizeof s->text.at)
            put(&s->text, pump->at, pump->len);
        put(&s->text, tail.at, tail.len);
        if (try_text(s))
            return true;
    }
    return false;
}

static bool try_target(struct search *s, const struct cwr_regex_node *target)
{
    struct text pump = {.len = 0};
    put_least(&pump, target->first, 1);
    if (try_pump(s, target, &pump))
        return true;
    for (size_t i = 0; i < s->n_literals; i++) {
        pump.len = 0;
        put(&pump, s->literals[i]->at, s->literals[i]->len);
        if (try_pump(s, target, &pump))
            return true;
    }
    return false;
}

static void find_targets(struct search *s, const struct cwr_regex_node *node)
{
    if (is_long(node) && s->n_targets < TARGETS)
        s->targets[s->n_targets++] = node;
    bool is_new = node->kind == CWR_REGEX_CHARACTER && s->n_literals < PUMPS;
    for (size_t i = 0; is_new && i < s->n_literals; i++)
        is_new = s->literals[i]->len != node->len ||
                 memcmp(s->literals[i]->at, node->at, node->len) != 0;
    if (is_new)
        s->literals[s->n_literals++] = node;
    for (const struct cwr_regex_node *child = node->first; child; child = child->next)
        find_targets(s, child);
}

enum cw_status cwr_regex_cost(const struct cwr_regex *regex, struct cw_text pattern,
                              struct cwr_regex_scratch *scratch, struct cw_arena *arena,
                              size_t *steps, struct cw_text *out)
{
    const struct cwr_regex_node *whole = NULL;
    bool recursive = false;
    *out = (struct cw_text){NULL, 0};
    if (!has_repeat(pattern))
        return CW_OK;
    enum cw_status status = cwr_regex_tree(pattern, arena, &whole, &recursive);
    if (status || !whole || !is_risky(pattern, whole, recursive))
        return status;
    struct search s = {.regex = regex, .scratch = scratch, .whole = whole, .steps = steps};
    find_targets(&s, whole);
    for (size_t i = 0; i < s.n_targets && !s.no_memory; i++) {
        if (!try_target(&s, s.targets[i]))
            continue;
        out->at = cw_arena_copy(arena, (struct cw_text){s.text.at, s.text.len});
        out->len = s.text.len;
        return out->at ? CW_OK : CW_NOMEM;
    }
    return s.no_memory ? CW_NOMEM : CW_OK;
}
