/* sqlite_call: calls, attempts, timers and settings in SQLite. */
#include "sqlite_priv.h"

enum cw_status sq_call_insert(struct backend *b, const struct store_call *call, int64_t *id,
                              struct cw_error *err)
{
    return sq_insert(b, sq_bind_row(b, SQL_CALL_ADD, &row_call, call), NUMBERED_CALL, id, err);
}

enum cw_status sq_call_state(struct backend *b, int64_t id, enum store_call_state *state,
                             int64_t *epoch, struct cw_error *err)
{
    int64_t numbers[2];
    enum cw_status status = sq_numbers(b, sq_bind(b, SQL_CALL_STATE, "i", id), 2, numbers, err);
    if (status != CW_OK)
        return status;
    *state = (enum store_call_state)numbers[0];
    *epoch = numbers[1];
    return CW_OK;
}

enum cw_status sq_call_save(struct backend *b, const struct store_call *call, struct cw_error *err)
{
    sqlite3_stmt *st =
        sq_bind(b, SQL_CALL_SAVE, "iiiiitt", call->id, (int64_t)call->state, call->due_ms,
                (int64_t)call->tries, call->changed_ms, call->progress, call->reason);
    return sq_run(b, st, err);
}

enum cw_status sq_calls_tally(struct backend *b, int64_t run, struct store_tally *out,
                              struct cw_error *err)
{
    int64_t n[3];
    enum cw_status status = sq_numbers(b, sq_bind(b, SQL_CALLS_TALLY, "i", run), 3, n, err);
    if (status == CW_OK)
        *out = (struct store_tally){(size_t)n[0], (size_t)n[1], (size_t)n[2]};
    return status;
}

enum cw_status sq_calls_end(struct backend *b, int64_t run, const struct store_calls_change *change,
                            struct cw_error *err)
{
    sqlite3_stmt *st = sq_bind(b, SQL_CALLS_END, "iiiit", run, change->above_step,
                               (int64_t)change->to, change->now_ms, change->reason);
    return sq_run(b, st, err);
}

enum cw_status sq_lane_head(struct backend *b, struct cw_text person, struct row_list *out,
                            struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_LANE_HEAD, "t", person), out, err);
}

enum cw_status sq_lane_calls(struct backend *b, struct cw_text person, int64_t after, size_t limit,
                             struct row_list *out, struct cw_error *err)
{
    sqlite3_stmt *st = sq_bind(b, SQL_LANE_CALLS, "tii", person, after, (int64_t)limit);
    return sq_rows(b, st, out, err);
}

enum cw_status sq_lane_passing(struct backend *b, struct cw_text person, struct row_list *out,
                               struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_LANE_PASSING, "t", person), out, err);
}

/* Jumps from person to person in the index: a lane may hold thousands of calls. */
enum cw_status sq_lanes(struct backend *b, struct row_list *out, struct cw_error *err)
{
    size_t before;
    enum cw_status status = sq_rows(b, b->statements[SQL_LANE_FIRST], out, err);
    for (before = 0; status == CW_OK && out->n > before;) {
        before = out->n;
        struct cw_text last = ((struct cw_text *)out->rows)[before - 1];
        status = sq_rows(b, sq_bind(b, SQL_LANE_NEXT, "t", last), out, err);
    }
    return status;
}

enum cw_status sq_calls(struct backend *b, const struct store_calls_query *query,
                        struct row_list *out, struct cw_error *err)
{
    static const enum statement statements[] = {[CALLS_OF_EVENT] = SQL_CALLS_OF_EVENT,
                                                [CALLS_OF_RUN] = SQL_CALLS_OF_RUN,
                                                [CALLS_DEAD] = SQL_CALLS_DEAD,
                                                [CALL_OF_ID] = SQL_CALL_GET};
    int64_t limit = query->limit > INT64_MAX ? INT64_MAX : (int64_t)query->limit;
    return sq_rows(b, sq_bind(b, statements[query->want], "ii", query->number, limit), out, err);
}

/* ---- Leases ---- */

enum cw_status sq_lease_get(struct backend *b, struct cw_text person, struct row_list *out,
                            struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_LEASE_GET, "t", person), out, err);
}

enum cw_status sq_lease_put(struct backend *b, const struct store_lease *lease,
                            struct cw_error *err)
{
    return sq_run(b, sq_bind_row(b, SQL_LEASE_PUT, &row_lease, lease), err);
}

/* ---- Attempts ---- */

enum cw_status sq_attempt_call(struct backend *b, int64_t id, int64_t *call, struct cw_error *err)
{
    return sq_numbers(b, sq_bind(b, SQL_ATTEMPT_CALL, "i", id), 1, call, err);
}

enum cw_status sq_attempt_begin(struct backend *b, const struct store_attempt *attempt, int64_t *id,
                                struct cw_error *err)
{
    return sq_insert(b, sq_bind_row(b, SQL_ATTEMPT_ADD, &row_attempt, attempt), NUMBERED_ATTEMPT,
                     id, err);
}

enum cw_status sq_attempt_end(struct backend *b, const struct store_attempt *attempt,
                              struct cw_error *err)
{
    sqlite3_stmt *st =
        sq_bind(b, SQL_ATTEMPT_END, "iiiitt", attempt->id, attempt->begun_ms, attempt->ended_ms,
                (int64_t)attempt->status, attempt->answer, attempt->verdict);
    enum cw_status status = sq_run(b, st, err);
    if (status == CW_OK && sqlite3_changes(b->db) == 0)
        return cw_fail(err, CW_ENOENT, "no attempt has the id %lld", (long long)attempt->id);
    return status;
}

enum cw_status sq_attempts_of(struct backend *b, int64_t call, struct row_list *out,
                              struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_ATTEMPTS_OF, "ii", call, (int64_t)ATTEMPTS_MAX), out, err);
}

/* ---- Timers, settings, counts ---- */

enum cw_status sq_timer_get(struct backend *b, struct cw_text person, struct row_list *out,
                            struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_TIMER_GET, "t", person), out, err);
}

enum cw_status sq_timer_put(struct backend *b, const struct store_timer *timer,
                            struct cw_error *err)
{
    return sq_run(b, sq_bind_row(b, SQL_TIMER_PUT, &row_timer, timer), err);
}

enum cw_status sq_setting_get(struct backend *b, struct cw_text name, struct row_list *out,
                              struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_SETTING_GET, "t", name), out, err);
}

enum cw_status sq_setting_put(struct backend *b, const struct row_setting *setting,
                              struct cw_error *err)
{
    return sq_run(b, sq_bind_row(b, SQL_SETTING_PUT, &row_setting, setting), err);
}

enum cw_status sq_counts(struct backend *b, struct store_counts *out, struct cw_error *err)
{
    int64_t n[4];
    enum cw_status status = sq_numbers(b, b->statements[SQL_COUNTS], 4, n, err);
    if (status == CW_OK)
        *out = (struct store_counts){n[0], n[1], n[2], n[3]};
    return status;
}
