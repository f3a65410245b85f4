/* A small server on listener/listener.h, for the tests of the gate:
 *
 *   gate_server ADDRESS [NAME=NUMBER]...    prints "listening ADDRESS", ends at SIGTERM
 *
 * POST /hook answers 204 when X-Hub-Signature-256 fits its body ($GATE_SECRET), else 401.
 * Any method on /echo/MS answers after MS milliseconds with what it understood.
 * GET /big/BYTES answers with so many bytes, GET /counters with the counters. */
#include <event2/event.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "listener/listener.h"
#include "xalloc.h"

static struct event_base *base;
static struct listener *listener;
static unsigned pending; /* answers to come */
static size_t body_limit = 1024 * 1024;

struct later {
    struct listener_exchange *x;
    struct event *timer;
    char *text;
};

static bool begins(struct cw_text text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.at, word, strlen(word)) == 0;
}

static unsigned long number_after(struct cw_text path, const char *word)
{
    auto_free char *text = xtext(path);
    return strtoul(text + strlen(word), NULL, 10);
}

static void reply(struct listener_exchange *x, int status, const char *text)
{
    struct http_answer answer = {
        .status = status, .type = text ? "text/plain" : NULL, .body = cw_text_of(text)};
    listener_reply(x, &answer);
}

static bool is_signed(const struct http_request *r)
{
    const char *secret = getenv("GATE_SECRET");
    const struct http_header *h = http_find(r, "X-Hub-Signature-256");
    unsigned char mac[32];
    char want[8 + 64] = "sha256=";
    if (!secret || !h || h->value.len != 7 + 64)
        return false;
    HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)r->body.at, r->body.len,
         mac, NULL);
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(want + 7 + 2 * i, 3, "%02x", mac[i]);
    return CRYPTO_memcmp(want, h->value.at, h->value.len) == 0;
}

/* What a source would decide: the coding and the charset of the body. */
static bool is_readable(const struct http_request *r)
{
    const struct http_header *type = http_find(r, "Content-Type");
    auto_free char *text = type ? xtext(type->value) : NULL;
    return !http_find(r, "Content-Encoding") && !(text && strstr(text, "utf-7"));
}

static void on_hook(struct listener_exchange *x, const struct http_request *r)
{
    reply(x, !is_signed(r) ? 401 : !is_readable(r) ? 415 : 204, NULL);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    struct later *l = arg;
    (void)fd;
    (void)what;
    reply(l->x, 200, l->text);
    pending--;
    event_free(l->timer);
    free(l->text);
    free(l);
}

static void on_echo(struct listener_exchange *x, const struct http_request *r)
{
    unsigned long ms = number_after(r->path, "/echo/"), sum = 0;
    char text[256];
    for (size_t i = 0; i < r->body.len; i++)
        sum = sum * 31 + (unsigned char)r->body.at[i];
    snprintf(text, sizeof text, "%.*s %.*s ?%.*s %zu fields, %zu bytes, sum %08lx\n",
             (int)r->method.len, r->method.at, (int)r->path.len, r->path.at, (int)r->query.len,
             r->query.at, r->n_headers, r->body.len, sum & 0xffffffff);
    if (!ms) {
        reply(x, 200, text);
        return;
    }
    struct timeval wait = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
    struct later *l = xcalloc(1, sizeof *l);
    l->x = x;
    l->text = xtext(cw_text_of(text));
    l->timer = event_new(base, -1, 0, on_later, l);
    event_add(l->timer, &wait);
    pending++;
}

static void on_big(struct listener_exchange *x, const struct http_request *r)
{
    size_t len = number_after(r->path, "/big/");
    auto_free char *text = xmalloc(len + 1);
    memset(text, 'b', len);
    text[len] = '\0';
    reply(x, 200, text);
}

static void on_counters(struct listener_exchange *x)
{
    const struct listener_counters *c = listener_counters(listener);
    char text[256];
    snprintf(text, sizeof text,
             "accepted %" PRIu64 " requests %" PRIu64 " refused %" PRIu64 " timeouts %" PRIu64
             " dropped %" PRIu64 " shed %" PRIu64 " open %zu\n",
             c->accepted, c->requests, c->refused, c->timeouts, c->dropped, c->shed,
             listener_open_exchanges(listener));
    reply(x, 200, text);
}

static void on_request(void *ctx, struct listener_exchange *x, const struct http_request *r)
{
    (void)ctx;
    if (begins(r->path, "/hook"))
        on_hook(x, r);
    else if (begins(r->path, "/echo/"))
        on_echo(x, r);
    else if (begins(r->path, "/big/"))
        on_big(x, r);
    else
        on_counters(x);
}

static void on_route(void *ctx, struct cw_text method, struct cw_text path,
                     struct listener_route *out)
{
    (void)ctx;
    out->body_limit_bytes = body_limit;
    if (cw_text_is(path, "/hook")) {
        if (!cw_text_is(method, "POST"))
            *out = (struct listener_route){.status = 405, .allow = "POST"};
    } else if (!begins(path, "/echo/") && !begins(path, "/big/") && !cw_text_is(path, "/counters"))
        out->status = 404;
}

static void set(struct listener_limits *l, const char *word)
{
    const char *equals = strchr(word, '=');
    struct cw_text name = {word, equals ? (size_t)(equals - word) : 0};
    unsigned long n = equals ? strtoul(equals + 1, NULL, 10) : 0;
    if (cw_text_is(name, "head_ms"))
        l->head_ms = (unsigned)n;
    else if (cw_text_is(name, "request_ms"))
        l->request_ms = (unsigned)n;
    else if (cw_text_is(name, "idle_ms"))
        l->idle_ms = (unsigned)n;
    else if (cw_text_is(name, "answer_ms"))
        l->answer_ms = (unsigned)n;
    else if (cw_text_is(name, "connections"))
        l->connections = n;
    else if (cw_text_is(name, "memory_bytes"))
        l->memory_bytes = n;
    else if (cw_text_is(name, "body_limit"))
        body_limit = n;
    else {
        fprintf(stderr, "unknown: %s\n", word);
        exit(2);
    }
}

/* SIGTERM drains as the daemon does: stop, wait for the open exchanges, close. */
static void on_term(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    listener_stop(listener);
    event_base_loopbreak(base);
}

static void serve(void)
{
    struct event *term = evsignal_new(base, SIGTERM, on_term, NULL);
    event_add(term, NULL);
    event_base_dispatch(base);
    for (int turns = 0; listener_open_exchanges(listener) && turns < 1000; turns++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    event_free(term);
}

int main(int argc, char **argv)
{
    struct listener_limits limits = {0};
    struct listener_ops ops = {on_route, on_request, NULL};
    struct cw_error err;
    for (int i = 2; i < argc; i++)
        set(&limits, argv[i]);
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    base = event_base_new_with_config(config);
    event_config_free(config);
    if (listener_open(base, argc > 1 ? argv[1] : "127.0.0.1:0", &limits, &ops, &listener, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("listening %s\n", listener_address(listener));
    fflush(stdout);
    serve();
    listener_close(listener);
    while (pending) /* an answer after the close must be harmless */
        event_base_loop(base, EVLOOP_ONCE);
    event_base_free(base);
    libevent_global_shutdown();
    return 0;
}
