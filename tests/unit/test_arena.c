#include <clockwire/error.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "check.h"

TEST(takes_are_zeroed_aligned_and_counted)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    for (size_t i = 0; i < 1000; i++) {
        char *at = cw_arena_take(arena, i);
        CHECK(at && (uintptr_t)at % 16 == 0);
        for (size_t k = 0; at && k < i; k++)
            if (at[k] != 0 && !CHECK(at[k] == 0))
                break;
        if (at)
            memset(at, 0xAA, i);
    }
    CHECK(cw_arena_used(arena) >= 1000 * 999 / 2);
    cw_arena_reset(arena);
    CHECK_INT(cw_arena_used(arena), 0);
    char *again = cw_arena_take(arena, 100);
    CHECK(again && again[0] == 0 && again[99] == 0);
    cw_arena_destroy(arena);
}

TEST(limit_is_kept)
{
    struct cw_arena *arena = cw_arena_create(1000);
    CHECK(cw_arena_take(arena, 1001) == NULL);
    CHECK(cw_arena_take(arena, SIZE_MAX) == NULL);
    CHECK(cw_arena_take(arena, SIZE_MAX - 8) == NULL);
    CHECK(cw_arena_take(arena, 512) != NULL);
    CHECK(cw_arena_take(arena, 512) == NULL);
    CHECK(cw_arena_take(arena, 480) != NULL);
    CHECK(cw_arena_take(arena, 1) == NULL);
    cw_arena_reset(arena);
    CHECK(cw_arena_take(arena, 512) != NULL);
    cw_arena_destroy(arena);
    cw_arena_destroy(NULL);
}

TEST(copy_ends_with_nul)
{
    struct cw_arena *arena = cw_arena_create(100);
    char *copy = cw_arena_copy(arena, (struct cw_text){"abcdef", 3});
    CHECK_STR(copy, "abc");
    CHECK_STR(cw_arena_copy(arena, (struct cw_text){NULL, 0}), "");
    CHECK(cw_arena_copy(arena, (struct cw_text){"x", SIZE_MAX}) == NULL);
    cw_arena_destroy(arena);
}

TEST(grow_only_the_latest)
{
    struct cw_arena *arena = cw_arena_create(4096);
    char *a = cw_arena_take(arena, 16);
    CHECK(cwr_arena_grow(arena, a, 16, 64));
    char *b = cw_arena_take(arena, 16);
    CHECK(b >= a + 64);
    CHECK(!cwr_arena_grow(arena, a, 64, 128));
    CHECK(!cwr_arena_grow(arena, b, 16, 8192));
    CHECK(cwr_arena_grow(arena, b, 16, 32));
    cw_arena_destroy(arena);
}

TEST(buf_grows_and_ends)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cwr_buf buf = cwr_buf_in(arena);
    for (int i = 0; i < 1000; i++)
        cwr_buf_printf(&buf, "%d,", i);
    cwr_buf_puts(&buf, "end");
    struct cw_text out = {0};
    CHECK_INT(cwr_buf_end(&buf, &out), CW_OK);
    CHECK_INT(out.len, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    CHECK_INT(strlen(out.at), out.len);
    CHECK(strncmp(out.at, "0,1,2,3,", 8) == 0);
    struct cwr_buf none = cwr_buf_in(arena);
    CHECK_INT(cwr_buf_end(&none, &out), CW_OK);
    CHECK_STR(out.at, "");
    cw_arena_destroy(arena);
}

TEST(buf_failures_stick)
{
    struct cw_arena *arena = cw_arena_create(256);
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text out = {"as before", 9};
    cwr_buf_puts(&buf, "start");
    cwr_buf_printf(&buf, "%1000d", 1);
    cwr_buf_puts(&buf, "x");
    CHECK_INT(cwr_buf_end(&buf, &out), CW_NOMEM);
    CHECK_STR(out.at, "as before");
    struct cwr_buf small = cwr_buf_in(arena);
    small.limit = 4;
    cwr_buf_puts(&small, "1234");
    CHECK_INT(small.status, CW_OK);
    cwr_buf_puts(&small, "5");
    cwr_buf_puts(&small, "");
    CHECK_INT(cwr_buf_end(&small, &out), CW_ELIMIT);
    cw_arena_destroy(arena);
}

TEST(buf_json_string_escapes)
{
    struct cw_arena *arena = cw_arena_create(4096);
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text out = {0};
    cwr_buf_json_string(&buf, CW_TEXT("a\"\\/\b\f\n\r\t\0\x1f\x7f \xC3\xA9\xFF\xC3"));
    CHECK_INT(cwr_buf_end(&buf, &out), CW_OK);
    CHECK_STR(out.at,
              "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f \xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\"");
    cw_arena_destroy(arena);
}

CHECK_MAIN
