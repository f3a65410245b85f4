#include "admin/priv.h"

#include "clock.h"
#include "hold.h"
#include "metrics.h"
#include "pending.h"
#include "story.h"
#include "when.h"
#include "why/why.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_AT_ONCE = 200, QUERY_BYTES = 1 << 20, WHY_NOT_MOST = 10, WHY_NOT_LOOKED = 2000 };
enum { BODY_BYTES = 32 << 10 }; /* of a login's code */

static void reply(struct listener_exchange *x, int status, const char *type, struct cw_text body)
{
    static const struct http_header headers[] = {
        {{"Cache-Control", 13}, {"no-store", 8}},
        {{"X-Content-Type-Options", 22}, {"nosniff", 7}},
    };
    struct http_answer answer = {
        .status = status, .type = type, .body = body, .headers = headers, .n_headers = 2};
    listener_reply(x, &answer);
}

/* JSON lines when it went well, else a text for people. */
static void reply_lines(struct listener_exchange *x, int status, struct cw_text body)
{
    reply(x, status, status < 300 ? "application/x-ndjson" : "text/plain; charset=utf-8", body);
}

void admin_text(struct listener_exchange *x, int status, const char *text)
{
    reply(x, status, "text/plain; charset=utf-8", cw_text_of(text));
}

struct admin *admin_create(const struct admin_deps *deps)
{
    struct admin *a = xcalloc(1, sizeof *a);
    a->deps = *deps;
    door_init(&a->door, deps->config->admin_listen);
    return a;
}

void admin_destroy(struct admin *a)
{
    if (a)
        admin_reloaded(a, 503, CW_TEXT("the daemon ends\n"));
    free(a);
}

void admin_reload(struct admin *a, const struct config *config)
{
    a->deps.config = config;
}

void admin_reloaded(struct admin *a, int status, struct cw_text text)
{
    for (size_t i = 0; i < a->n_reloads; i++)
        reply_lines(a->reloads[i], status, text);
    a->n_reloads = 0;
}

void admin_watch(struct admin *a, const struct listener *listener)
{
    a->watched = listener;
}

/* ---- The pages ---- */

static void on_healthz(struct admin *a, struct listener_exchange *x, const struct http_request *r)
{
    (void)a;
    (void)r;
    admin_text(x, 200, "ok\n"); /* the loop turns, or nobody would answer */
}

/* "ok", or "ok, but this, and that". */
static char *join_troubles(const char *const *all, size_t n)
{
    char *text = xstrdup("ok");
    for (size_t i = 0, told = 0; i < n; i++) {
        if (!all[i])
            continue;
        char *longer = xprintf("%s%s%s", text, told++ ? ", and " : ", but ", all[i]);
        free(text);
        text = longer;
    }
    char *line = xprintf("%s\n", text);
    free(text);
    return line;
}

static void on_readyz(struct admin *a, struct listener_exchange *x, const struct http_request *r)
{
    (void)r;
    const char *calls = dispatcher_trouble(a->deps.dispatcher);
    const char *logins = tokens_trouble(a->deps.tokens);
    const char *bad = engine_trouble(a->deps.engine);
    if (bad) {
        auto_free char *why = xprintf("%s\n", bad);
        admin_text(x, 503, why);
        return;
    }
    auto_free char *held = admin_held(a);
    const char *all[] = {calls, held, logins, roster_trouble(a->deps.roster)};
    auto_free char *text = join_troubles(all, sizeof all / sizeof *all);
    admin_text(x, 200, text);
}

static void read_gauges(struct admin *a)
{
    struct store_counts counts = {0};
    struct cw_error err;
    if (store_counts(a->deps.store, &counts, &err) == CW_OK) {
        metric_set(METRIC_runs_waiting, counts.runs_waiting);
        metric_set(METRIC_calls_open, counts.calls_open);
        metric_set(METRIC_dead_letters, counts.calls_dead);
    }
    struct hold_count held;
    if (hold_counts(a->deps.store, clock_now_ms(), &held, &err) == CW_OK) {
        metric_set(METRIC_holds_all, held.all);
        metric_set(METRIC_holds_people, (int64_t)held.people);
    }
    metric_set(METRIC_calls_in_flight, (int64_t)dispatcher_in_flight(a->deps.dispatcher));
    metric_set(METRIC_log_left_out, (int64_t)log_left_out());
    metric_set(METRIC_uptime_s, (clock_steady_ms() - a->deps.started_ms) / 1000);
    if (a->watched) {
        const struct listener_counters *c = listener_counters(a->watched);
        metric_set(METRIC_http_accepted, (int64_t)c->accepted);
        metric_set(METRIC_http_refused, (int64_t)c->refused);
    }
}

static void on_metrics(struct admin *a, struct listener_exchange *x, const struct http_request *r)
{
    (void)r;
    read_gauges(a);
    auto_free char *text = metrics_render();
    reply(x, 200, "text/plain; version=0.0.4; charset=utf-8", cw_text_of(text));
}

static void reply_story(struct listener_exchange *x, enum cw_status st, char *text, size_t len,
                        const struct cw_error *err)
{
    auto_free char *mine = text;
    if (st)
        admin_text(x, 500, err->text);
    else
        reply(x, 200, "application/x-ndjson", (struct cw_text){mine, len});
}

char *admin_field(const struct form *form, const char *name)
{
    const struct form_field *field = form_find(form, cw_text_of(name), 0);
    return field && field->value.len ? xtext(field->value) : NULL;
}

int admin_status(enum cw_status st)
{
    return st == CW_OK       ? 200
           : st == CW_ENOENT ? 404
           : st == CW_EBUSY  ? 409
           : st == CW_EINVAL ? 400
                             : 500;
}

void admin_found(struct listener_exchange *x, enum cw_status st, char *text, size_t len,
                 const struct cw_error *err)
{
    if (!st) {
        reply_story(x, st, text, len, err);
        return;
    }
    auto_free char *line = xprintf("%s\n", err->text);
    admin_text(x, admin_status(st), line);
}

int64_t admin_number(const struct form *form, const char *name)
{
    auto_free char *text = admin_field(form, name);
    return text ? strtoll(text, NULL, 10) : 0;
}

static enum cw_status read_story(struct admin *a, const struct form *form, struct story_ask *ask,
                                 struct cw_error *err)
{
    auto_free char *user = admin_field(form, "user"), *since = admin_field(form, "since");
    size_t limit = (size_t)admin_number(form, "limit");
    ask->rules = a->deps.config->rules;
    ask->person = user ? cw_ruleset_find(ask->rules, cw_text_of(user)) : NULL;
    ask->after = admin_number(form, "after");
    ask->last = (size_t)admin_number(form, "last");
    ask->limit = limit < 1 || limit > EVENTS_AT_ONCE ? EVENTS_AT_ONCE : limit;
    ask->since_ms = INT64_MIN;
    if (user && !ask->person)
        return cw_fail(err, CW_ENOENT, "there is no user `%.100s`", user);
    return since ? when_parse(since, ask->person, clock_now_ms(), &ask->since_ms, err) : CW_OK;
}

static void answer_events(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_error err;
    char *text = NULL;
    size_t len = 0;
    auto_free char *source = admin_field(form, "source"), *rule = admin_field(form, "rule");
    struct story_ask ask = {.source = source, .rule = rule};
    enum cw_status st = read_story(a, form, &ask, &err);
    if (!st)
        st = story_events(a->deps.store, &ask, &text, &len, &err);
    admin_found(x, st, text, len, &err);
}

static void answer_why(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_error err = {0};
    char *text = NULL;
    size_t len = 0;
    auto_free char *rule = admin_field(form, "rule"), *user = admin_field(form, "user");
    auto_free char *at = admin_field(form, "at"), *id = admin_field(form, "id");
    struct why_ask ask = {admin_number(form, "event"), admin_number(form, "run"), rule, user,
                          clock_now_ms()};
    struct why_not_ask search = {
        rule, user, at, admin_number(form, "before"), ask.now_ms, WHY_NOT_MOST, WHY_NOT_LOOKED};
    enum cw_status st;
    if (id)
        st =
            why_event_of(a->deps.store, a->deps.config, &ask, id, search.before, &text, &len, &err);
    else if (ask.event > 0 || ask.run > 0)
        st = why_event(a->deps.store, a->deps.config, &ask, &text, &len, &err);
    else if (user)
        st = why_not(a->deps.store, a->deps.config, &search, &text, &len, &err);
    else
        st = cw_fail(&err, CW_EINVAL, "ask for ?event=N, ?id=ID, ?run=N, or ?user=NAME");
    admin_found(x, st, text, len, &err);
}

static void answer_pending(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_error err = {0};
    char *text = NULL;
    size_t len = 0;
    auto_free char *rule = admin_field(form, "rule"), *user = admin_field(form, "user");
    struct pending_ask ask = {a->deps.store, a->deps.config, clock_now_ms(), rule, user};
    enum cw_status st = pending_list(&ask, &text, &len, &err);
    admin_found(x, st, text, len, &err);
}

static enum cw_status cancel(struct admin *a, const char *id, struct cw_arena *arena,
                             struct cw_error *err)
{
    struct store_mark mark;
    if (*id != 'm')
        return engine_cancel_run(a->deps.engine, strtoll(id, NULL, 10), clock_now_ms(), err);
    enum cw_status st = pending_mark(a->deps.store, id, arena, &mark, err);
    return st ? st : engine_drop_mark(a->deps.engine, &mark, err);
}

static void answer_cancel(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    struct cw_arena *arena = xarena(QUERY_BYTES);
    struct cw_error err = {0};
    auto_free char *id = admin_field(form, "id");
    enum cw_status st =
        id ? cancel(a, id, arena, &err) : cw_fail(&err, CW_EINVAL, "ask for ?id=ID");
    auto_free char *line = xprintf("%s\n", st ? err.text : "cancelled");
    admin_text(x, admin_status(st), line);
    cw_arena_destroy(arena);
}

static void on_reload(struct admin *a, struct listener_exchange *x, const struct http_request *r)
{
    (void)r;
    if (a->n_reloads == RELOADS) {
        admin_text(x, 503, "too many ask for a reload at once\n");
        return;
    }
    a->reloads[a->n_reloads++] = x;
    a->deps.reload(a->deps.ctx);
}

/* Another file is read over a unix socket only: who has a token need not have the files. */
static void answer_plan(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    char *text = NULL;
    size_t len = 0;
    auto_free char *file = admin_field(form, "file");
    if (file && !a->door.is_local) {
        admin_text(x, 400, "another file is planned over a unix socket only\n");
        return;
    }
    int status = a->deps.plan(a->deps.ctx, file, &text, &len);
    reply_lines(x, status, (struct cw_text){text, len});
    free(text);
}

/* Reads the query for those that take one. */
static void with_query(struct admin *a, struct listener_exchange *x, const struct http_request *r,
                       admin_answer_fn answer)
{
    struct cw_arena *arena = xarena(QUERY_BYTES);
    struct form form = {0};
    if (form_read(r->query, arena, &form, NULL))
        admin_text(x, 400, "the query cannot be read\n");
    else
        answer(a, x, &form);
    cw_arena_destroy(arena);
}

static const struct page {
    const char *path, *method;
    void (*run)(struct admin *, struct listener_exchange *, const struct http_request *);
    admin_answer_fn answer; /* in place of run */
} pages[] = {
    {"/healthz", "GET", on_healthz, NULL},
    {"/readyz", "GET", on_readyz, NULL},
    {"/metrics", "GET", on_metrics, NULL},
    {"/events", "GET", NULL, answer_events},
    {"/pending", "GET", NULL, answer_pending},
    {"/cancel", "POST", NULL, answer_cancel},
    {"/why", "GET", NULL, answer_why},
    {"/plan", "GET", NULL, answer_plan},
    {"/reload", "POST", on_reload, NULL},
    {"/hold", "POST", NULL, admin_hold},
    {"/release", "POST", NULL, admin_release},
    {"/holds", "GET", NULL, admin_holds},
    {"/people", "GET", NULL, admin_people},
    {"/people/unknown", "GET", NULL, admin_strangers},
    {"/dead", "GET", NULL, admin_dead},
    {"/dead/retry", "POST", NULL, admin_dead_retry},
    {"/dead/drop", "POST", NULL, admin_dead_drop},
    {"/login", "GET", NULL, admin_login},
    {"/login/code", "POST", admin_login_code, NULL},
};
enum { PAGES = sizeof pages / sizeof *pages };

static const struct page *find_page(struct cw_text path)
{
    for (size_t i = 0; i < PAGES; i++)
        if (cw_text_is(path, pages[i].path))
            return &pages[i];
    return NULL;
}

/* ---- Who may ask ---- */

static void refuse(struct listener_exchange *x, int status)
{
    struct http_answer answer = {
        .status = status,
        .type = "text/plain; charset=utf-8",
        .body = status == 429   ? CW_TEXT("too many wrong tokens; wait a minute\n")
                : status == 421 ? CW_TEXT("this listener has not the name that you call\n")
                                : CW_TEXT("a bearer token is needed\n"),
        .retry_after_s = status == 429 ? DOOR_FORGETS_MS / 1000 : 0,
    };
    listener_reply(x, &answer);
}

static void on_request(void *ctx, struct listener_exchange *x, const struct http_request *r)
{
    struct admin *a = ctx;
    const struct page *page = find_page(r->path);
    int status = door_check(&a->door, r, a->deps.config->admin_token, clock_steady_ms());
    if (status)
        refuse(x, status);
    else if (page && page->answer)
        with_query(a, x, r, page->answer);
    else if (page)
        page->run(a, x, r);
    else
        admin_text(x, 404, "not here\n");
}

static void on_route(void *ctx, struct cw_text method, struct cw_text path,
                     struct listener_route *out)
{
    (void)ctx;
    const struct page *page = find_page(path);
    if (!page)
        out->status = 404;
    else if (!cw_text_is(method, page->method))
        *out = (struct listener_route){.status = 405, .allow = page->method};
    else
        out->body_limit_bytes = BODY_BYTES;
}

struct listener_ops admin_ops(struct admin *a)
{
    return (struct listener_ops){on_route, on_request, a};
}
