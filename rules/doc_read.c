/* doc_read: texts become documents, within ceilings that hold for all files of a document. */
#include <stdlib.h>

#include "builder.h"

static struct cw_doc_limits with_defaults(const struct cw_doc_limits *given)
{
    struct cw_doc_limits limits = given ? *given : (struct cw_doc_limits){0};
    limits.bytes = limits.bytes ? limits.bytes : DEFAULT_BYTES;
    limits.nodes = limits.nodes ? limits.nodes : DEFAULT_NODES;
    limits.depth = limits.depth ? limits.depth : DEFAULT_DEPTH;
    limits.entry = limits.entry ? limits.entry : DEFAULT_ENTRY;
    if (limits.depth > MOST_DEPTH)
        limits.depth = MOST_DEPTH;
    return limits;
}

static enum cw_status check_size(const struct cw_doc *doc, const char *file, struct cw_text text,
                                 struct cw_diags *diags)
{
    struct cw_place place = {.file = file};
    if (text.len <= doc->limits.bytes - doc->bytes)
        return CW_OK;
    if (doc->bytes)
        cw_diags_add(diags, CW_ERROR, "too-large", place, NULL,
                     "with this file there are more than %zu bytes together", doc->limits.bytes);
    else
        cw_diags_add(diags, CW_ERROR, "too-large", place, NULL,
                     "the file has %zu bytes, more than %zu", text.len, doc->limits.bytes);
    return CW_ELIMIT;
}

static struct builder builder_of(const struct cw_doc *doc, const char *file, struct cw_text text,
                                 struct cw_diags *diags)
{
    return (struct builder){.file = file,
                            .text = text,
                            .limits = doc->limits,
                            .diags = diags,
                            .arena = doc->arena,
                            .nodes = doc->nodes};
}

/* Takes the sections away of which nothing is left. */
static void drop_empty(struct cw_node *root)
{
    struct cw_node *pairs = (struct cw_node *)(uintptr_t)root->at;
    uint32_t n = 0;
    if (root->kind != CW_NODE_MAP || root->n > CWR_SMALL_MAP) /* a large one is ordered */
        return;
    for (uint32_t i = 0; i < root->n; i++) {
        if (cw_node_is_null(&pairs[2 * i + 1]))
            continue;
        pairs[2 * n] = pairs[2 * i];
        pairs[2 * n + 1] = pairs[2 * i + 1];
        n++;
    }
    root->n = n;
}

/* Reads on behind a fault, without the entry that has it, as often as it takes: tells the faults
 * that come later. Returns: whether the rest could be read. */
static bool read_rest(struct builder *b, struct cw_doc *doc, char *copy)
{
    size_t len = b->text.len;
    const char *file = b->file;
    for (int i = 0; i < MENDS && b->stop.here && b->stop.line >= b->told; i++) {
        uint32_t told = 0;
        if (!cwr_yaml_mend(b, copy, len, &told))
            return false;
        *b = builder_of(doc, file, (struct cw_text){copy, len}, b->diags);
        b->told = told;
        cwr_yaml_find_end(b);
        cwr_yaml_build(b);
        if (b->status && b->status != CW_ESYNTAX)
            return false;
    }
    return !b->stop.here;
}

/* What is left of a file that has a fault, for the checks behind. */
static enum cw_status read_partly(struct builder *b, struct cw_doc *doc)
{
    struct cw_arena *arena = cw_arena_create(MEND_BYTES + 1024);
    char *copy = arena ? cw_arena_copy(arena, b->text) : NULL;
    bool odd = b->odd, rest = copy && read_rest(b, doc, copy);
    cw_arena_destroy(arena);
    if (b->status == CW_NOMEM || !copy)
        return CW_NOMEM;
    if (!rest || odd || b->odd || !b->have_root)
        return CW_ESYNTAX;
    drop_empty(&b->root);
    doc->is_partial = true;
    return CW_OK;
}

/* Reads one file. What it takes counts, good or bad. */
static enum cw_status read_file(struct cw_doc *doc, const char *file, struct cw_text text,
                                struct cw_diags *diags, struct cw_node *out)
{
    size_t skip = 0;
    enum cw_status status = check_size(doc, file, text, diags);
    if (status)
        return status;
    doc->bytes += text.len;
    cw_diags_file(diags, file, text);
    if (cwr_yaml_check(file, text, diags, &skip) != CW_OK)
        return CW_ESYNTAX;
    struct builder b =
        builder_of(doc, file, (struct cw_text){text.at + skip, text.len - skip}, diags);
    cwr_yaml_find_end(&b);
    cwr_yaml_build(&b);
    if (doc->limits.mend && b.status == CW_ESYNTAX && b.text.len <= MEND_BYTES)
        b.status = read_partly(&b, doc);
    doc->nodes = b.nodes;
    *out = b.root;
    return b.status;
}

static struct cw_doc *doc_create(const struct cw_doc_limits *limits)
{
    struct cw_doc *doc = calloc(1, sizeof *doc);
    if (!doc)
        return NULL;
    doc->limits = with_defaults(limits);
    doc->last = &doc->first;
    doc->arena = cw_arena_create(SIZE_MAX);
    if (doc->arena)
        return doc;
    free(doc);
    return NULL;
}

enum cw_status cw_doc_parse(const char *file, struct cw_text text,
                            const struct cw_doc_limits *limits, struct cw_diags *diags,
                            struct cw_doc **out)
{
    struct cw_doc *doc = doc_create(limits);
    if (!doc) {
        cw_diags_add(diags, CW_ERROR, "out-of-memory", (struct cw_place){.file = file}, NULL,
                     "memory is short");
        return CW_NOMEM;
    }
    enum cw_status status = read_file(doc, file, text, diags, &doc->root);
    doc->first.root = doc->root;
    if (status == CW_OK)
        *out = doc;
    else
        cw_doc_destroy(doc);
    return status;
}

enum cw_status cw_doc_add(struct cw_doc *doc, const char *file, struct cw_text text,
                          struct cw_diags *diags, const struct cw_node **out_root)
{
    struct cw_node root;
    enum cw_status status = read_file(doc, file, text, diags, &root);
    struct cwr_doc_part *part = status ? NULL : cw_arena_take(doc->arena, sizeof *part);
    if (!part)
        return status ? status : CW_NOMEM;
    *part = (struct cwr_doc_part){.root = root};
    doc->last->next = part;
    doc->last = part;
    *out_root = &part->root;
    return CW_OK;
}

bool cw_doc_is_partial(const struct cw_doc *doc)
{
    return doc->is_partial;
}
