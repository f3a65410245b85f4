/* Times as people ask for them. */
#include "check.h"
#include "lab.h"
#include "moment.h"
#include "when.h"

static const char text[] =
    "version: 1\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, timezone: Europe/Berlin }\n"
    "rules:\n  - { id: a, when: custom.a, user: ada, then: stop }\n";

/* What is meant at 2026-03-02T12:00:00Z, a Monday; noon in UTC, one o'clock in Berlin. */
static const char *when(const char *what, const char *who)
{
    static char out[CWR_MOMENT_SIZE];
    static struct cw_ruleset *rules;
    struct cw_error err = {0};
    int64_t now_ms = 0, ms = 0;
    rules = rules ? rules : lab_compile(text, NULL);
    CHECK(cwr_moment_read(CW_TEXT("2026-03-02T12:00:00Z"), &now_ms));
    const struct cw_person *person = who ? cw_ruleset_find(rules, cw_text_of(who)) : NULL;
    enum cw_status st = when_parse(what, person, now_ms, &ms, &err);
    CHECK(st == CW_OK || st == CW_EINVAL);
    if (st)
        return strstr(err.text, "is no time") ? "no time" : "?";
    struct cw_text made = cwr_moment_print(ms, out);
    out[19] = '\0';
    return made.at;
}

TEST(so_long_ago)
{
    CHECK_STR(when("2 hours", NULL), "2026-03-02T10:00:00");
    CHECK_STR(when("1 day", "ada"), "2026-03-01T12:00:00");
}

TEST(on_a_clock)
{
    CHECK_STR(when("2026-03-02 10:00", NULL), "2026-03-02T10:00:00");
    CHECK_STR(when("2026-03-02 10:00", "ada"), "2026-03-02T09:00:00");
    CHECK_STR(when("2026-07-02", "ada"), "2026-07-01T22:00:00");
    CHECK_STR(when("2026-03-02T10:00:00+05:30", "ada"), "2026-03-02T04:30:00");
}

TEST(the_last_time_that_it_was)
{
    CHECK_STR(when("11:30", NULL), "2026-03-02T11:30:00");
    CHECK_STR(when("12:30", NULL), "2026-03-01T12:30:00");
    CHECK_STR(when("12:30", "ada"), "2026-03-02T11:30:00");
    CHECK_STR(when("13:00:30", "ada"), "2026-03-01T12:00:30");
}

TEST(no_time)
{
    CHECK_STR(when("", NULL), "no time");
    CHECK_STR(when("tea time", "ada"), "no time");
    CHECK_STR(when("25:00", "ada"), "no time");
    CHECK_STR(when("2 fortnights", NULL), "no time");
    CHECK_STR(when("2026-02-30 10:00", NULL), "no time");
}

CHECK_MAIN
