/* What only the file of a journal can do: stay, refuse, be full, survive kill -9. */
#include "check.h"
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static enum cw_status try_open(const char *where, uint64_t max_bytes, struct cw_error *err)
{
    struct store *s = NULL;
    enum cw_status status =
        store_open(where, &(struct store_opts){.max_bytes = max_bytes}, &s, err);
    CHECK((status == CW_OK) == (s != NULL));
    store_close(s);
    return status;
}

/* The answer of a file that nobody has open. */
static const char *ask(const char *path, const char *sql)
{
    static char answer[8192];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    answer[0] = '\0';
    if (sqlite3_step(st) == SQLITE_ROW)
        snprintf(answer, sizeof answer, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
    return answer;
}

static void make_db(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Names, columns and keys of everything. */
#define SCHEMA                                                                                     \
    "SELECT group_concat(name || coalesce(sql, ''), ';') FROM"                                     \
    " (SELECT name, sql FROM sqlite_schema ORDER BY name)"

TEST(a_reopened_journal_has_everything)
{
    struct store *s = fixture_open(fixture_where("keep/in/here.db"));
    struct store_timer timer = {.person = CW_TEXT("ann"), .entry = CW_TEXT("e")}, got;
    struct store_attempt attempt = {.call = 1, .request = CW_TEXT("GET /"), .begun_ms = 3}, *as;
    struct store_event event = {.received_ms = 1}, *events = NULL;
    struct store_call head;
    struct cw_text value;
    int64_t id = 0, due = 0;
    size_t n = 0;
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 3000; i++)
        add_event(s, i);
    int64_t run = add_run(s, 1, "a", "ann", STORE_RUN_ACTING, 0);
    add_run(s, 1, "w", "ann", STORE_RUN_WAITING, 4242);
    int64_t call = add_call(s, run, 1, "ann", 0);
    OK(store_attempt_begin(s, &attempt, &id, NULL));
    OK(store_timer_put(s, &timer, NULL));
    OK(store_setting_put(s, "x", CW_TEXT("y"), NULL));
    OK(store_commit(s, NULL));
    OK(store_begin(s, NULL));
    add_event(s, 99999);
    store_close(s); /* in the midst of a turn: as a rollback */

    s = fixture_open(fixture_where("keep/in/here.db"));
    OK(store_events(s, 2990, 100, arena(), &events, &n, NULL));
    CHECK_INT(n, 10);
    IS(events[9].payload, "{\"a\":1}");
    OK(store_next_due(s, &due, NULL));
    CHECK_INT(due, 4242);
    OK(store_lane_head(s, CW_TEXT("ann"), arena(), &head, NULL));
    CHECK_INT(head.id, call);
    OK(store_attempts_of(s, call, arena(), &as, &n, NULL));
    CHECK_INT(n, 1);
    OK(store_timer_get(s, CW_TEXT("ann"), arena(), &got, NULL));
    IS(got.entry, "e");
    OK(store_setting_get(s, "x", arena(), &value, NULL));
    IS(value, "y");
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < 3000; i++) {
        struct store_key key = key_of(i);
        int64_t seq = 0;
        CHECK_INT(store_event_add(s, &event, &key, 1, &seq, NULL), CW_EEXIST);
        CHECK_INT(seq, (int64_t)i + 1);
    }
    CHECK_INT(add_event(s, 99999), 3001);
    OK(store_commit(s, NULL));
    store_close(s);
    fixture_end();
}

TEST(a_file_is_private_and_made_for_life)
{
    struct stat st;
    store_close(fixture_open(fixture_where("made/j.db")));
    CHECK(stat(fixture_path("made"), &st) == 0 && (st.st_mode & 0777) == 0700);
    CHECK(stat(fixture_path("made/j.db"), &st) == 0 && (st.st_mode & 0777) == 0600);
    const char *path = fixture_path("made/j.db");
    CHECK_STR(ask(path, "PRAGMA page_size"), "16384");
    CHECK_STR(ask(path, "PRAGMA auto_vacuum"), "2");
    CHECK_STR(ask(path, "PRAGMA journal_mode"), "wal");
    CHECK_STR(ask(path, "PRAGMA application_id"), "1668770412");
    CHECK_STR(ask(path, "PRAGMA user_version"), "3");
    CHECK_STR(ask(path, "PRAGMA integrity_check"), "ok");
    CHECK_STR(ask(path, "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE"
                        " type='table' ORDER BY name)"),
              "attempt,call,dedup,event,lease,mark,run,setting,timer");
    CHECK_STR(ask(path, "SELECT count(*) FROM sqlite_schema WHERE type='index' AND"
                        " tbl_name IN ('event','dedup')"),
              "0");
    CHECK(chmod(path, 0644) == 0);
    store_close(fixture_open(fixture_where("made/j.db")));
    CHECK(stat(fixture_path("made/j.db"), &st) == 0 && (st.st_mode & 0777) == 0600);
    fixture_end();
}

TEST(a_missing_folder_is_an_error_without_create_dirs)
{
    struct cw_error err = {0};
    CHECK_INT(try_open(fixture_where("no/such/j.db"), 0, &err), CW_EIO);
    CHECK(strstr(err.text, "no/such") != NULL);
    CHECK_INT(try_open(fixture_where("j.db"), 0, &err), CW_OK);
    CHECK(mkdir(fixture_path("folder.db"), 0700) == 0);
    CHECK_INT(try_open(fixture_where("folder.db"), 0, &err), CW_EINVAL);
    fixture_end();
}

TEST(foreign_and_newer_files_are_refused)
{
    struct cw_error err = {0};
    store_close(fixture_open(fixture_where("newer.db")));
    CHECK_INT(try_open(fixture_where("newer.db"), 0, &err), CW_OK);
    make_db(fixture_path("newer.db"), "PRAGMA user_version=4");
    CHECK_INT(try_open(fixture_where("newer.db"), 0, &err), CW_EINVAL);
    CHECK(strstr(err.text, "newer") != NULL);
    make_db(fixture_path("other.db"), "CREATE TABLE t(x)");
    CHECK_INT(try_open(fixture_where("other.db"), 0, &err), CW_EINVAL);
    CHECK(strstr(err.text, "another program") != NULL);
    make_db(fixture_path("small.db"), "PRAGMA page_size=4096; PRAGMA application_id=1668770412;"
                                      "CREATE TABLE t(x)");
    CHECK_INT(try_open(fixture_where("small.db"), 0, &err), CW_EINVAL);
    CHECK(strstr(err.text, "page_size is 4096") != NULL);
    FILE *f = fopen(fixture_path("text.db"), "w");
    for (int i = 0; i < 5000; i++)
        fputs("this is no database\n", f);
    fclose(f);
    CHECK_INT(try_open(fixture_where("text.db"), 0, &err), CW_ESYNTAX);
    fixture_end();
}

/* A journal as an earlier build left it, from the SQL of tests/journals. */
static void make_old(const char *path, int schema)
{
    const char *root = getenv("CW_ROOT");
    char file[300], text[32768];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "PRAGMA page_size=16384; PRAGMA auto_vacuum=INCREMENTAL;"
                                "PRAGMA application_id=1668770412; PRAGMA user_version=%d;"
                                "PRAGMA journal_mode=WAL;",
                                schema);
    snprintf(file, sizeof file, "%s/tests/journals/%d.sql", root ? root : ".", schema);
    FILE *f = fopen(file, "r");
    if (!CHECK(f != NULL))
        return;
    n += fread(text + n, 1, sizeof text - n - 1, f);
    text[n] = '\0';
    fclose(f);
    make_db(path, text);
}

/* A journal that was brought forward has the very same tables as a new one. */
static void check_as_new(const char *name)
{
    static char made[8192];
    store_close(fixture_open(fixture_where("made.db")));
    CHECK_STR(ask(fixture_path(name), "PRAGMA user_version"), "3");
    CHECK_STR(ask(fixture_path(name), "PRAGMA integrity_check"), "ok");
    snprintf(made, sizeof made, "%s", ask(fixture_path("made.db"), SCHEMA));
    CHECK(strlen(made) > 2000);
    CHECK_STR(ask(fixture_path(name), SCHEMA), made);
}

TEST(a_journal_of_schema_1_opens_with_all_that_is_pending)
{
    struct store_run *runs = NULL;
    struct store_mark *marks = NULL;
    struct store_call call;
    int64_t due = 0, seq = 0;
    size_t n = 0;
    make_old(fixture_path("old.db"), 1);
    struct store *s = fixture_open(fixture_where("old.db"));
    OK(store_runs_waiting(s, NULL, 10, arena(), &runs, &n, NULL));
    CHECK_INT(n, 2);
    IS(runs[0].rule, "stop-after-meeting");
    IS(runs[0].condition, "{\"timer\":[\"running\"]}");
    IS(runs[1].key, "m3");
    CHECK_INT(runs[0].dated, 0);
    OK(store_next_due(s, &due, NULL));
    CHECK_INT(due, 1795820552332);
    OK(store_lane_head(s, CW_TEXT("grace"), arena(), &call, NULL));
    CHECK_INT(call.id, 5);
    CHECK_INT(call.passes, 0);
    OK(store_marks(s, NULL, 10, arena(), &marks, &n, NULL));
    CHECK_INT(n, 2);
    OK(store_begin(s, NULL)); /* and it goes on in the new schema */
    seq = add_event(s, 1);
    CHECK_INT(seq, 8);
    struct store_run run = run_of(seq, "dated", "ada");
    run.dated = 1;
    OK(store_run_add(s, &run, &run.id, NULL));
    OK(store_commit(s, NULL));
    store_close(s);
    CHECK_STR(ask(fixture_path("old.db"), "SELECT group_concat(dated) FROM run"), "0,0,0,0,0,0,1");
    check_as_new("old.db");
    fixture_end();
}

TEST(a_journal_of_schema_2_opens_with_what_is_known_of_timers)
{
    struct store_timer timer;
    struct store_run *runs = NULL;
    size_t n = 0;
    make_old(fixture_path("old.db"), 2);
    struct store *s = fixture_open(fixture_where("old.db"));
    OK(store_timer_get(s, CW_TEXT("ada"), arena(), &timer, NULL));
    IS(timer.entry, "5e902303-9c31-444e-93aa-4de4e0b3a50f");
    IS(timer.paused_by, "pause-when-idle");
    CHECK_INT(timer.state, STORE_TIMER_UNKNOWN);
    CHECK_INT(timer.seen_ms + timer.told_ms + timer.version, 0);
    OK(store_timer_get(s, CW_TEXT("grace"), arena(), &timer, NULL));
    CHECK(timer.memo.len > 0);
    OK(store_runs_waiting(s, NULL, 10, arena(), &runs, &n, NULL));
    CHECK_INT(n, 2);
    IS(runs[0].rule, "stop-after-meeting");
    CHECK_INT(runs[1].dated, 1);
    /* What an older build let wait stands: it knew of no change by hand. */
    OK(store_runs_yielding(s, CW_TEXT("ada"), arena(), &runs, &n, NULL));
    CHECK_INT(n, 0);
    store_close(s);
    check_as_new("old.db");
    fixture_end();
}

TEST(one_process_holds_a_journal_once)
{
    struct cw_error err = {0};
    struct store *s = fixture_open(fixture_where("held.db"));
    CHECK_INT(try_open(fixture_where("held.db"), 0, &err), CW_EBUSY);
    CHECK(strstr(err.text, "another process") != NULL);
    OK(store_begin(s, NULL)); /* and the holder goes on undisturbed */
    add_event(s, 1);
    OK(store_commit(s, NULL));
    CHECK_INT(try_open(fixture_where("held.db"), 0, &err), CW_EBUSY);
    store_close(s);
    CHECK_INT(try_open(fixture_where("held.db"), 0, &err), CW_OK);
    fixture_end();
}

TEST(another_process_is_refused)
{
    char where[160];
    int go[2], status = 0;
    strcpy(where, fixture_where("held.db"));
    CHECK(pipe(go) == 0);
    fflush(NULL);
    pid_t pid = fork(); /* before the open */
    if (pid == 0) {
        char byte;
        close(go[1]);
        if (read(go[0], &byte, 1) != 1)
            _exit(100);
        _exit((int)try_open(where, 0, NULL));
    }
    struct store *s = fixture_open(where);
    CHECK(write(go[1], "x", 1) == 1);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), CW_EBUSY);
    close(go[0]);
    close(go[1]);
    store_close(s);
    fixture_end();
}

static enum cw_status add_big(struct store *s, uint64_t key)
{
    static char body[30000];
    struct store_event event = {.received_ms = 1, .payload = {body, sizeof body}};
    struct store_key k = key_of(key);
    int64_t seq = 0;
    OK(store_begin(s, NULL));
    enum cw_status status = store_event_add(s, &event, &k, 1, &seq, NULL);
    enum cw_status end = store_commit(s, NULL);
    CHECK_INT(end, status);
    return status;
}

TEST(a_full_journal_says_so_and_recovers)
{
    enum { CAP = 4 << 20 };
    struct store *s = NULL;
    struct store_counts counts = {0};
    uint64_t n = 0;
    OK(store_open(fixture_where("full.db"), &(struct store_opts){.max_bytes = CAP}, &s, NULL));
    OK(store_begin(s, NULL));
    int64_t run = add_run(s, 1, "a", "ann", STORE_RUN_ACTING, 0);
    int64_t call = add_call(s, run, 1, "ann", 0);
    OK(store_commit(s, NULL));
    while (n < 1000 && add_big(s, n) == CW_OK)
        n++;
    CHECK(n > 60 && n < CAP / 30000);
    OK(store_counts(s, &counts, NULL));
    CHECK_INT(counts.events, (int64_t)n);
    for (int i = 0; i < 20; i++) { /* what is in flight can still be recorded */
        struct store_attempt attempt = {.call = call, .request = CW_TEXT("GET /"), .begun_ms = 1};
        int64_t id = 0;
        OK(store_begin(s, NULL));
        OK(store_attempt_begin(s, &attempt, &id, NULL));
        set_call(s, call, STORE_CALL_SENT, 1);
        OK(store_commit(s, NULL));
    }
    CHECK_INT(add_big(s, n), CW_ELIMIT); /* and it is still full */
    OK(store_tidy(s, STORE_IDLE, NULL));
    store_close(s);
    OK(store_open(fixture_where("full.db"), &(struct store_opts){.max_bytes = 2 * CAP}, &s, NULL));
    CHECK_INT(add_big(s, n), CW_OK); /* it was never taken for a duplicate */
    store_close(s);
    fixture_end();
}

/* The hard end, behind the reserve: SQLite itself says that it is full, in the midst of a turn. */
TEST(the_end_of_the_reserve_loses_the_turn_only)
{
    static char text[20000];
    struct store *s = NULL;
    struct cw_text got;
    struct store_call big = {.run = 1, .event = 1, .args = {text, sizeof text}};
    enum cw_status status = CW_OK;
    int64_t id = 0;
    memset(text, 'x', sizeof text);
    OK(store_open(fixture_where("end.db"), &(struct store_opts){.max_bytes = 1 << 20}, &s, NULL));
    OK(store_begin(s, NULL));
    add_run(s, 1, "a", "ann", STORE_RUN_ACTING, 0);
    OK(store_setting_put(s, "x", CW_TEXT("old"), NULL));
    OK(store_commit(s, NULL));
    OK(store_begin(s, NULL));
    OK(store_setting_put(s, "x", CW_TEXT("new"), NULL));
    for (uint32_t i = 0; i < 200 && status == CW_OK; i++) {
        big.step = i;
        status = store_call_add(s, &big, &id, NULL);
    }
    CHECK_INT(status, CW_ELIMIT);
    CHECK_INT(store_setting_put(s, "y", CW_TEXT("1"), NULL), CW_ELIMIT);
    CHECK_INT(store_commit(s, NULL), CW_ELIMIT);
    CHECK(!store_in_turn(s));
    OK(store_setting_get(s, "x", arena(), &got, NULL));
    IS(got, "old");
    CHECK_INT(store_setting_get(s, "y", arena(), &got, NULL), CW_ENOENT);
    OK(store_begin(s, NULL));
    OK(store_setting_put(s, "x", CW_TEXT("newer"), NULL));
    OK(store_commit(s, NULL));
    store_close(s);
    CHECK_STR(ask(fixture_path("end.db"), "PRAGMA integrity_check"), "ok");
    fixture_end();
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

TEST(tidy_moves_the_log_into_the_file)
{
    struct store *s = fixture_open(fixture_where("tidy.db"));
    OK(store_tidy(s, STORE_IDLE, NULL));
    off_t before = size_of(fixture_path("tidy.db"));
    OK(store_begin(s, NULL));
    add_event(s, 1);
    OK(store_commit(s, NULL));
    OK(store_tidy(s, STORE_IDLE, NULL)); /* too little to bother */
    CHECK_INT(size_of(fixture_path("tidy.db")), before);
    for (uint64_t i = 0; i < 100; i++)
        CHECK_INT(add_big(s, i + 10), CW_OK);
    OK(store_tidy(s, STORE_BUSY, NULL)); /* busy: not yet */
    CHECK_INT(size_of(fixture_path("tidy.db")), before);
    off_t log = size_of(fixture_path("tidy.db-wal"));
    OK(store_tidy(s, STORE_IDLE, NULL));
    CHECK(size_of(fixture_path("tidy.db")) >= 100 * 30000);
    for (uint64_t i = 0; i < 20; i++)
        CHECK_INT(add_big(s, i + 1000), CW_OK);
    CHECK_INT(size_of(fixture_path("tidy.db-wal")), log); /* written from its start again */
    store_close(s);
    CHECK_INT(size_of(fixture_path("tidy.db-wal")), -1);
    fixture_end();
}

/* A child that opens the journal, does its work and dies by SIGKILL. */
static void die_in(const char *where, void (*work)(struct store *s))
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        work(fixture_open(where));
        raise(SIGKILL);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void write_some(struct store *s)
{
    struct store_counts counts = {0};
    if (store_counts(s, &counts, NULL) != CW_OK)
        _exit(1);
    for (uint64_t i = 0; i < 50; i++)
        if (add_big(s, (uint64_t)counts.events + i) != CW_OK)
            _exit(1);
    if (store_tidy(s, STORE_IDLE, NULL) != CW_OK)
        _exit(1);
}

static void scratch(const char *path, long from, size_t bytes)
{
    FILE *f = fopen(path, "r+b");
    CHECK(f && fseek(f, from, SEEK_SET) == 0);
    while (f && bytes--)
        fputc(0xa5, f);
    if (f)
        fclose(f);
}

TEST(a_journal_that_was_not_closed_is_checked)
{
    static const char clean[] = "SELECT value FROM setting WHERE name='store.clean'";
    struct cw_error err = {0};
    char where[160];
    strcpy(where, fixture_where("hurt.db"));
    store_close(fixture_open(where));
    CHECK_STR(ask(fixture_path("hurt.db"), clean), "1");
    die_in(where, write_some);
    CHECK_INT(try_open(where, 0, &err), CW_OK); /* sound: opens, and is closed in order */
    die_in(where, write_some);
    CHECK_STR(ask(fixture_path("hurt.db"), clean), "0");
    scratch(fixture_path("hurt.db"), 16384L * 20, 16384L * 8);
    CHECK_INT(try_open(where, 0, &err), CW_ESYNTAX);
    CHECK(strstr(err.text, "hurt.db") != NULL);
    fixture_end();
}

/* ---- kill -9 ---- */

enum { KILLS = 50 };

/* Writes turns of one to eight events and reports each sequence number and key after its commit. */
static void write_for_ever(const char *where, int out, uint64_t key)
{
    struct store *s = fixture_open(where);
    for (;;) {
        uint64_t report[8][2];
        size_t n = 1 + (size_t)(key % 8);
        if (store_begin(s, NULL) != CW_OK)
            _exit(1);
        for (size_t i = 0; i < n; i++, key++) {
            report[i][0] = key;
            report[i][1] = (uint64_t)add_event(s, key);
        }
        add_run(s, (int64_t)report[0][1], "r", "ann", STORE_RUN_WAITING, (int64_t)key);
        if (store_commit(s, NULL) != CW_OK ||
            write(out, report, n * sizeof report[0]) != (ssize_t)(n * sizeof report[0]) ||
            store_tidy(s, key % 64 ? STORE_BUSY : STORE_IDLE, NULL) != CW_OK)
            _exit(1);
    }
}

/* Returns: how many events were acknowledged; each has to be a duplicate with the same number. */
static size_t kill_once(const char *where, uint64_t first_key, long after_us)
{
    static uint64_t seen[1 << 16][2];
    int pipes[2];
    size_t bytes = 0;
    ssize_t got;
    CHECK(pipe(pipes) == 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(pipes[0]);
        write_for_ever(where, pipes[1], first_key);
    }
    close(pipes[1]);
    nanosleep(&(struct timespec){0, after_us * 1000}, NULL);
    kill(pid, SIGKILL);
    while ((got = read(pipes[0], (char *)seen + bytes, sizeof seen - bytes)) > 0)
        bytes += (size_t)got;
    CHECK(waitpid(pid, NULL, 0) == pid);
    close(pipes[0]);
    size_t n = bytes / sizeof seen[0];
    struct store *s = fixture_open(where);
    OK(store_begin(s, NULL));
    for (size_t i = 0; i < n; i++) {
        struct store_event event = {.received_ms = 1};
        struct store_key key = key_of(seen[i][0]);
        int64_t seq = 0;
        CHECK_INT(store_event_add(s, &event, &key, 1, &seq, NULL), CW_EEXIST);
        CHECK_INT(seq, (int64_t)seen[i][1]);
    }
    store_rollback(s);
    store_close(s);
    return n;
}

TEST(what_was_acknowledged_survives_kill_9)
{
    char where[160];
    const char *text = getenv("CW_SEED");
    unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : (unsigned)time(NULL);
    size_t acknowledged = 0;
    int64_t due = 0;
    printf("seed %u\n", seed);
    srandom(seed);
    strcpy(where, fixture_where("killed.db"));
    for (uint64_t i = 0; i < KILLS; i++)
        acknowledged += kill_once(where, i << 32, 1000 + random() % 40000);
    printf("%d kills, %zu acknowledged\n", KILLS, acknowledged);
    CHECK(acknowledged > 0);
    struct store *s = fixture_open(where);
    struct store_counts counts = {0};
    OK(store_counts(s, &counts, NULL));
    CHECK(counts.events >= (int64_t)acknowledged);
    CHECK_INT(counts.runs_waiting, 1); /* the newest replaced all others */
    OK(store_next_due(s, &due, NULL));
    store_close(s);
    CHECK_STR(ask(fixture_path("killed.db"), "PRAGMA integrity_check"), "ok");
    CHECK_STR(ask(fixture_path("killed.db"), "SELECT count(*)=max(seq) FROM event"), "1");
    CHECK_STR(ask(fixture_path("killed.db"), "SELECT count(*) FROM event WHERE seq NOT IN"
                                             " (SELECT event FROM dedup)"),
              "0");
    fixture_end();
}

CHECK_MAIN
