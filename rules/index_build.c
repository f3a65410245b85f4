/* index_build: makes the index of a ruleset in two rounds over the rules: the first counts how
 * often each value occurs, the second keeps each rule under its rarest. See index.c for an example.
 */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ruleset.h"

/* ---- A table of numbers, for building ---- */

struct cell {
    uint64_t key; /* plus one; 0: free */
    uint32_t n;
};

struct cells {
    struct cell *at;
    size_t size, n;
    struct cw_arena *arena;
};

static struct cell *find_cell(const struct cells *cells, uint64_t key)
{
    uint64_t hash = (key + 1) * 0x9E3779B97F4A7C15U;
    for (size_t i = (size_t)(hash >> 20) & (cells->size - 1);; i = (i + 1) & (cells->size - 1))
        if (!cells->at[i].key || cells->at[i].key == key + 1)
            return &cells->at[i];
}

static struct cell *get_cell(struct cells *cells, uint64_t key)
{
    if (cells->n * 2 >= cells->size) {
        struct cells bigger = {.size = cells->size ? cells->size * 2 : 64, .arena = cells->arena};
        bigger.at = cw_arena_take(cells->arena, bigger.size * sizeof *bigger.at);
        if (!bigger.at)
            return NULL;
        for (size_t i = 0; i < cells->size; i++)
            if (cells->at[i].key)
                *find_cell(&bigger, cells->at[i].key - 1) = cells->at[i];
        bigger.n = cells->n;
        *cells = bigger;
    }
    struct cell *cell = find_cell(cells, key);
    cells->n += cell->key == 0;
    cell->key = key + 1;
    return cell;
}

/* ---- Exact conditions ---- */

struct builder {
    struct cw_ruleset *rules;
    struct cw_arena *scratch;
    struct cells counts; /* how often a value stands in the rules of a group */
    struct cells keys;   /* (group, slot) that some entry is kept under */
    struct cells reads;  /* (group, slot) that some rule reads */
    struct pair *pairs;
    size_t n_pairs, pairs_size;
    struct cwr_group_list *groups;
    size_t n_groups, groups_size;
    bool no_memory;
};

struct pair {
    uint64_t hash, entry;
};

/* Lists that grow while a group is built. */
struct cwr_group_list {
    uint64_t *plain;
    uint32_t *keys, *reads;
    size_t n_plain, n_keys, n_reads, plain_size, keys_size, reads_size;
};

static void *more(struct builder *b, void *items, size_t n, size_t *size, size_t one)
{
    if (n < *size)
        return items;
    size_t wanted = *size ? *size * 2 : 8;
    void *bigger = cw_arena_take(b->scratch, wanted * one);
    if (!bigger) {
        b->no_memory = true;
        return NULL;
    }
    if (n)
        memcpy(bigger, items, n * one);
    *size = wanted;
    return bigger;
}

struct exact {
    const struct cwr_test *test;
    uint32_t slot;
};

enum { EXACT_LIMIT = 32 };

static bool is_exact(const struct cwr_test *test)
{
    if ((test->op != CWR_OP_IS && test->op != CWR_OP_IN) || test->ignore_case || test->n > 16)
        return false;
    for (size_t i = 0; i < test->n; i++)
        if (test->operands[i].kind != CW_STRING && test->operands[i].kind != CW_NUMBER)
            return false;
    return true;
}

static void add_exact(const struct cwr_predicate *p, struct exact *out, size_t *n)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->ref.root == CWR_ROOT_EVENT && !p->ref.each && *n < EXACT_LIMIT &&
            is_exact(&p->tests[i]))
            out[(*n)++] = (struct exact){&p->tests[i], p->ref.slot};
}

/* What must hold for the condition to hold: only its own predicates under `all`. */
static void find_exact(const struct cwr_condition *c, struct exact *out, size_t *n)
{
    if (!c)
        return;
    if (c->kind == CWR_PREDICATE)
        add_exact(c->predicate, out, n);
    for (size_t i = 0; c->kind == CWR_ALL && i < c->n; i++)
        find_exact(&c->items[i], out, n);
}

static size_t hashes_of(uint32_t group, const struct exact *exact, uint64_t out[32])
{
    size_t n = 0;
    for (size_t i = 0; i < exact->test->n; i++) {
        const struct cw_value *v = &exact->test->operands[i];
        if (v->kind == CW_STRING) {
            out[n++] = cwr_index_hash(group, exact->slot, CWR_SORT_TEXT, v->text);
            continue;
        }
        out[n++] = cwr_index_hash(group, exact->slot, CWR_SORT_NUMBER, v->text);
        out[n++] = cwr_index_hash(group, exact->slot, CWR_SORT_DIGITS, v->text);
    }
    return n;
}

/* ---- Building ---- */

static uint32_t group_of(struct builder *b, struct cw_text source, struct cw_text type)
{
    struct cwr_buf buf = cwr_buf_in(b->rules->arena);
    struct cw_text name;
    cwr_buf_put(&buf, source);
    cwr_buf_puts(&buf, ".");
    cwr_buf_put(&buf, type.len ? type : CW_TEXT("*"));
    if (cwr_buf_end(&buf, &name)) {
        b->no_memory = true;
        return 0;
    }
    uint32_t group = cwr_map_get(&b->rules->index.names, name);
    if (group != CWR_NOWHERE)
        return group;
    group = (uint32_t)b->n_groups;
    b->groups = more(b, b->groups, b->n_groups, &b->groups_size, sizeof *b->groups);
    if (!b->groups || cwr_map_put(&b->rules->index.names, name, group)) {
        b->no_memory = true;
        return 0;
    }
    b->groups[b->n_groups++] = (struct cwr_group_list){0};
    return group;
}

static void add_reads(struct builder *b, uint32_t group, const struct cwr_rule *rule)
{
    struct cwr_group_list *list = &b->groups[group];
    for (size_t i = 0; i < rule->n_reads && !b->no_memory; i++) {
        struct cell *cell = get_cell(&b->reads, (uint64_t)group << 32 | rule->reads[i]);
        if (!cell) {
            b->no_memory = true;
        } else if (!cell->n++) {
            list->reads =
                more(b, list->reads, list->n_reads, &list->reads_size, sizeof *list->reads);
            if (list->reads)
                list->reads[list->n_reads++] = rule->reads[i];
        }
    }
}

static void add_key(struct builder *b, uint32_t group, uint32_t slot)
{
    struct cwr_group_list *list = &b->groups[group];
    struct cell *cell = get_cell(&b->keys, (uint64_t)group << 32 | slot);
    if (!cell) {
        b->no_memory = true;
    } else if (!cell->n++) {
        list->keys = more(b, list->keys, list->n_keys, &list->keys_size, sizeof *list->keys);
        if (list->keys)
            list->keys[list->n_keys++] = slot;
    }
}

static size_t exact_of(const struct cwr_rule *rule, const struct cwr_trigger *trigger, bool unless,
                       struct exact out[EXACT_LIMIT])
{
    size_t n = 0;
    find_exact(trigger->filter, out, &n);
    if (!unless && !rule->key) /* an event that fails the condition corrects what is pending */
        find_exact(rule->condition, out, &n);
    return n;
}

/* First round: count values. */
static void count_trigger(struct builder *b, const struct cwr_rule *rule,
                          const struct cwr_trigger *trigger, bool unless)
{
    struct exact exact[EXACT_LIMIT];
    uint64_t hashes[32];
    uint32_t group = group_of(b, trigger->source, trigger->type);
    if (b->no_memory)
        return;
    add_reads(b, group, rule);
    size_t n = exact_of(rule, trigger, unless, exact);
    for (size_t i = 0; i < n && !b->no_memory; i++) {
        size_t n_hashes = hashes_of(group, &exact[i], hashes);
        for (size_t k = 0; k < n_hashes && !b->no_memory; k++) {
            struct cell *cell = get_cell(&b->counts, hashes[k]);
            b->no_memory |= !cell;
            if (cell)
                cell->n++;
        }
    }
}

static void add_pair(struct builder *b, uint64_t hash, uint64_t entry)
{
    b->pairs = more(b, b->pairs, b->n_pairs, &b->pairs_size, sizeof *b->pairs);
    if (b->pairs)
        b->pairs[b->n_pairs++] = (struct pair){hash, entry};
}

static uint32_t crowd(const struct builder *b, uint32_t group, const struct exact *exact)
{
    uint64_t hashes[32];
    uint32_t most = 0;
    size_t n = hashes_of(group, exact, hashes);
    for (size_t i = 0; i < n; i++) {
        uint32_t have = find_cell(&b->counts, hashes[i])->n;
        most = have > most ? have : most;
    }
    return most;
}

/* Second round: keep each entry under its rarest value. */
static void place_trigger(struct builder *b, const struct cwr_rule *rule,
                          const struct cwr_trigger *trigger, bool unless)
{
    struct exact exact[EXACT_LIMIT];
    uint64_t hashes[32], entry = (uint64_t)(rule - b->rules->rules) | (unless ? 0 : CWR_RUN);
    uint32_t group = group_of(b, trigger->source, trigger->type), best = UINT32_MAX;
    size_t n = exact_of(rule, trigger, unless, exact), chosen = n;
    for (size_t i = 0; i < n; i++) {
        uint32_t have = crowd(b, group, &exact[i]);
        if (have >= best)
            continue;
        best = have;
        chosen = i;
    }
    if (chosen == n) {
        struct cwr_group_list *list = &b->groups[group];
        list->plain = more(b, list->plain, list->n_plain, &list->plain_size, sizeof *list->plain);
        if (list->plain)
            list->plain[list->n_plain++] = entry;
        return;
    }
    add_key(b, group, exact[chosen].slot);
    size_t n_hashes = hashes_of(group, &exact[chosen], hashes);
    for (size_t i = 0; i < n_hashes && !b->no_memory; i++)
        add_pair(b, hashes[i], entry);
}

static void each_trigger(struct builder *b, void (*visit)(struct builder *, const struct cwr_rule *,
                                                          const struct cwr_trigger *, bool))
{
    for (size_t i = 0; i < b->rules->n_rules && !b->no_memory; i++) {
        const struct cwr_rule *rule = &b->rules->rules[i];
        if (!rule->enabled)
            continue;
        for (size_t k = 0; k < rule->when.n && !b->no_memory; k++)
            if (rule->when.items[k].kind == CW_TRIGGER_EVENT)
                visit(b, rule, &rule->when.items[k], false);
        for (size_t k = 0; k < rule->unless.n && !b->no_memory; k++)
            visit(b, rule, &rule->unless.items[k], true);
    }
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static enum cw_status keep_buckets(struct builder *b)
{
    struct cwr_index *index = &b->rules->index;
    size_t size = 16;
    if (!b->n_pairs)
        return CW_OK;
    qsort(b->pairs, b->n_pairs, sizeof *b->pairs, compare_pairs);
    while (size < b->n_pairs * 2)
        size *= 2;
    uint64_t *entries = cw_arena_take(b->rules->arena, b->n_pairs * sizeof *entries);
    index->buckets = cw_arena_take(b->rules->arena, size * sizeof *index->buckets);
    if (!entries || !index->buckets)
        return CW_NOMEM;
    index->n_buckets = size;
    index->entries = entries;
    for (size_t i = 0; i < b->n_pairs; i++) {
        struct cwr_bucket *bucket = cwr_index_bucket(index, b->pairs[i].hash);
        if (!bucket->hash)
            *bucket = (struct cwr_bucket){b->pairs[i].hash, (uint32_t)i, 0};
        bucket->n++;
        entries[i] = b->pairs[i].entry;
    }
    return CW_OK;
}

static void *keep(struct builder *b, const void *items, size_t n, size_t size)
{
    void *made = cw_arena_take(b->rules->arena, n ? n * size : 1);
    b->no_memory |= !made;
    if (made && n)
        memcpy(made, items, n * size);
    return made;
}

static void keep_groups(struct builder *b)
{
    struct cwr_index *index = &b->rules->index;
    index->groups = cw_arena_take(b->rules->arena, (b->n_groups + 1) * sizeof *index->groups);
    b->no_memory |= !index->groups;
    for (size_t i = 0; i < b->n_groups && !b->no_memory; i++) {
        const struct cwr_group_list *list = &b->groups[i];
        index->groups[i] = (struct cwr_group){
            keep(b, list->plain, list->n_plain, sizeof *list->plain), list->n_plain,
            keep(b, list->keys, list->n_keys, sizeof *list->keys),    list->n_keys,
            keep(b, list->reads, list->n_reads, sizeof *list->reads), list->n_reads};
    }
    index->n_groups = b->n_groups;
}

enum cw_status cwr_index_build(struct cw_ruleset *rules, struct cw_arena *scratch)
{
    struct builder b = {.rules = rules, .scratch = scratch};
    b.counts.arena = b.keys.arena = b.reads.arena = scratch;
    each_trigger(&b, count_trigger);
    if (!b.no_memory)
        each_trigger(&b, place_trigger);
    if (!b.no_memory)
        keep_groups(&b);
    return b.no_memory ? CW_NOMEM : keep_buckets(&b);
}
