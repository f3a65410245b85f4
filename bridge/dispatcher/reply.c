/* What the sender of a delivery hears of its runs: said after the commit, like log lines. */
#include "dispatcher/priv.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct saying {
    struct saying *next;
    int64_t run;
    uint32_t step;
    bool behind, weak;
    char *text;
};

static void say(struct dispatcher *d, const struct head *h, bool behind, bool weak,
                const char *text)
{
    struct saying *s = xcalloc(1, sizeof *s);
    *s = (struct saying){NULL, h->run, h->step, behind, weak, xstrdup(text)};
    *d->last_saying = s;
    d->last_saying = &s->next;
}

static void take_sayings(struct dispatcher *d, bool tell)
{
    while (d->sayings) {
        struct saying *s = d->sayings;
        d->sayings = s->next;
        if (tell)
            replies_tell(d->deps.replies, s->run, s->step, s->behind, s->weak, s->text);
        free(s->text);
        free(s);
    }
    d->last_saying = &d->sayings;
}

void sayings_tell(struct dispatcher *d)
{
    take_sayings(d, true);
}

void sayings_drop(struct dispatcher *d)
{
    take_sayings(d, false);
}

/* "not started: awork knows no task KEY-9" */
static char *sentence(const char *action, struct cw_text reason)
{
    static const char so[] = "not so: ";
    if (reason.len > sizeof so - 1 && memcmp(reason.at, so, sizeof so - 1) == 0)
        reason = (struct cw_text){reason.at + sizeof so - 1, reason.len - (sizeof so - 1)};
    return xprintf("%s%s%.*s", action_undone(action), reason.len ? ": " : "", (int)reason.len,
                   reason.len ? reason.at : "");
}

static bool is_undone(const struct store_call *call)
{
    return call->state == STORE_CALL_SKIPPED || call->state == STORE_CALL_DEAD;
}

static const char *of_call(struct dispatcher *d, const struct store_call *call)
{
    auto_free char *action = xtext(call->action);
    auto_free char *text = sentence(action, call->reason);
    return cw_arena_copy(d->arena, cw_text_of(text));
}

enum cw_status reply_prepare(struct dispatcher *d, const struct head *h, struct action_turn *turn,
                             struct cw_error *err)
{
    struct store_call *calls = NULL;
    const struct store_call *last = NULL, *untold = NULL;
    size_t n = 0;
    turn->is_awaited = replies_awaits(d->deps.replies, h->run, h->step);
    if (!turn->is_awaited || strcmp(h->action, "reply") != 0 || !h->step)
        return CW_OK;
    enum cw_status st = store_calls_of(d->deps.store, h->event, d->arena, &calls, &n, err);
    for (size_t i = 0; !st && i < n; i++) {
        if (calls[i].run != h->run || calls[i].step >= h->step)
            continue;
        if (action_is_told(calls[i].action))
            last = &calls[i];
        else if (is_undone(&calls[i]) && !cw_text_is(calls[i].action, "reply"))
            untold = &calls[i];
    }
    if (!st && last && is_undone(last))
        turn->instead = of_call(d, last);
    if (!st && untold)
        turn->besides = of_call(d, untold);
    return st;
}

/* Facts that say no are as if the rule had not matched: told when nobody has anything better. */
void reply_note(struct dispatcher *d, const struct lane *lane, const struct action_verdict *v)
{
    const struct head *h = lane->head;
    auto_free char *undone = sentence(h->action, cw_text_of(v->reason));
    if (replies_awaits(d->deps.replies, h->run, h->step))
        say(d, h, false, v->ends_run, v->reply ? v->reply : undone);
    else if (turn_ends_run(v) && replies_awaits_behind(d->deps.replies, h->run, h->step))
        say(d, h, true, v->ends_run, undone);
}
