/* The system's time zones, and names that are none. */
#include "zones.h"

#include "check.h"

#include <string.h>

TEST(good)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_text out = {NULL, 0};
    if (zones_read(NULL, "Europe/Berlin", arena, &out) == CW_EIO)
        check_skip("this machine has no tzdata");
    CHECK(out.len > 44 && memcmp(out.at, "TZif", 4) == 0);
    CHECK_INT(zones_read(NULL, "America/Argentina/Buenos_Aires", arena, &out), CW_OK);
    cw_arena_destroy(arena);
}

TEST(bad)
{
    static const char *const names[] = {
        "",
        "/etc/localtime",
        "../../../etc/passwd",
        "Europe/../Europe/Berlin",
        "Europe",
        "Europe/",
        "Europe/Berlin/x",
        "Europe/Nowhere",
        "tzdata.zi",
        "a\nb",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct cw_arena *arena = cw_arena_create(1 << 20), *small = cw_arena_create(16);
    struct cw_text out = {"x", 1};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK_INT(zones_read(NULL, names[i], arena, &out), CW_ENOENT);
    CHECK_INT(zones_read(NULL, "Europe/Berlin", small, &out), CW_NOMEM);
    CHECK(out.len == 1);
    cw_arena_destroy(arena);
    cw_arena_destroy(small);
}

CHECK_MAIN
