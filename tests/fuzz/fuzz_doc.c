/* fuzz_doc: any bytes as a YAML document, or as several files of one ("%%" alone on a line stands
 * between them): refused with a place and printable words, or a tree whose
 * places lie in the text, whose look-ups find every key and whose texts hold no NUL. */
#include <clockwire/doc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A partial document may have a key twice. */
static void walk(const struct cw_node *node, unsigned depth, uint32_t lines, bool partial)
{
    struct cw_place place = cw_node_place(node);
    MUST(depth <= 32 && place.line >= 1 && place.line <= lines && place.column >= 1);
    struct cw_text text = cw_node_text(node);
    MUST(strlen(text.at) == text.len);
    for (size_t i = 0; i < cw_node_count(node); i++) {
        if (cw_node_kind(node) == CW_NODE_SEQ) {
            walk(cw_node_item(node, i), depth + 1, lines, partial);
            continue;
        }
        const struct cw_node *key = cw_node_key(node, i);
        MUST(cw_node_kind(key) == CW_NODE_SCALAR);
        MUST(partial || cw_node_get(node, cw_node_text(key).at) == cw_node_value(node, i));
        walk(cw_node_value(node, i), depth + 1, lines, partial);
    }
}

static void check_rendered(const struct cw_diags *diags)
{
    char *text = cw_diags_render(diags, false);
    MUST(text != NULL);
    for (const char *p = text; *p; p++)
        MUST((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
    free(text);
}

/* Takes the next file from `text`. */
static struct cw_text next_file(struct cw_text *text)
{
    const char *mark = memmem(text->at, text->len, "\n%%\n", 4);
    struct cw_text file = {text->at, mark ? (size_t)(mark + 1 - text->at) : text->len};
    size_t gone = mark ? file.len + 3 : file.len;
    *text = (struct cw_text){text->at + gone, text->len - gone};
    return file;
}

static void check_doc(struct cw_doc *doc, struct cw_diags *diags, bool more, uint32_t lines)
{
    walk(cw_doc_root(doc), 0, lines, false);
    if (!more && cw_node_kind(cw_doc_root(doc)) != CW_NODE_MAP)
        return;
    size_t errors = cw_diags_count(diags, CW_ERROR);
    enum cw_status status = cw_doc_join(doc, diags);
    MUST((status == CW_OK) == (cw_diags_count(diags, CW_ERROR) == errors));
    walk(cw_doc_root(doc), 0, lines, false);
}

/* What is left of a file with faults; a good file is whole. */
static void check_mended(struct cw_text text, bool good, uint32_t lines)
{
    const struct cw_doc_limits limits = {.mend = true};
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    enum cw_status status = cw_doc_parse("f", text, &limits, diags, &doc);
    MUST((status == CW_OK) == (doc != NULL));
    MUST(good == (cw_diags_count(diags, CW_ERROR) == 0));
    MUST(!doc || good != cw_doc_is_partial(doc));
    if (doc)
        walk(cw_doc_root(doc), 0, lines, !good);
    check_rendered(diags);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_text left = {(const char *)data, size}, text = next_file(&left);
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    const struct cw_node *root;
    char name[] = "f";
    uint32_t lines = 1;
    bool more = left.len > 0;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    enum cw_status status = cw_doc_parse(name, text, NULL, diags, &doc);
    MUST((status == CW_OK) == (doc != NULL));
    MUST((status == CW_OK) == (cw_diags_count(diags, CW_ERROR) == 0));
    check_mended(text, status == CW_OK, lines);
    for (int i = 0; doc && left.len && i < 20; i++) {
        name[0]++;
        size_t errors = cw_diags_count(diags, CW_ERROR);
        status = cw_doc_add(doc, name, next_file(&left), diags, &root);
        MUST((status == CW_OK) == (cw_diags_count(diags, CW_ERROR) == errors));
    }
    if (doc)
        check_doc(doc, diags, more, lines);
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        MUST(cw_diags_get(diags, i)->place.line >= 1 &&
             cw_diags_get(diags, i)->place.line <= lines);
    check_rendered(diags);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return 0;
}
