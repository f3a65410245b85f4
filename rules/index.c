/* index: rules grouped by the name of their event, and within a group by one exact condition.
 *
 * Worked example: of the rules R1 { when: github.push, if: { event.ref: main, event.repo: a } },
 * R2 { ... event.ref: main, event.repo: b } and R3 { when: github.*, event.n: { above: 3 } } the
 * group "github.push" holds R1 and R2, "github.*" holds R3. `main` occurs twice, `a` and `b` once,
 * so R1 is kept under event.repo = a and R2 under event.repo = b; R3 has no exact condition and is
 * plain. A push to repo b looks up one path in the first group and proposes R2 and R3. */
#include "index.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "matcher.h"
#include "number.h"
#include "ruleset.h"

uint64_t cwr_index_hash(uint32_t group, uint32_t slot, enum cwr_sort sort, struct cw_text text)
{
    uint64_t seed = ((uint64_t)group << 34) ^ ((uint64_t)slot << 2) ^ (uint64_t)sort;
    uint64_t value = sort == CWR_SORT_NUMBER ? cwr_number_hash(text) : cwr_hash(0, text);
    uint64_t hash = (seed * 0x9E3779B97F4A7C15U ^ value) * 0xD6E8FEB86659FD93U;
    hash ^= hash >> 32;
    return hash && hash != UINT64_MAX ? hash : 1;
}

struct cwr_bucket *cwr_index_bucket(const struct cwr_index *index, uint64_t hash)
{
    for (size_t i = (size_t)hash & (index->n_buckets - 1);; i = (i + 1) & (index->n_buckets - 1))
        if (!index->buckets[i].hash || index->buckets[i].hash == hash)
            return &index->buckets[i];
}

/* ---- Finding ---- */

static enum cw_status reserve(struct cwr_found *found, size_t n)
{
    if (found->size - found->n >= n)
        return CW_OK;
    size_t size = (found->n + n) * 2;
    uint64_t *entries = realloc(found->entries, size * sizeof *entries);
    if (!entries)
        return CW_NOMEM;
    found->entries = entries;
    found->size = size;
    return CW_OK;
}

static enum cw_status add_entries(struct cwr_found *found, const uint64_t *entries, size_t n)
{
    if (!n)
        return CW_OK;
    if (reserve(found, n))
        return CW_NOMEM;
    memcpy(found->entries + found->n, entries, n * sizeof *entries);
    found->n += n;
    return CW_OK;
}

static enum cw_status add_bucket(const struct cwr_index *index, uint64_t hash,
                                 struct cwr_found *found)
{
    const struct cwr_bucket *bucket = cwr_index_bucket(index, hash);
    return add_entries(found, index->entries + bucket->first, bucket->hash ? bucket->n : 0);
}

static enum cw_status find_in(const struct cw_ruleset *rules, uint32_t g, struct cwr_look *look,
                              struct cwr_found *found)
{
    const struct cwr_group *group = &rules->index.groups[g];
    enum cw_status status = add_entries(found, group->plain, group->n_plain);
    for (size_t i = 0; i < group->n_keys && !status; i++) {
        struct cw_value value = cwr_look_get(&rules->paths[group->keys[i]], look);
        bool number = value.kind == CW_NUMBER;
        if (look->status || (!number && value.kind != CW_STRING))
            continue;
        enum cwr_sort other = number ? CWR_SORT_NUMBER : CWR_SORT_DIGITS;
        status = add_bucket(&rules->index,
                            cwr_index_hash(g, group->keys[i], CWR_SORT_TEXT, value.text), found);
        if (!status)
            status = add_bucket(&rules->index, cwr_index_hash(g, group->keys[i], other, value.text),
                                found);
    }
    return status ? status : look->status;
}

static enum cw_status find_group(const struct cw_ruleset *rules, struct cw_text source,
                                 struct cw_text type, struct cwr_look *look, bool groups_only,
                                 struct cwr_found *found)
{
    struct cwr_buf buf = cwr_buf_in(look->arena);
    struct cw_text name;
    cwr_buf_put(&buf, source);
    cwr_buf_puts(&buf, ".");
    cwr_buf_put(&buf, type);
    if (cwr_buf_end(&buf, &name))
        return CW_NOMEM;
    uint32_t group = cwr_map_get(&rules->index.names, name);
    if (group == CWR_NOWHERE)
        return CW_OK;
    found->groups[found->n_groups++] = &rules->index.groups[group];
    return groups_only ? CW_OK : find_in(rules, group, look, found);
}

static int compare_entries(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static void sort_found(struct cwr_found *found)
{
    size_t n = 0;
    bool sorted = true;
    for (size_t i = 1; i < found->n && sorted; i++)
        sorted = found->entries[i - 1] < found->entries[i];
    if (sorted)
        return;
    qsort(found->entries, found->n, sizeof *found->entries, compare_entries);
    for (size_t i = 0; i < found->n; i++)
        if (!n || found->entries[n - 1] != found->entries[i])
            found->entries[n++] = found->entries[i];
    found->n = n;
}

enum cw_status cwr_index_find(const struct cw_ruleset *rules, struct cwr_look *look,
                              bool groups_only, struct cwr_found *found)
{
    const struct cw_event *event = look->event;
    const struct cw_text any = CW_TEXT("*"), names[] = {event->source, event->family};
    bool same = event->source.len == event->family.len && event->family.len &&
                memcmp(event->source.at, event->family.at, event->family.len) == 0;
    enum cw_status status = CW_OK;
    found->n = found->n_groups = 0;
    for (size_t i = 0; i < (same ? 1 : 2) && !status; i++) {
        if (!names[i].len)
            continue;
        status = find_group(rules, names[i], event->type, look, groups_only, found);
        if (!status && !cw_text_is(event->type, "*"))
            status = find_group(rules, names[i], any, look, groups_only, found);
    }
    if (!status)
        sort_found(found);
    return status;
}

void cwr_found_free(struct cwr_found *found)
{
    free(found->entries);
    *found = (struct cwr_found){0};
}
