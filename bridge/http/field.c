/* http/field: what the gate itself must understand of a header field.
 *
 * One table of names: each has its own grammar, or is refused outright. Other fields are only
 * held to the grammar of all fields. */
#include "http/http.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int judge_length(struct http_reader *r, struct cw_text value)
{
    uint64_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.at[i]))
            return 400;
        if (n < UINT64_MAX / 100)
            n = n * 10 + (uint64_t)(value.at[i] - '0');
    }
    if (!value.len)
        return 400;
    if (value.len > 10)
        return 413;
    r->has_length = true;
    r->length = n;
    return 0;
}

static int judge_coding(struct http_reader *r, struct cw_text value)
{
    r->has_coding = true;
    return http_same(value, "chunked") ? 0 : 400;
}

static bool is_port(const char *at, size_t len)
{
    unsigned port = 0;
    for (size_t i = 0; i < len && i < 6; i++) {
        if (!is_digit(at[i]))
            return false;
        port = port * 10 + (unsigned)(at[i] - '0');
    }
    return len > 0 && len < 6 && port > 0 && port < 65536;
}

static bool is_name(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char low = (char)(at[i] | 0x20);
        bool dot = at[i] == '.';
        if (!dot && !is_digit(at[i]) && (low < 'a' || low > 'z') && at[i] != '-' && at[i] != '_')
            return false;
        if (dot && (i == 0 || at[i - 1] == '.'))
            return false;
    }
    return len > 0 && len < 256;
}

static bool is_literal(const char *at, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (len >= sizeof text || memchr(at, '\0', len))
        return false;
    memcpy(text, at, len);
    text[len] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

/* A name, an IPv4 address or an IPv6 address in brackets, and a port. */
bool http_is_host(struct cw_text value)
{
    const char *end = value.at + value.len;
    if (value.len && value.at[0] == '[') {
        const char *close = memchr(value.at, ']', value.len);
        if (!close || !is_literal(value.at + 1, (size_t)(close - value.at - 1)))
            return false;
        if (close + 1 == end)
            return true;
        return close[1] == ':' && is_port(close + 2, (size_t)(end - close - 2));
    }
    const char *colon = value.len ? memchr(value.at, ':', value.len) : NULL;
    if (!colon)
        return is_name(value.at, value.len);
    return is_name(value.at, (size_t)(colon - value.at)) &&
           is_port(colon + 1, (size_t)(end - colon - 1));
}

static int judge_host(struct http_reader *r, struct cw_text value)
{
    r->has_host = true;
    return http_is_host(value) ? 0 : 400;
}

/* Takes the next member of a list of tokens. Returns: false at a fault. */
static bool next_token(struct cw_text *list, struct cw_text *token)
{
    size_t i = 0, n = 0;
    while (i < list->len && (list->at[i] == ' ' || list->at[i] == '\t'))
        i++;
    while (i + n < list->len && HTTP_IS(list->at[i + n], HTTP_TOKEN))
        n++;
    *token = (struct cw_text){list->at + i, n};
    i += n;
    while (i < list->len && (list->at[i] == ' ' || list->at[i] == '\t'))
        i++;
    if (!n || (i < list->len && list->at[i] != ',') || i + 1 == list->len)
        return false;
    i += i < list->len;
    *list = (struct cw_text){list->at + i, list->len - i};
    return true;
}

static bool is_framing(struct cw_text name);

static int judge_connection(struct http_reader *r, struct cw_text value)
{
    struct cw_text token;
    do {
        if (!next_token(&value, &token) || is_framing(token) || http_same(token, "upgrade"))
            return 400;
        if (http_same(token, "close"))
            r->wants_close = true;
    } while (value.len);
    return 0;
}

static int judge_expect(struct http_reader *r, struct cw_text value)
{
    if (!http_same(value, "100-continue"))
        return 417;
    r->expects_continue = true;
    return 0;
}

static int judge_never(struct http_reader *r, struct cw_text value)
{
    (void)r;
    (void)value;
    return 400;
}

static const struct {
    const char *name;
    int (*judge)(struct http_reader *r, struct cw_text value);
    bool framing; /* may not be named by Connection: a proxy would take it away */
} known[] = {
    {"content-length", judge_length, true},
    {"transfer-encoding", judge_coding, true},
    {"host", judge_host, true},
    {"connection", judge_connection, true},
    {"expect", judge_expect, false},
    {"upgrade", judge_never, false},
    {"http2-settings", judge_never, false},
    {"authorization", NULL, true},
    {"content-type", NULL, true},
    {"content-encoding", NULL, true},
};
enum { KNOWN = sizeof known / sizeof *known };

static bool is_framing(struct cw_text name)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].framing && http_same(name, known[i].name))
            return true;
    return false;
}

/* Content_Length: software behind may read '_' as '-'. */
static bool is_disguised(struct cw_text name)
{
    char word[HTTP_NAME_MAX];
    if (!memchr(name.at, '_', name.len) || name.len > sizeof word)
        return false;
    for (size_t i = 0; i < name.len; i++)
        word[i] = name.at[i] == '_' ? '-' : name.at[i];
    for (size_t i = 0; i < KNOWN; i++)
        if (http_same((struct cw_text){word, name.len}, known[i].name))
            return true;
    return false;
}

int http_judge_field(struct http_reader *r, struct cw_text name, struct cw_text value)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].judge && http_same(name, known[i].name))
            return known[i].judge(r, value);
    return is_disguised(name) ? 400 : 0;
}

static bool is_listed(struct cw_text name, const char *const *list)
{
    for (; *list; list++)
        if (http_same(name, *list))
            return true;
    return false;
}

bool http_may_repeat(struct cw_text name)
{
    static const char *const lists[] = {"accept",
                                        "accept-charset",
                                        "accept-encoding",
                                        "accept-language",
                                        "baggage",
                                        "cache-control",
                                        "cdn-loop",
                                        "connection",
                                        "forwarded",
                                        "link",
                                        "pragma",
                                        "prefer",
                                        "te",
                                        "tracestate",
                                        "trailer",
                                        "via",
                                        "warning",
                                        "x-forwarded-for",
                                        "x-forwarded-host",
                                        "x-forwarded-port",
                                        "x-forwarded-proto",
                                        NULL};
    return is_listed(name, lists);
}

static bool has_part(struct cw_text name, const char *part)
{
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= name.len; i++)
        if (http_same((struct cw_text){name.at + i, len}, part))
            return true;
    return false;
}

/* Trailers are thrown away; one that would mean something in the head is refused, lest anybody
 * believes it. */
bool http_may_trail(struct cw_text name)
{
    static const char *const parts[] = {
        "auth",    "connection", "content-", "cookie",    "expect",    "forwarded", "hmac",
        "host",    "length",     "secret",   "sign",      "timestamp", "token",     "transfer-",
        "upgrade", "webhook",    "x-hub-",   "x-real-ip", NULL};
    for (const char *const *part = parts; *part; part++)
        if (has_part(name, *part))
            return false;
    return !is_disguised(name) && !http_same(name, "te") && !http_same(name, "trailer");
}
