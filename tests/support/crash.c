#include "crash.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 256 };

struct content {
    unsigned char *bytes;
    size_t len, room;
};

struct crash {
    const struct disk_op *ops;
    size_t n, done;
    struct content synced[FILES];
    char names[FILES][32]; /* on disk; "" is none */
    size_t *pending;       /* numbers of calls, in order */
    size_t n_pending;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

/* ---- Content ---- */

static void resize(struct content *c, size_t len, uint64_t *noise)
{
    if (len > c->room) {
        c->room = len * 2;
        c->bytes = realloc(c->bytes, c->room);
        must(c->bytes != NULL, "memory");
    }
    for (size_t i = c->len; i < len; i++) {
        if (noise)
            *noise = *noise * UINT64_C(6364136223846793005) + 1442695040888963407u;
        c->bytes[i] = noise ? (unsigned char)(*noise >> 56) : 0;
    }
    c->len = len;
}

static void put(struct content *c, int64_t at, const unsigned char *bytes, size_t len,
                uint64_t *noise)
{
    if ((size_t)at + len > c->len)
        resize(c, (size_t)at + len, noise);
    if (len)
        memcpy(c->bytes + at, bytes, len);
}

static void apply(struct content *c, const struct disk_op *op, uint64_t *noise)
{
    if (op->kind == DISK_WRITE)
        put(c, op->at, op->bytes, op->len, noise);
    else if (op->kind == DISK_CUT)
        resize(c, (size_t)op->at, noise);
}

/* ---- Names ---- */

static bool is_of_names(const struct disk_op *op)
{
    return op->kind == DISK_MAKE || op->kind == DISK_UNLINK || op->kind == DISK_RENAME;
}

static bool is_of_content(const struct disk_op *op)
{
    return op->kind == DISK_WRITE || op->kind == DISK_CUT;
}

static void take_name(char names[FILES][32], const char *name)
{
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(names[i], name) == 0)
            names[i][0] = '\0';
}

static void apply_name(char names[FILES][32], const struct disk_op *op)
{
    if (op->kind == DISK_UNLINK) {
        names[op->file][0] = '\0';
        return;
    }
    const char *name = op->kind == DISK_RENAME ? op->to : op->name;
    take_name(names, name);
    snprintf(names[op->file], sizeof names[0], "%s", name);
}

/* ---- Going forward ---- */

struct crash *crash_create(const struct disk_op *ops, size_t n)
{
    struct crash *crash = calloc(1, sizeof *crash);
    must(crash != NULL, "memory");
    crash->ops = ops;
    crash->n = n;
    crash->pending = calloc(n + 1, sizeof *crash->pending);
    must(crash->pending != NULL, "memory");
    return crash;
}

void crash_destroy(struct crash *crash)
{
    for (size_t i = 0; i < FILES; i++)
        free(crash->synced[i].bytes);
    free(crash->pending);
    free(crash);
}

/* What waits for this sync is done. */
static void sync_some(struct crash *crash, const struct disk_op *sync)
{
    size_t kept = 0;
    for (size_t i = 0; i < crash->n_pending; i++) {
        const struct disk_op *op = &crash->ops[crash->pending[i]];
        if (sync->kind == DISK_SYNC_FOLDER && is_of_names(op))
            apply_name(crash->names, op);
        else if (sync->kind == DISK_SYNC && is_of_content(op) && op->file == sync->file)
            apply(&crash->synced[op->file], op, NULL);
        else
            crash->pending[kept++] = crash->pending[i];
    }
    crash->n_pending = kept;
}

void crash_advance(struct crash *crash, size_t done)
{
    for (; crash->done < done && crash->done < crash->n; crash->done++) {
        const struct disk_op *op = &crash->ops[crash->done];
        if (op->kind == DISK_SYNC || op->kind == DISK_SYNC_FOLDER)
            sync_some(crash, op);
        else if (op->kind != DISK_OPEN)
            crash->pending[crash->n_pending++] = crash->done;
    }
}

size_t crash_pending(const struct crash *crash)
{
    return crash->n_pending;
}

static const struct disk_op *last_of(const struct crash *crash)
{
    return crash->n_pending ? &crash->ops[crash->pending[crash->n_pending - 1]] : NULL;
}

size_t crash_last_len(const struct crash *crash)
{
    const struct disk_op *op = last_of(crash);
    return op && op->kind == DISK_WRITE ? op->len : 0;
}

/* ---- One state ---- */

struct state {
    const struct crash *crash;
    const struct crash_choice *choice;
    struct content files[FILES];
    char names[FILES][32];
    uint64_t dice, noise;
    size_t names_left; /* of CRASH_RANDOM: so many changes of names are still on disk */
};

static uint64_t throw_dice(struct state *s)
{
    s->dice ^= s->dice << 13;
    s->dice ^= s->dice >> 7;
    s->dice ^= s->dice << 17;
    return s->dice >> 11;
}

static uint64_t *noise_of(struct state *s)
{
    return s->choice->garbage ? &s->noise : NULL;
}

/* Each sector of it by chance. */
static void apply_torn(struct state *s, const struct disk_op *op)
{
    size_t sector = s->choice->sector;
    for (size_t i = 0; i < op->len;) {
        size_t end = ((size_t)op->at + i) / sector * sector + sector - (size_t)op->at;
        size_t len = (end < op->len ? end : op->len) - i;
        if (throw_dice(s) & 1)
            put(&s->files[op->file], op->at + (int64_t)i, op->bytes + i, len, noise_of(s));
        i += len;
    }
}

static void apply_by_chance(struct state *s, const struct disk_op *op)
{
    uint64_t what = throw_dice(s) % 4;
    if (is_of_names(op)) {
        if (s->names_left > 0) {
            s->names_left--;
            apply_name(s->names, op);
        }
    } else if (what == 0 && op->kind == DISK_WRITE) {
        apply_torn(s, op);
    } else if (what != 1) {
        apply(&s->files[op->file], op, noise_of(s));
    }
}

static void apply_part(struct state *s, const struct disk_op *op, size_t from, size_t to)
{
    if (op->kind == DISK_WRITE && from < to)
        put(&s->files[op->file], op->at + (int64_t)from, op->bytes + from, to - from, noise_of(s));
}

static bool is_whole(const struct state *s, size_t i)
{
    const struct crash_choice *c = s->choice;
    switch (c->how) {
    case CRASH_ALL:
        return true;
    case CRASH_ALL_BUT:
        return i != c->n;
    case CRASH_ONLY:
        return i == c->n;
    case CRASH_TORN:
    case CRASH_TORN_TAIL:
        return i + 1 < s->crash->n_pending;
    default:
        return false;
    }
}

static void apply_all(struct state *s)
{
    const struct crash_choice *c = s->choice;
    for (size_t i = 0; i < s->crash->n_pending; i++) {
        const struct disk_op *op = &s->crash->ops[s->crash->pending[i]];
        bool is_last = i + 1 == s->crash->n_pending;
        if (c->how == CRASH_RANDOM)
            apply_by_chance(s, op);
        else if (is_whole(s, i) && is_of_names(op))
            apply_name(s->names, op);
        else if (is_whole(s, i))
            apply(&s->files[op->file], op, noise_of(s));
        else if (is_last && c->how == CRASH_TORN)
            apply_part(s, op, 0, c->n < op->len ? c->n : op->len);
        else if (is_last && c->how == CRASH_TORN_TAIL)
            apply_part(s, op, c->n, op->len);
    }
}

void crash_empty(const char *folder)
{
    DIR *dir = opendir(folder);
    must(dir != NULL, folder);
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            must(unlinkat(dirfd(dir), e->d_name, 0) == 0, e->d_name);
    closedir(dir);
}

static void write_file(const char *folder, const char *name, const struct content *content)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(fd >= 0, path);
    for (size_t done = 0; done < content->len;) {
        ssize_t n = write(fd, content->bytes + done, content->len - done);
        must(n > 0, path);
        done += (size_t)n;
    }
    close(fd);
}

void crash_build(const struct crash *crash, const struct crash_choice *choice, const char *folder)
{
    struct state *s = calloc(1, sizeof *s);
    must(s != NULL, "memory");
    s->crash = crash;
    s->choice = choice;
    s->dice = choice->seed * 2 + 1;
    s->noise = choice->seed;
    for (int i = 0; i < 8; i++)
        throw_dice(s);
    s->names_left = throw_dice(s) % 4;
    for (size_t i = 0; i < FILES; i++)
        put(&s->files[i], 0, crash->synced[i].bytes, crash->synced[i].len, NULL);
    memcpy(s->names, crash->names, sizeof s->names);
    apply_all(s);
    crash_empty(folder);
    for (size_t i = 0; i < FILES; i++) {
        if (s->names[i][0])
            write_file(folder, s->names[i], &s->files[i]);
        free(s->files[i].bytes);
    }
    free(s);
}
