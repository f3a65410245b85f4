/* listener: the socket, evhttp and the gate put together. */
#include "listener/listener.h"

#include "gate/gate.h"
#include "listener/bind.h"
#include "xalloc.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAUSE_MS = 100 };

struct listener {
    struct listener_ops ops;
    struct evhttp *http;
    struct evhttp_bound_socket *bound; /* NULL once stopped */
    struct gate *gate;
    struct listener_counters counters;
    struct listener_place place;
    struct event *pause; /* accepting again after descriptors were short */
    int reserve_fd;      /* given up to tell a client that there is no room */
    bool is_full, is_paused;
    struct listener *next;
};

static struct listener *all; /* evhttp keeps the one argument of its accept callbacks to itself */

/* One connection has one request at a time: the connection is the exchange. */
static struct listener_exchange *exchange_of(struct gate_conn *conn)
{
    return (struct listener_exchange *)(void *)conn;
}

static struct gate_conn *conn_of(struct listener_exchange *x)
{
    return (struct gate_conn *)(void *)x;
}

static void on_route(void *ctx, struct cw_text method, struct cw_text path, struct gate_route *out)
{
    struct listener *l = ctx;
    struct listener_route route = {0};
    l->ops.route(l->ops.ctx, method, path, &route);
    *out = (struct gate_route){route.status, route.allow, route.body_limit_bytes};
}

static void on_request(void *ctx, struct gate_conn *conn, const struct http_request *request)
{
    struct listener *l = ctx;
    l->ops.request(l->ops.ctx, exchange_of(conn), request);
}

static void listen_or_not(struct listener *l)
{
    if (!l->bound)
        return;
    struct evconnlistener *e = evhttp_bound_socket_get_listener(l->bound);
    if (l->is_full || l->is_paused)
        evconnlistener_disable(e);
    else
        evconnlistener_enable(e);
}

static void on_full(void *ctx, bool full)
{
    struct listener *l = ctx;
    l->is_full = full;
    listen_or_not(l);
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;
    (void)fd;
    (void)what;
    l->is_paused = false;
    listen_or_not(l);
}

/* Without descriptors the first client in the queue would keep the loop spinning: it is let in
 * with the reserve and shown out, then accepting rests for a moment. */
static void on_accept_error(struct evconnlistener *e, void *http)
{
    const struct timeval rest = {.tv_usec = PAUSE_MS * 1000};
    struct listener *l = all;
    while (l->http != http)
        l = l->next;
    if (errno == EMFILE || errno == ENFILE) {
        close(l->reserve_fd);
        int fd = accept4(evconnlistener_get_fd(e), NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            close(fd);
        l->counters.shed += fd >= 0;
        l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    l->is_paused = true;
    listen_or_not(l);
    event_add(l->pause, &rest);
}

static struct gate_limits limits_of(const struct listener_limits *given)
{
    static const struct listener_limits none;
    const struct listener_limits *l = given ? given : &none;
    return (struct gate_limits){
        .http = {.head_bytes = l->head_bytes ? l->head_bytes : 16 * 1024,
                 .fields = l->fields ? l->fields : 64},
        .connections = l->connections ? l->connections : 4096,
        .memory_bytes = l->memory_bytes ? l->memory_bytes : 64 * 1024 * 1024,
        .request_ms = l->request_ms ? l->request_ms : 15000,
        .head_ms = l->head_ms ? l->head_ms : 10000,
        .idle_ms = l->idle_ms ? l->idle_ms : 15000,
        .answer_ms = l->answer_ms ? l->answer_ms : 10000,
    };
}

static void hear(struct listener *l, struct event_base *base, int fd)
{
    struct evconnlistener *e =
        evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    l->bound = e ? evhttp_bind_listener(l->http, e) : NULL;
    if (!l->bound)
        abort();
    l->next = all;
    all = l;
    evconnlistener_set_error_cb(e, on_accept_error);
}

enum cw_status listener_open(struct event_base *base, const char *address,
                             const struct listener_limits *limits, const struct listener_ops *ops,
                             struct listener **out, struct cw_error *err)
{
    struct listener_place place;
    enum cw_status st = listener_bind(address, &place, err);
    if (st)
        return st;
    signal(SIGPIPE, SIG_IGN); /* a client that left is an error of one write, no more */
    struct listener *l = xcalloc(1, sizeof *l);
    l->ops = *ops;
    l->place = place;
    l->http = evhttp_new(base);
    l->pause = event_new(base, -1, 0, on_pause_over, l);
    l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (!l->http || !l->pause)
        abort();
    struct gate_limits bounds = limits_of(limits);
    struct gate_ops hooks = {on_route, on_request, on_full, l};
    l->gate = gate_create(base, l->http, &bounds, &hooks);
    hear(l, base, place.fd);
    *out = l;
    return CW_OK;
}

void listener_reply(struct listener_exchange *x, const struct http_answer *answer)
{
    gate_reply(conn_of(x), answer);
}

const char *listener_address(const struct listener *l)
{
    return l->place.address;
}

void listener_stop(struct listener *l)
{
    if (!l->bound)
        return;
    evhttp_del_accept_socket(l->http, l->bound);
    l->bound = NULL;
    listener_unbind(&l->place);
    gate_stop(l->gate);
}

size_t listener_open_exchanges(const struct listener *l)
{
    return gate_open_exchanges(l->gate);
}

const struct listener_counters *listener_counters(const struct listener *l)
{
    struct listener *cache = (struct listener *)l;
    const struct gate_counters *c = gate_counters(l->gate);
    cache->counters.accepted = c->accepted;
    cache->counters.requests = c->requests;
    cache->counters.refused = c->refused_4xx + c->refused_5xx;
    cache->counters.refused_4xx = c->refused_4xx;
    cache->counters.refused_5xx = c->refused_5xx;
    cache->counters.timeouts = c->timeouts;
    cache->counters.dropped = c->dropped;
    return &l->counters;
}

static void forget(const struct listener *l)
{
    struct listener **at = &all;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
}

void listener_close(struct listener *l)
{
    if (!l)
        return;
    listener_stop(l);
    forget(l);
    gate_destroy(l->gate);
    evhttp_free(l->http);
    event_free(l->pause);
    close(l->reserve_fd);
    free(l);
}
