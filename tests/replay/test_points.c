/* A call's life is cut at every point, by kill -9, by SIGTERM and a new start, and by a reload;
 * what becomes of it stands in one table here, and ARCHITECTURE.md prints it (CW_POINTS=1 shows
 * it).
 *
 * Every action goes through every point that it has, over both stores. The sender who heard nothing
 * sends again, as senders do. */
#include "course.h"
#include "points.h"

/* ---- The world ---- */

/* Stops at the nth request from now on. */
static struct tap {
    const struct transport_ops *awork;
    int nth; /* 0: at none */
    bool swallows, reached;
    const char *method; /* of the one that it was reached with */
} tap;

static bool tap_lets_pass(const char *method)
{
    bool hit = tap.nth && --tap.nth == 0;
    tap.reached |= hit;
    tap.method = hit ? method : tap.method;
    return !hit || !tap.swallows;
}

static void tapped_awork(struct transport *t, const struct transport_request *request,
                         transport_done_fn done, void *ctx)
{
    if (tap_lets_pass(request->method))
        tap.awork->send(t, request, done, ctx);
}

static void tapped_outside(struct transport *t, const struct transport_request *request,
                           transport_done_fn done, void *ctx)
{
    if (tap_lets_pass(request->method))
        others_on_send(t, request, done, ctx);
}

static void put_tap(void)
{
    static struct transport_ops awork, outside;
    struct transport *to = fake_transport(w.fake);
    tap = (struct tap){.awork = to->ops};
    awork = *to->ops;
    awork.send = tapped_awork;
    to->ops = &awork;
    outside = others_ops;
    outside.send = tapped_outside;
    w.others.base.ops = &outside;
}

static const char *rules_text(void)
{
    static char text[8192];
    char *at = text;
    at += sprintf(
        at,
        "version: 1\ntimezone: UTC\nusers:\n  ada: { awork: " ID(
            "1") ", chat: 'https://chat/ada' }\n  grace: { awork: " ID("2") " }\nrules:\n"
                                                                            "  - { id: last, when: "
                                                                            "calendar.last, user: "
                                                                            "ada, then: { start: "
                                                                            "{ task: " TASK(
                                                                                "2") " } } }\n"
                                                                                     "  - { id: "
                                                                                     "busy, when: "
                                                                                     "calendar."
                                                                                     "busy, user: "
                                                                                     "grace, then: "
                                                                                     "stop "
                                                                                     "}\n");
    for (int i = 0; i < ACTIONS; i++)
        for (int waits = 0; waits <= (actions[i].class != REPLY); waits++)
            at += sprintf(at,
                          "  - id: %s%s\n    when: calendar.%s%s\n    user: ada\n    expires: 5 "
                          "minutes\n%s    then: %s\n",
                          actions[i].name, waits ? "-later" : "", actions[i].name,
                          waits ? "_later" : "", waits ? "    wait: 1 minute\n" : "",
                          actions[i].then);
    return text;
}

static void know_people(const struct action *a)
{
    fill_people();
    w.persons[0].token = a->own_token ? "own" : NULL;
}

static bool needs_narrow_rate(const struct point *p)
{
    return p->place == LOOK_HELD_UP || p->place == ACT_HELD_UP;
}

static bool is_dated(const struct action *a)
{
    return strcmp(a->effect, AS_OF) == 0;
}

static bool is_backlog(const struct point *p)
{
    return p->place == BACKLOG || p->place == BACKLOG_ACT;
}

/* A start does not say what comes of a resume before it, nor of an entry whose end is corrected. */
static bool has_point(const struct action *a, const struct point *p, enum cut how)
{
    bool is_needless = !is_dated(a) && strcmp(a->call, "resume") != 0;
    bool fits = p->place == CORRECTION ? is_dated(a) : !is_backlog(p) || is_needless;
    return fits && p->outcome[a->class][how] != NONE;
}

static void begin_life(bool file, const struct point *p, const struct action *a)
{
    begin(file, rules_text());
    know_people(a);
    w.people.target.collapse_ms = MINUTE;
    put_tap();
    fake_own_pause(w.fake, true);
    if (needs_narrow_rate(p))
        w.people.target.windows[0] = (struct rate_window){1, 10 * SECOND};
    restart();
    for (int i = 0; i < 3 && a->before[i]; i++) {
        submit(a->before[i], "{}");
        go(w.now_ms + MINUTE);
    }
    fake_forget_story(w.fake);
    w.told[0] = '\0';
}

/* ---- To the point ---- */

static bool is_held(const struct point *p)
{
    return p->place == HELD || p->place == HELD_LATE;
}

static void hold(int64_t until_ms)
{
    struct cw_error err;
    must(engine_hold(w.engine, cw_ruleset_person(w.rules, 0), until_ms, w.now_ms, &err), &err);
}

static void release(void)
{
    struct cw_error err;
    must(engine_release(w.engine, "ada", w.now_ms, &err), &err);
}

static void turn(void)
{
    struct cw_error err;
    must(engine_turn(w.engine, w.now_ms, &err), &err);
}

static bool deliver_answers(void)
{
    return fake_deliver(w.fake) + others_deliver(&w.others) > 0;
}

/* Everything that can be done at this moment, or until the tap is reached. */
static void settle(void)
{
    do
        turn();
    while (!tap.reached && (deliver_answers() || dispatcher_ready(w.dispatcher, w.now_ms)));
}

static void go_to_tap(int nth, bool swallows)
{
    tap.nth = nth;
    tap.swallows = swallows;
    for (int i = 0; i < 20 && !tap.reached; i++) {
        settle();
        if (!tap.reached && engine_next_ms(w.engine) < INT64_MAX)
            w.now_ms = engine_next_ms(w.engine);
    }
    CHECK(tap.reached);
}

static void suffer(const struct point *p)
{
    static const enum fake_fate fates[] = {
        [LEFT] = FAKE_DROPPED, [LANDED] = FAKE_LANDED, [LANDS_LATE] = FAKE_LANDS_LATE};
    fake_fate(w.fake, p->instant == ANSWERED ? FAKE_LANDED : fates[p->instant]);
    if (p->place == LOOK_REFUSED)
        fake_suffer(w.fake, "GET", FAKE_STATUS, 503, "{}", 1);
    if (p->place == ACT_REFUSED) {
        fake_suffer(w.fake, "POST", FAKE_STATUS, 503, "{}", 1);
        others_say(&w.others, "/", 503, 1);
    }
    if (p->place == DOUBT || p->place == DOUBT_LOOK || p->place == LATE_DOUBT)
        fake_suffer(w.fake, "POST", p->landed ? FAKE_LOST_AFTER : FAKE_LOST_BEFORE, 0, "", 1);
}

static void send_event(const struct point *p, const struct action *a)
{
    char type[40];
    bool waits = p->place == WAITING || p->place == LATE_BEGUN;
    snprintf(type, sizeof type, "%s%s", a->name, waits ? "_later" : "");
    if (p->place == LOOK_HELD_UP) {
        w.key = 2;
        submit("busy", "{}");
        turn(); /* takes the only place */
    }
    w.key = 1;
    submit(type, "{}");
}

/* Its start makes those before it needless. */
static void submit_last(void)
{
    settle();
    w.key = 3;
    submit("last", "{}");
}

/* Which request of the call, or of the one that makes it needless. */
static int request_of(const struct point *p, const struct action *a)
{
    switch (p->place) {
    case LOOK:
        return 1;
    case ACT:
        return a->class == OUTSIDE ? 1 : 2;
    case BACKLOG_ACT:
        return 2;
    default:
        return 3;
    }
}

static const char *method_of(const struct point *p)
{
    return p->place == CORRECTION                       ? "PUT"
           : p->place == ACT || p->place == BACKLOG_ACT ? "POST"
                                                        : "GET";
}

static void reach(const struct point *p, const struct action *a)
{
    suffer(p);
    if (is_held(p))
        hold(INT64_MAX);
    if (is_backlog(p))
        hold(w.now_ms + 2 * MINUTE);
    send_event(p, a);
    if (p->place == QUEUED)
        return;
    if (is_backlog(p))
        submit_last();
    if (!p->instant)
        settle();
    else
        go_to_tap(request_of(p, a), p->instant == WRITTEN);
    if (p->instant)
        CHECK_STR(tap.method, method_of(p));
    if (p->instant == ANSWERED)
        deliver_answers();
}

/* ---- The cut ---- */

static void kill_it(int64_t away_ms)
{
    if (w.folder[0])
        copy_journal("j.db", "killed.db");
    stop(false);
    if (w.folder[0])
        copy_journal("killed.db", "j.db");
    w.now_ms += away_ms;
    start();
}

/* As the daemon ends by SIGTERM. */
static void end_it(int64_t away_ms)
{
    dispatcher_stop(w.dispatcher);
    replies_close(w.replies);
    do
        turn();
    while (deliver_answers() || engine_queue(w.engine) || dispatcher_in_flight(w.dispatcher));
    stop(false);
    w.now_ms += away_ms;
    start();
}

static void reload_it(const struct action *a)
{
    struct cw_ruleset *old = w.rules;
    w.rules = rules_of(rules_text());
    know_people(a);
    dispatcher_reload(w.dispatcher, &w.people);
    engine_reload(w.engine, w.rules);
    cw_ruleset_unref(old);
}

static void cut(const struct point *p, const struct action *a, enum cut how)
{
    int64_t away_ms = p->place == LATE_BEGUN || p->place == LATE_DOUBT ? HOUR : 0;
    tap = (struct tap){.awork = tap.awork};
    if (how == KILL)
        kill_it(away_ms);
    else if (how == RESTART)
        end_it(away_ms);
    else
        reload_it(a);
    turn();
    if (!w.told[0] || strstr(w.told, "failed")) /* the sender heard nothing, or 503 */
        if (how != RELOAD)
            send_event(p, a);
    if (p->place == HELD_LATE)
        go(w.now_ms + 20 * MINUTE);
    if (is_held(p))
        release();
    go(w.now_ms + 20 * MINUTE);
    fake_deliver(w.fake); /* what landed late has landed by now */
}

/* ---- What came of it ---- */

static enum outcome outcome_of(const struct action *a)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    enum store_call_state state = STORE_CALL_STATES;
    struct cw_error err;
    struct store_event *events = NULL;
    size_t n_events = 0;
    char later[40];
    snprintf(later, sizeof later, "%s-later", a->name);
    must(store_events(w.store, 0, 100, arena, &events, &n_events, &err), &err);
    for (size_t e = 0; e < n_events; e++) {
        struct store_call *list = NULL;
        size_t n = 0;
        must(store_calls_of(w.store, events[e].seq, arena, &list, &n, &err), &err);
        for (size_t i = 0; i < n; i++)
            if (cw_text_is(list[i].action, a->call) &&
                (cw_text_is(list[i].rule, a->name) || cw_text_is(list[i].rule, later)))
                state = list[i].state;
    }
    cw_arena_destroy(arena);
    return state == STORE_CALL_DONE      ? DONE
           : state == STORE_CALL_SKIPPED ? SKIPPED
           : state == STORE_CALL_DEAD    ? DEAD
                                         : NONE;
}

static int times(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = text; *what && (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

/* How often the timer was changed as it should be; -1: in another way. A correction may be made
 * twice, since it sets a value. */
static int changes_of_timer(const struct action *a)
{
    if (!*story())
        return 0;
    if (!is_dated(a))
        return strcmp(story(), a->effect) == 0 ? 1 : -1;
    bool good = times(story(), "1:stop ") == 1 && times(story(), "1:start") == 0 &&
                strstr(fake_entry(w.fake, ID("1")), "-09:00:30") != NULL;
    return good ? 1 : -1;
}

static void judge(const struct point *p, const struct action *a, enum cut how)
{
    enum outcome want = p->outcome[a->class][how], got = outcome_of(a);
    int effects = want == DONE || want == DEAD_ARRIVED, seen = effects;
    if (is_backlog(p))
        seen = strcmp(story(), "1:start(2) ") == 0 ? 0 : -1;
    else if (a->class == TIMER)
        seen = changes_of_timer(a);
    else if (a->class == OUTSIDE)
        seen = others_seen(&w.others, a->effect) - (p->place == ACT_REFUSED);
    else if (a->class == REPLY)
        seen = times(w.told, a->effect);
    bool good = CHECK_STR(outcome_words[got], outcome_words[want == DEAD_ARRIVED ? DEAD : want]);
    good &= CHECK_INT(seen, effects);
    good &= CHECK_INT(fake_doubles(w.fake) + fake_overlaps(w.fake), 0);
    bool late = p->place == HELD_LATE || (p->place == LATE_DOUBT && !p->landed);
    if (a->class == REPLY) /* whoever waits or not: its start is made */
        good &= CHECK_INT(times(story(), "1:start(1)"), !late);
    if (!good)
        fprintf(stderr, "  %s, %s, %s: %s; told %s\n", p->words, a->name, cut_words[how], story(),
                w.told);
}

/* With the first so many cuts. */
static int lives(bool file, int cuts)
{
    int n = 0;
    for (int p = 0; p < POINTS; p++)
        for (int a = 0; a < ACTIONS; a++)
            for (int how = 0; how < cuts; how++) {
                if (!has_point(&actions[a], &points[p], (enum cut)how))
                    continue;
                begin_life(file, &points[p], &actions[a]);
                reach(&points[p], &actions[a]);
                cut(&points[p], &actions[a], (enum cut)how);
                judge(&points[p], &actions[a], (enum cut)how);
                end();
                n++;
            }
    printf("%d lives\n", n);
    return n;
}

TEST(every_point_of_a_calls_life_in_memory)
{
    CHECK(lives(false, CUTS) > 700);
}

/* The files as a kill leaves them; the other cuts close them. */
TEST(every_point_of_a_calls_life_in_a_file)
{
    CHECK(lives(true, KILL + 1) > 300);
}

/* ---- The table in ARCHITECTURE.md ---- */

TEST(the_printed_table_is_this_one)
{
    char path[512];
    const char *root = getenv("CW_ROOT");
    snprintf(path, sizeof path, "%s/ARCHITECTURE.md", root ? root : ".");
    size_t len = 0;
    char *text = check_read(path, &len);
    if (!CHECK(strstr(text, points_table()) != NULL) || getenv("CW_POINTS"))
        printf("%s", points_table());
    free(text);
}

CHECK_MAIN
