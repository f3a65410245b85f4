/* Windows and schedules: what is taken, what is refused, and a year of times in many zones. */
#include "schedule.h"

#include "check.h"
#include "moment.h"
#include "system_zones.h"

#include <string.h>

static struct cw_arena *arena;

static const struct cw_zone *zone_of(const char *name)
{
    const struct cw_zone *zone = NULL;
    struct cw_text bytes;
    arena = arena ? arena : cw_arena_create(64 << 20);
    if (system_zone(NULL, name, arena, &bytes))
        check_skip("this machine has no tzdata");
    CHECK(cwr_zone_read(cw_text_of(name), bytes, arena, &zone, NULL) == CW_OK);
    return zone;
}

static int64_t at(const char *text)
{
    int64_t ms = 0;
    CHECK(cwr_moment_read(cw_text_of(text), &ms));
    return ms;
}

static struct cwr_schedule schedule_of(const char *text)
{
    struct cwr_schedule made = {0};
    struct cw_error err = {0};
    if (!CHECK(cwr_schedule_parse(cw_text_of(text), &made, &err) == CW_OK))
        fprintf(stderr, "%s: %s\n", text, err.text);
    return made;
}

/* The next times after a moment, as UTC. */
static const char *next(const char *text, const char *zone, const char *after, int n)
{
    static char out[1024];
    char one[CWR_MOMENT_SIZE];
    struct cwr_schedule s = schedule_of(text);
    int64_t t = at(after);
    size_t len = 0;
    for (int i = 0; i < n; i++) {
        t = cwr_schedule_next(&s, zone_of(zone), t);
        struct cw_text made = cwr_moment_print(t, one);
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%.16s", i ? " " : "", made.at);
    }
    return out;
}

TEST(times)
{
    CHECK_STR(next("mon-fri 20:00", "UTC", "2026-03-05T19:59:59.999Z", 3),
              "2026-03-05T20:00 2026-03-06T20:00 2026-03-09T20:00");
    CHECK_STR(next("mon-fri 20:00", "UTC", "2026-03-05T20:00:00Z", 1), "2026-03-06T20:00");
    CHECK_STR(next("fri-mon 00:00", "Europe/Berlin", "2026-03-02T10:00:00Z", 4),
              "2026-03-05T23:00 2026-03-06T23:00 2026-03-07T23:00 2026-03-08T23:00");
    CHECK_STR(next("wed,sun 09:05", "Asia/Kathmandu", "2026-03-02T10:00:00Z", 2),
              "2026-03-04T03:20 2026-03-08T03:20");
}

TEST(missing_hour)
{
    CHECK_STR(next("mon-sun 02:30", "Europe/Berlin", "2024-03-30T10:00:00Z", 2),
              "2024-03-31T01:00 2024-04-01T00:30");
    CHECK_STR(next("sun 00:00", "America/Santiago", "2020-09-05T10:00:00Z", 2),
              "2020-09-06T04:00 2020-09-13T03:00");
    CHECK_STR(next("fri 20:00", "Pacific/Apia", "2011-12-29T10:00:00Z", 2),
              "2011-12-30T10:00 2012-01-06T06:00");
    CHECK_STR(next("30 minutes", "Europe/Berlin", "2024-03-31T00:00:00Z", 4),
              "2024-03-31T00:30 2024-03-31T01:00 2024-03-31T01:30 2024-03-31T02:00");
    CHECK_STR(next("30 minutes", "Australia/Lord_Howe", "2019-10-05T14:59:00Z", 3),
              "2019-10-05T15:00 2019-10-05T15:30 2019-10-05T16:00");
}

TEST(doubled_hour)
{
    CHECK_STR(next("mon-sun 02:30", "Europe/Berlin", "2024-10-26T10:00:00Z", 2),
              "2024-10-27T00:30 2024-10-28T01:30");
    CHECK_STR(next("mon-sun 02:30", "Europe/Berlin", "2024-10-27T00:30:00Z", 1),
              "2024-10-28T01:30");
    CHECK_STR(next("mon-sun 02:30", "Europe/Berlin", "2024-10-27T01:00:00Z", 1),
              "2024-10-28T01:30");
    CHECK_STR(next("30 minutes", "Europe/Berlin", "2024-10-27T00:00:00Z", 3),
              "2024-10-27T00:30 2024-10-27T02:00 2024-10-27T02:30");
    CHECK_STR(next("sun 00:30", "America/Havana", "2019-11-02T10:00:00Z", 2),
              "2019-11-03T04:30 2019-11-10T05:30");
}

TEST(steps)
{
    CHECK_STR(next("7 hours", "UTC", "2026-03-02T00:00:00Z", 5),
              "2026-03-02T07:00 2026-03-02T14:00 2026-03-02T21:00 2026-03-03T00:00 "
              "2026-03-03T07:00");
    CHECK_STR(next("1 day", "Europe/Berlin", "2026-03-28T12:00:00Z", 3),
              "2026-03-28T23:00 2026-03-29T22:00 2026-03-30T22:00");
    CHECK_STR(next("24 hours", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
              "2026-03-28T23:00 2026-03-29T22:00");
    CHECK_STR(next("2 days", "UTC", "1970-01-01T00:00:00Z", 2),
              "1970-01-03T00:00 1970-01-05T00:00");
    CHECK_STR(next("1 minute", "Asia/Kathmandu", "2026-03-02T00:00:30Z", 2),
              "2026-03-02T00:01 2026-03-02T00:02");
}

TEST(end_of_time)
{
    struct cwr_schedule s = schedule_of("mon 00:00");
    CHECK(cwr_schedule_next(&s, &cwr_utc, INT64_MAX) == INT64_MAX);
    CHECK(cwr_schedule_next(&s, &cwr_utc, at("9999-12-31T00:00:00Z")) == INT64_MAX);
    CHECK(cwr_schedule_next(&s, &cwr_utc, INT64_MIN) < 0);
}

/* A year of every schedule in every zone: times ascend, the wall shows what was asked for, or the
 * time is that of a change; and each day that it is for has its own. */
static void try_year(const struct cwr_schedule *s, const struct cw_zone *zone)
{
    int64_t from = at("2019-01-01T12:00:00Z"), to = at("2020-01-02T12:00:00Z"), last = from;
    int count = 0;
    while (last < to) {
        int64_t t = cwr_schedule_next(s, zone, last);
        struct cwr_wall now = cwr_zone_wall(zone, t), before = cwr_zone_wall(zone, t - 1);
        bool change = now.offset > before.offset;
        CHECK(t > last && t % 60000 == 0);
        CHECK(change || (s->days >> now.weekday & 1));
        CHECK(change || now.second == s->minute * 60);
        CHECK_INT(cwr_schedule_next(s, zone, t - 1), t);
        CHECK_INT(cwr_schedule_next(s, zone, last + (t - last) / 2), t);
        last = t;
        count++;
    }
    int days = 0;
    for (int64_t day = from / 86400000 + 1; day < to / 86400000 - 1; day++)
        days += s->days >> ((day + 3) % 7) & 1;
    CHECK(count >= days && count <= days + 4);
}

TEST(a_year)
{
    static const char *const zones[] = {
        "UTC",           "Europe/Berlin",   "America/New_York",    "America/Santiago",
        "Asia/Beirut",   "Asia/Kathmandu",  "Australia/Lord_Howe", "America/Havana",
        "Europe/Dublin", "Pacific/Chatham", "Antarctica/Troll",    "Atlantic/Azores"};
    static const char *const texts[] = {"mon-sun 00:00", "mon-fri 20:00", "sun 02:30",
                                        "sat,sun 00:30", "fri-mon 23:59", "mon-sun 02:15"};
    for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            struct cwr_schedule s = schedule_of(texts[i]);
            try_year(&s, zone_of(zones[z]));
        }
}

TEST(a_year_of_steps)
{
    static const char *const zones[] = {"Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"};
    for (size_t z = 0; z < 3; z++) {
        const struct cw_zone *zone = zone_of(zones[z]);
        for (int minutes = 5; minutes <= 720; minutes += 5) {
            struct cwr_schedule s = {.days = 127, .steps = true, .minute = minutes};
            int64_t t = at("2019-01-01T12:00:00Z"), to = at("2020-01-01T12:00:00Z");
            int count = 0;
            for (; t < to; count++) {
                int64_t after = t;
                t = cwr_schedule_next(&s, zone, after);
                struct cwr_wall now = cwr_zone_wall(zone, t), was = cwr_zone_wall(zone, t - 1);
                if (!CHECK(t > after &&
                           (now.offset > was.offset || now.second % (minutes * 60) == 0)))
                    return;
            }
            int a_day = (1440 + minutes - 1) / minutes;
            CHECK(count >= 365 * a_day - 60 / minutes - 2 && count <= 365 * a_day + 3);
        }
    }
}

/* ---- What is written ---- */

static const char *refusal(const char *text, bool window)
{
    static struct cw_error err;
    struct cwr_schedule s = {.minute = 7};
    struct cwr_window w = {.from = 7};
    err.text[0] = '\0';
    enum cw_status status = window ? cwr_window_parse(cw_text_of(text), &w, &err)
                                   : cwr_schedule_parse(cw_text_of(text), &s, &err);
    CHECK((status == CW_OK) == (err.text[0] == '\0'));
    CHECK(status == CW_OK || (s.minute == 7 && w.from == 7));
    return err.text;
}

/* It is the one that `next` comes by last. */
TEST(the_last_one)
{
    static const char *const texts[] = {"mon-fri 20:00", "sun 02:30", "1 minute",  "30 minutes",
                                        "7 hours",       "1 day",     "3650 days", "mon-sun 00:00"};
    static const char *const zones[] = {"Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"};
    const int64_t begin = at("2024-03-29T00:00:00Z");
    for (size_t i = 0; i < 8 * 3; i++) {
        struct cwr_schedule s = schedule_of(texts[i % 8]);
        const struct cw_zone *zone = zone_of(zones[i / 8]);
        for (int64_t k = 0; k < 400; k++) {
            int64_t upto = begin + k * 3593999 + (k % 3 ? 0 : -(k * 3593999 % 60000));
            int64_t last = cwr_schedule_last(&s, zone, upto);
            if (!CHECK(last <= upto) || !CHECK(cwr_schedule_next(&s, zone, last) > upto) ||
                !CHECK(cwr_schedule_next(&s, zone, last - 1) == last))
                return;
        }
    }
    struct cwr_schedule s = schedule_of("1 minute");
    CHECK_INT(cwr_schedule_last(&s, &cwr_utc, at("2024-03-29T00:07:59.999Z")),
              at("2024-03-29T00:07:00Z"));
    CHECK_INT(cwr_schedule_last(&s, &cwr_utc, at("2024-03-29T00:07:00Z")),
              at("2024-03-29T00:07:00Z"));
    CHECK_INT(cwr_schedule_last(&s, &cwr_utc, INT64_MAX), at("9999-12-31T23:59:00Z"));
    CHECK_INT(cwr_schedule_last(&s, &cwr_utc, INT64_MIN), INT64_MIN);
}

TEST(schedules)
{
    static const char *const bad[] = {"",
                                      "mon",
                                      "mon 9:00",
                                      "mon  09:00",
                                      "Mon 09:00",
                                      "mon-fri 24:00",
                                      "mon 09:60",
                                      "mon 25:00",
                                      "mon, tue 09:00",
                                      "mon-tue-wed 09:00",
                                      "mon 09:00 ",
                                      "09:00",
                                      "30 seconds",
                                      "0 minutes",
                                      "36 hours",
                                      "5 mins",
                                      "1 fortnight",
                                      "mon 0a:00",
                                      "mon,",
                                      "daily 09:00",
                                      "4000 days"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK(refusal(bad[i], false)[0] != '\0'))
            fprintf(stderr, "%s\n", bad[i]);
    CHECK_STR(refusal("mon 09:00", false), "");
    CHECK_STR(refusal("mon-wed,fri,sat-sun 23:59", false), "");
    CHECK_STR(refusal("1 hour", false), "");
    CHECK_STR(refusal("daily 9:00", false),
              "`daily 9:00` is no schedule: write `mon-fri 20:00` or `30 minutes`");
}

TEST(windows)
{
    static const char *const bad[] = {"",
                                      "mon-fri",
                                      "mon-fri 9:00-17:30",
                                      "mon-fri 09:00 - 17:30",
                                      "mon-fri 09:00",
                                      "mon 24:00-09:00",
                                      "mon 09:00-24:01",
                                      "mon 09:00-09:00",
                                      "mon 09:00-17:00,18:00-19:00",
                                      "09:00-17:00"};
    struct cwr_window w;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK(refusal(bad[i], true)[0] != '\0'))
            fprintf(stderr, "%s\n", bad[i]);
    CHECK(cwr_window_parse(CW_TEXT("fri-mon 22:00-06:00"), &w, NULL) == CW_OK);
    CHECK_INT(w.days, 1 | 16 | 32 | 64);
    CHECK_INT(w.from, 22 * 60);
    CHECK_INT(w.to, 6 * 60);
    CHECK(cwr_window_parse(CW_TEXT("mon 00:00-24:00"), &w, NULL) == CW_OK);
    CHECK_INT(w.to, CWR_DAY_MIN);
}

CHECK_MAIN
