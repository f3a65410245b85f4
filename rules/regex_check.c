/* regex_check: refuses patterns by their text, before PCRE2 sees them.
 *
 * PCRE2 10.42 asks for the other cases of every single character of a range when case is ignored:
 * 2 ms for [\x{0}-\x{10ffff}], and two hundred of these fit into one pattern. Therefore the ends of
 * all ranges together have a ceiling. What is counted is at least what is there: every `-` counts
 * with the character behind it, as if its range began at 0 and it were in a class. */
#include "regex_check.h"

#include <string.h>

enum { RANGES = 2 << 20 /* characters: below 10 ms */, LAST_CHARACTER = 0x10FFFF };

bool cwr_regex_has(struct cw_text pattern, const char *what)
{
    return pattern.len && memmem(pattern.at, pattern.len, what, strlen(what)) != NULL;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether some (?i) or (?^i: stands there. */
static bool may_ignore_case(struct cw_text pattern)
{
    for (size_t i = 2; i < pattern.len; i++) {
        if (pattern.at[i - 2] != '(' || pattern.at[i - 1] != '?')
            continue;
        for (size_t k = i; k < pattern.len; k++) {
            if (pattern.at[k] == 'i')
                return true;
            if (!is_letter(pattern.at[k]) && pattern.at[k] != '^')
                break;
        }
    }
    return false;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (is_letter(c) && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return -1;
}

/* What stands behind a backslash: \xFF \x{FF} \o{77} \N{U+FF} \77, else an ASCII character or a
 * class, but for \Q and \E, behind which anything may stand. */
static size_t escaped(struct cw_text text)
{
    size_t value = 0, base = text.at[0] == 'x' || text.at[0] == 'N' ? 16 : 8;
    if (!strchr("xoN01234567", text.at[0]))
        return strchr("QE", text.at[0]) ? LAST_CHARACTER : 127;
    for (size_t i = digit(text.at[0]) < 0; i < text.len && value < LAST_CHARACTER; i++) {
        int one = digit(text.at[i]);
        if (one >= 0)
            value = value * base + (size_t)one;
        else if (!strchr("{U+", text.at[i]))
            break;
    }
    return value < LAST_CHARACTER ? value : LAST_CHARACTER;
}

/* The character that begins here, or at least as high a number. */
static size_t character(struct cw_text text)
{
    unsigned char first = (unsigned char)text.at[0];
    if (first == '\\')
        return text.len > 1 ? escaped((struct cw_text){text.at + 1, text.len - 1}) : 0;
    if (first < 0xC0)
        return first;
    if (first < 0xE0)
        return (size_t)(first - 0xC0 + 1) << 6;
    return first < 0xF0 ? (size_t)(first - 0xE0 + 1) << 12 : LAST_CHARACTER;
}

static size_t count_ranges(struct cw_text pattern)
{
    size_t sum = 0;
    for (size_t i = 0; i + 1 < pattern.len; i++) {
        size_t k = i + 1;
        if (pattern.at[i] != '-')
            continue;
        while (k + 1 < pattern.len && (pattern.at[k] == ' ' || pattern.at[k] == '\t'))
            k++; /* (?xx) */
        sum += character((struct cw_text){pattern.at + k, pattern.len - k});
    }
    return sum;
}

enum cw_status cwr_regex_check(struct cw_text pattern, bool ignore_case, struct cw_error *err)
{
    if (pattern.len >= 2 && memcmp(pattern.at, "(*", 2) == 0)
        return cw_fail_at(err, CW_EINVAL, 0, "pattern: it may not begin with (*...)");
    if ((ignore_case || may_ignore_case(pattern)) && count_ranges(pattern) > RANGES)
        return cw_fail(err, CW_ELIMIT,
                       "pattern: its ranges are too wide to ignore the case of each character");
    return CW_OK;
}

/* ---- Heads ---- */

static bool begins(struct cw_text pattern, size_t i, const char *with)
{
    size_t n = strlen(with);
    return pattern.len - i >= n && memcmp(pattern.at + i, with, n) == 0;
}

/* Behind a class or an escape. Returns: SIZE_MAX where it is better not to judge. */
static size_t skip_escape(struct cw_text pattern, size_t i)
{
    if (i + 1 >= pattern.len || strchr("QE", pattern.at[i + 1]))
        return SIZE_MAX;
    return i + 2;
}

static size_t skip_class(struct cw_text pattern, size_t i)
{
    i += begins(pattern, i, "[^") ? 2 : 1;
    if (i < pattern.len && pattern.at[i] == ']')
        i++;
    while (i < pattern.len && pattern.at[i] != ']') {
        if (pattern.at[i] == '[')
            return SIZE_MAX; /* [:alpha:], or not */
        i = pattern.at[i] == '\\' ? skip_escape(pattern, i) : i + 1;
    }
    return i < pattern.len ? i + 1 : SIZE_MAX;
}

/* A group with (?x) may hold comments, a verb any text. */
static bool is_opaque(struct cw_text pattern, size_t i)
{
    if (begins(pattern, i, "(*") || begins(pattern, i, "(?#"))
        return true;
    for (size_t k = i + 2; begins(pattern, i, "(?") && k < pattern.len; k++) {
        if (pattern.at[k] == 'x')
            return true;
        if (!is_letter(pattern.at[k]) && pattern.at[k] != '^' && pattern.at[k] != '-')
            break;
    }
    return false;
}

/* Whether the whole is one alternative; false when in doubt. */
static bool is_single(struct cw_text pattern)
{
    size_t depth = 0;
    for (size_t i = 0; i < pattern.len;) {
        char c = pattern.at[i];
        if ((c == '|' && !depth) || (c == '(' && is_opaque(pattern, i)))
            return false;
        depth += c == '(';
        depth -= c == ')' && depth;
        i = c == '\\' ? skip_escape(pattern, i) : c == '[' ? skip_class(pattern, i) : i + 1;
        if (i == SIZE_MAX)
            return false;
    }
    return true;
}

struct cw_text cwr_regex_head(struct cw_text pattern)
{
    struct cw_text head = {pattern.at, 0};
    size_t from = begins(pattern, 0, "^") ? 1 : begins(pattern, 0, "\\A") ? 2 : 0, i = from;
    if (!from || !is_single(pattern))
        return head;
    while (i < pattern.len && !strchr("\\^$.[](){}|*+?", pattern.at[i]))
        i++;
    /* The character before a repeat may be there zero times. */
    if (i < pattern.len && i > from && strchr("*+?{", pattern.at[i]))
        for (i--; i > from && ((unsigned char)pattern.at[i] & 0xC0) == 0x80;)
            i--;
    return (struct cw_text){pattern.at + from, i - from};
}
