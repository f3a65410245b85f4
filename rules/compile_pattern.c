/* compile_pattern: the operand of `matches`. Each text is compiled once, however many rules have
 * it, and all of them together have a ceiling. */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "matcher.h"
#include "regex_cost.h"

enum { PATTERN_BYTES = 256 << 20 };

static enum cw_status keep_regex(struct cwr_compiler *c, struct cw_text key,
                                 struct cwr_regex *regex)
{
    struct cwr_regex_row *row = cwr_take(c, sizeof *row);
    if (!row) {
        cwr_regex_destroy(regex);
        return CW_NOMEM;
    }
    *row = (struct cwr_regex_row){regex, c->rules->regexes};
    c->rules->regexes = row;
    key.at = cw_arena_copy(c->scratch, key);
    c->pattern_rows =
        cwr_grow(c, c->scratch, c->pattern_rows, c->n_patterns, sizeof(struct cwr_regex *));
    if (!key.at || !c->pattern_rows || cwr_map_put(&c->patterns, key, (uint32_t)c->n_patterns))
        return CW_NOMEM;
    c->pattern_rows[c->n_patterns++] = regex;
    return CW_OK;
}

static enum cw_status make_regex(struct cwr_compiler *c, struct cw_text key,
                                 const struct cwr_regex **out, struct cw_error *err)
{
    struct cwr_regex *regex;
    enum cw_status status =
        cwr_regex_compile((struct cw_text){key.at + 1, key.len - 1}, key.at[0] == 'i', &regex, err);
    if (status)
        return status;
    c->pattern_bytes += cwr_regex_bytes(regex);
    if (c->pattern_bytes > PATTERN_BYTES)
        status = cw_fail(err, CW_ELIMIT, "the patterns of all rules together are too large");
    if (!status && !c->n_patterns) /* the first one shows whether this system allows it at all */
        status = cwr_regex_prepare(regex, err);
    if (status) {
        cwr_regex_destroy(regex);
        return status;
    }
    *out = regex;
    return keep_regex(c, key, regex);
}

static enum cw_status get_regex(struct cwr_compiler *c, struct cw_text pattern, bool ignore_case,
                                const struct cwr_regex **out, struct cw_error *err)
{
    struct cwr_buf buf = cwr_buf_in(c->passing);
    struct cw_text key;
    cwr_buf_puts(&buf, ignore_case ? "i" : "c");
    cwr_buf_put(&buf, pattern);
    if (cwr_buf_end(&buf, &key))
        return CW_NOMEM;
    uint32_t row = cwr_map_get(&c->patterns, key);
    if (row == CWR_NOWHERE)
        return make_regex(c, key, out, err);
    *out = c->pattern_rows[row];
    return CW_OK;
}

static bool bad_pattern(struct cwr_compiler *c, const struct cw_node *node, enum cw_status status,
                        const struct cw_error *err)
{
    struct cw_place place =
        err->at >= 0 ? cwr_place_in(node, (size_t)err->at, 1) : cw_node_place(node);
    if (status == CW_NOMEM) {
        c->no_memory = true;
        return false;
    }
    cwr_fault_at(c, place, "bad-pattern", NULL, "%s", err->text);
    c->at.bad_pattern = true;
    return false;
}

static bool compile_groups(struct cwr_compiler *c, const struct cw_node *node,
                           struct cwr_test *test)
{
    size_t n = cwr_regex_count(test->regex);
    uint32_t *groups = cwr_take(c, n * sizeof *groups);
    test->groups = groups;
    for (size_t i = 0; groups && i < n; i++) {
        uint32_t slot = cwr_capture_slot(c, cwr_regex_name(test->regex, i), cw_node_place(node));
        groups[i] = CWR_NOWHERE;
        if (slot == CWR_NOWHERE)
            return false;
        cwr_define_capture(c, slot);
        if (!c->at.nots)
            groups[i] = slot;
    }
    return groups != NULL;
}

/* ---- What it costs ---- */

/* One that can be costly is tried, until too much has been spent on that. */
static void lint_cost(struct cwr_compiler *c, const struct cw_node *node,
                      const struct cwr_regex *regex)
{
    struct cw_text text = {NULL, 0};
    if (c->cost_told || !cwr_lint_matcher(c))
        return;
    if (cwr_regex_cost(regex, cw_node_text(node), c->matcher->regex, c->passing, &c->cost_steps,
                       &text)) {
        c->no_memory = true;
        return;
    }
    if (text.len)
        cw_diags_add(c->diags, CW_WARNING, "costly-pattern", cw_node_place(node),
                     "a repeat in a repeat does that, or three repeats that take the same "
                     "characters: say what may not come, as [^,]+ for .+",
                     "this pattern gives up on %d characters such as `%.*s...`: there are too many "
                     "ways to share them out",
                     CWR_COST_BYTES, 20, text.at);
    c->cost_told = !c->cost_steps;
    if (c->cost_told)
        cw_diags_add(
            c->diags, CW_NOTE, "costly-pattern", cw_node_place(node), NULL,
            "so much was spent on trying patterns that those after this one are not tried");
}

bool cwr_compile_pattern(struct cwr_compiler *c, const struct cw_node *node, struct cwr_test *test)
{
    size_t known = c->n_patterns;
    struct cw_text text;
    struct cw_error err = {.at = -1};
    if (!cwr_want_text(c, node, "a pattern", &text))
        return false;
    enum cw_status status = get_regex(c, text, test->ignore_case, &test->regex, &err);
    if (status)
        return bad_pattern(c, node, status, &err);
    if (c->n_patterns > known)
        lint_cost(c, node, test->regex);
    return compile_groups(c, node, test);
}
