/* A bare evhttp that answers 204 to every POST: what the daemon's ingest is measured against.
 *
 *   bare_evhttp PORT    on 127.0.0.1; PORT 0: any. Prints "listening 127.0.0.1:PORT" */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void on_request(struct evhttp_request *request, void *arg)
{
    (void)arg;
    int status = evhttp_request_get_command(request) == EVHTTP_REQ_POST ? 204 : 405;
    evhttp_send_reply(request, status, status == 204 ? "No Content" : "Method Not Allowed", NULL);
}

static int open_socket(unsigned port)
{
    static const int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* as the daemon has it */
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1024) != 0) {
        perror("bare_evhttp");
        exit(1);
    }
    getsockname(fd, (struct sockaddr *)&address, &len);
    printf("listening 127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void on_term(evutil_socket_t fd, short what, void *base)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    struct evhttp *http = evhttp_new(base);
    struct event *term = evsignal_new(base, SIGTERM, on_term, base);
    event_add(term, NULL);
    evhttp_set_max_headers_size(http, 16384);
    evhttp_set_max_body_size(http, 1024 * 1024);
    evhttp_set_gencb(http, on_request, NULL);
    if (evhttp_accept_socket(http,
                             open_socket(argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0)) != 0)
        return 1;
    event_base_dispatch(base);
    evhttp_free(http);
    event_free(term);
    event_base_free(base);
    return 0;
}
