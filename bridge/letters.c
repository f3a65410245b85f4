#include "letters.h"

#include "story.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>

enum {
    LINES = 100,
    TEXT_BYTES = 256 << 10, /* of one answer, which a command takes up to 1 MiB */
    AT_ONCE = 16,           /* letters that are read together */
    LOOKED = 10000,
    LETTER_BYTES = 64 << 20,
};

bool letters_fit(const struct store_call *call, const char *rule, const char *person)
{
    return (!rule || cw_text_is(call->rule, rule)) && (!person || cw_text_is(call->person, person));
}

static enum cw_status put_event(struct store *store, int64_t seq, struct cw_arena *arena, json_t *o,
                                struct cw_error *err)
{
    struct store_event *list = NULL;
    size_t n = 0;
    enum cw_status st = store_events_back(store, seq + 1, 1, arena, &list, &n, err);
    json_object_set_new(o, "event", json_integer(seq));
    if (st || !n || list[0].seq != seq)
        return st;
    story_put_time(o, "received", list[0].received_ms);
    json_object_set_new(o, "source", tell_text(list[0].source));
    json_object_set_new(o, "type", tell_text(list[0].type));
    json_object_set_new(o, "id", tell_text(list[0].id));
    return CW_OK;
}

static enum cw_status put_letter(struct store *store, const struct store_call *call,
                                 struct cw_arena *arena, FILE *f, struct cw_error *err)
{
    json_t *o = json_object();
    cw_arena_reset(arena);
    enum cw_status st = put_event(store, call->event, arena, o, err);
    story_put_time(o, "created", call->created_ms);
    if (!st)
        st = story_put_call(store, call, arena, o, err);
    tell_line(f, o);
    return st;
}

struct page {
    const struct letters_ask *ask;
    FILE *f;
    int64_t after;
    size_t lines, looked;
    bool more;
    struct cw_arena *letters, *arena;
};

static bool is_full(const struct page *p)
{
    return p->lines == LINES || p->looked >= LOOKED || ftell(p->f) >= TEXT_BYTES;
}

static enum cw_status put_some(struct store *store, struct page *p, struct cw_error *err)
{
    struct store_call *list = NULL;
    size_t n = 0;
    cw_arena_reset(p->letters);
    enum cw_status st = store_dead(store, p->after, AT_ONCE, p->letters, &list, &n, err);
    p->more = n > 0;
    for (size_t i = 0; !st && i < n && !is_full(p); i++) {
        p->after = list[i].id;
        p->looked++;
        if (!letters_fit(&list[i], p->ask->rule, p->ask->person))
            continue;
        st = put_letter(store, &list[i], p->arena, p->f, err);
        p->lines++;
    }
    return st;
}

enum cw_status letters_list(struct store *store, const struct letters_ask *ask, char **out,
                            size_t *len, struct cw_error *err)
{
    char *text = NULL;
    struct page p = {.ask = ask,
                     .f = tell_open(&text, len),
                     .after = ask->after,
                     .more = true,
                     .letters = xarena(LETTER_BYTES),
                     .arena = xarena(LETTER_BYTES)};
    enum cw_status st = CW_OK;
    while (!st && p.more && !is_full(&p))
        st = put_some(store, &p, err);
    tell_line(p.f, json_pack("{s:I, s:b}", "next", (json_int_t)p.after, "more", p.more));
    tell_close(p.f);
    cw_arena_destroy(p.letters);
    cw_arena_destroy(p.arena);
    if (st)
        free(text);
    else
        *out = text;
    return st;
}
