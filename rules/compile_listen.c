/* compile_listen: the triggers that hear several events over time: { all: [...], within: 1 hour },
 * { absent: x.y, for: 15 minutes } and { count: 6, of: x.y, within: 1 hour }. */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "node.h"

enum { SHOWN_BYTES = 300 };

/* ---- How it is written ---- */

static void print_node(struct cwr_buf *buf, const struct cw_node *node)
{
    enum cw_node_kind kind = cw_node_kind(node);
    if (kind == CW_NODE_SCALAR && cw_node_is_plain(node))
        cwr_buf_put(buf, cw_node_text(node));
    else if (kind == CW_NODE_SCALAR)
        cwr_buf_json_string(buf, cw_node_text(node));
    if (kind == CW_NODE_SCALAR)
        return;
    cwr_buf_puts(buf, kind == CW_NODE_MAP ? "{" : "[");
    for (size_t i = 0; i < cw_node_count(node); i++) {
        cwr_buf_puts(buf, i ? ", " : "");
        if (kind == CW_NODE_MAP) {
            print_node(buf, cw_node_key(node, i));
            cwr_buf_puts(buf, ": ");
        }
        print_node(buf, kind == CW_NODE_MAP ? cw_node_value(node, i) : cw_node_item(node, i));
    }
    cwr_buf_puts(buf, kind == CW_NODE_MAP ? "}" : "]");
}

/* The clocks and counters of the journal are named by this text, so that a long one ends in a
 * number that stands for all of it. */
static bool show(struct cwr_compiler *c, const char *before, const struct cw_node *node,
                 const char *between, const struct cw_node *time, struct cwr_trigger *out)
{
    struct cwr_buf buf = cwr_buf_in(c->arena);
    struct cw_text made;
    cwr_buf_puts(&buf, before);
    print_node(&buf, node);
    cwr_buf_puts(&buf, between);
    print_node(&buf, time);
    c->no_memory |= cwr_buf_end(&buf, &made) != CW_OK;
    if (c->no_memory || made.len <= SHOWN_BYTES) {
        out->shown = made;
        return !c->no_memory;
    }
    struct cwr_buf cut = cwr_buf_in(c->arena);
    size_t len = SHOWN_BYTES;
    while (len > 0 && ((unsigned char)made.at[len] & 0xC0) == 0x80)
        len--; /* not within a character */
    cwr_buf_put(&cut, (struct cw_text){made.at, len});
    cwr_buf_printf(&cut, "... (%016llx)", (unsigned long long)cwr_hash(0, made));
    c->no_memory |= cwr_buf_end(&cut, &out->shown) != CW_OK;
    return !c->no_memory;
}

/* ---- Parts ---- */

/* Events only; what their patterns capture is of use when `captures`. */
static bool compile_part(struct cwr_compiler *c, const struct cw_node *node, const char *of,
                         bool captures, struct cwr_triggers *out)
{
    c->at.events_of = of;
    c->at.nots += !captures;
    cwr_compile_triggers(c, node, out);
    c->at.nots -= !captures;
    c->at.events_of = NULL;
    return out->n > 0;
}

static struct cwr_triggers *take_parts(struct cwr_compiler *c, size_t n, struct cwr_trigger *out)
{
    struct cwr_triggers *parts = cwr_take(c, n * sizeof *parts);
    out->parts = parts;
    out->n_parts = n;
    return parts;
}

static bool want_within(struct cwr_compiler *c, const struct cw_node *map, const char *key,
                        struct cwr_trigger *out)
{
    const struct cw_node *node = cw_node_get(map, key);
    if (!node || !cwr_compile_duration(c, node, "a duration", &out->within_ms))
        return false;
    if (out->within_ms > 0)
        return true;
    cwr_fault(c, node, "bad-duration", NULL, "this is no time at all");
    return false;
}

/* Keys that are none, and those that are not there. */
static bool check_map(struct cwr_compiler *c, const struct cw_node *map,
                      const struct cwr_keys *keys)
{
    bool good = true;
    cwr_check_keys(c, map, keys);
    for (size_t i = 0; i < keys->n; i++) {
        if (cw_node_get(map, keys->at[i].name))
            continue;
        good = false;
        if (!cwr_is_meant(map, keys, keys->at[i].name))
            cwr_fault(c, map, "missing-key", NULL, "this trigger needs `%s`", keys->at[i].name);
    }
    return good;
}

static bool finish(struct cwr_compiler *c, const struct cw_node *map, enum cw_trigger_kind kind,
                   struct cwr_trigger *out)
{
    out->kind = kind;
    out->place = cwr_keep_place(c, cw_node_place(map));
    c->at.rule->listens = true;
    return !c->no_memory;
}

/* ---- all ---- */

static bool same(const struct cw_node *a, const struct cw_node *b)
{
    return cwr_node_digest(a) == cwr_node_digest(b);
}

static void refuse_twins(struct cwr_compiler *c, const struct cw_node *list)
{
    for (size_t i = 1; i < cw_node_count(list); i++)
        for (size_t k = 0; k < i; k++)
            if (same(cw_node_item(list, i), cw_node_item(list, k)))
                cwr_fault(
                    c, cw_node_item(list, i), "bad-value",
                    "to wait for several of the same write { count: 2, of: x.y, within: ... }",
                    "this event is in the list already: one would be both");
}

bool cwr_compile_all(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out)
{
    const struct cw_node *list = cw_node_get(map, "all");
    bool good = check_map(c, map, &cwr_all_keys);
    size_t n = cw_node_count(list);
    if (cw_node_kind(list) != CW_NODE_SEQ || n < 2 || n > CWR_PARTS) {
        cwr_fault(c, list, "bad-value", NULL, "`all` is a list of 2 to %d events", CWR_PARTS);
        return false;
    }
    struct cwr_triggers *parts = take_parts(c, n, out);
    for (size_t i = 0; parts && i < n; i++)
        good &= compile_part(c, cw_node_item(list, i), "all", true, &parts[i]);
    refuse_twins(c, list);
    good &= want_within(c, map, "within", out);
    return good && parts && show(c, "all ", list, " within ", cw_node_get(map, "within"), out) &&
           finish(c, map, CW_TRIGGER_ALL, out);
}

/* ---- absent ---- */

bool cwr_compile_absent(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out)
{
    const struct cw_node *event = cw_node_get(map, "absent");
    if (!c->catalogue->clock) {
        cwr_later(c, cw_node_place(map), CW_TEXT("absent"));
        return false;
    }
    bool good = check_map(c, map, &cwr_absent_keys);
    struct cwr_triggers *parts = take_parts(c, 1, out);
    good = parts && compile_part(c, event, "absent", false, parts) && good;
    good &= want_within(c, map, "for", out);
    return good && show(c, "absent ", event, " for ", cw_node_get(map, "for"), out) &&
           finish(c, map, CW_TRIGGER_ABSENT, out);
}

/* ---- count ---- */

static bool read_count(struct cwr_compiler *c, const struct cw_node *node, struct cwr_trigger *out)
{
    struct cw_text text = cw_node_text(node);
    uint32_t n = 0;
    for (size_t i = 0; i < text.len && n <= CWR_COUNT; i++) {
        bool digit = text.at[i] >= '0' && text.at[i] <= '9';
        n = digit ? n * 10 + (uint32_t)(text.at[i] - '0') : CWR_COUNT + 1;
    }
    if (n < 1 || n > CWR_COUNT) {
        cwr_fault(c, node, "bad-value", NULL, "`count` is a whole number from 1 to %d", CWR_COUNT);
        return false;
    }
    out->count = n;
    return true;
}

bool cwr_compile_count(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out)
{
    const struct cw_node *event = cw_node_get(map, "of");
    struct cwr_buf before = cwr_buf_in(c->arena), number = cwr_buf_in(c->arena);
    struct cw_text made;
    bool good = check_map(c, map, &cwr_count_keys);
    good &= read_count(c, cw_node_get(map, "count"), out);
    struct cwr_triggers *parts = take_parts(c, 1, out);
    good = parts && (!event || compile_part(c, event, "count", true, parts)) && good;
    good &= want_within(c, map, "within", out);
    cwr_buf_printf(&number, "%u", out->count);
    cwr_buf_printf(&before, "%u of ", out->count);
    c->no_memory |= cwr_buf_end(&number, &out->count_text) || cwr_buf_end(&before, &made);
    return good && !c->no_memory &&
           show(c, made.at, event, " within ", cw_node_get(map, "within"), out) &&
           finish(c, map, CW_TRIGGER_COUNT, out);
}
