#include "check.h"
#include "template.h"

#include <stdio.h>

#include <stdlib.h>
#include <string.h>

static struct cw_arena *arena;
static struct cw_json *json;
static struct cw_value root;
static struct cw_error err;

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *in,
                              struct cw_value *out, struct cw_error *e)
{
    (void)e;
    return cw_value_get(ctx, path, in, out);
}

static const char body[] =
    "{\"event\":{\"title\":\"  \\u00dcber Stra\\u00dfe: 2. Teil \\nmore\",\"n\":1.50,\"big\":"
    "12345678901234567890,\"exact\":9007199254740993,\"no\":false,\"nil\":null,\"empty\":\"\","
    "\"list\":[1,\"x\",null],"
    "\"o\":{\"odd } "
    "name\":\"yes\",\"it's\":\"no\"},\"greek\":\"\\u03a3\\u03c3\\u03c2\",\"csv\":\" a@x ,b@x,, "
    "c,\",\"pi\":3.14159,"
    "\"nines\":99.95,\"tiny\":-0.04,\"minus\":-2.5,\"count\":41,\"exp\":1e3,\"dot\":\"1.\"},"
    "\"match\":{"
    "\"task\":\"KEY-1\"}}";

static void begin(void)
{
    if (!arena) {
        arena = cw_arena_create((size_t)64 << 20);
        json = cw_json_create();
        if (!arena || !json || cw_json_read(json, cw_text_of(body), NULL))
            abort();
        root = cw_json_root(json);
    }
}

static enum cw_status render(const char *text, struct cw_value *out)
{
    const struct cw_scope scope = {.lookup = look_up, .ctx = &root};
    const struct cw_template *tpl;
    begin();
    enum cw_status status = cw_template_parse(cw_text_of(text), arena, &tpl, &err);
    return status ? status : cw_template_render(tpl, &scope, arena, out, &err);
}

static const char *text_of(const char *text)
{
    struct cw_value value = {0};
    struct cw_text made;
    if (render(text, &value))
        return err.text;
    if (cw_value_text(&value, arena, &made))
        return "no memory";
    return cw_arena_copy(arena, made);
}

static enum cw_kind kind_of(const char *text)
{
    struct cw_value value = {0};
    return render(text, &value) ? CW_MISSING : value.kind;
}

TEST(plain_text_and_literals)
{
    CHECK_STR(text_of("nothing here"), "nothing here");
    CHECK_STR(text_of(""), "");
    CHECK_STR(text_of("$ {x} $x }"), "$ {x} $x }");
    CHECK_STR(text_of("$${match.task} is ${match.task}"), "${match.task} is KEY-1");
    CHECK_STR(text_of("a $${b} $"), "a ${b} $");
}

TEST(a_text_in_quotes_stands_for_itself)
{
    CHECK_STR(text_of("costs ${'$'}${event.n}"), "costs $1.50");
    CHECK_STR(text_of("${ 'it''s } | ${x}' }!"), "it's } | ${x}!");
    CHECK_STR(text_of("${\"\"}${''}"), "");
    CHECK_INT(kind_of("${'1'}"), CW_STRING);
}

TEST(one_template_keeps_the_type)
{
    CHECK_INT(kind_of("${event.n}"), CW_NUMBER);
    CHECK_INT(kind_of("${event.list}"), CW_LIST);
    CHECK_INT(kind_of("${event.no}"), CW_BOOL);
    CHECK_INT(kind_of("${event.nil}"), CW_NULL);
    CHECK_INT(kind_of("${event.n} "), CW_STRING);
    CHECK_INT(kind_of("${event.n}${event.n}"), CW_STRING);
    CHECK_INT(kind_of("${event.n | upper}"), CW_STRING);
}

TEST(values_as_text)
{
    CHECK_STR(text_of("<${event.n}>"), "<1.50>");
    CHECK_STR(text_of("<${event.big}>"), "<12345678901234567890>");
    CHECK_STR(text_of("<${event.no}>"), "<false>");
    CHECK_STR(text_of("<${event.nil}>"), "<>");
    CHECK_STR(text_of("<${event.list}>"), "<[1,\"x\",null]>");
    CHECK_STR(text_of("${event.o['odd } name']}"), "yes");
    CHECK_STR(text_of("${event.o['it\\'s']}"), "no");
}

TEST(filters)
{
    CHECK_STR(text_of("${event.title | first_line | trim}"), "Über Straße: 2. Teil");
    CHECK_STR(text_of("${event.title|first_line|upper|trim}"), "ÜBER STRAßE: 2. TEIL");
    CHECK_STR(text_of("${event.title | lower | first_line | trim}"), "über straße: 2. teil");
    CHECK_STR(text_of("${event.title | slug}"), "über-straße-2-teil-more");
    CHECK_STR(text_of("${event.greek | lower}"), "σσς");
    CHECK_STR(text_of("${event.greek | upper}"), "ΣΣΣ");
    CHECK_STR(text_of("${event.title | trim | truncate: 6}"), "Über S");
    CHECK_STR(text_of("${event.title | trim | truncate: 1}"), "Ü");
    CHECK_STR(text_of("${match.task | replace: KEY-, T}"), "T1");
    CHECK_STR(text_of("${match.task | replace: '-', '|'}"), "KEY|1");
    CHECK_STR(text_of("${match.task | replace: Z, y}"), "KEY-1");
    CHECK_STR(text_of("${match.task | replace: -, }"), "KEY1");
    CHECK_STR(text_of("${match.task | json}"), "\"KEY-1\"");
    CHECK_STR(text_of("${event.nil | json}"), "null");
    CHECK_STR(text_of("${event.o | json | truncate: 5}"), "{\"odd");
}

TEST(more_filters)
{
    CHECK_STR(text_of("${event.title | trim | lower | capitalize | first_line}"),
              "Über straße: 2. teil ");
    CHECK_STR(text_of("${event.empty | capitalize}"), "");
    CHECK_STR(text_of("${event.o | urlencode}"),
              "%7B%22odd%20%7D%20name%22%3A%22yes%22%2C%22it%27s%22%3A%22no%22%7D");
    CHECK_STR(text_of("${event.title | trim | urlencode | truncate: 12}"), "%C3%9Cber%20");
    CHECK_STR(text_of("${match.task | urlencode}"), "KEY-1");
}

TEST(lists)
{
    CHECK_STR(text_of("${event.list | join}"), "1, x, ");
    CHECK_STR(text_of("${event.list | join: '-'}"), "1-x-");
    CHECK_STR(text_of("${event.list | join:}"), "1x");
    CHECK_STR(text_of("${match.task | join}"), "KEY-1");
    CHECK_STR(text_of("${event.list | first}"), "1");
    CHECK_INT(kind_of("${event.list | first}"), CW_NUMBER);
    CHECK_INT(kind_of("${event.list | last}"), CW_NULL);
    CHECK_STR(text_of("${match.task | first}"), "KEY-1");
    CHECK_STR(text_of("${event.list | count}"), "3");
    CHECK_INT(kind_of("${event.list | count}"), CW_NUMBER);
    CHECK_STR(text_of("${event.greek | count}"), "3");
    CHECK_STR(text_of("${event.none | count | default: 0}"), "0");
    CHECK_INT(kind_of("${match.task | split: -}"), CW_LIST);
    CHECK_STR(text_of("${match.task | split: - | last}"), "1");
    CHECK_STR(text_of("${match.task | split: - | json}"), "[\"KEY\",\"1\"]");
    CHECK_STR(text_of("${event.csv | split | json}"), "[\"a@x\",\"b@x\",\"c\"]");
    CHECK_STR(text_of("${event.csv | split | count}"), "3");
    CHECK_STR(text_of("${event.empty | split | first | default: nobody}"), "nobody");
    CHECK_STR(text_of("${event.empty | split | join}"), "");
    CHECK_STR(text_of("${event.list | split | json}"), "[1,\"x\",null]");
    CHECK_STR(text_of("${event.csv | split | join: ' + ' | upper}"), "A@X + B@X + C");
}

TEST(numbers)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"${event.n | round}", "2"},
        {"${event.n | round: 1}", "1.5"},
        {"${event.n | round: 9}", "1.50"},
        {"${event.big | round}", "12345678901234567890"},
        {"${'x'}${event.pi | round: 3}", "x3.142"},
        {"${event.pi | round: 0}", "3"},
        {"${event.nines | round: 1}", "100.0"},
        {"${event.nines | round}", "100"},
        {"${event.tiny | round: 1}", "0.0"},
        {"${event.minus | round}", "-3"},
        {"${event.minus | round | plus: 5}", "2"},
        {"${event.count | plus: 1}", "42"},
        {"${event.count | plus: -42}", "-1"},
        {"${event.exact | plus: 1}", "9007199254740994"},
        {"${event.none | default: 0 | plus: +1}", "1"},
        {"${event.none | plus: 1 | default: none}", "none"},
        {"${event.n | plus: 1}", "`event.n` is no whole number"},
        {"${match.task | plus: 1}", "`match.task` is no whole number"},
        {"${match.task | round}", "`match.task` is no number"},
        {"${event.list | round}", "`event.list` is no number"},
        {"${event.exp | round}", "`event.exp` is no number"},
        {"${event.dot | round}", "`event.dot` is no number"},
        {"${event.no | plus: 1}", "`event.no` is no whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_STR(text_of(cases[i].text), cases[i].want);
    CHECK_INT(kind_of("${event.n | round}"), CW_NUMBER);
    CHECK_INT(kind_of("${event.none | default: 0 | plus: 1}"), CW_NUMBER);
}

TEST(default_stands_in)
{
    CHECK_STR(text_of("${event.x | default: none}"), "none");
    CHECK_STR(text_of("${event.x | upper | default: it's fine}"), "it's fine");
    CHECK_STR(text_of("${event.nil | upper | default: 'a } b''c | d'}"), "a } b'c | d");
    CHECK_STR(text_of("${event.empty | default: \" \"}"), " ");
    CHECK_STR(text_of("${event.empty | default:}"), "");
    CHECK_STR(text_of("${event.no | default: x}"), "false");
    CHECK_STR(text_of("${match.task | default: x}"), "KEY-1");
}

static void check_status(const char *text, enum cw_status status, const char *say, long at)
{
    struct cw_value value = {.kind = CW_OBJECT};
    err.at = -2;
    CHECK_INT(render(text, &value), status);
    CHECK_STR(err.text, say);
    if (at >= 0)
        CHECK_INT(err.at, at);
    CHECK_INT(value.kind, CW_OBJECT); /* outputs are untouched */
}

TEST(missing_paths_are_named)
{
    check_status("a ${event.x.y} b", CW_ENOENT, "`event.x.y` is missing", -1);
    check_status("${event.x | upper}", CW_ENOENT, "`event.x` is missing", -1);
    check_status("${event.x | json}", CW_ENOENT, "`event.x` is missing", -1);
}

TEST(faults_have_their_place)
{
    check_status("ab ${event.x", CW_ESYNTAX, "this ${ has no closing }", 3);
    check_status("ab ${}", CW_ESYNTAX, "a path is missing in ${...}", 5);
    check_status("${event.x | uper}", CW_ESYNTAX,
                 "there is no filter `uper`, did you mean `upper`?", 12);
    check_status("${event.x | zzzzzzzz}", CW_ESYNTAX, "there is no filter `zzzzzzzz`", 12);
    check_status("${event.x | upper: 1}", CW_ESYNTAX, "this filter takes no argument", 12);
    check_status("${event.x | replace: a}", CW_ESYNTAX, "this filter takes two arguments", 12);
    check_status("${event.x | truncate: -1}", CW_ESYNTAX, "`truncate` takes 1 to 65536 characters",
                 12);
    check_status("${event.x | truncate: 99999999999999999999}", CW_ESYNTAX,
                 "`truncate` takes 1 to 65536 characters", 12);
    check_status("${event.x | default: ${y}}", CW_ESYNTAX,
                 "a ${...} cannot stand inside another one", 21);
    check_status("${x | date: %Q}", CW_ESYNTAX,
                 "`date` knows %Y %m %d %H %M %S %a %b %F %T %z and %%", 6);
    check_status("${x | date: %}", CW_ESYNTAX,
                 "`date` knows %Y %m %d %H %M %S %a %b %F %T %z and %%", 6);
    check_status("${x | split:}", CW_ESYNTAX, "`split` takes what stands between the items", 6);
    check_status("${x | first: 1}", CW_ESYNTAX, "this filter takes no argument", 6);
    check_status("${x | plus}", CW_ESYNTAX, "this filter takes one argument", 6);
    check_status("${x | plus: 1.5}", CW_ESYNTAX, "`plus` takes a whole number", 6);
    check_status("${x | plus: 1000000000000000000}", CW_ESYNTAX, "`plus` takes a whole number", 6);
    check_status("${x | round: 16}", CW_ESYNTAX, "`round` takes 0 to 15 digits", 6);
    check_status("${x | round: -1}", CW_ESYNTAX, "`round` takes 0 to 15 digits", 6);
    check_status("${x | date}", CW_ESYNTAX, "this filter takes one argument", 6);
    check_status("${x | date:}", CW_ESYNTAX, "`date` takes a format, such as %H:%M", 6);
    check_status("${x | duration: weeks}", CW_ESYNTAX,
                 "`duration` takes a unit of numbers, such as milliseconds or minutes", 6);
    check_status("${x | duration: ms, s}", CW_ESYNTAX,
                 "`duration` takes a unit of numbers, such as milliseconds or minutes", 6);
}

TEST(faults_of_quoted_texts)
{
    check_status("${'x", CW_ESYNTAX, "the closing quote is missing", 2);
    check_status("${'x'", CW_ESYNTAX, "this ${ has no closing }", 0);
    check_status("a ${'x' | upper}", CW_ESYNTAX, "nothing but a } can stand behind a text", 8);
}

/* ---- Residuals ---- */

/* As if match.* were not known yet. */
static enum cw_status look_up_some(void *ctx, struct cw_path path, struct cw_arena *in,
                                   struct cw_value *out, struct cw_error *e)
{
    if (cw_text_is(path.steps[0].name, "match"))
        return CW_EBUSY;
    return look_up(ctx, path, in, out, e);
}

static const char *left_of(const char *text)
{
    const struct cw_scope scope = {.lookup = look_up_some, .ctx = &root};
    const struct cw_template *tpl;
    struct cw_text made;
    begin();
    if (cw_template_parse(cw_text_of(text), arena, &tpl, &err) ||
        cw_template_residual(tpl, &scope, arena, &made, &err))
        return err.text;
    return cw_arena_copy(arena, made);
}

TEST(what_is_not_known_yet_stays_as_written)
{
    CHECK_STR(left_of("n is ${event.n}"), "n is 1.50");
    CHECK_STR(left_of("${match.task}"), "${match.task}");
    CHECK_STR(left_of("<${event.n | json} ${ match.task | default: 'a } b' | upper }>"),
              "<1.50 ${ match.task | default: 'a } b' | upper }>");
    CHECK_STR(left_of("${event.x} ${match.task}"), "`event.x` is missing");
    CHECK_STR(left_of("${match.x | default: ${y}}"), "a ${...} cannot stand inside another one");
}

TEST(what_is_known_is_escaped)
{
    CHECK_STR(left_of("$${a} $$${b} $ { ${match.task}"), "$${a} $$${b} $ { ${match.task}");
    CHECK_STR(left_of("${'$'}{x}"), "$${x}");
    CHECK_STR(left_of("${'$$'}${'{'}"), "$$${");
    CHECK_STR(left_of("${'$'}${match.task}"), "${'$'}${match.task}");
    CHECK_STR(left_of("${'$$'}${match.task}"), "${'$$'}${match.task}");
    CHECK_STR(left_of("$${${match.task}"), "$${${match.task}");
    CHECK_STR(text_of(left_of("$${a} $$${b} ${'$$'}${match.task} ${'$'}{x}")),
              "${a} $${b} $$KEY-1 ${x}");
}

TEST(nothing_renders_what_is_not_known_yet)
{
    const struct cw_scope scope = {.lookup = look_up_some, .ctx = &root};
    const struct cw_template *tpl;
    struct cw_value value;
    begin();
    if (CHECK(cw_template_parse(CW_TEXT("${match.task}"), arena, &tpl, &err) == CW_OK))
        CHECK_INT(cw_template_render(tpl, &scope, arena, &value, &err), CW_EBUSY);
}

TEST(residuals_have_a_ceiling)
{
    static char big[70000];
    begin();
    memset(big, 'x', 65536);
    memcpy(big + 65500, "${match.task}$${", 16);
    big[65536] = '\0';
    CHECK_INT(strlen(left_of(big)), 65536);
    for (int i = 0; i < 10; i++)
        memcpy(big + 200 + (ptrdiff_t)7 * i, "${'$'}{", 7); /* each leaves $${ */
    CHECK_INT(strlen(left_of(big)), 65536 - 10 * 4);
    for (int i = 0; i < 10; i++)
        memcpy(big + 200 + (ptrdiff_t)14 * i, "${event.title}", 14); /* 36 bytes each */
    CHECK(strstr(left_of(big), "beyond 64 KiB") != NULL);
}

/* A text of n items is split. */
static enum cw_status split_count(size_t n)
{
    static char text[20000];
    struct cwr_filter filter;
    struct cw_value value;
    begin();
    for (size_t i = 0; i < n; i++)
        memcpy(text + 2 * i, "a,", 2);
    value = cw_value_string((struct cw_text){text, 2 * n});
    CHECK_INT(cwr_filter_parse(CW_TEXT("split"), 0, arena, &filter, &err), CW_OK);
    return cwr_filter_run(&filter, &value, NULL, arena);
}

TEST(ceilings)
{
    struct cw_value value = {0};
    static char big[70000];
    begin();
    memset(big, 'x', 65537);
    CHECK_INT(render(big, &value), CW_ELIMIT);
    big[65536] = '\0';
    CHECK_INT(render(big, &value), CW_OK);
    memcpy(big, "${match.task}", 13);
    CHECK_INT(render(big, &value), CW_OK);
    memcpy(big, "${event.title}", 14); /* the text is a few bytes longer than what it replaces */
    CHECK_INT(render(big, &value), CW_ELIMIT);
    CHECK_INT(split_count(4096), CW_OK);
    CHECK_INT(split_count(4097), CW_ELIMIT);
    char *many = big;
    for (int i = 0; i < 257; i++)
        many += sprintf(many, "${event.n}");
    CHECK_INT(render(big, &value), CW_ELIMIT);
}

TEST(paths_of_a_template)
{
    const struct cw_template *tpl;
    begin();
    if (!CHECK(cw_template_parse(CW_TEXT("a ${event.x | upper}${now}"), arena, &tpl, &err) ==
               CW_OK))
        return;
    CHECK_INT(cw_template_count(tpl), 2);
    CHECK_INT(cw_template_path(tpl, 0).n, 2);
    CHECK(cw_text_is(cw_template_path(tpl, 1).steps[0].name, "now"));
    CHECK_INT(cw_template_path(tpl, 2).n, 0);
    CHECK(cw_template_parse(CW_TEXT("$${x}"), arena, &tpl, &err) == CW_OK);
    CHECK_INT(cw_template_count(tpl), 0);
}

TEST(memory_that_ends)
{
    const struct cw_scope scope = {.lookup = look_up, .ctx = &root},
                          some = {.lookup = look_up_some, .ctx = &root};
    struct cw_text left;
    const char *text =
        "a ${'$'}${match.task} ${event.title | upper | replace: a, b} $${x} ${event.list}";
    bool rendered = false;
    begin();
    for (size_t limit = 0; limit < 65536 && !rendered; limit += 16) {
        struct cw_arena *small = cw_arena_create(limit);
        const struct cw_template *tpl;
        struct cw_value value;
        enum cw_status status = cw_template_parse(cw_text_of(text), small, &tpl, &err);
        if (!status)
            status = cw_template_render(tpl, &scope, small, &value, &err);
        if (!status)
            status = cw_template_residual(tpl, &some, small, &left, &err);
        CHECK(status == CW_OK || status == CW_NOMEM);
        rendered = status == CW_OK;
        cw_arena_destroy(small);
    }
    CHECK(rendered);
}

CHECK_MAIN
