#include "length.h"

#include "check.h"

static long long ms_of(const char *text)
{
    int64_t ms = -2;
    struct cw_error err;
    return length_parse(cw_text_of(text), &ms, &err) ? -1 : (long long)ms;
}

TEST(as_rules_write_it)
{
    CHECK_INT(ms_of("2 hours"), 7200000);
    CHECK_INT(ms_of("1 hour"), 3600000);
    CHECK_INT(ms_of("90 seconds"), 90000);
    CHECK_INT(ms_of("10 milliseconds"), 10);
    CHECK_INT(ms_of("0 minutes"), 0);
    CHECK_INT(ms_of("3650 days"), INT64_C(3650) * 86400000);
}

TEST(as_people_type_it)
{
    CHECK_INT(ms_of("2h"), 7200000);
    CHECK_INT(ms_of(" 90 Min "), 5400000);
    CHECK_INT(ms_of("1h30m"), 5400000);
    CHECK_INT(ms_of("1 day 4 HOURS"), 100800000);
    CHECK_INT(ms_of("\t45s"), 45000);
    CHECK_INT(ms_of("2hrs"), 7200000);
}

TEST(what_is_no_duration)
{
    static const char *const bad[] = {"",    " ",    "h",   "2",     "2 x",  "two hours", "2h,30m",
                                      "-2h", "2.5h", "2h!", "2 h h", "1h 2", "$h"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_INT(ms_of(bad[i]), -1);
    CHECK_INT(ms_of("3650 days 1 s"), -1);
    CHECK_INT(ms_of("3651d"), -1);
    CHECK_INT(ms_of("99999999999999999999999h"), -1);
    struct cw_error err;
    int64_t ms = 7;
    CHECK_INT(length_parse(cw_text_of("until the cows come home, whenever that may be"), &ms, &err),
              CW_EINVAL);
    CHECK_STR(err.text, "\"until the cows come home, whenever that \" is no duration; say \"2 "
                        "hours\" or \"90m\"");
    CHECK_INT(ms, 7);
    CHECK_INT(length_parse((struct cw_text){NULL, 0}, &ms, &err), CW_EINVAL);
}

CHECK_MAIN
