/* What is seen of a timer, judged beside what is known: the table of ARCHITECTURE.md. */
#include "action/sight.h"
#include "check.h"

#include <stdio.h>
#include <string.h>

#define A "eeeeeeee-0000-4000-8000-00000000000a"
#define B "eeeeeeee-0000-4000-8000-00000000000b"
#define T "bbbbbbbb-0000-4000-8000-000000000001"

enum { NOW = 1772445600, MINUTE = 60000 };
static const int64_t now_ms = (int64_t)NOW * 1000;

static int64_t version_at(int64_t ms)
{
    return 621355968000000000 + ms * 10000;
}

static struct store_timer known(const char *entry, enum store_timer_state state)
{
    return (struct store_timer){.entry = cw_text_of(entry),
                                .state = state,
                                .since_ms = now_ms - MINUTE,
                                .seen_ms = now_ms - MINUTE,
                                .version = version_at(now_ms - MINUTE),
                                .start = CW_TEXT("2026-03-02T09:00:00.5"),
                                .work = CW_TEXT(T)};
}

static struct sight seen(const char *entry, enum entry_state state)
{
    struct sight s = {.state = state,
                      .since_ms = now_ms - 10,
                      .version = version_at(now_ms - 10),
                      .changed_ms = now_ms - 10,
                      .asked_ms = now_ms,
                      .seen_ms = now_ms};
    snprintf(s.entry, sizeof s.entry, "%s", entry);
    snprintf(s.start, sizeof s.start, "2026-03-02T09:%s:00.5", strcmp(entry, A) == 0 ? "00" : "59");
    snprintf(s.work, sizeof s.work, "%s", T);
    return s;
}

static struct sight told(const char *entry, enum entry_state state)
{
    struct sight s = seen(entry, state);
    s.is_told = true;
    return s;
}

static enum judgement judge(const struct store_timer *timer, const struct sight *sight,
                            struct judged *out)
{
    sight_judge(timer, sight, out);
    return out->what;
}

TEST(the_first_is_where_we_begin)
{
    struct judged j;
    struct sight s = seen(A, ENTRY_STOPPED);
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    CHECK(j.is_new && j.timer.state == STORE_TIMER_STOPPED);
    struct store_timer timer = known(A, STORE_TIMER_UNKNOWN);
    timer.started_by = CW_TEXT("r");
    s = seen(A, ENTRY_RUNNING);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_FIRST);
    CHECK_STR(j.timer.started_by.at, "r");
    s = seen(B, ENTRY_RUNNING);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_FIRST);
    CHECK_INT(j.timer.started_by.len, 0);
    s = (struct sight){.state = ENTRY_NONE, .seen_ms = now_ms};
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    CHECK_INT(j.timer.state, STORE_TIMER_STOPPED);
}

/* A webhook may be of any entry: only of what runs now, or has ended just now, is it the last. */
TEST(the_first_webhook)
{
    struct judged j;
    struct sight s = told(A, ENTRY_RUNNING);
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    CHECK(j.timer.told_ms == now_ms);
    s.changed_ms = now_ms - 6 * MINUTE; /* it is late: told, but nothing to build on */
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    CHECK(!j.is_new);
    struct store_timer unknown = {.entry = CW_TEXT(A), .state = STORE_TIMER_UNKNOWN};
    CHECK_INT(judge(&unknown, &s, &j), SIGHT_ASIDE);
    s.changed_ms = 0; /* it has no version: it was when it began to run */
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    CHECK(j.is_new && j.timer.state == STORE_TIMER_RUNNING);
    struct sight ended = told(A, ENTRY_STOPPED);
    ended.version = ended.changed_ms = 0;
    struct store_timer running = j.timer;
    CHECK_INT(judge(&running, &ended, &j), SIGHT_HAND);
    s.since_ms = now_ms - 6 * MINUTE;
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    CHECK(!j.is_new);
    s = told(A, ENTRY_STOPPED);
    CHECK_INT(judge(NULL, &s, &j), SIGHT_FIRST);
    s.since_ms = now_ms - 2 * MINUTE; /* another note of what was over */
    CHECK_INT(judge(NULL, &s, &j), SIGHT_ASIDE);
    s = told(A, ENTRY_STOPPED);
    s.is_typed = true;
    CHECK_INT(judge(NULL, &s, &j), SIGHT_ASIDE);
    CHECK(!j.is_new);
}

TEST(the_same_entry)
{
    static const struct {
        enum store_timer_state was;
        enum entry_state is;
        int version; /* of what is seen, beside the known one */
        enum judgement what;
    } rows[] = {
        {STORE_TIMER_RUNNING, ENTRY_RUNNING, 0, SIGHT_KNOWN},
        {STORE_TIMER_RUNNING, ENTRY_STOPPED, -1, SIGHT_LATE},
        {STORE_TIMER_RUNNING, ENTRY_RUNNING, 1, SIGHT_SAME},
        {STORE_TIMER_RUNNING, ENTRY_STOPPED, 1, SIGHT_HAND},
        {STORE_TIMER_RUNNING, ENTRY_PAUSED, 1, SIGHT_HAND},
        {STORE_TIMER_PAUSED, ENTRY_RUNNING, 1, SIGHT_HAND},
        {STORE_TIMER_PAUSED, ENTRY_STOPPED, 1, SIGHT_HAND},
        {STORE_TIMER_STOPPED, ENTRY_STOPPED, 1, SIGHT_SAME},
        {STORE_TIMER_STOPPED, ENTRY_RUNNING, -1, SIGHT_LATE},
    };
    struct judged j;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct store_timer timer = known(A, rows[i / 2].was);
        struct sight s = i % 2 ? told(A, rows[i / 2].is) : seen(A, rows[i / 2].is);
        s.version = timer.version + rows[i / 2].version;
        if (!CHECK_INT(judge(&timer, &s, &j), rows[i / 2].what))
            fprintf(stderr, "  row %zu\n", i / 2);
        CHECK(j.is_new == (rows[i / 2].what != SIGHT_LATE));
    }
}

TEST(what_changes_beside_the_state)
{
    struct judged j;
    struct store_timer timer = known(A, STORE_TIMER_RUNNING);
    struct sight s = told(A, ENTRY_RUNNING);
    s.was_broken = true; /* it was paused and resumed, and we heard of neither */
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    CHECK(j.at_ms == now_ms - 10);
    s.since_ms = timer.since_ms;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_SAME);
    snprintf(s.work, sizeof s.work, "another");
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    s = told(A, ENTRY_STOPPED);
    s.ended_itself = true;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_AWORK);
    timer.version = 0; /* without versions the state itself has to tell */
    s = told(A, ENTRY_RUNNING);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_KNOWN);
    s = told(A, ENTRY_STOPPED);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
}

TEST(another_entry)
{
    struct judged j;
    struct store_timer timer = known(A, STORE_TIMER_RUNNING);
    struct sight s = told(B, ENTRY_RUNNING);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    CHECK_STR(j.timer.entry.at, B);
    s = told(B, ENTRY_STOPPED);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    s.is_typed = true;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_ASIDE);
    timer = known(A, STORE_TIMER_STOPPED);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_SAME);
    /* What our own start has stopped, and what is edited later. */
    timer = known(B, STORE_TIMER_RUNNING);
    timer.start = CW_TEXT("2026-03-02T09:59:00.5");
    s = told(A, ENTRY_STOPPED);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_ASIDE);
    s = told(A, ENTRY_RUNNING); /* one runs at a time: its start was set back */
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    s.version = timer.version - 1;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_ASIDE);
}

TEST(what_is_gone)
{
    struct judged j;
    struct store_timer timer = known(A, STORE_TIMER_RUNNING), gone;
    struct sight s = told(A, ENTRY_RUNNING);
    s.is_gone = true;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    CHECK_INT(j.timer.state, STORE_TIMER_STOPPED);
    gone = j.timer;
    s = told(A, ENTRY_RUNNING); /* awork tells of it once more */
    CHECK_INT(judge(&gone, &s, &j), SIGHT_LATE);
    s = seen(A, ENTRY_RUNNING); /* a look sees it after all */
    CHECK_INT(judge(&gone, &s, &j), SIGHT_FIRST);
    s = told(B, ENTRY_STOPPED);
    s.is_gone = true;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_ASIDE);
    timer = known(A, STORE_TIMER_STOPPED);
    s = told(A, ENTRY_STOPPED);
    s.is_gone = true;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_SAME);
    timer.memo = CW_TEXT("{}"); /* an emulated pause */
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    CHECK_INT(j.timer.memo.len, 0);
}

/* The last entry is an older one now. */
TEST(a_look_that_finds_it_gone)
{
    struct judged j;
    struct store_timer timer = known(B, STORE_TIMER_RUNNING);
    timer.start = CW_TEXT("2026-03-02T09:59:00.5");
    struct sight s = seen(A, ENTRY_STOPPED);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    CHECK(j.at_ms == now_ms);
    CHECK_STR(j.timer.entry.at, B); /* so that a late webhook of it is known as such */
    s.asked_ms = timer.seen_ms - 1; /* a webhook came meanwhile */
    CHECK_INT(judge(&timer, &s, &j), SIGHT_LATE);
    timer.state = STORE_TIMER_STOPPED;
    s.asked_ms = now_ms;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_SAME);
    s = (struct sight){.state = ENTRY_NONE, .asked_ms = now_ms, .seen_ms = now_ms};
    timer.state = STORE_TIMER_PAUSED;
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
}

TEST(whose_pause_it_is)
{
    struct judged j;
    struct store_timer timer = known(A, STORE_TIMER_STOPPED);
    timer.started_by = CW_TEXT("s");
    timer.paused_by = CW_TEXT("p");
    timer.memo = CW_TEXT("{}");
    struct sight s = told(A, ENTRY_STOPPED);
    CHECK_INT(judge(&timer, &s, &j), SIGHT_SAME);
    CHECK_INT(sight_shown(&j.timer), STORE_TIMER_PAUSED);
    CHECK_STR(j.timer.paused_by.at, "p");
    timer = known(A, STORE_TIMER_PAUSED);
    timer.paused_by = CW_TEXT("p");
    s = told(A, ENTRY_PAUSED);
    s.was_broken = true; /* resumed and paused again */
    CHECK_INT(judge(&timer, &s, &j), SIGHT_HAND);
    CHECK_INT(j.timer.paused_by.len, 0);
}

TEST(what_our_act_has_met)
{
    struct sight s = seen(A, ENTRY_RUNNING);
    CHECK(!sight_is_crossed("start", B, &s));
    CHECK(!sight_is_crossed("resume", A, &s));
    CHECK(sight_is_crossed("stop", A, &s));
    CHECK(sight_is_crossed("resume", B, &s));
    s = seen(A, ENTRY_STOPPED);
    CHECK(!sight_is_crossed("stop", A, &s));
    CHECK(sight_is_crossed("stop", B, &s));
    CHECK(sight_is_crossed("start", B, &s)); /* somebody has stopped it since */
    s = seen(A, ENTRY_PAUSED);
    CHECK(!sight_is_crossed("pause", A, &s));
}

static struct sight read(const char *text)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    json_t *json = json_loads(text, 0, NULL);
    struct sight s = {.state = ENTRY_NONE};
    CHECK(json && sight_read(json, arena, &s));
    json_decref(json);
    cw_arena_destroy(arena);
    return s;
}

#define BEGUN                                                                                      \
    "{\"id\":\"" A "\",\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"startTimeUtc\":\"09:00:00.5\"," \
    "\"createdOn\":\"2026-03-02T09:00:00.600Z\","
#define ENDED(time) "\"endDateUtc\":\"2026-03-" time "\""

TEST(reading)
{
    struct sight s = read(BEGUN "\"resourceVersion\":639156112000000001,\"projectId\":\"p\"}");
    CHECK_INT(s.state, ENTRY_RUNNING);
    CHECK(s.version == 639156112000000001 && !s.is_typed && !s.was_broken && !s.is_gone);
    CHECK_STR(s.work, "p");
    s = read(BEGUN "\"updatedOn\":\"2026-03-02T10:00:00Z\",\"breaks\":[{\"startDate\":"
                   "\"2026-03-02T10:00:00Z\"}],\"taskId\":\"t\",\"projectId\":\"p\"}");
    CHECK_INT(s.state, ENTRY_PAUSED);
    CHECK(s.was_broken && s.changed_ms == now_ms && s.since_ms == now_ms);
    CHECK_STR(s.work, "t");
    s = read(BEGUN ENDED("03T00:00:00Z") ",\"endTimeUtc\":\"09:00:00.5\"}");
    CHECK(s.ended_itself && !s.is_typed);
    s = read(BEGUN ENDED("03T00:00:00Z") ",\"endTimeUtc\":\"08:59:59\"}");
    CHECK(!s.ended_itself);
    s = read("{\"id\":\"" A "\",\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"duration\":60}");
    CHECK(s.state == ENTRY_STOPPED && s.is_typed);
    s = read("{\"id\":\"" A "\",\"startDateUtc\":\"2026-03-02T00:00:00Z\",\"startTimeUtc\":"
             "\"07:00:00\",\"endDateUtc\":\"2026-03-02T00:00:00Z\",\"endTimeUtc\":\"08:00:00\","
             "\"createdOn\":\"2026-03-02T09:00:00Z\",\"deletedOn\":\"2026-03-02T09:30:00Z\"}");
    CHECK(s.is_typed && s.is_gone);
}

TEST(what_rules_do_not_hear_of)
{
    CHECK(sight_is_mute(CW_TEXT("no change of the timer")));
    CHECK(sight_is_mute(CW_TEXT("our own change: call 7")));
    CHECK(sight_is_mute(CW_TEXT(SIGHT_WAITS)));
    CHECK(!sight_is_mute(CW_TEXT("changed by hand")));
    CHECK(!sight_is_mute(CW_TEXT("awork itself ended it after a day")));
    CHECK(!sight_is_mute(CW_TEXT("")));
}

TEST(keeping_one_for_later)
{
    struct sight s = told(A, ENTRY_PAUSED), got;
    s.was_broken = s.is_gone = true;
    json_t *json = sight_pack(&s);
    CHECK(sight_unpack(json, &got));
    CHECK_STR(got.entry, s.entry);
    CHECK_STR(got.start, s.start);
    CHECK_STR(got.work, s.work);
    CHECK(got.version == s.version && got.since_ms == s.since_ms && got.seen_ms == s.seen_ms &&
          got.changed_ms == s.changed_ms && got.state == s.state);
    CHECK(got.is_told && got.is_gone && got.was_broken && !got.is_typed && !got.ended_itself);
    json_object_set_new(json, "state", json_integer(9));
    CHECK(!sight_unpack(json, &got));
    json_object_del(json, "state");
    CHECK(!sight_unpack(json, &got));
    json_decref(json);
}

CHECK_MAIN
