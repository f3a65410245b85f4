/* crash: what a power cut can leave of files, from the trace of disk.h.
 *
 * What was synced is there. Of what was not synced any part may be: each write whole, not at all,
 * or torn at sectors; bytes that a lost write would have made are zeros or garbage. A name that was
 * made, given away or taken is on disk when its folder was synced; until then a first part of these
 * changes is. */
#ifndef CRASH_H
#define CRASH_H

#include "disk.h"

struct crash;

enum crash_how {
    CRASH_NOTHING,   /* of what was not synced */
    CRASH_ALL,       /* as a kill of the process leaves it */
    CRASH_ALL_BUT,   /* without the nth */
    CRASH_ONLY,      /* the nth alone */
    CRASH_TORN,      /* all before the last write, and that one up to byte `n` */
    CRASH_TORN_TAIL, /* all before the last write, and that one from byte `n` on */
    CRASH_RANDOM     /* any part of them, torn at `sector` bytes, by the seed */
};

struct crash_choice {
    enum crash_how how;
    size_t n;
    size_t sector; /* of CRASH_RANDOM: 512 or 4096 */
    uint64_t seed;
    bool garbage; /* lost bytes are noise, not zeros */
};

struct crash *crash_create(const struct disk_op *ops, size_t n);
void crash_destroy(struct crash *crash);
/* The power goes after so many calls of the trace; only forward. */
void crash_advance(struct crash *crash, size_t done);
size_t crash_pending(const struct crash *crash);  /* changes that were not synced */
size_t crash_last_len(const struct crash *crash); /* of the last of them, if it is a write */
void crash_empty(const char *folder);
/* Writes the files into the folder, which loses all that it had. */
void crash_build(const struct crash *crash, const struct crash_choice *choice, const char *folder);

#endif
