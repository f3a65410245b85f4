/*
 * The answer on its way out: headers, body, and the ways in which it can go wrong. A request whose
 * client has gone meanwhile has acted all the same.
 */
#include "exchange.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DRIP_STEPS 20

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

static void add_page(struct evkeyvalq *headers, const struct sim_call *call)
{
    if (!call->paged || call->status != 200)
        return;
    add_number(headers, "aw-page", call->page);
    add_number(headers, "aw-pagesize", call->page_size);
    add_number(headers, "aw-items", call->items);
    add_number(headers, "aw-totalitems", call->total);
}

/* What a fault says instead. */
static void add_ordered(struct evkeyvalq *headers, const struct sim_fault *fault)
{
    const char *name;
    json_t *value;
    json_object_foreach(fault->headers, name, value)
    {
        while (evhttp_remove_header(headers, name) == 0)
            ;
        evhttp_add_header(headers, name, json_string_value(value));
    }
}

static void add_headers(struct sim_exchange *x, const char *content_type)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(x->req);
    const struct sim_call *call = &x->call;
    char edge[33];
    sim_hex(edge, 32);
    if (content_type != NULL)
        evhttp_add_header(headers, "Content-Type", content_type);
    if (!call->untraced)
        evhttp_add_header(headers, "Trace-Id", call->trace);
    evhttp_add_header(headers, "X-Edge-Ref", edge);
    add_quota(headers, &x->quota);
    if (call->status == 429 && x->sim->retry_after)
        add_number(headers, "Retry-After", x->quota.reset_s);
    if (call->allow[0] != '\0')
        evhttp_add_header(headers, "Allow", call->allow);
    if (call->location != NULL)
        evhttp_add_header(headers, "Location", call->location);
    if (call->confidential)
        evhttp_add_header(headers, "Cache-Control", "no-store");
    add_page(headers, call);
    add_ordered(headers, &x->fault);
}

/* Of a fault that does not leave the usual one; *known says whether it did. */
static char *ordered_text(struct sim_exchange *x, const char **content_type, bool *known)
{
    const struct sim_fault *fault = &x->fault;
    *known = true;
    *content_type = "text/html";
    if (fault->kind == SIM_FAULT_STATUS && fault->body != NULL) {
        *content_type = fault->body[0] != '\0' ? "text/html" : NULL;
        return fault->body[0] != '\0' ? sim_dup(fault->body, strlen(fault->body)) : NULL;
    }
    if (fault->kind == SIM_FAULT_STATUS && x->call.status == 403)
        return strdup("<html><head><title>403 Forbidden</title></head>"
                      "<body><h1>403 Forbidden</h1></body></html>");
    *content_type = "application/json; charset=utf-8";
    if (fault->kind == SIM_FAULT_GARBAGE) {
        x->call.status = 200;
        return strdup("<\x01\x02not json at all\xff>{\"id\":,,,");
    }
    *known = false;
    return NULL;
}

static char *answer_text(struct sim_exchange *x, const char **content_type)
{
    bool known = false;
    char *text = ordered_text(x, content_type, &known);
    if (known)
        return text;
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
    return status == 429 ? "Too Many Requests" : status == 425 ? "Too Early" : NULL;
}

/* ---- Dropped ---- */

static evutil_socket_t socket_of(const struct sim_exchange *x)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(x->req);
    if (connection == NULL)
        return -1;
    return bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
}

/* The reply that evhttp insists on goes into a dead socket and takes the connection with it. To
 * connect it to nothing sends a reset at once. */
void sim_reply_drop(struct sim_exchange *x, bool reset)
{
    const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    evutil_socket_t fd = socket_of(x);
    sim_exchange_record(x, 0);
    if (fd >= 0 && (!reset || connect(fd, &nowhere, sizeof nowhere) != 0))
        shutdown(fd, SHUT_RDWR);
    evhttp_send_reply(x->req, HTTP_INTERNAL, "dropped", NULL);
    sim_exchange_end(x);
}

/* ---- In pieces ---- */

static void send_piece(struct sim_exchange *x, size_t bytes)
{
    struct evbuffer *piece = evbuffer_new();
    if (piece == NULL)
        abort();
    evbuffer_add(piece, x->text + x->text_sent, bytes);
    x->text_sent += bytes;
    evhttp_send_reply_chunk(x->req, piece);
    evbuffer_free(piece);
}

static void drip_on(struct sim_exchange *x)
{
    size_t left = x->text_bytes - x->text_sent;
    size_t step = x->text_bytes / DRIP_STEPS + 1;
    if (left > 0)
        send_piece(x, left < step ? left : step);
    if (x->text_sent < x->text_bytes) {
        sim_exchange_wait(x, x->fault.arg / DRIP_STEPS, drip_on);
        return;
    }
    evhttp_send_reply_end(x->req);
    sim_exchange_end(x);
}

/* The client was promised more than it gets. */
static void cut_off(struct sim_exchange *x)
{
    evutil_socket_t fd = socket_of(x);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
    evhttp_send_reply_end(x->req);
    sim_exchange_end(x);
}

static void reply_in_pieces(struct sim_exchange *x, char *text)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(x->req);
    x->text = text;
    x->text_bytes = strlen(text);
    add_number(headers, "Content-Length", x->text_bytes);
    evhttp_send_reply_start(x->req, x->call.status, reason(x->call.status));
    if (x->fault.kind == SIM_FAULT_DRIP) {
        drip_on(x);
        return;
    }
    send_piece(x, x->text_bytes / 2);
    sim_exchange_wait(x, 50, cut_off); /* so that the first half is out */
}

void sim_reply(struct sim_exchange *x)
{
    const char *content_type = NULL;
    char *text = answer_text(x, &content_type);
    bool heard = evhttp_request_get_connection(x->req) != NULL;
    bool in_pieces = x->fault.kind == SIM_FAULT_DRIP || x->fault.kind == SIM_FAULT_CUT;
    sim_exchange_record(x, heard ? x->call.status : 0);
    add_headers(x, content_type);
    if (heard && in_pieces && text != NULL) {
        reply_in_pieces(x, text);
        return;
    }
    if (text != NULL)
        evbuffer_add(evhttp_request_get_output_buffer(x->req), text, strlen(text));
    free(text);
    evhttp_send_reply(x->req, x->call.status, reason(x->call.status), NULL);
    sim_exchange_end(x);
}
