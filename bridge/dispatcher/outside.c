/* Requests to other hosts than awork: beside its limiter and its key, with a ceiling for each host,
 * and a pause for one that fails. Whoever waits too long gives up: see action/outside.h. */
#include "action/outside.h"
#include "dispatcher/priv.h"
#include "metrics.h"
#include "retry.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_AT_ONE_HOST = 8,
    MAX_OUTSIDE = 32,
    BUSY_MS = 250, /* until it is asked again whether there is room */
    BASE_MS = 1000,
    CAP_MS = 10000,
};

/* ---- Hosts ---- */

static struct host *find(struct hosts *hosts, const char *name)
{
    for (size_t i = 0; i < hosts->n; i++)
        if (strcmp(hosts->list[i].name, name) == 0)
            return &hosts->list[i];
    return NULL;
}

/* Returns: NULL when so many are in work that none can be forgotten. */
static struct host *find_or_add(struct dispatcher *d, const char *name)
{
    struct hosts *hosts = &d->hosts;
    struct host *host = find(hosts, name);
    for (size_t i = 0; !host && hosts->n == HOSTS && i < HOSTS; i++)
        if (!hosts->list[i].in_flight && hosts->list[i].until_ms <= d->now_ms) {
            free(hosts->list[i].name);
            hosts->list[i] = hosts->list[--hosts->n];
        }
    if (host || hosts->n == HOSTS)
        return host;
    host = &hosts->list[hosts->n++];
    *host = (struct host){.name = xstrdup(name)};
    return host;
}

void outside_forget(struct dispatcher *d)
{
    for (size_t i = 0; i < d->hosts.n; i++)
        free(d->hosts.list[i].name);
    d->hosts.n = 0;
}

static int64_t free_at(const struct dispatcher *d, const struct host *host)
{
    if (host && host->until_ms > d->now_ms)
        return host->until_ms;
    bool busy = !host || host->in_flight >= MAX_AT_ONE_HOST || d->n_outside >= MAX_OUTSIDE;
    return busy ? d->now_ms + BUSY_MS : d->now_ms;
}

/* ---- When ---- */

/* The call is looked at once more when its time is over, whatever it waits for. */
static int64_t not_too_late(const struct dispatcher *d, const struct lane *lane, int64_t at_ms)
{
    const json_t *begun = json_object_get(lane->head->progress, "begun");
    int64_t from_ms = begun ? lane->head->created_ms + json_integer_value(begun) : d->now_ms;
    int64_t over_ms = (from_ms > d->loaded_ms ? from_ms : d->loaded_ms) + OUTSIDE_TRY_MS + 1;
    if (at_ms > over_ms)
        at_ms = over_ms;
    return at_ms > d->now_ms ? at_ms : d->now_ms + 1;
}

int64_t outside_retry_at(struct dispatcher *d, const struct lane *lane)
{
    json_t *progress = lane->head->progress;
    uint32_t n = (uint32_t)json_integer_value(json_object_get(progress, "failures")) + 1;
    json_object_set_new(progress, "failures", json_integer(n));
    return not_too_late(d, lane, d->now_ms + retry_backoff_ms(n, BASE_MS, CAP_MS, &d->seed));
}

/* ---- The way of one request ---- */

static enum cw_status wait_for(struct dispatcher *d, struct lane *lane, int64_t at_ms,
                               struct cw_error *err)
{
    lane->state = LANE_WAITING;
    lane->is_free = true;
    at_ms = not_too_late(d, lane, at_ms);
    lanes_push(&d->lanes, lane, at_ms);
    return turn_save(d, lane, STORE_CALL_READY, at_ms, "", err);
}

enum cw_status outside_begin(struct dispatcher *d, struct lane *lane,
                             const struct action_verdict *v, struct cw_error *err)
{
    struct host *host = find_or_add(d, v->host);
    int64_t at_ms = free_at(d, host);
    if (d->stopped || !host || at_ms > d->now_ms)
        return wait_for(d, lane, at_ms, err);
    struct parcel *p = xcalloc(1, sizeof *p);
    *p = (struct parcel){.method = v->method,
                         .path = xstrdup(v->path),
                         .body = xstrdup(v->body),
                         .host = xstrdup(v->host),
                         .made_ms = d->now_ms};
    lane->parcel = p;
    host->in_flight++;
    d->n_outside++;
    metric_add(METRIC_outside_requests, 1);
    return attempt_begin(d, lane, err);
}

/* Secrets are looked up now, and forgotten again. */
void outside_leave(struct dispatcher *d, struct lane *lane)
{
    struct outside q;
    struct action_turn t;
    struct cw_error err = {.text = "the configuration has no such user"};
    cw_arena_reset(d->arena);
    turn_of(d, lane, &t);
    if (!d->deps.outside || !t.person || !outside_remake(&t, &q, &err)) {
        const struct transport_answer none = {.outcome = TRANSPORT_NOT_SENT,
                                              .body = {"", 0},
                                              .error = err.text,
                                              .rate = {-1, -1, -1, -1, -1, -1}};
        turn_done(lane, &none);
        return;
    }
    struct transport_request request = {.method = q.method,
                                        .url = q.url,
                                        .body = q.body,
                                        .headers = (const char *const *)q.headers};
    d->deps.outside->ops->send(d->deps.outside, &request, turn_done, lane);
    outside_wipe(&q);
}

static bool is_trouble(const struct transport_answer *a)
{
    return a->outcome != TRANSPORT_ANSWER || a->status == 429 || a->status >= 500;
}

void outside_heed(struct dispatcher *d, const struct parcel *p)
{
    struct host *host = find(&d->hosts, p->host);
    const struct transport_answer *a = &p->answer;
    d->n_outside--;
    host->in_flight--;
    if (!is_trouble(a)) {
        host->failures = 0;
        host->until_ms = 0;
        return;
    }
    int64_t wait_ms = retry_backoff_ms(++host->failures, BASE_MS, CAP_MS, &d->seed);
    if (a->outcome == TRANSPORT_ANSWER && a->status == 429)
        wait_ms = retry_throttled_ms(&a->rate, &d->seed);
    if (d->now_ms + wait_ms > host->until_ms)
        host->until_ms = d->now_ms + wait_ms;
}
