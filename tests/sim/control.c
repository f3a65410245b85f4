/*
 * The simulator's own routes under /_sim: log, state, faults, clock, reset. They are not awork's,
 * are not counted by the rate windows and do not stand in the log.
 */
#include "sim.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void reply(struct evhttp_request *req, int status, json_t *json)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(req);
    char *text = json_dumps(sim_must(json), JSON_INDENT(1));
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
                      "application/json; charset=utf-8");
    if (text != NULL)
        evbuffer_add_printf(out, "%s\n", text);
    free(text);
    json_decref(json);
    evhttp_send_reply(req, status, NULL, NULL);
}

static void refuse(struct evhttp_request *req, int status, const char *why)
{
    reply(req, status, json_pack("{s:s}", "error", why));
}

static json_t *body_of(struct evhttp_request *req)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(req);
    size_t bytes = evbuffer_get_length(body);
    if (bytes == 0)
        return NULL;
    return json_loadb((const char *)evbuffer_pullup(body, -1), bytes, JSON_REJECT_DUPLICATES, NULL);
}

static uint64_t number_of(struct evhttp_request *req, const char *name, uint64_t missing)
{
    struct evkeyvalq query;
    const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
    if (text == NULL || evhttp_parse_query_str(text, &query) != 0)
        return missing;
    const char *value = evhttp_find_header(&query, name);
    uint64_t number = value != NULL ? strtoull(value, NULL, 10) : missing;
    evhttp_clear_headers(&query);
    return number;
}

static void get_log(struct sim *sim, struct evhttp_request *req)
{
    uint64_t after = number_of(req, "after", 0);
    uint64_t limit = number_of(req, "limit", UINT64_MAX);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
                      "application/x-ndjson");
    sim_log_write(&sim->log, after, limit, evhttp_request_get_output_buffer(req));
    evhttp_send_reply(req, 200, NULL, NULL);
}

static void get_state(struct sim *sim, struct evhttp_request *req)
{
    reply(req, 200, sim_state_json(sim));
}

static void get_faults(struct sim *sim, struct evhttp_request *req)
{
    reply(req, 200, sim_faults_json(sim));
}

static void post_faults(struct sim *sim, struct evhttp_request *req)
{
    json_t *wanted = body_of(req);
    const char *why =
        wanted == NULL ? "the body is one fault or a list, in JSON" : sim_faults_add(sim, wanted);
    json_decref(wanted);
    if (why != NULL)
        refuse(req, 400, why);
    else
        get_faults(sim, req);
}

static void delete_faults(struct sim *sim, struct evhttp_request *req)
{
    sim_faults_clear(sim);
    get_faults(sim, req);
}

static void get_clock(struct sim *sim, struct evhttp_request *req)
{
    char text[SIM_TIME_SIZE];
    int64_t now = sim_now(&sim->clock);
    sim_write_instant(now, 7, text);
    reply(req, 200,
          json_pack("{s:s, s:I, s:b}", "now", text, "now_ms", (json_int_t)(now / SIM_TICKS_PER_MS),
                    "frozen", sim->clock.frozen));
}

/* Returns: NULL, or what is wrong. All or nothing. */
static const char *change_clock(struct sim_clock *clock, json_t *wanted)
{
    const char *set = NULL;
    double advance = 0;
    int freeze = clock->frozen;
    int64_t now = sim_now(clock);
    if (json_unpack(wanted, "{s?s, s?F, s?b !}", "set", &set, "advance", &advance, "freeze",
                    &freeze) != 0)
        return "the clock takes {set: RFC 3339 time}, {advance: seconds} or {freeze: true|false}";
    if (set != NULL && !sim_read_rfc3339(set, &now))
        return "set is an RFC 3339 time such as 2026-03-02T08:00:00Z";
    if (!isfinite(advance) || fabs(advance) > 4e9)
        return "advance is a number of seconds";
    now += (int64_t)llround(advance * (double)SIM_TICKS_PER_SECOND);
    if (now <= 0 || now > INT64_C(2500000000000000000))
        return "the clock stays between the years 1970 and 9000";
    if ((freeze != 0) != clock->frozen)
        sim_clock_freeze(clock, freeze != 0);
    if (set != NULL || fpclassify(advance) != FP_ZERO)
        sim_clock_set(clock, now);
    return NULL;
}

static void post_clock(struct sim *sim, struct evhttp_request *req)
{
    json_t *wanted = body_of(req);
    const char *why =
        wanted == NULL ? "the body is an object, in JSON" : change_clock(&sim->clock, wanted);
    json_decref(wanted);
    if (why != NULL)
        refuse(req, 400, why);
    else
        get_clock(sim, req);
}

static void post_reset(struct sim *sim, struct evhttp_request *req)
{
    sim_state_clear(sim);
    sim_log_clear(&sim->log);
    sim_faults_clear(sim);
    sim->clock = (struct sim_clock){0};
    sim->rate.second = sim->rate.minute = (struct sim_window){0};
    reply(req, 200, json_pack("{s:b}", "reset", 1));
}

static void get_routes(struct sim *sim, struct evhttp_request *req);

static const struct control {
    enum evhttp_cmd_type command;
    const char *method;
    const char *path;
    const char *what;
    void (*handle)(struct sim *sim, struct evhttp_request *req);
} CONTROLS[] = {
    {EVHTTP_REQ_GET, "GET", "", "this list", get_routes},
    {EVHTTP_REQ_GET, "GET", "/log",
     "the API requests in order of arrival, one JSON object a line; ?after=N&limit=M", get_log},
    {EVHTTP_REQ_GET, "GET", "/state", "the time entries of every user", get_state},
    {EVHTTP_REQ_GET, "GET", "/faults", "the faults, with what is left of them", get_faults},
    {EVHTTP_REQ_POST, "POST", "/faults",
     "one or a list of {match, fault, count, arg}; fault: status (arg is the code), a code itself "
     "(429: arg is the reset in s), delay and delay_before (arg in ms), drop_before, drop_after, "
     "truncate, garbage; count 0 or absent: for ever",
     post_faults},
    {EVHTTP_REQ_DELETE, "DELETE", "/faults", "no faults any more", delete_faults},
    {EVHTTP_REQ_GET, "GET", "/clock", "the simulated time", get_clock},
    {EVHTTP_REQ_POST, "POST", "/clock", "{set: RFC 3339}, {advance: seconds}, {freeze: boolean}",
     post_clock},
    {EVHTTP_REQ_POST, "POST", "/reset", "back to the seed; log, faults, clock, windows cleared",
     post_reset},
};
#define CONTROL_COUNT (sizeof CONTROLS / sizeof CONTROLS[0])

static void get_routes(struct sim *sim, struct evhttp_request *req)
{
    json_t *list = sim_must(json_array());
    (void)sim;
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        json_t *path =
            sim_must(json_sprintf("/_sim%s", CONTROLS[i].path[0] != '\0' ? CONTROLS[i].path : "/"));
        json_array_append_new(list,
                              sim_must(json_pack("{s:s, s:o, s:s}", "method", CONTROLS[i].method,
                                                 "path", path, "what", CONTROLS[i].what)));
    }
    reply(req, 200, json_pack("{s:o}", "routes", list));
}

void sim_control(struct sim *sim, struct evhttp_request *req, const char *path)
{
    size_t bytes = strlen(path);
    const char *allow = NULL;
    if (bytes > 0 && path[bytes - 1] == '/')
        bytes--;
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        if (strlen(CONTROLS[i].path) != bytes || memcmp(CONTROLS[i].path, path, bytes) != 0)
            continue;
        if (CONTROLS[i].command == evhttp_request_get_command(req)) {
            CONTROLS[i].handle(sim, req);
            return;
        }
        allow = strcmp(CONTROLS[i].path, "/faults") == 0  ? "GET, POST, DELETE"
                : strcmp(CONTROLS[i].path, "/clock") == 0 ? "GET, POST"
                                                          : CONTROLS[i].method;
    }
    if (allow != NULL)
        evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", allow);
    refuse(req, allow != NULL ? 405 : 404, allow != NULL ? "wrong method" : "no such route");
}
