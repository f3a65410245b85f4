/* sqlite_mark: marks in SQLite, and the shift of all that counts a duration. */
#include "sqlite_priv.h"

enum cw_status sq_mark_get(struct backend *b, const struct store_mark *which, struct row_list *out,
                           struct cw_error *err)
{
    sqlite3_stmt *st =
        sq_bind(b, SQL_MARK_GET, "tttt", which->kind, which->rule, which->person, which->key);
    return sq_rows(b, st, out, err);
}

enum cw_status sq_mark_put(struct backend *b, const struct store_mark *mark, struct cw_error *err)
{
    return sq_run(b, sq_bind_row(b, SQL_MARK_PUT, &row_mark, mark), err);
}

enum cw_status sq_mark_drop(struct backend *b, const struct store_mark *which, struct cw_error *err)
{
    sqlite3_stmt *st =
        sq_bind(b, SQL_MARK_DROP, "tttt", which->kind, which->rule, which->person, which->key);
    return sq_run(b, st, err);
}

enum cw_status sq_marks_due(struct backend *b, struct cw_text kind, int64_t now_ms, size_t limit,
                            struct row_list *out, struct cw_error *err)
{
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    return sq_rows(b, sq_bind(b, SQL_MARKS_DUE, "tii", kind, now_ms, most), out, err);
}

enum cw_status sq_marks(struct backend *b, const struct store_mark *after, size_t limit,
                        struct row_list *out, struct cw_error *err)
{
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    sqlite3_stmt *st =
        sq_bind(b, SQL_MARKS, "tttti", after->kind, after->rule, after->person, after->key, most);
    return sq_rows(b, st, out, err);
}

enum cw_status sq_next_mark(struct backend *b, struct cw_text kind, int64_t *until_ms,
                            struct cw_error *err)
{
    int64_t until = INT64_MAX;
    enum cw_status status = sq_numbers(b, sq_bind(b, SQL_NEXT_MARK, "t", kind), 1, &until, err);
    if (status != CW_OK && status != CW_ENOENT)
        return status;
    *until_ms = until;
    return CW_OK;
}

enum cw_status sq_shift(struct backend *b, int64_t by_ms, struct cw_error *err)
{
    static const enum statement all[] = {SQL_SHIFT_RUNS, SQL_SHIFT_CALLS, SQL_SHIFT_MARKS,
                                         SQL_SHIFT_LEASES};
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < sizeof all / sizeof *all; i++)
        status = sq_run(b, sq_bind(b, all[i], "i", by_ms), err);
    return status;
}
