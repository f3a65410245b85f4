/* Time that survives: random rules over everything that waits, counts or remembers, and random
 * events; once undisturbed, and once with the process ended at any moment, requests in flight, and
 * configurations read anew. What is done, decided and remembered must be the same, and nothing
 * twice. CW_DURABLE_SEEDS=N tries more than the usual ones. */
#include "course.h"

#define END_MS (nine + 14 * HOUR + 30 * SECOND)

enum { EVENTS = 40, TEXT_BYTES = 1 << 16, RULES_AT_MOST = 9 };

static uint64_t dice;

static unsigned roll(unsigned sides)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(dice >> 33) % sides;
}

/* ---- What is played ---- */

struct play {
    char rules[TEXT_BYTES];
    struct {
        int64_t at_ms;
        const char *source, *type;
        char body[200];
    } events[EVENTS];
};

/* # becomes a number, @ an id. */
static const char *const shapes[] = {
    "when: calendar.a, wait: # minutes, unless: calendar.b, then: { start: { task: @ } }",
    "when: calendar.a, wait: # minutes, key: \"${event.k}\", mode: parallel, then: [{ start: { "
    "task: @ } }, { log: done }]",
    "when: calendar.a, wait: # minutes, key: \"${event.k}\", mode: single, unless: calendar.b, "
    "then: { start: { task: @ } }",
    "when: [calendar.c, calendar.d], at: \"# minutes before ${event.t}\", key: \"${event.k}\", "
    "if: { event.k: [k0, k1] }, then: { start: { task: @ } }",
    "when: calendar.a, throttle: # minutes, then: { start: { task: @ } }",
    "when: { every: #0 minutes }, user: [ada, grace], then: { start: { task: @ } }",
    "when: { absent: desktop.heartbeat, for: # minutes }, then: { start: { task: @ } }",
    "when: { count: 3, of: calendar.a, within: #0 minutes }, then: { start: { task: @ } }",
    "when: { all: [calendar.a, calendar.b], within: # minutes }, then: { start: { task: @ } }",
    "when: calendar.b, then: [{ set: { mood: \"${event.k}\", for: # minutes } }, { start: { task: "
    "@ } }]",
    "when: calendar.d, wait: # minutes, if: { state.mood: { exists: true } }, then: [{ clear: "
    "mood }, { start: { task: @ } }]",
    "when: calendar.c, wait: # minutes, if: { timer: running }, then: [stop, { log: @ }]",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static size_t put_shape(char *to, const char *shape, unsigned number, const char *id)
{
    char *at = to;
    for (; *shape; shape++) {
        if (*shape == '#')
            at += sprintf(at, "%u", number);
        else if (*shape == '@')
            at += sprintf(at, "%s", id);
        else
            *at++ = *shape;
    }
    return (size_t)(at - to);
}

static void make_rules(struct play *p)
{
    unsigned n = 3 + roll(RULES_AT_MOST - 3);
    size_t at = (size_t)sprintf(p->rules, "%s", HEAD);
    for (unsigned i = 0; i < n; i++) {
        char task[] = TASK("0");
        task[sizeof task - 2] = (char)('1' + i);
        at += (size_t)sprintf(p->rules + at, "  - { id: r%u, ", i);
        at += put_shape(p->rules + at, shapes[roll(SHAPES)], 3 + roll(37), task);
        at += (size_t)sprintf(p->rules + at, " }\n");
    }
}

/* No event comes at the moment of another one, nor when something is due because of it. */
static void make_events(struct play *p)
{
    static const char *const types[] = {"a", "a", "b", "c", "d"};
    int64_t at_ms = nine;
    for (int i = 0; i < EVENTS; i++) {
        char t[CLOCK_TEXT];
        unsigned type = roll(6);
        at_ms += (int64_t)(1 + roll(25)) * MINUTE;
        p->events[i].at_ms = at_ms + i * 1370 + 11;
        p->events[i].source = type == 5 ? "desktop" : "calendar";
        p->events[i].type = type == 5 ? "heartbeat" : types[type];
        snprintf(p->events[i].body, sizeof p->events[i].body,
                 "{\"user\":\"%s\",\"k\":\"k%u\",\"t\":\"%s\"}", roll(2) ? "ada" : "grace", roll(3),
                 clock_format((at_ms + (int64_t)roll(90) * MINUTE) / MINUTE * MINUTE, t));
    }
}

/* ---- What came of it ---- */

struct outcome {
    char stories[2][TEXT_BYTES];
    char runs[TEXT_BYTES], marks[TEXT_BYTES];
    int64_t untils[400];
    size_t n_marks;
};

/* Each person has a lane of their own: only their own order counts. */
static void keep_stories(struct outcome *o)
{
    char *copy = strdup(fake_story(w.fake)), *rest = NULL;
    size_t at[2] = {0, 0};
    for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
        int who = one[0] == '2';
        at[who] += (size_t)sprintf(o->stories[who] + at[who], "%s ", one);
    }
    free(copy);
}

static void keep_runs(struct outcome *o, const struct store_event *e, size_t *at)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct store_run *list = NULL;
    struct store_call *calls = NULL;
    struct cw_error err;
    size_t n = 0, n_calls = 0;
    *at += (size_t)sprintf(o->runs + *at, "%s.%s %lld:", e->source.at, e->type.at,
                           (long long)e->received_ms);
    must(store_runs_of(w.store, e->seq, arena, &list, &n, &err), &err);
    must(store_calls_of(w.store, e->seq, arena, &calls, &n_calls, &err), &err);
    for (size_t i = 0; i < n; i++)
        *at += (size_t)sprintf(o->runs + *at, " %s/%s/%s %s due %lld", list[i].rule.at,
                               list[i].person.at, list[i].key.at, store_run_word(list[i].state),
                               (long long)list[i].due_ms);
    for (size_t i = 0; i < n_calls; i++)
        *at += (size_t)sprintf(o->runs + *at, " %s %s", calls[i].action.at,
                               store_call_word(calls[i].state));
    *at += (size_t)sprintf(o->runs + *at, "\n");
    cw_arena_destroy(arena);
}

static void keep_marks(struct outcome *o, struct cw_arena *arena)
{
    struct store_mark *list = NULL;
    struct cw_error err;
    size_t at = 0;
    must(store_marks(w.store, NULL, 400, arena, &list, &o->n_marks, &err), &err);
    for (size_t i = 0; i < o->n_marks; i++) {
        at += (size_t)sprintf(o->marks + at, "%s/%s/%s/%s = %s\n", list[i].kind.at, list[i].rule.at,
                              list[i].person.at, list[i].key.at, list[i].value.at);
        o->untils[i] = list[i].until_ms;
    }
}

static struct outcome *outcome(void)
{
    struct outcome *o = calloc(1, sizeof *o);
    struct cw_arena *arena = cw_arena_create(16 << 20);
    struct store_event *events = NULL;
    struct cw_error err;
    size_t n = 0, at = 0;
    keep_stories(o);
    must(store_events(w.store, 0, 1000, arena, &events, &n, &err), &err);
    for (size_t i = 0; i < n; i++)
        keep_runs(o, &events[i], &at);
    keep_marks(o, arena);
    cw_arena_destroy(arena);
    return o;
}

/* What the lane does is late by as long as it was in doubt. */
static bool same_untils(const struct outcome *a, const struct outcome *b)
{
    for (size_t i = 0; i < a->n_marks && i < b->n_marks; i++)
        if (a->untils[i] != b->untils[i] && llabs(a->untils[i] - b->untils[i]) > 20 * SECOND)
            return false;
    return a->n_marks == b->n_marks;
}

/* ---- Undisturbed ---- */

static void play_on(const struct play *p)
{
    for (int i = 0; i < EVENTS; i++) {
        go(p->events[i].at_ms);
        w.key = (unsigned char)(i + 1);
        submit_from(p->events[i].source, "", p->events[i].type, p->events[i].body);
        go(p->events[i].at_ms);
    }
    go(END_MS + 20 * SECOND);
}

/* ---- Disturbed ---- */

/* As kill -9 leaves the file: a copy that was made while it was open. */
static void kill_now(void)
{
    fake_fate(w.fake, (enum fake_fate)roll(3));
    if (!w.folder[0] || roll(2)) {
        restart();
        return;
    }
    copy_journal("j.db", "killed.db");
    stop(false);
    copy_journal("killed.db", "j.db");
    start();
}

/* The same rules once more; or for a moment none of those that are pending. */
static void reload_now(const struct play *p)
{
    struct cw_ruleset *rules = w.rules;
    if (roll(2)) {
        struct cw_ruleset *others = rules_of(HEAD "  - { id: x, when: calendar.x, then: stop }\n");
        engine_reload(w.engine, others);
        cw_ruleset_unref(others);
    }
    w.rules = rules_of(p->rules);
    fill_people();
    engine_reload(w.engine, w.rules);
    cw_ruleset_unref(rules);
}

static void disturb(const struct play *p)
{
    unsigned n = roll(24);
    if (n == 0)
        kill_now();
    else if (n == 1)
        reload_now(p);
}

static void go_disturbed(const struct play *p, int64_t until_ms)
{
    for (int i = 0; i < 10000; i++) {
        struct cw_error err;
        disturb(p);
        must(engine_turn(w.engine, w.now_ms, &err), &err);
        disturb(p); /* requests are in flight, their answers not yet taken */
        int64_t next_ms = engine_next_ms(w.engine);
        if (fake_deliver(w.fake) || next_ms <= w.now_ms || dispatcher_ready(w.dispatcher, w.now_ms))
            continue;
        if (next_ms > until_ms) {
            w.now_ms = until_ms;
            return;
        }
        w.now_ms = next_ms;
    }
    CHECK_STR("it never ends", "it ends");
}

/* A sender who heard nothing, or that it failed, sends again, and so does one who is impatient. */
static void send_disturbed(const struct play *p, int i)
{
    w.key = (unsigned char)(i + 1);
    do {
        w.told[0] = '\0';
        submit_from(p->events[i].source, "", p->events[i].type, p->events[i].body);
        if (roll(6) == 0)
            kill_now();
        go_disturbed(p, p->events[i].at_ms);
    } while (!strstr(w.told, "[ok]") && !strstr(w.told, "[known]"));
    if (roll(6) == 0)
        submit_from(p->events[i].source, "", p->events[i].type, p->events[i].body);
}

static void play_disturbed(const struct play *p)
{
    for (int i = 0; i < EVENTS; i++) {
        go_disturbed(p, p->events[i].at_ms);
        send_disturbed(p, i);
    }
    go_disturbed(p, END_MS);
    go(END_MS + 20 * SECOND);
}

/* ---- The comparison ---- */

/* The first line (or, of stories, the first word) in which they differ. */
static bool same(const char *what, const char *got, const char *want, char between)
{
    size_t i = 0, from = 0;
    while (got[i] && got[i] == want[i])
        if (got[i++] == between)
            from = i;
    const char ends[] = {between, '\0'};
    if (got[i] != want[i])
        fprintf(stderr, "%s: %.*s\nundisturbed: %.*s\n", what, (int)strcspn(got + from, ends),
                got + from, (int)strcspn(want + from, ends), want + from);
    return CHECK(got[i] == want[i]);
}

static void compare(const struct play *p, unsigned seed, const struct outcome *a,
                    const struct outcome *b)
{
    bool good = same("ada", b->stories[0], a->stories[0], ' ');
    good &= same("grace", b->stories[1], a->stories[1], ' ');
    good &= same("runs", b->runs, a->runs, '\n');
    good &= same("marks", b->marks, a->marks, '\n');
    good &= CHECK(same_untils(a, b));
    if (!good)
        fprintf(stderr, "seed %u:\n%s", seed, p->rules);
}

static size_t done; /* so that the comparison is one of something */

static void play_both(bool file, unsigned seed)
{
    struct play *p = calloc(1, sizeof *p);
    dice = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    make_rules(p);
    make_events(p);
    begin(file, p->rules);
    play_on(p);
    struct outcome *a = outcome();
    end();
    begin(file, p->rules);
    play_disturbed(p);
    struct outcome *b = outcome();
    end();
    compare(p, seed, a, b);
    done += strlen(a->stories[0]) + strlen(a->stories[1]);
    free(a);
    free(b);
    free(p);
}

static void play_all(bool file, unsigned usual)
{
    const char *more = getenv("CW_DURABLE_SEEDS");
    unsigned n = more ? (unsigned)atoi(more) : usual;
    done = 0;
    for (unsigned seed = 1; seed <= n; seed++)
        play_both(file, seed);
    CHECK(done > n * (size_t)40);
}

TEST(nothing_is_lost_or_done_twice_in_memory)
{
    play_all(false, 60);
}

TEST(nothing_is_lost_or_done_twice_in_a_file)
{
    play_all(true, 3);
}

CHECK_MAIN
