/* gate/answer: from evhttp's request to ours, and the answer back. */
#include "gate/conn.h"
#include "xalloc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void on_let_go(struct evhttp_connection *evcon, void *arg)
{
    struct gate_conn *c = arg;
    (void)evcon;
    c->let_go = true;
    gate_add_chore(c);
}

static void put_header(struct evkeyvalq *to, const char *name, const char *value)
{
    if (value && evhttp_add_header(to, name, value) != 0)
        abort(); /* memory is short, or our own header holds a line end */
}

/* Called when the answer is written to its last byte; evhttp decides after it whether to read on.
 */
static void on_answered(struct evhttp_request *request, void *arg)
{
    struct gate_conn *c = arg;
    c->work = NULL;
    c->deadline_ms = 0;
    if (c->gate->is_stopping && !c->closes) { /* since the answer was given */
        c->closes = true;
        put_header(evhttp_request_get_output_headers(request), "Connection", "close");
    }
    if (c->closes) {
        c->stage = GATE_CLOSING;
        return;
    }
    c->stage = GATE_IDLE;
    c->is_head = false;
    c->refusal = (struct gate_route){0};
    c->began_ms = gate_now(c->gate);
    c->deadline_ms = c->began_ms + c->gate->limits.idle_ms;
    gate_feed_held(c);
}

/* The first request of a connection tells evhttp's half of it. */
static void introduce(struct gate_conn *c, struct evhttp_connection *evcon)
{
    char *address = NULL;
    ev_uint16_t port = 0;
    c->is_known = true;
    evhttp_connection_set_closecb(evcon, on_let_go, c);
    evhttp_connection_get_peer(evcon, &address, &port);
    snprintf(c->peer, sizeof c->peer, "%s", address ? address : "");
}

static void reply_refusal(struct gate_conn *c)
{
    const char *reason = http_reason(c->refusal.status);
    char line[64];
    int len = snprintf(line, sizeof line, "%s\n", reason);
    struct http_answer answer = {.status = c->refusal.status,
                                 .type = "text/plain; charset=utf-8",
                                 .body = {line, (size_t)len},
                                 .allow = c->refusal.allow,
                                 .retry_after_s = c->refusal.status == 503};
    gate_reply(c, &answer);
}

void gate_on_request(struct evhttp_request *request, void *arg)
{
    struct gate *g = arg;
    struct gate_conn *c = gate_find(g, evhttp_request_get_uri(request));
    assert(c && c->stage == GATE_HANDED);
    c->work = request;
    c->stage = GATE_WORK;
    if (!c->is_known)
        introduce(c, evhttp_request_get_connection(request));
    evhttp_request_set_on_complete_cb(request, on_answered, c);
    if (c->refusal.status) {
        reply_refusal(c);
        return;
    }
    g->counters.requests++;
    c->reader.request.peer = c->peer;
    g->ops.request(g->ops.ctx, c, &c->reader.request);
}

static void put_number(struct evkeyvalq *to, const char *name, size_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", value);
    put_header(to, name, text);
}

static void put_headers(const struct gate_conn *c, const struct http_answer *answer)
{
    struct evkeyvalq *to = evhttp_request_get_output_headers(c->work);
    put_header(to, "Content-Type", answer->type);
    put_header(to, "Allow", answer->allow);
    if (answer->retry_after_s > 0)
        put_number(to, "Retry-After", (size_t)answer->retry_after_s);
    for (size_t i = 0; i < answer->n_headers; i++) {
        auto_free char *name = xtext(answer->headers[i].name);
        auto_free char *value = xtext(answer->headers[i].value);
        put_header(to, name, value);
    }
    if (c->is_head)
        put_number(to, "Content-Length", answer->body.len);
    if (c->closes)
        put_header(to, "Connection", "close");
}

static bool bears_body(const struct gate_conn *c, int status)
{
    return !c->is_head && status >= 200 && status != 204 && status != 304;
}

/* Most answers fit into the socket at once: that saves a turn of the loop and two changes of what
 * epoll watches. evhttp's own callback still ends the exchange, later in this turn. */
static void write_at_once(struct gate_conn *c)
{
    struct evbuffer *output = bufferevent_get_output(c->bev);
    evbuffer_unfreeze(output, 1);
    evbuffer_write(output, bufferevent_getfd(c->bev));
    evbuffer_freeze(output, 1);
    if (evbuffer_get_length(output))
        return; /* evhttp goes on, and sees an error as well */
    bufferevent_disable(c->bev, EV_WRITE);
    bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

/* The client left while the request was in work: evhttp has given the request to us alone. */
static void forget(struct gate_conn *c)
{
    evhttp_request_free(c->work);
    c->work = NULL;
    c->stage = GATE_CLOSING;
    c->lingers = false;
    http_reader_reset(&c->reader);
    if (c->bev)
        return; /* the chore that ends the connection is still to come */
    free(c);
}

void gate_reply(struct gate_conn *c, const struct http_answer *answer)
{
    assert(c->stage == GATE_WORK);
    if (c->let_go) {
        forget(c);
        return;
    }
    c->closes = c->closes || answer->status >= 400 || c->gate->is_stopping;
    put_headers(c, answer);
    if (bears_body(c, answer->status) && answer->body.len)
        evbuffer_add(evhttp_request_get_output_buffer(c->work), answer->body.at, answer->body.len);
    http_reader_reset(&c->reader); /* the answer may have pointed into the request */
    c->stage = GATE_ANSWER;
    c->deadline_ms = gate_now(c->gate) + c->gate->limits.answer_ms;
    evhttp_send_reply(c->work, answer->status, http_reason(answer->status), NULL);
    /* evhttp would take the end of a client's sending for the end of its listening. */
    bufferevent_disable(c->bev, EV_READ);
    write_at_once(c);
}
