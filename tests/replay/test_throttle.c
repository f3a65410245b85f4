/* 429 and 403 for ten minutes, told in every way there is: one probe for each wait, nothing is done
 * in between, and everything within 10 s of the end. */
#include "course.h"
#include "metrics.h"

#include <sys/mman.h>

enum { CROWD = 40, STORM_MS = 10 * MINUTE };

static void begin_crowd(void)
{
    char text[CROWD * 80 + 300];
    size_t at = (size_t)sprintf(text, "version: 1\ntimezone: UTC\nusers:\n");
    for (int i = 0; i < CROWD; i++)
        at += (size_t)sprintf(text + at,
                              "  p%d: { awork: aaaaaaaa-0000-4000-8000-0000000000%02d }\n", i, i);
    sprintf(text + at, "rules:\n  - { id: s, when: calendar.x, user: everyone, expires: 1 day, "
                       "then: { start: { task: " TASK("1") " } } }\n");
    begin(false, text);
}

static int all_requests(void)
{
    return fake_requests(w.fake, "");
}

static int done(void)
{
    int n = 0;
    for (const char *at = calls(1); (at = strstr(at, "start done")); at++)
        n++;
    return n;
}

/* Of those from number `from` on. */
static int64_t shortest_wait_ms(int from)
{
    int64_t least = INT64_MAX;
    for (int i = from; i + 1 < all_requests(); i++) {
        int64_t ms = fake_sent_ms(w.fake, i + 1) - fake_sent_ms(w.fake, i);
        least = ms < least ? ms : least;
    }
    return least;
}

static const struct telling {
    const char *name;
    int64_t retry_after_s, reset_s; /* as the transport reads them; -1: it was not there */
    int64_t least_ms;               /* between two probes, from the third on */
    int most;                       /* probes in ten minutes */
    int64_t told_ms;                /* how long after the end it may still be obeyed */
} tellings[] = {
    {"Retry-After: 20", 20, -1, 20000, 30, 25000},
    {"RateLimit-Reset: 47", -1, 47, 47000, 13, 52000},
    {"Retry-After: 3, RateLimit-Reset: 47", 3, 47, 3000, 150, 8000},
    {"a date, a day from now", 86400, -1, 3600000, 0, 3605000},
    {"Retry-After: 999999999", 999999999, -1, 3600000, 0, 3605000},
    {"nothing, or what is no number", -1, -1, 4000, 150, 8000},
    {"0", 0, 0, 4000, 151, 8000},
    {"1", 1, -1, 4000, 151, 8000},
};

static void storm(const struct telling *t)
{
    struct transport_rate rate = {-1, -1, -1, -1, t->reset_s, t->retry_after_s};
    begin_crowd();
    fake_rate(w.fake, &rate);
    fake_suffer(w.fake, "", FAKE_STATUS, 429, "", 1000000);
    submit("x", "{\"user\":\"p0\"}");
    go(nine);
    int first = all_requests();
    int64_t turns = metric_get(METRIC_commits);
    CHECK(first <= CROWD);
    CHECK_STR(dispatcher_trouble(w.dispatcher), "awork's rate limit is spent (429)");
    go(nine + STORM_MS);
    int probes = all_requests() - first;
    turns = metric_get(METRIC_commits) - turns;
    int from = first + 2 < all_requests() ? first + 2 : all_requests();
    int64_t apart_ms = shortest_wait_ms(from);
    fake_clear(w.fake);
    fake_rate(w.fake, &(struct transport_rate){-1, -1, -1, -1, -1, -1});
    int64_t end_ms = w.now_ms;
    while (done() < CROWD && w.now_ms < end_ms + 2 * HOUR)
        go(w.now_ms + SECOND);
    printf("  %s: %d at first, then %d probes, %lld turns; all done %.0f s after the end\n",
           t->name, first, probes, (long long)turns, (double)(w.now_ms - end_ms) / 1e3);
    CHECK(probes <= t->most);
    CHECK(apart_ms >= t->least_ms);
    CHECK(turns <= 2 * probes + 2);
    CHECK(w.now_ms - end_ms <= t->told_ms + 10 * SECOND);
    CHECK(!dispatcher_trouble(w.dispatcher));
    CHECK_INT(fake_doubles(w.fake) + fake_overlaps(w.fake), 0);
    end();
}

TEST(a_429_is_obeyed_however_it_is_told)
{
    for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++)
        storm(&tellings[i]);
}

/* ---- What the log says ---- */

static int log_fd;

static void begin_log(void)
{
    log_fd = memfd_create("log", MFD_CLOEXEC);
    log_setup(LOG_WARN, LOG_JSON, dup(log_fd));
}

/* How many lines say so; NULL: all lines. */
static int lines(const char *what)
{
    char text[16384] = "";
    int n = 0;
    ssize_t len = pread(log_fd, text, sizeof text - 1, 0);
    CHECK(len >= 0 && len < (ssize_t)sizeof text - 1);
    for (const char *at = text; (at = strstr(at, what ? what : "\n")); at++)
        n++;
    return n;
}

static const struct trouble {
    const char *name, *match;
    enum fake_fault fault;
    int status;
    const char *line;
    int most;        /* requests in ten minutes, after those that were out when it began */
    int64_t back_ms; /* from its end until everything is done */
} troubles[] = {
    {"no connection", "", FAKE_UNSENT, 0, "out of reach", 150, 10 * SECOND},
    {"no answer", "", FAKE_LOST_BEFORE, 0, "out of reach", 150, 10 * SECOND},
    {"500", "", FAKE_STATUS, 500, "out of reach", 150, 10 * SECOND},
    {"503 to acts", "POST", FAKE_STATUS, 503, "out of reach", 2 * 150, 10 * SECOND},
    {"500 to acts", "POST", FAKE_STATUS, 500, "out of reach", 2 * 150, 10 * SECOND},
    {"no answer to acts", "POST", FAKE_LOST_BEFORE, 0, "out of reach", 2 * 150, 10 * SECOND},
    {"403", "", FAKE_STATUS, 403, "edge refuses", 8, 10 * MINUTE + 10 * SECOND},
    {"403 to acts", "POST", FAKE_STATUS, 403, "edge refuses", 2 * 8, 10 * MINUTE + 10 * SECOND},
    {"401", "", FAKE_STATUS, 401, "refuses the API key", 8, 10 * MINUTE + 10 * SECOND},
};

static void endure(const struct trouble *t)
{
    begin_crowd();
    begin_log();
    fake_suffer(w.fake, t->match, t->fault, t->status,
                t->status == 401 ? "{\"message\":{\"code\":\"unauthorized\"}}" : "", 1000000);
    submit("x", "{\"user\":\"p0\"}");
    go(nine);
    int first = all_requests();
    int64_t turns = metric_get(METRIC_commits);
    go(nine + STORM_MS);
    int more = all_requests() - first;
    turns = metric_get(METRIC_commits) - turns;
    CHECK(first <= 2 * CROWD);
    CHECK(more <= t->most);
    CHECK(turns <= 2 * more + 2);
    CHECK(dispatcher_trouble(w.dispatcher) && strstr(dispatcher_trouble(w.dispatcher), t->line));
    CHECK_INT(done(), 0);
    CHECK_INT(lines(t->line), 1);
    CHECK_INT(lines(NULL), 1);
    fake_clear(w.fake);
    int64_t end_ms = w.now_ms;
    while (done() < CROWD && w.now_ms < end_ms + HOUR)
        go(w.now_ms + SECOND);
    printf("  %s: %d requests at first, then %d; all done %.0f s after the end\n", t->name, first,
           more, (double)(w.now_ms - end_ms) / 1e3);
    CHECK(w.now_ms - end_ms <= t->back_ms);
    CHECK(!dispatcher_trouble(w.dispatcher));
    CHECK_INT(lines(NULL), 1);
    CHECK_INT(fake_doubles(w.fake) + fake_overlaps(w.fake), 0);
    close(log_fd);
    end();
}

TEST(an_outage_is_one_line_and_one_probe_at_a_time)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        endure(&troubles[i]);
}

/* A firewall takes offence at one call: one alarm, nobody else waits, and it is tried again. */
TEST(a_403_to_one_call_is_one_alarm)
{
    begin_crowd();
    begin_log();
    fake_suffer(w.fake, "/users/aaaaaaaa-0000-4000-8000-000000000007/timetracking", FAKE_STATUS,
                403, "", 3);
    submit("x", "{\"user\":\"p0\"}");
    go(nine + 20 * SECOND);
    CHECK_INT(done(), CROWD - 1);
    CHECK_STR(dispatcher_trouble(w.dispatcher), "awork's edge refuses requests (403)");
    go(nine + 5 * MINUTE);
    CHECK_INT(done(), CROWD);
    CHECK(!dispatcher_trouble(w.dispatcher));
    CHECK_INT(lines("edge refuses"), 1);
    CHECK_INT(lines(NULL), 1);
    close(log_fd);
    end();
}

CHECK_MAIN
