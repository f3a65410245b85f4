/* memory: a journal that lives as long as the process. For tests, replays on virtual time and
 * trying things out: what it acknowledges is lost with the process.
 *
 * Each row is one block, its texts behind it. A change puts a new block in place of the old one,
 * which waits in the undo list for the end of the turn. Rows are looked for one by one from the
 * oldest that is still open. */
#include "memory_priv.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum cw_status store_memory_open(const struct store_opts *opts, struct backend **out,
                                 struct cw_error *err)
{
    (void)err;
    struct backend *b = xcalloc(1, sizeof *b);
    const struct row_shape *shapes[TABLES] = {
        [EVENTS] = &row_event,     [RUNS] = &row_run,     [CALLS] = &row_call,
        [ATTEMPTS] = &row_attempt, [TIMERS] = &row_timer, [MARKS] = &row_mark,
        [SETTINGS] = &row_setting, [LEASES] = &row_lease,
    };
    for (enum table t = 0; t < TABLES; t++)
        if (shapes[t])
            b->shapes[t] = *shapes[t];
    b->shapes[RUNS].size = sizeof(struct run_row);
    b->shapes[CALLS].size = sizeof(struct call_row);
    b->keyset = keyset_create(0);
    b->max_bytes = opts && opts->max_bytes ? opts->max_bytes : SIZE_MAX;
    *out = b;
    return CW_OK;
}

static void mem_close(struct backend *b)
{
    for (enum table t = 0; t < TABLES; t++) {
        for (size_t i = b->rows[t].first; i < b->rows[t].n; i++)
            free(mem_row(b, t, i));
        free(b->rows[t].at);
    }
    free(b->undo);
    keyset_destroy(b->keyset);
    free(b);
}

/* ---- Rows ---- */

static size_t add_block(struct backend *b, enum table table, void *block)
{
    struct rows *rows = &b->rows[table];
    if (rows->n - rows->from == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 16;
        rows->at = xrealloc(rows->at, rows->cap * sizeof *rows->at);
    }
    rows->at[rows->n - rows->from] = block;
    return rows->n++;
}

static void *packed(struct backend *b, enum table table, const void *row)
{
    size_t bytes = row_bytes(&b->shapes[table], row);
    void *block = xmalloc(bytes);
    row_pack(&b->shapes[table], row, block);
    b->bytes += bytes;
    return block;
}

int64_t mem_add(struct backend *b, enum table table, const void *row)
{
    return (int64_t)add_block(b, table, packed(b, table, row)) + 1;
}

static void **slot(const struct backend *b, enum table table, size_t i)
{
    return &b->rows[table].at[i - b->rows[table].from];
}

static void put_block(struct backend *b, enum table table, size_t i, void *block)
{
    if (b->n_undo == b->undo_cap) {
        b->undo_cap = b->undo_cap ? b->undo_cap * 2 : 16;
        b->undo = xrealloc(b->undo, b->undo_cap * sizeof *b->undo);
    }
    b->undo[b->n_undo++] = (struct undo){table, i, *slot(b, table, i)};
    *slot(b, table, i) = block;
}

void mem_change(struct backend *b, enum table table, size_t i, const void *row)
{
    put_block(b, table, i, packed(b, table, row)); /* may read texts of the old block */
}

void mem_remove(struct backend *b, enum table table, size_t i)
{
    put_block(b, table, i, NULL);
}

void *mem_row(const struct backend *b, enum table table, size_t i)
{
    return *slot(b, table, i);
}

size_t mem_from(const struct backend *b, enum table table, size_t i)
{
    return i > b->rows[table].first ? i : b->rows[table].first;
}

void *mem_by_id(const struct backend *b, enum table table, int64_t id)
{
    if (id < 1 || (uint64_t)id <= b->rows[table].first || (uint64_t)id > b->rows[table].n)
        return NULL;
    return mem_row(b, table, (size_t)id - 1);
}

const struct store_run *mem_run(const struct backend *b, size_t i)
{
    return mem_row(b, RUNS, i);
}

const struct store_call *mem_call(const struct backend *b, size_t i)
{
    return mem_row(b, CALLS, i);
}

bool mem_same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

int mem_by_text(const void *a, const void *b)
{
    const struct cw_text *x = a, *y = b;
    size_t shorter = x->len < y->len ? x->len : y->len;
    int order = shorter ? memcmp(x->at, y->at, shorter) : 0;
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

bool mem_run_is_open(const struct store_run *run)
{
    return run && (run->state == STORE_RUN_WAITING || run->state == STORE_RUN_ACTING);
}

bool mem_call_is_open(const struct store_call *call)
{
    return call && (call->state == STORE_CALL_READY || call->state == STORE_CALL_SENT);
}

/* ---- Turns ---- */

static enum cw_status mem_begin(struct backend *b, struct cw_error *err)
{
    (void)err;
    assert(!b->n_undo);
    for (enum table t = 0; t < TABLES; t++)
        b->rows[t].kept = b->rows[t].n;
    b->bytes_kept = b->bytes;
    return CW_OK;
}

/* Lets go of what is gone at the front. */
static void close_up(struct rows *rows)
{
    while (rows->first < rows->n && !rows->at[rows->first - rows->from])
        rows->first++;
    size_t gone = rows->first - rows->from, left = rows->n - rows->first;
    if (gone < 64 || gone < left)
        return;
    memmove(rows->at, rows->at + gone, left * sizeof *rows->at);
    rows->from = rows->first;
    rows->cap = left + left / 2 + 16;
    rows->at = xrealloc(rows->at, rows->cap * sizeof *rows->at);
}

static enum cw_status mem_commit(struct backend *b, struct cw_error *err)
{
    (void)err;
    while (b->n_undo) {
        struct undo *undo = &b->undo[--b->n_undo];
        b->bytes -= row_bytes(&b->shapes[undo->table], undo->old);
        free(undo->old);
    }
    for (enum table t = 0; t < TABLES; t++)
        close_up(&b->rows[t]);
    b->first_run = mem_from(b, RUNS, b->first_run);
    while (b->first_run < b->rows[RUNS].n && !mem_run_is_open(mem_run(b, b->first_run)))
        b->first_run++;
    b->first_call = mem_from(b, CALLS, b->first_call);
    while (b->first_call < b->rows[CALLS].n && !mem_call_is_open(mem_call(b, b->first_call)))
        b->first_call++;
    keyset_keep(b->keyset);
    return CW_OK;
}

static void mem_rollback(struct backend *b)
{
    while (b->n_undo) {
        struct undo *undo = &b->undo[--b->n_undo];
        free(*slot(b, undo->table, undo->i));
        *slot(b, undo->table, undo->i) = undo->old;
    }
    for (enum table t = 0; t < TABLES; t++)
        while (b->rows[t].n > b->rows[t].kept)
            free(*slot(b, t, --b->rows[t].n));
    b->bytes = b->bytes_kept;
    keyset_undo(b->keyset);
}

static enum cw_status mem_tidy(struct backend *b, enum store_pace pace, struct cw_error *err)
{
    (void)b, (void)pace, (void)err;
    return CW_OK;
}

static enum cw_status mem_room(struct backend *b, struct store_room *out, struct cw_error *err)
{
    (void)err;
    int64_t left = b->bytes < b->max_bytes ? (int64_t)(b->max_bytes - b->bytes) : 0;
    *out = (struct store_room){.free_bytes = INT64_MAX,
                               .volume_bytes = INT64_MAX,
                               .left_bytes = b->max_bytes == SIZE_MAX ? INT64_MAX : left,
                               .reserve = true};
    return CW_OK;
}

static enum cw_status mem_reserve(struct backend *b, bool keep, struct cw_error *err)
{
    (void)b, (void)keep, (void)err;
    return CW_OK;
}

/* ---- Events ---- */

static bool has_key(const struct backend *b, int64_t seq, const struct store_key *key)
{
    const struct keys *keys = mem_by_id(b, KEYS, seq);
    for (size_t i = 0; keys && i < keys->n; i++)
        if (memcmp(&keys->keys[i], key, sizeof *key) == 0)
            return true;
    return false;
}

static int64_t find_key(const struct backend *b, const struct store_key *key)
{
    struct keyset_walk walk = {0};
    uint32_t guess;
    while ((guess = keyset_next(b->keyset, key, &walk)))
        if (has_key(b, guess, key))
            return guess;
    return 0;
}

static void add_keys(struct backend *b, const struct store_key *keys, size_t n, uint32_t seq)
{
    struct keys *block = xmalloc(sizeof *block + n * sizeof *keys);
    block->n = n;
    if (n)
        memcpy(block->keys, keys, n * sizeof *keys);
    add_block(b, KEYS, block);
    for (size_t i = 0; i < n; i++)
        keyset_add(b->keyset, &keys[i], seq);
}

static enum cw_status mem_event_add(struct backend *b, const struct store_event *event,
                                    const struct store_key *keys, size_t n_keys, int64_t *seq,
                                    struct cw_error *err)
{
    for (size_t i = 0; i < n_keys; i++) {
        int64_t first = find_key(b, &keys[i]);
        if (!first)
            continue;
        *seq = first;
        return cw_fail(err, CW_EEXIST, "the delivery is there already");
    }
    if (row_bytes(&row_event, event) > b->max_bytes ||
        b->bytes > b->max_bytes - row_bytes(&row_event, event) || b->rows[EVENTS].n >= UINT32_MAX)
        return cw_fail(err, CW_ELIMIT, "the journal in memory is full");
    struct store_event row = *event;
    row.seq = (int64_t)b->rows[EVENTS].n + 1;
    *seq = mem_add(b, EVENTS, &row);
    add_keys(b, keys, n_keys, (uint32_t)*seq);
    return CW_OK;
}

static enum cw_status mem_events(struct backend *b, int64_t after, size_t limit,
                                 struct row_list *out, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = mem_from(b, EVENTS, after > 0 ? (size_t)after : 0);
         status == CW_OK && i < b->rows[EVENTS].n && out->n < limit; i++)
        if (mem_row(b, EVENTS, i))
            status = row_list_copy(out, mem_row(b, EVENTS, i), err);
    return status;
}

static enum cw_status mem_events_back(struct backend *b, int64_t before, size_t limit,
                                      struct row_list *out, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t n = b->rows[EVENTS].n;
    for (size_t i = before > (int64_t)n ? n
                    : before > 0        ? (size_t)before - 1
                                        : 0;
         status == CW_OK && i-- > b->rows[EVENTS].first && out->n < limit;)
        if (mem_row(b, EVENTS, i))
            status = row_list_copy(out, mem_row(b, EVENTS, i), err);
    return status;
}

/* ---- Timers, leases and settings: rows that begin with their name ---- */

static size_t find_named(const struct backend *b, enum table table, struct cw_text name)
{
    size_t i = 0;
    while (i < b->rows[table].n && !mem_same(*(struct cw_text *)mem_row(b, table, i), name))
        i++;
    return i;
}

void *mem_named(const struct backend *b, enum table table, struct cw_text name)
{
    size_t i = find_named(b, table, name);
    return i < b->rows[table].n ? mem_row(b, table, i) : NULL;
}

static enum cw_status get_named(struct backend *b, enum table table, struct cw_text name,
                                struct row_list *out, struct cw_error *err)
{
    size_t i = find_named(b, table, name);
    return i < b->rows[table].n ? row_list_copy(out, mem_row(b, table, i), err) : CW_OK;
}

static void put_named(struct backend *b, enum table table, const void *row)
{
    size_t i = find_named(b, table, *(const struct cw_text *)row);
    if (i < b->rows[table].n)
        mem_change(b, table, i, row);
    else
        mem_add(b, table, row);
}

static enum cw_status mem_timer_get(struct backend *b, struct cw_text person, struct row_list *out,
                                    struct cw_error *err)
{
    return get_named(b, TIMERS, person, out, err);
}

static enum cw_status mem_timer_put(struct backend *b, const struct store_timer *timer,
                                    struct cw_error *err)
{
    (void)err;
    put_named(b, TIMERS, timer);
    return CW_OK;
}

static enum cw_status mem_lease_get(struct backend *b, struct cw_text person, struct row_list *out,
                                    struct cw_error *err)
{
    return get_named(b, LEASES, person, out, err);
}

static enum cw_status mem_lease_put(struct backend *b, const struct store_lease *lease,
                                    struct cw_error *err)
{
    (void)err;
    put_named(b, LEASES, lease);
    return CW_OK;
}

static enum cw_status mem_setting_get(struct backend *b, struct cw_text name, struct row_list *out,
                                      struct cw_error *err)
{
    return get_named(b, SETTINGS, name, out, err);
}

static enum cw_status mem_setting_put(struct backend *b, const struct row_setting *setting,
                                      struct cw_error *err)
{
    (void)err;
    put_named(b, SETTINGS, setting);
    return CW_OK;
}

static enum cw_status mem_counts(struct backend *b, struct store_counts *out, struct cw_error *err)
{
    (void)err;
    struct store_counts counts = {.events = (int64_t)(b->rows[EVENTS].n - b->rows[EVENTS].first)};
    for (size_t i = b->first_run; i < b->rows[RUNS].n; i++)
        counts.runs_waiting +=
            mem_run_is_open(mem_run(b, i)) && mem_run(b, i)->state == STORE_RUN_WAITING;
    for (size_t i = mem_from(b, CALLS, 0); i < b->rows[CALLS].n; i++) {
        counts.calls_open += mem_call_is_open(mem_call(b, i));
        counts.calls_dead += mem_call(b, i) && mem_call(b, i)->state == STORE_CALL_DEAD;
    }
    *out = counts;
    return CW_OK;
}

const struct store_ops store_memory_ops = {
    .close = mem_close,
    .begin = mem_begin,
    .commit = mem_commit,
    .rollback = mem_rollback,
    .tidy = mem_tidy,
    .room = mem_room,
    .reserve = mem_reserve,
    .event_add = mem_event_add,
    .events = mem_events,
    .events_back = mem_events_back,
    .last_event = mem_last_event,
    .ages = mem_ages,
    .remains = mem_remains,
    .event_drop = mem_event_drop,
    .run_insert = mem_run_insert,
    .run_has = mem_run_has,
    .run_find = mem_run_find,
    .run_state = mem_run_state,
    .run_change = mem_run_change,
    .runs = mem_runs,
    .run_people = mem_run_people,
    .next_due = mem_next_due,
    .call_insert = mem_call_insert,
    .call_state = mem_call_state,
    .call_save = mem_call_save,
    .calls_tally = mem_calls_tally,
    .calls_end = mem_calls_end,
    .lane_head = mem_lane_head,
    .lane_passing = mem_lane_passing,
    .lane_calls = mem_lane_calls,
    .lanes = mem_lanes,
    .calls = mem_calls,
    .lease_get = mem_lease_get,
    .lease_put = mem_lease_put,
    .attempt_call = mem_attempt_call,
    .attempt_begin = mem_attempt_begin,
    .attempt_end = mem_attempt_end,
    .attempts_of = mem_attempts_of,
    .timer_get = mem_timer_get,
    .timer_put = mem_timer_put,
    .mark_get = mem_mark_get,
    .mark_put = mem_mark_put,
    .mark_drop = mem_mark_drop,
    .marks_due = mem_marks_due,
    .marks = mem_marks,
    .next_mark = mem_next_mark,
    .shift = mem_shift,
    .setting_get = mem_setting_get,
    .setting_put = mem_setting_put,
    .counts = mem_counts,
};
