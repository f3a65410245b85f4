/* index: rules grouped by the name of their event, and within a group by one thing that must hold.
 *
 * Worked example: of the rules R1 { when: github.push, if: { event.ref: main, event.repo: a } },
 * R2 { ... event.ref: main, event.repo: b } and R3 { when: github.*, event.n: { above: 3, below: 9
 * } } the group "github.push" holds R1 and R2, "github.*" holds R3. `main` occurs twice, `a` and
 * `b` once, so R1 is kept under event.repo = a and R2 under event.repo = b; R3 lies among the
 * intervals of event.n. A push to repo b with n = 5 looks up one value in each group and proposes
 * R2 and R3.
 *
 * What a group is looked up by are its probes: a path and how its value is seen (whole, by its
 * first 12 bytes, as a number). Their number depends on how rules are written, not on how many
 * there are. */
#include "index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "fold.h"
#include "matcher.h"
#include "moment.h"
#include "number.h"
#include "ruleset.h"

struct finder {
    const struct cw_ruleset *rules;
    struct cwr_look *look;
    struct cwr_found *found;
    uint32_t group;
};

/* ---- What was found ---- */

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

static void add_entries(struct finder *f, const uint64_t *entries, size_t n)
{
    if (!n)
        return;
    if (reserve(f->found, n)) {
        f->look->status = CW_NOMEM;
        return;
    }
    memcpy(f->found->entries + f->found->n, entries, n * sizeof *entries);
    f->found->n += n;
}

static void add_bucket(struct finder *f, uint64_t hash)
{
    const struct cwr_bucket *bucket = cwr_index_bucket(&f->rules->index, hash);
    if (bucket->hash)
        add_entries(f, f->rules->index.entries + bucket->first, bucket->n);
}

/* ---- Probes ---- */

/* A text as the probe sees it. */
static struct cw_text text_of(struct finder *f, const struct cwr_probe *p,
                              const struct cw_value *value)
{
    struct cw_text text = value->text;
    if (p->fold && value->kind == CW_STRING &&
        cwr_case_text(CWR_CASE_FOLD, text, f->look->arena, &text)) {
        f->look->status = CW_NOMEM;
        return (struct cw_text){"", 0};
    }
    return text;
}

static void find_whole(struct finder *f, const struct cwr_probe *p, uint64_t seed,
                       const struct cw_value *value)
{
    enum cwr_sort other = value->kind == CW_NUMBER ? CWR_SORT_NUMBER : CWR_SORT_DIGITS;
    if (value->kind == CW_BOOL || value->kind == CW_NULL) {
        add_bucket(f, cwr_index_hash(seed, CWR_SORT_WORD, cwr_index_word(value)));
    } else if (value->kind == CW_STRING || value->kind == CW_NUMBER) {
        struct cw_text text = text_of(f, p, value);
        add_bucket(f, cwr_index_hash(seed, CWR_SORT_TEXT, text));
        add_bucket(f, cwr_index_hash(seed, other, text));
    }
}

static void find_ends(struct finder *f, const struct cwr_probe *p, uint64_t seed,
                      const struct cw_value *value)
{
    size_t at = 0;
    if (value->kind != CW_STRING && value->kind != CW_NUMBER)
        return;
    struct cw_text text = text_of(f, p, value);
    for (uint32_t i = 0; i < p->n && p->lens[i] <= text.len; i++) {
        for (; at < p->lens[i]; at++)
            seed =
                cwr_index_step(seed, text.at[p->kind == CWR_PROBE_HEAD ? at : text.len - 1 - at]);
        add_bucket(f, cwr_index_end(seed));
    }
}

/* All intervals among `n` that hold `at`. */
static void stab(struct finder *f, const struct cwr_interval *items, size_t n, int64_t at)
{
    while (n) {
        size_t middle = n / 2;
        const struct cwr_interval *m = &items[middle];
        if (m->most < at)
            return;
        stab(f, items, middle, at);
        if (m->lo > at)
            return;
        if (m->hi >= at)
            add_entries(f, &m->entry, 1);
        items += middle + 1;
        n -= middle + 1;
    }
}

static void find_number(struct finder *f, const struct cwr_probe *p, const struct cw_value *value)
{
    int64_t ms;
    char seconds[32];
    if (value->kind != CW_NUMBER && value->kind != CW_STRING)
        return;
    if (cwr_number_is(value->text)) {
        stab(f, p->intervals, p->n, cwr_number_rank(value->text));
    } else if (!cw_duration_parse(value->text, &ms, NULL)) {
        snprintf(seconds, sizeof seconds, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
        stab(f, p->intervals, p->n, cwr_number_rank(cw_text_of(seconds)));
    }
}

static void find_moment(struct finder *f, const struct cwr_probe *p, const struct cw_value *value)
{
    int64_t ms;
    if (value->kind == CW_STRING && cwr_moment_read(value->text, &ms))
        stab(f, p->intervals, p->n, ms);
}

static void find_one(struct finder *f, const struct cwr_probe *p, uint64_t seed,
                     const struct cw_value *value)
{
    switch (p->kind) {
    case CWR_PROBE_WHOLE:
    case CWR_PROBE_MEMBER:
        find_whole(f, p, seed, value);
        return;
    case CWR_PROBE_HEAD:
    case CWR_PROBE_TAIL:
        find_ends(f, p, seed, value);
        return;
    case CWR_PROBE_NUMBER:
        find_number(f, p, value);
        return;
    case CWR_PROBE_MOMENT:
        find_moment(f, p, value);
        return;
    case CWR_PROBE_SEVERAL:
        return;
    }
}

static void find_items(struct finder *f, const struct cwr_probe *p, uint64_t seed,
                       const struct cw_value *list)
{
    for (size_t i = 0; i < cw_value_count(list) && !f->look->status; i++) {
        struct cw_value item;
        if (cw_value_item(list, i, f->look->arena, &item))
            f->look->status = CW_NOMEM;
        else
            find_one(f, p, seed, &item);
    }
}

static void find_several(struct finder *f, const struct cwr_probe *p)
{
    uint64_t seed = cwr_index_seed(f->group, p->kind, false, 0);
    for (uint32_t i = 0; i < p->n && !f->look->status; i++) {
        struct cw_value value = cwr_look_get(&f->rules->paths[p->slots[i]], f->look);
        if (value.kind != CW_STRING && value.kind != CW_NUMBER)
            return;
        seed = cwr_index_join(seed, p->slots[i], value.text);
    }
    add_bucket(f, seed);
}

static void find_by(struct finder *f, const struct cwr_probe *p)
{
    const struct cwr_ref *ref = &f->rules->paths[p->slot];
    uint64_t seed = cwr_index_seed(f->group, p->kind, p->fold, p->slot);
    bool member = p->kind == CWR_PROBE_MEMBER;
    struct cw_value value = cwr_look_get(ref, f->look);
    if (value.kind == CW_LIST && (ref->each || member))
        find_items(f, p, seed, &value);
    else if (!member)
        find_one(f, p, seed, &value);
    else if (value.kind == CW_STRING || value.kind == CW_NUMBER)
        add_bucket(f, cwr_index_hash(seed, CWR_SORT_ALL, (struct cw_text){NULL, 0}));
}

static void find_in(struct finder *f)
{
    const struct cwr_group *group = &f->rules->index.groups[f->group];
    add_entries(f, group->plain, group->n_plain);
    for (size_t i = 0; i < group->n_probes && !f->look->status; i++) {
        if (group->probes[i].kind == CWR_PROBE_SEVERAL)
            find_several(f, &group->probes[i]);
        else
            find_by(f, &group->probes[i]);
    }
}

/* ---- Groups ---- */

static enum cw_status find_group(struct finder *f, struct cw_text source, struct cw_text type,
                                 bool groups_only)
{
    struct cwr_buf buf = cwr_buf_in(f->look->arena);
    struct cw_text name;
    cwr_buf_put(&buf, source);
    cwr_buf_puts(&buf, ".");
    cwr_buf_put(&buf, type);
    if (cwr_buf_end(&buf, &name))
        return CW_NOMEM;
    f->group = cwr_map_get(&f->rules->index.names, name);
    if (f->group == CWR_NOWHERE)
        return CW_OK;
    f->found->groups[f->found->n_groups++] = &f->rules->index.groups[f->group];
    if (!groups_only)
        find_in(f);
    return f->look->status;
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
    struct finder f = {rules, look, found, 0};
    enum cw_status status = CW_OK;
    found->n = found->n_groups = 0;
    for (size_t i = 0; i < (same ? 1 : 2) && !status; i++) {
        if (!names[i].len)
            continue;
        status = find_group(&f, names[i], event->type, groups_only);
        if (!status && !cw_text_is(event->type, "*"))
            status = find_group(&f, names[i], any, groups_only);
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
