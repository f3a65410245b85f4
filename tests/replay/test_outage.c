/* awork is away for hours, throttles, answers slowly or with nonsense, on virtual time and over the
 * journal's file: memory stays, the intake does not notice, no storm of requests, and afterwards
 * everything is done at the allowed rate within 10 s, each person's in order, nothing lost and
 * nothing twice.
 *
 * CW_OUTAGE=1: six hours, 200,000 events of 2,000 people; else six minutes. */
#include "course.h"
#include "crowd.h"

#include <time.h>

enum { DAY = 24 * HOUR, PER_MINUTE = 1000, IN_FLIGHT = 64 };

static struct crowd *crowd;

static struct sea { /* what was sent in this test */
    int people, events;
    int *numbers; /* of each person */
    double worst_turn_s;
} sea;

/* ---- The world ---- */

static char *rules_for(int people)
{
    char *text = xcalloc((size_t)people + 20, 80);
    size_t at = (size_t)sprintf(text, "version: 1\ntimezone: UTC\nusers:\n");
    for (int i = 0; i < people; i++)
        at += (size_t)sprintf(text + at, "  p%d: { awork: %s }\n", i, crowd_person_id(crowd, i));
    sprintf(text + at, "rules:\n  - id: work\n    when: calendar.work\n    user: ${event.user}\n"
                       "    expires: 1 day\n"
                       "    then: { start: { task: \"${event.task}\", note: \"${event.n}\" } }\n");
    return text;
}

static void begin_sea(bool file, int people)
{
    sea = (struct sea){.people = people, .numbers = xcalloc((size_t)people, sizeof(int))};
    crowd = crowd_create(&w.now_ms, people);
    char *rules = rules_for(people);
    begin(file, rules);
    free(rules);
    w.wire = crowd_transport(crowd);
    w.people.target.windows[1] = (struct rate_window){PER_MINUTE, MINUTE};
    w.people.target.n_windows = 2;
    restart();
}

static void end_sea(void)
{
    end();
    crowd_destroy(crowd);
    free(sea.numbers);
}

/* ---- Time ---- */

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static bool turn(void)
{
    struct cw_error err;
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    must(store_tidy(w.store, STORE_BUSY, &err), &err);
    return crowd_deliver(crowd) > 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void sail(int64_t until_ms)
{
    for (;;) {
        bool answered = turn();
        int64_t next_ms = earlier(engine_next_ms(w.engine), crowd_next_ms(crowd));
        if (answered || next_ms <= w.now_ms || dispatcher_ready(w.dispatcher, w.now_ms))
            continue;
        if (next_ms > until_ms)
            break;
        w.now_ms = next_ms;
    }
    w.now_ms = until_ms;
}

static bool is_drained(void)
{
    return engine_next_ms(w.engine) == INT64_MAX && crowd_next_ms(crowd) == INT64_MAX;
}

/* Until ten seconds after the first good answer. */
static void recover(void)
{
    const struct crowd_tally *t = crowd_tally(crowd);
    for (int i = 0; i < 120 && (!t->first_ms || w.now_ms < t->first_ms + 10 * SECOND); i++)
        sail(w.now_ms + SECOND);
}

static void drain(int64_t most_ms)
{
    int64_t from_ms = w.now_ms;
    while (!is_drained() && w.now_ms - from_ms < most_ms)
        sail(w.now_ms + SECOND);
    CHECK(is_drained());
}

/* ---- Events ---- */

/* One of every person in turn, and the people in no order; tasks alternate. */
static void send_one(void)
{
    char body[160];
    int person = (int)((uint64_t)sea.events * 7919 % (uint64_t)sea.people);
    int n = ++sea.numbers[person];
    snprintf(body, sizeof body, "{\"user\":\"p%d\",\"n\":\"%d\",\"task\":\"" TASK("%d") "\"}",
             person, n, 1 + n % 2);
    w.key = (unsigned)++sea.events;
    submit("work", body);
}

/* Returns: the processor's seconds that the intake took: until the commit. */
static double send_some(int n)
{
    double begun = cpu_s();
    struct cw_error err;
    w.told[0] = '\0';
    for (int i = 0; i < n; i++)
        send_one();
    must(engine_turn(w.engine, w.now_ms, &err), &err);
    double took = cpu_s() - begun;
    CHECK_INT(strlen(w.told), n * 4); /* "[ok]" */
    if (took > sea.worst_turn_s)
        sea.worst_turn_s = took;
    return took;
}

static long memory_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &pages, &resident) != 2)
        abort();
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* For so long, so many events, evenly. Returns: microseconds of the intake of each event. */
static double voyage(int64_t ms, int events, long *most_kib)
{
    int64_t seconds = ms / SECOND, sent = 0;
    double cpu = 0;
    for (int64_t i = 1; i <= seconds; i++) {
        int n = (int)(events * i / seconds - sent);
        cpu += n ? send_some(n) : 0;
        sent += n;
        sail(w.now_ms + SECOND);
        if (i % 60 == 0 && memory_kib() > *most_kib)
            *most_kib = memory_kib();
    }
    return sent ? cpu * 1e6 / (double)sent : 0;
}

/* ---- The judge ---- */

static void count_calls(int64_t *done, int64_t *collapsed, int64_t *others)
{
    struct cw_arena *arena = cw_arena_create(64 << 20);
    for (int64_t e = 1; e <= sea.events; e++) {
        struct store_call *list = NULL;
        struct cw_error err;
        size_t n = 0;
        cw_arena_reset(arena);
        must(store_calls_of(w.store, e, arena, &list, &n, &err), &err);
        bool is_done = n == 1 && list[0].state == STORE_CALL_DONE;
        bool is_dropped = n == 1 && list[0].state == STORE_CALL_SKIPPED &&
                          strncmp(list[0].reason.at, "collapsed into call ", 20) == 0;
        *done += is_done;
        *collapsed += is_dropped;
        *others += !is_done && !is_dropped;
    }
    cw_arena_destroy(arena);
}

/* Returns: how many calls were dropped for later ones. */
static int64_t judge(void)
{
    const struct crowd_tally *t = crowd_tally(crowd);
    int64_t done = 0, collapsed = 0, others = 0;
    int behind = 0;
    CHECK_INT(t->doubles, 0);
    CHECK_INT(t->disorders, 0);
    CHECK_INT(t->repeats, 0);
    CHECK_INT(t->overlaps, 0);
    CHECK_INT(t->over_rate, 0);
    for (int i = 0; i < sea.people; i++)
        behind += crowd_last(crowd, i) != sea.numbers[i];
    CHECK_INT(behind, 0); /* the last one of each person was made */
    count_calls(&done, &collapsed, &others);
    CHECK_INT(others, 0);
    CHECK_INT(done + collapsed, sea.events);
    CHECK_INT(t->passed_over, collapsed);
    return collapsed;
}

/* Ten seconds after `from_ms` only the rate holds anything up: nearly all of the second's or the
 * minute's is used, or nothing is left to do. */
static bool is_at_full_speed(int64_t from_ms)
{
    int64_t to_ms = from_ms + 10 * SECOND;
    return crowd_requests(crowd, from_ms, to_ms) >= 400 ||
           crowd_requests(crowd, to_ms - MINUTE, to_ms) >= PER_MINUTE * 9 / 10 ||
           crowd_tally(crowd)->last_ms <= to_ms;
}

/* ---- Six hours without awork ---- */

struct outage {
    int people, events;
    int64_t ms;
};

static struct outage outage_wanted(void)
{
    const char *whole = getenv("CW_OUTAGE");
    return whole && *whole == '1' ? (struct outage){2000, 200000, 6 * HOUR}
                                  : (struct outage){200, 2000, 6 * MINUTE};
}

/* awork is away in all the ways there are. Returns: the requests that it was asked. */
static int64_t be_away(const struct outage *o, double intake_us[3], long *most_kib)
{
    static const enum crowd_weather weathers[3] = {CROWD_UNREACHED, CROWD_UNAVAILABLE,
                                                   CROWD_SILENT};
    int64_t asked = 0;
    for (int i = 0; i < 3; i++) {
        crowd_weather(crowd, weathers[i], 0);
        intake_us[i] = voyage(o->ms / 3, o->events / 3, most_kib);
        printf("  a third of the outage: %lld requests, %.0f us of the processor for an event's "
               "intake\n",
               (long long)crowd_tally(crowd)->requests, intake_us[i]);
        asked += crowd_tally(crowd)->requests;
    }
    return asked;
}

/* Returns: how many calls came down to later ones. */
static int64_t live_through(int64_t collapse_ms)
{
    struct outage o = outage_wanted();
    double intake_us[3];
    begin_sea(true, o.people);
    w.people.target.collapse_ms = collapse_ms;
    long most_kib = 0;
    double before_us = voyage(10 * MINUTE, o.people, &most_kib);
    long begin_kib = memory_kib();
    int64_t asked = be_away(&o, intake_us, &most_kib);
    crowd_weather(crowd, CROWD_FINE, 0);
    int64_t fine_ms = w.now_ms;
    const struct crowd_tally *t = crowd_tally(crowd);
    recover();
    CHECK(is_at_full_speed(t->first_ms));
    int64_t soon = crowd_requests(crowd, t->first_ms, t->first_ms + 10 * SECOND);
    drain(DAY);
    int64_t took_ms = w.now_ms - fine_ms;
    printf("%d events of %d people: %.0f us before; %lld requests in the outage; first answer "
           "%.1f s after it; %lld requests in the 10 s from there on; drained in %.0f min, %.0f "
           "requests a minute; %ld KiB before, %ld KiB at most; the longest intake of a second: "
           "%.1f ms\n",
           sea.events, o.people, before_us, (long long)asked, (double)(t->first_ms - fine_ms) / 1e3,
           (long long)soon, (double)took_ms / MINUTE,
           (double)t->requests * MINUTE / (double)took_ms, begin_kib, most_kib,
           sea.worst_turn_s * 1e3);
    CHECK(getenv("CW_SANITIZE") || most_kib - begin_kib < 64L * 1024);
    CHECK(intake_us[2] < 2 * intake_us[0] + 100 && intake_us[2] < 2 * before_us + 100);
    int64_t collapsed = judge();
    end_sea();
    return collapsed;
}

TEST(hours_without_awork)
{
    CHECK_INT(live_through(0), 0); /* every call is made, in its order */
}

TEST(hours_without_awork_come_down_to_their_net_effect)
{
    struct outage o = outage_wanted();
    int64_t collapsed = live_through(MINUTE);
    printf("%lld calls came down to later ones\n", (long long)collapsed);
    CHECK(collapsed > o.events / 2);
}

/* ---- Storms ---- */

enum { STORM_PEOPLE = 2000, STORM_BACKLOG = 2000, STORM_MS = 10 * MINUTE };

static const struct storm {
    const char *name;
    enum crowd_weather weather;
    int64_t arg;
    int64_t most;       /* requests in the ten minutes */
    int64_t per_minute; /* after the first one */
    int64_t back_ms;    /* from its end to the first good answer, at most */
} storms[] = {
    {"429 for 20 s each", CROWD_THROTTLED, 20 * SECOND, IN_FLIGHT + 30, 4, 25 * SECOND},
    {"429 for 1 s each", CROWD_THROTTLED, SECOND, IN_FLIGHT + 120, 15, 10 * SECOND},
    {"no connection", CROWD_UNREACHED, 0, IN_FLIGHT + 120, 15, 10 * SECOND},
    {"no answer", CROWD_SILENT, 0, IN_FLIGHT + 20, 3, 40 * SECOND}, /* the last probe is given up */
    {"503", CROWD_UNAVAILABLE, 0, IN_FLIGHT + 120, 15, 10 * SECOND},
    {"answers after 5 s", CROWD_SLOW, 5 * SECOND, 10 * PER_MINUTE, PER_MINUTE, 10 * SECOND},
    {"answers after 29 s", CROWD_SLOW, 29 * SECOND, 10 * PER_MINUTE, PER_MINUTE, 10 * SECOND},
    /* Each act is followed by the look of its doubt. */
    {"answers that are no JSON", CROWD_GARBAGE, 0, 2 * (IN_FLIGHT + 120), 2 * 15, 10 * SECOND},
    {"half answers", CROWD_TRUNCATED, 0, 2 * (IN_FLIGHT + 120), 2 * 15, 10 * SECOND},
    {"acts answered with no JSON", CROWD_GARBAGE_ACTS, 0, 2 * (IN_FLIGHT + 120), 2 * 15,
     10 * SECOND},
};

static void calm(const struct storm *s)
{
    int64_t starts = 0;
    for (int i = 0; i < sea.people; i++)
        starts += crowd_last(crowd, i);
    int64_t left = sea.events - starts, since_ms = w.now_ms;
    crowd_weather(crowd, CROWD_FINE, 0);
    drain(HOUR);
    const struct crowd_tally *t = crowd_tally(crowd);
    /* What hangs holds its place until it is answered. */
    int64_t from_ms = s->weather == CROWD_SLOW ? since_ms + s->arg : t->first_ms;
    printf(" %lld calls were left; the first good answer came after %.1f s\n", (long long)left,
           (double)(t->first_ms - since_ms) / 1e3);
    CHECK(t->first_ms - since_ms <= s->back_ms);
    CHECK(is_at_full_speed(from_ms));
}

static void blow(const struct storm *s)
{
    long most_kib = 0;
    int64_t most_of_minute = 0;
    begin_sea(false, STORM_PEOPLE);
    int64_t from_ms = w.now_ms;
    crowd_weather(crowd, s->weather, s->arg);
    for (int i = 0; i < STORM_BACKLOG / 100; i++)
        send_some(100);
    voyage(STORM_MS, STORM_MS / SECOND, &most_kib);
    for (int64_t at_ms = from_ms + MINUTE; at_ms + MINUTE <= w.now_ms; at_ms += SECOND) {
        int64_t n = crowd_requests(crowd, at_ms, at_ms + MINUTE);
        most_of_minute = n > most_of_minute ? n : most_of_minute;
    }
    const struct crowd_tally *t = crowd_tally(crowd);
    printf("  %s: %lld requests, %lld a minute at most after the first (%lld looks, %lld starts), "
           "%lld in flight at most, %lld while it had said to wait;",
           s->name, (long long)t->requests, (long long)most_of_minute, (long long)t->looks,
           (long long)t->starts, (long long)t->most_in_flight, (long long)t->while_blocked);
    CHECK(t->requests <= s->most);
    CHECK(most_of_minute <= s->per_minute);
    CHECK(t->most_in_flight <= IN_FLIGHT);
    CHECK(t->while_blocked < IN_FLIGHT);
    calm(s);
    CHECK_INT(judge(), 0);
    end_sea();
}

TEST(no_storm_of_requests)
{
    for (size_t i = 0; i < sizeof storms / sizeof *storms; i++)
        blow(&storms[i]);
}

CHECK_MAIN
