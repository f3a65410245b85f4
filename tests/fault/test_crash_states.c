/* Power cuts. A run of the core over the SQLite journal is recorded call by call; every state that
 * a power cut could leave of the files after each call is built, and opened: everything that was
 * acknowledged by then is there, and each request that had left has its attempt. Then lives that
 * are cut short and go on, against an awork that remembers.
 *
 * CW_CRASH_STATES=N states of the first kind are looked at (0: every one), CW_CRASH_EACH=N events
 * of each sender, CW_CRASH_CUTS=N lives are cut short (0: at every call), CW_CRASH_SEED. */
#include "check.h"
#include "crash.h"
#include "life.h"
#include "metrics.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS_MOST = 2000, RANDOM_STATES = 12, SECTOR = 512 };

static char run_folder[64], state_folder[64], second_folder[64];

static void make_folder(char out[64])
{
    const char *shm = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(out, 64, "%s/cw-crash-XXXXXX", shm);
    if (!mkdtemp(out))
        exit(1);
}

static void remove_folder(const char *folder)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        perror(command);
}

static void begin(void)
{
    make_folder(run_folder);
    make_folder(state_folder);
    make_folder(second_folder);
}

static void end(void)
{
    disk_leave();
    remove_folder(run_folder);
    remove_folder(state_folder);
    remove_folder(second_folder);
}

static long number(const char *name, long missing)
{
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : missing;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) + b;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* ---- The recorded run ---- */

/* A life with restarts in it: a journal is closed and opened, its log made anew. */
static struct life *record_life(int each, int64_t keep_ms)
{
    struct life *life = life_create(run_folder, each);
    life->keep_ms = keep_ms;
    disk_watch(run_folder);
    CHECK_INT(life_start(life), CW_OK);
    for (int i = 1; i < STEPS_MOST && !life_is_done(life); i++) {
        CHECK_INT(life_step(life), CW_OK);
        if (i % 17 != 0)
            continue;
        life_stop(life);
        CHECK_INT(life_start(life), CW_OK);
    }
    CHECK(life_is_done(life));
    life_stop(life);
    return life;
}

/* ---- What there is to look at ---- */

struct look {
    const struct life *life;
    struct crash *crash;
    size_t done; /* calls of the trace */
    const struct life_known *known;
    int requests;
    long states, wrong;
};

static void move_to(struct look *look, size_t done)
{
    static const struct life_known none;
    crash_advance(look->crash, done);
    look->done = done;
    look->known = &none;
    look->requests = 0;
    for (int i = 0; i < look->life->n_marks && look->life->marks[i].at <= done; i++)
        look->known = &look->life->marks[i].known;
    for (int i = 0; i < look->life->n_sent && look->life->sent_at[i] <= done; i++)
        look->requests = look->life->keep_ms ? 0 : i + 1; /* attempts go, too */
}

static const char *look_at(struct look *look, const struct crash_choice *choice)
{
    char where[100];
    crash_build(look->crash, choice, state_folder);
    snprintf(where, sizeof where, "sqlite:%s/j.db", state_folder);
    look->states++;
    return life_look(where, look->known, look->requests);
}

/* The states that are looked at after each call, by number. */
static size_t choices(const struct look *look)
{
    size_t sectors = crash_last_len(look->crash) / SECTOR;
    return 2 + 2 * crash_pending(look->crash) + 2 * sectors + RANDOM_STATES;
}

static struct crash_choice choose(const struct look *look, size_t i)
{
    size_t pending = crash_pending(look->crash);
    size_t sectors = crash_last_len(look->crash) / SECTOR;
    struct crash_choice c = {.garbage = i & 1, .seed = mix(look->done, i)};
    if (i < 2)
        c.how = i ? CRASH_ALL : CRASH_NOTHING;
    else if ((i -= 2) < pending)
        c = (struct crash_choice){.how = CRASH_ALL_BUT, .n = i, .garbage = c.garbage};
    else if ((i -= pending) < pending)
        c = (struct crash_choice){.how = CRASH_ONLY, .n = i, .garbage = c.garbage};
    else if ((i -= pending) < sectors)
        c = (struct crash_choice){.how = CRASH_TORN, .n = (i + 1) * SECTOR, .garbage = c.garbage};
    else if ((i -= sectors) < sectors)
        c = (struct crash_choice){.how = CRASH_TORN_TAIL, .n = i * SECTOR, .garbage = c.garbage};
    else
        c = (struct crash_choice){.how = CRASH_RANDOM,
                                  .sector = i & 2 ? 512 : 4096,
                                  .seed = c.seed + (uint64_t)number("CW_CRASH_SEED", 1),
                                  .garbage = c.garbage};
    return c;
}

static void tell(struct look *look, const struct crash_choice *c, const char *why)
{
    look->wrong++;
    fprintf(stderr, "after call %zu, how %d n %zu sector %zu seed %llu garbage %d: %s\n",
            look->done, (int)c->how, c->n, c->sector, (unsigned long long)c->seed, c->garbage, why);
}

/* A cut while the first one is mended: the states that opening and closing can leave. */
static void look_twice(struct look *look, const struct crash_choice *first)
{
    char where[100];
    size_t n = 0;
    crash_build(look->crash, first, state_folder);
    snprintf(where, sizeof where, "sqlite:%s/j.db", state_folder);
    disk_watch(state_folder);
    life_look(where, look->known, look->requests);
    disk_leave();
    struct disk_op *ops = disk_take(&n);
    struct crash *crash = crash_create(ops, n);
    snprintf(where, sizeof where, "sqlite:%s/j.db", second_folder);
    size_t begun = 0;
    while (ops[begun++].kind != DISK_SYNC_FOLDER)
        ; /* what the first cut left */
    for (size_t k = begun; k <= n; k++) {
        struct crash_choice c = {.how = k % 3   ? CRASH_RANDOM
                                        : k % 2 ? CRASH_ALL
                                                : CRASH_NOTHING,
                                 .sector = k % 5 ? 512 : 4096,
                                 .seed = mix(first->seed, k),
                                 .garbage = k % 2};
        crash_advance(crash, k);
        crash_build(crash, &c, second_folder);
        look->states++;
        const char *why = life_look(where, look->known, look->requests);
        if (why)
            tell(look, &c, why);
    }
    crash_destroy(crash);
    disk_free(ops, n);
}

static size_t count_all(const struct life *life, const struct disk_op *ops, size_t n)
{
    struct look look = {.life = life, .crash = crash_create(ops, n)};
    size_t all = 0;
    for (size_t k = 0; k <= n; k++) {
        crash_advance(look.crash, k);
        all += choices(&look);
    }
    crash_destroy(look.crash);
    return all;
}

static void look_at_all(struct look *look, size_t n, size_t of, uint64_t seed)
{
    for (size_t k = 0; k <= n; k++) {
        move_to(look, k);
        for (size_t i = 0; i < choices(look) && look->wrong < 20; i++) {
            uint64_t dice = mix(mix(seed, k), i);
            if (dice % of != 0)
                continue;
            struct crash_choice c = choose(look, i);
            const char *why = look_at(look, &c);
            if (why)
                tell(look, &c, why);
            if (dice / of % 50 == 0)
                look_twice(look, &c);
        }
    }
}

/* Of a life with `each` events of each sender. */
static void look_at_life(int each, int64_t keep_ms, long wanted)
{
    size_t n = 0;
    begin();
    struct life *life = record_life(each, keep_ms);
    disk_leave();
    struct disk_op *ops = disk_take(&n);
    size_t all = count_all(life, ops, n);
    size_t of = wanted && (size_t)wanted < all ? all / (size_t)wanted : 1;
    struct look look = {.life = life, .crash = crash_create(ops, n)};
    look_at_all(&look, n, of, (uint64_t)number("CW_CRASH_SEED", 1));
    printf("%zu calls, %d acknowledged, %d requests; %ld states looked at, of %zu without those of "
           "second cuts\n",
           n, each * LIFE_SENDERS, life->n_sent, look.states, all);
    CHECK_INT(look.wrong, 0);
    CHECK(look.states > 0);
    CHECK(!keep_ms || metric_get(METRIC_events_deleted) > 0);
    crash_destroy(look.crash);
    disk_free(ops, n);
    life_destroy(life);
    end();
}

TEST(every_state_that_a_power_cut_can_leave)
{
    look_at_life((int)number("CW_CRASH_EACH", 8), 0,
                 number("CW_CRASH_STATES", getenv("CW_SANITIZE") ? 300 : 1000));
}

/* What is old goes meanwhile, with its pages. */
TEST(every_state_while_old_events_go)
{
    look_at_life((int)number("CW_CRASH_EACH", 8), 4000,
                 number("CW_CRASH_STATES", getenv("CW_SANITIZE") ? 100 : 400));
}

/* ---- Lives that go on ---- */

/* Returns: false when the life was over before the cut. */
static bool cut_short(long at, uint64_t seed)
{
    static const enum crash_how hows[] = {CRASH_NOTHING, CRASH_ALL, CRASH_RANDOM, CRASH_RANDOM};
    static const enum fake_fault faults[] = {FAKE_LOST_AFTER, FAKE_LOST_BEFORE, FAKE_GARBAGE,
                                             FAKE_STATUS};
    struct crash_choice choice = {.how = hows[seed % 4],
                                  .sector = seed & 16 ? 512 : 4096,
                                  .seed = seed,
                                  .garbage = seed & 32};
    struct life *life = life_create(run_folder, 4);
    size_t n = 0;
    life->keep_ms = seed / 2048 % 2 * 4000;
    crash_empty(run_folder);
    disk_watch(run_folder);
    disk_die(at);
    fake_fate(life->fake, (enum fake_fate)(seed / 64 % 3));
    if (seed / 256 % 2)
        fake_suffer(life->fake, "/start", faults[seed / 512 % 4], 500, "{}", 3);
    enum cw_status status = life_start(life);
    if (status == CW_OK)
        status = life_run(life, STEPS_MOST);
    bool was_cut = disk_has_failed();
    CHECK(was_cut || status == CW_OK);
    CHECK(!was_cut || status == CW_EIO || life_is_done(life));
    life_stop(life);
    disk_leave();
    struct disk_op *ops = disk_take(&n);
    struct crash *crash = crash_create(ops, n);
    crash_advance(crash, n);
    crash_build(crash, &choice, run_folder);
    CHECK_INT(life_start(life), CW_OK);
    CHECK_INT(life_run(life, STEPS_MOST), CW_OK);
    const char *why = life_judge(life);
    if (why)
        fprintf(stderr, "cut at call %ld, seed %llu: %s\n", at, (unsigned long long)seed, why);
    CHECK(!why);
    life_destroy(life);
    crash_destroy(crash);
    disk_free(ops, n);
    return was_cut;
}

TEST(a_life_goes_on_after_a_power_cut)
{
    long wanted = number("CW_CRASH_CUTS", 120), cuts = 0;
    uint64_t seed = (uint64_t)number("CW_CRASH_SEED", 1);
    begin();
    struct life *life = life_create(run_folder, 4);
    disk_watch(run_folder);
    CHECK_INT(life_start(life), CW_OK);
    CHECK_INT(life_run(life, STEPS_MOST), CW_OK);
    CHECK(life_judge(life) == NULL);
    long calls = disk_count();
    life_destroy(life);
    for (long at = 1; at <= calls; at++)
        if (!wanted || mix(seed, (uint64_t)at) % (uint64_t)calls < (uint64_t)wanted)
            cuts += cut_short(at, mix(seed + 1, (uint64_t)at));
    printf("%ld of %ld calls were the last ones of a life\n", cuts, calls);
    CHECK(cuts > wanted / 2);
    end();
}

/* ---- The tools themselves ---- */

static bool is_same_file(const char *name)
{
    char one[200], two[200];
    size_t one_len = 0, two_len = 0;
    snprintf(one, sizeof one, "%s/%s", run_folder, name);
    snprintf(two, sizeof two, "%s/%s", state_folder, name);
    char *a = check_read(one, &one_len), *b = check_read(two, &two_len);
    bool same = one_len == two_len && memcmp(a, b, one_len) == 0;
    free(a);
    free(b);
    return same;
}

static int files_of(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

TEST(the_recorder_sees_all)
{
    begin();
    struct life *life = life_create(run_folder, 3);
    disk_watch(run_folder);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(life_start(life), CW_OK);
        CHECK_INT(life_run(life, 7), CW_OK);
        if (i < 2)
            life_stop(life);
    }
    size_t n = 0;
    const struct disk_op *ops = disk_ops(&n);
    for (size_t i = 0; i < n; i++)
        CHECK(strstr(ops[i].name, "-shm") == NULL); /* it needs no shared memory */
    struct crash *crash = crash_create(ops, n);
    crash_advance(crash, n);
    crash_build(crash, &(struct crash_choice){.how = CRASH_ALL}, state_folder);
    CHECK(is_same_file("j.db"));
    CHECK(is_same_file("j.db-wal"));
    CHECK_INT(files_of(run_folder), files_of(state_folder));
    crash_destroy(crash);
    life_destroy(life);
    end();
}

/* A journal whose syncs are lies: the judge must see it. */
TEST(a_missing_sync_is_noticed)
{
    size_t n = 0;
    begin();
    struct life *life = record_life(4, 0);
    disk_leave();
    struct disk_op *ops = disk_take(&n);
    for (size_t i = 0; i < n; i++)
        if (ops[i].kind == DISK_SYNC && strcmp(ops[i].name, "j.db-wal") == 0)
            ops[i].kind = DISK_OPEN;
    struct look look = {.life = life, .crash = crash_create(ops, n)};
    int found = 0;
    for (size_t k = 0; k <= n; k++) {
        move_to(&look, k);
        if (k % 40 == 0 || k == n)
            found += look_at(&look, &(struct crash_choice){.how = CRASH_NOTHING}) != NULL;
    }
    CHECK(found > 5);
    crash_destroy(look.crash);
    disk_free(ops, n);
    life_destroy(life);
    end();
}

/* Requests that leave before their attempt is on disk: likewise. */
TEST(a_request_without_its_attempt_is_noticed)
{
    size_t n = 0;
    begin();
    struct life *life = record_life(4, 0);
    disk_leave();
    struct disk_op *ops = disk_take(&n);
    struct look look = {.life = life, .crash = crash_create(ops, n)};
    for (int i = 0; i < life->n_sent; i++)
        life->sent_at[i] -= life->sent_at[i] < 25 ? life->sent_at[i] : 25;
    int found = 0;
    for (size_t k = 0; k <= n; k++) {
        move_to(&look, k);
        if (k % 7 == 0)
            found += look_at(&look, &(struct crash_choice){.how = CRASH_NOTHING}) != NULL;
    }
    CHECK(found > 5);
    crash_destroy(look.crash);
    disk_free(ops, n);
    life_destroy(life);
    end();
}

CHECK_MAIN
