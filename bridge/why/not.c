/* why/not: what became of the events that concerned a rule and a person. */
#include "why/priv.h"

#include "pages.h"
#include "when.h"
#include "whose.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 256 << 20, AFTER_MS = 60000 };

struct search {
    struct asker a;
    const struct why_not_ask *ask;
    int64_t until_ms, oldest_ms;
    int64_t before;
    bool at_end;
    size_t looked, others, told;
    char *last, *run, *cancel; /* of why_last: lines */
};

/* Up to a minute after a moment that is named. */
static enum cw_status read_time(struct search *s, struct cw_error *err)
{
    s->until_ms = s->ask->now_ms;
    if (!s->ask->at)
        return CW_OK;
    enum cw_status st = when_parse(s->ask->at, s->a.user, s->ask->now_ms, &s->until_ms, err);
    if (!st && s->until_ms < INT64_MAX - AFTER_MS) /* a moment may be as far as can be written */
        s->until_ms += AFTER_MS;
    return st;
}

/* ---- One event ---- */

static const char *name_of(const struct asker *a)
{
    return a->user ? a->user->name : NULL;
}

/* The newest line, and the newest that is of a run; a cancel only when there is nothing else. */
static void keep_last(struct search *s, const char *name, const json_t *line, bool is_run,
                      bool is_cancel)
{
    const struct asker *a = &s->a;
    char at[CW_CLOCK_TEXT];
    char **to = is_cancel ? &s->cancel : is_run && s->last ? &s->run : &s->last;
    if (!*to)
        *to = xprintf("%s on %s at %s: %s", a->rule, name,
                      cw_clock_short(a->user ? a->user->zone : NULL, a->story.event.received_ms,
                                     a->now_ms, at),
                      json_string_value(json_object_get(line, "text")));
    s->told += is_run;
}

static void put_event(struct search *s, const struct why_look *look, const struct store_run *run)
{
    struct asker *a = &s->a;
    json_t *line = json_object();
    auto_free char *name = why_name(a);
    json_object_set_new(line, "event", json_integer(a->story.event.seq));
    json_object_set_new(line, "name", tell_text(cw_text_of(name)));
    tell_moment(line, "received", a->story.event.received_ms, a->user);
    if (run)
        why_put_run(a, line, run);
    else
        why_put_look(a, line, look, name_of(a));
    if (a->out) {
        s->told++;
        tell_line(a->out, line);
        return;
    }
    keep_last(s, name, line, run != NULL, !run && look->kind == CW_LOOK_CANCEL);
    json_decref(line);
}

/* A look at the event alone says nothing of the person, whom the event may not be about. */
static bool concerns(struct search *s, const struct why_look *look)
{
    if (!look || look->kind == CW_LOOK_OTHER)
        return false;
    bool of_others = s->a.user && !look->person &&
                     whose_is(s->a.config->rules, &s->a.story.event, s->a.user) == WHOSE_OTHERS;
    s->others += of_others;
    return !of_others;
}

/* Runs are asked for only where there may be one: a rule that had no say begins none, unless it was
 * another rule then. */
static bool may_have_run(const struct search *s, const struct why_look *look)
{
    return !look || look->kind != CW_LOOK_OTHER ||
           ages_since(s->a.ages, s->a.rule) > s->a.story.event.received_ms;
}

static enum cw_status look_for_rule(struct search *s, struct cw_error *err)
{
    struct asker *a = &s->a;
    const struct why_look *look = NULL, *cancel = NULL;
    const struct store_run *run = NULL;
    enum cw_status st = CW_OK;
    if (why_can_match(&a->story.event)) {
        st = why_match(a->config, &a->story.event, a->rule, a->story.arena, &a->looks, err);
        look = why_best(a->looks.looks.items, a->looks.looks.n, name_of(a));
        cancel = why_best(a->looks.cancels.items, a->looks.cancels.n, name_of(a));
        s->others += !look && !cancel && a->looks.looks.n;
    }
    if (!st && may_have_run(s, look)) {
        st = why_story_runs(&a->story, err);
        run = st ? NULL : why_run_of(&a->story, a->rule, name_of(a));
    }
    if (!st && (run || cancel || concerns(s, look)))
        put_event(s, cancel && (!look || look->kind < CW_LOOK_RUN) ? cancel : look, run);
    return st;
}

/* Whatever rules had a say in an event that names the person, or in what began runs for them. */
static enum cw_status look_for_all(struct search *s, struct cw_error *err)
{
    struct asker *a = &s->a;
    bool is_theirs = whose_is(a->config->rules, &a->story.event, a->user) == WHOSE_THEIRS;
    enum cw_status st = why_story_runs(&a->story, err);
    for (size_t i = 0; !st && !is_theirs && i < a->story.n_runs; i++)
        is_theirs = cw_text_is(a->story.runs[i].person, a->user->name);
    if (st || !is_theirs)
        return st;
    if (why_can_match(&a->story.event))
        st = why_match(a->config, &a->story.event, NULL, a->story.arena, &a->looks, err);
    if (!st) {
        why_put_event(a, a->user->name);
        s->told++;
    }
    return st;
}

static enum cw_status look_at(struct search *s, const struct store_event *event,
                              struct cw_error *err)
{
    struct asker *a = &s->a;
    cw_arena_reset(a->story.arena);
    a->story.event = *event;
    a->story.n_runs = a->story.n_calls = 0;
    a->looks.looks.n = a->looks.cancels.n = 0;
    return a->rule ? look_for_rule(s, err) : look_for_all(s, err);
}

static enum cw_status walk(struct search *s, struct cw_error *err)
{
    struct cw_arena *page = xarena(PAGE_BYTES);
    struct store_event *list = NULL;
    enum cw_status st = CW_OK;
    s->before = s->ask->before;
    if (!s->before) {
        st = pages_until(s->a.story.store, s->until_ms, &s->before, err);
        s->before++;
    }
    for (size_t n = 1; !st && n && s->told < s->ask->most && s->looked < s->ask->looked;) {
        st = pages_back(s->a.story.store, s->before, page, &list, &n, err);
        for (size_t i = 0; !st && i < n && s->told < s->ask->most; i++) {
            s->before = list[i].seq;
            s->oldest_ms = list[i].received_ms;
            s->looked++;
            st = look_at(s, &list[i], err);
        }
        s->at_end = !n;
    }
    cw_arena_destroy(page);
    return st;
}

/* ---- The whole ---- */

static void put_begin(struct search *s)
{
    struct asker *a = &s->a;
    struct cw_place place = why_rule_place(a->config->rules, cw_text_of(a->rule));
    json_t *line = json_object();
    json_object_set_new(line, "why_not", tell_text(cw_text_of(a->rule)));
    json_object_set_new(line, "user", tell_text(cw_text_of(a->user->name)));
    if (place.file) {
        auto_free char *where = xprintf("%s:%u", place.file, place.line);
        json_object_set_new(line, "place", tell_text(cw_text_of(where)));
    }
    tell_moment(line, "until", s->until_ms, a->user);
    tell_line(a->out, line);
}

static void put_end(struct search *s)
{
    bool is_end = s->at_end || s->told >= s->ask->most;
    json_t *line = json_pack("{s:I, s:I, s:I, s:I}", "looked", (json_int_t)s->looked, "told",
                             (json_int_t)s->told, "others", (json_int_t)s->others, "next",
                             (json_int_t)(is_end ? 0 : s->before));
    if (s->looked)
        tell_moment(line, "since", s->oldest_ms, s->a.user);
    tell_line(s->a.out, line);
}

enum cw_status why_not(struct store *store, const struct config *config,
                       const struct why_not_ask *ask, char **out, size_t *len, struct cw_error *err)
{
    struct search s = {.a = {.now_ms = ask->now_ms, .brief = !ask->rule}, .ask = ask};
    char *text = NULL;
    s.a.out = tell_open(&text, len);
    enum cw_status st = why_begin(&s.a, store, config, ask->rule, ask->user, err);
    if (!st)
        st = read_time(&s, err);
    if (!st) {
        put_begin(&s);
        st = walk(&s, err);
    }
    put_end(&s);
    tell_close(s.a.out);
    if (st)
        free(text);
    else
        *out = text;
    why_end(&s.a);
    return st;
}

char *why_last(struct store *store, const struct config *config, const char *rule, const char *user,
               int64_t now_ms)
{
    const struct why_not_ask ask = {rule, user, NULL, 0, now_ms, 1, SIZE_MAX};
    struct search s = {.a = {.now_ms = now_ms}, .ask = &ask, .until_ms = now_ms};
    struct cw_error err;
    enum cw_status st = why_begin(&s.a, store, config, rule, user, &err);
    if (!st)
        st = walk(&s, &err);
    why_end(&s.a);
    char *all = st       ? NULL
                : s.run  ? xprintf("%s\n%s", s.last, s.run)
                : s.last ? xstrdup(s.last)
                         : xstrdup(s.cancel);
    free(s.last);
    free(s.run);
    free(s.cancel);
    return all;
}
