#include "check.h"
#include "limiter.h"
#include "retry.h"

#include <stdio.h>

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
    limiter_answered(l, &rate, 0, 1000);
    CHECK(limiter_take(l, 1000, 0));
    CHECK(limiter_take(l, 1000, 0));
    CHECK(!limiter_take(l, 1000, 0));
    CHECK_INT(limiter_next_ms(l, 1000, 0), 2000);
    CHECK(limiter_take(l, 2000, 0));
    rate = says(49, 0, 20);
    limiter_answered(l, &rate, 0, 2000);
    CHECK_INT(limiter_next_ms(l, 2000, 0), 22000);
    limiter_answered(l, &silent, 0, 2100); /* silence changes nothing */
    CHECK_INT(limiter_next_ms(l, 2100, 0), 22000);
    rate = says(49, 500, 20);
    limiter_answered(l, &rate, 0, 2200);
    CHECK(limiter_take(l, 2200, 0));
    limiter_destroy(l);
}

/* What is on its way is not yet in what the server counts. */
TEST(requests_in_flight_are_taken_off_what_remains)
{
    struct limiter *l = limiter_create(awork, 2);
    struct transport_rate rate = says(10, 900, 47);
    limiter_answered(l, &rate, 8, 1000);
    CHECK(limiter_take(l, 1000, 0) && limiter_take(l, 1000, 0));
    CHECK(!limiter_take(l, 1000, 0));
    limiter_answered(l, &rate, 30, 1100); /* more than remain: nothing is left */
    CHECK_INT(limiter_next_ms(l, 1100, 0), 2100);
    rate = says(50, 10, INT64_MAX); /* an absurd reset overflows nothing */
    limiter_answered(l, &rate, 10, 1200);
    CHECK_INT(limiter_next_ms(l, 1200, 0), 61200);
    limiter_destroy(l);
}

/* By chance: narrow and wide windows, reserves, answers of a server that others use too, reloads
 * that change the windows. Never more in any stretch than its window allows. */
static void play_by_chance(uint64_t seed)
{
    static int64_t sent[4000];
    struct rate_window w[2];
    for (int i = 0; i < 2; i++)
        w[i] = (struct rate_window){1 + (uint32_t)(retry_random(&seed) % 40),
                                    i ? 1000 * (1 + (int64_t)(retry_random(&seed) % 60)) : 1000};
    struct limiter *l = limiter_create(w, 2);
    int64_t now = 1000000;
    size_t n = 0;
    while (n < 4000 && now < 1000000 + 400000) {
        uint64_t what = retry_random(&seed) % 100;
        now += what < 60 ? 0 : (int64_t)(retry_random(&seed) % (what < 95 ? 30 : 3000));
        if (what < 10) {
            struct transport_rate rate = says((int64_t)(retry_random(&seed) % 60) - 1,
                                              (int64_t)(retry_random(&seed) % 60) - 1,
                                              (int64_t)(retry_random(&seed) % 70) - 1);
            limiter_answered(l, &rate, (size_t)(retry_random(&seed) % 5), now);
        } else if (what == 10) {
            struct limiter *old = l;
            l = limiter_create(w, 2);
            limiter_inherit(l, old);
            limiter_destroy(old);
        } else if (limiter_take(l, now, (size_t)(retry_random(&seed) % 3))) {
            sent[n++] = now;
        } else {
            int64_t next = limiter_next_ms(l, now, 0);
            CHECK(next < now + 60000 + 2000);
            now = what < 30 && next > now ? next : now;
        }
    }
    for (int k = 0; k < 2; k++)
        for (size_t i = w[k].requests; i < n; i++)
            if (!CHECK(sent[i] - sent[i - w[k].requests] >= w[k].window_ms))
                fprintf(stderr, "  %u in %lld ms\n", w[k].requests, (long long)w[k].window_ms);
    CHECK(n >= 3);
    limiter_destroy(l);
}

TEST(by_chance_no_window_ever_holds_too_many)
{
    for (uint64_t seed = 1; seed <= 200; seed++)
        play_by_chance(seed);
}

CHECK_MAIN
