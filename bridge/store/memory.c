/* memory: a journal that lives as long as the process. For tests, replays on virtual time and
 * trying things out: what it acknowledges is lost with the process.
 *
 * Each row is one block, its texts behind it. A change puts a new block in place of the old one,
 * which waits in the undo list for the end of the turn. Rows are looked for one by one from the
 * oldest that is still open. */
#include "backend.h"
#include "keyset.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum table { EVENTS, KEYS, RUNS, CALLS, ATTEMPTS, TIMERS, SETTINGS, TABLES };

struct rows {
    void **at; /* ids are index + 1 */
    size_t n, cap;
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
    struct undo *undo;
    size_t n_undo, undo_cap;
    struct keyset *keyset;
    size_t bytes, bytes_kept, max_bytes;
};

enum cw_status store_memory_open(const struct store_opts *opts, struct backend **out,
                                 struct cw_error *err)
{
    (void)err;
    struct backend *b = xcalloc(1, sizeof *b);
    const struct row_shape *shapes[TABLES] = {
        [EVENTS] = &row_event,     [RUNS] = &row_run,     [CALLS] = &row_call,
        [ATTEMPTS] = &row_attempt, [TIMERS] = &row_timer, [SETTINGS] = &row_setting,
    };
    for (size_t t = 0; t < TABLES; t++)
        if (shapes[t])
            b->shapes[t] = *shapes[t];
    b->shapes[RUNS].size = sizeof(struct run_row);
    b->shapes[CALLS].size = sizeof(struct call_row);
    b->keyset = keyset_create(0);
    b->max_bytes = opts && opts->max_bytes ? opts->max_bytes : SIZE_MAX;
    *out = b;
    return CW_OK;
}

static void memory_close(struct backend *b)
{
    for (size_t t = 0; t < TABLES; t++) {
        for (size_t i = 0; i < b->rows[t].n; i++)
            free(b->rows[t].at[i]);
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
    if (rows->n == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 16;
        rows->at = xrealloc(rows->at, rows->cap * sizeof *rows->at);
    }
    rows->at[rows->n] = block;
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

/* Returns: the id. */
static int64_t add(struct backend *b, enum table table, const void *row)
{
    return (int64_t)add_block(b, table, packed(b, table, row)) + 1;
}

static void change(struct backend *b, enum table table, size_t i, const void *row)
{
    struct rows *rows = &b->rows[table];
    if (b->n_undo == b->undo_cap) {
        b->undo_cap = b->undo_cap ? b->undo_cap * 2 : 16;
        b->undo = xrealloc(b->undo, b->undo_cap * sizeof *b->undo);
    }
    void *old = rows->at[i];
    b->undo[b->n_undo++] = (struct undo){table, i, old};
    rows->at[i] = packed(b, table, row); /* may read texts of the old block */
}

static void *row_at(const struct backend *b, enum table table, size_t i)
{
    return b->rows[table].at[i];
}

static void *by_id(const struct backend *b, enum table table, int64_t id)
{
    if (id < 1 || (uint64_t)id > b->rows[table].n)
        return NULL;
    return row_at(b, table, (size_t)id - 1);
}

static const struct store_run *run_at(const struct backend *b, size_t i)
{
    return row_at(b, RUNS, i);
}

static const struct store_call *call_at(const struct backend *b, size_t i)
{
    return row_at(b, CALLS, i);
}

static bool same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

static bool run_is_open(const struct store_run *run)
{
    return run->state == STORE_RUN_WAITING || run->state == STORE_RUN_ACTING;
}

static bool call_is_open(const struct store_call *call)
{
    return call->state == STORE_CALL_READY || call->state == STORE_CALL_SENT;
}

/* ---- Turns ---- */

static enum cw_status memory_begin(struct backend *b, struct cw_error *err)
{
    (void)err;
    assert(!b->n_undo);
    for (size_t t = 0; t < TABLES; t++)
        b->rows[t].kept = b->rows[t].n;
    b->bytes_kept = b->bytes;
    return CW_OK;
}

static enum cw_status memory_commit(struct backend *b, struct cw_error *err)
{
    (void)err;
    while (b->n_undo) {
        struct undo *undo = &b->undo[--b->n_undo];
        b->bytes -= row_bytes(&b->shapes[undo->table], undo->old);
        free(undo->old);
    }
    while (b->first_run < b->rows[RUNS].n && !run_is_open(run_at(b, b->first_run)))
        b->first_run++;
    while (b->first_call < b->rows[CALLS].n && !call_is_open(call_at(b, b->first_call)))
        b->first_call++;
    keyset_keep(b->keyset);
    return CW_OK;
}

static void memory_rollback(struct backend *b)
{
    while (b->n_undo) {
        struct undo *undo = &b->undo[--b->n_undo];
        free(b->rows[undo->table].at[undo->i]);
        b->rows[undo->table].at[undo->i] = undo->old;
    }
    for (size_t t = 0; t < TABLES; t++)
        while (b->rows[t].n > b->rows[t].kept)
            free(b->rows[t].at[--b->rows[t].n]);
    b->bytes = b->bytes_kept;
    keyset_undo(b->keyset);
}

static enum cw_status memory_tidy(struct backend *b, bool idle, struct cw_error *err)
{
    (void)b, (void)idle, (void)err;
    return CW_OK;
}

/* ---- Events ---- */

static bool has_key(const struct backend *b, int64_t seq, const struct store_key *key)
{
    const struct keys *keys = by_id(b, KEYS, seq);
    for (size_t i = 0; i < keys->n; i++)
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

static enum cw_status memory_event_add(struct backend *b, const struct store_event *event,
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
    *seq = add(b, EVENTS, &row);
    add_keys(b, keys, n_keys, (uint32_t)*seq);
    return CW_OK;
}

static enum cw_status memory_events(struct backend *b, int64_t after, size_t limit,
                                    struct row_list *out, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = after > 0 ? (size_t)after : 0;
         status == CW_OK && i < b->rows[EVENTS].n && out->n < limit; i++)
        status = row_list_copy(out, row_at(b, EVENTS, i), err);
    return status;
}

/* ---- Runs ---- */

static bool run_is(const struct store_run *run, const struct store_runs_key *key)
{
    return same(run->rule, key->rule) && same(run->person, key->person) && same(run->key, key->key);
}

static enum cw_status memory_run_insert(struct backend *b, const struct store_run *run, int64_t *id,
                                        struct cw_error *err)
{
    (void)err;
    struct run_row row = {*run, 0};
    row.run.id = (int64_t)b->rows[RUNS].n + 1;
    *id = add(b, RUNS, &row);
    if (b->last_event < run->event)
        b->last_event = run->event;
    return CW_OK;
}

static enum cw_status memory_run_has(struct backend *b, int64_t event,
                                     const struct store_runs_key *key, struct cw_error *err)
{
    for (size_t i = event > b->last_event ? 0 : b->rows[RUNS].n; i-- > 0;)
        if (run_at(b, i)->event == event && run_is(run_at(b, i), key))
            return CW_OK;
    return cw_fail(err, CW_ENOENT, "no such run");
}

static enum cw_status memory_run_find(struct backend *b, const struct store_runs_key *key,
                                      enum store_run_state state, int64_t after, int64_t *id,
                                      struct cw_error *err)
{
    size_t i = b->first_run > (size_t)after ? b->first_run : (size_t)after;
    for (; i < b->rows[RUNS].n; i++) {
        if (run_at(b, i)->state != state || !run_is(run_at(b, i), key))
            continue;
        *id = run_at(b, i)->id;
        return CW_OK;
    }
    return cw_fail(err, CW_ENOENT, "no such run");
}

static enum cw_status memory_run_state(struct backend *b, int64_t id, enum store_run_state *state,
                                       struct cw_error *err)
{
    const struct store_run *run = by_id(b, RUNS, id);
    if (!run)
        return cw_fail(err, CW_ENOENT, "no run has the id %lld", (long long)id);
    *state = run->state;
    return CW_OK;
}

static enum cw_status memory_run_change(struct backend *b, int64_t id,
                                        const struct store_run_change *to, struct cw_error *err)
{
    (void)err;
    struct run_row row = *(struct run_row *)by_id(b, RUNS, id);
    row.run.state = to->to;
    row.run.reason = to->reason;
    row.run.changed_ms = to->now_ms;
    change(b, RUNS, (size_t)id - 1, &row);
    return CW_OK;
}

static int by_due(const void *a, const void *b)
{
    const struct store_run *const *x = a, *const *y = b;
    if ((*x)->due_ms != (*y)->due_ms)
        return (*x)->due_ms < (*y)->due_ms ? -1 : 1;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static bool wanted(const struct store_run *run, const struct store_runs_query *query)
{
    if (query->want == RUNS_OF_EVENT)
        return run->event == query->number;
    return run->state == STORE_RUN_WAITING &&
           (query->want == RUNS_WAITING || run->due_ms <= query->number);
}

static enum cw_status memory_runs(struct backend *b, const struct store_runs_query *query,
                                  struct row_list *out, struct cw_error *err)
{
    size_t first = query->want == RUNS_OF_EVENT ? 0 : b->first_run, n = 0;
    const struct store_run **found = xmalloc((b->rows[RUNS].n - first) * sizeof(void *));
    for (size_t i = first; i < b->rows[RUNS].n; i++)
        if (wanted(run_at(b, i), query))
            found[n++] = run_at(b, i);
    if (query->want != RUNS_OF_EVENT)
        qsort(found, n, sizeof(void *), by_due);
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < n && i < query->limit; i++)
        status = row_list_copy(out, found[i], err);
    free(found);
    return status;
}

static enum cw_status memory_next_due(struct backend *b, int64_t *due_ms, struct cw_error *err)
{
    (void)err;
    *due_ms = INT64_MAX;
    for (size_t i = b->first_run; i < b->rows[RUNS].n; i++)
        if (run_at(b, i)->state == STORE_RUN_WAITING && run_at(b, i)->due_ms < *due_ms)
            *due_ms = run_at(b, i)->due_ms;
    return CW_OK;
}

/* ---- Calls ---- */

/* The newest call of a run, and the one before a call; NULL: none. */
static const struct call_row *last_call(const struct backend *b, int64_t run)
{
    const struct run_row *row = by_id(b, RUNS, run);
    return row ? by_id(b, CALLS, row->last_call) : NULL;
}

static const struct call_row *call_before(const struct backend *b, const struct call_row *row)
{
    return by_id(b, CALLS, row->call_before);
}

static enum cw_status memory_call_insert(struct backend *b, const struct store_call *call,
                                         int64_t *id, struct cw_error *err)
{
    const struct run_row *run = by_id(b, RUNS, call->run);
    if (!run)
        return cw_fail(err, CW_ENOENT, "no run has the id %lld", (long long)call->run);
    for (const struct call_row *c = last_call(b, call->run); c; c = call_before(b, c))
        if (c->call.step == call->step)
            return cw_fail(err, CW_EEXIST, "the run has this step already");
    struct call_row row = {*call, run->last_call};
    row.call.id = (int64_t)b->rows[CALLS].n + 1;
    struct run_row changed = *run;
    changed.last_call = row.call.id;
    change(b, RUNS, (size_t)call->run - 1, &changed);
    *id = add(b, CALLS, &row);
    return CW_OK;
}

static enum cw_status memory_call_state(struct backend *b, int64_t id, enum store_call_state *state,
                                        struct cw_error *err)
{
    const struct store_call *call = by_id(b, CALLS, id);
    if (!call)
        return cw_fail(err, CW_ENOENT, "no call has the id %lld", (long long)id);
    *state = call->state;
    return CW_OK;
}

static enum cw_status memory_call_save(struct backend *b, const struct store_call *call,
                                       struct cw_error *err)
{
    (void)err;
    struct call_row row = *(struct call_row *)by_id(b, CALLS, call->id);
    row.call.state = call->state;
    row.call.due_ms = call->due_ms;
    row.call.tries = call->tries;
    row.call.progress = call->progress;
    row.call.reason = call->reason;
    row.call.changed_ms = call->changed_ms;
    change(b, CALLS, (size_t)call->id - 1, &row);
    return CW_OK;
}

static enum cw_status memory_calls_tally(struct backend *b, int64_t run, struct store_tally *out,
                                         struct cw_error *err)
{
    (void)err;
    struct store_tally tally = {0};
    for (const struct call_row *row = last_call(b, run); row; row = call_before(b, row)) {
        const struct store_call *call = &row->call;
        tally.open += call_is_open(call);
        tally.begun += call->tries > 0 || call->state == STORE_CALL_SENT ||
                       call->state == STORE_CALL_DONE || call->state == STORE_CALL_DEAD;
        tally.dead += call->state == STORE_CALL_DEAD;
    }
    *out = tally;
    return CW_OK;
}

static enum cw_status memory_calls_end(struct backend *b, int64_t run,
                                       const struct store_calls_change *to, struct cw_error *err)
{
    (void)err;
    for (const struct call_row *at = last_call(b, run); at; at = call_before(b, at)) {
        if (at->call.step <= to->above_step || !call_is_open(&at->call))
            continue;
        struct call_row row = *at;
        row.call.state = to->to;
        row.call.reason = to->reason;
        row.call.changed_ms = to->now_ms;
        change(b, CALLS, (size_t)row.call.id - 1, &row);
    }
    return CW_OK;
}

static enum cw_status memory_lane_head(struct backend *b, struct cw_text person,
                                       struct row_list *out, struct cw_error *err)
{
    for (size_t i = b->first_call; i < b->rows[CALLS].n; i++)
        if (call_is_open(call_at(b, i)) && same(call_at(b, i)->person, person))
            return row_list_copy(out, call_at(b, i), err);
    return CW_OK;
}

static int by_person(const void *a, const void *b)
{
    const struct cw_text *x = a, *y = b;
    int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static enum cw_status memory_lanes(struct backend *b, struct row_list *out, struct cw_error *err)
{
    size_t n = 0;
    struct cw_text *found = xmalloc((b->rows[CALLS].n - b->first_call) * sizeof *found);
    for (size_t i = b->first_call; i < b->rows[CALLS].n; i++)
        if (call_is_open(call_at(b, i)))
            found[n++] = call_at(b, i)->person;
    qsort(found, n, sizeof *found, by_person);
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < n; i++)
        if (!i || !same(found[i - 1], found[i]))
            status = row_list_copy(out, &found[i], err);
    free(found);
    return status;
}

static enum cw_status memory_calls_of(struct backend *b, int64_t event, struct row_list *out,
                                      struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < b->rows[CALLS].n; i++)
        if (call_at(b, i)->event == event)
            status = row_list_copy(out, call_at(b, i), err);
    return status;
}

/* ---- Attempts ---- */

static enum cw_status memory_attempt_begin(struct backend *b, const struct store_attempt *attempt,
                                           int64_t *id, struct cw_error *err)
{
    if (!by_id(b, CALLS, attempt->call))
        return cw_fail(err, CW_ENOENT, "no call has the id %lld", (long long)attempt->call);
    struct store_attempt row = *attempt;
    row.id = (int64_t)b->rows[ATTEMPTS].n + 1;
    *id = add(b, ATTEMPTS, &row);
    return CW_OK;
}

static enum cw_status memory_attempt_end(struct backend *b, const struct store_attempt *attempt,
                                         struct cw_error *err)
{
    const struct store_attempt *old = by_id(b, ATTEMPTS, attempt->id);
    if (!old)
        return cw_fail(err, CW_ENOENT, "no attempt has the id %lld", (long long)attempt->id);
    struct store_attempt row = *attempt;
    row.call = old->call;
    row.request = old->request;
    row.body = old->body;
    if (!row.begun_ms)
        row.begun_ms = old->begun_ms;
    change(b, ATTEMPTS, (size_t)attempt->id - 1, &row);
    return CW_OK;
}

static enum cw_status memory_attempts_of(struct backend *b, int64_t call, struct row_list *out,
                                         struct cw_error *err)
{
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < b->rows[ATTEMPTS].n; i++)
        if (((struct store_attempt *)row_at(b, ATTEMPTS, i))->call == call)
            status = row_list_copy(out, row_at(b, ATTEMPTS, i), err);
    return status;
}

/* ---- Timers and settings: rows that begin with their name ---- */

static size_t find_named(const struct backend *b, enum table table, struct cw_text name)
{
    size_t i = 0;
    while (i < b->rows[table].n && !same(*(struct cw_text *)row_at(b, table, i), name))
        i++;
    return i;
}

static enum cw_status get_named(struct backend *b, enum table table, struct cw_text name,
                                struct row_list *out, struct cw_error *err)
{
    size_t i = find_named(b, table, name);
    return i < b->rows[table].n ? row_list_copy(out, row_at(b, table, i), err) : CW_OK;
}

static void put_named(struct backend *b, enum table table, const void *row)
{
    size_t i = find_named(b, table, *(const struct cw_text *)row);
    if (i < b->rows[table].n)
        change(b, table, i, row);
    else
        add(b, table, row);
}

static enum cw_status memory_timer_get(struct backend *b, struct cw_text person,
                                       struct row_list *out, struct cw_error *err)
{
    return get_named(b, TIMERS, person, out, err);
}

static enum cw_status memory_timer_put(struct backend *b, const struct store_timer *timer,
                                       struct cw_error *err)
{
    (void)err;
    put_named(b, TIMERS, timer);
    return CW_OK;
}

static enum cw_status memory_setting_get(struct backend *b, struct cw_text name,
                                         struct row_list *out, struct cw_error *err)
{
    return get_named(b, SETTINGS, name, out, err);
}

static enum cw_status memory_setting_put(struct backend *b, const struct row_setting *setting,
                                         struct cw_error *err)
{
    (void)err;
    put_named(b, SETTINGS, setting);
    return CW_OK;
}

static enum cw_status memory_counts(struct backend *b, struct store_counts *out,
                                    struct cw_error *err)
{
    (void)err;
    struct store_counts counts = {.events = (int64_t)b->rows[EVENTS].n};
    for (size_t i = b->first_run; i < b->rows[RUNS].n; i++)
        counts.runs_waiting += run_at(b, i)->state == STORE_RUN_WAITING;
    for (size_t i = 0; i < b->rows[CALLS].n; i++) {
        counts.calls_open += call_is_open(call_at(b, i));
        counts.calls_dead += call_at(b, i)->state == STORE_CALL_DEAD;
    }
    *out = counts;
    return CW_OK;
}

const struct store_ops store_memory_ops = {
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .tidy = memory_tidy,
    .event_add = memory_event_add,
    .events = memory_events,
    .run_insert = memory_run_insert,
    .run_has = memory_run_has,
    .run_find = memory_run_find,
    .run_state = memory_run_state,
    .run_change = memory_run_change,
    .runs = memory_runs,
    .next_due = memory_next_due,
    .call_insert = memory_call_insert,
    .call_state = memory_call_state,
    .call_save = memory_call_save,
    .calls_tally = memory_calls_tally,
    .calls_end = memory_calls_end,
    .lane_head = memory_lane_head,
    .lanes = memory_lanes,
    .calls_of = memory_calls_of,
    .attempt_begin = memory_attempt_begin,
    .attempt_end = memory_attempt_end,
    .attempts_of = memory_attempts_of,
    .timer_get = memory_timer_get,
    .timer_put = memory_timer_put,
    .setting_get = memory_setting_get,
    .setting_put = memory_setting_put,
    .counts = memory_counts,
};
