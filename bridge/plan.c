#include "plan.h"

#include "settings.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEEN = 100000,
    PAGE = 1000,
    SHOWN = 100,
    PAGE_BYTES = 256 << 20,
    DECIDE_BYTES = 128 << 20,
    TEXT_BYTES = 300
};

static const char *const fate_words[PLAN_FATES] = {
    [PLAN_LOST] = "lost", [PLAN_REFUSED] = "refused", [PLAN_CHANGED] = "changed",
    [PLAN_BACK] = "back", [PLAN_STILL] = "still",     [PLAN_KEPT] = "kept"};

struct lines { /* of one sort; what is more than may be shown is counted */
    json_t *items;
    size_t more;
};

struct planner {
    const struct plan_ask *ask;
    struct plan_sums *sums;
    struct cw_arena *page, *arena;
    struct lines rules, runs[PLAN_FATES], marks, lanes;
};

static json_t *text_json(struct cw_text text)
{
    json_t *value = json_stringn(text.at ? text.at : "", text.len);
    return value ? value : json_string("");
}

/* What may be long is cut for people to read. */
static json_t *short_json(struct cw_text text)
{
    size_t len = text.len;
    if (len <= TEXT_BYTES)
        return text_json(text);
    for (len = TEXT_BYTES; len && ((unsigned char)text.at[len] & 0xc0) == 0x80;)
        len--;
    auto_free char *cut = xprintf("%.*s\xe2\x80\xa6", (int)len, text.at);
    return text_json(cw_text_of(cut));
}

static bool has_person(const struct cw_ruleset *rules, struct cw_text name)
{
    const struct cw_person *person = cw_ruleset_find(rules, name);
    return person && cw_text_is(name, person->name);
}

static bool has_room(struct lines *lines)
{
    if (!lines->items)
        lines->items = json_array();
    if (json_array_size(lines->items) < SHOWN)
        return true;
    lines->more++;
    return false;
}

/* ---- Rules ---- */

static void add_rule(struct planner *p, const char *id, const char *change, struct cw_place place)
{
    if (!has_room(&p->rules))
        return;
    json_t *line = json_pack("{s:o, s:s}", "rule", text_json(cw_text_of(id)), "change", change);
    auto_free char *where = xprintf("%s:%u", place.file ? place.file : "", place.line);
    json_object_set_new(line, "place", text_json(cw_text_of(where)));
    json_array_append_new(p->rules.items, line);
}

static void compare_rules(struct planner *p)
{
    const struct cw_ruleset *old = p->ask->old->rules, *new = p->ask->new->rules;
    struct cw_place place;
    const char *id;
    for (size_t i = 0; (id = cw_ruleset_rule(new, i, &place)); i++) {
        size_t was = cw_ruleset_index(old, cw_text_of(id));
        bool is_new = was == SIZE_MAX;
        p->sums->rules++;
        if (!is_new && cw_ruleset_digest(old, was) == cw_ruleset_digest(new, i))
            continue;
        *(is_new ? &p->sums->rules_new : &p->sums->rules_changed) += 1;
        add_rule(p, id, is_new ? "new" : "changed", place);
    }
    for (size_t i = 0; (id = cw_ruleset_rule(old, i, &place)); i++) {
        if (cw_ruleset_has_rule(new, cw_text_of(id)))
            continue;
        p->sums->rules_gone++;
        add_rule(p, id, "gone", place);
    }
}

/* ---- Runs ---- */

struct outcome { /* of a run, by one ruleset */
    bool is_lost, acts;
    struct cw_text what; /* what it does, or why it does nothing */
};

static struct cw_text what_is_done(struct planner *p, const struct cw_effect *f)
{
    size_t len = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        abort();
    for (size_t i = 0; i < f->n_calls; i++)
        fprintf(out, "%s%s%s%.*s", i ? ", " : "", f->calls[i].action,
                f->calls[i].args.len > 2 ? " " : "",
                f->calls[i].args.len > 2 ? (int)f->calls[i].args.len : 0, f->calls[i].args.at);
    if (fclose(out) != 0)
        abort();
    struct cw_text copy = {cw_arena_copy(p->arena, (struct cw_text){text, len}), len};
    free(text);
    if (!copy.at)
        abort();
    return copy;
}

static struct outcome decide(struct planner *p, const struct cw_ruleset *rules,
                             const struct store_run *run)
{
    struct cw_due_run due = {run->rule,      run->person, run->key,
                             run->condition, run->vars,   run->due_ms};
    int64_t at_ms = run->due_ms > p->ask->now_ms ? run->due_ms : p->ask->now_ms;
    struct cw_plan plan = {0};
    struct cw_error why;
    enum cw_status st = cw_decide_due(rules, &due, NULL, at_ms, p->arena, &plan, &why);
    if (st == CW_NOMEM)
        return (struct outcome){.what = CW_TEXT("it takes more memory than a run may")};
    if (st)
        return (struct outcome){
            .is_lost = true,
            .what = {cw_arena_copy(p->arena, cw_text_of(why.text)), strlen(why.text)}};
    const struct cw_effect *f = &plan.effects[0];
    bool acts = f->kind == CW_EFFECT_RUN;
    return (struct outcome){.acts = acts,
                            .what = acts && f->n_calls ? what_is_done(p, f) : f->reason};
}

static enum plan_fate fate_of(const struct outcome *was, const struct outcome *is)
{
    if (!is->acts && !was->acts)
        return PLAN_STILL;
    if (!is->acts)
        return is->is_lost ? PLAN_LOST : PLAN_REFUSED;
    if (!was->acts)
        return PLAN_BACK;
    bool same = was->what.len == is->what.len &&
                (!is->what.len || memcmp(was->what.at, is->what.at, is->what.len) == 0);
    return same ? PLAN_KEPT : PLAN_CHANGED;
}

/* The zone is the new one where the person is still there. */
static void put_due(struct planner *p, json_t *line, const struct store_run *run)
{
    char at[CW_CLOCK_TEXT];
    const struct cw_person *person = cw_ruleset_find(p->ask->new->rules, run->person);
    if (!person)
        person = cw_ruleset_find(p->ask->old->rules, run->person);
    json_object_set_new(line, "due", json_string(cw_person_clock(person, run->due_ms, at)));
    json_object_set_new(line, "zone", json_string(person ? person->timezone : "UTC"));
}

static void add_run(struct planner *p, const struct store_run *run)
{
    cw_arena_reset(p->arena);
    struct outcome was = decide(p, p->ask->old->rules, run);
    struct outcome is = decide(p, p->ask->new->rules, run);
    enum plan_fate fate = fate_of(&was, &is);
    p->sums->runs[fate]++;
    if (!has_room(&p->runs[fate]))
        return;
    json_t *line = json_pack("{s:I, s:I, s:o, s:o}", "run", (json_int_t)run->id, "event",
                             (json_int_t)run->event, "rule", text_json(run->rule), "person",
                             text_json(run->person));
    if (run->key.len != run->person.len || memcmp(run->key.at, run->person.at, run->key.len) != 0)
        json_object_set_new(line, "key", short_json(run->key));
    put_due(p, line, run);
    json_object_set_new(line, "fate", json_string(fate_words[fate]));
    json_object_set_new(line, "text", short_json(is.what));
    if (fate == PLAN_CHANGED || fate == PLAN_REFUSED || fate == PLAN_LOST)
        json_object_set_new(line, "was", short_json(was.what));
    json_array_append_new(p->runs[fate].items, line);
}

static enum cw_status look_at_runs(struct planner *p, struct cw_error *err)
{
    struct store_run last = {.due_ms = INT64_MIN}, *runs = NULL;
    for (size_t n = PAGE, seen = 0; n == PAGE && seen < SEEN; seen += n) {
        cw_arena_reset(p->page);
        enum cw_status st = store_runs_waiting(p->ask->store, &last, PAGE, p->page, &runs, &n, err);
        if (st)
            return st;
        for (size_t i = 0; i < n; i++)
            add_run(p, &runs[i]);
        if (n)
            last = (struct store_run){.id = runs[n - 1].id, .due_ms = runs[n - 1].due_ms};
    }
    return CW_OK;
}

static enum cw_status count_runs(struct planner *p, struct cw_error *err)
{
    struct store_counts counts = {0};
    enum cw_status st = store_counts(p->ask->store, &counts, err);
    size_t seen = 0;
    for (size_t i = 0; i < PLAN_FATES; i++)
        seen += p->sums->runs[i];
    if (!st && counts.runs_waiting > (int64_t)seen)
        p->sums->runs_unseen = (size_t)counts.runs_waiting - seen;
    return st;
}

/* ---- Marks and lanes ---- */

/* Why it ends, or NULL. */
static const char *end_of_mark(const struct planner *p, const struct store_mark *mark)
{
    const struct cw_ruleset *new = p->ask->new->rules;
    if (mark->rule.len && !cw_ruleset_has_rule(new, mark->rule))
        return "its rule is gone";
    if (mark->person.len && !has_person(new, mark->person))
        return "its user is gone";
    return NULL;
}

static void add_mark(struct planner *p, const struct store_mark *mark)
{
    const char *why = end_of_mark(p, mark);
    *(why ? &p->sums->marks_ended : &p->sums->marks_kept) += 1;
    if (!why || !has_room(&p->marks))
        return;
    json_array_append_new(
        p->marks.items, json_pack("{s:o, s:o, s:o, s:o, s:s}", "mark", text_json(mark->kind),
                                  "rule", text_json(mark->rule), "person", text_json(mark->person),
                                  "key", text_json(mark->key), "text", why));
}

static enum cw_status look_at_marks(struct planner *p, struct cw_error *err)
{
    struct store_mark last = {0}, *marks = NULL;
    struct cw_arena *arenas[] = {xarena(PAGE_BYTES), xarena(PAGE_BYTES)}; /* `last` lies in one */
    enum cw_status st = CW_OK;
    for (size_t n = PAGE, seen = 0, k = 0; !st && n == PAGE && seen < SEEN; seen += n, k ^= 1) {
        cw_arena_reset(arenas[k]);
        st = store_marks(p->ask->store, &last, PAGE, arenas[k], &marks, &n, err);
        for (size_t i = 0; !st && i < n; i++)
            add_mark(p, &marks[i]);
        if (!st && n)
            last = marks[n - 1];
    }
    cw_arena_destroy(arenas[0]);
    cw_arena_destroy(arenas[1]);
    return st;
}

/* Calls that are made already need no rule, but they need their person. */
static enum cw_status look_at_lanes(struct planner *p, struct cw_error *err)
{
    struct cw_text *people = NULL;
    size_t n = 0;
    cw_arena_reset(p->page);
    enum cw_status st = store_lanes(p->ask->store, p->page, &people, &n, err);
    for (size_t i = 0; !st && i < n; i++)
        if (!has_person(p->ask->new->rules, people[i]) && has_room(&p->lanes))
            json_array_append_new(
                p->lanes.items,
                json_pack("{s:o, s:s}", "lane", text_json(people[i]), "text",
                          "the calls that are still to be made end: the user is gone"));
    return st;
}

/* ---- The whole ---- */

static void put(FILE *f, json_t *line)
{
    json_dumpf(line, f, JSON_COMPACT);
    fputc('\n', f);
    json_decref(line);
}

static void put_lines(FILE *f, const char *what, struct lines *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines->items, i, line) put(f, json_incref(line));
    if (lines->more)
        put(f, json_pack("{s:s, s:I}", "more", what, "n", (json_int_t)lines->more));
    json_decref(lines->items);
}

static void put_sums(FILE *f, const struct planner *p)
{
    const struct plan_sums *s = p->sums;
    json_t *runs = json_object();
    for (size_t i = 0; i < PLAN_FATES; i++)
        json_object_set_new(runs, fate_words[i], json_integer((json_int_t)s->runs[i]));
    if (s->runs_unseen)
        json_object_set_new(runs, "unseen", json_integer((json_int_t)s->runs_unseen));
    json_t *line =
        json_pack("{s:o, s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:o, s:{s:I, s:I}}", "plan",
                  text_json(cw_text_of(p->ask->new->file)), "sources",
                  (json_int_t)p->ask->new->n_sources, "people", (json_int_t)p->ask->new->people.n,
                  "rules", "all", (json_int_t)s->rules, "new", (json_int_t)s->rules_new, "gone",
                  (json_int_t)s->rules_gone, "changed", (json_int_t)s->rules_changed, "runs", runs,
                  "marks", "kept", (json_int_t)s->marks_kept, "ended", (json_int_t)s->marks_ended);
    put(f, line);
}

static enum cw_status look(struct planner *p, struct cw_error *err)
{
    compare_rules(p);
    enum cw_status st = look_at_runs(p, err);
    if (!st)
        st = count_runs(p, err);
    if (!st)
        st = look_at_marks(p, err);
    return st ? st : look_at_lanes(p, err);
}

static void put_rest(FILE *f, struct planner *p)
{
    const char *path;
    put_lines(f, "rules", &p->rules);
    for (size_t i = 0; i < PLAN_FATES; i++)
        put_lines(f, fate_words[i], &p->runs[i]);
    put_lines(f, "marks", &p->marks);
    put_lines(f, "lanes", &p->lanes);
    for (size_t from = 0; (path = settings_fixed(p->ask->old, p->ask->new, &from));)
        put(f, json_pack("{s:s}", "restart", path));
}

void plan_make(const struct plan_ask *ask, struct plan_sums *sums, char **out, size_t *len)
{
    struct planner p = {.ask = ask, .sums = sums};
    struct cw_error err;
    FILE *f = open_memstream(out, len);
    if (!f)
        abort();
    *sums = (struct plan_sums){0};
    p.page = xarena(PAGE_BYTES);
    p.arena = xarena(DECIDE_BYTES);
    enum cw_status st = look(&p, &err);
    put_sums(f, &p);
    put_rest(f, &p);
    if (st)
        put(f, json_pack("{s:o}", "note", text_json(cw_text_of(err.text))));
    if (fclose(f) != 0)
        abort();
    cw_arena_destroy(p.page);
    cw_arena_destroy(p.arena);
}
