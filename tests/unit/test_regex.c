#include <clockwire/doc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "regex.h"
#include "regex_check.h"

static struct cwr_regex_scratch *scratch;
static struct cw_text groups[CWR_REGEX_GROUPS];

static enum cwr_regex_result match_text(const char *pattern, bool ignore_case,
                                        struct cw_text subject)
{
    struct cwr_regex *regex = NULL;
    struct cw_error err = {.text = ""};
    if (!scratch)
        scratch = cwr_regex_scratch_create();
    CHECK_INT(cwr_regex_compile(cw_text_of(pattern), ignore_case, &regex, &err), CW_OK);
    CHECK_STR(err.text, "");
    if (!regex)
        return CWR_REGEX_LIMIT;
    enum cwr_regex_result result = cwr_regex_match(regex, scratch, subject, groups);
    cwr_regex_destroy(regex);
    return result;
}

static enum cwr_regex_result match(const char *pattern, const char *subject)
{
    return match_text(pattern, false, cw_text_of(subject));
}

TEST(matches)
{
    CHECK_INT(match("^refs/heads/(?:feat|fix)/(?<task>[A-Z]{2,}-\\d+)", "refs/heads/fix/AB-12-x"),
              CWR_REGEX_YES);
    CHECK_MEM(groups[0].at, groups[0].len, "AB-12");
    CHECK_INT(match("^refs/heads/(?:feat|fix)/(?<task>[A-Z]{2,}-\\d+)", "refs/heads/fix/ab-12"),
              CWR_REGEX_NO);
    CHECK_INT(match("b", "abc"), CWR_REGEX_YES);
    CHECK_INT(match("", ""), CWR_REGEX_YES);
    CHECK_INT(match("^$", "x"), CWR_REGEX_NO);
    CHECK_INT(match_text("^$", false, (struct cw_text){NULL, 0}), CWR_REGEX_YES);
    CHECK_INT(match_text("a\\x00b", false, CW_TEXT("a\0b")), CWR_REGEX_YES);
    CHECK_INT(match_text("STRASSE|\xC3\xA4", true, CW_TEXT("\xC3\x84")), CWR_REGEX_YES);
    CHECK_INT(match_text("\xC3\xA4", false, CW_TEXT("\xC3\x84")), CWR_REGEX_NO);
    CHECK_INT(match("(?i)lunch", "LUNCH"), CWR_REGEX_YES);
    CHECK_INT(match("(.)\\1", "abb"), CWR_REGEX_YES);
}

TEST(groups_by_name)
{
    struct cwr_regex *regex = NULL;
    CHECK_INT(cwr_regex_compile(CW_TEXT("(x)?(?<b>b+)|(?<a>a)()"), false, &regex, NULL), CW_OK);
    CHECK_INT(cwr_regex_count(regex), 2);
    size_t a = cw_text_is(cwr_regex_name(regex, 0), "a") ? 0 : 1;
    CHECK(cw_text_is(cwr_regex_name(regex, a), "a"));
    CHECK(cw_text_is(cwr_regex_name(regex, 1 - a), "b"));
    CHECK_INT(cwr_regex_match(regex, scratch, CW_TEXT("bbb"), groups), CWR_REGEX_YES);
    CHECK(groups[a].at == NULL);
    CHECK_MEM(groups[1 - a].at, groups[1 - a].len, "bbb");
    CHECK_INT(cwr_regex_match(regex, scratch, CW_TEXT("a"), groups), CWR_REGEX_YES);
    CHECK_MEM(groups[a].at, groups[a].len, "a");
    CHECK(groups[1 - a].at == NULL);
    CHECK_INT(cwr_regex_match(regex, scratch, CW_TEXT("a"), NULL), CWR_REGEX_YES);
    cwr_regex_destroy(regex);
    cwr_regex_destroy(NULL);
}

TEST(subjects_that_are_no_utf8)
{
    CHECK_INT(match_text("^a.c", false,
                         CW_TEXT("a\xFF"
                                 "c")),
              CWR_REGEX_NO);
    CHECK_INT(match_text("c$", false,
                         CW_TEXT("a\xFF"
                                 "c")),
              CWR_REGEX_YES);
    CHECK_INT(match_text("\xC3\xA9", false, CW_TEXT("\xC3")), CWR_REGEX_NO);
}

TEST(long_subjects_are_cut)
{
    char text[5000];
    memset(text, 'a', sizeof text);
    text[4096] = 'b';
    CHECK_INT(match_text("b", false, (struct cw_text){text, 5000}), CWR_REGEX_NO);
    CHECK_INT(match_text("a$", false, (struct cw_text){text, 4096}), CWR_REGEX_YES);
    CHECK_INT(match_text("^a++$", false, (struct cw_text){text, 5000}), CWR_REGEX_NO);
    text[4095] = 'b';
    CHECK_INT(match_text("b", false, (struct cw_text){text, 5000}), CWR_REGEX_YES);
    memcpy(text + 4095, "\xC3\xA9", 2); /* the cut is before it */
    CHECK_INT(match_text("a\\z", false, (struct cw_text){text, 5000}), CWR_REGEX_YES);
}

TEST(refused_patterns)
{
    static const struct {
        const char *pattern;
        enum cw_status status;
    } cases[] = {{"(", CW_ESYNTAX},
                 {"[a", CW_ESYNTAX},
                 {"a**", CW_ESYNTAX},
                 {"\\C", CW_ESYNTAX},
                 {"\xFF", CW_ESYNTAX},
                 {"(?<a>x)(?<a>y)", CW_ESYNTAX},
                 {"(*LIMIT_MATCH=4294967295)^(a+)+$", CW_EINVAL},
                 {"(*NO_JIT)a", CW_EINVAL},
                 {"(*UTF)a", CW_EINVAL},
                 {"(?C1)a", CW_EINVAL},
                 {"a(?C\"x\")", CW_EINVAL},
                 {"a(?C255)", CW_EINVAL},
                 {"(?J)(?<a>x)|(?<a>y)", CW_EINVAL},
                 {"(?:(?:(?:a{1,90}){1,90}){1,90})", CW_ELIMIT},
                 {"(?:abcdefghijklmnopqrst){900}", CW_ELIMIT},
                 {"(?(?=a)b|c)", CW_EINVAL}}; /* the JIT does not take callouts there */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cwr_regex *regex = NULL;
        struct cw_error err = {.text = ""};
        enum cw_status status =
            cwr_regex_compile(cw_text_of(cases[i].pattern), false, &regex, &err);
        if (status != cases[i].status)
            CHECK_STR(err.text, cases[i].pattern);
        CHECK(regex == NULL);
        CHECK(strncmp(err.text, "pattern: ", 9) == 0);
        cwr_regex_destroy(regex);
    }
    struct cw_error err = {0};
    struct cwr_regex *regex = NULL;
    CHECK_INT(cwr_regex_compile(CW_TEXT("ab(c"), false, &regex, &err), CW_ESYNTAX);
    CHECK_INT(err.at, 4);
}

/* Sums of ranges when case is ignored: PCRE2 looks at every character of them. */
TEST(wide_ranges)
{
    static const struct {
        const char *unit, *tail;
        size_t n;
        bool ignore_case;
        enum cw_status status;
    } cases[] = {{"[\\x{100}-\\x{10ffff}]", "", 100, true, CW_ELIMIT},
                 {"[\\x{100}-\\x{10ffff}]", "", 100, false, CW_OK},
                 {"[\\x{100}-\\x{10ffff}]", "(?i)", 100, false, CW_ELIMIT},
                 {"[\\x{100}-\\x{10ffff}]", "(?x-i:a)", 100, false, CW_OK},
                 {"[\\x{100}-\\x{10ffff}]", "", 1, true, CW_OK},
                 {"[\\N{U+100}-\\N{U+10ffff}]", "(?mi-s)", 9, false, CW_ELIMIT},
                 {"[a-\\o{4177777}]", "(?^i:x)", 9, false, CW_ELIMIT},
                 {"[!-\xF4\x8F\xBF\xBF]", "", 9, true, CW_ELIMIT},
                 {"[!-\\Q\xF4\x8F\xBF\xBF\\E]", "", 9, true, CW_ELIMIT},
                 {"[!- \xF4\x8F\xBF\xBF]", "(?xxi)", 9, false, CW_ELIMIT},
                 {"[!-\xEF\xBF\xBF]", "", 400, true, CW_ELIMIT},
                 {"[\xE4\xB8\x80-\xE9\xBE\xA5]", "", 40, true, CW_OK},
                 {"[a-z0-9]+-\\d+-\\w+", "", 200, true, CW_OK},
                 {"[\\x00-\\x7f-\\177]", "-", 100, true, CW_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cwr_regex *regex = NULL;
        char text[4200] = "";
        struct cw_error err = {.text = ""};
        for (size_t k = 0; k < cases[i].n; k++)
            strcat(text, cases[i].unit);
        strcat(text, cases[i].tail);
        enum cw_status status =
            cwr_regex_compile(cw_text_of(text), cases[i].ignore_case, &regex, &err);
        if (!CHECK_INT(status, cases[i].status))
            fprintf(stderr, "%s (%s)\n", text, err.text);
        cwr_regex_destroy(regex);
    }
}

TEST(heads)
{
    static const char *const cases[][2] = {
        {"^refs/heads/(?<x>.+)$", "refs/heads/"},
        {"\\Arefs", "refs"},
        {"refs", ""},
        {"^", ""},
        {"", ""},
        {"^abc*", "ab"},
        {"^abc?", "ab"},
        {"^abc+", "ab"},
        {"^abc{0,2}", "ab"},
        {"^ab\xC3\xA4*", "ab"},
        {"^*ab", ""},
        {"^a|b", ""},
        {"^a(?:b|c)", "a"},
        {"^a(b(c|d)|e)f", "a"},
        {"^a(b)|c", ""},
        {"^a[|]b", "a"},
        {"^a[]|]b", "a"},
        {"^a[^]|]b", "a"},
        {"^a[(]|b", ""},
        {"^a[\\](]|b", ""},
        {"^a[[:alpha:]]", ""}, /* nobody wants to read these */
        {"^a\\|b", "a"},
        {"^a\\(|b", ""},
        {"^a\\Q(\\E|b", ""},
        {"^a(?#()|b", ""},
        {"^a(?x) # ( \n | b", ""},
        {"^a(?^x) # ( \n | b", ""},
        {"^a(?ix:b # ( \n )|c", ""},
        {"^a(*MARK:()|b", ""},
        {"^a(?i)b", "a"},
        {"(?m)^a", ""},
        {"^a.c", "a"},
        {"^a\\.c", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cw_text head = cwr_regex_head(cw_text_of(cases[i][0]));
        if (!CHECK_MEM(head.at, head.len, cases[i][1]))
            fprintf(stderr, "of %s\n", cases[i][0]);
    }
}

static enum cw_status generated(const char *unit, size_t n, const char *tail)
{
    char text[16384];
    size_t len = 0;
    struct cwr_regex *regex = NULL;
    for (size_t i = 0; i < n; i++)
        len += unit[0] == '#' ? (size_t)snprintf(text + len, sizeof text - len, "(?<n%zu>a)", i)
                              : (size_t)snprintf(text + len, sizeof text - len, "%s", unit);
    len += (size_t)snprintf(text + len, sizeof text - len, "%s", tail);
    enum cw_status status = cwr_regex_compile((struct cw_text){text, len}, false, &regex, NULL);
    cwr_regex_destroy(regex);
    return status;
}

TEST(ceilings_of_patterns)
{
    CHECK_INT(generated("#", 32, ""), CW_OK);
    CHECK_INT(generated("#", 33, ""), CW_ELIMIT);
    CHECK_INT(generated("(a)", 127, ""), CW_OK);
    CHECK_INT(generated("(a)", 128, ""), CW_ELIMIT);
    CHECK_INT(generated("x", 4096, ""), CW_OK);
    CHECK_INT(generated("x", 4097, ""), CW_ESYNTAX);
    CHECK_INT(generated("(", 51, "a"), CW_ESYNTAX);
}

/* Milliseconds of CPU of the fastest of three matches, since others may use the machine too. */
static double time_ms(const struct cwr_regex *regex, struct cw_text subject,
                      enum cwr_regex_result *result)
{
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        struct timespec from, to;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        *result = cwr_regex_match(regex, scratch, subject, NULL);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        double ms =
            (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
        best = ms < best ? ms : best;
    }
    return best;
}

/* Fails when a match takes 10 ms; sanitizers and busy machines are given more. */
static enum cwr_regex_result bounded(const char *pattern, size_t len, struct cw_text subject)
{
    const char *sanitize = getenv("CW_SANITIZE");
    double most = sanitize && *sanitize ? 200 : 10;
    struct cwr_regex *regex = NULL;
    struct cw_error err = {.text = ""};
    enum cwr_regex_result result = CWR_REGEX_LIMIT;
    if (!scratch)
        scratch = cwr_regex_scratch_create();
    if (cwr_regex_compile((struct cw_text){pattern, len}, false, &regex, &err) != CW_OK) {
        CHECK(err.text[0] != '\0');
        return CWR_REGEX_LIMIT;
    }
    double ms = time_ms(regex, subject, &result);
    if (ms >= most) {
        fprintf(stderr, "%.1f ms: ", ms);
        CHECK_STR("too slow", pattern);
    }
    cwr_regex_destroy(regex);
    return result;
}

static char *repeat(const char *unit, size_t unit_len, size_t n, const char *tail, size_t *len)
{
    size_t tail_len = strlen(tail);
    char *text = malloc(unit_len * n + tail_len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * unit_len, unit, unit_len);
    memcpy(text + unit_len * n, tail, tail_len + 1);
    *len = unit_len * n + tail_len;
    return text;
}

TEST(no_pattern_takes_ten_milliseconds)
{
    static const struct {
        const char *pattern, *unit, *tail;
        bool limit; /* must meet a limit; else any end is fine */
    } cases[] = {
        {"(?:a|b)+$", "ab", "!", true},
        {"\\s+$", " ", "x", false},
        {"(.*a){20}$", "a", "!", true},
        {"^(?:a|a)*$", "a", "!", true},
        {"(?:a+)+[!?]$", "a", "!x", true},
        {"(\\w+\\s*)+:$", "w ", ":x", true},
        {"(?:x+x+)+[yz]", "x", "", true},
        {"a.*b.*c.*d.*e$", "abcde", "x", true},
        {"(?s).*?.*?.*?.*?[?;]", "a", "", true},
        {"(a+)\\1[bc]", "a", "", true},
        {"(?i)(a+?)+\\1[bc]", "a", "", true},
        {"(?=(\\w+))\\1[?;]", "a", "", true},
        {"\\p{L}+[?;]", "\xC3\xA9", "", false},
        {"(?i)[\xC3\xA4-\xC3\xBC]+[?;]", "\xC3\xA4", "", false},
        {"(?:\\X\\X)+[?;]", "e\xCC\x81", "", true},
        {"\\R+[?;]", "\r\n", "", false},
        {"(?|(a)|(b))*+[?;]", "ab", "", true},
        {"(?:a|ab|abc|abcd)*[?;]", "abcd", "", true},
        {"(\\((?:[^()]|(?1))*\\))", "((((", "", false},
        {"(?:(?<=a{100})a)+[?;]", "a", "", true},
        {"(?<!.{200}){0,300}[?;]", "\xC3\xA9", "", true},
        {"(?:(?<!.{200})(?:a|a))*[?;]", "a", "", true},
        {"(?<!a){0,300}$", "\xFF", "", true},
        {"\\X*+[?;]$", "aaaaaaaaab", "", true},
        {"(?<!b{200})a+[?;]", "a", "", false},
        {"(?R)?a", "a", "", false},
        {"(?>(?>a*)*)*[?;]", "a", "", false},
        {"(?:a{1,6000})+[?;]", "a", "", true},
        {"[\\x{100}-\\x{101}\\x{104}-\\x{105}\\x{108}-\\x{109}\\x{112}-\\x{113}\\x{116}-\\x{117}"
         "\\x{121}-\\x{122}\\x{125}-\\x{126}\\x{129}-\\x{130}\\x{134}-\\x{135}\\x{400}]+[?;]",
         "\xD0\x80", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len, unit = strlen(cases[i].unit), tail = strlen(cases[i].tail);
        char *text = repeat(cases[i].unit, unit, (4096 - tail) / unit, cases[i].tail, &len);
        enum cwr_regex_result result =
            bounded(cases[i].pattern, strlen(cases[i].pattern), (struct cw_text){text, len});
        if (cases[i].limit && result != CWR_REGEX_LIMIT)
            CHECK_STR("no limit met", cases[i].pattern);
        free(text);
    }
}

/* Three limits in a row, and a pattern has a small budget until it has done well for a while. */
TEST(patterns_in_disrepute)
{
    struct cwr_regex *regex = NULL, *other = NULL;
    struct cwr_regex_scratch *own = cwr_regex_scratch_create();
    char text[4096];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "ab"[i % 2];
    const struct cw_text evil = {text, 4096}, middle = {text, 127}, easy = CW_TEXT("c");
    CHECK_INT(cwr_regex_compile(CW_TEXT("(?:a|b)+\\d"), false, &regex, NULL), CW_OK);
    CHECK_INT(cwr_regex_compile(CW_TEXT("(?:a|b)+\\s"), false, &other, NULL), CW_OK);
    cwr_regex_begin(own);
    CHECK_INT(cwr_regex_match(regex, own, middle, NULL), CWR_REGEX_NO);
    for (int i = 0; i < 3; i++)
        CHECK_INT(cwr_regex_match(regex, own, evil, NULL), CWR_REGEX_LIMIT);
    CHECK_INT(cwr_regex_match(regex, own, middle, NULL), CWR_REGEX_LIMIT);
    CHECK_INT(cwr_regex_match(other, own, middle, NULL), CWR_REGEX_NO);
    CHECK_INT(cwr_regex_match(regex, own, CW_TEXT("ababab1"), NULL), CWR_REGEX_YES);
    for (int i = 0; i < 100; i++)
        CHECK_INT(cwr_regex_match(regex, own, easy, NULL), CWR_REGEX_NO);
    CHECK_INT(cwr_regex_match(regex, own, middle, NULL), CWR_REGEX_NO);
    /* One event that many patterns are slow on. */
    for (int i = 0; i < 16; i++)
        CHECK_INT(cwr_regex_match(regex, own, evil, NULL), CWR_REGEX_LIMIT);
    CHECK_INT(cwr_regex_match(other, own, middle, NULL), CWR_REGEX_LIMIT);
    cwr_regex_begin(own);
    CHECK_INT(cwr_regex_match(other, own, middle, NULL), CWR_REGEX_NO);
    cwr_regex_scratch_destroy(own);
    cwr_regex_destroy(regex);
    cwr_regex_destroy(other);
}

/* More patterns than it remembers are none of its business; it goes on. */
TEST(many_patterns_in_disrepute)
{
    struct cwr_regex *regexes[200];
    struct cwr_regex_scratch *own = cwr_regex_scratch_create();
    char text[4096], pattern[64];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < 200; i++) {
        snprintf(pattern, sizeof pattern, "(?:a|b)+[%zu?]", i);
        CHECK_INT(cwr_regex_compile(cw_text_of(pattern), false, &regexes[i], NULL), CW_OK);
        CHECK_INT(cwr_regex_match(regexes[i], own, (struct cw_text){text, 4096}, NULL),
                  CWR_REGEX_LIMIT);
    }
    for (size_t i = 0; i < 200; i++) {
        CHECK_INT(cwr_regex_match(regexes[i], own, CW_TEXT("x"), NULL), CWR_REGEX_NO);
        cwr_regex_destroy(regexes[i]);
    }
    cwr_regex_scratch_destroy(own);
}

static struct cw_text text_of(const struct cw_value *from, const char *name, struct cw_arena *arena)
{
    struct cw_path path = {0};
    struct cw_value value = {0};
    CHECK_INT(cw_path_parse(cw_text_of(name), arena, &path, NULL), CW_OK);
    CHECK_INT(cw_value_get(from, path, arena, &value), CW_OK);
    return value.text;
}

static void run_case(const struct cw_value *value, struct cw_arena *arena)
{
    struct cw_text pattern = text_of(value, "pattern", arena), unit = text_of(value, "unit", arena);
    struct cw_text tail = text_of(value, "tail", arena), n = text_of(value, "repeat", arena);
    size_t len;
    char *subject = repeat(unit.at, unit.len, strtoul(cw_arena_copy(arena, n), NULL, 10),
                           cw_arena_copy(arena, tail), &len);
    struct cwr_regex *regex = NULL;
    bounded(cw_arena_copy(arena, pattern), pattern.len, (struct cw_text){subject, len});
    enum cw_status status = cwr_regex_compile(pattern, false, &regex, NULL);
    if (pattern.len > 2 && (memcmp(pattern.at, "(*", 2) == 0 || memcmp(pattern.at, "(?C", 3) == 0))
        CHECK(status != CW_OK);
    cwr_regex_destroy(regex);
    free(subject);
}

TEST(shared_cases)
{
    const char *file = check_shared("hostile/regex/cases.json");
    if (!file) {
        printf("skipped: the shared hostile patterns are not here\n");
        return;
    }
    size_t len;
    char *text = check_read(file, &len);
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    CHECK_INT(cw_json_read(json, (struct cw_text){text, len}, NULL), CW_OK);
    struct cw_value root = cw_json_root(json), item = {0};
    CHECK(cw_value_count(&root) >= 18);
    for (size_t i = 0; i < cw_value_count(&root); i++) {
        CHECK_INT(cw_value_item(&root, i, arena, &item), CW_OK);
        run_case(&item, arena);
    }
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    free(text);
    cwr_regex_scratch_destroy(scratch);
    scratch = NULL;
}

CHECK_MAIN
