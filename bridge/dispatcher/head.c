/* The head of a lane: the oldest call of its person, read from the store. */
#include "dispatcher/priv.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>

/* Numbers that are too large for an integer are near enough here: who needs their digits has the
 * text. */
static json_t *read_args(struct cw_text args)
{
    json_t *json = tell_read(args, 0);
    return json ? json : tell_read(args, JSON_DECODE_INT_AS_REAL);
}

struct head *head_of(const struct store_call *call)
{
    struct head *h = xcalloc(1, sizeof *h);
    h->id = call->id;
    h->run = call->run;
    h->event = call->event;
    h->created_ms = call->created_ms;
    h->expires_ms = call->expires_ms;
    h->step = call->step;
    h->tries = call->tries;
    h->rule = xtext(call->rule);
    h->action = xtext(call->action);
    h->condition = xtext(call->condition);
    h->args_text = xtext(call->args);
    h->args = read_args(call->args);
    h->progress = tell_read(call->progress, 0);
    if (!h->progress)
        h->progress = json_object();
    h->in_doubt = call->state == STORE_CALL_SENT;
    return h;
}

bool head_is_settled(const struct head *head)
{
    return !head->in_doubt && !action_in_doubt(head->progress);
}

/* Sets *due_ms, or INT64_MAX when the lane is empty. */
enum cw_status head_read(struct dispatcher *d, struct lane *lane, int64_t *due_ms,
                         struct cw_error *err)
{
    struct store_call call;
    struct cw_error none;
    cw_arena_reset(d->arena);
    enum cw_status st = backlog_head(d, lane, d->arena, &call, &none);
    *due_ms = INT64_MAX;
    if (st == CW_ENOENT)
        return CW_OK;
    if (st)
        return cw_fail(err, st, "%s", none.text);
    lane->head = head_of(&call);
    lane->state = LANE_WAITING;
    *due_ms = call.due_ms;
    /* A request that was on its way when we ended may still land. */
    if (lane->head->in_doubt)
        *due_ms = (lane->taken_ms > d->loaded_ms ? lane->taken_ms : d->loaded_ms) +
                  d->deps.people->target.doubt_wait_ms;
    return late_inherit(d, lane->head, err);
}
