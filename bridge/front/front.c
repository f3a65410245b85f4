#include "front/front.h"

#include "front/sight.h"

#include "clock.h"
#include "metrics.h"
#include "xalloc.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DELIVERY_ARENA = 64 << 20,
    TELL_BYTES = 1 << 20,
    SPARE_ARENAS = 256,
    HELD_BYTES = 256 << 20, /* of all deliveries that wait for their commit */
    REASON_BYTES = 256,
    REFUSALS_PER_S = 10, /* journaled refusals; more are only counted */
    RETRY_AFTER_S = 5,
    REPLY_MS = 2500 /* the most impatient chats give up after three seconds */
};

struct front {
    struct engine *engine;
    struct replies *replies;
    const struct config *config;
    struct source_scratch *scratch;
    struct cw_matcher *matcher;
    struct cw_arena *spare[SPARE_ARENAS]; /* a busy turn takes no memory from the system */
    size_t n_spare;
    size_t held; /* bytes */
    int64_t refusals_since_ms;
    unsigned refusals;
};

/* A delivery with the exchange that waits for its commit. It lies at the beginning of its arena and
 * has room for a refusal, since a sender may have filled the rest. */
struct pending {
    struct accepted accepted; /* first: `done` is given this */
    struct front *front;
    struct listener_exchange *exchange;
    struct http_answer answer;
    struct cw_text source; /* its name; the source itself may go with a reload */
    int64_t reply_by_ms;
    size_t held;
    struct accepted_event refusal;
    char reason[REASON_BYTES];
};

struct front *front_create(struct engine *engine, struct replies *replies,
                           const struct config *config)
{
    struct front *f = xcalloc(1, sizeof *f);
    f->engine = engine;
    f->replies = replies;
    f->config = config;
    f->scratch = source_scratch_create();
    f->matcher = cw_matcher_create();
    if (!f->matcher)
        abort();
    return f;
}

void front_destroy(struct front *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->n_spare; i++)
        cw_arena_destroy(f->spare[i]);
    source_scratch_destroy(f->scratch);
    cw_matcher_destroy(f->matcher);
    free(f);
}

void front_reload(struct front *f, const struct config *config)
{
    f->config = config;
}

static struct cw_arena *take_arena(struct front *f)
{
    return f->n_spare ? f->spare[--f->n_spare] : xarena(DELIVERY_ARENA);
}

static void give_arena(struct front *f, struct cw_arena *arena)
{
    if (f->n_spare == SPARE_ARENAS) {
        cw_arena_destroy(arena);
        return;
    }
    cw_arena_reset(arena);
    f->spare[f->n_spare++] = arena;
}

/* ---- Answers ---- */

static struct http_answer plain(int status, const char *text)
{
    return (struct http_answer){.status = status,
                                .type = "text/plain; charset=utf-8",
                                .body = cw_text_of(text),
                                .retry_after_s = status == 503 ? RETRY_AFTER_S : 0};
}

static void finish(struct pending *p, const struct http_answer *answer)
{
    struct front *f = p->front;
    struct cw_arena *arena = p->accepted.arena;
    f->held -= p->held;
    listener_reply(p->exchange, answer);
    cw_ruleset_unref(p->accepted.rules);
    give_arena(f, arena);
}

/* In a memory of its own: the sender may have filled the delivery's. */
static void tell(struct pending *p, struct cw_text text)
{
    struct cw_arena *arena = xarena(TELL_BYTES);
    auto_free char *name = xtext(p->source);
    struct http_answer answer;
    source_tell(config_source_named(p->front->config, name), text, arena, &answer);
    finish(p, &answer);
    cw_arena_destroy(arena);
}

static void on_heard(void *ctx, struct cw_text text)
{
    tell(ctx, text);
}

static void on_done(struct accepted *accepted)
{
    struct pending *p = (struct pending *)accepted;
    struct http_answer failed = plain(503, "not stored, try again\n");
    if (accepted->result == ACCEPTED_FAILED) {
        metric_add(METRIC_events_overload, 1);
        finish(p, &failed);
    } else if (accepted->waiter) {
        replies_hear(p->front->replies, accepted->waiter, p->reply_by_ms, on_heard, p);
    } else if (accepted->too_many) {
        metric_add(METRIC_replies_full, 1);
        tell(p, cw_text_of(replies_late));
    } else {
        finish(p, &p->answer);
    }
}

/* ---- From a source's event to the engine's ---- */

/* Copies a text in place. Returns: whether there was room for it. */
static bool keep(struct cw_arena *arena, struct cw_text *text)
{
    char *copy = cw_arena_copy(arena, *text);
    if (copy)
        text->at = copy;
    return copy != NULL;
}

/* Keys are hashed with the source's name, so that senders cannot meet each other's keys. */
static struct store_key key_of(struct cw_text source, struct cw_text key)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct store_key out;
    unsigned char head[320];
    size_t n = source.len < 255 ? source.len : 255;
    memcpy(head, source.at, n);
    head[n++] = '\0';
    if (key.len <= sizeof head - n) {
        memcpy(head + n, key.at, key.len);
        SHA256(head, n + key.len, digest);
    } else { /* a long key: hash it first */
        SHA256((const unsigned char *)key.at, key.len, digest);
        memcpy(head + n, digest, sizeof digest);
        SHA256(head, n + sizeof digest, digest);
    }
    memcpy(out.bytes, digest, sizeof out.bytes);
    return out;
}

static void match_event(struct front *f, struct accepted *a, struct accepted_event *to,
                        const struct cw_event *event, int64_t now_ms)
{
    if (cw_match(f->matcher, a->rules, event, now_ms, NULL, a->arena, &to->matches) == CW_OK)
        return;
    to->matches = (struct cw_matches){0};
    to->row.verdict = STORE_REFUSED;
    to->row.reason = CW_TEXT("matching takes more memory than one delivery may");
}

static bool fill_event(struct front *f, struct accepted *a, struct accepted_event *to,
                       const struct source_event *from, struct cw_text payload, int64_t now_ms)
{
    const struct cw_event *event = &from->event;
    to->row = (struct store_event){.received_ms = now_ms,
                                   .source = event->source,
                                   .type = event->type,
                                   .id = event->id,
                                   .verdict = STORE_ACCEPTED};
    if (to == a->events && f->config->payloads == PAYLOADS_FULL)
        to->row.payload = payload; /* once, however many events it has */
    for (size_t i = 0; i < from->n_keys; i++)
        to->keys[i] = key_of(event->source, from->keys[i]);
    to->n_keys = from->n_keys;
    match_event(f, a, to, event, now_ms);
    front_sight(a, &from->entry, now_ms, to);
    if (f->config->payloads != PAYLOADS_NONE)
        to->row.used = to->matches.used;
    return keep(a->arena, &to->row.source) && keep(a->arena, &to->row.type) &&
           keep(a->arena, &to->row.id);
}

/* Takes no memory: there may be none left. */
static void fill_refusal(struct pending *p, const char *reason, int64_t now_ms)
{
    snprintf(p->reason, sizeof p->reason, "%s", reason);
    p->refusal = (struct accepted_event){.row = {.received_ms = now_ms,
                                                 .source = p->source,
                                                 .verdict = STORE_REFUSED,
                                                 .reason = cw_text_of(p->reason)}};
    p->accepted.events = &p->refusal;
    p->accepted.n_events = 1;
}

static bool fill_events(struct front *f, struct accepted *a, const struct source_delivery *d,
                        int64_t now_ms)
{
    a->events = cw_arena_take(a->arena, (d->n_events + 1) * sizeof *a->events);
    a->n_events = d->n_events;
    for (size_t i = 0; a->events && i < d->n_events; i++)
        if (!fill_event(f, a, &a->events[i], &d->events[i], d->payload, now_ms))
            return false;
    return a->events != NULL;
}

/* ---- The request ---- */

static void submit(struct front *f, struct pending *p)
{
    struct cw_error err;
    size_t held = cw_arena_used(p->accepted.arena);
    p->accepted.rules = cw_ruleset_ref(f->config->rules);
    if (f->held + held <= HELD_BYTES && engine_submit(f->engine, &p->accepted, &err) == CW_OK) {
        p->held = held;
        f->held += held;
        return;
    }
    p->accepted.result = ACCEPTED_FAILED;
    on_done(&p->accepted);
}

/* Journaled refusals are limited in rate; beyond it the counter has to do. */
static bool may_keep_refusal(struct front *f)
{
    int64_t now_ms = clock_steady_ms();
    if (now_ms - f->refusals_since_ms >= 1000) {
        f->refusals_since_ms = now_ms;
        f->refusals = 0;
    }
    return f->refusals++ < REFUSALS_PER_S;
}

static void answer_now(struct front *f, struct listener_exchange *x, struct cw_arena *arena,
                       const struct http_answer *answer)
{
    listener_reply(x, answer);
    give_arena(f, arena);
}

static struct pending *pending_create(struct front *f, struct listener_exchange *x,
                                      const struct source *source)
{
    struct cw_arena *arena = take_arena(f);
    struct pending *p = xtake(arena, sizeof *p);
    p->front = f;
    p->exchange = x;
    p->source = source ? cw_text_of(source_name(source)) : CW_TEXT("");
    if (!keep(arena, &p->source))
        abort(); /* a name of the configuration in an empty arena */
    p->accepted.arena = arena;
    p->accepted.rules = f->config->rules; /* a reference is taken when it is submitted */
    p->accepted.done = on_done;
    return p;
}

static void on_refused(struct front *f, struct pending *p, const struct http_answer *answer,
                       const char *reason, int64_t now_ms)
{
    if (!may_keep_refusal(f)) {
        metric_add(METRIC_events_refused, 1);
        answer_now(f, p->exchange, p->accepted.arena, answer);
        return;
    }
    fill_refusal(p, reason, now_ms);
    p->answer = *answer;
    if (!keep(p->accepted.arena, &p->answer.body))
        p->answer.body = cw_text_of(p->reason);
    submit(f, p);
}

static void on_events(struct front *f, struct pending *p, const struct source_delivery *d,
                      int64_t now_ms)
{
    static const char too_large[] = "the delivery needs too much memory";
    struct http_answer refusal = plain(400, too_large);
    p->answer = d->answer;
    p->reply_by_ms = clock_steady_ms() + REPLY_MS;
    if (fill_events(f, &p->accepted, d, now_ms) && keep(p->accepted.arena, &p->answer.body))
        submit(f, p);
    else
        on_refused(f, p, &refusal, too_large, now_ms);
}

static void on_request(void *ctx, struct listener_exchange *x, const struct http_request *request)
{
    struct front *f = ctx;
    const struct source *source = config_source(f->config, request->path);
    struct pending *p = pending_create(f, x, source);
    struct cw_arena *arena = p->accepted.arena;
    struct source_delivery d = {.verdict = SOURCE_DENIED};
    int64_t now_ms = clock_now_ms();
    struct http_answer denied = plain(401, "not verified\n");
    if (source) /* a reload may have taken it away since the head was routed */
        source_receive(source, f->scratch, request, clock_wall_ms(), arena, &d);
    switch (d.verdict) {
    case SOURCE_DENIED:
        metric_add(METRIC_events_denied, 1);
        answer_now(f, x, arena, &denied);
        return;
    case SOURCE_ANSWER:
        answer_now(f, x, arena, &d.answer);
        return;
    case SOURCE_REFUSED:
        on_refused(f, p, &d.answer, d.reason, now_ms);
        return;
    case SOURCE_EVENTS:
        on_events(f, p, &d, now_ms);
    }
}

static void on_route(void *ctx, struct cw_text method, struct cw_text path,
                     struct listener_route *out)
{
    struct front *f = ctx;
    const struct source *source = config_source(f->config, path);
    if (!source)
        out->status = 404;
    else if (!source_takes(source, method))
        *out = (struct listener_route){.status = 405, .allow = source_allow(source)};
    else
        out->body_limit_bytes = source_body_limit(source, f->config->body_bytes);
}

struct listener_ops front_ops(struct front *f)
{
    return (struct listener_ops){on_route, on_request, f};
}
