/* ruleset: made once, read by all threads, gone with its last reference. */
#include "ruleset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"

#define RULESET_BYTES ((size_t)4 << 30)

struct cw_ruleset *cwr_ruleset_create(void)
{
    struct cw_ruleset *rules = calloc(1, sizeof *rules);
    if (!rules)
        return NULL;
    atomic_init(&rules->refs, 1);
    rules->arena = cw_arena_create(RULESET_BYTES);
    rules->names.arena = rules->ids.arena = rules->team_rows.arena = rules->index.names.arena =
        rules->arena;
    if (rules->arena)
        return rules;
    free(rules);
    return NULL;
}

struct cw_ruleset *cw_ruleset_ref(struct cw_ruleset *rules)
{
    unsigned before = atomic_fetch_add_explicit(&rules->refs, 1, memory_order_relaxed);
    assert(before > 0);
    return rules;
}

void cw_ruleset_unref(struct cw_ruleset *rules)
{
    if (!rules)
        return;
    unsigned before = atomic_fetch_sub_explicit(&rules->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    for (struct cwr_regex_row *row = rules->regexes; row; row = row->next)
        cwr_regex_destroy(row->regex);
    cw_arena_destroy(rules->arena);
    free(rules);
}

size_t cw_ruleset_rules(const struct cw_ruleset *rules)
{
    return rules->n_rules;
}

const char *cw_ruleset_rule(const struct cw_ruleset *rules, size_t i, struct cw_place *place)
{
    if (i >= rules->n_rules)
        return NULL;
    if (place)
        *place = rules->rules[i].place;
    return rules->rules[i].id.at;
}

bool cw_ruleset_has_rule(const struct cw_ruleset *rules, struct cw_text id)
{
    return cwr_map_get(&rules->ids, id) != CWR_NOWHERE;
}

const struct cw_calendar *cw_ruleset_calendar(const struct cw_ruleset *rules, size_t i)
{
    return i < rules->n_calendars ? &rules->calendars[i] : NULL;
}

const struct cw_outside *cw_ruleset_outside(const struct cw_ruleset *rules, size_t i)
{
    return i < rules->n_outside ? &rules->outside[i] : NULL;
}

bool cw_ruleset_trigger(const struct cw_ruleset *rules, size_t rule, size_t i,
                        enum cw_trigger_kind *kind, struct cw_text *out)
{
    if (rule >= rules->n_rules || i >= rules->rules[rule].when.n)
        return false;
    *kind = rules->rules[rule].when.items[i].kind;
    *out = rules->rules[rule].when.items[i].shown;
    return true;
}

size_t cw_ruleset_index(const struct cw_ruleset *rules, struct cw_text id)
{
    uint32_t i = cwr_map_get(&rules->ids, id);
    return i == CWR_NOWHERE ? SIZE_MAX : i;
}

uint64_t cw_ruleset_digest(const struct cw_ruleset *rules, size_t i)
{
    return i < rules->n_rules ? rules->rules[i].digest : rules->digest;
}

bool cw_ruleset_has_trigger(const struct cw_ruleset *rules, struct cw_text rule,
                            struct cw_text shown)
{
    uint32_t r = cwr_map_get(&rules->ids, rule);
    const struct cwr_triggers *when = r == CWR_NOWHERE ? NULL : &rules->rules[r].when;
    for (size_t i = 0; when && shown.len && i < when->n; i++)
        if (when->items[i].shown.len == shown.len &&
            memcmp(when->items[i].shown.at, shown.at, shown.len) == 0)
            return true;
    return false;
}

size_t cw_ruleset_people(const struct cw_ruleset *rules)
{
    return rules->n_people;
}

const struct cw_person *cw_ruleset_person(const struct cw_ruleset *rules, size_t i)
{
    return i < rules->n_people ? &rules->people[i] : NULL;
}

const struct cw_person *cw_ruleset_find(const struct cw_ruleset *rules, struct cw_text who)
{
    uint32_t i = cwr_find_person(rules, who);
    return i == CWR_NOWHERE ? NULL : &rules->people[i];
}

const struct cw_person *const *cw_ruleset_team(const struct cw_ruleset *rules, struct cw_text name,
                                               size_t *n)
{
    uint32_t i = cwr_find_team(rules, name);
    *n = i == CWR_NOWHERE ? 0 : rules->teams[i].n;
    return i == CWR_NOWHERE ? NULL : rules->teams[i].people;
}
