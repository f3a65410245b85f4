/* The algebra of a backlog: first what is dropped, by example; then random backlogs, of which each
 * is played in full and reduced, on a small model of awork, from every state that a timer may be
 * in: the end is the same, and whoever looks in between sees the same. */
#include "action/net.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- By example ---- */

/* "S:A" start, "K:A" start with keep, "X" stop, "P" pause, "R" resume, "o" another step. Behind it:
 * ? unsure, ! looks, @ dated. */
static struct net_call call_of(const char *word, int64_t id, char target[8])
{
    static const char letters[] = "SXPRoK";
    static const enum net_kind kinds[] = {NET_START,  NET_STOP,  NET_PAUSE,
                                          NET_RESUME, NET_OTHER, NET_START};
    struct net_call call = {.id = id, .kind = kinds[strchr(letters, word[0]) - letters]};
    call.keeps = word[0] == 'K';
    call.is_unsure = strchr(word, '?') != NULL;
    call.looks = strchr(word, '!') != NULL;
    call.is_dated = strchr(word, '@') != NULL;
    target[0] = word[1] == ':' ? word[2] : '\0';
    target[1] = '\0';
    call.target = target[0] ? target : NULL;
    return call;
}

/* What is left: "3+ 5" are the third call, anew, and the fifth. */
static const char *left_of(const char *calls)
{
    static char out[256];
    char list[256], target[8], *at = out;
    struct net *net = net_create();
    int64_t id = 0;
    snprintf(list, sizeof list, "%s", calls);
    for (char *rest = NULL, *word = strtok_r(list, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        struct net_call call = call_of(word, ++id, target);
        net_add(net, &call);
    }
    CHECK_INT(net_count(net), id);
    *at = '\0';
    for (int64_t next = net_next(net, 0); next; next = net_next(net, next))
        at += sprintf(at, "%s%d%s", at == out ? "" : " ", (int)next,
                      net_is_anew(net, next) ? "+" : "");
    net_destroy(net);
    return out;
}

TEST(a_start_or_a_stop_decides_alone)
{
    CHECK_STR(left_of(""), "");
    CHECK_STR(left_of("S:A"), "1");
    CHECK_STR(left_of("S:A X S:B"), "3+");
    CHECK_STR(left_of("S:A X S:A"), "3+");
    CHECK_STR(left_of("S:A S:B S:C X"), "4");
    CHECK_STR(left_of("X P R S:A P X"), "6");
    CHECK_STR(left_of("K:A S:B"), "2");
}

TEST(what_finds_nothing_to_do_is_dropped_too)
{
    CHECK_STR(left_of("X X P R X"), "1");
    CHECK_STR(left_of("S:A S:A R K:B"), "1");
    CHECK_STR(left_of("P P"), "1");
    CHECK_STR(left_of("S:A P P"), "1 2");
    CHECK_STR(left_of("K:A R K:B"), "1");
}

TEST(pause_and_resume_cancel_out)
{
    CHECK_STR(left_of("P R"), "2"); /* it may have been paused before */
    CHECK_STR(left_of("S:A P R"), "1");
    CHECK_STR(left_of("S:A P R P R P"), "1 6");
    CHECK_STR(left_of("R P R"), "3");
    CHECK_STR(left_of("R P"), "1 2"); /* it may have been another who paused it before */
    CHECK_STR(left_of("S:A P R X S:B P"), "5+ 6");
}

TEST(a_start_that_keeps_what_runs_is_one_of_its_own)
{
    CHECK_STR(left_of("K:A K:B"), "1");
    CHECK_STR(left_of("P K:A"), "2+");
    CHECK_STR(left_of("X K:A"), "2+"); /* nothing runs then */
    CHECK_STR(left_of("X@ K:A S:A"), "1 2");
    CHECK_STR(left_of("K:A S:A"), "1 2");
    CHECK_STR(left_of("R S:A"), "1 2"); /* A may have been what was paused */
}

TEST(what_is_unsure_drops_nothing)
{
    CHECK_STR(left_of("S:A X?"), "1 2");
    CHECK_STR(left_of("S:A X? S:B"), "3+");
    CHECK_STR(left_of("X? S:B"),
              "1 2"); /* who started B, if it runs, is for the condition to say */
    CHECK_STR(left_of("X? X"), "2");
    CHECK_STR(left_of("X X? P? R?"), "1");
    CHECK_STR(left_of("S:A S:B? S:A"), "1 2 3");
    CHECK_STR(left_of("P? R"), "2");
    CHECK_STR(left_of("P R?"), "1 2");
}

TEST(who_looks_sees_what_was_to_be_seen)
{
    CHECK_STR(left_of("S:A o S:B"), "2 3+");
    CHECK_STR(left_of("S:A o! S:B"), "1 2 3");
    CHECK_STR(left_of("S:A P?! X"), "1 2 3");
    CHECK_STR(left_of("X o! X"), "1 2");
    CHECK_STR(left_of("P o! R"), "1 2 3");
    CHECK_STR(left_of("S S:A X"), "1 3"); /* nobody knows what the first one is about */
    CHECK_STR(left_of("S:A R!"), "1 2");
}

TEST(what_takes_back_idle_time_stays)
{
    CHECK_STR(left_of("X@ S:B"), "1 2");
    CHECK_STR(left_of("S:A X@"), "2");
    CHECK_STR(left_of("X@ X@ S:B X"), "1");
    CHECK_STR(left_of("P@ R X"), "1 3");
    CHECK_STR(left_of("P@ P"), "1");
    CHECK_STR(left_of("X X@"), "1");
}

TEST(each_dropped_call_knows_in_favour_of_which)
{
    struct net *net = net_create();
    const struct net_call list[] = {{.id = 3, .kind = NET_START, .target = "A"},
                                    {.id = 5, .kind = NET_START, .target = "A"},
                                    {.id = 8, .kind = NET_PAUSE},
                                    {.id = 9, .kind = NET_RESUME},
                                    {.id = 12, .kind = NET_STOP}};
    for (size_t i = 0; i < 4; i++)
        net_add(net, &list[i]);
    CHECK_INT(net_into(net, 3), 0);
    CHECK_INT(net_into(net, 5), 3);
    CHECK_INT(net_into(net, 8), 3);
    CHECK_INT(net_into(net, 9), 3);
    CHECK_INT(net_into(net, 4), 0);
    net_add(net, &list[4]);
    for (int64_t id = 3; id <= 9; id++)
        CHECK_INT(net_into(net, id), id == 4 || id == 6 || id == 7 ? 0 : 12);
    CHECK_INT(net_next(net, 12), 0);
    net_destroy(net);
}

/* ---- Random backlogs on a model of awork ---- */

enum { MOST = 14, TASKS = 3, RULES = 5, NOBODY = -1 };

struct timer { /* 0 stopped, 1 running, 2 paused, 3 paused by having been stopped */
    int state, task, started_by, paused_by;
};

struct step {
    struct net_call call;
    char target[8];
    int task, rule, run;
    int ask, ask_of; /* a condition: 0 none; 1 state is, 2 started_by, 3 paused_by */
    bool is_last;    /* of its run */
};

struct backlog {
    struct step steps[MOST];
    int n;
    bool own, pauses;
};

static bool is_paused(const struct timer *t)
{
    return t->state >= 2;
}

static bool holds(const struct step *s, const struct timer *t)
{
    if (s->ask == 1)
        return (t->state > 2 ? 2 : t->state) == s->ask_of;
    if (s->ask == 2)
        return t->state && t->started_by == s->ask_of;
    return is_paused(t) && t->paused_by == s->ask_of;
}

static void do_start(const struct step *s, bool anew, struct timer *t)
{
    bool same = t->state == 1 && t->task == s->task;
    if (same && anew)
        t->started_by = s->rule;
    if (!same && (t->state != 1 || !s->call.keeps || anew))
        *t = (struct timer){1, s->task, s->rule, NOBODY};
}

static void do_step(const struct backlog *b, const struct step *s, bool anew, struct timer *t)
{
    if (s->call.kind == NET_START)
        do_start(s, anew, t);
    else if (s->call.kind == NET_STOP)
        t->state = 0;
    else if (s->call.kind == NET_PAUSE && t->state == 1 && (b->own || b->pauses)) {
        t->state = b->own ? 2 : 3;
        t->paused_by = s->rule;
    } else if (s->call.kind == NET_RESUME && (t->state == 3 || (t->state == 2 && b->own)))
        t->state = 1;
    if (!t->state)
        *t = (struct timer){0, NOBODY, NOBODY, NOBODY};
    if (!is_paused(t))
        t->paused_by = NOBODY;
}

/* Plays it; `net` NULL: in full. `seen` gets what everybody saw who looked for more than itself. */
static struct timer play(const struct backlog *b, const struct net *net, struct timer t, char *seen)
{
    bool over[MOST] = {false};
    *seen = '\0';
    for (int i = 0; i < b->n; i++) {
        const struct step *s = &b->steps[i];
        if (over[s->run] || (net && net_into(net, s->call.id)))
            continue;
        bool yes = !s->ask || holds(s, &t);
        over[s->run] = !yes;
        if (s->call.looks || s->call.kind == NET_OTHER)
            seen += sprintf(seen, "%d:%d%d%d ", i, yes, s->call.looks ? t.state : 9,
                            s->call.looks ? t.task : 9);
        if (yes)
            do_step(b, s, net && net_is_anew(net, s->call.id), &t);
    }
    return t;
}

static unsigned roll(unsigned n)
{
    return (unsigned)rand() % n;
}

/* `wild`: with conditions, dates, runs of several steps. */
static void fill(struct step *s, bool wild, bool may_ask)
{
    static const enum net_kind kinds[] = {NET_START, NET_START, NET_START,  NET_STOP,
                                          NET_PAUSE, NET_PAUSE, NET_RESUME, NET_RESUME};
    s->call.kind = wild && !roll(7) ? NET_OTHER : kinds[roll(8)];
    s->rule = (int)roll(RULES);
    s->task = (int)roll(TASKS);
    snprintf(s->target, sizeof s->target, "%d", s->task);
    s->call.keeps = s->call.kind == NET_START && !roll(4);
    s->ask = wild && may_ask && !roll(3) ? 1 + (int)roll(3) : 0;
    s->ask_of = (int)roll(s->ask == 1 ? 3 : RULES);
    bool timed = s->call.kind == NET_STOP || s->call.kind == NET_PAUSE;
    s->call.is_dated = wild && timed && !roll(6);
    bool late = wild && s->call.kind == NET_START && !roll(8);
    s->call.target = late && roll(2) ? NULL : s->target;
    s->call.looks = late;
}

static void draw(struct backlog *b, int n, bool wild)
{
    *b = (struct backlog){.n = n, .own = roll(2), .pauses = !wild || roll(2)};
    int run = 0;
    for (int i = 0; i < n; i++) {
        struct step *s = &b->steps[i];
        bool goes_on = i && wild && !roll(3);
        run += i && !goes_on;
        fill(s, wild, !goes_on);
        s->call.id = 10 + i;
        s->run = run;
        s->is_last = true;
        if (goes_on)
            b->steps[i - 1].is_last = false;
    }
    bool gated = false;
    for (int i = 0; i < n; i++) {
        struct step *s = &b->steps[i];
        if (i && b->steps[i - 1].run != s->run)
            gated = false;
        bool fails = s->call.kind == NET_PAUSE && !b->own && !b->pauses;
        s->call.is_unsure = gated || s->ask || fails;
        s->call.looks |= s->ask && (s->call.kind == NET_OTHER || !s->is_last);
        gated |= s->ask != 0;
    }
}

static struct net *reduce(const struct backlog *b)
{
    struct net *net = net_create();
    for (int i = 0; i < b->n; i++)
        net_add(net, &b->steps[i].call);
    return net;
}

static bool same_timer(struct timer a, struct timer b)
{
    if (a.state > 2 || b.state > 2) /* how it was paused is no matter */
        a.state = a.state > 2 ? 2 : a.state, b.state = b.state > 2 ? 2 : b.state;
    return a.state == b.state && a.task == b.task && a.started_by == b.started_by &&
           a.paused_by == b.paused_by;
}

/* The i-th state that a timer may be in; false: there are no more. By us, by another rule, by hand.
 */
static bool initial(int i, struct timer *out)
{
    int state = i % 4, rest = i / 4;
    int task = rest % TASKS, by = rest / TASKS % (RULES + 1) - 1,
        paused = rest / TASKS / (RULES + 1);
    if (paused > RULES)
        return false;
    *out = (struct timer){state, task, by, state >= 2 ? paused - 1 : NOBODY};
    if (!state)
        *out = (struct timer){0, NOBODY, NOBODY, NOBODY};
    return true;
}

static void tell(const struct backlog *b, const struct net *net)
{
    for (int i = 0; i < b->n; i++) {
        const struct step *s = &b->steps[i];
        fprintf(stderr, "%c%d%s%s%s%s r%d run%d ask%d/%d -> %d%s\n", "SXPRo"[s->call.kind],
                s -> task, s -> call.keeps ? "k" : "", s->call.is_unsure ? "?" : "",
                s->call.looks ? "!" : "", s->call.is_dated ? "@" : "", s->rule, s->run, s->ask,
                s->ask_of, (int)net_into(net, s->call.id) - 10,
                net_is_anew(net, s->call.id) ? "+" : "");
    }
}

static bool is_equal(const struct backlog *b, const struct net *net)
{
    struct timer from;
    for (int i = 0; initial(i, &from); i++) {
        char full[512], less[512];
        struct timer a = play(b, NULL, from, full), c = play(b, net, from, less);
        if (same_timer(a, c) && strcmp(full, less) == 0)
            continue;
        fprintf(stderr,
                "from %d task %d by %d/%d: %d %d %d/%d and not %d %d %d/%d; %s and not %s\n",
                from.state, from.task, from.started_by, from.paused_by, a.state, a.task,
                a.started_by, a.paused_by, c.state, c.task, c.started_by, c.paused_by, full, less);
        return false;
    }
    return true;
}

static bool check_random(int times, bool wild)
{
    for (int i = 0; i < times; i++) {
        struct backlog b;
        draw(&b, 1 + (int)roll(MOST), wild);
        struct net *net = reduce(&b);
        bool good = is_equal(&b, net);
        if (!good)
            tell(&b, net);
        net_destroy(net);
        if (!good)
            return false;
    }
    return true;
}

TEST(any_backlog_ends_as_in_full)
{
    srand(1);
    CHECK(check_random(4000, true));
    CHECK(check_random(4000, false));
}

/* ---- No call too many ---- */

/* Whether playing only the calls in `kept`, the starts in `anew` anew, ends as in full. */
static bool does(const struct backlog *b, unsigned kept, unsigned anew)
{
    struct timer from;
    for (int i = 0; initial(i, &from); i++) {
        char seen[512];
        struct timer full = play(b, NULL, from, seen), t = from;
        for (int j = 0; j < b->n; j++)
            if (kept >> j & 1)
                do_step(b, &b->steps[j], anew >> j & 1, &t);
        if (!same_timer(full, t))
            return false;
    }
    return true;
}

static bool is_least(const struct backlog *b, int left)
{
    for (unsigned kept = 0; kept < 1u << b->n; kept++) {
        if (__builtin_popcount(kept) >= left)
            continue;
        for (unsigned anew = kept;; anew = (anew - 1) & kept) {
            if (does(b, kept, anew))
                return false;
            if (!anew)
                break;
        }
    }
    return true;
}

TEST(no_call_is_left_that_could_be_spared)
{
    srand(2);
    for (int i = 0; i < 300; i++) {
        struct backlog b;
        int left = 0;
        draw(&b, 1 + (int)roll(RULES), false);
        b.own = true;
        for (int j = 0; j < b.n; j++)
            b.steps[j].rule = j; /* two of one rule may say the same twice */
        struct net *net = reduce(&b);
        for (int64_t id = net_next(net, 0); id; id = net_next(net, id))
            left++;
        bool good = is_least(&b, left);
        if (!good)
            tell(&b, net);
        net_destroy(net);
        CHECK(good);
        if (!good)
            return;
    }
}

TEST(ten_thousand_calls_are_no_matter)
{
    struct net *net = net_create();
    char target[8];
    for (int64_t id = 1; id <= 10000; id++) {
        struct net_call call = call_of(id % 2 ? "S:A" : id % 3 ? "P?" : "X?", id, target);
        target[0] = (char)('A' + id % 7);
        net_add(net, &call);
    }
    struct net_call last = call_of("X", 20000, target);
    net_add(net, &last);
    CHECK_INT(net_next(net, 0), 20000);
    CHECK_INT(net_into(net, 1), 20000);
    net_destroy(net);
}

CHECK_MAIN
