#include "check.h"
#include "dispatcher/lanes.h"
#include "retry.h"

#include <stdio.h>
#include <stdlib.h>

enum { N = 500 };

TEST(a_lane_is_found_until_it_is_dropped)
{
    struct lanes l;
    char name[16];
    lanes_init(&l);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "p%d", i);
        lanes_push(&l, lanes_add(&l, name), i);
    }
    for (int i = 0; i < N; i += 2) {
        snprintf(name, sizeof name, "p%d", i);
        lanes_drop(&l, lanes_find(&l, name));
    }
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "p%d", i);
        CHECK_INT(lanes_find(&l, name) != NULL, i % 2);
    }
    CHECK_INT(l.n, N / 2);
    CHECK_INT(l.awork.n, N / 2);
    lanes_fini(&l);
}

TEST(equals_take_turns)
{
    struct lanes l;
    lanes_init(&l);
    struct lane *a = lanes_add(&l, "a"), *b = lanes_add(&l, "b");
    lanes_push(&l, a, 5);
    lanes_push(&l, b, 5);
    CHECK(lanes_top(&l.awork) == a);
    lanes_push(&l, a, 5);
    CHECK(lanes_top(&l.awork) == b);
    b->parcel = calloc(1, sizeof *b->parcel); /* one in the middle of a call is first */
    lanes_push(&l, b, 7);
    CHECK(lanes_top(&l.awork) == b);
    lanes_pull(&l, b);
    lanes_pull(&l, b);
    CHECK(lanes_top(&l.awork) == a);
    lanes_pull(&l, a);
    CHECK(lanes_top(&l.awork) == NULL);
    lanes_fini(&l);
}

/* After any sequence of moves the top is the earliest, as a plain search finds it. */
TEST(the_top_is_always_the_earliest)
{
    struct lanes l;
    struct lane *all[N];
    uint64_t seed = 9;
    lanes_init(&l);
    for (int i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        all[i] = lanes_add(&l, name);
    }
    for (int i = 0; i < 20000; i++) {
        struct lane *one = all[retry_random(&seed) % N], *best = NULL;
        if (retry_random(&seed) % 3)
            lanes_push(&l, one, (int64_t)(retry_random(&seed) % 50));
        else
            lanes_pull(&l, one);
        for (int k = 0; k < N; k++)
            if (all[k]->place && (!best || all[k]->due_ms < best->due_ms ||
                                  (all[k]->due_ms == best->due_ms && all[k]->order < best->order)))
                best = all[k];
        if (!CHECK(lanes_top(&l.awork) == best))
            break;
    }
    lanes_fini(&l);
}

CHECK_MAIN
