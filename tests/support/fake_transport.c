#include "fake_transport.h"

#include "clock.h"

#include <clockwire/rules.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 20000, FAULTS = 64, IN_FLIGHT = 256, LATE_MS = 500 };

struct fault {
    char match[128], body[256];
    enum fake_fault fault;
    int arg, count;
};

struct flight {
    struct flight *next;
    struct fake_person *person;
    char method[8], path[256], token[64], *body;
    struct fault fault;
    bool has_fault;
    transport_done_fn done;
    void *ctx;
    int64_t lands_ms; /* late ones */
};

struct fake {
    struct transport base;
    const int64_t *now_ms;
    struct fake_person people[FAKE_PEOPLE];
    struct fault faults[FAULTS];
    size_t n_people, n_faults;
    struct flight *flying, *late;
    struct transport_rate rate;
    enum fake_fate fate;
    char refused[64];
    bool own_pause, is_away;
    char *story;
    size_t story_len;
    char *requests[REQUESTS];
    int64_t sent_ms[REQUESTS];
    int n_requests, ids, doubles, overlaps;
    int64_t versions;
    void (*changed)(void *ctx, const char *entry);
    void *changed_ctx;
};

struct fake_person *fake_person(struct fake *f, const char *id)
{
    for (size_t i = 0; i < f->n_people; i++)
        if (strcmp(f->people[i].id, id) == 0)
            return &f->people[i];
    if (f->n_people == FAKE_PEOPLE)
        abort();
    struct fake_person *p = &f->people[f->n_people++];
    snprintf(p->id, sizeof p->id, "%s", id);
    return p;
}

static struct fake_entry *last_of(struct fake_person *p)
{
    return p->n ? &p->entries[p->n - 1] : NULL;
}

static void tell(struct fake *f, const struct fake_person *p, const char *what, const char *task)
{
    char line[64];
    int len = snprintf(line, sizeof line, *task ? "%c:%s(%c) " : "%c:%s ", p->id[35], what,
                       *task ? task[35] : 0);
    f->story = realloc(f->story, f->story_len + (size_t)len + 1);
    memcpy(f->story + f->story_len, line, (size_t)len + 1);
    f->story_len += (size_t)len;
}

/* ---- The model ---- */

static void write_entry(const struct fake_entry *e, char *out, size_t size);

static void change(struct fake *f, struct fake_entry *e)
{
    char text[1024];
    e->version = 621355968000000000 + *f->now_ms * 10000 + ++f->versions;
    write_entry(e, text, sizeof text);
    if (f->changed)
        f->changed(f->changed_ctx, text);
}

static void touch(struct fake *f, struct fake_entry *e)
{
    e->since_ms = *f->now_ms;
    change(f, e);
}

static void end(struct fake *f, struct fake_entry *e)
{
    e->is_stopped = true;
    e->is_paused = false;
    touch(f, e);
}

static void set_paused(struct fake *f, struct fake_entry *e, bool paused)
{
    if (e->is_paused == paused)
        return;
    e->is_paused = paused;
    if (!paused)
        e->break_ms = *f->now_ms;
    touch(f, e);
}

static struct fake_entry *start(struct fake *f, struct fake_person *p, const char *task,
                                const char *kind)
{
    struct fake_entry *last = last_of(p);
    if (last && !last->is_stopped)
        end(f, last);
    if (p->n == FAKE_ENTRIES)
        abort();
    struct fake_entry *e = &p->entries[p->n++];
    *e = (struct fake_entry){.start_ms = *f->now_ms};
    snprintf(e->id, sizeof e->id, "eeeeeeee-0000-4000-8000-%012d", ++f->ids);
    snprintf(e->task, sizeof e->task, "%s", task);
    snprintf(e->kind, sizeof e->kind, "%s", kind);
    touch(f, e);
    return e;
}

void fake_human_start(struct fake *f, const char *person, const char *task)
{
    start(f, fake_person(f, person), task, "dddddddd-0000-4000-8000-000000000009");
}

void fake_human_stop(struct fake *f, const char *person)
{
    end(f, last_of(fake_person(f, person)));
}

void fake_human_edit(struct fake *f, const char *person)
{
    change(f, last_of(fake_person(f, person)));
}

const char *fake_entry(struct fake *f, const char *person)
{
    static char text[2 * CLOCK_TEXT];
    char began[CLOCK_TEXT], since[CLOCK_TEXT];
    const struct fake_entry *e = last_of(fake_person(f, person));
    if (!e)
        return "none";
    clock_format(e->start_ms, began);
    clock_format(e->since_ms, since);
    snprintf(text, sizeof text, "%s %.8s-%.8s",
             e->is_stopped  ? "stopped"
             : e->is_paused ? "paused"
                            : "running",
             began + 11, since + 11);
    return text;
}

void fake_human_pause(struct fake *f, const char *person, bool pauses)
{
    set_paused(f, last_of(fake_person(f, person)), pauses);
}

void fake_watch(struct fake *f, void (*changed)(void *ctx, const char *entry), void *ctx)
{
    f->changed = changed;
    f->changed_ctx = ctx;
}

static const char *field(const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text ? text : "";
}

/* Does it. Returns: the entry that is the answer, NULL for 204. */
static struct fake_entry *act(struct fake *f, struct fake_person *p, const char *op,
                              const char *text)
{
    struct fake_entry *last = last_of(p);
    bool active = last && !last->is_stopped;
    if (strcmp(op, "start") == 0) {
        json_t *body = json_loads(text, 0, NULL);
        f->doubles += active && !last->is_paused && !strcmp(last->task, field(body, "taskId"));
        last = start(f, p, field(body, "taskId"), field(body, "typeOfWorkId"));
        json_decref(body);
        tell(f, p, op, last->task);
        return last;
    }
    if (!active)
        return NULL;
    tell(f, p, op, "");
    if (strcmp(op, "stop") == 0)
        end(f, last);
    else
        set_paused(f, last, strcmp(op, "pause") == 0);
    return last;
}

static const char *op_of(const char *path)
{
    const char *op = strstr(path, "/timetracking/");
    return op ? op + strlen("/timetracking/") : NULL;
}

/* {"startDateUtc":"2026-03-02T00:00:00Z","startTimeUtc":"09:00:00.000"} */
static int write_moment(const char *what, int64_t ms, char *out, size_t size)
{
    char text[CLOCK_TEXT];
    clock_format(ms, text);
    return snprintf(out, size, "\"%sDateUtc\":\"%.10sT00:00:00Z\",\"%sTimeUtc\":\"%.12s\"", what,
                    text, what, text + 11);
}

static void write_entry(const struct fake_entry *e, char *out, size_t size)
{
    char began[128], ended[128], text[CLOCK_TEXT];
    write_moment("start", e->start_ms, began, sizeof began);
    write_moment("end", e->since_ms, ended, sizeof ended);
    int n = snprintf(out, size,
                     "{\"id\":\"%s\",\"timezone\":\"UTC\",\"typeOfWorkId\":\"%s\","
                     "\"resourceVersion\":%lld,%s%s",
                     e->id, e->kind, (long long)e->version, began, e->is_stopped ? "," : "");
    if (e->is_stopped)
        n += snprintf(out + n, size - (size_t)n, "%s", ended);
    if (e->break_ms && !e->is_paused)
        n += snprintf(out + n, size - (size_t)n, ",\"breaks\":[{\"endDate\":\"%s\"}]",
                      clock_format(e->break_ms, text));
    if (e->is_paused)
        n += snprintf(out + n, size - (size_t)n, ",\"breaks\":[{\"startDate\":\"%s\"}]",
                      clock_format(e->since_ms, text));
    if (*e->task)
        n += snprintf(out + n, size - (size_t)n,
                      ",\"taskId\":\"%s\",\"task\":{\"name\":\"Task\",\"taskIdentifier\":\"T-%c\"}",
                      e->task, e->task[strlen(e->task) - 1]);
    snprintf(out + n, size - (size_t)n, "}");
}

static void put_end(struct fake *f, const struct fake_person *p, struct fake_entry *e,
                    const char *text)
{
    json_t *body = json_loads(text, 0, NULL);
    char moment[CLOCK_TEXT + 16];
    const struct cw_text utc = CW_TEXT("");
    struct cw_arena *arena = cw_arena_create(1 << 16);
    snprintf(moment, sizeof moment, "%.10sT%.12sZ", field(body, "endDateUtc"),
             field(body, "endTimeUtc"));
    if (cw_moment_parse(cw_text_of(moment), utc, utc, arena, &e->since_ms, NULL) ||
        strcmp(field(body, "typeOfWorkId"), e->kind) != 0)
        abort(); /* a PUT has to name all that is to stay */
    change(f, e);
    tell(f, p, "put", "");
    json_decref(body);
    cw_arena_destroy(arena);
}

static int look_up(const char *path, char *out, size_t size)
{
    const char *key = strstr(path, "/tasks/key/T-");
    if (key)
        snprintf(out, size, "{\"id\":\"bbbbbbbb-0000-4000-8000-%012d\"}",
                 (int)strtol(key + 13, NULL, 10));
    else if (strncmp(path, "/typeofwork", 11) == 0)
        snprintf(out, size, "[{\"id\":\"dddddddd-0000-4000-8000-000000000001\",\"name\":\"Dev\"}]");
    else {
        snprintf(out, size, "{\"code\":\"not-found\",\"description\":\"There is no such thing.\"}");
        return 404;
    }
    return 200;
}

/* GET and PUT of one entry, whose end alone is taken. */
static int serve_entry(struct fake *f, const struct flight *q, char *out, size_t size)
{
    const char *id = strrchr(q->path, '/') + 1;
    for (size_t i = 0; i < f->n_people; i++)
        for (size_t j = 0; j < f->people[i].n; j++) {
            struct fake_entry *e = &f->people[i].entries[j];
            if (strcmp(e->id, id) != 0)
                continue;
            if (strcmp(q->method, "PUT") == 0)
                put_end(f, &f->people[i], e, q->body);
            write_entry(e, out, size);
            return 200;
        }
    snprintf(out, size, "{\"code\":\"not-found\",\"description\":\"There is no such entry.\"}");
    return 404;
}

static int serve(struct fake *f, const struct flight *q, char *out, size_t size)
{
    const char *op = op_of(q->path);
    struct fake_entry *entry;
    *out = '\0';
    if (strcmp(q->token, f->refused) == 0) {
        snprintf(out, size, "{\"message\":{\"code\":\"unauthorized\"}}");
        return 401;
    }
    if (strncmp(q->path, "/timeentries/", 13) == 0)
        return serve_entry(f, q, out, size);
    if (!q->person)
        return look_up(q->path, out, size);
    bool is_own = op && (strcmp(op, "pause") == 0 || strcmp(op, "resume") == 0);
    if (is_own && (!f->own_pause || strcmp(q->token, "key") == 0)) {
        snprintf(out, size, "{\"code\":\"invalid-operation\",\"description\":\"Only your own.\"}");
        return 400;
    }
    entry = op ? act(f, q->person, op, q->body) : last_of(q->person);
    if (entry)
        write_entry(entry, out, size);
    return entry ? 200 : 204;
}

/* ---- The transport ---- */

static void note_request(struct fake *f, const struct flight *q)
{
    char line[300];
    if (f->n_requests == REQUESTS)
        abort();
    snprintf(line, sizeof line, "%s %s", q->method, q->path);
    f->requests[f->n_requests] = strdup(line);
    f->sent_ms[f->n_requests++] = *f->now_ms;
}

static void take_fault(struct fake *f, struct flight *q)
{
    if (f->is_away) {
        q->fault = (struct fault){.fault = FAKE_UNSENT};
        q->has_fault = true;
        return;
    }
    for (size_t i = 0; i < f->n_faults; i++) {
        struct fault *fault = &f->faults[i];
        if (fault->count && strstr(f->requests[f->n_requests - 1], fault->match)) {
            fault->count--;
            q->fault = *fault;
            q->has_fault = true;
            return;
        }
    }
}

static void land_late_ones(struct fake *f)
{
    char answer[1024];
    for (struct flight **at = &f->late, *q; (q = *at);) {
        if (q->lands_ms > *f->now_ms) {
            at = &q->next;
            continue;
        }
        *at = q->next;
        serve(f, q, answer, sizeof answer);
        free(q->body);
        free(q);
    }
}

static void fake_send(struct transport *t, const struct transport_request *request,
                      transport_done_fn done, void *ctx)
{
    struct fake *f = (struct fake *)t;
    struct flight *q = calloc(1, sizeof *q), **end = &f->flying;
    char id[40] = "";
    land_late_ones(f);
    snprintf(q->method, sizeof q->method, "%s", request->method);
    snprintf(q->path, sizeof q->path, "%s", request->path);
    snprintf(q->token, sizeof q->token, "%s", request->token);
    q->body = strdup(request->body ? request->body : "");
    q->done = done;
    q->ctx = ctx;
    if (sscanf(q->path, "/users/%36[0-9a-f-]", id) == 1) {
        q->person = fake_person(f, id);
        f->overlaps += q->person->in_flight++ > 0;
    }
    note_request(f, q);
    take_fault(f, q);
    while (*end)
        end = &(*end)->next;
    *end = q;
}

static void abandon(struct transport *t)
{
    struct fake *f = (struct fake *)t;
    char answer[1024];
    while (f->flying) {
        struct flight *q = f->flying;
        f->flying = q->next;
        if (q->person)
            q->person->in_flight--;
        if (f->fate == FAKE_LANDED)
            serve(f, q, answer, sizeof answer);
        if (f->fate == FAKE_LANDS_LATE) {
            q->lands_ms = *f->now_ms + LATE_MS;
            q->next = f->late;
            f->late = q;
            continue;
        }
        free(q->body);
        free(q);
    }
}

static void answer_one(struct fake *f, struct flight *q)
{
    char body[1024] = "";
    struct transport_answer a = {.rate = f->rate, .trace_id = "trace"};
    enum fake_fault fault = q->fault.fault;
    bool acts = !q->has_fault || fault == FAKE_LOST_AFTER || fault == FAKE_GARBAGE ||
                fault == FAKE_FAIL_AFTER;
    if (acts)
        a.status = serve(f, q, body, sizeof body);
    if (q->has_fault && fault == FAKE_GARBAGE)
        snprintf(body, sizeof body, "{\"id\":\"eeee");
    if (q->has_fault && (fault == FAKE_STATUS || fault == FAKE_FAIL_AFTER)) {
        a.status = q->fault.arg;
        snprintf(body, sizeof body, "%s", q->fault.body);
    }
    if (q->has_fault && fault >= FAKE_UNSENT && fault <= FAKE_LOST_AFTER) {
        a = (struct transport_answer){.outcome = fault == FAKE_UNSENT ? TRANSPORT_NOT_SENT
                                                                      : TRANSPORT_LOST,
                                      .error = "the wire broke",
                                      .rate = {-1, -1, -1, -1, -1, -1}};
        *body = '\0';
    }
    a.body = cw_text_of(body);
    if (q->person)
        q->person->in_flight--;
    q->done(q->ctx, &a);
}

size_t fake_deliver(struct fake *f)
{
    struct flight *list = f->flying;
    size_t n = 0;
    land_late_ones(f);
    f->flying = NULL;
    for (struct flight *next; list; list = next, n++) {
        next = list->next;
        answer_one(f, list);
        free(list->body);
        free(list);
    }
    return n;
}

size_t fake_waiting(const struct fake *f)
{
    size_t n = 0;
    for (const struct flight *q = f->flying; q; q = q->next)
        n++;
    return n;
}

static void nothing(struct transport *t)
{
    (void)t;
}

struct fake *fake_create(const int64_t *now_ms)
{
    static const struct transport_ops ops = {fake_send, abandon, nothing};
    struct fake *f = calloc(1, sizeof *f);
    f->base.ops = &ops;
    f->now_ms = now_ms;
    f->rate = (struct transport_rate){-1, -1, -1, -1, -1, -1};
    f->story = strdup("");
    return f;
}

void fake_destroy(struct fake *f)
{
    f->fate = FAKE_DROPPED;
    abandon(&f->base);
    while (f->late) {
        struct flight *q = f->late;
        f->late = q->next;
        free(q->body);
        free(q);
    }
    for (int i = 0; i < f->n_requests; i++)
        free(f->requests[i]);
    free(f->story);
    free(f);
}

struct transport *fake_transport(struct fake *f)
{
    return &f->base;
}

void fake_suffer(struct fake *f, const char *match, enum fake_fault fault, int arg,
                 const char *body, int count)
{
    if (f->n_faults == FAULTS)
        abort();
    struct fault *to = &f->faults[f->n_faults++];
    *to = (struct fault){.fault = fault, .arg = arg, .count = count};
    snprintf(to->match, sizeof to->match, "%s", match);
    snprintf(to->body, sizeof to->body, "%s", body);
}

void fake_clear(struct fake *f)
{
    f->n_faults = 0;
}

void fake_fate(struct fake *f, enum fake_fate fate)
{
    f->fate = fate;
}

void fake_rate(struct fake *f, const struct transport_rate *rate)
{
    f->rate = *rate;
}

void fake_refuse_token(struct fake *f, const char *token)
{
    snprintf(f->refused, sizeof f->refused, "%s", token ? token : "");
}

void fake_away(struct fake *f, bool is_away)
{
    f->is_away = is_away;
}

void fake_own_pause(struct fake *f, bool works)
{
    f->own_pause = works;
}

const char *fake_story(const struct fake *f)
{
    return f->story;
}

void fake_forget_story(struct fake *f)
{
    f->story_len = 0;
    f->story[0] = '\0';
}

int fake_requests(const struct fake *f, const char *match)
{
    int n = 0;
    for (int i = 0; i < f->n_requests; i++)
        n += strstr(f->requests[i], match) != NULL;
    return n;
}

int64_t fake_sent_ms(const struct fake *f, int i)
{
    return i < f->n_requests ? f->sent_ms[i] : -1;
}

int fake_doubles(const struct fake *f)
{
    return f->doubles;
}

int fake_overlaps(const struct fake *f)
{
    return f->overlaps;
}
