/* compile_agree: whether two rules may do the same to a timer, as far as their texts show. */
#include <string.h>

#include "compile.h"

const struct cwr_action *cwr_next_timer(const struct cwr_rule *rule, size_t *i)
{
    while (*i < rule->n_actions && !rule->actions[*i].timer)
        (*i)++;
    return *i < rule->n_actions ? &rule->actions[(*i)++] : NULL;
}

static bool same_text(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

/* Texts that read something may come to the same. */
static bool may_be_same(const struct cwr_arg *a, const struct cwr_arg *b)
{
    if (!same_text(a->name, b->name))
        return false;
    if (a->is_bool)
        return a->truth == b->truth;
    if (!a->tpl || !b->tpl || a->tpl->n_paths || b->tpl->n_paths)
        return true;
    return a->tpl->n_parts == 1 && b->tpl->n_parts == 1 &&
           same_text(a->tpl->parts[0].literal, b->tpl->parts[0].literal);
}

static bool may_be_same_action(const struct cwr_action *a, const struct cwr_action *b)
{
    if (strcmp(a->name, b->name) != 0 || a->n_args != b->n_args)
        return false;
    for (size_t i = 0; i < a->n_args; i++)
        if (!may_be_same(&a->args[i], &b->args[i]))
            return false;
    return true;
}

bool cwr_may_agree(const struct cwr_rule *a, const struct cwr_rule *b)
{
    for (size_t i = 0, k = 0;;) {
        const struct cwr_action *x = cwr_next_timer(a, &i), *y = cwr_next_timer(b, &k);
        if (!x || !y)
            return x == y;
        if (!may_be_same_action(x, y))
            return false;
    }
}

uint64_t cwr_doing(const struct cwr_rule *rule)
{
    const struct cwr_action *action;
    uint64_t made = cwr_mix(4, (uint64_t)rule->wait_ms);
    for (size_t i = 0; (action = cwr_next_timer(rule, &i));)
        made = cwr_mix(made, cwr_hash(0, cw_text_of(action->name)));
    return made;
}
