/* store: the law of the journal above both of its backends: which moves are allowed, what a newer
 * match replaces, what can still be cancelled, when a run is settled.
 *
 * A write outside a turn is our own broken promise (assert). After a write has failed half-way the
 * turn is lost: every further write and the commit fail as it did. */
#include "store.h"
#include "backend.h"
#include "store_priv.h"
#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum cw_status store_open(const char *where, const struct store_opts *opts, struct store **out,
                          struct cw_error *err)
{
    static const char sqlite[] = "sqlite:", memory[] = "memory:";
    struct backend *b = NULL;
    const struct store_ops *ops = &store_sqlite_ops;
    enum cw_status status;
    if (strncmp(where, sqlite, sizeof sqlite - 1) == 0 && where[sizeof sqlite - 1]) {
        status = store_sqlite_open(where + sizeof sqlite - 1, opts, &b, err);
    } else if (strcmp(where, memory) == 0) {
        ops = &store_memory_ops;
        status = store_memory_open(opts, &b, err);
    } else {
        return cw_fail(err, CW_EINVAL, "a journal is sqlite:PATH or memory:, not \"%s\"", where);
    }
    if (status != CW_OK)
        return status;
    struct store *store = xcalloc(1, sizeof *store);
    store->ops = ops;
    store->b = b;
    *out = store;
    return CW_OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store_rollback(store);
    store->ops->close(store->b);
    free(store);
}

/* ---- One transaction per turn ---- */

enum cw_status store_begin(struct store *store, struct cw_error *err)
{
    assert(!store->in_turn);
    enum cw_status status = store->ops->begin(store->b, err);
    store->in_turn = status == CW_OK;
    store->lost = CW_OK;
    return status;
}

static enum cw_status turn_is_lost(const struct store *store, struct cw_error *err)
{
    return cw_fail(err, store->lost, "an earlier write of this turn failed: %s",
                   cw_status_name(store->lost));
}

enum cw_status store_commit(struct store *store, struct cw_error *err)
{
    assert(store->in_turn);
    if (store->lost != CW_OK) {
        store_rollback(store);
        return turn_is_lost(store, err);
    }
    store->in_turn = false;
    enum cw_status status = store->ops->commit(store->b, err);
    if (status != CW_OK)
        store->due_known = false;
    return status;
}

void store_rollback(struct store *store)
{
    if (!store->in_turn)
        return;
    store->in_turn = false;
    store->due_known = false;
    store->ops->rollback(store->b);
}

bool store_in_turn(const struct store *store)
{
    return store->in_turn;
}

enum cw_status store_tidy(struct store *store, enum store_pace pace, struct cw_error *err)
{
    assert(!store->in_turn);
    return store->ops->tidy(store->b, pace, err);
}

enum cw_status store_room(struct store *store, struct store_room *out, struct cw_error *err)
{
    assert(!store->in_turn);
    return store->ops->room(store->b, out, err);
}

enum cw_status store_reserve(struct store *store, bool keep, struct cw_error *err)
{
    return store->ops->reserve(store->b, keep, err);
}

enum cw_status store_may_write(const struct store *store, struct cw_error *err)
{
    assert(store->in_turn);
    return store->lost == CW_OK ? CW_OK : turn_is_lost(store, err);
}

enum cw_status store_wrote(struct store *store, enum cw_status status)
{
    if (status != CW_OK && status != CW_EEXIST && status != CW_ENOENT)
        store->lost = status;
    return status;
}

/* ---- Events ---- */

enum cw_status store_event_add(struct store *store, const struct store_event *event,
                               const struct store_key *keys, size_t n_keys, int64_t *seq,
                               struct cw_error *err)
{
    enum cw_status status = store_may_write(store, err);
    if (status != CW_OK)
        return status;
    return store_wrote(store, store->ops->event_add(store->b, event, keys, n_keys, seq, err));
}

enum cw_status store_events(struct store *store, int64_t after, size_t limit,
                            struct cw_arena *arena, struct store_event **out, size_t *n,
                            struct cw_error *err)
{
    struct row_list list = {.shape = &row_event, .arena = arena};
    enum cw_status status = store->ops->events(store->b, after, limit, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_event *)list.rows;
    *n = list.n;
    return CW_OK;
}

enum cw_status store_events_back(struct store *store, int64_t before, size_t limit,
                                 struct cw_arena *arena, struct store_event **out, size_t *n,
                                 struct cw_error *err)
{
    struct row_list list = {.shape = &row_event_brief, .arena = arena};
    enum cw_status status = store->ops->events_back(store->b, before, limit, &list, err);
    if (status != CW_OK)
        return status;
    *out = (struct store_event *)list.rows;
    *n = list.n;
    for (size_t i = 0; i < *n; i++)
        (*out)[i].payload = (struct cw_text){NULL, 0};
    return CW_OK;
}

int64_t store_last_event(const struct store *store)
{
    return store->ops->last_event(store->b);
}

/* ---- The clock ---- */

enum cw_status store_shift(struct store *store, int64_t by_ms, struct cw_error *err)
{
    enum cw_status status = store_may_write(store, err);
    store->due_known = false;
    return status == CW_OK ? store_wrote(store, store->ops->shift(store->b, by_ms, err)) : status;
}

/* ---- Timers, settings, counts ---- */

enum cw_status store_timer_get(struct store *store, struct cw_text person, struct cw_arena *arena,
                               struct store_timer *out, struct cw_error *err)
{
    struct row_list list = {.shape = &row_timer, .arena = arena};
    enum cw_status status = store->ops->timer_get(store->b, person, &list, err);
    if (status != CW_OK)
        return status;
    if (!list.n)
        return cw_fail(err, CW_ENOENT, "nothing is known of this person's timer");
    memcpy(out, list.rows, sizeof *out);
    return CW_OK;
}

enum cw_status store_timer_put(struct store *store, const struct store_timer *timer,
                               struct cw_error *err)
{
    enum cw_status status = store_may_write(store, err);
    if (status != CW_OK)
        return status;
    return store_wrote(store, store->ops->timer_put(store->b, timer, err));
}

enum cw_status store_setting_get(struct store *store, const char *name, struct cw_arena *arena,
                                 struct cw_text *out, struct cw_error *err)
{
    struct row_list list = {.shape = &row_setting, .arena = arena};
    enum cw_status status = store->ops->setting_get(store->b, cw_text_of(name), &list, err);
    if (status != CW_OK)
        return status;
    if (!list.n)
        return cw_fail(err, CW_ENOENT, "the journal has no setting \"%s\"", name);
    *out = ((struct row_setting *)list.rows)->value;
    return CW_OK;
}

enum cw_status store_setting_put(struct store *store, const char *name, struct cw_text value,
                                 struct cw_error *err)
{
    struct row_setting setting = {cw_text_of(name), value};
    enum cw_status status = store_may_write(store, err);
    if (status != CW_OK)
        return status;
    return store_wrote(store, store->ops->setting_put(store->b, &setting, err));
}

enum cw_status store_counts(struct store *store, struct store_counts *out, struct cw_error *err)
{
    return store->ops->counts(store->b, out, err);
}
