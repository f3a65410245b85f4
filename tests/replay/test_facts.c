/* Facts over time: what rules set and clear of a person's own, what they ask of a timer and tell of
 * it, over both stores and with a restart after every step. */
#include "course.h"
#include "outlook.h"

/* The arguments of an event's calls as they became. */
static const char *said(int64_t event)
{
    static char text[8192];
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_call *list = NULL;
    struct cw_error err;
    size_t n = 0, len = 0;
    text[0] = '\0';
    must(store_calls_of(w.store, event, arena, &list, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        json_t *args = json_loadb(list[i].args.at, list[i].args.len, 0, NULL);
        json_t *progress = json_loadb(list[i].progress.at, list[i].progress.len, 0, NULL);
        json_t *shown = action_shown_args(args, progress);
        char *dump = json_dumps(shown, JSON_COMPACT);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "", dump);
        free(dump);
        json_decref(shown);
        json_decref(progress);
        json_decref(args);
    }
    cw_arena_destroy(arena);
    return text;
}

/* "lunch=true tired=3" of a person, with those that have ended and are not swept. */
static const char *facts(const char *person)
{
    static char text[8192];
    struct store_mark after = {.kind = CW_TEXT("state"),
                               .rule = CW_TEXT(""),
                               .person = cw_text_of(person),
                               .key = CW_TEXT("")};
    struct cw_arena *arena = cw_arena_create(4 << 20);
    struct store_mark *list = NULL;
    struct cw_error err;
    size_t n = 0, len = 0;
    text[0] = '\0';
    must(store_marks(w.store, &after, 1000, arena, &list, &n, &err), &err);
    for (size_t i = 0; i < n && cw_text_is(list[i].person, person); i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s=%.60s", len ? " " : "",
                                list[i].key.at, list[i].value.at);
    cw_arena_destroy(arena);
    return text;
}

/* ---- set and clear ---- */

#define LUNCH                                                                                      \
    HEAD "  - { id: away, when: calendar.away, user: ada, then: { set: { lunch: true, where: "     \
         "\"${event.where}\", for: 1 hour } } }\n"                                                 \
         "  - { id: back, when: calendar.back, user: ada, then: [{ clear: lunch }, { log: x }] "   \
         "}\n"                                                                                     \
         "  - { id: hint, when: calendar.x, user: [ada, grace], if: { state.lunch: true }, then: " \
         "{ log: \"in ${state.where}\" } }\n"

BOTH(a_fact_lasts_as_long_as_it_says)
{
    begin(file, LUNCH);
    deliver("x", "{}");
    CHECK_STR(runs(1), "refused: state.lunch is missing (rules.yaml, line 9)|"
                       "refused: state.lunch is missing (rules.yaml, line 9)");
    deliver("away", "{\"where\":\"the park\"}");
    CHECK_STR(calls(2), "set done");
    CHECK_STR(facts("ada"), "lunch=true where=\"the park\"");
    CHECK_STR(facts("grace"), "");
    go_on(nine + HOUR - 1);
    deliver("x", "{}");
    CHECK_STR(runs(3), "done|refused: state.lunch is missing (rules.yaml, line 9)");
    CHECK_STR(said(3), "{\"text\":\"in the park\"}");
    go_on(nine + HOUR);
    deliver("x", "{}");
    CHECK_STR(runs(4), "refused: state.lunch is missing (rules.yaml, line 9)|"
                       "refused: state.lunch is missing (rules.yaml, line 9)");
    go_on(nine + 2 * HOUR);
    deliver("y", "{}"); /* any turn sweeps */
    CHECK_STR(facts("ada"), "");
    CHECK_INT(fake_requests(w.fake, ""), 0); /* none of this is awork's */
}

BOTH(a_fact_is_cleared_and_set_anew)
{
    begin(file, LUNCH);
    deliver("away", "{\"where\":\"A\"}");
    go_on(nine + 30 * MINUTE);
    deliver("away", "{\"where\":\"B\"}"); /* and its hour begins again */
    go_on(nine + 80 * MINUTE);
    CHECK_STR(facts("ada"), "lunch=true where=\"B\"");
    deliver("x", "{}");
    CHECK(strncmp(runs(3), "done|", 5) == 0);
    deliver("back", "{}");
    CHECK_STR(calls(4), "clear done|log done");
    CHECK_STR(facts("ada"), "where=\"B\"");
    deliver("back", "{}"); /* what is not there is no fault */
    CHECK_STR(calls(5), "clear done|log done");
    deliver("x", "{}");
    CHECK(strncmp(runs(6), "refused", 7) == 0);
}

BOTH(facts_without_an_end_stay)
{
    begin(file, HEAD "  - { id: a, when: calendar.a, user: ada, then: { set: { n: \"${event.n}\", "
                     "l: \"${event.l}\", t: \"n is ${event.n}\", c: 1.50, o: { k: \"${user.name}\" "
                     "} } } }\n"
                     "  - { id: b, when: calendar.b, user: ada, if: { state.n: { above: 2 }, "
                     "state.l: { contains: x } }, then: { log: \"${state.n} ${state.o}\" } }\n");
    deliver("a", "{\"n\":3,\"l\":[\"x\",null]}");
    go_on(nine + 24 * 400 * (int64_t)HOUR);
    CHECK_STR(facts("ada"), "c=1.50 l=[\"x\",null] n=3 o={\"k\":\"ada\"} t=\"n is 3\"");
    deliver("b", "{}");
    CHECK_STR(said(2), "{\"text\":\"3 {\\\"k\\\":\\\"ada\\\"}\"}");
}

/* Facts of one event: each step in its turn, and rules decided before know nothing of it. */
BOTH(facts_change_in_the_order_of_then)
{
    begin(file, HEAD "  - { id: a, when: calendar.a, user: ada, then: [{ set: { n: 1 } }, { log: "
                     "\"${state.n | default: none}\" }, { clear: n }, { set: { n: 2 } }] }\n"
                     "  - { id: b, when: calendar.a, user: ada, if: { state.n: { exists: true } }, "
                     "then: { log: b } }\n");
    deliver("a", "{}");
    CHECK_STR(facts("ada"), "n=2");
    CHECK_STR(said(1), "{\"n\":1} {\"text\":\"none\"} {\"name\":\"n\"} {\"n\":2}");
    CHECK_STR(runs(1), "done|refused: state.n is missing (rules.yaml, line 8)");
}

BOTH(a_fact_must_hold_at_the_end_of_the_wait_too)
{
    begin(
        file, HEAD
        "  - { id: s, when: calendar.s, user: ada, then: { set: { on: true, for: 5 minutes } } }\n"
        "  - { id: w, when: calendar.w, user: ada, if: { state.on: true }, wait: \"4 minutes\", "
        "then: { log: \"${state.on}\" } }\n"
        "  - { id: at, when: calendar.at, user: ada, if: { state.on: true }, at: \"${event.t}\", "
        "then: { log: at } }\n");
    deliver("at", "{\"t\":\"2026-03-02T09:04:00Z\"}"); /* asked then, and not now */
    deliver("at", "{\"t\":\"2026-03-02T09:05:00Z\"}");
    deliver("w", "{}");
    CHECK_STR(runs(3), "refused: state.on is missing (rules.yaml, line 8)");
    deliver("s", "{}");
    deliver("w", "{}");
    CHECK_STR(runs(5), "waiting");
    go_on(nine + 2 * MINUTE);
    deliver("w", "{}"); /* takes the place of the other */
    go_on(nine + 10 * MINUTE);
    CHECK_STR(runs(5), "replaced: replaced by event 6");
    CHECK_STR(runs(6), "refused: state.on is missing (rules.yaml, line 8)");
    CHECK_STR(runs(1), "replaced: replaced by event 2");
    CHECK_STR(runs(2), "refused: state.on is missing (rules.yaml, line 9)");
}

/* What a waiting run will come to, by what is known now. */
static const char *outlook(int64_t event)
{
    static char text[512];
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_run *list = NULL;
    struct cw_error err;
    size_t n = 0;
    must(store_runs_of(w.store, event, arena, &list, &n, &err), &err);
    struct outlook is = outlook_of(w.rules, w.store, &list[0], w.now_ms, arena);
    snprintf(text, sizeof text, "%s%.*s", is.acts ? "" : "nothing: ", (int)is.what.len, is.what.at);
    cw_arena_destroy(arena);
    return text;
}

BOTH(what_will_come_is_told_by_the_facts_of_then)
{
    begin(file, HEAD
          "  - { id: s, when: calendar.s, user: ada, then: { set: { on: 1, for: 5 minutes } } }\n"
          "  - { id: w, when: calendar.w, user: ada, if: { state.on: 1 }, wait: 4 minutes, "
          "mode: parallel, then: [stop, { log: \"${state.on} ${timer.task | default: -}\" }] }\n");
    deliver("s", "{}");
    deliver("w", "{}");
    CHECK_STR(outlook(2), "stop, log {\"text\":\"1 ${timer.task | default: -}\"}");
    go_on(nine + 2 * MINUTE);
    deliver("w", "{}"); /* by then it will have ended */
    CHECK_STR(outlook(3), "nothing: state.on is missing (rules.yaml, line 8)");
    CHECK_STR(runs(3), "waiting");
}

/* ---- Ceilings ---- */

BOTH(a_value_has_a_ceiling)
{
    static char body[8192];
    begin(file, HEAD "  - { id: a, when: calendar.a, user: ada, then: [{ set: { a: 1, v: "
                     "\"${event.v}\" } }, { log: x }] }\n");
    snprintf(body, sizeof body, "{\"v\":\"%04094d\"}", 0); /* with its quotes: 4 KiB */
    deliver("a", body);
    CHECK_STR(calls(1), "set done|log done");
    snprintf(body, sizeof body, "{\"v\":\"%04095d\"}", 0);
    deliver("a", body);
    CHECK_STR(calls(2), "set dead: the value of `v` has more than 4 KiB|"
                        "log skipped: an earlier step failed");
    CHECK_STR(runs(2), "failed");
}

static void put_facts(int from, int n, int64_t until_ms)
{
    struct cw_error err;
    must(store_begin(w.store, &err), &err);
    for (int i = from; i < from + n; i++) {
        char key[16];
        snprintf(key, sizeof key, "f%d", i);
        struct store_mark mark = {.kind = CW_TEXT("state"),
                                  .rule = CW_TEXT(""),
                                  .person = CW_TEXT("ada"),
                                  .key = cw_text_of(key),
                                  .value = CW_TEXT("1"),
                                  .until_ms = until_ms};
        must(store_mark_put(w.store, &mark, &err), &err);
    }
    must(store_commit(w.store, &err), &err);
}

BOTH(a_person_has_at_most_256_facts)
{
    begin(file, HEAD "  - { id: a, when: calendar.a, user: \"${event.u}\", then: { set: { f1: 2, "
                     "new: 1 } } }\n"
                     "  - { id: b, when: calendar.b, user: ada, then: [{ clear: f2 }, { set: { "
                     "newer: 1 } }] }\n");
    put_facts(0, 254, INT64_MAX);
    put_facts(1000, 10, nine + MINUTE); /* these have ended by then */
    w.now_ms = nine + MINUTE;
    deliver("a", "{\"u\":\"ada\"}");
    CHECK_STR(calls(1), "set done"); /* 255 */
    put_facts(300, 1, INT64_MAX);    /* 256 */
    deliver("a", "{\"u\":\"ada\"}"); /* both are there already */
    CHECK_STR(calls(2), "set done");
    deliver("b", "{}"); /* one leaves, one comes */
    CHECK_STR(calls(3), "clear done|set done");
    put_facts(301, 1, INT64_MAX); /* as if there were no ceiling */
    deliver("a", "{\"u\":\"ada\"}");
    CHECK_STR(calls(4), "set dead: a person has at most 256 facts of their own");
    deliver("a", "{\"u\":\"grace\"}"); /* their own */
    CHECK_STR(calls(5), "set done");
    CHECK_STR(facts("grace"), "f1=2 new=1");
}

/* ---- The timer ---- */

BOTH(how_long_is_asked_at_the_end_of_the_wait_at_awork)
{
    begin(
        file, HEAD
        "  - { id: f, when: calendar.f, user: ada, if: { timer.for: { at_least: 3 hours } }, wait: "
        "10 minutes, then: [{ log: \"${timer.task} for ${timer.for}\" }, stop] }\n");
    fake_human_start(w.fake, ID("1"), TASK("7"));
    go_on(nine + 2 * HOUR + 40 * MINUTE);
    deliver("f", "{}");
    go_on(nine + 2 * HOUR + 55 * MINUTE);
    CHECK_STR(calls(1), "log skipped: not so: the timer has been running for 2 hours 50 minutes, "
                        "not at least 3 hours|stop skipped: not so: the timer has been running for "
                        "2 hours 50 minutes, not at least 3 hours");
    CHECK_STR(story(), "");
    deliver("f", "{}");
    go_on(nine + 3 * HOUR + 30 * MINUTE);
    CHECK_STR(calls(2), "log done|stop done");
    CHECK_STR(said(2), "{\"text\":\"T-7 for 3 hours 5 minutes\"} {}");
    CHECK_STR(story(), "1:stop ");
}

BOTH(a_fact_may_be_what_the_timer_is_on)
{
    begin(file, HEAD "  - { id: s, when: calendar.s, user: ada, then: { set: { was: { on: "
                     "\"${timer.task}\", of: [\"${event.n}\", \"$${x} ${'$'}${event.n}\", 1] }, "
                     "n: \"${event.n}\" } } }\n");
    fake_human_start(w.fake, ID("1"), TASK("7"));
    deliver("s", "{\"n\":2.50}");
    CHECK_STR(facts("ada"), "n=2.50 was={\"on\":\"T-7\",\"of\":[2.5,\"${x} $2.50\",1]}");
}

/* An answer that was lost after the look: what was rendered before stays. */
BOTH(a_repeated_start_says_what_the_first_one_said)
{
    begin(file, HEAD "  - { id: s, when: calendar.s, user: ada, then: { start: { task: " TASK(
                    "1") ", note: \"after ${timer.task}\" } } }\n");
    fake_human_start(w.fake, ID("1"), TASK("7"));
    fake_suffer(w.fake, "timetracking/start", FAKE_LOST_BEFORE, 0, "", 1);
    deliver("s", "{}");
    go_on(nine + HOUR);
    CHECK_STR(calls(1), "start done");
    CHECK(strstr(said(1), "\"note\":\"after T-7\"") != NULL);
    CHECK_STR(story(), "1:start(1) ");
}

BOTH(what_an_emulated_pause_left_is_paused_since_then)
{
    begin(file, HEAD "  - { id: p, when: calendar.p, user: ada, then: pause }\n"
                     "  - { id: l, when: calendar.l, user: ada, if: { timer.state: paused, "
                     "timer.for: { above: 9 minutes } }, then: { log: \"${timer.for}\" } }\n");
    fake_human_start(w.fake, ID("1"), TASK("7"));
    deliver("p", "{}");
    go_on(nine + 5 * MINUTE);
    deliver("l", "{}");
    CHECK_STR(calls(2), "log skipped: not so: the timer has been paused for 5 minutes, not above 9 "
                        "minutes");
    go_on(nine + 10 * MINUTE);
    deliver("l", "{}");
    CHECK_STR(said(3), "{\"text\":\"10 minutes\"}");
}

CHECK_MAIN
