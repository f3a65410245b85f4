#include <clockwire/doc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct cw_place at(const char *file, uint32_t line, uint32_t column, uint32_t width)
{
    return (struct cw_place){file, line, column, width};
}

static void renders(struct cw_diags *diags, const char *want)
{
    char *got = cw_diags_render(diags, false);
    CHECK_STR(got, want);
    free(got);
    cw_diags_destroy(diags);
}

TEST(looks_like_a_compilers)
{
    struct cw_diags *diags = cw_diags_create();
    cw_diags_file(diags, "a.yaml", CW_TEXT("version: 1\nrules:\n  - whn: x\n"));
    cw_diags_add(diags, CW_ERROR, "unknown-key", at("a.yaml", 3, 5, 3), "did you mean `when`?",
                 "a rule has no key `%s`", "whn");
    cw_diags_add(diags, CW_WARNING, "syntax", at("a.yaml", 4, 1, 1), NULL, "at the end");
    cw_diags_add(diags, CW_NOTE, "syntax", at("b.yaml", 1, 2, 1), NULL, "in an unknown file");
    cw_diags_add(diags, CW_ERROR, "syntax", at("b.yaml", 0, 0, 0), NULL, "in the whole file");
    cw_diags_add(diags, CW_ERROR, "syntax", at(NULL, 0, 0, 0), "a hint", "nowhere");
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 3);
    CHECK_INT(cw_diags_count(diags, CW_WARNING), 1);
    CHECK_INT(cw_diags_total(diags), 5);
    renders(diags, "error[syntax]: nowhere\n"
                   "   = a hint\n"
                   "a.yaml:3:5: error[unknown-key]: a rule has no key `whn`\n"
                   "3 |   - whn: x\n"
                   "  |     ^~~\n"
                   "   = did you mean `when`?\n"
                   "a.yaml:4:1: warning[syntax]: at the end\n"
                   "4 | \n"
                   "  | ^\n"
                   "b.yaml: error[syntax]: in the whole file\n"
                   "b.yaml:1:2: note[syntax]: in an unknown file\n");
}

TEST(order_is_file_line_column)
{
    struct cw_diags *diags = cw_diags_create();
    cw_diags_file(diags, "z", CW_TEXT(""));
    cw_diags_file(diags, "a", CW_TEXT(""));
    cw_diags_add(diags, CW_ERROR, "syntax", at("a", 1, 1, 1), NULL, "4");
    cw_diags_add(diags, CW_ERROR, "syntax", at("z", 2, 1, 1), NULL, "2");
    cw_diags_add(diags, CW_ERROR, "syntax", at("z", 2, 1, 1), NULL, "3");
    cw_diags_add(diags, CW_ERROR, "syntax", at("z", 1, 9, 1), NULL, "1");
    cw_diags_add(diags, CW_ERROR, "syntax", at("z", 1, 2, 1), NULL, "0");
    for (size_t i = 0; i < 5; i++)
        CHECK_INT(cw_diags_get(diags, i)->text[0], '0' + (int)i);
    cw_diags_destroy(diags);
    cw_diags_destroy(NULL);
}

TEST(names_are_copied)
{
    struct cw_diags *diags = cw_diags_create();
    char name[] = "file", hint[] = "hint";
    cw_diags_add(diags, CW_ERROR, "syntax", at(name, 1, 1, 1), hint, "%s", hint);
    memset(name, 'x', 4);
    memset(hint, 'x', 4);
    CHECK_STR(cw_diags_get(diags, 0)->place.file, "file");
    CHECK_STR(cw_diags_get(diags, 0)->hint, "hint");
    CHECK_STR(cw_diags_get(diags, 0)->text, "hint");
    cw_diags_destroy(diags);
}

TEST(controls_and_tabs)
{
    struct cw_diags *diags = cw_diags_create();
    cw_diags_file(diags, "f", CW_TEXT("\t\x1b[0m\t\xC3\xA9\xFFx: y\r\n"));
    cw_diags_add(diags, CW_ERROR, "syntax", at("f", 1, 8, 2), "a\nb", "bad \x1b[2J\n\xE2\x80\xAE");
    CHECK_STR(cw_diags_get(diags, 0)->text, "bad \\x1b[2J\\n\\u202e");
    cw_diags_add(diags, CW_ERROR, "syntax", at("f\x1b", 1, 1, 1), NULL, "x");
    renders(diags, "f:1:8: error[syntax]: bad \\x1b[2J\\n\\u202e\n"
                   "1 | \t\\x1b[0m\t\xC3\xA9\\xffx: y\n"
                   "  | \t       \t ^~~~~\n"
                   "   = a\\nb\n"
                   "f\\x1b:1:1: error[syntax]: x\n");
}

TEST(long_lines_are_cut_around_the_caret)
{
    char line[400];
    for (size_t i = 0; i < sizeof line; i++)
        line[i] = (char)('0' + i % 10);
    for (uint32_t column = 1; column < 410; column++) {
        struct cw_diags *diags = cw_diags_create();
        cw_diags_file(diags, "f", (struct cw_text){line, sizeof line});
        cw_diags_add(diags, CW_ERROR, "syntax", at("f", 1, column, 3), NULL, "x");
        char *got = cw_diags_render(diags, false);
        char *text = strchr(got, '\n') + 1, *carets = strchr(text, '\n') + 1;
        CHECK(carets - text <= 100 + 4 + 6 + 1);
        size_t place = strcspn(carets, "^");
        if (column <= sizeof line)
            CHECK_INT(text[place], line[column - 1]);
        free(got);
        cw_diags_destroy(diags);
    }
}

TEST(colour_is_asked_for)
{
    struct cw_diags *diags = cw_diags_create();
    cw_diags_add(diags, CW_ERROR, "syntax", at(NULL, 0, 0, 0), NULL, "x");
    char *got = cw_diags_render(diags, true);
    CHECK_STR(got, "\x1b[1;31merror[syntax]\x1b[0m: x\n");
    free(got);
    cw_diags_destroy(diags);
}

TEST(two_hundred_are_kept)
{
    struct cw_diags *diags = cw_diags_create();
    for (uint32_t i = 0; i < 250; i++)
        cw_diags_add(diags, CW_ERROR, "syntax", at("f", 250 - i, 1, 1), NULL, "x");
    CHECK_INT(cw_diags_count(diags, CW_ERROR), 250);
    CHECK_INT(cw_diags_total(diags), 200);
    char *got = cw_diags_render(diags, false);
    CHECK(strstr(got, "\n... and 50 more\n") != NULL);
    free(got);
    cw_diags_destroy(diags);
}

static const char *nearest(const char *word)
{
    static const char *const words[] = {"when", "wait", "unless", "then", "type_of_work", "id"};
    return cw_nearest(cw_text_of(word), words, sizeof words / sizeof *words);
}

TEST(nearest_word)
{
    CHECK_STR(nearest("whn"), "when");
    CHECK_STR(nearest("wehn"), "when");
    CHECK_STR(nearest("unles"), "unless");
    CHECK_STR(nearest("typeofwork"), "type_of_work");
    CHECK_STR(nearest("di"), "id");
    CHECK_STR(nearest("when"), "when");
    CHECK_STR(nearest("thne"), "then");
    CHECK_STR(nearest("elephant"), NULL);
    CHECK_STR(nearest(""), NULL);
    CHECK_STR(nearest("wxyn"), NULL);
    char longer[200];
    memset(longer, 'a', sizeof longer);
    CHECK(cw_nearest((struct cw_text){longer, 200}, NULL, 0) == NULL);
    const char *const words[] = {longer};
    longer[199] = '\0';
    CHECK(cw_nearest((struct cw_text){longer, 64}, words, 1) == NULL);
}

CHECK_MAIN
