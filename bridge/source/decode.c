/* decode: the body as one JSON value, read as its Content-Type says.
 *
 * A request without a body may have its fields in the query. Only type/subtype count, in any case;
 * parameters may be malformed. A form becomes an object (a repeated name: a list), lines of JSON a
 * list; a form with `payload` is the JSON in it. */
#include "parts.h"

#include <string.h>
#include <strings.h>

static bool bad(struct scope *scope, const char *reason)
{
    scope->body_state = PART_BAD;
    scope->body_fault = reason ? reason : "the delivery needs too much memory";
    return false;
}

static bool read_json(struct scope *scope, struct cw_text text)
{
    struct cw_error err;
    enum cw_status status = cw_json_read(scope->scratch->json, text, &err);
    if (status == CW_NOMEM)
        scope->out_of_memory = true;
    if (status)
        return bad(scope, scope_printf(scope, "the body cannot be read: %s", err.text));
    scope->body = cw_json_root(scope->scratch->json);
    scope->body_state = PART_READ;
    return true;
}

/* ---- Forms ---- */

/* Writes a JSON string; with `out` NULL it only counts. */
static size_t put_string(struct cw_text text, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    for (size_t i = 0; i < text.len + 2; i++) {
        char c = i == 0 || i == text.len + 1 ? '"' : text.at[i - 1];
        bool plain = i == 0 || i == text.len + 1;
        if (!plain && (unsigned char)c < 0x20) {
            char code[] = {'\\', 'u', '0', '0', digits[c >> 4 & 15], digits[c & 15]};
            if (out)
                memcpy(out + n, code, sizeof code);
            n += sizeof code;
            continue;
        }
        if (!plain && (c == '"' || c == '\\')) {
            if (out)
                out[n] = '\\';
            n++;
        }
        if (out)
            out[n] = c;
        n++;
    }
    return n;
}

static size_t put_char(char c, char *out)
{
    if (out)
        *out = c;
    return 1;
}

#define AT(n) (out ? out + (n) : NULL)

static size_t put_values(const struct form *form, const struct form_field *first, char *out)
{
    size_t n = 0;
    const struct form_field *next =
        form_find(form, first->name, (size_t)(first - form->fields) + 1);
    if (!next)
        return put_string(first->value, out);
    n += put_char('[', AT(n));
    n += put_string(first->value, AT(n));
    for (; next; next = form_find(form, next->name, (size_t)(next - form->fields) + 1)) {
        n += put_char(',', AT(n));
        n += put_string(next->value, AT(n));
    }
    return n + put_char(']', AT(n));
}

static size_t put_form(const struct form *form, char *out)
{
    size_t n = put_char('{', out);
    for (size_t i = 0; i < form->n; i++) {
        const struct form_field *f = &form->fields[i];
        if (form_find(form, f->name, 0) != f)
            continue;
        if (n > 1)
            n += put_char(',', AT(n));
        n += put_string(f->name, AT(n));
        n += put_char(':', AT(n));
        n += put_values(form, f, AT(n));
    }
    return n + put_char('}', AT(n));
}

static bool read_fields(struct scope *scope, const struct form *form)
{
    size_t len = put_form(form, NULL);
    char *json = scope_take(scope, len + 1);
    if (!json)
        return bad(scope, NULL);
    put_form(form, json);
    return read_json(scope, (struct cw_text){json, len});
}

static bool read_part(struct scope *scope, const char *name, struct cw_text text,
                      enum part_state *state, struct form *form)
{
    struct cw_error err;
    enum cw_status status = CW_OK;
    if (*state != PART_READ)
        status = form_read(text, scope->arena, form, &err);
    scope->out_of_memory |= status == CW_NOMEM;
    if (status)
        return bad(scope, scope_printf(scope, "the %s cannot be read: %s", name, err.text));
    *state = PART_READ;
    return true;
}

static bool read_query(struct scope *scope)
{
    return read_part(scope, "query", scope->request->query, &scope->query_state, &scope->query) &&
           read_fields(scope, &scope->query);
}

static bool read_form(struct scope *scope)
{
    const struct form *form = &scope->form;
    if (!read_part(scope, "body", scope->request->body, &scope->form_state, &scope->form))
        return false;
    const struct form_field *payload = form_find(form, CW_TEXT("payload"), 0);
    if (payload && scope->source->decoders & DECODE_FORM_PAYLOAD) {
        if (form_find(form, payload->name, (size_t)(payload - form->fields) + 1))
            return bad(scope, "the form has several fields named payload");
        return read_json(scope, payload->value);
    }
    if (!(scope->source->decoders & DECODE_FORM))
        return bad(scope, "the form has no field named payload");
    return read_fields(scope, form);
}

/* ---- Lines ---- */

static struct cw_text next_line(struct cw_text *rest)
{
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    struct cw_text line = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    size_t used = line.len + (end != NULL);
    *rest = (struct cw_text){rest->at + used, rest->len - used};
    while (line.len && strchr(" \t\r", line.at[line.len - 1]) && line.at[line.len - 1])
        line.len--;
    return line;
}

/* Each line must be JSON by itself; then all are read again as one list, since the reader keeps
 * one text at a time. */
static bool read_lines(struct scope *scope)
{
    struct cw_text rest = scope->request->body;
    char *list = scope_take(scope, rest.len + 3);
    size_t len = 0, lines = 0;
    if (!list)
        return bad(scope, NULL);
    for (size_t number = 1; rest.len; number++) {
        struct cw_text line = next_line(&rest);
        struct cw_error err;
        if (!line.len)
            continue;
        if (++lines > SOURCE_BATCH)
            return bad(scope, "more than 1,000 lines");
        if (cw_json_read(scope->scratch->json, line, &err))
            return bad(scope, scope_printf(scope, "line %zu cannot be read: %s", number, err.text));
        list[len++] = lines == 1 ? '[' : ',';
        memcpy(list + len, line.at, line.len);
        len += line.len;
    }
    if (!lines)
        list[len++] = '[';
    list[len++] = ']';
    scope->is_lines = true;
    return read_json(scope, (struct cw_text){list, len});
}

/* ---- Content types ---- */

static bool is_word(struct cw_text text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

static bool ends_with_json(struct cw_text text)
{
    return text.len > 17 && strncasecmp(text.at, "application/", 12) == 0 &&
           strncasecmp(text.at + text.len - 5, "+json", 5) == 0;
}

static unsigned kind_of(struct cw_text type)
{
    const char *semicolon = type.len ? memchr(type.at, ';', type.len) : NULL;
    if (semicolon)
        type.len = (size_t)(semicolon - type.at);
    while (type.len && (type.at[type.len - 1] == ' ' || type.at[type.len - 1] == '\t'))
        type.len--;
    if (is_word(type, "application/json") || ends_with_json(type))
        return DECODE_JSON;
    if (is_word(type, "application/x-www-form-urlencoded"))
        return DECODE_FORM | DECODE_FORM_PAYLOAD;
    if (is_word(type, "application/x-ndjson") || is_word(type, "application/ndjson") ||
        is_word(type, "application/jsonl"))
        return DECODE_NDJSON;
    return 0;
}

static bool nothing_to_read(const struct scope *scope)
{
    const struct http_request *request = scope->request;
    return !request->body.len &&
           (scope->source->decoders & DECODE_NONE || cw_text_is(request->method, "GET") ||
            cw_text_is(request->method, "HEAD"));
}

bool decode_body(struct scope *scope)
{
    if (scope->body_state != PART_UNREAD)
        return scope->body_state == PART_READ;
    if (scope->source->decoders & DECODE_QUERY && !scope->request->body.len &&
        scope->request->query.len)
        return read_query(scope);
    if (nothing_to_read(scope)) {
        scope->body_state = PART_READ;
        return true;
    }
    size_t count;
    struct cw_text type = scope_header(scope->request, CW_TEXT("Content-Type"), &count);
    if (count != 1)
        return bad(scope, count ? "several Content-Type headers" : "no Content-Type header");
    switch (kind_of(type) & scope->source->decoders) {
    case DECODE_JSON:
        return read_json(scope, scope->request->body);
    case DECODE_NDJSON:
        return read_lines(scope);
    case 0:
        return bad(scope, "this source does not take bodies of this Content-Type");
    default:
        return read_form(scope);
    }
}
