#include "life.h"

#include "disk.h"
#include "engine/engine.h"
#include "log.h"
#include "rules_of.h"
#include "xalloc.h"
#include "zones.h"

#include "action/action.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSON(n) "aaaaaaaa-0000-4000-8000-00000000000" n
#define KIND      "dddddddd-0000-4000-8000-000000000001"

enum { SECOND = 1000, TIDY_STEPS = 5, TURNS_MOST = 100, LARGE = 20000 };

static const char rules_text[] =
    "version: 1\n"
    "timezone: UTC\n"
    "users:\n"
    "  p0: { awork: " PERSON("1") " }\n  p1: { awork: " PERSON(
        "2") " }\n"
             "  p2: { awork: " PERSON("3") " }\n  p3: { awork: " PERSON(
                 "4") " }\n"
                      "rules:\n"
                      "  - id: now\n"
                      "    when: calendar.now\n"
                      "    user: ${event.user}\n"
                      "    then: { start: { task: \"T-${event.n}\" } }\n"
                      "  - id: later\n"
                      "    when: calendar.later\n"
                      "    user: ${event.user}\n"
                      "    key: ${event.n}\n"
                      "    wait: 3 seconds\n"
                      "    then: { start: { task: \"T-${event.n}\" } }\n";

static const struct person persons[LIFE_SENDERS] = {
    {.name = "p0", .awork = PERSON("1"), .timezone = "UTC", .type_of_work = KIND},
    {.name = "p1", .awork = PERSON("2"), .timezone = "UTC", .type_of_work = KIND},
    {.name = "p2", .awork = PERSON("3"), .timezone = "UTC", .type_of_work = KIND},
    {.name = "p3", .awork = PERSON("4"), .timezone = "UTC", .type_of_work = KIND}};
static const struct people people = {.items = persons,
                                     .n = LIFE_SENDERS,
                                     .target = {.url = "http://localhost",
                                                .token = "key",
                                                .windows = {{50, 1000}},
                                                .n_windows = 1,
                                                .retry_base_ms = 1000,
                                                .retry_cap_ms = 4000,
                                                .give_up_ms = 86400000,
                                                .doubt_wait_ms = 1000,
                                                .timeout_ms = 30000}};

static void must(enum cw_status status, const struct cw_error *err)
{
    if (status == CW_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

/* The task of the nth event of a sender, counted from 1. */
static int task_of(int sender, int n)
{
    return (sender + 1) * 100000 + n;
}

/* ---- The wire ---- */

struct wire {
    struct transport base;
    struct life *life;
};

static void wire_send(struct transport *t, const struct transport_request *request,
                      transport_done_fn done, void *ctx)
{
    struct life *life = ((struct wire *)t)->life;
    struct transport *fake = fake_transport(life->fake);
    if (life->n_sent == LIFE_REQUESTS)
        abort();
    life->sent_at[life->n_sent++] = disk_done();
    fake->ops->send(fake, request, done, ctx);
}

static void wire_abandon(struct transport *t)
{
    struct transport *fake = fake_transport(((struct wire *)t)->life->fake);
    fake->ops->abandon(fake);
}

static void wire_destroy(struct transport *t)
{
    (void)t;
}

/* ---- Making and ending ---- */

struct life *life_create(const char *folder, int each)
{
    static const struct transport_ops ops = {wire_send, wire_abandon, wire_destroy};
    struct life *life = xcalloc(1, sizeof *life);
    struct wire *wire = xcalloc(1, sizeof *wire);
    log_setup(LOG_ERROR, LOG_JSON, open("/dev/null", O_WRONLY | O_CLOEXEC));
    *wire = (struct wire){{&ops}, life};
    life->wire = &wire->base;
    snprintf(life->where, sizeof life->where, "sqlite:%s/j.db", folder);
    life->now_ms = 1772442000000; /* 2026-03-02T09:00:00Z */
    if (each > LIFE_EACH)
        abort();
    life->each = each;
    life->fake = fake_create(&life->now_ms);
    life->rules = rules_of(rules_text);
    life->matcher = cw_matcher_create();
    return life;
}

void life_destroy(struct life *life)
{
    life_stop(life);
    fake_destroy(life->fake);
    cw_matcher_destroy(life->matcher);
    cw_ruleset_unref(life->rules);
    free(life->wire);
    free(life);
}

enum cw_status life_start(struct life *life)
{
    struct cw_error err;
    struct store_opts opts = {0};
    enum cw_status status = store_open(life->where, &opts, &life->store, &err);
    if (status != CW_OK)
        return status;
    struct dispatcher_deps lanes = {
        .store = life->store, .transport = life->wire, .people = &people, .seed = 7};
    life->dispatcher = dispatcher_create(&lanes);
    struct engine_deps core = {.store = life->store, .dispatcher = life->dispatcher, .queue = 100};
    life->engine = engine_create(&core, life->rules);
    life->steps = 0;
    life->retention = (struct retention){0};
    status = dispatcher_load(life->dispatcher, life->now_ms, &err);
    if (status != CW_OK)
        life_stop(life);
    return status;
}

void life_stop(struct life *life)
{
    if (!life->store)
        return;
    engine_destroy(life->engine);
    life->wire->ops->abandon(life->wire);
    dispatcher_destroy(life->dispatcher);
    store_close(life->store);
    life->store = NULL;
}

bool life_is_up(const struct life *life)
{
    return life->store != NULL;
}

/* ---- The senders ---- */

struct errand {
    struct life *life;
    int sender;
};

static void mark(struct life *life)
{
    if (life->n_marks == LIFE_MARKS)
        abort();
    life->marks[life->n_marks].at = disk_done();
    life->marks[life->n_marks++].known = life->known;
}

static void on_done(struct accepted *a)
{
    struct errand *errand = a->ctx;
    struct life *life = errand->life;
    life->waits[errand->sender] = false;
    if (a->result == ACCEPTED_FAILED) {
        life->failures++;
    } else {
        life->known.acked[errand->sender]++;
        mark(life);
    }
    cw_ruleset_unref(a->rules);
    cw_arena_destroy(a->arena);
}

static void key_of(int sender, int n, struct store_key *key)
{
    memset(key, 0, sizeof *key);
    snprintf((char *)key->bytes, sizeof key->bytes, "%d", task_of(sender, n));
}

/* Every third one needs more than a page. */
static struct cw_text payload_of(struct cw_arena *arena, int n, struct cw_text body)
{
    if (n % 3 != 0)
        return body;
    char *large = xtake(arena, LARGE);
    memset(large, 'x', LARGE);
    return (struct cw_text){large, LARGE};
}

static struct accepted *make(struct life *life, int sender)
{
    char text[100];
    struct cw_arena *arena = cw_arena_create(16 << 20);
    struct cw_json *json = cw_json_create();
    struct accepted *a = xtake(arena, sizeof *a);
    struct accepted_event *ev = xtake(arena, sizeof *ev);
    struct errand *errand = xtake(arena, sizeof *errand);
    struct cw_error err;
    int n = life->known.acked[sender] + 1;
    snprintf(text, sizeof text, "{\"user\":\"p%d\",\"n\":%d}", sender, task_of(sender, n));
    struct cw_text body = cw_text_of(cw_arena_copy(arena, cw_text_of(text)));
    must(cw_json_read(json, body, &err), &err);
    struct cw_event event = {.id = CW_TEXT("e"),
                             .source = CW_TEXT("calendar"),
                             .type = cw_text_of(sender < LIFE_SENDERS / 2 ? "now" : "later"),
                             .received_ms = life->now_ms,
                             .body = cw_json_root(json)};
    ev->row = (struct store_event){.received_ms = life->now_ms,
                                   .source = event.source,
                                   .type = event.type,
                                   .id = event.id,
                                   .payload = payload_of(arena, n, body)};
    key_of(sender, n, &ev->keys[0]);
    ev->n_keys = 1;
    *errand = (struct errand){life, sender};
    *a = (struct accepted){.arena = arena,
                           .rules = cw_ruleset_ref(life->rules),
                           .events = ev,
                           .n_events = 1,
                           .done = on_done,
                           .ctx = errand};
    must(cw_match(life->matcher, life->rules, &event, life->now_ms, NULL, arena, &ev->matches),
         &err);
    cw_json_destroy(json);
    return a;
}

static void send_all(struct life *life)
{
    struct cw_error err;
    for (int i = 0; i < LIFE_SENDERS; i++) {
        if (life->waits[i] || life->known.acked[i] == life->each)
            continue;
        life->waits[i] = true;
        life->sent_ms[i][life->known.acked[i]] = life->now_ms;
        must(engine_submit(life->engine, make(life, i), &err), &err);
    }
}

/* ---- Time ---- */

/* Everything that is due now, and what comes of it. */
static enum cw_status settle(struct life *life)
{
    struct cw_error err;
    for (int i = 0; i < TURNS_MOST; i++) {
        enum cw_status status = engine_turn(life->engine, life->now_ms, &err);
        if (status != CW_OK)
            return status;
        if (!fake_deliver(life->fake) && engine_next_ms(life->engine) > life->now_ms &&
            !dispatcher_ready(life->dispatcher, life->now_ms))
            return CW_OK;
    }
    return CW_OK; /* it is tried again a second later */
}

/* A step of the walk over what is old. */
static enum cw_status trim(struct life *life)
{
    struct cw_error err;
    bool more = false;
    if (!life->keep_ms)
        return CW_OK;
    for (int i = 0; i < LIFE_SENDERS; i++)
        for (int *n = &life->known.gone[i];
             *n < life->known.acked[i] && life->sent_ms[i][*n] <= life->now_ms - life->keep_ms;
             ++*n)
            more = true;
    if (more)
        mark(life);
    life->retention.done_ms = life->retention.dead_ms = life->keep_ms;
    return retention_turn(&life->retention, life->store, life->now_ms, life->now_ms, false, &err);
}

enum cw_status life_step(struct life *life)
{
    struct cw_error err;
    send_all(life);
    enum cw_status status = settle(life);
    if (status == CW_OK)
        status = trim(life);
    if (status == CW_OK)
        status =
            store_tidy(life->store, ++life->steps % TIDY_STEPS ? STORE_BUSY : STORE_IDLE, &err);
    life->now_ms += SECOND;
    return status;
}

bool life_is_done(const struct life *life)
{
    for (int i = 0; i < LIFE_SENDERS; i++)
        if (life->known.acked[i] < life->each)
            return false;
    return engine_next_ms(life->engine) == INT64_MAX && !fake_waiting(life->fake);
}

enum cw_status life_run(struct life *life, int most)
{
    enum cw_status status = CW_OK;
    for (int i = 0; i < most && status == CW_OK && !life_is_done(life); i++)
        status = life_step(life);
    return status;
}

/* ---- Judging ---- */

__attribute__((format(printf, 1, 2))) static const char *say(const char *format, ...)
{
    static char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return text;
}

static const char *judge_sender(struct life *life, int sender)
{
    const struct fake_person *p = fake_person(life->fake, persons[sender].awork);
    for (int n = 1; n <= life->each; n++) {
        char task[40];
        snprintf(task, sizeof task, "bbbbbbbb-0000-4000-8000-%012d", task_of(sender, n));
        if ((size_t)n > p->n || strcmp(p->entries[n - 1].task, task) != 0)
            return say("sender %d: the %dth that was done is %s, not %s", sender, n,
                       (size_t)n > p->n ? "none" : p->entries[n - 1].task, task);
    }
    return p->n > (size_t)life->each ? say("sender %d: %zu were done", sender, p->n) : NULL;
}

const char *life_judge(struct life *life)
{
    const char *why = life_is_done(life) ? NULL : "it does not come to an end";
    for (int i = 0; !why && i < LIFE_SENDERS; i++)
        why = judge_sender(life, i);
    if (!why && (fake_doubles(life->fake) || fake_overlaps(life->fake)))
        why = "a start of what ran, or two requests of a person at once";
    life_stop(life);
    return why ? why : life_look(life->where, &life->known, life->keep_ms ? 0 : life->n_sent);
}

static const char *look_at_run(struct store *store, int64_t seq, struct cw_arena *arena,
                               int *attempts)
{
    struct store_run *runs = NULL;
    struct store_call *calls = NULL;
    struct store_attempt *list = NULL;
    size_t n_runs = 0, n = 0, more = 0;
    struct cw_error err;
    must(store_runs_of(store, seq, arena, &runs, &n_runs, &err), &err);
    must(store_calls_of(store, seq, arena, &calls, &n, &err), &err);
    if (n_runs != 1 || n != (runs[0].state != STORE_RUN_WAITING))
        return say("event %d has %zu runs and %zu calls: %s %s", (int)seq, n_runs, n,
                   n_runs ? store_run_word(runs[0].state) : "", n_runs ? runs[0].reason.at : "");
    for (size_t i = 0; i < n; i++, *attempts += (int)more)
        must(store_attempts_of(store, calls[i].id, arena, &list, &more, &err), &err);
    return NULL;
}

/* The one after those that were acknowledged may be there too: its answer was lost. */
static const char *look_at_sender(struct store *store, int sender, const struct life_known *known,
                                  int *attempts)
{
    struct cw_arena *arena = cw_arena_create(64 << 20);
    const char *why = NULL;
    int acked = known->acked[sender], gone = known->gone[sender];
    for (int n = 1; !why && n <= acked + 1; n++) {
        struct store_event event = {.received_ms = 1};
        struct store_key key;
        struct cw_error err;
        int64_t seq = 0;
        cw_arena_reset(arena);
        key_of(sender, n, &key);
        enum cw_status status = store_event_add(store, &event, &key, 1, &seq, &err);
        if (status == CW_EEXIST)
            why = look_at_run(store, seq, arena, attempts);
        else if (n <= acked && n > gone)
            why = say("sender %d: event %d was acknowledged and is lost", sender, n);
    }
    cw_arena_destroy(arena);
    return why;
}

static const char *look_inside(struct store *store, const struct life_known *known, int requests)
{
    struct cw_error err;
    const char *why = NULL;
    int attempts = 0;
    must(store_begin(store, &err), &err);
    for (int i = 0; !why && i < LIFE_SENDERS; i++)
        why = look_at_sender(store, i, known, &attempts);
    store_rollback(store);
    if (!why && attempts < requests)
        why = say("%d requests have left, and there are %d attempts", requests, attempts);
    return why;
}

static bool is_sound(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    bool good = sqlite3_open(path, &db) == SQLITE_OK &&
                sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW &&
                strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return good;
}

const char *life_look(const char *where, const struct life_known *known, int requests)
{
    struct store *store = NULL;
    struct store_opts opts = {0};
    struct cw_error err = {0};
    if (store_open(where, &opts, &store, &err) != CW_OK)
        return say("%s", err.text);
    const char *why = look_inside(store, known, requests);
    store_close(store);
    if (!why && !is_sound(where + strlen("sqlite:")))
        why = "integrity_check finds a fault";
    return why;
}
