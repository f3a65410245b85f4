/* engine/clock: the ticks of schedules.
 *
 * A tick is an event of its own, of the source `clock`, in one transaction with its plan and with
 * the time up to which ticks were handled. So none is lost and none comes twice, whatever ends the
 * process and whoever sets the clock back; after a gap each rule and person has its latest one.
 * A schedule begins when the daemon first sees it (a mark tells): what it would have done before is
 * none of its business. */
#include "clock.h"
#include "engine/priv.h"
#include "log.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOMENTS_AT_ONCE = 16, MARKS_AT_ONCE = 256 };

#define EVERY CW_TEXT("every")

static const char handled_name[] = "ticks_handled";
/* A clock that ran more than a day ahead was wrong: schedules must not be silent until then. */
static const int64_t far_ms = INT64_C(26) * 3600000;

static bool has_schedule(const struct cw_ruleset *rules)
{
    enum cw_trigger_kind kind;
    struct cw_text shown;
    for (size_t rule = 0; rule < cw_ruleset_rules(rules); rule++)
        for (size_t i = 0; cw_ruleset_trigger(rules, rule, i, &kind, &shown); i++)
            if (kind == CW_TRIGGER_EVERY)
                return true;
    return false;
}

void engine_clock_init(struct engine *e)
{
    e->clock.matcher = cw_matcher_create();
    if (!e->clock.matcher)
        abort();
    engine_clock_reload(e);
}

void engine_clock_fini(struct engine *e)
{
    cw_matcher_destroy(e->clock.matcher);
}

void engine_clock_reload(struct engine *e)
{
    e->clock.ticks = has_schedule(e->rules);
    e->clock.settled = e->clock.known = e->clock.absent_known = false;
}

/* ---- The time up to which ticks were handled ---- */

static enum cw_status set_handled(struct engine *e, int64_t ms, struct cw_error *err)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)ms);
    e->clock.handled_ms = ms;
    return store_setting_put(e->deps.store, handled_name, cw_text_of(text), err);
}

/* The first start begins now. */
static enum cw_status read_handled(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    struct cw_text text;
    cw_arena_reset(e->arena);
    enum cw_status st = store_setting_get(e->deps.store, handled_name, e->arena, &text, err);
    if (st)
        return st == CW_ENOENT ? set_handled(e, now_ms, err) : st;
    e->clock.handled_ms = strtoll(text.at, NULL, 10);
    if (e->clock.handled_ms <= now_ms + far_ms)
        return CW_OK;
    LOG(LOG_WARN, "the clock was far ahead once: schedules begin now", F_T("then", text));
    return set_handled(e, now_ms, err);
}

/* Memory that is short must not stop the turns. */
static void find_next(struct engine *e, int64_t now_ms)
{
    struct engine_clock *c = &e->clock;
    cw_arena_reset(e->arena);
    c->known = true;
    if (cw_next_tick(c->matcher, e->rules, c->handled_ms, now_ms, e->arena, &c->next_ms) == CW_OK)
        return;
    c->next_ms = INT64_MAX;
    LOG(LOG_ERROR, "schedules stop: looking for the next tick takes too much memory", F_END);
}

/* ---- Which schedules were there before ---- */

static enum cw_status knows(struct engine *e, const char *rule, struct cw_text shown, bool *out,
                            struct cw_error *err)
{
    const struct store_mark which = {.kind = EVERY, .rule = cw_text_of(rule), .key = shown};
    struct store_mark found;
    enum cw_status st = store_mark_get(e->deps.store, &which, e->arena, &found, err);
    *out = st == CW_OK;
    return st == CW_ENOENT ? CW_OK : st;
}

static enum cw_status remember_rule(struct engine *e, size_t rule, struct cw_error *err)
{
    const char *id = cw_ruleset_rule(e->rules, rule, NULL);
    enum cw_trigger_kind kind;
    struct cw_text shown;
    enum cw_status st = CW_OK;
    for (size_t i = 0; !st && cw_ruleset_trigger(e->rules, rule, i, &kind, &shown); i++) {
        const struct store_mark mark = {.kind = EVERY, .rule = cw_text_of(id), .key = shown};
        bool known = true;
        if (kind == CW_TRIGGER_EVERY)
            st = knows(e, id, shown, &known, err);
        if (!st && !known)
            st = store_mark_put(e->deps.store, &mark, err);
    }
    return st;
}

/* Forgets the schedules that are gone. */
static enum cw_status forget_others(struct engine *e, struct cw_error *err)
{
    struct store_mark *marks = NULL, after = {.kind = EVERY};
    enum cw_status st = CW_OK;
    for (size_t n = MARKS_AT_ONCE; !st && n == MARKS_AT_ONCE;) {
        st = store_marks(e->deps.store, &after, MARKS_AT_ONCE, e->arena, &marks, &n, err);
        for (size_t i = 0; !st && i < n; i++) {
            after = marks[i];
            if (!cw_text_is(after.kind, "every"))
                return CW_OK;
            if (!cw_ruleset_has_trigger(e->rules, after.rule, after.key))
                st = store_mark_drop(e->deps.store, &after, err);
        }
    }
    return st;
}

static enum cw_status settle(struct engine *e, struct cw_error *err)
{
    cw_arena_reset(e->arena);
    enum cw_status st = forget_others(e, err);
    for (size_t rule = 0; !st && rule < cw_ruleset_rules(e->rules); rule++)
        st = remember_rule(e, rule, err);
    e->clock.settled = !st;
    return st;
}

/* ---- A tick ---- */

/* Keeps candidates of schedules that were there before. */
static enum cw_status drop_new(struct engine *e, struct cw_matches *matches, struct cw_error *err)
{
    struct cw_candidate *items = xtake(e->arena, (matches->n + 1) * sizeof *items);
    enum cw_status st = CW_OK;
    size_t n = 0;
    for (size_t i = 0; !st && i < matches->n; i++) {
        const struct cw_candidate *c = &matches->items[i];
        enum cw_trigger_kind kind;
        struct cw_text shown;
        bool known = false;
        if (cw_ruleset_trigger(e->rules, c->rule, c->trigger, &kind, &shown))
            st = knows(e, cw_ruleset_rule(e->rules, c->rule, NULL), shown, &known, err);
        if (known)
            items[n++] = *c;
    }
    matches->items = items;
    matches->n = n;
    return st;
}

static void match_tick(struct engine *e, struct accepted_event *ev, int64_t now_ms)
{
    const struct cw_event event = {.id = ev->row.id,
                                   .source = ev->row.source,
                                   .type = ev->row.type,
                                   .received_ms = ev->row.received_ms};
    enum cw_status st =
        cw_match_tick(e->clock.matcher, e->rules, &event, now_ms, NULL, e->arena, &ev->matches);
    if (st) {
        ev->matches = (struct cw_matches){0};
        ev->row.verdict = STORE_REFUSED;
        ev->row.reason = CW_TEXT("matching takes more memory than a tick may");
    }
}

static enum cw_status take_tick(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    struct decision d = {0, e->clock.next_ms, now_ms, e->arena};
    size_t room = ENGINE_ROOM;
    char id[CLOCK_TEXT], now[CLOCK_TEXT];
    auto_free char *used = xprintf("{\"clock.now\":\"%s\"}", clock_format(now_ms, now));
    struct accepted_event ev = {.row = {.received_ms = d.at_ms,
                                        .source = CW_TEXT("clock"),
                                        .type = CW_TEXT("tick"),
                                        .id = cw_text_of(clock_format(d.at_ms, id)),
                                        .used = cw_text_of(used)}};
    bool is_new = false;
    cw_arena_reset(e->arena);
    enum cw_status st = CW_OK;
    match_tick(e, &ev, now_ms);
    if (ev.matches.n && !e->clock.settled) {
        st = drop_new(e, &ev.matches, err);
        is_new = ev.matches.n == 0;
    }
    if (!st && !is_new)
        st = engine_take_event(e, e->rules, &ev, &d, &room, err);
    if (!st)
        st = set_handled(e, d.at_ms, err);
    if (!st)
        find_next(e, now_ms);
    return st;
}

/* ---- The turn ---- */

/* A journal that has heard of no schedule, under rules that have none. */
static bool sleeps(struct engine *e)
{
    struct cw_error err;
    int64_t any_ms = INT64_MAX;
    if (!e->clock.settled && !e->clock.ticks &&
        store_next_mark(e->deps.store, EVERY, &any_ms, &err) == CW_OK && any_ms == INT64_MAX)
        e->clock.settled = true;
    return e->clock.settled && !e->clock.ticks;
}

enum cw_status engine_clock_turn(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    struct engine_clock *c = &e->clock;
    enum cw_status st = engine_absent_turn(e, now_ms, err);
    if (st || sleeps(e))
        return st;
    if (!c->known)
        st = read_handled(e, now_ms, err);
    if (!st && !c->known)
        find_next(e, now_ms);
    for (size_t i = 0; !st && c->next_ms <= now_ms && i < MOMENTS_AT_ONCE; i++)
        st = take_tick(e, now_ms, err);
    if (!st && c->next_ms > now_ms && !c->settled)
        st = settle(e, err);
    return st;
}

int64_t engine_clock_next_ms(struct engine *e)
{
    int64_t next_ms = engine_absent_next_ms(e);
    if (sleeps(e))
        return next_ms;
    if (!e->clock.known || !e->clock.settled)
        return INT64_MIN;
    return e->clock.next_ms < next_ms ? e->clock.next_ms : next_ms;
}
