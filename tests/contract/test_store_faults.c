/* The disk fails at its Nth write, sync, cut or opening, for every N of a scripted scenario: once
 * or from then on, with an I/O error or for want of room. No crash, nothing acknowledged is lost,
 * and the journal opens when the disk is well again. CW_FAULT=N runs one N alone, CW_FAULT_STEP=1
 * every N (the default leaves some out, other ones in each of the four tests).
 *
 * The faults are made by a layer beneath SQLite. It offers no shared memory: that the journal opens
 * at all shows that it needs none. */
#include "check.h"
#include "store_fixture.h"

#include <sqlite3.h>

enum fault { FAULT_IO, FAULT_FULL };

static struct {
    enum fault fault;
    bool forever;
    long at, count; /* at 0: never */
} plan;

static sqlite3_vfs *real_vfs;

struct layer {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static bool fails_now(void)
{
    plan.count++;
    return plan.at && (plan.forever ? plan.count >= plan.at : plan.count == plan.at);
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct layer *)file)->real;
}

static int layer_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int layer_read(sqlite3_file *file, void *into, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), into, n, at);
}

static int layer_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    if (!fails_now())
        return real_of(file)->pMethods->xWrite(real_of(file), from, n, at);
    /* half of it got there */
    int rc = real_of(file)->pMethods->xWrite(real_of(file), from, n / 2, at);
    if (rc != SQLITE_OK)
        return rc;
    return plan.fault == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails_now())
        return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* Nobody pulls the plug here, so a real sync would only take time. */
static int layer_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return fails_now() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int layer_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int layer_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int layer_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int layer_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int layer_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int layer_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int layer_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static const sqlite3_io_methods layer_methods = {
    .iVersion = 1,
    .xClose = layer_close,
    .xRead = layer_read,
    .xWrite = layer_write,
    .xTruncate = layer_truncate,
    .xSync = layer_sync,
    .xFileSize = layer_size,
    .xLock = layer_lock,
    .xUnlock = layer_unlock,
    .xCheckReservedLock = layer_reserved,
    .xFileControl = layer_control,
    .xSectorSize = layer_sector,
    .xDeviceCharacteristics = layer_traits,
};

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct layer *layer = (struct layer *)file;
    (void)vfs;
    layer->base.pMethods = NULL;
    layer->real = (sqlite3_file *)(layer + 1);
    if (fails_now())
        return SQLITE_CANTOPEN;
    int rc = real_vfs->xOpen(real_vfs, name, layer->real, flags, out);
    if (rc == SQLITE_OK)
        layer->base.pMethods = &layer_methods;
    return rc;
}

static void put_layer(void)
{
    static sqlite3_vfs vfs;
    if (real_vfs)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "faults";
    vfs.szOsFile += (int)sizeof(struct layer);
    vfs.xOpen = layer_open;
    CHECK_INT(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

/* ---- The scenario ---- */

enum { TURNS = 32, BODY = 20000 };

static struct {
    bool event[TURNS];
    int64_t seq[TURNS];
} acknowledged;

static enum cw_status write_turn(struct store *s, uint64_t i, int64_t *seq)
{
    static char body[BODY];
    struct store_event event = {.received_ms = 1, .payload = {body, sizeof body}};
    struct store_key key = key_of(i);
    struct store_run run = run_of(0, "r", "ann");
    int64_t id = 0;
    run.state = STORE_RUN_ACTING;
    enum cw_status status = store_event_add(s, &event, &key, 1, seq, NULL);
    run.event = *seq;
    if (status == CW_OK)
        status = store_run_add(s, &run, &id, NULL);
    struct store_call call = call_of(id, *seq, "ann", 0);
    if (status == CW_OK)
        status = store_call_add(s, &call, &id, NULL);
    struct store_attempt attempt = {.call = id, .request = CW_TEXT("POST /x"), .begun_ms = 1};
    if (status == CW_OK)
        status = store_attempt_begin(s, &attempt, &id, NULL);
    return status;
}

/* As the daemon does it: full is tried again later, anything else ends the process. */
static bool one_turn(struct store *s, uint64_t i)
{
    int64_t seq = 0;
    enum cw_status status = store_begin(s, NULL);
    if (status == CW_OK) {
        enum cw_status wrote = write_turn(s, i, &seq);
        status = store_commit(s, NULL);
        CHECK(status == CW_OK || !store_in_turn(s));
        CHECK(wrote == CW_OK || status == wrote); /* no commit hides a failed write */
    }
    if (status == CW_OK) {
        acknowledged.event[i] = true;
        acknowledged.seq[i] = seq;
    }
    if (status == CW_OK) {
        status = store_tidy(s, i % 16 == 15, NULL);
        CHECK(status == CW_OK || status == CW_EIO); /* want of room holds no housekeeping up */
    }
    return status == CW_OK || status == CW_ELIMIT;
}

static void play(const char *where)
{
    struct store *s = NULL;
    memset(&acknowledged, 0, sizeof acknowledged);
    if (store_open(where, &(struct store_opts){.create_dirs = true}, &s, NULL) != CW_OK)
        return;
    for (uint64_t i = 0; i < TURNS && one_turn(s, i); i++)
        ;
    store_close(s);
}

static bool all_there(const char *where)
{
    struct cw_error err = {0};
    struct store *s = NULL;
    bool ok = true;
    if (store_open(where, &(struct store_opts){0}, &s, &err) != CW_OK) {
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < TURNS; i++) {
        struct store_event event = {.received_ms = 1};
        struct store_key key = key_of(i);
        struct store_call *calls = NULL;
        int64_t seq = 0;
        size_t n = 0;
        if (!acknowledged.event[i])
            continue;
        ok &= store_event_add(s, &event, &key, 1, &seq, NULL) == CW_EEXIST &&
              seq == acknowledged.seq[i];
        OK(store_calls_of(s, seq, arena(), &calls, &n, NULL));
        ok &= n == 1;
    }
    store_rollback(s);
    store_close(s);
    cw_arena_reset(arena());
    return ok;
}

static bool is_sound(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK &&
              sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) == SQLITE_OK &&
              sqlite3_step(st) == SQLITE_ROW &&
              strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return ok;
}

/* Returns: false when the scenario ended before its Nth operation. */
static bool fail_at(long n, enum fault fault, bool forever)
{
    char where[160];
    strcpy(where, fixture_where("faults.db"));
    plan.fault = fault;
    plan.forever = forever;
    plan.at = n;
    plan.count = 0;
    play(where);
    bool reached = plan.count >= n;
    plan.at = 0;
    if (!CHECK(all_there(where)) || !CHECK(is_sound(fixture_path("faults.db"))))
        fprintf(stderr, "CW_FAULT=%ld fault %d forever %d\n", n, (int)fault, forever);
    fixture_end();
    return reached;
}

static void fail_everywhere(enum fault fault, bool forever)
{
    const char *only = getenv("CW_FAULT"), *text = getenv("CW_FAULT_STEP");
    long step = text ? atol(text) : 10, n = 1 + (fault * 2 + forever) % step, runs = 0;
    put_layer();
    if (only) {
        fail_at(atol(only), fault, forever);
        return;
    }
    for (; fail_at(n, fault, forever); n += step)
        runs++;
    printf("%ld of %ld operations failed\n", runs, n);
    CHECK(step > 10 || runs > 50);
}

TEST(without_faults_everything_is_acknowledged)
{
    put_layer();
    plan.at = 0;
    play(fixture_where("well.db"));
    for (size_t i = 0; i < TURNS; i++)
        CHECK(acknowledged.event[i]);
    CHECK(all_there(fixture_where("well.db")));
    fixture_end();
}

TEST(an_io_error_once)
{
    fail_everywhere(FAULT_IO, false);
}

TEST(io_errors_for_ever)
{
    fail_everywhere(FAULT_IO, true);
}

TEST(no_room_once)
{
    fail_everywhere(FAULT_FULL, false);
}

TEST(no_room_for_ever)
{
    fail_everywhere(FAULT_FULL, true);
}

CHECK_MAIN
