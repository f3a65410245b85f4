#include <clockwire/doc.h>
#include <string.h>

#include "check.h"

static struct cw_json *json;
static struct cw_arena *arena;

static void begin(const char *text)
{
    json = cw_json_create();
    arena = cw_arena_create(1 << 20);
    CHECK_INT(cw_json_read(json, cw_text_of(text), NULL), CW_OK);
}

static void end(void)
{
    cw_arena_destroy(arena);
    cw_json_destroy(json);
}

/* The value at a path as JSON; "missing" when there is none. */
static const char *at(const char *text)
{
    struct cw_path path = {0};
    struct cw_error err = {.text = ""};
    struct cw_value root = cw_json_root(json), value = {0};
    struct cw_text out = {0};
    if (cw_path_parse(cw_text_of(text), arena, &path, &err) != CW_OK)
        return cw_arena_copy(arena, cw_text_of(err.text));
    CHECK_INT(cw_value_get(&root, path, arena, &value), CW_OK);
    if (value.kind == CW_MISSING)
        return "missing";
    CHECK_INT(cw_value_print(&value, arena, &out), CW_OK);
    return out.at;
}

TEST(names_and_indices)
{
    begin("{\"a\":{\"b-c\":[10,20,[30]],\"odd name\":1,\"it's\":2,\"\":3,\"x.y\":4,\"\\u00e9\":5},"
          "\"n\":null,\"0\":6,\"@t\":{\"$r\":7}}");
    CHECK_STR(at("a.b-c[0]"), "10");
    CHECK_STR(at("a.b-c[-1]"), "[30]");
    CHECK_STR(at("a.b-c[-1][0]"), "30");
    CHECK_STR(at("a.b-c[-3]"), "10");
    CHECK_STR(at("a.b-c[3]"), "missing");
    CHECK_STR(at("a.b-c[-4]"), "missing");
    CHECK_STR(at("a['odd name']"), "1");
    CHECK_STR(at("a['it\\'s']"), "2");
    CHECK_STR(at("a['']"), "3");
    CHECK_STR(at("a['x.y']"), "4");
    CHECK_STR(at("a.\xC3\xA9"), "5");
    CHECK_STR(at("['a']['x.y']"), "4");
    CHECK_STR(at("@t.$r"), "7");
    CHECK_STR(at("n"), "null");
    CHECK_STR(at("0"), "6");
    CHECK_STR(at("n.x"), "missing");
    CHECK_STR(at("A"), "missing");
    CHECK_STR(at("a[0]"), "missing");
    CHECK_STR(at("a.b-c.x"), "missing");
    CHECK_STR(at("[0]"), "missing");
    end();
}

TEST(each_gives_a_list)
{
    begin("{\"c\":[{\"a\":1,\"f\":[\"x\",\"\\u0079\"]},{\"b\":2},{\"a\":3,\"f\":[]},{\"f\":4}],"
          "\"e\":[],\"o\":{\"p\":[1]}}");
    CHECK_STR(at("c[*].a"), "[1,3]");
    CHECK_STR(at("c[*].f"), "[[\"x\",\"y\"],[],4]");
    CHECK_STR(at("c[*].f[*]"), "[\"x\",\"y\"]");
    CHECK_STR(at("c[*].f[0]"), "[\"x\"]");
    CHECK_STR(at("c[*].f[-1]"), "[\"y\"]");
    CHECK_STR(at("c[*].zzz"), "[]");
    CHECK_STR(at("e[*]"), "[]");
    CHECK_STR(at("e[*].a"), "[]");
    CHECK_STR(at("o[*]"), "missing");
    CHECK_STR(at("zzz[*]"), "missing");
    CHECK_STR(at("[*]"), "missing");
    CHECK_STR(at("o.p[*]"), "[1]");
    end();
    begin("[[1,2],[3],4]");
    CHECK_STR(at("[*]"), "[[1,2],[3],4]");
    CHECK_STR(at("[*][*]"), "[1,2,3]");
    CHECK_STR(at("[*][0]"), "[1,3]");
    end();
}

TEST(lists_of_the_host)
{
    begin("{\"a\":[{\"n\":\"x\"}]}");
    struct cw_value root = cw_json_root(json), got = {0};
    struct cw_value items[] = {cw_value_string(CW_TEXT("p")), root};
    struct cw_value list = {.kind = CW_LIST, .items = items, .n_items = 2};
    struct cw_path path = {0};
    struct cw_text out = {0};
    CHECK_INT(cw_path_parse(CW_TEXT("[*].a[*].n"), arena, &path, NULL), CW_OK);
    CHECK_INT(cw_value_get(&list, path, arena, &got), CW_OK);
    CHECK_INT(cw_value_print(&got, arena, &out), CW_OK);
    CHECK_STR(out.at, "[\"x\"]");
    CHECK_INT(cw_value_get(&list, cw_path_skip(path, 99), arena, &got), CW_OK);
    CHECK_INT(cw_value_count(&got), 2);
    CHECK_INT(cw_path_parse(CW_TEXT("[0]"), arena, &path, NULL), CW_OK);
    CHECK_INT(cw_value_get(&list, path, arena, &got), CW_OK);
    CHECK_MEM(got.text.at, got.text.len, "p");
    CHECK_INT(cw_value_get(&got, path, arena, &got), CW_OK);
    CHECK_INT(got.kind, CW_MISSING);
    end();
}

TEST(faults)
{
    static const struct {
        const char *path;
        long where;
    } cases[] = {{"", 0},      {".a", 0},    {"a.", 2},       {"a..b", 2},
                 {"a b", 1},   {"a[", 2},    {"a[]", 2},      {"a[1", 3},
                 {"a[x]", 2},  {"a['x]", 5}, {"a['x'", 5},    {"a['\\n']", 4},
                 {"a[01]", 4}, {"a[-0]", 4}, {"a[-]", 3},     {"a[1234567890]", 11},
                 {"a]", 1},    {"a[*", 3},   {"a[0]b", 4},    {"a.[0]", 2},
                 {"a|b", 1},   {"a\x01", 1}, {"a[\"b\"]", 2}, {"a.\xFF", 0},
                 {" a", 0},    {"a.{b}", 2}, {"a,b", 1},      {"a.*", 2},
                 {"a=b", 1}};
    begin("{}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cw_path path = {0};
        struct cw_error err = {0};
        CHECK_INT(cw_path_parse(cw_text_of(cases[i].path), arena, &path, &err), CW_ESYNTAX);
        if (err.at != cases[i].where)
            CHECK_STR(cases[i].path, err.text), CHECK_INT(err.at, cases[i].where);
        CHECK_INT(path.n, 0);
    }
    end();
}

TEST(ceilings)
{
    char text[1100];
    struct cw_path path = {0};
    begin("{}");
    for (int i = 0; i < 33; i++)
        memcpy(text + 2 * i, "a.", 2);
    CHECK_INT(cw_path_parse((struct cw_text){text, 63}, arena, &path, NULL), CW_OK);
    CHECK_INT(path.n, 32);
    CHECK_INT(cw_path_parse((struct cw_text){text, 65}, arena, &path, NULL), CW_ESYNTAX);
    memset(text, 'a', sizeof text);
    CHECK_INT(cw_path_parse((struct cw_text){text, 1024}, arena, &path, NULL), CW_OK);
    CHECK_INT(cw_path_parse((struct cw_text){text, 1025}, arena, &path, NULL), CW_ESYNTAX);
    struct cw_arena *none = cw_arena_create(40);
    CHECK_INT(cw_path_parse(CW_TEXT("a.b"), none, &path, NULL), CW_NOMEM);
    cw_arena_destroy(none);
    end();
}

CHECK_MAIN
