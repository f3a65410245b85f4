#include "check.h"
#include "store/keyset.h"

#include <string.h>

static struct store_key key_of(uint64_t n)
{
    struct store_key key = {{0}};
    uint64_t mixed = (n + 1) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed ^= mixed >> 29;
    memcpy(key.bytes, &mixed, sizeof mixed);
    return key;
}

static bool names(const struct keyset *set, const struct store_key *key, uint32_t event)
{
    struct keyset_walk walk = {0};
    uint32_t guess;
    while ((guess = keyset_next(set, key, &walk)))
        if (guess == event)
            return true;
    return false;
}

TEST(what_is_added_is_named)
{
    struct keyset *set = keyset_create(0);
    struct store_key key = key_of(1);
    CHECK(!names(set, &key, 7));
    keyset_add(set, &key, 7);
    CHECK(names(set, &key, 7));
    CHECK(!names(set, &key, 8));
    keyset_add(set, &key, 8); /* both are guesses from now on */
    CHECK(names(set, &key, 7) && names(set, &key, 8));
    keyset_destroy(set);
    keyset_destroy(NULL);
}

TEST(it_grows_and_guesses_seldom_wrong)
{
    enum { N = 100000 };
    struct keyset *set = keyset_create(0);
    unsigned wrong = 0;
    for (uint32_t i = 0; i < N; i++) {
        struct store_key key = key_of(i);
        struct keyset_walk walk = {0};
        wrong += keyset_next(set, &key, &walk) != 0;
        keyset_add(set, &key, i + 1);
    }
    CHECK_INT(keyset_count(set), N);
    for (uint32_t i = 0; i < N; i++) {
        struct store_key key = key_of(i);
        CHECK(names(set, &key, i + 1));
    }
    CHECK(wrong < N / 500);
    keyset_destroy(set);
}

TEST(an_undo_leaves_what_was_kept)
{
    enum { N = 5000 };
    struct keyset *set = keyset_create(0);
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < N; i++) { /* every second turn is undone */
            struct store_key key = key_of(i * 10 + round);
            keyset_add(set, &key, i * 10 + round + 1);
        }
        if (round % 2)
            keyset_undo(set);
        else
            keyset_keep(set);
    }
    CHECK_INT(keyset_count(set), 2 * N);
    for (uint32_t i = 0; i < N; i++) {
        for (uint32_t round = 0; round < 4; round++) {
            struct store_key key = key_of(i * 10 + round);
            CHECK_INT(names(set, &key, i * 10 + round + 1), round % 2 == 0);
        }
    }
    keyset_undo(set); /* nothing fresh: nothing happens */
    CHECK_INT(keyset_count(set), 2 * N);
    keyset_destroy(set);
}

TEST(what_is_dropped_goes_with_the_turn_and_gives_memory_back)
{
    enum { N = 100000, LEFT = 1000 };
    struct keyset *set = keyset_create(0);
    struct store_key key;
    for (uint32_t i = 0; i < N; i++) {
        key = key_of(i);
        keyset_add(set, &key, i + 1);
    }
    keyset_keep(set);
    size_t most = keyset_slots(set);
    key = key_of(7);
    keyset_drop(set, &key, 8);
    CHECK(names(set, &key, 8)); /* not yet */
    keyset_undo(set);
    keyset_keep(set);
    CHECK(names(set, &key, 8)); /* the turn did not happen */
    for (uint32_t i = 0; i < N - LEFT; i++) {
        key = key_of(i);
        keyset_drop(set, &key, i + 1);
        if (i % 100 == 0)
            keyset_keep(set);
    }
    keyset_keep(set);
    CHECK_INT(keyset_count(set), LEFT);
    CHECK(keyset_slots(set) < 4 * LEFT && keyset_slots(set) < most / 20);
    for (uint32_t i = 0; i < N; i++) {
        key = key_of(i);
        CHECK_INT(names(set, &key, i + 1), i >= N - LEFT);
    }
    for (uint32_t i = N - LEFT; i < N; i++) { /* the last ones too */
        key = key_of(i);
        keyset_drop(set, &key, i + 1);
    }
    keyset_keep(set);
    CHECK_INT(keyset_count(set), 0);
    keyset_destroy(set);
}

TEST(what_is_loaded_stays)
{
    struct keyset *set = keyset_create(1000);
    for (uint32_t i = 0; i < 1001; i++) {
        struct store_key key = key_of(i);
        keyset_load(set, &key, i + 1);
    }
    keyset_load_end(set);
    keyset_undo(set);
    CHECK_INT(keyset_count(set), 1001);
    for (uint32_t i = 0; i < 1001; i++) {
        struct store_key key = key_of(i);
        CHECK(names(set, &key, i + 1));
    }
    keyset_destroy(set);
}

CHECK_MAIN
