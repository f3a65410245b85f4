/*
 * The simulator's own routes under /_sim. They are not awork's, are not counted by the rate windows
 * and do not stand in the log.
 */
#include "control.h"
#include "hooks.h"
#include "log.h"
#include "tokens.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
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

/* ---- Those that need the query ---- */

/* The text of a parameter, for the caller to free; NULL: not there. */
static char *parameter(struct evhttp_request *req, const char *name)
{
    struct evkeyvalq query;
    const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
    if (text == NULL || evhttp_parse_query_str(text, &query) != 0)
        return NULL;
    const char *value = evhttp_find_header(&query, name);
    char *copy = value != NULL ? sim_dup(value, strlen(value)) : NULL;
    evhttp_clear_headers(&query);
    return copy;
}

static uint64_t number_of(struct evhttp_request *req, const char *name, uint64_t missing)
{
    char *text = parameter(req, name);
    uint64_t number = text != NULL ? strtoull(text, NULL, 10) : missing;
    free(text);
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

/* Of everybody, or of the one who is asked for. */
static void get_state(struct sim *sim, struct evhttp_request *req)
{
    char *id = parameter(req, "user");
    struct sim_user *user = id != NULL ? sim_map_get(&sim->world.user_ids, id) : NULL;
    if (id != NULL && user == NULL)
        refuse(req, 404, "there is no such user");
    else
        reply(req, 200, sim_state_json(sim, user));
    free(id);
}

/* ---- The table ---- */

static json_t *list_routes(struct sim *sim);

static const struct control {
    const char *method;
    const char *path;
    const char *what;
    const char *(*change)(struct sim *sim, json_t *wanted);
    json_t *(*show)(struct sim *sim);
    void (*answer)(struct sim *sim, struct evhttp_request *req);
} CONTROLS[] = {
    {"GET", "", "this list", NULL, list_routes, NULL},
    {"GET", "/log",
     "the API requests in order of arrival, one JSON object a line; ?after=N&limit=M", NULL, NULL,
     get_log},
    {"GET", "/state",
     "everybody's time entries, and what was done to them in order; ?user=ID for one", NULL, NULL,
     get_state},
    {"GET", "/check", "everything that must hold at any time, now", NULL, sim_show_check, NULL},
    {"GET", "/faults", "the faults, with what is left of them", NULL, sim_show_faults, NULL},
    {"POST", "/faults",
     "one or a list of {match, fault, count, arg, user, reused, after, chance, vary, body, "
     "headers}, see awork-sim(1)",
     sim_change_faults, sim_show_faults, NULL},
    {"DELETE", "/faults", "no faults any more", sim_clear_faults, sim_show_faults, NULL},
    {"POST", "/dice", "{seed: number}: what chance makes of faults and webhooks, from here on",
     sim_change_dice, sim_show_faults, NULL},
    {"GET", "/clock", "the simulated time", NULL, sim_show_clock, NULL},
    {"POST", "/clock", "{set: RFC 3339}, {advance: seconds}, {freeze: boolean}", sim_change_clock,
     sim_show_clock, NULL},
    {"GET", "/rate", "the rate windows", NULL, sim_show_rate, NULL},
    {"POST", "/rate", "{perSecond, perMinute}: 0 is no limit", sim_change_rate, sim_show_rate,
     NULL},
    {"GET", "/settings", "the settings of time tracking", NULL, sim_show_settings, NULL},
    {"POST", "/settings", "a list as in the seed: {type, enabled, dayCount, hours}",
     sim_change_settings, sim_show_settings, NULL},
    {"GET", "/tokens", "who has which tokens; never a token", NULL, sim_show_tokens, NULL},
    {"POST", "/tokens",
     "those of {token, userId, kind: apikey|oauth|refresh|code} become {revoked: boolean} or "
     "{expiresIn: seconds}",
     sim_tokens_change, sim_show_tokens, NULL},
    {"GET", "/webhooks", "how each webhook gets on, and the noise", NULL, sim_hooks_show, NULL},
    {"POST", "/webhooks", "{duplicate, reorder, lose, lateUpdate: chance, delay: milliseconds}",
     sim_hooks_noise, sim_hooks_show, NULL},
    {"POST", "/emit", "{eventType, ...}: any event to the webhooks that want it", sim_hooks_emit,
     sim_hooks_show, NULL},
    {"POST", "/retag", "{projectId}: every entry of it has changed, though nothing of its own",
     sim_hooks_retag, sim_hooks_show, NULL},
    {"GET", "/oauth", "who consents, and how long tokens live", NULL, sim_show_oauth, NULL},
    {"POST", "/oauth", "{consentAs: user id or null, accessSeconds, refreshSeconds, codeSeconds}",
     sim_oauth_change, sim_show_oauth, NULL},
    {"POST", "/sabotage", "{what}: break a promise, to see that it is noticed", sim_sabotage,
     sim_show_check, NULL},
    {"POST", "/reset", "back to the seed; log, faults, clock, windows cleared", sim_reset,
     sim_show_reset, NULL},
};
#define CONTROL_COUNT (sizeof CONTROLS / sizeof CONTROLS[0])

static json_t *list_routes(struct sim *sim)
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
    return sim_must(json_pack("{s:o}", "routes", list));
}

static void run(struct sim *sim, struct evhttp_request *req, const struct control *control)
{
    if (control->answer != NULL) {
        control->answer(sim, req);
        return;
    }
    json_t *wanted = body_of(req);
    const char *why = control->change != NULL ? control->change(sim, wanted) : NULL;
    json_decref(wanted);
    if (why != NULL)
        refuse(req, 400, why);
    else
        reply(req, 200, control->show(sim));
}

static const char *method_of(struct evhttp_request *req)
{
    switch (evhttp_request_get_command(req)) {
    case EVHTTP_REQ_GET:
        return "GET";
    case EVHTTP_REQ_POST:
        return "POST";
    case EVHTTP_REQ_DELETE:
        return "DELETE";
    default:
        return "";
    }
}

void sim_control(struct sim *sim, struct evhttp_request *req, const char *path)
{
    size_t bytes = strlen(path);
    char allow[64] = "";
    if (bytes > 0 && path[bytes - 1] == '/')
        bytes--;
    for (size_t i = 0; i < CONTROL_COUNT; i++) {
        if (strlen(CONTROLS[i].path) != bytes || memcmp(CONTROLS[i].path, path, bytes) != 0)
            continue;
        if (strcmp(CONTROLS[i].method, method_of(req)) == 0) {
            run(sim, req, &CONTROLS[i]);
            return;
        }
        size_t used = strlen(allow);
        snprintf(allow + used, sizeof allow - used, "%s%s", used > 0 ? ", " : "",
                 CONTROLS[i].method);
    }
    if (allow[0] != '\0')
        evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", allow);
    refuse(req, allow[0] != '\0' ? 405 : 404, allow[0] != '\0' ? "wrong method" : "no such route");
}
