/* admin/people: who is who, and who is nobody. */
#include "admin/priv.h"

#include "clock.h"
#include "strangers/strangers.h"
#include "tell.h"
#include "tokens/tokens.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 500, PEOPLE_BYTES = 16 << 20 };

void admin_strangers(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    char *text = NULL;
    size_t len = 0;
    int64_t after = admin_number(form, "after");
    strangers_list(engine_strangers(a->deps.engine), a->deps.config->rules,
                   after > 0 ? (size_t)after : 0, &text, &len);
    admin_found(x, CW_OK, text, len, NULL);
}

/* ---- Who is who ---- */

static const char *token_of(const struct admin *a, const struct person *p)
{
    static const char *const words[] = {[TOKENS_NONE] = "not logged in",
                                        [TOKENS_READY] = "logged in",
                                        [TOKENS_SOON] = "logged in",
                                        [TOKENS_BROKEN] = "login broken"};
    if (p->oauth)
        return words[tokens_get(a->deps.tokens, p->name, clock_now_ms()).state];
    return p->token ? "own" : "workspace";
}

/* What awork calls them, and since when that is known. */
static void put_awork(const struct admin *a, json_t *o, const struct person *p,
                      const struct cw_person *whose)
{
    const char *name = NULL;
    int64_t since_ms = 0;
    if (p->awork && *p->awork)
        json_object_set_new(o, "awork", json_string(p->awork));
    if (p->email) {
        json_object_set_new(o, "email", json_string(p->email));
        roster_about(a->deps.roster, p->email, &name, &since_ms);
    }
    if (name)
        json_object_set_new(o, "name", tell_text(cw_text_of(name)));
    if (since_ms)
        tell_moment(o, "known", since_ms, whose);
    if (p->trouble)
        json_object_set_new(o, "trouble", json_string(p->trouble));
}

/* The call at the head of their lane. */
static enum cw_status put_lane(const struct admin *a, json_t *o, const struct person *p,
                               const struct cw_person *whose, struct cw_arena *arena,
                               struct cw_error *err)
{
    struct store_call head;
    cw_arena_reset(arena);
    enum cw_status st = store_lane_head(a->deps.store, cw_text_of(p->name), arena, &head, err);
    json_object_set_new(o, "lane",
                        json_string(st                              ? "idle"
                                    : head.state == STORE_CALL_SENT ? "in flight"
                                                                    : "waits"));
    if (st)
        return st == CW_ENOENT ? CW_OK : st;
    json_object_set_new(o, "call", json_integer(head.id));
    json_object_set_new(o, "action", tell_text(head.action));
    tell_moment(o, "due", head.due_ms, whose);
    if (head.reason.len)
        json_object_set_new(o, "reason", tell_short(head.reason));
    return CW_OK;
}

static enum cw_status put_person(const struct admin *a, size_t i, struct cw_arena *arena, FILE *f,
                                 struct cw_error *err)
{
    const struct person *p = &a->deps.config->people.items[i];
    const struct cw_person *whose = cw_ruleset_person(a->deps.config->rules, i);
    json_t *o = json_pack("{s:s}", "person", p->name);
    put_awork(a, o, p, whose);
    json_object_set_new(o, "token", json_string(token_of(a, p)));
    if (p->opted_out)
        json_object_set_new(o, "automation", json_string("off"));
    enum cw_status st = put_lane(a, o, p, whose, arena, err);
    tell_line(f, o);
    return st;
}

void admin_people(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_error err = {0};
    struct cw_arena *arena = xarena(PEOPLE_BYTES);
    char *text = NULL;
    size_t len = 0, n = a->deps.config->people.n;
    int64_t after = admin_number(form, "after");
    size_t first = after > 0 && (uint64_t)after < n ? (size_t)after : after > 0 ? n : 0;
    size_t end = n - first > AT_ONCE ? first + AT_ONCE : n;
    enum cw_status st = CW_OK;
    FILE *f = tell_open(&text, &len);
    for (size_t i = first; !st && i < end; i++)
        st = put_person(a, i, arena, f, &err);
    tell_line(f, json_pack("{s:I, s:b}", "next", (json_int_t)end, "more", end < n));
    tell_close(f);
    cw_arena_destroy(arena);
    admin_found(x, st, text, len, &err);
}
