/* Calls that were not begun in time: dropped with a record, never made late. */
#include "dispatcher/priv.h"
#include "hold.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char expired[] = "expired: ";

bool late_is(const struct dispatcher *d, const struct head *head)
{
    return head->expires_ms && d->now_ms > head->expires_ms;
}

static enum cw_status find_due(struct dispatcher *d, const struct head *head, int64_t *due_ms,
                               struct cw_error *err)
{
    struct store_run *runs = NULL;
    size_t n = 0;
    enum cw_status st = store_runs_of(d->deps.store, head->event, d->arena, &runs, &n, err);
    *due_ms = head->created_ms;
    for (size_t i = 0; !st && i < n; i++)
        if (runs[i].id == head->run)
            *due_ms = runs[i].due_ms;
    return st;
}

/* What held the person at any time since it was due, as far as it is known still. */
static enum cw_status find_hold(struct dispatcher *d, const char *person, int64_t due_ms,
                                const struct cw_zone *zone, const char **out, struct cw_error *err)
{
    const char *const whose[] = {person, NULL};
    struct hold hold;
    *out = NULL;
    for (size_t i = 0; i < 2 && !*out; i++) {
        enum cw_status st = hold_get(d->deps.store, whose[i], d->arena, &hold, err);
        if (st && st != CW_ENOENT)
            return st;
        if (!st && hold.until_ms > due_ms)
            *out = hold_text(&hold, zone, d->now_ms, d->arena);
    }
    return CW_OK;
}

enum cw_status late_reason(struct dispatcher *d, const char *person, const struct head *head,
                           const char **out, struct cw_error *err)
{
    const struct person *whose = people_find(d->deps.people, person);
    const struct cw_zone *zone = whose ? whose->zone : NULL;
    char due[CW_CLOCK_TEXT], now[CW_CLOCK_TEXT];
    int64_t due_ms;
    cw_arena_reset(d->arena);
    enum cw_status st = find_due(d, head, &due_ms, err);
    if (st)
        return st;
    const char *held;
    st = find_hold(d, person, due_ms, zone, &held, err);
    auto_free char *text = xprintf(
        "%sdue %s, now %s%s%s", expired, cw_clock_short(zone, due_ms, d->now_ms, due),
        cw_clock_short(zone, d->now_ms, due_ms, now), held ? "; held " : "", held ? held : "");
    *out = cw_arena_copy(d->arena, cw_text_of(text));
    return *out ? st : CW_NOMEM;
}

static bool has_expired(const struct store_call *call)
{
    return call->state == STORE_CALL_SKIPPED && call->reason.len >= sizeof expired - 1 &&
           memcmp(call->reason.at, expired, sizeof expired - 1) == 0;
}

enum cw_status late_inherit(struct dispatcher *d, struct head *head, struct cw_error *err)
{
    struct store_call *calls = NULL;
    size_t n = 0;
    struct cw_text condition = {NULL, 0};
    if (!head->step || *head->condition)
        return CW_OK;
    cw_arena_reset(d->arena);
    enum cw_status st = store_calls_of(d->deps.store, head->event, d->arena, &calls, &n, err);
    for (size_t i = 0; !st && i < n; i++) {
        if (calls[i].run != head->run || calls[i].step >= head->step ||
            calls[i].state == STORE_CALL_RETRIED)
            continue;
        if (!has_expired(&calls[i]))
            return CW_OK;
        if (calls[i].condition.len)
            condition = calls[i].condition;
    }
    if (st || !condition.len)
        return st;
    free(head->condition);
    head->condition = xtext(condition);
    return CW_OK;
}
