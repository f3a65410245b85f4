/* match: one event against a ruleset; the half of matching that looks at nothing but the event.
 *
 * What can match comes from the index; with a trace every rule is looked at, so that each can say
 * why not. A rule whose pattern hits a limit does not match, whatever stands around the pattern. */
#include "match.h"

#include <string.h>

#include "buf.h"

void cwr_match_count(struct cwr_match *m)
{
    if (!m->look.limit)
        return;
    if (!m->limits++)
        m->limit_rule = (uint32_t)(m->rule - m->rules->rules);
}

static bool same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && a.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool fits_name(const struct cwr_trigger *trigger, const struct cw_event *event)
{
    if (!same(trigger->source, event->source) && !same(trigger->source, event->family))
        return false;
    return !trigger->type.len || same(trigger->type, event->type);
}

void cwr_match_begin_rule(struct cwr_match *m)
{
    m->look.limit = false;
    m->look.reason = NULL;
    m->look.n_captures = m->rule->n_captures;
    for (size_t i = 0; i < m->rule->n_captures; i++)
        m->captures[i] = (struct cw_value){.kind = CW_MISSING};
}

const struct cwr_trigger *cwr_match_find(struct cwr_match *m, const struct cwr_triggers *triggers,
                                         bool *named)
{
    for (size_t i = 0; i < triggers->n; i++) {
        const struct cwr_trigger *trigger = &triggers->items[i];
        if (!fits_name(trigger, m->look.event))
            continue;
        *named = true;
        cwr_match_begin_rule(m);
        if (!trigger->filter ||
            (cwr_condition_look(trigger->filter, &m->look).truth == CW_TRUE && !m->look.limit))
            return trigger;
        cwr_match_count(m);
        if (m->look.status)
            break;
    }
    return NULL;
}

/* ---- Candidates ---- */

/* `made` without its rule. */
static void add_candidate(struct cwr_match *m, struct cw_candidate made)
{
    if (m->n == m->size) {
        size_t size = m->size ? m->size * 2 : 8;
        struct cw_candidate *items = cw_arena_take(m->look.arena, size * sizeof *items);
        if (!items) {
            m->look.status = CW_NOMEM;
            return;
        }
        if (m->n)
            memcpy(items, m->items, m->n * sizeof *items);
        m->items = items;
        m->size = size;
    }
    made.rule = (uint32_t)(m->rule - m->rules->rules);
    if (!made.key.len)
        made.key = cw_text_of(made.person->name);
    m->items[m->n++] = made;
}

/* {"event.ref":"main","match.task":"KEY-1"}: what is missing is left out. */
void cwr_match_put(struct cwr_match *m, struct cwr_buf *buf, const struct cwr_ref *ref)
{
    struct cw_value value = cwr_look_get(ref, &m->look);
    struct cw_text text;
    if (value.kind == CW_MISSING)
        return;
    if (cw_value_print(&value, m->look.arena, &text)) {
        m->look.status = CW_NOMEM;
        return;
    }
    cwr_buf_puts(buf, buf->len > 1 ? "," : "");
    cwr_buf_json_string(buf, ref->name);
    cwr_buf_puts(buf, ":");
    cwr_buf_put(buf, text);
}

struct cw_text cwr_match_vars(struct cwr_match *m)
{
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made = {NULL, 0};
    cwr_buf_puts(&buf, "{");
    for (size_t i = 0; i < m->rule->n_vars && !m->look.status; i++)
        cwr_match_put(m, &buf, &m->rule->vars[i]);
    cwr_buf_puts(&buf, "}");
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    return made;
}

static void add_cancel(struct cwr_match *m, const struct cw_person *person, struct cw_text key)
{
    add_candidate(m, (struct cw_candidate){CW_CANDIDATE_CANCEL, .person = person, .key = key});
    cwr_match_say(m, CW_LOOK_CANCEL, person, m->rule->place, "cancels what is pending");
}

static void look_unless(struct cwr_match *m)
{
    struct cwr_people people = {0};
    struct cw_text key = {NULL, 0}, fault = {NULL, 0};
    bool named = false;
    if (!cwr_match_find(m, &m->rule->unless, &named) || m->look.status)
        return;
    if (m->rule->key && !cwr_match_key(m, &key, &fault)) {
        m->look.reason = fault.at;
        m->look.place = m->rule->key_place;
        cwr_match_say_no(m, NULL);
        return;
    }
    cwr_match_people(m, false, &people);
    if (!people.named)
        cwr_match_people(m, true, &people);
    for (size_t i = 0; i < people.n && !m->look.status; i++)
        add_cancel(m, people.items[i], key);
    if (m->rule->key && !people.named && !m->look.status)
        add_cancel(m, NULL, key);
}

/* `like` is what the candidates of one trigger on this event have in common. */
static void add_like(struct cwr_match *m, const struct cw_person *person,
                     const struct cw_candidate *like)
{
    struct cw_candidate made = *like;
    made.trigger = m->trigger;
    made.person = person;
    add_candidate(m, made);
    if (like->kind == CW_CANDIDATE_RUN)
        cwr_match_say(m, CW_LOOK_RUN, person, m->rule->place, "matched");
    else
        cwr_match_say_heard(m, person, &made);
}

/* The condition for one person. What must hold now must hold again when a wait ends, so that
 * `during` is kept then. */
static struct cwr_answer ask_for(struct cwr_match *m, const struct cw_person *person)
{
    struct cwr_answer answer = {CW_TRUE, {NULL, 0}};
    if (!m->rule->condition)
        return answer;
    m->look.person = person;
    answer = cwr_condition_look(m->rule->condition, &m->look);
    if (m->rule->asks_hours && m->rule->has_wait && answer.truth != CW_FALSE && !m->look.limit) {
        m->look.keep_hours = true;
        answer = cwr_condition_look(m->rule->condition, &m->look);
        m->look.keep_hours = false;
    }
    m->look.person = NULL;
    cwr_match_count(m);
    if (m->look.limit)
        answer.truth = CW_FALSE;
    m->look.limit = false;
    return answer;
}

void cwr_match_for(struct cwr_match *m, const struct cw_person *person,
                   const struct cw_candidate *like)
{
    struct cw_candidate made = *like;
    struct cwr_answer answer = ask_for(m, person);
    if (m->look.status)
        return;
    made.condition = answer.residual;
    made.unfit = answer.truth == CW_FALSE;
    if (made.unfit && !cwr_match_is_part(m, &made)) {
        cwr_match_say_no(m, person);
        return;
    }
    made.vars = cwr_match_vars(m);
    add_like(m, person, &made);
}

/* Nobody but those of the candidates from `first` on is to have anything pending under the key. */
static void add_correction(struct cwr_match *m, struct cw_text key, size_t first)
{
    size_t n = m->n - first;
    const struct cw_person **keep = cw_arena_take(m->look.arena, (n + 1) * sizeof *keep);
    if (!keep) {
        m->look.status = CW_NOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++)
        keep[i] = m->items[first + i].person;
    add_candidate(
        m, (struct cw_candidate){CW_CANDIDATE_CORRECT, .key = key, .keep = keep, .n_keep = n});
}

/* Neither a tick nor a trigger that hears several events says anything of one earlier event. */
static bool corrects(const struct cwr_match *m)
{
    return cwr_rule_corrects(m->rule) && m->rule->when.items[m->trigger].kind == CW_TRIGGER_EVENT;
}

/* Who it is for. Returns: false when nobody was named. */
static bool name_people(struct cwr_match *m, struct cwr_people *people)
{
    m->look.reason = NULL;
    people->strangers_count = true;
    cwr_match_people(m, false, people);
    if (people->named || !m->trace)
        return people->named;
    m->look.place = m->rule->place;
    if (!m->look.reason)
        m->look.reason = "the event names no user";
    cwr_match_say_no(m, NULL);
    return false;
}

void cwr_match_like(struct cwr_match *m, struct cw_candidate *like)
{
    struct cwr_people people = {0};
    bool asks = m->rule->asks_person && like->kind != CW_CANDIDATE_SIGN;
    name_people(m, &people);
    if (people.n && !asks && like->kind != CW_CANDIDATE_SIGN)
        like->vars = cwr_match_vars(m);
    for (size_t i = 0; i < people.n && !m->look.status; i++) {
        if (m->ticking && !cwr_match_ticked(m, people.items[i]))
            continue;
        if (asks && !like->unfit)
            cwr_match_for(m, people.items[i], like);
        else
            add_like(m, people.items[i], like);
    }
}

static void look_people(struct cwr_match *m, struct cw_text residual)
{
    struct cw_candidate like = {CW_CANDIDATE_RUN, .condition = residual};
    size_t first = m->n;
    uint32_t limits = m->limits;
    m->look.reason = NULL;
    bool has_key = m->rule->key && cwr_match_key(m, &like.key, &like.fault);
    cwr_match_like(m, &like);
    if (has_key && corrects(m) && m->limits == limits && !m->look.status)
        add_correction(m, like.key, first);
}

static void look_unfit(struct cwr_match *m)
{
    struct cw_text key = {NULL, 0}, fault = {NULL, 0};
    bool limit = m->look.limit;
    cwr_match_say_no(m, NULL);
    if (!limit && corrects(m) && cwr_match_key(m, &key, &fault))
        add_correction(m, key, m->n);
}

static void look_if(struct cwr_match *m)
{
    struct cwr_answer answer = {CW_TRUE, {NULL, 0}};
    if (m->rule->condition)
        answer = cwr_condition_look(m->rule->condition, &m->look);
    cwr_match_count(m);
    if (m->look.status)
        return;
    if (answer.truth == CW_FALSE || m->look.limit)
        look_unfit(m);
    else
        look_people(m, answer.residual);
}

void cwr_match_rule(struct cwr_match *m)
{
    cwr_match_begin_rule(m);
    look_if(m);
}

static void look_when(struct cwr_match *m)
{
    bool named = false, heard = m->rule->listens && cwr_match_listen(m);
    const struct cwr_trigger *trigger = cwr_match_find(m, &m->rule->when, &named);
    if (m->look.status)
        return;
    m->trigger = trigger ? (uint32_t)(trigger - m->rule->when.items) : 0;
    if (trigger)
        look_if(m);
    else if (named)
        cwr_match_say_no(m, NULL);
    else if (!heard)
        cwr_match_say_when(m);
}

/* ---- The whole ---- */

static void look_at(struct cwr_match *m, uint64_t entry)
{
    m->rule = &m->rules->rules[(uint32_t)entry];
    if (entry & CWR_RUN)
        look_when(m);
    else
        look_unless(m);
}

/* The rules from *first to before *end: those that the trace is about. */
void cwr_match_range(const struct cwr_match *m, size_t *first, size_t *end)
{
    bool one = m->trace && m->trace->rule;
    uint32_t i = one ? cwr_map_get(&m->rules->ids, cw_text_of(m->trace->rule)) : 0;
    *first = one && i == CWR_NOWHERE ? m->rules->n_rules : i;
    *end = one && i != CWR_NOWHERE ? i + 1 : m->rules->n_rules;
}

static void look_at_all(struct cwr_match *m)
{
    size_t first, end;
    cwr_match_range(m, &first, &end);
    for (uint64_t run = 0; run <= CWR_RUN; run += CWR_RUN) {
        for (size_t i = first; i < end && !m->look.status; i++) {
            if (m->rules->rules[i].enabled)
                look_at(m, run | i);
            else if (run)
                cwr_match_say_disabled(m, &m->rules->rules[i]);
        }
    }
}

static struct cw_text print_used(struct cwr_match *m, const struct cwr_found *found)
{
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made = {NULL, 0};
    cwr_buf_puts(&buf, "{");
    for (size_t g = 0; g < found->n_groups; g++) {
        for (size_t i = 0; i < found->groups[g]->n_reads && !m->look.status; i++) {
            uint32_t slot = found->groups[g]->reads[i];
            struct cwr_cached *cached = &m->look.matcher->values[slot];
            if (cached->used == m->look.matcher->stamp)
                continue;
            cached->used = m->look.matcher->stamp;
            cwr_match_put(m, &buf, &m->rules->paths[slot]);
        }
    }
    cwr_buf_puts(&buf, "}");
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    return made;
}

enum cw_status cwr_match_finish(struct cwr_match *m, struct cw_matches *out)
{
    struct cw_matches made = {
        .items = m->items, .n = m->n, .limits = m->limits, .limit_rule = m->limit_rule};
    made.used = print_used(m, &m->look.matcher->found);
    if (m->signs)
        cwr_match_keep_sign(m);
    struct cw_text *strangers =
        cw_arena_take(m->look.arena, (m->n_strangers + 1) * sizeof *strangers);
    if (m->look.status || !strangers)
        return CW_NOMEM;
    memcpy(strangers, m->strangers, m->n_strangers * sizeof *strangers);
    made.strangers = strangers;
    made.n_strangers = m->n_strangers;
    made.answers = m->answers;
    *out = made;
    return CW_OK;
}

static enum cw_status match(struct cwr_match *m, bool plainly, struct cw_matches *out)
{
    struct cw_matcher *matcher = m->look.matcher;
    if (cwr_matcher_begin(matcher, m->rules->n_paths, m->rules->n_people + m->rules->n_teams) ||
        cwr_index_find(m->rules, &m->look, plainly, &matcher->found))
        return CW_NOMEM;
    if (plainly)
        look_at_all(m);
    for (size_t i = 0; i < matcher->found.n && !m->look.status; i++)
        look_at(m, matcher->found.entries[i]);
    return m->look.status ? m->look.status : cwr_match_finish(m, out);
}

void cwr_match_begin(struct cwr_match *m, struct cw_matcher *matcher,
                     const struct cw_ruleset *rules, const struct cw_event *event, int64_t now_ms,
                     struct cw_arena *arena)
{
    m->rules = rules;
    m->look =
        (struct cwr_look){.event = event, .now_ms = now_ms, .matcher = matcher, .arena = arena};
    m->look.captures = m->captures;
    m->look.calendar = &rules->calendar;
}

enum cw_status cwr_match_plainly(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                                 const struct cw_event *event, int64_t now_ms,
                                 const struct cw_trace *trace, struct cw_arena *arena,
                                 struct cw_matches *out)
{
    struct cwr_match m = {.trace = trace};
    cwr_match_begin(&m, matcher, rules, event, now_ms, arena);
    m.look.tracing = trace != NULL;
    return match(&m, true, out);
}

enum cw_status cw_match(struct cw_matcher *matcher, const struct cw_ruleset *rules,
                        const struct cw_event *event, int64_t now_ms, const struct cw_trace *trace,
                        struct cw_arena *arena, struct cw_matches *out)
{
    if (trace)
        return cwr_match_plainly(matcher, rules, event, now_ms, trace, arena, out);
    struct cwr_match m = {0};
    cwr_match_begin(&m, matcher, rules, event, now_ms, arena);
    return match(&m, false, out);
}
