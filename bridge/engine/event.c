/* engine/event: one event, of a delivery or of the clock, with all that it brings about. */
#include "engine/priv.h"
#include "log.h"
#include "metrics.h"
#include "tell.h"

#include <stdlib.h>

static void log_event(const struct accepted_event *ev, size_t effects)
{
    const struct store_event *row = &ev->row;
    if (row->verdict == STORE_REFUSED)
        LOG_SOME(LOG_INFO, "event refused", F_I("event", row->seq), F_T("source", row->source),
                 F_T("type", row->type), F_T("id", row->id), F_T("reason", row->reason));
    else
        LOG(effects ? LOG_INFO : LOG_DEBUG, "event", F_I("event", row->seq),
            F_T("source", row->source), F_T("type", row->type), F_T("id", row->id));
}

static void tell_limits(const struct accepted_event *ev, const struct cw_ruleset *rules)
{
    const char *rule = cw_ruleset_rule(rules, ev->matches.limit_rule, NULL);
    metric_add(METRIC_rule_limits, ev->matches.limits);
    if (ev->matches.limits)
        LOG_SOME(LOG_WARN, "a pattern hit its limit", F_I("event", ev->row.seq),
                 F_S("rule", rule ? rule : ""), F_I("patterns", ev->matches.limits));
}

static void count_event(const struct accepted_event *ev, const struct cw_ruleset *rules)
{
    metric_add(ev->row.verdict == STORE_REFUSED ? METRIC_events_refused : METRIC_events_accepted,
               1);
    metric_add(METRIC_people_unknown, (int64_t)ev->matches.n_strangers);
    tell_limits(ev, rules);
    for (size_t i = 0; i < ev->matches.n_strangers; i++)
        LOG_SOME(LOG_WARN, "nobody has this name", F_I("event", ev->row.seq),
                 F_T("name", ev->matches.strangers[i]));
}

static void note_strangers(struct engine *e, const struct accepted_event *ev)
{
    for (size_t i = 0; i < ev->matches.n_strangers; i++) {
        struct stranger seen = {.alias = ev->matches.strangers[i],
                                .source = ev->row.source,
                                .type = ev->row.type,
                                .event = ev->row.seq,
                                .first_ms = ev->row.received_ms,
                                .last_ms = ev->row.received_ms,
                                .count = 1};
        strangers_note(e->strangers, &seen);
    }
}

/* Its decision does not fit into the memory of one delivery: kept, and nothing is done. */
static void refuse_event(struct accepted_event *ev)
{
    ev->row.verdict = STORE_REFUSED;
    ev->row.reason = CW_TEXT("its decision takes more memory than one delivery may");
}

/* Its rules asked for people whom nobody knows, or a pattern hit its limit: kept with the event. */
static struct cw_text oddity_of(const struct cw_matches *matches, struct cw_arena *arena)
{
    size_t len = 0;
    char *text;
    FILE *f = tell_open(&text, &len);
    for (size_t i = 0; i < matches->n_strangers; i++)
        fprintf(f, "%s%.*s", i ? ", " : NOBODY, (int)matches->strangers[i].len,
                matches->strangers[i].at);
    if (matches->limits)
        fprintf(f, "%sa pattern hit its limit", len || matches->n_strangers ? "; " : "");
    tell_close(f);
    struct cw_text made = {cw_arena_copy(arena, (struct cw_text){text, len}), len};
    free(text);
    return made.at ? made : CW_TEXT("");
}

/* What an event and its plan write. People, rules and the events of a batch multiply what a sender
 * sent: a few KiB can ask for gigabytes. */
static size_t weight_of(const struct accepted_event *ev, const struct cw_plan *plan)
{
    size_t weight = ev->row.payload.len + ev->row.used.len + ev->row.id.len + ev->row.type.len;
    for (size_t i = 0; i < plan->n; i++) {
        const struct cw_effect *f = &plan->effects[i];
        weight += f->condition.len + f->vars.len + f->key.len + f->reason.len + f->value.len;
        for (size_t k = 0; k < f->n_calls; k++)
            weight += f->calls[k].args.len;
    }
    return weight;
}

/* Decides; what does not fit into what is left of the room is refused. */
static enum cw_status decide(struct engine *e, const struct cw_ruleset *rules,
                             struct accepted_event *ev, const struct decision *d, size_t *room,
                             struct cw_plan *out, struct cw_error *err)
{
    static const struct cw_plan nothing;
    enum cw_status st = CW_OK;
    *out = nothing;
    if (ev->matches.n)
        st = engine_decide(e, rules, &ev->matches, d, out, err);
    if (st && st != CW_NOMEM)
        return st;
    size_t weight = weight_of(ev, out);
    if (weight > *room) { /* not even the event itself fits: its kind and reason do */
        ev->row.payload = ev->row.used = (struct cw_text){0};
        st = CW_NOMEM;
    }
    if (st) {
        refuse_event(ev);
        *out = nothing;
        weight = 0;
    }
    *room -= weight;
    return CW_OK;
}

enum cw_status engine_take_event(struct engine *e, const struct cw_ruleset *rules,
                                 struct accepted_event *ev, struct decision *d, size_t *room,
                                 struct cw_error *err)
{
    struct cw_plan plan = {0};
    struct engine_sight sight;
    enum cw_status st = engine_sight_judge(e, ev, d->arena, &sight, err);
    if (!st)
        st = decide(e, rules, ev, d, room, &plan, err);
    if (st)
        return st;
    if (!ev->row.reason.len && (ev->matches.n_strangers || ev->matches.limits))
        ev->row.reason = oddity_of(&ev->matches, d->arena);
    st = store_event_add(e->deps.store, &ev->row, ev->keys, ev->n_keys, &ev->row.seq, err);
    d->event = ev->row.seq;
    if (st == CW_EEXIST) {
        metric_add(METRIC_events_duplicate, 1);
        LOG_SOME(LOG_INFO, "event known already", F_I("event", d->event),
                 F_T("source", ev->row.source), F_T("id", ev->row.id));
    }
    if (st)
        return st;
    count_event(ev, rules);
    note_strangers(e, ev);
    log_event(ev, plan.n);
    for (size_t i = 0; ev->matches.answers && i < ev->matches.n_strangers; i++)
        engine_explain(e, "nobody here has the name or alias ", ev->matches.strangers[i]);
    st = engine_sight_write(e, ev, &sight, d, err);
    return st ? st : engine_write(e, d, &plan, err);
}
