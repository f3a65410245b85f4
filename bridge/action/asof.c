#include "action/asof.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char memory[] = "as_of";

static void set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

/* What a PUT has to name, since it replaces the entry, and what else is to be known of it. */
static const char *const kept[] = {
    "timezone",     "typeOfWorkId", "taskId",     "projectId",  "userId",
    "note",         "isBillable",   "isBilled", /* as in the body; the rest is only looked at */
    "startDateUtc", "startTimeUtc", "endDateUtc", "endTimeUtc", "resourceVersion",
    "updatedOn",    "updatedBy",    "id"};
enum { IN_BODY = 10, KEPT = sizeof kept / sizeof *kept };

static json_t *copy_of(const json_t *entry, size_t names)
{
    json_t *copy = json_object();
    for (size_t i = 0; i < names; i++) {
        json_t *value = json_object_get(entry, kept[i]);
        if (value && !json_is_null(value))
            json_object_set(copy, kept[i], value);
    }
    return copy;
}

static json_t *left_of(const struct action_turn *t)
{
    return json_object_get(json_object_get(t->progress, memory), "left");
}

static int64_t number_of(const struct action_turn *t, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(t->progress, memory), name));
}

bool action_has_acted(const json_t *progress)
{
    return json_object_get(progress, memory) != NULL;
}

/* ---- What is said of it ---- */

struct clocks {
    char was[CW_CLOCK_TEXT], to[CW_CLOCK_TEXT];
};

static struct clocks clocks_of(const struct action_turn *t, int64_t was_ms, int64_t to_ms)
{
    struct clocks c;
    char room[CW_CLOCK_TEXT];
    snprintf(c.was, sizeof c.was, "%s", cw_clock_short(t->person->zone, was_ms, to_ms, room));
    snprintf(c.to, sizeof c.to, "%s", cw_clock_short(t->person->zone, to_ms, was_ms, room));
    return c;
}

static struct clocks remembered(const struct action_turn *t)
{
    return clocks_of(t, number_of(t, "was"), number_of(t, "to"));
}

static struct action_verdict done(const struct action_turn *t, const struct action_ops *ops,
                                  const struct entry *entry, const char *reason)
{
    struct action_verdict v = ops->settle(t, "stop", entry);
    v.reason = reason;
    return v;
}

/* With the entry as the stop has left it. */
static struct action_verdict done_without(const struct action_turn *t, const struct action_ops *ops,
                                          const char *why)
{
    struct entry entry;
    struct clocks c = remembered(t);
    json_t *left = json_incref(left_of(t));
    const char *reason =
        step_end(t, ACTION_DONE, "its end stays at %s and is not %s: %s", c.was, c.to, why).reason;
    if (!entry_read(left, &entry))
        abort(); /* it was one when it was kept */
    struct action_verdict v = done(t, ops, &entry, reason);
    json_decref(left);
    return v;
}

struct action_verdict asof_give_up(const struct action_turn *t, const struct action_ops *ops,
                                   const char *why)
{
    struct action_verdict v = done_without(t, ops, why);
    v.warns = "idle time was not taken back";
    return v;
}

static struct action_verdict done_corrected(const struct action_turn *t,
                                            const struct action_ops *ops, const struct entry *entry)
{
    struct clocks c = remembered(t);
    const char *bound = step_text(json_object_get(t->progress, memory), "bound");
    const char *reason = step_end(t, ACTION_DONE, "its end was taken back from %s to %s%s", c.was,
                                  c.to, bound ? bound : "")
                             .reason;
    return done(t, ops, entry, reason);
}

/* ---- The correction ---- */

static void put_end(const struct action_turn *t, json_t *body)
{
    char text[CLOCK_TEXT], day[CLOCK_TEXT], time[CLOCK_TEXT + 8];
    const json_t *left = left_of(t);
    if (json_is_true(json_object_get(json_object_get(t->progress, memory), "at_start"))) {
        json_object_set(body, "endDateUtc", json_object_get(left, "startDateUtc"));
        json_object_set(body, "endTimeUtc", json_object_get(left, "startTimeUtc"));
        return;
    }
    clock_format(number_of(t, "to"), text); /* 2026-03-02T09:50:00.000Z */
    snprintf(day, sizeof day, "%.10sT00:00:00Z", text);
    snprintf(time, sizeof time, "%.12s0000", text + 11);
    set(body, "endDateUtc", json_string(day));
    set(body, "endTimeUtc", json_string(time));
}

/* No duration: it follows from the end, and one of 0 would be that of a timer that runs. */
static struct action_verdict correct(const struct action_turn *t)
{
    json_t *body = copy_of(left_of(t), IN_BODY);
    put_end(t, body);
    return step_put(t, "correct", body, "/timeentries/%s", step_text(left_of(t), "id"));
}

struct action_verdict asof_go_on(const struct action_turn *t)
{
    return step_get(t, "recheck", "/timeentries/%s", step_text(left_of(t), "id"));
}

/* ---- Its beginning ---- */

static bool read_wanted(const struct action_turn *t, int64_t *out_ms)
{
    const struct cw_text utc = CW_TEXT("");
    const char *text = step_text(t->args, memory);
    return text && !cw_moment_parse(cw_text_of(text), utc, utc, t->arena, out_ms, NULL);
}

static void remember(const struct action_turn *t, const struct entry *entry, int64_t was_ms,
                     int64_t to_ms, const char *bound, bool at_start)
{
    json_t *made = json_object();
    set(made, "left", copy_of(entry->json, KEPT));
    set(made, "was", json_integer(was_ms));
    set(made, "to", json_integer(to_ms));
    if (bound)
        set(made, "bound", json_string(bound));
    if (at_start)
        set(made, "at_start", json_true());
    set(t->progress, memory, made);
}

/* An end lies behind the start and behind every break: who was paused later was there later. */
static struct action_verdict begin(const struct action_turn *t, int64_t wanted_ms,
                                   const struct entry *entry, const struct action_verdict *settled)
{
    struct entry_times times = entry_times(entry, t->arena);
    bool after_start = times.least_ms > times.start_ms;
    const char *bound = wanted_ms >= times.least_ms ? NULL
                        : after_start               ? ", the end of its last break"
                                                    : ", its start";
    int64_t to_ms = bound ? times.least_ms : wanted_ms;
    struct action_verdict v = *settled;
    if (!times.start_ms || to_ms + 1000 > times.end_ms) {
        struct clocks c = clocks_of(t, times.end_ms, wanted_ms);
        v.reason =
            step_end(t, ACTION_DONE, "nothing to take back: it ended at %s, as of %s", c.was, c.to)
                .reason;
        return v;
    }
    remember(t, entry, times.end_ms, to_ms, bound, bound && !after_start);
    return correct(t);
}

struct action_verdict asof_settle(const struct action_turn *t, const struct action_ops *ops,
                                  const char *op, const struct entry *entry)
{
    int64_t wanted_ms;
    struct action_verdict v = ops->settle(t, op, entry);
    if (v.what != ACTION_DONE || !read_wanted(t, &wanted_ms))
        return v;
    if (strcmp(op, "stop") == 0 && entry->state == ENTRY_STOPPED)
        return begin(t, wanted_ms, entry, &v);
    v.reason = "a true pause: its time since as_of cannot be taken back";
    return v;
}

/* ---- Its answers ---- */

static bool is_as_left(const struct action_turn *t, const json_t *json)
{
    static const char *const marks[] = {"resourceVersion", "updatedOn", "endTimeUtc"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const json_t *was = json_object_get(left_of(t), marks[i]);
        if (was)
            return json_equal(was, json_object_get(json, marks[i]));
    }
    return false;
}

struct action_verdict asof_answered(const struct action_turn *t, const struct action_ops *ops,
                                    const char *turn, const json_t *json)
{
    struct entry entry;
    if (!entry_read(json, &entry) || strcmp(entry.id, step_text(left_of(t), "id")) != 0)
        return step_retry(t, ACTION_FAILED, "the answer is not the time entry");
    if (strcmp(turn, "correct") == 0)
        return done_corrected(t, ops, &entry);
    int64_t end_ms = entry_times(&entry, t->arena).end_ms;
    if (entry.state == ENTRY_STOPPED && end_ms == number_of(t, "to"))
        return done_corrected(t, ops, &entry);
    return is_as_left(t, json) ? correct(t)
                               : done_without(t, ops, "the entry was changed meanwhile");
}
