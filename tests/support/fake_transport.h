/* fake_transport: a transport without a network, on virtual time, with a tiny model of awork behind
 * it: entries per person, and what was done to them, so that a test can see every double effect. */
#ifndef FAKE_TRANSPORT_H
#define FAKE_TRANSPORT_H

#include "transport/transport.h"

enum fake_fault {
    FAKE_STATUS,      /* answers `arg` with `body`, and does nothing */
    FAKE_FAIL_AFTER,  /* acts, and answers `arg` */
    FAKE_UNSENT,      /* no connection */
    FAKE_LOST_BEFORE, /* lost before it acted */
    FAKE_LOST_AFTER,  /* acts, and the answer is lost */
    FAKE_GARBAGE      /* acts, and answers 200 with half a body */
};

enum fake_fate { /* of a request that is in flight when it is abandoned */
                 FAKE_DROPPED,
                 FAKE_LANDED,
                 FAKE_LANDS_LATE /* half a second later */
};

enum { FAKE_PEOPLE = 64, FAKE_ENTRIES = 256 };

struct fake_entry {
    char id[40], task[40], kind[40];
    int64_t start_ms, since_ms; /* since when it is what it is */
    int64_t break_ms, version;  /* when its last break ended, or 0 */
    bool is_stopped, is_paused;
};

struct fake_person {
    char id[40];
    struct fake_entry entries[FAKE_ENTRIES];
    size_t n, in_flight;
};

struct fake;

struct fake *fake_create(const int64_t *now_ms);
void fake_destroy(struct fake *fake);
struct transport *fake_transport(struct fake *fake);
void fake_clear(struct fake *fake); /* nobody suffers any more */
/* The next `count` requests whose "METHOD path" contains `match` suffer this. */
void fake_suffer(struct fake *fake, const char *match, enum fake_fault fault, int arg,
                 const char *body, int count);
void fake_fate(struct fake *fake, enum fake_fate fate);
void fake_rate(struct fake *fake, const struct transport_rate *rate); /* of answers from now on */
void fake_refuse_token(struct fake *fake, const char *token);         /* NULL: none */
void fake_own_pause(struct fake *fake, bool works); /* pause and resume with a person's token */
void fake_away(struct fake *fake, bool is_away);    /* nothing reaches it */
/* Hands over every answer that is there. Returns: how many. */
size_t fake_deliver(struct fake *fake);
size_t fake_waiting(const struct fake *fake); /* answers that were not handed over */

/* What was done, such as "1:start(2) 1:stop " (last digits of person and task). */
const char *fake_story(const struct fake *fake);
void fake_forget_story(struct fake *fake);
int fake_requests(const struct fake *fake, const char *match);
int64_t fake_sent_ms(const struct fake *fake, int i); /* when the i-th request left */
struct fake_person *fake_person(struct fake *fake, const char *id);
/* By hand, as the person would in the app. */
void fake_human_start(struct fake *fake, const char *person, const char *task);
void fake_human_stop(struct fake *fake, const char *person);
void fake_human_edit(struct fake *fake, const char *person); /* the note, say, of the last entry */
/* Of the last entry: "stopped 09:00:00-09:50:00" and the like. */
const char *fake_entry(struct fake *fake, const char *person);
void fake_human_pause(struct fake *fake, const char *person, bool pauses); /* or resumes */
/* Told of each change of an entry, as a webhook would tell it: its JSON. */
void fake_watch(struct fake *fake, void (*changed)(void *ctx, const char *entry), void *ctx);
int fake_doubles(const struct fake *fake);  /* starts of what ran already */
int fake_overlaps(const struct fake *fake); /* two requests of a person in flight */

#endif
