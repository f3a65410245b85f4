/* match_tick: the schedules of rules. A tick is for the people whose zone has it at that moment. */
#include "match.h"

bool cwr_match_ticked(const struct cwr_match *m, const struct cw_person *person)
{
    for (size_t i = 0; i < m->rule->when.n; i++) {
        const struct cwr_schedule *every = m->rule->when.items[i].every;
        if (every && cwr_schedule_next(every, person->zone, m->after_ms) <= m->upto_ms)
            return true;
    }
    return false;
}

static enum cw_status begin(struct cwr_match *m)
{
    struct cw_matcher *matcher = m->look.matcher;
    matcher->found.n = matcher->found.n_groups = 0;
    return cwr_matcher_begin(matcher, m->rules->n_paths, m->rules->n_people);
}

enum cw_status cw_match_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                             const struct cw_event *event, int64_t after_ms, int64_t upto_ms,
                             struct cw_arena *arena, struct cw_matches *out)
{
    struct cwr_match m = {.ticking = true, .after_ms = after_ms, .upto_ms = upto_ms};
    cwr_match_begin(&m, matcher, rules, event, upto_ms, arena);
    if (begin(&m))
        return CW_NOMEM;
    for (size_t i = 0; i < rules->n_rules && !m.look.status; i++) {
        m.rule = &rules->rules[i];
        if (m.rule->enabled && m.rule->ticks)
            cwr_match_rule(&m);
    }
    return m.look.status ? m.look.status : cwr_match_finish(&m, out);
}

/* ---- The next one ---- */

static int64_t next_of_rule(struct cwr_match *m)
{
    struct cwr_people people = {0};
    const struct cw_zone *last = NULL;
    int64_t due_ms = INT64_MAX;
    cwr_match_people(m, false, &people);
    for (size_t p = 0; p < people.n && !m->look.status; p++) {
        const struct cw_zone *zone = people.items[p]->zone;
        for (size_t i = 0; zone != last && i < m->rule->when.n; i++) {
            const struct cwr_schedule *every = m->rule->when.items[i].every;
            int64_t next = every ? cwr_schedule_next(every, zone, m->after_ms) : INT64_MAX;
            due_ms = next < due_ms ? next : due_ms;
        }
        last = zone;
    }
    return due_ms;
}

enum cw_status cw_next_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                            int64_t after_ms, struct cw_arena *arena, int64_t *out_due_ms)
{
    const struct cw_event nothing = {.user = {.kind = CW_MISSING}};
    struct cwr_match m = {.ticking = true, .after_ms = after_ms};
    int64_t due_ms = INT64_MAX;
    cwr_match_begin(&m, matcher, rules, &nothing, after_ms, arena);
    if (begin(&m))
        return CW_NOMEM;
    for (size_t i = 0; i < rules->n_rules && !m.look.status; i++) {
        m.rule = &rules->rules[i];
        if (!m.rule->enabled || !m.rule->ticks)
            continue;
        int64_t next = next_of_rule(&m);
        due_ms = next < due_ms ? next : due_ms;
    }
    if (!m.look.status)
        *out_due_ms = due_ms;
    return m.look.status;
}
