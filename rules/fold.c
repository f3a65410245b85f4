/* fold: see fold.h. The tables are ranges with a stride, found by bisection. */
#include "fold.h"

#include "text.h"

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

size_t cwr_char_get(struct cw_text text, uint32_t *c)
{
    unsigned n = cwr_utf8_get(text.at, text.at + text.len, c);
    if (n)
        return n;
    *c = UINT32_MAX;
    return 1;
}

size_t cwr_char_count(struct cw_text text)
{
    size_t count = 0;
    uint32_t c;
    for (size_t i = 0; i < text.len; count++)
        i += cwr_char_get((struct cw_text){text.at + i, text.len - i}, &c);
    return count;
}

size_t cwr_case_write(enum cwr_case to, struct cw_text text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len;) {
        uint32_t c;
        size_t n = cwr_char_get((struct cw_text){text.at + i, text.len - i}, &c);
        if (c == UINT32_MAX)
            out[len++] = text.at[i];
        else
            len += cwr_utf8_put(cwr_case_char(to, c), out + len);
        i += n;
    }
    return len;
}

enum cw_status cwr_case_text(enum cwr_case to, struct cw_text text, struct cw_arena *arena,
                             struct cw_text *out)
{
    char *made = cw_arena_take(arena, CWR_CASE_ROOM(text.len));
    if (!made)
        return CW_NOMEM;
    *out = (struct cw_text){made, cwr_case_write(to, text, made)};
    return CW_OK;
}
