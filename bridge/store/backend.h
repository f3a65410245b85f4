/* backend: what a journal has to be able to do, below the contract of store.h.
 *
 * store.c keeps the law (moves, replacing, cancelling, settling, writes only within a turn); a
 * backend keeps rows. It may trust its arguments. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "row.h"
#include "store.h"

enum { ATTEMPTS_MAX = 1000 }; /* of one call that are read */

struct backend; /* each implementation has its own */

enum store_runs_want { RUNS_DUE, RUNS_WAITING, RUNS_OF_EVENT, RUN_OF_ID, RUNS_YIELDING };
struct store_runs_query {
    enum store_runs_want want;
    int64_t number; /* RUNS_DUE: now; RUNS_OF_EVENT: seq; RUN_OF_ID: id; RUNS_WAITING: due after */
    size_t limit;
    int64_t id;            /* RUNS_WAITING: of those due at `number`, only with a higher id */
    struct cw_text person; /* RUNS_YIELDING */
};

enum store_calls_want { CALLS_OF_EVENT, CALLS_OF_RUN, CALLS_DEAD, CALL_OF_ID };
struct store_calls_query {
    enum store_calls_want want;
    int64_t number; /* seq; run; id after; id. Those of a run come by step, all others by id */
    size_t limit;
};

struct store_runs_key {
    struct cw_text rule, person, key;
};

struct store_tally { /* of the calls of one run */
    size_t open;     /* ready or sent */
    size_t begun; /* a request was, or may have been, made for it: any try, or sent, done, dead */
    size_t dead;  /* dropped ones too */
};

struct store_run_change {
    enum store_run_state to;
    struct cw_text reason;
    int64_t now_ms;
};

struct store_calls_change { /* of the open calls of a run */
    int64_t above_step;
    enum store_call_state to;
    struct cw_text reason;
    int64_t now_ms;
};

struct store_age {
    int64_t seq, received_ms;
    size_t bytes; /* of the payload */
};

struct store_remains {  /* of an event */
    size_t open;        /* runs and calls that are not finished */
    size_t dead;        /* calls */
    int64_t changed_ms; /* when any of its runs or calls last did */
};

struct store_ops {
    void (*close)(struct backend *b);
    enum cw_status (*begin)(struct backend *b, struct cw_error *err);
    enum cw_status (*commit)(struct backend *b, struct cw_error *err); /* rolls back if it fails */
    void (*rollback)(struct backend *b);
    enum cw_status (*tidy)(struct backend *b, enum store_pace pace, struct cw_error *err);
    enum cw_status (*room)(struct backend *b, struct store_room *out, struct cw_error *err);
    enum cw_status (*reserve)(struct backend *b, bool keep, struct cw_error *err);

    enum cw_status (*event_add)(struct backend *b, const struct store_event *event,
                                const struct store_key *keys, size_t n_keys, int64_t *seq,
                                struct cw_error *err);
    enum cw_status (*events)(struct backend *b, int64_t after, size_t limit, struct row_list *out,
                             struct cw_error *err);

    enum cw_status (*events_back)(struct backend *b, int64_t before, size_t limit,
                                  struct row_list *out, struct cw_error *err); /* row_event_brief */

    int64_t (*last_event)(const struct backend *b);
    /* Up to `limit` events with seq > after, in order. */
    enum cw_status (*ages)(struct backend *b, int64_t after, size_t limit, struct store_age *out,
                           size_t *n, struct cw_error *err);
    enum cw_status (*remains)(struct backend *b, int64_t seq, struct store_remains *out,
                              struct cw_error *err);
    /* Deletes about `most` rows that belong to an event, *n in fact, the event as the last. */
    enum cw_status (*event_drop)(struct backend *b, int64_t seq, size_t most, size_t *n,
                                 bool *whole, struct cw_error *err);

    enum cw_status (*run_insert)(struct backend *b, const struct store_run *run, int64_t *id,
                                 struct cw_error *err);
    /* CW_OK when (event, rule, person, key) is there, CW_ENOENT when not. */
    enum cw_status (*run_has)(struct backend *b, int64_t event, const struct store_runs_key *key,
                              struct cw_error *err);
    /* The first run of this state (waiting or acting) with id > after; CW_ENOENT. */
    enum cw_status (*run_find)(struct backend *b, const struct store_runs_key *key,
                               enum store_run_state state, int64_t after, int64_t *id,
                               struct cw_error *err);
    enum cw_status (*run_state)(struct backend *b, int64_t id, enum store_run_state *state,
                                struct cw_error *err);
    enum cw_status (*run_change)(struct backend *b, int64_t id,
                                 const struct store_run_change *change, struct cw_error *err);
    enum cw_status (*runs)(struct backend *b, const struct store_runs_query *query,
                           struct row_list *out, struct cw_error *err);
    enum cw_status (*run_people)(struct backend *b, struct cw_text rule, struct cw_text key,
                                 struct row_list *out, struct cw_error *err);
    enum cw_status (*next_due)(struct backend *b, int64_t *due_ms, struct cw_error *err);

    enum cw_status (*call_insert)(struct backend *b, const struct store_call *call, int64_t *id,
                                  struct cw_error *err); /* CW_EEXIST, CW_ENOENT: no such run */
    /* And the epoch of its lane, 0: nobody has ever had it. */
    enum cw_status (*call_state)(struct backend *b, int64_t id, enum store_call_state *state,
                                 int64_t *epoch, struct cw_error *err);
    enum cw_status (*call_save)(struct backend *b, const struct store_call *call,
                                struct cw_error *err);
    enum cw_status (*calls_tally)(struct backend *b, int64_t run, struct store_tally *out,
                                  struct cw_error *err);
    enum cw_status (*calls_end)(struct backend *b, int64_t run,
                                const struct store_calls_change *change, struct cw_error *err);
    enum cw_status (*lane_head)(struct backend *b, struct cw_text person, struct row_list *out,
                                struct cw_error *err); /* none: an empty list */
    enum cw_status (*lane_passing)(struct backend *b, struct cw_text person, struct row_list *out,
                                   struct cw_error *err); /* none: an empty list */
    enum cw_status (*lane_calls)(struct backend *b, struct cw_text person, int64_t after,
                                 size_t limit, struct row_list *out, struct cw_error *err);
    enum cw_status (*lanes)(struct backend *b, struct row_list *out, struct cw_error *err);
    enum cw_status (*calls)(struct backend *b, const struct store_calls_query *query,
                            struct row_list *out, struct cw_error *err);

    enum cw_status (*lease_get)(struct backend *b, struct cw_text person, struct row_list *out,
                                struct cw_error *err); /* none: an empty list */
    enum cw_status (*lease_put)(struct backend *b, const struct store_lease *lease,
                                struct cw_error *err);
    /* CW_ENOENT when there is no such attempt. */
    enum cw_status (*attempt_call)(struct backend *b, int64_t id, int64_t *call,
                                   struct cw_error *err);
    enum cw_status (*attempt_begin)(struct backend *b, const struct store_attempt *attempt,
                                    int64_t *id, struct cw_error *err);
    enum cw_status (*attempt_end)(struct backend *b, const struct store_attempt *attempt,
                                  struct cw_error *err);
    enum cw_status (*attempts_of)(struct backend *b, int64_t call, struct row_list *out,
                                  struct cw_error *err);

    enum cw_status (*timer_get)(struct backend *b, struct cw_text person, struct row_list *out,
                                struct cw_error *err);
    enum cw_status (*timer_put)(struct backend *b, const struct store_timer *timer,
                                struct cw_error *err);
    enum cw_status (*mark_get)(struct backend *b, const struct store_mark *which,
                               struct row_list *out, struct cw_error *err);
    enum cw_status (*mark_put)(struct backend *b, const struct store_mark *mark,
                               struct cw_error *err);
    enum cw_status (*mark_drop)(struct backend *b, const struct store_mark *which,
                                struct cw_error *err);
    enum cw_status (*marks_due)(struct backend *b, struct cw_text kind, int64_t now_ms,
                                size_t limit, struct row_list *out, struct cw_error *err);
    enum cw_status (*marks)(struct backend *b, const struct store_mark *after, size_t limit,
                            struct row_list *out, struct cw_error *err);
    enum cw_status (*next_mark)(struct backend *b, struct cw_text kind, int64_t *until_ms,
                                struct cw_error *err);
    enum cw_status (*shift)(struct backend *b, int64_t by_ms, struct cw_error *err);
    enum cw_status (*setting_get)(struct backend *b, struct cw_text name, struct row_list *out,
                                  struct cw_error *err);
    enum cw_status (*setting_put)(struct backend *b, const struct row_setting *setting,
                                  struct cw_error *err);
    enum cw_status (*counts)(struct backend *b, struct store_counts *out, struct cw_error *err);
};

extern const struct store_ops store_memory_ops, store_sqlite_ops;

/* `where` without its scheme. */
enum cw_status store_memory_open(const struct store_opts *opts, struct backend **out,
                                 struct cw_error *err);
enum cw_status store_sqlite_open(const char *path, const struct store_opts *opts,
                                 struct backend **out, struct cw_error *err);

#endif
