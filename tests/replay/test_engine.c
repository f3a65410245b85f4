/* The core on virtual time: memory store, the real engine and dispatcher, a transport that only
 * remembers what was sent. */
#include "engine/engine.h"
#include "zones.h"

#include "action/action.h"
#include "check.h"
#include "rules_of.h"
#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char rules_text[] =
    "version: 1\n"
    "timezone: Europe/Berlin\n"
    "users:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [ada@example.org] }\n"
    "  grace: { awork: 6a2c1d3e-0000-4000-8000-000000000002, aliases: [grace@example.org] }\n"
    "rules:\n"
    "  - id: stop-after-meeting\n"
    "    when: calendar.meeting_ended\n"
    "    user: ${event.people}\n"
    "    if: { timer: running }\n"
    "    wait: 5 minutes\n"
    "    unless: calendar.meeting_started\n"
    "    then: stop\n"
    "  - id: note\n"
    "    when: calendar.note\n"
    "    user: ${event.people}\n"
    "    then: { log: \"${event.text}\" }\n";

enum { T0 = 1000000 };
static const int64_t minute = 60000;

/* ---- A transport that remembers ---- */

struct fake {
    struct transport base;
    unsigned sent;
    char last[256];
};

static void fake_send(struct transport *t, const struct transport_request *request,
                      transport_done_fn done, void *ctx)
{
    struct fake *f = (struct fake *)t;
    (void)done; /* nobody ever answers: the calls stay in flight */
    (void)ctx;
    f->sent++;
    snprintf(f->last, sizeof f->last, "%s %s", request->method, request->path);
}

static void fake_nothing(struct transport *t)
{
    (void)t;
}

static const struct transport_ops fake_ops = {fake_send, fake_nothing, fake_nothing};

/* ---- The world ---- */

static struct world {
    struct store *store;
    struct fake transport;
    struct person persons[2];
    struct people people;
    struct dispatcher *dispatcher;
    struct engine *engine;
    struct cw_ruleset *rules;
    struct cw_matcher *matcher;
    int stored, duplicates, failures;
} w;

static void on_wake(void *ctx)
{
    (void)ctx;
}

static void start(size_t queue)
{
    struct cw_error err;
    w.transport = (struct fake){.base = {&fake_ops}};
    struct dispatcher_deps lanes = {.store = w.store,
                                    .transport = &w.transport.base,
                                    .people = &w.people,
                                    .seed = 1,
                                    .wake = on_wake};
    w.dispatcher = dispatcher_create(&lanes);
    struct engine_deps core = {.store = w.store, .dispatcher = w.dispatcher, .queue = queue};
    w.engine = engine_create(&core, w.rules);
    CHECK_INT(dispatcher_load(w.dispatcher, T0, &err), CW_OK);
}

static void end(void)
{
    engine_destroy(w.engine);
    dispatcher_destroy(w.dispatcher);
}

static void open_world(const char *where, uint64_t max_bytes)
{
    struct cw_error err;
    struct store_opts opts = {.max_bytes = max_bytes};
    memset(&w, 0, sizeof w);
    w.persons[0] = (struct person){.name = "ada",
                                   .awork = "6a2c1d3e-0000-4000-8000-000000000001",
                                   .timezone = "UTC",
                                   .type_of_work = "7b000000-0000-4000-8000-000000000001"};
    w.persons[1] = (struct person){
        .name = "grace", .awork = "6a2c1d3e-0000-4000-8000-000000000002", .timezone = "UTC"};
    w.people = (struct people){.items = w.persons,
                               .n = 2,
                               .target = {.token = "key",
                                          .url = "http://127.0.0.1:1",
                                          .windows = {{1000, 1000}},
                                          .n_windows = 1,
                                          .retry_base_ms = 1000,
                                          .retry_cap_ms = 60000,
                                          .give_up_ms = 86400000,
                                          .doubt_wait_ms = 1000}};
    w.rules = rules_of(rules_text);
    w.matcher = cw_matcher_create();
    CHECK_INT(store_open(where, &opts, &w.store, &err), CW_OK);
    start(1000);
}

static void close_world(void)
{
    end();
    store_close(w.store);
    cw_matcher_destroy(w.matcher);
    cw_ruleset_unref(w.rules);
}

/* ---- Deliveries ---- */

static void on_done(struct accepted *a)
{
    CHECK(!store_in_turn(w.store)); /* never before the commit */
    w.stored += a->result == ACCEPTED_STORED;
    w.duplicates += a->result == ACCEPTED_DUPLICATE;
    w.failures += a->result == ACCEPTED_FAILED;
    cw_ruleset_unref(a->rules);
    cw_arena_destroy(a->arena);
}

static enum cw_status deliver(const char *type, const char *id, const char *body)
{
    struct cw_arena *arena = cw_arena_create(64 << 20);
    struct cw_json *json = cw_json_create();
    struct cw_error err;
    struct accepted *a = xtake(arena, sizeof *a);
    struct accepted_event *ev = xtake(arena, sizeof *ev);
    CHECK_INT(cw_json_read(json, cw_text_of(body), &err), CW_OK);
    struct cw_event event = {.id = cw_text_of(id),
                             .source = CW_TEXT("calendar"),
                             .type = cw_text_of(type),
                             .received_ms = T0,
                             .body = cw_json_root(json)};
    ev->row = (struct store_event){.received_ms = T0,
                                   .source = event.source,
                                   .type = event.type,
                                   .id = event.id,
                                   .payload = cw_text_of(body)};
    ev->n_keys = 1;
    snprintf((char *)ev->keys[0].bytes, sizeof ev->keys[0].bytes, "%s", id);
    *a = (struct accepted){.arena = arena,
                           .rules = cw_ruleset_ref(w.rules),
                           .events = ev,
                           .n_events = 1,
                           .done = on_done};
    CHECK_INT(cw_match(w.matcher, w.rules, &event, T0, NULL, arena, &ev->matches), CW_OK);
    cw_json_destroy(json);
    enum cw_status st = engine_submit(w.engine, a, &err);
    if (st) {
        cw_ruleset_unref(a->rules);
        cw_arena_destroy(arena);
    }
    return st;
}

static enum cw_status turn(int64_t now_ms)
{
    struct cw_error err = {0};
    enum cw_status st = engine_turn(w.engine, now_ms, &err);
    if (st)
        fprintf(stderr, "turn: %s\n", err.text);
    return st;
}

/* The state of the i-th run of an event, or -1. */
static int run_state(int64_t event, size_t i)
{
    struct cw_arena *arena = cw_arena_create(64 << 20);
    struct store_run *runs = NULL;
    struct cw_error err;
    size_t n = 0;
    CHECK_INT(store_runs_of(w.store, event, arena, &runs, &n, &err), CW_OK);
    int state = i < n ? (int)runs[i].state : -1;
    cw_arena_destroy(arena);
    return state;
}

#define ENDED_ADA "{\"people\":[\"ada@example.org\"]}"

TEST(answered_after_the_commit_and_once_per_key)
{
    open_world("memory:", 0);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK); /* in the same turn */
    CHECK_INT(w.stored, 0);
    CHECK_INT(engine_queue(w.engine), 2);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(w.stored, 1);
    CHECK_INT(w.duplicates, 1);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK); /* and later */
    CHECK_INT(turn(T0 + 1), CW_OK);
    CHECK_INT(w.duplicates, 2);
    CHECK_INT(run_state(1, 0), STORE_RUN_WAITING);
    CHECK_INT(run_state(2, 0), -1);
    close_world();
}

TEST(a_wait_ends_at_its_time)
{
    open_world("memory:", 0);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(engine_next_ms(w.engine), T0 + 5 * minute);
    CHECK_INT(turn(T0 + 5 * minute - 1), CW_OK);
    CHECK_INT(run_state(1, 0), STORE_RUN_WAITING);
    CHECK_INT(w.transport.sent, 0);
    CHECK_INT(turn(T0 + 5 * minute), CW_OK);
    CHECK_INT(run_state(1, 0), STORE_RUN_ACTING);
    turn(T0 + 5 * minute + 1);
    CHECK_INT(w.transport.sent, 1); /* the look before acting */
    CHECK_STR(w.transport.last, "GET /users/6a2c1d3e-0000-4000-8000-000000000001/timeentries/last");
    close_world();
}

TEST(unless_cancels_for_that_person_only)
{
    open_world("memory:", 0);
    CHECK_INT(
        deliver("meeting_ended", "a", "{\"people\":[\"ada@example.org\",\"grace@example.org\"]}"),
        CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(deliver("meeting_started", "b", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0 + minute), CW_OK);
    CHECK_INT(run_state(1, 0), STORE_RUN_CANCELLED);
    CHECK_INT(run_state(1, 1), STORE_RUN_WAITING);
    CHECK_INT(turn(T0 + 6 * minute), CW_OK);
    CHECK_INT(run_state(1, 0), STORE_RUN_CANCELLED);
    CHECK_INT(run_state(1, 1), STORE_RUN_ACTING);
    close_world();
}

TEST(a_newer_match_replaces_the_waiting_run)
{
    open_world("memory:", 0);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(deliver("meeting_ended", "b", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0 + minute), CW_OK);
    CHECK_INT(run_state(1, 0), STORE_RUN_REPLACED);
    CHECK_INT(turn(T0 + 5 * minute), CW_OK);
    CHECK_INT(run_state(2, 0), STORE_RUN_WAITING);
    CHECK_INT(turn(T0 + 6 * minute), CW_OK);
    CHECK_INT(run_state(2, 0), STORE_RUN_ACTING);
    close_world();
}

TEST(a_wait_survives_a_restart)
{
    open_world("memory:", 0);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    end();
    start(1000);
    CHECK_INT(engine_next_ms(w.engine), T0 + 5 * minute);
    CHECK_INT(turn(T0 + 7 * minute), CW_OK);
    turn(T0 + 7 * minute + 1);
    CHECK_INT(w.transport.sent, 1);
    end(); /* the request is in flight: after the restart it is in doubt, and looks again */
    start(1000);
    CHECK_INT(turn(T0 + 8 * minute), CW_OK);
    turn(T0 + 9 * minute);
    CHECK_INT(run_state(1, 0), STORE_RUN_ACTING);
    CHECK_INT(w.transport.sent, 1);
    CHECK(strncmp(w.transport.last, "GET ", 4) == 0);
    close_world();
}

TEST(a_run_whose_rule_is_gone_is_lost)
{
    open_world("memory:", 0);
    CHECK_INT(deliver("meeting_ended", "a", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    struct cw_ruleset *empty = rules_of("version: 1\nrules: []\n");
    engine_reload(w.engine, empty);
    cw_ruleset_unref(empty);
    CHECK_INT(turn(T0 + 5 * minute), CW_OK);
    CHECK_INT(run_state(1, 0), STORE_RUN_LOST);
    CHECK_INT(w.transport.sent, 0);
    close_world();
}

TEST(a_template_without_its_value_refuses_the_run)
{
    open_world("memory:", 0);
    CHECK_INT(deliver("note", "a", "{\"people\":\"ada\",\"text\":\"hello\"}"), CW_OK);
    CHECK_INT(deliver("note", "b", "{\"people\":\"ada\"}"), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    turn(T0 + 1);
    CHECK_INT(run_state(1, 0), STORE_RUN_DONE);
    CHECK_INT(run_state(2, 0), STORE_RUN_REFUSED);
    close_world();
}

TEST(a_full_queue_turns_away)
{
    open_world("memory:", 0);
    end();
    start(2);
    CHECK_INT(deliver("note", "a", ENDED_ADA), CW_OK);
    CHECK_INT(deliver("note", "b", ENDED_ADA), CW_OK);
    CHECK_INT(deliver("note", "c", ENDED_ADA), CW_EBUSY);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(w.stored, 2);
    CHECK_INT(deliver("note", "c", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(w.stored, 3);
    close_world();
}

TEST(a_full_disk_acknowledges_nothing)
{
    char folder[] = "/tmp/cw-engine.XXXXXX", where[64], id[8];
    static char body[200000];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(where, sizeof where, "sqlite:%s/j.db", folder);
    snprintf(body, sizeof body, "{\"people\":\"ada\",\"text\":\"%0*d\"}", 100000, 7);
    open_world(where, 2 << 20);
    int n = 0;
    for (; n < 100 && !w.failures; n++) {
        snprintf(id, sizeof id, "%d", n);
        CHECK_INT(deliver("unheard", id, body), CW_OK);
        CHECK_INT(turn(T0 + n * 2000), CW_OK);
    }
    CHECK(n > 5 && n < 30);
    CHECK_INT(w.failures, 1);
    CHECK_INT(w.stored, n - 1);
    CHECK(engine_trouble(w.engine) != NULL);
    CHECK_INT(run_state(n, 0), -1);
    close_world();
    char command[128];
    const char *const left[] = {"j.db", "j.db-wal", "j.db-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(command, sizeof command, "%s/%s", folder, left[i]);
        unlink(command);
    }
    rmdir(folder);
}

TEST(a_closed_engine_takes_nothing_and_ends_what_is_in_flight)
{
    struct cw_error err;
    open_world("memory:", 0);
    CHECK_INT(deliver("unheard", "1", "{\"people\":\"ada\"}"), CW_OK);
    engine_close(w.engine, "there is no room", false);
    CHECK_INT(turn(T0), CW_OK); /* what was taken before */
    CHECK_INT(w.stored, 1);
    CHECK_INT(deliver("unheard", "2", "{\"people\":\"ada\"}"), CW_EBUSY);
    engine_close(w.engine, NULL, false);
    CHECK_INT(deliver("unheard", "2", "{\"people\":\"ada\"}"), CW_OK);
    CHECK_INT(turn(T0 + 1), CW_OK);
    CHECK_INT(w.stored, 2);
    (void)err;
    close_world();
}

/* ---- What a hostile sender with a good key may make grow ---- */

static char *large_body(const char *people, size_t n)
{
    char *body = xmalloc(n + 200);
    int at = sprintf(body, "{\"people\":%s,\"text\":\"", people);
    memset(body + at, 'x', n);
    strcpy(body + (size_t)at + n, "\"}");
    return body;
}

static void other_rules(const char *text)
{
    cw_ruleset_unref(w.rules);
    w.rules = rules_of(text);
    engine_reload(w.engine, w.rules);
}

/* Together their values are larger than the memory of a turn: the turn must not fail for ever. */
TEST(large_waiting_runs_come_due_one_by_one)
{
    char rules[4000], people[32], id[8];
    int at = sprintf(rules, "version: 1\nusers:\n");
    for (int i = 0; i < 20; i++)
        at += sprintf(rules + at, "  p%d: { awork: 6a2c1d3e-0000-4000-8000-0000000000%02d }\n", i,
                      i + 10);
    sprintf(rules + at, "rules:\n  - id: later\n    when: calendar.big\n    user: ${event.people}\n"
                        "    wait: 1 minute\n    then: { log: \"${event.text | truncate: 9}\" }\n");
    open_world("memory:", 0);
    other_rules(rules);
    for (int i = 0; i < 20; i++) {
        sprintf(people, "\"p%d\"", i);
        sprintf(id, "%d", i);
        auto_free char *body = large_body(people, 8000000);
        CHECK_INT(deliver("big", id, body), CW_OK);
        CHECK_INT(turn(T0), CW_OK);
    }
    CHECK_INT(w.stored, 20);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(turn(T0 + minute + i), CW_OK);
        CHECK(!engine_trouble(w.engine));
    }
    for (int i = 0; i < 20; i++)
        CHECK(run_state(i + 1, 0) != STORE_RUN_WAITING);
    close_world();
}

/* One delivery for many people multiplies its values: it is kept, refused, and others go on. */
TEST(a_delivery_that_would_write_too_much_is_refused)
{
    char rules[4000], people[400] = "[";
    int at = sprintf(rules, "version: 1\nusers:\n");
    for (int i = 0; i < 20; i++) {
        at += sprintf(rules + at, "  p%d: { awork: 6a2c1d3e-0000-4000-8000-0000000000%02d }\n", i,
                      i + 10);
        sprintf(people + strlen(people), "%s\"p%d\"", i ? "," : "", i);
    }
    strcat(people, "]");
    sprintf(rules + at, "rules:\n  - id: later\n    when: calendar.big\n    user: ${event.people}\n"
                        "    wait: 1 minute\n    then: { log: \"${event.text | truncate: 9}\" }\n");
    open_world("memory:", 0);
    other_rules(rules);
    auto_free char *large = large_body(people, 4 << 20);
    auto_free char *small = large_body(people, 1 << 10);
    CHECK_INT(deliver("big", "a", large), CW_OK);
    CHECK_INT(deliver("big", "b", small), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(w.stored, 2);
    CHECK_INT(run_state(1, 0), -1);
    CHECK_INT(run_state(2, 19), STORE_RUN_WAITING);
    struct cw_arena *arena = cw_arena_create(64 << 20);
    struct store_event *events = NULL;
    struct cw_error err;
    size_t n = 0;
    CHECK_INT(store_events(w.store, 0, 2, arena, &events, &n, &err), CW_OK);
    CHECK_INT(events[0].verdict, STORE_REFUSED);
    CHECK_INT(events[0].payload.len, 0);
    CHECK_INT(events[1].verdict, STORE_ACCEPTED);
    cw_arena_destroy(arena);
    close_world();
}

TEST(a_turn_takes_no_more_than_its_share)
{
    char id[8];
    open_world("memory:", 0);
    end();
    start(10000);
    for (int i = 0; i < 1200; i++) {
        sprintf(id, "%d", i);
        CHECK_INT(deliver("unheard", id, ENDED_ADA), CW_OK);
    }
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(w.stored, 500);
    CHECK_INT(engine_queue(w.engine), 700);
    CHECK(engine_next_ms(w.engine) <= T0);
    CHECK_INT(deliver("unheard", "last", ENDED_ADA), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(turn(T0), CW_OK);
    CHECK_INT(w.stored, 1201);
    CHECK_INT(engine_queue(w.engine), 0);
    CHECK_INT(turn(T0), CW_OK);
    close_world();
}

/* What still waits at the end is answered, not lost and not leaked. */
TEST(the_rest_of_a_queue_is_given_back)
{
    char id[8];
    open_world("memory:", 0);
    for (int i = 0; i < 600; i++) {
        sprintf(id, "%d", i);
        CHECK_INT(deliver("unheard", id, ENDED_ADA), CW_OK);
    }
    CHECK_INT(turn(T0), CW_OK);
    close_world();
    CHECK_INT(w.stored, 500);
    CHECK_INT(w.failures, 100);
}

CHECK_MAIN
