#include "hold.h"

#include "tell.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_BYTES = 32 << 20 };

static struct store_mark name_of(const char *person)
{
    return (struct store_mark){.kind = CW_TEXT("hold"),
                               .rule = CW_TEXT(""),
                               .person = cw_text_of(person ? person : ""),
                               .key = CW_TEXT("")};
}

struct hold hold_of(const struct store_mark *mark, struct cw_arena *arena)
{
    json_t *json = tell_read(mark->value, 0);
    const char *rule = json_string_value(json_object_get(json, "rule"));
    struct hold hold = {
        .since_ms = json_integer_value(json_object_get(json, "since")),
        .until_ms = mark->until_ms,
        .rule = cw_arena_copy(arena, cw_text_of(rule ? rule : "")),
        .event = json_integer_value(json_object_get(json, "event")),
        .run = json_integer_value(json_object_get(json, "run")),
        .of_all = !mark->person.len,
    };
    if (!hold.rule)
        abort();
    json_decref(json);
    return hold;
}

enum cw_status hold_get(struct store *store, const char *person, struct cw_arena *arena,
                        struct hold *out, struct cw_error *err)
{
    struct store_mark which = name_of(person), mark;
    enum cw_status st = store_mark_get(store, &which, arena, &mark, err);
    if (!st)
        *out = hold_of(&mark, arena);
    return st;
}

enum cw_status hold_find(struct store *store, const char *person, int64_t run, int64_t now_ms,
                         struct cw_arena *arena, struct hold *out, struct cw_error *err)
{
    const char *const whose[] = {person, NULL};
    struct hold hold;
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        enum cw_status st = hold_get(store, whose[i], arena, &hold, err);
        if (st && st != CW_ENOENT)
            return st;
        if (st || hold.until_ms <= now_ms || (run && hold.run == run) ||
            (found && hold.until_ms <= out->until_ms))
            continue;
        *out = hold;
        found = true;
    }
    return found ? CW_OK : cw_fail(err, CW_ENOENT, "nothing holds %s", person);
}

/* ---- Who are held ---- */

/* Up to HOLDS_MOST + 1 marks behind that of everybody. */
static enum cw_status people_held(struct store *store, struct cw_arena *arena,
                                  struct store_mark **out, size_t *n, struct cw_error *err)
{
    const struct store_mark first = name_of(NULL);
    enum cw_status st = store_marks(store, &first, HOLDS_MOST + 1, arena, out, n, err);
    for (size_t i = 0; !st && i < *n; i++)
        if (!cw_text_is((*out)[i].kind, "hold"))
            *n = i;
    return st;
}

enum cw_status holds_each(struct store *store, int64_t now_ms, struct cw_arena *arena,
                          void (*see)(void *ctx, const char *person, const struct hold *hold),
                          void *ctx, struct cw_error *err)
{
    struct store_mark *list = NULL;
    struct hold hold;
    size_t n = 0;
    enum cw_status st = hold_get(store, NULL, arena, &hold, err);
    if (!st && hold.until_ms > now_ms)
        see(ctx, NULL, &hold);
    if (!st || st == CW_ENOENT)
        st = people_held(store, arena, &list, &n, err);
    for (size_t i = 0; !st && i < n; i++) {
        hold = hold_of(&list[i], arena);
        if (hold.until_ms > now_ms)
            see(ctx, list[i].person.at, &hold);
    }
    return st;
}

static void count(void *ctx, const char *person, const struct hold *hold)
{
    struct hold_count *n = ctx;
    n->all |= hold->of_all;
    n->people += person != NULL;
}

enum cw_status hold_counts(struct store *store, int64_t now_ms, struct hold_count *out,
                           struct cw_error *err)
{
    struct cw_arena *arena = xarena(COUNT_BYTES);
    *out = (struct hold_count){0};
    enum cw_status st = holds_each(store, now_ms, arena, count, out, err);
    cw_arena_destroy(arena);
    return st;
}

static enum cw_status check_room(struct store *store, const char *person, struct cw_error *err)
{
    struct cw_arena *arena = xarena(COUNT_BYTES);
    struct store_mark *list = NULL;
    struct hold old;
    size_t n = 0;
    enum cw_status st = hold_get(store, person, arena, &old, err);
    if (st == CW_ENOENT)
        st = people_held(store, arena, &list, &n, err);
    cw_arena_destroy(arena);
    if (!st && n >= HOLDS_MOST)
        return cw_fail(err, CW_EDENIED, "%d people are held already; hold everybody", HOLDS_MOST);
    return st;
}

enum cw_status hold_put(struct store *store, const char *person, const struct hold *hold,
                        struct cw_error *err)
{
    json_t *json = json_pack("{s:I}", "since", (json_int_t)hold->since_ms);
    if (hold->rule && *hold->rule)
        json_object_update_new(json,
                               json_pack("{s:s, s:I, s:I}", "rule", hold->rule, "event",
                                         (json_int_t)hold->event, "run", (json_int_t)hold->run));
    auto_free char *value = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!value)
        abort();
    struct store_mark mark = name_of(person);
    mark.value = cw_text_of(value);
    mark.until_ms = hold->until_ms;
    enum cw_status st = person ? check_room(store, person, err) : CW_OK;
    return st ? st : store_mark_put(store, &mark, err);
}

enum cw_status hold_end(struct store *store, const char *person, int64_t now_ms,
                        struct cw_arena *arena, struct cw_error *err)
{
    struct store_mark which = name_of(person), mark;
    enum cw_status st = store_mark_get(store, &which, arena, &mark, err);
    if (st)
        return st;
    if (mark.until_ms <= now_ms)
        return cw_fail(err, CW_ENOENT, "it has ended already");
    mark.until_ms = now_ms;
    return store_mark_put(store, &mark, err);
}

/* ---- For people ---- */

const char *hold_text(const struct hold *hold, const struct cw_zone *zone, int64_t now_ms,
                      struct cw_arena *arena)
{
    char at[CW_CLOCK_TEXT];
    bool ends = hold->until_ms < INT64_MAX;
    auto_free char *by = *hold->rule
                             ? xprintf("rule %s (event %lld)", hold->rule, (long long)hold->event)
                             : xstrdup("`clockwire hold`");
    auto_free char *text =
        xprintf("until %s by %s",
                ends ? cw_clock_short(zone, hold->until_ms, now_ms, at) : "it is released,", by);
    const char *copy = cw_arena_copy(arena, cw_text_of(text));
    if (!copy)
        abort();
    return copy;
}
