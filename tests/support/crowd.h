/* crowd: an awork for thousands of people on virtual time, and the judge of what it is asked. It
 * keeps a few bytes of each person, so that a process's memory tells of the bridge alone.
 *
 * Each start carries the number of its event as the note: 1, 2, 3, ... of each person. */
#ifndef CROWD_H
#define CROWD_H

#include "transport/transport.h"

struct crowd;

enum crowd_weather {
    CROWD_FINE,
    CROWD_UNREACHED,    /* no connection */
    CROWD_SILENT,       /* nothing comes, and nothing was done: 30 s later it is given up */
    CROWD_UNAVAILABLE,  /* 503 */
    CROWD_THROTTLED,    /* 429 until the end of a wait that every answer tells */
    CROWD_SLOW,         /* each answer takes so many milliseconds */
    CROWD_GARBAGE,      /* it acts, and answers 200 with what is no JSON */
    CROWD_TRUNCATED,    /* it acts, and half of the answer's JSON comes */
    CROWD_GARBAGE_ACTS, /* the same for what acts only */
    CROWD_WEATHERS
};

enum { CROWD_WORST_ANSWER_MS = 30000 };

struct crowd_tally {
    int64_t requests, looks, starts; /* starts: those that had an effect */
    int64_t doubles, disorders;      /* a number again, a smaller one after a larger one */
    int64_t passed_over;             /* numbers that were never started: collapsed, or lost */
    int64_t repeats;                 /* a start of what ran already */
    int64_t overlaps;                /* two requests of a person in flight */
    int64_t over_rate;               /* requests beyond 50 within a second or 1,000 within 60 s */
    int64_t while_blocked;           /* requests while a 429's wait was not over */
    int64_t most_in_flight;
    /* Of the sound answers to what was asked since the weather changed; 0: none. */
    int64_t first_ms, last_ms;
};

struct crowd *crowd_create(const int64_t *now_ms, int people);
void crowd_destroy(struct crowd *crowd);
struct transport *crowd_transport(struct crowd *crowd);
/* The awork id of the nth person, counted from 0. */
const char *crowd_person_id(struct crowd *crowd, int n);
/* arg: milliseconds of CROWD_SLOW and CROWD_THROTTLED. Keeps what is known of people and starts;
 * the tally begins anew but for what is wrong. */
void crowd_weather(struct crowd *crowd, enum crowd_weather weather, int64_t arg);
/* The answers whose time has come. Returns: how many. */
int crowd_deliver(struct crowd *crowd);
int64_t crowd_next_ms(const struct crowd *crowd); /* of the next answer; INT64_MAX: none */
const struct crowd_tally *crowd_tally(const struct crowd *crowd);
/* The number that was started last for the nth person, 0: none. */
int crowd_last(const struct crowd *crowd, int n);
/* Requests from `from_ms` on until `to_ms`; the last 100,000 are known. */
int64_t crowd_requests(const struct crowd *crowd, int64_t from_ms, int64_t to_ms);

#endif
