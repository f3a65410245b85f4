#include "pending.h"

#include "hold.h"
#include "mark.h"
#include "outlook.h"
#include "pages.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { LINES = 1000, ROOM = 2 * LINES, DECIDE_BYTES = 128 << 20, TICK_BYTES = 64 << 20 };

struct item {
    int64_t at_ms;
    size_t order; /* as they came */
    json_t *line;
};

struct lister {
    const struct pending_ask *ask;
    const struct cw_person *user; /* or NULL */
    struct item items[ROOM];
    size_t n, all;
    int64_t most_ms; /* once there are LINES: what is later is not shown */
    json_t *counts;
    struct cw_arena *arena;
};

/* ---- The earliest ones ---- */

static int by_time(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void keep_earliest(struct lister *l)
{
    qsort(l->items, l->n, sizeof *l->items, by_time);
    for (; l->n > LINES; l->n--)
        json_decref(l->items[l->n - 1].line);
    if (l->n == LINES)
        l->most_ms = l->items[LINES - 1].at_ms;
}

/* Counts it. Returns: whether it may be among those that are shown. */
static bool count(struct lister *l, struct cw_text kind, int64_t at_ms)
{
    auto_free char *name = xtext(kind);
    json_int_t n = json_integer_value(json_object_get(l->counts, name));
    json_object_set_new(l->counts, name, json_integer(n + 1));
    l->all++;
    return at_ms < l->most_ms || l->n < LINES;
}

static void add(struct lister *l, int64_t at_ms, json_t *line)
{
    if (l->n == ROOM)
        keep_earliest(l);
    l->items[l->n++] = (struct item){at_ms, l->all, line};
}

/* ---- Whose it is ---- */

static bool is_asked(const struct lister *l, struct cw_text rule, struct cw_text person)
{
    const struct pending_ask *ask = l->ask;
    return (!ask->rule || cw_text_is(rule, ask->rule)) &&
           (!l->user || cw_text_is(person, l->user->name));
}

static json_t *begin_line(const char *kind, struct cw_text rule, struct cw_text person,
                          struct cw_text key)
{
    json_t *line = json_pack("{s:s}", "kind", kind);
    if (rule.len)
        json_object_set_new(line, "rule", tell_text(rule));
    if (person.len)
        json_object_set_new(line, "person", tell_text(person));
    if (key.len && (key.len != person.len || memcmp(key.at, person.at, key.len) != 0))
        json_object_set_new(line, "key", tell_short(key));
    return line;
}

/* ---- Runs ---- */

static void put_outlook(struct lister *l, json_t *line, const struct store_run *run)
{
    cw_arena_reset(l->arena);
    struct outlook is =
        outlook_of(l->ask->config->rules, l->ask->store, run, l->ask->now_ms, l->arena);
    json_object_set_new(line, "fate",
                        json_string(is.acts      ? "acts"
                                    : is.is_lost ? "lost"
                                                 : "refused"));
    json_object_set_new(line, "text", tell_short(is.what));
}

static void see_run(void *ctx, const struct store_run *run)
{
    struct lister *l = ctx;
    if (!is_asked(l, run->rule, run->person) || !count(l, CW_TEXT("run"), run->due_ms))
        return;
    json_t *line = begin_line("run", run->rule, run->person, run->key);
    auto_free char *id = xprintf("%lld", (long long)run->id);
    json_object_set_new(line, "id", json_string(id));
    json_object_set_new(line, "event", json_integer((json_int_t)run->event));
    tell_moment(line, "due", run->due_ms, cw_ruleset_find(l->ask->config->rules, run->person));
    put_outlook(l, line, run);
    if (run->condition.len)
        json_object_set_new(line, "if", tell_short(run->condition));
    add(l, run->due_ms, line);
}

/* ---- Marks ---- */

static void see_mark(void *ctx, const struct store_mark *mark)
{
    struct lister *l = ctx;
    char id[MARK_ID];
    const struct cw_ruleset *rules = l->ask->config->rules;
    const char *ends = mark_end(mark, rules);
    bool is_over = mark->until_ms <= l->ask->now_ms && !mark_kind_of(mark)->has_trigger;
    if (is_over || !mark_is_shown(mark) || !is_asked(l, mark->rule, mark->person) ||
        !count(l, mark->kind, mark->until_ms))
        return;
    auto_free char *kind = xtext(mark->kind);
    json_t *line = begin_line(kind, mark->rule, mark->person, mark_key(mark));
    json_object_set_new(line, "id", json_string(mark_id(mark, id)));
    if (mark_trigger(mark).len)
        json_object_set_new(line, "trigger", tell_short(mark_trigger(mark)));
    cw_arena_reset(l->arena);
    bool holds = cw_text_is(mark->kind, "hold");
    const struct cw_person *whose = cw_ruleset_find(rules, mark->person);
    struct hold hold = holds ? hold_of(mark, l->arena) : (struct hold){0};
    size_t heard = mark_heard(mark, l->ask->now_ms);
    const char *means = mark_kind_of(mark)->text;
    const char *how =
        holds ? hold_text(&hold, whose ? whose->zone : NULL, l->ask->now_ms, l->arena) : NULL;
    auto_free char *text = holds   ? xprintf("held %s", how)
                           : heard ? xprintf("%zu %s", heard, means)
                                   : xstrdup(means);
    if (mark->value.len && !heard && !holds)
        json_object_set_new(line, "value", tell_short(mark->value));
    if (mark->until_ms < INT64_MAX)
        tell_moment(line, "due", mark->until_ms, whose);
    json_object_set_new(line, "text", json_string(ends ? ends : text));
    add(l, mark->until_ms, line);
}

/* ---- Ticks ---- */

static void put_every(json_t *line, const struct cw_ruleset *rules, size_t rule)
{
    enum cw_trigger_kind kind;
    struct cw_text shown;
    for (size_t i = 0; cw_ruleset_trigger(rules, rule, i, &kind, &shown); i++)
        if (kind == CW_TRIGGER_EVERY && !json_object_get(line, "trigger"))
            json_object_set_new(line, "trigger", tell_short(shown));
}

static void see_tick(void *ctx, const struct cw_tick *tick)
{
    struct lister *l = ctx;
    const struct cw_ruleset *rules = l->ask->config->rules;
    const char *rule = cw_ruleset_rule(rules, tick->rule, NULL);
    bool same_zone = !l->user || l->user->zone == tick->person->zone;
    if (tick->due_ms == INT64_MAX || !same_zone || (l->ask->rule && strcmp(l->ask->rule, rule)) ||
        !count(l, CW_TEXT("tick"), tick->due_ms))
        return;
    json_t *line = begin_line("tick", cw_text_of(rule), cw_text_of(tick->person->name),
                              (struct cw_text){NULL, 0});
    json_object_set_new(line, "people", json_integer((json_int_t)tick->people));
    tell_moment(line, "due", tick->due_ms, tick->person);
    put_every(line, rules, tick->rule);
    add(l, tick->due_ms, line);
}

static enum cw_status see_ticks(struct lister *l, struct cw_error *err)
{
    struct cw_matcher *matcher = cw_matcher_create();
    struct cw_arena *arena = xarena(TICK_BYTES);
    if (!matcher)
        abort();
    enum cw_status st =
        cw_ticks(matcher, l->ask->config->rules, l->ask->now_ms, arena, see_tick, l);
    cw_matcher_destroy(matcher);
    cw_arena_destroy(arena);
    return st ? cw_fail(err, st, "the schedules take too much memory") : CW_OK;
}

/* ---- The whole ---- */

static void put_all(struct lister *l, char **out, size_t *len)
{
    FILE *f = tell_open(out, len);
    keep_earliest(l);
    tell_line(f, json_pack("{s:O}", "pending", l->counts));
    for (size_t i = 0; i < l->n; i++)
        tell_line(f, json_incref(l->items[i].line));
    if (l->all > l->n)
        tell_line(f, json_pack("{s:I}", "more", (json_int_t)(l->all - l->n)));
    tell_close(f);
}

static enum cw_status see_all(struct lister *l, struct cw_error *err)
{
    const struct pending_ask *ask = l->ask;
    if (ask->user) {
        l->user = cw_ruleset_find(ask->config->rules, cw_text_of(ask->user));
        if (!l->user)
            return cw_fail(err, CW_ENOENT, "there is no user `%.100s`", ask->user);
    }
    enum cw_status st = pages_runs(ask->store, see_run, l, err);
    if (!st)
        st = pages_marks(ask->store, see_mark, l, err);
    return st ? st : see_ticks(l, err);
}

enum cw_status pending_list(const struct pending_ask *ask, char **out, size_t *len,
                            struct cw_error *err)
{
    struct lister *l = xcalloc(1, sizeof *l);
    l->ask = ask;
    l->most_ms = INT64_MAX;
    l->counts = json_object();
    l->arena = xarena(DECIDE_BYTES);
    enum cw_status st = see_all(l, err);
    if (!st)
        put_all(l, out, len);
    for (size_t i = 0; i < l->n; i++)
        json_decref(l->items[i].line);
    json_decref(l->counts);
    cw_arena_destroy(l->arena);
    free(l);
    return st;
}

/* ---- By its short name ---- */

struct finder {
    const char *id;
    struct cw_arena *arena;
    struct store_mark *out;
    bool found;
};

static void find(void *ctx, const struct store_mark *mark)
{
    struct finder *f = ctx;
    char id[MARK_ID];
    if (f->found || !mark_is_shown(mark) || strcmp(mark_id(mark, id), f->id) != 0)
        return;
    f->found = true;
    f->out->kind = (struct cw_text){cw_arena_copy(f->arena, mark->kind), mark->kind.len};
    f->out->rule = (struct cw_text){cw_arena_copy(f->arena, mark->rule), mark->rule.len};
    f->out->person = (struct cw_text){cw_arena_copy(f->arena, mark->person), mark->person.len};
    f->out->key = (struct cw_text){cw_arena_copy(f->arena, mark->key), mark->key.len};
}

enum cw_status pending_mark(struct store *store, const char *id, struct cw_arena *arena,
                            struct store_mark *out, struct cw_error *err)
{
    struct finder f = {id, arena, out, false};
    *out = (struct store_mark){0};
    enum cw_status st = pages_marks(store, find, &f, err);
    if (!st && !f.found)
        return cw_fail(err, CW_ENOENT, "nothing that waits has the id %.40s", id);
    return st;
}
