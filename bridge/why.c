#include "why.h"

#include "clock.h"
#include "tell.h"
#include "why_clock.h"
#include "why_run.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { WHY_BYTES = 256 << 20, NO_LINES = 200, PEOPLE = 1000 };

struct look { /* one answer of the matcher */
    const char *rule;
    const char *person; /* NULL: whoever it is */
    struct cw_place place;
    const char *reason;
    bool matched, cancels;
};

struct looks { /* in the order of the file */
    struct look *items;
    size_t n, size;
};

struct asker {
    struct why_story story; /* the event and what the journal tells of it */
    const struct config *config;
    const char *rule, *user; /* what is asked for, or NULL */
    struct looks looks, cancels;
    const char *people[PEOPLE];
    size_t n_people;
    FILE *out;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- Matching once more ---- */

static void add_person(struct asker *a, const char *name)
{
    if (!name || (a->user && !same(a->user, name)) || a->n_people == PEOPLE)
        return;
    for (size_t i = 0; i < a->n_people; i++)
        if (same(a->people[i], name))
            return;
    a->people[a->n_people++] = name;
}

static void on_look(void *ctx, const struct cw_look *seen)
{
    struct asker *a = ctx;
    bool cancels = seen->kind == CW_LOOK_CANCEL;
    struct looks *to = cancels ? &a->cancels : &a->looks;
    if (to->n == to->size) {
        to->size = to->size ? 2 * to->size : 64;
        to->items = xrealloc(to->items, to->size * sizeof *to->items);
    }
    to->items[to->n++] = (struct look){seen->rule,
                                       seen->person ? seen->person->name : NULL,
                                       seen->place,
                                       cw_arena_copy(a->story.arena, cw_text_of(seen->reason)),
                                       seen->kind >= CW_LOOK_CANCEL,
                                       cancels};
    if (seen->person)
        add_person(a, seen->person->name);
}

static struct cw_value user_of(const struct cw_value *used, struct cw_arena *arena)
{
    struct cw_step step = {CW_STEP_NAME, 0, CW_TEXT("event.user")};
    struct cw_value user = {.kind = CW_MISSING};
    if (cw_value_get(used, (struct cw_path){&step, 1}, arena, &user))
        abort();
    return user;
}

static enum cw_status match_again(struct asker *a, struct cw_json *json, struct cw_error *err)
{
    const struct store_event *e = &a->story.event;
    const struct cw_trace trace = {on_look, a, a->rule};
    struct cw_matches none;
    auto_free char *name = xtext(e->source);
    const struct source *source = config_source_named(a->config, name);
    if (cw_json_read(json, e->used, err))
        return cw_wrap(err, "what was kept of the event");
    struct cw_event event = {.id = e->id,
                             .source = e->source,
                             .family = cw_text_of(source ? source_family(source) : ""),
                             .type = e->type,
                             .received_ms = e->received_ms,
                             .used = cw_json_root(json)};
    event.user = user_of(&event.used, a->story.arena);
    struct cw_matcher *matcher = cw_matcher_create();
    if (!matcher)
        abort();
    const struct why_clock clock = {matcher, a->config->rules, &trace, a->story.arena};
    enum cw_status st = why_is_clock(e) ? why_match_clock(&clock, &event, &none)
                                        : cw_match(matcher, a->config->rules, &event,
                                                   e->received_ms, &trace, a->story.arena, &none);
    cw_matcher_destroy(matcher);
    return st ? cw_fail(err, st, "matching once more takes too much memory") : CW_OK;
}

/* ---- Lines ---- */

static void put_head(struct asker *a, const char *person)
{
    const struct store_event *e = &a->story.event;
    char at[CLOCK_TEXT];
    json_t *line = json_object();
    auto_free char *name = xprintf("%.*s%s%.*s", (int)e->source.len, e->source.at,
                                   e->type.len ? "." : "", (int)e->type.len, e->type.at);
    json_object_set_new(line, "event", json_integer(e->seq));
    json_object_set_new(line, "id", tell_text(e->id));
    json_object_set_new(line, "name", tell_text(cw_text_of(name)));
    json_object_set_new(line, "received", json_string(clock_format(e->received_ms, at)));
    if (person)
        json_object_set_new(line, "user", tell_text(cw_text_of(person)));
    if (e->verdict == STORE_REFUSED)
        json_object_set_new(line, "note", tell_text(e->reason));
    else if (!e->used.len)
        json_object_set_new(line, "note",
                            json_string("the journal kept nothing of it (`payloads: none`), so "
                                        "rules that did nothing cannot be asked why"));
    tell_line(a->out, line);
}

static void put_line(struct asker *a, const char *rule, struct cw_place place, bool matched,
                     const char *text)
{
    json_t *line = json_object();
    json_object_set_new(line, "rule", tell_text(cw_text_of(rule)));
    if (place.file) {
        auto_free char *where = xprintf("%s:%u", place.file, place.line);
        json_object_set_new(line, "place", tell_text(cw_text_of(where)));
    }
    json_object_set_new(line, "matched", json_boolean(matched));
    json_object_set_new(line, "text", tell_text(cw_text_of(text)));
    tell_line(a->out, line);
}

static bool is_of(const struct look *look, const char *person)
{
    return !look->person || !person || same(look->person, person);
}

/* What is to be said of a rule for a person: a match before a cancel before a no. */
static const struct look *best_of(const struct look *looks, size_t n, const char *person)
{
    const struct look *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (is_of(&looks[i], person) && (!best || looks[i].matched) && !(best && best->matched))
            best = &looks[i];
    return best;
}

static void put_look(struct asker *a, const struct look *look, const char *person)
{
    const struct store_run *run = why_run_of(&a->story, look->rule, person);
    if (run) {
        auto_free char *text = why_run_text(&a->story, run);
        put_line(a, look->rule, look->place, true, text);
    } else if (look->matched && !look->cancels) {
        put_line(a, look->rule, look->place, false,
                 "by today's rules it matches; when the event came it did not");
    } else {
        put_line(a, look->rule, look->place, look->cancels, look->reason);
    }
}

/* The rules come in the order of the file, and so do the cancels. */
static void put_rules(struct asker *a, const char *person)
{
    size_t noes = 0, c = 0;
    for (size_t i = 0, to; i < a->looks.n; i = to) {
        const char *rule = a->looks.items[i].rule;
        for (to = i + 1; to < a->looks.n && same(a->looks.items[to].rule, rule);)
            to++;
        const struct look *look = best_of(a->looks.items + i, to - i, person);
        for (; c < a->cancels.n && same(a->cancels.items[c].rule, rule); c++)
            if (look && !look->matched && is_of(&a->cancels.items[c], person))
                look = &a->cancels.items[c];
        if (look && (look->matched || noes++ < NO_LINES))
            put_look(a, look, person);
    }
    if (noes > NO_LINES)
        tell_line(a->out, json_pack("{s:I}", "more", (json_int_t)(noes - NO_LINES)));
}

/* Runs of rules that the present file has not got, or whose event was not kept. */
static void put_other_runs(struct asker *a, const char *person)
{
    for (size_t i = 0; i < a->story.n_runs; i++) {
        const struct store_run *run = &a->story.runs[i];
        bool seen = false;
        if ((person && !cw_text_is(run->person, person)) ||
            (a->rule && !cw_text_is(run->rule, a->rule)))
            continue;
        for (size_t k = 0; !seen && k < a->looks.n; k++)
            seen = cw_text_is(run->rule, a->looks.items[k].rule);
        if (seen)
            continue;
        auto_free char *rule = xtext(run->rule), *text = why_run_text(&a->story, run);
        put_line(a, rule, why_rule_place(a->config->rules, run->rule), true, text);
    }
}

static void put_all(struct asker *a)
{
    for (size_t i = 0; i < a->story.n_runs; i++)
        add_person(a, cw_arena_copy(a->story.arena, a->story.runs[i].person));
    if (!a->n_people)
        a->people[a->n_people++] = a->user;
    for (size_t i = 0; i < a->n_people; i++) {
        put_head(a, a->people[i]);
        put_rules(a, a->people[i]);
        put_other_runs(a, a->people[i]);
    }
}

/* ---- The whole ---- */

static enum cw_status check_ask(struct asker *a, const struct why_ask *ask, struct cw_error *err)
{
    if (ask->rule && !cw_ruleset_has_rule(a->config->rules, cw_text_of(ask->rule)))
        return cw_fail(err, CW_ENOENT, "there is no rule `%.100s`", ask->rule);
    a->rule = ask->rule;
    if (!ask->user)
        return CW_OK;
    const struct cw_person *person = cw_ruleset_find(a->config->rules, cw_text_of(ask->user));
    if (!person)
        return cw_fail(err, CW_ENOENT, "there is no user `%.100s`", ask->user);
    a->user = person->name;
    return CW_OK;
}

static enum cw_status tell(struct asker *a, struct cw_error *err)
{
    struct cw_json *json = cw_json_create();
    bool can_match = a->story.event.used.len && a->story.event.verdict == STORE_ACCEPTED;
    if (!json)
        abort();
    enum cw_status st = can_match ? match_again(a, json, err) : CW_OK;
    if (!st)
        put_all(a);
    cw_json_destroy(json);
    return st;
}

enum cw_status why_event(struct store *store, const struct config *config,
                         const struct why_ask *ask, char **out, size_t *len, struct cw_error *err)
{
    struct asker *a = xcalloc(1, sizeof *a);
    char *text = NULL;
    a->config = config;
    a->story = (struct why_story){.store = store, .arena = xarena(WHY_BYTES)};
    a->out = tell_open(&text, len);
    enum cw_status st = check_ask(a, ask, err);
    if (!st)
        st = why_story_read(&a->story, ask->event, err);
    if (!st)
        st = tell(a, err);
    tell_close(a->out);
    if (st)
        free(text);
    else
        *out = text;
    cw_arena_destroy(a->story.arena);
    free(a->looks.items);
    free(a->cancels.items);
    free(a);
    return st;
}
