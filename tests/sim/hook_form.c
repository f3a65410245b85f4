/*
 * The body that makes or changes a webhook. awork-sim delivers over http, and to loopback addresses
 * only unless it is told otherwise.
 */
#include "hooks.h"

#include <arpa/inet.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* Without brackets: [::1] is ::1. */
static char *bare_host(const char *host)
{
    size_t bytes = strlen(host);
    if (bytes > 2 && host[0] == '[' && host[bytes - 1] == ']')
        return sim_dup(host + 1, bytes - 2);
    return sim_dup(host, bytes);
}

static char *path_of(const struct evhttp_uri *uri)
{
    const char *path = evhttp_uri_get_path(uri);
    const char *query = evhttp_uri_get_query(uri);
    if (path == NULL || path[0] == '\0')
        path = "/";
    size_t room = strlen(path) + (query != NULL ? strlen(query) : 0) + 2;
    char *whole = sim_alloc(room, 1);
    snprintf(whole, room, "%s%s%s", path, query != NULL ? "?" : "", query != NULL ? query : "");
    return whole;
}

static void read_uri(const struct sim_hooks *hooks, const char *text, struct sim_hook *hook,
                     json_t *errors)
{
    struct evhttp_uri *uri = evhttp_uri_parse(text);
    const char *scheme = uri != NULL ? evhttp_uri_get_scheme(uri) : NULL;
    const char *host = uri != NULL ? evhttp_uri_get_host(uri) : NULL;
    if (scheme == NULL || host == NULL || host[0] == '\0') {
        sim_complain(errors, "Uri", "'Uri' is not an absolute address.");
    } else if (strcasecmp(scheme, "http") != 0) {
        sim_complain(errors, "Uri", "awork-sim delivers over http only.");
    } else {
        int port = evhttp_uri_get_port(uri);
        hook->host = bare_host(host);
        hook->port = (uint16_t)(port > 0 && port < 65536 ? port : 80);
        hook->path = path_of(uri);
        if (!hooks->allow_remote && !is_loopback(hook->host))
            sim_complain(errors, "Uri", "awork-sim delivers to loopback addresses only.");
    }
    if (uri != NULL)
        evhttp_uri_free(uri);
}

static void read_events(const char *text, struct sim_hook *hook, json_t *errors)
{
    hook->events = sim_must(json_object());
    while (*text != '\0') {
        char name[40] = "";
        text += strspn(text, " ,");
        size_t bytes = strcspn(text, " ,");
        if (bytes < sizeof name)
            memcpy(name, text, bytes);
        text += bytes;
        if (bytes > 0 && !sim_event_type_known(name)) {
            sim_complain(errors, "Events", "There is no such event.");
            return;
        }
        if (bytes > 0)
            json_object_set_new(hook->events, name, json_true());
    }
    if (json_object_size(hook->events) == 0)
        sim_complain(errors, "Events", "'Events' must not be empty.");
}

/* "name=value" */
static void read_authentication(const char *type, const char *text, struct sim_hook *hook,
                                json_t *errors)
{
    static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *equals = text != NULL ? strchr(text, '=') : NULL;
    if (strcmp(type, "none") == 0)
        return;
    if (strcmp(type, "header") != 0) {
        sim_complain(errors, "AuthenticationType", "The value is none or header.");
    } else if (equals == NULL || strspn(text, token) != (size_t)(equals - text) || equals == text ||
               equals[1] == '\0' || strpbrk(equals, "\r\n") != NULL) {
        sim_complain(errors, "Authentication", "The value is headername=headervalue.");
    } else {
        hook->header_name = sim_dup(text, (size_t)(equals - text));
        hook->header_value = sim_dup(equals + 1, strlen(equals + 1));
    }
}

static json_t *model_of(const struct sim_hook *hook, const json_t *body)
{
    static const char *const shown[] = {"name", "uri", "events", "authenticationType", "language"};
    json_t *model = sim_must(json_object());
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        json_t *value = json_object_get(body, shown[i]);
        if (json_is_string(value))
            json_object_set(model, shown[i], value);
    }
    json_object_set_new(model, "isActive", json_boolean(hook->active));
    json_object_set_new(model, "onlyTriggerForMainEntityChanges", json_boolean(hook->main_only));
    return model;
}

bool sim_hook_read(const struct sim_hooks *hooks, const json_t *body, struct sim_hook *hook,
                   json_t *errors)
{
    const char *name = "", *uri = "", *events = "", *type = "", *authentication = NULL;
    int active = -1, main_only = 0;
    json_error_t error;
    if (json_unpack_ex((json_t *)body, &error, 0, "{s?s, s?s, s?s, s?b, s?s, s?s, s?b}", "name",
                       &name, "uri", &uri, "events", &events, "isActive", &active,
                       "authenticationType", &type, "authentication", &authentication,
                       "onlyTriggerForMainEntityChanges", &main_only) != 0) {
        sim_complain(errors, "$", error.text);
        return false;
    }
    if (name[0] == '\0')
        sim_complain(errors, "Name", "'Name' must not be empty.");
    if (active < 0)
        sim_complain(errors, "IsActive", "'Is Active' must not be empty.");
    read_uri(hooks, uri, hook, errors);
    read_events(events, hook, errors);
    read_authentication(type, authentication, hook, errors);
    hook->active = active > 0;
    hook->main_only = main_only != 0;
    if (json_array_size(errors) == 0) {
        hook->model = model_of(hook, body);
        return true;
    }
    sim_hook_fini(hook);
    return false;
}

/* What the form made. */
void sim_hook_fini(struct sim_hook *hook)
{
    json_decref(hook->model);
    json_decref(hook->events);
    free(hook->host);
    free(hook->path);
    free(hook->header_name);
    free(hook->header_value);
}
