/* The facts that a call changes: marks of the kind "state", written with the end of the call. */
#include "dispatcher/priv.h"

#include <string.h>

enum { MOST_FACTS = 256 }; /* of one person */

static struct store_mark mark_of(const struct lane *lane, const struct action_fact *fact)
{
    return (struct store_mark){.kind = CW_TEXT("state"),
                               .rule = CW_TEXT(""),
                               .person = cw_text_of(lane->person),
                               .key = fact->name,
                               .value = fact->value,
                               .until_ms = fact->until_ms};
}

static bool same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool changes(const struct action_verdict *v, struct cw_text name)
{
    for (size_t i = 0; i < v->n_facts; i++)
        if (same(v->facts[i].name, name))
            return true;
    return false;
}

/* How many facts the person would have. */
static size_t count_of(const struct dispatcher *d, const struct lane *lane,
                       const struct action_verdict *v, const struct store_mark *have, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < v->n_facts; i++)
        count += v->facts[i].value.len > 0;
    for (size_t i = 0; i < n; i++)
        if (cw_text_is(have[i].kind, "state") && !have[i].rule.len &&
            cw_text_is(have[i].person, lane->person) && have[i].until_ms > d->now_ms &&
            !changes(v, have[i].key))
            count++;
    return count;
}

enum cw_status fact_check(struct dispatcher *d, const struct lane *lane, struct action_verdict *v,
                          struct cw_error *err)
{
    const struct action_fact none = {{"", 0}, {"", 0}, 0};
    const struct store_mark first = mark_of(lane, &none);
    struct store_mark *have = NULL;
    size_t n = 0;
    if (v->what != ACTION_DONE || !v->n_facts || !v->facts[0].value.len)
        return CW_OK;
    enum cw_status st =
        store_marks(d->deps.store, &first, MOST_FACTS + 1, d->arena, &have, &n, err);
    if (st || count_of(d, lane, v, have, n) <= MOST_FACTS)
        return st;
    *v = (struct action_verdict){.what = ACTION_DEAD,
                                 .reason = "a person has at most 256 facts of their own"};
    return CW_OK;
}

enum cw_status fact_keep(struct dispatcher *d, const struct lane *lane,
                         const struct action_verdict *v, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    for (size_t i = 0; i < v->n_facts && !st; i++) {
        const struct store_mark mark = mark_of(lane, &v->facts[i]);
        st = mark.value.len ? store_mark_put(d->deps.store, &mark, err)
                            : store_mark_drop(d->deps.store, &mark, err);
    }
    return st;
}
