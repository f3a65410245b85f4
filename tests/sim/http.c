/*
 * One request from evhttp to its answer: log line, rate windows, fault, rules. Nothing waits: a
 * delay is a timer.
 */
#include "connections.h"
#include "exchange.h"
#include "tokens.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *sim_query(const struct sim_call *call, const char *name)
{
    return evhttp_find_header(call->query, name);
}

static const char *method_name(enum evhttp_cmd_type command)
{
    static const struct {
        enum evhttp_cmd_type command;
        const char *name;
    } names[] = {{EVHTTP_REQ_GET, "GET"},        {EVHTTP_REQ_POST, "POST"},
                 {EVHTTP_REQ_HEAD, "HEAD"},      {EVHTTP_REQ_PUT, "PUT"},
                 {EVHTTP_REQ_DELETE, "DELETE"},  {EVHTTP_REQ_OPTIONS, "OPTIONS"},
                 {EVHTTP_REQ_TRACE, "TRACE"},    {EVHTTP_REQ_PATCH, "PATCH"},
                 {EVHTTP_REQ_CONNECT, "CONNECT"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].command == command)
            return names[i].name;
    return "OTHER";
}

/* ---- The life of an exchange ---- */

void sim_exchange_record(struct sim_exchange *x, int status)
{
    struct sim_log_line *line = sim_log_line(&x->sim->log, x->call.n, x->generation);
    if (line == NULL)
        return;
    line->who = x->call.caller;
    line->status = status;
    line->effect = x->call.effect;
    line->fault = x->fault.kind;
    memcpy(line->target, x->call.target, SIM_GUID_SIZE);
    memcpy(line->entry, x->call.entry, SIM_GUID_SIZE);
    memcpy(line->ended, x->call.ended, SIM_GUID_SIZE);
}

void sim_exchange_end(struct sim_exchange *x)
{
    if (x->link != NULL) {
        *x->link = x->next;
        if (x->next != NULL)
            x->next->link = x->link;
    }
    if (x->timer != NULL)
        event_free(x->timer);
    if (x->query_parsed)
        evhttp_clear_headers(&x->query);
    json_decref(x->call.answer);
    free(x->call.location);
    free(x->path);
    free(x->text);
    free(x);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct sim_exchange *x = arg;
    (void)fd;
    (void)what;
    x->then(x);
}

void sim_exchange_wait(struct sim_exchange *x, unsigned ms, void (*then)(struct sim_exchange *x))
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    x->then = then;
    if (x->timer == NULL) {
        x->link = &x->sim->pending;
        x->next = x->sim->pending;
        if (x->next != NULL)
            x->next->link = &x->next;
        x->sim->pending = x;
        x->timer = event_new(x->sim->base, -1, 0, on_time, x);
    }
    if (x->timer == NULL || event_add(x->timer, &delay) != 0)
        abort();
}

/* Requests that still wait get no answer; those without a connection belong to nobody else. */
void sim_http_end(struct sim *sim)
{
    while (sim->pending != NULL)
        sim_reply_drop(sim->pending, false);
}

/* ---- Acting ---- */

static void act(struct sim_exchange *x)
{
    x->call.now = sim_now(&x->sim->clock);
    x->call.caller = sim_caller(&x->call);
    x->sim->call = &x->call;
    sim_route(&x->call);
    x->sim->call = NULL;
}

static void act_and_reply(struct sim_exchange *x)
{
    act(x);
    sim_reply(x);
}

static void strike_status(struct sim_exchange *x)
{
    if (x->fault.status == 429) {
        x->quota.remaining = 0;
        x->quota.reset_s = x->fault.arg;
    }
    sim_say_fault(&x->call, x->fault.status);
    x->call.untraced = x->call.untraced || x->fault.status == 403;
    sim_reply(x);
}

static void drop_before(struct sim_exchange *x)
{
    x->call.effect = SIM_DROPPED;
    sim_reply_drop(x, x->fault.kind == SIM_FAULT_RESET_BEFORE);
}

static void drop_after(struct sim_exchange *x)
{
    act(x);
    sim_reply_drop(x, x->fault.kind == SIM_FAULT_RESET_AFTER);
}

static void strike(struct sim_exchange *x)
{
    switch (x->fault.kind) {
    case SIM_FAULT_STATUS:
        strike_status(x);
        break;
    case SIM_FAULT_DROP_BEFORE:
    case SIM_FAULT_RESET_BEFORE:
        drop_before(x);
        break;
    case SIM_FAULT_DROP_AFTER:
    case SIM_FAULT_RESET_AFTER:
        drop_after(x);
        break;
    case SIM_FAULT_DELAY_BEFORE:
        sim_exchange_wait(x, x->fault.arg, act_and_reply);
        break;
    case SIM_FAULT_DELAY:
        act(x);
        sim_exchange_record(x, 0);
        sim_exchange_wait(x, x->fault.arg, sim_reply);
        break;
    default:
        act_and_reply(x);
        break;
    }
}

/* ---- Reading ---- */

/* The path after /api/v1, decoded; NULL when it is not below that or holds a zero byte. What is
 * above it keeps its first slash. */
static const char *api_path(struct sim_exchange *x, const char *path)
{
    size_t bytes = 0;
    x->path = evhttp_uridecode(path, 0, &bytes);
    if (x->path == NULL || strlen(x->path) != bytes)
        return NULL;
    return strncasecmp(x->path, "/api/v1/", 8) == 0 ? x->path + 8 : x->path;
}

static void read_request(struct sim_exchange *x, const char *path)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(x->req);
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(x->req));
    struct evkeyvalq *headers = evhttp_request_get_input_headers(x->req);
    struct sim_call *call = &x->call;
    call->sim = x->sim;
    call->method = method_name(evhttp_request_get_command(x->req));
    call->path = api_path(x, path);
    call->authorization = evhttp_find_header(headers, "Authorization");
    call->host = evhttp_find_header(headers, "Host");
    call->content_type = evhttp_find_header(headers, "Content-Type");
    if (query == NULL || evhttp_parse_query_str(query, &x->query) != 0)
        TAILQ_INIT(&x->query);
    x->query_parsed = true;
    call->query = &x->query;
    call->body_bytes = evbuffer_get_length(body);
    call->body = call->body_bytes > 0 ? (const char *)evbuffer_pullup(body, -1) : NULL;
    sim_hex(call->trace, 32);
}

static void open_line(struct sim_exchange *x, const char *target)
{
    struct sim_log *log = &x->sim->log;
    struct sim_call *call = &x->call;
    call->n = sim_log_open(log, call->now / SIM_TICKS_PER_MS, call->method, target);
    x->generation = log->generation;
    struct sim_log_line *line = sim_log_line(log, call->n, x->generation);
    line->who = call->caller; /* known to the log, whatever becomes of it */
    if (sim_body_is_secret(call))
        sim_log_body(line, log, "\"(a secret)\"", 12);
    else
        sim_log_body(line, log, call->body, call->body_bytes);
}

static void on_api_request(struct sim *sim, struct evhttp_request *req, const char *path)
{
    struct sim_exchange *x = sim_alloc(1, sizeof *x);
    const char *target = evhttp_request_get_uri(req);
    x->sim = sim;
    x->req = req;
    read_request(x, path);
    x->call.now = sim_now(&sim->clock);
    x->call.caller = sim_caller(&x->call);
    open_line(x, target);
    bool reused = sim_connection_used(sim->connections, evhttp_request_get_connection(req));
    struct sim_victim victim = {x->call.method, target, x->call.caller, reused};
    x->quota = sim_rate_count(&sim->rate, x->call.now);
    if (x->quota.refused) {
        sim_say_fault(&x->call, 429);
        sim_reply(x);
    } else {
        sim_fault_take(sim->faults, &victim, &x->fault);
        strike(x);
    }
}

void sim_on_request(struct evhttp_request *req, void *arg)
{
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
    if (path == NULL)
        path = "";
    if (strncmp(path, "/_sim", 5) == 0 && (path[5] == '/' || path[5] == '\0'))
        sim_control(arg, req, path + 5);
    else
        on_api_request(arg, req, path);
}
