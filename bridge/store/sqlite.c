/* sqlite: the journal in one file. One connection, one process: SQLite 3.40 can lose committed
 * pages when two write or checkpoint at once, so the lock is taken at the start and kept for life.
 *
 * Promises: what was committed is on disk (WAL, synchronous FULL). Refuses: network file systems,
 * newer schemas, files of other programs, settings that do not read back. The file is 0600, a
 * folder that is made is 0700. It is never opened besides: closing a second descriptor would
 * drop the lock. */
#include "sqlite_priv.h"
#include "xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Pages in the log before they are moved to the file when idle: 1 MiB; when busy: b->log_pages. */
enum { IDLE_PAGES = 64 };
enum { MAX_VALUE_BYTES = 64 << 20 };

/* ---- The file ---- */

/* The name of a new folder is on disk when its parent is. */
static void sync_parent(const char *path)
{
    auto_free char *copy = xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd) < 0)
        errno = 0; /* some file systems cannot; the journal's own folder is checked by SQLite */
    close(fd);
}

static enum cw_status make_one(const char *path, struct cw_error *err)
{
    if (mkdir(path, 0700) == 0)
        sync_parent(path);
    else if (errno != EEXIST)
        return cw_fail(err, CW_EIO, "make the folder %s: %s", path, strerror(errno));
    return CW_OK;
}

static enum cw_status make_folder(const char *path, struct cw_error *err)
{
    auto_free char *part = xstrdup(path);
    enum cw_status status = CW_OK;
    for (char *slash = part + 1; status == CW_OK && *part && (slash = strchr(slash, '/'));) {
        *slash = '\0';
        status = make_one(part, err);
        *slash++ = '/';
    }
    return status == CW_OK ? make_one(path, err) : status;
}

static enum cw_status refuse_network(const char *folder, struct cw_error *err)
{
    static const unsigned long refused[] = {
        NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC,   CIFS_SUPER_MAGIC,      SMB2_SUPER_MAGIC,
        AFS_SUPER_MAGIC,  AFS_FS_MAGIC,      CODA_SUPER_MAGIC,      NCP_SUPER_MAGIC,
        CEPH_SUPER_MAGIC, OCFS2_SUPER_MAGIC, 0x01161970 /* GFS2 */, 0x0bd00bd0 /* Lustre */,
    };
    struct statfs fs;
    if (statfs(folder, &fs) < 0)
        return cw_fail(err, CW_EIO, "the journal's folder %s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if ((unsigned long)fs.f_type == refused[i])
            return cw_fail(err, CW_EINVAL,
                           "%s is on a network file system; a journal needs a disk of its own",
                           folder);
    return CW_OK;
}

/* Only a file that was not there is opened: nobody can have a lock on it. */
static enum cw_status make_file(const char *path, struct cw_error *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return CW_OK;
    }
    if (errno != EEXIST || stat(path, &st) < 0)
        return cw_fail(err, CW_EIO, "open the journal %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return cw_fail(err, CW_EINVAL, "the journal %s is not a file", path);
    if (st.st_mode & 077 && chmod(path, 0600) < 0)
        return cw_fail(err, CW_EIO, "make the journal %s private: %s", path, strerror(errno));
    return CW_OK;
}

static enum cw_status prepare_path(const char *path, bool create_dirs, struct cw_error *err)
{
    auto_free char *copy = xstrdup(path);
    char *folder = dirname(copy);
    enum cw_status status = create_dirs ? make_folder(folder, err) : CW_OK;
    if (status == CW_OK)
        status = refuse_network(folder, err);
    return status == CW_OK ? make_file(path, err) : status;
}

/* ---- Opening and closing ---- */

static int on_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct backend *b = ctx;
    (void)db, (void)name;
    b->wal_pages = pages;
    return SQLITE_OK;
}

static enum cw_status open_connection(struct backend *b, const char *path, struct cw_error *err)
{
    static const int on[] = {SQLITE_DBCONFIG_DEFENSIVE},
                     off[] = {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL,
                              SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
                              SQLITE_DBCONFIG_TRUSTED_SCHEMA};
    if (!sqlite3_threadsafe())
        return cw_fail(err, CW_EINVAL, "this SQLite was built without thread safety");
    int rc = sqlite3_open_v2(
        path, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof on / sizeof on[0]; i++)
        rc = sqlite3_db_config(b->db, on[i], 1, NULL);
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof off / sizeof off[0]; i++)
        rc = sqlite3_db_config(b->db, off[i], 0, NULL);
    if (rc != SQLITE_OK)
        return sq_fail(b, rc, err);
    sqlite3_limit(b->db, SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES);
    sqlite3_limit(b->db, SQLITE_LIMIT_ATTACHED, 0);
    return CW_OK;
}

static void destroy(struct backend *b)
{
    for (size_t i = 0; i < SQL_STATEMENTS; i++)
        sqlite3_finalize(b->statements[i]);
    /* After a write or sync that failed nobody knows what the disk has: the log is left for the
     * next start, which reads what is whole of it. No sync is tried again. */
    if (b->broken)
        sqlite3_db_config(b->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int rc = sqlite3_close(b->db);
    assert(rc == SQLITE_OK);
    keyset_destroy(b->keyset);
    free(b->path);
    free(b);
}

/* On a full volume the reserve of the last life lets the journal open. */
static enum cw_status prepare_file(struct backend *b, struct cw_error *err)
{
    enum cw_status status = sq_prepare_file(b, b->max_pages, err);
    if (status != CW_ELIMIT || sq_reserve(b, false, err) != CW_OK)
        return status;
    if (!sqlite3_get_autocommit(b->db))
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    return sq_prepare_file(b, b->max_pages, err);
}

static enum cw_status refuse(const struct backend *b, enum cw_status status, struct cw_error *err)
{
    if (!b->damaged) {
        cw_wrap(err, "journal %s", b->path);
        return status;
    }
    auto_free char *what = xstrdup(err ? err->text : "");
    return cw_fail(
        err, CW_ESYNTAX,
        "the journal %s is damaged or no journal (%s): put a backup in its place, or move "
        "it away and begin anew",
        b->path, what);
}

enum cw_status store_sqlite_open(const char *path, const struct store_opts *opts,
                                 struct backend **out, struct cw_error *err)
{
    uint64_t max_pages = opts ? opts->max_bytes / PAGE_BYTES : 0;
    enum cw_status status = prepare_path(path, opts && opts->create_dirs, err);
    if (status != CW_OK)
        return status;
    struct backend *b = xcalloc(1, sizeof *b);
    b->path = xstrdup(path);
    b->max_pages = max_pages > INT32_MAX ? INT32_MAX : (int64_t)max_pages;
    status = open_connection(b, path, err);
    if (status == CW_OK)
        status = prepare_file(b, err);
    if (status == CW_OK)
        status = sq_prepare_all(b, err);
    if (status == CW_OK)
        status = sq_load_keys(b, err);
    if (status == CW_OK)
        status = sq_limit_log(b, err);
    if (status != CW_OK) {
        status = refuse(b, status, err);
        destroy(b);
        return status;
    }
    sqlite3_wal_hook(b->db, on_wal, b);
    *out = b;
    return CW_OK;
}

static void sq_close(struct backend *b)
{
    if (!b->broken)
        sq_mark_clean(b);
    destroy(b);
}

/* ---- Turns ---- */

static enum cw_status sq_begin(struct backend *b, struct cw_error *err)
{
    b->last_kept = b->last;
    b->drops = false;
    enum cw_status status = sq_run(b, b->statements[SQL_BEGIN], err);
    if (status == CW_OK)
        status = sq_measure_room(b, err);
    if (status != CW_OK && !sqlite3_get_autocommit(b->db))
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* SQLite may have rolled back by itself already. */
static void sq_rollback(struct backend *b)
{
    struct cw_error ignored;
    if (!sqlite3_get_autocommit(b->db) && sq_run(b, b->statements[SQL_ROLLBACK], &ignored) != CW_OK)
        assert(sqlite3_get_autocommit(b->db));
    b->last = b->last_kept;
    keyset_undo(b->keyset);
}

static enum cw_status sq_commit(struct backend *b, struct cw_error *err)
{
    enum cw_status status = sqlite3_get_autocommit(b->db)
                                ? cw_fail(err, CW_EIO, "the journal has given the turn up")
                                : CW_OK;
    if (status == CW_OK && b->drops)
        status = sq_keep_last(b, err);
    if (status == CW_OK)
        status = sq_run(b, b->statements[SQL_COMMIT], err);
    if (status != CW_OK)
        sq_rollback(b);
    else
        keyset_keep(b->keyset);
    return status;
}

/* PASSIVE never waits and never cuts the log, which is written from its start again. A full disk is
 * no fault of the log: it keeps what it has, the next commit brings the next try. */
static enum cw_status sq_tidy(struct backend *b, enum store_pace pace, struct cw_error *err)
{
    int in_log = 0, moved = 0;
    enum cw_status status = pace == STORE_BUSY ? CW_OK : sq_vacuum(b, pace == STORE_TIGHT, err);
    if (status != CW_OK)
        return status == CW_ELIMIT ? CW_OK : status;
    bool rests = pace != STORE_BUSY && b->log_pages > IDLE_PAGES;
    if (b->wal_pages < (rests ? IDLE_PAGES : b->log_pages) && !b->shrinks)
        return CW_OK;
    int rc = sqlite3_wal_checkpoint_v2(b->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_FULL)
        return sq_fail(b, rc, err);
    b->shrinks = false;
    if (rc != SQLITE_OK || in_log == moved)
        b->wal_pages = 0;
    return CW_OK;
}

const struct store_ops store_sqlite_ops = {
    .close = sq_close,
    .begin = sq_begin,
    .commit = sq_commit,
    .rollback = sq_rollback,
    .tidy = sq_tidy,
    .room = sq_room,
    .reserve = sq_reserve,
    .event_add = sq_event_add,
    .events = sq_events,
    .events_back = sq_events_back,
    .last_event = sq_last_event,
    .ages = sq_ages,
    .remains = sq_remains,
    .event_drop = sq_event_drop,
    .run_insert = sq_run_insert,
    .run_has = sq_run_has,
    .run_find = sq_run_find,
    .run_state = sq_run_state,
    .run_change = sq_run_change,
    .runs = sq_runs,
    .run_people = sq_run_people,
    .next_due = sq_next_due,
    .call_insert = sq_call_insert,
    .call_state = sq_call_state,
    .call_save = sq_call_save,
    .calls_tally = sq_calls_tally,
    .calls_end = sq_calls_end,
    .lane_head = sq_lane_head,
    .lane_passing = sq_lane_passing,
    .lane_calls = sq_lane_calls,
    .lanes = sq_lanes,
    .calls = sq_calls,
    .lease_get = sq_lease_get,
    .lease_put = sq_lease_put,
    .attempt_call = sq_attempt_call,
    .attempt_begin = sq_attempt_begin,
    .attempt_end = sq_attempt_end,
    .attempts_of = sq_attempts_of,
    .timer_get = sq_timer_get,
    .timer_put = sq_timer_put,
    .mark_get = sq_mark_get,
    .mark_put = sq_mark_put,
    .mark_drop = sq_mark_drop,
    .marks_due = sq_marks_due,
    .marks = sq_marks,
    .next_mark = sq_next_mark,
    .shift = sq_shift,
    .setting_get = sq_setting_get,
    .setting_put = sq_setting_put,
    .counts = sq_counts,
};
