#include "crowd.h"

#include "clock.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_SECOND = 50, PER_MINUTE = 1000, TIMES = 100000, ANSWER = 600 };

struct member {
    char id[40], task[40];
    int last, in_flight, entry; /* entry: number of the present one, 0: none */
    int64_t start_ms;
};

struct asked {
    struct asked *next;
    struct member *member;
    transport_done_fn done;
    void *ctx;
    int64_t sent_ms, due_ms;
    enum transport_outcome outcome;
    int status;
    bool is_sound; /* what it says is so */
    int64_t reset_ms;
    char body[ANSWER];
};

struct crowd {
    struct transport base;
    const int64_t *now_ms;
    struct member *members;
    int n, in_flight, entries;
    enum crowd_weather weather;
    int64_t arg, blocked_until_ms;
    struct asked *first;
    int64_t since_ms; /* this weather */
    struct crowd_tally tally;
    int64_t times[TIMES]; /* when requests came, a ring */
    int64_t n_times;
};

const char *crowd_person_id(struct crowd *c, int n)
{
    return c->members[n].id;
}

int crowd_last(const struct crowd *c, int n)
{
    return c->members[n].last;
}

const struct crowd_tally *crowd_tally(const struct crowd *c)
{
    return &c->tally;
}

void crowd_weather(struct crowd *c, enum crowd_weather weather, int64_t arg)
{
    struct crowd_tally old = c->tally;
    c->weather = weather;
    c->arg = arg;
    c->since_ms = *c->now_ms;
    c->tally = (struct crowd_tally){.doubles = old.doubles,
                                    .disorders = old.disorders,
                                    .passed_over = old.passed_over,
                                    .repeats = old.repeats,
                                    .overlaps = old.overlaps,
                                    .over_rate = old.over_rate};
}

/* ---- What it does ---- */

static void write_entry(const struct member *m, char out[ANSWER])
{
    char text[CLOCK_TEXT];
    clock_format(m->start_ms, text);
    snprintf(out, ANSWER,
             "{\"id\":\"eeeeeeee-0000-4000-8000-%012d\",\"timezone\":\"UTC\",\"typeOfWorkId\":"
             "\"dddddddd-0000-4000-8000-000000000001\",\"startDateUtc\":\"%.10sT00:00:00Z\","
             "\"startTimeUtc\":\"%.12s\",\"taskId\":\"%s\"}",
             m->entry, text, text + 11, m->task);
}

static void start(struct crowd *c, struct member *m, const char *text)
{
    json_t *body = json_loads(text, 0, NULL);
    const char *task = json_string_value(json_object_get(body, "taskId"));
    const char *note = json_string_value(json_object_get(body, "note"));
    int number = note ? (int)strtol(note, NULL, 10) : 0;
    if (!task || !number)
        abort();
    c->tally.starts++;
    /* A backlog that came down to this one would have ended the same work in between. */
    c->tally.repeats += number == m->last + 1 && m->entry && strcmp(m->task, task) == 0;
    c->tally.doubles += number == m->last;
    c->tally.disorders += number < m->last;
    c->tally.passed_over += number > m->last + 1 ? number - m->last - 1 : 0;
    m->last = number;
    m->entry = ++c->entries;
    m->start_ms = *c->now_ms;
    snprintf(m->task, sizeof m->task, "%s", task);
    json_decref(body);
}

static void serve(struct crowd *c, struct asked *q, const struct transport_request *r)
{
    if (strcmp(r->method, "POST") == 0)
        start(c, q->member, r->body);
    else
        c->tally.looks++;
    q->status = q->member->entry ? 200 : 204;
    if (q->member->entry)
        write_entry(q->member, q->body);
}

static bool spoil(const struct crowd *c, struct asked *q, bool acts)
{
    if (c->weather == CROWD_GARBAGE || (c->weather == CROWD_GARBAGE_ACTS && acts))
        snprintf(q->body, sizeof q->body, "<html>Oops</html>");
    else if (c->weather == CROWD_TRUNCATED && q->status == 200)
        q->body[strlen(q->body) / 2] = '\0';
    else
        return false;
    return true;
}

/* What becomes of a request is decided when it comes. */
static void decide(struct crowd *c, struct asked *q, const struct transport_request *r)
{
    q->sent_ms = *c->now_ms;
    q->due_ms = *c->now_ms + (c->weather == CROWD_SLOW ? c->arg : 0);
    switch (c->weather) {
    case CROWD_UNREACHED:
        q->outcome = TRANSPORT_NOT_SENT;
        return;
    case CROWD_SILENT:
        q->outcome = TRANSPORT_LOST;
        q->due_ms += CROWD_WORST_ANSWER_MS;
        return;
    case CROWD_UNAVAILABLE:
        q->status = 503;
        return;
    case CROWD_THROTTLED:
        q->status = 429;
        if (c->blocked_until_ms <= *c->now_ms)
            c->blocked_until_ms = *c->now_ms + c->arg;
        q->reset_ms = c->blocked_until_ms - *c->now_ms;
        return;
    default:
        serve(c, q, r);
        q->is_sound = !spoil(c, q, strcmp(r->method, "POST") == 0);
    }
}

/* ---- What it notes ---- */

static int64_t time_of(const struct crowd *c, int64_t back)
{
    return back <= c->n_times && back <= TIMES ? c->times[(c->n_times - back) % TIMES] : INT64_MIN;
}

static void note_request(struct crowd *c, struct member *m)
{
    int64_t now_ms = *c->now_ms;
    bool over = time_of(c, PER_SECOND) > now_ms - 1000 || time_of(c, PER_MINUTE) > now_ms - 60000;
    c->tally.over_rate += over;
    c->times[c->n_times++ % TIMES] = now_ms;
    c->tally.requests++;
    c->tally.while_blocked += now_ms < c->blocked_until_ms;
    c->tally.overlaps += m->in_flight++ > 0;
    if (++c->in_flight > c->tally.most_in_flight)
        c->tally.most_in_flight = c->in_flight;
}

int64_t crowd_requests(const struct crowd *c, int64_t from_ms, int64_t to_ms)
{
    int64_t n = 0;
    for (int64_t back = 1; time_of(c, back) >= from_ms; back++)
        n += time_of(c, back) < to_ms;
    return n;
}

/* ---- The transport ---- */

/* By the time of the answer. */
static void put(struct crowd *c, struct asked *q)
{
    struct asked **at = &c->first;
    while (*at && (*at)->due_ms <= q->due_ms)
        at = &(*at)->next;
    q->next = *at;
    *at = q;
}

static struct member *member_of(struct crowd *c, const char *path)
{
    int n;
    if (sscanf(path, "/users/aaaaaaaa-0000-4000-8000-%12d/", &n) != 1 || n < 1 || n > c->n)
        abort();
    return &c->members[n - 1];
}

static void crowd_send(struct transport *t, const struct transport_request *request,
                       transport_done_fn done, void *ctx)
{
    struct crowd *c = (struct crowd *)t;
    struct asked *q = xcalloc(1, sizeof *q);
    q->member = member_of(c, request->path);
    q->done = done;
    q->ctx = ctx;
    note_request(c, q->member);
    decide(c, q, request);
    put(c, q);
}

static struct asked *take(struct crowd *c)
{
    struct asked *q = c->first;
    c->first = q->next;
    q->member->in_flight--;
    c->in_flight--;
    return q;
}

static void crowd_abandon(struct transport *t)
{
    struct crowd *c = (struct crowd *)t;
    while (c->first)
        free(take(c));
}

static void nothing(struct transport *t)
{
    (void)t;
}

static void answer(struct crowd *c, struct asked *q)
{
    struct transport_answer a = {.outcome = q->outcome,
                                 .status = q->status,
                                 .body = cw_text_of(q->body),
                                 .error = q->outcome ? "the wire broke" : NULL,
                                 .rate = {-1, -1, -1, -1, -1, -1}};
    if (q->status == 429)
        a.rate.reset_s = (q->reset_ms + 999) / 1000;
    if (q->is_sound && q->sent_ms >= c->since_ms) {
        c->tally.last_ms = *c->now_ms;
        if (!c->tally.first_ms)
            c->tally.first_ms = *c->now_ms;
    }
    q->done(q->ctx, &a);
}

int crowd_deliver(struct crowd *c)
{
    int n = 0;
    while (c->first && c->first->due_ms <= *c->now_ms) {
        struct asked *q = take(c);
        answer(c, q);
        free(q);
        n++;
    }
    return n;
}

int64_t crowd_next_ms(const struct crowd *c)
{
    return c->first ? c->first->due_ms : INT64_MAX;
}

struct crowd *crowd_create(const int64_t *now_ms, int people)
{
    static const struct transport_ops ops = {crowd_send, crowd_abandon, nothing};
    struct crowd *c = xcalloc(1, sizeof *c);
    c->base.ops = &ops;
    c->now_ms = now_ms;
    c->n = people;
    c->members = xcalloc((size_t)people, sizeof *c->members);
    for (int i = 0; i < people; i++)
        snprintf(c->members[i].id, sizeof c->members[i].id, "aaaaaaaa-0000-4000-8000-%012d", i + 1);
    return c;
}

void crowd_destroy(struct crowd *c)
{
    crowd_abandon(&c->base);
    free(c->members);
    free(c);
}

struct transport *crowd_transport(struct crowd *c)
{
    return &c->base;
}
