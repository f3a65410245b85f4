/* No inline versions of open and write: this file defines them. */
#undef _FORTIFY_SOURCE
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { DESCRIPTORS = 4096, FILES = 256, NOBODY = -2, FOLDER = -1 };

static struct {
    bool on, forgets, forever, dead, failed;
    char folder[256];
    size_t folder_len;
    int of[DESCRIPTORS];     /* descriptor → file, FOLDER or NOBODY */
    int64_t at[DESCRIPTORS]; /* of write() */
    struct {
        char name[32];
        bool gone;
    } files[FILES];
    int n_files;
    struct disk_op *ops;
    size_t n, room;
    long count, fail_at; /* 0: never */
    int error;
} d;

/* ---- The trace ---- */

static struct disk_op *record(enum disk_kind kind, int file)
{
    static struct disk_op nowhere;
    if (d.forgets)
        return &nowhere;
    if (d.n == d.room) {
        d.room = d.room ? d.room * 2 : 1024;
        d.ops = realloc(d.ops, d.room * sizeof *d.ops);
        if (!d.ops)
            abort();
    }
    struct disk_op *op = &d.ops[d.n++];
    *op = (struct disk_op){.kind = kind, .file = file};
    if (file >= 0)
        memcpy(op->name, d.files[file].name, sizeof op->name);
    return op;
}

static void record_write(int file, int64_t at, const void *bytes, size_t len)
{
    if (d.forgets)
        return;
    struct disk_op *op = record(DISK_WRITE, file);
    op->at = at;
    op->len = len;
    op->bytes = malloc(len ? len : 1);
    if (!op->bytes)
        abort();
    memcpy(op->bytes, bytes, len);
}

void disk_free(struct disk_op *ops, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(ops[i].bytes);
    free(ops);
}

struct disk_op *disk_take(size_t *n)
{
    struct disk_op *ops = d.ops;
    *n = d.n;
    d.ops = NULL;
    d.n = d.room = 0;
    return ops;
}

const struct disk_op *disk_ops(size_t *n)
{
    *n = d.n;
    return d.ops;
}

size_t disk_done(void)
{
    return d.n;
}

/* ---- Faults ---- */

long disk_count(void)
{
    return d.count;
}

static void plan(long nth, bool forever, int error, bool dead)
{
    d.fail_at = d.count + nth;
    d.forever = forever;
    d.error = error;
    d.dead = dead;
    d.failed = false;
}

void disk_fail(long nth, bool forever, int error)
{
    plan(nth, forever, error, false);
}

void disk_die(long nth)
{
    plan(nth, true, EIO, true);
}

void disk_mend(void)
{
    d.fail_at = 0;
    d.dead = false;
}

bool disk_has_failed(void)
{
    return d.failed;
}

/* Whether this call fails; errno is set. */
static bool fails(void)
{
    d.count++;
    if (!d.fail_at || d.count < d.fail_at || (!d.forever && d.count > d.fail_at))
        return false;
    d.failed = true;
    errno = d.error;
    return true;
}

/* ---- Which file ---- */

static void refuse(const char *what)
{
    static const char text[] = "disk: a call that is not watched: ";
    if (syscall(SYS_write, 2, text, sizeof text - 1) < 0 ||
        syscall(SYS_write, 2, what, strlen(what)) < 0)
        _exit(3);
    abort();
}

/* The name in the folder; "" is the folder itself, NULL another place. */
static const char *inside(const char *path)
{
    if (!d.on || strncmp(path, d.folder, d.folder_len) != 0)
        return NULL;
    path += d.folder_len;
    return *path == '\0' ? path : *path == '/' ? path + 1 : NULL;
}

static int find(const char *name)
{
    for (int i = d.n_files - 1; i >= 0; i--)
        if (!d.files[i].gone && strcmp(d.files[i].name, name) == 0)
            return i;
    return NOBODY;
}

static int add(const char *name)
{
    if (d.n_files == FILES || strlen(name) >= sizeof d.files[0].name)
        refuse("too many files");
    snprintf(d.files[d.n_files].name, sizeof d.files[0].name, "%s", name);
    return d.n_files++;
}

static int file_of(int fd)
{
    return d.on && fd >= 0 && fd < DESCRIPTORS ? d.of[fd] : NOBODY;
}

static void record_content(const char *name)
{
    char path[512];
    struct stat st;
    int file = add(name);
    snprintf(path, sizeof path, "%s/%s", d.folder, name);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        refuse(name);
    unsigned char *bytes = malloc((size_t)st.st_size + 1);
    if (!bytes || read(fd, bytes, (size_t)st.st_size) != st.st_size)
        refuse(name);
    syscall(SYS_close, fd);
    record(DISK_MAKE, file);
    record_write(file, 0, bytes, (size_t)st.st_size);
    record(DISK_SYNC, file);
    free(bytes);
}

static void record_all(void)
{
    DIR *dir = opendir(d.folder);
    if (!dir)
        refuse(d.folder);
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            record_content(e->d_name);
    closedir(dir);
    record(DISK_SYNC_FOLDER, FOLDER);
}

void disk_watch(const char *folder)
{
    char *real = realpath(folder, NULL);
    if (!real || strlen(real) >= sizeof d.folder)
        abort();
    disk_free(d.ops, d.n);
    memset(&d, 0, sizeof d);
    for (size_t i = 0; i < DESCRIPTORS; i++)
        d.of[i] = NOBODY;
    d.folder_len = strlen(real);
    memcpy(d.folder, real, d.folder_len + 1);
    free(real);
    record_all();
    d.on = true;
}

void disk_forget(void)
{
    disk_free(d.ops, d.n);
    d.ops = NULL;
    d.n = d.room = 0;
    d.forgets = true;
}

void disk_leave(void)
{
    d.on = false;
    disk_mend();
}

/* ---- The calls ---- */

static int open_watched(const char *path, const char *name, int flags, mode_t mode)
{
    if (fails())
        return -1;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd < 0)
        return fd;
    if (fd >= DESCRIPTORS || (flags & (O_APPEND | O_TRUNC)))
        refuse("open with O_APPEND or O_TRUNC");
    int file = *name ? find(name) : FOLDER;
    if (file != NOBODY) {
        record(DISK_OPEN, file);
    } else {
        file = add(name);
        record(DISK_MAKE, file);
    }
    d.of[fd] = file;
    d.at[fd] = 0;
    return fd;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    const char *name = inside(path);
    return name ? open_watched(path, name, flags, mode)
                : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static ssize_t write_watched(int fd, const void *bytes, size_t len, int64_t at)
{
    int file = d.of[fd];
    bool bad = fails();
    int error = errno;
    if (bad && d.dead)
        return -1;
    if (bad)
        len /= 2; /* half of it got there */
    ssize_t done = len ? (ssize_t)syscall(SYS_pwrite64, fd, bytes, len, at) : 0;
    if (done > 0)
        record_write(file, at, bytes, (size_t)done);
    errno = error;
    return bad ? -1 : done;
}

static int cut_watched(int fd, int64_t size)
{
    if (fails())
        return -1;
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    if (rc == 0)
        record(DISK_CUT, d.of[fd])->at = size;
    return rc;
}

static int sync_watched(int fd)
{
    if (fails())
        return -1;
    record(d.of[fd] == FOLDER ? DISK_SYNC_FOLDER : DISK_SYNC, d.of[fd]);
    return 0;
}

static int unlink_watched(const char *path, const char *name)
{
    int file = find(name);
    if (file != NOBODY && fails())
        return -1;
    int rc = (int)syscall(SYS_unlink, path);
    if (rc == 0 && file != NOBODY) {
        record(DISK_UNLINK, file);
        d.files[file].gone = true;
    }
    return rc;
}

static int rename_watched(const char *from, const char *to)
{
    const char *name = inside(from), *new_name = inside(to);
    if (!name || !new_name || find(name) == NOBODY || strlen(new_name) >= sizeof d.files[0].name)
        refuse("rename over the border");
    if (fails())
        return -1;
    int file = find(name), old = find(new_name), rc = (int)syscall(SYS_rename, from, to);
    if (rc != 0)
        return rc;
    struct disk_op *op = record(DISK_RENAME, file);
    snprintf(op->to, sizeof op->to, "%s", new_name);
    if (old != NOBODY)
        d.files[old].gone = true;
    memcpy(d.files[file].name, op->to, sizeof op->to);
    return 0;
}

/* ---- In place of the C library's ---- */

#define MODE(flags, mode)                                                                          \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_any(path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
    MODE(flags, mode)
    if (inside(path))
        refuse("openat");
    return (int)syscall(SYS_openat, fd, path, flags, mode);
}

int close(int fd)
{
    if (d.on && fd >= 0 && fd < DESCRIPTORS)
        d.of[fd] = NOBODY;
    return (int)syscall(SYS_close, fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    return file_of(fd) >= 0 ? write_watched(fd, bytes, len, at)
                            : (ssize_t)syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    return pwrite(fd, bytes, len, at);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (file_of(fd) < 0)
        return (ssize_t)syscall(SYS_write, fd, bytes, len);
    ssize_t done = write_watched(fd, bytes, len, d.at[fd]);
    if (done > 0)
        d.at[fd] += done;
    return done;
}

int fsync(int fd)
{
    return file_of(fd) != NOBODY ? sync_watched(fd) : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return file_of(fd) != NOBODY ? sync_watched(fd) : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t size)
{
    return file_of(fd) >= 0 ? cut_watched(fd, size) : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int unlink(const char *path)
{
    const char *name = inside(path);
    return name ? unlink_watched(path, name) : (int)syscall(SYS_unlink, path);
}

int rename(const char *from, const char *to)
{
    return inside(from) || inside(to) ? rename_watched(from, to)
                                      : (int)syscall(SYS_rename, from, to);
}

int posix_fallocate(int fd, off_t at, off_t len)
{
    bool watched = file_of(fd) >= 0;
    if (watched && fails())
        return errno;
    int rc = syscall(SYS_fallocate, fd, 0, at, len) == 0 ? 0 : errno;
    if (rc == 0 && watched)
        record(DISK_CUT, d.of[fd])->at = at + len; /* of a file that was empty: the reserve */
    return rc;
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
    if (file_of(fd) >= 0)
        refuse("fallocate");
    return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

void *mmap(void *where, size_t len, int protection, int flags, int fd, off_t at)
{
    if (file_of(fd) >= 0)
        refuse("mmap");
    return (void *)syscall(SYS_mmap, where, len, protection, flags, fd, at); /* NOLINT */
}

void *mmap64(void *where, size_t len, int protection, int flags, int fd, off64_t at)
{
    return mmap(where, len, protection, flags, fd, at);
}
