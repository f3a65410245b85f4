#include <clockwire/doc.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tape.h"

/* Reads from an exact heap block, so that a read beyond the end is seen. */
static enum cw_status verdict(const char *text, size_t len)
{
    struct cw_json *json = cw_json_create();
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    enum cw_status status = cw_json_read(json, (struct cw_text){copy, len}, NULL);
    CHECK((cw_json_root(json).kind != CW_MISSING) == (status == CW_OK));
    free(copy);
    cw_json_destroy(json);
    return status;
}

#define T(literal)                                                                                 \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

static const struct cw_text legal[] = {
    T("null"),
    T("true"),
    T("false"),
    T("0"),
    T("-0"),
    T("1"),
    T("-1"),
    T("10"),
    T("0.0"),
    T("-0.0"),
    T("1.5"),
    T("1e5"),
    T("1E5"),
    T("1e+5"),
    T("1e-5"),
    T("0e0"),
    T("0E+0"),
    T("123456789012345678901234567890"),
    T("1e400"),
    T("-1e-400"),
    T("0.10000000000000000000001"),
    T("\"\""),
    T("\"a\""),
    T("\"\\\"\""),
    T("\"\\\\\""),
    T("\"\\/\""),
    T("\"\\b\\f\\n\\r\\t\""),
    T("\"\\u0000\""),
    T("\"\\u00e9\""),
    T("\"\\uD834\\uDD1E\""),
    T("\"\\uD800\""),
    T("\"\\uDC00\""),
    T("\"\\uD800\\uD800\\uDC00\""),
    T("\"\\uD800x\""),
    T("\"\\uDBFF\\uDFFF\""),
    T("\"\x7f\""),
    T("\"\xC2\x80\""),
    T("\"\xDF\xBF\""),
    T("\"\xE0\xA0\x80\""),
    T("\"\xED\x9F\xBF\""),
    T("\"\xEE\x80\x80\""),
    T("\"\xEF\xBF\xBF\""),
    T("\"\xEF\xBB\xBF\""),
    T("\"\xF0\x90\x80\x80\""),
    T("\"\xF4\x8F\xBF\xBF\""),
    T("[]"),
    T("{}"),
    T(" [ ] "),
    T("\t\r\n {\t} \n"),
    T("[1]"),
    T("[1,2]"),
    T("[ 1 , 2 ]"),
    T("[[],[]]"),
    T("[{},{}]"),
    T("{\"\":0}"),
    T("{\"a\":1}"),
    T("{ \"a\" : 1 , \"b\" : [ ] }"),
    T("{\"a\":1,\"a\":2}"),
    T("{\"a\":{\"b\":{\"c\":[]}}}"),
    T("[null,true,false]"),
    T("{\"\\u0061\":1}"),
    T("\"0123456789abcdef\""),
    T("\"0123456789abcde\\\"\""),
    T("\"0123456789abcdef0123456789abcdef\""),
    T("\"0123456789abcdef\xC3\xA9"
      "0123456789abcdef\""),
    T("[\"\xE2\x82\xAC\xE2\x82\xAC\"]"),
};

static const struct cw_text wrong[] = {
    T(""),
    T(" "),
    T("nul"),
    T("nulL"),
    T("Null"),
    T("truefalse"),
    T("tru"),
    T("fals"),
    T("NaN"),
    T("Infinity"),
    T("-Infinity"),
    T("undefined"),
    T("+1"),
    T("01"),
    T("-01"),
    T("00"),
    T("-"),
    T("--1"),
    T("1."),
    T(".5"),
    T("-.5"),
    T("1.e5"),
    T("1e"),
    T("1e+"),
    T("1e5.5"),
    T("0x10"),
    T("1_000"),
    T("1 2"),
    T("1,"),
    T("1a"),
    T("\xEF\xBB\xBF"
      "1"),
    T("\xFF\xFE"
      "1\0"),
    T("\0"),
    T("1\0"),
    T("\0"
      "1"),
    T("[\0]"),
    T("\""),
    T("\"a"),
    T("\"\\"),
    T("\"\\\""),
    T("\"\\x41\""),
    T("\"\\a\""),
    T("\"\\'\""),
    T("\"\\\0\""),
    T("\"\\u\""),
    T("\"\\u00\""),
    T("\"\\u00g0\""),
    T("\"\\U0041\""),
    T("\"\\u 041\""),
    T("\"\\u+041\""),
    T("\"\n\""),
    T("\"\t\""),
    T("\"\0\""),
    T("\"\x1f\""),
    T("'a'"),
    T("a"),
    T("\"a\"b"),
    T("\"\x80\""),
    T("\"\xC0\x80\""),
    T("\"\xC1\xBF\""),
    T("\"\xC3\""),
    T("\"\xC3(\""),
    T("\"\xE0\x80\x80\""),
    T("\"\xE0\x9F\xBF\""),
    T("\"\xED\xA0\x80\""),
    T("\"\xED\xBF\xBF\""),
    T("\"\xE2\x82\""),
    T("\"\xF0\x80\x80\x80\""),
    T("\"\xF0\x8F\xBF\xBF\""),
    T("\"\xF4\x90\x80\x80\""),
    T("\"\xF5\x80\x80\x80\""),
    T("\"\xF8\x88\x80\x80\x80\""),
    T("\"\xFF\""),
    T("\"\xF0\x9F\x92"),
    T("["),
    T("]"),
    T("[1"),
    T("[1,"),
    T("[1,]"),
    T("[,1]"),
    T("[,]"),
    T("[1,,2]"),
    T("[1 2]"),
    T("[1}"),
    T("[}"),
    T("[]]"),
    T("[[]"),
    T("[\"a\""),
    T("[1:2]"),
    T("{"),
    T("}"),
    T("{]"),
    T("{\"a\""),
    T("{\"a\":"),
    T("{\"a\":1"),
    T("{\"a\":1,"),
    T("{\"a\":1,}"),
    T("{,\"a\":1}"),
    T("{\"a\",1}"),
    T("{\"a\" 1}"),
    T("{\"a\":1 \"b\":2}"),
    T("{\"a\"::1}"),
    T("{\"a\":1]"),
    T("{a:1}"),
    T("{1:1}"),
    T("{'a':1}"),
    T("{null:1}"),
    T("{[]:1}"),
    T("{\"a\":}"),
    T("{\"a\":1}}"),
    T("{\"a\":1}#"),
    T("{} {}"),
    T("/**/1"),
    T("1//x"),
    T("[1]x"),
    T("\f1"),
    T("\v1"),
    T("\xC2\xA0"
      "1"),
    T("[\xC3\xA9]"),
    T("\"0123456789abcdef\x01\""),
    T("\"0123456789abcdef"),
    T("[1e9,-]"),
    T("(1)"),
    T("<a/>"),
    T("\"0123456789abcdef\xC3\x28"
      "0123456789abcdef\""),
};

TEST(table_of_verdicts)
{
    for (size_t i = 0; i < sizeof legal / sizeof *legal; i++)
        if (verdict(legal[i].at, legal[i].len) != CW_OK)
            CHECK_STR("refused", legal[i].at);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (verdict(wrong[i].at, wrong[i].len) != CW_ESYNTAX)
            CHECK_STR("accepted", wrong[i].at);
}

TEST(every_cut_of_a_text_is_refused)
{
    static const char text[] =
        "{\"a\":[1.5e3,true,null,\"\\u00e9\\ud834\\udd1e\xE2\x82\xAC\"],\"b\":{}}";
    CHECK_INT(verdict(text, sizeof text - 1), CW_OK);
    for (size_t len = 0; len < sizeof text - 1; len++)
        CHECK_INT(verdict(text, len), CW_ESYNTAX);
}

/* A string that differs from plain in one place, at every place: the wide scan misses nothing. */
TEST(every_byte_at_every_place)
{
    char text[52];
    for (size_t at = 1; at < sizeof text - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memset(text, 'x', sizeof text);
            text[0] = text[sizeof text - 1] = '"';
            text[at] = (char)byte;
            bool good = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
            if ((verdict(text, sizeof text) == CW_OK) != good)
                CHECK_INT(byte, -(int)at);
        }
    }
}

static enum cw_status nested(size_t depth, bool objects)
{
    const char *open = objects ? "{\"a\":" : "[", *close = objects ? "}" : "]";
    size_t n = strlen(open), len = 0;
    char *text = malloc(depth * (n + 1) + 1);
    for (size_t i = 0; i < depth; i++, len += n)
        memcpy(text + len, open, n);
    text[len++] = '1';
    for (size_t i = 0; i < depth; i++)
        text[len++] = *close;
    enum cw_status status = verdict(text, len);
    free(text);
    return status;
}

TEST(depth_has_a_ceiling)
{
    CHECK_INT(nested(512, false), CW_OK);
    CHECK_INT(nested(512, true), CW_OK);
    CHECK_INT(nested(513, false), CW_ELIMIT);
    CHECK_INT(nested(513, true), CW_ELIMIT);
    CHECK_INT(nested(100000, false), CW_ELIMIT);
}

TEST(tape_has_a_budget)
{
    struct cw_json *json = cw_json_create();
    struct cw_error err = {0};
    char text[2001];
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 1 + 2 * i, "0,", 2);
    text[0] = '[';
    text[2000] = ']';
    cw_json_limit(json, 1000 * 16);
    CHECK_INT(cw_json_read(json, (struct cw_text){text, 2001}, &err), CW_ELIMIT);
    CHECK_STR(err.text, "JSON: too many values (byte 1999)");
    CHECK_INT(cw_json_root(json).kind, CW_MISSING);
    cw_json_limit(json, 1001 * 16);
    CHECK_INT(cw_json_read(json, (struct cw_text){text, 2001}, &err), CW_OK);
    cw_json_limit(json, 16);
    CHECK_INT(cw_json_read(json, CW_TEXT("[]"), &err), CW_OK);
    CHECK_INT(cw_json_read(json, CW_TEXT("[0]"), &err), CW_ELIMIT);
    cw_json_limit(json, 0);
    CHECK_INT(cw_json_read(json, (struct cw_text){text, 2001}, &err), CW_OK);
    cw_json_destroy(json);
    cw_json_destroy(NULL);
}

TEST(faults_have_a_place)
{
    struct cw_json *json = cw_json_create();
    struct cw_error err = {0};
    CHECK_INT(cw_json_read(json, CW_TEXT("{\"a\": tru}"), &err), CW_ESYNTAX);
    CHECK_INT(err.at, 6);
    CHECK_INT(cw_json_read(json, CW_TEXT("[1,2,\"a\x01\"]"), &err), CW_ESYNTAX);
    CHECK_INT(err.at, 7);
    CHECK_INT(cw_json_read(json, CW_TEXT("[1] x"), &err), CW_ESYNTAX);
    CHECK_INT(err.at, 4);
    CHECK_STR(err.text, "JSON: something follows the value (byte 4)");
    cw_json_destroy(json);
}

TEST(large_text_is_read)
{
    size_t len = 26u << 20;
    char *text = malloc(len);
    memset(text, 'x', len);
    memcpy(text, "[\"", 2);
    memcpy(text + len - 2, "\"]", 2);
    CHECK_INT(verdict(text, len), CW_OK);
    text[len / 2] = '\n';
    CHECK_INT(verdict(text, len), CW_ESYNTAX);
    free(text);
}

static struct cw_value get(struct cw_json *json, struct cw_arena *arena, const char *path)
{
    struct cw_path compiled = {0};
    struct cw_value root = cw_json_root(json), value = {.truth = true};
    CHECK_INT(cw_path_parse(cw_text_of(path), arena, &compiled, NULL), CW_OK);
    CHECK_INT(cw_value_get(&root, compiled, arena, &value), CW_OK);
    return value;
}

TEST(strings_are_decoded)
{
    static const struct {
        const char *sent, *want;
        size_t len;
    } cases[] = {
        {"\"plain\"", "plain", 5},
        {"\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d", 7},
        {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t", 5},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xC3\xA9\xE2\x82\xAC", 6},
        {"\"\\ud83d\\ude00!\"", "\xF0\x9F\x98\x80!", 5},
        {"\"\\ud83d\"", "\xEF\xBF\xBD", 3},
        {"\"\\ude00\\ud83d\"", "\xEF\xBF\xBD\xEF\xBF\xBD", 6},
        {"\"\\ud83d\\ud83d\\ude00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80", 7},
        {"\"a\\u0000b\"", "a\0b", 3},
    };
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(cw_json_read(json, cw_text_of(cases[i].sent), NULL), CW_OK);
        struct cw_value root = cw_json_root(json);
        CHECK_INT(root.kind, CW_STRING);
        CHECK_INT(root.text.len, cases[i].len);
        CHECK(memcmp(root.text.at, cases[i].want, cases[i].len) == 0);
        char list[100];
        snprintf(list, sizeof list, "{\"k\":%s}", cases[i].sent);
        CHECK_INT(cw_json_read(json, cw_text_of(list), NULL), CW_OK);
        struct cw_value inner = get(json, arena, "k");
        CHECK_INT(inner.text.len, cases[i].len);
        CHECK(memcmp(inner.text.at, cases[i].want, cases[i].len) == 0);
    }
    cw_arena_destroy(arena);
    cw_json_destroy(json);
}

TEST(doubts_are_told)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 16);
    CHECK_INT(cw_json_read(json, CW_TEXT("{\"a\":1,\"b\":2,\"a\":3,\"c\":\"\\udc00\"}"), NULL),
              CW_OK);
    CHECK_INT(cw_json_doubts(json), CW_JSON_LONE_SURROGATE);
    CHECK_MEM(get(json, arena, "b").text.at, 1, "2");
    CHECK_INT(cw_json_doubts(json), CW_JSON_LONE_SURROGATE);
    CHECK_MEM(get(json, arena, "a").text.at, 1, "3"); /* the last one counts */
    CHECK_INT(cw_json_doubts(json), CW_JSON_LONE_SURROGATE | CW_JSON_NAME_TWICE);
    CHECK_INT(cw_json_read(json, CW_TEXT("{\"a\":1,\"\\u0061\":3}"), NULL), CW_OK);
    CHECK_INT(cw_json_doubts(json), 0);
    CHECK_MEM(get(json, arena, "a").text.at, 1, "3");
    CHECK_INT(cw_json_doubts(json), CW_JSON_NAME_TWICE);
    CHECK_INT(cw_json_read(json, CW_TEXT("[\"\\ud83d\\ude00\"]"), NULL), CW_OK);
    CHECK_INT(cw_json_doubts(json), 0);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
}

static void print_is(const char *text, const char *want)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_text out = {0};
    CHECK_INT(cw_json_read(json, cw_text_of(text), NULL), CW_OK);
    struct cw_value root = cw_json_root(json);
    CHECK_INT(cw_value_print(&root, arena, &out), CW_OK);
    CHECK_STR(out.at, want);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
}

TEST(printing_keeps_all_but_blanks)
{
    print_is(
        " { \"a\" : [ 1.50 , -0, 1e400 ] ,\n\"b\":{ } , \"c\":[[],[ {} , [] ]],\"d\" : null } ",
        "{\"a\":[1.50,-0,1e400],\"b\":{},\"c\":[[],[{},[]]],\"d\":null}");
    print_is("[]", "[]");
    print_is("[[[]]]", "[[[]]]");
    print_is("[{\"a\":{\"b\":{}}},2]", "[{\"a\":{\"b\":{}}},2]");
    print_is("\"a\\u0041\\/\\ud800\\u0000\"", "\"aA/\xEF\xBF\xBD\\u0000\"");
    print_is("{\"\\u0061\":\"\\n\"}", "{\"a\":\"\\n\"}");
    print_is(" true ", "true");
    print_is("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}");
}

TEST(values_as_text)
{
    static const char *const cases[][2] = {
        {"\"a b\"", "a b"}, {"1.50", "1.50"},    {"true", "true"},           {"false", "false"},
        {"null", ""},       {"[1, 2]", "[1,2]"}, {"{\"a\": 1}", "{\"a\":1}"}};
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 16);
    struct cw_text out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(cw_json_read(json, cw_text_of(cases[i][0]), NULL), CW_OK);
        struct cw_value root = cw_json_root(json);
        CHECK_INT(cw_value_text(&root, arena, &out), CW_OK);
        CHECK_MEM(out.at, out.len, cases[i][1]);
    }
    struct cw_value missing = {0};
    CHECK_INT(cw_value_text(&missing, arena, &out), CW_OK);
    CHECK_INT(out.len, 0);
    CHECK_INT(cw_value_print(&missing, arena, &out), CW_OK);
    CHECK_STR(out.at, "null");
    struct cw_value items[] = {cw_value_string(CW_TEXT("x\"")), {.kind = CW_BOOL, .truth = true}};
    struct cw_value list = {.kind = CW_LIST, .items = items, .n_items = 2};
    CHECK_INT(cw_value_text(&list, arena, &out), CW_OK);
    CHECK_STR(out.at, "[\"x\\\"\",true]");
    struct cw_arena *tiny = cw_arena_create(8);
    CHECK_INT(cw_value_print(&list, tiny, &out), CW_NOMEM);
    cw_arena_destroy(tiny);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
}

TEST(items_of_lists)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_value item = {0};
    CHECK_INT(cw_json_read(json, CW_TEXT("[[1,[2,3]],\"\\u0041\",{\"a\":[]},4]"), NULL), CW_OK);
    struct cw_value root = cw_json_root(json);
    CHECK_INT(cw_value_count(&root), 4);
    static const enum cw_kind kinds[] = {CW_LIST, CW_STRING, CW_OBJECT, CW_NUMBER, CW_MISSING};
    for (size_t i = 0; i < 10; i++) { /* forwards, then backwards */
        size_t k = i < 5 ? i : 9 - i;
        CHECK_INT(cw_value_item(&root, k, arena, &item), CW_OK);
        CHECK_INT(item.kind, kinds[k]);
    }
    CHECK_INT(cw_value_item(&root, 1, arena, &item), CW_OK);
    CHECK_MEM(item.text.at, item.text.len, "A");
    CHECK_INT(cw_value_count(&item), 0);
    struct cw_arena *none = cw_arena_create(0);
    CHECK_INT(cw_value_item(&root, 1, none, &item), CW_NOMEM);
    CHECK_INT(cw_value_item(&root, 3, none, &item), CW_OK);
    cw_arena_destroy(none);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
}

/* What an event's reader would do: the body must be an object and what it reads beyond doubt. */
static bool taken(const char *text, size_t len, bool as_event)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    bool ok = cw_json_read(json, (struct cw_text){text, len}, NULL) == CW_OK;
    if (ok && as_event) {
        ok = cw_json_root(json).kind == CW_OBJECT;
        get(json, arena, "id");
        get(json, arena, "user");
        ok = ok && !cw_json_doubts(json);
    }
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return ok;
}

static unsigned run_folder(const char *folder, bool as_events)
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[8192];
        size_t len = 0, name = strlen(e->d_name);
        if (name < 5 || strcmp(e->d_name + name - 5, ".json") != 0 || e->d_name[1] != '_')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        char *text = check_read(path, &len);
        bool ok = taken(text, len, as_events);
        if (e->d_name[0] != 'i' && ok != (e->d_name[0] == 'y'))
            CHECK_STR(ok ? "accepted" : "refused", e->d_name);
        free(text);
        count++;
    }
    if (dir)
        closedir(dir);
    return count;
}

TEST(shared_corpora)
{
    const char *own = check_shared("hostile/json");
    if (!own) {
        printf("skipped: the shared hostile JSON files are not here\n");
        return;
    }
    CHECK(run_folder(own, true) >= 40);
    CHECK(run_folder(check_shared("hostile/json-suite"), false) >= 159);
}

CHECK_MAIN
