/* memory_priv: what the files of the memory backend share. Nobody else includes it. */
#ifndef STORE_MEMORY_PRIV_H
#define STORE_MEMORY_PRIV_H

#include "backend.h"
#include "keyset.h"

enum table { EVENTS, KEYS, RUNS, CALLS, ATTEMPTS, TIMERS, MARKS, SETTINGS, LEASES, TABLES };

/* Rows are named by an index, their id - 1, which stays theirs; NULL: it is gone. */
struct rows {
    void **at; /* from index `from` on */
    size_t from, cap;
    size_t first; /* all before are gone */
    size_t n;
    size_t kept; /* n at the begin of the turn */
};

struct keys { /* of the event of the same index; not a row of the contract */
    size_t n;
    struct store_key keys[];
};

/* The calls of a run are chained, the newest first, by ids; 0: no more. */
struct run_row {
    struct store_run run;
    int64_t last_call;
};

struct call_row {
    struct store_call call;
    int64_t call_before;
};

struct undo {
    enum table table;
    size_t i;
    void *old;
};

struct backend {
    struct row_shape shapes[TABLES];
    struct rows rows[TABLES];
    size_t first_run, first_call; /* all before are finished */
    int64_t last_event;           /* the highest that has a run */
    bool unordered;               /* a run was added for an event before that */
    struct undo *undo;
    size_t n_undo, undo_cap;
    struct keyset *keyset;
    size_t bytes, bytes_kept, max_bytes;
};

/* ---- memory.c ---- */

/* The row that begins with this name; NULL: there is none. */
void *mem_named(const struct backend *b, enum table table, struct cw_text name);
/* Returns: the id of the new row. */
int64_t mem_add(struct backend *b, enum table table, const void *row);
/* Puts a new block in place of the row: the old one stays until the end of the turn. */
void mem_change(struct backend *b, enum table table, size_t i, const void *row);
/* Likewise, and nothing comes in its place. */
void mem_remove(struct backend *b, enum table table, size_t i);
/* From `first` on; NULL: gone. */
void *mem_row(const struct backend *b, enum table table, size_t i);
/* The first index to look at: not before `i`, nor before the first row. */
size_t mem_from(const struct backend *b, enum table table, size_t i);
/* Returns: NULL when there is none. */
void *mem_by_id(const struct backend *b, enum table table, int64_t id);
const struct store_run *mem_run(const struct backend *b, size_t i);
const struct store_call *mem_call(const struct backend *b, size_t i);
bool mem_same(struct cw_text a, struct cw_text b);
/* For qsort: by their bytes. */
int mem_by_text(const void *a, const void *b);
/* What is gone is not open. */
bool mem_run_is_open(const struct store_run *run);
bool mem_call_is_open(const struct store_call *call);

/* ---- memory_call.c ---- */

/* The newest call of a run, and the one before a call; NULL: none. */
const struct call_row *mem_last_call(const struct backend *b, int64_t run);
const struct call_row *mem_call_before(const struct backend *b, const struct call_row *row);

/* ---- memory_run.c, memory_call.c, memory_mark.c, memory_trim.c: as in backend.h ---- */

int64_t mem_last_event(const struct backend *b);
enum cw_status mem_ages(struct backend *b, int64_t after, size_t limit, struct store_age *out,
                        size_t *n, struct cw_error *err);
enum cw_status mem_remains(struct backend *b, int64_t seq, struct store_remains *out,
                           struct cw_error *err);
enum cw_status mem_event_drop(struct backend *b, int64_t seq, size_t most, size_t *n, bool *whole,
                              struct cw_error *err);

enum cw_status mem_run_insert(struct backend *b, const struct store_run *run, int64_t *id,
                              struct cw_error *err);
enum cw_status mem_run_has(struct backend *b, int64_t event, const struct store_runs_key *key,
                           struct cw_error *err);
enum cw_status mem_run_find(struct backend *b, const struct store_runs_key *key,
                            enum store_run_state state, int64_t after, int64_t *id,
                            struct cw_error *err);
enum cw_status mem_run_state(struct backend *b, int64_t id, enum store_run_state *state,
                             struct cw_error *err);
enum cw_status mem_run_change(struct backend *b, int64_t id, const struct store_run_change *to,
                              struct cw_error *err);
enum cw_status mem_runs(struct backend *b, const struct store_runs_query *query,
                        struct row_list *out, struct cw_error *err);
enum cw_status mem_run_people(struct backend *b, struct cw_text rule, struct cw_text key,
                              struct row_list *out, struct cw_error *err);
enum cw_status mem_next_due(struct backend *b, int64_t *due_ms, struct cw_error *err);

enum cw_status mem_call_insert(struct backend *b, const struct store_call *call, int64_t *id,
                               struct cw_error *err);
enum cw_status mem_call_state(struct backend *b, int64_t id, enum store_call_state *state,
                              int64_t *epoch, struct cw_error *err);
enum cw_status mem_attempt_call(struct backend *b, int64_t id, int64_t *call, struct cw_error *err);
enum cw_status mem_call_save(struct backend *b, const struct store_call *call,
                             struct cw_error *err);
enum cw_status mem_calls_tally(struct backend *b, int64_t run, struct store_tally *out,
                               struct cw_error *err);
enum cw_status mem_calls_end(struct backend *b, int64_t run, const struct store_calls_change *to,
                             struct cw_error *err);
enum cw_status mem_lane_head(struct backend *b, struct cw_text person, struct row_list *out,
                             struct cw_error *err);
enum cw_status mem_lane_calls(struct backend *b, struct cw_text person, int64_t after, size_t limit,
                              struct row_list *out, struct cw_error *err);
enum cw_status mem_lane_passing(struct backend *b, struct cw_text person, struct row_list *out,
                                struct cw_error *err);
enum cw_status mem_lanes(struct backend *b, struct row_list *out, struct cw_error *err);
enum cw_status mem_calls(struct backend *b, const struct store_calls_query *query,
                         struct row_list *out, struct cw_error *err);
enum cw_status mem_attempt_begin(struct backend *b, const struct store_attempt *attempt,
                                 int64_t *id, struct cw_error *err);
enum cw_status mem_attempt_end(struct backend *b, const struct store_attempt *attempt,
                               struct cw_error *err);
enum cw_status mem_attempts_of(struct backend *b, int64_t call, struct row_list *out,
                               struct cw_error *err);

enum cw_status mem_mark_get(struct backend *b, const struct store_mark *which, struct row_list *out,
                            struct cw_error *err);
enum cw_status mem_mark_put(struct backend *b, const struct store_mark *mark, struct cw_error *err);
enum cw_status mem_mark_drop(struct backend *b, const struct store_mark *which,
                             struct cw_error *err);
enum cw_status mem_marks_due(struct backend *b, struct cw_text kind, int64_t now_ms, size_t limit,
                             struct row_list *out, struct cw_error *err);
enum cw_status mem_marks(struct backend *b, const struct store_mark *after, size_t limit,
                         struct row_list *out, struct cw_error *err);
enum cw_status mem_shift(struct backend *b, int64_t by_ms, struct cw_error *err);
enum cw_status mem_next_mark(struct backend *b, struct cw_text kind, int64_t *until_ms,
                             struct cw_error *err);

#endif
