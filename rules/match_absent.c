/* match_absent: people of whom there was no sign of life. */
#include "match.h"

#include <stdlib.h>
#include <string.h>

/* One that is still of a rule, a person and a trigger. */
struct absence {
    uint32_t rule, trigger;
    const struct cw_person *person;
    struct cw_text key; /* of the run */
    size_t order;       /* as it was given */
};

static bool same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

/* Of "absent x.y for 1 hour\nkey". Returns: false when the rule has no such trigger. */
static bool find_trigger(const struct cwr_rule *rule, struct cw_text key, struct absence *out)
{
    const char *end = key.len ? memchr(key.at, '\n', key.len) : NULL;
    if (!end)
        return false;
    struct cw_text shown = {key.at, (size_t)(end - key.at)};
    out->key = (struct cw_text){end + 1, key.len - shown.len - 1};
    for (size_t i = 0; i < rule->when.n; i++) {
        out->trigger = (uint32_t)i;
        if (rule->when.items[i].kind == CW_TRIGGER_ABSENT && same(rule->when.items[i].shown, shown))
            return true;
    }
    return false;
}

static bool find(const struct cw_ruleset *rules, const struct cw_absence *from, struct absence *out)
{
    out->rule = cwr_map_get(&rules->ids, from->rule);
    out->person = cw_ruleset_find(rules, from->person);
    return out->rule != CWR_NOWHERE && rules->rules[out->rule].enabled && out->person &&
           cw_text_is(from->person, out->person->name) &&
           find_trigger(&rules->rules[out->rule], from->key, out);
}

static int by_rule(const void *left, const void *right)
{
    const struct absence *a = left, *b = right;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The event that fell silent, as far as it was kept: its source is what templates are told. */
static enum cw_status restore(const struct cw_event *event, struct cw_arena *arena,
                              struct cw_event *out)
{
    const struct cw_step name = {CW_STEP_NAME, 0, CW_TEXT("source.name")};
    struct cw_value source;
    *out = *event;
    if (cw_value_get(&event->used, (struct cw_path){&name, 1}, arena, &source))
        return CW_NOMEM;
    if (source.kind == CW_STRING)
        out->source = source.text;
    return CW_OK;
}

static void look_at(struct cwr_match *m, const struct absence *absence)
{
    const struct cw_candidate like = {CW_CANDIDATE_RUN, .key = absence->key};
    m->rule = &m->rules->rules[absence->rule];
    m->trigger = absence->trigger;
    cwr_match_begin_rule(m);
    cwr_match_for(m, absence->person, &like);
}

/* With a trace every rule is looked at, so that each says why it is not meant. */
static void look_at_all(struct cwr_match *m, const struct absence *items, size_t n)
{
    size_t next = 0, i, end;
    for (cwr_match_range(m, &i, &end); i < end && !m->look.status; i++) {
        while (next < n && items[next].rule < i)
            next++;
        bool meant = next < n && items[next].rule == i;
        m->rule = &m->rules->rules[i];
        if (!meant && m->trace && m->rule->enabled)
            cwr_match_say_when(m);
        for (; next < n && items[next].rule == i && !m->look.status; next++)
            look_at(m, &items[next]);
    }
}

enum cw_status cw_match_absent(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                               const struct cw_event *event, const struct cw_absence *items,
                               size_t n, const struct cw_trace *trace, struct cw_arena *arena,
                               struct cw_matches *out)
{
    struct cwr_match m = {.trace = trace};
    struct absence *found = cw_arena_take(arena, (n + 1) * sizeof *found);
    struct cw_event silent;
    size_t n_found = 0;
    if (!found || restore(event, arena, &silent))
        return CW_NOMEM;
    for (size_t i = 0; i < n; i++) {
        found[n_found].order = i;
        n_found += find(rules, &items[i], &found[n_found]);
    }
    qsort(found, n_found, sizeof *found, by_rule);
    cwr_match_begin(&m, matcher, rules, &silent, event->received_ms, arena);
    m.look.tracing = trace != NULL;
    if (cwr_match_begin_clock(&m))
        return CW_NOMEM;
    look_at_all(&m, found, n_found);
    return m.look.status ? m.look.status : cwr_match_finish(&m, out);
}
