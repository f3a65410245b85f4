/* form: one pass counts and checks the pieces, a second one decodes those that need it. */
#include "form.h"

#include "xalloc.h"

#include <string.h>

enum { FORM_FIELDS = 1000 };

/* Length of the well-formed character at p, at most `left` bytes, or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const unsigned char low[] = {0xA0, 0x80, 0x90, 0x80}, high[] = {0xBF, 0x9F, 0xBF, 0x8F};
    size_t n = *p < 0x80 ? 1 : *p < 0xC2 ? 0 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : *p < 0xF5 ? 4 : 0;
    if (n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    int odd = *p == 0xE0 ? 0 : *p == 0xED ? 1 : *p == 0xF0 ? 2 : *p == 0xF4 ? 3 : -1;
    return odd >= 0 && (p[1] < low[odd] || p[1] > high[odd]) ? 0 : n;
}

bool form_is_utf8(struct cw_text text)
{
    const unsigned char *p = (const unsigned char *)text.at;
    for (size_t i = 0, n; i < text.len; i += n)
        if (!(n = utf8_length(p + i, text.len - i)))
            return false;
    return true;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool is_escape(struct cw_text text, size_t i)
{
    return i + 2 < text.len && hex(text.at[i + 1]) >= 0 && hex(text.at[i + 2]) >= 0;
}

/* Looks at every byte; counts the pieces between & signs. */
static enum cw_status check(struct cw_text text, size_t *pieces, struct cw_error *err)
{
    *pieces = 1;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c == 0x7F)
            return cw_fail_at(err, CW_ESYNTAX, i, "form: a blank or control byte at %zu", i);
        if (c == '%' && !is_escape(text, i))
            return cw_fail_at(err, CW_ESYNTAX, i, "form: %% without two hex digits at %zu", i);
        *pieces += c == '&';
    }
    return CW_OK;
}

static enum cw_status decode(struct cw_text raw, struct cw_arena *arena, struct cw_text *out,
                             struct cw_error *err)
{
    bool as_it_is = true;
    for (size_t i = 0; i < raw.len; i++)
        as_it_is = as_it_is && raw.at[i] != '+' && raw.at[i] != '%';
    struct cw_text text = raw;
    if (!as_it_is) {
        char *made = cw_arena_take(arena, raw.len + 1);
        size_t len = 0;
        if (!made)
            return cw_fail(err, CW_NOMEM, "form: memory is short");
        for (size_t i = 0; i < raw.len; i++) {
            if (raw.at[i] != '%') {
                made[len++] = raw.at[i] == '+' ? ' ' : raw.at[i];
                continue;
            }
            made[len++] = (char)(hex(raw.at[i + 1]) * 16 + hex(raw.at[i + 2]));
            i += 2;
        }
        text = (struct cw_text){made, len};
    }
    if (!form_is_utf8(text) || (text.len && memchr(text.at, '\0', text.len)))
        return cw_fail(err, CW_ESYNTAX, "form: a field is not UTF-8 text");
    *out = text;
    return CW_OK;
}

static enum cw_status read_field(struct cw_text piece, struct cw_arena *arena,
                                 struct form_field *out, struct cw_error *err)
{
    const char *equals = memchr(piece.at, '=', piece.len);
    size_t name = equals ? (size_t)(equals - piece.at) : piece.len;
    size_t value = equals ? name + 1 : name;
    enum cw_status status = decode((struct cw_text){piece.at, name}, arena, &out->name, err);
    if (status)
        return status;
    return decode((struct cw_text){piece.at + value, piece.len - value}, arena, &out->value, err);
}

enum cw_status form_read(struct cw_text text, struct cw_arena *arena, struct form *out,
                         struct cw_error *err)
{
    size_t pieces, n = 0;
    enum cw_status status = check(text, &pieces, err);
    if (status)
        return status;
    if (pieces > FORM_FIELDS)
        return cw_fail(err, CW_ELIMIT, "form: more than %d fields", FORM_FIELDS);
    struct form_field *fields = cw_arena_take(arena, pieces * sizeof *fields);
    if (!fields)
        return cw_fail(err, CW_NOMEM, "form: memory is short");
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '&', text.len - at);
        size_t len = end ? (size_t)(end - text.at) - at : text.len - at;
        if (len)
            status = read_field((struct cw_text){text.at + at, len}, arena, &fields[n++], err);
        if (status)
            return status;
        at += len + 1;
    }
    *out = (struct form){fields, n};
    return CW_OK;
}

const struct form_field *form_find(const struct form *form, struct cw_text name, size_t from)
{
    for (size_t i = from; i < form->n; i++)
        if (form->fields[i].name.len == name.len &&
            (!name.len || memcmp(form->fields[i].name.at, name.at, name.len) == 0))
            return &form->fields[i];
    return NULL;
}

char *form_pair(const char *name, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (!value)
        return xstrdup("");
    size_t n = strlen(name);
    char *text = xmalloc(n + 3 * strlen(value) + 2), *to = text + n + 1;
    memcpy(text, name, n);
    text[n] = '=';
    for (; *value; value++) {
        unsigned c = (unsigned char)*value;
        if (strchr(plain, *value)) {
            *to++ = *value;
            continue;
        }
        *to++ = '%';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    *to = '\0';
    return text;
}
