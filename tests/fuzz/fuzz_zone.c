/* A time zone file: no bytes may crash or hang, and what is taken must keep its promises: a time
 * on the wall means the first moment that shows it or, when none does, that of a change. */
#include "schedule.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct cw_zone *zone, int64_t second)
{
    struct cwr_wall wall = cwr_zone_wall(zone, second * 1000);
    if (wall.second < 0 || wall.second >= CWR_DAY_S || wall.weekday < 0 || wall.weekday > 6 ||
        wall.day * CWR_DAY_S + wall.second != second + wall.offset)
        abort();
    int64_t first = cwr_zone_instant(zone, wall.day, wall.second);
    if (first > second * 1000)
        abort();
    struct cwr_wall again = cwr_zone_wall(zone, first);
    if (again.day * CWR_DAY_S + again.second < wall.day * CWR_DAY_S + wall.second)
        abort(); /* a moment before the wall shows it */
}

static void check_schedule(const struct cw_zone *zone, const char *text, int64_t second)
{
    struct cwr_schedule schedule;
    if (cwr_schedule_parse(cw_text_of(text), &schedule, NULL))
        abort();
    for (int i = 0; i < 20; i++) {
        int64_t next = cwr_schedule_next(&schedule, zone, second * 1000);
        if (next <= second * 1000)
            abort();
        if (next == INT64_MAX)
            return;
        second = next / 1000;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_arena *arena = cw_arena_create(4 << 20);
    const struct cw_zone *zone = NULL;
    struct cw_error err;
    if (!cwr_zone_read(CW_TEXT("X"), (struct cw_text){(const char *)data, size}, arena, &zone,
                       &err)) {
        for (int64_t t = INT64_C(-3000000000); t < INT64_C(9000000000); t += 97654321)
            check(zone, t);
        for (size_t i = 0; i < zone->n && i < 200; i++) {
            if (zone->at[i] > INT64_C(-100000000000) && zone->at[i] < INT64_C(100000000000)) {
                check(zone, zone->at[i] - 1);
                check(zone, zone->at[i]);
                check_schedule(zone, "mon-fri 02:30", zone->at[i] - CWR_DAY_S);
                check_schedule(zone, "17 minutes", zone->at[i] - 3600);
            }
        }
        check_schedule(zone, "3 days", 1772445600);
    }
    cw_arena_destroy(arena);
    return 0;
}
