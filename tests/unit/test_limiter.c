#include "check.h"
#include "limiter.h"
#include "retry.h"

static const struct transport_rate silent = {-1, -1, -1, -1, -1, -1};
static const struct rate_window awork[] = {{50, 1000}, {1000, 60000}};

static struct transport_rate says(int64_t second, int64_t minute, int64_t reset_s)
{
    return (struct transport_rate){50, second, 1000, minute, reset_s, -1};
}

TEST(no_stretch_of_a_window_holds_more_than_allowed)
{
    struct limiter *l = limiter_create(awork, 2);
    static int64_t sent[20000];
    uint64_t seed = 5;
    size_t n = 0;
    for (int64_t now = 1000000; now < 1000000 + 180000; now += (int64_t)(retry_random(&seed) % 7))
        if (n < 20000 && limiter_take(l, now, 0))
            sent[n++] = now;
    for (size_t i = 50; i < n; i++)
        CHECK(sent[i] - sent[i - 50] >= 1000);
    for (size_t i = 1000; i < n; i++)
        CHECK(sent[i] - sent[i - 1000] >= 60000);
    CHECK(n >= 2990); /* and what is allowed is used */
    limiter_destroy(l);
}

TEST(next_is_the_moment_when_take_succeeds)
{
    struct limiter *l = limiter_create(awork, 2);
    int64_t now = 1000000;
    for (int i = 0; i < 3000; i++) {
        int64_t next = limiter_next_ms(l, now, 0);
        if (next > now)
            CHECK(!limiter_take(l, next - 1, 0));
        now = next;
        CHECK(limiter_take(l, now, 0));
    }
    limiter_destroy(l);
}

TEST(a_reserve_is_left_for_calls_already_begun)
{
    struct limiter *l = limiter_create(awork, 2);
    for (int i = 0; i < 40; i++)
        CHECK(limiter_take(l, 1000, 10));
    CHECK(!limiter_take(l, 1000, 10));
    for (int i = 0; i < 10; i++)
        CHECK(limiter_take(l, 1000, 0));
    CHECK(!limiter_take(l, 1000, 0));
    CHECK_INT(limiter_next_ms(l, 1000, 0), 2050);
    limiter_destroy(l);
    l = limiter_create((struct rate_window[]){{1, 1000}}, 1); /* more than there is: no deadlock */
    CHECK(limiter_take(l, 1000, 5));
    limiter_destroy(l);
}

TEST(no_windows_no_limit)
{
    struct limiter *l = limiter_create((struct rate_window[]){{0, 1000}, {5, 0}}, 2);
    for (int i = 0; i < 1000; i++)
        CHECK(limiter_take(l, 1, 0));
    limiter_destroy(l);
    limiter_destroy(NULL);
}

TEST(what_others_used_is_believed_for_a_window)
{
    struct limiter *l = limiter_create(awork, 2);
    struct transport_rate rate = says(2, 900, 47);
    limiter_answered(l, &rate, 1000);
    CHECK(limiter_take(l, 1000, 0));
    CHECK(limiter_take(l, 1000, 0));
    CHECK(!limiter_take(l, 1000, 0));
    CHECK_INT(limiter_next_ms(l, 1000, 0), 2000);
    CHECK(limiter_take(l, 2000, 0));
    rate = says(49, 0, 20);
    limiter_answered(l, &rate, 2000);
    CHECK_INT(limiter_next_ms(l, 2000, 0), 22000);
    limiter_answered(l, &silent, 2100); /* silence changes nothing */
    CHECK_INT(limiter_next_ms(l, 2100, 0), 22000);
    rate = says(49, 500, 20);
    limiter_answered(l, &rate, 2200);
    CHECK(limiter_take(l, 2200, 0));
    limiter_destroy(l);
}

TEST(after_a_block_one_probe_then_all)
{
    struct limiter *l = limiter_create(awork, 2);
    limiter_block(l, 5000);
    limiter_block(l, 4000); /* the longest holds */
    CHECK(!limiter_take(l, 4999, 0));
    limiter_answered(l, &silent, 4999); /* sent before the block: it opens nothing */
    CHECK(limiter_is_blocked(l, 4999));
    CHECK_INT(limiter_next_ms(l, 4999, 0), 5000);
    CHECK(limiter_take(l, 5000, 0));
    CHECK(!limiter_take(l, 5000, 0));
    CHECK_INT(limiter_next_ms(l, 5000, 0), INT64_MAX);
    limiter_block(l, 9000); /* the probe was refused too */
    CHECK(!limiter_take(l, 8999, 0));
    CHECK(limiter_take(l, 9000, 0));
    limiter_probe_again(l); /* the probe was lost */
    CHECK(limiter_take(l, 9000, 0));
    limiter_answered(l, &silent, 9100);
    CHECK(!limiter_is_blocked(l, 9100));
    CHECK(limiter_take(l, 9100, 0) && limiter_take(l, 9100, 0));
    limiter_destroy(l);
}

CHECK_MAIN
