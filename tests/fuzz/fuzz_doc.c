/* fuzz_doc: any bytes as a YAML document: refused with a place and printable words, or a tree whose
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

static void walk(const struct cw_node *node, unsigned depth, uint32_t lines)
{
    struct cw_place place = cw_node_place(node);
    MUST(depth <= 32 && place.line >= 1 && place.line <= lines && place.column >= 1);
    struct cw_text text = cw_node_text(node);
    MUST(strlen(text.at) == text.len);
    for (size_t i = 0; i < cw_node_count(node); i++) {
        if (cw_node_kind(node) == CW_NODE_SEQ) {
            walk(cw_node_item(node, i), depth + 1, lines);
            continue;
        }
        const struct cw_node *key = cw_node_key(node, i);
        MUST(cw_node_kind(key) == CW_NODE_SCALAR);
        MUST(cw_node_get(node, cw_node_text(key).at) == cw_node_value(node, i));
        walk(cw_node_value(node, i), depth + 1, lines);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_text text = {(const char *)data, size};
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    uint32_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    enum cw_status status = cw_doc_parse("f", text, NULL, diags, &doc);
    MUST((status == CW_OK) == (doc != NULL));
    MUST((status == CW_OK) == (cw_diags_count(diags, CW_ERROR) == 0));
    if (doc)
        walk(cw_doc_root(doc), 0, lines);
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        MUST(cw_diags_get(diags, i)->place.line >= 1 &&
             cw_diags_get(diags, i)->place.line <= lines);
    check_rendered(diags);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return 0;
}
