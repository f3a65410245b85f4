/*
 * One request from evhttp to its answer: log line, rate windows, fault, rules, headers. A request
 * whose client has gone meanwhile still acts, as it would at the real thing. Nothing waits: a delay
 * is a timer.
 */
#include "sim.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct sim_exchange {
    struct sim *sim;
    struct evhttp_request *req;
    struct sim_call call;
    struct sim_quota quota;
    struct sim_fault fault; /* a copy: the list may change while this one waits */
    uint64_t n;
    uint64_t generation;
    char *path;
    struct evkeyvalq query;
    bool query_parsed;
    struct event *timer;
    struct sim_exchange *next;
    struct sim_exchange **link;
};

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

static void record(struct sim_exchange *x, int status)
{
    struct sim_log_line *line = sim_log_line(&x->sim->log, x->n, x->generation);
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

static void forget(struct sim_exchange *x)
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
    free(x->path);
    free(x);
}

/* The reply that evhttp insists on goes into a closed socket and takes the connection with it. */
static void drop(struct sim_exchange *x)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(x->req);
    record(x, 0);
    if (connection != NULL) {
        struct bufferevent *bufev = evhttp_connection_get_bufferevent(connection);
        shutdown(bufferevent_getfd(bufev), SHUT_RDWR);
    }
    evhttp_send_reply(x->req, HTTP_INTERNAL, "dropped", NULL);
    forget(x);
}

static void add_number(struct evkeyvalq *headers, const char *name, size_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", value);
    evhttp_add_header(headers, name, text);
}

static void add_quota(struct evkeyvalq *headers, const struct sim_quota *quota)
{
    add_number(headers, "RateLimit-Limit", quota->limit);
    add_number(headers, "RateLimit-Remaining", quota->remaining);
    add_number(headers, "RateLimit-Reset", quota->reset_s);
    add_number(headers, "X-RateLimit-Limit-Second", quota->second_limit);
    add_number(headers, "X-RateLimit-Remaining-Second", quota->second_remaining);
    add_number(headers, "X-RateLimit-Limit-Minute", quota->minute_limit);
    add_number(headers, "X-RateLimit-Remaining-Minute", quota->minute_remaining);
}

static void add_headers(struct sim_exchange *x, const char *content_type)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(x->req);
    char edge[33];
    sim_hex(edge, 32);
    if (content_type != NULL)
        evhttp_add_header(headers, "Content-Type", content_type);
    if (!x->call.untraced)
        evhttp_add_header(headers, "Trace-Id", x->call.trace);
    evhttp_add_header(headers, "X-Edge-Ref", edge);
    add_quota(headers, &x->quota);
    if (x->call.status == 429 && x->sim->retry_after)
        add_number(headers, "Retry-After", x->quota.reset_s);
    if (x->call.allow != NULL)
        evhttp_add_header(headers, "Allow", x->call.allow);
    if (x->call.paged && x->call.status == 200) {
        add_number(headers, "aw-page", x->call.page);
        add_number(headers, "aw-pagesize", x->call.page_size);
        add_number(headers, "aw-items", x->call.items);
        add_number(headers, "aw-totalitems", x->call.total);
    }
}

static char *answer_text(struct sim_exchange *x, const char **content_type)
{
    char *text = NULL;
    *content_type = "application/json; charset=utf-8";
    if (x->fault.kind == SIM_FAULT_STATUS && x->call.status == 403) {
        *content_type = "text/html";
        return strdup("<html><head><title>403 Forbidden</title></head>"
                      "<body><h1>403 Forbidden</h1></body></html>");
    }
    if (x->fault.kind == SIM_FAULT_GARBAGE) {
        x->call.status = 200;
        return strdup("<\x01\x02not json at all\xff>{\"id\":,,,");
    }
    if (x->call.answer != NULL)
        text = json_dumps(x->call.answer, JSON_COMPACT | JSON_ENCODE_ANY);
    if (x->fault.kind == SIM_FAULT_TRUNCATE) {
        x->call.status = 200;
        if (text == NULL)
            return strdup("{\"id\":\"");
        text[strlen(text) / 2] = '\0';
    }
    if (text == NULL)
        *content_type = NULL;
    return text;
}

static const char *reason(int status)
{
    return status == 429 ? "Too Many Requests" : NULL;
}

static void send_answer(struct sim_exchange *x)
{
    const char *content_type = NULL;
    char *text = answer_text(x, &content_type);
    bool heard = evhttp_request_get_connection(x->req) != NULL;
    record(x, heard ? x->call.status : 0);
    add_headers(x, content_type);
    if (text != NULL)
        evbuffer_add(evhttp_request_get_output_buffer(x->req), text, strlen(text));
    free(text);
    evhttp_send_reply(x->req, x->call.status, reason(x->call.status), NULL);
    forget(x);
}

static void act(struct sim_exchange *x)
{
    x->call.now = sim_now(&x->sim->clock);
    x->call.caller = sim_caller(&x->call);
    sim_route(&x->call);
}

static void on_delay_over(evutil_socket_t fd, short what, void *arg)
{
    struct sim_exchange *x = arg;
    (void)fd;
    (void)what;
    if (x->fault.kind == SIM_FAULT_DELAY_BEFORE)
        act(x);
    send_answer(x);
}

static struct event *event_or_die(struct event *event)
{
    if (event == NULL)
        abort();
    return event;
}

static void wait_for_delay(struct sim_exchange *x)
{
    struct timeval delay = {.tv_sec = x->fault.arg / 1000,
                            .tv_usec = (suseconds_t)(x->fault.arg % 1000) * 1000};
    x->link = &x->sim->pending;
    x->next = x->sim->pending;
    if (x->next != NULL)
        x->next->link = &x->next;
    x->sim->pending = x;
    x->timer = event_or_die(event_new(x->sim->base, -1, 0, on_delay_over, x));
    event_add(x->timer, &delay);
}

static void strike_status(struct sim_exchange *x)
{
    if (x->fault.status == 429) {
        x->quota.remaining = 0;
        x->quota.reset_s = x->fault.arg;
    }
    sim_say_fault(&x->call, x->fault.status);
    x->call.untraced = x->call.untraced || x->fault.status == 403;
    send_answer(x);
}

static void strike(struct sim_exchange *x)
{
    switch (x->fault.kind) {
    case SIM_FAULT_STATUS:
        strike_status(x);
        break;
    case SIM_FAULT_DROP_BEFORE:
        x->call.effect = "dropped";
        drop(x);
        break;
    case SIM_FAULT_DROP_AFTER:
        act(x);
        drop(x);
        break;
    case SIM_FAULT_DELAY_BEFORE:
        wait_for_delay(x);
        break;
    case SIM_FAULT_DELAY:
        act(x);
        record(x, 0);
        wait_for_delay(x);
        break;
    case SIM_FAULT_TRUNCATE:
    case SIM_FAULT_GARBAGE:
    case SIM_FAULT_NONE:
        act(x);
        send_answer(x);
        break;
    }
}

/* The path after /api/v1, decoded; NULL when it is not below that or holds a zero byte. */
static const char *api_path(struct sim_exchange *x, const char *path)
{
    size_t bytes = 0;
    x->path = evhttp_uridecode(path, 0, &bytes);
    if (x->path == NULL || strlen(x->path) != bytes || strncasecmp(x->path, "/api/v1/", 8) != 0)
        return NULL;
    return x->path + 8;
}

static void read_request(struct sim_exchange *x, const char *path)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(x->req);
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(x->req));
    struct sim_call *call = &x->call;
    call->sim = x->sim;
    call->effect = "none";
    call->method = method_name(evhttp_request_get_command(x->req));
    call->path = api_path(x, path);
    call->authorization =
        evhttp_find_header(evhttp_request_get_input_headers(x->req), "Authorization");
    if (query == NULL || evhttp_parse_query_str(query, &x->query) != 0)
        TAILQ_INIT(&x->query);
    x->query_parsed = true;
    call->query = &x->query;
    call->body_bytes = evbuffer_get_length(body);
    call->body = call->body_bytes > 0 ? (const char *)evbuffer_pullup(body, -1) : NULL;
    sim_hex(call->trace, 32);
}

static void on_api_request(struct sim *sim, struct evhttp_request *req, const char *path)
{
    struct sim_exchange *x = sim_alloc(1, sizeof *x);
    const char *target = evhttp_request_get_uri(req);
    int64_t now = sim_now(&sim->clock);
    x->sim = sim;
    x->req = req;
    read_request(x, path);
    x->n = sim_log_open(&sim->log, now / SIM_TICKS_PER_MS, x->call.method, target, x->call.body,
                        x->call.body_bytes);
    x->generation = sim->log.generation;
    x->call.now = now;
    x->call.caller = sim_caller(&x->call); /* known to the log, whatever becomes of it */
    x->quota = sim_rate_count(&sim->rate, now);
    if (x->quota.refused) {
        sim_say_fault(&x->call, 429);
        send_answer(x);
        return;
    }
    const struct sim_fault *fault = sim_fault_take(sim, x->call.method, target);
    if (fault != NULL)
        x->fault = *fault;
    strike(x);
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

/* Requests that still wait get no answer; those without a connection belong to nobody else. */
void sim_http_end(struct sim *sim)
{
    while (sim->pending != NULL)
        drop(sim->pending);
}
