/* engine/hold: somebody is held, or released, by a command. */
#include "hold.h"
#include "clock.h"
#include "engine/priv.h"
#include "log.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdlib.h>

/* Who did what, where `events` and `why` find it. */
static enum cw_status add_command(struct engine *e, const char *type, const char *person,
                                  const char *what, int64_t now_ms, struct cw_error *err)
{
    char id[CLOCK_TEXT];
    json_t *json = person ? json_pack("{s:s}", "event.user", person) : json_object();
    auto_free char *used = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    if (!used)
        abort();
    struct store_event event = {.received_ms = now_ms,
                                .source = CW_TEXT("command"),
                                .type = cw_text_of(type),
                                .id = cw_text_of(clock_format(now_ms, id)),
                                .used = cw_text_of(used),
                                .reason = cw_text_of(what)};
    return store_event_add(e->deps.store, &event, NULL, 0, &event.seq, err);
}

static void held(struct engine *e, const char *msg, const char *person, const char *what)
{
    dispatcher_held(e->deps.dispatcher, person);
    LOG(LOG_INFO, msg, F_S("person", person ? person : "everybody"), F_S("reason", what));
}

enum cw_status engine_hold(struct engine *e, const struct cw_person *whom, int64_t until_ms,
                           int64_t now_ms, struct cw_error *err)
{
    const struct hold hold = {.since_ms = now_ms, .until_ms = until_ms, .rule = ""};
    const char *person = whom ? whom->name : NULL;
    enum cw_status st = store_begin(e->deps.store, err);
    if (st)
        return st;
    cw_arena_reset(e->arena);
    const char *how = hold_text(&hold, whom ? whom->zone : NULL, now_ms, e->arena);
    auto_free char *what = xprintf("%s is held %s", person ? person : "everybody", how);
    st = hold_put(e->deps.store, person, &hold, err);
    if (!st)
        st = add_command(e, "hold", person, what, now_ms, err);
    st = engine_end_turn(e, st, err);
    if (!st)
        held(e, "held", person, what);
    return st;
}

enum cw_status engine_release(struct engine *e, const char *person, int64_t now_ms,
                              struct cw_error *err)
{
    auto_free char *what = xprintf("%s is held no more", person ? person : "everybody");
    enum cw_status st = store_begin(e->deps.store, err);
    if (st)
        return st;
    cw_arena_reset(e->arena);
    st = hold_end(e->deps.store, person, now_ms, e->arena, err);
    if (!st)
        st = add_command(e, "release", person, what, now_ms, err);
    st = engine_end_turn(e, st, err);
    if (!st)
        held(e, "released", person, what);
    return st;
}
