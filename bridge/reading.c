#include "reading.h"

#include "action/sight.h"

enum { FRESH_MS = 60 * 1000 };

/* What a webhook told a moment ago decides at the match, unless we are about to change it. What is
 * older, or known from our own answers alone, is looked at when it matters. */
static void read_facts(void *ctx, const struct cw_person *person, struct cw_facts *out)
{
    struct reading *r = ctx;
    struct cw_text name = cw_text_of(person->name);
    struct store_timer t;
    struct store_call head;
    struct cw_error none;
    if (store_timer_get(r->store, name, r->arena, &t, &none) || !t.told_ms ||
        out->now_ms - t.seen_ms > FRESH_MS ||
        store_lane_head(r->store, name, r->arena, &head, &none) != CW_ENOENT)
        return;
    switch (sight_shown(&t)) {
    case STORE_TIMER_UNKNOWN:
        return;
    case STORE_TIMER_RUNNING:
        out->timer = CW_TIMER_RUNNING;
        out->started_by = t.started_by;
        return;
    case STORE_TIMER_PAUSED:
        out->timer = CW_TIMER_PAUSED;
        out->started_by = t.started_by;
        out->paused_by = t.paused_by;
        return;
    case STORE_TIMER_STOPPED:
        out->timer = CW_TIMER_STOPPED;
    }
}

static enum cw_status read_mark(void *ctx, struct cw_mark *mark)
{
    struct reading *r = ctx;
    struct store_mark which = {.kind = cw_text_of(mark->kind),
                               .rule = cw_text_of(mark->rule),
                               .person = cw_text_of(mark->person->name),
                               .key = mark->key},
                      found;
    enum cw_status st = store_mark_get(r->store, &which, r->arena, &found, r->err);
    if (!st) {
        mark->value = found.value;
        mark->until_ms = found.until_ms;
    }
    return st;
}

static enum cw_status read_pending(void *ctx, const char *rule, const struct cw_person *person,
                                   struct cw_text key)
{
    struct reading *r = ctx;
    int64_t id = 0;
    return store_run_pending(r->store, cw_text_of(rule), cw_text_of(person->name), key, &id,
                             r->err);
}

struct cw_facts_reader reading_facts(struct reading *reading)
{
    return (struct cw_facts_reader){
        .get = read_facts, .ctx = reading, .mark = read_mark, .pending = read_pending};
}
