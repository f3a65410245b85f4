#include "plan.h"

#include "mark.h"
#include "outlook.h"
#include "pages.h"
#include "settings.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 100, LANES_BYTES = 64 << 20, DECIDE_BYTES = 128 << 20 };

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
    struct cw_arena *arena; /* of one decision */
    struct lines rules, calendars, clocks, runs[PLAN_FATES], marks, lanes;
};

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
    json_t *line = json_pack("{s:o, s:s}", "rule", tell_text(cw_text_of(id)), "change", change);
    auto_free char *where = xprintf("%s:%u", place.file ? place.file : "", place.line);
    json_object_set_new(line, "place", tell_text(cw_text_of(where)));
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

/* ---- Calendar files ---- */

static const struct cw_calendar *find_calendar(const struct cw_ruleset *rules,
                                               const struct cw_calendar *like)
{
    const struct cw_calendar *c;
    for (size_t i = 0; (c = cw_ruleset_calendar(rules, i)); i++)
        if (strcmp(c->name, like->name) == 0 && strcmp(c->file, like->file) == 0)
            return c;
    return NULL;
}

static void add_calendar(struct planner *p, const struct cw_calendar *c, const char *change)
{
    if (has_room(&p->calendars))
        json_array_append_new(
            p->calendars.items,
            json_pack("{s:o, s:s}", "calendar", tell_text(cw_text_of(c->name)), "change", change));
}

static void compare_calendars(struct planner *p)
{
    const struct cw_ruleset *old = p->ask->old->rules, *new = p->ask->new->rules;
    const struct cw_calendar *c, *was;
    for (size_t i = 0; (c = cw_ruleset_calendar(new, i)); i++) {
        was = find_calendar(old, c);
        if (!was || was->digest != c->digest)
            add_calendar(p, c, was ? "changed" : "new");
    }
    for (size_t i = 0; (c = cw_ruleset_calendar(old, i)); i++)
        if (!find_calendar(new, c))
            add_calendar(p, c, "gone");
}

/* ---- Schedules, and what counts and listens ---- */

static void add_clock(struct planner *p, const char *id, struct cw_text trigger, const char *change)
{
    if (!has_room(&p->clocks))
        return;
    json_t *line = json_pack("{s:o, s:o, s:s}", "clock", tell_short(trigger), "rule",
                             tell_text(cw_text_of(id)), "change", change);
    json_array_append_new(p->clocks.items, line);
}

/* Triggers that are more than an event, of `of` and not of `other`. */
static void add_clocks(struct planner *p, const struct cw_ruleset *of,
                       const struct cw_ruleset *other, const char *change)
{
    const char *id;
    enum cw_trigger_kind kind;
    struct cw_text shown;
    for (size_t rule = 0; (id = cw_ruleset_rule(of, rule, NULL)); rule++)
        for (size_t i = 0; cw_ruleset_trigger(of, rule, i, &kind, &shown); i++)
            if (shown.len && !cw_ruleset_has_trigger(other, cw_text_of(id), shown))
                add_clock(p, id, shown, change);
}

static void compare_clocks(struct planner *p)
{
    const struct cw_ruleset *old = p->ask->old->rules, *new = p->ask->new->rules;
    add_clocks(p, new, old, "begins");
    add_clocks(p, old, new, "ends");
}

/* ---- Runs ---- */

static enum plan_fate fate_of(const struct outlook *was, const struct outlook *is)
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
    const struct cw_person *person = cw_ruleset_find(p->ask->new->rules, run->person);
    if (!person)
        person = cw_ruleset_find(p->ask->old->rules, run->person);
    tell_moment(line, "due", run->due_ms, person);
}

static void add_run(void *ctx, const struct store_run *run)
{
    struct planner *p = ctx;
    cw_arena_reset(p->arena);
    struct outlook was =
        outlook_of(p->ask->old->rules, p->ask->store, run, p->ask->now_ms, p->arena);
    struct outlook is =
        outlook_of(p->ask->new->rules, p->ask->store, run, p->ask->now_ms, p->arena);
    enum plan_fate fate = fate_of(&was, &is);
    p->sums->runs[fate]++;
    if (!has_room(&p->runs[fate]))
        return;
    json_t *line = json_pack("{s:I, s:I, s:o, s:o}", "run", (json_int_t)run->id, "event",
                             (json_int_t)run->event, "rule", tell_text(run->rule), "person",
                             tell_text(run->person));
    if (run->key.len != run->person.len || memcmp(run->key.at, run->person.at, run->key.len) != 0)
        json_object_set_new(line, "key", tell_short(run->key));
    put_due(p, line, run);
    json_object_set_new(line, "fate", json_string(fate_words[fate]));
    json_object_set_new(line, "text", tell_short(is.what));
    if (fate == PLAN_CHANGED || fate == PLAN_REFUSED || fate == PLAN_LOST)
        json_object_set_new(line, "was", tell_short(was.what));
    json_array_append_new(p->runs[fate].items, line);
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

static void add_mark(void *ctx, const struct store_mark *mark)
{
    struct planner *p = ctx;
    const char *why = mark_end(mark, p->ask->new->rules);
    if (!mark_is_shown(mark))
        return;
    *(why ? &p->sums->marks_ended : &p->sums->marks_kept) += 1;
    if (!why || !has_room(&p->marks))
        return;
    json_array_append_new(
        p->marks.items, json_pack("{s:o, s:o, s:o, s:o, s:s}", "mark", tell_text(mark->kind),
                                  "rule", tell_text(mark->rule), "person", tell_text(mark->person),
                                  "key", tell_short(mark_key(mark)), "text", why));
}

/* Calls that are made already need no rule, but they need their person. */
static enum cw_status look_at_lanes(struct planner *p, struct cw_error *err)
{
    struct cw_arena *arena = xarena(LANES_BYTES);
    struct cw_text *people = NULL;
    size_t n = 0;
    enum cw_status st = store_lanes(p->ask->store, arena, &people, &n, err);
    for (size_t i = 0; !st && i < n; i++)
        if (!has_person(p->ask->new->rules, people[i]) && has_room(&p->lanes))
            json_array_append_new(
                p->lanes.items,
                json_pack("{s:o, s:s}", "lane", tell_text(people[i]), "text",
                          "the calls that are still to be made end: the user is gone"));
    cw_arena_destroy(arena);
    return st;
}

/* ---- The whole ---- */

static void put_lines(FILE *f, const char *what, struct lines *lines)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines->items, i, line) tell_line(f, json_incref(line));
    if (lines->more)
        tell_line(f, json_pack("{s:s, s:I}", "more", what, "n", (json_int_t)lines->more));
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
                  tell_text(cw_text_of(p->ask->new->file)), "sources",
                  (json_int_t)p->ask->new->n_sources, "people", (json_int_t)p->ask->new->people.n,
                  "rules", "all", (json_int_t)s->rules, "new", (json_int_t)s->rules_new, "gone",
                  (json_int_t)s->rules_gone, "changed", (json_int_t)s->rules_changed, "runs", runs,
                  "marks", "kept", (json_int_t)s->marks_kept, "ended", (json_int_t)s->marks_ended);
    tell_line(f, line);
}

static enum cw_status look(struct planner *p, struct cw_error *err)
{
    compare_rules(p);
    compare_calendars(p);
    compare_clocks(p);
    enum cw_status st = pages_runs(p->ask->store, add_run, p, err);
    if (!st)
        st = count_runs(p, err);
    if (!st)
        st = pages_marks(p->ask->store, add_mark, p, err);
    return st ? st : look_at_lanes(p, err);
}

static void put_rest(FILE *f, struct planner *p)
{
    const char *path;
    put_lines(f, "rules", &p->rules);
    put_lines(f, "calendars", &p->calendars);
    put_lines(f, "clocks", &p->clocks);
    for (size_t i = 0; i < PLAN_FATES; i++)
        put_lines(f, fate_words[i], &p->runs[i]);
    put_lines(f, "marks", &p->marks);
    put_lines(f, "lanes", &p->lanes);
    for (size_t from = 0; (path = settings_fixed(p->ask->old, p->ask->new, &from));)
        tell_line(f, json_pack("{s:s}", "restart", path));
}

void plan_make(const struct plan_ask *ask, struct plan_sums *sums, char **out, size_t *len)
{
    struct planner p = {.ask = ask, .sums = sums};
    struct cw_error err;
    FILE *f = tell_open(out, len);
    *sums = (struct plan_sums){0};
    p.arena = xarena(DECIDE_BYTES);
    enum cw_status st = look(&p, &err);
    put_sums(f, &p);
    put_rest(f, &p);
    if (st)
        tell_line(f, json_pack("{s:o}", "note", tell_text(cw_text_of(err.text))));
    tell_close(f);
    cw_arena_destroy(p.arena);
}
