/*
 * Which handler a request belongs to, and who asks. The order is awork's: route, token, method,
 * then the handler (user and permission, body, references, settings, action).
 */
#include "hooks.h"
#include "tokens.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { OPEN = 1, ADMIN = 2 }; /* without a token; for admins only */

struct route {
    const char *method;
    const char *pattern;
    void (*handle)(struct sim_call *call);
    int flags;
};

static const struct route ROUTES[] = {
    {"GET", "me", sim_get_me, 0},
    {"GET", "me/timeentries/last", sim_get_last, 0},
    {"GET", "me/allavailabletasks", sim_get_my_tasks, 0},
    {"POST", "me/timetracking/start", sim_post_start, 0},
    {"POST", "me/timetracking/stop", sim_post_stop, 0},
    {"POST", "me/timetracking/pause", sim_post_pause, 0},
    {"POST", "me/timetracking/resume", sim_post_resume, 0},
    {"GET", "users", sim_get_users, 0},
    {"GET", "users/me", sim_get_me, 0},
    {"GET", "users/{guid}", sim_get_user, 0},
    {"GET", "users/{guid}/contactinfo", sim_get_contact_infos, 0},
    {"GET", "users/{guid}/timeentries/last", sim_get_last, 0},
    {"POST", "users/{guid}/timetracking/start", sim_post_start, 0},
    {"POST", "users/{guid}/timetracking/stop", sim_post_stop, 0},
    {"POST", "users/{guid}/timetracking/pause", sim_post_pause, 0},
    {"POST", "users/{guid}/timetracking/resume", sim_post_resume, 0},
    {"GET", "timeentries", sim_get_entries, 0},
    {"POST", "timeentries", sim_post_entry, 0},
    {"GET", "timeentries/{guid}", sim_get_entry, 0},
    {"PUT", "timeentries/{guid}", sim_put_entry, 0},
    {"DELETE", "timeentries/{guid}", sim_delete_entry, 0},
    {"POST", "timeentries/{guid}/removebreaks", sim_post_remove_breaks, 0},
    {"GET", "timetracking/settings", sim_get_settings, 0},
    {"GET", "typeofwork", sim_get_types, 0},
    {"GET", "typeofwork/{guid}", sim_get_type, 0},
    {"GET", "projects", sim_get_projects, 0},
    {"GET", "projects/{guid}", sim_get_project, 0},
    {"GET", "projects/key/{key}", sim_get_project_by_key, 0},
    {"GET", "projects/{guid}/projecttasks", sim_get_project_tasks, 0},
    {"GET", "projects/{guid}/timeentries", sim_get_project_entries, 0},
    {"GET", "tasks/{guid}", sim_get_task, 0},
    {"GET", "tasks/{guid}/timeentries", sim_get_task_entries, 0},
    {"GET", "tasks/key/{key}", sim_get_task_by_key, 0},
    {"GET", "accounts/authorize", sim_get_authorize, OPEN},
    {"POST", "accounts/token", sim_post_token, OPEN},
    {"GET", "/.well-known/openid-configuration", sim_get_discovery, OPEN},
    {"POST", "clientapplications/register", sim_post_register, OPEN},
    {"POST", "clientapplications/{key}/generateapikey", sim_post_api_key, ADMIN},
    {"POST", "apiusers", sim_post_api_user, ADMIN},
    {"GET", "webhooks", sim_get_hooks, ADMIN},
    {"POST", "webhooks", sim_post_hook, ADMIN},
    {"GET", "webhooks/eventtypes", sim_get_event_types, ADMIN},
    {"GET", "webhooks/{guid}", sim_get_hook, ADMIN},
    {"PUT", "webhooks/{guid}", sim_put_hook, ADMIN},
    {"DELETE", "webhooks/{guid}", sim_delete_hook, ADMIN},
    {"GET", "webhooks/{guid}/logs", sim_get_hook_log, ADMIN},
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

static void allow(struct sim_call *call, const char *method)
{
    size_t used = strlen(call->allow);
    snprintf(call->allow + used, sizeof call->allow - used, "%s%s", used > 0 ? ", " : "", method);
}

/* The route of path and method, or one of the path alone: then call->allow has the methods. */
static const struct route *find_route(struct sim_call *call)
{
    const struct route *found = NULL;
    if (call->path == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        call->id[0] = call->key[0] = '\0';
        if (!match_path(call, ROUTES[i].pattern, call->path))
            continue;
        if (strcmp(ROUTES[i].method, call->method) == 0) {
            call->allow[0] = '\0';
            return &ROUTES[i];
        }
        found = &ROUTES[i];
        allow(call, found->method);
    }
    return found;
}

/* What no log may keep: codes, tokens, what webhooks prove themselves with. */
bool sim_body_is_secret(const struct sim_call *call)
{
    return call->path != NULL && (strncasecmp(call->path, "accounts/token", 14) == 0 ||
                                  strncasecmp(call->path, "webhooks", 8) == 0);
}

void sim_route(struct sim_call *call)
{
    const struct route *route = find_route(call);
    if (route == NULL) {
        sim_say_error(call, 404, "not-found", "There is no matching path for this URL.");
    } else if (call->caller == NULL && (route->flags & OPEN) == 0) {
        sim_say_bad_token(call);
    } else if (call->allow[0] != '\0') {
        sim_say(call, 405, NULL);
    } else if (call->body_bytes > SIM_BODY_LIMIT_BYTES) {
        sim_say_error(call, 413, "request-body-too-large", "The request body is too large.");
    } else if ((route->flags & ADMIN) != 0 && !call->caller->admin) {
        sim_say_denied(call, "Workspace");
    } else {
        route->handle(call);
    }
}
