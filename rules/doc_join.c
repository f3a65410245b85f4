/* doc_join: several files become one document.
 *
 * The sections of the files are put together in the order of the files: lists one behind the other,
 * mappings with all their pairs. A name that two files give, or a single value, is a fault at the
 * second place that names the first. `include` has been followed and is gone; `version` is the
 * first file's. */
#include <stdio.h>
#include <string.h>

#include "map.h"
#include "node.h"

struct section {
    struct cw_node key;
    struct cw_node value; /* of the first file that has more than an empty one */
    size_t n;             /* children of all files */
    struct cw_node *made; /* and they themselves, in the end */
    size_t n_made;
};

struct joiner {
    struct cw_doc *doc;
    struct cw_diags *diags;
    struct cw_arena *passing;
    struct cwr_map rows; /* names to sections */
    struct section *sections;
    size_t n, room;
    const struct section *at; /* whose duplicates are told */
    enum cw_status status;
};

static void fault(struct joiner *j, const struct cw_node *node, const char *code,
                  struct cw_place first, const char *text)
{
    char hint[300];
    snprintf(hint, sizeof hint, "first given at %.200s:%u:%u", first.file, first.line,
             first.column);
    cw_diags_add(j->diags, CW_ERROR, code, cw_node_place(node), hint, "%s", text);
    if (!j->status)
        j->status = CW_ESYNTAX;
}

static bool is_empty(const struct cw_node *node)
{
    return node->kind == CW_NODE_SCALAR && node->plain && !node->n;
}

static size_t width_of(const struct cw_node *node)
{
    return node->kind == CW_NODE_MAP ? 2 * (size_t)node->n : node->n;
}

static struct section *new_section(struct joiner *j, const struct cw_node *key)
{
    if (j->n == j->room) {
        size_t room = j->room ? j->room * 2 : 16;
        struct section *bigger = cw_arena_take(j->passing, room * sizeof *bigger);
        if (!bigger)
            return NULL;
        if (j->n)
            memcpy(bigger, j->sections, j->n * sizeof *bigger);
        j->sections = bigger;
        j->room = room;
    }
    if (cwr_map_put(&j->rows, cw_node_text(key), (uint32_t)j->n))
        return NULL;
    j->sections[j->n] = (struct section){.key = *key};
    return &j->sections[j->n++];
}

static void clash(struct joiner *j, const struct section *section, const struct cw_node *key,
                  const struct cw_node *value)
{
    static const char *const kinds[] = {"a text", "a list", "a mapping"};
    char text[200];
    if (value->kind == section->value.kind)
        snprintf(text, sizeof text, "`%.80s` is given twice", cw_node_text(key).at);
    else
        snprintf(text, sizeof text, "`%.80s` is %s here and %s in another file",
                 cw_node_text(key).at, kinds[value->kind], kinds[section->value.kind]);
    fault(j, key, value->kind == section->value.kind ? "duplicate-key" : "wrong-kind",
          cw_node_place(&section->key), text);
}

static void count_pair(struct joiner *j, const struct cw_node *key, const struct cw_node *value)
{
    uint32_t row = cwr_map_get(&j->rows, cw_node_text(key));
    struct section *section = row == CWR_NOWHERE ? new_section(j, key) : &j->sections[row];
    if (!section) {
        j->status = CW_NOMEM;
        return;
    }
    if (row != CWR_NOWHERE && is_empty(value))
        return;
    if (row == CWR_NOWHERE || is_empty(&section->value)) {
        section->key = *key;
        section->value = *value;
        section->n = value->kind == CW_NODE_SCALAR ? 0 : value->n;
    } else if (value->kind == CW_NODE_SCALAR || value->kind != section->value.kind) {
        clash(j, section, key, value);
    } else {
        section->n += value->n;
    }
}

/* Does this pair of a file take part? The `version` of a further file may only say the same. */
static bool counts(struct joiner *j, const struct cwr_doc_part *part, const struct cw_node *key,
                   const struct cw_node *value)
{
    if (cw_text_is(cw_node_text(key), "include"))
        return false;
    if (part == &j->doc->first || !cw_text_is(cw_node_text(key), "version"))
        return true;
    const struct cw_node *version = cw_node_get(&j->doc->first.root, "version");
    struct cw_text a = cw_node_text(value), b = version ? cw_node_text(version) : a;
    return a.len != b.len || memcmp(a.at, b.at, a.len) != 0;
}

static void count_part(struct joiner *j, const struct cwr_doc_part *part)
{
    const struct cw_node *root = &part->root;
    if (root->kind != CW_NODE_MAP) {
        cw_diags_add(j->diags, CW_ERROR, "wrong-kind", cw_node_place(root), NULL,
                     "a file is a mapping of sections, such as `rules` and `users`");
        j->status = CW_ESYNTAX;
        return;
    }
    for (size_t i = 0; i < root->n && j->status != CW_NOMEM; i++)
        if (counts(j, part, cw_node_key(root, i), cw_node_value(root, i)))
            count_pair(j, cw_node_key(root, i), cw_node_value(root, i));
}

/* ---- After all has been counted ---- */

static void make_room(struct joiner *j)
{
    for (size_t i = 0; i < j->n && j->status != CW_NOMEM; i++) {
        struct section *section = &j->sections[i];
        size_t width = section->value.kind == CW_NODE_MAP ? 2 : 1;
        section->made = cw_arena_take(j->doc->arena, width * section->n * sizeof *section->made);
        if (!section->made)
            j->status = CW_NOMEM;
    }
}

static void put_children(struct joiner *j, const struct cwr_doc_part *part)
{
    for (size_t i = 0; i < cw_node_count(&part->root) && part->root.kind == CW_NODE_MAP; i++) {
        const struct cw_node *key = cw_node_key(&part->root, i);
        const struct cw_node *value = cw_node_value(&part->root, i);
        uint32_t row = cwr_map_get(&j->rows, cw_node_text(key));
        struct section *section = row == CWR_NOWHERE ? NULL : &j->sections[row];
        if (!section || value->kind == CW_NODE_SCALAR || value->kind != section->value.kind)
            continue;
        if (value->n)
            memcpy(section->made + section->n_made, value->at, width_of(value) * sizeof *value);
        section->n_made += width_of(value);
    }
}

static void on_duplicate(void *ctx, const struct cw_node *first, const struct cw_node *second)
{
    struct joiner *j = ctx;
    char text[256];
    snprintf(text, sizeof text, "`%.80s.%.80s` is given twice", cw_node_text(&j->at->key).at,
             cw_node_text(second).at);
    fault(j, second, "duplicate-key", cw_node_place(first), text);
}

static void finish(struct joiner *j, struct section *section)
{
    if (section->value.kind == CW_NODE_SCALAR)
        return;
    section->value.n = (uint32_t)section->n;
    section->value.at = section->made;
    if (section->value.kind != CW_NODE_MAP)
        return;
    if (cwr_map_index(&section->value, j->doc->arena)) {
        j->status = CW_NOMEM;
        return;
    }
    j->at = section;
    cwr_map_duplicates(&section->value, on_duplicate, j);
}

static void put_root(struct joiner *j)
{
    struct cw_node *pairs = cw_arena_take(j->doc->arena, 2 * j->n * sizeof *pairs);
    struct cw_node root = j->doc->first.root;
    for (size_t i = 0; pairs && i < j->n; i++) {
        pairs[2 * i] = j->sections[i].key;
        pairs[2 * i + 1] = j->sections[i].value;
    }
    root.at = pairs;
    root.n = (uint32_t)j->n;
    if (!pairs || cwr_map_index(&root, j->doc->arena))
        j->status = CW_NOMEM;
    else
        j->doc->root = root;
}

static void join(struct joiner *j)
{
    const struct cwr_doc_part *part;
    for (part = &j->doc->first; part && j->status != CW_NOMEM; part = part->next)
        count_part(j, part);
    make_room(j);
    for (part = &j->doc->first; part && j->status != CW_NOMEM; part = part->next)
        put_children(j, part);
    for (size_t i = 0; i < j->n && j->status != CW_NOMEM; i++)
        finish(j, &j->sections[i]);
    if (!j->status)
        put_root(j);
}

enum cw_status cw_doc_join(struct cw_doc *doc, struct cw_diags *diags)
{
    struct joiner j = {.doc = doc, .diags = diags, .passing = cw_arena_create(SIZE_MAX)};
    if (!j.passing)
        return CW_NOMEM;
    j.rows.arena = j.passing;
    join(&j);
    cw_arena_destroy(j.passing);
    return j.status;
}
