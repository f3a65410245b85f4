/* indexer_make: see indexer_make.h. */
#include "indexer_make.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"

/* Returns: the list as it was when memory is short. */
static void *more(struct cwr_indexer_maker *b, void *items, size_t n, size_t *size, size_t one)
{
    void *made = b->no_memory ? NULL : cwr_list_grow(b->scratch, items, n, size, one);
    b->no_memory |= !made;
    return made ? made : items;
}

static struct cwr_cell *cell_of(struct cwr_indexer_maker *b, struct cwr_cells *cells, uint64_t key)
{
    struct cwr_cell *cell = b->no_memory ? NULL : cwr_cells_get(cells, key);
    b->no_memory |= !cell;
    return cell;
}

uint32_t cwr_maker_group(struct cwr_indexer_maker *b, struct cw_text source, struct cw_text type)
{
    struct cwr_buf buf = cwr_buf_in(b->scratch);
    struct cw_text name;
    cwr_buf_put(&buf, source);
    cwr_buf_puts(&buf, ".");
    cwr_buf_put(&buf, type.len ? type : CW_TEXT("*"));
    b->no_memory |= cwr_buf_end(&buf, &name) != CW_OK;
    if (b->no_memory)
        return 0;
    uint32_t group = cwr_map_get(&b->rules->index.names, name);
    if (group != CWR_NOWHERE)
        return group;
    group = (uint32_t)b->n_groups;
    name.at = cw_arena_copy(b->rules->arena, name);
    b->no_memory |= !name.at || cwr_map_put(&b->rules->index.names, name, group);
    b->groups = more(b, b->groups, b->n_groups, &b->groups_size, sizeof *b->groups);
    if (b->no_memory)
        return 0;
    b->groups[b->n_groups++] = (struct cwr_made_group){.n_plain = 0};
    return group;
}

void cwr_maker_reads(struct cwr_indexer_maker *b, uint32_t group, const struct cwr_rule *rule)
{
    struct cwr_made_group *g = &b->groups[group];
    for (size_t i = 0; i < rule->n_reads; i++) {
        struct cwr_cell *cell = cell_of(b, &b->reads, (uint64_t)group << 32 | rule->reads[i]);
        if (!cell || cell->n)
            continue;
        cell->n = 1;
        g->reads = more(b, g->reads, g->n_reads, &g->reads_size, sizeof *g->reads);
        if (!b->no_memory)
            g->reads[g->n_reads++] = rule->reads[i];
    }
}

void cwr_maker_count(struct cwr_indexer_maker *b, uint64_t hash)
{
    struct cwr_cell *cell = cell_of(b, &b->counts, hash);
    if (cell)
        cell->n++;
}

uint64_t cwr_maker_counted(struct cwr_indexer_maker *b, uint64_t hash)
{
    struct cwr_cell *cell = cell_of(b, &b->counts, hash);
    return cell ? cell->n : 0;
}

struct cwr_several *cwr_maker_several(struct cwr_indexer_maker *b, uint32_t group,
                                      const uint32_t *slots, size_t n, bool add)
{
    struct cwr_made_group *g = &b->groups[group];
    for (size_t i = 0; i < g->n_several; i++)
        if (g->several[i].n == n && memcmp(g->several[i].slots, slots, n * sizeof *slots) == 0)
            return &g->several[i];
    if (!add || g->n_several == CWR_MOST_SEVERAL)
        return NULL;
    if (!g->several)
        g->several = cw_arena_take(b->scratch, CWR_MOST_SEVERAL * sizeof *g->several);
    b->no_memory |= !g->several;
    if (b->no_memory)
        return NULL;
    struct cwr_several *made = &g->several[g->n_several++];
    memcpy(made->slots, slots, n * sizeof *slots);
    made->n = (uint32_t)n;
    return made;
}

void cwr_maker_plain(struct cwr_indexer_maker *b, uint32_t group, uint64_t entry)
{
    struct cwr_made_group *g = &b->groups[group];
    g->plain = more(b, g->plain, g->n_plain, &g->plain_size, sizeof *g->plain);
    if (!b->no_memory)
        g->plain[g->n_plain++] = entry;
}

static struct cwr_made_probe *probe_of(struct cwr_indexer_maker *b, uint32_t group,
                                       const struct cwr_atom *atom)
{
    struct cwr_made_group *g = &b->groups[group];
    struct cwr_cell *cell = cell_of(b, &b->probes,
                                    (uint64_t)group << 37 | (uint64_t)atom->slot << 5 |
                                        (uint64_t)atom->kind << 1 | atom->fold);
    if (!cell)
        return NULL;
    if (cell->n)
        return g->probes[cell->n - 1];
    struct cwr_made_probe *made = cw_arena_take(b->scratch, sizeof *made);
    b->no_memory |= !made;
    g->probes = more(b, g->probes, g->n_probes, &g->probes_size, sizeof(struct cwr_made_probe *));
    if (b->no_memory)
        return NULL;
    made->probe = (struct cwr_probe){.kind = atom->kind, .fold = atom->fold, .slot = atom->slot};
    g->probes[g->n_probes++] = made;
    cell->n = (uint32_t)g->n_probes;
    return made;
}

static void add_interval(struct cwr_indexer_maker *b, struct cwr_made_probe *p,
                         const struct cwr_atom *atom, uint64_t entry)
{
    p->intervals = more(b, p->intervals, p->n, &p->size, sizeof *p->intervals);
    if (!b->no_memory)
        p->intervals[p->n++] =
            (struct cwr_interval){.lo = atom->lo, .hi = atom->hi, .entry = entry};
}

void cwr_maker_probe(struct cwr_indexer_maker *b, uint32_t group, const struct cwr_atom *atom,
                     uint64_t entry)
{
    struct cwr_made_probe *p = probe_of(b, group, atom);
    if (p && (atom->kind == CWR_PROBE_HEAD || atom->kind == CWR_PROBE_TAIL))
        p->lens[atom->text.len] = true;
    if (p && (atom->kind == CWR_PROBE_NUMBER || atom->kind == CWR_PROBE_MOMENT))
        add_interval(b, p, atom, entry);
}

void cwr_maker_pair(struct cwr_indexer_maker *b, uint64_t hash, uint64_t entry)
{
    b->pairs = more(b, b->pairs, b->n_pairs, &b->pairs_size, sizeof *b->pairs);
    if (!b->no_memory)
        b->pairs[b->n_pairs++] = (struct cwr_pair){hash, entry};
}

/* ---- Into the ruleset ---- */

static int compare_pairs(const void *left, const void *right)
{
    const struct cwr_pair *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static void *take(struct cwr_indexer_maker *b, size_t size)
{
    void *made = b->no_memory ? NULL : cw_arena_take(b->rules->arena, size);
    b->no_memory |= !made;
    return made;
}

static void *keep(struct cwr_indexer_maker *b, const void *items, size_t n, size_t size)
{
    void *made = take(b, n * size);
    if (made && n)
        memcpy(made, items, n * size);
    return made;
}

static void keep_buckets(struct cwr_indexer_maker *b)
{
    struct cwr_index *index = &b->rules->index;
    size_t size = 16;
    if (!b->n_pairs)
        return;
    qsort(b->pairs, b->n_pairs, sizeof *b->pairs, compare_pairs);
    while (size < b->n_pairs * 2)
        size *= 2;
    uint64_t *entries = take(b, b->n_pairs * sizeof *entries);
    index->buckets = take(b, size * sizeof *index->buckets);
    if (b->no_memory)
        return;
    index->n_buckets = size;
    index->entries = entries;
    for (size_t i = 0; i < b->n_pairs; i++) {
        struct cwr_bucket *bucket = cwr_index_bucket(index, b->pairs[i].hash);
        if (!bucket->hash)
            *bucket = (struct cwr_bucket){b->pairs[i].hash, (uint32_t)i, 0};
        bucket->n++;
        entries[i] = b->pairs[i].entry;
    }
}

static struct cwr_probe keep_probe(struct cwr_indexer_maker *b, struct cwr_made_probe *made)
{
    struct cwr_probe probe = made->probe;
    uint16_t lens[CWR_INDEX_LENGTH + 1];
    for (uint16_t i = 0; i <= CWR_INDEX_LENGTH; i++)
        if (made->lens[i])
            lens[probe.n++] = i;
    if (probe.n)
        probe.lens = keep(b, lens, probe.n, sizeof lens[0]);
    if (!made->n)
        return probe;
    cwr_intervals_sort(made->intervals, made->n);
    probe.n = (uint32_t)made->n;
    probe.intervals = keep(b, made->intervals, made->n, sizeof *made->intervals);
    return probe;
}

static void keep_group(struct cwr_indexer_maker *b, const struct cwr_made_group *from,
                       struct cwr_group *to)
{
    struct cwr_probe *probes = take(b, (from->n_probes + from->n_several) * sizeof *probes);
    to->plain = keep(b, from->plain, from->n_plain, sizeof *from->plain);
    to->n_plain = from->n_plain;
    to->reads = keep(b, from->reads, from->n_reads, sizeof *from->reads);
    to->n_reads = from->n_reads;
    to->probes = probes;
    for (size_t i = 0; i < from->n_probes && !b->no_memory; i++)
        probes[to->n_probes++] = keep_probe(b, from->probes[i]);
    for (size_t i = 0; i < from->n_several && !b->no_memory; i++) {
        const struct cwr_several *row = &from->several[i];
        if (row->used)
            probes[to->n_probes++] =
                (struct cwr_probe){.kind = CWR_PROBE_SEVERAL,
                                   .slot = row->slots[0],
                                   .n = row->n,
                                   .slots = keep(b, row->slots, row->n, sizeof row->slots[0])};
    }
}

enum cw_status cwr_maker_keep(struct cwr_indexer_maker *b)
{
    struct cwr_index *index = &b->rules->index;
    index->groups = take(b, b->n_groups * sizeof *index->groups);
    for (size_t i = 0; i < b->n_groups && !b->no_memory; i++)
        keep_group(b, &b->groups[i], &index->groups[i]);
    index->n_groups = b->n_groups;
    keep_buckets(b);
    return b->no_memory ? CW_NOMEM : CW_OK;
}
