#include "engine/priv.h"

#include "log.h"
#include "metrics.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    EVENTS_AT_ONCE = 1000, /* of one turn; the doors are heard between two of them */
    DUE_AT_ONCE = 16,
    DUE_ARENA = 128 << 20,
    TROUBLE_MS = 1000
};
enum { SWEEP_MS = 60000, SWEEP_AT_ONCE = 256 };

struct engine *engine_create(const struct engine_deps *deps, struct cw_ruleset *rules)
{
    struct engine *e = xcalloc(1, sizeof *e);
    e->deps = *deps;
    e->rules = cw_ruleset_ref(rules);
    e->last = &e->first;
    e->arena = xarena(DUE_ARENA);
    e->well = true;
    e->strangers = strangers_create();
    engine_clock_init(e);
    return e;
}

static void give_back(struct engine *e, struct accepted *list, enum accepted_result result)
{
    while (list) {
        struct accepted *next = list->next;
        if (result == ACCEPTED_FAILED) {
            list->result = ACCEPTED_FAILED;
            replies_drop(e->deps.replies, list->waiter);
            list->waiter = NULL;
        }
        list->done(list);
        list = next;
    }
}

void engine_destroy(struct engine *e)
{
    if (!e)
        return;
    give_back(e, e->first, ACCEPTED_FAILED);
    engine_clock_fini(e);
    strangers_destroy(e->strangers);
    cw_ruleset_unref(e->rules);
    cw_arena_destroy(e->arena);
    free(e);
}

void engine_reload(struct engine *e, struct cw_ruleset *rules)
{
    cw_ruleset_unref(e->rules);
    e->rules = cw_ruleset_ref(rules);
    engine_clock_reload(e);
    strangers_reload(e->strangers, rules);
}

void engine_keep(struct engine *e, bool used)
{
    e->keep_nothing = !used;
}

enum cw_status engine_submit(struct engine *e, struct accepted *accepted, struct cw_error *err)
{
    if (e->closed)
        return cw_fail(err, CW_EBUSY, "%s", e->closed);
    if (e->waiting >= e->deps.queue)
        return cw_fail(err, CW_EBUSY, "%zu deliveries wait already", e->waiting);
    accepted->next = NULL;
    *e->last = accepted;
    e->last = &accepted->next;
    metric_set(METRIC_queue_length, (int64_t)++e->waiting);
    return CW_OK;
}

size_t engine_queue(const struct engine *e)
{
    return e->waiting;
}

const struct strangers *engine_strangers(const struct engine *e)
{
    return e->strangers;
}

enum cw_status engine_load(struct engine *e, struct cw_error *err)
{
    enum cw_status st = strangers_load(e->strangers, e->deps.store, err);
    strangers_reload(e->strangers, e->rules);
    return st;
}

enum cw_status engine_save(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = store_begin(e->deps.store, err);
    if (st)
        return st;
    return engine_end_turn(e, strangers_save(e->strangers, e->deps.store, now_ms, true, err), err);
}

const char *engine_trouble(const struct engine *e)
{
    return e->closed ? e->closed : e->well ? NULL : "the journal cannot be written";
}

void engine_close(struct engine *e, const char *why, bool rests)
{
    e->closed = why;
    e->rests = rests;
}

void engine_clock_set(struct engine *e)
{
    e->sweep_ms = e->not_before_ms = 0;
    engine_clock_reload(e);
}

void engine_set_well(struct engine *e)
{
    e->well = true;
}

/* ---- Housekeeping ---- */

/* Drops marks of a kind that have ended by `until_ms`; *full when there may be more of them. */
static enum cw_status sweep_kind(struct engine *e, const char *kind, int64_t until_ms, bool *full,
                                 struct cw_error *err)
{
    struct store_mark *ended = NULL;
    size_t n = 0;
    cw_arena_reset(e->arena);
    enum cw_status st = store_marks_due(e->deps.store, cw_text_of(kind), until_ms, SWEEP_AT_ONCE,
                                        e->arena, &ended, &n, err);
    for (size_t i = 0; !st && i < n; i++)
        st = store_mark_drop(e->deps.store, &ended[i], err);
    *full |= n == SWEEP_AT_ONCE;
    return st;
}

/* Of these kinds what has ended is of no use any more; but what a hold made too late names it. */
static const struct {
    const char *kind;
    int64_t keep_ms;
} ending[] = {{"throttle", 0}, {"state", 0}, {"all", 0},
              {"count", 0},    {"quiet", 0}, {"hold", 3600000}};

static enum cw_status sweep(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    bool full = false;
    if (now_ms < e->sweep_ms)
        return CW_OK;
    for (size_t i = 0; !st && i < sizeof ending / sizeof ending[0]; i++)
        st = sweep_kind(e, ending[i].kind, now_ms - ending[i].keep_ms, &full, err);
    e->sweep_ms = full ? now_ms : now_ms + SWEEP_MS;
    return st;
}

/* ---- Deliveries ---- */

static enum cw_status take_event(struct engine *e, struct accepted *a, struct accepted_event *ev,
                                 int64_t now_ms, size_t *room, struct cw_error *err)
{
    struct decision d = {0, now_ms, now_ms, a->arena};
    enum cw_status st = engine_take_event(e, a->rules, ev, &d, room, err);
    if (st == CW_EEXIST)
        return CW_OK;
    if (!st)
        a->result = ACCEPTED_STORED;
    return st;
}

static enum cw_status take_delivery(struct engine *e, struct accepted *a, int64_t now_ms,
                                    struct cw_error *err)
{
    size_t room = ENGINE_ROOM;
    enum cw_status st = CW_OK;
    a->result = a->n_events ? ACCEPTED_DUPLICATE : ACCEPTED_STORED;
    e->delivery = a;
    for (size_t i = 0; i < a->n_events && !st; i++)
        st = take_event(e, a, &a->events[i], now_ms, &room, err);
    e->delivery = NULL;
    return st;
}

/* ---- Runs that came due ---- */

static enum cw_status end_run(struct engine *e, const struct store_run *run,
                              enum store_run_state to, struct cw_text reason, int64_t now_ms,
                              struct cw_error *err)
{
    metric_add(METRIC_runs_refused, 1);
    LOG(LOG_INFO, to == STORE_RUN_LOST ? "run lost its rule" : "run refused",
        F_I("event", run->event), F_T("rule", run->rule), F_T("person", run->person),
        F_T("reason", reason));
    return store_run_move(e->deps.store, run->id, to, reason, now_ms, err);
}

static enum cw_status begin_run(struct engine *e, const struct store_run *run,
                                const struct cw_effect *f, int64_t now_ms, struct cw_error *err)
{
    enum store_run_state to = f->n_calls ? STORE_RUN_ACTING : STORE_RUN_DONE;
    enum cw_status st = store_run_move(e->deps.store, run->id, to, f->reason, now_ms, err);
    if (st)
        return st;
    engine_log_effect("run begins", run->event, f);
    return engine_add_calls(e, run, f, now_ms, err);
}

static enum cw_status take_due(struct engine *e, const struct store_run *run, int64_t now_ms,
                               struct cw_error *err)
{
    struct cw_due_run due = {run->rule,      run->person, run->key,
                             run->condition, run->vars,   run->due_ms};
    struct cw_plan plan = {0};
    struct cw_error why;
    enum cw_status st = engine_decide_due(e, &due, now_ms, &plan, &why, err);
    if (st == CW_NOMEM)
        return end_run(e, run, STORE_RUN_REFUSED, CW_TEXT("it takes more memory than a run may"),
                       now_ms, err);
    if (st == CW_ENOENT)
        return end_run(e, run, STORE_RUN_LOST, cw_text_of(why.text), now_ms, err);
    if (st)
        return st;
    metric_add(METRIC_rule_limits, plan.n && plan.effects[0].limit);
    if (plan.n && plan.effects[0].kind == CW_EFFECT_RUN)
        return begin_run(e, run, &plan.effects[0], now_ms, err);
    return end_run(e, run, STORE_RUN_REFUSED,
                   plan.n ? plan.effects[0].reason : CW_TEXT("the rule has nothing to do"), now_ms,
                   err);
}

static enum cw_status take_due_runs(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    for (size_t i = 0, n = 1; !st && n && i < DUE_AT_ONCE; i++) {
        struct store_run *run = NULL;
        int64_t due_ms = INT64_MAX;
        st = store_next_due(e->deps.store, &due_ms, err);
        if (st || due_ms > now_ms)
            break;
        cw_arena_reset(e->arena); /* one at a time: together they may be too large, for ever */
        st = store_runs_due(e->deps.store, now_ms, 1, e->arena, &run, &n, err);
        if (!st && n)
            st = take_due(e, run, now_ms, err);
    }
    return st;
}

/* ---- The turn ---- */

static enum cw_status take_all(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    for (struct accepted *a = e->turn; a; a = a->next) {
        enum cw_status st = take_delivery(e, a, now_ms, err);
        if (st)
            return st;
    }
    enum cw_status st = e->closed ? CW_OK : engine_clock_turn(e, now_ms, err);
    if (!st && !e->rests)
        st = take_due_runs(e, now_ms, err);
    if (!st && !e->closed)
        st = sweep(e, now_ms, err);
    if (!st && !e->closed)
        st = strangers_save(e->strangers, e->deps.store, now_ms, false, err);
    if (!st)
        st = dispatcher_turn(e->deps.dispatcher, now_ms, err);
    return st ? st : engine_sight_turn(e, now_ms, err);
}

static bool has_work(struct engine *e, int64_t now_ms)
{
    return e->first || engine_next_ms(e) <= now_ms || dispatcher_ready(e->deps.dispatcher, now_ms);
}

/* What was not written did not happen: the senders get 503, the lanes are read again. */
static enum cw_status failed(struct engine *e, enum cw_status st, int64_t now_ms,
                             struct cw_error *err)
{
    struct accepted *list = e->turn;
    store_rollback(e->deps.store);
    strangers_end(e->strangers, false);
    engine_clock_reload(e);
    e->turn = NULL;
    e->well = false;
    e->not_before_ms = now_ms + TROUBLE_MS;
    LOG(LOG_ERROR, "the journal did not take this turn", F_S("reason", err->text));
    give_back(e, list, ACCEPTED_FAILED);
    if (st == CW_EIO)
        return st;
    return dispatcher_load(e->deps.dispatcher, now_ms, err);
}

/* Moves what one turn takes out of the queue. */
static void take_turn(struct engine *e)
{
    struct accepted **end = &e->first;
    for (size_t events = 0; *end && events < EVENTS_AT_ONCE; end = &(*end)->next) {
        events += 1 + (*end)->n_events;
        e->waiting--;
    }
    e->turn = end == &e->first ? NULL : e->first;
    e->first = *end;
    *end = NULL;
    if (!e->first)
        e->last = &e->first;
}

enum cw_status engine_turn(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    if (!has_work(e, now_ms))
        return CW_OK;
    take_turn(e);
    log_hold();
    metrics_hold();
    enum cw_status st = store_begin(e->deps.store, err);
    if (!st)
        st = take_all(e, now_ms, err);
    if (!st)
        st = store_commit(e->deps.store, err);
    log_release(st == CW_OK);
    metrics_release(st == CW_OK);
    if (st)
        return failed(e, st, now_ms, err);
    struct accepted *list = e->turn;
    e->turn = NULL;
    e->well = true;
    strangers_end(e->strangers, true);
    metric_add(METRIC_commits, 1);
    metric_set(METRIC_queue_length, (int64_t)e->waiting);
    give_back(e, list, ACCEPTED_STORED);
    dispatcher_committed(e->deps.dispatcher, now_ms);
    return CW_OK;
}

int64_t engine_next_ms(struct engine *e)
{
    struct cw_error err;
    int64_t due_ms = INT64_MAX, lanes_ms = dispatcher_next_ms(e->deps.dispatcher);
    if (e->first)
        return 0;
    if (e->rests || store_next_due(e->deps.store, &due_ms, &err))
        due_ms = INT64_MAX;
    if (lanes_ms < due_ms)
        due_ms = lanes_ms;
    int64_t clock_ms = e->closed ? INT64_MAX : engine_clock_next_ms(e);
    int64_t strangers_ms = e->closed ? INT64_MAX : strangers_next_ms(e->strangers);
    if (clock_ms < due_ms)
        due_ms = clock_ms;
    if (strangers_ms < due_ms)
        due_ms = strangers_ms;
    return due_ms < e->not_before_ms ? e->not_before_ms : due_ms;
}

bool engine_is_idle(struct engine *e)
{
    struct store_mark *marks = NULL;
    struct cw_error err;
    size_t n = 0;
    if (engine_next_ms(e) != INT64_MAX)
        return false;
    cw_arena_reset(e->arena);
    return store_marks(e->deps.store, NULL, 1, e->arena, &marks, &n, &err) == CW_OK && !n;
}
