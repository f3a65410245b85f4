/* http/chunk: the chunked coding (RFC 9112, 7.1), byte by byte, without a line buffer.
 *
 *   size --';'--> ext name --'='--> ext value --CR--> LF --> data --> CR LF --> size ...
 *   size 0 --> trailer lines --> CR LF, done
 *
 * Sizes have 1 to 8 hex digits; no blanks anywhere; extensions and trailers are bounded and
 * thrown away. */
#include "http/http.h"

#include <string.h>

enum {
    SIZE, /* must be 0, the state of a fresh reader */
    EXT_NAME_FIRST,
    EXT_NAME,
    EXT_VALUE_FIRST,
    EXT_VALUE,
    EXT_QUOTED,
    EXT_QUOTED_PAIR,
    EXT_QUOTED_END,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    LAST_LF
};
enum { FAULT = -1, END = -2, TOO_LARGE = -3 };

static int after_ext(char c, int otherwise)
{
    return c == ';' ? EXT_NAME_FIRST : c == '\r' ? SIZE_LF : otherwise;
}

static int on_size(struct http_chunks *c, char byte)
{
    int low = byte | 0x20;
    int digit = byte >= '0' && byte <= '9' ? byte - '0'
                : low >= 'a' && low <= 'f' ? low - 'a' + 10
                                           : -1;
    if (digit < 0)
        return c->digits ? after_ext(byte, FAULT) : FAULT;
    if (++c->digits > 8)
        return FAULT;
    c->left = c->left * 16 + (uint64_t)digit;
    return SIZE;
}

/* A quoted string holds HTAB, SP, VCHAR and obs-text, and '\' before any of these. */
static int on_ext(struct http_chunks *c, char byte)
{
    if (++c->ext_bytes > HTTP_CHUNK_EXT_MAX)
        return FAULT;
    bool token = HTTP_IS(byte, HTTP_TOKEN);
    switch (c->state) {
    case EXT_NAME_FIRST:
        return token ? EXT_NAME : FAULT;
    case EXT_NAME:
        return token ? EXT_NAME : byte == '=' ? EXT_VALUE_FIRST : after_ext(byte, FAULT);
    case EXT_VALUE_FIRST:
        return token ? EXT_VALUE : byte == '"' ? EXT_QUOTED : FAULT;
    case EXT_VALUE:
        return token ? EXT_VALUE : after_ext(byte, FAULT);
    case EXT_QUOTED:
        if (byte == '"')
            return EXT_QUOTED_END;
        return byte == '\\' ? EXT_QUOTED_PAIR : HTTP_IS(byte, HTTP_VALUE) ? EXT_QUOTED : FAULT;
    case EXT_QUOTED_PAIR:
        return HTTP_IS(byte, HTTP_VALUE) ? EXT_QUOTED : FAULT;
    default: /* EXT_QUOTED_END */
        return after_ext(byte, FAULT);
    }
}

static int on_size_lf(struct http_reader *r, char byte)
{
    struct http_chunks *c = &r->chunks;
    if (byte != '\n')
        return FAULT;
    c->digits = c->ext_bytes = 0;
    c->total += c->left;
    if (c->total > r->body_limit)
        return TOO_LARGE;
    return c->left ? DATA : TRAILER_FIRST;
}

static int on_trailer_name(struct http_chunks *c, char byte)
{
    if (byte == ':')
        return http_may_trail((struct cw_text){c->name, c->name_len}) ? TRAILER_VALUE : FAULT;
    if (!HTTP_IS(byte, HTTP_TOKEN) || c->name_len == sizeof c->name)
        return FAULT;
    c->name[c->name_len++] = byte;
    return TRAILER_NAME;
}

static int on_trailer(struct http_chunks *c, char byte)
{
    if (++c->trailer_bytes > HTTP_TRAILER_MAX)
        return FAULT;
    switch (c->state) {
    case TRAILER_FIRST:
        if (byte == '\r')
            return LAST_LF;
        c->name_len = 0;
        return byte == ':' ? FAULT : on_trailer_name(c, byte);
    case TRAILER_NAME:
        return on_trailer_name(c, byte);
    case TRAILER_VALUE:
        return byte == '\r' ? TRAILER_LF : HTTP_IS(byte, HTTP_VALUE) ? TRAILER_VALUE : FAULT;
    case TRAILER_LF:
        return byte == '\n' ? TRAILER_FIRST : FAULT;
    default: /* LAST_LF */
        return byte == '\n' ? END : FAULT;
    }
}

static int on_byte(struct http_reader *r, char byte)
{
    struct http_chunks *c = &r->chunks;
    if (c->state == SIZE)
        return on_size(c, byte);
    if (c->state < SIZE_LF)
        return on_ext(c, byte);
    if (c->state == SIZE_LF)
        return on_size_lf(r, byte);
    if (c->state == DATA_CR)
        return byte == '\r' ? DATA_LF : FAULT;
    if (c->state == DATA_LF)
        return byte == '\n' ? SIZE : FAULT;
    return on_trailer(c, byte);
}

static bool take_data(struct http_reader *r, const char *at, size_t len, size_t *n)
{
    struct http_chunks *c = &r->chunks;
    *n = len < c->left ? len : (size_t)c->left;
    c->left -= *n;
    if (!c->left)
        c->state = DATA_CR;
    return http_body_add(r, at, *n);
}

enum http_step http_chunk_feed(struct http_reader *r, const char *at, size_t len, size_t *used)
{
    struct http_chunks *c = &r->chunks;
    size_t n;
    for (*used = 0; *used < len; *used += n) {
        n = 1;
        if (c->state == DATA) {
            if (!take_data(r, at + *used, len - *used, &n))
                return HTTP_REFUSED;
            continue;
        }
        int next = on_byte(r, at[*used]);
        if (next == FAULT || next == TOO_LARGE)
            return http_refuse(r, next == FAULT ? 400 : 413);
        if (next == END) {
            ++*used;
            return HTTP_DONE;
        }
        c->state = next;
    }
    return HTTP_MORE;
}
