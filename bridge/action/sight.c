#include "action/sight.h"

#include <string.h>

enum {
    DAY_MS = 24 * 3600 * 1000,
    JUST_MS = 60 * 1000,      /* a webhook about an end that is older tells of something else */
    RECENT_MS = 5 * 60 * 1000 /* likewise a first webhook of all; clocks may differ */
};

#define GONE INT64_MAX /* the version of an entry that was deleted: whatever comes is older */

/* ---- Reading ---- */

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text && *text ? text : NULL;
}

static void keep(char *to, size_t size, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    len = len < size ? len : size - 1;
    if (len)
        memcpy(to, text, len);
    to[len] = '\0';
}

/* awork counts versions in ticks of 100 ns since the year 1. */
static int64_t ms_of_version(int64_t version)
{
    const int64_t epoch = 621355968000000000;
    return version > epoch ? (version - epoch) / 10000 : 0;
}

static int64_t version_of(const json_t *json, struct cw_arena *arena)
{
    int64_t version = json_integer_value(json_object_get(json, "resourceVersion"));
    int64_t updated_ms = entry_moment(text_of(json, "updatedOn"), arena);
    if (version > 0)
        return version;
    return updated_ms > 0 ? updated_ms * 10000 + 621355968000000000 : 0;
}

void sight_of(const struct entry *entry, struct cw_arena *arena, struct sight *out)
{
    const json_t *json = entry->json;
    *out = (struct sight){.state = entry->state};
    if (entry->state == ENTRY_NONE)
        return;
    const char *task = text_of(json, "taskId"), *project = text_of(json, "projectId");
    int64_t begun_ms = entry_begun(entry, arena);
    int64_t made_ms = entry_moment(text_of(json, "createdOn"), arena);
    bool is_over = entry->state == ENTRY_STOPPED;
    keep(out->entry, sizeof out->entry, entry->id);
    keep(out->start, sizeof out->start, entry->start);
    keep(out->work, sizeof out->work, task ? task : project);
    out->since_ms = entry_since(entry, arena);
    out->version = version_of(json, arena);
    out->changed_ms = ms_of_version(out->version);
    out->is_gone = text_of(json, "deletedOn") != NULL;
    out->is_typed = is_over && (!begun_ms || (out->since_ms && made_ms > out->since_ms));
    out->was_broken = json_array_size(json_object_get(json, "breaks")) > 0;
    out->ended_itself = is_over && begun_ms && out->since_ms - begun_ms >= DAY_MS;
}

bool sight_read(const json_t *json, struct cw_arena *arena, struct sight *out)
{
    struct entry entry;
    if (!entry_read(json, &entry))
        return false;
    sight_of(&entry, arena, out);
    return true;
}

json_t *sight_pack(const struct sight *s)
{
    return json_pack("{s:i, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I}", "state",
                     (int)s->state, "entry", s->entry, "start", s->start, "work", s->work, "told",
                     s->is_told, "gone", s->is_gone, "typed", s->is_typed, "broken", s->was_broken,
                     "itself", s->ended_itself, "since", (json_int_t)s->since_ms, "version",
                     (json_int_t)s->version, "changed", (json_int_t)s->changed_ms, "seen",
                     (json_int_t)s->seen_ms);
}

bool sight_unpack(const json_t *json, struct sight *out)
{
    int state = 0, told = 0, gone = 0, typed = 0, broken = 0, itself = 0;
    json_int_t since = 0, version = 0, changed = 0, seen = 0;
    const char *entry = "", *start = "", *work = "";
    *out = (struct sight){0};
    if (json_unpack((json_t *)json,
                    "{s:i, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I}", "state",
                    &state, "entry", &entry, "start", &start, "work", &work, "told", &told, "gone",
                    &gone, "typed", &typed, "broken", &broken, "itself", &itself, "since", &since,
                    "version", &version, "changed", &changed, "seen", &seen) != 0 ||
        state < ENTRY_NONE || state > ENTRY_RUNNING)
        return false;
    *out = (struct sight){.state = (enum entry_state)state,
                          .is_told = told,
                          .is_gone = gone,
                          .is_typed = typed,
                          .was_broken = broken,
                          .ended_itself = itself,
                          .since_ms = since,
                          .version = version,
                          .changed_ms = changed,
                          .asked_ms = seen,
                          .seen_ms = seen};
    keep(out->entry, sizeof out->entry, entry);
    keep(out->start, sizeof out->start, start);
    keep(out->work, sizeof out->work, work);
    return true;
}

/* ---- States ---- */

enum store_timer_state sight_state(enum entry_state state)
{
    static const enum store_timer_state of[] = {[ENTRY_NONE] = STORE_TIMER_STOPPED,
                                                [ENTRY_STOPPED] = STORE_TIMER_STOPPED,
                                                [ENTRY_PAUSED] = STORE_TIMER_PAUSED,
                                                [ENTRY_RUNNING] = STORE_TIMER_RUNNING};
    return of[state];
}

enum store_timer_state sight_shown(const struct store_timer *timer)
{
    return timer->state == STORE_TIMER_STOPPED && timer->memo.len ? STORE_TIMER_PAUSED
                                                                  : timer->state;
}

static bool is_active(enum store_timer_state state)
{
    return state == STORE_TIMER_RUNNING || state == STORE_TIMER_PAUSED;
}

/* ---- What is known from now on ---- */

/* Whose pause it is stays known while it lasts. */
static bool still_paused(const struct store_timer *known, const struct sight *seen)
{
    bool same = known->state == sight_state(seen->state) || known->state == STORE_TIMER_UNKNOWN;
    if (seen->state == ENTRY_STOPPED)
        return same && known->memo.len;
    return same && seen->state == ENTRY_PAUSED &&
           (!known->since_ms || known->since_ms == seen->since_ms);
}

static void take(const struct store_timer *known, const struct sight *seen, struct judged *out)
{
    struct store_timer *t = &out->timer;
    bool same = known && cw_text_is(known->entry, seen->entry);
    out->is_new = true;
    *t = (struct store_timer){.entry = cw_text_of(seen->entry),
                              .state = sight_state(seen->state),
                              .since_ms = seen->since_ms,
                              .seen_ms = seen->seen_ms,
                              .told_ms = seen->is_told ? seen->seen_ms : 0,
                              .version = seen->version,
                              .start = cw_text_of(seen->start),
                              .work = cw_text_of(seen->work)};
    if (!same)
        return;
    t->started_by = known->started_by;
    if (still_paused(known, seen)) {
        t->paused_by = known->paused_by;
        t->memo = known->memo;
    }
}

/* Nothing has changed: it was seen once more. */
static void see_again(const struct store_timer *known, const struct sight *seen, struct judged *out)
{
    out->timer = *known;
    out->is_new = true;
    out->timer.seen_ms = seen->seen_ms;
    if (seen->is_told)
        out->timer.told_ms = seen->seen_ms;
}

static void take_gone(const struct store_timer *known, const struct sight *seen, struct judged *out)
{
    out->is_new = true;
    out->timer = (struct store_timer){.entry = known->entry,
                                      .state = STORE_TIMER_STOPPED,
                                      .since_ms = seen->seen_ms,
                                      .seen_ms = seen->seen_ms,
                                      .told_ms = seen->is_told ? seen->seen_ms : 0,
                                      .version = GONE,
                                      .start = known->start};
}

/* ---- Judging ---- */

/* A look shows the last entry. A webhook may be about any: only what runs, or has just ended, is
 * surely the last one. While nothing at all is known, rules hear of an old one, too; it is not
 * kept. */
static enum judgement judge_first(const struct store_timer *known, const struct sight *seen,
                                  struct judged *out)
{
    /* Without a version it was when its state began. */
    int64_t at_ms = seen->changed_ms ? seen->changed_ms : seen->since_ms;
    bool is_recent = at_ms && seen->seen_ms - at_ms <= RECENT_MS;
    bool is_over = seen->state == ENTRY_STOPPED;
    bool has_ended = !seen->is_typed && !seen->is_gone && at_ms - seen->since_ms <= JUST_MS;
    if (seen->is_told && ((is_over && !has_ended) || (known && (seen->is_gone || !is_recent))))
        return SIGHT_ASIDE;
    if (!seen->is_told || (is_recent && !seen->is_gone))
        take(known, seen, out);
    return SIGHT_FIRST;
}

static enum judgement judge_gone(const struct store_timer *known, const struct sight *seen,
                                 struct judged *out)
{
    if (known->version == GONE)
        return SIGHT_KNOWN;
    take_gone(known, seen, out);
    return is_active(sight_shown(known)) ? SIGHT_HAND : SIGHT_SAME;
}

static bool is_changed(const struct store_timer *known, const struct sight *seen)
{
    enum store_timer_state state = sight_state(seen->state);
    if (known->state != state || !is_active(state))
        return known->state != state;
    bool was_resumed = seen->was_broken && known->since_ms && known->since_ms != seen->since_ms;
    return was_resumed || !cw_text_is(known->work, seen->work);
}

static enum judgement judge_same(const struct store_timer *known, const struct sight *seen,
                                 struct judged *out)
{
    bool has_versions = known->version && seen->version;
    if (known->version == GONE && !seen->is_told)
        return judge_first(known, seen, out); /* it is there after all */
    if (has_versions && seen->version < known->version)
        return SIGHT_LATE;
    bool changed = is_changed(known, seen);
    if (has_versions ? seen->version == known->version : !changed) {
        see_again(known, seen, out);
        return SIGHT_KNOWN;
    }
    take(known, seen, out);
    if (!changed)
        return SIGHT_SAME;
    return is_active(known->state) && seen->ended_itself ? SIGHT_AWORK : SIGHT_HAND;
}

static bool is_newer(const struct store_timer *known, const struct sight *seen)
{
    bool runs = seen->state != ENTRY_STOPPED; /* one runs at a time */
    int order = known->start.len ? strncmp(seen->start, known->start.at, known->start.len) : 1;
    return order > 0 || (order == 0 && seen->start[known->start.len]) ||
           (runs && known->version && seen->version > known->version);
}

/* The last entry is an older one now: the one that is known was deleted. */
static enum judgement judge_older(const struct store_timer *known, const struct sight *seen,
                                  struct judged *out)
{
    if (known->seen_ms > seen->asked_ms)
        return SIGHT_LATE; /* a webhook came while the look was on its way */
    if (is_active(sight_state(seen->state))) {
        take(known, seen, out);
        return SIGHT_HAND;
    }
    return judge_gone(known, seen, out);
}

static enum judgement judge_other(const struct store_timer *known, const struct sight *seen,
                                  struct judged *out)
{
    bool newer = is_newer(known, seen);
    if (!newer && !seen->is_told)
        return judge_older(known, seen, out);
    if (!newer || (seen->is_typed && is_active(known->state)))
        return SIGHT_ASIDE;
    take(known, seen, out);
    return seen->is_typed ? SIGHT_SAME : SIGHT_HAND;
}

static enum judgement judge(const struct store_timer *known, const struct sight *seen,
                            struct judged *out)
{
    bool same = known && cw_text_is(known->entry, seen->entry);
    if (!known || known->state == STORE_TIMER_UNKNOWN)
        return judge_first(known, seen, out);
    if (seen->state == ENTRY_NONE)
        return known->entry.len ? judge_older(known, seen, out) : SIGHT_KNOWN;
    if (seen->is_gone)
        return same ? judge_gone(known, seen, out) : SIGHT_ASIDE;
    return same ? judge_same(known, seen, out) : judge_other(known, seen, out);
}

/* By awork's clock, as far as it tells. */
static int64_t when(const struct store_timer *known, const struct sight *seen)
{
    bool same_state =
        known && known->state == sight_state(seen->state) && cw_text_is(known->entry, seen->entry);
    int64_t at_ms = seen->is_gone || same_state ? seen->changed_ms : seen->since_ms;
    if (known && seen->state != ENTRY_NONE && !seen->is_told && !is_newer(known, seen) &&
        !cw_text_is(known->entry, seen->entry))
        at_ms = 0; /* nobody knows when it was deleted */
    return at_ms && at_ms < seen->seen_ms ? at_ms : seen->seen_ms;
}

void sight_judge(const struct store_timer *known, const struct sight *seen, struct judged *out)
{
    *out = (struct judged){0};
    out->what = judge(known, seen, out);
    if (out->what == SIGHT_HAND)
        out->at_ms = when(known, seen);
}

bool sight_is_crossed(const char *op, const char *before, const struct sight *left)
{
    enum entry_state wanted = strcmp(op, "stop") == 0    ? ENTRY_STOPPED
                              : strcmp(op, "pause") == 0 ? ENTRY_PAUSED
                                                         : ENTRY_RUNNING;
    bool is_other = strcmp(op, "start") != 0 && strcmp(left->entry, before) != 0;
    return is_other || left->state != wanted;
}

const char *sight_word(enum judgement what)
{
    static const char *const words[] = {
        [SIGHT_FIRST] = "the first that is known of this timer",
        [SIGHT_KNOWN] = "known already",
        [SIGHT_SAME] = "no change of the timer",
        [SIGHT_LATE] = "older than what is known",
        [SIGHT_ASIDE] = "not of the last time entry",
        [SIGHT_AWORK] = "awork itself ended it after a day",
        [SIGHT_HAND] = "changed by hand",
    };
    return words[what];
}

static bool begins(struct cw_text text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.at, with, len) == 0;
}

bool sight_is_mute(struct cw_text note)
{
    for (enum judgement what = SIGHT_KNOWN; what <= SIGHT_ASIDE; what++)
        if (cw_text_is(note, sight_word(what)))
            return true;
    return begins(note, SIGHT_OURS) || begins(note, SIGHT_WAITS);
}
