#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_steady_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}

static int64_t offset_ms; /* wall minus steady; 0: not read yet */

void clock_settle(void)
{
    offset_ms = clock_wall_ms() - clock_steady_ms();
}

int64_t clock_now_ms(void)
{
    if (!offset_ms)
        clock_settle();
    return offset_ms + clock_steady_ms();
}

int64_t clock_step_ms(void)
{
    return clock_wall_ms() - clock_now_ms();
}

/* Days since 1970 to a civil date: the year begins in March, so that leap days come last. */
static void civil(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

char *clock_format(int64_t ms, char out[CLOCK_TEXT])
{
    int64_t days = ms / 86400000, rest = ms % 86400000;
    if (rest < 0) {
        rest += 86400000;
        days--;
    }
    int year, month, day;
    civil(days, &year, &month, &day);
    int s = (int)(rest / 1000);
    snprintf(out, CLOCK_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month, day,
             s / 3600, s / 60 % 60, s % 60, (int)(rest % 1000));
    return out;
}
