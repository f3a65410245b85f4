/* disk_preload: disk.c beneath any program, by LD_PRELOAD: the journal's folder is CW_DISK_FOLDER,
 * and the CW_DISK_AT-th call that can fail does, with the errno CW_DISK_ERROR; all after it too
 * when CW_DISK_EVER is set. */
#include "disk.h"

#include <stdlib.h>

static long number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("CW_DISK_FOLDER");
    if (!folder)
        return;
    disk_watch(folder);
    disk_forget();
    if (number("CW_DISK_AT") > 0)
        disk_fail(number("CW_DISK_AT"), getenv("CW_DISK_EVER") != NULL,
                  (int)number("CW_DISK_ERROR"));
}
