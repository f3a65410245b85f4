#include "check.h"
#include "retry.h"

static struct transport_rate rate_of(int64_t retry_after_s, int64_t reset_s)
{
    return (struct transport_rate){-1, -1, -1, -1, reset_s, retry_after_s};
}

TEST(backoff_doubles_to_its_cap_and_keeps_a_floor)
{
    uint64_t seed = 1;
    for (uint32_t failures = 1; failures < 80; failures++) {
        int64_t full = failures < 10 ? 1000LL << (failures - 1) : 300000;
        full = full < 300000 ? full : 300000;
        for (int i = 0; i < 50; i++) {
            int64_t wait = retry_backoff_ms(failures, 1000, 300000, &seed);
            CHECK(wait >= full / 2 && wait <= full);
        }
    }
}

TEST(backoff_survives_odd_settings)
{
    uint64_t seed = 1;
    CHECK_INT(retry_backoff_ms(1, 0, 0, &seed), 1);
    CHECK_INT(retry_backoff_ms(0, -5, 1, &seed), 1);
    CHECK(retry_backoff_ms(3, 1000, 10, &seed) <= 10);
    CHECK(retry_backoff_ms(UINT32_MAX, 1, INT64_MAX / 4, &seed) > 0);
}

TEST(chance_differs_and_repeats_with_its_seed)
{
    uint64_t a = 7, b = 7, c = 8;
    int same = 0;
    for (int i = 0; i < 20; i++) {
        int64_t x = retry_backoff_ms(5, 1000, 300000, &a);
        CHECK_INT(x, retry_backoff_ms(5, 1000, 300000, &b));
        same += x == retry_backoff_ms(5, 1000, 300000, &c);
    }
    CHECK(same < 3);
}

TEST(a_throttled_wait_is_never_shorter_than_told)
{
    uint64_t seed = 3;
    static const struct {
        int64_t retry_after_s, reset_s, floor_ms, ceiling_ms;
    } rows[] = {
        {-1, 47, 47000, 52000},        {3, 47, 3000, 3750}, {-1, -1, 5000, 6250},
        {0, -1, 1000, 1250},           {-1, 0, 1000, 1250}, {999999999, 1, 3600000, 3605000},
        {-1, 86400, 3600000, 3605000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int n = 0; n < 50; n++) {
            struct transport_rate rate = rate_of(rows[i].retry_after_s, rows[i].reset_s);
            int64_t wait = retry_throttled_ms(&rate, &seed);
            CHECK(wait >= rows[i].floor_ms && wait <= rows[i].ceiling_ms);
        }
}

CHECK_MAIN
