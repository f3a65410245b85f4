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

/* Reads one file. What it takes counts, good or bad. */
static enum cw_status read_file(struct cw_doc *doc, const char *file, struct cw_text text,
                                struct cw_diags *diags, struct cw_node *out)
{
    struct builder b = {.file = file,
                        .limits = doc->limits,
                        .diags = diags,
                        .arena = doc->arena,
                        .nodes = doc->nodes};
    size_t skip = 0;
    enum cw_status status = check_size(doc, file, text, diags);
    if (status)
        return status;
    doc->bytes += text.len;
    cw_diags_file(diags, file, text);
    if (cwr_yaml_check(file, text, diags, &skip) != CW_OK)
        return CW_ESYNTAX;
    b.text = (struct cw_text){text.at + skip, text.len - skip};
    cwr_yaml_find_end(&b);
    cwr_yaml_build(&b);
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
