/* A file that was cut or garbled is refused with words that say so; whatever of it is read, nothing
 * crashes, and what is found damaged once is refused from then on. */
#include "check.h"
#include "store_fixture.h"

#include <sys/stat.h>

enum { EVENTS = 300, PAGE = 16384 };

static char good[128];
static long good_bytes;

/* A journal in order, closed in order. */
static void make_good(void)
{
    strcpy(good, fixture_path("good.db"));
    struct store *s = fixture_open(fixture_where("good.db"));
    OK(store_begin(s, NULL));
    for (uint64_t i = 0; i < EVENTS; i++) {
        int64_t seq = add_event(s, i);
        int64_t run = add_run(s, seq, "r", "ann", STORE_RUN_ACTING, 0);
        int64_t call = add_call(s, run, seq, "ann", 0), attempt = 0;
        struct store_attempt begun = {.call = call, .request = CW_TEXT("GET /"), .begun_ms = 1};
        OK(store_attempt_begin(s, &begun, &attempt, NULL));
    }
    OK(store_commit(s, NULL));
    store_close(s);
    struct stat st;
    CHECK(stat(good, &st) == 0);
    good_bytes = st.st_size;
}

static void copy_to(const char *path)
{
    char command[400];
    snprintf(command, sizeof command, "rm -f %s-wal; cp %s %s", path, good, path);
    CHECK_INT(system(command), 0);
}

static enum cw_status try_open(const char *name, struct store **out, struct cw_error *err)
{
    return store_open(fixture_where(name), &(struct store_opts){0}, out, err);
}

static void is_refused(const char *name)
{
    struct cw_error err = {0};
    struct store *s = NULL;
    if (!CHECK_INT(try_open(name, &s, &err), CW_ESYNTAX)) {
        struct stat st;
        if (stat(fixture_path(name), &st) == 0)
            fprintf(stderr, "%s: %lld bytes\n", name, (long long)st.st_size);
        store_close(s);
        return;
    }
    CHECK(strstr(err.text, name) && strstr(err.text, "is damaged or no journal") &&
          strstr(err.text, "backup"));
}

/* One that is empty is a new one, and to SQLite one of a single byte is empty. */
TEST(a_file_that_was_cut_is_refused)
{
    make_good();
    const long cuts[] = {15,
                         99,
                         100,
                         511,
                         512,
                         PAGE - 1,
                         PAGE,
                         PAGE + 1,
                         2 * PAGE,
                         5 * PAGE,
                         good_bytes / 2,
                         good_bytes - PAGE,
                         good_bytes - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        copy_to(fixture_path("cut.db"));
        CHECK(truncate(fixture_path("cut.db"), cuts[i]) == 0);
        is_refused("cut.db");
    }
    fixture_end();
}

static void scratch(const char *path, long from, size_t bytes)
{
    FILE *f = fopen(path, "r+b");
    CHECK(f && fseek(f, from, SEEK_SET) == 0);
    while (f && bytes--)
        fputc((int)(bytes * 37 % 251) ^ 0xa5, f);
    if (f)
        fclose(f);
}

/* All that is there. Returns: how it went. */
static enum cw_status read_all(struct store *s)
{
    struct cw_arena *a = cw_arena_create(64 << 20);
    struct store_event *events = NULL;
    struct store_run *runs = NULL;
    struct store_call *calls = NULL;
    struct store_attempt *attempts = NULL;
    size_t n = 0, ignored = 0;
    enum cw_status st = store_events(s, 0, EVENTS, a, &events, &n, NULL);
    for (size_t i = 0; !st && i < n; i++) {
        st = store_runs_of(s, events[i].seq, a, &runs, &ignored, NULL);
        if (!st)
            st = store_calls_of(s, events[i].seq, a, &calls, &ignored, NULL);
        if (!st)
            st = store_attempts_of(s, (int64_t)i + 1, a, &attempts, &ignored, NULL);
    }
    cw_arena_destroy(a);
    return st;
}

TEST(a_page_of_noise_is_found_at_the_start_or_when_it_is_read)
{
    int at_start = 0, later = 0, unseen = 0;
    make_good();
    for (long page = 0; page < good_bytes / PAGE; page++) {
        struct cw_error err = {0};
        struct store *s = NULL;
        copy_to(fixture_path("noise.db"));
        scratch(fixture_path("noise.db"), page * PAGE, PAGE);
        enum cw_status st = try_open("noise.db", &s, &err);
        if (st) {
            CHECK_INT(st, CW_ESYNTAX);
            at_start++;
            continue;
        }
        st = read_all(s);
        store_close(s);
        CHECK(st == CW_OK || st == CW_EIO);
        unseen += st == CW_OK; /* of tables and indexes that are empty */
        later += st != CW_OK;
        if (st)
            is_refused("noise.db"); /* from now on */
    }
    printf("%d at the start, %d when read, %d of %ld never\n", at_start, later, unseen,
           good_bytes / PAGE);
    CHECK(at_start > 0 && later > 0 && unseen < good_bytes / PAGE * 2 / 3);
    fixture_end();
}

TEST(what_is_no_journal_is_refused)
{
    make_good();
    copy_to(fixture_path("header.db"));
    scratch(fixture_path("header.db"), 0, 16);
    is_refused("header.db");
    FILE *f = fopen(fixture_path("text.db"), "w");
    for (int i = 0; f && i < 5000; i++)
        fputs("this is no database\n", f);
    if (f)
        fclose(f);
    is_refused("text.db");
    fixture_end();
}

CHECK_MAIN
