/* engine/dead: dead letters that somebody retries or drops. */
#include "engine/priv.h"

#include "letters.h"
#include "log.h"
#include "metrics.h"
#include "xalloc.h"

#include <stdlib.h>

enum { AT_ONCE = 32 };

static enum cw_status may_retry(struct engine *e, const struct store_call *letter,
                                struct cw_error *err)
{
    if (cw_ruleset_find(e->rules, letter->person))
        return CW_OK;
    return cw_fail(err, CW_EBUSY,
                   "call %lld is of %.*s, who is not in the configuration: it would die again",
                   (long long)letter->id, (int)letter->person.len, letter->person.at);
}

/* Inside a transaction. */
static enum cw_status see_to(struct engine *e, const struct store_call *letter, bool drop,
                             int64_t now_ms, int64_t *as, size_t *n, struct cw_error *err)
{
    *n = 0;
    if (drop)
        return store_dead_drop(e->deps.store, letter->id, now_ms, e->arena, err);
    return store_dead_retry(e->deps.store, letter->id, now_ms, e->arena, as, n, err);
}

/* After the commit. */
static void tell_deed(struct engine *e, const struct store_call *letter, bool drop, int64_t as)
{
    auto_free char *person = xtext(letter->person);
    metric_add(drop ? METRIC_dead_dropped : METRIC_dead_retried, 1);
    if (drop) {
        LOG(LOG_INFO, "dead letter dropped by hand", F_I("event", letter->event),
            F_I("call", letter->id), F_T("rule", letter->rule), F_T("person", letter->person));
        return;
    }
    dispatcher_notice(e->deps.dispatcher, person);
    LOG(LOG_INFO, "dead letter retried by hand", F_I("event", letter->event),
        F_I("call", letter->id), F_I("as", as), F_T("rule", letter->rule),
        F_T("person", letter->person));
}

enum cw_status engine_letter(struct engine *e, int64_t call, bool drop, int64_t now_ms, int64_t *as,
                             struct cw_error *err)
{
    struct store_call letter;
    size_t n;
    cw_arena_reset(e->arena);
    enum cw_status st = store_call_get(e->deps.store, call, e->arena, &letter, err);
    if (!st && !drop && letter.state == STORE_CALL_DEAD)
        st = may_retry(e, &letter, err);
    if (!st)
        st = store_begin(e->deps.store, err);
    if (st)
        return st;
    st = engine_end_turn(e, see_to(e, &letter, drop, now_ms, as, &n, err), err);
    if (!st)
        tell_deed(e, &letter, drop, *as);
    return st;
}

/* ---- A page of them ---- */

struct seen { /* what is told of once it is on disk */
    const struct store_call *letter;
    int64_t as;
};

static enum cw_status see_page(struct engine *e, const struct engine_letters *which, int64_t now_ms,
                               struct seen *seen, struct engine_letters_done *out,
                               struct cw_error *err)
{
    struct store_call *list = NULL;
    size_t n = 0, calls = 0;
    struct cw_error gone;
    enum cw_status st = store_dead(e->deps.store, which->after, AT_ONCE, e->arena, &list, &n, err);
    out->last = which->after;
    out->more = n == AT_ONCE;
    for (size_t i = 0; !st && i < n; i++) {
        out->last = list[i].id;
        if (list[i].created_ms >= which->before_ms)
            continue;
        if (!letters_fit(&list[i], which->rule, which->person))
            continue;
        if (!which->drop && may_retry(e, &list[i], &gone)) {
            out->left++;
            continue;
        }
        int64_t *as = &seen[out->letters].as;
        seen[out->letters].letter = &list[i];
        st = see_to(e, &list[i], which->drop, now_ms, as, &calls, err);
        out->letters++;
        out->calls += calls;
    }
    return st;
}

enum cw_status engine_letters(struct engine *e, const struct engine_letters *which, int64_t now_ms,
                              struct engine_letters_done *out, struct cw_error *err)
{
    struct seen seen[AT_ONCE] = {0};
    *out = (struct engine_letters_done){0};
    enum cw_status st = store_begin(e->deps.store, err);
    if (st)
        return st;
    cw_arena_reset(e->arena);
    st = engine_end_turn(e, see_page(e, which, now_ms, seen, out, err), err);
    for (size_t i = 0; !st && i < out->letters; i++)
        tell_deed(e, seen[i].letter, which->drop, seen[i].as);
    return st;
}
