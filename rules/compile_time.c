/* compile_time: when a rule acts and what becomes of a second match: `wait` or `at`, `key`, `mode`,
 * `throttle`, `expires`, and the words `final`, `dry_run` and `human_wins`. */
#include <string.h>

#include "compile.h"
#include "moment.h"

bool cwr_compile_duration(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                          int64_t *out_ms)
{
    struct cw_text text;
    struct cw_error err = {.at = -1};
    if (!node || !cwr_want_text(c, node, what, &text))
        return false;
    if (cw_duration_parse(text, out_ms, &err)) {
        cwr_fault(c, node, "bad-duration", NULL, "%s", err.text);
        return false;
    }
    return true;
}

/* ---- at ---- */

/* "5 minutes before ..." stands in front of the template. Returns: where that begins; 0 when there
 * are no such words. */
static size_t read_offset(struct cwr_compiler *c, const struct cw_node *node, struct cw_text text,
                          int64_t *out_ms)
{
    static const struct {
        const char *word;
        int sign;
    } words[] = {{" before ", -1}, {" after ", 1}};
    const char *end = memmem(text.at, text.len, "${", 2);
    size_t head = end ? (size_t)(end - text.at) : text.len;
    for (size_t i = 0; i < 2; i++) {
        const char *at = memmem(text.at, head, words[i].word, strlen(words[i].word));
        if (!at)
            continue;
        struct cw_error err = {.at = -1};
        if (cw_duration_parse((struct cw_text){text.at, (size_t)(at - text.at)}, out_ms, &err))
            cwr_fault(c, node, "bad-duration", NULL, "%s", err.text);
        *out_ms *= words[i].sign;
        return (size_t)(at - text.at) + strlen(words[i].word);
    }
    return 0;
}

/* One that is always the same can be read now. What stands around a template cannot be anything
 * but parts of a moment: "10 minutes befor ${event.start}" would never be one. */
static bool is_instant(const struct cw_template *tpl)
{
    static const char signs[] = "0123456789-:.+TtZz ";
    int64_t ms;
    if (!tpl->n_paths)
        return tpl->n_parts == 1 && cwr_moment_read(tpl->parts[0].literal, &ms);
    for (size_t i = 0; i < tpl->n_parts; i++)
        for (size_t j = 0; !tpl->parts[i].path.n && j < tpl->parts[i].literal.len; j++)
            if (!memchr(signs, tpl->parts[i].literal.at[j], sizeof signs - 1))
                return false;
    return true;
}

const struct cw_template *cwr_compile_moment(struct cwr_compiler *c, const struct cw_node *node,
                                             const char *what, int64_t *out_ms)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, what, &text))
        return NULL;
    size_t skip = read_offset(c, node, text, out_ms);
    const struct cw_template *tpl = cwr_compile_template_behind(c, node, skip);
    if (tpl && !is_instant(tpl))
        cwr_fault(c, node, "bad-value", NULL,
                  "%s is a point in time such as ${event.start} or 5 minutes before "
                  "${event.start}",
                  what);
    return tpl;
}

static void compile_at(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule)
{
    if (!node)
        return;
    rule->at_place = cwr_keep_place(c, cw_node_place(node));
    c->at.in_vars = true;
    rule->at = cwr_compile_moment(c, node, "`at`", &rule->at_ms);
    c->at.in_vars = false;
}

void cwr_compile_wait(struct cwr_compiler *c, const struct cw_node *map, struct cwr_rule *rule)
{
    const struct cw_node *wait = cw_node_get(map, "wait"), *at = cw_node_get(map, "at");
    rule->has_wait = cwr_compile_duration(c, wait, "`wait`", &rule->wait_ms);
    compile_at(c, at, rule);
    if (wait && at)
        cwr_fault(c, at, "bad-value", NULL, "a rule has `wait` or `at`, not both");
}

/* ---- The rest ---- */

void cwr_compile_key_of(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule)
{
    struct cw_text text;
    if (!node || !cwr_want_text(c, node, "`key`", &text))
        return;
    rule->key_place = cwr_keep_place(c, cw_node_place(node));
    c->at.in_key = true;
    rule->key = cwr_compile_template(c, node);
    c->at.in_key = false;
}

static void compile_mode(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule)
{
    struct cw_text text;
    if (!node || !cwr_want_text(c, node, "`mode`", &text))
        return;
    for (size_t i = 0; cwr_mode_words[i]; i++) {
        if (!cw_text_is(text, cwr_mode_words[i]))
            continue;
        rule->mode = (enum cwr_mode)i;
        return;
    }
    cwr_fault(c, node, "bad-value",
              cwr_did_you_mean(c, text, cwr_mode_words, cwr_words(cwr_mode_words)),
              "`mode` is restart, single or parallel");
}

static void compile_flag(struct cwr_compiler *c, const struct cw_node *node, const char *name,
                         bool *out)
{
    if (node && !cwr_scalar_bool(node, out))
        cwr_fault(c, node, "bad-value", NULL, "`%s` is true or false", name);
}

void cwr_compile_course(struct cwr_compiler *c, const struct cw_node *map, struct cwr_rule *rule)
{
    compile_mode(c, cw_node_get(map, "mode"), rule);
    compile_flag(c, cw_node_get(map, "final"), "final", &rule->final);
    compile_flag(c, cw_node_get(map, "dry_run"), "dry_run", &rule->dry_run);
    compile_flag(c, cw_node_get(map, "human_wins"), "human_wins", &rule->yields);
    rule->has_throttle =
        cwr_compile_duration(c, cw_node_get(map, "throttle"), "`throttle`", &rule->throttle_ms);
}

void cwr_compile_expires(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule)
{
    int64_t ms;
    if (!cwr_compile_duration(c, node, "`expires`", &ms))
        return;
    for (size_t i = 0; i < rule->n_actions; i++)
        rule->actions[i].expires_ms = ms;
}
