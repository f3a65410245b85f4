/* sqlite_run: runs in SQLite. */
#include "sqlite_priv.h"

enum cw_status sq_run_insert(struct backend *b, const struct store_run *run, int64_t *id,
                             struct cw_error *err)
{
    return sq_insert(b, sq_bind_row(b, SQL_RUN_ADD, &row_run, run), NUMBERED_RUN, id, err);
}

enum cw_status sq_run_has(struct backend *b, int64_t event, const struct store_runs_key *key,
                          struct cw_error *err)
{
    sqlite3_stmt *st = sq_bind(b, SQL_RUN_HAS, "ittt", event, key->rule, key->person, key->key);
    return sq_numbers(b, st, 0, NULL, err);
}

enum cw_status sq_run_find(struct backend *b, const struct store_runs_key *key,
                           enum store_run_state state, int64_t after, int64_t *id,
                           struct cw_error *err)
{
    enum statement which = state == STORE_RUN_WAITING ? SQL_RUN_FIND_WAITING : SQL_RUN_FIND_ACTING;
    return sq_numbers(b, sq_bind(b, which, "ttti", key->rule, key->person, key->key, after), 1, id,
                      err);
}

enum cw_status sq_run_state(struct backend *b, int64_t id, enum store_run_state *state,
                            struct cw_error *err)
{
    int64_t number;
    enum cw_status status = sq_numbers(b, sq_bind(b, SQL_RUN_STATE, "i", id), 1, &number, err);
    if (status == CW_OK)
        *state = (enum store_run_state)number;
    return status;
}

enum cw_status sq_run_change(struct backend *b, int64_t id, const struct store_run_change *change,
                             struct cw_error *err)
{
    return sq_run(
        b,
        sq_bind(b, SQL_RUN_CHANGE, "iiti", id, (int64_t)change->to, change->reason, change->now_ms),
        err);
}

static int64_t limit_of(size_t limit)
{
    return limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

enum cw_status sq_runs(struct backend *b, const struct store_runs_query *query,
                       struct row_list *out, struct cw_error *err)
{
    int64_t limit = limit_of(query->limit);
    switch (query->want) {
    case RUNS_DUE:
        return sq_rows(b, sq_bind(b, SQL_RUNS_DUE, "ii", query->number, limit), out, err);
    case RUNS_OF_EVENT:
        return sq_rows(b, sq_bind(b, SQL_RUNS_OF, "ii", query->number, limit), out, err);
    case RUN_OF_ID:
        return sq_rows(b, sq_bind(b, SQL_RUN_GET, "i", query->number), out, err);
    case RUNS_YIELDING:
        return sq_rows(b, sq_bind(b, SQL_RUNS_YIELDING, "t", query->person), out, err);
    case RUNS_WAITING:
        break;
    }
    return sq_rows(b, sq_bind(b, SQL_RUNS_WAITING, "iii", query->number, query->id, limit), out,
                   err);
}

enum cw_status sq_run_people(struct backend *b, struct cw_text rule, struct cw_text key,
                             struct row_list *out, struct cw_error *err)
{
    return sq_rows(b, sq_bind(b, SQL_RUN_PEOPLE, "tt", rule, key), out, err);
}

enum cw_status sq_next_due(struct backend *b, int64_t *due_ms, struct cw_error *err)
{
    int64_t due = INT64_MAX;
    enum cw_status status = sq_numbers(b, b->statements[SQL_NEXT_DUE], 1, &due, err);
    if (status != CW_OK && status != CW_ENOENT)
        return status;
    *due_ms = due;
    return CW_OK;
}
