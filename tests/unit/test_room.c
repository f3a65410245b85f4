/* What there is to do for a journal whose room is short: below a cap here, on real volumes in
 * tests/fault/full.py. */
#include "room.h"

#include "check.h"
#include "store_fixture.h"

#include <sys/stat.h>

static void add(struct store *s, uint64_t key, size_t bytes)
{
    char *body = calloc(1, bytes);
    struct store_event event = {.received_ms = 1, .payload = {body, bytes}};
    struct store_key k = key_of(key);
    int64_t seq = 0;
    OK(store_begin(s, NULL));
    OK(store_event_add(s, &event, &k, 1, &seq, NULL));
    OK(store_commit(s, NULL));
    free(body);
}

static bool has_reserve(void)
{
    struct stat st;
    return stat(fixture_path("room.db-reserve"), &st) == 0 && st.st_size > 0 &&
           st.st_blocks * 512 >= st.st_size && (st.st_mode & 0777) == 0600;
}

TEST(a_cap_that_is_near_refuses_until_there_is_room)
{
    struct store *s = NULL;
    struct room r = {.mark_bytes = 4096};
    struct store_opts opts = {.max_bytes = 4 << 20};
    OK(store_open(fixture_where("room.db"), &opts, &s, NULL));
    OK(room_turn(&r, s, 1000, false, NULL));
    CHECK_INT(r.level, ROOM_GOOD);
    CHECK_STR(r.why, "");
    CHECK(has_reserve());
    for (uint64_t i = 0; i < 35; i++)
        add(s, i, 100000);
    OK(room_turn(&r, s, 1001, false, NULL)); /* not yet looked at again */
    CHECK_INT(r.level, ROOM_GOOD);
    OK(room_turn(&r, s, 3000, false, NULL));
    CHECK_INT(r.level, ROOM_LOW);
    CHECK(strstr(r.why, "journal.max_size") != NULL);
    CHECK(!r.rests && has_reserve());
    struct store_trim trim = {
        .now_ms = 100, .done_before_ms = 50, .dead_before_ms = 50, .rows = 100000};
    OK(store_begin(s, NULL));
    OK(store_trim(s, &trim, NULL));
    OK(store_commit(s, NULL));
    CHECK_INT(trim.deleted, 35);
    OK(room_turn(&r, s, 6000, false, NULL)); /* the pages that are free now count */
    CHECK_INT(r.level, ROOM_GOOD);
    store_close(s);
    fixture_end();
}

TEST(a_turn_that_found_no_room_is_heeded_at_once)
{
    struct store *s = NULL;
    struct room r = {.mark_bytes = INT64_C(1) << 60, .next_ms = 99999}; /* 5 % are enough */
    OK(store_open(fixture_where("room.db"), &(struct store_opts){0}, &s, NULL));
    OK(room_turn(&r, s, 1000, true, NULL));
    CHECK(r.level != ROOM_GOOD && r.why[0]);
    r = (struct room){.mark_bytes = 4096};
    OK(room_turn(&r, s, 1000, false, NULL));
    CHECK_INT(r.level, ROOM_GOOD);
    OK(room_turn(&r, s, 1001, true, NULL));
    CHECK_INT(r.level, ROOM_LOW);
    CHECK(has_reserve()); /* there is room on the volume: it was something else */
    OK(room_turn(&r, s, 3000, false, NULL));
    CHECK_INT(r.level, ROOM_GOOD);
    store_close(s);
    fixture_end();
}

TEST(a_journal_in_memory_has_a_cap_only)
{
    struct store *s = NULL;
    struct room r = {.mark_bytes = 1 << 20};
    OK(store_open("memory:", &(struct store_opts){.max_bytes = 1 << 20}, &s, NULL));
    OK(room_turn(&r, s, 1000, false, NULL));
    CHECK_INT(r.level, ROOM_GOOD);
    for (uint64_t i = 0; i < 9; i++)
        add(s, i, 100000);
    OK(room_turn(&r, s, 3000, false, NULL));
    CHECK_INT(r.level, ROOM_LOW);
    store_close(s);
}

CHECK_MAIN
