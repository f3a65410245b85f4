/* The small parts under a matcher: like, equality, numbers, moments, case. Whole matchers are in
 * tests/cases/matchers.txt. */
#include "check.h"
#include "condition.h"
#include "fold.h"
#include "index.h"
#include "moment.h"
#include "number.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool like(const char *pattern, const char *text)
{
    return cwr_like(cw_text_of(pattern), cw_text_of(text));
}

TEST(like_covers_the_whole)
{
    CHECK(like("abc", "abc"));
    CHECK(!like("abc", "abcd"));
    CHECK(!like("abc", "xabc"));
    CHECK(like("*", ""));
    CHECK(like("**", "x"));
    CHECK(like("a*", "a"));
    CHECK(like("a*c", "abbc"));
    CHECK(!like("a*c", "abbcd"));
    CHECK(like("*b*", "abc"));
    CHECK(!like("*b*", "aac"));
    CHECK(like("a*b*c*d", "axxbyyczzd"));
    CHECK(!like("a*b*c*d", "axxcyybzzd"));
    CHECK(!like("ab*ba", "aba")); /* the pieces may not overlap */
    CHECK(like("", ""));
    CHECK(!like("", "a"));
}

TEST(like_signs)
{
    CHECK(like("a?c", "abc"));
    CHECK(like("a?c", "aäc")); /* a character, not a byte */
    CHECK(!like("a?c", "ac"));
    CHECK(!like("a?c", "abbc"));
    CHECK(like("*a?c*", "xxabcxx"));
    CHECK(!like("*a?c*", "xxacxx"));
    CHECK(like("*?", "ä"));
    CHECK(!like("*?", ""));
    CHECK(like("*??.c", "main.c"));
    CHECK(!like("*????.c", "mai.c"));
    CHECK(like("[a]", "[a]")); /* no other sign means anything */
    CHECK(!like("[a]", "a"));
    CHECK(!like("\\*", "*"));
}

TEST(like_is_linear)
{
    size_t n = 1 << 20;
    char *text = malloc(n);
    memset(text, 'a', n);
    clock_t from = clock();
    CHECK(!cwr_like(CW_TEXT("*aaaaaaaaaaaaaaaaaaaaaaab*aaaaaaaaab*"), (struct cw_text){text, n}));
    CHECK(!cwr_like(CW_TEXT("*a*a*a*a*a*a*a*a*a*a*a*b"), (struct cw_text){text, n}));
    CHECK(clock() - from < CLOCKS_PER_SEC);
    free(text);
}

static struct cw_value number(const char *digits)
{
    return (struct cw_value){.kind = CW_NUMBER, .text = cw_text_of(digits)};
}

static bool equal(struct cw_value a, struct cw_value b)
{
    bool one = cwr_value_equal(&a, &b), other = cwr_value_equal(&b, &a);
    CHECK(one == other);
    return one;
}

TEST(equality)
{
    struct cw_value yes = {.kind = CW_BOOL, .truth = true}, no = {.kind = CW_BOOL};
    struct cw_value null = {.kind = CW_NULL}, missing = {.kind = CW_MISSING};
    struct cw_value list = {.kind = CW_LIST};
    CHECK(equal(number("1"), number("1.0")));
    CHECK(equal(number("100"), number("1e2")));
    CHECK(equal(number("-0"), number("0.000")));
    CHECK(!equal(number("1"), number("-1")));
    CHECK(equal(number("1"), cw_value_string(CW_TEXT("1"))));
    CHECK(!equal(number("1"), cw_value_string(CW_TEXT("1.0"))));
    CHECK(!equal(number("7"), cw_value_string(CW_TEXT("007"))));
    CHECK(!equal(cw_value_string(CW_TEXT("1")), cw_value_string(CW_TEXT("1.0"))));
    CHECK(!equal(number("9007199254740993"), number("9007199254740992")));
    CHECK(equal(yes, yes));
    CHECK(!equal(yes, no));
    CHECK(!equal(yes, cw_value_string(CW_TEXT("true"))));
    CHECK(equal(null, null));
    CHECK(!equal(null, missing));
    CHECK(!equal(null, cw_value_string(CW_TEXT(""))));
    CHECK(!equal(list, list));
}

static int order(const char *a, const char *b)
{
    int result = 99, back = 99;
    if (!cwr_number_compare(cw_text_of(a), cw_text_of(b), &result))
        return 99;
    CHECK(cwr_number_compare(cw_text_of(b), cw_text_of(a), &back));
    CHECK((result > 0) == (back < 0) && (result < 0) == (back > 0));
    CHECK(result != 0 || cwr_number_hash(cw_text_of(a)) == cwr_number_hash(cw_text_of(b)));
    return result < 0 ? -1 : result > 0;
}

TEST(numbers_are_exact)
{
    CHECK_INT(order("1", "2"), -1);
    CHECK_INT(order("10", "9"), 1);
    CHECK_INT(order("-10", "9"), -1);
    CHECK_INT(order("-10", "-9"), -1);
    CHECK_INT(order("0.1", "0.10"), 0);
    CHECK_INT(order("0.1", "0.099999999999999999999999"), 1);
    CHECK_INT(order("123e-2", "1.23"), 0);
    CHECK_INT(order("0e99", "-0.0"), 0);
    CHECK_INT(order("1e400", "1e399"), 1);
    CHECK_INT(order("1E+2", "100"), 0);
    CHECK_INT(order("007", "7"), 0);
    CHECK_INT(order("120", "12e1"), 0);
    CHECK_INT(order("18446744073709551617", "18446744073709551616"), 1);
    CHECK_INT(order("1", "x"), 99);
}

TEST(what_is_a_number)
{
    static const char *const yes[] = {"0", "-1", "+1", "1.5", ".5", "5.", "1e9", "1E-9"};
    static const char *const no[] = {"",    "-",  ".",  "e1",    "1e", "1e+",
                                     "0x1", "1 ", " 1", "1.2.3", "inf"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        CHECK(cwr_number_is(cw_text_of(yes[i])));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        CHECK(!cwr_number_is(cw_text_of(no[i])));
}

static int64_t moment(const char *text)
{
    int64_t ms = -1;
    return cwr_moment_read(cw_text_of(text), &ms) ? ms : INT64_MIN;
}

TEST(moments)
{
    CHECK_INT(moment("1970-01-01"), 0);
    CHECK_INT(moment("1970-01-01T00:00:00Z"), 0);
    CHECK_INT(moment("2026-03-02T10:00:00Z"), 1772445600000);
    CHECK_INT(moment("2026-03-02 11:00:00+01:00"), 1772445600000);
    CHECK_INT(moment("2026-03-02t10:00:00.1239z"), 1772445600123);
    CHECK_INT(moment("2000-02-29"), 951782400000);
    CHECK_INT(moment("1969-12-31T23:59:59.999Z"), -1);
    static const char *const no[] = {"",
                                     "2026-13-01",
                                     "2026-02-29",
                                     "1900-02-29",
                                     "2026-3-2",
                                     "2026-03-02T",
                                     "2026-03-02T10:00:00",
                                     "2026-03-02T24:00:00Z",
                                     "2026-03-02T10:00Z",
                                     "2026-03-02T10:00:00+1:00",
                                     "2026-03-02T10:00:00Zx",
                                     "2026-03-02T10:00:00.Z"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        CHECK_INT(moment(no[i]), INT64_MIN);
}

TEST(moments_print_what_they_read)
{
    char text[CWR_MOMENT_SIZE];
    struct cw_text made = cwr_moment_print(1772445600123, text);
    CHECK_MEM(made.at, made.len, "2026-03-02T10:00:00.123Z");
    for (int64_t ms = -62167219200000; ms < 253402300799999; ms += 86399999 * 367LL)
        CHECK_INT(moment(cwr_moment_print(ms, text).at), ms);
    CHECK_MEM(cwr_moment_print(INT64_MAX, text).at, 24, "9999-12-31T23:59:59.999Z");
    CHECK_MEM(cwr_moment_print(INT64_MIN, text).at, 24, "0000-01-01T00:00:00.000Z");
}

static const char *changed(enum cwr_case to, const char *text)
{
    static struct cw_arena *arena;
    struct cw_text made;
    if (!arena)
        arena = cw_arena_create(1 << 20);
    return cwr_case_text(to, cw_text_of(text), arena, &made) ? "no memory" : made.at;
}

TEST(case_in_every_script)
{
    CHECK_STR(changed(CWR_CASE_FOLD, "ÄÖÜ ŁÓDŹ ΑΒΓς ЖЯ ԱԲ"), "äöü łódź αβγσ жя աբ");
    CHECK_STR(changed(CWR_CASE_UPPER, "äöü łódź αβγς жя ÿ"), "ÄÖÜ ŁÓDŹ ΑΒΓΣ ЖЯ Ÿ");
    CHECK_STR(changed(CWR_CASE_LOWER, "ÄÖÜ ǅ ẞ İ"), "äöü ǆ ß i");
    CHECK_STR(changed(CWR_CASE_FOLD, "K (Kelvin)"), "k (kelvin)");
    CHECK_STR(changed(CWR_CASE_FOLD, "漢字 123 ß"), "漢字 123 ß");
    CHECK_STR(changed(CWR_CASE_UPPER, "\xff\xc3 a"), "\xff\xc3 A"); /* no UTF-8: kept */
    CHECK_INT(cwr_case_char(CWR_CASE_UPPER, 0x10428), 0x10400);
    CHECK_INT(cwr_case_char(CWR_CASE_FOLD, 0x10FFFF), 0x10FFFF);
}

CHECK_MAIN
