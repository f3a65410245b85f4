#include "story.h"

#include "action/action.h"
#include "clock.h"
#include "pages.h"
#include "tell.h"
#include "whose.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    STORY_ARENA = 64 << 20,
    ATTEMPTS_SHOWN = 50,     /* the last ones of a call */
    STORY_BYTES = 256 << 10, /* of one answer, which a command takes up to 1 MiB */
    STORY_VALUE = 64 << 10,  /* a larger one is told by its size */
    PICKED = 2000,           /* events that a page looks at when it picks some */
    LOOKED = 5000,           /* likewise, for the last ones */
};

static void set_text(json_t *to, const char *name, struct cw_text text)
{
    if (!text.len)
        return;
    json_object_set_new(to, name, tell_text(text));
}

void story_put_time(json_t *to, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT];
    if (ms > 0)
        json_object_set_new(to, name, json_string(clock_format(ms, text)));
}

/* Stored JSON is shown as JSON, anything else as text. */
static void set_json(json_t *to, const char *name, struct cw_text text)
{
    if (text.len > STORY_VALUE) {
        json_object_set_new(to, name, json_sprintf("(%zu bytes)", text.len));
        return;
    }
    json_t *value = text.len ? tell_read(text, JSON_DECODE_ANY) : NULL;
    if (value)
        json_object_set_new(to, name, value);
    else
        set_text(to, name, text);
}

struct teller {
    struct store *store;
    struct cw_arena *arena;
    struct cw_error *err;
};

static json_t *tell_attempt(const struct store_attempt *a)
{
    json_t *o = json_object();
    set_text(o, "request", a->request);
    set_json(o, "body", a->body);
    story_put_time(o, "begun", a->begun_ms);
    story_put_time(o, "ended", a->ended_ms);
    json_object_set_new(o, "status", json_integer(a->status));
    set_json(o, "answer", a->answer);
    set_text(o, "verdict", a->verdict);
    return o;
}

static enum cw_status tell_attempts(const struct teller *t, int64_t call, json_t *to)
{
    struct store_attempt *list = NULL;
    size_t n = 0;
    json_t *all = json_array();
    json_object_set_new(to, "attempts", all);
    enum cw_status st = store_attempts_of(t->store, call, t->arena, &list, &n, t->err);
    for (size_t i = n > ATTEMPTS_SHOWN ? n - ATTEMPTS_SHOWN : 0; !st && i < n; i++)
        json_array_append_new(all, tell_attempt(&list[i]));
    return st;
}

/* With what the lane rendered in its place. */
static void set_args(json_t *o, const struct store_call *c)
{
    json_t *args = NULL;
    if (c->args.len + c->progress.len <= STORY_VALUE)
        args = tell_read(c->args, 0);
    if (!json_is_object(args)) {
        set_json(o, "args", c->args);
    } else {
        json_t *progress = tell_read(c->progress, 0);
        json_object_set_new(o, "args", action_shown_args(args, progress));
        json_decref(progress);
    }
    json_decref(args);
}

static enum cw_status tell_call(const struct teller *t, const struct store_call *c, json_t *o)
{
    json_object_set_new(o, "call", json_integer(c->id));
    json_object_set_new(o, "run", json_integer(c->run));
    set_text(o, "rule", c->rule);
    set_text(o, "person", c->person);
    set_text(o, "action", c->action);
    set_args(o, c);
    set_text(o, "condition", c->condition);
    json_object_set_new(o, "state", json_string(store_call_word(c->state)));
    json_object_set_new(o, "tries", json_integer(c->tries));
    set_text(o, "reason", c->reason);
    story_put_time(o, "changed", c->changed_ms);
    return tell_attempts(t, c->id, o);
}

enum cw_status story_put_call(struct store *store, const struct store_call *call,
                              struct cw_arena *arena, json_t *to, struct cw_error *err)
{
    const struct teller t = {store, arena, err};
    return tell_call(&t, call, to);
}

static json_t *tell_run(const struct store_run *r)
{
    json_t *o = json_object();
    json_object_set_new(o, "run", json_integer(r->id));
    json_object_set_new(o, "event", json_integer(r->event));
    set_text(o, "rule", r->rule);
    set_text(o, "person", r->person);
    set_text(o, "key", r->key);
    json_object_set_new(o, "state", json_string(store_run_word(r->state)));
    story_put_time(o, "due", r->due_ms);
    story_put_time(o, "changed", r->changed_ms);
    set_text(o, "reason", r->reason);
    return o;
}

static enum cw_status tell_rest(const struct teller *t, int64_t seq, json_t *to)
{
    struct store_run *runs = NULL;
    struct store_call *calls = NULL;
    size_t n_runs = 0, n_calls = 0;
    json_t *r = json_array(), *c = json_array();
    json_object_set_new(to, "runs", r);
    json_object_set_new(to, "calls", c);
    enum cw_status st = store_runs_of(t->store, seq, t->arena, &runs, &n_runs, t->err);
    for (size_t i = 0; !st && i < n_runs; i++)
        json_array_append_new(r, tell_run(&runs[i]));
    if (!st)
        st = store_calls_of(t->store, seq, t->arena, &calls, &n_calls, t->err);
    for (size_t i = 0; !st && i < n_calls; i++) {
        json_t *o = json_object();
        json_array_append_new(c, o);
        st = tell_call(t, &calls[i], o);
    }
    return st;
}

static enum cw_status tell_event(const struct teller *t, const struct store_event *e, json_t *to)
{
    json_object_set_new(to, "event", json_integer(e->seq));
    story_put_time(to, "received", e->received_ms);
    set_text(to, "source", e->source);
    set_text(to, "type", e->type);
    set_text(to, "id", e->id);
    json_object_set_new(to, "verdict",
                        json_string(e->verdict == STORE_REFUSED ? "refused" : "accepted"));
    set_text(to, "reason", e->reason);
    set_json(to, "used", e->used);
    return tell_rest(t, e->seq, to);
}

/* ---- Which of them ---- */

static bool is_from(const struct store_event *e, const char *source)
{
    auto_free char *full =
        xprintf("%.*s.%.*s", (int)e->source.len, e->source.at, (int)e->type.len, e->type.at);
    return !source || cw_text_is(e->source, source) || strcmp(full, source) == 0;
}

/* Whether a run of it is of the rule and person; of nobody else's event when there is no rule. */
static enum cw_status has_run(const struct teller *t, const struct story_ask *ask,
                              const struct store_event *e, bool *has)
{
    struct store_run *runs = NULL;
    size_t n = 0;
    enum cw_status st = store_runs_of(t->store, e->seq, t->arena, &runs, &n, t->err);
    *has = !st && !ask->rule && whose_is(ask->rules, e, ask->person) == WHOSE_THEIRS;
    for (size_t i = 0; !st && !*has && i < n; i++)
        *has = (!ask->rule || cw_text_is(runs[i].rule, ask->rule)) &&
               (!ask->person || cw_text_is(runs[i].person, ask->person->name));
    return st;
}

static enum cw_status fits(const struct teller *t, const struct story_ask *ask,
                           const struct store_event *e, bool *out)
{
    *out = e->received_ms >= ask->since_ms && is_from(e, ask->source);
    if (!*out || (!ask->rule && !ask->person))
        return CW_OK;
    cw_arena_reset(t->arena);
    return has_run(t, ask, e, out);
}

/* The number before the last `ask->last` that fit. */
static enum cw_status find_last(const struct teller *t, const struct story_ask *ask, int64_t *after)
{
    struct cw_arena *page = xarena(STORY_ARENA);
    struct store_event *list = NULL;
    int64_t before = INT64_MAX;
    enum cw_status st = CW_OK;
    *after = 0;
    for (size_t n = 1, found = 0, seen = 0; !st && n && found < ask->last && seen < LOOKED;) {
        st = pages_back(t->store, before, page, &list, &n, t->err);
        for (size_t i = 0; !st && i < n && found < ask->last; i++, seen++) {
            bool fit = false;
            before = list[i].seq;
            st = fits(t, ask, &list[i], &fit);
            found += fit;
        }
        *after = before == INT64_MAX ? 0 : before - 1;
    }
    cw_arena_destroy(page);
    return st;
}

/* ---- A page ---- */

static enum cw_status put_page(const struct teller *t, const struct story_ask *ask, int64_t after,
                               size_t limit, FILE *f)
{
    struct cw_arena *arena = xarena(STORY_ARENA);
    struct store_event *list = NULL;
    size_t n = 0, i = 0, shown = 0;
    enum cw_status st = store_events(t->store, after, limit, arena, &list, &n, t->err);
    for (; !st && i < n && shown < ask->limit && ftell(f) < STORY_BYTES; i++) {
        bool fit = false;
        st = fits(t, ask, &list[i], &fit);
        if (st || !fit)
            continue;
        json_t *o = json_object();
        cw_arena_reset(t->arena);
        st = tell_event(t, &list[i], o);
        tell_line(f, o);
        shown++;
    }
    if (!st)
        tell_line(f, json_pack("{s:I, s:b}", "next", (json_int_t)(i ? list[i - 1].seq : after),
                               "more", n > 0));
    cw_arena_destroy(arena);
    return st;
}

static enum cw_status try_events(struct store *store, const struct story_ask *ask, int64_t after,
                                 size_t limit, char **out, size_t *len, struct cw_error *err)
{
    struct teller t = {store, xarena(STORY_ARENA), err};
    char *text;
    FILE *f = tell_open(&text, len);
    enum cw_status st = put_page(&t, ask, after, limit, f);
    tell_close(f);
    cw_arena_destroy(t.arena);
    if (st)
        free(text);
    else
        *out = text;
    return st;
}

static enum cw_status begin_of(struct store *store, const struct story_ask *ask, int64_t *after,
                               struct cw_error *err)
{
    struct teller t = {store, xarena(STORY_ARENA), err};
    int64_t since = 0;
    *after = ask->after;
    enum cw_status st = ask->last ? find_last(&t, ask, after) : CW_OK;
    if (!st && ask->since_ms > INT64_MIN)
        st = pages_until(store, ask->since_ms - 1, &since, err);
    if (since > *after)
        *after = since;
    cw_arena_destroy(t.arena);
    return st;
}

/* Large payloads make fewer events fit. */
enum cw_status story_events(struct store *store, const struct story_ask *ask, char **out,
                            size_t *len, struct cw_error *err)
{
    bool picks = ask->source || ask->rule || ask->person;
    int64_t after = 0;
    enum cw_status st = begin_of(store, ask, &after, err);
    if (st)
        return st;
    st = CW_NOMEM;
    for (size_t limit = picks ? PICKED : ask->limit; st == CW_NOMEM && limit; limit /= 8)
        st = try_events(store, ask, after, limit, out, len, err);
    return st;
}
