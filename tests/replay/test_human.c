/* The human wins, on virtual time: what is seen of a timer under lost answers, restarts and
 * webhooks that come early, late, twice, in any order or not at all. */
#include "course.h"

#include "retry.h"

#include <jansson.h>

enum { HOOKS = 512, SEEDS = 300, STEPS = 30 };

#define ADA "{\"user\":\"ada\"}"

/* clang-format off */
static const char rules_text[] =
    HEAD
    "  - { id: canary, when: calendar.canary, wait: 100 hours, then: { log: came } }\n"
    "  - { id: stands, when: calendar.canary, wait: 100 hours, human_wins: false,"
    " then: { log: came } }\n"
    "  - { id: dated, when: calendar.canary, at: 2026-03-09T00:00:00Z, then: { log: came } }\n"
    "  - { id: a, when: calendar.a, then: { start: { task: " TASK("1") " } } }\n"
    "  - { id: b, when: calendar.b, then: { start: { task: " TASK("2") " } } }\n"
    "  - { id: stop, when: calendar.stop, then: stop }\n"
    "  - { id: back, when: calendar.back, then: { stop: { as_of: 2026-03-02T09:00:10Z } } }\n"
    "  - { id: pause, when: calendar.pause, then: pause }\n"
    "  - { id: resume, when: calendar.resume, then: resume }\n"
    "  - { id: look, when: calendar.look, then: { log: 'it is ${timer.state}' } }\n"
    "  - { id: until, when: calendar.until, wait: 1 hour, unless: timer.stopped,"
    " then: { log: came } }\n"
    "  - { id: soon, when: calendar.soon, wait: 1 minute, then: stop }\n"
    "  - { id: runs, when: calendar.runs, if: { timer: running }, then: stop }\n"
    "  - { id: heard, when: timer.*, then: { log: 'it ${event.user}' } }\n";
/* clang-format on */

/* ---- What awork tells ---- */

static struct {
    char *hooks[HOOKS];
    size_t n;
} air;

static void on_changed(void *ctx, const char *entry)
{
    (void)ctx;
    if (air.n < HOOKS)
        air.hooks[air.n++] = xstrdup(entry);
}

static void clear_air(void)
{
    while (air.n)
        free(air.hooks[--air.n]);
}

static void world(bool file)
{
    clear_air();
    begin(file, rules_text);
    fake_watch(w.fake, on_changed, NULL);
}

/* As the preset would call it. */
static const char *type_of(const struct sight *s)
{
    return s->state == ENTRY_STOPPED  ? "stopped"
           : s->state == ENTRY_PAUSED ? "paused"
           : s->was_broken            ? "resumed"
                                      : "started";
}

static void tell(const char *entry, bool gone)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    json_t *json = json_loads(entry, 0, NULL);
    struct sight sight;
    CHECK(json && sight_read(json, arena, &sight));
    sight.is_told = true;
    sight.is_gone = gone;
    sight.asked_ms = sight.seen_ms = w.now_ms;
    submit_seen("awork", "timer", gone ? "stopped" : type_of(&sight), ADA, &sight);
    json_decref(json);
    cw_arena_destroy(arena);
}

static void tell_all(void)
{
    for (size_t i = 0; i < air.n; i++)
        tell(air.hooks[i], false);
    clear_air();
    go(w.now_ms);
}

/* ---- What waits ---- */

static int64_t canary;

static void begin_canary(void)
{
    submit("canary", ADA);
    go(w.now_ms);
    canary = w.events;
}

static const char alive[] = "waiting|waiting|waiting";

static bool is_alive(void)
{
    return strcmp(runs(canary), alive) == 0;
}

static bool has_yielded(void)
{
    return strncmp(runs(canary), "cancelled: the timer was changed by hand (", 42) == 0 &&
           strstr(runs(canary), ")|waiting|waiting") != NULL;
}

static struct store_timer *known(void)
{
    static struct store_timer timer;
    static struct cw_arena *arena;
    struct cw_error err;
    arena = arena ? arena : cw_arena_create(1 << 20);
    cw_arena_reset(arena);
    timer = (struct store_timer){0};
    if (store_timer_get(w.store, CW_TEXT("ada"), arena, &timer, &err))
        timer.state = STORE_TIMER_UNKNOWN;
    return &timer;
}

static void act(const char *type)
{
    submit(type, ADA);
    go(w.now_ms);
}

/* Its look was answered, and its act is on its way. */
static void begin_to_act(const char *type)
{
    struct cw_error err;
    submit(type, ADA);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    fake_deliver(w.fake);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
}

/* ---- One after the other ---- */

BOTH(a_webhook_of_a_change_by_hand_ends_the_wait)
{
    world(file);
    act("a");
    tell_all();
    begin_canary();
    CHECK(is_alive());
    fake_human_stop(w.fake, ID("1"));
    tell_all();
    CHECK(has_yielded());
    CHECK_STR(calls(w.events), "log done"); /* and rules hear of it */
    CHECK_INT(known()->state, STORE_TIMER_STOPPED);
}

BOTH(our_own_changes_are_ours_and_no_rule_answers_them)
{
    world(file);
    begin_canary();
    static const char *const ours[] = {"a", "b", "pause", "resume", "stop", "a", "stop"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        w.now_ms += MINUTE;
        act(ours[i]);
        tell_all();
        CHECK_STR(calls(w.events), "");
    }
    CHECK(is_alive());
}

/* But they end what waits for them. */
BOTH(our_own_stop_is_an_unless)
{
    world(file);
    act("a");
    tell_all();
    act("until");
    int64_t until = w.events;
    act("stop");
    CHECK(strncmp(runs(until), "waiting", 7) == 0);
    tell_all();
    CHECK(strncmp(runs(until), "cancelled: cancelled by event", 29) == 0);
}

/* The emulated pause stays one, whatever is told of its entry. */
BOTH(an_emulated_pause_is_not_ended_by_its_own_webhook)
{
    world(file);
    act("a");
    act("pause");
    tell_all();
    CHECK(known()->memo.len > 0);
    CHECK_STR(known()->paused_by.at, "pause");
    act("resume");
    CHECK_STR(calls(w.events), "resume done");
}

/* Until the answer is there, nobody can tell. */
BOTH(a_webhook_before_the_answer_waits_for_it)
{
    struct cw_error err;
    world(file);
    act("a");
    tell_all();
    begin_canary();
    begin_to_act("b");
    fake_human_start(w.fake, ID("1"), TASK("9")); /* before our start has landed */
    tell(air.hooks[air.n - 1], false);
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    CHECK(is_alive());
    restart(); /* it is kept */
    CHECK(is_alive());
    go(w.now_ms + 2000);
    CHECK(has_yielded());
}

BOTH(what_a_look_sees_ends_the_wait_even_of_the_call_that_looks)
{
    world(file);
    act("a");
    begin_canary();
    act("soon");
    int64_t soon = w.events;
    w.now_ms += 5000;
    fake_human_start(w.fake, ID("1"), TASK("9"));
    go(w.now_ms + 2 * MINUTE);
    CHECK_STR(calls(soon), "stop skipped: the timer was changed by hand (seen by call 2)");
    CHECK(has_yielded());
    act("soon"); /* it was matched after that */
    soon = w.events;
    go(w.now_ms + 2 * MINUTE);
    CHECK_STR(calls(soon), "stop done");
}

BOTH(a_start_that_was_stopped_while_its_answer_was_lost)
{
    world(file);
    act("b");
    begin_canary();
    fake_suffer(w.fake, "/start", FAKE_LOST_AFTER, 0, "", 1);
    act("a");
    fake_human_stop(w.fake, ID("1"));
    go(w.now_ms + 5000);
    CHECK_STR(calls(w.events), "start done");
    CHECK(has_yielded());
    CHECK_INT(known()->state, STORE_TIMER_STOPPED);
}

BOTH(a_stop_that_met_another_timer)
{
    world(file);
    act("b");
    begin_canary();
    begin_to_act("stop");
    fake_human_start(w.fake, ID("1"), TASK("9"));
    go(w.now_ms);
    CHECK_STR(calls(w.events), "stop done");
    CHECK(has_yielded());
}

BOTH(what_is_deleted_by_hand)
{
    world(file);
    act("a");
    tell_all();
    begin_canary();
    char *entry = NULL;
    fake_human_pause(w.fake, ID("1"), true);
    entry = xstrdup(air.hooks[0]);
    clear_air();
    tell(entry, true);
    go(w.now_ms);
    CHECK(has_yielded());
    CHECK_INT(known()->state, STORE_TIMER_STOPPED);
    begin_canary();
    tell(entry, false); /* awork tells of what is gone, once more */
    go(w.now_ms);
    CHECK(is_alive());
    free(entry);
}

/* A call that dies in doubt leaves nothing known: what is seen next is where we begin. */
BOTH(a_call_that_dies_in_doubt)
{
    world(file);
    w.people.target.give_up_ms = MINUTE;
    act("b");
    begin_canary();
    fake_suffer(w.fake, "/start", FAKE_LOST_AFTER, 0, "", 1);
    fake_suffer(w.fake, "/last", FAKE_STATUS, 503, "{}", 0);
    act("a");
    fake_suffer(w.fake, "/last", FAKE_STATUS, 503, "{}", 1000);
    go(w.now_ms + 10 * MINUTE);
    CHECK(strncmp(calls(w.events), "start dead: gave up", 19) == 0);
    CHECK_INT(known()->state, STORE_TIMER_UNKNOWN);
    tell_all();
    CHECK(is_alive());
}

/* What a webhook told a moment ago decides at the match; what is older is looked at. */
BOTH(what_is_known_decides_at_the_match)
{
    world(file);
    act("a");
    act("stop");
    int before = fake_requests(w.fake, "/last");
    act("runs"); /* our own answer alone: somebody may have started a timer since */
    CHECK(strstr(calls(w.events), "stop skipped: not so") != NULL);
    CHECK_INT(fake_requests(w.fake, "/last"), before + 1);
    tell_all();
    act("runs");
    CHECK(strstr(runs(w.events), "refused: the timer is stopped, not running") != NULL);
    CHECK_INT(fake_requests(w.fake, "/last"), before + 1);
    w.now_ms += 2 * MINUTE;
    act("runs");
    CHECK_INT(fake_requests(w.fake, "/last"), before + 2);
}

BOTH(quiet_mutes_the_timer_and_nothing_else)
{
    world(file);
    w.people.target.quiet_ms = 10 * MINUTE;
    act("a");
    tell_all();
    fake_human_start(w.fake, ID("1"), TASK("9"));
    tell_all();
    CHECK_STR(calls(w.events), "log done");
    restart();
    w.now_ms += MINUTE;
    act("stop");
    CHECK_STR(calls(w.events), "stop skipped: quiet until 09:10:00: the timer was changed by hand");
    w.now_ms += 10 * MINUTE;
    act("stop");
    CHECK_STR(calls(w.events), "stop done");
}

/* ---- The ceiling ---- */

TEST(only_so_many_changes_wait_for_calls)
{
    struct cw_error err;
    struct store_mark *marks = NULL;
    struct cw_arena *arena = cw_arena_create(16 << 20);
    size_t n = 0;
    world(false);
    act("a");
    char *entry = xstrdup(air.hooks[0]);
    begin_to_act("b");
    for (int i = 0; i < 1100; i++) {
        tell(entry, false);
        must(engine_turn(w.engine, w.now_ms, &err), &err);
    }
    must(store_marks_due(w.store, CW_TEXT("sight"), INT64_MAX - 1, 5000, arena, &marks, &n, &err),
         &err);
    CHECK_INT(n, 1024);
    go(w.now_ms);
    must(store_marks_due(w.store, CW_TEXT("sight"), INT64_MAX - 1, 5000, arena, &marks, &n, &err),
         &err);
    CHECK_INT(n, 0);
    free(entry);
    cw_arena_destroy(arena);
    end();
}

/* ---- Any order of things ---- */

static uint64_t dice;

static unsigned roll(unsigned n)
{
    return (unsigned)(retry_random(&dice) % n);
}

static void throw_away(size_t i)
{
    free(air.hooks[i]);
    air.hooks[i] = air.hooks[--air.n];
}

/* One that is on its way arrives, or is lost; some come once more later. */
static void some_webhook(bool may_lose)
{
    if (!air.n)
        return;
    size_t i = roll((unsigned)air.n);
    if (!may_lose || roll(5))
        tell(air.hooks[i], false);
    if (roll(4))
        throw_away(i);
}

static void some_fault(void)
{
    static const enum fake_fault faults[] = {FAKE_UNSENT, FAKE_LOST_BEFORE, FAKE_LOST_AFTER,
                                             FAKE_GARBAGE, FAKE_FAIL_AFTER};
    static const char *const matches[] = {"/start", "/stop",   "/pause",
                                          "/last",  "/resume", "/timeentries/e"};
    fake_suffer(w.fake, matches[roll(6)], faults[roll(5)], 503, "{}", 1);
}

static void some_turns(void)
{
    struct cw_error err;
    for (unsigned i = roll(4); i; i--) {
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        if (roll(2))
            fake_deliver(w.fake);
    }
}

/* Whatever the bridge may do by itself, and whatever may go wrong with it. */
static void some_step(unsigned *faults)
{
    static const char *const ours[] = {"a", "b", "stop", "pause", "resume", "look", "runs", "back"};
    unsigned what = roll(12);
    if (what < 4)
        submit(ours[roll(8)], ADA);
    else if (what < 6)
        some_webhook(true);
    else if (what == 6 && (*faults)++ < 20)
        some_fault();
    else if (what == 7)
        go(w.now_ms + roll(3000));
    else if (what == 8) {
        fake_fate(w.fake, roll(2) ? FAKE_LANDED : FAKE_DROPPED);
        restart();
    } else
        w.now_ms += roll(200);
    some_turns();
}

static void quieten(void)
{
    go(w.now_ms + 10 * MINUTE);
    while (air.n) {
        some_webhook(false);
        if (roll(2))
            go(w.now_ms + roll(1000));
    }
    go(w.now_ms + 10 * MINUTE);
}

static bool is_our_turn_over(void)
{
    struct store_call call;
    struct cw_error err;
    struct cw_arena *arena = cw_arena_create(1 << 20);
    bool over = !engine_queue(w.engine) &&
                store_lane_head(w.store, CW_TEXT("ada"), arena, &call, &err) == CW_ENOENT;
    cw_arena_destroy(arena);
    return over;
}

/* While a pause of ours is on its way, nobody can tell whose pause it became. */
static void some_hand(bool may_pause)
{
    struct fake_person *p = fake_person(w.fake, ID("1"));
    struct fake_entry *last = p->n ? &p->entries[p->n - 1] : NULL;
    unsigned what = roll(may_pause ? 3 : 2);
    if (!last || last->is_stopped || what == 0)
        fake_human_start(w.fake, ID("1"), TASK("9"));
    else if (what == 1)
        fake_human_stop(w.fake, ID("1"));
    else
        fake_human_pause(w.fake, ID("1"), !last->is_paused);
}

static bool is_running(void)
{
    const struct fake_person *p = fake_person(w.fake, ID("1"));
    return p->n && !p->entries[p->n - 1].is_stopped;
}

static int64_t version(void)
{
    const struct fake_person *p = fake_person(w.fake, ID("1"));
    return p->entries[p->n - 1].version;
}

static void setup(uint64_t seed, bool file)
{
    dice = seed;
    world(file);
    if (roll(2)) {
        w.persons[0].token = "own";
        fake_own_pause(w.fake, true);
    }
    act("b"); /* something is known */
    begin_canary();
}

/* Whatever becomes of our own calls, they are never taken for somebody's hand. */
static bool never_taken_for_a_hand(uint64_t seed, bool file)
{
    unsigned faults = 0;
    setup(seed, file);
    for (int i = 0; i < STEPS; i++)
        some_step(&faults);
    quieten();
    bool good = is_alive();
    if (!good)
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, runs(canary));
    CHECK_INT(fake_overlaps(w.fake), 0);
    end();
    return good;
}

/* A change by hand between our calls is seen, by its webhook or by a look; in the midst of one, if
 * it is the last word. */
static bool never_missed(uint64_t seed, bool file)
{
    unsigned faults = 0;
    setup(seed, file);
    for (unsigned i = roll(STEPS); i; i--)
        some_step(&faults);
    if (roll(2))
        go(w.now_ms + 10 * MINUTE);
    bool counts = is_our_turn_over();
    w.now_ms += 3;
    if (counts && roll(2))
        clear_air(); /* its webhook is the only one, if it comes */
    some_hand(counts);
    int64_t left = version();
    /* A stop by hand while one of ours is on its way: nobody can tell whose it became. */
    bool is_alike = !counts && !is_running();
    if (counts && roll(3) == 0)
        clear_air(); /* nobody tells of it: a look has to */
    for (unsigned i = roll(STEPS); i; i--)
        some_step(&faults);
    quieten();
    counts |= left == version() && !is_alike;
    submit("look", ADA);
    go(w.now_ms + MINUTE);
    bool good = !counts || has_yielded();
    if (!good)
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, runs(canary));
    end();
    return good;
}

static void many(bool (*one)(uint64_t seed, bool file))
{
    const char *only = getenv("CW_SEED");
    int bad = 0;
    for (uint64_t seed = 1; seed <= SEEDS && bad < 5; seed++)
        if (!only || strtoull(only, NULL, 10) == seed)
            bad += !one(seed, seed % 25 == 0);
    CHECK_INT(bad, 0);
    clear_air();
}

TEST(no_call_of_ours_is_taken_for_a_hand)
{
    many(never_taken_for_a_hand);
}

TEST(no_change_by_hand_is_missed)
{
    many(never_missed);
}

CHECK_MAIN
