/* http/target: the request target, origin-form only.
 *
 * The path is handed on as sent. So that nobody behind can read it otherwise, it holds no encoded
 * control bytes, slashes or backslashes and no dot segments, however they are written. */
#include "http/http.h"

#include <string.h>

/* Neither "." nor "..", also not as %2e or with a ;parameter. Every '%' is known to begin a whole
 * escape. */
static bool is_safe_segment(const char *at, size_t len)
{
    char plain[3];
    size_t n = 0;
    for (size_t i = 0; i < len && at[i] != ';' && n < sizeof plain; n++) {
        bool dot = at[i] == '%' && at[i + 1] == '2' && (at[i + 2] | 0x20) == 'e';
        plain[n] = dot ? '.' : at[i];
        i += dot ? 3 : 1;
    }
    return !(n == 1 && plain[0] == '.') && !(n == 2 && plain[0] == '.' && plain[1] == '.');
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The byte that %XX at `at` stands for, or -1. */
static int escaped(const char *at, size_t len)
{
    if (len < 3)
        return -1;
    int high = hex(at[1]), low = hex(at[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_legal(struct cw_text text, bool in_path)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!HTTP_IS(text.at[i], HTTP_TARGET))
            return false;
        if (text.at[i] != '%')
            continue;
        int byte = escaped(text.at + i, text.len - i);
        if (byte <= 0 || (in_path && (byte < ' ' || byte == 0x7f || byte == '/' || byte == '\\')))
            return false;
    }
    return true;
}

static bool has_safe_segments(struct cw_text path)
{
    const char *end = path.at + path.len;
    for (const char *at = path.at; at < end;) {
        at++; /* the slash */
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        if (!is_safe_segment(at, (size_t)(stop - at)))
            return false;
        at = stop;
    }
    return true;
}

/* Returns: 0, or the status of the refusal. */
int http_judge_target(struct cw_text target, struct cw_text *path, struct cw_text *query)
{
    if (!target.len || target.at[0] != '/')
        return 400;
    const char *mark = memchr(target.at, '?', target.len);
    size_t len = mark ? (size_t)(mark - target.at) : target.len;
    *path = (struct cw_text){target.at, len};
    *query = mark ? (struct cw_text){mark + 1, target.len - len - 1} : (struct cw_text){"", 0};
    if (len > HTTP_PATH_MAX)
        return 414;
    return is_legal(*path, true) && is_legal(*query, false) && has_safe_segments(*path) ? 0 : 400;
}
