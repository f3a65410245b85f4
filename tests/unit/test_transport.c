/* The real transport against a small raw server: what it calls an answer, lost, not sent. */
#include "check.h"
#include "transport/transport.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- Names: libcurl asks us, and one name hangs ---- */

typedef int (*lookup_fn)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **found)
{
    lookup_fn real;
    void *at = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&real, &at, sizeof real);
    if (host && strcmp(host, "hangs.test") == 0) {
        sleep(3);
        return EAI_AGAIN;
    }
    return real(host, port, hints, found);
}

/* ---- The server: each path names what it does ---- */

static struct {
    pthread_mutex_t lock;
    int requests, connections;
    int arrived[64]; /* requests to /n/I, read or not */
    char last[8192]; /* the last request as it came */
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int seen_requests(void)
{
    pthread_mutex_lock(&seen.lock);
    int n = seen.requests;
    pthread_mutex_unlock(&seen.lock);
    return n;
}

static bool seen_text(const char *text)
{
    pthread_mutex_lock(&seen.lock);
    bool found = strstr(seen.last, text) != NULL;
    pthread_mutex_unlock(&seen.lock);
    return found;
}

static void say(int fd, const char *text)
{
    size_t len = strlen(text), at = 0;
    while (at < len) {
        ssize_t n = send(fd, text + at, len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += (size_t)n;
    }
}

static void say_chunks(int fd, size_t chunks)
{
    char chunk[4096 + 16];
    say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    snprintf(chunk, sizeof chunk, "1000\r\n%*s\r\n", 4096, "x");
    for (size_t i = 0; i < chunks; i++)
        say(fd, chunk);
    say(fd, "0\r\n\r\n");
}

static void say_headers(int fd, int lines)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (int i = 0; i < lines; i++)
        say(fd, "X-More: of the same\r\n");
    say(fd, "\r\n");
}

static void reset(int fd)
{
    struct linger now = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static const struct {
    const char *path, *answer;
} answers[] = {
    {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nTrace-Id: t-1\r\n\r\n{\"ok\":true}"},
    {"/none", "HTTP/1.1 204 No Content\r\n\r\n"},
    {"/moved", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
    {"/garbage", "hello\r\n\r\nis it me\r\n"},
    {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":"},
    {"/rate", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nratelimit-reset: 47\r\n"
              "X-RateLimit-Limit-Second: 50\r\nX-RateLimit-Remaining-Second: 49\r\n"
              "X-RateLimit-Limit-Minute: 1000\r\nX-RateLimit-Remaining-Minute: 999\r\n"
              "Retry-After: 3\r\n\r\n"},
    {"/absurd", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRateLimit-Reset: soon\r\n"
                "X-RateLimit-Limit-Second: -4\r\nRetry-After: -5\r\n\r\n"},
    {"/date", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n"
              "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n\r\n"},
    {"/past", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRateLimit-Reset: 7\r\n"
              "Retry-After: Fri, 01 Jan 2021 00:00:00 GMT\r\n\r\n"},
    {"/zero", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRateLimit-Reset: 0\r\n"
              "Retry-After: 0\r\n\r\n"},
    {"/no-date", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nRateLimit-Reset: 1e3\r\n"
                 "Retry-After: Someday, 99 Foo 2021\r\n\r\n"},
    {"/endless", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n"
                 "RateLimit-Reset: 99999999999999999999\r\nRetry-After: 99999999999\r\n\r\n"},
    {"/early", "HTTP/1.1 100 Continue\r\nTrace-Id: early\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
};

/* Returns: whether the connection stays. */
static bool respond(int fd, const char *path)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (strcmp(path, answers[i].path) == 0) {
            say(fd, answers[i].answer);
            return strcmp(path, "/half") != 0 && strcmp(path, "/garbage") != 0;
        }
    if (strcmp(path, "/chunked") == 0)
        say_chunks(fd, 3);
    else if (strcmp(path, "/huge") == 0)
        say_chunks(fd, 300);
    else if (strcmp(path, "/headers") == 0)
        say_headers(fd, 500);
    else if (strcmp(path, "/slow") == 0)
        sleep(2);
    else if (strcmp(path, "/reset") == 0)
        reset(fd);
    return false;
}

/* Reads one request with its body; false at the end of the connection. */
static bool hear(int fd, char *text, size_t size)
{
    size_t len = 0, need = 0;
    while (len < size - 1) {
        ssize_t n = recv(fd, text + len, size - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        need = end ? (size_t)(end - text) + 4 + (length ? strtoul(length + 16, NULL, 10) : 0) : 0;
        if (end && len >= need)
            return true;
    }
    return false;
}

static void count_arrival(const char *text)
{
    int i;
    if (sscanf(text, "%*s /n/%d", &i) != 1 || i < 0 || i >= 64)
        return;
    pthread_mutex_lock(&seen.lock);
    seen.arrived[i]++;
    pthread_mutex_unlock(&seen.lock);
}

static int arrivals(int i)
{
    pthread_mutex_lock(&seen.lock);
    int n = seen.arrived[i];
    pthread_mutex_unlock(&seen.lock);
    return n;
}

/* How a connection that was kept dies when the next request is there; the path of the request
 * before it names it. The rest of a word is whether the request was read, and answered in part. */
static const char *const deaths[] = {"closed",   "fin-unread", "rst-unread", "fin-read",
                                     "rst-read", "fin-half",   "rst-half"};
enum { DEATHS = sizeof deaths / sizeof *deaths };

static void die(int fd, const char *how)
{
    char text[8192] = "";
    if (strcmp(how, "closed") == 0) /* at once, while it is idle */
        return;
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_PEEK);
    if (n <= 0)
        return;
    count_arrival(text);
    if (!strstr(how, "unread"))
        hear(fd, text, sizeof text);
    if (strstr(how, "half"))
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":");
    if (strncmp(how, "rst", 3) == 0) {
        reset(fd);
        return;
    }
    shutdown(fd, SHUT_WR);
    while (recv(fd, text, sizeof text, 0) > 0)
        continue;
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char text[8192], path[256], how[32];
    while (hear(fd, text, sizeof text)) {
        pthread_mutex_lock(&seen.lock);
        seen.requests++;
        memcpy(seen.last, text, sizeof text);
        pthread_mutex_unlock(&seen.lock);
        count_arrival(text);
        if (sscanf(text, "%*s %255s", path) != 1)
            break;
        bool is_last = sscanf(path, "/then/%31s", how) == 1, is_counted = !strncmp(path, "/n/", 3);
        if (!respond(fd, is_last || is_counted ? "/ok" : path))
            break;
        if (is_last) {
            die(fd, how);
            break;
        }
    }
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    for (int fd; (fd = accept((int)(intptr_t)arg, NULL, NULL)) >= 0;) {
        pthread_t thread;
        pthread_mutex_lock(&seen.lock);
        seen.connections++;
        pthread_mutex_unlock(&seen.lock);
        if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static void start_thread(int fd)
{
    pthread_t thread;
    if (listen(fd, 64) != 0 || pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
        abort();
    pthread_detach(thread);
}

static int bound_port(int fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (bind(fd, (struct sockaddr *)&at, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        abort();
    return ntohs(at.sin_port);
}

static int server_port(void)
{
    static int port;
    if (!port) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        port = bound_port(fd);
        start_thread(fd);
    }
    pthread_mutex_lock(&seen.lock);
    seen.requests = seen.connections = 0;
    memset(seen.arrived, 0, sizeof seen.arrived);
    pthread_mutex_unlock(&seen.lock);
    return port;
}

/* ---- The client ---- */

struct client {
    struct event_base *loop;
    struct transport *t;
    int done;
    struct transport_answer last;
    char body[64], error[256];
    size_t body_len;
};

static void on_done(void *ctx, const struct transport_answer *answer)
{
    struct client *c = ctx;
    c->done++;
    c->last = *answer;
    c->body_len = answer->body.len;
    snprintf(c->body, sizeof c->body, "%.*s", (int)answer->body.len, answer->body.at);
    snprintf(c->error, sizeof c->error, "%s", answer->error ? answer->error : "");
}

static struct client client_of(const char *scheme_and_host, int port)
{
    struct client c = {.loop = event_base_new()};
    char url[64];
    snprintf(url, sizeof url, "%s:%d", scheme_and_host, port);
    if (transport_curl_create(c.loop, url, 700, &c.t, NULL) != CW_OK)
        abort();
    return c;
}

static void client_end(struct client *c)
{
    c->t->ops->destroy(c->t);
    event_base_free(c->loop);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Turns the loop until so many answers came; by time, since a loop may turn often for nothing. */
static void await(struct client *c, int done)
{
    int64_t end_ms = now_ms() + 20000;
    while (c->done < done && now_ms() < end_ms)
        event_base_loop(c->loop, EVLOOP_ONCE);
    CHECK_INT(c->done, done);
}

static void ask_with(struct client *c, const char *method, const char *path, const char *body,
                     const char *token)
{
    struct transport_request q = {.method = method, .path = path, .token = token, .body = body};
    int before = c->done;
    c->t->ops->send(c->t, &q, on_done, c);
    CHECK_INT(c->done, before); /* never from inside send */
    await(c, before + 1);
}

static void ask(struct client *c, const char *method, const char *path, const char *body)
{
    ask_with(c, method, path, body, "s3cret");
}

TEST(an_answer_comes_whole)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    ask(&c, "POST", "/ok", "{\"a\":1}");
    CHECK_INT(c.last.outcome, TRANSPORT_ANSWER);
    CHECK_INT(c.last.status, 200);
    CHECK_STR(c.body, "{\"ok\":true}");
    CHECK_STR(c.last.trace_id, "t-1");
    CHECK_INT(c.last.rate.reset_s, -1);
    CHECK(c.last.error == NULL);
    CHECK(seen_text("Authorization: Bearer s3cret\r\n"));
    CHECK(seen_text("Content-Type: application/json\r\n"));
    CHECK(seen_text("\r\n\r\n{\"a\":1}"));
    CHECK(!seen_text("Expect:"));
    ask(&c, "GET", "/none", NULL);
    CHECK_INT(c.last.status, 204);
    CHECK_INT(c.body_len, 0);
    ask(&c, "GET", "/chunked", NULL);
    CHECK_INT(c.body_len, 3 * 4096);
    client_end(&c);
}

TEST(a_post_without_a_body_has_no_content_type)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    ask(&c, "POST", "/none", NULL);
    CHECK_INT(c.last.status, 204);
    CHECK(seen_text("Content-Length: 0\r\n"));
    CHECK(!seen_text("Content-Type"));
    client_end(&c);
}

TEST(rate_headers_are_read_or_absent)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    ask(&c, "GET", "/rate", NULL);
    CHECK_INT(c.last.status, 429);
    CHECK_INT(c.last.rate.reset_s, 47);
    CHECK_INT(c.last.rate.retry_after_s, 3);
    CHECK_INT(c.last.rate.limit_second, 50);
    CHECK_INT(c.last.rate.remaining_second, 49);
    CHECK_INT(c.last.rate.limit_minute, 1000);
    CHECK_INT(c.last.rate.remaining_minute, 999);
    ask(&c, "GET", "/absurd", NULL);
    CHECK_INT(c.last.rate.reset_s, -1);
    CHECK_INT(c.last.rate.limit_second, -1);
    CHECK_INT(c.last.rate.retry_after_s, -1);
    ask(&c, "GET", "/date", NULL);
    CHECK(c.last.rate.retry_after_s > 86400);
    ask(&c, "GET", "/past", NULL);
    CHECK_INT(c.last.rate.retry_after_s, -1);
    CHECK_INT(c.last.rate.reset_s, 7);
    ask(&c, "GET", "/zero", NULL);
    CHECK_INT(c.last.rate.retry_after_s, 0);
    CHECK_INT(c.last.rate.reset_s, 0);
    ask(&c, "GET", "/no-date", NULL);
    CHECK_INT(c.last.rate.retry_after_s, -1);
    CHECK_INT(c.last.rate.reset_s, -1);
    ask(&c, "GET", "/endless", NULL);
    CHECK_INT(c.last.rate.retry_after_s, 99999999999);
    CHECK_INT(c.last.rate.reset_s, -1);
    ask(&c, "GET", "/early", NULL);
    CHECK_INT(c.last.status, 200);
    CHECK_STR(c.last.trace_id, "");
    client_end(&c);
}

TEST(a_proxy_of_the_environment_is_not_used)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    struct client c = client_of("http://127.0.0.1", server_port());
    ask(&c, "POST", "/ok", "{}");
    CHECK_INT(c.last.status, 200);
    client_end(&c);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

TEST(a_redirect_is_an_answer_and_the_token_stays)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    ask(&c, "GET", "/moved", NULL);
    CHECK_INT(c.last.status, 302);
    CHECK_INT(seen_requests(), 1);
    client_end(&c);
}

TEST(half_an_answer_is_lost)
{
    static const char *const paths[] = {"/half",    "/reset",   "/drop", "/slow",
                                        "/garbage", "/headers", "/huge"};
    struct client c = client_of("http://127.0.0.1", server_port());
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ask(&c, "POST", paths[i], "{}");
        if (!CHECK_INT(c.last.outcome, TRANSPORT_LOST))
            fprintf(stderr, "  at %s: %d %s\n", paths[i], c.last.status, c.error);
        CHECK_INT(c.last.status, 0);
        CHECK(c.error[0] && !strchr(c.error, '\n') && !strstr(c.error, "s3cret"));
        CHECK_INT(seen_requests(), (int64_t)i + 1); /* each was seen exactly once */
    }
    client_end(&c);
}

TEST(what_never_left_is_not_sent)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), port = bound_port(fd); /* bound, not listening */
    struct client c = client_of("http://127.0.0.1", port);
    ask(&c, "POST", "/ok", "{}");
    CHECK_INT(c.last.outcome, TRANSPORT_NOT_SENT);
    CHECK(c.error[0]);
    client_end(&c);
    close(fd);

    c = client_of("https://127.0.0.1", server_port()); /* no TLS there */
    ask(&c, "POST", "/ok", "{}");
    CHECK_INT(c.last.outcome, TRANSPORT_NOT_SENT);
    CHECK_INT(seen_requests(), 0);
    client_end(&c);

    c = client_of("https://nobody.invalid", 443);
    ask(&c, "POST", "/ok", "{}");
    CHECK_INT(c.last.outcome, TRANSPORT_NOT_SENT);
    client_end(&c);

    c = client_of("http://127.0.0.1", server_port());
    ask_with(&c, "POST", "/ok", "{}", "two\r\nlines");
    CHECK_INT(c.last.outcome, TRANSPORT_NOT_SENT);
    CHECK(!strstr(c.error, "two"));
    CHECK_INT(seen_requests(), 0);
    client_end(&c);
}

/* libcurl would send a request again when a reused connection dies before an answer: each is seen
 * once, whatever it is and however the connection dies, and what is lost is said to be. */
TEST(a_dying_reused_connection_repeats_nothing)
{
    static const char *const methods[] = {"GET", "POST", "PUT"};
    struct client c = client_of("http://127.0.0.1", server_port());
    for (int i = 0; i < 3 * DEATHS * 2; i++) {
        const char *how = deaths[i % DEATHS], *method = methods[i / DEATHS % 3];
        char first[40], then[40];
        snprintf(first, sizeof first, "/then/%s", how);
        snprintf(then, sizeof then, "/n/%d", i);
        ask(&c, "GET", first, NULL);
        usleep(20000); /* a connection that the server has closed is known to be */
        ask(&c, method, then, i < 3 * DEATHS || *method == 'G' ? NULL : "{\"a\":1}");
        bool is_closed = strcmp(how, "closed") == 0;
        bool good = CHECK_INT(c.last.outcome, is_closed ? TRANSPORT_ANSWER : TRANSPORT_LOST);
        good &= CHECK_INT(arrivals(i), 1);
        if (!good)
            fprintf(stderr, "  %s %s: %s\n", method, how, c.error);
        CHECK(is_closed || c.error[0]);
    }
    ask(&c, "POST", "/ok", "{}"); /* and nothing comes after all */
    for (int i = 0; i < 3 * DEATHS * 2; i++)
        CHECK_INT(arrivals(i), 1);
    client_end(&c);
}

/* What acts goes by the connection of its look, if that was used a moment ago. */
TEST(an_act_reuses_the_connection_of_its_look_only)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    ask(&c, "GET", "/ok", NULL);
    ask(&c, "POST", "/ok", "{}");
    ask(&c, "GET", "/ok", NULL);
    CHECK_INT(seen.connections, 1);
    usleep(2100000);
    ask(&c, "GET", "/ok", NULL);
    CHECK_INT(seen.connections, 1);
    usleep(2100000);
    ask(&c, "POST", "/ok", "{}");
    CHECK_INT(seen.connections, 2);
    client_end(&c);
}

TEST(abandoned_requests_never_call_back)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    struct transport_request q = {.method = "GET", .path = "/ok", .token = "t"}, bad = q;
    bad.token = "";
    for (int i = 0; i < 5; i++)
        c.t->ops->send(c.t, i % 2 ? &q : &bad, on_done, &c);
    c.t->ops->abandon(c.t);
    ask(&c, "GET", "/ok", NULL);
    event_base_loop(c.loop, EVLOOP_NONBLOCK);
    CHECK_INT(c.done, 1);
    c.t->ops->send(c.t, &q, on_done, &c); /* and destroying with one in flight is fine */
    client_end(&c);
    CHECK_INT(c.done, 1);
}

TEST(many_at_once_each_answer_once)
{
    struct client c = client_of("http://127.0.0.1", server_port());
    struct transport_request q = {.method = "POST", .path = "/ok", .token = "t", .body = "{}"};
    for (int i = 0; i < 200; i++)
        c.t->ops->send(c.t, &q, on_done, &c);
    await(&c, 200);
    CHECK_INT(seen_requests(), 200);
    client_end(&c);
}

/* libcurl's own way is to wait for the thread that looks the name up, and the loop with it. */
TEST(a_name_server_that_hangs_does_not_stop_the_loop)
{
    struct client c = client_of("https://hangs.test", 443);
    int64_t begun_ms = now_ms();
    ask(&c, "GET", "/ok", NULL);
    CHECK_INT(c.last.outcome, TRANSPORT_NOT_SENT);
    struct transport_request q = {.method = "GET", .path = "/ok", .token = "t"};
    c.t->ops->send(c.t, &q, on_done, &c);
    for (int i = 0; i < 5; i++)
        event_base_loop(c.loop, EVLOOP_NONBLOCK);
    client_end(&c); /* nor the end */
    CHECK(now_ms() - begun_ms < 2500);
}

static enum cw_status try_url(const char *url)
{
    struct event_base *loop = event_base_new();
    struct transport *t = NULL;
    struct cw_error err = {0};
    enum cw_status st = transport_curl_create(loop, url, 1000, &t, &err);
    if (st)
        CHECK(err.text[0] && !t);
    else
        t->ops->destroy(t);
    event_base_free(loop);
    return st;
}

TEST(http_is_only_for_this_machine)
{
    CHECK_INT(try_url("https://api.awork.com/api/v1"), CW_OK);
    CHECK_INT(try_url("http://localhost:8080/api/v1"), CW_OK);
    CHECK_INT(try_url("http://127.9.9.9"), CW_OK);
    CHECK_INT(try_url("http://[::1]:80/api"), CW_OK);
    static const char *const bad[] = {
        "http://api.awork.com/api/v1",
        "http://127.0.0.1.evil.example",
        "http://localhost.example",
        "https://api.awork.com/",
        "ftp://localhost",
        "https://u:p@api.awork.com",
        "api.awork.com",
        "https://api.awork.com/x?y=1",
        "https://api.awork.com/#x",
        "",
        "https://a b",
        "file:///etc",
        "http://128.0.0.1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK_INT(try_url(bad[i]), CW_EINVAL))
            fprintf(stderr, "  at %s\n", bad[i]);
}

/* ---- Other hosts ---- */

TEST(addresses_of_other_hosts)
{
    static const char *const plain[] = {"mattermost", "10.0.0.5", NULL};
    static const char *const good[] = {"https://chat.example.org/hooks/x?y=1",
                                       "https://chat.example.org:8443",
                                       "http://localhost:8065/hooks/x",
                                       "http://127.0.0.1/",
                                       "http://[::1]:80/",
                                       "http://mattermost:8065/hooks/x",
                                       "http://MATTERMOST/",
                                       "http://10.0.0.5/"};
    static const char *const bad[] = {"",
                                      "http://chat.example.org/",
                                      "http://mattermost.example.org/",
                                      "http://10.0.0.50/",
                                      "http://mattermost@chat.example.org/",
                                      "http://chat.example.org#@mattermost/",
                                      "https://ada:pw@chat.example.org/",
                                      "https://chat.example.org/#part",
                                      "chat.example.org/hooks",
                                      "//chat.example.org/",
                                      "ftp://localhost/",
                                      "file:///etc/passwd",
                                      "gopher://127.0.0.1/",
                                      "https:///hooks",
                                      "https:/hooks",
                                      "https:\\\\chat.example.org/",
                                      "https://chat.example.org\\@localhost/",
                                      "https://chat example.org/",
                                      "https://chat.example.org/\r\nX: y",
                                      "https://chat.example.org/\xc3\xa4",
                                      "mattermost:ada"};
    struct cw_error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!CHECK_INT(transport_check_url(good[i], plain, &err), CW_OK))
            fprintf(stderr, "  %s: %s\n", good[i], err.text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (!CHECK_INT(transport_check_url(bad[i], plain, &err), CW_EINVAL))
            fprintf(stderr, "  %s\n", bad[i]);
        CHECK(!strstr(err.text, "chat.example") && !strstr(err.text, "pw"));
    }
    CHECK_INT(transport_check_url("http://mattermost/", NULL, &err), CW_EINVAL);
    char *host = transport_host("https://chat.example.org:8443/hooks?x");
    CHECK_STR(host, "chat.example.org:8443");
    free(host);
    host = transport_host("https://chat.example.org");
    CHECK_STR(host, "chat.example.org");
    free(host);
}

static struct client outside_client(void)
{
    struct client c = {.loop = event_base_new()};
    if (transport_curl_create(c.loop, NULL, 700, &c.t, NULL) != CW_OK)
        abort();
    return c;
}

static void post_to(struct client *c, const char *path, const char *const *headers)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server_port(), path);
    struct transport_request q = {
        .method = "POST", .url = url, .body = "{\"text\":\"hi\"}", .headers = headers};
    int before = c->done;
    c->t->ops->send(c->t, &q, on_done, c);
    await(c, before + 1);
}

TEST(a_post_to_another_host)
{
    static const char *const headers[] = {"X-Kind: a b", "content-type: application/x", NULL};
    struct client c = outside_client();
    post_to(&c, "/ok", NULL);
    CHECK_INT(c.last.outcome, TRANSPORT_ANSWER);
    CHECK_INT(c.last.status, 200);
    CHECK(seen_text("POST /ok HTTP/1.1\r\n") && seen_text("{\"text\":\"hi\"}"));
    CHECK(seen_text("Content-Type: application/json\r\n") && !seen_text("Authorization"));
    post_to(&c, "/ok", headers);
    CHECK(seen_text("X-Kind: a b\r\n") && seen_text("content-type: application/x\r\n"));
    CHECK(!seen_text("application/json\r\n\r\n") && !seen_text("Content-Type: application/json"));
    post_to(&c, "/moved", NULL);
    CHECK_INT(c.last.status, 302);
    client_end(&c);
}

/* One connection each: what dies before its answer was never sent twice. */
TEST(no_connection_to_another_host_is_used_again)
{
    struct client c = outside_client();
    int port = server_port();
    (void)port;
    post_to(&c, "/ok", NULL);
    post_to(&c, "/ok", NULL);
    CHECK_INT(seen_requests(), 1); /* server_port forgets */
    struct transport_request gone = {.method = "GET",
                                     .url = "http://127.0.0.1:1/hooks/s3cret"}; /* nobody listens */
    c.t->ops->send(c.t, &gone, on_done, &c);
    await(&c, 3);
    CHECK_INT(c.last.outcome, TRANSPORT_NOT_SENT);
    CHECK(!strstr(c.error, "127.0.0.1") && !strstr(c.error, "s3cret") && c.error[0]);
    client_end(&c);
}

static void on_unix(char *path, size_t size)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(path, size, "/tmp/cw-transport-%d", (int)getpid());
    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
        abort();
    start_thread(fd);
}

TEST(fetch_over_tcp_and_a_unix_socket)
{
    char url[64], path[64], *body = NULL;
    int status = 0;
    size_t len = 0;
    const char *const headers[] = {"Content-Type: text/x-test", "X-Sig: abc", NULL};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", server_port());
    struct fetch_request q = {"POST", url, NULL, headers, CW_TEXT("a\0b"), 1000};
    CHECK_INT(transport_fetch(&q, &status, &body, &len, NULL), CW_OK);
    CHECK_INT(status, 200);
    CHECK_MEM(body, len, "{\"ok\":true}");
    CHECK(seen_text("Content-Type: text/x-test\r\n") && seen_text("X-Sig: abc\r\n"));
    CHECK(seen_text("Content-Length: 3\r\n"));
    free(body);

    on_unix(path, sizeof path);
    struct fetch_request local = {"GET", "http://localhost/none", path, NULL, {0}, 1000};
    CHECK_INT(transport_fetch(&local, &status, &body, &len, NULL), CW_OK);
    CHECK_INT(status, 204);
    CHECK_INT(len, 0);
    free(body);
    unlink(path);
}

TEST(fetch_says_why_not)
{
    char *body = NULL, url[64];
    int status = 7;
    size_t len = 7;
    struct cw_error err = {0};
    struct fetch_request gone = {"GET", "http://localhost/", "/nonexistent.sock", NULL, {0}, 1000};
    CHECK_INT(transport_fetch(&gone, &status, &body, &len, &err), CW_EIO);
    CHECK(strstr(err.text, "/nonexistent.sock") != NULL);
    const char *const smuggled[] = {"X: a\r\nY: b", NULL};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/huge", server_port());
    struct fetch_request bad = {"GET", url, NULL, smuggled, {0}, 1000};
    CHECK_INT(transport_fetch(&bad, &status, &body, &len, &err), CW_EINVAL);
    bad.headers = NULL;
    CHECK_INT(transport_fetch(&bad, &status, &body, &len, &err), CW_EIO);
    CHECK(strstr(err.text, "1 MiB") != NULL);
    CHECK_INT(status, 7);
    CHECK(!body && len == 7);
}

CHECK_MAIN
