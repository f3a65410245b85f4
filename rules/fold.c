/* fold: see fold.h. The tables are ranges with a stride, found by bisection. */
#include "fold.h"

struct range {
    uint32_t first, last;
    int32_t add;
    uint32_t stride;
};

#define ROW(first, last, stride, add) {first, last, add, stride},

static const struct range folds[] = {
#define CWR_FOLD ROW
#include "fold.def"
#undef CWR_FOLD
};

static const struct range lowers[] = {
#define CWR_LOWER ROW
#include "fold.def"
#undef CWR_LOWER
};

static const struct range uppers[] = {
#define CWR_UPPER ROW
#include "fold.def"
#undef CWR_UPPER
};

static uint32_t look_up(const struct range *table, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c > table[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == n || c < table[low].first || (c - table[low].first) % table[low].stride != 0)
        return c;
    return (uint32_t)((int32_t)c + table[low].add);
}

uint32_t cwr_case_char(enum cwr_case to, uint32_t c)
{
    if (c < 0x80) {
        if (to == CWR_CASE_UPPER)
            return c >= 'a' && c <= 'z' ? c - 32 : c;
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    if (to == CWR_CASE_UPPER)
        return look_up(uppers, sizeof uppers / sizeof uppers[0], c);
    if (to == CWR_CASE_LOWER)
        return look_up(lowers, sizeof lowers / sizeof lowers[0], c);
    return look_up(folds, sizeof folds / sizeof folds[0], c);
}

static bool follows(struct cw_text text, size_t n)
{
    if (text.len < n)
        return false;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)text.at[i] & 0xC0) != 0x80)
            return false;
    return true;
}

size_t cwr_char_get(struct cw_text text, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)text.at[0];
    size_t n = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    *c = UINT32_MAX;
    if (n == 1)
        *c = lead;
    if (n < 2 || lead > 0xF4 || !follows(text, n))
        return 1;
    uint32_t got = lead & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        got = got << 6 | ((unsigned char)text.at[i] & 0x3F);
    if (got < least[n] || got > 0x10FFFF || (got >= 0xD800 && got < 0xE000))
        return 1;
    *c = got;
    return n;
}

size_t cwr_char_put(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(leads[n] | c);
    return n;
}

size_t cwr_char_count(struct cw_text text)
{
    size_t count = 0;
    uint32_t c;
    for (size_t i = 0; i < text.len; count++)
        i += cwr_char_get((struct cw_text){text.at + i, text.len - i}, &c);
    return count;
}

enum cw_status cwr_case_text(enum cwr_case to, struct cw_text text, struct cw_arena *arena,
                             struct cw_text *out)
{
    /* A mapping never needs more than one byte and a half for one: U+0250 (2) becomes 3 bytes. */
    char *made = cw_arena_take(arena, text.len + text.len / 2 + 4);
    size_t len = 0;
    if (!made)
        return CW_NOMEM;
    for (size_t i = 0; i < text.len;) {
        uint32_t c;
        size_t n = cwr_char_get((struct cw_text){text.at + i, text.len - i}, &c);
        if (c == UINT32_MAX)
            made[len++] = text.at[i];
        else
            len += cwr_char_put(made + len, cwr_case_char(to, c));
        i += n;
    }
    made[len] = '\0';
    *out = (struct cw_text){made, len};
    return CW_OK;
}
