/* gate: taps the input, reads requests, hands tokens to evhttp. */
#include "gate/gate.h"

#include "gate/conn.h"
#include "xalloc.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* evhttp's whole view of a request. The token goes before anything that may follow. */
static void hand_over(struct gate_conn *c)
{
    char token[64];
    int len = snprintf(token, sizeof token, "%s /%u.%u HTTP/1.1\r\n\r\n",
                       c->is_head ? "HEAD" : "GET", c->slot, c->generation);
    struct evbuffer *input = bufferevent_get_input(c->bev);
    if (evbuffer_get_length(input)) {
        if (!c->held)
            c->held = evbuffer_new();
        evbuffer_add_buffer(c->held, input);
    }
    if (evbuffer_prepend(input, token, (size_t)len) != 0)
        abort(); /* memory is short: the process ends, nothing acknowledged is lost */
    c->stage = GATE_HANDED;
    c->deadline_ms = 0;
}

/* The slot and generation of a token. Returns: NULL when the connection is not there any more. */
struct gate_conn *gate_find(const struct gate *g, const char *token)
{
    char *dot;
    unsigned long slot = strtoul(token + 1, &dot, 10);
    if (*dot != '.' || slot >= g->limits.connections)
        return NULL;
    struct gate_conn *c = g->slots[slot];
    return c && strtoul(dot + 1, NULL, 10) == c->generation ? c : NULL;
}

static void discard(struct evbuffer *buffer)
{
    if (buffer)
        evbuffer_drain(buffer, evbuffer_get_length(buffer));
}

/* After a refusal nothing more is read from this connection as a request. */
void gate_refuse(struct gate_conn *c, int status, const char *allow)
{
    c->refusal = (struct gate_route){.status = status, .allow = status == 405 ? allow : NULL};
    c->closes = true;
    http_reader_reset(&c->reader);
    discard(c->held);
    discard(bufferevent_get_input(c->bev));
    if (status < 500)
        c->gate->counters.refused_4xx++;
    else
        c->gate->counters.refused_5xx++;
    hand_over(c);
}

/* Asks what becomes of a request whose head is complete. Returns: HTTP_HEAD to go on. */
static enum http_step ask_route(struct gate_conn *c)
{
    struct http_reader *r = &c->reader;
    c->is_head = cw_text_is(r->request.method, "HEAD");
    c->refusal = (struct gate_route){0};
    c->gate->ops.route(c->gate->ops.ctx, r->request.method, r->request.path, &c->refusal);
    r->body_limit = c->refusal.body_limit_bytes;
    if (!c->refusal.status)
        return HTTP_HEAD;
    return http_refuse(r, c->refusal.status);
}

static enum http_step read_buffer(struct gate_conn *c, struct evbuffer *from)
{
    enum http_step step;
    do {
        static char nothing[1];
        struct evbuffer_iovec v = {nothing, 0};
        size_t used;
        evbuffer_peek(from, -1, NULL, &v, 1);
        step = http_read(&c->reader, v.iov_base, v.iov_len, &used);
        evbuffer_drain(from, used);
        if (step == HTTP_HEAD)
            step = ask_route(c);
    } while (step == HTTP_HEAD || (step == HTTP_MORE && evbuffer_get_length(from)));
    return step;
}

/* evbuffer takes 4 KiB at a time; what is known to be missing is taken at once, as long as it
 * fills the room: the room begins small and doubles, so that a mere promise costs little. */
static enum http_step read_directly(struct gate_conn *c)
{
    enum http_step step = HTTP_MORE;
    bool filled = true;
    for (int rounds = 0; step == HTTP_MORE && filled && rounds < GATE_DIRECT_READS; rounds++) {
        char *at;
        size_t room = http_body_room(&c->reader, &at);
        ssize_t n = room ? recv(bufferevent_getfd(c->bev), at, room, MSG_DONTWAIT) : 0;
        filled = n > 0 && (size_t)n == room;
        if (n > 0)
            step = http_body_took(&c->reader, (size_t)n);
    }
    return step; /* the end of its sending is seen by evhttp */
}

/* Nothing is being written while a request is read, so it may go past the bufferevent. A client
 * that does not get it goes on after a wait of its own. */
static void say_continue(struct gate_conn *c)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    c->reader.expects_continue = false;
    ssize_t n = send(bufferevent_getfd(c->bev), line, sizeof line - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n;
}

static void note_progress(struct gate_conn *c)
{
    struct gate *g = c->gate;
    if (c->stage == GATE_IDLE && !http_is_idle(&c->reader)) {
        c->stage = GATE_HEAD;
        c->began_ms = gate_now(g);
        c->deadline_ms = c->began_ms + g->limits.head_ms;
    }
    if (c->stage == GATE_HEAD && http_has_head(&c->reader)) {
        c->stage = GATE_BODY;
        c->deadline_ms = c->began_ms + g->limits.request_ms;
    }
    if (http_has_head(&c->reader) && c->reader.expects_continue)
        say_continue(c);
}

static void feed(struct gate_conn *c, struct evbuffer *from, bool from_socket)
{
    c->is_busy = true;
    enum http_step step = read_buffer(c, from);
    if (step == HTTP_MORE && from_socket)
        step = read_directly(c);
    if (step == HTTP_REFUSED)
        gate_refuse(c, c->reader.status, c->refusal.allow);
    else if (step == HTTP_MORE)
        note_progress(c);
    else {
        c->closes = c->reader.wants_close;
        hand_over(c);
    }
    c->is_busy = false;
}

void gate_feed_held(struct gate_conn *c)
{
    if (c->held && evbuffer_get_length(c->held))
        feed(c, c->held, false);
}

/* Runs inside libevent's read, before evhttp hears of it. While a request is in work nothing is
 * read, so no more than one read can ever be held. */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
    struct gate_conn *c = arg;
    if (c->is_busy || !info->n_added)
        return;
    if (c->stage == GATE_LINGER)
        gate_linger_input(c, input);
    else if (c->stage <= GATE_BODY)
        feed(c, input, true);
}

static struct gate_conn *conn_create(struct gate *g)
{
    struct gate_conn *c = xcalloc(1, sizeof *c);
    assert(g->n_conns < g->limits.connections);
    c->gate = g;
    c->slot = g->free_slots[g->n_conns++];
    c->generation = ++g->generation;
    g->slots[c->slot] = c;
    c->stage = GATE_HEAD;
    c->lingers = true;
    c->began_ms = gate_now(g);
    c->deadline_ms = c->began_ms + g->limits.head_ms;
    http_reader_init(&c->reader, &g->limits.http, &g->spare_bytes);
    return c;
}

/* evhttp has accepted a connection and asks for its bufferevent. NULL would mean one of its own,
 * past the gate. */
static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
    struct gate *g = arg;
    struct gate_conn *c = conn_create(g);
    c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    c->tap = c->bev ? evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c) : NULL;
    if (!c->tap)
        abort();
    bufferevent_setwatermark(c->bev, EV_READ, 1, 0); /* evhttp is not called for an empty input */
    bufferevent_incref(c->bev);
    g->counters.accepted++;
    if (g->n_conns == g->limits.connections)
        g->ops.full(g->ops.ctx, true);
    return c->bev;
}

struct gate *gate_create(struct event_base *base, struct evhttp *http,
                         const struct gate_limits *limits, const struct gate_ops *ops)
{
    struct gate *g = xcalloc(1, sizeof *g);
    g->base = base;
    g->limits = *limits;
    g->ops = *ops;
    g->spare_bytes = limits->memory_bytes;
    g->slots = xcalloc(limits->connections, sizeof *g->slots);
    g->free_slots = xcalloc(limits->connections, sizeof *g->free_slots);
    for (unsigned i = 0; i < limits->connections; i++)
        g->free_slots[i] = i;
    g->tick = event_new(base, -1, EV_PERSIST, gate_on_tick, g);
    g->chore = event_new(base, -1, 0, gate_on_chores, g);
    if (!g->tick || !g->chore)
        abort();
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_default_content_type(http, NULL);
    evhttp_set_max_headers_size(http, 1024);
    evhttp_set_bevcb(http, on_accept, g);
    evhttp_set_gencb(http, gate_on_request, g);
    return g;
}

const struct gate_counters *gate_counters(const struct gate *g)
{
    return &g->counters;
}

static bool is_open(const struct gate_conn *c)
{
    if (c->stage == GATE_IDLE || c->stage == GATE_HEAD)
        return !http_is_idle(&c->reader);
    return c->stage < GATE_CLOSING;
}

size_t gate_open_exchanges(const struct gate *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->limits.connections; i++)
        n += g->slots[i] && is_open(g->slots[i]);
    return n;
}

void gate_stop(struct gate *g)
{
    g->is_stopping = true;
    for (size_t i = 0; i < g->limits.connections; i++)
        if (g->slots[i] && !is_open(g->slots[i]) && g->slots[i]->stage < GATE_BODY)
            gate_drop(g->slots[i]);
}

void gate_destroy(struct gate *g)
{
    if (!g)
        return;
    gate_end_all(g);
    event_free(g->tick);
    event_free(g->chore);
    free(g->slots);
    free(g->free_slots);
    free(g);
}
