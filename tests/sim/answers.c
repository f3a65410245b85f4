/*
 * What a handler can say: a model, nothing, or one of awork's errors word for word as far as the
 * words are known. Bodies carry the traceId of the Trace-Id header.
 */
#include "sim.h"

#include <stdio.h>

void sim_say(struct sim_call *call, int status, json_t *body)
{
    json_decref(call->answer);
    call->status = status;
    call->answer = body;
}

static json_t *error_body(const struct sim_call *call, const char *code, const char *description)
{
    return sim_must(json_pack("{s:s, s:s, s:s, s:s}", "code", code, "description", description,
                              "link", SIM_LINK, "traceId", call->trace));
}

void sim_say_error(struct sim_call *call, int status, const char *code, const char *description)
{
    sim_say(call, status, error_body(call, code, description));
}

void sim_say_not_found(struct sim_call *call, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "The %s could not be found.", what);
    sim_say_error(call, 404, "not-found", text);
}

/* Known to the caller's token but not allowed: a flat 401. */
void sim_say_denied(struct sim_call *call, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "The call to %s was blocked due to insufficient permissions.",
             what);
    sim_say_error(call, 401, "unauthorized", text);
}

/* Not known at all: a 401 wrapped in `message`, without a trace. */
void sim_say_bad_token(struct sim_call *call)
{
    call->untraced = true;
    sim_say(call, 401,
            sim_must(json_pack("{s:{s:s, s:s}}", "message", "code", "unauthorized", "description",
                               "Unauthorized")));
}

void sim_say_invalid(struct sim_call *call, json_t *validation_errors)
{
    json_t *body = error_body(call, "validation-failed",
                              "The model sent in the request is invalid. "
                              "See the validation errors for details.");
    json_object_set_new(body, "validationErrors", validation_errors);
    sim_say(call, 400, body);
}

/* One property is wrong. */
void sim_say_wrong(struct sim_call *call, const char *property, const char *message)
{
    json_t *errors = sim_must(json_array());
    sim_complain(errors, property, message);
    sim_say_invalid(call, errors);
}

void sim_complain(json_t *errors, const char *property, const char *message)
{
    json_array_append_new(
        errors, sim_must(json_pack("{s:s, s:s}", "property", property, "message", message)));
}

/* The answer of an injected status; a 403 has no JSON and is written in http.c. */
void sim_say_fault(struct sim_call *call, int status)
{
    const char *message = NULL;
    switch (status) {
    case 400:
        sim_say_error(call, 400, "invalid-operation", "The operation is not allowed.");
        return;
    case 401:
        sim_say_bad_token(call);
        return;
    case 404:
        sim_say_not_found(call, "entity");
        return;
    case 409:
        sim_say_error(call, 409, "concurrency-violation", "The entity was changed meanwhile.");
        return;
    case 500:
        sim_say_error(call, 500, "server-error", "An unexpected error occurred.");
        return;
    case 429:
        message = "API rate limit exceeded";
        break;
    case 502:
        message = "An invalid response was received from the upstream server";
        break;
    case 503:
        message = "failure to get a peer from the ring-balancer";
        break;
    case 504:
        message = "The upstream server is timing out";
        break;
    default:
        break;
    }
    sim_say(call, status,
            message != NULL ? sim_must(json_pack("{s:s}", "message", message)) : NULL);
}
