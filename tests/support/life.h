/* life: the core's life on virtual time, over a journal that may fail, with a world that remembers:
 * the real engine, dispatcher and SQLite store; senders who each send one event after the other and
 * repeat what was not acknowledged; a fake awork that knows what was done.
 *
 * Every event of a sender starts a task of its own, so whatever is lost, done twice or out of order
 * shows. The senders of the second half wait first (a rule with a `wait`). */
#ifndef LIFE_H
#define LIFE_H

#include "fake_transport.h"
#include "retention.h"
#include "store/store.h"

struct dispatcher;
struct engine;
struct cw_ruleset;
struct cw_matcher;

enum { LIFE_SENDERS = 4, LIFE_REQUESTS = 20000, LIFE_MARKS = 20000 };

enum { LIFE_EACH = 1000 };

struct life_known {
    int acked[LIFE_SENDERS]; /* of each sender's events so many were acknowledged */
    int gone[LIFE_SENDERS];  /* of them the first so many may be gone: they are old */
};

struct life {
    char where[300];
    int64_t now_ms;
    int each;        /* so many events has each sender */
    int steps;       /* since the start of the process */
    int64_t keep_ms; /* events older than that go when they have ended; 0: none */
    struct retention retention;
    struct life_known known;
    int64_t sent_ms[LIFE_SENDERS][LIFE_EACH];
    bool waits[LIFE_SENDERS];      /* one is in the engine's hands */
    int failures;                  /* answers of 503 */
    size_t sent_at[LIFE_REQUESTS]; /* changes of the disk before each request left */
    int n_sent;
    struct {
        size_t at; /* changes of the disk before it */
        struct life_known known;
    } marks[LIFE_MARKS]; /* every time something was acknowledged, or has become old */
    int n_marks;

    struct fake *fake;
    struct transport *wire; /* counts, and hands on to the fake */
    struct store *store;
    struct dispatcher *dispatcher;
    struct engine *engine;
    struct cw_ruleset *rules;
    struct cw_matcher *matcher;
};

struct life *life_create(const char *folder, int each);
void life_destroy(struct life *life);

/* The process begins, and ends as it may: what was in flight has the fate of fake_fate. */
enum cw_status life_start(struct life *life);
void life_stop(struct life *life);
bool life_is_up(const struct life *life);

/* The senders send, the engine has its turns, awork answers. A second passes with each step.
 * Returns: CW_EIO when the journal failed and the process has to end. */
enum cw_status life_step(struct life *life);
/* Steps until everything was acknowledged and done, `most` at most. */
enum cw_status life_run(struct life *life, int most);
bool life_is_done(const struct life *life);

/* What is wrong, one line, or NULL. life_judge: each sender's events were done once, in order, and
 * the journal says the same; it ends the process. life_look, of a journal that nobody has open:
 * what was acknowledged by then is there, with its run and its calls; each request that had left
 * has its attempt; SQLite finds the file sound. */
const char *life_judge(struct life *life);
const char *life_look(const char *where, const struct life_known *known, int requests);

#endif
