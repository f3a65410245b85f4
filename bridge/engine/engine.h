/* engine: the core. Takes what the front accepted, decides, and writes each decision whole.
 *
 * One turn of the loop is one transaction: everything that arrived since the last commit, the runs
 * that came due, and the dispatcher's moves. The front is called back when its delivery is on disk,
 * or was not written. The queue has a ceiling; over it a delivery is turned away at once. */
#ifndef ENGINE_H
#define ENGINE_H

#include "action/sight.h"
#include "dispatcher/dispatcher.h"
#include "strangers/strangers.h"

#include <clockwire/rules.h>

struct engine;

/* One event of a delivery with all that the core needs of it; it shares nothing mutable. */
struct accepted_event {
    struct store_event row; /* seq is set by the store */
    struct store_key keys[3];
    size_t n_keys;
    struct cw_matches matches;
    const struct sight *sight; /* what it tells of awork's timer of `whose`; or NULL */
    struct cw_text whose;
    bool by_hand; /* a test says so */
};

enum accepted_result { ACCEPTED_STORED, ACCEPTED_DUPLICATE, ACCEPTED_FAILED };

/* A delivery on its way to the disk. Made by the front, owned by the engine once submitted; `done`
 * is its last use. */
struct accepted {
    struct accepted *next;
    struct cw_arena *arena;   /* everything below lies here */
    struct cw_ruleset *rules; /* a reference */
    struct accepted_event *events;
    size_t n_events;
    enum accepted_result result; /* DUPLICATE: all of its events were known */
    struct waiter *waiter;       /* STORED: who waits for a `reply`, for replies_hear; or NULL */
    bool too_many;               /* STORED: it would wait, but too many do */
    void (*done)(struct accepted *accepted);
    void *ctx;
};

struct engine_deps {
    struct store *store;
    struct dispatcher *dispatcher;
    struct replies *replies; /* NULL: nobody ever waits */
    size_t queue;            /* deliveries that may wait */
};

struct engine *engine_create(const struct engine_deps *deps, struct cw_ruleset *rules);
void engine_destroy(struct engine *engine);
/* Deliveries and pending runs are decided by the new rules from now on. */
void engine_reload(struct engine *engine, struct cw_ruleset *rules);
/* Whether the events of the clock keep what they know of earlier events (`payloads` but none); they
 * do without this. */
void engine_keep(struct engine *engine, bool used);

/* Returns: CW_EBUSY when the queue is full (the delivery stays the caller's). */
enum cw_status engine_submit(struct engine *engine, struct accepted *accepted,
                             struct cw_error *err) CW_CHECKED;
size_t engine_queue(const struct engine *engine);

/* Senders whom nobody is called like; its own. */
const struct strangers *engine_strangers(const struct engine *engine);
/* At the start, and at the end: what was counted of them is read and written. Not within a turn. */
enum cw_status engine_load(struct engine *engine, struct cw_error *err) CW_CHECKED;
enum cw_status engine_save(struct engine *engine, int64_t now_ms, struct cw_error *err) CW_CHECKED;

/* What waits ends by hand, in a transaction of its own, between two turns. Returns: CW_ENOENT when
 * there is no such run, CW_EBUSY when it has ended or begun; nothing was changed then. A mark is
 * dropped, whether it is there or not. */
enum cw_status engine_cancel_run(struct engine *engine, int64_t run, int64_t now_ms,
                                 struct cw_error *err) CW_CHECKED;
enum cw_status engine_drop_mark(struct engine *engine, const struct store_mark *mark,
                                struct cw_error *err) CW_CHECKED;

/* Dead letters that somebody sees to: one by its call, or those of a page. */
struct engine_letters {
    bool drop;                 /* else retried: as new calls at the end of the lane */
    int64_t after;             /* calls with a higher id */
    int64_t before_ms;         /* that were made before: not those that a retry has just made */
    const char *rule, *person; /* NULL: any */
};
struct engine_letters_done {
    size_t letters, calls; /* calls: that were made by a retry */
    size_t left;           /* letters whose person is not in the configuration: not retried */
    int64_t last;          /* the id up to which was looked, and ... */
    bool more;             /* ... whether there may be letters behind it */
};
/* In one transaction. Returns: CW_ENOENT when there is no such call, CW_EBUSY when it is no dead
 * letter or its person is gone from the configuration; nothing was changed then. */
enum cw_status engine_letter(struct engine *engine, int64_t call, bool drop, int64_t now_ms,
                             int64_t *as, struct cw_error *err) CW_CHECKED;
/* At most 32 letters. */
enum cw_status engine_letters(struct engine *engine, const struct engine_letters *which,
                              int64_t now_ms, struct engine_letters_done *out,
                              struct cw_error *err) CW_CHECKED;

/* Holds a person, or everybody (NULL), until then, by command; or ends that: in a transaction of
 * its own, with an event of the source `command` that tells of it. Returns: CW_EDENIED when too
 * many are held, CW_ENOENT when there is nothing to release. */
enum cw_status engine_hold(struct engine *engine, const struct cw_person *person, int64_t until_ms,
                           int64_t now_ms, struct cw_error *err) CW_CHECKED;
enum cw_status engine_release(struct engine *engine, const char *person, int64_t now_ms,
                              struct cw_error *err) CW_CHECKED;

/* Does one turn: one transaction, then the callbacks. Nothing happens when nothing is to be done.
 * Returns: CW_EIO when the journal failed: the process has to end. A full disk is no failure here:
 * deliveries get ACCEPTED_FAILED and the next turn tries again. */
enum cw_status engine_turn(struct engine *engine, int64_t now_ms, struct cw_error *err) CW_CHECKED;
/* When it wants its next turn without anything happening. */
int64_t engine_next_ms(struct engine *engine);
/* Whether nothing is pending: no run, no call, no mark. */
bool engine_is_idle(struct engine *engine);
/* The clock was set and the journal shifted: what is known of moments is read anew. */
void engine_clock_set(struct engine *engine);
/* For want of room: deliveries are turned away and nothing comes of the clock, until `why` is NULL
 * again; when it `rests` nothing begins that was due, either. */
void engine_close(struct engine *engine, const char *why, bool rests);
/* Why the journal takes nothing, for /readyz: as above, or the last commit failed; NULL: all is
 * well. */
const char *engine_trouble(const struct engine *engine);
/* The journal could be written, says somebody else. */
void engine_set_well(struct engine *engine);

#endif
