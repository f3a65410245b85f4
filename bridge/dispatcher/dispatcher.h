/* dispatcher: makes the calls. One lane per person, in strict order, one call in flight; retries
 * with back-off; obeys the rate limits; looks before it repeats.
 *
 * It lives inside the loop's turn: `turn` runs inside the transaction (records answers, chooses
 * what to send, writes attempt rows), `committed` runs after the commit (sends, logs). Nothing is
 * sent whose attempt is not on disk. Only the heads of lanes are in memory. */
#ifndef DISPATCHER_H
#define DISPATCHER_H

#include "people.h"
#include "replies.h"
#include "store/store.h"
#include "tokens/tokens.h"
#include "transport/transport.h"

struct dispatcher;

struct dispatcher_deps {
    struct store *store;
    struct transport *transport; /* borrowed; so is the next */
    struct transport *outside;   /* to other hosts; NULL: calls to them come to nothing */
    const struct people *people; /* borrowed until the next reload */
    uint64_t seed;               /* of the jitter */
    const char *owner;           /* of the leases of lanes, borrowed; NULL: "" */
    bool is_shared;              /* others may have lanes of this journal, too */
    struct replies *replies;     /* borrowed; NULL: nobody ever waits for a reply */
    struct tokens *tokens;       /* borrowed; NULL: nobody logs in */
    /* True when `turn` has something to do at once: an answer came. Called from the loop. */
    void (*wake)(void *ctx);
    void *ctx;
};

struct dispatcher *dispatcher_create(const struct dispatcher_deps *deps);
void dispatcher_destroy(struct dispatcher *d);

/* Reads the lanes from the store: at the start, and after a turn that was rolled back (what was in
 * flight is then in doubt). */
enum cw_status dispatcher_load(struct dispatcher *d, int64_t now_ms,
                               struct cw_error *err) CW_CHECKED;
/* A call was added for this person in the present turn (or calls of theirs were cancelled). */
void dispatcher_notice(struct dispatcher *d, const char *person);
/* A hold of this person (NULL: of everybody) began, changed or ended. */
void dispatcher_held(struct dispatcher *d, const char *person);
/* True when `turn` would do something at now_ms. */
bool dispatcher_ready(const struct dispatcher *d, int64_t now_ms);
enum cw_status dispatcher_turn(struct dispatcher *d, int64_t now_ms,
                               struct cw_error *err) CW_CHECKED; /* inside the transaction */
void dispatcher_committed(struct dispatcher *d, int64_t now_ms);
/* When it wants its next turn without anything happening; INT64_MAX: never. */
int64_t dispatcher_next_ms(const struct dispatcher *d);
/* Whether a call of the person may be changing the timer, or have changed it: nobody can tell yet
 * whose a change is. */
bool dispatcher_in_doubt(struct dispatcher *d, struct cw_text person, struct cw_arena *arena);
const struct people *dispatcher_people(const struct dispatcher *d);
size_t dispatcher_in_flight(const struct dispatcher *d);
/* Begin nothing more; answers are still recorded. For the drain at the end. */
/* The clock was set, and the journal shifted by as much; nothing should be in flight. */
enum cw_status dispatcher_clock_set(struct dispatcher *d, int64_t step_ms, int64_t now_ms,
                                    struct cw_error *err) CW_CHECKED;
/* While it rests it begins nothing; what is in flight comes to its end. */
void dispatcher_rest(struct dispatcher *d, bool rests);
void dispatcher_stop(struct dispatcher *d);
void dispatcher_reload(struct dispatcher *d, const struct people *people);
/* The person's own token is another one, or no more: who waits for it tries again. */
void dispatcher_token(struct dispatcher *d, const char *person);
/* The ids of people have changed: calls that waited for them go on. */
void dispatcher_identified(struct dispatcher *d);
/* A question to awork that is of no call: one at a time, with the workspace's key, held up by all
 * that holds up calls. Who asks changes path and due_ms while nothing is on its way. */
struct dispatcher_errand {
    const char *path; /* of a GET; NULL: nothing is to be asked */
    int64_t due_ms;
    /* An answer to `path`, or that none came, inside a turn's transaction. */
    enum cw_status (*answered)(void *ctx, const char *path, const struct transport_answer *answer,
                               int64_t now_ms, struct cw_error *err);
    void *ctx;
};
void dispatcher_set_errand(struct dispatcher *d,
                           const struct dispatcher_errand *errand); /* borrowed */
/* Tells of each call that has ended, inside the turn that ends it: for playing tests. */
struct dispatcher_end {
    const char *person, *rule, *action, *reason;
    const char *args; /* JSON object */
    enum store_call_state state;
    bool acted; /* the timer is another than before, or the action has none to do with it */
};
void dispatcher_watch(struct dispatcher *d,
                      void (*ended)(void *ctx, const struct dispatcher_end *end), void *ctx);
/* One line for /readyz when it is held up ("the API key is refused"), or NULL. */
const char *dispatcher_trouble(const struct dispatcher *d);

#endif
