/* Moments of a test: RFC 3339, or a day and time on the user's clock. */
#include "suite/priv.h"

#include "xalloc.h"

enum { PASSING_BYTES = 1 << 20 };

/* A zone that cannot be read is a fault of the person, told where it stands: UTC here. */
static struct cw_text zone_of(struct suite_reader *r)
{
    const struct cw_catalogue *c = r->catalogue;
    if (r->zone == r->zone_read)
        return r->tzif;
    r->zone_read = r->zone;
    if (!c->zone || c->zone(c->zone_ctx, r->zone, r->suite->arena, &r->tzif))
        r->tzif = (struct cw_text){NULL, 0};
    return r->tzif;
}

bool suite_read_moment(struct suite_reader *r, const struct cw_node *node, int64_t *out_ms)
{
    struct cw_arena *arena = xarena(PASSING_BYTES);
    struct cw_text text = cw_node_text(node); /* empty for what is no scalar */
    struct cw_text tzif = r->zone ? zone_of(r) : (struct cw_text){NULL, 0};
    struct cw_error err;
    enum cw_status st = cw_moment_parse(text, cw_text_of(r->zone), tzif, arena, out_ms, &err);
    if (st)
        suite_fault(r, cw_node_place(node), "bad-value", NULL, "%s", err.text);
    cw_arena_destroy(arena);
    return st == CW_OK;
}
