/* engine/absent: people of whom there was no sign of life for so long.
 *
 * Each sign of life is a mark that says when the silence will be complete. One that has come due is
 * dropped in the transaction of its event, of the source `clock`, which is for all marks of one
 * sign of life. So a silence is told once, and a restart in the midst of it changes nothing. */
#include "clock.h"
#include "engine/priv.h"
#include "log.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_AT_ONCE = 256, SILENCES_AT_ONCE = 16 };

#define ABSENT CW_TEXT("absent")

/* Marks of one sign of life. */
struct silence {
    const struct store_mark *marks;
    size_t n;
};

static bool same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

static size_t count_alike(const struct store_mark *marks, size_t n)
{
    size_t i = 1;
    while (i < n && marks[i].until_ms == marks[0].until_ms && same(marks[i].value, marks[0].value))
        i++;
    return i;
}

/* A rule or person that is gone, or a trigger that was written anew, has no silence any more. */
static bool is_alive(const struct engine *e, const struct store_mark *mark)
{
    const char *end = memchr(mark->key.at, '\n', mark->key.len);
    struct cw_text shown = {mark->key.at, end ? (size_t)(end - mark->key.at) : 0};
    const struct cw_person *person = cw_ruleset_find(e->rules, mark->person);
    return person && cw_text_is(mark->person, person->name) &&
           cw_ruleset_has_trigger(e->rules, mark->rule, shown);
}

static char *print_marks(const struct silence *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->n; i++) {
        const struct store_mark *m = &s->marks[i];
        json_array_append_new(list,
                              json_pack("[s%s%s%]", m->rule.at, (size_t)m->rule.len, m->person.at,
                                        (size_t)m->person.len, m->key.at, (size_t)m->key.len));
    }
    char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    if (!text)
        abort();
    return text;
}

/* Whose silence it is, and what rules read of the sign of life, with its numbers as they were sent:
 * `why` asks for both. */
static char *used_of(const struct engine *e, const struct silence *s)
{
    struct cw_text value = s->marks[0].value;
    auto_free char *whose = print_marks(s);
    if (e->keep_nothing || value.len <= 2)
        return xprintf("{\"clock.absent\":%s}", whose);
    return xprintf("{\"clock.absent\":%s,%.*s", whose, (int)value.len - 1, value.at + 1);
}

static enum cw_status match(struct engine *e, const struct silence *s, struct cw_json *json,
                            struct accepted_event *ev)
{
    struct cw_absence *items = cw_arena_take(e->arena, s->n * sizeof *items);
    struct cw_event event = {.id = ev->row.id,
                             .source = ev->row.source,
                             .type = ev->row.type,
                             .received_ms = ev->row.received_ms};
    if (!items || cw_json_read(json, s->marks[0].value, NULL))
        return CW_NOMEM;
    event.used = cw_json_root(json);
    for (size_t i = 0; i < s->n; i++)
        items[i] = (struct cw_absence){s->marks[i].rule, s->marks[i].person, s->marks[i].key};
    return cw_match_absent(e->clock.matcher, e->rules, &event, items, s->n, NULL, e->arena,
                           &ev->matches);
}

static enum cw_status tell(struct engine *e, const struct silence *s, int64_t now_ms,
                           struct cw_error *err)
{
    struct decision d = {0, s->marks[0].until_ms, now_ms, e->arena};
    size_t room = ENGINE_ROOM;
    char id[CLOCK_TEXT];
    auto_free char *used = used_of(e, s);
    struct accepted_event ev = {.row = {.received_ms = d.at_ms,
                                        .source = CW_TEXT("clock"),
                                        .type = CW_TEXT("absent"),
                                        .id = cw_text_of(clock_format(d.at_ms, id)),
                                        .used = cw_text_of(used)}};
    struct cw_json *json = cw_json_create();
    if (!json)
        abort();
    if (match(e, s, json, &ev)) {
        ev.matches = (struct cw_matches){0};
        ev.row.verdict = STORE_REFUSED;
        ev.row.reason = CW_TEXT("matching takes more memory than a silence may");
    }
    enum cw_status st = engine_take_event(e, e->rules, &ev, &d, &room, err);
    cw_json_destroy(json);
    return st;
}

static enum cw_status take_silence(struct engine *e, const struct silence *s, int64_t now_ms,
                                   struct cw_error *err)
{
    size_t alive = 0;
    for (size_t i = 0; i < s->n; i++)
        alive += is_alive(e, &s->marks[i]);
    if (!alive)
        LOG(LOG_INFO, "a silence lost its rule", F_T("rule", s->marks[0].rule),
            F_T("person", s->marks[0].person));
    enum cw_status st = alive ? tell(e, s, now_ms, err) : CW_OK;
    for (size_t i = 0; !st && i < s->n; i++)
        st = store_mark_drop(e->deps.store, &s->marks[i], err);
    return st;
}

enum cw_status engine_absent_turn(struct engine *e, int64_t now_ms, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    for (size_t i = 0; !st && i < SILENCES_AT_ONCE && engine_absent_next_ms(e) <= now_ms; i++) {
        struct store_mark *marks = NULL;
        size_t n = 0;
        cw_arena_reset(e->arena);
        st = store_marks_due(e->deps.store, ABSENT, now_ms, MARKS_AT_ONCE, e->arena, &marks, &n,
                             err);
        if (!st && n)
            st = take_silence(e, &(struct silence){marks, count_alike(marks, n)}, now_ms, err);
        e->clock.absent_known = false;
    }
    return st;
}

int64_t engine_absent_next_ms(struct engine *e)
{
    struct cw_error err;
    if (!e->clock.absent_known && store_next_mark(e->deps.store, ABSENT, &e->clock.absent_ms, &err))
        return INT64_MAX; /* the next turn will tell what is wrong with the journal */
    e->clock.absent_known = true;
    return e->clock.absent_ms;
}
