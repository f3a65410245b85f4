/*
 * awork-sim: listener, loop. Listens on loopback only unless told otherwise, says where on
 * its standard output, ends on SIGTERM or SIGINT.
 */
#include "connections.h"
#include "faults.h"
#include "hooks.h"
#include "log.h"
#include "options.h"
#include "tokens.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* HOST:PORT or [V6]:PORT; localhost is 127.0.0.1. */
static bool split_address(const char *text, char host[64], uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    char *end = NULL;
    unsigned long number = strtoul(colon + 1, &end, 10);
    size_t bytes = (size_t)(colon - text);
    if (bytes >= 2 && text[0] == '[' && text[bytes - 1] == ']') {
        text++;
        bytes -= 2;
    }
    if (*end != '\0' || number > 65535 || bytes == 0 || bytes >= 64)
        return false;
    memcpy(host, text, bytes);
    host[bytes] = '\0';
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    *port = (uint16_t)number;
    return true;
}

static uint16_t port_of(struct evhttp_bound_socket *bound)
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof address;
    if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &bytes) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static bool open_listener(struct evhttp *http, const struct sim_options *options)
{
    char host[64];
    uint16_t port = 0;
    if (!split_address(options->listen, host, &port)) {
        fprintf(stderr, "awork-sim: --listen takes HOST:PORT, not %s\n", options->listen);
        return false;
    }
    if (!options->allow_remote && !is_loopback(host)) {
        fprintf(stderr, "awork-sim: %s is not loopback; --allow-remote permits it\n", host);
        return false;
    }
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, host, port);
    if (bound == NULL) {
        fprintf(stderr, "awork-sim: cannot listen on %s\n", options->listen);
        return false;
    }
    bool v6 = strchr(host, ':') != NULL;
    printf("awork-sim listens on http://%s%s%s:%u/api/v1\n", v6 ? "[" : "", host, v6 ? "]" : "",
           (unsigned)port_of(bound));
    fflush(stdout);
    return true;
}

static void set_up_http(struct evhttp *http, struct sim *sim)
{
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                         EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                         EVHTTP_REQ_TRACE | EVHTTP_REQ_PATCH);
    evhttp_set_default_content_type(http, NULL);
    evhttp_set_max_headers_size(http, 64 * 1024);
    evhttp_set_max_body_size(http, 16 * (ev_ssize_t)SIM_BODY_LIMIT_BYTES);
    evhttp_set_timeout(http, 1200);
    evhttp_set_gencb(http, sim_on_request, sim);
}

static void on_signal(evutil_socket_t number, short what, void *base)
{
    (void)number;
    (void)what;
    event_base_loopbreak(base);
}

static int serve(struct sim *sim, const struct sim_options *options)
{
    sim->base = event_base_new();
    struct evhttp *http = evhttp_new(sim->base);
    struct event *term = evsignal_new(sim->base, SIGTERM, on_signal, sim->base);
    struct event *interrupt = evsignal_new(sim->base, SIGINT, on_signal, sim->base);
    signal(SIGPIPE, SIG_IGN);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    set_up_http(http, sim);
    bool good = sim_hooks_start(sim) && open_listener(http, options);
    if (good)
        event_base_dispatch(sim->base);
    sim_http_end(sim);
    sim_hooks_end(sim->hooks);
    event_free(term);
    event_free(interrupt);
    evhttp_free(http);
    event_base_free(sim->base);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void set_rate(struct sim_rate *rate, const struct sim_options *options)
{
    if (options->per_second >= 0)
        rate->per_second = (unsigned)options->per_second;
    if (options->per_minute >= 0)
        rate->per_minute = (unsigned)options->per_minute;
    rate->first_per_second = rate->per_second;
    rate->first_per_minute = rate->per_minute;
}

static void apply(struct sim *sim, const struct sim_options *options)
{
    sim->log.lines_max = (size_t)options->keep_requests;
    sim->entries_max = (size_t)options->keep_entries;
    sim->retry_after = options->retry_after;
    sim->ignore_me_user_id = options->ignore_me_user_id;
    sim->short_pages = options->short_pages;
    sim->strict = options->strict;
    sim->hooks->allow_remote = options->allow_remote;
    sim->hooks->timeout_ms = (int)options->webhook_timeout_ms;
    sim->hooks->retry_ms = (int)options->webhook_retry_ms;
}

int main(int argc, char **argv)
{
    struct sim sim = {.rate = {.per_second = 50, .per_minute = 1000}};
    struct sim_options options = {.per_second = -1,
                                  .per_minute = -1,
                                  .keep_requests = 1000000,
                                  .keep_entries = 200000,
                                  .webhook_timeout_ms = 30000,
                                  .webhook_retry_ms = 1000};
    int end = sim_options_read(argc, argv, &options);
    if (end != 0)
        return end - 1;
    int status = EXIT_FAILURE;
    sim.faults = sim_faults_create();
    sim.tokens = sim_tokens_create();
    sim.connections = sim_connections_create();
    sim.hooks = sim_hooks_create();
    apply(&sim, &options);
    if (sim_seed_load(options.seed, &sim)) {
        set_rate(&sim.rate, &options);
        status = serve(&sim, &options);
        sim_check_all(&sim);
    }
    sim_state_clear(&sim);
    sim_log_clear(&sim.log);
    sim_faults_destroy(sim.faults);
    sim_seed_free(&sim);
    sim_hooks_destroy(sim.hooks);
    sim_connections_destroy(sim.connections);
    return status;
}
