/* why/block: one event, one person: the head, and each rule in a line. */
#include "why/priv.h"

#include "strangers/strangers.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { NO_LINES = 200, NAMES = 16 };

/* ---- The head ---- */

static void add_note(json_t *head, const char *name, json_t *text)
{
    if (!json_object_get(head, name))
        json_object_set_new(head, name, json_array());
    json_array_append_new(json_object_get(head, name), text);
}

static void add_paste(const struct asker *a, json_t *head, struct cw_text alias)
{
    auto_free char *line = strangers_paste(a->config->rules, alias);
    if (line)
        add_note(head, "paste", json_string(line));
}

static void add_strangers(const struct asker *a, json_t *head, struct cw_text reason)
{
    size_t skip = strlen(NOBODY);
    if (reason.len < skip || memcmp(reason.at, NOBODY, skip) != 0)
        return;
    const char *end = memchr(reason.at, ';', reason.len);
    size_t len = end ? (size_t)(end - reason.at) : reason.len;
    for (size_t i = 0, from = skip, to; i < NAMES && from < len; i++, from = to + 2) {
        const char *comma = memmem(reason.at + from, len - from, ", ", 2);
        to = comma ? (size_t)(comma - reason.at) : len;
        add_paste(a, head, (struct cw_text){reason.at + from, to - from});
    }
}

static void add_notes(const struct asker *a, json_t *head, const struct cw_person *person)
{
    const struct store_event *e = &a->story.event;
    int64_t since_ms = ages_since(a->ages, NULL);
    char at[CW_CLOCK_TEXT];
    if (e->reason.len)
        add_note(head, "notes", tell_text(e->reason));
    add_strangers(a, head, e->reason);
    if (e->verdict == STORE_ACCEPTED && !e->used.len)
        add_note(head, "notes",
                 json_string("the journal kept nothing of it (`payloads: none`), so rules that "
                             "did nothing cannot be asked why"));
    if (since_ms <= e->received_ms || e->verdict == STORE_REFUSED)
        return;
    cw_clock_short(person ? person->zone : NULL, since_ms, e->received_ms, at);
    auto_free char *text = xprintf("users, teams or hours were changed since, at %s", at);
    add_note(head, "notes", tell_text(cw_text_of(text)));
}

static void put_head(struct asker *a, const char *name)
{
    const struct store_event *e = &a->story.event;
    const struct cw_person *person =
        name ? cw_ruleset_find(a->config->rules, cw_text_of(name)) : NULL;
    json_t *line = json_object();
    auto_free char *what = why_name(a);
    json_object_set_new(line, "event", json_integer(e->seq));
    json_object_set_new(line, "id", tell_text(e->id));
    json_object_set_new(line, "name", tell_text(cw_text_of(what)));
    tell_moment(line, "received", e->received_ms, person);
    if (name)
        json_object_set_new(line, "user", tell_text(cw_text_of(name)));
    add_notes(a, line, person);
    tell_line(a->out, line);
}

/* ---- The rules ---- */

/* It concerns others: the first three of them are named. */
static void put_others(struct asker *a, const struct why_look *looks, size_t n)
{
    auto_free char *text = xstrdup("");
    for (size_t i = 0, k = 0; i < n && k < 3; i++) {
        if (!looks[i].person)
            continue;
        char *longer = xprintf("%s%s%s", text, k++ ? ", " : "", looks[i].person);
        free(text);
        text = longer;
    }
    auto_free char *reason = xprintf("no: it is about %s", text);
    struct why_look look = {CW_LOOK_NO, looks[0].rule, NULL, looks[0].place, reason};
    json_t *line = json_object();
    why_put_look(a, line, &look, a->user->name);
    tell_line(a->out, line);
}

static void put_rule(struct asker *a, const struct why_look *look, const char *person, size_t *noes)
{
    if (a->brief && look->kind == CW_LOOK_OTHER)
        return;
    if (look->kind <= CW_LOOK_NO && (*noes)++ >= NO_LINES)
        return;
    json_t *line = json_object();
    why_put_look(a, line, look, person);
    tell_line(a->out, line);
}

/* The rules come in the order of the file, and so do the cancels. */
static void put_rules(struct asker *a, const char *person)
{
    const struct why_list *looks = &a->looks.looks, *cancels = &a->looks.cancels;
    size_t noes = 0, c = 0;
    for (size_t i = 0, to; i < looks->n; i = to) {
        const char *rule = looks->items[i].rule;
        size_t first = c;
        for (to = i + 1; to < looks->n && strcmp(looks->items[to].rule, rule) == 0;)
            to++;
        while (c < cancels->n && strcmp(cancels->items[c].rule, rule) == 0)
            c++;
        const struct why_look *look = why_best(looks->items + i, to - i, person);
        const struct why_look *cancel =
            c > first ? why_best(cancels->items + first, c - first, person) : NULL;
        if (cancel && (!look || cancel->kind > look->kind))
            look = cancel;
        if (look)
            put_rule(a, look, person, &noes);
        else if (a->user && !a->brief)
            put_others(a, looks->items + i, to - i);
    }
    if (noes > NO_LINES)
        tell_line(a->out, json_pack("{s:I}", "more", (json_int_t)(noes - NO_LINES)));
}

static bool has_look(const struct asker *a, struct cw_text rule)
{
    for (size_t i = 0; i < a->looks.looks.n; i++)
        if (cw_text_is(rule, a->looks.looks.items[i].rule))
            return true;
    return false;
}

/* Runs of rules that the present file has not got, or whose event was not kept. */
static void put_other_runs(struct asker *a, const char *person)
{
    for (size_t i = 0; i < a->story.n_runs; i++) {
        const struct store_run *run = &a->story.runs[i];
        if ((person && !cw_text_is(run->person, person)) ||
            (a->rule && !cw_text_is(run->rule, a->rule)) || has_look(a, run->rule))
            continue;
        json_t *line = json_object();
        why_put_run(a, line, run);
        tell_line(a->out, line);
    }
}

void why_put_event(struct asker *a, const char *person)
{
    put_head(a, person);
    put_rules(a, person);
    put_other_runs(a, person);
}
