/* sqlite_event: events and their keys in SQLite, the hot path.
 *
 * The event table is append-only and has no other index. The keys of an event lie in one row of
 * `dedup`, appended under the event's number; which event a key belongs to is guessed by a hash in
 * memory (keyset.h), filled in one scan at the start, and checked against that row. */
#include "sqlite_priv.h"

#include <string.h>

/* ---- Keys ---- */

static enum cw_status expected_keys(struct backend *b, size_t *out, struct cw_error *err)
{
    int64_t n = 0;
    enum cw_status status =
        sq_ask(b,
               "SELECT coalesce(((SELECT max(event) FROM dedup)-(SELECT min(event) FROM dedup)+1)*"
               "(SELECT length(keys)/16 FROM dedup ORDER BY event DESC LIMIT 1),0)",
               &n, err);
    *out = n > 0 ? (size_t)n : 0;
    return status;
}

static void load_row(struct backend *b, sqlite3_stmt *st)
{
    uint32_t event = (uint32_t)sqlite3_column_int64(st, 0);
    const unsigned char *keys = sqlite3_column_blob(st, 1);
    size_t n = (size_t)sqlite3_column_bytes(st, 1) / sizeof(struct store_key);
    for (size_t i = 0; i < n; i++) {
        struct store_key key;
        memcpy(&key, keys + i * sizeof key, sizeof key);
        keyset_load(b->keyset, &key, event);
    }
}

enum cw_status sq_load_keys(struct backend *b, struct cw_error *err)
{
    size_t expected = 0;
    sqlite3_stmt *st = NULL;
    enum cw_status status = expected_keys(b, &expected, err);
    if (status == CW_OK)
        status = sq_load_last(b, err);
    if (status != CW_OK)
        return status;
    b->keyset = keyset_create(expected);
    int rc = sqlite3_prepare_v2(b->db, "SELECT event,keys FROM dedup", -1, &st, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
            load_row(b, st);
    }
    if (rc != SQLITE_DONE)
        status = sq_fail(b, rc, err);
    keyset_load_end(b->keyset);
    sqlite3_finalize(st);
    return status;
}

static enum cw_status has_key(struct backend *b, uint32_t event, const struct store_key *key,
                              bool *has, struct cw_error *err)
{
    sqlite3_stmt *st = sq_bind(b, SQL_KEYS_OF, "i", (int64_t)event);
    int rc = sqlite3_step(st);
    *has = false;
    if (rc == SQLITE_ROW) {
        const unsigned char *keys = sqlite3_column_blob(st, 0);
        size_t bytes = (size_t)sqlite3_column_bytes(st, 0);
        for (size_t at = 0; at + sizeof *key <= bytes; at += sizeof *key)
            *has |= memcmp(keys + at, key, sizeof *key) == 0;
    }
    enum cw_status status = rc == SQLITE_ROW || rc == SQLITE_DONE ? CW_OK : sq_fail(b, rc, err);
    sqlite3_reset(st);
    return status;
}

/* Returns: CW_ENOENT when nobody brought the key. */
static enum cw_status find_key(struct backend *b, const struct store_key *key, int64_t *seq,
                               struct cw_error *err)
{
    struct keyset_walk walk = {0};
    uint32_t guess;
    while ((guess = keyset_next(b->keyset, key, &walk))) {
        bool has = false;
        enum cw_status status = has_key(b, guess, key, &has, err);
        if (status != CW_OK)
            return status;
        if (!has)
            continue;
        *seq = guess;
        return CW_OK;
    }
    return CW_ENOENT;
}

static enum cw_status add_keys(struct backend *b, const struct store_key *keys, size_t n,
                               int64_t seq, struct cw_error *err)
{
    if (!n)
        return CW_OK;
    sqlite3_stmt *st = b->statements[SQL_KEYS_ADD];
    sqlite3_bind_int64(st, 1, seq);
    sqlite3_bind_blob64(st, 2, keys, n * sizeof *keys, SQLITE_STATIC);
    enum cw_status status = sq_run(b, st, err);
    for (size_t i = 0; status == CW_OK && i < n; i++)
        keyset_add(b->keyset, &keys[i], (uint32_t)seq);
    return status;
}

/* ---- Room ---- */

static enum cw_status take_room(struct backend *b, const struct store_event *event,
                                struct cw_error *err)
{
    if (b->last.of[NUMBERED_EVENT] >= UINT32_MAX)
        return cw_fail(err, CW_ELIMIT, "the journal has as many events as it can number");
    if (!b->max_pages)
        return CW_OK;
    b->room_bytes -= (int64_t)row_bytes(&row_event, event);
    if (b->room_bytes < 0)
        return cw_fail(err, CW_ELIMIT, "the journal has reached its limit");
    return CW_OK;
}

/* ---- Events ---- */

static enum cw_status insert(struct backend *b, const struct store_event *event,
                             const struct store_key *keys, size_t n_keys, struct cw_error *err)
{
    enum cw_status status = take_room(b, event, err);
    if (status == CW_OK)
        status = sq_run(b, sq_bind_row(b, SQL_EVENT_ADD, &row_event, event), err);
    return status == CW_OK ? add_keys(b, keys, n_keys, event->seq, err) : status;
}

enum cw_status sq_event_add(struct backend *b, const struct store_event *event,
                            const struct store_key *keys, size_t n_keys, int64_t *seq,
                            struct cw_error *err)
{
    for (size_t i = 0; i < n_keys; i++) {
        enum cw_status status = find_key(b, &keys[i], seq, err);
        if (status == CW_OK)
            return cw_fail(err, CW_EEXIST, "the delivery is there already");
        if (status != CW_ENOENT)
            return status;
    }
    struct store_event row = *event;
    row.seq = b->last.of[NUMBERED_EVENT] + 1;
    enum cw_status status = insert(b, &row, keys, n_keys, err);
    if (status == CW_OK)
        *seq = b->last.of[NUMBERED_EVENT] = row.seq;
    return status;
}

enum cw_status sq_events(struct backend *b, int64_t after, size_t limit, struct row_list *out,
                         struct cw_error *err)
{
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    return sq_rows(b, sq_bind(b, SQL_EVENTS, "ii", after, most), out, err);
}

enum cw_status sq_events_back(struct backend *b, int64_t before, size_t limit, struct row_list *out,
                              struct cw_error *err)
{
    int64_t most = limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
    return sq_rows(b, sq_bind(b, SQL_EVENTS_BACK, "ii", before, most), out, err);
}
