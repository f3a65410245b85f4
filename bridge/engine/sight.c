/* engine/sight: what awork's webhooks tell of timers.
 *
 * Each is judged beside what is known of the timer. Rules hear of a change that is none of ours;
 * of our own they hear as far as it ends a wait, so that no rule ever answers itself. While a call
 * of the person may be changing the timer nobody can tell whose a change is: then it waits, as a
 * mark of the kind "sight", and is judged in the turn in which that call has its answer. */
#include "engine/priv.h"
#include "hand.h"
#include "log.h"
#include "tell.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_WAIT = 1024,       /* of all people */
    USED_BYTES = 32 * 1024, /* of what rules read, while it waits */
    SEQ_SIZE = 24
};

#define SIGHT CW_TEXT("sight")

/* ---- What is known ---- */

static enum cw_status get_timer(struct engine *e, struct cw_text person, struct cw_arena *arena,
                                struct store_timer *timer, bool *known, struct cw_error *err)
{
    struct cw_error none;
    enum cw_status st = store_timer_get(e->deps.store, person, arena, timer, &none);
    *known = !st;
    return st && st != CW_ENOENT ? cw_fail(err, st, "%s", none.text) : CW_OK;
}

/* ---- Who hears of it ---- */

static bool is_state(struct cw_text type)
{
    static const char *const types[] = {"started", "paused", "resumed", "stopped"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (cw_text_is(type, types[i]))
            return true;
    return false;
}

/* What our own change may still do: end what waits for it. */
static void keep_cancels(struct cw_matches *m)
{
    size_t n = 0;
    while (n < m->n && m->items[n].kind == CW_CANDIDATE_CANCEL) /* they stand first */
        n++;
    m->n = n;
    m->n_strangers = 0;
}

static void hear(struct accepted_event *ev, const struct judged *j, bool ours, bool told)
{
    bool is_news = j->what == SIGHT_FIRST || j->what == SIGHT_HAND || j->what == SIGHT_AWORK ||
                   (j->what == SIGHT_KNOWN && !ours && !told);
    if (!is_state(ev->row.type) || is_news)
        return;
    if (ours)
        keep_cancels(&ev->matches);
    else
        ev->matches = (struct cw_matches){.used = ev->matches.used};
}

/* ---- Judging ---- */

struct seen {
    struct judged judged;
    struct store_timer known; /* before */
    bool has_known, ours;
};

static enum cw_status judge(struct engine *e, const struct accepted_event *ev,
                            struct cw_arena *arena, struct seen *out, struct cw_error *err)
{
    *out = (struct seen){0};
    enum cw_status st = get_timer(e, ev->whose, arena, &out->known, &out->has_known, err);
    if (st)
        return st;
    sight_judge(out->has_known ? &out->known : NULL, ev->sight, &out->judged);
    out->ours = out->judged.what == SIGHT_KNOWN && out->known.call;
    if (ev->by_hand && out->judged.what != SIGHT_HAND) {
        out->judged.what = SIGHT_HAND;
        out->judged.at_ms = ev->sight->seen_ms;
        out->ours = false;
    }
    return CW_OK;
}

static struct cw_text reason_of(const struct seen *s, struct cw_arena *arena)
{
    auto_free char *text = s->ours ? xprintf(SIGHT_OURS "%lld", (long long)s->known.call)
                                   : xstrdup(sight_word(s->judged.what));
    const char *copy = cw_arena_copy(arena, cw_text_of(text));
    return cw_text_of(copy ? copy : "");
}

static enum cw_status write(struct engine *e, const struct accepted_event *ev, const struct seen *s,
                            int64_t event, int64_t now_ms, struct cw_arena *arena,
                            struct cw_error *err)
{
    struct store_timer timer = s->judged.timer;
    size_t n = 0;
    auto_free char *by = xprintf("event %lld", (long long)event);
    auto_free char *person = xtext(ev->whose);
    struct hand hand = {.person = ev->whose,
                        .seen_by = by,
                        .at_ms = s->judged.at_ms,
                        .now_ms = now_ms,
                        .quiet_ms = dispatcher_people(e->deps.dispatcher)->target.quiet_ms};
    timer.person = ev->whose;
    timer.changed_ms = now_ms;
    enum cw_status st = s->judged.is_new ? store_timer_put(e->deps.store, &timer, err) : CW_OK;
    if (!st && s->judged.what == SIGHT_HAND)
        st = hand_wins(e->deps.store, &hand, arena, &n, err);
    if (!st && n)
        dispatcher_notice(e->deps.dispatcher, person);
    return st;
}

/* ---- What cannot be judged yet ---- */

static void *mark_of(struct cw_text person, int64_t event, char key[SEQ_SIZE],
                     struct store_mark *out)
{
    snprintf(key, SEQ_SIZE, "%020lld", (long long)event);
    *out = (struct store_mark){.kind = SIGHT, .person = person, .key = cw_text_of(key)};
    return out;
}

static enum cw_status may_wait(struct engine *e, struct cw_arena *arena, bool *out,
                               struct cw_error *err)
{
    struct store_mark *marks = NULL;
    size_t n = 0;
    enum cw_status st =
        store_marks_due(e->deps.store, SIGHT, INT64_MAX - 1, MOST_WAIT, arena, &marks, &n, err);
    *out = n < MOST_WAIT;
    return st;
}

static enum cw_status put_off(struct engine *e, const struct accepted_event *ev, int64_t event,
                              int64_t now_ms, struct cw_error *err)
{
    struct store_mark mark;
    char key[SEQ_SIZE];
    struct cw_text used = ev->matches.used;
    json_t *packed = sight_pack(ev->sight);
    auto_free char *head = json_dumps(packed, JSON_COMPACT);
    json_decref(packed);
    if (!head)
        abort();
    auto_free char *value =
        xprintf("%s\n%.*s", head, used.len <= USED_BYTES ? (int)used.len : 0, used.at);
    mark_of(ev->whose, event, key, &mark);
    mark.value = cw_text_of(value);
    mark.until_ms = now_ms;
    return store_mark_put(e->deps.store, &mark, err);
}

enum cw_status engine_sight_judge(struct engine *e, struct accepted_event *ev,
                                  struct cw_arena *arena, struct engine_sight *out,
                                  struct cw_error *err)
{
    struct seen s;
    enum cw_status st = CW_OK;
    *out = (struct engine_sight){0};
    if (!ev->sight)
        return CW_OK;
    if (!ev->by_hand && dispatcher_in_doubt(e->deps.dispatcher, ev->whose, arena)) {
        st = may_wait(e, arena, &out->waits, err);
        ev->row.reason = out->waits ? CW_TEXT(SIGHT_WAITS)
                                    : CW_TEXT("not judged: too many wait for answers of calls");
        ev->matches = (struct cw_matches){.used = ev->matches.used};
        return st;
    }
    st = judge(e, ev, arena, &s, err);
    if (st)
        return st;
    struct seen *kept = xtake(arena, sizeof *kept);
    *kept = s;
    out->seen = kept;
    hear(ev, &s.judged, s.ours, s.has_known && s.known.told_ms);
    ev->row.reason = reason_of(&s, arena);
    return CW_OK;
}

enum cw_status engine_sight_write(struct engine *e, const struct accepted_event *ev,
                                  const struct engine_sight *sight, const struct decision *d,
                                  struct cw_error *err)
{
    if (sight->waits)
        return put_off(e, ev, d->event, d->now_ms, err);
    return sight->seen ? write(e, ev, sight->seen, d->event, d->now_ms, d->arena, err) : CW_OK;
}

/* ---- When the call has its answer ---- */

static struct cw_value used_value(const struct cw_value *used, const char *name,
                                  struct cw_arena *arena)
{
    struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    struct cw_value value = {.kind = CW_MISSING};
    if (cw_value_get(used, (struct cw_path){&step, 1}, arena, &value))
        value.kind = CW_MISSING;
    return value;
}

/* Matches the event once more, from what rules read of it. */
static enum cw_status match_again(struct engine *e, struct accepted_event *ev, struct cw_text used,
                                  struct cw_json *json, struct cw_error *err)
{
    struct cw_event event = {.id = ev->row.id,
                             .source = ev->row.source,
                             .family = CW_TEXT("timer"),
                             .type = ev->row.type,
                             .received_ms = ev->row.received_ms};
    if (!used.len || cw_json_read(json, used, NULL))
        return CW_OK;
    event.used = cw_json_root(json);
    event.user = used_value(&event.used, "event.user", e->arena);
    enum cw_status st = cw_match(e->clock.matcher, e->rules, &event, event.received_ms, NULL,
                                 e->arena, &ev->matches);
    return st ? cw_fail(err, st, "matching takes more memory than a sight may") : CW_OK;
}

static enum cw_status decide(struct engine *e, const struct accepted_event *ev,
                             const struct decision *d, struct cw_error *err)
{
    struct cw_plan plan = {0};
    enum cw_status st =
        ev->matches.n ? engine_decide(e, e->rules, &ev->matches, d, &plan, err) : CW_OK;
    return st ? st : engine_write(e, d, &plan, err);
}

static enum cw_status judge_late(struct engine *e, struct accepted_event *ev, struct cw_text used,
                                 int64_t now_ms, struct cw_error *err)
{
    struct seen s;
    struct decision d = {ev->row.seq, now_ms, now_ms, e->arena};
    struct cw_json *json = cw_json_create();
    if (!json)
        abort();
    enum cw_status st = judge(e, ev, e->arena, &s, err);
    if (!st)
        st = write(e, ev, &s, ev->row.seq, now_ms, e->arena, err);
    if (!st)
        st = match_again(e, ev, used, json, err);
    hear(ev, &s.judged, s.ours, s.has_known && s.known.told_ms);
    if (!st)
        st = decide(e, ev, &d, err);
    cw_json_destroy(json);
    LOG(LOG_DEBUG, "a change of a timer is judged", F_I("event", ev->row.seq),
        F_T("person", ev->whose), F_S("as", sight_word(s.judged.what)));
    return st;
}

static enum cw_status take(struct engine *e, const struct store_mark *mark, int64_t now_ms,
                           struct cw_error *err)
{
    struct store_event *row = NULL;
    struct sight sight;
    size_t n = 0;
    int64_t event = strtoll(mark->key.at, NULL, 10);
    const char *end = memchr(mark->value.at, '\n', mark->value.len);
    size_t head = end ? (size_t)(end - mark->value.at) : mark->value.len;
    json_t *json = tell_read((struct cw_text){mark->value.at, head}, 0);
    bool good = json && sight_unpack(json, &sight);
    json_decref(json);
    enum cw_status st = store_events_back(e->deps.store, event + 1, 1, e->arena, &row, &n, err);
    if (!st && good && n && row->seq == event) {
        struct accepted_event ev = {.row = *row, .sight = &sight, .whose = mark->person};
        struct cw_text used = {mark->value.at + head + 1, end ? mark->value.len - head - 1 : 0};
        st = judge_late(e, &ev, used, now_ms, err);
    }
    return st ? st : store_mark_drop(e->deps.store, mark, err);
}

enum cw_status engine_sight_turn(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    struct store_mark *marks = NULL;
    int64_t next_ms = INT64_MAX;
    size_t n = 0;
    enum cw_status st = store_next_mark(e->deps.store, SIGHT, &next_ms, err);
    if (st || next_ms == INT64_MAX)
        return st;
    cw_arena_reset(e->arena);
    st = store_marks_due(e->deps.store, SIGHT, INT64_MAX - 1, MOST_WAIT, e->arena, &marks, &n, err);
    for (size_t i = 0; !st && i < n; i++)
        if (!dispatcher_in_doubt(e->deps.dispatcher, marks[i].person, e->arena))
            st = take(e, &marks[i], now_ms, err);
    return st;
}
