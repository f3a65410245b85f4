#include "why_run.h"

#include "clock.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARROW " \xe2\x86\x92 "

enum cw_status why_story_read(struct why_story *s, int64_t event, struct cw_error *err)
{
    struct store_event *list = NULL;
    size_t n = 0;
    enum cw_status st = store_events(s->store, event - 1, 1, s->arena, &list, &n, err);
    if (st)
        return st;
    if (!n || list[0].seq != event)
        return cw_fail(err, CW_ENOENT, "there is no event %lld", (long long)event);
    s->event = list[0];
    st = store_runs_of(s->store, event, s->arena, &s->runs, &s->n_runs, err);
    return st ? st : store_calls_of(s->store, event, s->arena, &s->calls, &s->n_calls, err);
}

const struct store_run *why_run_of(const struct why_story *s, const char *rule, const char *person)
{
    for (size_t i = 0; i < s->n_runs; i++)
        if (cw_text_is(s->runs[i].rule, rule) && (!person || cw_text_is(s->runs[i].person, person)))
            return &s->runs[i];
    return NULL;
}

/* ---- Times ---- */

/* "10:03:10", with the day where it is another one than that of the event. */
static void put_time(FILE *f, const struct why_story *s, int64_t ms)
{
    char came[CLOCK_TEXT], at[CLOCK_TEXT];
    clock_format(s->event.received_ms, came);
    clock_format(ms, at);
    if (strncmp(came, at, 10) == 0)
        fprintf(f, "%.8s", at + 11);
    else
        fprintf(f, "%.10s %.8s", at, at + 11);
}

/* "wait 5 minutes", or the moment itself for one that was named: it is a whole second, and an event
 * comes at any millisecond. A wait counts from the decision, a moment after the event came. */
static void put_due(FILE *f, const struct why_story *s, const struct store_run *run)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"day", 86400000}, {"hour", 3600000}, {"minute", 60000}, {"second", 1000}};
    int64_t ms = (run->due_ms - s->event.received_ms) / 1000 * 1000;
    bool is_named = run->due_ms % 1000 == 0 && s->event.received_ms % 1000 != 0;
    if (ms <= 0 || run->state == STORE_RUN_REFUSED)
        return;
    for (size_t i = 0; i < 4 && !is_named; i++) {
        if (ms % units[i].ms)
            continue;
        int64_t n = ms / units[i].ms;
        fprintf(f, ARROW "wait %lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
        return;
    }
    fputs(ARROW "due ", f);
    put_time(f, s, run->due_ms);
}

/* ---- What became of it ---- */

static void put_reason(FILE *f, struct cw_text reason)
{
    if (reason.len)
        fprintf(f, ": %.*s", (int)reason.len, reason.at);
}

/* "by calendar.meeting_started (event 91)" where the reason names an event. */
static void put_cancelled(FILE *f, const struct why_story *s, const struct store_run *run)
{
    struct store_event *list = NULL;
    struct cw_error err;
    size_t n = 0;
    auto_free char *reason = xtext(run->reason);
    long long by = 0;
    fputs(ARROW "cancelled ", f);
    put_time(f, s, run->changed_ms);
    bool named = sscanf(reason, "cancelled by event %lld", &by) == 1 && by > 0;
    if (named && store_events(s->store, by - 1, 1, s->arena, &list, &n, &err) == CW_OK && n &&
        list[0].seq == by)
        fprintf(f, " by %.*s.%.*s (event %lld)", (int)list[0].source.len, list[0].source.at,
                (int)list[0].type.len, list[0].type.at, by);
    else
        put_reason(f, run->reason);
}

static void put_calls(FILE *f, const struct why_story *s, const struct store_run *run)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_calls; i++) {
        const struct store_call *c = &s->calls[i];
        if (c->run != run->id)
            continue;
        fprintf(f, "%s%.*s %s", n++ ? ", " : ARROW, (int)c->action.len, c->action.at,
                store_call_word(c->state));
        if (c->state != STORE_CALL_READY) {
            fputc(' ', f);
            put_time(f, s, c->changed_ms);
        }
        put_reason(f, c->reason);
    }
    if (!n)
        fprintf(f, ARROW "%s", store_run_word(run->state));
}

static void put_end(FILE *f, const struct why_story *s, const struct store_run *run)
{
    switch (run->state) {
    case STORE_RUN_WAITING:
        fputs(ARROW "it waits until ", f);
        put_time(f, s, run->due_ms);
        break;
    case STORE_RUN_CANCELLED:
        put_cancelled(f, s, run);
        break;
    case STORE_RUN_ACTING:
    case STORE_RUN_DONE:
    case STORE_RUN_FAILED:
        put_calls(f, s, run);
        break;
    case STORE_RUN_REPLACED:
    case STORE_RUN_REFUSED:
    case STORE_RUN_LOST:
    default: /* whatever comes: its word, when, and the reason kept with it */
        fprintf(f, ARROW "%s ", store_run_word(run->state));
        put_time(f, s, run->changed_ms);
        if (run->state == STORE_RUN_REPLACED && !run->reason.len)
            fputs(" by a newer match", f);
        put_reason(f, run->reason);
        break;
    }
}

char *why_run_text(const struct why_story *s, const struct store_run *run)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        abort();
    fputs("matched", f);
    put_due(f, s, run);
    put_end(f, s, run);
    if (fclose(f) != 0)
        abort();
    return text;
}

struct cw_place why_rule_place(const struct cw_ruleset *rules, struct cw_text rule)
{
    struct cw_place place;
    const char *id;
    for (size_t i = 0; (id = cw_ruleset_rule(rules, i, &place)); i++)
        if (cw_text_is(rule, id))
            return place;
    return (struct cw_place){0};
}
