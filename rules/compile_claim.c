/* compile_claim: what a rule asks for as a set of claims: the digests of the pairs of `if` and of
 * its trigger's filter. */
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "node.h"

enum { MOST_CLAIMS = 64 };

/* Whether a condition speaks of the event alone, so that it is decided when the event comes. */
static bool of_event(const struct cw_node *key, const struct cw_node *value)
{
    struct cw_text text = cw_node_text(key);
    if (!cw_text_is(text, "all") && !cw_text_is(text, "any") && !cw_text_is(text, "not"))
        return text.len > 5 && memcmp(text.at, "event", 5) == 0;
    bool list = cw_node_kind(value) == CW_NODE_SEQ, of = true;
    for (size_t i = 0; of && i < (list ? cw_node_count(value) : 1); i++) {
        const struct cw_node *map = list ? cw_node_item(value, i) : value;
        for (size_t k = 0; of && k < cw_node_count(map); k++)
            of = of_event(cw_node_key(map, k), cw_node_value(map, k));
    }
    return of;
}

static void add_claim(struct cwr_claims *claims, const struct cw_node *key,
                      const struct cw_node *value)
{
    if (claims->n < MOST_CLAIMS)
        claims->at[claims->n] = cwr_mix(cwr_node_digest(key), cwr_node_digest(value));
    claims->n++;
}

static void add_condition(struct cwr_claims *claims, const struct cw_node *map, bool events_only)
{
    for (size_t i = 0; i < cw_node_count(map); i++) {
        const struct cw_node *key = cw_node_key(map, i), *value = cw_node_value(map, i);
        if (cw_text_is(cw_node_text(key), "all") && cw_node_kind(value) == CW_NODE_SEQ) {
            for (size_t k = 0; k < cw_node_count(value); k++)
                add_condition(claims, cw_node_item(value, k), events_only);
        } else if (!events_only || of_event(key, value)) {
            add_claim(claims, key, value);
        }
    }
}

static void add_filter(struct cwr_claims *claims, const struct cw_node *trigger)
{
    for (size_t i = 0; i < cw_node_count(trigger) && cw_node_kind(trigger) == CW_NODE_MAP; i++)
        if (!cw_text_is(cw_node_text(cw_node_key(trigger, i)), "event"))
            add_claim(claims, cw_node_key(trigger, i), cw_node_value(trigger, i));
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

bool cwr_claims_of(struct cwr_compiler *c, const struct cw_node *map, const struct cw_node *trigger,
                   bool events_only, struct cwr_claims *out)
{
    uint64_t room[MOST_CLAIMS];
    struct cwr_claims made = {room, 0};
    const struct cw_node *condition = cw_node_get(map, "if");
    if (condition)
        add_condition(&made, condition, events_only);
    add_filter(&made, trigger);
    if (made.n > MOST_CLAIMS)
        return false;
    if (made.n)
        qsort(room, made.n, sizeof *room, ascending);
    out->n = made.n;
    out->at = cw_arena_take(c->scratch, (made.n + 1) * sizeof *out->at);
    c->no_memory |= !out->at;
    if (out->at && made.n)
        memcpy(out->at, room, made.n * sizeof *room);
    return out->at != NULL;
}

bool cwr_claims_among(const struct cwr_claims *few, const struct cwr_claims *many)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < few->n; i++) {
        while (k < many->n && many->at[k] < few->at[i])
            k++;
        if (k == many->n || many->at[k] != few->at[i])
            return false;
    }
    return true;
}
