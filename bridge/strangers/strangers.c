#include "strangers/strangers.h"

#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    ALIAS_BYTES = 320, /* longer ones cannot be written in `users` */
    WORD_BYTES = 100,  /* of source and type */
    STAGED = 16000,    /* of one turn; more are not counted */
    SAVE_MS = 60000,
    KEPT_MS = 6 * 3600 * 1000, /* how much longer for each doubling ... */
    DOUBLINGS = 10,            /* ... up to so many */
    CACHE_BYTES = 8 << 20,
    PAGE_BYTES = 256 << 10,
};
static const char setting[] = "people.unknown";

struct one {
    char *alias, *source, *type;
    int64_t event, first_ms, last_ms;
    uint64_t count, hash;
};

struct strangers {
    struct one list[STRANGERS_MOST];
    size_t n;
    struct one *staged;
    size_t n_staged, staged_cap;
    bool dirty;
    int64_t saved_ms;
};

/* ---- One of them ---- */

static void drop_one(struct one *one)
{
    free(one->alias);
    free(one->source);
    free(one->type);
}

/* Aliases have no case: for letters beyond ASCII two lines are no harm. */
static uint64_t hash_of(const char *alias)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *alias; alias++) {
        unsigned char c = (unsigned char)*alias;
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32U : c)) * UINT64_C(1099511628211);
    }
    return hash;
}

static struct one *find(struct strangers *s, const char *alias, uint64_t hash)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->list[i].hash == hash && strcasecmp(s->list[i].alias, alias) == 0)
            return &s->list[i];
    return NULL;
}

static int64_t worth(const struct one *one)
{
    int64_t doublings = 0;
    for (uint64_t n = one->count; n > 1 && doublings < DOUBLINGS; n /= 2)
        doublings++;
    return one->last_ms + doublings * KEPT_MS;
}

static struct one *least(struct strangers *s)
{
    struct one *least = &s->list[0];
    for (size_t i = 1; i < s->n; i++)
        if (worth(&s->list[i]) < worth(least))
            least = &s->list[i];
    return least;
}

/* Owns `seen`. */
static void add(struct strangers *s, struct one *seen)
{
    struct one *one = find(s, seen->alias, seen->hash);
    if (one) {
        seen->count += one->count;
        seen->first_ms = one->first_ms < seen->first_ms ? one->first_ms : seen->first_ms;
        drop_one(one);
    } else if (s->n < STRANGERS_MOST) {
        one = &s->list[s->n++];
    } else {
        one = least(s);
        drop_one(one);
    }
    *one = *seen;
    s->dirty = true;
}

/* ---- Life ---- */

struct strangers *strangers_create(void)
{
    return xcalloc(1, sizeof(struct strangers));
}

void strangers_end(struct strangers *s, bool committed)
{
    for (size_t i = 0; i < s->n_staged; i++) {
        if (committed)
            add(s, &s->staged[i]);
        else
            drop_one(&s->staged[i]);
    }
    s->n_staged = 0;
    s->dirty |= !committed && s->n; /* what was written is not on disk */
}

void strangers_destroy(struct strangers *s)
{
    if (!s)
        return;
    strangers_end(s, false);
    for (size_t i = 0; i < s->n; i++)
        drop_one(&s->list[i]);
    free(s->staged);
    free(s);
}

static char *cut(struct cw_text text)
{
    return xtext((struct cw_text){text.at, text.len < WORD_BYTES ? text.len : WORD_BYTES});
}

static bool is_sender(struct cw_text alias)
{
    static const char team[] = "team:";
    return alias.len && alias.len <= ALIAS_BYTES && !memchr(alias.at, '\0', alias.len) &&
           !(alias.len >= sizeof team - 1 && strncasecmp(alias.at, team, sizeof team - 1) == 0);
}

static struct one one_of(const struct stranger *seen)
{
    struct one one = {xtext(seen->alias), cut(seen->source), cut(seen->type), seen->event,
                      seen->first_ms,     seen->last_ms,     seen->count,     0};
    one.hash = hash_of(one.alias);
    return one;
}

void strangers_note(struct strangers *s, const struct stranger *seen)
{
    if (!is_sender(seen->alias) || s->n_staged == STAGED)
        return;
    if (s->n_staged == s->staged_cap) {
        s->staged_cap = s->staged_cap ? 2 * s->staged_cap : 16;
        s->staged = xrealloc(s->staged, s->staged_cap * sizeof *s->staged);
    }
    s->staged[s->n_staged++] = one_of(seen);
}

void strangers_reload(struct strangers *s, const struct cw_ruleset *rules)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (cw_ruleset_find(rules, cw_text_of(s->list[i].alias)))
            drop_one(&s->list[i]);
        else
            s->list[kept++] = s->list[i];
    }
    s->dirty |= kept < s->n;
    s->n = kept;
}

/* ---- In the journal ---- */

static json_t *json_of(const struct one *one)
{
    json_t *o = json_object();
    json_object_set_new(o, "alias", tell_text(cw_text_of(one->alias)));
    json_object_set_new(o, "count", json_integer((json_int_t)one->count));
    json_object_set_new(o, "source", tell_text(cw_text_of(one->source)));
    json_object_set_new(o, "type", tell_text(cw_text_of(one->type)));
    json_object_set_new(o, "event", json_integer(one->event));
    return o;
}

enum cw_status strangers_save(struct strangers *s, struct store *store, int64_t now_ms,
                              bool at_once, struct cw_error *err)
{
    if (!s->dirty || (!at_once && strangers_next_ms(s) > now_ms))
        return CW_OK;
    json_t *all = json_array();
    for (size_t i = 0; i < s->n; i++) {
        json_t *o = json_of(&s->list[i]);
        json_object_set_new(o, "first_ms", json_integer(s->list[i].first_ms));
        json_object_set_new(o, "last_ms", json_integer(s->list[i].last_ms));
        json_array_append_new(all, o);
    }
    auto_free char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    if (!text)
        abort();
    s->dirty = false;
    s->saved_ms = now_ms;
    return store_setting_put(store, setting, cw_text_of(text), err);
}

int64_t strangers_next_ms(const struct strangers *s)
{
    return s->dirty ? s->saved_ms + SAVE_MS : INT64_MAX;
}

static struct cw_text text_in(const json_t *o, const char *name)
{
    const json_t *text = json_object_get(o, name);
    const char *at = json_string_value(text);
    return (struct cw_text){at ? at : "", json_string_length(text)};
}

static int64_t number_in(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

static void take(struct strangers *s, const json_t *o)
{
    struct stranger seen = {text_in(o, "alias"),
                            text_in(o, "source"),
                            text_in(o, "type"),
                            number_in(o, "event"),
                            number_in(o, "first_ms"),
                            number_in(o, "last_ms"),
                            (uint64_t)number_in(o, "count")};
    strangers_note(s, &seen);
}

enum cw_status strangers_load(struct strangers *s, struct store *store, struct cw_error *err)
{
    struct cw_arena *arena = xarena(CACHE_BYTES);
    struct cw_text text;
    size_t i;
    const json_t *o;
    enum cw_status st = store_setting_get(store, setting, arena, &text, err);
    json_t *all = st ? NULL : tell_read(text, 0);
    json_array_foreach(all, i, o) take(s, o);
    strangers_end(s, true);
    s->dirty = false;
    json_decref(all);
    cw_arena_destroy(arena);
    return st == CW_ENOENT || st == CW_NOMEM ? CW_OK : st;
}

/* ---- The list ---- */

static int by_count(const void *a, const void *b)
{
    const struct one *x = *(const struct one *const *)a, *y = *(const struct one *const *)b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->last_ms != y->last_ms)
        return x->last_ms > y->last_ms ? -1 : 1;
    return strcmp(x->alias, y->alias);
}

static void put_one(FILE *f, const struct one *one, const struct cw_ruleset *rules)
{
    json_t *o = json_of(one);
    auto_free char *paste = strangers_paste(rules, cw_text_of(one->alias));
    tell_moment(o, "first", one->first_ms, NULL);
    tell_moment(o, "last", one->last_ms, NULL);
    if (paste)
        json_object_set_new(o, "paste", json_string(paste));
    tell_line(f, o);
}

void strangers_list(const struct strangers *s, const struct cw_ruleset *rules, size_t after,
                    char **out, size_t *len)
{
    const struct one *list[STRANGERS_MOST];
    size_t n = 0, i = after;
    FILE *f = tell_open(out, len);
    for (size_t k = 0; k < s->n; k++)
        if (!cw_ruleset_find(rules, cw_text_of(s->list[k].alias)))
            list[n++] = &s->list[k];
    qsort(list, n, sizeof(void *), by_count);
    for (; i < n && ftell(f) < PAGE_BYTES; i++)
        put_one(f, list[i], rules);
    tell_line(f, json_pack("{s:I, s:b}", "next", (json_int_t)i, "more", i < n));
    tell_close(f);
}
