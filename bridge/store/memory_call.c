/* memory_call: calls and attempts in memory. */
#include "memory_priv.h"
#include "xalloc.h"

#include <stdlib.h>

const struct call_row *mem_last_call(const struct backend *b, int64_t run)
{
    const struct run_row *row = mem_by_id(b, RUNS, run);
    return row ? mem_by_id(b, CALLS, row->last_call) : NULL;
}

const struct call_row *mem_call_before(const struct backend *b, const struct call_row *row)
{
    return mem_by_id(b, CALLS, row->call_before);
}

enum cw_status mem_call_insert(struct backend *b, const struct store_call *call, int64_t *id,
                               struct cw_error *err)
{
    const struct run_row *run = mem_by_id(b, RUNS, call->run);
    if (!run)
        return cw_fail(err, CW_ENOENT, "no run has the id %lld", (long long)call->run);
    for (const struct call_row *c = mem_last_call(b, call->run); c; c = mem_call_before(b, c))
        if (c->call.step == call->step)
            return cw_fail(err, CW_EEXIST, "the run has this step already");
    struct call_row row = {*call, run->last_call};
    row.call.id = (int64_t)b->rows[CALLS].n + 1;
    struct run_row changed = *run;
    changed.last_call = row.call.id;
    mem_change(b, RUNS, (size_t)call->run - 1, &changed);
    *id = mem_add(b, CALLS, &row);
    return CW_OK;
}

enum cw_status mem_call_state(struct backend *b, int64_t id, enum store_call_state *state,
                              int64_t *epoch, struct cw_error *err)
{
    const struct store_call *call = mem_by_id(b, CALLS, id);
    if (!call)
        return cw_fail(err, CW_ENOENT, "no call has the id %lld", (long long)id);
    const struct store_lease *lease = mem_named(b, LEASES, call->person);
    *state = call->state;
    *epoch = lease ? lease->epoch : 0;
    return CW_OK;
}

enum cw_status mem_call_save(struct backend *b, const struct store_call *call, struct cw_error *err)
{
    (void)err;
    struct call_row row = *(struct call_row *)mem_by_id(b, CALLS, call->id);
    row.call.state = call->state;
    row.call.due_ms = call->due_ms;
    row.call.tries = call->tries;
    row.call.progress = call->progress;
    row.call.reason = call->reason;
    row.call.changed_ms = call->changed_ms;
    mem_change(b, CALLS, (size_t)call->id - 1, &row);
    return CW_OK;
}

enum cw_status mem_calls_tally(struct backend *b, int64_t run, struct store_tally *out,
                               struct cw_error *err)
{
    (void)err;
    struct store_tally tally = {0};
    for (const struct call_row *row = mem_last_call(b, run); row; row = mem_call_before(b, row)) {
        const struct store_call *call = &row->call;
        tally.open += mem_call_is_open(call);
        bool may_live = call->state == STORE_CALL_READY || call->state == STORE_CALL_SKIPPED ||
                        call->state == STORE_CALL_CANCELLED;
        tally.begun += call->tries > 0 || !may_live;
        tally.dead += call->state == STORE_CALL_DEAD || call->state == STORE_CALL_DROPPED;
    }
    *out = tally;
    return CW_OK;
}

enum cw_status mem_calls_end(struct backend *b, int64_t run, const struct store_calls_change *to,
                             struct cw_error *err)
{
    (void)err;
    for (const struct call_row *at = mem_last_call(b, run); at; at = mem_call_before(b, at)) {
        if (at->call.step <= to->above_step || !mem_call_is_open(&at->call))
            continue;
        struct call_row row = *at;
        row.call.state = to->to;
        row.call.reason = to->reason;
        row.call.changed_ms = to->now_ms;
        mem_change(b, CALLS, (size_t)row.call.id - 1, &row);
    }
    return CW_OK;
}

enum cw_status mem_lane_head(struct backend *b, struct cw_text person, struct row_list *out,
                             struct cw_error *err)
{
    for (size_t i = b->first_call; i < b->rows[CALLS].n; i++)
        if (mem_call_is_open(mem_call(b, i)) && mem_same(mem_call(b, i)->person, person))
            return row_list_copy(out, mem_call(b, i), err);
    return CW_OK;
}

static bool has_open_before(const struct backend *b, const struct store_call *call)
{
    for (const struct call_row *c = mem_last_call(b, call->run); c; c = mem_call_before(b, c))
        if (c->call.step < call->step && mem_call_is_open(&c->call))
            return true;
    return false;
}

enum cw_status mem_lane_calls(struct backend *b, struct cw_text person, int64_t after, size_t limit,
                              struct row_list *out, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t first = after > 0 && (size_t)after > b->first_call ? (size_t)after : b->first_call;
    for (size_t i = first; status == CW_OK && i < b->rows[CALLS].n && out->n < limit; i++)
        if (mem_call_is_open(mem_call(b, i)) && mem_same(mem_call(b, i)->person, person))
            status = row_list_copy(out, mem_call(b, i), err);
    return status;
}

enum cw_status mem_lane_passing(struct backend *b, struct cw_text person, struct row_list *out,
                                struct cw_error *err)
{
    for (size_t i = b->first_call; i < b->rows[CALLS].n; i++) {
        const struct store_call *call = mem_call(b, i);
        if (mem_call_is_open(call) && call->passes && mem_same(call->person, person) &&
            !has_open_before(b, call))
            return row_list_copy(out, call, err);
    }
    return CW_OK;
}

enum cw_status mem_lanes(struct backend *b, struct row_list *out, struct cw_error *err)
{
    size_t n = 0;
    struct cw_text *found = xmalloc((b->rows[CALLS].n - b->first_call) * sizeof *found);
    for (size_t i = b->first_call; i < b->rows[CALLS].n; i++)
        if (mem_call_is_open(mem_call(b, i)))
            found[n++] = mem_call(b, i)->person;
    qsort(found, n, sizeof *found, mem_by_text);
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < n; i++)
        if (!i || !mem_same(found[i - 1], found[i]))
            status = row_list_copy(out, &found[i], err);
    free(found);
    return status;
}

static bool is_asked(const struct store_call *call, const struct store_calls_query *query)
{
    switch (query->want) {
    case CALLS_OF_EVENT:
        return call->event == query->number;
    case CALLS_DEAD:
        return call->state == STORE_CALL_DEAD && call->id > query->number;
    case CALL_OF_ID:
        return call->id == query->number;
    case CALLS_OF_RUN:
        break;
    }
    return call->run == query->number;
}

/* The ids of a run's calls go up with their steps. */
enum cw_status mem_calls(struct backend *b, const struct store_calls_query *query,
                         struct row_list *out, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t i = mem_from(b, CALLS, 0);
    for (; status == CW_OK && i < b->rows[CALLS].n && out->n < query->limit; i++)
        if (mem_call(b, i) && is_asked(mem_call(b, i), query))
            status = row_list_copy(out, mem_call(b, i), err);
    return status;
}

/* ---- Attempts ---- */

enum cw_status mem_attempt_call(struct backend *b, int64_t id, int64_t *call, struct cw_error *err)
{
    const struct store_attempt *attempt = mem_by_id(b, ATTEMPTS, id);
    if (!attempt)
        return cw_fail(err, CW_ENOENT, "no attempt has the id %lld", (long long)id);
    *call = attempt->call;
    return CW_OK;
}

enum cw_status mem_attempt_begin(struct backend *b, const struct store_attempt *attempt,
                                 int64_t *id, struct cw_error *err)
{
    if (!mem_by_id(b, CALLS, attempt->call))
        return cw_fail(err, CW_ENOENT, "no call has the id %lld", (long long)attempt->call);
    struct store_attempt row = *attempt;
    row.id = (int64_t)b->rows[ATTEMPTS].n + 1;
    *id = mem_add(b, ATTEMPTS, &row);
    return CW_OK;
}

enum cw_status mem_attempt_end(struct backend *b, const struct store_attempt *attempt,
                               struct cw_error *err)
{
    const struct store_attempt *old = mem_by_id(b, ATTEMPTS, attempt->id);
    if (!old)
        return cw_fail(err, CW_ENOENT, "no attempt has the id %lld", (long long)attempt->id);
    struct store_attempt row = *attempt;
    row.call = old->call;
    row.request = old->request;
    row.body = old->body;
    if (!row.begun_ms)
        row.begun_ms = old->begun_ms;
    mem_change(b, ATTEMPTS, (size_t)attempt->id - 1, &row);
    return CW_OK;
}

static bool is_of(const struct backend *b, size_t i, int64_t call)
{
    const struct store_attempt *attempt = mem_row(b, ATTEMPTS, i);
    return attempt && attempt->call == call;
}

enum cw_status mem_attempts_of(struct backend *b, int64_t call, struct row_list *out,
                               struct cw_error *err)
{
    enum cw_status status = CW_OK;
    size_t found = 0, first = b->rows[ATTEMPTS].n;
    while (first > b->rows[ATTEMPTS].first && found < ATTEMPTS_MAX)
        found += is_of(b, --first, call);
    for (size_t i = first; status == CW_OK && i < b->rows[ATTEMPTS].n; i++)
        if (is_of(b, i, call))
            status = row_list_copy(out, mem_row(b, ATTEMPTS, i), err);
    return status;
}
