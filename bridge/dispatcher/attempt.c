/* Attempts: a row before each request, its answer after it. */
#include "dispatcher/priv.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_BYTES = 4096 /* of an answer that are journaled */ };

enum cw_status attempt_begin(struct dispatcher *d, struct lane *lane, struct cw_error *err)
{
    struct parcel *p = lane->parcel;
    auto_free char *request = xprintf("%s %s", p->method, p->path);
    struct store_attempt attempt = {.call = lane->head->id,
                                    .request = cw_text_of(request),
                                    .body = cw_text_of(p->body),
                                    .begun_ms = d->now_ms,
                                    .epoch = lane->epoch};
    lanes_pull(&d->lanes, lane);
    lane->state = LANE_FLYING;
    lane->head->tries++;
    p->sent_ms = d->now_ms;
    queue_put(&d->outbox, lane);
    enum cw_status st = lease_prolong(d, lane, err);
    if (!st)
        st = store_attempt_begin(d->deps.store, &attempt, &lane->head->attempt, err);
    if (!st)
        st = backlog_attempt(d, lane, err);
    return st ? st : turn_save(d, lane, STORE_CALL_SENT, d->now_ms, "", err);
}

/* What of an answer is journaled: cut, and such that any reader of JSON text takes it. */
static struct cw_text journaled(char *text, size_t len)
{
    size_t most = tell_fits((struct cw_text){text, len}, ANSWER_BYTES);
    json_t *sound = json_stringn(text, most);
    for (size_t i = 0; !sound && i < most; i++)
        if ((unsigned char)text[i] >= 0x80)
            text[i] = '?';
    json_decref(sound);
    return (struct cw_text){text, most};
}

enum cw_status attempt_end(struct dispatcher *d, const struct lane *lane,
                           const struct action_verdict *v, struct cw_error *err)
{
    const struct transport_answer *a = &lane->parcel->answer;
    /* What another host says may repeat what is secret. */
    bool is_kept = !lane->parcel->host || a->error;
    auto_free char *text = a->error ? xstrdup(a->error) : xtext(a->body);
    struct store_attempt attempt = {
        .id = lane->head->attempt,
        .ended_ms = d->now_ms,
        .status = a->status,
        .answer = journaled(text, !is_kept   ? 0
                                  : a->error ? strlen(text)
                                             : a->body.len),
        .verdict = cw_text_of(action_word(v)),
        .epoch = lane->epoch,
    };
    return store_attempt_end(d->deps.store, &attempt, err);
}

/* The row of the attempt whose answer nobody recorded. */
enum cw_status attempt_lose(struct dispatcher *d, const struct lane *lane, struct cw_error *err)
{
    struct store_attempt *list = NULL;
    size_t n = 0;
    cw_arena_reset(d->arena);
    enum cw_status st = store_attempts_of(d->deps.store, lane->head->id, d->arena, &list, &n, err);
    if (st || !n || list[n - 1].ended_ms)
        return st;
    struct store_attempt attempt = {.id = list[n - 1].id,
                                    .ended_ms = d->now_ms,
                                    .answer = CW_TEXT("no answer was recorded"),
                                    .verdict = CW_TEXT("lost"),
                                    .epoch = lane->epoch};
    return store_attempt_end(d->deps.store, &attempt, err);
}
