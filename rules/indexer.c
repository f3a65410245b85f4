/* indexer: makes the index of a ruleset in three rounds over the rules. The first counts how
 * many entries each thing that must hold would find; the second, where that is many, how many the
 * texts under several paths together would find; the third keeps each entry under the rarest. See
 * index.c for an example. */
#include <string.h>

#include "buf.h"
#include "indexer_atom.h"
#include "indexer_make.h"
#include "ruleset.h"

enum { RARE = 8 /* entries: as good as alone */ };

/* Atoms of which one must hold for a condition to hold. */
struct cover {
    struct cwr_atom atoms[CWR_COVER];
    size_t n;      /* 0: there is none */
    uint64_t cost; /* entries that it may find */
};

/* An entry, and the conditions that must hold for its rule to match. */
struct place {
    uint32_t group;
    uint64_t entry;
    const struct cwr_condition *all[2];
    size_t n;
};

typedef void visit_fn(struct cwr_indexer_maker *b, const struct place *place);

/* ---- Counting ---- */

struct counting {
    struct cwr_indexer_maker *b;
    uint32_t group;
    uint64_t most;
};

static void count_hash(void *ctx, uint64_t hash)
{
    struct counting *c = ctx;
    cwr_maker_count(c->b, hash);
}

static void find_hash(void *ctx, uint64_t hash)
{
    struct counting *c = ctx;
    uint64_t n = cwr_maker_counted(c->b, hash);
    c->most = n > c->most ? n : c->most;
}

static bool is_between(const struct cwr_atom *atom)
{
    return atom->kind == CWR_PROBE_NUMBER || atom->kind == CWR_PROBE_MOMENT;
}

/* Intervals are counted by path alone. */
static uint64_t between_hash(uint32_t group, const struct cwr_atom *atom)
{
    return cwr_index_end(cwr_index_seed(group, atom->kind, false, atom->slot));
}

static void count_atom(void *ctx, const struct cwr_atom *atom)
{
    struct counting *c = ctx;
    if (is_between(atom))
        cwr_maker_count(c->b, between_hash(c->group, atom));
    else
        cwr_each_hash(c->group, atom, count_hash, c);
    if (atom->kind == CWR_PROBE_MEMBER)
        cwr_maker_count(c->b, cwr_member_hash(c->group, atom));
}

static void count_condition(struct counting *c, const struct cwr_condition *condition)
{
    if (condition->kind == CWR_PREDICATE)
        cwr_each_atom(condition->predicate, count_atom, c);
    if (condition->kind != CWR_ALL && condition->kind != CWR_ANY)
        return;
    for (size_t i = 0; i < condition->n; i++)
        count_condition(c, &condition->items[i]);
}

static void count_place(struct cwr_indexer_maker *b, const struct place *place)
{
    struct counting counting = {b, place->group, 0};
    for (size_t i = 0; i < place->n; i++)
        count_condition(&counting, place->all[i]);
}

/* ---- Choosing ---- */

struct choosing {
    struct cwr_indexer_maker *b;
    uint32_t group;
    struct cover *best;
};

/* Two ends leave few of many intervals, one end half of them. */
static uint64_t cost_of(struct cwr_indexer_maker *b, uint32_t group, const struct cwr_atom *atom)
{
    struct counting counting = {b, group, 0};
    if (is_between(atom)) {
        bool both = atom->lo > INT64_MIN && atom->hi < INT64_MAX;
        return cwr_maker_counted(b, between_hash(group, atom)) / (both ? 64 : 2) + 2;
    }
    cwr_each_hash(group, atom, find_hash, &counting);
    if (atom->kind == CWR_PROBE_MEMBER) { /* of a text it finds all of them */
        uint64_t all = cwr_maker_counted(b, cwr_member_hash(group, atom)) / 4;
        return all > counting.most ? all : counting.most;
    }
    return counting.most;
}

static void choose_atom(void *ctx, const struct cwr_atom *atom)
{
    struct choosing *c = ctx;
    uint64_t cost = cost_of(c->b, c->group, atom);
    if (c->best->n && cost >= c->best->cost)
        return;
    c->best->atoms[0] = *atom;
    c->best->n = 1;
    c->best->cost = cost;
}

static void choose(struct choosing *c, const struct cwr_condition *condition);

/* One of them holds: all of their covers together are one, if each has one. */
static void choose_any(struct choosing *c, const struct cwr_condition *any)
{
    struct cover sum = {.n = 0};
    for (size_t i = 0; i < any->n; i++) {
        struct cover one = {.n = 0};
        struct choosing inner = {c->b, c->group, &one};
        choose(&inner, &any->items[i]);
        if (!one.n || sum.n + one.n > CWR_COVER)
            return;
        memcpy(sum.atoms + sum.n, one.atoms, one.n * sizeof one.atoms[0]);
        sum.n += one.n;
        sum.cost += one.cost;
    }
    if (sum.n && (!c->best->n || sum.cost < c->best->cost))
        *c->best = sum;
}

/* Leaves in `best` what it was, or a better cover of the condition. */
static void choose(struct choosing *c, const struct cwr_condition *condition)
{
    if (condition->kind == CWR_PREDICATE)
        cwr_each_atom(condition->predicate, choose_atom, c);
    else if (condition->kind == CWR_ANY)
        choose_any(c, condition);
    for (size_t i = 0; condition->kind == CWR_ALL && i < condition->n; i++)
        choose(c, &condition->items[i]);
}

static struct cover cover_of(struct cwr_indexer_maker *b, const struct place *place)
{
    struct cover cover = {.n = 0};
    struct choosing choosing = {b, place->group, &cover};
    for (size_t i = 0; i < place->n; i++)
        choose(&choosing, place->all[i]);
    return cover;
}

/* ---- Several texts together ---- */

struct several {
    struct cwr_indexer_maker *b;
    uint32_t group;
    uint64_t costs[CWR_INDEX_SEVERAL];
    struct cwr_atom kept[CWR_INDEX_SEVERAL];
    size_t n;
};

/* Keeps the rarest ones, each path once, in the order of their slots. */
static void take_text(void *ctx, const struct cwr_atom *atom)
{
    struct several *s = ctx;
    if (atom->kind != CWR_PROBE_WHOLE || atom->fold || atom->n != 1 ||
        atom->operands[0].kind != CW_STRING || s->b->rules->paths[atom->slot].each)
        return;
    uint64_t cost = cost_of(s->b, s->group, atom);
    size_t at = 0, worst = 0;
    for (; at < s->n && s->kept[at].slot != atom->slot; at++)
        worst = s->costs[at] > s->costs[worst] ? at : worst;
    if (at < s->n || (s->n == CWR_INDEX_SEVERAL && cost >= s->costs[worst]))
        return;
    at = s->n < CWR_INDEX_SEVERAL ? s->n++ : worst;
    s->kept[at] = *atom;
    s->costs[at] = cost;
}

static void take_texts(struct several *s, const struct cwr_condition *condition)
{
    if (condition->kind == CWR_PREDICATE)
        cwr_each_atom(condition->predicate, take_text, s);
    for (size_t i = 0; condition->kind == CWR_ALL && i < condition->n; i++)
        take_texts(s, &condition->items[i]);
}

static void sort_by_slot(struct several *s)
{
    for (size_t i = 1; i < s->n; i++) {
        struct cwr_atom one = s->kept[i];
        size_t k = i;
        for (; k && s->kept[k - 1].slot > one.slot; k--)
            s->kept[k] = s->kept[k - 1];
        s->kept[k] = one;
    }
}

/* Returns: false when there is nothing to put together, or no room for one more look-up. */
static bool find_several(struct cwr_indexer_maker *b, const struct place *place, bool add,
                         struct cwr_several **row, uint64_t *hash)
{
    struct several s = {.b = b, .group = place->group};
    uint32_t slots[CWR_INDEX_SEVERAL];
    for (size_t i = 0; i < place->n; i++)
        take_texts(&s, place->all[i]);
    sort_by_slot(&s);
    *hash = cwr_index_seed(place->group, CWR_PROBE_SEVERAL, false, 0);
    for (size_t i = 0; i < s.n; i++) {
        slots[i] = s.kept[i].slot;
        *hash = cwr_index_join(*hash, slots[i], s.kept[i].operands[0].text);
    }
    *row = s.n < 2 ? NULL : cwr_maker_several(b, place->group, slots, s.n, add);
    return *row != NULL;
}

static void count_several(struct cwr_indexer_maker *b, const struct place *place)
{
    struct cwr_several *row;
    uint64_t hash;
    if (cover_of(b, place).cost > RARE && find_several(b, place, true, &row, &hash))
        cwr_maker_count(b, hash);
}

/* ---- Placing ---- */

struct placing {
    struct cwr_indexer_maker *b;
    uint64_t entry;
};

static void place_hash(void *ctx, uint64_t hash)
{
    struct placing *p = ctx;
    cwr_maker_pair(p->b, hash, p->entry);
}

static void place_atom(struct placing *p, uint32_t group, const struct cwr_atom *atom)
{
    cwr_maker_probe(p->b, group, atom, p->entry);
    cwr_each_hash(group, atom, place_hash, p);
    if (atom->kind == CWR_PROBE_MEMBER)
        cwr_maker_pair(p->b, cwr_member_hash(group, atom), p->entry);
}

static void place_entry(struct cwr_indexer_maker *b, const struct place *place)
{
    struct placing placing = {b, place->entry};
    struct cwr_several *row;
    uint64_t hash;
    struct cover cover = cover_of(b, place);
    if (!cover.n) {
        cwr_maker_plain(b, place->group, place->entry);
        return;
    }
    if (cover.cost > RARE && find_several(b, place, false, &row, &hash) &&
        cwr_maker_counted(b, hash) < cover.cost / 2) {
        row->used = true;
        cwr_maker_pair(b, hash, place->entry);
        return;
    }
    for (size_t i = 0; i < cover.n; i++)
        place_atom(&placing, place->group, &cover.atoms[i]);
}

/* ---- Rounds ---- */

/* What the event of a trigger is to its rule. */
enum hears {
    HEARS_UNLESS,
    HEARS_MATCH, /* nothing comes of it unless the condition holds */
    HEARS_PART   /* it is of use whatever the condition says */
};

static void visit_event(struct cwr_indexer_maker *b, const struct cwr_rule *rule,
                        const struct cwr_trigger *event, enum hears hears, visit_fn *visit)
{
    bool run = hears != HEARS_UNLESS;
    struct place place = {.entry = (uint64_t)(rule - b->rules->rules) | (run ? CWR_RUN : 0)};
    place.group = cwr_maker_group(b, event->source, event->type);
    if (b->no_memory)
        return;
    cwr_maker_reads(b, place.group, rule);
    if (event->filter)
        place.all[place.n++] = event->filter;
    if (hears == HEARS_MATCH && rule->condition)
        place.all[place.n++] = rule->condition;
    visit(b, &place);
}

/* The trigger itself, or the events that it hears. One that fails the condition may correct what
 * is pending, and is a part of an `all` and a sign of life in any case. */
static void visit_trigger(struct cwr_indexer_maker *b, const struct cwr_rule *rule,
                          const struct cwr_trigger *trigger, visit_fn *visit)
{
    enum hears hears = trigger->kind == CW_TRIGGER_COUNT ? HEARS_MATCH : HEARS_PART;
    if (trigger->kind == CW_TRIGGER_EVENT)
        visit_event(b, rule, trigger, cwr_rule_corrects(rule) ? HEARS_PART : HEARS_MATCH, visit);
    for (size_t i = 0; i < trigger->n_parts; i++)
        for (size_t k = 0; k < trigger->parts[i].n && !b->no_memory; k++)
            visit_event(b, rule, &trigger->parts[i].items[k], hears, visit);
}

static void each_place(struct cwr_indexer_maker *b, visit_fn *visit)
{
    for (size_t i = 0; i < b->rules->n_rules && !b->no_memory; i++) {
        const struct cwr_rule *rule = &b->rules->rules[i];
        if (!rule->enabled)
            continue;
        for (size_t k = 0; k < rule->when.n && !b->no_memory; k++)
            visit_trigger(b, rule, &rule->when.items[k], visit);
        for (size_t k = 0; k < rule->unless.n && !b->no_memory; k++)
            visit_event(b, rule, &rule->unless.items[k], HEARS_UNLESS, visit);
    }
}

enum cw_status cwr_index_build(struct cw_ruleset *rules, struct cw_arena *scratch)
{
    struct cwr_indexer_maker b = {.rules = rules, .scratch = scratch};
    b.counts.arena = b.probes.arena = b.reads.arena = scratch;
    each_place(&b, count_place);
    each_place(&b, count_several);
    each_place(&b, place_entry);
    return cwr_maker_keep(&b);
}
