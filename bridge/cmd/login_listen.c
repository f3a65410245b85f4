/* The address on this machine to which awork sends the browser, for as long as one login takes. */
#include "login.h"

#include "../xalloc.h"
#include "listener/listener.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ear {
    struct login *login;
    struct event_base *base;
    struct listener *listener;
    char *path;
    int result;
    bool is_done, is_late;
};

/* ---- The redirect address ---- */

struct redirect {
    char *host, *port, *path; /* port "0": any */
};

/* http://127.0.0.1[:PORT][/PATH]; of other addresses only the browser knows. */
static bool read_redirect(const char *url, struct redirect *out)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t len = strlen(hosts[i]);
        if (strncmp(url, hosts[i], len) != 0 || (url[len] && !strchr(":/", url[len])))
            continue;
        size_t port = url[len] == ':' ? strcspn(url + len + 1, "/") : 0;
        const char *path = url + len + (port ? port + 1 : 0);
        *out = (struct redirect){xstrdup(hosts[i] + strlen("http://")),
                                 port ? xtext((struct cw_text){url + len + 1, port}) : xstrdup("0"),
                                 xstrdup(path)};
        return true;
    }
    return false;
}

static void free_redirect(struct redirect *r)
{
    free(r->host);
    free(r->port);
    free(r->path);
}

/* With the port that was bound. */
static char *settled(const struct redirect *r, const char *address)
{
    const char *colon = strrchr(address, ':');
    return xprintf("http://%s:%s%s", r->host, colon ? colon + 1 : r->port, r->path);
}

/* ---- What is heard ---- */

static void on_route(void *ctx, struct cw_text method, struct cw_text path,
                     struct listener_route *out)
{
    const struct ear *ear = ctx;
    if (!cw_text_is(path, *ear->path ? ear->path : "/"))
        out->status = 404;
    else if (!cw_text_is(method, "GET"))
        *out = (struct listener_route){.status = 405, .allow = "GET"};
}

/* An answer of another login is told and passed over: whoever sends such things does not end ours.
 */
static void on_request(void *ctx, struct listener_exchange *x, const struct http_request *r)
{
    struct ear *ear = ctx;
    char *line = NULL;
    int result = login_finish(ear->login, r->query, false, &line);
    auto_free char *page = xprintf("%s\n%s", line, "You may close this window.\n");
    struct http_answer answer = {.status = result == CMD_OK ? 200 : 400,
                                 .type = "text/plain; charset=utf-8",
                                 .body = cw_text_of(page)};
    listener_reply(x, &answer);
    fputs(line, result == CMD_OK ? stdout : stderr);
    free(line);
    if (result == CMD_USAGE)
        return;
    ear->result = result;
    ear->is_done = true;
    listener_stop(ear->listener);
}

static void on_time(evutil_socket_t fd, short what, void *ctx)
{
    struct ear *ear = ctx;
    (void)fd, (void)what;
    ear->is_late = true;
}

/* Until the answer has come and the browser has its page. */
static void hear(struct ear *ear)
{
    int64_t ms = ear->login->timeout_ms;
    struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
    struct event *timer = evtimer_new(ear->base, on_time, ear);
    if (!timer || event_add(timer, &tv) != 0)
        abort();
    while (!ear->is_late && (!ear->is_done || listener_open_exchanges(ear->listener)))
        event_base_loop(ear->base, EVLOOP_ONCE);
    event_free(timer);
    if (!ear->is_done)
        fprintf(stderr, "clockwire: no answer came in time; is the browser on another machine? "
                        "Then use --paste\n");
}

static int listen_at(struct ear *ear, const struct redirect *r)
{
    const struct listener_ops ops = {on_route, on_request, ear};
    const char *host = strcmp(r->host, "localhost") == 0 ? "127.0.0.1" : r->host;
    auto_free char *address = xprintf("%s:%s", host, r->port);
    struct cw_error err;
    if (listener_open(ear->base, address, NULL, &ops, &ear->listener, &err)) {
        fprintf(stderr, "clockwire: %s; use --paste\n", err.text);
        return CMD_FAILED;
    }
    free(ear->login->redirect_url);
    ear->login->redirect_url = settled(r, listener_address(ear->listener));
    ear->path = r->path;
    login_show_url(ear->login);
    hear(ear);
    listener_close(ear->listener);
    return ear->result;
}

int login_listen(struct login *login)
{
    struct redirect r;
    struct ear ear = {.login = login, .result = CMD_FAILED};
    if (!read_redirect(login->redirect_url, &r)) {
        fprintf(stderr, "clockwire: target.awork.oauth.redirect_url is not on this machine; use "
                        "--paste\n");
        return CMD_FAILED;
    }
    ear.base = event_base_new();
    if (!ear.base)
        abort();
    int code = listen_at(&ear, &r);
    event_base_free(ear.base);
    free_redirect(&r);
    return code;
}
