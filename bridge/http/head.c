/* http/head: the request line and the header fields, line by line.
 *
 * Two looks, always in this order, so that cutting the input elsewhere changes nothing: each byte
 * as it comes (is it allowed here at all?), each line when its LF is there (does it follow the
 * grammar?). A head is refused at the first byte that no legal head can have. */
#include "http/http.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { METHOD_MAX = 7, TEXT_FIRST = 1024, HEADERS_FIRST = 16 };

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

static bool is_known_method(struct cw_text word)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (cw_text_is(word, methods[i]))
            return true;
    return false;
}

static int judge_version(struct http_reader *r, const char *at, size_t len)
{
    if (len != 8 || memcmp(at, "HTTP/", 5) != 0 || at[6] != '.')
        return 400;
    if (at[5] < '0' || at[5] > '9' || at[7] < '0' || at[7] > '9')
        return 400;
    if (at[5] != '1' || at[7] > '1')
        return 505;
    r->http10 = at[7] == '0';
    r->wants_close = r->http10;
    return 0;
}

/* METHOD SP target SP HTTP/1.x. Only lengths are kept until the text stands still. */
static int judge_request_line(struct http_reader *r, const char *line, size_t len)
{
    const char *end = line + len;
    const char *target = memchr(line, ' ', len);
    if (!target || !is_known_method((struct cw_text){line, (size_t)(target - line)}))
        return target ? 501 : 400;
    target++;
    const char *version = memchr(target, ' ', (size_t)(end - target));
    if (!version)
        return 400;
    int status = judge_version(r, version + 1, (size_t)(end - version - 1));
    struct cw_text path, query;
    if (!status)
        status =
            http_judge_target((struct cw_text){target, (size_t)(version - target)}, &path, &query);
    if (status)
        return status;
    r->request.method.len = (size_t)(target - 1 - line);
    r->request.path.len = path.len;
    r->request.query.len = query.len;
    return 0;
}

/* One bit for a name, the same in any case. */
static uint64_t name_bit(struct cw_text name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint32_t)((unsigned char)name.at[i] | 0x20)) * 16777619u;
    return 1ull << (h >> 26);
}

static bool is_same_name(struct cw_text a, struct cw_text b)
{
    char word[HTTP_NAME_MAX + 1];
    if (a.len != b.len)
        return false;
    memcpy(word, b.at, b.len);
    word[b.len] = '\0';
    return http_same(a, word);
}

/* Only fields whose value is a list may come more than once: of two signatures or content types
 * one reader believes the first, another the last. */
static bool is_repeated(struct http_reader *r, struct cw_text name)
{
    uint64_t bit = name_bit(name);
    bool maybe = r->seen & bit;
    r->seen |= bit;
    for (size_t i = 0; maybe && i < r->request.n_headers; i++)
        if (is_same_name(r->headers[i].name, name))
            return !http_may_repeat(name);
    return false;
}

static void keep_field(struct http_reader *r, struct cw_text name, struct cw_text value)
{
    size_t n = r->request.n_headers++;
    if (n == r->headers_room) {
        r->headers_room = n ? n * 2 : HEADERS_FIRST;
        r->headers = xrealloc(r->headers, r->headers_room * sizeof *r->headers);
    }
    r->headers[n] = (struct http_header){name, value};
}

static struct cw_text trim(const char *at, size_t len)
{
    while (len && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    return (struct cw_text){at, len};
}

/* name ":" OWS value OWS. A line that begins with a blank (folding) has no name. */
static int judge_field_line(struct http_reader *r, const char *line, size_t len)
{
    size_t n = 0;
    while (n < len && HTTP_IS(line[n], HTTP_TOKEN))
        n++;
    if (!n || n == len || line[n] != ':' || n > HTTP_NAME_MAX)
        return 400;
    if (r->request.n_headers == r->limits->fields)
        return 431;
    struct cw_text name = {line, n}, value = trim(line + n + 1, len - n - 1);
    if (is_repeated(r, name))
        return 400;
    int status = http_judge_field(r, name, value);
    if (!status)
        keep_field(r, name, value);
    return status;
}

static bool takes_body(struct cw_text method)
{
    return !cw_text_is(method, "GET") && !cw_text_is(method, "HEAD");
}

/* What only the whole head can tell: who is addressed, and where the body ends. */
static int judge_head(struct http_reader *r)
{
    bool bodied = takes_body((struct cw_text){r->text, r->request.method.len});
    if (!r->has_host || (r->has_length && r->has_coding) || (r->has_coding && r->http10))
        return 400;
    if (!bodied && (r->has_coding || r->length))
        return 400;
    if (r->has_coding)
        r->framing = HTTP_CHUNKED;
    else if (r->length)
        r->framing = HTTP_LENGTH;
    if (r->http10 || r->framing == HTTP_NO_BODY)
        r->expects_continue = false;
    return 0;
}

/* The text stands still now. */
static void settle(struct http_reader *r)
{
    struct http_request *q = &r->request;
    q->headers = r->headers;
    q->method.at = r->text;
    q->path.at = r->text + q->method.len + 1;
    q->query.at = q->query.len ? q->path.at + q->path.len + 1 : "";
    q->body = (struct cw_text){"", 0};
}

static enum http_step judge_line(struct http_reader *r)
{
    const char *line = r->text + r->line;
    size_t len = r->len - r->line - 2;
    int status;
    if (r->line == 0)
        status = judge_request_line(r, line, len);
    else if (len)
        status = judge_field_line(r, line, len);
    else
        status = judge_head(r);
    bool last = r->line > 0 && !len;
    r->line = r->len;
    if (status)
        return http_refuse(r, status);
    if (!last)
        return HTTP_MORE;
    settle(r);
    return HTTP_HEAD;
}

/* A larger text; the headers that point into it move along. */
static void text_grow(struct http_reader *r, size_t want)
{
    size_t room = r->room ? r->room : TEXT_FIRST;
    while (room < want)
        room *= 2;
    char *text = xmalloc(room);
    if (r->len)
        memcpy(text, r->text, r->len);
    for (size_t i = 0; i < r->request.n_headers; i++) {
        struct http_header *h = &r->headers[i];
        h->name.at = text + (h->name.at - r->text);
        h->value.at = text + (h->value.at - r->text);
    }
    free(r->text);
    r->text = text;
    r->room = room;
}

static void append(struct http_reader *r, const char *at, size_t len)
{
    if (!len)
        return;
    if (r->len + len > r->room)
        text_grow(r, r->len + len);
    memcpy(r->text + r->len, at, len);
    r->len += len;
}

/* The first word is judged letter by letter: whoever speaks another protocol is told at once. */
static int judge_first_bytes(const struct http_reader *r, const char *at, size_t len)
{
    bool in_method = !memchr(r->text ? r->text : "", ' ', r->len);
    for (size_t i = 0; i < len; i++) {
        if (r->len + i >= HTTP_LINE_MAX)
            return 414;
        if (!HTTP_IS(at[i], HTTP_GRAPH))
            return 400;
        if (!in_method)
            continue;
        if (at[i] == ' ' && r->len + i > 0)
            in_method = false;
        else if (at[i] < 'A' || at[i] > 'Z')
            return 400;
        else if (r->len + i >= METHOD_MAX)
            return 501;
    }
    return 0;
}

static size_t count_legal(const char *at, size_t len)
{
    size_t n = 0;
    while (n < len && HTTP_IS(at[n], HTTP_VALUE))
        n++;
    return n;
}

/* Takes the bytes of one line up to its CR, or all there are. Returns: 0 or a status. */
static int take_plain(struct http_reader *r, const char *at, size_t len, size_t *n)
{
    size_t spare = r->limits->head_bytes - r->len;
    *n = count_legal(at, len < spare ? len : spare);
    if (r->line == 0) {
        int status = judge_first_bytes(r, at, *n);
        if (status)
            return status;
    }
    append(r, at, *n);
    if (*n == len)
        return 0;
    if (*n == spare)
        return 431;
    return at[*n] == '\r' ? 0 : 400;
}

/* One empty line before a request is forgiven (RFC 9112, 2.2), no more. */
static bool is_forgiven(struct http_reader *r)
{
    return r->len == 0 && r->blank_lines++ == 0;
}

static enum http_step end_line(struct http_reader *r, char c)
{
    r->cr = false;
    if (c != '\n')
        return http_refuse(r, 400);
    if (is_forgiven(r))
        return HTTP_MORE;
    if (r->len == 0)
        return http_refuse(r, 400);
    if (r->len + 2 > r->limits->head_bytes)
        return http_refuse(r, 431);
    append(r, "\r\n", 2);
    return judge_line(r);
}

enum http_step http_head_feed(struct http_reader *r, const char *at, size_t len, size_t *used)
{
    enum http_step step = HTTP_MORE;
    size_t i = 0;
    while (i < len && step == HTTP_MORE) {
        if (r->cr) {
            step = end_line(r, at[i++]);
            continue;
        }
        size_t n;
        int status = take_plain(r, at + i, len - i, &n);
        i += n;
        if (status)
            step = http_refuse(r, status);
        else if (i < len) {
            r->cr = true;
            i++;
        }
    }
    *used = i;
    return step;
}
