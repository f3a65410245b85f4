/* memory_run: runs in memory. */
#include "memory_priv.h"
#include "xalloc.h"

#include <stdlib.h>

static bool run_is(const struct store_run *run, const struct store_runs_key *key)
{
    return mem_same(run->rule, key->rule) && mem_same(run->person, key->person) &&
           mem_same(run->key, key->key);
}

enum cw_status mem_run_insert(struct backend *b, const struct store_run *run, int64_t *id,
                              struct cw_error *err)
{
    (void)err;
    struct run_row row = {*run, 0};
    row.run.id = (int64_t)b->rows[RUNS].n + 1;
    *id = mem_add(b, RUNS, &row);
    b->unordered |= run->event < b->last_event;
    if (b->last_event < run->event)
        b->last_event = run->event;
    return CW_OK;
}

enum cw_status mem_run_has(struct backend *b, int64_t event, const struct store_runs_key *key,
                           struct cw_error *err)
{
    size_t first = b->rows[RUNS].first;
    for (size_t i = event > b->last_event ? first : b->rows[RUNS].n; i-- > first;) {
        if (!mem_run(b, i))
            continue;
        if (mem_run(b, i)->event == event && run_is(mem_run(b, i), key))
            return CW_OK;
        if (mem_run(b, i)->event < event && !b->unordered)
            break;
    }
    return cw_fail(err, CW_ENOENT, "no such run");
}

enum cw_status mem_run_find(struct backend *b, const struct store_runs_key *key,
                            enum store_run_state state, int64_t after, int64_t *id,
                            struct cw_error *err)
{
    size_t i = b->first_run > (size_t)after ? b->first_run : (size_t)after;
    for (; i < b->rows[RUNS].n; i++) {
        if (!mem_run(b, i) || mem_run(b, i)->state != state || !run_is(mem_run(b, i), key))
            continue;
        *id = mem_run(b, i)->id;
        return CW_OK;
    }
    return cw_fail(err, CW_ENOENT, "no such run");
}

enum cw_status mem_run_state(struct backend *b, int64_t id, enum store_run_state *state,
                             struct cw_error *err)
{
    const struct store_run *run = mem_by_id(b, RUNS, id);
    if (!run)
        return cw_fail(err, CW_ENOENT, "no run has the id %lld", (long long)id);
    *state = run->state;
    return CW_OK;
}

enum cw_status mem_run_change(struct backend *b, int64_t id, const struct store_run_change *to,
                              struct cw_error *err)
{
    (void)err;
    struct run_row row = *(struct run_row *)mem_by_id(b, RUNS, id);
    row.run.state = to->to;
    row.run.reason = to->reason;
    row.run.changed_ms = to->now_ms;
    mem_change(b, RUNS, (size_t)id - 1, &row);
    if (mem_run_is_open(&row.run) && b->first_run > (size_t)id - 1)
        b->first_run = (size_t)id - 1; /* it had ended, and acts again */
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
    switch (query->want) {
    case RUNS_OF_EVENT:
        return run->event == query->number;
    case RUNS_DUE:
        return run->state == STORE_RUN_WAITING && run->due_ms <= query->number;
    case RUNS_YIELDING:
        return mem_run_is_open(run) && run->yields == STORE_YIELDS &&
               mem_same(run->person, query->person);
    case RUN_OF_ID:
    case RUNS_WAITING:
        break;
    }
    return run->state == STORE_RUN_WAITING &&
           (run->due_ms > query->number || (run->due_ms == query->number && run->id > query->id));
}

static bool by_time(const struct store_runs_query *query)
{
    return query->want == RUNS_DUE || query->want == RUNS_WAITING;
}

enum cw_status mem_runs(struct backend *b, const struct store_runs_query *query,
                        struct row_list *out, struct cw_error *err)
{
    /* The open ones lie behind the finished ones. */
    size_t first = mem_from(b, RUNS, query->want == RUNS_OF_EVENT ? 0 : b->first_run), n = 0;
    if (query->want == RUN_OF_ID) {
        const struct store_run *run = mem_by_id(b, RUNS, query->number);
        return run ? row_list_copy(out, run, err) : CW_OK;
    }
    const struct store_run **found = xmalloc((b->rows[RUNS].n - first) * sizeof(void *));
    for (size_t i = first; i < b->rows[RUNS].n; i++)
        if (mem_run(b, i) && wanted(mem_run(b, i), query))
            found[n++] = mem_run(b, i);
    if (by_time(query))
        qsort(found, n, sizeof(void *), by_due);
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < n && i < query->limit; i++)
        status = row_list_copy(out, found[i], err);
    free(found);
    return status;
}

enum cw_status mem_run_people(struct backend *b, struct cw_text rule, struct cw_text key,
                              struct row_list *out, struct cw_error *err)
{
    size_t n = 0;
    struct cw_text *found = xmalloc((b->rows[RUNS].n - b->first_run + 1) * sizeof *found);
    for (size_t i = b->first_run; i < b->rows[RUNS].n; i++)
        if (mem_run_is_open(mem_run(b, i)) && mem_same(mem_run(b, i)->rule, rule) &&
            mem_same(mem_run(b, i)->key, key))
            found[n++] = mem_run(b, i)->person;
    qsort(found, n, sizeof *found, mem_by_text);
    enum cw_status status = CW_OK;
    for (size_t i = 0; status == CW_OK && i < n; i++)
        if (!i || !mem_same(found[i - 1], found[i]))
            status = row_list_copy(out, &found[i], err);
    free(found);
    return status;
}

enum cw_status mem_next_due(struct backend *b, int64_t *due_ms, struct cw_error *err)
{
    (void)err;
    *due_ms = INT64_MAX;
    for (size_t i = b->first_run; i < b->rows[RUNS].n; i++)
        if (mem_run_is_open(mem_run(b, i)) && mem_run(b, i)->state == STORE_RUN_WAITING &&
            mem_run(b, i)->due_ms < *due_ms)
            *due_ms = mem_run(b, i)->due_ms;
    return CW_OK;
}
