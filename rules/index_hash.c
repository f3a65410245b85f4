/* index_hash: what building and finding must agree about: hashes and the order of intervals. */
#include <stdlib.h>

#include "index.h"
#include "number.h"

static const uint64_t ODD = 0x9E3779B97F4A7C15U, OTHER = 0xD6E8FEB86659FD93U;

struct cw_text cwr_index_word(const struct cw_value *value)
{
    if (value->kind == CW_NULL)
        return CW_TEXT("null");
    return value->truth ? CW_TEXT("true") : CW_TEXT("false");
}

uint64_t cwr_index_seed(uint32_t group, enum cwr_probe_kind kind, bool fold, uint32_t slot)
{
    uint64_t seed = (uint64_t)slot << 32 ^ (uint64_t)group << 8 ^ (uint64_t)kind << 1 ^ fold;
    return (seed ^ seed >> 29) * ODD;
}

/* 0 is a free bucket. */
static uint64_t finish(uint64_t hash)
{
    hash *= OTHER;
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

uint64_t cwr_index_hash(uint64_t seed, enum cwr_sort sort, struct cw_text text)
{
    uint64_t value = sort == CWR_SORT_NUMBER ? cwr_number_hash(text) : cwr_hash(0, text);
    return finish(((seed ^ (uint64_t)sort) * ODD) ^ value);
}

uint64_t cwr_index_step(uint64_t so_far, char byte)
{
    return (so_far ^ (unsigned char)byte) * ODD;
}

uint64_t cwr_index_end(uint64_t so_far)
{
    return finish(so_far ^ so_far >> 32);
}

uint64_t cwr_index_join(uint64_t so_far, uint32_t slot, struct cw_text text)
{
    return finish((so_far ^ slot) * ODD ^ cwr_hash(0, text));
}

struct cwr_bucket *cwr_index_bucket(const struct cwr_index *index, uint64_t hash)
{
    for (size_t i = (size_t)hash & (index->n_buckets - 1);; i = (i + 1) & (index->n_buckets - 1))
        if (!index->buckets[i].hash || index->buckets[i].hash == hash)
            return &index->buckets[i];
}

/* ---- Intervals ---- */

static int compare(const void *left, const void *right)
{
    const struct cwr_interval *a = left, *b = right;
    if (a->lo != b->lo)
        return a->lo < b->lo ? -1 : 1;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static int64_t fill_most(struct cwr_interval *items, size_t n)
{
    if (!n)
        return INT64_MIN;
    struct cwr_interval *m = &items[n / 2];
    int64_t left = fill_most(items, n / 2), right = fill_most(m + 1, n - n / 2 - 1);
    m->most = left > right ? left : right;
    m->most = m->hi > m->most ? m->hi : m->most;
    return m->most;
}

void cwr_intervals_sort(struct cwr_interval *items, size_t n)
{
    qsort(items, n, sizeof *items, compare);
    fill_most(items, n);
}
