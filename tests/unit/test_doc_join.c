/* Several files as one document. */
#include "lab.h"

#include "check.h"

static struct cw_diags *diags;
static struct cw_doc *doc;

static enum cw_status join(size_t n, const struct lab_file *files)
{
    diags = cw_diags_create();
    doc = NULL;
    enum cw_status status = lab_parse(files, n, diags, &doc);
    CHECK((cw_diags_count(diags, CW_ERROR) == 0) == (status == CW_OK));
    return status;
}

#define JOIN(...)                                                                                  \
    join(sizeof(struct lab_file[]){__VA_ARGS__} / sizeof(struct lab_file),                         \
         (struct lab_file[]){__VA_ARGS__})

static void end(void)
{
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
}

static void expect(const char *want)
{
    char *got = cw_diags_render(diags, false);
    CHECK_STR(got, want);
    free(got);
    end();
}

TEST(sections_are_put_together_in_order)
{
    CHECK_INT(JOIN({"a", "version: 1\ninclude: [b, c]\nrules: [r1]\nusers: { ada: 1 }\n"},
                   {"b", "rules: [r2, r3]\nusers: { bob: 2 }\nhours: { work: w }\n"},
                   {"c", "version: 1\nusers: { cy: 3 }\nrules: [r4]\ntimezone: UTC\n"}),
              CW_OK);
    const struct cw_node *root = cw_doc_root(doc), *rules = cw_node_get(root, "rules");
    const struct cw_node *users = cw_node_get(root, "users");
    CHECK(!cw_node_get(root, "include"));
    CHECK_INT(cw_node_count(root), 5);
    CHECK_INT(cw_node_count(rules), 4);
    for (size_t i = 0; i < 4; i++) {
        const struct cw_node *item = cw_node_item(rules, i);
        CHECK_INT(cw_node_text(item).at[1] - '1', (int)i);
        CHECK_STR(cw_node_place(item).file, i == 0 ? "a" : i == 3 ? "c" : "b");
    }
    CHECK_INT(cw_node_count(users), 3);
    CHECK_STR(cw_node_text(cw_node_get(users, "bob")).at, "2");
    CHECK_INT(cw_node_place(cw_node_key(users, 2)).line, 2);
    CHECK_STR(cw_node_place(users).file, "a");
    CHECK_STR(cw_node_text(cw_node_get(root, "timezone")).at, "UTC");
    CHECK_STR(cw_node_place(root).file, "a");
    end();
}

TEST(one_file_joins_too)
{
    diags = cw_diags_create();
    CHECK_INT(cw_doc_parse("a", CW_TEXT("version: 1\ninclude: none\nrules:\n"), NULL, diags, &doc),
              CW_OK);
    CHECK_INT(cw_doc_join(doc, diags), CW_OK);
    CHECK_INT(cw_node_count(cw_doc_root(doc)), 2);
    CHECK(cw_node_get(cw_doc_root(doc), "rules") != NULL);
    end();
}

TEST(an_empty_section_is_none)
{
    CHECK_INT(JOIN({"a", "rules:\nusers: {}\n"}, {"b", "rules: [x]\nusers:\n"}), CW_OK);
    CHECK_INT(cw_node_count(cw_node_get(cw_doc_root(doc), "rules")), 1);
    CHECK_INT(cw_node_kind(cw_node_get(cw_doc_root(doc), "users")), CW_NODE_MAP);
    end();
}

TEST(large_maps_are_searched_and_compared)
{
    char a[4000], b[4000];
    size_t n = (size_t)snprintf(a, sizeof a, "users:\n"),
           m = (size_t)snprintf(b, sizeof b, "users:\n");
    for (int i = 0; i < 100; i++) {
        n += (size_t)snprintf(a + n, sizeof a - n, "  a%d: %d\n", i * 37 % 100, i);
        m += (size_t)snprintf(b + m, sizeof b - m, "  b%d: %d\n", i * 41 % 100, i);
    }
    CHECK_INT(JOIN({"a", a}, {"b", b}), CW_OK);
    const struct cw_node *users = cw_node_get(cw_doc_root(doc), "users");
    CHECK_INT(cw_node_count(users), 200);
    for (size_t i = 0; i < cw_node_count(users); i++)
        CHECK(cw_node_get(users, cw_node_text(cw_node_key(users, i)).at) ==
              cw_node_value(users, i));
    end();
    CHECK_INT(JOIN({"a", a}, {"b", "users:\n  a7: x\n"}, {"c", "users: {b1: x, b2: x, a7: x}\n"}),
              CW_ESYNTAX);
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 2);
    end();
}

TEST(a_second_definition_names_the_first_place)
{
    CHECK_INT(JOIN({"a.yaml", "version: 1\ntimezone: UTC\nusers: { ada: {}, bob: {} }\n"},
                   {"b.yaml", "version: 2\nusers:\n  cy: {}\n  ada: {}\nrules: {}\n"},
                   {"c.yaml", "timezone: UTC\nrules: [x]\n"}),
              CW_ESYNTAX);
    expect("b.yaml:1:1: error[duplicate-key]: `version` is given twice\n"
           "1 | version: 2\n"
           "  | ^~~~~~~\n"
           "   = first given at a.yaml:1:1\n"
           "b.yaml:4:3: error[duplicate-key]: `users.ada` is given twice\n"
           "4 |   ada: {}\n"
           "  |   ^~~\n"
           "   = first given at a.yaml:3:10\n"
           "c.yaml:1:1: error[duplicate-key]: `timezone` is given twice\n"
           "1 | timezone: UTC\n"
           "  | ^~~~~~~~\n"
           "   = first given at a.yaml:2:1\n"
           "c.yaml:2:1: error[wrong-kind]: `rules` is a list here and a mapping in another file\n"
           "2 | rules: [x]\n"
           "  | ^~~~~\n"
           "   = first given at b.yaml:5:1\n");
}

TEST(a_file_is_a_mapping)
{
    CHECK_INT(JOIN({"a.yaml", "version: 1\n"}, {"b.yaml", "- id: x\n"}), CW_ESYNTAX);
    expect("b.yaml:1:1: error[wrong-kind]: a file is a mapping of sections, such as `rules` and "
           "`users`\n"
           "1 | - id: x\n"
           "  | ^\n");
    CHECK_INT(JOIN({"a.yaml", "version: 1\n"}, {"b.yaml", ""}), CW_ESYNTAX);
    CHECK_STR(cw_diags_get(diags, 0)->place.file, "b.yaml");
    end();
}

TEST(the_version_is_the_first_files)
{
    CHECK_INT(JOIN({"a", "rules: []\n"}, {"b", "version: 1\n"}), CW_OK);
    CHECK(!cw_node_get(cw_doc_root(doc), "version"));
    end();
}

TEST(limits_hold_for_all_files)
{
    const struct cw_doc_limits limits = {.bytes = 20, .nodes = 8};
    const struct cw_node *root = NULL;
    diags = cw_diags_create();
    CHECK_INT(cw_doc_parse("a", CW_TEXT("a: [1]\n"), &limits, diags, &doc), CW_OK);
    CHECK_INT(cw_doc_add(doc, "b", CW_TEXT("b: [1]\n"), diags, &root), CW_OK);
    CHECK_INT(cw_doc_add(doc, "c", CW_TEXT("c: 1\n"), diags, &root), CW_ELIMIT);
    CHECK_STR(cw_diags_get(diags, 0)->code, "too-large");
    CHECK_STR(cw_diags_get(diags, 0)->place.file, "c");
    CHECK_INT(cw_doc_add(doc, "d", CW_TEXT("d: 1\n"), diags, &root), CW_ELIMIT);
    CHECK_INT(cw_doc_join(doc, diags), CW_OK); /* what was taken is as it was */
    CHECK_INT(cw_node_count(cw_doc_root(doc)), 2);
    end();
}

TEST(many_files_and_diagnostics_keep_their_order)
{
    struct lab_file *files = calloc(1000, sizeof *files);
    static char names[1000][16], texts[1000][48];
    for (int i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        snprintf(texts[i], sizeof texts[i], "rules: [x%d, y%d]\nusers: { u%d: 1, u0: 1 }\n", i, i,
                 i);
        files[i] = (struct lab_file){names[i], texts[i]};
    }
    texts[0][strlen("rules: [x0, y0]\nusers: { u0: 1")] = '}';
    texts[0][strlen("rules: [x0, y0]\nusers: { u0: 1}")] = '\0';
    CHECK_INT(join(1000, files), CW_ESYNTAX);
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 999);
    for (size_t i = 0; i < cw_diags_total(diags); i++)
        CHECK_STR(cw_diags_get(diags, i)->place.file, names[i + 1]);
    end();
    free(files);
}

CHECK_MAIN
