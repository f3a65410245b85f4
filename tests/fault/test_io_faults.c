/* The disk fails: the nth write, sync, cut, opening or deletion of the journal's files, once or
 * from then on, with an I/O error or for want of room, for every n of a life. The process ends when
 * it has to and is started again; a disk that fails for ever is mended after a while. In the end
 * every sender's events were acknowledged, done once and in order, and nothing was done that the
 * journal does not know.
 *
 * CW_FAULT=N: this n alone. CW_FAULT_STEP=N: every Nth (1: all; the default leaves most out, other
 * ones in each test). */
#include "check.h"
#include "crash.h"
#include "disk.h"
#include "life.h"
#include "metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EACH = 4, STEPS_MOST = 400, MENDED_STEPS = 12, STARTS_MOST = 4, STEP = 9, KEEP_MS = 3000 };

static char folder[64];

struct fault {
    long at;
    bool forever;
    int error;
    long second;     /* 0, or which call of the next start fails too */
    int64_t keep_ms; /* 0, or what is older and has ended goes meanwhile */
};

/* What came of one fault. */
struct outcome {
    bool reached;
    int ends;     /* of the process, because the journal failed */
    int refused;  /* starts */
    int failures; /* deliveries that were answered with 503 */
};

static long number(const char *name, long missing)
{
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : missing;
}

static void begin(void)
{
    strcpy(folder, "/tmp/cw-fault-XXXXXX");
    if (!mkdtemp(folder))
        exit(1);
}

static void end(void)
{
    disk_leave();
    crash_empty(folder);
    rmdir(folder);
}

/* While the disk fails for ever, nothing leaves that the journal does not know: so nothing leaves
 * at all, after the first failure. */
static bool is_quiet(const struct life *life, const struct fault *fault, int sent)
{
    return !fault->forever || !disk_has_failed() || life->n_sent == sent;
}

/* Returns: false when the start was refused. */
static bool bring_up(struct life *life, struct outcome *out)
{
    if (life_is_up(life))
        return true;
    enum cw_status status = life_start(life);
    CHECK(status == CW_OK || status == CW_EIO || status == CW_ELIMIT);
    out->refused += status != CW_OK;
    return status == CW_OK;
}

static void bring_down(struct life *life, const struct fault *fault, struct outcome *out)
{
    life_stop(life);
    if (out->ends++ == 0 && fault->second)
        disk_fail(fault->second, false, fault->error);
}

static struct outcome live_with(struct life *life, const struct fault *fault)
{
    struct outcome out = {0};
    int since = 0;
    disk_fail(fault->at, fault->forever, fault->error);
    for (int i = 0; i < STEPS_MOST && !(life_is_up(life) && life_is_done(life)); i++) {
        bool had_failed = disk_has_failed();
        int sent = life->n_sent;
        if (had_failed && fault->forever && since++ == MENDED_STEPS)
            disk_mend();
        out.reached |= had_failed;
        if (!bring_up(life, &out)) {
            life->now_ms += 1000;
            continue;
        }
        enum cw_status status = life_step(life);
        CHECK(status == CW_OK || status == CW_EIO);
        CHECK(!had_failed || since > MENDED_STEPS || is_quiet(life, fault, sent));
        if (status != CW_OK)
            bring_down(life, fault, &out);
    }
    out.reached |= disk_has_failed();
    out.failures = life->failures;
    return out;
}

static struct outcome fail_at(const struct fault *fault)
{
    crash_empty(folder);
    struct life *life = life_create(folder, EACH);
    life->keep_ms = fault->keep_ms;
    disk_watch(folder);
    struct outcome out = live_with(life, fault);
    disk_leave();
    const char *why = life_is_up(life) ? life_judge(life) : "it does not come up again";
    if (why)
        fprintf(stderr, "CW_FAULT=%ld %s %s: %s\n", fault->at, strerror(fault->error),
                fault->forever ? "for ever" : "once", why);
    CHECK(!why);
    life_destroy(life);
    return out;
}

static void fail_everywhere(int error, bool forever, int64_t keep_ms, struct outcome *sum)
{
    long only = number("CW_FAULT", 0), step = number("CW_FAULT_STEP", STEP);
    struct fault fault = {.forever = forever, .error = error, .keep_ms = keep_ms};
    long lives = 0;
    begin();
    fault.at = only ? only : 1 + (forever * 2 + (error == EIO)) % step;
    for (bool reached = true; reached; fault.at += step) {
        struct outcome out = fail_at(&fault);
        reached = out.reached && !only;
        sum->ends += out.ends;
        sum->refused += out.refused;
        sum->failures += out.failures;
        lives += out.reached;
    }
    printf(
        "%ld of %ld calls failed: %d times the process ended, %d starts were refused, %d answers "
        "of 503\n",
        lives, fault.at - step, sum->ends, sum->refused, sum->failures);
    CHECK(only || step > STEP || lives > 30);
    end();
}

TEST(an_io_error_once)
{
    struct outcome sum = {0};
    fail_everywhere(EIO, false, 0, &sum);
    CHECK(sum.ends > 0 && sum.refused > 0);
}

TEST(io_errors_for_ever)
{
    struct outcome sum = {0};
    fail_everywhere(EIO, true, 0, &sum);
    CHECK(sum.ends > 0 && sum.refused > 0);
}

/* No process ends of it, but for what cannot be written while it starts. */
TEST(no_room_once)
{
    struct outcome sum = {0};
    fail_everywhere(ENOSPC, false, 0, &sum);
    CHECK(sum.failures > 0);
}

TEST(no_room_for_ever)
{
    struct outcome sum = {0};
    fail_everywhere(ENOSPC, true, 0, &sum);
    CHECK(sum.failures > 0);
}

/* While old events go. */
TEST(an_io_error_once_and_old_events_go)
{
    struct outcome sum = {0};
    fail_everywhere(EIO, false, KEEP_MS, &sum);
    CHECK(sum.ends > 0 && sum.refused > 0 && metric_get(METRIC_events_deleted) > 0);
}

TEST(no_room_for_ever_and_old_events_go)
{
    struct outcome sum = {0};
    fail_everywhere(ENOSPC, true, KEEP_MS, &sum);
    CHECK(sum.failures > 0 && metric_get(METRIC_events_deleted) > 0);
}

/* A fault while what the first one left is mended. */
TEST(an_io_error_and_another_one_at_the_next_start)
{
    long step = number("CW_FAULT_STEP", STEP) * 3, lives = 0;
    struct fault fault = {.at = 30, .error = EIO};
    begin();
    for (bool reached = true; reached; fault.at += step) {
        fault.second = 1 + fault.at * 7 % 12;
        struct outcome out = fail_at(&fault);
        reached = out.reached;
        lives += out.ends > 0 && out.refused > 0;
    }
    printf("%ld lives had a start that failed after the first fault\n", lives);
    CHECK(lives > 3);
    end();
}

TEST(without_a_fault_nothing_fails)
{
    begin();
    struct fault fault = {.at = 1000000, .error = EIO};
    struct outcome out = fail_at(&fault);
    CHECK(!out.reached && !out.ends && !out.refused && !out.failures);
    end();
}

/* The judge itself. */
TEST(what_is_wrong_is_seen)
{
    begin();
    struct life *life = life_create(folder, 2);
    CHECK_INT(life_start(life), CW_OK);
    CHECK_INT(life_run(life, STEPS_MOST), CW_OK);
    fake_human_start(life->fake, "aaaaaaaa-0000-4000-8000-000000000001", "t");
    CHECK(strstr(life_judge(life), "were done") != NULL);
    life->known.acked[0]++;
    CHECK(strstr(life_look(life->where, &life->known, 0), "is lost") != NULL);
    life->known.acked[0]--;
    CHECK(life_look(life->where, &life->known, life->n_sent) == NULL);
    CHECK(strstr(life_look(life->where, &life->known, 1000), "attempts") != NULL);
    life_destroy(life);
    end();
}

CHECK_MAIN
