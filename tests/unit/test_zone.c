/* The time zones of the system against what Python made of them (zone_cases.h), and files that are
 * damaged. */
#include "zone.h"

#include "check.h"
#include "moment.h"
#include "system_zones.h"

#include <stdlib.h>
#include <string.h>

struct zone_case {
    const char *zone;
    int64_t change; /* seconds */
    int32_t before, after;
    int64_t wall, meant; /* seconds; a time on the wall as if it were UTC */
};

#include "zone_cases.h"

static struct cw_arena *arena;

static const struct cw_zone *zone_of(const char *name)
{
    const struct cw_zone *zone = NULL;
    struct cw_text bytes;
    struct cw_error err = {0};
    if (!arena)
        arena = cw_arena_create(64 << 20);
    if (system_zone(NULL, name, arena, &bytes))
        check_skip("this machine has no tzdata");
    if (cwr_zone_read(cw_text_of(name), bytes, arena, &zone, &err)) {
        fprintf(stderr, "%s: %s\n", name, err.text);
        CHECK(false);
        exit(1);
    }
    return zone;
}

/* Laws change, so the far future is tried with the footers of today. */
static const struct cw_zone *future_zone(const char *name)
{
    static const char *const footers[][2] = {
        {"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"},
        {"Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"},
        {"America/New_York", "EST5EDT,M3.2.0,M11.1.0"},
        {"Asia/Jerusalem", "IST-2IDT,M3.4.4/26,M10.5.0"},
        {"Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"}};
    static struct cw_zone zone;
    zone = (struct cw_zone){.has_rule = true};
    for (size_t i = 0; i < sizeof footers / sizeof *footers; i++)
        if (strcmp(footers[i][0], name) == 0 &&
            !cwr_zone_rule_read(cw_text_of(footers[i][1]), &zone.rule, NULL))
            return &zone;
    CHECK(false);
    return &zone;
}

static int64_t wall_of(const struct cw_zone *zone, int64_t second)
{
    struct cwr_wall wall = cwr_zone_wall(zone, second * 1000);
    CHECK_INT(wall.day * CWR_DAY_S + wall.second, second + wall.offset);
    return wall.day * CWR_DAY_S + wall.second;
}

static int64_t meant(const struct cw_zone *zone, int64_t wall)
{
    int64_t ms = cwr_zone_instant(zone, wall / CWR_DAY_S, wall % CWR_DAY_S);
    CHECK_INT(ms % 1000, 0);
    return ms / 1000;
}

TEST(changes)
{
    size_t n = sizeof zone_cases / sizeof *zone_cases;
    CHECK(n >= 40);
    for (size_t i = 0; i < n; i++) {
        const struct zone_case *c = &zone_cases[i];
        bool future = c->change > INT64_C(2145916800); /* 2038 */
        const struct cw_zone *zone = future ? future_zone(c->zone) : zone_of(c->zone);
        bool good = CHECK_INT(wall_of(zone, c->change - 1), c->change - 1 + c->before);
        good &= CHECK_INT(wall_of(zone, c->change), c->change + c->after);
        good &= CHECK_INT(meant(zone, c->wall), c->meant);
        /* Right before and right after the doubtful stretch there is no doubt. */
        int32_t low = c->before < c->after ? c->before : c->after;
        int32_t high = c->before < c->after ? c->after : c->before;
        good &= CHECK_INT(meant(zone, c->change + low - 1), c->change + low - 1 - c->before);
        good &= CHECK_INT(meant(zone, c->change + high), c->change + high - c->after);
        if (!good)
            fprintf(stderr, "%s %lld\n", c->zone, (long long)c->change);
    }
    printf("%zu changes\n", n);
}

/* Every moment is shown by the wall that it makes, or by an earlier one in a doubled stretch. */
TEST(there_and_back)
{
    static const char *const names[] = {
        "Europe/Berlin",     "Australia/Lord_Howe", "Asia/Kathmandu",
        "America/Santiago",  "Pacific/Apia",        "Africa/Cairo",
        "Africa/Casablanca", "Europe/Dublin",       "Etc/GMT+12"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct cw_zone *zone = zone_of(names[i]);
        int64_t last = INT64_MIN;
        for (int64_t t = INT64_C(-1000000000); t < INT64_C(4100000000); t += 1234567) {
            int64_t back = meant(zone, wall_of(zone, t));
            CHECK(back == t || (back < t && wall_of(zone, back) == wall_of(zone, t)));
            CHECK(back >= last);
            last = back;
        }
    }
}

TEST(utc)
{
    struct cwr_wall wall = cwr_zone_wall(&cwr_utc, 1772445600000); /* Mon 2026-03-02 10:00 */
    CHECK_INT(wall.weekday, 0);
    CHECK_INT(wall.second, 10 * 3600);
    CHECK_INT(wall.offset, 0);
    CHECK_INT(wall.day, cwr_days_of(2026, 3, 2));
    wall = cwr_zone_wall(&cwr_utc, -1);
    CHECK_INT(wall.weekday, 2);
    CHECK_INT(wall.second, CWR_DAY_S - 1);
    CHECK_INT(cwr_zone_instant(&cwr_utc, -1, 0), INT64_C(-86400000));
    CHECK_INT(cwr_zone_wall(&cwr_utc, INT64_MAX).offset, 0);
    CHECK_INT(cwr_zone_wall(&cwr_utc, INT64_MIN).offset, 0);
    CHECK(cwr_zone_instant(&cwr_utc, INT64_MAX, 0) > 0);
    CHECK(cwr_zone_instant(zone_of("Europe/Berlin"), INT64_MIN, 0) < 0);
    cwr_zone_wall(zone_of("Europe/Berlin"), INT64_MAX);
    cwr_zone_wall(zone_of("Europe/Berlin"), INT64_MIN);
}

/* ---- Footers ---- */

static bool footer(const char *text)
{
    struct cwr_zone_rule rule = {.offset = 7};
    struct cw_error err = {0};
    enum cw_status status = cwr_zone_rule_read(cw_text_of(text), &rule, &err);
    CHECK(status == CW_OK || (status == CW_ESYNTAX && rule.offset == 7 && err.text[0]));
    return status == CW_OK;
}

TEST(footers)
{
    static const char *const good[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",           "<+0530>-5:30",
        "IST-1GMT0,M10.5.0,M3.5.0/1",           "EST5EDT,0/0,J365/25",
        "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",     "XXX24:59:59",
        "AAA3BBB2:30:15,J60/167:59:59,365/-167"};
    static const char *const bad[] = {"",
                                      "CE-1",
                                      "CET",
                                      "CET-25",
                                      "CET-1CEST",
                                      "CET-1 ",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-1CEST,J0,J365",
                                      "CET-1CEST,366,1",
                                      "CET-1CEST,M3.5.0/168,M10.5.0",
                                      "<+05>",
                                      "<+05-5",
                                      "CET-1CEST,M3.5.0,M10.5.0,",
                                      "CET-1:60"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!CHECK(footer(good[i])))
            fprintf(stderr, "%s\n", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK(!footer(bad[i])))
            fprintf(stderr, "%s\n", bad[i]);
}

TEST(summer_for_the_whole_year)
{
    struct cwr_zone_rule rule;
    CHECK(cwr_zone_rule_read(CW_TEXT("EST5EDT,0/0,J365/25"), &rule, NULL) == CW_OK);
    for (int64_t t = INT64_C(1700000000); t < INT64_C(1900000000); t += 3600 * 5)
        CHECK_INT(cwr_zone_rule_span(&rule, t).offset, -4 * 3600);
}

/* ---- Damaged files ---- */

static enum cw_status try_bytes(const char *bytes, size_t n)
{
    struct cw_arena *own = cw_arena_create(1 << 20);
    const struct cw_zone *zone = NULL;
    struct cw_error err = {0};
    char *copy = malloc(n ? n : 1); /* exact size: ASan sees every overread */
    memcpy(copy, bytes, n);
    enum cw_status status =
        cwr_zone_read(CW_TEXT("X/Y"), (struct cw_text){copy, n}, own, &zone, &err);
    CHECK(status == CW_OK ? zone != NULL : zone == NULL && err.text[0]);
    free(copy);
    cw_arena_destroy(own);
    return status;
}

TEST(cut_off)
{
    struct cw_text whole;
    zone_of("Europe/Berlin");
    CHECK(system_zone(NULL, "Europe/Berlin", arena, &whole) == CW_OK);
    for (size_t n = 0; n < whole.len; n++)
        CHECK_INT(try_bytes(whole.at, n), CW_ESYNTAX);
    CHECK_INT(try_bytes(whole.at, whole.len), CW_OK);
}

TEST(damaged)
{
    struct cw_text whole;
    zone_of("America/Havana");
    CHECK(system_zone(NULL, "America/Havana", arena, &whole) == CW_OK);
    char *bytes = malloc(whole.len);
    for (size_t i = 0; i < whole.len; i++) {
        memcpy(bytes, whole.at, whole.len);
        bytes[i] = (char)(bytes[i] ^ 0x81);
        enum cw_status status = try_bytes(bytes, whole.len);
        CHECK(status == CW_OK || status == CW_ESYNTAX);
    }
    free(bytes);
    static char large[CWR_ZONE_BYTES + 1] = "TZif";
    CHECK_INT(try_bytes(large, sizeof large), CW_ESYNTAX);
}

static char *put32(char *at, uint32_t n)
{
    for (int i = 3; i >= 0; i--)
        *at++ = (char)(n >> (i * 8));
    return at;
}

/* One offset of an hour since 1970, as the first version wrote it. */
static size_t old_file(char *out, char version, uint32_t leap, uint32_t type)
{
    char *at = out;
    memset(out, 0, 20);
    memcpy(at, "TZif", 4);
    out[4] = version;
    at = put32(out + 20, 0);
    at = put32(put32(put32(put32(put32(at, 0), leap), 1), 2), 4);
    at = put32(at, 0);  /* the change */
    *at++ = (char)type; /* its type */
    at = put32(at, 0);  /* type 0: UTC */
    at += 2, at[-2] = at[-1] = 0;
    at = put32(at, 3600); /* type 1: an hour */
    at += 2, at[-2] = at[-1] = 0;
    memcpy(at, "ABC", 4);
    memset(at + 4, 0, leap * 8);
    return (size_t)(at + 4 - out) + leap * 8;
}

TEST(first_version)
{
    char bytes[256];
    const struct cw_zone *zone = NULL;
    struct cw_error err;
    size_t n = old_file(bytes, 0, 0, 1);
    zone_of("UTC");
    CHECK_INT(cwr_zone_read(CW_TEXT("X"), (struct cw_text){bytes, n}, arena, &zone, &err), CW_OK);
    CHECK_INT(cwr_zone_wall(zone, -1).offset, 0);
    CHECK_INT(cwr_zone_wall(zone, 0).offset, 3600);
    CHECK_INT(cwr_zone_wall(zone, INT64_C(99999999999999)).offset, 3600);
    CHECK_INT(try_bytes(bytes, old_file(bytes, 0, 0, 2)), CW_ESYNTAX); /* no such type */
    CHECK_INT(try_bytes(bytes, old_file(bytes, 0, 1, 1)), CW_ESYNTAX); /* leap seconds */
    CHECK_INT(try_bytes(bytes, old_file(bytes, '1', 0, 1)), CW_ESYNTAX);
    CHECK_INT(try_bytes(bytes, old_file(bytes, '5', 0, 1)), CW_ESYNTAX);
    CHECK_INT(try_bytes(bytes, old_file(bytes, '2', 0, 1)), CW_ESYNTAX); /* the rest is missing */
}

CHECK_MAIN
