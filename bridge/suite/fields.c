/* The fields of a step's event: YAML by its core schema, written as JSON. */
#include "suite/priv.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_string(FILE *f, struct cw_text text)
{
    json_t *value = json_stringn(text.at ? text.at : "", text.len);
    if (!value || json_dumpf(value, f, JSON_ENCODE_ANY) != 0)
        abort(); /* a document is UTF-8 */
    json_decref(value);
}

static const char *word_of(struct cw_text text)
{
    static const char *const words[][2] = {{"", "null"},       {"~", "null"},     {"Null", "null"},
                                           {"NULL", "null"},   {"True", "true"},  {"TRUE", "true"},
                                           {"False", "false"}, {"FALSE", "false"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cw_text_is(text, words[i][0]))
            return words[i][1];
    return NULL;
}

static void put_scalar(FILE *f, const struct cw_node *node, struct cw_json *json)
{
    struct cw_text text = cw_node_text(node);
    const char *word = cw_node_is_plain(node) ? word_of(text) : NULL;
    if (word)
        fputs(word, f);
    else if (cw_node_is_plain(node) && cw_json_read(json, text, NULL) == CW_OK)
        fwrite(text.at, 1, text.len, f); /* a number, true, false or null as JSON has them */
    else
        put_string(f, text);
}

static void put_node(FILE *f, const struct cw_node *node, struct cw_json *json)
{
    enum cw_node_kind kind = cw_node_kind(node);
    if (kind == CW_NODE_SCALAR) {
        put_scalar(f, node, json);
        return;
    }
    fputc(kind == CW_NODE_MAP ? '{' : '[', f);
    for (size_t i = 0; i < cw_node_count(node); i++) {
        if (i)
            fputc(',', f);
        if (kind == CW_NODE_MAP) {
            put_string(f, cw_node_text(cw_node_key(node, i)));
            fputc(':', f);
        }
        put_node(f, kind == CW_NODE_MAP ? cw_node_value(node, i) : cw_node_item(node, i), json);
    }
    fputc(kind == CW_NODE_MAP ? '}' : ']', f);
}

struct cw_text suite_read_value(struct suite_reader *r, const struct cw_node *node)
{
    char *text = NULL;
    size_t len = 0;
    struct cw_json *json = cw_json_create();
    FILE *f = open_memstream(&text, &len);
    if (!json || !f)
        abort();
    put_node(f, node, json);
    if (fclose(f) != 0)
        abort();
    cw_json_destroy(json);
    struct cw_text kept = {suite_keep(r, (struct cw_text){text, len}), len};
    free(text);
    return kept;
}

struct cw_text suite_read_fields(struct suite_reader *r, const struct cw_node *map)
{
    if (cw_node_kind(map) == CW_NODE_MAP)
        return suite_read_value(r, map);
    suite_fault(r, cw_node_place(map), "wrong-kind", NULL,
                "`with` is a mapping of the event's fields");
    return CW_TEXT("{}");
}
