/* engine/hand: what somebody ends by hand. */
#include "engine/priv.h"

#include "log.h"
#include "metrics.h"
#include "xalloc.h"

enum cw_status engine_end_turn(struct engine *e, enum cw_status st, struct cw_error *err)
{
    if (!st)
        return store_commit(e->deps.store, err);
    store_rollback(e->deps.store);
    return st;
}

enum cw_status engine_cancel_run(struct engine *e, int64_t id, int64_t now_ms, struct cw_error *err)
{
    struct store_run run;
    enum cw_status st = store_begin(e->deps.store, err);
    if (st)
        return st;
    cw_arena_reset(e->arena);
    st = store_run_get(e->deps.store, id, e->arena, &run, err);
    if (!st)
        st = store_run_cancel_one(e->deps.store, id, CW_TEXT("cancelled by hand"), now_ms, err);
    st = engine_end_turn(e, st, err);
    if (st)
        return st;
    metric_add(METRIC_runs_cancelled, 1);
    auto_free char *person = xtext(run.person);
    dispatcher_notice(e->deps.dispatcher, person);
    LOG(LOG_INFO, "run cancelled by hand", F_I("event", run.event), F_I("run", id),
        F_T("rule", run.rule), F_T("person", run.person), F_T("key", run.key));
    return CW_OK;
}

enum cw_status engine_drop_mark(struct engine *e, const struct store_mark *mark,
                                struct cw_error *err)
{
    enum cw_status st = store_begin(e->deps.store, err);
    if (st)
        return st;
    st = engine_end_turn(e, store_mark_drop(e->deps.store, mark, err), err);
    auto_free char *person = mark->person.len ? xtext(mark->person) : NULL;
    if (!st && cw_text_is(mark->kind, "hold"))
        dispatcher_held(e->deps.dispatcher, person);
    if (!st)
        LOG(LOG_INFO, "mark dropped by hand", F_T("kind", mark->kind), F_T("rule", mark->rule),
            F_T("person", mark->person), F_T("key", mark->key));
    return st;
}
