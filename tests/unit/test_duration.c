#include <clockwire/doc.h>
#include <string.h>

#include "check.h"

TEST(durations)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1 millisecond", 1},  {"250 milliseconds", 250}, {"1 second", 1000},
        {"90 seconds", 90000}, {"10 minutes", 600000},    {"1 minutes", 60000},
        {"2 minute", 120000},  {"24 hours", 86400000},    {"7 days", 604800000},
        {"0 seconds", 0},      {"007 seconds", 7000},     {"3650 days", INT64_C(315360000000)}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        CHECK_INT(cw_duration_parse(cw_text_of(cases[i].text), &ms, NULL), CW_OK);
        CHECK_INT(ms, cases[i].ms);
    }
}

TEST(no_durations)
{
    static const char *const cases[] = {"",
                                        "10",
                                        "minutes",
                                        " 10 minutes",
                                        "10 minutes ",
                                        "10  minutes",
                                        "10\tminutes",
                                        "10minutes",
                                        "5 mins",
                                        "-1 second",
                                        "+1 second",
                                        "1.5 hours",
                                        "1 week",
                                        "1 minutess",
                                        "1 s",
                                        "1 ",
                                        "1 Minute",
                                        "one minute",
                                        "1e3 seconds"};
    struct cw_error err = {0};
    int64_t ms = -1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(cw_duration_parse(cw_text_of(cases[i]), &ms, &err), CW_ESYNTAX);
    CHECK_STR(err.text,
              "`1e3 seconds` is no duration: write a number and a unit, such as `10 minutes`");
    CHECK_INT(cw_duration_parse(CW_TEXT("3651 days"), &ms, NULL), CW_ELIMIT);
    CHECK_INT(cw_duration_parse(CW_TEXT("99999999999999999999999999 days"), &ms, NULL), CW_ELIMIT);
    CHECK_INT(cw_duration_parse(CW_TEXT("9223372036854775808 milliseconds"), &ms, NULL), CW_ELIMIT);
    CHECK_INT(cw_duration_parse(CW_TEXT("1 minute\0"), &ms, NULL), CW_ESYNTAX);
    CHECK_INT(ms, -1);
}

CHECK_MAIN
