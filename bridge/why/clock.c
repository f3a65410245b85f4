#include "why/clock.h"

#include "clock.h"
#include "xalloc.h"

#include <string.h>

bool why_is_clock(const struct store_event *e)
{
    return cw_text_is(e->source, "clock");
}

static struct cw_value get(const struct cw_value *of, const char *name, struct cw_arena *arena)
{
    struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    struct cw_value value = {.kind = CW_MISSING};
    return cw_value_get(of, (struct cw_path){&step, 1}, arena, &value)
               ? (struct cw_value){.kind = CW_MISSING}
               : value;
}

/* Which tick is the latest depends on when it was looked for. */
static enum cw_status match_tick(const struct why_clock *w, struct cw_event *event,
                                 struct cw_matches *out)
{
    struct cw_value now = get(&event->used, "clock.now", w->arena);
    struct cw_error err;
    int64_t now_ms = event->received_ms;
    if (now.kind == CW_STRING && cw_moment_parse(now.text, (struct cw_text){0}, (struct cw_text){0},
                                                 w->arena, &now_ms, &err))
        now_ms = event->received_ms;
    event->used = (struct cw_value){.kind = CW_MISSING};
    return cw_match_tick(w->matcher, w->rules, event, now_ms, w->trace, w->arena, out);
}

static struct cw_text text_at(const struct cw_value *list, size_t i, struct cw_arena *arena)
{
    struct cw_value item = {.kind = CW_MISSING};
    bool is_text = cw_value_item(list, i, arena, &item) == CW_OK && item.kind == CW_STRING;
    return is_text ? item.text : CW_TEXT("");
}

static enum cw_status match_absent(const struct why_clock *w, const struct cw_event *event,
                                   struct cw_matches *out)
{
    struct cw_value whose = get(&event->used, "clock.absent", w->arena), one;
    size_t n = cw_value_count(&whose);
    struct cw_absence *items = xtake(w->arena, (n + 1) * sizeof *items);
    for (size_t i = 0; i < n; i++) {
        if (cw_value_item(&whose, i, w->arena, &one))
            return CW_NOMEM;
        items[i] = (struct cw_absence){text_at(&one, 0, w->arena), text_at(&one, 1, w->arena),
                                       text_at(&one, 2, w->arena)};
    }
    return cw_match_absent(w->matcher, w->rules, event, items, n, w->trace, w->arena, out);
}

enum cw_status why_match_clock(const struct why_clock *w, struct cw_event *event,
                               struct cw_matches *out)
{
    return cw_text_is(event->type, "tick") ? match_tick(w, event, out)
                                           : match_absent(w, event, out);
}
