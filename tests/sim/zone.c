/*
 * IANA zones through the system's tzdata. Changes TZ of the process to ask for an offset: right in
 * this program of one thread only. What was found is remembered.
 */
#include "sim.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REMEMBERED_MAX 1000 /* tzdata has about 600 */

static bool is_zone_name(const char *name)
{
    size_t bytes = strlen(name);
    if (bytes == 0 || bytes > 64 || name[0] == '/' || strstr(name, "//") != NULL)
        return false;
    if (strncmp(name, "posix", 5) == 0 || strncmp(name, "right/", 6) == 0 ||
        strcmp(name, "localtime") == 0)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("_+-/", name[i]) == NULL)
            return false;
    return true;
}

static bool has_file(const char *name)
{
    char path[128];
    char magic[4] = {0};
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, magic, sizeof magic);
    close(fd);
    return got == (ssize_t)sizeof magic && memcmp(magic, "TZif", sizeof magic) == 0;
}

bool sim_zone_known(const char *name)
{
    static struct sim_map known; /* lives as long as the process */
    if (strcmp(name, "UTC") == 0 || sim_map_get(&known, name) != NULL)
        return true;
    if (!is_zone_name(name) || !has_file(name))
        return false;
    if (known.count < REMEMBERED_MAX) {
        char *copy = sim_dup(name, strlen(name));
        sim_map_put(&known, copy, copy);
    }
    return true;
}

static void use_zone(const char *name)
{
    static char last[80];
    char setting[80];
    snprintf(setting, sizeof setting, ":%s", name);
    if (strcmp(setting, last) == 0)
        return;
    memcpy(last, setting, sizeof last);
    setenv("TZ", setting, 1);
    tzset();
}

int64_t sim_zone_offset_s(const char *name, int64_t ticks)
{
    struct tm tm;
    time_t seconds = (time_t)(ticks / SIM_TICKS_PER_SECOND);
    use_zone(name);
    localtime_r(&seconds, &tm);
    return (int64_t)tm.tm_gmtoff;
}

/* The instant of a local time: of two the later offset, of none the time as if nothing jumped. */
int64_t sim_zone_utc(const char *name, int64_t local)
{
    int64_t near = local - sim_zone_offset_s(name, local) * SIM_TICKS_PER_SECOND;
    return local - sim_zone_offset_s(name, near) * SIM_TICKS_PER_SECOND;
}
