/*
 * Which handler a request belongs to, and who asks. The order is awork's: route, token, method,
 * then the handler (user and permission, body, references, settings, action).
 */
#include "sim.h"

#include <string.h>
#include <strings.h>

struct route {
    const char *method;
    const char *pattern;
    void (*handle)(struct sim_call *call);
};

static const struct route ROUTES[] = {
    {"GET", "me", sim_get_me},
    {"GET", "me/timeentries/last", sim_get_last},
    {"POST", "me/timetracking/start", sim_post_start},
    {"POST", "me/timetracking/stop", sim_post_stop},
    {"POST", "me/timetracking/pause", sim_post_pause},
    {"POST", "me/timetracking/resume", sim_post_resume},
    {"GET", "users", sim_get_users},
    {"GET", "users/me", sim_get_me},
    {"GET", "users/{guid}", sim_get_user},
    {"GET", "users/{guid}/timeentries/last", sim_get_last},
    {"POST", "users/{guid}/timetracking/start", sim_post_start},
    {"POST", "users/{guid}/timetracking/stop", sim_post_stop},
    {"POST", "users/{guid}/timetracking/pause", sim_post_pause},
    {"POST", "users/{guid}/timetracking/resume", sim_post_resume},
    {"GET", "typeofwork", sim_get_types},
    {"GET", "typeofwork/{guid}", sim_get_type},
    {"GET", "tasks/{guid}", sim_get_task},
    {"GET", "tasks/key/{key}", sim_get_task_by_key},
};

static bool match_segment(struct sim_call *call, const char *want, size_t want_bytes,
                          const char *got, size_t got_bytes)
{
    if (want_bytes == 6 && memcmp(want, "{guid}", 6) == 0)
        return sim_read_guid(got, got_bytes, call->id);
    if (want_bytes == 5 && memcmp(want, "{key}", 5) == 0) {
        /* A longer one is cut: still too long to be a key, which is a 400. */
        size_t kept = got_bytes < sizeof call->key ? got_bytes : sizeof call->key - 1;
        memcpy(call->key, got, kept);
        call->key[kept] = '\0';
        return got_bytes > 0;
    }
    return want_bytes == got_bytes && strncasecmp(want, got, got_bytes) == 0;
}

static bool match_path(struct sim_call *call, const char *pattern, const char *path)
{
    for (;;) {
        size_t want = strcspn(pattern, "/");
        size_t got = strcspn(path, "/");
        if (!match_segment(call, pattern, want, path, got))
            return false;
        pattern += want;
        path += got;
        if (*pattern == '\0')
            return *path == '\0' || strcmp(path, "/") == 0;
        if (*path == '\0')
            return false;
        pattern++;
        path++;
    }
}

static const struct route *find_route(struct sim_call *call)
{
    if (call->path == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        call->id[0] = call->key[0] = '\0';
        if (match_path(call, ROUTES[i].pattern, call->path))
            return &ROUTES[i];
    }
    return NULL;
}

/* Whose token this is; NULL: nobody's, expired, or of a deactivated user. */
struct sim_user *sim_caller(const struct sim_call *call)
{
    struct sim_world *world = &call->sim->world;
    const char *header = call->authorization;
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    size_t n = sim_find(world, "token", header + 7, SIZE_MAX);
    if (n == SIZE_MAX)
        return NULL;
    const struct sim_token *token = &world->tokens[n];
    if (token->user->deactivated || (token->expires != 0 && token->expires <= call->now))
        return NULL;
    return &world->users[token->user - world->users];
}

void sim_route(struct sim_call *call)
{
    const struct route *route = find_route(call);
    if (route == NULL) {
        sim_say_error(call, 404, "not-found", "There is no matching path for this URL.");
    } else if (call->caller == NULL) {
        sim_say_bad_token(call);
    } else if (strcmp(route->method, call->method) != 0) {
        call->allow = route->method;
        sim_say(call, 405, NULL);
    } else if (call->body_bytes > SIM_BODY_LIMIT_BYTES) {
        sim_say_error(call, 413, "request-body-too-large", "The request body is too large.");
    } else {
        route->handle(call);
    }
}
