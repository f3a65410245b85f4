/* engine/effect: deciding by what the journal has, and what was decided becomes rows of it. */
#include "engine/priv.h"

#include "action/action.h"
#include "hold.h"
#include "log.h"
#include "metrics.h"
#include "reading.h"
#include "xalloc.h"

#include <string.h>

static struct store_run run_of(const struct decision *d, const struct cw_effect *f)
{
    bool refused = f->kind == CW_EFFECT_REFUSED;
    bool due = f->due_ms <= d->at_ms;
    return (struct store_run){
        .event = d->event,
        .rule = cw_text_of(f->rule),
        .person = cw_text_of(f->person->name),
        .key = f->key,
        .state = refused      ? STORE_RUN_REFUSED
                 : !due       ? STORE_RUN_WAITING
                 : f->n_calls ? STORE_RUN_ACTING
                              : STORE_RUN_DONE,
        .due_ms = refused ? d->at_ms : f->due_ms,
        .changed_ms = d->now_ms,
        .condition = f->condition,
        .vars = f->vars,
        .reason = f->reason,
        .dated = f->dated,
        .yields = !f->yields ? STORE_YIELDS_NEVER
                  : f->waits ? STORE_YIELDS
                             : STORE_YIELDS_QUIET,
    };
}

static int64_t expires_of(const struct store_run *run, const struct cw_call *call)
{
    int64_t ms = run->due_ms + call->expires_ms; /* years 0 to 10009: no overflow */
    return ms ? ms : 1;                          /* 0 would be never */
}

/* Why a rule has nothing to say: better than silence, for a person who typed a command. */
void engine_explain(struct engine *e, const char *before, struct cw_text what)
{
    struct accepted *a = e->delivery;
    auto_free char *text = xprintf("%s%.*s", before, (int)what.len, what.at);
    if (a && e->deps.replies && !replies_add(e->deps.replies, &a->waiter, text) && !a->waiter)
        a->too_many = true;
}

/* The sender waits for what the rules of its own delivery say at once. */
static void expect_reply(struct engine *e, const struct store_call *call)
{
    struct accepted *a = e->delivery;
    if (!a || !e->deps.replies || !cw_text_is(call->action, "reply"))
        return;
    if (!replies_expect(e->deps.replies, &a->waiter, call->run, call->step) && !a->waiter)
        a->too_many = true;
}

static bool has_reply(const struct cw_effect *f)
{
    for (size_t i = 0; i < f->n_calls; i++)
        if (strcmp(f->calls[i].action, "reply") == 0)
            return true;
    return false;
}

/* Its first call waits as long as its person is held: better said than waited for. */
static enum cw_status tell_held(struct engine *e, const struct cw_effect *f, int64_t now_ms,
                                bool *told, struct cw_error *err)
{
    struct hold hold;
    struct cw_error none;
    *told = false;
    if (!e->delivery || !has_reply(f) || action_passes(cw_text_of(f->calls[0].action)))
        return CW_OK;
    struct cw_arena *arena = e->delivery->arena;
    enum cw_status st = hold_find(e->deps.store, f->person->name, 0, now_ms, arena, &hold, &none);
    if (st)
        return st == CW_ENOENT ? CW_OK : cw_fail(err, st, "%s", none.text);
    *told = true;
    engine_explain(e, "held ", cw_text_of(hold_text(&hold, f->person->zone, now_ms, arena)));
    return CW_OK;
}

enum cw_status engine_add_calls(struct engine *e, const struct store_run *run,
                                const struct cw_effect *f, int64_t now_ms, struct cw_error *err)
{
    bool told;
    enum cw_status st = tell_held(e, f, now_ms, &told, err);
    for (size_t i = 0; !st && i < f->n_calls; i++) {
        const struct cw_call *c = &f->calls[i];
        struct store_call call = {.run = run->id,
                                  .event = run->event,
                                  .rule = run->rule,
                                  .person = run->person,
                                  .step = c->step,
                                  .action = cw_text_of(c->action),
                                  .args = c->args,
                                  .condition = i ? (struct cw_text){0} : f->condition,
                                  .state = STORE_CALL_READY,
                                  .due_ms = now_ms,
                                  .created_ms = now_ms,
                                  .changed_ms = now_ms,
                                  .expires_ms = expires_of(run, c),
                                  .passes = action_passes(cw_text_of(c->action))};
        st = store_call_add(e->deps.store, &call, &call.id, err);
        if (!st && !told)
            expect_reply(e, &call);
    }
    if (!st && f->n_calls)
        dispatcher_notice(e->deps.dispatcher, f->person->name);
    return st;
}

void engine_log_effect(const char *msg, int64_t event, const struct cw_effect *f)
{
    if (f->kind == CW_EFFECT_REFUSED)
        LOG_SOME(LOG_INFO, msg, F_I("event", event), F_S("rule", f->rule),
                 F_S("person", f->person->name), F_T("reason", f->reason));
    else
        LOG(LOG_INFO, msg, F_I("event", event), F_S("rule", f->rule),
            F_S("person", f->person->name), F_T("reason", f->reason));
}

static enum cw_status cancel_for(struct engine *e, const struct decision *d,
                                 const struct cw_effect *f, const char *person,
                                 struct cw_error *err)
{
    size_t n = 0;
    auto_free char *reason = xprintf("cancelled by event %lld", (long long)d->event);
    enum cw_status st = store_run_cancel(e->deps.store, cw_text_of(f->rule), cw_text_of(person),
                                         f->key, cw_text_of(reason), d->now_ms, &n, err);
    if (st || !n)
        return st;
    metric_add(METRIC_runs_cancelled, (int64_t)n);
    dispatcher_notice(e->deps.dispatcher, person);
    LOG(LOG_INFO, "run cancelled", F_I("event", d->event), F_S("rule", f->rule),
        F_S("person", person), F_T("key", f->key));
    return CW_OK;
}

static bool keeps(const struct cw_effect *f, struct cw_text person)
{
    for (size_t i = 0; i < f->n_keep; i++)
        if (cw_text_is(person, f->keep[i]->name))
            return true;
    return false;
}

/* For everybody who has something pending under the key, but those who are to keep it. */
static enum cw_status cancel_key(struct engine *e, const struct decision *d,
                                 const struct cw_effect *f, struct cw_error *err)
{
    struct cw_text *people = NULL;
    size_t n = 0;
    enum cw_status st =
        store_run_people(e->deps.store, cw_text_of(f->rule), f->key, d->arena, &people, &n, err);
    for (size_t i = 0; !st && i < n; i++)
        if (!keeps(f, people[i]))
            st = cancel_for(e, d, f, people[i].at, err);
    return st;
}

static enum cw_status do_mark(struct engine *e, const struct cw_effect *f, struct cw_error *err)
{
    if (strcmp(f->mark, "absent") == 0)
        e->clock.absent_known = false;
    struct store_mark mark = {.kind = cw_text_of(f->mark),
                              .rule = cw_text_of(f->rule),
                              .person = cw_text_of(f->person->name),
                              .key = f->key,
                              .value = f->value,
                              .until_ms = f->until_ms};
    return f->kind == CW_EFFECT_MARK ? store_mark_put(e->deps.store, &mark, err)
                                     : store_mark_drop(e->deps.store, &mark, err);
}

static enum cw_status do_run(struct engine *e, const struct decision *d, const struct cw_effect *f,
                             struct cw_error *err)
{
    struct store_run run = run_of(d, f);
    enum cw_status st = f->beside ? store_run_add_beside(e->deps.store, &run, &run.id, err)
                                  : store_run_add(e->deps.store, &run, &run.id, err);
    if (st == CW_EEXIST) /* this event did it already for this rule and person */
        return CW_OK;
    if (st)
        return st;
    if (run.state == STORE_RUN_REFUSED) {
        metric_add(METRIC_runs_refused, 1);
        metric_add(METRIC_rule_limits, f->limit);
        engine_log_effect("run refused", d->event, f);
        if (f->answers)
            engine_explain(e, "not done: ", f->what);
        return CW_OK;
    }
    metric_add(METRIC_runs_begun, 1);
    engine_log_effect(run.state == STORE_RUN_WAITING ? "run waits" : "run begins", d->event, f);
    return engine_add_calls(e, &run, f, d->now_ms, err);
}

static enum cw_status do_effect(struct engine *e, const struct decision *d,
                                const struct cw_effect *f, struct cw_error *err)
{
    switch (f->kind) {
    case CW_EFFECT_MARK:
    case CW_EFFECT_FORGET:
        return do_mark(e, f, err);
    case CW_EFFECT_CANCEL:
        return f->person ? cancel_for(e, d, f, f->person->name, err) : cancel_key(e, d, f, err);
    case CW_EFFECT_RUN:
    case CW_EFFECT_REFUSED:
        break;
    }
    return do_run(e, d, f, err);
}

enum cw_status engine_write(struct engine *e, const struct decision *d, const struct cw_plan *plan,
                            struct cw_error *err)
{
    enum cw_status st = CW_OK;
    for (size_t i = 0; i < plan->n && !st; i++)
        st = do_effect(e, d, &plan->effects[i], err);
    return st;
}

/* ---- Deciding ---- */

enum cw_status engine_decide(struct engine *e, const struct cw_ruleset *rules,
                             const struct cw_matches *matches, const struct decision *d,
                             struct cw_plan *out, struct cw_error *err)
{
    struct reading reading = {e->deps.store, d->arena, err};
    const struct cw_facts_reader facts = reading_facts(&reading);
    return cw_decide(rules, matches, &facts, d->at_ms, d->arena, out);
}

enum cw_status engine_decide_due(struct engine *e, const struct cw_due_run *run, int64_t now_ms,
                                 struct cw_plan *out, struct cw_error *why, struct cw_error *err)
{
    struct reading reading = {e->deps.store, e->arena, err};
    const struct cw_facts_reader facts = reading_facts(&reading);
    return cw_decide_due(e->rules, run, &facts, now_ms, e->arena, out, why);
}
