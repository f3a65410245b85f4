/* filter: the functions after `|` in a template.
 *
 * A missing value and null go through every filter but `default` and `json` unchanged, so that
 * `${event.x | upper | default: none}` does what it says. Results are at most 1 MiB. */
#include "buf.h"
#include "fold.h"
#include "template.h"

#include <string.h>

static const struct {
    const char *name;
    enum cwr_filter_kind kind;
    size_t args;
} filters[] = {
    {"upper", CWR_FILTER_UPPER, 0},       {"lower", CWR_FILTER_LOWER, 0},
    {"trim", CWR_FILTER_TRIM, 0},         {"first_line", CWR_FILTER_FIRST_LINE, 0},
    {"slug", CWR_FILTER_SLUG, 0},         {"json", CWR_FILTER_JSON, 0},
    {"default", CWR_FILTER_DEFAULT, 1},   {"truncate", CWR_FILTER_TRUNCATE, 1},
    {"replace", CWR_FILTER_REPLACE, 2},   {"date", CWR_FILTER_DATE, 1},
    {"duration", CWR_FILTER_DURATION, 0},
};

enum { N_FILTERS = sizeof filters / sizeof filters[0], RESULT_BYTES = 1024 * 1024 };

const char *const *cwr_filter_names(size_t *n)
{
    static const char *const names[] = {"upper",   "lower", "trim",    "first_line",
                                        "slug",    "json",  "default", "truncate",
                                        "replace", "date",  "duration"};
    *n = sizeof names / sizeof names[0];
    return names;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct cw_text trim(struct cw_text text)
{
    while (text.len && is_blank(text.at[0]))
        text.at++, text.len--;
    while (text.len && is_blank(text.at[text.len - 1]))
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
    while (text.len && is_blank(text.at[0]))
        text.at++, text.len--;
    size_t len = text.len, quoted = 0;
    if (text.len && (text.at[0] == '\'' || text.at[0] == '"'))
        quoted = cwr_quoted_length(text);
    const char *end = comma ? memchr(text.at + quoted, ',', text.len - quoted) : NULL;
    if (end)
        len = (size_t)(end - text.at);
    struct cw_text arg = trim((struct cw_text){text.at, len});
    size_t used = len + (end != NULL);
    *rest = (struct cw_text){text.at + used, text.len - used};
    if (quoted && quoted == arg.len)
        return cwr_unquote(arg, arena, out);
    *out = arg;
    return CW_OK;
}

static enum cw_status parse_number(struct cwr_filter *filter, size_t at, struct cw_error *err)
{
    struct cw_text text = filter->args[0];
    size_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || number > CWR_TEMPLATE_BYTES)
            return cw_fail_at(err, CW_ESYNTAX, at, "`truncate` takes a number of characters");
        number = number * 10 + (size_t)(text.at[i] - '0');
    }
    if (number < 1 || number > CWR_TEMPLATE_BYTES)
        return cw_fail_at(err, CW_ESYNTAX, at, "`truncate` takes 1 to 65536 characters");
    filter->number = number;
    return CW_OK;
}

static enum cw_status parse_args(struct cw_text rest, bool colon, size_t count, size_t at,
                                 struct cw_arena *arena, struct cwr_filter *out,
                                 struct cw_error *err)
{
    static const char *const words[] = {"no argument", "one argument", "two arguments"};
    size_t commas = 0;
    for (size_t i = 0; count == 2 && i < rest.len; i++)
        commas += rest.at[i] == ',';
    if (colon != (count > 0) || (count == 2 && commas == 0))
        return cw_fail_at(err, CW_ESYNTAX, at, "this filter takes %s", words[count]);
    for (size_t i = 0; i < count; i++)
        if (take_arg(&rest, i + 1 < count, arena, &out->args[i]))
            return cw_fail(err, CW_NOMEM, "no memory for a template");
    return CW_OK;
}

static enum cw_status check_args(struct cwr_filter *filter, size_t at, struct cw_error *err)
{
    switch (filter->kind) {
    case CWR_FILTER_TRUNCATE:
        return parse_number(filter, at, err);
    case CWR_FILTER_DATE:
        return cwr_filter_check_date(filter->args[0], at, err);
    case CWR_FILTER_DURATION:
        filter->number = 1000;
        if (!filter->args[0].at)
            return CW_OK;
        return cwr_filter_check_unit(filter->args[0], at, filter, err);
    default:
        return CW_OK;
    }
}

enum cw_status cwr_filter_parse(struct cw_text text, size_t at, struct cw_arena *arena,
                                struct cwr_filter *out, struct cw_error *err)
{
    const char *colon = text.len ? memchr(text.at, ':', text.len) : NULL;
    size_t head = colon ? (size_t)(colon - text.at) : text.len;
    struct cw_text name = trim((struct cw_text){text.at, head}), rest = {NULL, 0};
    if (colon)
        rest = (struct cw_text){colon + 1, text.len - head - 1};
    at += name.len ? (size_t)(name.at - text.at) : 0;
    for (size_t i = 0; i < N_FILTERS; i++) {
        if (!cw_text_is(name, filters[i].name))
            continue;
        if (filters[i].kind == CWR_FILTER_LATER)
            return cw_fail_at(err, CW_EINVAL, at,
                              "`%s` is in the grammar, but this build has not got it",
                              filters[i].name);
        struct cwr_filter made = {.kind = filters[i].kind};
        size_t args = filters[i].args + (colon && made.kind == CWR_FILTER_DURATION);
        enum cw_status status = parse_args(rest, colon, args, at, arena, &made, err);
        if (!status)
            status = check_args(&made, at, err);
        if (!status)
            *out = made;
        return status;
    }
    size_t n;
    const char *const *names = cwr_filter_names(&n), *near = cw_nearest(name, names, n);
    return cw_fail_at(err, CW_ESYNTAX, at, "there is no filter `%.*s`%s%s%s",
                      (int)(name.len > 40 ? 40 : name.len), name.len ? name.at : "",
                      near ? ", did you mean `" : "", near ? near : "", near ? "`?" : "");
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

static enum cw_status run_text(const struct cwr_filter *filter, struct cw_text *text,
                               struct cw_arena *arena)
{
    switch (filter->kind) {
    case CWR_FILTER_UPPER:
        return cwr_case_text(CWR_CASE_UPPER, *text, arena, text);
    case CWR_FILTER_LOWER:
        return cwr_case_text(CWR_CASE_LOWER, *text, arena, text);
    case CWR_FILTER_SLUG:
        return slug(*text, arena, text);
    case CWR_FILTER_REPLACE:
        return replace(*text, filter->args[0], filter->args[1], arena, text);
    case CWR_FILTER_TRIM:
        *text = trim(*text);
        return CW_OK;
    case CWR_FILTER_FIRST_LINE:
        *text = first_line(*text);
        return CW_OK;
    default:
        *text = truncate_text(*text, filter->number);
        return CW_OK;
    }
}

enum cw_status cwr_filter_run(const struct cwr_filter *filter, struct cw_value *value,
                              const struct cw_zone *zone, struct cw_arena *arena)
{
    struct cw_text text;
    enum cw_status status;
    bool empty = value->kind == CW_MISSING || value->kind == CW_NULL;
    if (filter->kind == CWR_FILTER_DEFAULT) {
        if (empty || (value->kind == CW_STRING && !value->text.len))
            *value = cw_value_string(filter->args[0]);
        return CW_OK;
    }
    if (value->kind == CW_MISSING)
        return CW_OK;
    if (filter->kind == CWR_FILTER_JSON) {
        status = cw_value_print(value, arena, &text);
    } else if (empty) {
        return CW_OK;
    } else if (filter->kind == CWR_FILTER_DATE) {
        status = cwr_filter_date(filter->args[0], value, zone ? zone : &cwr_utc, arena, &text);
    } else if (filter->kind == CWR_FILTER_DURATION) {
        status = cwr_filter_duration((int64_t)filter->number, value, arena, &text);
    } else {
        status = cw_value_text(value, arena, &text);
        if (!status)
            status = run_text(filter, &text, arena);
    }
    if (!status)
        *value = cw_value_string(text);
    return status;
}
