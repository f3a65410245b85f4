/* Somebody sets the clock while the daemon lives: what counts a duration has as long to go as it
 * had, what is dated keeps its moment of the calendar; nothing is done twice. Each scenario is
 * played with the clock set ahead, set back, and left alone, over both stores. */
#include "course.h"
#include "upkeep.h"

#define START(n) "{ start: { task: " TASK(n) " } }"

static const int64_t steps[] = {0, 3 * HOUR, -3 * HOUR, 400 * 24 * (int64_t)HOUR,
                                -400 * 24 * (int64_t)HOUR};

static int64_t step_ms;

static void set_clock(int64_t by_ms)
{
    struct cw_error err;
    struct upkeep u = {.store = w.store, .engine = w.engine, .dispatcher = w.dispatcher};
    must(upkeep_clock_set(&u, w.now_ms, by_ms, &err), &err);
    w.now_ms += by_ms;
}

/* PLAYED(name) { ... } is played over each store with each step. */
#define PLAYED(name)                                                                               \
    static void played_##name(bool file);                                                          \
    TEST(name)                                                                                     \
    {                                                                                              \
        for (size_t i = 0; i < 2 * sizeof steps / sizeof *steps; i++) {                            \
            step_ms = steps[i / 2];                                                                \
            played_##name(i % 2);                                                                  \
            end();                                                                                 \
        }                                                                                          \
    }                                                                                              \
    static void played_##name(bool file)

/* So much later, by the clock as it is now. */
static void pass(int64_t ms)
{
    go(w.now_ms + ms);
}

#define USER "{\"user\":\"ada\"}"

PLAYED(a_wait_is_as_long_as_it_was)
{
    begin(file, HEAD "  - { id: a, when: calendar.a, wait: 30 minutes, then: " START("1") " }\n");
    deliver("a", USER);
    pass(10 * MINUTE);
    set_clock(step_ms);
    pass(20 * MINUTE - 1);
    CHECK_STR(story(), "");
    pass(1);
    pass(SECOND);
    CHECK_STR(story(), "1:start(1) ");
    restart();
    pass(HOUR);
    CHECK_STR(story(), "1:start(1) ");
}

PLAYED(a_throttle_window_is_as_long_as_it_was)
{
    begin(file, HEAD "  - { id: a, when: calendar.a, throttle: 30 minutes, then: { log: x } }\n");
    deliver("a", USER);
    pass(10 * MINUTE);
    set_clock(step_ms);
    deliver("a", USER);
    pass(20 * MINUTE - SECOND);
    deliver("a", USER);
    CHECK(strstr(runs(2), "refused") && strstr(runs(3), "refused"));
    pass(2 * SECOND);
    deliver("a", USER);
    CHECK(!strstr(runs(4), "refused"));
}

PLAYED(a_silence_is_as_long_as_it_was)
{
    begin(file,
          HEAD "  - { id: a, when: { absent: desktop.heartbeat, for: 30 minutes }, then: " START(
              "1") " }\n");
    desk("heartbeat", USER);
    pass(10 * MINUTE);
    set_clock(step_ms);
    pass(20 * MINUTE - SECOND);
    CHECK_STR(story(), "");
    pass(2 * SECOND);
    CHECK_STR(story(), "1:start(1) ");
    pass(2 * HOUR);
    CHECK_STR(story(), "1:start(1) ");
}

PLAYED(a_fact_and_a_count_are_as_long_as_they_were)
{
    begin(file, HEAD
          "  - { id: s, when: calendar.s, then: { set: { mood: x, for: 30 minutes } } }\n"
          "  - { id: t, when: calendar.t, if: { state.mood: x }, then: " START(
              "1") " }\n"
                   "  - { id: c, when: { count: 2, of: calendar.c, within: 30 minutes }, then: "
                   "{ log: two } }\n");
    deliver("s", USER);
    deliver("c", USER);
    pass(20 * MINUTE);
    set_clock(step_ms);
    deliver("t", USER);
    deliver("c", USER);
    CHECK_STR(runs(3), "done");
    CHECK_STR(runs(4), "done");
    pass(11 * MINUTE);
    deliver("t", USER);
    CHECK(strstr(runs(5), "refused"));
}

/* The first request fails; the clock is set during the back-off. */
PLAYED(a_back_off_and_what_expires_are_as_long_as_they_were)
{
    begin(file,
          HEAD "  - { id: a, when: calendar.a, expires: 10 minutes, then: " START("1") " }\n");
    w.people.target.retry_base_ms = w.people.target.retry_cap_ms = MINUTE;
    fake_suffer(w.fake, "", FAKE_STATUS, 503, "", 1);
    deliver("a", USER);
    int sent = fake_requests(w.fake, "");
    CHECK_INT(sent, 1);
    pass(SECOND);
    set_clock(step_ms);
    pass(SECOND);
    CHECK_INT(fake_requests(w.fake, ""), sent); /* not at once */
    pass(3 * MINUTE);
    CHECK_STR(story(), "1:start(1) "); /* not for ever, and not expired */
    CHECK_STR(runs(1), "done");
}

PLAYED(an_expired_call_expires)
{
    begin(file,
          HEAD "  - { id: a, when: calendar.a, expires: 10 minutes, then: " START("1") " }\n");
    fake_suffer(w.fake, "", FAKE_STATUS, 503, "", 1000);
    deliver("a", USER);
    pass(5 * MINUTE);
    set_clock(step_ms);
    pass(4 * MINUTE);
    if (!CHECK_STR(runs(1), "acting"))
        fprintf(stderr, "%lld: %s\n", (long long)step_ms, calls(1));
    pass(20 * MINUTE);
    CHECK(strstr(calls(1), "skipped: expired"));
}

/* Dated: the calendar as the clock says it. */
TEST(what_is_dated_follows_the_clock)
{
    for (int i = 0; i < 4; i++) {
        bool ahead = i < 2;
        begin(i % 2,
              HEAD "  - { id: a, when: calendar.a, at: \"${event.t}\", then: " START("1") " }\n");
        deliver("a", "{\"user\":\"ada\",\"t\":\"2026-03-02T11:00:00Z\"}");
        pass(HOUR);
        set_clock(ahead ? HOUR - 30 * SECOND : -HOUR);
        pass(29 * SECOND);
        CHECK_STR(story(), "");
        if (!ahead)
            pass(2 * HOUR - MINUTE);
        CHECK_STR(story(), "");
        pass(MINUTE);
        CHECK_STR(story(), "1:start(1) ");
        end();
    }
}

#define EVENING                                                                                    \
    HEAD "  - { id: e, when: { every: mon-sun 20:00 }, user: ada, then: { log: now } }\n"

/* Events of the clock in the journal. */
static int ticks(void)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_event *list = NULL;
    struct cw_error err;
    size_t n = 0;
    must(store_events(w.store, 0, 100, arena, &list, &n, &err), &err);
    cw_arena_destroy(arena);
    return (int)n;
}

TEST(schedules_follow_the_clock_and_no_tick_comes_twice)
{
    for (int i = 0; i < 2; i++) {
        begin(i, EVENING);
        pass(10 * HOUR); /* 19:00 */
        CHECK_INT(ticks(), 0);
        set_clock(-3 * HOUR); /* 16:00 */
        pass(2 * HOUR);
        CHECK_INT(ticks(), 0);
        pass(2 * HOUR + SECOND); /* 20:00 by the clock */
        CHECK_INT(ticks(), 1);
        set_clock(-HOUR); /* 19:00 again */
        pass(2 * HOUR);
        CHECK_INT(ticks(), 1);
        set_clock(22 * HOUR + 50 * MINUTE); /* 19:50 of the next day */
        pass(5 * MINUTE);
        CHECK_INT(ticks(), 1);
        pass(10 * MINUTE);
        CHECK_INT(ticks(), 2);
        set_clock(72 * HOUR); /* three evenings were skipped: the latest counts */
        pass(SECOND);
        CHECK_INT(ticks(), 3);
        restart();
        pass(20 * HOUR);
        CHECK_INT(ticks(), 3);
        end();
    }
}

CHECK_MAIN
