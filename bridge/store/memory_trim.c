/* memory_trim: what goes with an event that nobody needs any more, in memory. */
#include "memory_priv.h"
#include "xalloc.h"

int64_t mem_last_event(const struct backend *b)
{
    return (int64_t)b->rows[EVENTS].n;
}

enum cw_status mem_ages(struct backend *b, int64_t after, size_t limit, struct store_age *out,
                        size_t *n, struct cw_error *err)
{
    (void)err;
    *n = 0;
    for (size_t i = mem_from(b, EVENTS, (size_t)after); i < b->rows[EVENTS].n && *n < limit; i++) {
        const struct store_event *event = mem_row(b, EVENTS, i);
        if (event)
            out[(*n)++] = (struct store_age){event->seq, event->received_ms, event->payload.len};
    }
    return CW_OK;
}

/* The next run of the event from index i on; the number of runs: no more. */
static size_t next_run(const struct backend *b, int64_t seq, size_t i)
{
    for (i = mem_from(b, RUNS, i); i < b->rows[RUNS].n; i++) {
        if (!mem_run(b, i))
            continue;
        if (mem_run(b, i)->event == seq)
            return i;
        if (mem_run(b, i)->event > seq && !b->unordered)
            break;
    }
    return b->rows[RUNS].n;
}

static void later(int64_t *last_ms, int64_t ms)
{
    if (*last_ms < ms)
        *last_ms = ms;
}

enum cw_status mem_remains(struct backend *b, int64_t seq, struct store_remains *out,
                           struct cw_error *err)
{
    (void)err;
    struct store_remains r = {0};
    for (size_t i = next_run(b, seq, 0); i < b->rows[RUNS].n; i = next_run(b, seq, i + 1)) {
        r.open += mem_run_is_open(mem_run(b, i));
        later(&r.changed_ms, mem_run(b, i)->changed_ms);
        for (const struct call_row *c = mem_last_call(b, (int64_t)i + 1); c;
             c = mem_call_before(b, c)) {
            r.open += mem_call_is_open(&c->call);
            r.dead += c->call.state == STORE_CALL_DEAD;
            later(&r.changed_ms, c->call.changed_ms);
        }
    }
    *out = r;
    return CW_OK;
}

static size_t drop_attempts(struct backend *b, int64_t call)
{
    size_t n = 0;
    for (size_t i = mem_from(b, ATTEMPTS, 0); i < b->rows[ATTEMPTS].n; i++) {
        const struct store_attempt *attempt = mem_row(b, ATTEMPTS, i);
        if (!attempt || attempt->call != call)
            continue;
        mem_remove(b, ATTEMPTS, i);
        n++;
    }
    return n;
}

static size_t drop_calls(struct backend *b, int64_t run)
{
    size_t n = 0;
    for (const struct call_row *c = mem_last_call(b, run), *before; c; c = before, n++) {
        before = mem_call_before(b, c);
        n += drop_attempts(b, c->call.id);
        mem_remove(b, CALLS, (size_t)c->call.id - 1);
    }
    return n;
}

/* The rows that go stay readable until the end of the turn. */
enum cw_status mem_event_drop(struct backend *b, int64_t seq, size_t most, size_t *n, bool *whole,
                              struct cw_error *err)
{
    (void)most, (void)err;
    const struct keys *keys = mem_by_id(b, KEYS, seq);
    *n = 1;
    for (size_t i = next_run(b, seq, 0); i < b->rows[RUNS].n; i = next_run(b, seq, i + 1)) {
        *n += 1 + drop_calls(b, (int64_t)i + 1);
        mem_remove(b, RUNS, i);
    }
    for (size_t i = 0; keys && i < keys->n; i++)
        keyset_drop(b->keyset, &keys->keys[i], (uint32_t)seq);
    mem_remove(b, KEYS, (size_t)seq - 1);
    mem_remove(b, EVENTS, (size_t)seq - 1);
    *whole = true;
    return CW_OK;
}
