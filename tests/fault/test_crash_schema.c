/* Power cuts while a journal of an earlier build is brought forward: every state that the files can
 * be in after each call opens, in the new schema, with all that it had.
 *
 * CW_CRASH_STATES=0: every state; else every seventh. */
#include "check.h"
#include "crash.h"
#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512, RANDOM_STATES = 24, TEXT_BYTES = 65536 };

static char run_folder[64], state_folder[64];

static void begin(void)
{
    const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(run_folder, sizeof run_folder, "%s/cw-schema-XXXXXX", shm);
    snprintf(state_folder, sizeof state_folder, "%s/cw-schema-XXXXXX", shm);
    if (!mkdtemp(run_folder) || !mkdtemp(state_folder))
        exit(1);
}

static void end(void)
{
    disk_leave();
    crash_empty(run_folder);
    crash_empty(state_folder);
    rmdir(run_folder);
    rmdir(state_folder);
}

/* A journal as an earlier build left it. */
static void make_old(int schema)
{
    const char *root = getenv("CW_ROOT");
    char path[300], *fault = NULL;
    static char text[TEXT_BYTES];
    int n = snprintf(text, sizeof text,
                     "PRAGMA page_size=16384; PRAGMA auto_vacuum=INCREMENTAL;"
                     "PRAGMA application_id=1668770412; PRAGMA user_version=%d;"
                     "PRAGMA journal_mode=WAL;",
                     schema);
    snprintf(path, sizeof path, "%s/tests/journals/%d.sql", root ? root : ".", schema);
    size_t len = 0;
    char *sql = check_read(path, &len);
    snprintf(text + n, sizeof text - (size_t)n, "%s", sql);
    free(sql);
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/j.db", run_folder);
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    if (!CHECK_INT(sqlite3_exec(db, text, NULL, NULL, &fault), SQLITE_OK))
        fprintf(stderr, "%s\n", fault);
    sqlite3_close(db);
}

static const char *ask(const char *folder, const char *sql)
{
    static char text[200];
    char path[100];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    snprintf(path, sizeof path, "%s/j.db", folder);
    bool good = sqlite3_open(path, &db) == SQLITE_OK &&
                sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW;
    snprintf(text, sizeof text, "%s", good ? (const char *)sqlite3_column_text(st, 0) : "none");
    sqlite3_finalize(st);
    sqlite3_close(db);
    return text;
}

static const char rows[] =
    "SELECT (SELECT count(*) FROM event)||' events '||(SELECT group_concat(state) FROM run)||"
    "' runs '||(SELECT group_concat(state) FROM call)||' calls '||(SELECT count(*) FROM attempt)||"
    "' attempts '||(SELECT count(*) FROM mark)||' marks '||(SELECT count(*) FROM timer)||' timers'";

static bool opens(const char *folder)
{
    char where[100];
    struct store *store = NULL;
    struct store_opts opts = {0};
    struct cw_error err = {0};
    snprintf(where, sizeof where, "sqlite:%s/j.db", folder);
    if (!CHECK_INT(store_open(where, &opts, &store, &err), CW_OK)) {
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    store_close(store);
    return true;
}

static char version[8]; /* of this build's journals */

static bool is_whole(const char *folder, const char *want)
{
    bool good = CHECK_STR(ask(folder, rows), want);
    good = CHECK_STR(ask(folder, "PRAGMA user_version"), version) && good;
    return CHECK_STR(ask(folder, "PRAGMA integrity_check"), "ok") && good;
}

static struct crash_choice choose(const struct crash *crash, size_t i, uint64_t seed)
{
    size_t pending = crash_pending(crash), sectors = crash_last_len(crash) / SECTOR;
    struct crash_choice c = {.how = i ? CRASH_ALL : CRASH_NOTHING, .garbage = i & 1};
    if (i < 2)
        return c;
    if ((i -= 2) < pending)
        return (struct crash_choice){.how = CRASH_ALL_BUT, .n = i, .garbage = c.garbage};
    if ((i -= pending) < pending)
        return (struct crash_choice){.how = CRASH_ONLY, .n = i, .garbage = c.garbage};
    if ((i -= pending) < sectors)
        return (struct crash_choice){.how = CRASH_TORN, .n = (i + 1) * SECTOR};
    return (struct crash_choice){.how = CRASH_RANDOM,
                                 .sector = i & 2 ? 512 : 4096,
                                 .seed = seed * 1000 + i,
                                 .garbage = i & 1};
}

static size_t choices(const struct crash *crash)
{
    return 2 + 2 * crash_pending(crash) + crash_last_len(crash) / SECTOR + RANDOM_STATES;
}

/* Every `step`th state of the trace of what opening the folder did. Returns: how many. */
static long look_at_all(const struct disk_op *ops, size_t n, const char *want, size_t step)
{
    struct crash *crash = crash_create(ops, n);
    size_t begun = 0, number = 0;
    long states = 0;
    bool good = true;
    while (ops[begun++].kind != DISK_SYNC_FOLDER)
        ; /* what was there before */
    for (size_t k = begun; k <= n && good; k++) {
        crash_advance(crash, k);
        for (size_t i = 0; i < choices(crash) && good; i++) {
            if (number++ % step)
                continue;
            struct crash_choice c = choose(crash, i, k);
            crash_build(crash, &c, state_folder);
            good = opens(state_folder) && is_whole(state_folder, want);
            states++;
            if (!good)
                fprintf(stderr, "after call %zu of %zu, state %zu\n", k, n, i);
        }
    }
    crash_destroy(crash);
    return states;
}

static void bring_forward(int schema)
{
    char want[200];
    size_t n = 0;
    begin();
    make_old(schema);
    snprintf(want, sizeof want, "%s", ask(run_folder, rows));
    CHECK(strstr(want, " attempts ") != NULL);
    disk_watch(run_folder);
    CHECK(opens(run_folder));
    disk_leave();
    snprintf(version, sizeof version, "%s", ask(run_folder, "PRAGMA user_version"));
    CHECK(atoi(version) > schema);
    CHECK(is_whole(run_folder, want));
    struct disk_op *ops = disk_take(&n);
    const char *all = getenv("CW_CRASH_STATES");
    long states = look_at_all(ops, n, want, all && *all == '0' ? 1 : 7);
    printf("schema %d: %zu calls, %ld states\n", schema, n, states);
    CHECK(states > 100);
    disk_free(ops, n);
    end();
}

TEST(a_power_cut_while_schema_1_is_brought_forward)
{
    bring_forward(1);
}

TEST(a_power_cut_while_schema_2_is_brought_forward)
{
    bring_forward(2);
}

CHECK_MAIN
