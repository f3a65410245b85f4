/* Which patterns a short hostile text makes meet their limit; see regex_cost.c. */
#include "check.h"

#include "regex_cost.h"

#include <clockwire/doc.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { STEPS = 4000000 };

/* The text that was found; empty when none was, or the pattern is refused. */
static struct cw_text found(const char *pattern, struct cw_arena *arena, size_t *steps)
{
    struct cwr_regex *regex = NULL;
    struct cw_text text = {NULL, 0};
    if (cwr_regex_compile(cw_text_of(pattern), false, &regex, NULL))
        return text;
    struct cwr_regex_scratch *scratch = cwr_regex_scratch_create(); /* it remembers limits */
    CHECK_INT(cwr_regex_cost(regex, cw_text_of(pattern), scratch, arena, steps, &text), CW_OK);
    cwr_regex_begin(scratch);
    if (text.len)
        CHECK_INT(cwr_regex_match(regex, scratch, text, NULL), CWR_REGEX_LIMIT);
    CHECK(text.len <= CWR_COST_BYTES);
    cwr_regex_scratch_destroy(scratch);
    cwr_regex_destroy(regex);
    return text;
}

static bool is_costly(const char *pattern)
{
    struct cw_arena *arena = cw_arena_create(1 << 22);
    size_t steps = STEPS;
    bool costly = found(pattern, arena, &steps).len > 0;
    cw_arena_destroy(arena);
    return costly;
}

TEST(costly)
{
    static const char *const patterns[] = {"^(a+)+$",
                                           "^(a|a)*$",
                                           "^(.*a){20}$",
                                           "^(\\w+\\s?)*\\$$",
                                           "(x+x+)+y",
                                           "^(\\d+)*x",
                                           "^([\\w.-]+)+@([\\w-]+\\.)+[a-z]{2,}$",
                                           "(\\w+\\s*)+:",
                                           "^(.*),(.*),(.*),(.*);$",
                                           "^(([a-z])+.)+[A-Z]([a-z])+$",
                                           "(?:\\d+,?)+$",
                                           "(?=.*a)(?=.*b)(?=.*c)(?:.*?){6}d",
                                           "^x(?<y>(?:[^/]+/?)+)!$",
                                           "^\\Qa+\\E(?:(?i:b+))+c$",
                                           "^(?>z)((?P<n>q+)?)*r",
                                           "^(?:.+)+$",
                                           "^[[:alpha:]]*\\p{L}*\\x61*\\s*\\S*\\d$",
                                           "\\s*\\s*\\s*!"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (!CHECK(is_costly(patterns[i])))
            fprintf(stderr, "%s\n", patterns[i]);
}

/* What people write: a warning here would be a nuisance. */
TEST(ordinary)
{
    static const char *const patterns[] = {
        "^refs/heads/(?:feat|fix)/(?<task>[A-Z]{2,}-\\d+)",
        "^\\s*(?<task>[A-Za-z]{2,}-\\d+)\\s*(?<note>.*)$",
        "(?<task>[A-Z]{2,}-\\d+)",
        "^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$",
        "^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}$",
        "https?://[^\\s]+/(?<id>\\d+)",
        "^(feat|fix|chore)(\\([^)]*\\))?: .+$",
        "\\b[A-Z]{2,10}-[0-9]{1,6}\\b",
        "^/track (?<task>\\S+)(?: (?<note>.*))?$",
        "^(?<h>\\d{1,2}):(?<m>\\d{2})$",
        "^(\\w+-)*\\w+$",
        "^(?:[a-z0-9]+(?:-[a-z0-9]+)*)$",
        "(?i)lunch|break|mittag",
        "^\\[(?<key>[A-Z]+-\\d+)\\]\\s+(?<title>.+?)\\s*$",
        "^v?\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?$",
        "(.*)foo(.*)",
        "^.*(?<task>KEY-\\d+).*$",
        "\\s+$",
        "^\\s+|\\s+$",
        "feat.*done",
        "^(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}$",
        "<([a-z]+)[^>]*>.*?</\\1>",
        "^[a-z]+(?:[ _-][a-z]+)*$",
        "^(?:\\s*\\w+\\s*=\\s*\\w+\\s*;)*$",
        "^a++$",
        "plain",
        ""};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (!CHECK(!is_costly(patterns[i])))
            fprintf(stderr, "%s\n", patterns[i]);
}

/* Whatever PCRE2 takes is read without harm. */
TEST(odd)
{
    static const char *const patterns[] = {"(?R)?a",
                                           "(?:(a)|b(?1))*c",
                                           "(?<n>a)(?&n)*",
                                           "(?P<n>a)(?P>n)+(?P=n)*",
                                           "\\g{1}(a)*",
                                           "(a)\\g<1>*",
                                           "(a)\\k'n'*|(?'n'b)",
                                           "(?(1)a|b)*",
                                           "(?(?=a)a+|b+)*",
                                           "(?#a+)b+",
                                           "(?x) a + #c\n b+",
                                           "[]a]+[^]a]+",
                                           "[[:^digit:]-z]*",
                                           "[\\]\\\\a-]+",
                                           "a{,3}{2}{3,}",
                                           "x{0}y{0,}?",
                                           "\\Qa*",
                                           "(?|(a)|(b))+",
                                           "(?<!a)b*(?<=c)d*",
                                           "\\N{U+61}+",
                                           "\\o{141}*\\x{61}*",
                                           "\\cA*",
                                           "(?^i:A*)*b",
                                           "\xC3\xA4+\xF0\x9F\x98\x80*",
                                           "((((a*)*)*)*)*b",
                                           "|",
                                           "(|)*",
                                           "a|(*SKIP)b*",
                                           "(?s-i:.)*+"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        is_costly(patterns[i]);
    CHECK(is_costly("((((a*)*)*)*)*b") || true);
}

TEST(the_shared_hostile_ones)
{
    const char *file = check_shared("hostile/regex/cases.json");
    json_t *cases = file ? json_load_file(file, 0, NULL) : NULL, *one;
    size_t i, costly = 0;
    if (!cases)
        check_skip("the shared hostile patterns are not here");
    json_array_foreach(cases, i, one) costly +=
        is_costly(json_string_value(json_object_get(one, "pattern")));
    CHECK(costly >= 6);
    json_decref(cases);
}

TEST(the_budget_is_kept)
{
    struct cw_arena *arena = cw_arena_create(1 << 22);
    size_t steps = STEPS;
    found("^(a+)+$", arena, &steps);
    CHECK(steps < STEPS && steps > STEPS - 200000);
    steps = 10; /* the text at hand is tried, no other */
    found("(?:a|b)+$", arena, &steps);
    CHECK_INT(steps, 0);
    CHECK_INT(found("^(a+)+$", arena, &steps).len, 0);
    cw_arena_destroy(arena);
}

TEST(memory_ends)
{
    struct cwr_regex *regex = NULL;
    struct cw_text pattern = CW_TEXT("^([a-z]+[0-9]+)+(x|y)*$"), text;
    enum cw_status status = CW_NOMEM;
    struct cwr_regex_scratch *scratch = cwr_regex_scratch_create();
    if (!CHECK_INT(cwr_regex_compile(pattern, false, &regex, NULL), CW_OK))
        return;
    for (size_t size = 0; size < 1 << 14 && status; size += 16) {
        struct cw_arena *arena = cw_arena_create(size);
        size_t steps = STEPS;
        status = cwr_regex_cost(regex, pattern, scratch, arena, &steps, &text);
        CHECK(status == CW_OK || status == CW_NOMEM);
        cw_arena_destroy(arena);
    }
    CHECK_INT(status, CW_OK);
    cwr_regex_destroy(regex);
    cwr_regex_scratch_destroy(scratch);
}

CHECK_MAIN
