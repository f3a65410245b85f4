/*
 * Webhooks on their way: a POST that must be answered with 2xx in 30 seconds, else ten more tries;
 * more than ten failures in a row pause the webhook. Real time, not the simulated one. And the
 * noise that awork is known for: twice, late, in another order, never.
 */
#include "hooks.h"

#include "faults.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRIES_MAX  10
#define FAILURES_MAX 10
#define QUEUED_MAX   ((size_t)10000)
#define LOG_MAX      ((size_t)100)
#define RETRY_MAX_MS 60000
#define HOLD_MIN_MS  20
#define HOLD_MAX_MS  200

static void send_next(struct sim_hook *hook);

/* ---- The lists ---- */

static void append(struct sim_delivery_list *list, struct sim_delivery *d)
{
    d->next = NULL;
    d->link = list->end;
    *list->end = d;
    list->end = &d->next;
}

static void take(struct sim_delivery_list *list, struct sim_delivery *d)
{
    *d->link = d->next;
    if (d->next != NULL)
        d->next->link = d->link;
    else
        list->end = d->link;
}

static void free_delivery(struct sim_delivery *d)
{
    d->hook->queued--;
    if (d->timer != NULL)
        event_free(d->timer);
    free(d->body);
    free(d);
}

static void drop_all(struct sim_delivery_list *list)
{
    while (list->first != NULL) {
        struct sim_delivery *d = list->first;
        take(list, d);
        free_delivery(d);
    }
}

/* Nothing of it flies or waits any more. */
void sim_hook_stop(struct sim_hook *hook)
{
    drop_all(&hook->waiting);
    drop_all(&hook->ready);
    if (hook->spent != NULL)
        evhttp_connection_free(hook->spent);
    if (hook->flying == NULL)
        return;
    evhttp_connection_free(hook->flying->connection);
    free_delivery(hook->flying);
    hook->flying = NULL;
}

/* ---- Waiting ---- */

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct sim_delivery *d = arg;
    (void)fd;
    (void)what;
    take(&d->hook->waiting, d);
    append(&d->hook->ready, d);
    send_next(d->hook);
}

static void wait_for(struct sim_delivery *d, int ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    if (d->timer == NULL)
        d->timer = event_new(d->hook->sim->base, -1, 0, on_time, d);
    if (d->timer == NULL || event_add(d->timer, &delay) != 0)
        abort();
    append(&d->hook->waiting, d);
}

/* ---- The outcome ---- */

static void write_log(const struct sim_delivery *d, int status)
{
    json_t *log = d->hook->log;
    char at[SIM_TIME_SIZE];
    char id[SIM_GUID_SIZE];
    sim_new_guid(id);
    sim_write_instant(sim_now(&d->hook->sim->clock), 3, at);
    json_t *line =
        sim_must(json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:b}", "id", id, "timestamp", at,
                           "eventType", d->event_type, "entityId", d->entity, "traceId", d->trace,
                           "attempt", (int)d->tries, "isSuccess", status >= 200 && status < 300));
    if (status != 0)
        json_object_set_new(line, "statusCode", json_integer(status));
    if (json_array_size(log) == LOG_MAX)
        json_array_remove(log, 0);
    json_array_append_new(log, line);
}

static void pause_hook(struct sim_hook *hook)
{
    hook->active = false;
    json_object_set_new(hook->model, "isActive", json_false());
    drop_all(&hook->waiting);
    drop_all(&hook->ready);
}

static void has_failed(struct sim_delivery *d)
{
    struct sim_hook *hook = d->hook;
    int ms = hook->sim->hooks->retry_ms;
    hook->failed++;
    hook->failures++;
    for (unsigned i = 1; i < d->tries && ms < RETRY_MAX_MS; i++)
        ms *= 2;
    if (hook->failures > FAILURES_MAX || d->tries > RETRIES_MAX) {
        hook->given_up++;
        free_delivery(d);
    } else {
        wait_for(d, ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
    }
    if (hook->failures > FAILURES_MAX)
        pause_hook(hook);
}

/* It calls us right now, so it is freed when the next one does. */
static void set_aside(struct sim_hook *hook, struct evhttp_connection *connection)
{
    if (hook->spent != NULL)
        evhttp_connection_free(hook->spent);
    hook->spent = connection;
}

static void on_answer(struct evhttp_request *req, void *arg)
{
    struct sim_delivery *d = arg;
    struct sim_hook *hook = d->hook;
    int status = req != NULL ? evhttp_request_get_response_code(req) : 0;
    set_aside(hook, d->connection);
    hook->flying = NULL;
    write_log(d, status);
    if (status >= 200 && status < 300) {
        hook->sent++;
        hook->failures = 0;
        free_delivery(d);
    } else {
        has_failed(d);
    }
    send_next(hook);
}

/* ---- Sending ---- */

static void add_headers(struct evhttp_request *req, const struct sim_hook *hook)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
    char host[300];
    bool v6 = strchr(hook->host, ':') != NULL;
    snprintf(host, sizeof host, "%s%s%s:%u", v6 ? "[" : "", hook->host, v6 ? "]" : "",
             (unsigned)hook->port);
    evhttp_add_header(headers, "Host", host);
    evhttp_add_header(headers, "Content-Type", "application/json; charset=utf-8");
    evhttp_add_header(headers, "Connection", "close");
    if (hook->header_name != NULL)
        evhttp_add_header(headers, hook->header_name, hook->header_value);
}

static void send_next(struct sim_hook *hook)
{
    struct sim_delivery *d = hook->ready.first;
    int ms = hook->sim->hooks->timeout_ms;
    const struct timeval timeout = {.tv_sec = ms / 1000,
                                    .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    if (d == NULL || hook->flying != NULL)
        return;
    take(&hook->ready, d);
    hook->flying = d;
    d->tries++;
    d->connection = evhttp_connection_base_new(hook->sim->base, NULL, hook->host, hook->port);
    struct evhttp_request *req = evhttp_request_new(on_answer, d);
    if (d->connection == NULL || req == NULL)
        abort();
    evhttp_connection_set_timeout_tv(d->connection, &timeout);
    add_headers(req, hook);
    evbuffer_add(evhttp_request_get_output_buffer(req), d->body, d->body_bytes);
    if (evhttp_make_request(d->connection, req, EVHTTP_REQ_POST, hook->path) != 0)
        abort(); /* nobody listens there: that comes as an answer without a code */
}

/* ---- Noise ---- */

static bool happens(struct sim *sim, double chance)
{
    return chance > 0 && sim_faults_dice(sim->faults) < chance;
}

static int delay_of(struct sim *sim)
{
    const struct sim_noise *noise = &sim->hooks->noise;
    int ms = (int)(sim_faults_dice(sim->faults) * (noise->delay_ms + 1));
    if (happens(sim, noise->reorder))
        ms += HOLD_MIN_MS + (int)(sim_faults_dice(sim->faults) * (HOLD_MAX_MS - HOLD_MIN_MS));
    return ms;
}

static void queue(struct sim_hook *hook, const char *event_type, const char *entity,
                  const char *trace, const json_t *body, int ms)
{
    if (hook->queued == QUEUED_MAX) {
        hook->dropped++;
        return;
    }
    struct sim_delivery *d = sim_alloc(1, sizeof *d);
    d->hook = hook;
    d->body = json_dumps(body, JSON_COMPACT);
    if (d->body == NULL)
        abort();
    d->body_bytes = strlen(d->body);
    snprintf(d->event_type, sizeof d->event_type, "%s", event_type);
    snprintf(d->entity, sizeof d->entity, "%s", entity);
    snprintf(d->trace, sizeof d->trace, "%s", trace);
    hook->queued++;
    if (ms > 0)
        wait_for(d, ms);
    else
        append(&hook->ready, d);
}

void sim_hook_send(struct sim_hook *hook, const char *event_type, const char *entity,
                   const char *trace, const json_t *body)
{
    struct sim *sim = hook->sim;
    const struct sim_noise *noise = &sim->hooks->noise;
    if (happens(sim, noise->lose)) {
        hook->dropped++;
        return;
    }
    queue(hook, event_type, entity, trace, body, delay_of(sim));
    if (happens(sim, noise->duplicate))
        queue(hook, event_type, entity, trace, body, delay_of(sim));
    if (strcmp(event_type, "timetracking_deleted") == 0 && happens(sim, noise->late_update)) {
        json_t *late = sim_must(json_copy((json_t *)body));
        json_object_set_new(late, "eventType", json_string("timetracking_updated"));
        queue(hook, "timetracking_updated", entity, trace, late, delay_of(sim) + 1);
        json_decref(late);
    }
    send_next(hook);
}

static bool is_chance(double chance)
{
    return chance >= 0 && chance <= 1;
}

const char *sim_hooks_noise(struct sim *sim, json_t *wanted)
{
    struct sim_noise noise = {0};
    if (json_unpack(wanted, "{s?F, s?F, s?F, s?F, s?i !}", "duplicate", &noise.duplicate, "reorder",
                    &noise.reorder, "lose", &noise.lose, "lateUpdate", &noise.late_update, "delay",
                    &noise.delay_ms) != 0 ||
        !is_chance(noise.duplicate) || !is_chance(noise.reorder) || !is_chance(noise.lose) ||
        !is_chance(noise.late_update) || noise.delay_ms < 0 || noise.delay_ms > 600000)
        return "noise is {duplicate, reorder, lose, lateUpdate: 0 to 1, delay: milliseconds}";
    sim->hooks->noise = noise;
    return NULL;
}

json_t *sim_hooks_show(struct sim *sim)
{
    json_t *list = sim_must(json_array());
    const struct sim_noise *noise = &sim->hooks->noise;
    for (const struct sim_hook *hook = sim->hooks->first; hook != NULL; hook = hook->next)
        json_array_append_new(
            list,
            sim_must(json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "id", hook->id,
                               "isActive", hook->active, "queued", (json_int_t)hook->queued, "sent",
                               (json_int_t)hook->sent, "failed", (json_int_t)hook->failed,
                               "givenUp", (json_int_t)hook->given_up, "dropped",
                               (json_int_t)hook->dropped, "failures", (json_int_t)hook->failures)));
    return sim_must(json_pack("{s:o, s:{s:f, s:f, s:f, s:f, s:i}}", "webhooks", list, "noise",
                              "duplicate", noise->duplicate, "reorder", noise->reorder, "lose",
                              noise->lose, "lateUpdate", noise->late_update, "delay",
                              noise->delay_ms));
}
