/* Backlogs: what was decided while awork was away is not replayed but comes down to what it leaves,
 * whatever happens to the call that it comes down to; and that is what all of it would have left.
 */
#include "course.h"

#include <time.h>

/* RULE("a", "", START("2")): hears calendar.a. */
#define LASTING "expires: 1 day, "
#define RULE(id, more, then)                                                                       \
    "  - { id: " id ", when: calendar." id ", user: ada, " more "then: " then " }\n"
#define START(task)     "{ start: { task: " TASK(task) " } }"
#define NOTED(task, is) "{ start: { task: " TASK(task) ", " is " } }"

static const char rules[] = HEAD
    /* clang-format off */
    RULE("a", LASTING, START("2"))
    RULE("b", LASTING, START("3"))
    RULE("b2", LASTING, NOTED("3", "note: n"))
    RULE("k", LASTING, NOTED("2", "if_running: keep"))
    RULE("bad", LASTING, "{ start: { task: NO-1 } }")
    RULE("soon", "", START("3"))
    RULE("late", LASTING, NOTED("4", "note: \"after ${timer.task | default: nothing}\""))
    RULE("stop", LASTING, "stop")
    RULE("since", LASTING, "{ stop: { as_of: 2026-03-02T09:30:00Z } }")
    RULE("pause", LASTING, "pause")
    RULE("resume", LASTING, "resume")
    RULE("stopif", LASTING "if: { timer: running }, ", "stop")
    RULE("stopa", LASTING "if: { started_by: a }, ", "stop")
    RULE("pauseif", LASTING "if: { timer: running }, ", "[pause, { log: paused }]")
    RULE("resumeif", LASTING "if: { timer: paused, paused_by: pause }, ", "resume")
    RULE("told", LASTING, "[" START("5") ", { set: { on: 5 } }, { log: on five }]")
    RULE("two", LASTING, "[stop, " START("2") "]")
    RULE("wait", LASTING "wait: 1 second, unless: calendar.undo, ", START("6"));
/* clang-format on */

static void world(bool file)
{
    begin(file, rules);
    w.people.target.collapse_ms = MINUTE;
    restart();
}

static void tell(const char *type)
{
    submit(type, "{}");
    go(w.now_ms);
}

/* These, while awork is away, for so long. */
static void away(const char *types, int64_t ms)
{
    char list[512];
    int64_t until_ms = w.now_ms + ms;
    fake_away(w.fake, true);
    snprintf(list, sizeof list, "%s", types);
    for (char *rest = NULL, *type = strtok_r(list, " ", &rest); type;
         type = strtok_r(NULL, " ", &rest)) {
        go(w.now_ms + 5 * SECOND);
        tell(type);
    }
    go(until_ms);
    fake_away(w.fake, false);
}

/* Until all is done. */
static void recover(void)
{
    go(w.now_ms + 10 * MINUTE);
}

BOTH(start_stop_start_is_the_last_start)
{
    world(file);
    away("a stop b", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(3) ");
    CHECK_STR(calls(1), "start skipped: collapsed into call 3 of event 3");
    CHECK_STR(calls(2), "stop skipped: collapsed into call 3 of event 3");
    CHECK_STR(calls(3), "start done");
    for (int i = 1; i <= 3; i++)
        CHECK_STR(runs(i), "done");
}

BOTH(a_young_backlog_is_made_as_it_is)
{
    world(file);
    away("a stop b", 20 * SECOND);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop 1:start(3) ");
}

BOTH(none_comes_down_without_the_setting)
{
    world(file);
    w.people.target.collapse_ms = 0;
    away("a stop b", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop 1:start(3) ");
}

BOTH(other_steps_are_done_in_their_order)
{
    world(file);
    away("told a stop", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "");
    CHECK_STR(calls(1), "start skipped: collapsed into call 5 of event 3|set done|log done");
    CHECK_STR(calls(2), "start skipped: collapsed into call 5 of event 3");
    CHECK_STR(calls(3), "stop skipped: no timer is active");
}

BOTH(what_finds_nothing_to_do_is_dropped_behind_its_cause)
{
    world(file);
    away("a a resume pause", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop ");
    CHECK_STR(calls(2), "start skipped: collapsed into call 1 of event 1");
    CHECK_STR(calls(3), "resume skipped: collapsed into call 1 of event 1");
    CHECK_INT(fake_requests(w.fake, "timeentries/last") > 0, 1);
}

BOTH(a_condition_is_asked)
{
    world(file);
    fake_human_start(w.fake, ID("1"), TASK("7"));
    away("stopa", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "");
    CHECK_STR(fake_entry(w.fake, ID("1")), "running 09:00:00-09:00:00");
}

BOTH(what_was_the_same_work_counts_as_started_by_the_last)
{
    world(file);
    tell("soon");
    fake_forget_story(w.fake);
    away("a stop b", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "");
    CHECK_STR(calls(4), "start done: this is running already, and counts as started by this");
    tell("stopa");
    CHECK_STR(calls(5), "stop skipped: not so: started by b, not a");
}

BOTH(with_another_note_it_is_started_anew)
{
    world(file);
    tell("soon");
    away("a stop b2", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(3) 1:start(3) ");
}

BOTH(idle_time_is_taken_back_all_the_same)
{
    world(file);
    tell("a");
    go(nine + HOUR);
    away("since b", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop 1:put 1:start(3) ");
    CHECK_INT(fake_person(w.fake, ID("1"))->entries[0].since_ms, nine + 30 * MINUTE);
}

/* ---- The one that it comes down to comes to nothing ---- */

BOTH(a_start_that_dies_takes_nothing_with_it)
{
    world(file);
    tell("a");
    away("b stop bad", 5 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop ");
    CHECK_STR(calls(2), "start skipped: collapsed into call 3 of event 3");
    CHECK_STR(calls(3), "stop done");
    CHECK_STR(calls(4), "start dead: awork knows no task NO-1");
}

BOTH(a_start_that_expires_takes_nothing_with_it)
{
    world(file);
    tell("a");
    away("stop soon", 20 * MINUTE);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop ");
    CHECK_STR(calls(3), "start skipped: expired: due 09:00:10, now 09:15:10");
}

/* It leads already when its time is over. */
BOTH(nor_one_that_expires_at_the_last_moment)
{
    world(file);
    tell("a");
    away("stop soon", 14 * MINUTE);
    fake_suffer(w.fake, "timeentries/last", FAKE_STATUS, 503, "{}", 20);
    recover();
    CHECK_STR(story(), "1:start(2) 1:stop ");
    CHECK_STR(calls(2), "stop done");
}

BOTH(nor_one_that_is_cancelled)
{
    world(file);
    tell("a");
    away("stop wait", 40 * SECOND);
    fake_away(w.fake, true);
    tell("undo");
    go(w.now_ms + MINUTE);
    fake_away(w.fake, false);
    recover();
    CHECK_STR(calls(3), "start cancelled: cancelled by event 4");
    CHECK_STR(story(), "1:start(2) 1:stop ");
}

/* ---- Restarts ---- */

static void die_after(bool file, int turns, enum fake_fate fate)
{
    world(file);
    tell("a");
    away("told b stop pause b2 resume", 5 * MINUTE);
    fake_fate(w.fake, fate);
    for (int i = 0; i < turns; i++) {
        struct cw_error err;
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        if (i < turns - 1)
            fake_deliver(w.fake);
        else
            w.now_ms += SECOND;
    }
    restart();
    recover();
    CHECK_STR(story(), "1:start(2) 1:start(3) ");
    CHECK_STR(calls(2), "start skipped: collapsed into call 8 of event 6|set done|log done");
    CHECK_STR(calls(3), "start skipped: collapsed into call 8 of event 6");
    CHECK_STR(runs(4), "done");
    CHECK_INT(fake_doubles(w.fake), 0);
    CHECK_INT(fake_overlaps(w.fake), 0);
    end();
}

TEST(a_restart_at_any_point_is_no_matter)
{
    for (int turns = 0; turns <= 12; turns++)
        for (int fate = FAKE_DROPPED; fate <= FAKE_LANDS_LATE; fate++)
            die_after(fate == FAKE_LANDED, turns, (enum fake_fate)fate);
}

/* ---- Any backlog ends as in full ---- */

static const char *const types[] = {"a",    "b",     "b2",      "k",       "late",
                                    "stop", "pause", "resume",  "stopif",  "stopa",
                                    "told", "two",   "pauseif", "resumeif"};
enum { TYPES = sizeof types / sizeof *types, BEFORE = 5 };

/* How the timer stands at first. */
static void prepare(int which)
{
    if (which == 1)
        tell("a");
    if (which == 2)
        fake_human_start(w.fake, ID("1"), TASK("3"));
    if (which >= 3) {
        if (which == 3)
            w.persons[0].token = "hers";
        fake_own_pause(w.fake, true);
        tell("b");
        tell("pause");
    }
}

/* The daemon ends after so many turns, again and again; 0: it does not. */
static void die_every(int turns)
{
    for (int i = 0; turns && i < 8; i++) {
        for (int j = 0; j < turns; j++) {
            struct cw_error err;
            must(engine_turn(w.engine, w.now_ms, &err), &err);
            if (j < turns - 1)
                fake_deliver(w.fake);
        }
        restart();
        w.now_ms += 2 * SECOND;
    }
}

static void ending_of(const char *list, int before, int64_t collapse_ms, int dies, char *out,
                      size_t size)
{
    world(false);
    w.people.target.collapse_ms = collapse_ms;
    prepare(before);
    go(w.now_ms + SECOND);
    fake_forget_story(w.fake);
    away(list, 5 * MINUTE);
    fake_fate(w.fake, (enum fake_fate)(dies % 3));
    die_every(dies);
    recover();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_timer t = {.started_by = CW_TEXT(""), .paused_by = CW_TEXT("")};
    struct cw_error err;
    struct fake_person *p = fake_person(w.fake, ID("1"));
    const struct fake_entry *e = p->n ? &p->entries[p->n - 1] : NULL;
    enum cw_status st = store_timer_get(w.store, CW_TEXT("ada"), arena, &t, &err);
    CHECK(st == CW_OK || st == CW_ENOENT);
    bool ours = e && t.entry.len && strcmp(t.entry.at, e->id) == 0;
    bool paused = e && (e->is_stopped ? ours && t.memo.len > 0 : e->is_paused);
    bool active = e && (!e->is_stopped || paused);
    snprintf(out, size, "%s %s by %s/%s",
             !active  ? "stopped"
             : paused ? "paused"
                      : "running",
             active ? e->task : "-", active && ours ? t.started_by.at : "-",
             paused && ours ? t.paused_by.at : "-");
    cw_arena_destroy(arena);
    end();
}

TEST(any_backlog_ends_as_in_full)
{
    srand(3);
    for (int i = 0; i < 150; i++) {
        char list[256] = "", full[256], less[256];
        int n = 1 + rand() % 8, before = rand() % BEFORE;
        for (int j = 0; j < n; j++) {
            strcat(list, j ? " " : "");
            strcat(list, types[rand() % TYPES]);
        }
        int dies = i % 2 ? 1 + rand() % 7 : 0;
        ending_of(list, before, 0, 0, full, sizeof full);
        ending_of(list, before, MINUTE, dies, less, sizeof less);
        if (strcmp(full, less) != 0)
            fprintf(stderr, "from %d: %s; ends after %d turns\n", before, list, dies);
        CHECK_STR(less, full);
    }
}

/* ---- Many ---- */

static void many(bool file, int n)
{
    world(file);
    fake_away(w.fake, true);
    for (int i = 0; i < n; i++) {
        submit(i % 3 == 0 ? "a" : i % 3 == 1 ? "pause" : "b", "{}");
        if (i % 50 == 49)
            go(w.now_ms);
    }
    go(w.now_ms + 5 * MINUTE);
    fake_away(w.fake, false);
    int before = fake_requests(w.fake, "");
    clock_t began = clock();
    double worst = 0;
    for (int i = 0; i < 2000; i++) {
        struct cw_error err;
        clock_t turn = clock();
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        double took = (double)(clock() - turn) / CLOCKS_PER_SEC;
        worst = took > worst ? took : worst;
        fake_deliver(w.fake);
        w.now_ms += SECOND;
    }
    CHECK(worst < 0.5);
    CHECK(fake_requests(w.fake, "") - before < 12);
    if (getenv("CW_BACKLOG"))
        fprintf(stderr, "%d calls: %.2f s, worst turn %.1f ms, %d requests, %s\n", n,
                (double)(clock() - began) / CLOCKS_PER_SEC, worst * 1e3,
                fake_requests(w.fake, "") - before, story());
}

static bool has_lead(void)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    const struct store_mark which = {CW_TEXT("lead"), CW_TEXT(""), CW_TEXT("ada"),
                                     CW_TEXT(""),     CW_TEXT(""), 0};
    struct store_mark mark;
    enum cw_status st = store_mark_get(w.store, &which, arena, &mark, NULL);
    cw_arena_destroy(arena);
    return st == CW_OK;
}

BOTH(three_thousand_calls_come_down_to_one)
{
    many(file, 3000);
    CHECK_STR(story(), "1:start(3) ");
    CHECK_STR(calls(1), "start skipped: collapsed into call 3000 of event 3000");
    CHECK(!has_lead());
}

/* More than are looked at together: they come down to what two backlogs leave. */
TEST(a_backlog_has_a_ceiling)
{
    many(false, 10200);
    CHECK_STR(story(), "1:start(2) 1:stop 1:start(3) "); /* what each of them leaves */
    CHECK(!has_lead());
    end();
}

CHECK_MAIN
