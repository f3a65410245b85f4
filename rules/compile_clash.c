/* compile_clash: warns where it is certain that a rule comes to nothing because of an earlier one:
 * a final one that matches whenever it does, or one that then changes the timer otherwise.
 *
 * What a rule asks for is a set of claims, the digests of the pairs of `if` and of its trigger's
 * filter. An earlier rule matches whenever a later one does if its claims are among the later
 * one's. It is filed under the rarest of its claims, and looked for under each claim of the later
 * rule, so that rules that ask for different things never meet. */
#include <string.h>

#include "compile.h"

enum { MOST_LOOKS = 64 };

/* One trigger of a rule. */
struct filed {
    struct cwr_claims all;
    struct cwr_claims sure; /* what holds when it matches: without the facts of a rule with `at` */
    uint32_t rule, next;    /* of those under the same key */
};

struct slot {
    uint64_t key;
    uint32_t value; /* CWR_NOWHERE: free */
};

struct table {
    struct slot *slots;
    size_t size; /* a power of two, at least twice what is put in */
};

struct clash {
    struct cwr_compiler *c;
    struct table counts, heads;
    struct table doers; /* an event and a sequence of timer actions to the first rule with them */
    struct filed *filed;
    uint32_t n_filed;
    bool *idle; /* rules that come to nothing */
};

/* ---- Tables of numbers ---- */

static bool make_table(struct cwr_compiler *c, struct table *table, size_t n)
{
    table->size = 16;
    while (table->size < n * 2)
        table->size *= 2;
    table->slots = cw_arena_take(c->scratch, table->size * sizeof *table->slots);
    c->no_memory |= !table->slots;
    for (size_t i = 0; table->slots && i < table->size; i++)
        table->slots[i].value = CWR_NOWHERE;
    return table->slots != NULL;
}

/* The slot of a key, or the free one where it would be. */
static struct slot *slot_of(const struct table *table, uint64_t key)
{
    size_t i = (size_t)key & (table->size - 1);
    while (table->slots[i].value != CWR_NOWHERE && table->slots[i].key != key)
        i = (i + 1) & (table->size - 1);
    return &table->slots[i];
}

/* ---- Which rules ---- */

static bool is_one_of(struct cw_text text, const char *const *words)
{
    while (*words && !cw_text_is(text, *words))
        words++;
    return *words != NULL;
}

/* What is always there, so that a template that reads nothing else never fails. */
static bool is_sure(struct cw_path path)
{
    static const char *const user[] = {"name", "awork", "timezone", NULL};
    static const char *const event[] = {"id", "type", "source", "received", NULL};
    struct cw_text root = path.steps[0].name;
    if (path.n == 1)
        return cw_text_is(root, "now");
    return path.n == 2 && ((cw_text_is(root, "user") && is_one_of(path.steps[1].name, user)) ||
                           (cw_text_is(root, "event") && is_one_of(path.steps[1].name, event)));
}

static bool may_fail(const struct cwr_rule *rule)
{
    for (size_t i = 0; i < rule->n_actions; i++)
        for (size_t k = 0; k < rule->actions[i].n_args; k++) {
            const struct cwr_arg *arg = &rule->actions[i].args[k];
            if (arg->tree)
                return true;
            for (size_t p = 0; arg->tpl && p < arg->tpl->n_paths; p++)
                if (!is_sure(arg->tpl->paths[p]->path))
                    return true;
        }
    return rule->key != NULL;
}

/* Whether it changes the timer whenever it matches. */
static bool acts_always(const struct cwr_rule *rule)
{
    return rule->has_timer && !rule->dry_run && !rule->has_throttle && !rule->at &&
           rule->mode == CWR_RESTART && !may_fail(rule);
}

static bool stops_others(const struct cwr_rule *rule)
{
    return rule->final && !rule->dry_run;
}

static bool is_plain(const struct cwr_rule *rule)
{
    for (size_t i = 0; i < rule->when.n; i++)
        if (rule->when.items[i].kind != CW_TRIGGER_EVENT)
            return false;
    return rule->enabled && rule->when.n;
}

/* ---- Filing and looking ---- */

static uint64_t sign_of(struct cw_text source, struct cw_text type, const struct cwr_rule *rule)
{
    uint64_t sign = cwr_mix(cwr_hash(1, source), cwr_hash(2, type));
    for (size_t i = 0; rule && i < rule->n_who; i++)
        sign = cwr_mix(sign, cwr_hash(3, rule->who[i].text));
    return rule ? sign : cwr_mix(sign, cwr_hash(3, CW_TEXT("everyone")));
}

/* The rarest claim, 0 when there is none. */
static uint64_t rarest(const struct clash *v, const struct cwr_claims *claims)
{
    uint64_t best = 0;
    uint32_t least = CWR_NOWHERE;
    for (uint32_t i = 0; i < claims->n; i++) {
        const struct slot *slot = slot_of(&v->counts, claims->at[i]);
        if (slot->value >= least)
            continue;
        least = slot->value;
        best = claims->at[i];
    }
    return best;
}

static void file(struct clash *v, const struct cwr_trigger *trigger, struct filed *filed)
{
    const struct cwr_rule *rule = &v->c->rules->rules[filed->rule];
    uint64_t sign = sign_of(trigger->source, trigger->type, rule);
    struct slot *slot = slot_of(&v->heads, cwr_mix(sign, rarest(v, &filed->all)));
    slot->key = cwr_mix(sign, rarest(v, &filed->all));
    filed->next = slot->value;
    slot->value = (uint32_t)(filed - v->filed);
}

enum relation { STOPPED, CONTRADICTED };

static bool relates(enum relation relation, const struct cwr_rule *earlier,
                    const struct cwr_rule *rule)
{
    if (relation == STOPPED)
        return stops_others(earlier);
    return acts_always(earlier) && earlier->wait_ms == rule->wait_ms &&
           !cwr_may_agree(earlier, rule);
}

/* The earliest rule filed under the key that matches whenever this one does. */
static const struct cwr_rule *look(const struct clash *v, uint64_t key, const struct filed *of,
                                   enum relation relation, const struct cwr_rule *found)
{
    const struct cwr_rule *rules = v->c->rules->rules;
    uint32_t at = slot_of(&v->heads, key)->value;
    for (int n = 0; at != CWR_NOWHERE && n < MOST_LOOKS; at = v->filed[at].next, n++) {
        const struct filed *one = &v->filed[at];
        const struct cwr_rule *earlier = &rules[one->rule];
        if (one->rule != of->rule && !v->idle[one->rule] && (!found || earlier < found) &&
            cwr_claims_among(&one->all, &of->sure) && relates(relation, earlier, &rules[of->rule]))
            found = earlier;
    }
    return found;
}

static const struct cwr_rule *look_under_claims(const struct clash *v, uint64_t sign,
                                                const struct filed *of, enum relation relation,
                                                const struct cwr_rule *found)
{
    found = look(v, cwr_mix(sign, 0), of, relation, found);
    for (uint32_t i = 0; i < of->sure.n; i++)
        found = look(v, cwr_mix(sign, of->sure.at[i]), of, relation, found);
    return found;
}

static bool same_text(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

static struct cw_text family_of(const struct clash *v, struct cw_text source)
{
    const struct cw_catalogue *c = v->c->catalogue;
    for (size_t i = 0; i < c->n_sources; i++)
        if (cw_text_is(source, c->sources[i].name) && c->sources[i].family)
            return cw_text_of(c->sources[i].family);
    return source;
}

/* Under all names that the event and the people may have there. */
static const struct cwr_rule *find(const struct clash *v, const struct cwr_trigger *trigger,
                                   const struct filed *of, enum relation relation)
{
    const struct cwr_rule *rule = &v->c->rules->rules[of->rule], *found = NULL;
    struct cw_text names[] = {trigger->source, family_of(v, trigger->source)};
    struct cw_text types[] = {trigger->type, CW_TEXT("")};
    for (int n = 0; n < (same_text(names[0], names[1]) ? 1 : 2); n++)
        for (int t = 0; t < (types[0].len ? 2 : 1); t++) {
            uint64_t own = sign_of(names[n], types[t], rule);
            uint64_t any = sign_of(names[n], types[t], NULL);
            found = look_under_claims(v, own, of, relation, found);
            if (own != any)
                found = look_under_claims(v, any, of, relation, found);
        }
    return found;
}

/* ---- Who else does the same ---- */

static const struct cw_text any_type = {"?", 1};

static uint64_t doer_key(struct cw_text source, struct cw_text type, const struct cwr_rule *rule)
{
    return cwr_mix(cwr_mix(cwr_hash(1, source), cwr_hash(2, type)), cwr_doing(rule));
}

static void put_doer(struct clash *v, uint64_t key, uint32_t row)
{
    struct slot *slot = slot_of(&v->doers, key);
    slot->key = key;
    slot->value = slot->value < row ? slot->value : row;
}

static void add_doer(struct clash *v, const struct cwr_trigger *trigger, uint32_t row)
{
    const struct cwr_rule *rule = &v->c->rules->rules[row];
    struct cw_text names[] = {trigger->source, family_of(v, trigger->source)};
    for (int n = 0; n < 2; n++) {
        put_doer(v, doer_key(names[n], trigger->type, rule), row);
        put_doer(v, doer_key(names[n], any_type, rule), row);
    }
}

/* Whether a rule before `first` may do what this one does, and so be the one that wins: then this
 * one agrees with it. */
static bool has_ally(const struct clash *v, const struct cwr_trigger *trigger,
                     const struct cwr_rule *rule, const struct cwr_rule *first)
{
    struct cw_text names[] = {trigger->source, family_of(v, trigger->source)};
    struct cw_text types[] = {trigger->type, CW_TEXT(""), any_type};
    uint32_t row = (uint32_t)(first - v->c->rules->rules);
    for (int n = 0; n < 2; n++)
        for (int t = 0; t < (trigger->type.len ? 2 : 3); t++)
            if (slot_of(&v->doers, doer_key(names[n], types[t], rule))->value < row)
                return true;
    return false;
}

/* ---- One rule ---- */

static void warn(struct clash *v, const struct cwr_rule *rule, const struct cwr_rule *first,
                 enum relation relation)
{
    size_t i = 0, k = 0;
    v->idle[rule - v->c->rules->rules] = true;
    if (relation == STOPPED) {
        cw_diags_add(v->c->diags, CW_WARNING, "shadowed", rule->place,
                     "let it stand before the final rule, or ask for more in that",
                     "`%s` is never reached: `%s` (%s) is final, and matches whenever it does",
                     rule->id.at, first->id.at, cwr_where(v->c, first->place, rule->place));
        return;
    }
    const struct cwr_action *mine = cwr_next_timer(rule, &i), *its = cwr_next_timer(first, &k);
    cw_diags_add(v->c->diags, CW_WARNING, "contradiction", rule->place,
                 "the first rule wins: give them different conditions, or remove one",
                 "`%s` never comes to its `%s`: for the same event and user `%s` (%s) does `%s`",
                 rule->id.at, mine->name, first->id.at, cwr_where(v->c, first->place, rule->place),
                 its->name);
}

/* Certain only when each of its triggers has such an earlier rule. */
static bool check(struct clash *v, const struct cwr_rule *rule, const struct filed *filed,
                  enum relation relation)
{
    const struct cwr_rule *first = NULL;
    for (size_t i = 0; i < rule->when.n; i++) {
        const struct cwr_rule *found = find(v, &rule->when.items[i], &filed[i], relation);
        if (!found || (relation == CONTRADICTED && has_ally(v, &rule->when.items[i], rule, found)))
            return false;
        first = first && first < found ? first : found;
    }
    warn(v, rule, first, relation);
    return true;
}

/* ---- The whole ---- */

/* The triggers of `when` in the order in which they were compiled. */
static size_t add_triggers(struct clash *v, uint32_t row, const struct cw_node *map,
                           const struct cw_node *when, size_t n)
{
    if (cw_node_kind(when) == CW_NODE_SEQ) {
        for (size_t i = 0; i < cw_node_count(when) && !v->c->no_memory; i++)
            n = add_triggers(v, row, map, cw_node_item(when, i), n);
        return n;
    }
    struct filed *filed = &v->filed[v->n_filed];
    *filed = (struct filed){.rule = row, .next = CWR_NOWHERE};
    if (!cwr_claims_of(v->c, map, when, false, &filed->all) ||
        !cwr_claims_of(v->c, map, when, v->c->rules->rules[row].at != NULL, &filed->sure))
        return n;
    v->n_filed++;
    return n + 1;
}

static void count_claims(struct clash *v)
{
    size_t n = 0;
    for (uint32_t i = 0; i < v->n_filed; i++)
        n += v->filed[i].all.n;
    if (!make_table(v->c, &v->counts, n) || !make_table(v->c, &v->heads, v->n_filed) ||
        !make_table(v->c, &v->doers, v->n_filed * (size_t)4))
        return;
    for (uint32_t i = 0; i < v->n_filed; i++)
        for (uint32_t k = 0; k < v->filed[i].all.n; k++) {
            struct slot *slot = slot_of(&v->counts, v->filed[i].all.at[k]);
            slot->value = slot->value == CWR_NOWHERE ? 1 : slot->value + 1;
            slot->key = v->filed[i].all.at[k];
        }
}

static void check_rule(struct clash *v, const struct cwr_rule *rule, struct filed *filed)
{
    if (!rule->dry_run && !check(v, rule, filed, STOPPED) && rule->has_timer && !rule->at)
        check(v, rule, filed, CONTRADICTED);
    for (size_t i = 0; i < rule->when.n; i++) {
        if (stops_others(rule) || acts_always(rule))
            file(v, &rule->when.items[i], &filed[i]);
        if (rule->has_timer && !rule->dry_run && !v->idle[filed->rule])
            add_doer(v, &rule->when.items[i], filed->rule);
    }
}

static bool begin(struct clash *v)
{
    const struct cw_ruleset *rules = v->c->rules;
    size_t n = 0;
    for (size_t i = 0; i < rules->n_rules; i++)
        n += is_plain(&rules->rules[i]) ? rules->rules[i].when.n : 0;
    v->filed = cw_arena_take(v->c->scratch, (n + 1) * sizeof *v->filed);
    v->idle = cw_arena_take(v->c->scratch, rules->n_rules + 1);
    v->c->no_memory |= !v->filed || !v->idle;
    if (!v->c->no_memory)
        memset(v->idle, 0, rules->n_rules + 1);
    return !v->c->no_memory;
}

void cwr_warn_of_clashes(struct cwr_compiler *c, const struct cw_node *list)
{
    struct clash v = {.c = c};
    if (!begin(&v))
        return;
    for (uint32_t i = 0; i < c->rules->n_rules && !c->no_memory; i++) {
        const struct cwr_rule *rule = &c->rules->rules[i];
        const struct cw_node *map = cw_node_item(list, i);
        uint32_t before = v.n_filed;
        if (is_plain(rule) && add_triggers(&v, i, map, cw_node_get(map, "when"), 0) != rule->when.n)
            v.n_filed = before; /* it asks for too much to be looked at */
    }
    if (!c->no_memory)
        count_claims(&v);
    for (uint32_t i = 0; i < v.n_filed && !c->no_memory;) {
        const struct cwr_rule *rule = &c->rules->rules[v.filed[i].rule];
        check_rule(&v, rule, &v.filed[i]);
        i += (uint32_t)rule->when.n;
    }
}
