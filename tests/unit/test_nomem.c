/* Every allocation fails once: the library answers CW_NOMEM, leaks nothing and reads on later.
 *
 * This program stands in for malloc (libyaml and PCRE2 get it too); with a sanitizer, which wants
 * that place itself, there is nothing to run. */
#include <clockwire/doc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nomem.h"
#include "regex.h"

#ifdef NOMEM_HERE

static const char json_text[] =
    "{\"a\":[{\"b\":\"\\u0041\"},{\"b\":\"\\n\"}],\"c\":[1,2,3,4,5,6,7,8,9,10]}";

static enum cw_status read_items(const struct cw_json *json, struct cw_arena *arena)
{
    struct cw_value root = cw_json_root(json), item = {0};
    struct cw_text text = {NULL, 0};
    enum cw_status status = CW_OK;
    for (size_t i = 0; i < cw_value_count(&root) && !status; i++) {
        status = cw_value_item(&root, i, arena, &item);
        if (!status)
            status = cw_value_text(&item, arena, &text);
    }
    if (!status)
        CHECK_MEM(text.at, text.len, "[\"\u00e4\"]");
    return status;
}

static enum cw_status read_escapes(void)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 16);
    enum cw_status status = json && arena ? CW_OK : CW_NOMEM;
    if (!status)
        status = cw_json_read(json, CW_TEXT("[\"\\u00e4\\n\", 1.5, null, [\"\\u00e4\"]]"), NULL);
    if (!status)
        status = read_items(json, arena);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return status;
}

static enum cw_status read_json(void)
{
    char text[4000];
    size_t len = 0;
    for (text[len++] = '['; len < sizeof text - 1; len += 2)
        memcpy(text + len, len == 1 ? " 0" : ",0", 2);
    text[len - 2] = ']'; /* the last comma */
    struct cw_json *json = cw_json_create();
    if (!json)
        return CW_NOMEM;
    enum cw_status status = cw_json_read(json, (struct cw_text){text, len - 1}, NULL);
    if (status == CW_OK)
        status = cw_json_read(json, CW_TEXT("\"a\\n\""), NULL);
    if (status == CW_OK)
        CHECK_INT(cw_json_root(json).text.len, 2);
    else
        CHECK_INT(cw_json_root(json).kind, CW_MISSING);
    cw_json_destroy(json);
    return status;
}

TEST(json)
{
    nomem_each(read_escapes, 2);
    nomem_each(read_json, 2);
}

static enum cw_status follow(struct cw_json *json, struct cw_arena *arena)
{
    struct cw_path path = {0};
    struct cw_value root, value = {0};
    struct cw_text out = {0};
    enum cw_status status = cw_json_read(json, cw_text_of(json_text), NULL);
    if (status != CW_OK)
        return status;
    root = cw_json_root(json);
    status = cw_path_parse(CW_TEXT("a[*].b"), arena, &path, NULL);
    if (status == CW_OK)
        status = cw_value_get(&root, path, arena, &value);
    if (status == CW_OK)
        status = cw_value_print(&value, arena, &out);
    if (status == CW_OK)
        CHECK_STR(out.at, "[\"A\",\"\\n\"]");
    return status;
}

static enum cw_status follow_path(void)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 16);
    enum cw_status status = json && arena ? follow(json, arena) : CW_NOMEM;
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return status;
}

TEST(path)
{
    nomem_each(follow_path, 2);
}

/* The same where the budget of the arena ends, at every size. */
TEST(path_in_small_arenas)
{
    struct cw_json *json = cw_json_create();
    enum cw_status status = CW_NOMEM;
    for (size_t size = 0; size < 4096 && status != CW_OK; size += 16) {
        struct cw_arena *arena = cw_arena_create(size);
        status = follow(json, arena);
        CHECK(status == CW_OK || status == CW_NOMEM);
        cw_arena_destroy(arena);
    }
    CHECK_INT(status, CW_OK);
    cw_json_destroy(json);
}

static enum cw_status parse_keys(struct cw_diags *diags, struct cw_doc **out)
{
    char text[2000];
    size_t len = 0;
    for (int i = 0; i < 20; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "k%d: [a, {b: c}]\n", i);
    return cw_doc_parse("f", (struct cw_text){text, len}, NULL, diags, out);
}

static enum cw_status parse_doc(void)
{
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    if (!diags)
        return CW_NOMEM;
    enum cw_status status = parse_keys(diags, &doc);
    CHECK((status == CW_OK) == (doc != NULL));
    if (status == CW_NOMEM)
        CHECK(cw_diags_count(diags, CW_ERROR) > 0);
    /* A copy of the text for the excerpts is all that may be missing beside a good document. */
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return status;
}

/* One that is read on behind its faults. */
static enum cw_status parse_mended(void)
{
    const struct cw_doc_limits limits = {.mend = true};
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    if (!diags)
        return CW_NOMEM;
    enum cw_status status = cw_doc_parse("f", CW_TEXT("a:\n  - x: [\n  - y: 1\nb:\n  - {\n  - z\n"),
                                         &limits, diags, &doc);
    CHECK((status == CW_OK) == (doc != NULL));
    CHECK(cw_diags_count(diags, CW_ERROR) > 0);
    if (doc)
        CHECK_INT(cw_node_count(cw_doc_root(doc)), 2);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return status;
}

TEST(doc_with_faults)
{
    nomem_each(parse_mended, 2);
}

TEST(doc)
{
    nomem_each(parse_doc, 2);
}

static enum cw_status join_in(struct cw_doc *doc, struct cw_diags *diags)
{
    const struct cw_node *root;
    char text[2000];
    size_t len = (size_t)snprintf(text, sizeof text, "include: x\nk1: [d]\nmap:\n");
    for (int i = 0; i < 20; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "  a%d: b\n", i);
    enum cw_status status = cw_doc_add(doc, "g", (struct cw_text){text, len}, diags, &root);
    if (!status)
        status = cw_doc_join(doc, diags);
    if (status)
        return status;
    CHECK_INT(cw_node_count(cw_doc_root(doc)), 21);
    CHECK_INT(cw_node_count(cw_node_get(cw_doc_root(doc), "k1")), 3);
    CHECK(cw_node_get(cw_node_get(cw_doc_root(doc), "map"), "a19") != NULL);
    return CW_OK;
}

static enum cw_status join_docs(void)
{
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    if (!diags)
        return CW_NOMEM;
    enum cw_status status = parse_keys(diags, &doc);
    if (!status)
        status = join_in(doc, diags);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return status;
}

TEST(several_files)
{
    nomem_each(join_docs, 2);
}

static enum cw_status render(void)
{
    struct cw_diags *diags = cw_diags_create();
    if (!diags)
        return CW_NOMEM;
    cw_diags_file(diags, "f", CW_TEXT("a: 1\n"));
    cw_diags_add(diags, CW_ERROR, "syntax", (struct cw_place){"f", 1, 1, 1}, "hint", "text");
    cw_diags_add(diags, CW_ERROR, "syntax", (struct cw_place){"g", 1, 1, 1}, NULL, "text");
    CHECK(cw_diags_count(diags, CW_ERROR) >= 2);
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        CHECK(cw_diags_get(diags, i)->text != NULL);
    char *text = cw_diags_render(diags, true);
    enum cw_status status = text ? CW_OK : CW_NOMEM;
    free(text);
    cw_diags_destroy(diags);
    return status;
}

TEST(diagnostics)
{
    nomem_each(render, 2);
}

static enum cw_status match(void)
{
    struct cwr_regex *regex = NULL;
    struct cwr_regex_scratch *scratch = cwr_regex_scratch_create();
    if (!scratch)
        return CW_NOMEM;
    enum cw_status status = cwr_regex_compile(CW_TEXT("(?<a>b+)c"), false, &regex, NULL);
    if (status == CW_OK && cwr_regex_match(regex, scratch, CW_TEXT("abbc"), NULL) != CWR_REGEX_YES)
        status = CW_NOMEM; /* machine code is made by the first match */
    if (status == CW_OK)
        CHECK_INT(cwr_regex_match(regex, scratch, CW_TEXT("abc"), NULL), CWR_REGEX_YES);
    cwr_regex_destroy(regex);
    cwr_regex_scratch_destroy(scratch);
    return status;
}

TEST(regex)
{
    match(); /* the JIT keeps its first block of executable memory for good */
    nomem_each(match, 2);
}

CHECK_MAIN

#else

NOMEM_SKIP

#endif
