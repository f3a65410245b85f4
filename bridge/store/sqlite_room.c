/* sqlite_room: how much room the journal has, on its volume and below its cap, and the reserve.
 *
 * On a full volume SQLite can neither record an answer nor delete. So some room beside the journal
 * is taken as long as there is enough, and given up when it is needed. */
#include "sqlite_priv.h"
#include "xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MAX_SPARE_PAGES = 1024 };
enum { MAX_LOG_PAGES = 2048 /* 32 MiB */, LOG_PART = 64 /* of the volume at most */ };
enum { RESERVE_BYTES = 16 << 20, RESERVE_PART = 8 /* of the volume at most */ };

/* Under a cap, the last sixteenth (at most 16 MiB) is not for events: what is in flight can still
 * be recorded when intake is refused. */
enum cw_status sq_measure_room(struct backend *b, struct cw_error *err)
{
    int64_t pages = 0, free_pages = 0, spare = b->max_pages / 16;
    if (!b->max_pages)
        return CW_OK;
    enum cw_status status = sq_numbers(b, b->statements[SQL_PAGES], 1, &pages, err);
    if (status == CW_OK)
        status = sq_numbers(b, b->statements[SQL_FREE_PAGES], 1, &free_pages, err);
    if (spare > MAX_SPARE_PAGES)
        spare = MAX_SPARE_PAGES;
    b->room_bytes = (b->max_pages - spare - pages + free_pages) * PAGE_BYTES;
    return status;
}

static char *reserve_path(const struct backend *b)
{
    return xprintf("%s-reserve", b->path);
}

static enum cw_status measure_volume(const struct backend *b, struct store_room *out,
                                     struct cw_error *err)
{
    struct statvfs fs;
    auto_free char *copy = xstrdup(b->path);
    if (statvfs(dirname(copy), &fs) < 0)
        return cw_fail(err, CW_EIO, "the room beside %s: %s", b->path, strerror(errno));
    out->free_bytes = (int64_t)(fs.f_bavail * fs.f_frsize);
    out->volume_bytes = (int64_t)(fs.f_blocks * fs.f_frsize);
    out->reserve_bytes = out->volume_bytes / RESERVE_PART < RESERVE_BYTES
                             ? out->volume_bytes / RESERVE_PART
                             : RESERVE_BYTES;
    return CW_OK;
}

/* What waits in the log may need as much room again in the file: more of it than is free when
 * nobody is let in any more could never be moved, and the volume would stay full. What has been
 * moved leaves room in the log, which lets answers be recorded when others take the last byte. */
enum cw_status sq_limit_log(struct backend *b, struct cw_error *err)
{
    struct store_room room;
    int64_t set = 0;
    enum cw_status status = measure_volume(b, &room, err);
    if (status != CW_OK)
        return status;
    int64_t pages = room.volume_bytes / LOG_PART / PAGE_BYTES;
    b->log_pages = pages < MAX_LOG_PAGES ? (int)pages : MAX_LOG_PAGES;
    int64_t bytes = (int64_t)b->log_pages * 2 * PAGE_BYTES;
    auto_free char *limit = xprintf("PRAGMA journal_size_limit=%lld", (long long)bytes);
    status = sq_ask(b, limit, &set, err);
    if (status != CW_OK || set == bytes)
        return status;
    return cw_fail(err, CW_EINVAL, "the journal's log cannot be limited to %lld bytes",
                   (long long)bytes);
}

/* Holes would be no reserve. */
static bool is_whole(const char *path, int64_t bytes)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size >= bytes && st.st_blocks * 512 >= bytes;
}

enum cw_status sq_room(struct backend *b, struct store_room *out, struct cw_error *err)
{
    auto_free char *path = reserve_path(b);
    struct store_room room = {.left_bytes = INT64_MAX};
    enum cw_status status = measure_volume(b, &room, err);
    if (status == CW_OK)
        status = sq_measure_room(b, err);
    if (status != CW_OK)
        return status;
    if (b->max_pages)
        room.left_bytes = b->room_bytes;
    room.reserve = is_whole(path, room.reserve_bytes);
    *out = room;
    return CW_OK;
}

static enum cw_status make_reserve(const char *path, int64_t bytes, struct cw_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int failed = fd < 0 ? errno : posix_fallocate(fd, 0, bytes);
    if (fd >= 0)
        close(fd);
    if (!failed)
        return CW_OK;
    unlink(path);
    return cw_fail(err, failed == ENOSPC || failed == EDQUOT ? CW_ELIMIT : CW_EIO,
                   "make the reserve %s: %s", path, strerror(failed));
}

enum cw_status sq_reserve(struct backend *b, bool keep, struct cw_error *err)
{
    auto_free char *path = reserve_path(b);
    struct store_room room;
    enum cw_status status = keep ? measure_volume(b, &room, err) : CW_OK;
    if (status != CW_OK)
        return status;
    if (keep)
        return is_whole(path, room.reserve_bytes) ? CW_OK
                                                  : make_reserve(path, room.reserve_bytes, err);
    if (unlink(path) < 0 && errno != ENOENT)
        return cw_fail(err, CW_EIO, "give up the reserve %s: %s", path, strerror(errno));
    return CW_OK;
}
