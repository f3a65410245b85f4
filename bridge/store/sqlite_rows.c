/* sqlite_rows: every statement of the SQLite backend, prepared once, with bound values only; and
 * how rows go in and come out, by the tables of row.h.
 *
 * A statement is reset before its function returns: one left open would hold the log back. */
#include "sqlite_priv.h"
#include "xalloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum make { PLAIN, SELECT, INSERT, PUT };

struct source {
    enum make make;
    const struct row_shape *shape;
    const char *sql; /* SELECT: what follows FROM table */
};

/* The conditions on state repeat those of the partial indexes word by word: else they are not used.
 * Run: 0 waiting, 1 acting. Call: 0 ready, 1 sent (open: < 2), 2 done, 3 skipped, 4 dead,
 * 5 cancelled, 6 retried, 7 dropped. */
static const struct source sources[SQL_STATEMENTS] = {
    [SQL_BEGIN] = {PLAIN, NULL, "BEGIN IMMEDIATE"},
    [SQL_COMMIT] = {PLAIN, NULL, "COMMIT"},
    [SQL_ROLLBACK] = {PLAIN, NULL, "ROLLBACK"},
    [SQL_PAGES] = {PLAIN, NULL, "PRAGMA page_count"},
    [SQL_FREE_PAGES] = {PLAIN, NULL, "PRAGMA freelist_count"},
    [SQL_VACUUM] = {PLAIN, NULL, "PRAGMA incremental_vacuum(32)"},
    [SQL_EVENT_ADD] = {INSERT, &row_event, NULL},
    [SQL_EVENTS] = {SELECT, &row_event, "WHERE seq>?1 ORDER BY seq LIMIT ?2"},
    [SQL_EVENTS_BACK] = {SELECT, &row_event_brief, "WHERE seq<?1 ORDER BY seq DESC LIMIT ?2"},
    [SQL_KEYS_ADD] = {PLAIN, NULL, "INSERT INTO dedup(event,keys) VALUES(?1,?2)"},
    [SQL_KEYS_OF] = {PLAIN, NULL, "SELECT keys FROM dedup WHERE event=?1"},
    [SQL_RUN_ADD] = {INSERT, &row_run, NULL},
    [SQL_RUN_HAS] = {PLAIN, NULL,
                     "SELECT id FROM run WHERE event=?1 AND rule=?2 AND person=?3 AND key=?4"},
    [SQL_RUN_FIND_WAITING] = {PLAIN, NULL,
                              "SELECT id FROM run WHERE state=0 AND rule=?1 AND person=?2"
                              " AND key=?3 AND id>?4 ORDER BY id LIMIT 1"},
    [SQL_RUN_FIND_ACTING] = {PLAIN, NULL,
                             "SELECT id FROM run WHERE state=1 AND rule=?1 AND person=?2"
                             " AND key=?3 AND id>?4 ORDER BY id LIMIT 1"},
    [SQL_RUN_STATE] = {PLAIN, NULL, "SELECT state FROM run WHERE id=?1"},
    [SQL_RUN_CHANGE] = {PLAIN, NULL, "UPDATE run SET state=?2,reason=?3,changed_ms=?4 WHERE id=?1"},
    [SQL_RUNS_DUE] = {SELECT, &row_run, "WHERE state=0 AND due_ms<=?1 ORDER BY due_ms,id LIMIT ?2"},
    [SQL_RUNS_WAITING] = {SELECT, &row_run,
                          "WHERE state=0 AND (due_ms,id)>(?1,?2) ORDER BY due_ms,id LIMIT ?3"},
    [SQL_RUNS_YIELDING] = {SELECT, &row_run,
                           "WHERE state<2 AND yields=2 AND person=?1 ORDER BY id"},
    [SQL_RUN_GET] = {SELECT, &row_run, "WHERE id=?1"},
    [SQL_RUNS_OF] = {SELECT, &row_run, "WHERE event=?1 ORDER BY id LIMIT ?2"},
    [SQL_RUN_PEOPLE] = {PLAIN, NULL,
                        "SELECT person FROM run WHERE state=0 AND rule=?1 AND key=?2 UNION "
                        "SELECT person FROM run WHERE state=1 AND rule=?1 AND key=?2 ORDER BY 1"},
    [SQL_NEXT_DUE] = {PLAIN, NULL, "SELECT due_ms FROM run WHERE state=0 ORDER BY due_ms LIMIT 1"},
    [SQL_CALL_ADD] = {INSERT, &row_call, NULL},
    [SQL_CALL_STATE] = {PLAIN, NULL,
                        "SELECT state,coalesce((SELECT epoch FROM lease"
                        " WHERE lease.person=call.person),0) FROM call WHERE id=?1"},
    [SQL_CALL_SAVE] = {PLAIN, NULL,
                       "UPDATE call SET state=?2,due_ms=?3,tries=?4,changed_ms=?5,progress=?6,"
                       "reason=?7 WHERE id=?1"},
    [SQL_CALLS_TALLY] = {PLAIN, NULL,
                         "SELECT coalesce(sum(state<2),0),"
                         "coalesce(sum(tries>0 OR state IN(1,2,4,6,7)),0),"
                         "coalesce(sum(state IN(4,7)),0) FROM call WHERE run=?1"},
    [SQL_CALLS_END] = {PLAIN, NULL,
                       "UPDATE call SET state=?3,changed_ms=?4,reason=?5"
                       " WHERE run=?1 AND step>?2 AND state<2"},
    [SQL_LANE_HEAD] = {SELECT, &row_call, "WHERE state<2 AND person=?1 ORDER BY id LIMIT 1"},
    [SQL_LANE_PASSING] = {SELECT, &row_call,
                          "WHERE state<2 AND passes=1 AND person=?1 AND NOT EXISTS(SELECT 1"
                          " FROM call AS e WHERE e.run=call.run AND e.step<call.step AND e.state<2)"
                          " ORDER BY id LIMIT 1"},
    [SQL_LANE_CALLS] = {SELECT, &row_call,
                        "WHERE state<2 AND person=?1 AND id>?2 ORDER BY id LIMIT ?3"},
    [SQL_LANE_FIRST] = {SELECT, &row_lane, "WHERE state<2 ORDER BY person LIMIT 1"},
    [SQL_LANE_NEXT] = {SELECT, &row_lane, "WHERE state<2 AND person>?1 ORDER BY person LIMIT 1"},
    [SQL_CALLS_OF_EVENT] =
        {SELECT, &row_call,
         "WHERE run IN(SELECT id FROM run WHERE run.event=?1) ORDER BY id LIMIT ?2"},
    [SQL_CALLS_OF_RUN] = {SELECT, &row_call, "WHERE run=?1 ORDER BY step LIMIT ?2"},
    [SQL_CALLS_DEAD] = {SELECT, &row_call, "WHERE state=4 AND id>?1 ORDER BY id LIMIT ?2"},
    [SQL_CALL_GET] = {SELECT, &row_call, "WHERE id=?1 LIMIT ?2"},
    [SQL_LEASE_GET] = {SELECT, &row_lease, "WHERE person=?1"},
    [SQL_LEASE_PUT] = {PUT, &row_lease, NULL},
    [SQL_ATTEMPT_CALL] = {PLAIN, NULL, "SELECT call FROM attempt WHERE id=?1"},
    [SQL_ATTEMPT_ADD] = {INSERT, &row_attempt, NULL},
    [SQL_ATTEMPT_END] = {PLAIN, NULL,
                         "UPDATE attempt SET begun_ms=coalesce(nullif(?2,0),begun_ms),ended_ms=?3,"
                         "status=?4,answer=?5,verdict=?6 WHERE id=?1"},
    [SQL_ATTEMPTS_OF] =
        {SELECT, &row_attempt,
         "WHERE id IN(SELECT id FROM attempt WHERE call=?1 ORDER BY id DESC LIMIT ?2)"
         " ORDER BY id"},
    [SQL_TIMER_GET] = {SELECT, &row_timer, "WHERE person=?1"},
    [SQL_TIMER_PUT] = {PUT, &row_timer, NULL},
    [SQL_MARK_GET] = {SELECT, &row_mark, "WHERE kind=?1 AND rule=?2 AND person=?3 AND key=?4"},
    [SQL_MARK_PUT] = {PUT, &row_mark, NULL},
    [SQL_MARK_DROP] = {PLAIN, NULL,
                       "DELETE FROM mark WHERE kind=?1 AND rule=?2 AND person=?3 AND key=?4"},
    [SQL_MARKS_DUE] = {SELECT, &row_mark,
                       "WHERE kind=?1 AND until_ms<=?2 ORDER BY until_ms,rule,person,key"
                       " LIMIT ?3"},
    [SQL_MARKS] = {SELECT, &row_mark,
                   "WHERE (kind,rule,person,key)>(?1,?2,?3,?4) ORDER BY kind,rule,person,key"
                   " LIMIT ?5"},
    [SQL_NEXT_MARK] = {PLAIN, NULL,
                       "SELECT until_ms FROM mark WHERE kind=?1 ORDER BY until_ms LIMIT 1"},
    [SQL_SHIFT_RUNS] = {PLAIN, NULL, "UPDATE run SET due_ms=due_ms-?1 WHERE state=0 AND dated=0"},
    [SQL_SHIFT_CALLS] = {PLAIN, NULL,
                         "UPDATE call SET due_ms=due_ms-?1,created_ms=created_ms-?1,"
                         "changed_ms=changed_ms-?1,"
                         "expires_ms=iif(expires_ms,expires_ms-?1,0) WHERE state<2"},
    [SQL_SHIFT_MARKS] = {PLAIN, NULL,
                         "UPDATE mark SET until_ms=until_ms-?1"
                         " WHERE until_ms<9223372036854775807"},
    [SQL_SHIFT_LEASES] = {PLAIN, NULL, "UPDATE lease SET until_ms=until_ms-?1"},
    [SQL_SETTING_GET] = {SELECT, &row_setting, "WHERE name=?1"},
    [SQL_SETTING_PUT] = {PUT, &row_setting, NULL},
    [SQL_COUNTS] =
        {PLAIN, NULL,
         "SELECT coalesce((SELECT max(seq) FROM event)-(SELECT min(seq) FROM event)+1,0),"
         "(SELECT count(*) FROM run WHERE state=0),"
         "(SELECT count(*) FROM call WHERE state<2),"
         "(SELECT count(*) FROM call WHERE state=4)"},
    [SQL_AGES] = {PLAIN, NULL,
                  "SELECT seq,received_ms,length(payload) FROM event WHERE seq>?1 ORDER BY seq"
                  " LIMIT ?2"},
    [SQL_REMAINS] =
        {PLAIN, NULL,
         "SELECT (SELECT count(*) FROM run WHERE event=?1 AND state<2)+coalesce(sum(state<2),0),"
         "coalesce(sum(state=4),0),max(coalesce(max(changed_ms),0),"
         "(SELECT coalesce(max(changed_ms),0) FROM run WHERE event=?1))"
         " FROM call WHERE run IN(SELECT id FROM run WHERE event=?1)"},
    [SQL_DROP_ATTEMPTS] = {PLAIN, NULL,
                           "DELETE FROM attempt WHERE id IN(SELECT a.id FROM run r"
                           " CROSS JOIN call c ON c.run=r.id CROSS JOIN attempt a ON a.call=c.id"
                           " WHERE r.event=?1 LIMIT ?2)"},
    [SQL_DROP_CALLS] = {PLAIN, NULL,
                        "DELETE FROM call WHERE id IN(SELECT c.id FROM run r"
                        " CROSS JOIN call c ON c.run=r.id WHERE r.event=?1 LIMIT ?2)"},
    [SQL_DROP_RUNS] = {PLAIN, NULL,
                       "DELETE FROM run WHERE id IN(SELECT id FROM run WHERE event=?1 LIMIT ?2)"},
    [SQL_DROP_KEYS] = {PLAIN, NULL, "DELETE FROM dedup WHERE event=?1"},
    [SQL_DROP_EVENT] = {PLAIN, NULL, "DELETE FROM event WHERE seq=?1"},
};

/* ---- Preparing ---- */

static char *columns(const struct row_shape *shape, const char *each)
{
    char *list = xstrdup("");
    for (size_t i = 0; i < shape->n; i++) {
        char *longer = xprintf("%s%s%s", list, i ? "," : "", each ? each : shape->fields[i].name);
        free(list);
        list = longer;
    }
    return list;
}

static char *sql_of(const struct source *source)
{
    if (source->make == PLAIN)
        return xstrdup(source->sql);
    auto_free char *names = columns(source->shape, NULL);
    if (source->make == SELECT)
        return xprintf("SELECT %s FROM %s %s", names, source->shape->table, source->sql);
    auto_free char *marks = columns(source->shape, "?");
    return xprintf("%s INTO %s(%s) VALUES(%s)",
                   source->make == PUT ? "INSERT OR REPLACE" : "INSERT", source->shape->table,
                   names, marks);
}

enum cw_status sq_prepare_all(struct backend *b, struct cw_error *err)
{
    for (size_t i = 0; i < SQL_STATEMENTS; i++) {
        auto_free char *sql = sql_of(&sources[i]);
        int rc =
            sqlite3_prepare_v3(b->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &b->statements[i], NULL);
        if (rc != SQLITE_OK)
            return sq_fail(b, rc, err);
    }
    return CW_OK;
}

enum cw_status sq_fail(struct backend *b, int rc, struct cw_error *err)
{
    const char *why = b->db ? sqlite3_errmsg(b->db) : sqlite3_errstr(rc);
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return cw_fail(err, CW_ELIMIT, "the journal's disk or its limit is full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return cw_fail(err, CW_EBUSY, "another process has the journal open");
    case SQLITE_NOMEM:
        return cw_fail(err, CW_NOMEM, "the journal is out of memory");
    case SQLITE_CONSTRAINT:
        if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
            return cw_fail(err, CW_ENOENT, "what this row belongs to is not there");
        return cw_fail(err, CW_EEXIST, "it is there already: %s", why);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        b->damaged = true;
        /* fall through */
    default:
        b->broken = true;
        return cw_fail(err, CW_EIO, "the journal failed: %s (SQLite code %d)", why, rc);
    }
}

/* ---- In ---- */

/* No NULL ever: an empty text is an empty text. The memory is the caller's until the reset. */
static void bind_text(sqlite3_stmt *st, int i, struct cw_text text, enum row_kind kind)
{
    const char *at = text.len ? text.at : "";
    int rc = kind == ROW_BLOB
                 ? sqlite3_bind_blob64(st, i, at, text.len, SQLITE_STATIC)
                 : sqlite3_bind_text64(st, i, at, text.len, SQLITE_STATIC, SQLITE_UTF8);
    assert(rc == SQLITE_OK || rc == SQLITE_TOOBIG);
}

static void bind_field(sqlite3_stmt *st, int i, const struct row_field *field, const void *row)
{
    const char *at = (const char *)row + field->at;
    int64_t i64;
    int32_t i32;
    struct cw_text text;
    switch (field->kind) {
    case ROW_I64:
        memcpy(&i64, at, sizeof i64);
        sqlite3_bind_int64(st, i, i64);
        break;
    case ROW_I32:
        memcpy(&i32, at, sizeof i32);
        sqlite3_bind_int64(st, i, i32);
        break;
    case ROW_TEXT:
    case ROW_BLOB:
        memcpy(&text, at, sizeof text);
        bind_text(st, i, text, field->kind);
        break;
    }
}

sqlite3_stmt *sq_bind_row(struct backend *b, enum statement statement,
                          const struct row_shape *shape, const void *row)
{
    sqlite3_stmt *st = b->statements[statement];
    for (size_t i = 0; i < shape->n; i++)
        bind_field(st, (int)i + 1, &shape->fields[i], row);
    return st;
}

sqlite3_stmt *sq_bind(struct backend *b, enum statement statement, const char *letters, ...)
{
    sqlite3_stmt *st = b->statements[statement];
    va_list args;
    va_start(args, letters);
    for (int i = 0; letters[i]; i++) {
        if (letters[i] == 'i')
            sqlite3_bind_int64(st, i + 1, va_arg(args, int64_t));
        else
            bind_text(st, i + 1, va_arg(args, struct cw_text), ROW_TEXT);
    }
    va_end(args);
    return st;
}

/* ---- Running ---- */

/* The error text is taken before the reset, which may change it. */
static enum cw_status finish(struct backend *b, sqlite3_stmt *st, int rc, struct cw_error *err)
{
    enum cw_status status = rc == SQLITE_DONE || rc == SQLITE_ROW ? CW_OK : sq_fail(b, rc, err);
    sqlite3_reset(st);
    return status;
}

enum cw_status sq_run(struct backend *b, sqlite3_stmt *st, struct cw_error *err)
{
    return finish(b, st, sqlite3_step(st), err);
}

enum cw_status sq_insert(struct backend *b, sqlite3_stmt *st, enum numbered table, int64_t *id,
                         struct cw_error *err)
{
    sqlite3_bind_int64(st, 1, b->last.of[table] + 1); /* the first column is the id */
    enum cw_status status = sq_run(b, st, err);
    if (status == CW_OK)
        *id = ++b->last.of[table];
    return status;
}

enum cw_status sq_numbers(struct backend *b, sqlite3_stmt *st, size_t n, int64_t *out,
                          struct cw_error *err)
{
    int rc = sqlite3_step(st);
    for (size_t i = 0; rc == SQLITE_ROW && i < n; i++)
        out[i] = sqlite3_column_int64(st, (int)i);
    enum cw_status status = finish(b, st, rc, err);
    if (status == CW_OK && rc == SQLITE_DONE)
        return cw_fail(err, CW_ENOENT, "no such row in the journal");
    return status;
}

/* ---- Out ---- */

static bool read_field(sqlite3_stmt *st, int i, const struct row_field *field, char *row,
                       struct cw_arena *arena)
{
    char *at = row + field->at;
    if (field->kind == ROW_I64) {
        int64_t i64 = sqlite3_column_int64(st, i);
        memcpy(at, &i64, sizeof i64);
        return true;
    }
    if (field->kind == ROW_I32) {
        int32_t i32 = sqlite3_column_int(st, i);
        memcpy(at, &i32, sizeof i32);
        return true;
    }
    struct cw_text text;
    text.at = sqlite3_column_blob(st, i); /* bytes as they are, NUL and all */
    text.len = (size_t)sqlite3_column_bytes(st, i);
    text.at = cw_arena_copy(arena, text);
    memcpy(at, &text, sizeof text);
    return text.at != NULL;
}

static bool read_row(sqlite3_stmt *st, struct row_list *out)
{
    char *row = row_list_add(out);
    bool ok = row != NULL;
    for (size_t i = 0; ok && i < out->shape->n; i++)
        ok = read_field(st, (int)i, &out->shape->fields[i], row, out->arena);
    return ok;
}

enum cw_status sq_rows(struct backend *b, sqlite3_stmt *st, struct row_list *out,
                       struct cw_error *err)
{
    int rc;
    bool ok = true;
    while (ok && (rc = sqlite3_step(st)) == SQLITE_ROW)
        ok = read_row(st, out);
    if (ok)
        return finish(b, st, rc, err);
    sqlite3_reset(st);
    return row_no_memory(err);
}
