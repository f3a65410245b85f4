/* sqlite_trim: what goes with an event that nobody needs any more, and the room that it leaves.
 *
 * SQLite gives the highest number of a table again once its row is gone. What was deleted is still
 * spoken of (`why N`, cursors, reasons), so the highest numbers that were ever given are kept in a
 * setting, and every row gets its number from here. */
#include "sqlite_priv.h"
#include "xalloc.h"

#include <stdio.h>

/* Free pages that are left in the file for what comes next: 1 MiB and an eighth of it. */
enum { SPARE_PAGES = 64, SPARE_PART = 8 };

static const char last_name[] = "store.last";

/* ---- Numbers ---- */

static enum cw_status read_kept(struct backend *b, struct last_ids *out, struct cw_error *err)
{
    struct cw_arena *arena = xarena(4096);
    struct row_list list = {.shape = &row_setting, .arena = arena};
    enum cw_status status = sq_setting_get(b, cw_text_of(last_name), &list, err);
    if (status == CW_OK && list.n) {
        const struct row_setting *setting = (struct row_setting *)list.rows;
        long long n[NUMBERED] = {0};
        if (sscanf(setting->value.at, "%lld %lld %lld %lld", &n[0], &n[1], &n[2], &n[3]) !=
            NUMBERED)
            status = cw_fail(err, CW_EIO, "the journal is damaged: %s cannot be read", last_name);
        for (size_t i = 0; i < NUMBERED; i++)
            out->of[i] = n[i];
    }
    cw_arena_destroy(arena);
    return status;
}

enum cw_status sq_load_last(struct backend *b, struct cw_error *err)
{
    static const char *const highest[NUMBERED] = {
        [NUMBERED_EVENT] = ("SELECT max(coalesce((SELECT max(seq) FROM event),0),"
                            "coalesce((SELECT max(event) FROM dedup),0))"),
        [NUMBERED_RUN] = "SELECT coalesce(max(id),0) FROM run",
        [NUMBERED_CALL] = "SELECT coalesce(max(id),0) FROM call",
        [NUMBERED_ATTEMPT] = "SELECT coalesce(max(id),0) FROM attempt",
    };
    enum cw_status status = read_kept(b, &b->last, err);
    for (size_t i = 0; status == CW_OK && i < NUMBERED; i++) {
        int64_t n = 0;
        status = sq_ask(b, highest[i], &n, err);
        if (b->last.of[i] < n)
            b->last.of[i] = n;
    }
    return status;
}

enum cw_status sq_keep_last(struct backend *b, struct cw_error *err)
{
    char text[100];
    snprintf(text, sizeof text, "%lld %lld %lld %lld", (long long)b->last.of[0],
             (long long)b->last.of[1], (long long)b->last.of[2], (long long)b->last.of[3]);
    struct row_setting setting = {cw_text_of(last_name), cw_text_of(text)};
    return sq_setting_put(b, &setting, err);
}

int64_t sq_last_event(const struct backend *b)
{
    return b->last.of[NUMBERED_EVENT];
}

/* ---- What goes ---- */

enum cw_status sq_ages(struct backend *b, int64_t after, size_t limit, struct store_age *out,
                       size_t *n, struct cw_error *err)
{
    sqlite3_stmt *st = sq_bind(b, SQL_AGES, "ii", after, (int64_t)limit);
    int rc;
    *n = 0;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        out[(*n)++] = (struct store_age){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
                                         (size_t)sqlite3_column_int64(st, 2)};
    enum cw_status status = rc == SQLITE_DONE ? CW_OK : sq_fail(b, rc, err);
    sqlite3_reset(st);
    return status;
}

enum cw_status sq_remains(struct backend *b, int64_t seq, struct store_remains *out,
                          struct cw_error *err)
{
    int64_t n[3];
    enum cw_status status = sq_numbers(b, sq_bind(b, SQL_REMAINS, "i", seq), 3, n, err);
    if (status == CW_OK)
        *out = (struct store_remains){(size_t)n[0], (size_t)n[1], n[2]};
    return status;
}

static enum cw_status forget_keys(struct backend *b, int64_t seq, struct cw_error *err)
{
    sqlite3_stmt *st = sq_bind(b, SQL_KEYS_OF, "i", seq);
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        const struct store_key *keys = sqlite3_column_blob(st, 0);
        size_t n = (size_t)sqlite3_column_bytes(st, 0) / sizeof *keys;
        for (size_t i = 0; i < n; i++)
            keyset_drop(b->keyset, &keys[i], (uint32_t)seq);
    }
    enum cw_status status = rc == SQLITE_ROW || rc == SQLITE_DONE ? CW_OK : sq_fail(b, rc, err);
    sqlite3_reset(st);
    return status;
}

/* From the leaves to the root: what is left stands for itself, should the step end in between. */
enum cw_status sq_event_drop(struct backend *b, int64_t seq, size_t most, size_t *n, bool *whole,
                             struct cw_error *err)
{
    static const enum statement parts[] = {SQL_DROP_ATTEMPTS, SQL_DROP_CALLS, SQL_DROP_RUNS};
    enum cw_status status = CW_OK;
    *n = 0;
    b->drops = true;
    for (size_t i = 0; status == CW_OK && *n < most && i < 3; i++) {
        status = sq_run(b, sq_bind(b, parts[i], "ii", seq, (int64_t)(most - *n)), err);
        *n += status == CW_OK ? (size_t)sqlite3_changes64(b->db) : 0;
    }
    *whole = *n < most;
    if (status != CW_OK || !*whole)
        return status;
    status = forget_keys(b, seq, err);
    if (status == CW_OK)
        status = sq_run(b, sq_bind(b, SQL_DROP_KEYS, "i", seq), err);
    *n += 1;
    return status == CW_OK ? sq_run(b, sq_bind(b, SQL_DROP_EVENT, "i", seq), err) : status;
}

/* ---- The room that it leaves ---- */

enum cw_status sq_vacuum(struct backend *b, bool tight, struct cw_error *err)
{
    int64_t free_pages = 0, pages = 0;
    enum cw_status status = sq_numbers(b, b->statements[SQL_FREE_PAGES], 1, &free_pages, err);
    if (status == CW_OK)
        status = sq_numbers(b, b->statements[SQL_PAGES], 1, &pages, err);
    if (status != CW_OK || free_pages <= (tight ? 0 : SPARE_PAGES + pages / SPARE_PART))
        return status;
    sqlite3_stmt *st = b->statements[SQL_VACUUM];
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) /* a page each */
        ;
    status = rc == SQLITE_DONE ? CW_OK : sq_fail(b, rc, err);
    sqlite3_reset(st);
    b->shrinks = status == CW_OK;
    return status;
}
