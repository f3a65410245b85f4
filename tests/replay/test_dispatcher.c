/* The dispatcher on virtual time: the real actions and store, a fake awork that counts what was
 * done twice, and restarts at every point of a call's life. */
#include "check.h"
#include "dispatcher/dispatcher.h"
#include "fake_transport.h"
#include "lapse.h"
#include "log.h"
#include "metrics.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSON(n) "aaaaaaaa-0000-4000-8000-00000000000" n
#define TASK(n)   "bbbbbbbb-0000-4000-8000-00000000000" n
#define KIND      "dddddddd-0000-4000-8000-000000000001"
#define START(n)  "{\"task\":\"" TASK(n) "\"}"

enum { MANY = 40, BEGIN_MS = 100000000 };

struct world {
    int64_t now_ms;
    struct person persons[MANY];
    struct people people;
    char names[MANY][16], ids[MANY][40];
    struct store *store;
    struct fake *fake;
    struct dispatcher *d;
    int64_t event;
};

static void must(enum cw_status st, const struct cw_error *err)
{
    if (st == CW_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

/* Persons "1" to "40"; the last digit of the first nine is theirs in the story. */
static void fill_people(struct world *w)
{
    for (int i = 0; i < MANY; i++) {
        snprintf(w->names[i], sizeof w->names[i], "%d", i + 1);
        snprintf(w->ids[i], sizeof w->ids[i], "aaaaaaaa-0000-4000-8000-%012d", i + 1);
        w->persons[i] = (struct person){
            .name = w->names[i], .awork = w->ids[i], .timezone = "UTC", .type_of_work = KIND};
    }
    w->people = (struct people){.items = w->persons, .n = MANY};
    w->people.target = (struct target){.url = "http://localhost",
                                       .token = "key",
                                       .windows = {{50, 1000}, {1000, 60000}},
                                       .n_windows = 2,
                                       .retry_base_ms = 1000,
                                       .retry_cap_ms = 300000,
                                       .give_up_ms = 86400000,
                                       .doubt_wait_ms = 1000,
                                       .timeout_ms = 30000};
}

static void create_dispatcher(struct world *w)
{
    struct cw_error err;
    struct dispatcher_deps deps = {
        .store = w->store, .transport = fake_transport(w->fake), .people = &w->people, .seed = 42};
    w->d = dispatcher_create(&deps);
    must(dispatcher_load(w->d, w->now_ms, &err), &err);
}

static struct world *world_create(void)
{
    struct cw_error err;
    struct store_opts opts = {0};
    struct world *w = calloc(1, sizeof *w);
    log_setup(LOG_DEBUG, LOG_JSON, open("/dev/null", O_WRONLY | O_CLOEXEC));
    w->now_ms = BEGIN_MS;
    fill_people(w);
    must(store_open("memory:", &opts, &w->store, &err), &err);
    w->fake = fake_create(&w->now_ms);
    create_dispatcher(w);
    return w;
}

static void world_end(struct world *w)
{
    CHECK_INT(fake_doubles(w->fake), 0);
    CHECK_INT(fake_overlaps(w->fake), 0);
    dispatcher_destroy(w->d);
    store_close(w->store);
    fake_destroy(w->fake);
    free(w);
}

/* ---- What the engine would write ---- */

struct todo {
    const char *action, *args;
};

/* A run with its calls; the condition is with the first, as the engine does it. */
static void add_run(struct world *w, const char *person, const char *condition,
                    const struct todo *todo, size_t n)
{
    struct cw_error err;
    char key[16];
    int64_t run = 0, call;
    struct store_event event = {.received_ms = w->now_ms,
                                .source = CW_TEXT("test"),
                                .type = CW_TEXT("t"),
                                .id = CW_TEXT("i"),
                                .used = CW_TEXT("{}")};
    snprintf(key, sizeof key, "%d", (int)w->event);
    must(store_begin(w->store, &err), &err);
    must(store_event_add(w->store, &event, NULL, 0, &w->event, &err), &err);
    struct store_run r = {.event = w->event,
                          .rule = CW_TEXT("rule"),
                          .person = cw_text_of(person),
                          .key = cw_text_of(key),
                          .state = STORE_RUN_ACTING,
                          .due_ms = w->now_ms,
                          .changed_ms = w->now_ms};
    must(store_run_add(w->store, &r, &run, &err), &err);
    for (size_t i = 0; i < n; i++) {
        struct store_call c = {.run = run,
                               .event = w->event,
                               .rule = r.rule,
                               .person = r.person,
                               .step = (uint32_t)i,
                               .action = cw_text_of(todo[i].action),
                               .args = cw_text_of(todo[i].args),
                               .condition = cw_text_of(i ? "" : condition),
                               .state = STORE_CALL_READY,
                               .due_ms = w->now_ms,
                               .created_ms = w->now_ms,
                               .changed_ms = w->now_ms};
        must(store_call_add(w->store, &c, &call, &err), &err);
    }
    must(store_commit(w->store, &err), &err);
    dispatcher_notice(w->d, person);
}

static void add(struct world *w, const char *person, const char *action, const char *args)
{
    add_run(w, person, "", &(struct todo){action, args}, 1);
}

/* ---- Time ---- */

static bool turn(struct world *w)
{
    struct cw_error err;
    if (!dispatcher_ready(w->d, w->now_ms))
        return false;
    must(store_begin(w->store, &err), &err);
    must(dispatcher_turn(w->d, w->now_ms, &err), &err);
    must(store_commit(w->store, &err), &err);
    dispatcher_committed(w->d, w->now_ms);
    return true;
}

/* Until nothing is left to do, or the clock stands at `until_ms`. Returns: false at a busy loop. */
static bool go_until(struct world *w, int64_t until_ms)
{
    for (int i = 0; i < 200000; i++) {
        if (turn(w) || fake_deliver(w->fake))
            continue;
        int64_t next_ms = dispatcher_next_ms(w->d);
        if (next_ms == INT64_MAX || next_ms > until_ms) {
            w->now_ms = until_ms == INT64_MAX ? w->now_ms : until_ms;
            return true;
        }
        if (next_ms <= w->now_ms) /* it said ready, and did nothing */
            return CHECK_STR("busy", "idle");
        w->now_ms = next_ms;
    }
    return CHECK_STR("it never ends", "it ends");
}

static void go(struct world *w)
{
    go_until(w, INT64_MAX);
}

static void restart(struct world *w)
{
    dispatcher_destroy(w->d);
    create_dispatcher(w);
}

/* ---- What the store says afterwards ---- */

struct states {
    char calls[512], runs[512], reasons[4096];
    size_t attempts, open_attempts;
};

static void put(char *to, size_t size, const char *word)
{
    size_t len = strlen(to);
    snprintf(to + len, size - len, "%s%s", len ? " " : "", word);
}

static struct states look(struct world *w)
{
    struct states s = {0};
    struct cw_arena *arena = cw_arena_create(64 << 20);
    struct cw_error err;
    for (int64_t e = 1; e <= w->event; e++) {
        struct store_call *calls = NULL;
        struct store_run *runs = NULL;
        size_t n = 0, n_runs = 0;
        must(store_calls_of(w->store, e, arena, &calls, &n, &err), &err);
        must(store_runs_of(w->store, e, arena, &runs, &n_runs, &err), &err);
        for (size_t i = 0; i < n_runs; i++)
            put(s.runs, sizeof s.runs, store_run_word(runs[i].state));
        for (size_t i = 0; i < n; i++) {
            struct store_attempt *attempts = NULL;
            size_t n_attempts = 0;
            must(store_attempts_of(w->store, calls[i].id, arena, &attempts, &n_attempts, &err),
                 &err);
            s.attempts += n_attempts;
            for (size_t k = 0; k < n_attempts; k++)
                s.open_attempts += attempts[k].ended_ms == 0;
            put(s.calls, sizeof s.calls, store_call_word(calls[i].state));
            put(s.reasons, sizeof s.reasons, calls[i].reason.at ? calls[i].reason.at : "");
        }
    }
    cw_arena_destroy(arena);
    return s;
}

/* ---- The plain way ---- */

TEST(calls_of_a_person_are_made_in_order_one_at_a_time)
{
    struct world *w = world_create();
    add(w, "1", "start", START("1"));
    add(w, "1", "start", START("2"));
    add(w, "1", "stop", "{}");
    add(w, "1", "start", START("2"));
    add(w, "1", "start", START("2"));
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:start(2) 1:stop 1:start(2) ");
    struct states s = look(w);
    CHECK_STR(s.calls, "done done done done done");
    CHECK_STR(s.runs, "done done done done done");
    CHECK_INT(s.attempts, 9);
    CHECK_INT(s.open_attempts, 0);
    CHECK_INT(dispatcher_in_flight(w->d), 0);
    CHECK_INT(dispatcher_next_ms(w->d), INT64_MAX);
    CHECK_INT(w->now_ms, BEGIN_MS); /* nothing had to wait */
    world_end(w);
}

TEST(two_persons_run_side_by_side)
{
    struct world *w = world_create();
    add(w, "1", "start", START("1"));
    add(w, "2", "start", START("2"));
    CHECK(turn(w));
    CHECK_INT(dispatcher_in_flight(w->d), 2);
    CHECK_INT(fake_waiting(w->fake), 2);
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) 2:start(2) ");
    world_end(w);
}

TEST(nothing_is_sent_before_the_commit)
{
    struct world *w = world_create();
    struct cw_error err;
    add(w, "1", "stop", "{}");
    must(store_begin(w->store, &err), &err);
    must(dispatcher_turn(w->d, w->now_ms, &err), &err);
    CHECK_INT(fake_waiting(w->fake), 0);
    must(store_commit(w->store, &err), &err);
    CHECK_INT(fake_waiting(w->fake), 0);
    dispatcher_committed(w->d, w->now_ms);
    CHECK_INT(fake_waiting(w->fake), 1);
    world_end(w);
}

TEST(a_turn_that_was_rolled_back_never_happened)
{
    struct world *w = world_create();
    struct cw_error err;
    add(w, "1", "start", START("1"));
    for (int i = 0; i < 5; i++) {
        must(store_begin(w->store, &err), &err);
        must(dispatcher_turn(w->d, w->now_ms, &err), &err);
        store_rollback(w->store);
        must(dispatcher_load(w->d, w->now_ms, &err), &err);
        CHECK_INT(dispatcher_in_flight(w->d), 0);
        if (i == 2) /* now with a request in flight */
            CHECK(turn(w));
        if (i >= 2)
            fake_fate(w->fake, FAKE_LANDED);
        fake_deliver(w->fake);
    }
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) ");
    CHECK_INT(look(w).open_attempts, 0);
    world_end(w);
}

TEST(fairness_nobody_waits_for_somebody_elses_backlog)
{
    struct world *w = world_create();
    w->people.target.windows[0].requests = 4;
    restart(w);
    for (int i = 0; i < 20; i++)
        add(w, "1", "start", i % 2 ? START("1") : START("2"));
    add(w, "2", "stop", "{}");
    add(w, "3", "start", START("3"));
    go_until(w, BEGIN_MS + 3500);
    CHECK(strstr(fake_story(w->fake), "3:start(3)") != NULL);
    go(w);
    CHECK_INT(fake_requests(w->fake, "/timetracking/start"), 21);
    world_end(w);
}

/* ---- Later steps, dead letters ---- */

TEST(a_dead_call_ends_its_run_and_blocks_nobody)
{
    struct world *w = world_create();
    const struct todo steps[] = {{"start", "{\"task\":\"NO-1\"}"}, {"stop", "{}"}, {"stop", "{}"}};
    add_run(w, "1", "", steps, 3);
    add(w, "1", "start", START("1"));
    add(w, "2", "start", "{\"task\":\"not a key\"}");
    int64_t dead = metric_get(METRIC_calls_dead);
    go(w);
    struct states s = look(w);
    CHECK_STR(s.calls, "dead skipped skipped done dead");
    CHECK_STR(s.runs, "failed done failed");
    CHECK(strstr(s.reasons, "awork knows no task NO-1") != NULL);
    CHECK_STR(fake_story(w->fake), "1:start(1) ");
    CHECK_INT(metric_get(METRIC_calls_dead) - dead, 2);
    world_end(w);
}

TEST(facts_that_do_not_hold_skip_the_run)
{
    struct world *w = world_create();
    const struct todo steps[] = {{"stop", "{}"}, {"start", START("2")}};
    add_run(w, "1", "{\"timer\":[\"running\"]}", steps, 2);
    add(w, "1", "start", START("1"));
    add_run(w, "1", "{\"started_by\":\"rule\"}", steps, 2);
    go(w);
    struct states s = look(w);
    CHECK_STR(s.calls, "skipped skipped done done done");
    CHECK_STR(s.runs, "done done done");
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:stop 1:start(2) ");
    world_end(w);
}

TEST(what_a_person_started_is_not_ours)
{
    struct world *w = world_create();
    add(w, "1", "start", START("1"));
    go(w);
    fake_human_start(w->fake, PERSON("1"), TASK("1"));
    add_run(w, "1", "{\"started_by\":\"rule\"}", &(struct todo){"stop", "{}"}, 1);
    go(w);
    CHECK_STR(look(w).calls, "done skipped");
    fake_forget_story(w->fake);
    world_end(w);
}

TEST(a_person_who_is_gone_is_a_dead_letter)
{
    struct world *w = world_create();
    add(w, "nobody", "stop", "{}");
    add(w, "1", "log", "{\"text\":\"hi\"}");
    go(w);
    CHECK_STR(look(w).calls, "dead done");
    world_end(w);
}

/* ---- Pauses ---- */

TEST(an_emulated_pause_lasts_until_somebody_acts)
{
    struct world *w = world_create();
    add(w, "1", "start", START("1"));
    add(w, "1", "pause", "{}");
    add_run(w, "1", "{\"paused_by\":\"rule\"}", &(struct todo){"resume", "{}"}, 1);
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:stop 1:start(1) ");
    add(w, "1", "pause", "{}");
    go(w);
    fake_human_start(w->fake, PERSON("1"), TASK("2"));
    fake_human_stop(w->fake, PERSON("1"));
    add_run(w, "1", "{\"paused_by\":\"rule\"}", &(struct todo){"resume", "{}"}, 1);
    add(w, "1", "resume", "{}");
    go(w);
    CHECK_STR(look(w).calls, "done done done done skipped skipped");
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:stop 1:start(1) 1:stop ");
    world_end(w);
}

TEST(the_own_token_pauses_for_real_and_a_refusal_is_emulated)
{
    struct world *w = world_create();
    w->persons[0].token = "own";
    fake_own_pause(w->fake, true);
    add(w, "1", "start", START("1"));
    add(w, "1", "pause", "{}");
    add(w, "1", "resume", "{}");
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:pause 1:resume ");
    fake_own_pause(w->fake, false);
    add(w, "1", "pause", "{}");
    add(w, "1", "resume", "{}");
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:pause 1:resume 1:stop 1:start(1) ");
    CHECK_STR(look(w).calls, "done done done done done");
    world_end(w);
}

/* ---- Faults ---- */

TEST(every_fault_ends_in_one_effect)
{
    static const struct {
        const char *match;
        enum fake_fault fault;
        int arg, count;
    } rows[] = {
        {"POST", FAKE_STATUS, 500, 3},   {"POST", FAKE_FAIL_AFTER, 504, 1},
        {"POST", FAKE_UNSENT, 0, 4},     {"POST", FAKE_LOST_BEFORE, 0, 3},
        {"POST", FAKE_LOST_AFTER, 0, 1}, {"POST", FAKE_GARBAGE, 0, 1},
        {"GET", FAKE_STATUS, 503, 3},    {"GET", FAKE_UNSENT, 0, 3},
        {"GET", FAKE_LOST_BEFORE, 0, 3}, {"GET", FAKE_GARBAGE, 0, 2},
        {"POST", FAKE_STATUS, 429, 2},   {"GET", FAKE_STATUS, 429, 2},
        {"POST", FAKE_STATUS, 403, 2},   {"", FAKE_STATUS, 408, 4},
        {"", FAKE_LOST_AFTER, 0, 6},     {"", FAKE_FAIL_AFTER, 500, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = world_create();
        add(w, "1", "start", START("1"));
        go(w);
        fake_suffer(w->fake, rows[i].match, rows[i].fault, rows[i].arg, "", rows[i].count);
        add(w, "1", "start", START("2"));
        add(w, "1", "stop", "{}");
        add(w, "1", "start", "{\"task\":\"T-2\",\"type_of_work\":\"Dev\"}");
        go(w);
        struct states s = look(w);
        if (!CHECK_STR(fake_story(w->fake), "1:start(1) 1:start(2) 1:stop 1:start(2) ") ||
            !CHECK_STR(s.calls, "done done done done"))
            fprintf(stderr, "  row %zu: %s\n", i, s.reasons);
        CHECK_INT(s.open_attempts, 0);
        world_end(w);
    }
}

TEST(a_flat_401_is_dead_and_a_redirect_too)
{
    struct world *w = world_create();
    fake_suffer(w->fake, "GET", FAKE_STATUS, 401, "{\"code\":\"unauthorized\"}", 1);
    fake_suffer(w->fake, "GET", FAKE_STATUS, 302, "", 1);
    add(w, "1", "stop", "{}");
    add(w, "1", "stop", "{}");
    add(w, "1", "start", START("1"));
    go(w);
    CHECK_STR(look(w).calls, "dead dead done");
    CHECK(!dispatcher_trouble(w->d));
    world_end(w);
}

TEST(a_call_that_awork_fails_backs_off_then_gives_up_after_a_day)
{
    struct world *w = world_create();
    fake_suffer(w->fake, "/users/" PERSON("1"), FAKE_STATUS, 500, "", 1000000);
    add(w, "1", "stop", "{}");
    add(w, "2", "start", START("1"));
    go_until(w, BEGIN_MS + 3600000);
    int hour = fake_requests(w->fake, PERSON("1"));
    CHECK(hour >= 12 && hour <= 40); /* 1 s doubling to 5 min */
    CHECK_STR(fake_story(w->fake), "2:start(1) ");
    go(w);
    struct states s = look(w);
    CHECK_STR(s.calls, "dead done");
    CHECK(strstr(s.reasons, "gave up") != NULL);
    CHECK(w->now_ms > BEGIN_MS + 86400000 && w->now_ms < BEGIN_MS + 86400000 + 400000);
    world_end(w);
}

TEST(everybody_waits_for_a_429_and_one_probes)
{
    struct world *w = world_create();
    struct transport_rate rate = {-1, -1, -1, -1, 47, -1};
    fake_rate(w->fake, &rate);
    fake_suffer(w->fake, "", FAKE_STATUS, 429, "", 3);
    add(w, "1", "start", START("1"));
    CHECK(turn(w));
    fake_deliver(w->fake);
    for (int i = 2; i <= 9; i++)
        add(w, w->names[i - 1], "start", START("1"));
    CHECK(turn(w));
    CHECK_INT(fake_requests(w->fake, ""), 1);
    CHECK(dispatcher_next_ms(w->d) >= BEGIN_MS + 47000);
    go_until(w, BEGIN_MS + 94000); /* one probe, refused too */
    CHECK(fake_requests(w->fake, "") == 2);
    rate.reset_s = -1;
    go(w);
    CHECK_INT(fake_requests(w->fake, "/timetracking/start"), 9);
    CHECK(w->now_ms < BEGIN_MS + 3 * 52000 + 1000);
    for (int i = 1; i <= 3; i++) /* never more than one probe for each wait */
        CHECK(fake_sent_ms(w->fake, i) - fake_sent_ms(w->fake, i - 1) >= (i < 3 ? 47000 : 0));
    world_end(w);
}

TEST(the_rate_is_held_and_used)
{
    struct world *w = world_create();
    w->people.target.windows[1].requests = 300;
    restart(w);
    for (int n = 0; n < 6; n++)
        for (int i = 0; i < MANY; i++)
            add(w, w->names[i], "start", n % 2 ? START("1") : START("2"));
    go(w);
    int n = fake_requests(w->fake, "");
    CHECK_INT(n, 6 * MANY * 2);
    for (int i = 50; i < n; i++)
        CHECK(fake_sent_ms(w->fake, i) - fake_sent_ms(w->fake, i - 50) >= 1000);
    for (int i = 300; i < n; i++)
        CHECK(fake_sent_ms(w->fake, i) - fake_sent_ms(w->fake, i - 300) >= 60000);
    CHECK(w->now_ms - BEGIN_MS < 70000);
    world_end(w);
}

TEST(a_narrow_rate_still_gets_a_call_through)
{
    struct world *w = world_create();
    w->people.target.windows[0].requests = 1;
    w->people.target.n_windows = 1;
    restart(w);
    add(w, "1", "start", START("1"));
    add(w, "2", "start", START("2"));
    go(w);
    CHECK_INT(fake_requests(w->fake, ""), 4);
    CHECK_STR(fake_story(w->fake), "1:start(1) 2:start(2) ");
    world_end(w);
}

TEST(a_refused_key_holds_up_everybody_and_loses_nothing)
{
    struct world *w = world_create();
    fake_refuse_token(w->fake, "key");
    for (int i = 0; i < 9; i++)
        add(w, w->names[i], "start", START("1"));
    go_until(w, BEGIN_MS + 3600000);
    CHECK(dispatcher_trouble(w->d) != NULL);
    CHECK(fake_requests(w->fake, "") < 30);
    go_until(w, BEGIN_MS + 2 * 86400000LL); /* a day and more: still nothing is lost */
    fake_refuse_token(w->fake, NULL);
    dispatcher_reload(w->d, &w->people); /* and nobody waits for the back-off */
    int64_t at_ms = w->now_ms;
    go(w);
    CHECK_INT(w->now_ms, at_ms);
    CHECK(!dispatcher_trouble(w->d));
    CHECK_STR(look(w).calls, "done done done done done done done done done");
    world_end(w);
}

TEST(a_refused_own_token_holds_up_its_person_only)
{
    struct world *w = world_create();
    w->persons[0].token = "own";
    fake_own_pause(w->fake, true);
    fake_refuse_token(w->fake, "own");
    add(w, "1", "start", START("1"));
    add(w, "1", "pause", "{}");
    add(w, "2", "start", START("2"));
    go_until(w, BEGIN_MS + 3600000);
    CHECK_STR(fake_story(w->fake), "1:start(1) 2:start(2) ");
    CHECK(!dispatcher_trouble(w->d));
    fake_refuse_token(w->fake, NULL);
    dispatcher_reload(w->d, &w->people);
    go_until(w, w->now_ms);
    CHECK_STR(fake_story(w->fake), "1:start(1) 2:start(2) 1:pause ");
    world_end(w);
}

/* What waits was made with the person's own token: without it, it must not go out with the key. */
TEST(a_reload_makes_a_waiting_request_anew)
{
    struct world *w = world_create();
    w->persons[0].token = "own";
    fake_own_pause(w->fake, true);
    add(w, "1", "start", START("1"));
    go(w);
    w->people.target.windows[0] = (struct rate_window){1, 4000};
    w->people.target.n_windows = 1;
    restart(w);
    add(w, "1", "pause", "{}");
    go_until(w, w->now_ms + 1000);
    CHECK_STR(fake_story(w->fake), "1:start(1) ");
    w->persons[0].token = NULL;
    dispatcher_reload(w->d, &w->people);
    go_until(w, w->now_ms + 3600000);
    CHECK_INT(fake_requests(w->fake, "/pause"), 0);
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:stop ");
    world_end(w);
}

/* A gateway's 504 may come before awork has acted: as long a wait as after a lost answer. */
TEST(a_5xx_to_what_acts_is_a_doubt_and_waits_like_one)
{
    struct world *w = world_create();
    w->people.target.retry_base_ms = 50;
    fake_suffer(w->fake, "POST", FAKE_FAIL_AFTER, 504, "", 1);
    add(w, "1", "start", START("1"));
    go(w);
    CHECK(w->now_ms >= BEGIN_MS + 1000);
    CHECK_INT(fake_requests(w->fake, "POST"), 1);
    int64_t at_ms = w->now_ms;
    fake_suffer(w->fake, "GET", FAKE_STATUS, 503, "", 1); /* nothing is in doubt */
    add(w, "1", "stop", "{}");
    go(w);
    CHECK(w->now_ms <= at_ms + 50);
    world_end(w);
}

TEST(a_narrow_window_starves_nobody)
{
    struct world *w = world_create();
    w->people.target.windows[0] = (struct rate_window){1, 60000};
    w->people.target.n_windows = 1;
    restart(w);
    add(w, "1", "start", START("1"));
    add(w, "2", "start", START("2"));
    go_until(w, BEGIN_MS + 3600000);
    CHECK_STR(fake_story(w->fake), "1:start(1) 2:start(2) ");
    CHECK(fake_requests(w->fake, "") <= 16);
    world_end(w);
}

TEST(an_own_token_that_stays_bad_does_not_block_its_person_for_ever)
{
    struct world *w = world_create();
    w->persons[0].token = "own";
    fake_own_pause(w->fake, true);
    fake_refuse_token(w->fake, "own");
    add(w, "1", "start", START("1"));
    add(w, "1", "pause", "{}");
    add(w, "1", "stop", "{}");
    go_until(w, BEGIN_MS + 2 * 86400000LL);
    struct states s = look(w);
    CHECK_STR(s.calls, "done dead done");
    CHECK(strstr(s.reasons, "gave up: awork refuses the token") != NULL);
    CHECK_STR(fake_story(w->fake), "1:start(1) 1:stop ");
    world_end(w);
}

TEST(an_old_call_does_not_die_of_a_429)
{
    struct world *w = world_create();
    add(w, "1", "start", START("1"));
    w->now_ms += 2 * 86400000LL; /* the bridge was off */
    restart(w);
    fake_suffer(w->fake, "", FAKE_STATUS, 429, "", 3);
    go(w);
    CHECK_STR(look(w).calls, "done");
    world_end(w);
}

/* The wall clock was wrong before this start, or is now: a back-off is as long as it was. */
TEST(a_clock_that_went_back_stalls_no_lane)
{
    struct world *w = world_create();
    struct cw_error err;
    int64_t back_ms = 0;
    w->now_ms += 30 * 86400000LL;
    fake_suffer(w->fake, "GET", FAKE_STATUS, 503, "", 3);
    add(w, "1", "start", START("1"));
    go_until(w, w->now_ms);
    must(lapse_keep(w->store, w->now_ms, &err), &err);
    w->now_ms = BEGIN_MS;
    must(lapse_settle(w->store, w->now_ms, &back_ms, &err), &err);
    restart(w);
    go_until(w, BEGIN_MS + 60000);
    CHECK_STR(fake_story(w->fake), "1:start(1) ");
    world_end(w);
}

/* Somebody who leaves the configuration says nothing about the workspace's key. */
TEST(a_refused_key_stays_refused_when_a_person_goes)
{
    struct world *w = world_create();
    fake_refuse_token(w->fake, "key");
    add(w, "1", "start", START("1"));
    go_until(w, BEGIN_MS);
    CHECK(dispatcher_trouble(w->d) != NULL);
    int64_t next_ms = dispatcher_next_ms(w->d);
    w->now_ms = next_ms;
    CHECK(turn(w)); /* the probe is out */
    struct people fewer = w->people;
    fewer.items++;
    fewer.n--;
    dispatcher_reload(w->d, &fewer);
    go_until(w, w->now_ms);
    CHECK(dispatcher_trouble(w->d) != NULL);
    CHECK_STR(look(w).calls, "dead");
    world_end(w);
}

/* A copy of the people that a reload may free. */
static struct person *copy_of(const struct world *w, size_t from)
{
    struct person *list = calloc(w->people.n - from, sizeof *list);
    for (size_t i = from; i < w->people.n; i++) {
        const struct person *p = &w->persons[i];
        list[i - from] = (struct person){.name = strdup(p->name),
                                         .awork = strdup(p->awork),
                                         .timezone = "UTC",
                                         .token = p->token ? strdup(p->token) : NULL,
                                         .type_of_work = KIND};
    }
    return list;
}

static void free_copy(struct person *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free((char *)(uintptr_t)list[i].name);
        free((char *)(uintptr_t)list[i].awork);
        free((char *)(uintptr_t)list[i].token);
    }
    free(list);
}

/* Whatever is in flight at a reload: nothing of the old configuration is looked at any more, the
 * answer is recorded, and who stays goes on. */
TEST(a_reload_in_flight_leaves_nothing_behind)
{
    for (int steps = 1; steps <= 6; steps++) {
        struct world *w = world_create();
        w->persons[0].token = w->persons[1].token = "own";
        fake_own_pause(w->fake, true);
        struct people old = w->people, new = w->people;
        struct person *list = copy_of(w, 0);
        old.items = list;
        dispatcher_reload(w->d, &old);
        for (int i = 0; i < 2; i++) {
            add(w, w->names[i], "start", START("1"));
            add(w, w->names[i], "pause", "{}");
            add(w, w->names[i], "resume", "{}");
        }
        for (int i = 0; i < steps; i++) {
            CHECK(turn(w));
            if (i + 1 < steps)
                fake_deliver(w->fake);
        }
        struct person *fewer = copy_of(w, 1);
        new.items = fewer;
        new.n--;
        dispatcher_reload(w->d, &new);
        free_copy(list, MANY);
        go(w);
        struct states s = look(w);
        CHECK_INT(s.open_attempts, 0);
        CHECK_STR(strrchr(s.calls, 'e') ? s.calls + strlen(s.calls) - 14 : "", "done done done");
        CHECK(strstr(s.calls, "ready") == NULL && strstr(s.calls, "sent") == NULL);
        CHECK(strstr(fake_story(w->fake), "2:start(1)") != NULL);
        dispatcher_reload(w->d, &w->people);
        world_end(w);
        free_copy(fewer, MANY - 1);
    }
}

TEST(more_to_do_costs_nobody_their_place)
{
    struct world *w = world_create();
    w->people.target.windows[0] = (struct rate_window){1, 1000};
    w->people.target.n_windows = 1;
    restart(w);
    add(w, "9", "stop", "{}");
    CHECK(turn(w)); /* the only place is taken */
    fake_deliver(w->fake);
    add(w, "1", "start", START("1"));
    w->now_ms += 100;
    go_until(w, w->now_ms);
    for (int i = 2; i <= 8; i++) {
        w->now_ms += 10;
        add(w, w->names[i - 1], "start", START("1"));
        go_until(w, w->now_ms);
    }
    w->now_ms += 10;
    go_until(w, w->now_ms);
    add(w, "1", "start", START("2"));
    go_until(w, w->now_ms + 3000);
    CHECK_STR(fake_story(w->fake), "1:start(1) ");
    world_end(w);
}

TEST(a_reload_lifts_no_429)
{
    struct world *w = world_create();
    struct transport_rate rate = {-1, -1, -1, -1, 60, -1};
    fake_rate(w->fake, &rate);
    fake_suffer(w->fake, "", FAKE_STATUS, 429, "", 1);
    add(w, "1", "start", START("1"));
    go_until(w, BEGIN_MS);
    struct people others = w->people;
    others.target.windows[0].requests = 10;
    dispatcher_reload(w->d, &others);
    add(w, "2", "start", START("2"));
    go_until(w, BEGIN_MS + 59000);
    CHECK_INT(fake_requests(w->fake, ""), 1);
    go(w);
    CHECK_STR(look(w).calls, "done done");
    world_end(w);
}

/* More attempts than any memory holds: the doubt about the last one is still resolved. */
TEST(countless_attempts_block_nothing)
{
    struct world *w = world_create();
    struct cw_error err;
    char *answer = calloc(1, 4097);
    memset(answer, 'x', 4096);
    add(w, "1", "start", START("1"));
    CHECK(turn(w));
    must(store_begin(w->store, &err), &err);
    for (int i = 0; i < 20000; i++) {
        struct store_attempt a = {
            .call = 1, .request = CW_TEXT("GET /"), .begun_ms = 1, .epoch = 1};
        must(store_attempt_begin(w->store, &a, &a.id, &err), &err);
        a.ended_ms = i < 19999 ? 2 : 0;
        a.answer = cw_text_of(answer);
        if (a.ended_ms)
            must(store_attempt_end(w->store, &a, &err), &err);
    }
    must(store_commit(w->store, &err), &err);
    free(answer);
    fake_fate(w->fake, FAKE_DROPPED);
    restart(w);
    go(w);
    struct store_attempt *list;
    struct cw_arena *arena = cw_arena_create(64 << 20);
    size_t n;
    must(store_attempts_of(w->store, 1, arena, &list, &n, &err), &err);
    CHECK_INT(n, 1000);
    CHECK(n == 1000 && list[999].id == 20003 && list[0].id == 19004);
    cw_arena_destroy(arena);
    CHECK_STR(fake_story(w->fake), "1:start(1) ");
    world_end(w);
}

TEST(a_lost_start_waits_a_moment_before_it_looks)
{
    struct world *w = world_create();
    fake_suffer(w->fake, "POST", FAKE_LOST_AFTER, 0, "", 1);
    add(w, "1", "start", START("1"));
    go(w);
    CHECK_INT(w->now_ms, BEGIN_MS + 1000);
    CHECK_INT(fake_requests(w->fake, "POST"), 1);
    CHECK_INT(fake_requests(w->fake, "GET"), 2);
    world_end(w);
}

TEST(the_human_wins_over_a_lost_start)
{
    struct world *w = world_create();
    fake_suffer(w->fake, "POST", FAKE_LOST_BEFORE, 0, "", 1);
    add(w, "1", "start", START("1"));
    go_until(w, BEGIN_MS + 999);
    fake_human_start(w->fake, PERSON("1"), TASK("7"));
    go(w);
    CHECK_STR(look(w).calls, "skipped");
    CHECK_STR(fake_story(w->fake), "");
    world_end(w);
}

TEST(stop_begins_nothing_more_and_records_what_comes)
{
    struct world *w = world_create();
    add(w, "1", "start", START("1"));
    add(w, "2", "start", START("2"));
    CHECK(turn(w));
    dispatcher_stop(w->d);
    go(w);
    CHECK_INT(dispatcher_in_flight(w->d), 0);
    CHECK_INT(fake_requests(w->fake, ""), 2); /* the looks; their acts wait for the next start */
    CHECK_STR(look(w).calls, "ready ready");
    restart(w);
    go(w);
    CHECK_STR(fake_story(w->fake), "1:start(1) 2:start(2) ");
    world_end(w);
}

TEST(a_cancelled_head_is_not_made)
{
    struct world *w = world_create();
    struct cw_error err;
    size_t n = 0;
    fake_suffer(w->fake, PERSON("1"), FAKE_UNSENT, 0, "", 1);
    w->people.target.windows[0].requests = 1;
    restart(w);
    add(w, "2", "stop", "{}");
    add(w, "1", "start", START("1"));
    CHECK(turn(w)); /* takes the only place; the lane of 1 has waited since */
    must(store_begin(w->store, &err), &err);
    must(store_run_cancel(w->store, CW_TEXT("rule"), CW_TEXT("1"), CW_TEXT("1"), CW_TEXT("why"),
                          w->now_ms, &n, &err),
         &err);
    dispatcher_notice(w->d, "1");
    must(store_commit(w->store, &err), &err);
    CHECK_INT(n, 1);
    go(w);
    CHECK_INT(fake_requests(w->fake, PERSON("1")), 0);
    CHECK_STR(look(w).calls, "skipped cancelled");
    world_end(w);
}

/* ---- A restart at every point ---- */

enum crash { CRASH_BEFORE_COMMIT, CRASH_BEFORE_SEND, CRASH_IN_FLIGHT, CRASH_ANSWERED, CRASHES };

/* Steps of the world: a turn or a delivery. Crashes in the `at`-th. Returns: false when it ended
 * before that. */
static bool crash_at(struct world *w, int at, enum crash crash)
{
    struct cw_error err;
    for (int i = 0; i < 10000; i++) {
        bool ready = dispatcher_ready(w->d, w->now_ms);
        if (ready && i >= at && crash != CRASH_ANSWERED) {
            must(store_begin(w->store, &err), &err);
            must(dispatcher_turn(w->d, w->now_ms, &err), &err);
            if (crash == CRASH_BEFORE_COMMIT)
                store_rollback(w->store);
            else
                must(store_commit(w->store, &err), &err);
            if (crash == CRASH_IN_FLIGHT)
                dispatcher_committed(w->d, w->now_ms);
            restart(w);
            return true;
        }
        if (turn(w))
            continue;
        if (fake_deliver(w->fake)) {
            if (i < at || crash != CRASH_ANSWERED)
                continue;
            restart(w); /* awork answered, nobody wrote it down */
            return true;
        }
        if (dispatcher_next_ms(w->d) == INT64_MAX)
            return false;
        w->now_ms = dispatcher_next_ms(w->d);
    }
    return CHECK_STR("it never ends", "it ends");
}

static void add_mixture(struct world *w)
{
    const struct todo steps[] = {
        {"start", START("2")}, {"log", "{\"text\":\"x\"}"}, {"stop", "{}"}};
    add(w, "1", "start", "{\"task\":\"T-1\",\"type_of_work\":\"Dev\"}");
    add_run(w, "1", "{\"started_by\":\"rule\"}", steps, 3);
    add(w, "1", "start", START("1"));
    add(w, "1", "pause", "{}");
    add_run(w, "1", "{\"paused_by\":\"rule\"}", &(struct todo){"resume", "{}"}, 1);
    add(w, "1", "start", START("2"));
}

TEST(a_restart_at_any_point_makes_every_effect_once)
{
    static const char story[] = "1:start(1) 1:start(2) 1:stop 1:start(1) 1:stop 1:start(1) "
                                "1:start(2) ";
    int crashes = 0;
    for (int crash = 0; crash < CRASHES; crash++)
        for (int fate = FAKE_DROPPED; fate <= FAKE_LANDS_LATE; fate++)
            for (int at = 0;; at++, crashes++) {
                struct world *w = world_create();
                fake_fate(w->fake, (enum fake_fate)fate);
                add_mixture(w);
                bool crashed = crash_at(w, at, (enum crash)crash);
                go(w);
                struct states s = look(w);
                if (!CHECK_STR(fake_story(w->fake), story) ||
                    !CHECK_STR(s.calls, "done done done done done done done done") ||
                    !CHECK_STR(s.runs, "done done done done done done"))
                    fprintf(stderr, "  crash %d, fate %d, at %d\n", crash, fate, at);
                CHECK_INT(s.open_attempts, 0);
                world_end(w);
                if (!crashed)
                    break;
            }
    CHECK(crashes > 150);
    printf("%d crashes\n", crashes);
}

static uint64_t chance(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void append(char *to, size_t size, const char *text)
{
    size_t len = strlen(to);
    snprintf(to + len, size - len, "%s", text);
}

static void effects_of(const char *story, char who, char *out, size_t size)
{
    for (const char *word = story, *end; (end = strchr(word, ' ')); word = end + 1) {
        char one[64];
        snprintf(one, sizeof one, "%.*s ", (int)(end - word), word);
        if (*word == who)
            append(out, size, one);
    }
}

/* Faults and crashes by chance: the order of each person holds, and no effect is missed or made
 * twice. Starts alternate, since a start of what runs does nothing and would hide a double. */
TEST(many_faults_and_crashes_by_chance)
{
    static const char *const matches[] = {"GET", "POST", ""};
    static const int statuses[] = {500, 503, 429, 408};
    for (uint64_t round = 1; round <= 60; round++) {
        uint64_t seed = round;
        struct world *w = world_create();
        char want[4][512] = {"", "", "", ""};
        for (int i = 0; i < 24; i++) {
            int who = (int)(chance(&seed) % 4);
            char args[128], effect[32];
            bool odd =
                strstr(want[who], "(1) ") && strcmp(want[who] + strlen(want[who]) - 4, "(1) ") == 0;
            snprintf(args, sizeof args, "{\"task\":\"" TASK("%d") "\"}", odd ? 2 : 1);
            snprintf(effect, sizeof effect, "%d:start(%d) ", who + 1, odd ? 2 : 1);
            append(want[who], sizeof want[who], effect);
            add(w, w->names[who], "start", args);
        }
        for (int i = 0; i < 10; i++)
            fake_suffer(w->fake, matches[chance(&seed) % 3], (enum fake_fault)(chance(&seed) % 6),
                        statuses[chance(&seed) % 4], "", (int)(chance(&seed) % 3));
        for (int i = 0; i < 6; i++) {
            fake_fate(w->fake, (enum fake_fate)(chance(&seed) % 3));
            crash_at(w, (int)(chance(&seed) % 20), (enum crash)(chance(&seed) % CRASHES));
        }
        go(w);
        for (int who = 0; who < 4; who++) {
            char got[512] = "";
            effects_of(fake_story(w->fake), (char)('1' + who), got, sizeof got);
            if (!CHECK_STR(got, want[who]))
                fprintf(stderr, "  round %d\n", (int)round);
        }
        CHECK_INT(look(w).open_attempts, 0);
        world_end(w);
    }
}

CHECK_MAIN
