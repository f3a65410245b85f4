/* points: where a call may be when its life is cut, which actions there are to cut, and what comes
 * of each: the one table that test_points.c plays and ARCHITECTURE.md prints. */
#ifndef POINTS_H
#define POINTS_H

#include <stdbool.h>
#include <stdio.h>

enum cut { KILL, RESTART, RELOAD, CUTS };
static const char *const cut_words[CUTS] = {"kill", "restart", "reload"};

enum class { TIMER, HERE, OUTSIDE, REPLY, CLASSES };
static const char *const class_words[CLASSES] = {"start, stop, pause, resume", "log, set",
                                                 "notify, call", "reply behind a start"};

enum outcome { NONE, DONE, SKIPPED, DEAD, DEAD_ARRIVED, OUTCOMES };
static const char *const outcome_words[OUTCOMES] = {"", "done", "skipped", "dead",
                                                    "dead, and it arrived"};

/* What a point is about, in the order of a life. */
enum place {
    QUEUED,       /* the event is in the core's hands */
    WAITING,      /* on disk, the run waits */
    LOOK_HELD_UP, /* on disk, no request may leave */
    HELD,         /* likewise, since the person is held */
    HELD_LATE,
    LOOK,         /* the request of the look */
    LOOK_REFUSED, /* answered with 503 */
    ACT_HELD_UP,
    ACT, /* the request that acts */
    ACT_REFUSED,
    DOUBT,       /* the answer to the act was lost */
    DOUBT_LOOK,  /* the look after that */
    CORRECTION,  /* the request that takes idle time back */
    BACKLOG,     /* an old one, in which a later start makes the call needless */
    BACKLOG_ACT, /* the act of that start */
    ENDED,
    LATE_BEGUN, /* the process is away until the call has expired */
    LATE_DOUBT
};
enum instant {
    AT_REST, /* it is no request */
    WRITTEN, /* its attempt is on disk, and it has not left */
    LEFT,    /* it will not arrive */
    LANDED,  /* it has acted, and there is no answer yet */
    LANDS_LATE,
    ANSWERED /* the answer is there, and not on disk */
};

/* For kill, restart, reload. */
#define NO                                                                                         \
    {                                                                                              \
        NONE, NONE, NONE                                                                           \
    }
#define ALL(x)                                                                                     \
    {                                                                                              \
        x, x, x                                                                                    \
    }
#define KILL_ONLY(x)                                                                               \
    {                                                                                              \
        x, NONE, NONE                                                                              \
    } /* nothing else finds it there */
#define AWAY(x)                                                                                    \
    {                                                                                              \
        x, x, NONE                                                                                 \
    } /* a reload takes no time */
#define IF_KILL(x, or)                                                                             \
    {                                                                                              \
        x, or, or                                                                                  \
    }
#define IF_RELOAD(x, or)                                                                           \
    {                                                                                              \
        or, or, x                                                                                  \
    }
#define UNLESS_RESTART(x, or)                                                                      \
    {                                                                                              \
        x, or, x                                                                                   \
    }

static const struct point {
    const char *words;
    enum place place;
    enum instant instant;
    bool landed;
    enum outcome outcome[CLASSES][CUTS];
} points[] = {
#define POINT(words, place, instant, landed, timer, here, outside, reply)                          \
    {words, place, instant, landed, {timer, here, outside, reply}},
#include "points.def"
#undef POINT
};
enum { POINTS = sizeof points / sizeof *points };

#define AS_OF "2026-03-02T09:00:30Z"

static const struct action {
    const char *name, *call; /* call: what the journal calls it */
    enum class class;
    bool own_token;
    const char *before[3]; /* events that bring the timer there */
    const char *effect;    /* at awork, or a part of an address of another host */
    const char *then;
} actions[] = {
    {"start", "start", TIMER, false, {0}, "1:start(1) ", "{ start: { task: " TASK("1") " } }"},
    {"stop", "stop", TIMER, false, {"start"}, "1:stop ", "stop"},
    {"pause", "pause", TIMER, true, {"start"}, "1:pause ", "pause"},
    {"softpause", "pause", TIMER, false, {"start"}, "1:stop ", "pause"},
    {"resume", "resume", TIMER, true, {"start", "pause"}, "1:resume ", "resume"},
    {"softresume", "resume", TIMER, false, {"start", "softpause"}, "1:start(1) ", "resume"},
    {"dated", "stop", TIMER, false, {"start"}, AS_OF, "{ stop: { as_of: " AS_OF " } }"},
    {"softdated", "pause", TIMER, false, {"start"}, AS_OF, "{ pause: { as_of: " AS_OF " } }"},
    {"log", "log", HERE, false, {0}, "", "{ log: x }"},
    {"set", "set", HERE, false, {0}, "", "{ set: { mood: good } }"},
    {"notify", "notify", OUTSIDE, false, {0}, "//chat/ada", "{ notify: { to: ada, text: x } }"},
    {"call", "call", OUTSIDE, false, {0}, "//hook/", "{ call: { url: \"https://hook/\" } }"},
    {"reply",
     "reply",
     REPLY,
     false,
     {0},
     "[said]",
     "[{ start: { task: " TASK("1") " } }, { reply: said }]"},
};
enum { ACTIONS = sizeof actions / sizeof *actions };

/* ---- As ARCHITECTURE.md prints it ---- */

/* "done", or "kill, restart: skipped; reload: done". */
static inline char *points_put_cell(char *to, const enum outcome cell[CUTS])
{
    unsigned kinds = 0;
    for (int i = 0; i < CUTS; i++)
        kinds |= cell[i] == NONE ? 0 : 1u << cell[i];
    bool same = (kinds & (kinds - 1)) == 0;
    const char *between = "";
    for (int o = NONE + 1; o < OUTCOMES; o++) {
        const char *comma = between;
        for (int i = 0; i < CUTS && !same; i++)
            if ((int)cell[i] == o) {
                to += sprintf(to, "%s%s", comma, cut_words[i]);
                comma = ", ";
            }
        if (kinds & (1u << o)) {
            to += sprintf(to, "%s%s", same ? "" : ": ", outcome_words[o]);
            between = "; ";
        }
    }
    return to;
}

static inline const char *points_table(void)
{
    static char text[16384];
    char *at = text + sprintf(text, "| cut when it is |");
    for (int c = 0; c < CLASSES; c++)
        at += sprintf(at, " %s |", class_words[c]);
    at += sprintf(at, "\n| --- | --- | --- | --- | --- |\n");
    for (int p = 0; p < POINTS; p++) {
        at += sprintf(at, "| %s |", points[p].words);
        for (int c = 0; c < CLASSES; c++) {
            *at++ = ' ';
            at = points_put_cell(at, points[p].outcome[c]);
            at += sprintf(at, at[-1] == ' ' ? "|" : " |");
        }
        at += sprintf(at, "\n");
    }
    return text;
}

#endif
