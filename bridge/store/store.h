/* store: the journal. Two implementations behind one contract: SQLite and memory.
 *
 * All writes of a turn lie between store_begin and store_commit; what was not committed did not
 * happen. Rows that are read lie in the caller's arena; every text in them ends with NUL. After
 * CW_EIO from a commit the state on disk is unknown: stop acknowledging and end the process.
 * CW_ELIMIT means that the disk is full: nothing was written, later may do. */
#ifndef STORE_H
#define STORE_H

#include <clockwire/error.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

struct store_opts {
    bool create_dirs;   /* make the folder (0700) of a SQLite file */
    uint64_t max_bytes; /* page cap, 0: none */
};

/* "sqlite:PATH" or "memory:". One process at a time holds a file, by an exclusive lock for life.
 * Returns: CW_EBUSY when another process has it; CW_EINVAL for a newer schema, a network file
 * system or a bad name; CW_ESYNTAX for what is damaged or no journal; CW_ELIMIT for a full disk;
 * CW_EIO. */
enum cw_status store_open(const char *where, const struct store_opts *opts, struct store **out,
                          struct cw_error *err) CW_CHECKED;
void store_close(struct store *store);

/* ---- One transaction per turn ---- */
enum cw_status store_begin(struct store *store, struct cw_error *err) CW_CHECKED;
enum cw_status store_commit(struct store *store, struct cw_error *err) CW_CHECKED;
void store_rollback(struct store *store);
bool store_in_turn(const struct store *store); /* between begin and commit */
/* Housekeeping between turns: moves what was committed from the log to the file when there is
 * enough of it, or when the daemon is idle; then some room is given back too, all of it when the
 * volume is tight. */
enum store_pace { STORE_BUSY, STORE_IDLE, STORE_TIGHT };
enum cw_status store_tidy(struct store *store, enum store_pace pace,
                          struct cw_error *err) CW_CHECKED;

/* ---- Room ---- */

struct store_room {
    int64_t free_bytes, volume_bytes; /* of the volume; INT64_MAX: there is none */
    int64_t left_bytes;               /* for events, below the cap; INT64_MAX: there is none */
    int64_t reserve_bytes;            /* of the reserve, whether it is there or not */
    bool reserve;                     /* it is there */
};
enum cw_status store_room(struct store *store, struct store_room *out,
                          struct cw_error *err) CW_CHECKED;
/* Makes the reserve: room beside the journal that is really taken; or gives it up, so that what is
 * in flight can be recorded. Returns: CW_ELIMIT when there is no room for it. */
enum cw_status store_reserve(struct store *store, bool keep, struct cw_error *err) CW_CHECKED;

/* ---- Events ---- */
enum store_verdict { STORE_ACCEPTED, STORE_REFUSED };
enum store_codec { STORE_PLAIN = 0 }; /* 1 is kept for zstd */

struct store_event {
    int64_t seq; /* given by the store: 1, 2, 3, ... in the order of commits */
    int64_t received_ms;
    struct cw_text source, type, id; /* id: the sender's, or what stands for it */
    enum store_verdict verdict;
    struct cw_text reason; /* of a refusal, or what was odd about it */
    enum store_codec codec;
    struct cw_text payload; /* as `payloads:` says; may be empty */
    struct cw_text used;    /* JSON object of the fields that rules read */
};

/* What makes a delivery a duplicate: half of a SHA-256 over source, kind of key and key. */
struct store_key {
    unsigned char bytes[16];
};

/* Adds an event with its keys. Returns: CW_EEXIST, with *seq of the first event, when any of the
 * keys is there already (in this turn too). */
enum cw_status store_event_add(struct store *store, const struct store_event *event,
                               const struct store_key *keys, size_t n_keys, int64_t *seq,
                               struct cw_error *err) CW_CHECKED;
/* Up to `limit` events with seq > after, in order. */
enum cw_status store_events(struct store *store, int64_t after, size_t limit,
                            struct cw_arena *arena, struct store_event **out, size_t *n,
                            struct cw_error *err) CW_CHECKED;

/* Up to `limit` events with seq < before, the newest first, without their payloads. */
enum cw_status store_events_back(struct store *store, int64_t before, size_t limit,
                                 struct cw_arena *arena, struct store_event **out, size_t *n,
                                 struct cw_error *err) CW_CHECKED;

/* ---- Runs: rule x person x key ---- */
enum store_run_state {
    STORE_RUN_WAITING, /* its time has not come */
    STORE_RUN_ACTING,  /* its calls are in the lane */
    STORE_RUN_DONE,
    STORE_RUN_FAILED,    /* a call of it died */
    STORE_RUN_CANCELLED, /* `unless` came, or somebody asked */
    STORE_RUN_REPLACED,  /* a newer match took its place */
    STORE_RUN_REFUSED,   /* facts or a template said no */
    STORE_RUN_LOST,      /* its rule or person is gone */
    STORE_RUN_STATES
};

/* What becomes of a run when its person changes the timer by hand after the match. */
enum store_yields {
    STORE_YIELDS_NEVER, /* `human_wins: false`, or of an older build */
    STORE_YIELDS_QUIET, /* it goes on, but for the quiet that follows (a setting) */
    STORE_YIELDS        /* it came from `wait`, and is cancelled */
};

struct store_run {
    int64_t id;
    int64_t event; /* seq */
    struct cw_text rule, person, key;
    enum store_run_state state;
    int64_t due_ms, changed_ms;
    struct cw_text condition, vars;
    struct cw_text reason;
    int dated; /* 1: due_ms is a moment of the calendar; 0: the end of a wait */
    enum store_yields yields;
};

/* Adds a run. If it waits, acts or is done, waiting runs of the same rule, person and key become
 * REPLACED. Returns: CW_EEXIST when its event has such a run already. */
enum cw_status store_run_add(struct store *store, const struct store_run *run, int64_t *id,
                             struct cw_error *err) CW_CHECKED;
/* The same, and what waits already stays. */
enum cw_status store_run_add_beside(struct store *store, const struct store_run *run, int64_t *id,
                                    struct cw_error *err) CW_CHECKED;
/* A run of (rule, person, key) that waits, else one that acts. Returns: CW_ENOENT. */
enum cw_status store_run_pending(struct store *store, struct cw_text rule, struct cw_text person,
                                 struct cw_text key, int64_t *id, struct cw_error *err) CW_CHECKED;
/* Everybody who has a waiting or acting run of rule and key, each once, by name: to cancel for all
 * of them. */
enum cw_status store_run_people(struct store *store, struct cw_text rule, struct cw_text key,
                                struct cw_arena *arena, struct cw_text **out, size_t *n,
                                struct cw_error *err) CW_CHECKED;
/* Cancels the waiting runs of (rule, person, key), and acting ones of which no call has begun
 * (their calls too). *n is how many runs. */
enum cw_status store_run_cancel(struct store *store, struct cw_text rule, struct cw_text person,
                                struct cw_text key, struct cw_text reason, int64_t now_ms,
                                size_t *n, struct cw_error *err) CW_CHECKED;
/* The same for one run. Returns: CW_ENOENT when there is no such run, CW_EBUSY when it has ended or
 * a call of it has begun: nothing was changed then. */
enum cw_status store_run_cancel_one(struct store *store, int64_t id, struct cw_text reason,
                                    int64_t now_ms, struct cw_error *err) CW_CHECKED;
enum cw_status store_run_move(struct store *store, int64_t id, enum store_run_state to,
                              struct cw_text reason, int64_t now_ms,
                              struct cw_error *err) CW_CHECKED;
/* An acting run whose calls are all finished becomes DONE, or FAILED when one of them is dead. */
enum cw_status store_run_settle(struct store *store, int64_t id, int64_t now_ms,
                                struct cw_error *err) CW_CHECKED;
/* Waiting runs with due_ms <= now, by due_ms, id. */
enum cw_status store_runs_due(struct store *store, int64_t now_ms, size_t limit,
                              struct cw_arena *arena, struct store_run **out, size_t *n,
                              struct cw_error *err) CW_CHECKED;
/* When the next waiting run is due; INT64_MAX when none waits. Cheap: asked every turn. */
enum cw_status store_next_due(struct store *store, int64_t *due_ms,
                              struct cw_error *err) CW_CHECKED;
/* Waiting runs by due_ms, id: up to `limit` behind the run `after` (NULL: from the first). */
enum cw_status store_runs_waiting(struct store *store, const struct store_run *after, size_t limit,
                                  struct cw_arena *arena, struct store_run **out, size_t *n,
                                  struct cw_error *err) CW_CHECKED;
/* Waiting and acting runs of a person that yield (STORE_YIELDS), by id. */
enum cw_status store_runs_yielding(struct store *store, struct cw_text person,
                                   struct cw_arena *arena, struct store_run **out, size_t *n,
                                   struct cw_error *err) CW_CHECKED;
/* Returns: CW_ENOENT. */
enum cw_status store_run_get(struct store *store, int64_t id, struct cw_arena *arena,
                             struct store_run *out, struct cw_error *err) CW_CHECKED;
enum cw_status store_runs_of(struct store *store, int64_t event, struct cw_arena *arena,
                             struct store_run **out, size_t *n, struct cw_error *err) CW_CHECKED;

/* ---- Calls: one lane per person, strict order of ids ---- */
enum store_call_state {
    STORE_CALL_READY, /* to be made, at due_ms or later */
    STORE_CALL_SENT,  /* an attempt has no recorded answer: found so at the start, it is in doubt */
    STORE_CALL_DONE,
    STORE_CALL_SKIPPED, /* nothing was to be done: facts said no, or an earlier step failed */
    STORE_CALL_DEAD,    /* can never succeed: a dead letter */
    STORE_CALL_CANCELLED,
    STORE_CALL_RETRIED, /* a dead letter, or a step behind it, that a newer call took over */
    STORE_CALL_DROPPED, /* a dead letter that somebody gave up */
    STORE_CALL_STATES
};

struct store_call {
    int64_t id, run, event;
    struct cw_text rule, person;
    uint32_t step;
    struct cw_text action, args; /* args: JSON object */
    struct cw_text condition;    /* facts to look at before acting; empty: none */
    enum store_call_state state;
    int64_t due_ms, created_ms, changed_ms;
    int64_t expires_ms; /* not begun by then it is dropped; 0: never */
    uint32_t tries;
    struct cw_text progress; /* JSON: the memory of the action's machine; empty at first */
    struct cw_text reason;
    int64_t epoch; /* to store_call_save: the lease under which it is saved; not kept */
    int passes;    /* 1: a lane that is held does it all the same */
};

/* Adds a call. Returns: CW_EEXIST when (run, step) is there. */
enum cw_status store_call_add(struct store *store, const struct store_call *call, int64_t *id,
                              struct cw_error *err) CW_CHECKED;
/* Saves state, due_ms, tries, progress, reason, changed_ms of a call; the move is asserted.
 * Returns: CW_EBUSY when the lane has another epoch. */
enum cw_status store_call_save(struct store *store, const struct store_call *call,
                               struct cw_error *err) CW_CHECKED;
/* The oldest open (READY or SENT) call of a person. Returns: CW_ENOENT when there is none. */
enum cw_status store_lane_head(struct store *store, struct cw_text person, struct cw_arena *arena,
                               struct store_call *out, struct cw_error *err) CW_CHECKED;
/* The oldest open call of a person that passes, and whose run has no earlier step open. Returns:
 * CW_ENOENT when there is none. */
enum cw_status store_lane_passing(struct store *store, struct cw_text person,
                                  struct cw_arena *arena, struct store_call *out,
                                  struct cw_error *err) CW_CHECKED;
/* Up to `limit` open calls of a person with an id above `after`, in order. */
enum cw_status store_lane_calls(struct store *store, struct cw_text person, int64_t after,
                                size_t limit, struct cw_arena *arena, struct store_call **out,
                                size_t *n, struct cw_error *err) CW_CHECKED;
/* Everybody who has an open call. */
enum cw_status store_lanes(struct store *store, struct cw_arena *arena, struct cw_text **out,
                           size_t *n, struct cw_error *err) CW_CHECKED;
/* Open calls of a run with a step above `step` become `to` (SKIPPED or CANCELLED). */
enum cw_status store_calls_end(struct store *store, int64_t run, uint32_t above_step,
                               enum store_call_state to, struct cw_text reason, int64_t now_ms,
                               struct cw_error *err) CW_CHECKED;
enum cw_status store_calls_of(struct store *store, int64_t event, struct cw_arena *arena,
                              struct store_call **out, size_t *n, struct cw_error *err) CW_CHECKED;

/* Returns: CW_ENOENT. */
enum cw_status store_call_get(struct store *store, int64_t id, struct cw_arena *arena,
                              struct store_call *out, struct cw_error *err) CW_CHECKED;

/* ---- Dead letters: dead calls that nobody has seen to ---- */

/* The reason of the steps behind a dead one, which a retry takes along. */
#define STORE_EARLIER_FAILED "an earlier step failed"

/* Up to `limit` with id > after, in order. */
enum cw_status store_dead(struct store *store, int64_t after, size_t limit, struct cw_arena *arena,
                          struct store_call **out, size_t *n, struct cw_error *err) CW_CHECKED;
/* Puts a dead letter, and the steps that were skipped behind it, at the end of the lane as new
 * calls of the same run, which acts again: with a memory, tries and a time to expire of their own.
 * The old ones become RETRIED and name the new ones. *id is the first new call, *n how many.
 * Returns: CW_ENOENT when there is no such call, CW_EBUSY when it is no dead letter (any more);
 * nothing was changed then. */
enum cw_status store_dead_retry(struct store *store, int64_t call, int64_t now_ms,
                                struct cw_arena *arena, int64_t *id, size_t *n,
                                struct cw_error *err) CW_CHECKED;
/* The letter becomes DROPPED; its run stays failed. Returns: likewise. */
enum cw_status store_dead_drop(struct store *store, int64_t call, int64_t now_ms,
                               struct cw_arena *arena, struct cw_error *err) CW_CHECKED;

/* ---- Leases: who makes the calls of a lane, so that several processes could share a journal ----
 *
 * A lane is taken in the transaction in which a call begins, for so long that a request has its
 * answer or is given up; attempts renew it. Each time it is taken its epoch grows. Attempts and
 * calls are saved under an epoch, 0 while nobody has ever had the lane; under another one than the
 * present they are refused with CW_EBUSY, and the turn is lost: whoever had the lane before can
 * write no more about it. */
struct store_lease {
    struct cw_text person, owner;
    int64_t epoch, until_ms;
};
/* Takes the lane of lease->person for lease->owner until lease->until_ms and sets lease->epoch.
 * `by_force`: from whomever, since nobody else can live, who holds the journal alone. Returns:
 * CW_EBUSY, with their until_ms in the lease, when somebody else has it; the turn is not lost. */
enum cw_status store_lease_take(struct store *store, struct store_lease *lease, int64_t now_ms,
                                bool by_force, struct cw_arena *arena,
                                struct cw_error *err) CW_CHECKED;
/* Has it until another moment. Returns: CW_EBUSY when it has another epoch. */
enum cw_status store_lease_renew(struct store *store, const struct store_lease *lease,
                                 struct cw_arena *arena, struct cw_error *err) CW_CHECKED;
/* Returns: CW_ENOENT. */
enum cw_status store_lease_get(struct store *store, struct cw_text person, struct cw_arena *arena,
                               struct store_lease *out, struct cw_error *err) CW_CHECKED;

/* ---- Attempts: a row before each request, its answer after it ---- */
struct store_attempt {
    int64_t id, call;
    struct cw_text request;     /* "POST /users/.../timetracking/start" */
    struct cw_text body;        /* what was sent, no secrets */
    int64_t begun_ms, ended_ms; /* ended_ms 0: no answer recorded */
    int status;                 /* 0: none came */
    struct cw_text answer;      /* at most 4 KiB of the body, or the error */
    struct cw_text verdict;     /* done, retry, lost, dead, ... */
    int64_t epoch;              /* the lease under which it is made; not kept */
};
/* Both return CW_EBUSY when the lane has another epoch. */
enum cw_status store_attempt_begin(struct store *store, const struct store_attempt *attempt,
                                   int64_t *id, struct cw_error *err) CW_CHECKED;
enum cw_status store_attempt_end(struct store *store, const struct store_attempt *attempt,
                                 struct cw_error *err) CW_CHECKED; /* by id; sets the last five */
/* In order; the last 1,000 of a call that has more. */
enum cw_status store_attempts_of(struct store *store, int64_t call, struct cw_arena *arena,
                                 struct store_attempt **out, size_t *n,
                                 struct cw_error *err) CW_CHECKED;

/* ---- What we know of each person's timer: from our own answers, looks and awork's webhooks ----
 */
enum store_timer_state {
    STORE_TIMER_UNKNOWN, /* nothing was seen, or what was is in doubt: the next look tells */
    STORE_TIMER_RUNNING,
    STORE_TIMER_PAUSED,
    STORE_TIMER_STOPPED
};

struct store_timer {
    struct cw_text person;
    struct cw_text entry;      /* id of the last time entry that is known, or empty */
    struct cw_text started_by; /* rule that started that entry, or empty */
    struct cw_text paused_by;  /* rule that paused it, or empty */
    struct cw_text memo;       /* JSON of an emulated pause: what to start again; or empty */
    int64_t changed_ms;
    enum store_timer_state state; /* of that entry at awork; with a memo, rules see it as paused */
    int64_t since_ms;             /* when it came into that state, by awork's clock; 0: not known */
    int64_t seen_ms;              /* when it was last seen so */
    int64_t told_ms;              /* when a webhook last told of this state; 0: none did */
    int64_t version;              /* awork's resourceVersion of the entry; 0: not known */
    struct cw_text start;         /* when the entry began, in a form that sorts */
    struct cw_text work;          /* what it is on: task or project */
    int64_t call;                 /* id of our call that left it so; 0: it was not ours */
};
/* Returns: CW_ENOENT when nothing is known. */
enum cw_status store_timer_get(struct store *store, struct cw_text person, struct cw_arena *arena,
                               struct store_timer *out, struct cw_error *err) CW_CHECKED;
enum cw_status store_timer_put(struct store *store, const struct store_timer *timer,
                               struct cw_error *err) CW_CHECKED;

/* ---- Marks: what rules remember between events: throttle windows, counters, clocks, facts ---- */
struct store_mark {
    struct cw_text kind;         /* "throttle", ...: each has its own names and values */
    struct cw_text rule, person; /* may be empty: of nobody */
    struct cw_text key;
    struct cw_text value;
    int64_t until_ms; /* when it ends or is due; INT64_MAX: never */
};
/* The first four texts of `which` name a mark. Returns: CW_ENOENT when it is not there. A mark
 * whose time has come stays until it is dropped. */
enum cw_status store_mark_get(struct store *store, const struct store_mark *which,
                              struct cw_arena *arena, struct store_mark *out,
                              struct cw_error *err) CW_CHECKED;
enum cw_status store_mark_put(struct store *store, const struct store_mark *mark,
                              struct cw_error *err)
    CW_CHECKED; /* in place of the one of its name */
/* What is not there is no fault. */
enum cw_status store_mark_drop(struct store *store, const struct store_mark *which,
                               struct cw_error *err) CW_CHECKED;
/* Marks of a kind with until_ms <= now, by until_ms, then by name. */
enum cw_status store_marks_due(struct store *store, struct cw_text kind, int64_t now_ms,
                               size_t limit, struct cw_arena *arena, struct store_mark **out,
                               size_t *n, struct cw_error *err) CW_CHECKED;
/* Marks of all kinds by name: up to `limit` behind the one of the name `after` (NULL: from the
 * first). */
enum cw_status store_marks(struct store *store, const struct store_mark *after, size_t limit,
                           struct cw_arena *arena, struct store_mark **out, size_t *n,
                           struct cw_error *err) CW_CHECKED;
/* The earliest until_ms of a kind; INT64_MAX when there is none. One look into an index. */
enum cw_status store_next_mark(struct store *store, struct cw_text kind, int64_t *until_ms,
                               struct cw_error *err) CW_CHECKED;

/* ---- Retention ---- */

struct store_trim {
    int64_t now_ms;
    int64_t done_before_ms; /* an event that came and ended by then goes, */
    int64_t dead_before_ms; /* one with a dead call only if by then, too */
    size_t rows;            /* about so many are looked at or deleted */
    int64_t after;          /* in and out: how far the walk has come; 0: it begins */
    size_t deleted;         /* out: events */
    bool more;              /* out: the walk is not over */
};
/* A step of a walk over the events, the oldest first, within a turn: those that have ended go, with
 * their keys, runs, calls and attempts. No number is ever given again. */
enum cw_status store_trim(struct store *store, struct store_trim *trim,
                          struct cw_error *err) CW_CHECKED;
/* The number of the newest event that there ever was; 0: none. */
int64_t store_last_event(const struct store *store);

/* ---- The clock ---- */

/* Moves back by `by_ms` when what still counts a duration ends: waiting runs that are not dated,
 * open calls, marks, leases. Below 0: forward. */
enum cw_status store_shift(struct store *store, int64_t by_ms, struct cw_error *err) CW_CHECKED;

/* ---- Settings and counts ---- */
enum cw_status store_setting_get(struct store *store, const char *name, struct cw_arena *arena,
                                 struct cw_text *out, struct cw_error *err) CW_CHECKED;
enum cw_status store_setting_put(struct store *store, const char *name, struct cw_text value,
                                 struct cw_error *err) CW_CHECKED;
struct store_counts {
    int64_t events; /* about: from the oldest one that is kept to the newest */
    int64_t runs_waiting, calls_open, calls_dead;
};
enum cw_status store_counts(struct store *store, struct store_counts *out,
                            struct cw_error *err) CW_CHECKED;

/* ---- The moves that are allowed; both stores assert them; printed in ARCHITECTURE.md ---- */
bool store_run_may(enum store_run_state from, enum store_run_state to);
bool store_call_may(enum store_call_state from, enum store_call_state to);
const char *store_run_word(enum store_run_state state);
const char *store_call_word(enum store_call_state state);

#endif
