#include "clock.h"

#include "check.h"

TEST(formats_moments)
{
    char text[CLOCK_TEXT];
    CHECK_STR(clock_format(0, text), "1970-01-01T00:00:00.000Z");
    CHECK_STR(clock_format(951782400123, text), "2000-02-29T00:00:00.123Z");
    CHECK_STR(clock_format(951868799999, text), "2000-02-29T23:59:59.999Z");
    CHECK_STR(clock_format(1772438400000, text), "2026-03-02T08:00:00.000Z");
    CHECK_STR(clock_format(4107542399000, text), "2100-02-28T23:59:59.000Z");
    CHECK_STR(clock_format(4107542400000, text), "2100-03-01T00:00:00.000Z");
    CHECK_STR(clock_format(-1, text), "1969-12-31T23:59:59.999Z");
}

TEST(never_steps_back)
{
    int64_t before = clock_now_ms();
    CHECK(before > 1700000000000);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_now_ms();
        CHECK(now >= before);
        before = now;
    }
    CHECK(clock_wall_ms() - before < 1000 && before - clock_wall_ms() < 1000);
}

CHECK_MAIN
