/*
 * awork-sim: options, listener, loop. Listens on loopback only unless told otherwise, says where on
 * its standard output, ends on SIGTERM or SIGINT.
 */
#include "connections.h"
#include "faults.h"
#include "log.h"
#include "tokens.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/http.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    const char *listen;
    const char *seed;
    long per_second; /* -1: as the seed says */
    long per_minute;
    bool allow_remote;
};

static const char HELP[] =
    "usage: awork-sim --listen HOST:PORT --seed FILE [options]\n"
    "\n"
    "A local awork: timers, time entries, people, work, tokens under /api/v1, and its own routes\n"
    "(log, state, faults, clock, reset, ...) under /_sim/. awork-sim(1) says more.\n"
    "\n"
    "  --listen HOST:PORT    loopback address; port 0 picks a free one\n"
    "  --seed FILE           who and what there is, JSON, see below\n"
    "  --rate-second N       requests per second (default 50; 0: no limit)\n"
    "  --rate-minute N       requests per minute (default 1000; 0: no limit)\n"
    "  --keep-requests N     lines of the request log (default 1000000)\n"
    "  --keep-entries N      time entries and acts of each person (default 200000)\n"
    "  --retry-after         send Retry-After with a 429 (not documented by awork)\n"
    "  --ignore-me-user-id   /me/...?userId=X acts on the caller, not on X\n"
    "  --short-pages         archived users leave gaps in the pages, as they once did\n"
    "  --strict              refuse unknown properties, contradicting durations, and any body of\n"
    "                        pause and resume\n"
    "  --allow-remote        listen on an address that is not loopback\n"
    "  --help                this text\n"
    "\n"
    "The seed is an object; unknown keys are refused, * marks what must be there:\n"
    "  workspace*    {id*, name*, url}\n"
    "  limits        {perSecond, perMinute}\n"
    "  settings      [{type*, enabled*, dayCount, hours}]   type: prevent-on-done-projects,\n"
    "                  prevent-private, allow-on-past-days, time-tracking-limit,\n"
    "                  time-tracking-disabled\n"
    "  users*        [{id*, firstName*, lastName, email, contacts, language, admin, deactivated,\n"
    "                  archived, apiUser, external, seesOthers, dailyHours}]\n"
    "                  an apiUser is an admin; contacts: [{type, subType, value*}]\n"
    "  tokens*       [{token*, userId*, kind*, expiresAt}]   kind: apikey (of an apiUser), oauth\n"
    "  typesOfWork*  [{id*, name*, icon, description, archived}]\n"
    "  projects      [{id*, name*, key, status, company, private, members, archived,\n"
    "                  billableByDefault}]          status closed or done: no timers\n"
    "  oauth         {consentAs, accessSeconds, refreshSeconds, codeSeconds,\n"
    "                  clients: [{clientId*, clientSecret, name, redirectUris*}]}\n"
    "  tasks         [{id*, identifier, name*, projectId, typeOfWorkId*, description, status,\n"
    "                  assignees}]\n"
    "Ids are GUIDs in lower case; members and assignees are ids of users.\n";

static bool read_limit(const char *text, long *limit)
{
    char *end = NULL;
    *limit = strtol(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *limit <= 1000000000)
        return true;
    fprintf(stderr, "awork-sim: a rate is a number from 0 to 1000000000, not %s\n", text);
    return false;
}

static bool read_keep(const char *text, size_t *keep)
{
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    *keep = number;
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && number >= 10 && number <= 100000000)
        return true;
    fprintf(stderr, "awork-sim: to keep is a number from 10 to 100000000, not %s\n", text);
    return false;
}

/* Returns: 0 to go on, else the exit status plus one. */
static int read_options(int argc, char **argv, struct options *options, struct sim *sim)
{
    static const struct option known[] = {{"listen", required_argument, NULL, 'l'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"rate-second", required_argument, NULL, 1},
                                          {"rate-minute", required_argument, NULL, 2},
                                          {"retry-after", no_argument, NULL, 3},
                                          {"ignore-me-user-id", no_argument, NULL, 4},
                                          {"strict", no_argument, NULL, 5},
                                          {"allow-remote", no_argument, NULL, 6},
                                          {"short-pages", no_argument, NULL, 7},
                                          {"keep-requests", required_argument, NULL, 8},
                                          {"keep-entries", required_argument, NULL, 9},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int option;
    bool good = true;
    while (good && (option = getopt_long(argc, argv, "hl:s:", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(HELP, stdout);
            return 1;
        }
        options->listen = option == 'l' ? optarg : options->listen;
        options->seed = option == 's' ? optarg : options->seed;
        sim->retry_after |= option == 3;
        sim->ignore_me_user_id |= option == 4;
        sim->strict |= option == 5;
        options->allow_remote |= option == 6;
        sim->short_pages |= option == 7;
        if (option == 1 || option == 2)
            good = read_limit(optarg, option == 1 ? &options->per_second : &options->per_minute);
        if (option == 8 || option == 9)
            good = read_keep(optarg, option == 8 ? &sim->log.lines_max : &sim->entries_max);
        good = good && option != '?';
    }
    if (good && (optind < argc || options->listen == NULL || options->seed == NULL))
        fputs("awork-sim: --listen HOST:PORT and --seed FILE, see awork-sim --help\n", stderr);
    return good && optind == argc && options->listen != NULL && options->seed != NULL ? 0 : 3;
}

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

static bool open_listener(struct evhttp *http, const struct options *options)
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

static int serve(struct sim *sim, const struct options *options)
{
    sim->base = event_base_new();
    struct evhttp *http = evhttp_new(sim->base);
    struct event *term = evsignal_new(sim->base, SIGTERM, on_signal, sim->base);
    struct event *interrupt = evsignal_new(sim->base, SIGINT, on_signal, sim->base);
    signal(SIGPIPE, SIG_IGN);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    set_up_http(http, sim);
    bool good = open_listener(http, options);
    if (good)
        event_base_dispatch(sim->base);
    sim_http_end(sim);
    event_free(term);
    event_free(interrupt);
    evhttp_free(http);
    event_base_free(sim->base);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void set_rate(struct sim_rate *rate, const struct options *options)
{
    if (options->per_second >= 0)
        rate->per_second = (unsigned)options->per_second;
    if (options->per_minute >= 0)
        rate->per_minute = (unsigned)options->per_minute;
    rate->first_per_second = rate->per_second;
    rate->first_per_minute = rate->per_minute;
}

int main(int argc, char **argv)
{
    struct sim sim = {.rate = {.per_second = 50, .per_minute = 1000},
                      .log = {.lines_max = 1000000},
                      .entries_max = 200000};
    struct options options = {.per_second = -1, .per_minute = -1};
    int end = read_options(argc, argv, &options, &sim);
    if (end != 0)
        return end - 1;
    int status = EXIT_FAILURE;
    sim.faults = sim_faults_create();
    sim.tokens = sim_tokens_create();
    sim.connections = sim_connections_create();
    if (sim_seed_load(options.seed, &sim)) {
        set_rate(&sim.rate, &options);
        status = serve(&sim, &options);
        sim_check_all(&sim);
    }
    sim_state_clear(&sim);
    sim_log_clear(&sim.log);
    sim_faults_destroy(sim.faults);
    sim_seed_free(&sim);
    sim_connections_destroy(sim.connections);
    return status;
}
