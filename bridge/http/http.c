/* http: the reader as a whole, and its body. The head is read by http/head.c, fields are judged by
 * http/field.c, the chunked coding is read by http/chunk.c. */
#include "http/http.h"

#include "xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { STAGE_HEAD, STAGE_BODY, STAGE_DONE, STAGE_REFUSED };
enum { BODY_FIRST = 8 * 1024 }; /* doubles from here, so that a mere promise costs no more */

/* One row for 16 bytes, from 0x00 on: the sums of HTTP_TOKEN, _VALUE, _TARGET and _GRAPH. */
/* clang-format off */
const uint8_t http_class[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  2,  0,  0,  0,  0,  0,  0, /* 00 */
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0, /* 10 */
    10, 15, 10, 11, 15, 15, 15, 15, 14, 14, 15, 15, 14, 15, 15, 14, /* 20 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 14, 10, 14, 10, 14, /* 30 */
    14, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 40 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 10, 10, 10, 11, 15, /* 50 */
    11, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* 60 */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 10, 11, 10, 15,  0, /* 70 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 80 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* 90 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* a0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* b0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* c0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* d0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* e0 */
     2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2,  2, /* f0 */
};
/* clang-format on */

bool http_same(struct cw_text text, const char *word)
{
    size_t i = 0;
    for (; i < text.len && word[i]; i++) {
        unsigned char a = (unsigned char)text.at[i], b = (unsigned char)word[i];
        if (a >= 'A' && a <= 'Z')
            a = (unsigned char)(a | 0x20);
        if (b >= 'A' && b <= 'Z')
            b = (unsigned char)(b | 0x20);
        if (a != b)
            return false;
    }
    return i == text.len && !word[i];
}

const struct http_header *http_find(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (http_same(request->headers[i].name, name))
            return &request->headers[i];
    return NULL;
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].reason;
    return "Unknown";
}

void http_reader_init(struct http_reader *r, const struct http_limits *limits, size_t *spare_bytes)
{
    *r = (struct http_reader){.limits = limits, .spare_bytes = spare_bytes};
}

void http_reader_reset(struct http_reader *r)
{
    free(r->text);
    free(r->headers);
    free(r->body);
    *r->spare_bytes += r->body_room;
    http_reader_init(r, r->limits, r->spare_bytes);
}

bool http_is_idle(const struct http_reader *r)
{
    return r->stage == STAGE_HEAD && !r->len && !r->cr && !r->blank_lines;
}

bool http_has_head(const struct http_reader *r)
{
    return r->stage == STAGE_BODY || r->stage == STAGE_DONE;
}

enum http_step http_refuse(struct http_reader *r, int status)
{
    r->stage = STAGE_REFUSED;
    r->status = status;
    return HTTP_REFUSED;
}

/* Makes room for `want` bytes of body in all. The room doubles, and counts as taken at once. */
static bool body_grow(struct http_reader *r, size_t want)
{
    if (want <= r->body_room)
        return true;
    size_t room = r->body_room ? r->body_room * 2 : BODY_FIRST;
    if (r->framing == HTTP_LENGTH && room > r->length)
        room = (size_t)r->length;
    else if (r->framing == HTTP_CHUNKED && room > r->body_limit)
        room = r->body_limit;
    if (room < want)
        room = want;
    if (room - r->body_room > *r->spare_bytes)
        return false;
    *r->spare_bytes -= room - r->body_room;
    r->body = xrealloc(r->body, room);
    r->body_room = room;
    return true;
}

bool http_body_add(struct http_reader *r, const char *at, size_t len)
{
    if (!body_grow(r, r->body_len + len)) {
        http_refuse(r, 503);
        return false;
    }
    memcpy(r->body + r->body_len, at, len);
    r->body_len += len;
    return true;
}

static enum http_step done(struct http_reader *r)
{
    r->stage = STAGE_DONE;
    r->expects_continue = false;
    r->request.body = (struct cw_text){r->body_len ? r->body : "", r->body_len};
    return HTTP_DONE;
}

static enum http_step read_length(struct http_reader *r, const char *at, size_t len, size_t *used)
{
    if (r->length > r->body_limit)
        return http_refuse(r, 413);
    size_t missing = (size_t)r->length - r->body_len;
    if (len > missing)
        len = missing;
    if (len && !http_body_add(r, at, len))
        return HTTP_REFUSED;
    *used = len;
    return len == missing ? done(r) : HTTP_MORE;
}

static enum http_step read_body(struct http_reader *r, const char *at, size_t len, size_t *used)
{
    if (len)
        r->expects_continue = false;
    if (r->framing == HTTP_LENGTH)
        return read_length(r, at, len, used);
    enum http_step step = HTTP_DONE;
    if (r->framing == HTTP_CHUNKED)
        step = http_chunk_feed(r, at, len, used);
    return step == HTTP_DONE ? done(r) : step;
}

enum http_step http_read(struct http_reader *r, const char *at, size_t len, size_t *used)
{
    assert(r->stage == STAGE_HEAD || r->stage == STAGE_BODY);
    *used = 0;
    if (r->stage == STAGE_BODY)
        return read_body(r, at, len, used);
    enum http_step step = http_head_feed(r, at, len, used);
    if (step == HTTP_HEAD)
        r->stage = STAGE_BODY;
    return step;
}

size_t http_body_room(struct http_reader *r, char **at)
{
    if (r->stage != STAGE_BODY || r->framing != HTTP_LENGTH || r->body_len == r->length)
        return 0;
    if (!body_grow(r, r->body_len + 1))
        return 0;
    *at = r->body + r->body_len;
    return r->body_room - r->body_len;
}

enum http_step http_body_took(struct http_reader *r, size_t len)
{
    assert(r->body_len + len <= r->body_room);
    r->body_len += len;
    r->expects_continue = false;
    return r->body_len == r->length ? done(r) : HTTP_MORE;
}
