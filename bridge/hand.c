#include "hand.h"

#include "log.h"
#include "metrics.h"
#include "xalloc.h"

enum { CLOCKS_MS = 2000 }; /* awork's clock and ours may differ by so much */

char *hand_reason(const char *seen_by)
{
    return xprintf("the timer was changed by hand (%s)", seen_by);
}

/* When its event came: what was changed before that, the rule knew or could have known. */
enum cw_status hand_beats(struct store *store, const struct store_run *run, int64_t at_ms,
                          struct cw_arena *arena, bool *out, struct cw_error *err)
{
    struct store_event *event = NULL;
    size_t n = 0;
    *out = false;
    if (run->yields != STORE_YIELDS)
        return CW_OK;
    enum cw_status st = store_events_back(store, run->event + 1, 1, arena, &event, &n, err);
    *out = !st && n && event->seq == run->event && at_ms + CLOCKS_MS >= event->received_ms;
    return st;
}

static enum cw_status cancel(struct store *store, const struct hand *hand,
                             const struct store_run *run, struct cw_arena *arena, size_t *n,
                             struct cw_error *err)
{
    bool beaten = false;
    struct cw_error busy;
    enum cw_status st = hand_beats(store, run, hand->at_ms, arena, &beaten, err);
    if (st || !beaten)
        return st;
    auto_free char *reason = hand_reason(hand->seen_by);
    st = store_run_cancel_one(store, run->id, cw_text_of(reason), hand->now_ms, &busy);
    if (st == CW_EBUSY) /* it acts already: its own look tells */
        return CW_OK;
    if (st)
        return cw_fail(err, st, "%s", busy.text);
    *n += 1;
    LOG(LOG_INFO, "run cancelled", F_I("event", run->event), F_T("rule", run->rule),
        F_T("person", run->person), F_S("reason", reason));
    return CW_OK;
}

static struct store_mark quiet_of(struct cw_text person)
{
    return (struct store_mark){.kind = CW_TEXT("quiet"), .person = person};
}

enum cw_status hand_wins(struct store *store, const struct hand *hand, struct cw_arena *arena,
                         size_t *n, struct cw_error *err)
{
    struct store_run *runs = NULL;
    size_t n_runs = 0;
    *n = 0;
    enum cw_status st = store_runs_yielding(store, hand->person, arena, &runs, &n_runs, err);
    for (size_t i = 0; !st && i < n_runs; i++)
        st = cancel(store, hand, &runs[i], arena, n, err);
    metric_add(METRIC_runs_cancelled, (int64_t)*n);
    metric_add(METRIC_timers_by_hand, 1);
    LOG(LOG_INFO, "the timer was changed by hand", F_T("person", hand->person),
        F_S("seen_by", hand->seen_by), F_I("cancelled", (int64_t)*n));
    struct store_mark mark = quiet_of(hand->person);
    mark.until_ms = hand->at_ms + hand->quiet_ms;
    if (!st && hand->quiet_ms && mark.until_ms > hand->now_ms)
        st = store_mark_put(store, &mark, err);
    return st;
}

enum cw_status hand_quiet(struct store *store, struct cw_text person, int64_t now_ms,
                          struct cw_arena *arena, int64_t *until_ms, struct cw_error *err)
{
    struct store_mark which = quiet_of(person), mark;
    struct cw_error none;
    enum cw_status st = store_mark_get(store, &which, arena, &mark, &none);
    *until_ms = !st && mark.until_ms > now_ms ? mark.until_ms : 0;
    return st && st != CW_ENOENT ? cw_fail(err, st, "%s", none.text) : CW_OK;
}
