/*
 * The simulated clock, and the ways in which awork and its clients write days, times and instants.
 */
#include "sim.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t real_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SIM_TICKS_PER_SECOND + now.tv_nsec / 100;
}

int64_t sim_now(const struct sim_clock *clock)
{
    return clock->frozen ? clock->frozen_at : real_now() + clock->offset;
}

void sim_clock_set(struct sim_clock *clock, int64_t now)
{
    clock->frozen_at = now;
    clock->offset = now - real_now();
}

void sim_clock_freeze(struct sim_clock *clock, bool frozen)
{
    sim_clock_set(clock, sim_now(clock));
    clock->frozen = frozen;
}

static bool read_digits(const char **at, int count, int low, int high, int *value)
{
    int sum = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        sum = sum * 10 + (**at - '0');
    }
    *value = sum;
    return sum >= low && sum <= high;
}

static bool read_char(const char **at, const char *one_of)
{
    if (**at == '\0' || strchr(one_of, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static bool read_fraction(const char **at, int64_t *ticks)
{
    int64_t unit = SIM_TICKS_PER_SECOND / 10;
    *ticks = 0;
    if (!read_char(at, "."))
        return true;
    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); (*at)++, unit /= 10)
        *ticks += unit * (**at - '0');
    return true;
}

static bool read_offset(const char **at, int *offset_s)
{
    int hours = 0;
    int minutes = 0;
    bool west = **at == '-';
    *offset_s = 0;
    if (read_char(at, "Zz"))
        return **at == '\0';
    if (!read_char(at, "+-") || !read_digits(at, 2, 0, 23, &hours) || !read_char(at, ":") ||
        !read_digits(at, 2, 0, 59, &minutes))
        return false;
    *offset_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return **at == '\0';
}

static bool read_day(const char **at, int64_t *ticks)
{
    struct tm tm = {0};
    if (!read_digits(at, 4, 1970, 9998, &tm.tm_year) || !read_char(at, "-") ||
        !read_digits(at, 2, 1, 12, &tm.tm_mon) || !read_char(at, "-") ||
        !read_digits(at, 2, 1, 31, &tm.tm_mday))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int day = tm.tm_mday;
    *ticks = (int64_t)timegm(&tm) * SIM_TICKS_PER_SECOND;
    return tm.tm_mday == day; /* not 30 February */
}

/* HH:MM, HH:MM:SS or HH:MM:SS.fffffff */
static bool read_time(const char **at, int64_t *ticks)
{
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int64_t fraction = 0;
    if (!read_digits(at, 2, 0, 23, &hours) || !read_char(at, ":") ||
        !read_digits(at, 2, 0, 59, &minutes))
        return false;
    if (read_char(at, ":") &&
        (!read_digits(at, 2, 0, 59, &seconds) || !read_fraction(at, &fraction)))
        return false;
    *ticks = (hours * 3600 + minutes * 60 + seconds) * SIM_TICKS_PER_SECOND + fraction;
    return true;
}

bool sim_read_clock_time(const char *text, int64_t *ticks)
{
    return read_time(&text, ticks) && *text == '\0';
}

/* As RFC 3339, and with the time, its seconds or the offset left out: then 00:00, 0 and UTC. */
bool sim_read_moment(const char *text, int64_t *ticks)
{
    int64_t time = 0;
    int offset_s = 0;
    if (!read_day(&text, ticks))
        return false;
    if (*text != '\0' && (!read_char(&text, "Tt ") || !read_time(&text, &time)))
        return false;
    if (*text != '\0' && !read_offset(&text, &offset_s))
        return false;
    *ticks += time - offset_s * SIM_TICKS_PER_SECOND;
    return *text == '\0';
}

bool sim_read_rfc3339(const char *text, int64_t *ticks)
{
    /* YYYY-MM-DDTHH:MM:SS and an offset: what a moment may leave out must be there */
    return strlen(text) > 19 && text[16] == ':' && strpbrk(text + 19, "Zz+-") != NULL &&
           sim_read_moment(text, ticks);
}

static struct tm broken_down(int64_t ticks, int64_t *fraction)
{
    struct tm tm;
    time_t seconds = (time_t)(ticks / SIM_TICKS_PER_SECOND);
    *fraction = ticks % SIM_TICKS_PER_SECOND;
    if (*fraction < 0) {
        *fraction += SIM_TICKS_PER_SECOND;
        seconds--;
    }
    gmtime_r(&seconds, &tm);
    return tm;
}

void sim_write_instant(int64_t ticks, int fraction_digits, char out[SIM_TIME_SIZE])
{
    int64_t fraction = 0;
    struct tm tm = broken_down(ticks, &fraction);
    size_t used = strftime(out, SIM_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    if (fraction_digits > 0) {
        for (int i = 7; i > fraction_digits; i--)
            fraction /= 10;
        used += (size_t)snprintf(out + used, SIM_TIME_SIZE - used, ".%0*lld", fraction_digits,
                                 (long long)fraction);
    }
    snprintf(out + used, SIM_TIME_SIZE - used, "Z");
}

void sim_write_date(int64_t ticks, const char *suffix, char out[SIM_TIME_SIZE])
{
    int64_t fraction = 0;
    struct tm tm = broken_down(ticks, &fraction);
    size_t used = strftime(out, SIM_TIME_SIZE, "%Y-%m-%dT00:00:00", &tm);
    snprintf(out + used, SIM_TIME_SIZE - used, "%s", suffix);
}

void sim_write_clock_time(int64_t ticks, char out[SIM_TIME_SIZE])
{
    int64_t fraction = 0;
    struct tm tm = broken_down(ticks, &fraction);
    size_t used = strftime(out, SIM_TIME_SIZE, "%H:%M:%S", &tm);
    if (fraction != 0)
        snprintf(out + used, SIM_TIME_SIZE - used, ".%07lld", (long long)fraction);
}
