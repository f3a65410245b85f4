#include "why/look.h"

#include "why/clock.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

bool why_can_match(const struct store_event *event)
{
    return event->used.len && event->verdict == STORE_ACCEPTED &&
           !cw_text_is(event->source, "command"); /* no rule is for it */
}

struct watch {
    struct why_looks *out;
    struct cw_arena *arena;
};

static void on_look(void *ctx, const struct cw_look *seen)
{
    struct watch *w = ctx;
    struct why_list *to = seen->kind == CW_LOOK_CANCEL ? &w->out->cancels : &w->out->looks;
    if (to->n == to->size) {
        to->size = to->size ? 2 * to->size : 64;
        to->items = xrealloc(to->items, to->size * sizeof *to->items);
    }
    const char *reason = cw_arena_copy(w->arena, cw_text_of(seen->reason));
    to->items[to->n++] =
        (struct why_look){seen->kind, seen->rule, seen->person ? seen->person->name : NULL,
                          seen->place, reason ? reason : ""};
}

static struct cw_value get(const struct cw_value *used, const char *name, struct cw_arena *arena)
{
    struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    struct cw_value value = {.kind = CW_MISSING};
    if (cw_value_get(used, (struct cw_path){&step, 1}, arena, &value))
        value.kind = CW_MISSING;
    return value;
}

static enum cw_status match(const struct config *config, const struct store_event *e,
                            const struct cw_trace *trace, struct cw_json *json,
                            struct cw_arena *arena)
{
    struct cw_matches none;
    auto_free char *name = xtext(e->source);
    const struct source *source = config_source_named(config, name);
    struct cw_event event = {.id = e->id,
                             .source = e->source,
                             .family = cw_text_of(source ? source_family(source) : ""),
                             .type = e->type,
                             .received_ms = e->received_ms,
                             .used = cw_json_root(json)};
    event.user = get(&event.used, "event.user", arena);
    struct cw_matcher *matcher = cw_matcher_create();
    if (!matcher)
        abort();
    const struct why_clock clock = {matcher, config->rules, trace, arena};
    enum cw_status st = why_is_clock(e) ? why_match_clock(&clock, &event, &none)
                                        : cw_match(matcher, config->rules, &event, e->received_ms,
                                                   trace, arena, &none);
    cw_matcher_destroy(matcher);
    return st;
}

enum cw_status why_match(const struct config *config, const struct store_event *event,
                         const char *rule, struct cw_arena *arena, struct why_looks *out,
                         struct cw_error *err)
{
    struct watch watch = {out, arena};
    const struct cw_trace trace = {on_look, &watch, rule};
    struct cw_json *json = cw_json_create();
    if (!json)
        abort();
    out->looks.n = out->cancels.n = 0;
    enum cw_status st = cw_json_read(json, event->used, err);
    if (st)
        st = cw_wrap(err, "what was kept of the event");
    else if (match(config, event, &trace, json, arena))
        st = cw_fail(err, CW_NOMEM, "matching once more takes too much memory");
    cw_json_destroy(json);
    return st;
}

void why_looks_fini(struct why_looks *looks)
{
    free(looks->looks.items);
    free(looks->cancels.items);
}
