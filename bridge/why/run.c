#include "why/run.h"

#include "hold.h"
#include "outlook.h"
#include "tell.h"

#include <stdio.h>
#include <string.h>

#define ARROW " \xe2\x86\x92 "

enum cw_status why_missing(struct store *store, int64_t event, struct cw_error *err)
{
    if (event > 0 && event <= store_last_event(store))
        return cw_fail(err, CW_ENOENT,
                       "event %lld is not kept any more (journal.keep says how long events are)",
                       (long long)event);
    return cw_fail(err, CW_ENOENT, "there is no event %lld", (long long)event);
}

enum cw_status why_story_read(struct why_story *s, int64_t event, struct cw_error *err)
{
    struct store_event *list = NULL;
    size_t n = 0;
    enum cw_status st = store_events_back(s->store, event + 1, 1, s->arena, &list, &n, err);
    if (st)
        return st;
    if (n && list[0].seq == event) {
        s->event = list[0];
        return why_story_runs(s, err);
    }
    return why_missing(s->store, event, err);
}

enum cw_status why_story_runs(struct why_story *s, struct cw_error *err)
{
    int64_t event = s->event.seq;
    enum cw_status st = store_runs_of(s->store, event, s->arena, &s->runs, &s->n_runs, err);
    if (st || !s->n_runs)
        return st;
    return store_calls_of(s->store, event, s->arena, &s->calls, &s->n_calls, err);
}

const struct store_run *why_run_of(const struct why_story *s, const char *rule, const char *person)
{
    for (size_t i = 0; i < s->n_runs; i++)
        if (cw_text_is(s->runs[i].rule, rule) && (!person || cw_text_is(s->runs[i].person, person)))
            return &s->runs[i];
    return NULL;
}

/* ---- Times ---- */

struct teller {
    FILE *f;
    const struct why_story *story;
    const struct store_run *run;
    const struct cw_zone *zone; /* of its person */
};

/* "10:03:10", with the day where it is another one than that of the event. */
static void put_time(const struct teller *t, int64_t ms)
{
    char at[CW_CLOCK_TEXT];
    fputs(cw_clock_short(t->zone, ms, t->story->event.received_ms, at), t->f);
}

/* "wait 5 minutes", or the moment itself for one that was named. A wait counts from the decision, a
 * moment after the event came. */
static void put_due(const struct teller *t)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"day", 86400000}, {"hour", 3600000}, {"minute", 60000}, {"second", 1000}};
    int64_t ms = (t->run->due_ms - t->story->event.received_ms) / 1000 * 1000;
    if (ms <= 0 || t->run->state == STORE_RUN_REFUSED)
        return;
    for (size_t i = 0; i < 4 && !t->run->dated; i++) {
        if (ms % units[i].ms)
            continue;
        int64_t n = ms / units[i].ms;
        fprintf(t->f, ARROW "wait %lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
        return;
    }
    fputs(ARROW "due ", t->f);
    put_time(t, t->run->due_ms);
}

/* ---- What became of it ---- */

static void put_reason(const struct teller *t, struct cw_text reason)
{
    if (reason.len)
        fprintf(t->f, ": %.*s", (int)reason.len, reason.at);
}

/* "cancelled 10:03:10 by calendar.meeting_started (event 91)" where the reason, which begins with
 * the word of the state, names an event or a hand. */
static void put_ended_by(const struct teller *t)
{
    struct store_event *list = NULL;
    struct cw_error err;
    struct cw_text reason = t->run->reason;
    const char *word = store_run_word(t->run->state);
    size_t n = 0, skip = strlen(word);
    long long by = 0;
    fprintf(t->f, ARROW "%s ", word);
    put_time(t, t->run->changed_ms);
    if (reason.len <= skip || memcmp(reason.at, word, skip) != 0) {
        put_reason(t, reason);
        return;
    }
    bool named = sscanf(reason.at + skip, " by event %lld", &by) == 1 && by > 0;
    if (named &&
        store_events_back(t->story->store, by + 1, 1, t->story->arena, &list, &n, &err) == CW_OK &&
        n && list[0].seq == by)
        fprintf(t->f, " by %.*s.%.*s (event %lld)", (int)list[0].source.len, list[0].source.at,
                (int)list[0].type.len, list[0].type.at, by);
    else
        fprintf(t->f, "%.*s", (int)(reason.len - skip), reason.at + skip);
}

/* Who is held now: why a call that could begin does not. */
static void put_held(const struct teller *t, const struct store_call *c)
{
    struct hold hold;
    struct cw_error err;
    if (c->state == STORE_CALL_READY && !c->passes &&
        hold_find(t->story->store, t->run->person.at, c->run, t->story->now_ms, t->story->arena,
                  &hold, &err) == CW_OK)
        fprintf(t->f, ", held %s",
                hold_text(&hold, t->zone, t->story->event.received_ms, t->story->arena));
}

static void put_call(const struct teller *t, const struct store_call *c)
{
    fprintf(t->f, "%.*s ", (int)c->action.len, c->action.at);
    if (c->state == STORE_CALL_READY && !c->tries) {
        fputs("waits for its turn", t->f);
    } else if (c->state == STORE_CALL_READY) {
        fputs("tries again ", t->f);
        put_time(t, c->due_ms);
    } else {
        fprintf(t->f, "%s ", store_call_word(c->state));
        put_time(t, c->changed_ms);
    }
    if (c->state == STORE_CALL_SENT)
        fputs(", no answer yet", t->f);
    put_held(t, c);
    put_reason(t, c->reason);
}

/* One without a call was a dry run: its reason says what would have been. */
static void put_calls(const struct teller *t)
{
    const struct why_story *s = t->story;
    size_t n = 0;
    for (size_t i = 0; i < s->n_calls; i++) {
        if (s->calls[i].run != t->run->id)
            continue;
        fputs(n++ ? ", " : ARROW, t->f);
        put_call(t, &s->calls[i]);
    }
    if (!n && t->run->reason.len)
        fprintf(t->f, ARROW "%.*s", (int)t->run->reason.len, t->run->reason.at);
    else if (!n)
        fprintf(t->f, ARROW "%s", store_run_word(t->run->state));
}

/* With what will come of it, unless it is what one expects. */
static void put_waiting(const struct teller *t)
{
    struct outlook is =
        outlook_of(t->story->rules, t->story->store, t->run, t->story->now_ms, t->story->arena);
    fputs(ARROW "it waits until ", t->f);
    put_time(t, t->run->due_ms);
    if (!is.acts)
        fprintf(t->f, ", and will come to nothing: %.*s", (int)is.what.len, is.what.at);
}

static void put_end(const struct teller *t)
{
    switch (t->run->state) {
    case STORE_RUN_WAITING:
        put_waiting(t);
        break;
    case STORE_RUN_ACTING:
    case STORE_RUN_DONE:
    case STORE_RUN_FAILED:
        put_calls(t);
        break;
    case STORE_RUN_CANCELLED:
    case STORE_RUN_REPLACED:
    case STORE_RUN_REFUSED:
    case STORE_RUN_LOST:
    default: /* whatever comes: its word, when, and the reason kept with it */
        put_ended_by(t);
        break;
    }
}

char *why_run_text(const struct why_story *s, const struct store_run *run)
{
    const struct cw_person *person = cw_ruleset_find(s->rules, run->person);
    char *text = NULL;
    size_t len = 0;
    struct teller t = {tell_open(&text, &len), s, run, person ? person->zone : NULL};
    fputs("matched", t.f);
    put_due(&t);
    put_end(&t);
    tell_close(t.f);
    return text;
}

struct cw_place why_rule_place(const struct cw_ruleset *rules, struct cw_text rule)
{
    struct cw_place place = {0};
    size_t i = cw_ruleset_index(rules, rule);
    if (i < SIZE_MAX && !cw_ruleset_rule(rules, i, &place))
        place = (struct cw_place){0};
    return place;
}
