/* filter: the functions after `|` in a template.
 *
 * A missing value and null go through every filter but `default` and `json` unchanged, so that
 * `${event.x | upper | default: none}` does what it says. Results are at most 1 MiB. */
#include "buf.h"
#include "fold.h"
#include "template.h"

#include <string.h>

static const char *const names[] = {
#define F(kind, name, least, most, wanted) name,
    CWR_FILTER_ROWS(F)
#undef F
};

static const struct {
    size_t least, most;
    const char *wanted;
} rows[] = {
#define F(kind, name, least, most, wanted) {least, most, wanted},
    CWR_FILTER_ROWS(F)
#undef F
};

enum { RESULT_BYTES = 1024 * 1024 };
#define MOST_PLUS INT64_C(1000000000000000)

const char *const *cwr_filter_names(size_t *n)
{
    *n = CWR_FILTERS;
    return names;
}

const char *cwr_filter_wants(enum cwr_filter_kind kind)
{
    return rows[kind].wanted;
}

bool cwr_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct cw_text cwr_trim(struct cw_text text)
{
    while (text.len && cwr_is_blank(text.at[0]))
        text.at++, text.len--;
    while (text.len && cwr_is_blank(text.at[text.len - 1]))
        text.len--;
    return text;
}

/* ---- Reading ---- */

size_t cwr_quoted_length(struct cw_text text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.at[i] != text.at[0])
            continue;
        if (i + 1 == text.len || text.at[i + 1] != text.at[0])
            return i + 1;
        i++;
    }
    return 0;
}

enum cw_status cwr_unquote(struct cw_text text, struct cw_arena *arena, struct cw_text *out)
{
    char *made = cw_arena_take(arena, text.len);
    size_t len = 0;
    if (!made)
        return CW_NOMEM;
    for (size_t i = 1; i + 1 < text.len; i++) {
        made[len++] = text.at[i];
        i += text.at[i] == text.at[0];
    }
    *out = (struct cw_text){made, len};
    return CW_OK;
}

/* Takes the next argument from the front of *rest, up to a comma if `comma`. */
static enum cw_status take_arg(struct cw_text *rest, bool comma, struct cw_arena *arena,
                               struct cw_text *out)
{
    struct cw_text text = *rest;
    while (text.len && cwr_is_blank(text.at[0]))
        text.at++, text.len--;
    size_t len = text.len, quoted = 0;
    if (text.len && (text.at[0] == '\'' || text.at[0] == '"'))
        quoted = cwr_quoted_length(text);
    const char *end = comma ? memchr(text.at + quoted, ',', text.len - quoted) : NULL;
    if (end)
        len = (size_t)(end - text.at);
    struct cw_text arg = cwr_trim((struct cw_text){text.at, len});
    size_t used = len + (end != NULL);
    *rest = (struct cw_text){text.at + used, text.len - used};
    if (quoted && quoted == arg.len)
        return cwr_unquote(arg, arena, out);
    *out = arg;
    return CW_OK;
}

/* A number between two bounds. */
static enum cw_status parse_number(struct cwr_filter *filter, int64_t least, int64_t most,
                                   const char *what, size_t at, struct cw_error *err)
{
    if (cwr_filter_whole(filter->args[0], least < 0, &filter->number) && filter->number >= least &&
        filter->number <= most)
        return CW_OK;
    return cw_fail_at(err, CW_ESYNTAX, at, "`%s` takes %s", names[filter->kind], what);
}

static enum cw_status parse_args(struct cw_text rest, bool colon, size_t at, struct cw_arena *arena,
                                 struct cwr_filter *out, struct cw_error *err)
{
    static const char *const words[] = {"no argument", "one argument", "two arguments"};
    size_t least = rows[out->kind].least, most = rows[out->kind].most, commas = 0;
    size_t count = colon ? most : 0;
    for (size_t i = 0; most == 2 && i < rest.len; i++)
        commas += rest.at[i] == ',';
    if (count < least || (colon && !most) || (most == 2 && !commas))
        return cw_fail_at(err, CW_ESYNTAX, at, "this filter takes %s", words[most]);
    for (size_t i = 0; i < count; i++)
        if (take_arg(&rest, i + 1 < count, arena, &out->args[i]))
            return cw_fail(err, CW_NOMEM, "no memory for a template");
    return CW_OK;
}

/* Of the filters whose argument is more than a text; `given`: there is one. */
static enum cw_status check_args(struct cwr_filter *filter, bool given, size_t at,
                                 struct cw_error *err)
{
    switch (filter->kind) {
    case CWR_FILTER_TRUNCATE:
        return parse_number(filter, 1, CWR_TEMPLATE_BYTES, "1 to 65536 characters", at, err);
    case CWR_FILTER_ROUND:
        return given ? parse_number(filter, 0, 15, "0 to 15 digits", at, err) : CW_OK;
    case CWR_FILTER_PLUS:
        return parse_number(filter, -MOST_PLUS, MOST_PLUS, "a whole number", at, err);
    case CWR_FILTER_DATE:
        return cwr_filter_check_date(filter->args[0], at, err);
    case CWR_FILTER_DURATION:
        filter->number = 1000;
        return given ? cwr_filter_check_unit(filter->args[0], at, filter, err) : CW_OK;
    case CWR_FILTER_SPLIT:
    case CWR_FILTER_JOIN:
        if (!given)
            filter->args[0] = filter->kind == CWR_FILTER_JOIN ? CW_TEXT(", ") : CW_TEXT(",");
        if (filter->args[0].len || filter->kind == CWR_FILTER_JOIN)
            return CW_OK;
        return cw_fail_at(err, CW_ESYNTAX, at, "`split` takes what stands between the items");
    default:
        return CW_OK;
    }
}

static enum cw_status unknown_filter(struct cw_text name, size_t at, struct cw_error *err)
{
    const char *near = cw_nearest(name, names, CWR_FILTERS);
    return cw_fail_at(err, CW_ESYNTAX, at, "there is no filter `%.*s`%s%s%s",
                      (int)(name.len > 40 ? 40 : name.len), name.len ? name.at : "",
                      near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
}

enum cw_status cwr_filter_parse(struct cw_text text, size_t at, struct cw_arena *arena,
                                struct cwr_filter *out, struct cw_error *err)
{
    const char *colon = text.len ? memchr(text.at, ':', text.len) : NULL;
    size_t head = colon ? (size_t)(colon - text.at) : text.len, kind = 0;
    struct cw_text name = cwr_trim((struct cw_text){text.at, head}), rest = {NULL, 0};
    if (colon)
        rest = (struct cw_text){colon + 1, text.len - head - 1};
    at += name.len ? (size_t)(name.at - text.at) : 0;
    while (kind < CWR_FILTERS && !cw_text_is(name, names[kind]))
        kind++;
    if (kind == CWR_FILTERS)
        return unknown_filter(name, at, err);
    struct cwr_filter made = {.kind = (enum cwr_filter_kind)kind};
    enum cw_status status = parse_args(rest, colon != NULL, at, arena, &made, err);
    if (!status)
        status = check_args(&made, colon != NULL, at, err);
    if (!status)
        *out = made;
    return status;
}

/* ---- Running ---- */

static struct cw_text first_line(struct cw_text text)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != '\n' && text.at[len] != '\r')
        len++;
    return (struct cw_text){text.at, len};
}

static struct cw_text truncate_text(struct cw_text text, size_t number)
{
    size_t len = 0;
    uint32_t c;
    for (; number > 0 && len < text.len; number--)
        len += cwr_char_get((struct cw_text){text.at + len, text.len - len}, &c);
    return (struct cw_text){text.at, len};
}

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    /* Above ASCII everything but the signs of Latin-1, general and CJK punctuation. */
    return c != UINT32_MAX && c >= 0xC0 && c != 0xD7 && c != 0xF7 && (c < 0x2000 || c > 0x206F) &&
           (c < 0x3000 || c > 0x303F);
}

/* "Über uns: 2. Teil" becomes "über-uns-2-teil". */
static enum cw_status slug(struct cw_text text, struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text lower;
    bool gap = false;
    if (cwr_case_text(CWR_CASE_LOWER, text, arena, &lower))
        return CW_NOMEM;
    for (size_t i = 0; i < lower.len;) {
        uint32_t c;
        size_t n = cwr_char_get((struct cw_text){lower.at + i, lower.len - i}, &c);
        if (is_letter(c)) {
            if (gap && buf.len)
                cwr_buf_puts(&buf, "-");
            cwr_buf_put(&buf, (struct cw_text){lower.at + i, n});
        }
        gap = !is_letter(c);
        i += n;
    }
    return cwr_buf_end(&buf, out);
}

static enum cw_status replace(struct cw_text text, struct cw_text from, struct cw_text to,
                              struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    buf.limit = RESULT_BYTES;
    while (from.len && text.len >= from.len && !buf.status) {
        const char *hit = memmem(text.at, text.len, from.at, from.len);
        if (!hit)
            break;
        size_t before = (size_t)(hit - text.at);
        cwr_buf_put(&buf, (struct cw_text){text.at, before});
        cwr_buf_put(&buf, to);
        text.at += before + from.len;
        text.len -= before + from.len;
    }
    cwr_buf_put(&buf, text);
    return cwr_buf_end(&buf, out);
}

/* The first letter large, the rest as it is. */
static enum cw_status capitalize(struct cw_text text, struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text upper;
    uint32_t c;
    size_t n = text.len ? cwr_char_get(text, &c) : 0;
    if (cwr_case_text(CWR_CASE_UPPER, (struct cw_text){text.at, n}, arena, &upper))
        return CW_NOMEM;
    cwr_buf_put(&buf, upper);
    cwr_buf_put(&buf, (struct cw_text){text.at + n, text.len - n});
    return cwr_buf_end(&buf, out);
}

/* Everything but letters, digits and -._~ becomes %XX: for any part of a URL. */
static enum cw_status urlencode(struct cw_text text, struct cw_arena *arena, struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    buf.limit = RESULT_BYTES;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~", c));
        if (plain)
            cwr_buf_put(&buf, (struct cw_text){text.at + i, 1});
        else
            cwr_buf_printf(&buf, "%%%02X", c);
    }
    return cwr_buf_end(&buf, out);
}

static enum cw_status run_text(const struct cwr_filter *filter, struct cw_text *text,
                               struct cw_arena *arena)
{
    switch (filter->kind) {
    case CWR_FILTER_UPPER:
        return cwr_case_text(CWR_CASE_UPPER, *text, arena, text);
    case CWR_FILTER_LOWER:
        return cwr_case_text(CWR_CASE_LOWER, *text, arena, text);
    case CWR_FILTER_CAPITALIZE:
        return capitalize(*text, arena, text);
    case CWR_FILTER_SLUG:
        return slug(*text, arena, text);
    case CWR_FILTER_URLENCODE:
        return urlencode(*text, arena, text);
    case CWR_FILTER_REPLACE:
        return replace(*text, filter->args[0], filter->args[1], arena, text);
    case CWR_FILTER_TRIM:
        *text = cwr_trim(*text);
        return CW_OK;
    case CWR_FILTER_FIRST_LINE:
        *text = first_line(*text);
        return CW_OK;
    default:
        *text = truncate_text(*text, (size_t)filter->number);
        return CW_OK;
    }
}

/* A value that is there becomes a text or, for some, a number. */
static enum cw_status run_value(const struct cwr_filter *filter, struct cw_value *value,
                                const struct cw_zone *zone, struct cw_arena *arena)
{
    enum cw_kind kind = CW_STRING;
    struct cw_text text;
    enum cw_status status;
    switch (filter->kind) {
    case CWR_FILTER_DATE:
        status = cwr_filter_date(filter->args[0], value, zone ? zone : &cwr_utc, arena, &text);
        break;
    case CWR_FILTER_DURATION:
        status = cwr_filter_duration(filter->number, value, arena, &text);
        break;
    case CWR_FILTER_ROUND:
    case CWR_FILTER_PLUS:
        kind = CW_NUMBER;
        status = cwr_filter_number(filter, value, arena, &text);
        break;
    default:
        status = cw_value_text(value, arena, &text);
        if (!status)
            status = run_text(filter, &text, arena);
    }
    if (!status)
        *value = (struct cw_value){.kind = kind, .text = text};
    return status;
}

enum cw_status cwr_filter_run(const struct cwr_filter *filter, struct cw_value *value,
                              const struct cw_zone *zone, struct cw_arena *arena)
{
    bool empty = value->kind == CW_MISSING || value->kind == CW_NULL;
    struct cw_text text;
    if (filter->kind == CWR_FILTER_DEFAULT) {
        if (empty || (value->kind == CW_STRING && !value->text.len))
            *value = cw_value_string(filter->args[0]);
        return CW_OK;
    }
    if (filter->kind == CWR_FILTER_JSON && value->kind != CW_MISSING) {
        enum cw_status status = cw_value_print(value, arena, &text);
        if (!status)
            *value = cw_value_string(text);
        return status;
    }
    if (empty)
        return CW_OK;
    if (filter->kind >= CWR_FILTER_SPLIT && filter->kind <= CWR_FILTER_COUNT)
        return cwr_filter_list(filter, value, arena);
    return run_value(filter, value, zone, arena);
}
