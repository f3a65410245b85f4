/* compile_clash: warns where it is certain that a rule's timer action is never done, because an
 * earlier rule changes the timer otherwise for every event and user that the later one matches. */
#include <string.h>

#include "buf.h"
#include "compile.h"

/* A template that reads something may find it missing, and then nothing is done. */
static bool may_fail(const struct cwr_rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++)
        for (size_t k = 0; k < rule->actions[i].n_args; k++)
            if (rule->actions[i].args[k].tree ||
                (rule->actions[i].args[k].tpl && rule->actions[i].args[k].tpl->n_paths))
                return true;
    return rule->key != NULL;
}

/* Whether nothing but its trigger's name decides that it acts. */
static bool acts_always(const struct cwr_rule *rule)
{
    return rule->enabled && rule->has_timer && !rule->condition && !rule->dry_run && !rule->final &&
           !rule->has_throttle && !rule->at && rule->mode == CWR_RESTART && !may_fail(rule);
}

static bool may_clash(const struct cwr_rule *rule)
{
    return rule->enabled && rule->has_timer && !rule->dry_run && !rule->at && rule->when.n;
}

/* The event and the users, as written: what two rules have in common. */
static struct cw_text sign_of(struct cwr_compiler *c, const struct cwr_rule *rule,
                              struct cw_text source, struct cw_text type)
{
    struct cwr_buf buf = cwr_buf_in(c->scratch);
    struct cw_text made = {NULL, 0};
    cwr_buf_put(&buf, source);
    cwr_buf_puts(&buf, ".");
    cwr_buf_put(&buf, type.len ? type : CW_TEXT("*"));
    cwr_buf_printf(&buf, "\n%lld", (long long)rule->wait_ms);
    for (size_t i = 0; i < rule->n_who; i++) {
        cwr_buf_puts(&buf, "\n");
        cwr_buf_put(&buf, rule->who[i].text);
    }
    c->no_memory |= cwr_buf_end(&buf, &made) != CW_OK;
    return made;
}

static const struct cwr_action *next_timer(const struct cwr_rule *rule, size_t *i)
{
    while (*i < rule->n_actions && !rule->actions[*i].timer)
        (*i)++;
    return *i < rule->n_actions ? &rule->actions[(*i)++] : NULL;
}

static bool same_actions(const struct cwr_rule *a, const struct cwr_rule *b)
{
    for (size_t i = 0, k = 0;;) {
        const struct cwr_action *x = next_timer(a, &i), *y = next_timer(b, &k);
        if (!x || !y)
            return x == y;
        if (strcmp(x->name, y->name) != 0)
            return false;
    }
}

static uint32_t find_winner(struct cwr_compiler *c, const struct cwr_map *first,
                            const struct cwr_rule *rule, const struct cwr_trigger *trigger)
{
    uint32_t found = cwr_map_get(first, sign_of(c, rule, trigger->source, trigger->type));
    return found != CWR_NOWHERE || c->no_memory
               ? found
               : cwr_map_get(first, sign_of(c, rule, trigger->source, CW_TEXT("")));
}

static void warn(struct cwr_compiler *c, const struct cwr_rule *rule, const struct cwr_rule *winner)
{
    size_t i = 0, k = 0;
    const struct cwr_action *mine = next_timer(rule, &i), *its = next_timer(winner, &k);
    cw_diags_add(c->diags, CW_WARNING, "contradiction", rule->place,
                 "the first rule wins: give them different conditions, or remove one",
                 "`%s` never comes to its `%s`: for the same event and user `%s` (%s) does `%s`",
                 rule->id.at, mine->name, winner->id.at, cwr_where(c, winner->place, rule->place),
                 its->name);
}

/* Certain only when each of its triggers has such a winner. */
static void look_for_clash(struct cwr_compiler *c, const struct cwr_map *first,
                           const struct cwr_rule *rule)
{
    const struct cwr_rule *winner = NULL;
    for (size_t i = 0; i < rule->when.n && !c->no_memory; i++) {
        uint32_t found = find_winner(c, first, rule, &rule->when.items[i]);
        if (found == CWR_NOWHERE || same_actions(&c->rules->rules[found], rule))
            return;
        if (!winner)
            winner = &c->rules->rules[found];
    }
    if (winner && !c->no_memory)
        warn(c, rule, winner);
}

static void keep_signs(struct cwr_compiler *c, struct cwr_map *first, const struct cwr_rule *rule)
{
    for (size_t i = 0; i < rule->when.n && !c->no_memory; i++) {
        const struct cwr_trigger *trigger = &rule->when.items[i];
        struct cw_text sign = sign_of(c, rule, trigger->source, trigger->type);
        if (!trigger->filter && !c->no_memory && cwr_map_get(first, sign) == CWR_NOWHERE)
            c->no_memory |= cwr_map_put(first, sign, (uint32_t)(rule - c->rules->rules)) != CW_OK;
    }
}

void cwr_warn_of_clashes(struct cwr_compiler *c)
{
    struct cwr_map first = {.arena = c->scratch};
    for (size_t i = 0; i < c->rules->n_rules && !c->no_memory; i++) {
        const struct cwr_rule *rule = &c->rules->rules[i];
        if (may_clash(rule))
            look_for_clash(c, &first, rule);
        if (acts_always(rule))
            keep_signs(c, &first, rule);
    }
}
