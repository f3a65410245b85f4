/* course: the core on virtual time, for replay tests: the real engine, dispatcher and either store,
 * a fake awork, and what senders were told. One world at a time. */
#ifndef COURSE_H
#define COURSE_H

#include "check.h"
#include "clock.h"
#include "engine/engine.h"
#include "fake_others.h"
#include "fake_transport.h"
#include "log.h"
#include "rules_of.h"
#include "xalloc.h"
#include "zones.h"

#include "action/action.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID(n)   "aaaaaaaa-0000-4000-8000-00000000000" n
#define TASK(n) "bbbbbbbb-0000-4000-8000-00000000000" n
#define KIND    "dddddddd-0000-4000-8000-000000000001"
#define HEAD                                                                                       \
    "version: 1\ntimezone: UTC\nusers:\n"                                                          \
    "  ada: { awork: " ID("1") " }\n  grace: { awork: " ID("2") " }\nrules:\n"

enum { COURSE_PEOPLE = 2048 };
enum { REPLIES = 8, REPLY_MS = 2500, SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };
static const int64_t nine = 1772442000000; /* 2026-03-02T09:00:00Z */

static struct world {
    int64_t now_ms;
    char folder[64], where[96];
    struct store *store;
    struct fake *fake;
    struct transport *wire; /* to the fake, unless a test puts another awork there */
    struct fake_others others;
    struct person persons[COURSE_PEOPLE];
    struct people people;
    struct dispatcher *dispatcher;
    struct engine *engine;
    struct cw_ruleset *rules;
    struct cw_matcher *matcher;
    struct replies *replies;
    struct tokens *tokens; /* of a test that has logins; or NULL */
    char told[8192];       /* each sender's text in brackets; "ok" for one who did not wait */
    int events;
    unsigned key; /* of the next delivery; 0: it has none */
} w;

static inline void must(enum cw_status st, const struct cw_error *err)
{
    if (st == CW_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

static inline void start(void)
{
    struct cw_error err;
    struct store_opts opts = {0};
    if (!w.store)
        must(store_open(w.where, &opts, &w.store, &err), &err);
    w.replies = replies_create(REPLIES);
    struct dispatcher_deps lanes = {.store = w.store,
                                    .transport = w.wire,
                                    .outside = &w.others.base,
                                    .people = &w.people,
                                    .seed = 7,
                                    .replies = w.replies,
                                    .tokens = w.tokens};
    w.dispatcher = dispatcher_create(&lanes);
    struct engine_deps core = {
        .store = w.store, .dispatcher = w.dispatcher, .replies = w.replies, .queue = 100};
    w.engine = engine_create(&core, w.rules);
    must(dispatcher_load(w.dispatcher, w.now_ms, &err), &err);
}

static inline void stop(bool for_good)
{
    engine_destroy(w.engine);
    replies_close(w.replies);
    dispatcher_destroy(w.dispatcher);
    replies_destroy(w.replies);
    if (!for_good && !w.folder[0])
        return; /* memory does not survive: what the engine keeps itself is lost all the same */
    store_close(w.store);
    w.store = NULL;
}

static inline void restart(void)
{
    stop(false);
    start();
}

/* Those of the rules; a chat address is what is written. */
static inline void fill_people(void)
{
    size_t n = cw_ruleset_people(w.rules);
    for (size_t i = 0; i < n && i < COURSE_PEOPLE; i++) {
        const struct cw_person *p = cw_ruleset_person(w.rules, i);
        w.persons[i] = (struct person){.name = p->name,
                                       .awork = p->awork,
                                       .timezone = "UTC",
                                       .type_of_work = KIND,
                                       .chat = p->chat,
                                       .opted_out = p->opted_out};
    }
    w.people.items = w.persons;
    w.people.n = n;
    w.people.rules = w.rules;
}

/* With other rules. */
static inline void restart_with(const char *text)
{
    cw_ruleset_unref(w.rules);
    w.rules = rules_of(text);
    fill_people();
    restart();
}

/* The journal's file, closed, under another name: what a kill before the next commit leaves. */
static inline void copy_journal(const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof command,
             "rm -f %s/%s*; for f in %s/%s*; do cp $f %s/%s${f#%s/%s}; done", w.folder, to,
             w.folder, from, w.folder, to, w.folder, from);
    CHECK_INT(system(command), 0);
}

static inline void begin(bool file, const char *rules)
{
    memset(&w, 0, sizeof w);
    static int nowhere = -1;
    if (nowhere < 0)
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    log_setup(LOG_DEBUG, LOG_JSON, nowhere);
    snprintf(w.where, sizeof w.where, "memory:");
    if (file) {
        snprintf(w.folder, sizeof w.folder, "/tmp/cw-course.XXXXXX");
        CHECK(mkdtemp(w.folder) != NULL);
        snprintf(w.where, sizeof w.where, "sqlite:%s/j.db", w.folder);
    }
    w.now_ms = nine;
    w.others.base.ops = &others_ops;
    w.others.now_ms = &w.now_ms;
    w.people.target = (struct target){.url = "http://localhost",
                                      .token = "key",
                                      .windows = {{50, 1000}},
                                      .n_windows = 1,
                                      .retry_base_ms = 1000,
                                      .retry_cap_ms = 300000,
                                      .give_up_ms = 86400000,
                                      .doubt_wait_ms = 1000,
                                      .timeout_ms = 30000};
    w.fake = fake_create(&w.now_ms);
    w.wire = fake_transport(w.fake);
    w.rules = rules_of(rules);
    fill_people();
    w.matcher = cw_matcher_create();
    start();
}

static inline void end(void)
{
    char command[96];
    stop(true);
    fake_destroy(w.fake);
    others_on_abandon(&w.others.base);
    cw_ruleset_unref(w.rules);
    cw_matcher_destroy(w.matcher);
    snprintf(command, sizeof command, "rm -rf %s", w.folder);
    if (w.folder[0] && system(command) != 0)
        perror(command);
}

/* BOTH(name) { ... } is a test over each store. */
#define BOTH(name)                                                                                 \
    static void both_##name(bool file);                                                            \
    TEST(name##_memory)                                                                            \
    {                                                                                              \
        both_##name(false);                                                                        \
        end();                                                                                     \
    }                                                                                              \
    TEST(name##_sqlite)                                                                            \
    {                                                                                              \
        both_##name(true);                                                                         \
        end();                                                                                     \
    }                                                                                              \
    static void both_##name(bool file)

/* ---- Time ---- */

/* Until nothing is left to do before `until_ms`; then the clock stands there. */
static inline void go(int64_t until_ms)
{
    for (int i = 0; i < 10000; i++) {
        struct cw_error err;
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        replies_expire(w.replies, w.now_ms);
        int64_t next_ms = engine_next_ms(w.engine), reply_ms = replies_next_ms(w.replies);
        next_ms = reply_ms < next_ms ? reply_ms : next_ms;
        bool answered = fake_deliver(w.fake) + others_deliver(&w.others) > 0;
        if (answered || next_ms <= w.now_ms || dispatcher_ready(w.dispatcher, w.now_ms))
            continue;
        if (next_ms > until_ms) {
            w.now_ms = until_ms;
            return;
        }
        w.now_ms = next_ms;
    }
    CHECK_STR("it never ends", "it ends");
}

/* The same, with a restart at its beginning and its end. */
static inline void go_on(int64_t until_ms)
{
    restart();
    go(until_ms);
    restart();
}

static inline void hear(const char *text, size_t len)
{
    size_t at = strlen(w.told);
    snprintf(w.told + at, sizeof w.told - at, "[%.*s]", (int)len, text);
}

static inline void on_heard(void *ctx, struct cw_text text)
{
    (void)ctx;
    hear(text.at, text.len);
}

static inline void on_done(struct accepted *a)
{
    if (a->result == ACCEPTED_FAILED)
        hear("failed", 6);
    else if (a->waiter)
        replies_hear(w.replies, a->waiter, w.now_ms + REPLY_MS, on_heard, NULL);
    else if (a->too_many)
        hear("too many", 8);
    else
        hear(a->result == ACCEPTED_STORED ? "ok" : "known", a->result == ACCEPTED_STORED ? 2 : 5);
    cw_ruleset_unref(a->rules);
    cw_arena_destroy(a->arena);
}

/* It waits for its turn. `sight`, if any, is of ada's timer. */
static inline void submit_seen(const char *source, const char *family, const char *type,
                               const char *body, const struct sight *sight)
{
    struct cw_arena *arena = cw_arena_create(64 << 20);
    struct cw_json *json = cw_json_create();
    struct cw_error err;
    struct accepted *a = xtake(arena, sizeof *a);
    struct accepted_event *ev = xtake(arena, sizeof *ev);
    must(cw_json_read(json, cw_text_of(body), &err), &err);
    struct cw_event event = {.id = CW_TEXT("e"),
                             .source = cw_text_of(source),
                             .family = cw_text_of(family),
                             .type = cw_text_of(cw_arena_copy(arena, cw_text_of(type))),
                             .received_ms = w.now_ms,
                             .body = cw_json_root(json)};
    struct cw_step user = {CW_STEP_NAME, 0, CW_TEXT("user")};
    must(cw_value_get(&event.body, (struct cw_path){&user, 1}, arena, &event.user), &err);
    *ev = (struct accepted_event){
        .row = {
            .received_ms = w.now_ms, .source = event.source, .type = event.type, .id = event.id}};
    memcpy(ev->keys[0].bytes, &w.key, sizeof w.key);
    ev->n_keys = w.key != 0;
    if (sight) {
        struct sight *copy = xtake(arena, sizeof *copy);
        *copy = *sight;
        ev->sight = copy;
        ev->whose = CW_TEXT("ada");
    }
    *a = (struct accepted){.arena = arena,
                           .rules = cw_ruleset_ref(w.rules),
                           .events = ev,
                           .n_events = 1,
                           .done = on_done};
    must(cw_match(w.matcher, w.rules, &event, w.now_ms, NULL, arena, &ev->matches), &err);
    ev->row.used = ev->matches.used;
    cw_json_destroy(json);
    must(engine_submit(w.engine, a, &err), &err);
    w.events++;
}

static inline void submit_from(const char *source, const char *family, const char *type,
                               const char *body)
{
    submit_seen(source, family, type, body, NULL);
}

static inline void submit(const char *type, const char *body)
{
    submit_from("calendar", "", type, body);
}

static inline void deliver(const char *type, const char *body)
{
    submit(type, body);
    go(w.now_ms);
    restart();
}

/* From a desktop. */
static inline void desk(const char *type, const char *body)
{
    submit_from("desktop", "desktop", type, body);
    go(w.now_ms);
    restart();
}

/* ---- What the journal says ---- */

static inline char *put(char *to, const char *before, const char *word)
{
    return to + sprintf(to, "%s%s", before, word);
}

static inline const char *runs(int64_t event)
{
    static char text[4096];
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_run *list = NULL;
    struct cw_error err;
    size_t n = 0;
    char *at = text;
    *at = '\0';
    must(store_runs_of(w.store, event, arena, &list, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        at = put(at, i ? "|" : "", store_run_word(list[i].state));
        if (list[i].reason.len)
            at = put(at, ": ", list[i].reason.at);
    }
    cw_arena_destroy(arena);
    return text;
}

static inline const char *calls(int64_t event)
{
    static char text[4096];
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_call *list = NULL;
    struct cw_error err;
    size_t n = 0;
    char *at = text;
    *at = '\0';
    must(store_calls_of(w.store, event, arena, &list, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        at = put(at, i ? "|" : "", list[i].action.at);
        at = put(at, " ", store_call_word(list[i].state));
        if (list[i].reason.len)
            at = put(at, ": ", list[i].reason.at);
    }
    cw_arena_destroy(arena);
    return text;
}

static inline const char *story(void)
{
    return fake_story(w.fake);
}

#endif
