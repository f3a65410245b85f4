/* doc: a YAML document as a tree of nodes that know their places, and look-ups in it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "node.h"

void cw_doc_destroy(struct cw_doc *doc)
{
    if (!doc)
        return;
    cw_arena_destroy(doc->arena);
    free(doc);
}

const struct cw_node *cw_doc_root(const struct cw_doc *doc)
{
    return &doc->root;
}

enum cw_node_kind cw_node_kind(const struct cw_node *node)
{
    return (enum cw_node_kind)node->kind;
}

struct cw_place cw_node_place(const struct cw_node *node)
{
    return (struct cw_place){node->file, node->line, node->column, node->width};
}

struct cw_text cw_node_text(const struct cw_node *node)
{
    if (node->kind != CW_NODE_SCALAR)
        return (struct cw_text){"", 0};
    return (struct cw_text){node->at, node->n};
}

bool cw_node_is_plain(const struct cw_node *node)
{
    return node->plain;
}

bool cw_node_is_null(const struct cw_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    struct cw_text text = cw_node_text(node);
    for (size_t i = 0; node->plain && i < sizeof words / sizeof words[0]; i++)
        if (cw_text_is(text, words[i]))
            return true;
    return false;
}

size_t cw_node_count(const struct cw_node *node)
{
    return node->kind == CW_NODE_SCALAR ? 0 : node->n;
}

static const struct cw_node *child(const struct cw_node *node, size_t i)
{
    return (const struct cw_node *)node->at + i;
}

const struct cw_node *cw_node_item(const struct cw_node *seq, size_t i)
{
    assert(seq->kind == CW_NODE_SEQ && i < seq->n);
    return child(seq, i);
}

const struct cw_node *cw_node_key(const struct cw_node *map, size_t i)
{
    assert(map->kind == CW_NODE_MAP && i < map->n);
    return child(map, 2 * i);
}

const struct cw_node *cw_node_value(const struct cw_node *map, size_t i)
{
    assert(map->kind == CW_NODE_MAP && i < map->n);
    return child(map, 2 * i + 1);
}

/* Keys that are no scalars were refused and equal nothing; they sort as the empty text. */
static int compare(struct cw_text a, struct cw_text b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.at, b.at, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool same(const struct cw_node *a, const struct cw_node *b)
{
    return a->kind == CW_NODE_SCALAR && b->kind == CW_NODE_SCALAR && a->n == b->n &&
           memcmp(a->at, b->at, a->n) == 0;
}

/* The keys of a large map in order; they lie behind its pairs. */
static const struct cw_node *const *sorted(const struct cw_node *map)
{
    return (const void *)child(map, (size_t)map->n * 2);
}

static int by_text(const void *a, const void *b)
{
    const struct cw_node *x = *(const struct cw_node *const *)a;
    const struct cw_node *y = *(const struct cw_node *const *)b;
    int order = compare(cw_node_text(x), cw_node_text(y));
    return order ? order : (x > y) - (x < y); /* then the order of the file */
}

enum cw_status cwr_map_index(struct cw_node *map, struct cw_arena *arena)
{
    size_t pairs = (size_t)map->n * 2 * sizeof *map, keys = map->n * sizeof(struct cw_node *);
    if (map->n <= CWR_SMALL_MAP)
        return CW_OK;
    char *at = cw_arena_take(arena, pairs + keys);
    if (!at)
        return CW_NOMEM;
    memcpy(at, map->at, pairs);
    map->at = at;
    const struct cw_node **order = (const struct cw_node **)(void *)(at + pairs);
    for (size_t i = 0; i < map->n; i++)
        order[i] = cw_node_key(map, i);
    qsort(order, map->n, sizeof *order, by_text);
    return CW_OK;
}

void cwr_map_duplicates(const struct cw_node *map,
                        void (*found)(void *ctx, const struct cw_node *first,
                                      const struct cw_node *second),
                        void *ctx)
{
    if (map->n > CWR_SMALL_MAP) {
        const struct cw_node *const *order = sorted(map);
        for (size_t i = 1; i < map->n; i++)
            if (same(order[i - 1], order[i]))
                found(ctx, order[i - 1], order[i]);
        return;
    }
    for (size_t i = 1; i < map->n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (!same(cw_node_key(map, k), cw_node_key(map, i)))
                continue;
            found(ctx, cw_node_key(map, k), cw_node_key(map, i));
            break;
        }
    }
}

static const struct cw_node *search(const struct cw_node *map, struct cw_text key)
{
    const struct cw_node *const *order = sorted(map);
    size_t from = 0, to = map->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int c = compare(cw_node_text(order[middle]), key);
        if (c == 0)
            return order[middle] + 1; /* the value lies behind its key */
        if (c < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const struct cw_node *cw_node_get(const struct cw_node *map, const char *key)
{
    if (map->kind != CW_NODE_MAP)
        return NULL;
    struct cw_text text = cw_text_of(key);
    if (map->n > CWR_SMALL_MAP)
        return search(map, text);
    for (size_t i = 0; i < map->n; i++)
        if (compare(cw_node_text(cw_node_key(map, i)), text) == 0)
            return cw_node_value(map, i);
    return NULL;
}

uint64_t cwr_node_digest(const struct cw_node *node)
{
    uint64_t digest = cwr_hash(node->kind * 2U + node->plain, cw_node_text(node));
    size_t n = node->kind == CW_NODE_MAP ? node->n * (size_t)2 : cw_node_count(node);
    for (size_t i = 0; i < n; i++)
        digest = cwr_mix(digest, cwr_node_digest((const struct cw_node *)node->at + i));
    return digest;
}
