/* The pages /hold, /release and /holds. */
#include "hold.h"
#include "admin/priv.h"
#include "clock.h"
#include "length.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { HOLD_BYTES = 32 << 20 };

/* ---- Whom ---- */

static enum cw_status unknown(const struct cw_ruleset *rules, const char *name,
                              struct cw_error *err)
{
    size_t n = cw_ruleset_people(rules);
    const char **names = xcalloc(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++)
        names[i] = cw_ruleset_person(rules, i)->name;
    const char *near = cw_nearest(cw_text_of(name), names, n);
    free(names);
    return cw_fail(err, CW_ENOENT, "there is no user `%.100s`%s%s%s", name,
                   near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
}

/* How people call it: "ada", or everybody. */
static const char *named(const char *person)
{
    return person ? person : "everybody";
}

/* ---- To hold ---- */

static enum cw_status hold(struct admin *a, const char *user, const char *length,
                           struct cw_arena *arena, char **told, struct cw_error *err)
{
    const struct cw_ruleset *rules = a->deps.config->rules;
    const struct cw_person *whom = user ? cw_ruleset_find(rules, cw_text_of(user)) : NULL;
    struct hold made = {.until_ms = INT64_MAX, .rule = "", .since_ms = clock_now_ms()};
    int64_t ms;
    if (user && !whom)
        return unknown(rules, user, err);
    enum cw_status st = length ? length_parse(cw_text_of(length), &ms, err) : CW_OK;
    if (st)
        return st;
    if (length)
        made.until_ms = made.since_ms + ms;
    st = engine_hold(a->deps.engine, whom, made.until_ms, made.since_ms, err);
    if (st)
        return st;
    const char *until = hold_text(&made, whom ? whom->zone : NULL, made.since_ms, arena);
    *told = xprintf("%s is held %s: events are kept, and nothing is done",
                    named(whom ? whom->name : NULL), until);
    return CW_OK;
}

/* Does it, and says what was done or why not. */
typedef enum cw_status (*work_fn)(struct admin *, const char *user, const char *length,
                                  struct cw_arena *, char **told, struct cw_error *);

static void work(struct admin *a, struct listener_exchange *x, const struct form *form, work_fn fn)
{
    auto_free char *user = admin_field(form, "user"), *length = admin_field(form, "for");
    struct cw_arena *arena = xarena(HOLD_BYTES);
    struct cw_error err = {0};
    char *told = NULL;
    enum cw_status st = fn(a, user, length, arena, &told, &err);
    auto_free char *line = xprintf("%s\n", st ? err.text : told);
    admin_text(x, st == CW_EDENIED ? 409 : admin_status(st), line);
    free(told);
    cw_arena_destroy(arena);
}

void admin_hold(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    work(a, x, form, hold);
}

/* ---- To release ---- */

/* "ada is not held", and what else holds them. */
static enum cw_status not_held(struct admin *a, const char *user, struct cw_arena *arena,
                               struct cw_error *err)
{
    struct hold all;
    int64_t now_ms = clock_now_ms();
    enum cw_status st = user ? hold_get(a->deps.store, NULL, arena, &all, err) : CW_ENOENT;
    if (st && st != CW_ENOENT)
        return st;
    if (!st && all.until_ms > now_ms)
        return cw_fail(err, CW_ENOENT,
                       "%s is not held by name; everybody is, %s: `clockwire release` ends that",
                       user, hold_text(&all, NULL, now_ms, arena));
    return cw_fail(err, CW_ENOENT, "%s is not held", named(user));
}

static enum cw_status release(struct admin *a, const char *user, const char *length,
                              struct cw_arena *arena, char **told, struct cw_error *err)
{
    const struct cw_ruleset *rules = a->deps.config->rules;
    const struct cw_person *whom = user ? cw_ruleset_find(rules, cw_text_of(user)) : NULL;
    const char *person = whom ? whom->name : user; /* who is gone from the file may be held still */
    struct hold_count left;
    (void)length;
    enum cw_status st = engine_release(a->deps.engine, person, clock_now_ms(), err);
    if (st == CW_ENOENT)
        return user && !whom ? unknown(rules, user, err) : not_held(a, person, arena, err);
    if (!st)
        st = hold_counts(a->deps.store, clock_now_ms(), &left, err);
    if (st)
        return st;
    if (user)
        *told = xprintf("%s is held no more%s", person, left.all ? " by name; everybody is" : "");
    else
        *told = left.people ? xprintf("everybody is held no more, but by name: %zu of them (see "
                                      "`clockwire hold --list`)",
                                      left.people)
                            : xstrdup("everybody is held no more");
    return CW_OK;
}

void admin_release(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    work(a, x, form, release);
}

/* ---- Who are held ---- */

struct hold_list {
    const struct cw_ruleset *rules;
    int64_t now_ms;
    struct cw_arena *arena;
    FILE *out;
};

static void put_hold(void *ctx, const char *person, const struct hold *hold)
{
    const struct hold_list *l = ctx;
    const struct cw_person *whom = person ? cw_ruleset_find(l->rules, cw_text_of(person)) : NULL;
    json_t *line = json_object();
    if (person)
        json_object_set_new(line, "person", tell_text(cw_text_of(person)));
    tell_moment(line, "since", hold->since_ms, whom);
    if (hold->until_ms < INT64_MAX)
        tell_moment(line, "until", hold->until_ms, whom);
    if (*hold->rule)
        json_object_update_new(
            line, json_pack("{s:s, s:I}", "rule", hold->rule, "event", (json_int_t)hold->event));
    json_object_set_new(
        line, "text", json_string(hold_text(hold, whom ? whom->zone : NULL, l->now_ms, l->arena)));
    tell_line(l->out, line);
}

void admin_holds(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_error err = {0};
    char *text = NULL;
    size_t len = 0;
    struct hold_list list = {a->deps.config->rules, clock_now_ms(), xarena(HOLD_BYTES), NULL};
    (void)form;
    list.out = tell_open(&text, &len);
    enum cw_status st = holds_each(a->deps.store, list.now_ms, list.arena, put_hold, &list, &err);
    tell_close(list.out);
    cw_arena_destroy(list.arena);
    admin_found(x, st, text, len, &err);
    if (st)
        free(text);
}

char *admin_held(struct admin *a)
{
    struct hold_count held;
    struct cw_error err;
    struct hold all;
    int64_t now_ms = clock_now_ms();
    if (hold_counts(a->deps.store, now_ms, &held, &err))
        return NULL;
    if (!held.all)
        return held.people ? xprintf("%zu %s held", held.people,
                                     held.people == 1 ? "person is" : "people are")
                           : NULL;
    struct cw_arena *arena = xarena(HOLD_BYTES);
    char *text = hold_get(a->deps.store, NULL, arena, &all, &err)
                     ? NULL
                     : xprintf("everybody is held %s", hold_text(&all, NULL, now_ms, arena));
    cw_arena_destroy(arena);
    return text;
}
