/* The words of a step: its memory, and its verdicts. */
#include "action/step.h"

#include "xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The memory of a call ---- */

const char *step_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && *text ? text : NULL;
}

void step_remember(const struct action_turn *t, const char *name, const char *value)
{
    if (!value)
        json_object_del(t->progress, name);
    else if (json_object_set_new(t->progress, name, json_string(value)) != 0)
        abort();
}

bool step_flag(const struct action_turn *t, const char *name)
{
    return json_is_true(json_object_get(t->progress, name));
}

void step_set_flag(const struct action_turn *t, const char *name, bool on)
{
    if (!on)
        json_object_del(t->progress, name);
    else if (json_object_set_new(t->progress, name, json_true()) != 0)
        abort();
}

const char *step_started_by(const struct action_turn *t, const char *entry_id)
{
    if (!t->timer || !cw_text_is(t->timer->entry, entry_id))
        return "";
    char *by = cw_arena_copy(t->arena, t->timer->started_by);
    return by ? by : "";
}

bool action_is_acting(const json_t *progress)
{
    const char *turn = step_text(progress, "turn");
    return turn && (strcmp(turn, "act") == 0 || strcmp(turn, "correct") == 0);
}

bool action_is_asking(const json_t *progress)
{
    static const char *const turns[] = {"look", "task", "project", "kind"};
    const char *turn = step_text(progress, "turn");
    for (size_t i = 0; turn && i < sizeof turns / sizeof *turns; i++)
        if (strcmp(turn, turns[i]) == 0)
            return true;
    return !turn;
}

bool action_in_doubt(const json_t *progress)
{
    return json_is_true(json_object_get(progress, "doubt")) || action_has_acted(progress);
}

/* ---- Verdicts ---- */

__attribute__((format(printf, 2, 0))) static char *print_in(const struct action_turn *t,
                                                            const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = xtake(t->arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

struct action_verdict step_end(const struct action_turn *t, enum action_what what,
                               const char *format, ...)
{
    struct action_verdict v = {.what = what};
    va_list args;
    va_start(args, format);
    v.reason = print_in(t, format, args);
    va_end(args);
    return v;
}

struct action_verdict step_retry(const struct action_turn *t, enum action_cause cause,
                                 const char *reason)
{
    struct action_verdict v = step_end(t, ACTION_RETRY, "%s", reason);
    v.cause = cause;
    return v;
}

struct action_verdict step_get(const struct action_turn *t, const char *turn, const char *format,
                               ...)
{
    struct action_verdict v = {.what = ACTION_SEND, .method = "GET", .reason = ""};
    va_list args;
    va_start(args, format);
    v.path = print_in(t, format, args);
    va_end(args);
    step_remember(t, "turn", turn);
    return v;
}

static const char *dump_in(const struct action_turn *t, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text)
        abort();
    char *copy = cw_arena_copy(t->arena, cw_text_of(text));
    free(text);
    if (!copy)
        abort();
    return copy;
}

struct action_verdict step_put(const struct action_turn *t, const char *turn, json_t *body,
                               const char *format, ...)
{
    struct action_verdict v = {.what = ACTION_SEND, .method = "PUT", .reason = ""};
    va_list args;
    va_start(args, format);
    v.path = print_in(t, format, args);
    va_end(args);
    v.body = dump_in(t, body);
    json_decref(body);
    step_remember(t, "turn", turn);
    return v;
}

struct action_verdict step_act(const struct action_turn *t, const struct look *look, const char *op,
                               bool own_token, json_t *body)
{
    struct action_verdict v = step_end(t, ACTION_SEND, "%s", "");
    v.method = "POST";
    v.path = step_end(t, ACTION_SEND, "/users/%s/timetracking/%s", t->person->awork, op).reason;
    v.own_token = own_token;
    v.body = body ? dump_in(t, body) : NULL;
    step_remember(t, "turn", "act");
    step_remember(t, "op", op);
    step_set_flag(t, "own", own_token);
    /* What was there before, to tell after a lost answer whether this had its effect. */
    step_remember(t, "seen", look->entry.id);
    step_remember(t, "seen_start", look->entry.start);
    step_remember(t, "seen_by", step_started_by(t, look->entry.id));
    json_object_set_new(t->progress, "sent", body ? body : json_null());
    return v;
}

struct action_verdict step_done_with(const struct action_turn *t, const struct entry *entry,
                                     const char *started_by, const char *paused_by, json_t *memo)
{
    struct action_verdict v = step_end(t, ACTION_DONE, "%s", "");
    const char *id = step_end(t, ACTION_DONE, "%s", entry->id).reason;
    struct sight *left = xtake(t->arena, sizeof *left);
    sight_of(entry, t->arena, left);
    v.has_timer = true;
    v.timer.entry = cw_text_of(id);
    v.timer.state = sight_state(left->state);
    v.timer.since_ms = left->since_ms;
    v.timer.seen_ms = t->now_ms;
    v.timer.version = left->version;
    v.timer.start = cw_text_of(left->start);
    v.timer.work = cw_text_of(left->work);
    v.timer.started_by = cw_text_of(started_by ? started_by : "");
    v.timer.paused_by = cw_text_of(paused_by);
    v.timer.memo = cw_text_of(memo ? dump_in(t, memo) : "");
    json_decref(memo);
    return v;
}

const char *action_word(const struct action_verdict *v)
{
    if (v->what == ACTION_RETRY)
        return v->cause == ACTION_DOUBT ? "lost" : "retry";
    return v->what == ACTION_SEND      ? "ok"
           : v->what == ACTION_DONE    ? "done"
           : v->what == ACTION_SKIPPED ? "skipped"
                                       : "dead";
}
