#include "trial/awork.h"

#include "clock.h"
#include "tell.h"
#include "xalloc.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID = 40 };

struct work { /* a person's last time entry */
    struct work *next;
    char user[ID], id[ID];
    json_t *body;               /* of its start */
    int64_t start_ms, since_ms; /* since when it is what it is */
    int64_t version;
    bool exists, is_stopped, is_paused, was_paused;
};

struct flight {
    struct flight *next;
    char *method, *path, *body;
    bool is_own;
    transport_done_fn done;
    void *ctx;
};

struct awork {
    struct transport base;
    const int64_t *now_ms;
    struct work *works;
    struct flight *first, **last;
    json_t *kinds; /* of objects with id and name */
    json_t *names; /* by id: what a task, project or type of work was called */
    int ids, changes;
};

/* ---- Names become ids: the same name, the same id ---- */

static void id_of(char first, const char *name, char out[ID])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)toupper((unsigned char)*name)) * UINT64_C(0x100000001b3);
    snprintf(out, ID, "%c0000000-0000-4000-8000-%012llx", first,
             (unsigned long long)(hash & UINT64_C(0xffffffffffff)));
}

/* The id of a name, which is remembered. */
static const char *known(struct awork *a, char first, const char *name, char out[ID])
{
    id_of(first, name, out);
    json_object_set_new(a->names, out, json_string(name));
    return out;
}

void awork_kind(struct awork *a, const char *name)
{
    char id[ID];
    size_t i;
    json_t *one;
    json_array_foreach(a->kinds, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
            return;
    }
    known(a, 'd', name, id);
    json_array_append_new(a->kinds, json_pack("{s:s, s:s}", "id", id, "name", name));
}

/* ---- Timers ---- */

static struct work *work_of(struct awork *a, const char *user)
{
    struct work **at = &a->works;
    while (*at && strcmp((*at)->user, user) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = xcalloc(1, sizeof **at);
        snprintf((*at)->user, ID, "%s", user);
    }
    return *at;
}

static bool is_active(const struct work *w)
{
    return w->exists && !w->is_stopped;
}

static void touch(struct awork *a, struct work *w)
{
    w->version = 621355968000000000 + *a->now_ms * 10000 + ++a->changes;
}

static void start(struct awork *a, struct work *w, json_t *body)
{
    touch(a, w);
    json_decref(w->body);
    w->body = body ? body : json_object();
    w->start_ms = w->since_ms = *a->now_ms;
    w->exists = true;
    w->is_stopped = w->is_paused = w->was_paused = false;
    snprintf(w->id, ID, "e0000000-0000-4000-8000-%012d", ++a->ids);
}

/* To running, paused or stopped; what it is already, it stays since then. */
static void change(struct awork *a, struct work *w, bool stopped, bool paused)
{
    if (w->is_stopped != stopped || w->is_paused != paused) {
        w->since_ms = *a->now_ms;
        touch(a, w);
    }
    w->was_paused |= paused;
    w->is_stopped = stopped;
    w->is_paused = paused;
}

static const char *text_of(const json_t *what, const char *name)
{
    const char *text = json_string_value(json_object_get(what, name));
    return text && *text ? text : NULL;
}

/* The body of a start by hand. */
static json_t *body_of(struct awork *a, const json_t *what)
{
    char id[ID];
    const char *kind = text_of(what, "type_of_work"), *project = text_of(what, "project");
    const char *task = text_of(what, "task"), *name = text_of(what, "task_name");
    json_t *body = json_pack("{s:s, s:s}", "typeOfWorkId",
                             known(a, 'd', kind ? kind : "by hand", id), "timezone", "UTC");
    if (task || name || !project)
        json_object_set_new(body, "taskId",
                            json_string(known(a, 'b',
                                              task   ? task
                                              : name ? name
                                                     : "BY-HAND",
                                              id)));
    if (name)
        json_object_set_new(body, "taskName", json_string(name));
    if (project)
        json_object_set_new(body, "projectId", json_string(known(a, 'c', project, id)));
    if (text_of(what, "note"))
        json_object_set_new(body, "note", json_string(text_of(what, "note")));
    return body;
}

static bool says(const json_t *what)
{
    static const char *const names[] = {"task", "task_name", "project", "type_of_work", "note"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_of(what, names[i]))
            return true;
    return false;
}

void awork_by_hand(struct awork *a, const char *user, enum cw_timer timer, bool anew,
                   const json_t *what)
{
    struct work *w = work_of(a, user);
    if (timer != CW_TIMER_STOPPED && (!is_active(w) || anew || says(what)))
        start(a, w, body_of(a, what));
    if (w->exists)
        change(a, w, timer == CW_TIMER_STOPPED, timer == CW_TIMER_PAUSED);
}

/* {"xDateUtc":"2026-03-02T00:00:00Z","xTimeUtc":"10:00:00.000"} */
static void put_moment(json_t *entry, const char *what, int64_t ms)
{
    char text[CLOCK_TEXT], day[CLOCK_TEXT + 16], name[16];
    clock_format(ms, text);
    snprintf(day, sizeof day, "%.10sT00:00:00Z", text);
    text[strlen(text) - 1] = '\0';
    snprintf(name, sizeof name, "%sDateUtc", what);
    json_object_set_new(entry, name, json_string(day));
    snprintf(name, sizeof name, "%sTimeUtc", what);
    json_object_set_new(entry, name, json_string(text + 11));
}

/* The thing beside its id: {"name":"Meetings"}, of tasks with their key. */
static void tell_name(const struct awork *a, json_t *entry, const char *id, const char *what)
{
    const char *its = text_of(entry, id), *given = text_of(entry, "taskName");
    const char *name = its ? text_of(a->names, its) : NULL;
    bool task = strcmp(what, "task") == 0;
    if (!its)
        return;
    json_t *thing = json_pack("{s:s}", "name", task && given ? given : name ? name : its);
    if (task && name && !(given && strcmp(given, name) == 0))
        json_object_set_new(thing, "taskIdentifier", json_string(name));
    json_object_set_new(entry, what, thing);
}

static json_t *tell(const struct awork *a, const struct work *w)
{
    char text[CLOCK_TEXT];
    json_t *e = json_deep_copy(w->body);
    json_object_set_new(e, "id", json_string(w->id));
    json_object_set_new(e, "resourceVersion", json_integer(w->version));
    put_moment(e, "start", w->start_ms);
    tell_name(a, e, "taskId", "task");
    tell_name(a, e, "projectId", "project");
    tell_name(a, e, "typeOfWorkId", "typeOfWork");
    clock_format(w->since_ms, text);
    if (w->is_stopped)
        put_moment(e, "end", w->since_ms);
    else if (w->is_paused)
        json_object_set_new(e, "breaks", json_pack("[{s:s}]", "startDate", text));
    else if (w->was_paused)
        json_object_set_new(e, "breaks",
                            json_pack("[{s:s,s:s}]", "startDate", text, "endDate", text));
    return e;
}

void awork_see(struct awork *a, const char *user, struct cw_arena *arena, struct sight *out)
{
    const struct work *w = work_of(a, user);
    json_t *entry = w->exists ? tell(a, w) : NULL;
    if (!entry || !sight_read(entry, arena, out))
        *out = (struct sight){.state = ENTRY_NONE};
    json_decref(entry);
}

/* ---- Routes ---- */

static json_t *refuse(int *status, int code, const char *word, const char *text)
{
    *status = code;
    return json_pack("{s:s, s:s}", "code", word, "description", text);
}

/* Does it. Returns: NULL for 204. */
static json_t *act(struct awork *a, struct work *w, const char *op, const struct flight *q,
                   int *status)
{
    bool pause = strcmp(op, "pause") == 0, resume = strcmp(op, "resume") == 0;
    if ((pause || resume) && !q->is_own)
        return refuse(status, 400, "invalid-operation",
                      "You can only pause and resume your own timer.");
    if (strcmp(op, "start") == 0) {
        start(a, w, tell_read(cw_text_of(q->body ? q->body : ""), 0));
        return tell(a, w);
    }
    if (!is_active(w))
        return NULL;
    change(a, w, !pause && !resume, pause);
    return tell(a, w);
}

static json_t *look_up(struct awork *a, const char *path, int *status)
{
    static const struct {
        const char *prefix;
        char first;
    } keyed[] = {{"/tasks/key/", 'b'}, {"/projects/key/", 'c'}};
    char id[ID], kind[ID];
    known(a, 'd', "of the task", kind);
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(keyed[i].prefix);
        if (strncmp(path, keyed[i].prefix, n) != 0)
            continue;
        known(a, keyed[i].first, path + n, id);
        return json_pack("{s:s, s:s}", "id", id, "typeOfWorkId", kind);
    }
    if (strncmp(path, "/tasks/", 7) == 0 || strncmp(path, "/projects/", 10) == 0)
        return json_pack("{s:s, s:s}", "id", strrchr(path, '/') + 1, "typeOfWorkId", kind);
    if (strncmp(path, "/typeofwork", 11) == 0)
        return json_incref(a->kinds);
    return refuse(status, 404, "not-found", "The awork of tests has no such route.");
}

static int64_t moment_of(const json_t *entry, const char *day, const char *time)
{
    const struct cw_text utc = CW_TEXT("");
    const char *date = text_of(entry, day), *clock = text_of(entry, time);
    auto_free char *text = xprintf("%.10sT%sZ", date ? date : "", clock ? clock : "");
    struct cw_arena *arena = xarena(1 << 16);
    int64_t ms = 0;
    if (cw_moment_parse(cw_text_of(text), utc, utc, arena, &ms, NULL))
        ms = 0;
    cw_arena_destroy(arena);
    return ms;
}

/* GET of a time entry, or a PUT that corrects when it ended. */
static json_t *serve_entry(struct awork *a, const struct flight *q, const char *id, int *status)
{
    struct work *w = a->works;
    while (w && !(w->exists && strcmp(w->id, id) == 0))
        w = w->next;
    if (!w)
        return refuse(status, 404, "not-found", "There is no such time entry.");
    if (strcmp(q->method, "PUT") == 0) {
        json_t *body = tell_read(cw_text_of(q->body ? q->body : ""), 0);
        w->since_ms = moment_of(body, "endDateUtc", "endTimeUtc");
        json_decref(body);
    }
    return tell(a, w);
}

static json_t *serve(struct awork *a, const struct flight *q, int *status)
{
    char user[37] = "";
    const char *op = strstr(q->path, "/timetracking/");
    static const char entries[] = "/timeentries/";
    *status = 200;
    if (strncmp(q->path, entries, sizeof entries - 1) == 0)
        return serve_entry(a, q, q->path + sizeof entries - 1, status);
    if (sscanf(q->path, "/users/%36[0-9a-fA-F-]", user) != 1)
        return look_up(a, q->path, status);
    struct work *w = work_of(a, user);
    if (op)
        return act(a, w, op + strlen("/timetracking/"), q, status);
    if (strstr(q->path, "/timeentries/last"))
        return w->exists ? tell(a, w) : NULL;
    return look_up(a, q->path, status);
}

/* ---- The transport ---- */

static void on_send(struct transport *t, const struct transport_request *request,
                    transport_done_fn done, void *ctx)
{
    struct awork *a = (struct awork *)t;
    struct flight *q = xcalloc(1, sizeof *q);
    q->method = xstrdup(request->method);
    q->path = xstrdup(request->path);
    q->body = xstrdup(request->body);
    q->is_own = request->token && strcmp(request->token, AWORK_OWN) == 0;
    q->done = done;
    q->ctx = ctx;
    *a->last = q;
    a->last = &q->next;
}

bool awork_is_asked_for_kinds(const struct awork *a)
{
    const struct flight *q = a->first;
    while (q && strncmp(q->path, "/typeofwork", 11) != 0)
        q = q->next;
    return q != NULL;
}

static void flight_destroy(struct flight *q)
{
    free(q->method);
    free(q->path);
    free(q->body);
    free(q);
}

static struct flight *take_all(struct awork *a)
{
    struct flight *list = a->first;
    a->first = NULL;
    a->last = &a->first;
    return list;
}

static void on_abandon(struct transport *t)
{
    for (struct flight *q = take_all((struct awork *)t), *next; q; q = next) {
        next = q->next;
        flight_destroy(q);
    }
}

static void on_destroy(struct transport *t)
{
    (void)t;
}

static void answer(struct awork *a, struct flight *q)
{
    struct transport_answer out = {.outcome = TRANSPORT_ANSWER, .rate = {-1, -1, -1, -1, -1, -1}};
    json_t *json = serve(a, q, &out.status);
    auto_free char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (!json)
        out.status = 204;
    out.body = cw_text_of(body);
    q->done(q->ctx, &out);
    json_decref(json);
}

size_t awork_answer(struct awork *a)
{
    size_t n = 0;
    for (struct flight *q = take_all(a), *next; q; q = next, n++) {
        next = q->next;
        answer(a, q);
        flight_destroy(q);
    }
    return n;
}

struct awork *awork_create(const int64_t *now_ms)
{
    static const struct transport_ops ops = {on_send, on_abandon, on_destroy};
    struct awork *a = xcalloc(1, sizeof *a);
    a->base.ops = &ops;
    a->now_ms = now_ms;
    a->last = &a->first;
    a->kinds = json_array();
    a->names = json_object();
    return a;
}

void awork_destroy(struct awork *a)
{
    if (!a)
        return;
    on_abandon(&a->base);
    for (struct work *w = a->works, *next; w; w = next) {
        next = w->next;
        json_decref(w->body);
        free(w);
    }
    json_decref(a->kinds);
    json_decref(a->names);
    free(a);
}

struct transport *awork_transport(struct awork *a)
{
    return &a->base;
}
