/* scan: the rarer parts of JSON strings, and numbers; every byte is checked before it is read. */
#include "scan.h"

#include "tape.h"
#include "text.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The value of XXXX in \uXXXX, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t value = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool is_low_pair(const char *p, const char *end)
{
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return false;
    int32_t low = hex4(p + 2, end);
    return low >= 0xDC00 && low <= 0xDFFF;
}

/* One escape, at its backslash. */
static const char *scan_escape(const char **at, const char *end, unsigned *flags)
{
    const char *p = *at;
    *flags |= CWR_ESCAPED;
    if (end - p < 2)
        return "the text ends inside a string";
    if (p[1] != 'u') {
        if (!p[1] || !strchr("\"\\/bfnrt", p[1]))
            return "there is no such escape";
        *at = p + 2;
        return NULL;
    }
    int32_t unit = hex4(p + 2, end);
    if (unit < 0)
        return "\\u needs four hexadecimal digits";
    p += 6;
    if (unit >= 0xD800 && unit <= 0xDBFF && is_low_pair(p, end))
        p += 6;
    else if (unit >= 0xD800 && unit <= 0xDFFF)
        *flags |= CWR_LONE;
    *at = p;
    return NULL;
}

const char *cwr_scan_string(const char **at, const char *end, unsigned *flags)
{
    const char *p = *at, *fault = NULL;
    while (!fault) {
        if (p == end) {
            fault = "the text ends inside a string";
        } else if (*p == '"') {
            break;
        } else if (*p == '\\') {
            fault = scan_escape(&p, end, flags);
        } else if ((unsigned char)*p < 0x20) {
            fault = "a control byte in a string";
        } else {
            unsigned n = cwr_utf8_get(p, end, NULL);
            fault = n ? NULL : "this is not UTF-8";
            p += n;
        }
        /* Text beyond ASCII mostly goes on like that: the wide scan waits for a plain byte. */
        if (!fault && p < end && cwr_is_plain(*p))
            p = cwr_plain_run(p, end);
    }
    *at = p;
    return fault;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* At least one digit at *at. */
static bool digits(const char **at, const char *end)
{
    const char *from = *at;
    *at = skip_digits(from, end);
    return *at > from;
}

const char *cwr_scan_number(const char **at, const char *end)
{
    bool minus = **at == '-';
    *at += minus;
    if (*at < end && **at == '0') {
        ++*at;
        if (*at < end && **at >= '0' && **at <= '9')
            return "a number has no leading zero";
    } else if (!digits(at, end)) {
        return minus ? "a digit is missing here" : "this is no value";
    }
    if (*at < end && **at == '.') {
        ++*at;
        if (!digits(at, end))
            return "a digit is missing here";
    }
    if (*at < end && (**at == 'e' || **at == 'E')) {
        ++*at;
        if (*at < end && (**at == '+' || **at == '-'))
            ++*at;
        if (!digits(at, end))
            return "a digit is missing here";
    }
    return NULL;
}

/* One escape that scan_escape let pass, decoded. Returns: bytes written. */
static unsigned decode_escape(const char **at, const char *end, char *out)
{
    static const char letters[128] = {
        ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    const char *p = *at + 1;
    *at += 2;
    if (*p != 'u') {
        char c = letters[*p & 0x7F];
        *out = c ? c : *p;
        return 1;
    }
    uint32_t unit = (uint32_t)hex4(p + 1, end);
    *at += 4;
    if (unit >= 0xD800 && unit <= 0xDBFF && is_low_pair(*at, end)) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + ((uint32_t)hex4(*at + 2, end) - 0xDC00);
        *at += 6;
    }
    return cwr_utf8_put(unit, out); /* a lone surrogate becomes U+FFFD there */
}

size_t cwr_json_decode(const char *at, size_t len, char *out)
{
    const char *end = at + len;
    char *to = out;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        size_t run = (size_t)((slash ? slash : end) - at);
        memcpy(to, at, run);
        to += run;
        at += run;
        if (slash)
            to += decode_escape(&at, end, to);
    }
    return (size_t)(to - out);
}

static bool is_escaped(const char *at, const char *end, struct cw_text name)
{
    const char *want = name.at, *want_end = want + name.len;
    while (at < end) {
        char one[4];
        unsigned n = 1;
        if (*at == '\\')
            n = decode_escape(&at, end, one);
        else
            one[0] = *at++;
        if ((size_t)(want_end - want) < n || memcmp(want, one, n) != 0)
            return false;
        want += n;
    }
    return want == want_end;
}

bool cwr_json_is(const struct cw_json *json, const struct cwr_node *node, struct cw_text name)
{
    const char *at = json->text + node->at;
    if (node->flags & CWR_ESCAPED)
        return is_escaped(at, at + node->len, name);
    return node->len == name.len && (name.len == 0 || memcmp(at, name.at, name.len) == 0);
}
