/* text: UTF-8 as strangers send it: decoding with every check, and escaping for one-line messages.
 *
 * Refuses overlong forms, surrogates, characters above U+10FFFF and cut-off sequences. */
#include "text.h"

#include <stdio.h>
#include <string.h>

struct cw_text cw_text_of(const char *text)
{
    if (!text)
        return (struct cw_text){"", 0};
    return (struct cw_text){text, strlen(text)};
}

int cw_text_is(struct cw_text text, const char *word)
{
    size_t len = strlen(word);
    return text.len == len && (len == 0 || memcmp(text.at, word, len) == 0);
}

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

unsigned cwr_utf8_get(const char *at, const char *end, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    uint32_t c;
    unsigned n;
    if (left == 0)
        return 0;
    if (p[0] < 0x80) {
        c = p[0];
        n = 1;
    } else if (p[0] >= 0xC2 && p[0] < 0xE0 && left >= 2 && is_tail(p[1])) {
        c = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
        n = 2;
    } else if ((p[0] & 0xF0) == 0xE0 && left >= 3 && is_tail(p[1]) && is_tail(p[2])) {
        c = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        if (c < 0x800 || (c >= 0xD800 && c <= 0xDFFF))
            return 0;
        n = 3;
    } else if ((p[0] & 0xF8) == 0xF0 && left >= 4 && is_tail(p[1]) && is_tail(p[2]) &&
               is_tail(p[3])) {
        c = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        if (c < 0x10000 || c > 0x10FFFF)
            return 0;
        n = 4;
    } else {
        return 0;
    }
    if (out)
        *out = c;
    return n;
}

unsigned cwr_utf8_put(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = 0xFFFD;
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

bool cwr_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

unsigned cwr_escape_one(const char **at, const char *end, char out[12])
{
    uint32_t c = 0;
    unsigned n = cwr_utf8_get(*at, end, &c);
    int len;
    if (n && !cwr_is_control(c)) {
        memcpy(out, *at, n);
        out[n] = '\0';
        *at += n;
        return n;
    }
    if (n && (c == '\n' || c == '\r' || c == '\t'))
        len = snprintf(out, 12, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    else if (n > 1)
        len = snprintf(out, 12, "\\u%04x", (unsigned)c);
    else
        len = snprintf(out, 12, "\\x%02x", (unsigned)(unsigned char)**at);
    *at += n ? n : 1;
    return (unsigned)len;
}

size_t cwr_escape(struct cw_text text, char *out, size_t size)
{
    const char *at = text.at, *end = text.at + text.len;
    size_t used = 0;
    char one[12];
    while (at < end) {
        unsigned n = cwr_escape_one(&at, end, one);
        if (used + n + 1 > size)
            break;
        memcpy(out + used, one, n);
        used += n;
    }
    if (size)
        out[used] = '\0';
    return used;
}
