/* why/id: an event by the id that its sender gave it. */
#include "why/why.h"

#include "pages.h"
#include "tell.h"
#include "why/run.h"
#include "xalloc.h"

#include <string.h>
#include <strings.h>

enum { SHORT = 8, ID_BYTES = 256 << 20 };

/* The whole id in any case, or how it begins. */
static bool is_it(const struct store_event *event, struct cw_text id)
{
    if (event->id.len < id.len || (id.len < SHORT && event->id.len > id.len))
        return false;
    return strncasecmp(event->id.at, id.at, id.len) == 0;
}

struct found {
    int64_t event, next; /* event 0: not yet; next: go on before it, 0 at the end */
    size_t looked;
};

static enum cw_status find(struct store *store, struct cw_text id, int64_t before, size_t most,
                           struct found *out, struct cw_error *err)
{
    struct cw_arena *arena = xarena(ID_BYTES);
    struct store_event *list = NULL;
    enum cw_status st = CW_OK;
    *out = (struct found){.next = before > 0 ? before : INT64_MAX};
    for (size_t n = 1; !st && n && !out->event && out->looked < most;) {
        st = pages_back(store, out->next, arena, &list, &n, err);
        for (size_t i = 0; !st && i < n && !out->event && out->looked < most; i++) {
            out->next = list[i].seq;
            out->looked++;
            out->event = is_it(&list[i], id) ? list[i].seq : 0;
        }
        if (!n)
            out->next = 0;
    }
    cw_arena_destroy(arena);
    return st;
}

static bool has_event(struct store *store, int64_t seq)
{
    struct cw_arena *arena = xarena(ID_BYTES);
    struct store_event *list = NULL;
    struct cw_error err;
    size_t n = 0;
    bool has = store_events_back(store, seq + 1, 1, arena, &list, &n, &err) == CW_OK && n &&
               list[0].seq == seq;
    cw_arena_destroy(arena);
    return has;
}

enum cw_status why_event_of(struct store *store, const struct config *config,
                            const struct why_ask *ask, const char *id, int64_t before, char **out,
                            size_t *len, struct cw_error *err)
{
    enum { LOOKED = 2000 };
    struct found found;
    struct why_ask mine = *ask;
    if (!before && ask->event > 0 && has_event(store, ask->event))
        return why_event(store, config, ask, out, len, err);
    enum cw_status st = find(store, cw_text_of(id), before, LOOKED, &found, err);
    mine.event = found.event;
    mine.run = 0;
    if (!st && found.event)
        return why_event(store, config, &mine, out, len, err);
    if (st)
        return st;
    struct cw_error missing = {0};
    bool by_number = ask->event > 0 && why_missing(store, ask->event, &missing) != CW_OK;
    FILE *f = tell_open(out, len);
    tell_line(f, json_pack("{s:I, s:I, s:s*}", "looked", (json_int_t)found.looked, "next",
                           (json_int_t)found.next, "missing", by_number ? missing.text : NULL));
    tell_close(f);
    return CW_OK;
}
