/* memory_mark: marks in memory, and the shift of all that counts a duration. A dropped one leaves
 * an empty row, which the next new one takes. */
#include "memory_priv.h"
#include "xalloc.h"

#include <stdlib.h>

static const struct store_mark *mark_at(const struct backend *b, size_t i)
{
    return mem_row(b, MARKS, i);
}

static bool is_named(const struct store_mark *mark, const struct store_mark *which)
{
    return mem_same(mark->kind, which->kind) && mem_same(mark->rule, which->rule) &&
           mem_same(mark->person, which->person) && mem_same(mark->key, which->key);
}

/* Returns: the number of rows when it is not there. */
static size_t find_mark(const struct backend *b, const struct store_mark *which)
{
    size_t i = 0;
    while (i < b->rows[MARKS].n && !is_named(mark_at(b, i), which))
        i++;
    return i;
}

enum cw_status mem_mark_get(struct backend *b, const struct store_mark *which, struct row_list *out,
                            struct cw_error *err)
{
    size_t i = find_mark(b, which);
    return i < b->rows[MARKS].n ? row_list_copy(out, mark_at(b, i), err) : CW_OK;
}

enum cw_status mem_mark_put(struct backend *b, const struct store_mark *mark, struct cw_error *err)
{
    (void)err;
    size_t i = find_mark(b, mark);
    if (i == b->rows[MARKS].n)
        i = find_mark(b, &(struct store_mark){0});
    if (i < b->rows[MARKS].n)
        mem_change(b, MARKS, i, mark);
    else
        mem_add(b, MARKS, mark);
    return CW_OK;
}

enum cw_status mem_mark_drop(struct backend *b, const struct store_mark *which,
                             struct cw_error *err)
{
    (void)err;
    size_t i = find_mark(b, which);
    if (i < b->rows[MARKS].n)
        mem_change(b, MARKS, i, &(struct store_mark){0});
    return CW_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct store_mark *x = *(const struct store_mark *const *)a;
    const struct store_mark *y = *(const struct store_mark *const *)b;
    int order = mem_by_text(&x->kind, &y->kind);
    if (!order)
        order = mem_by_text(&x->rule, &y->rule);
    if (!order)
        order = mem_by_text(&x->person, &y->person);
    return order ? order : mem_by_text(&x->key, &y->key);
}

static int by_until(const void *a, const void *b)
{
    const struct store_mark *x = *(const struct store_mark *const *)a;
    const struct store_mark *y = *(const struct store_mark *const *)b;
    int order = (x->until_ms > y->until_ms) - (x->until_ms < y->until_ms);
    return order ? order : by_name(a, b);
}

/* The first `limit` of `found`, which it frees. */
static enum cw_status put_sorted(const struct store_mark **found, size_t n, size_t limit,
                                 int (*order)(const void *, const void *), struct row_list *out,
                                 struct cw_error *err)
{
    enum cw_status status = CW_OK;
    qsort(found, n, sizeof(void *), order);
    for (size_t i = 0; status == CW_OK && i < n && i < limit; i++)
        status = row_list_copy(out, found[i], err);
    free(found);
    return status;
}

enum cw_status mem_marks_due(struct backend *b, struct cw_text kind, int64_t now_ms, size_t limit,
                             struct row_list *out, struct cw_error *err)
{
    const struct store_mark **found = xmalloc((b->rows[MARKS].n + 1) * sizeof(void *));
    size_t n = 0;
    for (size_t i = 0; i < b->rows[MARKS].n; i++)
        if (mem_same(mark_at(b, i)->kind, kind) && mark_at(b, i)->until_ms <= now_ms)
            found[n++] = mark_at(b, i);
    return put_sorted(found, n, limit, by_until, out, err);
}

enum cw_status mem_marks(struct backend *b, const struct store_mark *after, size_t limit,
                         struct row_list *out, struct cw_error *err)
{
    const struct store_mark **found = xmalloc((b->rows[MARKS].n + 1) * sizeof(void *));
    size_t n = 0;
    for (size_t i = 0; i < b->rows[MARKS].n; i++) {
        const struct store_mark *mark = mark_at(b, i);
        if (mark->kind.len && by_name(&mark, &after) > 0)
            found[n++] = mark;
    }
    return put_sorted(found, n, limit, by_name, out, err);
}

enum cw_status mem_next_mark(struct backend *b, struct cw_text kind, int64_t *until_ms,
                             struct cw_error *err)
{
    (void)err;
    int64_t until = INT64_MAX;
    for (size_t i = 0; i < b->rows[MARKS].n; i++)
        if (mem_same(mark_at(b, i)->kind, kind) && mark_at(b, i)->until_ms < until)
            until = mark_at(b, i)->until_ms;
    *until_ms = until;
    return CW_OK;
}

static void shift_runs(struct backend *b, int64_t by_ms)
{
    for (size_t i = b->first_run; i < b->rows[RUNS].n; i++) {
        if (!mem_run_is_open(mem_run(b, i)))
            continue;
        struct run_row row = *(struct run_row *)mem_row(b, RUNS, i);
        row.run.due_ms -= by_ms;
        if (row.run.state == STORE_RUN_WAITING && !row.run.dated)
            mem_change(b, RUNS, i, &row);
    }
}

static void shift_calls(struct backend *b, int64_t by_ms)
{
    for (size_t i = b->first_call; i < b->rows[CALLS].n; i++) {
        if (!mem_call_is_open(mem_call(b, i)))
            continue;
        struct call_row row = *(struct call_row *)mem_row(b, CALLS, i);
        row.call.due_ms -= by_ms;
        row.call.created_ms -= by_ms;
        row.call.changed_ms -= by_ms;
        row.call.expires_ms -= row.call.expires_ms ? by_ms : 0;
        mem_change(b, CALLS, i, &row);
    }
}

enum cw_status mem_shift(struct backend *b, int64_t by_ms, struct cw_error *err)
{
    (void)err;
    shift_runs(b, by_ms);
    shift_calls(b, by_ms);
    for (size_t i = 0; i < b->rows[MARKS].n; i++) {
        struct store_mark mark = *mark_at(b, i);
        if (!mark.kind.len || mark.until_ms == INT64_MAX)
            continue;
        mark.until_ms -= by_ms;
        mem_change(b, MARKS, i, &mark);
    }
    for (size_t i = 0; i < b->rows[LEASES].n; i++) {
        struct store_lease lease = *(const struct store_lease *)mem_row(b, LEASES, i);
        lease.until_ms -= by_ms;
        mem_change(b, LEASES, i, &lease);
    }
    return CW_OK;
}
