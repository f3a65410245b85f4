#include "breaker.h"
#include "check.h"

#include <stdio.h>

enum { T = 1000000 };

static uint64_t seed = 3;

static enum breaker_change hear(struct breaker *b, enum breaker_says says, int64_t call, bool probe,
                                int64_t now_ms)
{
    struct breaker_news news = {
        .says = says, .call = call, .told_ms = 5000, .is_probe = probe, .acts = call < 0};
    return breaker_hear(b, &news, now_ms, &seed);
}

static void open_it(struct breaker *b, enum breaker_says says)
{
    for (int i = 1; b->cause == BREAKER_CLOSED && i < 9; i++)
        hear(b, says, i, false, T);
    CHECK(b->cause != BREAKER_CLOSED);
}

static void probe_at(struct breaker *b, int64_t now_ms)
{
    CHECK_INT(breaker_next_ms(b, false, now_ms), now_ms);
    CHECK(breaker_take(b));
    CHECK_INT(breaker_next_ms(b, false, now_ms), INT64_MAX);
    CHECK_INT(breaker_next_ms(b, true, now_ms), now_ms);
}

TEST(closed_nothing_waits_and_nothing_is_a_probe)
{
    struct breaker b = {0};
    CHECK_INT(breaker_next_ms(&b, false, T), T);
    CHECK(!breaker_take(&b));
    CHECK_INT(hear(&b, BREAKER_SAYS_GOOD, 1, false, T), BREAKER_SAME);
    CHECK_INT(b.cause, BREAKER_CLOSED);
}

TEST(failures_in_a_row_open_it_and_a_good_answer_between_does_not)
{
    struct breaker b = {0};
    for (int i = 0; i < 20; i++) {
        for (int k = 1; k < BREAKER_OPENS_AFTER; k++)
            CHECK_INT(hear(&b, BREAKER_SAYS_OUT, 1, false, T), BREAKER_SAME);
        hear(&b, BREAKER_SAYS_NOTHING, 1, false, T);
        hear(&b, BREAKER_SAYS_GOOD, 1, false, T);
    }
    for (int k = 1; k < BREAKER_OPENS_AFTER; k++)
        CHECK_INT(hear(&b, BREAKER_SAYS_OUT, 1, false, T), BREAKER_SAME); /* one lane is enough */
    CHECK_INT(hear(&b, BREAKER_SAYS_OUT, 1, false, T), BREAKER_OPENED);
    CHECK_INT(b.cause, BREAKER_OUTAGE);
    CHECK(breaker_next_ms(&b, false, T) >= T + 1000 && breaker_next_ms(&b, false, T) <= T + 2000);
}

TEST(what_one_call_alone_suffers_opens_nothing)
{
    static const enum breaker_says poison[] = {BREAKER_SAYS_ODD, BREAKER_SAYS_EDGE};
    for (int i = 0; i < 2; i++) {
        struct breaker b = {0};
        for (int k = 0; k < 1000; k++)
            CHECK_INT(hear(&b, poison[i], 7, false, T), BREAKER_SAME);
        for (int k = 1; k < BREAKER_OPENS_AFTER - 1; k++)
            CHECK_INT(hear(&b, poison[i], k, false, T), BREAKER_SAME);
        CHECK_INT(hear(&b, poison[i], 9, false, T), BREAKER_OPENED);
        CHECK_INT(b.cause, i ? BREAKER_EDGE : BREAKER_OUTAGE);
    }
}

TEST(one_probe_for_each_wait_and_its_answer_closes)
{
    struct breaker b = {0};
    open_it(&b, BREAKER_SAYS_OUT);
    int64_t now = T;
    for (int i = 0; i < 50; i++) {
        int64_t next = breaker_next_ms(&b, false, now);
        CHECK(next > now && next - now <= 8000 && (i < 3 || next - now >= 4000));
        now = next;
        probe_at(&b, now);
        CHECK_INT(hear(&b, BREAKER_SAYS_GOOD, 4, false, now), BREAKER_SAME); /* left before */
        CHECK_INT(hear(&b, BREAKER_SAYS_OUT, 4, false, now), BREAKER_SAME);
        CHECK_INT(breaker_next_ms(&b, false, now), INT64_MAX);
        CHECK_INT(hear(&b, BREAKER_SAYS_OUT, 5, true, now), BREAKER_SAME);
    }
    now = breaker_next_ms(&b, false, now);
    probe_at(&b, now);
    CHECK_INT(hear(&b, BREAKER_SAYS_GOOD, 6, true, now), BREAKER_SHUT);
    CHECK_INT(breaker_next_ms(&b, false, now), now);
    CHECK_INT(hear(&b, BREAKER_SAYS_OUT, 6, false, now), BREAKER_SAME); /* it counts anew */
}

TEST(a_probe_that_tells_nothing_makes_room_for_the_next)
{
    struct breaker b = {0};
    open_it(&b, BREAKER_SAYS_OUT);
    int64_t now = breaker_next_ms(&b, false, T);
    probe_at(&b, now);
    CHECK_INT(hear(&b, BREAKER_SAYS_NOTHING, 1, true, now), BREAKER_SAME);
    probe_at(&b, now);
    breaker_pass(&b);
    probe_at(&b, now);
}

TEST(what_a_429_tells_is_waited_for_and_made_longer_when_it_is_too_short)
{
    struct breaker b = {0};
    struct breaker_news news = {.says = BREAKER_SAYS_RATE, .told_ms = 47000};
    CHECK_INT(breaker_hear(&b, &news, T, &seed), BREAKER_OPENED);
    CHECK_INT(b.until_ms, T + 47000);
    news.told_ms = 1000;
    breaker_hear(&b, &news, T, &seed); /* of one that had left before */
    CHECK_INT(b.until_ms, T + 47000);
    news.told_ms = 60000;
    breaker_hear(&b, &news, T, &seed);
    CHECK_INT(b.until_ms, T + 60000);
    int64_t now = b.until_ms;
    news = (struct breaker_news){.says = BREAKER_SAYS_RATE, .told_ms = 1000, .is_probe = true};
    for (int i = 0; i < 20; i++) {
        probe_at(&b, now);
        CHECK_INT(breaker_hear(&b, &news, now, &seed), BREAKER_SAME);
        CHECK(b.until_ms - now >= (i < 2 ? 1000 : 4000) && b.until_ms - now <= 8000);
        now = b.until_ms;
    }
}

TEST(the_key_is_asked_for_rarely_and_an_own_token_says_nothing_about_it)
{
    struct breaker b = {0};
    CHECK_INT(hear(&b, BREAKER_SAYS_KEY, 1, false, T), BREAKER_OPENED);
    int64_t now = breaker_next_ms(&b, false, T);
    CHECK(now >= T + 15000 && now <= T + 30000);
    probe_at(&b, now);
    struct breaker_news own = {.says = BREAKER_SAYS_GOOD, .is_probe = true, .own_token = true};
    CHECK_INT(breaker_hear(&b, &own, now, &seed), BREAKER_SAME);
    probe_at(&b, now); /* the next one asks */
    hear(&b, BREAKER_SAYS_KEY, 2, true, now);
    CHECK(breaker_next_ms(&b, false, now) >= now + 30000);
    breaker_new_key(&b);
    probe_at(&b, now);
    CHECK_INT(hear(&b, BREAKER_SAYS_GOOD, 2, true, now), BREAKER_SHUT);
    hear(&b, BREAKER_SAYS_RATE, 1, false, now);
    breaker_new_key(&b); /* lifts no 429 */
    CHECK_INT(breaker_next_ms(&b, false, now), now + 5000);
}

TEST(another_cause_is_told_as_another_opening)
{
    struct breaker b = {0};
    open_it(&b, BREAKER_SAYS_OUT);
    int64_t now = breaker_next_ms(&b, false, T);
    probe_at(&b, now);
    CHECK_INT(hear(&b, BREAKER_SAYS_KEY, 2, true, now), BREAKER_OPENED);
    CHECK_INT(b.cause, BREAKER_KEY);
    CHECK_INT(b.since_ms, T);
}

/* Looks are good and acts fail: it opens, and a good look is not the end of it. Acts are negative
 * calls here. */
TEST(when_only_acts_fail_only_an_act_tells)
{
    struct breaker b = {0};
    for (int i = 1; i <= BREAKER_OPENS_AFTER; i++) {
        hear(&b, BREAKER_SAYS_GOOD, i, false, T);
        hear(&b, BREAKER_SAYS_ODD, -i, false, T);
    }
    CHECK_INT(b.cause, BREAKER_OUTAGE);
    int64_t now = breaker_next_ms(&b, false, T);
    probe_at(&b, now);
    CHECK_INT(hear(&b, BREAKER_SAYS_GOOD, 7, true, now), BREAKER_SAME);
    CHECK(b.probing);
    CHECK_INT(breaker_next_ms(&b, true, now), now); /* its act may leave */
    CHECK(breaker_take(&b));
    hear(&b, BREAKER_SAYS_ODD, -7, true, now);
    CHECK(!b.probing);
    now = breaker_next_ms(&b, false, now);
    probe_at(&b, now);
    CHECK_INT(hear(&b, BREAKER_SAYS_GOOD, -8, true, now), BREAKER_SHUT);
}

CHECK_MAIN
