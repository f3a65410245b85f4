/* scan: the innermost loops of the JSON reader, over strings and numbers. */
#ifndef CWR_SCAN_H
#define CWR_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool cwr_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Inside a string: neither quote, backslash, control nor a byte of a longer character. */
static inline bool cwr_is_plain(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

#ifdef __SSE2__
enum { CWR_STRIDE = 16 };

/* The index of the first byte of 16 that is not plain; 16 when all are. */
static inline unsigned cwr_plain_block(const char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
    __m128i low = _mm_cmplt_epi8(x, _mm_set1_epi8(0x20)); /* signed: controls and 0x80 and above */
    unsigned m = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
    return m ? (unsigned)__builtin_ctz(m) : 16;
}
#else
enum { CWR_STRIDE = 8 };

/* The same over 8 bytes of a word; zero bytes are found by the borrow that they cause. */
static inline unsigned cwr_plain_block(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t x;
    memcpy(&x, p, 8);
    uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
    uint64_t m = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | (x - ones * 0x20) | x;
    if (!(m & high))
        return 8;
    unsigned i = 0; /* a borrow may mark bytes behind the first hit: look again, byte by byte */
    while (i < 8 && cwr_is_plain(p[i]))
        i++;
    return i;
}
#endif

/* The first byte at or behind p that is not plain, or end. */
static inline const char *cwr_plain_run(const char *p, const char *end)
{
    while (end - p >= CWR_STRIDE) {
        unsigned n = cwr_plain_block(p);
        p += n;
        if (n < CWR_STRIDE)
            return p;
    }
    while (p < end && cwr_is_plain(*p))
        p++;
    return p;
}

/* From the first byte that is not plain to the closing quote. Adds CWR_ESCAPED and CWR_LONE to
 * *flags. Returns: NULL, or what is wrong at *p. */
const char *cwr_scan_string(const char **p, const char *end, unsigned *flags);
/* Over one number. Returns: NULL, or what is wrong at *p. */
const char *cwr_scan_number(const char **p, const char *end);

#endif
