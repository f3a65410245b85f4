/* codec: hex and base64 as signatures use them. Only the canonical form of base64 is read: the
 * usual alphabet, padding, no blanks, zero bits at the end. */
#include "codec.h"

#include <string.h>

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

size_t codec_hex(struct cw_text text, unsigned char *out, size_t size)
{
    if (text.len % 2 || text.len / 2 > size)
        return SIZE_MAX;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex(text.at[i]), low = hex(text.at[i + 1]);
        if (high < 0 || low < 0)
            return SIZE_MAX;
        out[i / 2] = (unsigned char)(high * 16 + low);
    }
    return text.len / 2;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int sextet(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

size_t codec_base64(struct cw_text text, unsigned char *out, size_t size)
{
    size_t pad = 0;
    while (pad < 2 && pad < text.len && text.at[text.len - 1 - pad] == '=')
        pad++;
    size_t len = text.len / 4 * 3 - (text.len ? pad : 0), put = 0;
    if (text.len % 4 || len > size)
        return SIZE_MAX;
    for (size_t i = 0; i < text.len; i += 4) {
        size_t signs = i + 4 == text.len ? 4 - pad : 4;
        uint32_t bits = 0;
        for (size_t j = 0; j < signs; j++) {
            int value = sextet(text.at[i + j]);
            if (value < 0)
                return SIZE_MAX;
            bits |= (uint32_t)value << (18 - 6 * j);
        }
        for (size_t j = 0; j < 3; j++, bits = (bits << 8) & 0xFFFFFF) {
            if (j + 1 < signs)
                out[put++] = (unsigned char)(bits >> 16);
            else if (bits)
                return SIZE_MAX; /* bits that say nothing must be zero */
        }
    }
    return put;
}

void codec_put_hex(const unsigned char *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

void codec_put_base64(const unsigned char *bytes, size_t len, char *out)
{
    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= i + 2 < len ? bytes[i + 2] : 0;
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
        *out++ = i + 2 < len ? alphabet[bits & 63] : '=';
    }
    *out = '\0';
}
