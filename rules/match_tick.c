/* match_tick: the schedules of rules. A tick is for the people whose zone has it at that moment. */
#include "match.h"

/* The latest ticks up to upto_ms of the rule at hand, in a person's zone. People share their zones,
 * so that the answer is often that for the person before. */
static const struct cwr_ticks *ticks_of(struct cwr_match *m, const struct cw_person *person)
{
    const struct cw_zone *zone = person->zone;
    struct cwr_ticks *ticks = &m->ticks;
    if (ticks->zone == zone)
        return ticks;
    *ticks = (struct cwr_ticks){zone, INT64_MIN, 0};
    for (size_t i = 0; i < m->rule->when.n; i++) {
        const struct cwr_schedule *every = m->rule->when.items[i].every;
        int64_t last_ms = every ? cwr_schedule_last(every, zone, m->upto_ms) : INT64_MIN;
        if (last_ms <= ticks->last_ms)
            continue;
        ticks->last_ms = last_ms;
        ticks->trigger = (uint32_t)i;
    }
    return ticks;
}

bool cwr_match_ticked(struct cwr_match *m, const struct cw_person *person)
{
    const struct cwr_ticks *ticks = ticks_of(m, person);
    m->trigger = ticks->trigger;
    return ticks->last_ms == m->look.event->received_ms;
}

enum cw_status cwr_match_begin_clock(struct cwr_match *m)
{
    struct cw_matcher *matcher = m->look.matcher;
    matcher->found.n = matcher->found.n_groups = 0;
    return cwr_matcher_begin(matcher, m->rules->n_paths, m->rules->n_people + m->rules->n_teams);
}

/* The next rule that is to be looked at: one with a schedule. */
static bool next_rule(struct cwr_match *m, size_t *i)
{
    while (*i < m->rules->n_rules && !(m->rules->rules[*i].enabled && m->rules->rules[*i].ticks))
        (*i)++;
    m->ticks.zone = NULL;
    m->rule = *i < m->rules->n_rules ? &m->rules->rules[(*i)++] : NULL;
    return m->rule && !m->look.status;
}

/* How many of its people have this tick. */
static size_t count_ticked(struct cwr_match *m, size_t *people)
{
    struct cwr_people all = {0};
    size_t n = 0;
    cwr_match_people(m, false, &all);
    for (size_t i = 0; i < all.n; i++)
        n += cwr_match_ticked(m, all.items[i]);
    *people = all.n;
    return n;
}

/* With a trace every rule is looked at, so that each says why it is not meant, or not for all. */
static void look_at_all(struct cwr_match *m)
{
    size_t i, end, people;
    for (cwr_match_range(m, &i, &end); i < end && !m->look.status; i++) {
        m->rule = &m->rules->rules[i];
        m->ticks.zone = NULL;
        size_t ticked = m->rule->ticks ? count_ticked(m, &people) : 0;
        if (m->rule->enabled && ticked)
            cwr_match_rule(m);
        if (m->rule->enabled && (!ticked || ticked < people))
            cwr_match_say_when(m);
    }
}

enum cw_status cw_match_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                             const struct cw_event *event, int64_t now_ms,
                             const struct cw_trace *trace, struct cw_arena *arena,
                             struct cw_matches *out)
{
    struct cwr_match m = {.ticking = true, .upto_ms = now_ms, .trace = trace};
    cwr_match_begin(&m, matcher, rules, event, event->received_ms, arena);
    m.look.tracing = trace != NULL;
    if (cwr_match_begin_clock(&m))
        return CW_NOMEM;
    if (trace)
        look_at_all(&m);
    for (size_t i = 0; !trace && next_rule(&m, &i);)
        cwr_match_rule(&m);
    return m.look.status ? m.look.status : cwr_match_finish(&m, out);
}

/* ---- The next one ---- */

/* Of a rule in a person's zone: the latest that has come, or else the first that will. */
static int64_t next_for(struct cwr_match *m, const struct cw_person *person, int64_t after_ms)
{
    int64_t due_ms = ticks_of(m, person)->last_ms;
    if (due_ms > after_ms)
        return due_ms;
    due_ms = INT64_MAX;
    for (size_t i = 0; i < m->rule->when.n; i++) {
        const struct cwr_schedule *every = m->rule->when.items[i].every;
        int64_t next = INT64_MAX;
        if (every)
            next = cwr_schedule_next(every, person->zone,
                                     after_ms > m->upto_ms ? after_ms : m->upto_ms);
        due_ms = next < due_ms ? next : due_ms;
    }
    return due_ms;
}

/* `people` is room that all rules share. */
static int64_t next_of_rule(struct cwr_match *m, int64_t after_ms, struct cwr_people *people)
{
    const struct cw_zone *last = NULL;
    int64_t due_ms = INT64_MAX;
    people->n = people->named = 0;
    cwr_match_people(m, false, people);
    for (size_t p = 0; p < people->n && !m->look.status; p++) {
        const struct cw_zone *zone = people->items[p]->zone;
        int64_t next = zone == last ? INT64_MAX : next_for(m, people->items[p], after_ms);
        due_ms = next < due_ms ? next : due_ms;
        last = zone;
    }
    return due_ms;
}

enum cw_status cw_next_tick(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                            int64_t after_ms, int64_t now_ms, struct cw_arena *arena,
                            int64_t *out_due_ms)
{
    const struct cw_event nothing = {.user = {.kind = CW_MISSING}};
    struct cwr_match m = {.ticking = true, .upto_ms = now_ms};
    struct cwr_people people = {0};
    int64_t due_ms = INT64_MAX;
    cwr_match_begin(&m, matcher, rules, &nothing, now_ms, arena);
    if (cwr_match_begin_clock(&m))
        return CW_NOMEM;
    for (size_t i = 0; next_rule(&m, &i);) {
        int64_t next = next_of_rule(&m, after_ms, &people);
        due_ms = next < due_ms ? next : due_ms;
    }
    if (!m.look.status)
        *out_due_ms = due_ms;
    return m.look.status;
}

/* ---- What comes next, rule by rule ---- */

/* Whether somebody before the i-th person has the same zone. */
static bool has_zone(const struct cwr_people *people, size_t i)
{
    size_t k = 0;
    while (k < i && people->items[k]->zone != people->items[i]->zone)
        k++;
    return k < i;
}

static size_t count_zone(const struct cwr_people *people, size_t from)
{
    size_t n = 0;
    for (size_t i = from; i < people->n; i++)
        n += people->items[i]->zone == people->items[from]->zone;
    return n;
}

enum cw_status cw_ticks(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                        int64_t after_ms, struct cw_arena *arena,
                        void (*tell)(void *ctx, const struct cw_tick *tick), void *ctx)
{
    const struct cw_event nothing = {.user = {.kind = CW_MISSING}};
    struct cwr_match m = {.ticking = true, .upto_ms = after_ms};
    struct cwr_people people = {0};
    cwr_match_begin(&m, matcher, rules, &nothing, after_ms, arena);
    if (cwr_match_begin_clock(&m))
        return CW_NOMEM;
    for (size_t i = 0; next_rule(&m, &i);) {
        people.n = people.named = 0;
        cwr_match_people(&m, false, &people);
        for (size_t p = 0; p < people.n && !m.look.status; p++) {
            struct cw_tick tick = {i - 1, people.items[p], 0, 0};
            if (has_zone(&people, p))
                continue;
            tick.people = count_zone(&people, p);
            tick.due_ms = next_for(&m, people.items[p], after_ms);
            tell(ctx, &tick);
        }
    }
    return m.look.status;
}
