/* sqlite_schema: what a journal file is. Its settings are set and read back, its tables made or
 * checked, its lock taken for life; a file that is not as it should be is refused.
 *
 * Neither page size and auto_vacuum nor the layout of the keys can change later. A table in key
 * order dirties one 16 KiB page for each key once it is large: at a million keys and k=64 it made
 * 3,270 rows/s of 19,118 (tmpfs: 22,000 of 41,000); rows appended under the event's number, with a
 * hash in memory, made 14,032 beside it (tmpfs: 50,000). A million keys: 0.1 s to load, 14 MiB. */
#include "sqlite_priv.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { APPLICATION = 0x63776a6c /* "cwjl" */ };
enum { QUICK_CHECK_BYTES = 64 << 20 };

/* What brings a file from schema i to i + 1; an empty one has schema 0. Steps are only ever added:
 * each journal that was written can be opened. */
static const char *const steps[] = {
    "CREATE TABLE event("
    " seq INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL, source TEXT NOT NULL,"
    " type TEXT NOT NULL, id TEXT NOT NULL, verdict INTEGER NOT NULL, codec INTEGER NOT NULL,"
    " reason TEXT NOT NULL, used TEXT NOT NULL, payload BLOB NOT NULL) STRICT;"
    /* keys: 16 bytes each, one after the other */
    "CREATE TABLE dedup(event INTEGER PRIMARY KEY, keys BLOB NOT NULL) STRICT;"
    "CREATE TABLE run("
    " id INTEGER PRIMARY KEY, event INTEGER NOT NULL, rule TEXT NOT NULL, person TEXT NOT NULL,"
    " key TEXT NOT NULL, state INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL, condition TEXT NOT NULL, vars TEXT NOT NULL,"
    " reason TEXT NOT NULL, UNIQUE(event, rule, person, key)) STRICT;"
    "CREATE INDEX run_waiting ON run(rule, key, person) WHERE state=0;"
    "CREATE INDEX run_acting ON run(rule, key, person) WHERE state=1;"
    "CREATE INDEX run_due ON run(due_ms) WHERE state=0;"
    /* With the key of run: (event, rule, person, key, step) is unique. */
    "CREATE TABLE call("
    " id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), event INTEGER NOT NULL,"
    " rule TEXT NOT NULL, person TEXT NOT NULL, step INTEGER NOT NULL, action TEXT NOT NULL,"
    " args TEXT NOT NULL, condition TEXT NOT NULL, state INTEGER NOT NULL,"
    " due_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL, tries INTEGER NOT NULL, progress TEXT NOT NULL, reason TEXT NOT "
    "NULL,"
    " UNIQUE(run, step)) STRICT;"
    "CREATE INDEX call_open ON call(person) WHERE state<2;"
    "CREATE INDEX call_dead ON call(id) WHERE state=4;"
    "CREATE TABLE attempt("
    " id INTEGER PRIMARY KEY, call INTEGER NOT NULL REFERENCES call(id), request TEXT NOT NULL,"
    " body TEXT NOT NULL, begun_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,"
    " status INTEGER NOT NULL, answer TEXT NOT NULL, verdict TEXT NOT NULL) STRICT;"
    "CREATE INDEX attempt_call ON attempt(call);"
    "CREATE TABLE timer("
    " person TEXT PRIMARY KEY, entry TEXT NOT NULL, started_by TEXT NOT NULL,"
    " paused_by TEXT NOT NULL, memo TEXT NOT NULL, changed_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE mark("
    " kind TEXT NOT NULL, rule TEXT NOT NULL, person TEXT NOT NULL, key TEXT NOT NULL,"
    " value TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(kind, rule, person, key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX mark_until ON mark(kind, until_ms);"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
    "ALTER TABLE run ADD COLUMN dated INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE timer ADD COLUMN state INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE timer ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE timer ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE timer ADD COLUMN told_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE timer ADD COLUMN version INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE timer ADD COLUMN start TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE timer ADD COLUMN work TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE timer ADD COLUMN call INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE run ADD COLUMN yields INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX run_yields ON run(person) WHERE state<2 AND yields=2;"
    "ALTER TABLE call ADD COLUMN passes INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX call_passing ON call(person) WHERE state<2 AND passes=1;"
    "CREATE TABLE lease(person TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
};
enum { VERSION = sizeof steps / sizeof *steps };

/* The name begins as no setting of the daemon does. */
static const char mark_dirty[] = "INSERT OR REPLACE INTO setting VALUES('store.clean','0')";
static const char mark_clean[] = "INSERT OR REPLACE INTO setting VALUES('store.clean','1')";
static const char is_clean[] =
    "SELECT count(*) FROM setting WHERE name='store.clean' AND value='1'";

/* In this order. What is set here and reads back otherwise is refused. */
static const struct pragma {
    const char *name, *value, *reads;
} pragmas[] = {
    {"page_size", "16384", "16384"},  {"auto_vacuum", "INCREMENTAL", "2"},
    {"secure_delete", "ON", "1"},     {"journal_mode", "WAL", "wal"},
    {"synchronous", "FULL", "2"},     {"foreign_keys", "ON", "1"},
    {"trusted_schema", "OFF", "0"},   {"cell_size_check", "ON", "1"},
    {"temp_store", "MEMORY", "2"},    {"mmap_size", "0", "0"},
    {"cache_size", "-2048", "-2048"}, {"wal_autocheckpoint", "0", "0"},
    {"encoding", "'UTF-8'", "UTF-8"},
};

static enum cw_status run_sql(struct backend *b, const char *sql, struct cw_error *err)
{
    int rc = sqlite3_exec(b->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? CW_OK : sq_fail(b, rc, err);
}

/* Returns: the answer as text, for the caller to free; NULL: none. */
static char *ask_text(struct backend *b, const char *sql, int *rc)
{
    sqlite3_stmt *st = NULL;
    char *text = NULL;
    *rc = sqlite3_prepare_v2(b->db, sql, -1, &st, NULL);
    if (*rc == SQLITE_OK)
        *rc = sqlite3_step(st);
    if (*rc == SQLITE_ROW)
        text = xstrdup((const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return text;
}

enum cw_status sq_ask(struct backend *b, const char *sql, int64_t *out, struct cw_error *err)
{
    int rc;
    auto_free char *text = ask_text(b, sql, &rc);
    if (!text)
        return sq_fail(b, rc, err);
    *out = strtoll(text, NULL, 10);
    return CW_OK;
}

static enum cw_status set_pragma(struct backend *b, const struct pragma *pragma,
                                 struct cw_error *err)
{
    int rc;
    auto_free char *set = xprintf("PRAGMA %s=%s", pragma->name, pragma->value);
    auto_free char *get = xprintf("PRAGMA %s", pragma->name);
    enum cw_status status = run_sql(b, set, err);
    if (status != CW_OK)
        return status;
    auto_free char *reads = ask_text(b, get, &rc);
    if (reads && strcmp(reads, pragma->reads) == 0)
        return CW_OK;
    if (!reads && rc != SQLITE_DONE)
        return sq_fail(b, rc, err);
    return cw_fail(err, CW_EINVAL, "the journal's %s is %s and has to be %s", pragma->name,
                   reads ? reads : "unknown", pragma->reads);
}

static off_t bytes_of(const char *path, const char *suffix)
{
    struct stat st;
    auto_free char *name = xprintf("%s%s", path, suffix);
    return stat(name, &st) == 0 ? st.st_size : 0;
}

/* Without a log the file is as long as it says; SQLite itself does not always look. */
static enum cw_status check_length(struct backend *b, struct cw_error *err)
{
    int64_t wanted = 0;
    off_t bytes = bytes_of(b->path, ""), log_bytes = bytes_of(b->path, "-wal");
    enum cw_status status = sq_ask(
        b, "SELECT page_count*page_size FROM pragma_page_count,pragma_page_size", &wanted, err);
    if (status != CW_OK || log_bytes || bytes >= wanted)
        return status;
    b->damaged = true;
    return cw_fail(err, CW_EIO, "it was cut: %lld bytes are there, %lld should be",
                   (long long)bytes, (long long)wanted);
}

/* The first question of all: whoever holds the file answers it with "busy". */
static enum cw_status lock_and_look(struct backend *b, int64_t *version, struct cw_error *err)
{
    static const struct pragma exclusive = {"locking_mode", "EXCLUSIVE", "exclusive"};
    int64_t application = 0, n_tables = 0;
    enum cw_status status = set_pragma(b, &exclusive, err);
    if (status == CW_OK)
        status = sq_ask(b, "PRAGMA user_version", version, err);
    if (status == CW_OK)
        status = sq_ask(b, "PRAGMA application_id", &application, err);
    if (status == CW_OK)
        status = sq_ask(b, "SELECT count(*) FROM sqlite_schema", &n_tables, err);
    if (status != CW_OK)
        return status;
    if ((n_tables || *version) && application != APPLICATION)
        return cw_fail(err, CW_EINVAL, "the file is the database of another program");
    if (*version > VERSION)
        return cw_fail(err, CW_EINVAL,
                       "the journal was written by a newer clockwire (schema %lld, this build "
                       "knows %d)",
                       (long long)*version, (int)VERSION);
    return application == APPLICATION ? check_length(b, err) : CW_OK;
}

static enum cw_status set_pragmas(struct backend *b, int64_t max_pages, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < sizeof pragmas / sizeof pragmas[0]; i++)
        status = set_pragma(b, &pragmas[i], err);
    if (status != CW_OK || !max_pages)
        return status;
    /* A file that is larger already keeps its size: then it is full. */
    auto_free char *set = xprintf("PRAGMA max_page_count=%lld", (long long)max_pages);
    return run_sql(b, set, err);
}

/* In the transaction of the start: either all steps, or the file stays as it was. */
static enum cw_status migrate(struct backend *b, int64_t version, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    auto_free char *ids =
        xprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION, VERSION);
    for (int64_t i = version; status == CW_OK && i < VERSION; i++)
        status = run_sql(b, steps[i], err);
    return status == CW_OK && version < VERSION ? run_sql(b, ids, err) : status;
}

static enum cw_status check_unclean(struct backend *b, struct cw_error *err)
{
    int64_t clean = 0, pages = 0;
    int rc;
    enum cw_status status = sq_ask(b, is_clean, &clean, err);
    if (status == CW_OK)
        status = sq_ask(b, "PRAGMA page_count", &pages, err);
    if (status != CW_OK || clean || pages > QUICK_CHECK_BYTES / PAGE_BYTES)
        return status;
    auto_free char *verdict = ask_text(b, "PRAGMA quick_check(1)", &rc);
    if (!verdict)
        return sq_fail(b, rc, err);
    b->damaged = strcmp(verdict, "ok") != 0;
    return b->damaged ? cw_fail(err, CW_EIO, "%s", verdict) : CW_OK;
}

enum cw_status sq_prepare_file(struct backend *b, int64_t max_pages, struct cw_error *err)
{
    int64_t version = 0;
    enum cw_status status = lock_and_look(b, &version, err);
    if (status == CW_OK)
        status = set_pragmas(b, max_pages, err);
    if (status == CW_OK)
        status = run_sql(b, "BEGIN EXCLUSIVE", err);
    if (status == CW_OK && version > 0)
        status = check_unclean(b, err);
    if (status == CW_OK)
        status = migrate(b, version, err);
    if (status == CW_OK)
        status = run_sql(b, mark_dirty, err);
    return status == CW_OK ? run_sql(b, "COMMIT", err) : status;
}

void sq_mark_clean(struct backend *b)
{
    struct cw_error ignored; /* the next start checks the file, that is all */
    if (run_sql(b, mark_clean, &ignored) != CW_OK)
        return;
}
