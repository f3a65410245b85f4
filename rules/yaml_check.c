/* yaml_check: what a YAML text may not hold at all, found before the parser sees it.
 *
 * Lines end with LF or CR LF only, so that everybody counts the same lines; what an editor would
 * not show (controls, bidirectional overrides, a byte order mark inside) is refused. */
#include <string.h>

#include "node.h"
#include "text.h"

static bool is_hidden(uint32_t c)
{
    return c == 0xFEFF || c == 0xFFFE || c == 0xFFFF || (c >= 0x7F && c < 0xA0) || c == 0x2028 ||
           c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static bool is_fine(const char *at, const char *end, unsigned *n)
{
    uint32_t c = 0;
    *n = cwr_utf8_get(at, end, &c);
    if (!*n)
        return false;
    if (c == '\r')
        return at + 1 < end && at[1] == '\n';
    return c >= 0x20 ? !is_hidden(c) : c == '\t' || c == '\n';
}

static struct cw_place place_of(const char *file, const char *start, const char *at)
{
    struct cw_place place = {file, 1, 1, 1};
    const char *line = start;
    for (const char *p = start; p < at; p++) {
        if (*p != '\n')
            continue;
        place.line++;
        line = p + 1;
    }
    for (const char *p = line; p < at; p++)
        place.column += ((unsigned char)*p & 0xC0) != 0x80;
    return place;
}

static enum cw_status refuse(const char *file, const char *start, const char *at, const char *end,
                             struct cw_diags *diags)
{
    struct cw_place place = place_of(file, start, at);
    uint32_t c = 0;
    if (!cwr_utf8_get(at, end, &c))
        cw_diags_add(diags, CW_ERROR, "encoding", place, "save the file as UTF-8",
                     "the byte 0x%02x is not UTF-8", (unsigned)(unsigned char)*at);
    else if (c == '\r')
        cw_diags_add(diags, CW_ERROR, "encoding", place, "end lines with LF or CR LF",
                     "a carriage return without a line feed");
    else
        cw_diags_add(diags, CW_ERROR, "encoding", place,
                     "write it as an escape in double quotes if it is meant",
                     "the invisible character U+%04X may not stand in a file", (unsigned)c);
    return CW_ESYNTAX;
}

/* libyaml reads all directives before it says a word, and is quadratic in them. */
static enum cw_status refuse_directive(const char *file, const char *start, const char *at,
                                       struct cw_diags *diags)
{
    cw_diags_add(diags, CW_ERROR, "yaml-directive", place_of(file, start, at),
                 "leave the line out, or indent it if it is part of a text",
                 "directives (%%NAME) are not part of this language");
    return CW_ESYNTAX;
}

enum cw_status cwr_yaml_check(const char *file, struct cw_text text, struct cw_diags *diags,
                              size_t *skip)
{
    const char *start = text.at, *end = text.at + text.len;
    if (text.len >= 2 && (memcmp(start, "\xFF\xFE", 2) == 0 || memcmp(start, "\xFE\xFF", 2) == 0)) {
        cw_diags_add(diags, CW_ERROR, "encoding", (struct cw_place){file, 1, 1, 1},
                     "save the file as UTF-8", "this is UTF-16");
        return CW_ESYNTAX;
    }
    size_t mark = text.len >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (const char *at = start + mark; at < end;) {
        unsigned n = 1;
        unsigned char c = (unsigned char)*at;
        if (c == '%' && (at == start + mark || at[-1] == '\n'))
            return refuse_directive(file, start + mark, at, diags);
        if ((c < 0x20 || c >= 0x7F) && c != '\n' && !is_fine(at, end, &n))
            return refuse(file, start + mark, at, end, diags);
        at += n;
    }
    *skip = mark;
    return CW_OK;
}
