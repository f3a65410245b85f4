#include <clockwire/doc.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct cw_diags *diags;
static struct cw_doc *doc;

static enum cw_status parse_with(const char *at, size_t len, const struct cw_doc_limits *limits)
{
    char *copy = malloc(len ? len : 1); /* exact, so that a read beyond the end is seen */
    memcpy(copy, at, len);
    diags = cw_diags_create();
    doc = NULL;
    enum cw_status status =
        cw_doc_parse("f.yaml", (struct cw_text){copy, len}, limits, diags, &doc);
    free(copy);
    CHECK((doc != NULL) == (status == CW_OK));
    CHECK((cw_diags_count(diags, CW_ERROR) == 0) == (status == CW_OK));
    return status;
}

static enum cw_status parse(const char *text)
{
    return parse_with(text, strlen(text), NULL);
}

static void end(void)
{
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
}

/* All faults of a text: "code line:column+width" by commas. */
static const char *faults_of(const char *at, size_t len)
{
    static char out[4096];
    size_t used = 0;
    parse_with(at, len, NULL);
    out[0] = '\0';
    for (size_t i = 0; i < cw_diags_total(diags) && used < 4000; i++) {
        const struct cw_diag *d = cw_diags_get(diags, i);
        CHECK_STR(d->place.file, "f.yaml");
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s %u:%u+%u", used ? ", " : "",
                                 d->code, d->place.line, d->place.column, d->place.width);
    }
    end();
    return out;
}

#define FAULTS(literal, want) CHECK_STR(faults_of(literal, sizeof literal - 1), want)

TEST(nodes_and_places)
{
    CHECK_INT(parse("# head\nversion: 1\nrules:\n  - id: 'a b'\n    then: [stop, \"x\\ty\"]\n"
                    "  - {id: \xC3\xA9x, then: y}\nempty:\nmap: {}\nseq: []\n"),
              CW_OK);
    const struct cw_node *root = cw_doc_root(doc);
    CHECK_INT(cw_node_kind(root), CW_NODE_MAP);
    CHECK_INT(cw_node_count(root), 5);
    const struct cw_node *version = cw_node_get(root, "version");
    CHECK_STR(cw_node_text(version).at, "1");
    CHECK(cw_node_is_plain(version));
    CHECK_INT(cw_node_place(version).line, 2);
    CHECK_INT(cw_node_place(version).column, 10);
    const struct cw_node *rules = cw_node_get(root, "rules");
    CHECK_INT(cw_node_kind(rules), CW_NODE_SEQ);
    CHECK_INT(cw_node_count(rules), 2);
    const struct cw_node *first = cw_node_item(rules, 0);
    const struct cw_node *id = cw_node_get(first, "id");
    CHECK_STR(cw_node_text(id).at, "a b");
    CHECK(!cw_node_is_plain(id));
    CHECK_INT(cw_node_place(id).width, 5);
    CHECK_STR(cw_node_place(id).file, "f.yaml");
    CHECK_STR(cw_node_text(cw_node_item(cw_node_get(first, "then"), 1)).at, "x\ty");
    const struct cw_node *second = cw_node_item(rules, 1);
    CHECK_STR(cw_node_text(cw_node_get(second, "id")).at, "\xC3\xA9x");
    CHECK_INT(cw_node_place(cw_node_get(second, "id")).width, 2);
    CHECK_INT(cw_node_place(cw_node_key(second, 1)).column, 14); /* in characters, not bytes */
    CHECK_INT(cw_node_count(cw_node_get(root, "map")), 0);
    CHECK_INT(cw_node_count(cw_node_get(root, "seq")), 0);
    CHECK_STR(cw_node_text(cw_node_get(root, "empty")).at, "");
    CHECK(cw_node_get(root, "rule") == NULL);
    CHECK(cw_node_get(rules, "id") == NULL);
    CHECK_INT(cw_node_text(rules).len, 0);
    CHECK_INT(cw_node_count(id), 0);
    end();
}

TEST(text_may_be_destroyed_and_crlf_and_bom_are_fine)
{
    CHECK_INT(parse("\xEF\xBB\xBF"
                    "a: 1\r\nb: |\r\n  x\r\n  y\r\n"),
              CW_OK);
    CHECK_STR(cw_node_text(cw_node_get(cw_doc_root(doc), "b")).at, "x\ny\n");
    CHECK_INT(cw_node_place(cw_node_key(cw_doc_root(doc), 0)).column, 1);
    end();
    CHECK_INT(parse("---\na: no\n...\n"), CW_OK);
    CHECK_STR(cw_node_text(cw_node_get(cw_doc_root(doc), "a")).at, "no");
    end();
}

TEST(large_maps_are_searched)
{
    char text[64 * 200];
    size_t len = 0;
    for (int i = 0; i < 200; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "k%d: %d\n", i * 7 % 200, i);
    CHECK_INT(parse_with(text, len, NULL), CW_OK);
    for (int i = 0; i < 200; i++) {
        char key[16], want[16];
        snprintf(key, sizeof key, "k%d", i * 7 % 200);
        snprintf(want, sizeof want, "%d", i);
        const struct cw_node *value = cw_node_get(cw_doc_root(doc), key);
        CHECK_STR(value ? cw_node_text(value).at : NULL, want);
        CHECK_STR(cw_node_text(cw_node_key(cw_doc_root(doc), (size_t)i)).at, key);
    }
    CHECK(cw_node_get(cw_doc_root(doc), "k") == NULL);
    CHECK(cw_node_get(cw_doc_root(doc), "k200") == NULL);
    end();
    len += (size_t)snprintf(text + len, sizeof text - len, "'k7': x\nk8: x\nk7: y\n");
    CHECK_STR(faults_of(text, len),
              "duplicate-key 201:1+4, duplicate-key 202:1+2, duplicate-key 203:1+2");
}

TEST(what_yaml_has_and_this_language_not)
{
    FAULTS("a: &x 1\n", "yaml-anchor 1:4+4");
    FAULTS("a: &x [1]\nb: &y {c: 1}\n", "yaml-anchor 1:4+1, yaml-anchor 2:4+1");
    FAULTS("a: *x\n", "yaml-alias 1:4+2");
    FAULTS("a: &a [*a]\n", "yaml-anchor 1:4+1, yaml-alias 1:8+2");
    FAULTS("a: !!str x\n", "yaml-tag 1:4+7");
    FAULTS("a: !x [1]\n", "yaml-tag 1:4+1");
    FAULTS("a: ! x\n", "yaml-tag 1:4+3");
    FAULTS("a: ! [x]\n", "yaml-tag 1:4+1");
    FAULTS("a: '!x'\nb: x!\n", "");
    FAULTS("<<: {a: 1}\n", "yaml-merge 1:1+2");
    FAULTS("'<<': 1\n", "");
    FAULTS("%YAML 1.2\n---\na: 1\n", "yaml-directive 1:1+1");
    FAULTS("%TAG ! x:\n---\na: 1\n", "yaml-directive 1:1+1");
    FAULTS("%FOO\n---\na: 1\n", "yaml-directive 1:1+1");
    FAULTS("a: 1\n%FOO\n", "yaml-directive 2:1+1");
    FAULTS("a: 'x\n\n  %FOO'\n", "");
    FAULTS("a: 1\n---\nb: 2\n", "yaml-second-document 2:1+3");
    FAULTS("---\n---\n", "yaml-second-document 2:1+3");
    FAULTS("? a\n: 1\n", "complex-key 1:3+1");
    FAULTS("{? a : 1}\n", "complex-key 1:4+1");
    FAULTS("[a]: 1\n", "complex-key 1:1+1");
    FAULTS("{a: 1}: 2\nb: &x 3\n", "complex-key 1:1+1, yaml-anchor 2:4+4");
    FAULTS(": 1\n", "syntax 1:1+1");
    FAULTS("a: {: 1}\n", "syntax 1:5+1");
    FAULTS("a?: 1\nwhat?: 2\n", "");
}

TEST(braces_of_other_templates)
{
    FAULTS("a: {{ x }}\n", "template-braces 1:4+2");
    FAULTS("- a: 1\n  b: {{ x.y }}\n", "template-braces 2:6+2");
    FAULTS("{{ x }}\n", "template-braces 1:1+2");
    FAULTS("a: {{ x | y: \"z }}\n", "template-braces 1:14+1");
    FAULTS("a: {{ x }} and more\n", "template-braces 1:4+2, template-braces 1:12+1");
    FAULTS("a: '{{ x }}'\n", "template-braces 1:4+9"); /* a warning: the text stays */
    FAULTS("a: 'x{{2}'\n", "");
    FAULTS("a: { {{ x }}", "template-braces 1:6+2, template-braces 1:13+1");
    FAULTS("a: {b: {{ x }}}\n", "template-braces 1:8+2");
    FAULTS("a: { {b: 1}: 2}\n", "complex-key 1:6+1");
    CHECK_INT(parse("a: say {{ x }}\n"), CW_OK);
    CHECK_INT(cw_diags_count(diags, CW_WARNING), 1);
    end();
}

TEST(duplicate_keys)
{
    FAULTS("a: 1\nb: 2\na: 3\n", "duplicate-key 3:1+1");
    FAULTS("a: 1\n\"a\": 2\n", "duplicate-key 2:1+3");
    FAULTS("x: {a: 1, a: 2, a: 3}\n", "duplicate-key 1:11+1, duplicate-key 1:17+1");
    FAULTS("a: 1\n\"\\x61\": 2\n", "duplicate-key 2:1+6");
    FAULTS("a: {a: 1}\nb: {a: 1}\n", "");
    CHECK_INT(parse("a: 1\n\n'a': 2\n"), CW_ESYNTAX);
    CHECK_STR(cw_diags_get(diags, 0)->hint, "first given on line 1");
    end();
}

TEST(characters)
{
    FAULTS("a: \xFF\n", "encoding 1:4+1");
    FAULTS("\xC3\xA9: 1\n\xC3\xA9\xC0\xAF: 2\n", "encoding 2:2+1");
    FAULTS("a: b\0c\n", "encoding 1:5+1");
    FAULTS("a: \x1b[2J\n", "encoding 1:4+1");
    FAULTS("a: 1\rb: 2\n", "encoding 1:5+1");
    FAULTS("a: 1\r", "encoding 1:5+1");
    FAULTS("a: \xC2\x85\n", "encoding 1:4+1");
    FAULTS("a: \xE2\x80\xA8\n", "encoding 1:4+1");
    FAULTS("tok\xE2\x80\xAE"
           "en: x\n",
           "encoding 1:4+1");
    FAULTS("a: 1\n\xEF\xBB\xBF"
           "b: 1\n",
           "encoding 2:1+1");
    FAULTS("\xEF\xBB\xBF\xEF\xBB\xBF"
           "b: 1\n",
           "encoding 1:1+1");
    FAULTS("\xFF\xFE"
           "a\0:\0",
           "encoding 1:1+1");
    FAULTS("\xFE\xFF\0a\0:", "encoding 1:1+1");
    FAULTS("\"a\\0b\": 1\n", "encoding 1:1+6");
    FAULTS("a: \"x\\0\"\n", "encoding 1:4+5");
    FAULTS("a: \xED\xA0\x80\n", "encoding 1:4+1");
    FAULTS("a: \"\\u202e\"\nb: \xF0\x9F\x98\x80\n", "");
}

TEST(syntax)
{
    FAULTS("", "syntax 1:1+1");
    FAULTS("# nothing\n", "syntax 1:1+1");
    FAULTS("\xEF\xBB\xBF", "syntax 1:1+1");
    FAULTS("a: [1\n", "syntax 1:4+1");
    FAULTS("a: [1", "syntax 1:4+1");
    FAULTS("a:\n  - { b: 1\n  - c\n", "syntax 2:5+1");
    FAULTS("a: {\n  b: 1\n  c: 2\n}\n", "syntax 3:4+1");
    FAULTS("a: 'x\n", "syntax 1:4+1");
    FAULTS("a: 1\n b: 2\n", "syntax 2:3+1");
    FAULTS("a: b: c\n", "syntax 1:5+1");
    FAULTS("a:\n\t- b\n", "syntax 2:1+1");
    FAULTS("a: @x\n", "syntax 1:4+1");
    FAULTS("a: {b: ${x}}\n", "syntax 1:9+1");
    FAULTS("a: |9\n x\n", "syntax 2:2+1");
    FAULTS("a: 1\n...\njunk: [\n", "syntax 3:1+1");
    CHECK_INT(parse("a:\n\t- b\n"), CW_ESYNTAX);
    CHECK_STR(cw_diags_get(diags, 0)->hint, "indent with blanks, not with tabs");
    end();
    CHECK_INT(parse("a: {b: ${x}}\n"), CW_ESYNTAX);
    CHECK_STR(cw_diags_get(diags, 0)->hint,
              "inside { } and [ ] a template, or a path with [ ], needs quotes");
    end();
}

static enum cw_status repeated(const char *unit, size_t n, const char *last, const char *code)
{
    size_t len = strlen(unit);
    char *text = malloc(n * len + 64);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, unit, len);
    strcpy(text + n * len, last);
    enum cw_status status = parse_with(text, n * len + strlen(last), NULL);
    CHECK_STR(cw_diags_total(diags) ? cw_diags_get(diags, 0)->code : NULL, code);
    end();
    free(text);
    return status;
}

/* A list in an entry of a section. */
static enum cw_status entry_of(size_t n)
{
    char *text = malloc(n * 4 + 64);
    size_t len = (size_t)sprintf(text, "rules:\n- [");
    for (size_t i = 0; i < n; i++)
        len += (size_t)sprintf(text + len, i ? ", x" : "x");
    len += (size_t)sprintf(text + len, "]\n");
    enum cw_status status = parse_with(text, len, NULL);
    end();
    free(text);
    return status;
}

TEST(ceilings)
{
    CHECK_INT(repeated("[", 16, "]]]]]]]]]]]]]]]]", NULL), CW_OK);
    CHECK_INT(repeated("[", 17, "]]]]]]]]]]]]]]]]]", "too-deep"), CW_ELIMIT);
    CHECK_INT(repeated("[", 100000, "", "too-deep"), CW_ELIMIT);
    CHECK_INT(repeated("[\n", 100000, "", "too-deep"), CW_ELIMIT);
    CHECK_INT(repeated("{a: ", 100000, "", "too-deep"), CW_ELIMIT);
    CHECK_INT(repeated("- ", 32, "a", NULL), CW_OK);
    CHECK_INT(repeated("- ", 33, "a", "too-deep"), CW_ELIMIT);
    CHECK_INT(repeated("- ", 100000, "a", "too-deep"), CW_ELIMIT);
    CHECK_INT(repeated("? ", 100000, "a", "complex-key"), CW_ELIMIT);
    CHECK_INT(repeated("x", 65536, "", NULL), CW_OK);
    CHECK_INT(repeated("x", 65537, "", "too-large"), CW_ELIMIT);
    CHECK_INT(repeated("x", 9 << 20, "", "too-large"), CW_ELIMIT);
    CHECK_INT(repeated("# x\n", 1 << 20, "", "too-large"), CW_ELIMIT);
    CHECK_INT(repeated("- &a x\n", 50000, "", "yaml-anchor"), CW_ESYNTAX);
    CHECK_INT(repeated("- *a\n", 50000, "", "yaml-alias"), CW_ESYNTAX);
    CHECK_INT(repeated("- !a b\n", 50000, "", "yaml-tag"), CW_ESYNTAX);
    CHECK_INT(repeated("%A b\n", 50000, "", "yaml-directive"), CW_ESYNTAX);
    CHECK_INT(repeated("  - {a: b}\n", 50000, "", NULL), CW_OK); /* many entries */
    CHECK_INT(repeated("  - a\n", 50000, "", NULL), CW_OK);
    CHECK_INT(entry_of(10000), CW_OK);
    CHECK_INT(entry_of(10001), CW_ELIMIT);
    CHECK_INT(parse_with("a:\n- [b, c]\n- {d: e, f: g}\n", 27, &(struct cw_doc_limits){.entry = 4}),
              CW_OK);
    end();
    CHECK_INT(parse_with("a:\n- [b, c]\n- {d: e, f: g}\n", 27, &(struct cw_doc_limits){.entry = 3}),
              CW_ELIMIT);
    CHECK_INT(cw_diags_get(diags, 0)->place.line, 3);
    end();
    struct cw_doc_limits few = {.nodes = 3, .bytes = 12, .depth = 2};
    CHECK_INT(parse_with("[a, b]", 6, &few), CW_OK);
    end();
    CHECK_INT(parse_with("[a, b, c]", 9, &few), CW_ELIMIT);
    end();
    CHECK_INT(parse_with("[a, bbbbbbbb]", 13, &few), CW_ELIMIT);
    end();
    CHECK_INT(parse_with("[[[]]]", 6, &few), CW_ELIMIT);
    end();
}

TEST(every_cut_ends_well)
{
    static const char text[] =
        "version: 1\nusers:\n  ada: {awork: \"a\\u00e9\", aliases: [x, 'y']}\n"
        "rules:\n- id: a\n  when: b.c\n  then: |\n    x\n  if: {a: 1}\n";
    for (size_t len = 1; len < sizeof text; len++) {
        enum cw_status status = parse_with(text, len, NULL);
        CHECK(status == CW_OK || status == CW_ESYNTAX);
        for (size_t i = 0; i < cw_diags_total(diags); i++)
            CHECK(cw_diags_get(diags, i)->place.line > 0);
        end();
    }
}

TEST(shared_corpus)
{
    const char *folder = check_shared("hostile/yaml");
    unsigned count = 0;
    if (!folder) {
        printf("skipped: the shared hostile YAML files are not here\n");
        return;
    }
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[8192];
        size_t len = 0, name = strlen(e->d_name);
        if (name < 6 || strcmp(e->d_name + name - 5, ".yaml") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        char *text = check_read(path, &len);
        enum cw_status status = parse_with(text, len, NULL);
        char *shown = cw_diags_render(diags, false);
        for (const char *p = shown; p && *p; p++)
            CHECK((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
        if (status != CW_OK)
            CHECK(strstr(shown, "f.yaml:") != NULL);
        free(shown);
        free(text);
        end();
        count++;
    }
    closedir(dir);
    CHECK(count >= 40);
}

CHECK_MAIN
