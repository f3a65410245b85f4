/* Fairness: nobody waits for somebody else's backlog, nor for a call that can never succeed. */
#include "course.h"
#include "crowd.h"

enum { CROWD = 50, BACKLOG = 10000, CALL_REQUESTS = 2, PER_SECOND = 50 };

static struct crowd *crowd;

static void begin_crowd(bool file)
{
    char text[CROWD * 80 + 400];
    crowd = crowd_create(&w.now_ms, CROWD);
    size_t at = (size_t)sprintf(text, "version: 1\ntimezone: UTC\nusers:\n");
    for (int i = 0; i < CROWD; i++)
        at += (size_t)sprintf(text + at, "  p%d: { awork: %s }\n", i, crowd_person_id(crowd, i));
    sprintf(text + at, "rules:\n  - { id: work, when: calendar.work, user: \"${event.user}\", "
                       "expires: 1 day, then: { start: { task: \"${event.task}\", "
                       "note: \"${event.n}\" } } }\n");
    begin(file, text);
    w.wire = crowd_transport(crowd);
    restart();
}

static void work(int person, int n)
{
    char body[160];
    snprintf(body, sizeof body, "{\"user\":\"p%d\",\"n\":\"%d\",\"task\":\"" TASK("%d") "\"}",
             person, n, 1 + n % 2);
    submit("work", body);
}

/* Until `until_ms`, or until p`first` and all after have done their one. */
static bool sail(int64_t until_ms, int first)
{
    for (;;) {
        struct cw_error err;
        int behind = 0;
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        for (int i = first; i < CROWD; i++)
            behind += crowd_last(crowd, i) == 0;
        if (!behind)
            return true;
        int64_t next_ms = engine_next_ms(w.engine);
        if (crowd_deliver(crowd) || next_ms <= w.now_ms)
            continue;
        if (next_ms > until_ms)
            return false;
        w.now_ms = next_ms;
    }
}

/* One with 10,000 calls, and then others with one each. */
static void long_backlog(bool file)
{
    struct cw_error err;
    begin_crowd(file);
    for (int n = 1; n <= BACKLOG; n++) {
        work(0, n);
        if (n % 90 == 0) {
            must(engine_turn(w.engine, w.now_ms, &err), &err);
            w.told[0] = '\0';
        }
    }
    sail(w.now_ms + 10 * SECOND, 1); /* under way */
    int64_t from_ms = w.now_ms;
    int before = crowd_last(crowd, 0);
    for (int i = 1; i < CROWD; i++)
        work(i, 1);
    CHECK(sail(from_ms + MINUTE, 1));
    int64_t took_ms = w.now_ms - from_ms;
    printf("%d calls of one person are before them: %d others have theirs after %.1f s, %d of the "
           "one in that time\n",
           BACKLOG - before, CROWD - 1, (double)took_ms / 1e3, crowd_last(crowd, 0) - before);
    /* As many requests as there are, at the rate, and one turn of the one in between. */
    CHECK(took_ms <= (CROWD * CALL_REQUESTS / PER_SECOND + 1) * SECOND + 500);
    CHECK_INT(crowd_tally(crowd)->over_rate + crowd_tally(crowd)->overlaps, 0);
    end();
    crowd_destroy(crowd);
}

TEST(a_person_with_a_long_backlog_holds_up_nobody)
{
    long_backlog(false);
    long_backlog(true);
}

/* awork answers 500 to every act of ada's: she waits until it expires, then her next one is made;
 * nobody else waits for anything. */
BOTH(a_poisoned_call_blocks_neither_others_nor_for_ever_its_own)
{
    begin(file, HEAD
          "  - { id: s, when: calendar.start, user: \"${event.user}\", then: { start: { "
          "task: " TASK(
              "1") " } } }\n"
                   "  - { id: e, when: calendar.stop, user: \"${event.user}\", then: stop }\n"
                   "  - { id: t, when: calendar.two, user: \"${event.user}\", then: { start: { "
                   "task: " TASK("2") " } } }\n");
    fake_human_start(w.fake, ID("1"), TASK("3"));
    fake_suffer(w.fake, "POST /users/" ID("1") "/timetracking/start", FAKE_STATUS, 500, "",
                1000000);
    submit("start", "{\"user\":\"ada\"}");
    submit("stop", "{\"user\":\"ada\"}");
    for (int i = 0; i < 20; i++) {
        submit(i % 2 ? "stop" : "two", "{\"user\":\"grace\"}");
        go(w.now_ms + MINUTE / 4);
        CHECK(!dispatcher_trouble(w.dispatcher));
    }
    for (int i = 3; i <= 22; i++)
        CHECK_STR(calls(i), i % 2 ? "start done" : "stop done");
    CHECK(strncmp(calls(1), "start ready", 11) == 0);
    CHECK_STR(calls(2), "stop ready");
    go(nine + 21 * MINUTE);
    CHECK(strncmp(calls(1), "start skipped: expired", 22) == 0);
    CHECK_STR(calls(2), "stop done");
    int tries = fake_requests(w.fake, "POST /users/" ID("1") "/timetracking/start");
    printf("%d tries of a call that fails for 15 minutes\n", tries);
    CHECK(tries >= 5 && tries <= 15);
}

/* What awork refuses for good is a dead letter at once, and the next one is made. */
BOTH(a_dead_letter_lets_its_successor_pass)
{
    begin(file, HEAD "  - { id: s, when: calendar.start, user: ada, then: { start: { task: " TASK(
                    "1") " } } }\n  - { id: e, when: calendar.stop, user: ada, then: stop }\n");
    fake_human_start(w.fake, ID("1"), TASK("3"));
    fake_suffer(w.fake, "/timetracking/start", FAKE_STATUS, 404, "", 1);
    submit("start", "{}");
    submit("stop", "{}");
    go(nine);
    CHECK(strncmp(calls(1), "start dead", 10) == 0);
    CHECK_STR(calls(2), "stop done");
}

CHECK_MAIN
