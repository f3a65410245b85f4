/* sqlite_priv: what the files of the SQLite backend share. Nobody else includes it. */
#ifndef STORE_SQLITE_PRIV_H
#define STORE_SQLITE_PRIV_H

#include "backend.h"
#include "keyset.h"

#include <sqlite3.h>

enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_PAGES,
    SQL_FREE_PAGES,
    SQL_VACUUM,
    SQL_EVENT_ADD,
    SQL_EVENTS,
    SQL_EVENTS_BACK,
    SQL_KEYS_ADD,
    SQL_KEYS_OF,
    SQL_RUN_ADD,
    SQL_RUN_HAS,
    SQL_RUN_FIND_WAITING,
    SQL_RUN_FIND_ACTING,
    SQL_RUN_STATE,
    SQL_RUN_CHANGE,
    SQL_RUNS_DUE,
    SQL_RUNS_WAITING,
    SQL_RUNS_YIELDING,
    SQL_RUN_GET,
    SQL_RUNS_OF,
    SQL_RUN_PEOPLE,
    SQL_NEXT_DUE,
    SQL_CALL_ADD,
    SQL_CALL_STATE,
    SQL_CALL_SAVE,
    SQL_CALLS_TALLY,
    SQL_CALLS_END,
    SQL_LANE_HEAD,
    SQL_LANE_CALLS,
    SQL_LANE_PASSING,
    SQL_LANE_FIRST,
    SQL_LANE_NEXT,
    SQL_CALLS_OF_EVENT,
    SQL_CALLS_OF_RUN,
    SQL_CALLS_DEAD,
    SQL_CALL_GET,
    SQL_LEASE_GET,
    SQL_LEASE_PUT,
    SQL_ATTEMPT_CALL,
    SQL_ATTEMPT_ADD,
    SQL_ATTEMPT_END,
    SQL_ATTEMPTS_OF,
    SQL_TIMER_GET,
    SQL_TIMER_PUT,
    SQL_MARK_GET,
    SQL_MARK_PUT,
    SQL_MARK_DROP,
    SQL_MARKS_DUE,
    SQL_MARKS,
    SQL_NEXT_MARK,
    SQL_SHIFT_RUNS,
    SQL_SHIFT_CALLS,
    SQL_SHIFT_MARKS,
    SQL_SHIFT_LEASES,
    SQL_SETTING_GET,
    SQL_SETTING_PUT,
    SQL_COUNTS,
    SQL_AGES,
    SQL_REMAINS,
    SQL_DROP_ATTEMPTS,
    SQL_DROP_CALLS,
    SQL_DROP_RUNS,
    SQL_DROP_KEYS,
    SQL_DROP_EVENT,
    SQL_STATEMENTS
};

/* The highest number that each of these tables ever had. */
enum numbered { NUMBERED_EVENT, NUMBERED_RUN, NUMBERED_CALL, NUMBERED_ATTEMPT, NUMBERED };
struct last_ids {
    int64_t of[NUMBERED];
};

struct backend {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_STATEMENTS];
    struct keyset *keyset;
    struct last_ids last, last_kept; /* now, and at the begin of the turn */
    bool drops;                      /* in this turn: SQLite would give their numbers again */
    bool damaged;                    /* a restart does not help */
    bool broken;                     /* it has failed once: the next start is to look at it */
    bool shrinks;                    /* the file does when the log has been moved to it */
    int wal_pages;                   /* in the log, not yet known to be in the file */
    int log_pages;                   /* so many are moved to it at the latest */
    char *path;
    int64_t max_pages;  /* 0: no cap */
    int64_t room_bytes; /* for events, in this turn, under a cap */
};

enum { PAGE_BYTES = 16384 };

/* ---- sqlite_schema.c ---- */

/* Sets what has to be set, reads it back, makes or checks the tables, takes the lock for life. */
enum cw_status sq_prepare_file(struct backend *b, int64_t max_pages, struct cw_error *err);
/* Notes that the file was left in order. */
void sq_mark_clean(struct backend *b);
/* The first column of the first row of a statement that is used once. */
enum cw_status sq_ask(struct backend *b, const char *sql, int64_t *out, struct cw_error *err);

/* ---- sqlite_rows.c ---- */

enum cw_status sq_prepare_all(struct backend *b, struct cw_error *err);
/* The status for a result code of SQLite. */
enum cw_status sq_fail(struct backend *b, int rc, struct cw_error *err);
/* The statement, bound by letters: i int64_t, t struct cw_text. */
sqlite3_stmt *sq_bind(struct backend *b, enum statement statement, const char *letters, ...);
/* The statement, bound to all fields of a row. */
sqlite3_stmt *sq_bind_row(struct backend *b, enum statement statement,
                          const struct row_shape *shape, const void *row);
/* Runs a statement that returns nothing, and resets it. */
enum cw_status sq_run(struct backend *b, sqlite3_stmt *statement, struct cw_error *err);
/* The same, with the next number of its table as the id. */
enum cw_status sq_insert(struct backend *b, sqlite3_stmt *statement, enum numbered table,
                         int64_t *id, struct cw_error *err);
/* Reads n numbers of the first row, and resets. Returns: CW_ENOENT when there is no row. */
enum cw_status sq_numbers(struct backend *b, sqlite3_stmt *statement, size_t n, int64_t *out,
                          struct cw_error *err);
/* Reads all rows into the list, and resets. */
enum cw_status sq_rows(struct backend *b, sqlite3_stmt *statement, struct row_list *out,
                       struct cw_error *err);

/* ---- sqlite_trim.c ---- */

/* Reads, and keeps before the commit of a turn that has deleted, which numbers were given. */
enum cw_status sq_load_last(struct backend *b, struct cw_error *err);
enum cw_status sq_keep_last(struct backend *b, struct cw_error *err);
int64_t sq_last_event(const struct backend *b);
enum cw_status sq_ages(struct backend *b, int64_t after, size_t limit, struct store_age *out,
                       size_t *n, struct cw_error *err);
enum cw_status sq_remains(struct backend *b, int64_t seq, struct store_remains *out,
                          struct cw_error *err);
enum cw_status sq_event_drop(struct backend *b, int64_t seq, size_t most, size_t *n, bool *whole,
                             struct cw_error *err);
/* Gives pages at the end of the file back, some at a time, when many are free. */
enum cw_status sq_vacuum(struct backend *b, bool tight, struct cw_error *err);

/* ---- sqlite_room.c ---- */

/* What is left for events below the cap, in room_bytes. */
enum cw_status sq_measure_room(struct backend *b, struct cw_error *err);
enum cw_status sq_room(struct backend *b, struct store_room *out, struct cw_error *err);
enum cw_status sq_limit_log(struct backend *b, struct cw_error *err);
enum cw_status sq_reserve(struct backend *b, bool keep, struct cw_error *err);

/* ---- sqlite_event.c, sqlite_run.c, sqlite_call.c: as in backend.h ---- */

enum cw_status sq_load_keys(struct backend *b, struct cw_error *err);
enum cw_status sq_event_add(struct backend *b, const struct store_event *event,
                            const struct store_key *keys, size_t n_keys, int64_t *seq,
                            struct cw_error *err);
enum cw_status sq_events_back(struct backend *b, int64_t before, size_t limit, struct row_list *out,
                              struct cw_error *err);
enum cw_status sq_events(struct backend *b, int64_t after, size_t limit, struct row_list *out,
                         struct cw_error *err);

enum cw_status sq_run_insert(struct backend *b, const struct store_run *run, int64_t *id,
                             struct cw_error *err);
enum cw_status sq_run_has(struct backend *b, int64_t event, const struct store_runs_key *key,
                          struct cw_error *err);
enum cw_status sq_run_find(struct backend *b, const struct store_runs_key *key,
                           enum store_run_state state, int64_t after, int64_t *id,
                           struct cw_error *err);
enum cw_status sq_run_state(struct backend *b, int64_t id, enum store_run_state *state,
                            struct cw_error *err);
enum cw_status sq_run_change(struct backend *b, int64_t id, const struct store_run_change *change,
                             struct cw_error *err);
enum cw_status sq_runs(struct backend *b, const struct store_runs_query *query,
                       struct row_list *out, struct cw_error *err);
enum cw_status sq_run_people(struct backend *b, struct cw_text rule, struct cw_text key,
                             struct row_list *out, struct cw_error *err);
enum cw_status sq_next_due(struct backend *b, int64_t *due_ms, struct cw_error *err);

enum cw_status sq_call_insert(struct backend *b, const struct store_call *call, int64_t *id,
                              struct cw_error *err);
enum cw_status sq_call_state(struct backend *b, int64_t id, enum store_call_state *state,
                             int64_t *epoch, struct cw_error *err);
enum cw_status sq_lease_get(struct backend *b, struct cw_text person, struct row_list *out,
                            struct cw_error *err);
enum cw_status sq_lease_put(struct backend *b, const struct store_lease *lease,
                            struct cw_error *err);
enum cw_status sq_attempt_call(struct backend *b, int64_t id, int64_t *call, struct cw_error *err);
enum cw_status sq_call_save(struct backend *b, const struct store_call *call, struct cw_error *err);
enum cw_status sq_calls_tally(struct backend *b, int64_t run, struct store_tally *out,
                              struct cw_error *err);
enum cw_status sq_calls_end(struct backend *b, int64_t run, const struct store_calls_change *change,
                            struct cw_error *err);
enum cw_status sq_lane_head(struct backend *b, struct cw_text person, struct row_list *out,
                            struct cw_error *err);
enum cw_status sq_lane_calls(struct backend *b, struct cw_text person, int64_t after, size_t limit,
                             struct row_list *out, struct cw_error *err);
enum cw_status sq_lane_passing(struct backend *b, struct cw_text person, struct row_list *out,
                               struct cw_error *err);
enum cw_status sq_lanes(struct backend *b, struct row_list *out, struct cw_error *err);
enum cw_status sq_calls(struct backend *b, const struct store_calls_query *query,
                        struct row_list *out, struct cw_error *err);
enum cw_status sq_attempt_begin(struct backend *b, const struct store_attempt *attempt, int64_t *id,
                                struct cw_error *err);
enum cw_status sq_attempt_end(struct backend *b, const struct store_attempt *attempt,
                              struct cw_error *err);
enum cw_status sq_attempts_of(struct backend *b, int64_t call, struct row_list *out,
                              struct cw_error *err);
enum cw_status sq_timer_get(struct backend *b, struct cw_text person, struct row_list *out,
                            struct cw_error *err);
enum cw_status sq_timer_put(struct backend *b, const struct store_timer *timer,
                            struct cw_error *err);
enum cw_status sq_mark_get(struct backend *b, const struct store_mark *which, struct row_list *out,
                           struct cw_error *err);
enum cw_status sq_mark_put(struct backend *b, const struct store_mark *mark, struct cw_error *err);
enum cw_status sq_mark_drop(struct backend *b, const struct store_mark *which,
                            struct cw_error *err);
enum cw_status sq_marks_due(struct backend *b, struct cw_text kind, int64_t now_ms, size_t limit,
                            struct row_list *out, struct cw_error *err);
enum cw_status sq_marks(struct backend *b, const struct store_mark *after, size_t limit,
                        struct row_list *out, struct cw_error *err);
enum cw_status sq_shift(struct backend *b, int64_t by_ms, struct cw_error *err);
enum cw_status sq_next_mark(struct backend *b, struct cw_text kind, int64_t *until_ms,
                            struct cw_error *err);
enum cw_status sq_setting_get(struct backend *b, struct cw_text name, struct row_list *out,
                              struct cw_error *err);
enum cw_status sq_setting_put(struct backend *b, const struct row_setting *setting,
                              struct cw_error *err);
enum cw_status sq_counts(struct backend *b, struct store_counts *out, struct cw_error *err);

#endif
