/* The real transport: libcurl's multi interface on the libevent loop.
 *
 * Callbacks of libcurl only mark; finished transfers are collected by an event of their own, which
 * calls `done`. libcurl would silently send a request again when a reused connection dies before an
 * answer: it asks us before each sending, and the second one is refused. So every request is sent
 * once, and an attempt is what the server saw at most once. */
#include "transport/curl_easy.h"
#include "xalloc.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>

enum {
    MAX_CONNECTIONS = 64,
    KEPT_CONNECTIONS = 16,
    /* A connection that was idle for longer is not used again: servers close theirs after 5 s and
     * more, and whose request meets the end of its connection has lost an answer. What acts goes by
     * the connection of its look, a moment later: anew it would cost two round trips and, with TLS,
     * 0.8 ms of CPU (measured) instead of 0.03. */
    IDLE_LOOK_S = 4,
    IDLE_ACT_S = 1,
    OLD_CONNECTION_S = 300,
};

struct request {
    struct curl_transport *owner;
    struct request *next, **link;
    CURL *easy;
    struct curl_slist *headers;
    struct answer answer;
    char error[CURL_ERROR_SIZE];
    transport_done_fn done;
    void *ctx;
    unsigned sendings; /* that libcurl has begun or wanted to begin */
};

struct watch { /* a socket that libcurl wants to hear about */
    struct event *event;
    struct watch *next_dead;
};

struct curl_transport {
    struct transport base;
    struct event_base *loop;
    CURLM *multi;
    CURLSH *share; /* TLS sessions, so that a fresh connection costs no full handshake */
    char *url;     /* NULL: other hosts are reached */
    const char *protocol;
    int64_t timeout_ms;
    struct event *timer, *collect;
    struct request *requests;
    struct request *unsent; /* refused before libcurl saw them; their `done` is due */
    struct watch *dead;
};

/* ---- Ends of requests ---- */

static void link_request(struct request **list, struct request *r)
{
    r->next = *list;
    r->link = list;
    if (r->next)
        r->next->link = &r->next;
    *list = r;
}

static void unlink_request(struct request *r)
{
    *r->link = r->next;
    if (r->next)
        r->next->link = r->link;
}

static void free_request(struct request *r)
{
    if (r->easy) {
        curl_multi_remove_handle(r->owner->multi, r->easy);
        curl_easy_cleanup(r->easy);
    }
    easy_drop_headers(r->headers);
    answer_fini(&r->answer);
    free(r);
}

static void forget_all(struct request **list)
{
    while (*list) {
        struct request *r = *list;
        unlink_request(r);
        free_request(r);
    }
}

static void read_retry_after(struct request *r)
{
    curl_off_t seconds = 0;
    if (!r->answer.has_retry_after || r->answer.rate.retry_after_s >= 0)
        return;
    /* A date: libcurl has made seconds of it. Nonsense and what lies behind us stay absent. */
    if (curl_easy_getinfo(r->easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
        r->answer.rate.retry_after_s = seconds;
}

static const char *failure(const struct request *r, CURLcode result)
{
    if (r->answer.refused)
        return r->answer.refused;
    if (r->sendings > 1)
        return "the connection, which was in use before, ended before an answer came";
    if (!r->owner->url) /* libcurl's own words may repeat what is secret */
        return curl_easy_strerror(result);
    return r->error[0] ? r->error : curl_easy_strerror(result);
}

/* No byte of the request has left: the server cannot have seen it. */
static bool is_unsent(CURL *easy)
{
    long bytes = 0;
    return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes == 0;
}

static void finish(struct request *r, CURLcode result)
{
    struct transport_answer answer = {.outcome = TRANSPORT_NOT_SENT};
    long status = 0;
    if (r->easy && result == CURLE_OK) {
        curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
        read_retry_after(r);
        answer.outcome = TRANSPORT_ANSWER;
        answer.status = (int)status;
        answer.body = (struct cw_text){r->answer.body ? r->answer.body : "", r->answer.body_len};
        answer.rate = r->answer.rate;
        answer.total_items = r->answer.total_items;
        memcpy(answer.trace_id, r->answer.trace_id, sizeof answer.trace_id);
    } else {
        if (r->easy && !is_unsent(r->easy))
            answer.outcome = TRANSPORT_LOST;
        answer.rate = (struct transport_rate){-1, -1, -1, -1, -1, -1};
        answer.body = CW_TEXT("");
        answer.error = failure(r, result);
    }
    unlink_request(r); /* before `done`, which may send or abandon */
    r->done(r->ctx, &answer);
    free_request(r);
}

static void bury(struct curl_transport *t)
{
    while (t->dead) {
        struct watch *w = t->dead;
        t->dead = w->next_dead;
        event_free(w->event);
        free(w);
    }
}

static void on_collect(evutil_socket_t fd, short what, void *ctx)
{
    struct curl_transport *t = ctx;
    struct CURLMsg *msg;
    int left;
    (void)fd, (void)what;
    bury(t);
    while ((msg = curl_multi_info_read(t->multi, &left))) {
        struct request *r = NULL;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        finish(r, msg->data.result);
    }
    for (struct request *r; (r = t->unsent);)
        finish(r, CURLE_OK);
}

static void drive(struct curl_transport *t, curl_socket_t fd, int what)
{
    int running;
    curl_multi_socket_action(t->multi, fd, what, &running);
    event_active(t->collect, EV_TIMEOUT, 1);
}

/* ---- libcurl and libevent ---- */

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    int bits = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    drive(ctx, fd, bits);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    drive(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static void unwatch(struct curl_transport *t, struct watch *w)
{
    event_del(w->event);
    w->next_dead = t->dead; /* it may be the very event that is running */
    t->dead = w;
    event_active(t->collect, EV_TIMEOUT, 1);
}

static int mark_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *watch)
{
    struct curl_transport *t = ctx;
    (void)easy;
    if (watch)
        unwatch(t, watch);
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(t->multi, fd, NULL);
        return 0;
    }
    struct watch *w = xcalloc(1, sizeof *w);
    int bits =
        EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
    w->event = event_new(t->loop, fd, (short)bits, on_socket, t);
    if (!w->event || event_add(w->event, NULL) != 0)
        abort();
    curl_multi_assign(t->multi, fd, w);
    return 0;
}

static int mark_timer(CURLM *multi, long ms, void *ctx)
{
    struct curl_transport *t = ctx;
    (void)multi;
    if (ms < 0)
        return event_del(t->timer);
    struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
    return event_add(t->timer, &tv);
}

/* ---- transport.h ---- */

static void add_bearer(struct request *r, const char *token)
{
    char *bearer = xprintf("Authorization: Bearer %s", token);
    r->headers = easy_add_header(r->headers, bearer);
    explicit_bzero(bearer, strlen(bearer));
    free(bearer);
}

static bool has_header(const struct transport_request *q, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; q->headers && q->headers[i]; i++)
        if (strncasecmp(q->headers[i], name, len) == 0)
            return true;
    return false;
}

/* Before each sending of the request, on whatever connection. */
static int on_sending(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
    struct request *r = ctx;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    return r->sendings++ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void prepare(struct request *r, const struct transport_request *q)
{
    struct curl_transport *t = r->owner;
    auto_free char *url = t->url ? xprintf("%s%s", t->url, q->path) : NULL;
    bool is_look = strcmp(q->method, "GET") == 0;
    if (t->url)
        add_bearer(r, q->token);
    if (!has_header(q, "Accept:"))
        r->headers = easy_add_header(r->headers, "Accept: application/json");
    r->headers = easy_add_header(r->headers, "Expect:");
    if (!is_look && !has_header(q, "Content-Type:"))
        r->headers = easy_add_header(r->headers,
                                     q->body ? "Content-Type: application/json" : "Content-Type:");
    for (size_t i = 0; q->headers && q->headers[i]; i++)
        r->headers = easy_add_header(r->headers, q->headers[i]);
    r->easy = easy_new();
    easy_set_safety(r->easy, t->protocol);
    easy_set_times(r->easy, t->timeout_ms);
    easy_set_sinks(r->easy, &r->answer, r->error);
    easy_set_method(r->easy, q->method, cw_text_of(q->body));
    curl_easy_setopt(r->easy, CURLOPT_URL, url ? url : q->url);
    curl_easy_setopt(r->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->easy, CURLOPT_SHARE, t->share);
    curl_easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, t->url ? 0L : 1L);
    curl_easy_setopt(r->easy, CURLOPT_FORBID_REUSE, t->url ? 0L : 1L);
    curl_easy_setopt(r->easy, CURLOPT_MAXAGE_CONN, (long)(is_look ? IDLE_LOOK_S : IDLE_ACT_S));
    curl_easy_setopt(r->easy, CURLOPT_MAXLIFETIME_CONN, (long)OLD_CONNECTION_S);
    curl_easy_setopt(r->easy, CURLOPT_PREREQFUNCTION, on_sending);
    curl_easy_setopt(r->easy, CURLOPT_PREREQDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
}

static void send_request(struct transport *transport, const struct transport_request *q,
                         transport_done_fn done, void *ctx)
{
    struct curl_transport *t = (struct curl_transport *)transport;
    struct request *r = xcalloc(1, sizeof *r);
    r->owner = t;
    r->done = done;
    r->ctx = ctx;
    answer_init(&r->answer);
    assert(t->url ? q->path[0] == '/' && easy_is_plain(q->path) : easy_is_plain(q->url));
    if (t->url && (!*q->token || !easy_is_plain(q->token)))
        r->answer.refused = "the token holds bytes that no header may hold";
    if (r->answer.refused) {
        link_request(&t->unsent, r);
        event_active(t->collect, EV_TIMEOUT, 1);
        return;
    }
    prepare(r, q);
    link_request(&t->requests, r);
    if (curl_multi_add_handle(t->multi, r->easy) != CURLM_OK)
        abort();
}

static void abandon(struct transport *transport)
{
    struct curl_transport *t = (struct curl_transport *)transport;
    forget_all(&t->requests);
    forget_all(&t->unsent);
}

static void destroy(struct transport *transport)
{
    struct curl_transport *t = (struct curl_transport *)transport;
    if (!t)
        return;
    if (t->multi)
        abandon(transport);
    curl_multi_cleanup(t->multi);
    curl_share_cleanup(t->share);
    bury(t);
    if (t->timer)
        event_free(t->timer);
    if (t->collect)
        event_free(t->collect);
    free(t->url);
    free(t);
}

static const struct transport_ops curl_ops = {send_request, abandon, destroy};

enum cw_status transport_curl_create(struct event_base *base, const char *url, int64_t timeout_ms,
                                     struct transport **out, struct cw_error *err)
{
    const char *protocol = "https,http";
    enum cw_status st = easy_start(err);
    if (!st && url)
        st = easy_check_url(url, &protocol, err);
    if (st)
        return st;
    struct curl_transport *t = xcalloc(1, sizeof *t);
    t->base.ops = &curl_ops;
    t->loop = base;
    t->url = xstrdup(url);
    t->protocol = protocol;
    t->timeout_ms = timeout_ms;
    t->multi = curl_multi_init();
    t->share = curl_share_init();
    t->timer = evtimer_new(base, on_timer, t);
    t->collect = event_new(base, -1, 0, on_collect, t);
    if (!t->multi || !t->share || !t->timer || !t->collect)
        abort();
    curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, mark_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, mark_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)MAX_CONNECTIONS);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    *out = &t->base;
    return CW_OK;
}
