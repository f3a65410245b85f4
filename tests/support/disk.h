/* disk: stands between this program and the files of one folder. Every call that changes them is
 * recorded, or fails when it is told to. A program that is linked with disk.c has the library's own
 * calls go through it, those of SQLite too; a call that it could not see ends the program.
 *
 * Nobody pulls the plug here, so a sync is recorded and not done. */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_kind {
    DISK_OPEN, /* of a file that is there: it changes nothing, but may fail */
    DISK_MAKE,
    DISK_WRITE,
    DISK_CUT, /* ftruncate */
    DISK_SYNC,
    DISK_SYNC_FOLDER,
    DISK_UNLINK,
    DISK_RENAME,
    DISK_KINDS
};

struct disk_op {
    enum disk_kind kind;
    int file; /* each file that was made has a number; -1: the folder */
    char name[32], to[32];
    int64_t at; /* of a write; of a cut the new size */
    size_t len;
    unsigned char *bytes;
};

/* From now on the files of this folder. What is there already is on disk: the trace begins with
 * it, and disk_count does not count it. Forgets what was before. */
void disk_watch(const char *folder);
void disk_leave(void);
void disk_forget(void); /* there is no trace from now on: for a long run */
/* What was done, in order, since disk_watch. */
const struct disk_op *disk_ops(size_t *n);
size_t disk_done(void); /* how many there are */
/* A trace of one's own, for the caller to free; disk_watch does not touch it. */
struct disk_op *disk_take(size_t *n);
void disk_free(struct disk_op *ops, size_t n);
/* How many calls there were that can fail. */
long disk_count(void);

/* The nth call from now (1 is the next), or all from it on, fail with this errno; a write leaves
 * half of itself behind. */
void disk_fail(long nth, bool forever, int error);
/* The power goes at the nth call from now: it and all after it fail, do nothing, are not recorded.
 */
void disk_die(long nth);
void disk_mend(void);
bool disk_has_failed(void);

#endif
