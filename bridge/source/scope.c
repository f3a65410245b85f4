/* scope: what the templates of a source read of one delivery: body.* header.* query.* form.* item.*
 * sig.* source.* and event.*. Each part is read when it is first asked for, once.
 *
 * A header that comes twice and a header that is no UTF-8 are not there. */
#include "parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void *scope_take(struct scope *scope, size_t size)
{
    void *at = cw_arena_take(scope->arena, size);
    scope->out_of_memory |= !at;
    return at;
}

char *scope_printf(struct scope *scope, const char *format, ...)
{
    va_list args;
    char text[1024];
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t size = len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    char *at = scope_take(scope, size + 1);
    return at ? memcpy(at, text, size) : NULL;
}

struct cw_text scope_header(const struct http_request *request, struct cw_text name, size_t *count)
{
    struct cw_text found = {NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < request->n_headers; i++) {
        struct cw_text at = request->headers[i].name;
        if (at.len == name.len && strncasecmp(at.at, name.at, name.len) == 0 && n++ == 0)
            found = request->headers[i].value;
    }
    if (count)
        *count = n;
    return n == 1 ? found : (struct cw_text){NULL, 0};
}

/* One value is a text, several are a list. */
static struct cw_value field_value(struct scope *scope, const struct form *form,
                                   struct cw_text name)
{
    const struct form_field *first = form_find(form, name, 0), *f = first;
    size_t n = 0;
    for (; f; f = form_find(form, name, (size_t)(f - form->fields) + 1))
        n++;
    if (n < 2)
        return n ? cw_value_string(first->value) : (struct cw_value){.kind = CW_MISSING};
    struct cw_value *items = scope_take(scope, n * sizeof *items);
    if (!items)
        return (struct cw_value){.kind = CW_MISSING};
    n = 0;
    for (f = first; f; f = form_find(form, name, (size_t)(f - form->fields) + 1))
        items[n++] = cw_value_string(f->value);
    return (struct cw_value){.kind = CW_LIST, .items = items, .n_items = n};
}

static struct cw_value form_part(struct scope *scope, enum part_state *state, struct form *form,
                                 struct cw_text text, struct cw_path rest)
{
    if (*state == PART_UNREAD) {
        enum cw_status status = form_read(text, scope->arena, form, NULL);
        scope->out_of_memory |= status == CW_NOMEM;
        *state = status ? PART_BAD : PART_READ;
    }
    if (*state == PART_BAD || rest.n != 1 || rest.steps[0].kind != CW_STEP_NAME)
        return (struct cw_value){.kind = CW_MISSING};
    return field_value(scope, form, rest.steps[0].name);
}

static struct cw_value header_part(const struct scope *scope, struct cw_path rest)
{
    struct cw_text text = {NULL, 0};
    size_t count = 0;
    if (rest.n == 1 && rest.steps[0].kind == CW_STEP_NAME)
        text = scope_header(scope->request, rest.steps[0].name, &count);
    if (count != 1 || !form_is_utf8(text))
        return (struct cw_value){.kind = CW_MISSING};
    return cw_value_string(text);
}

/* sig.t: the one entry t=... of a list of signatures. */
static struct cw_value signature_part(const struct scope *scope, struct cw_path rest)
{
    struct cw_value found = {.kind = CW_MISSING};
    struct cw_text text = scope->signature, sep = scope->separator;
    if (rest.n != 1 || rest.steps[0].kind != CW_STEP_NAME || !sep.len)
        return found;
    struct cw_text name = rest.steps[0].name;
    while (text.len) {
        const char *end = memmem(text.at, text.len, sep.at, sep.len);
        size_t len = end ? (size_t)(end - text.at) : text.len;
        if (len > name.len && memcmp(text.at, name.at, name.len) == 0 && text.at[name.len] == '=') {
            if (found.kind != CW_MISSING)
                return (struct cw_value){.kind = CW_MISSING}; /* twice */
            found = cw_value_string((struct cw_text){text.at + name.len + 1, len - name.len - 1});
        }
        size_t used = end ? len + sep.len : len;
        text = (struct cw_text){text.at + used, text.len - used};
    }
    return found;
}

static enum cw_status into(const struct cw_value *from, struct cw_path rest, struct scope *scope,
                           struct cw_value *out)
{
    if (from->kind == CW_MISSING || !rest.n) {
        *out = *from;
        return CW_OK;
    }
    return cw_value_get(from, rest, scope->arena, out);
}

static enum cw_status event_part(struct scope *scope, struct cw_path rest, struct cw_value *out)
{
    const struct cw_event *event = scope->event;
    if (!event || !rest.n || rest.steps[0].kind != CW_STEP_NAME)
        return CW_OK;
    struct cw_text name = rest.steps[0].name;
    const struct {
        const char *name;
        struct cw_text text;
    } own[] = {{"type", event->type},
               {"source", event->source},
               {"provider_type", event->provider_type},
               {"id", event->id}};
    for (size_t i = 0; i < sizeof own / sizeof own[0] && rest.n == 1; i++)
        if (cw_text_is(name, own[i].name) && own[i].text.len) {
            *out = cw_value_string(own[i].text);
            return CW_OK;
        }
    for (size_t i = 0; i < event->n_fields; i++)
        if (event->fields[i].name.len == name.len &&
            memcmp(event->fields[i].name.at, name.at, name.len) == 0)
            return into(&event->fields[i].value, cw_path_skip(rest, 1), scope, out);
    if (cw_text_is(name, "user") && event->user.kind != CW_MISSING)
        return into(&event->user, cw_path_skip(rest, 1), scope, out);
    return into(&event->body, cw_text_is(name, "body") ? cw_path_skip(rest, 1) : rest, scope, out);
}

static enum cw_status lookup(void *ctx, struct cw_path path, struct cw_arena *arena,
                             struct cw_value *out, struct cw_error *err)
{
    struct scope *scope = ctx;
    struct cw_text root = path.steps[0].name;
    struct cw_path rest = cw_path_skip(path, 1);
    enum cw_status status = CW_OK;
    (void)arena;
    *out = (struct cw_value){.kind = CW_MISSING};
    if (cw_text_is(root, "header"))
        *out = header_part(scope, rest);
    else if (cw_text_is(root, "body") && decode_body(scope))
        status = into(&scope->body, rest, scope, out);
    else if (cw_text_is(root, "item"))
        status = into(&scope->item, rest, scope, out);
    else if (cw_text_is(root, "event"))
        status = event_part(scope, rest, out);
    else if (cw_text_is(root, "query"))
        *out = form_part(scope, &scope->query_state, &scope->query, scope->request->query, rest);
    else if (cw_text_is(root, "form"))
        *out = form_part(scope, &scope->form_state, &scope->form, scope->request->body, rest);
    else if (cw_text_is(root, "sig"))
        *out = signature_part(scope, rest);
    else if (cw_text_is(root, "source") && rest.n == 1 && cw_text_is(rest.steps[0].name, "name"))
        *out = cw_value_string(cw_text_of(scope->source->name));
    else if (cw_text_is(root, "reply") && !rest.n)
        *out = cw_value_string(scope->told);
    if (status || scope->out_of_memory)
        return cw_fail(err, CW_NOMEM, "the delivery needs too much memory");
    if (out->kind == CW_NULL) /* senders leave out what they have not, or say null */
        out->kind = CW_MISSING;
    return CW_OK;
}

struct cw_scope scope_reader(struct scope *scope)
{
    return (struct cw_scope){.lookup = lookup, .ctx = scope};
}

static bool is_there(const struct cw_value *value)
{
    switch (value->kind) {
    case CW_MISSING:
    case CW_NULL:
        return false;
    case CW_STRING:
        return value->text.len > 0;
    case CW_LIST:
        return cw_value_count(value) > 0;
    default:
        return true;
    }
}

struct cw_value scope_render(struct scope *scope, const struct cw_template *tpl)
{
    const struct cw_scope reader = scope_reader(scope);
    struct cw_value value = {.kind = CW_MISSING};
    enum cw_status status = cw_template_render(tpl, &reader, scope->arena, &value, NULL);
    scope->out_of_memory |= status == CW_NOMEM;
    if (status || !is_there(&value))
        return (struct cw_value){.kind = CW_MISSING};
    return value;
}

struct cw_text scope_text(struct scope *scope, const struct cw_value *value)
{
    struct cw_text text = {NULL, 0};
    if (value->kind != CW_STRING && value->kind != CW_NUMBER && value->kind != CW_BOOL)
        return text;
    if (cw_value_text(value, scope->arena, &text))
        scope->out_of_memory = true;
    return text;
}

static struct cw_value run_pick(struct scope *scope, const struct pick *pick)
{
    if (pick->when && scope_render(scope, pick->when).kind == CW_MISSING)
        return (struct cw_value){.kind = CW_MISSING};
    struct cw_value value = scope_render(scope, pick->tpl);
    if (value.kind == CW_MISSING || !pick->after.len)
        return value;
    struct cw_text text = scope_text(scope, &value), after = pick->after;
    if (text.len <= after.len || memcmp(text.at, after.at, after.len) != 0)
        return (struct cw_value){.kind = CW_MISSING};
    return cw_value_string((struct cw_text){text.at + after.len, text.len - after.len});
}

const struct pick *scope_choose(struct scope *scope, const struct choice *choice,
                                struct cw_value *out)
{
    *out = (struct cw_value){.kind = CW_MISSING};
    for (size_t i = 0; i < choice->n; i++) {
        *out = run_pick(scope, &choice->picks[i]);
        if (out->kind != CW_MISSING)
            return &choice->picks[i];
    }
    return NULL;
}

static struct cw_value run_choice(struct scope *scope, const struct choice *choice)
{
    struct cw_value value;
    const struct pick *pick = scope_choose(scope, choice, &value);
    return pick && pick->as.len ? cw_value_string(pick->as) : value;
}

/* All choices in one flat list. */
static struct cw_value run_all(struct scope *scope, const struct extract *extract)
{
    const struct cw_value missing = {.kind = CW_MISSING};
    struct cw_value found[32];
    size_t n = 0, total = 0;
    for (; n < extract->n && n < 32; n++) {
        found[n] = run_choice(scope, &extract->choices[n]);
        total += found[n].kind == CW_LIST      ? cw_value_count(&found[n])
                 : found[n].kind == CW_MISSING ? 0
                                               : 1;
    }
    if (!total || total > SOURCE_ITEMS)
        return missing;
    struct cw_value *items = scope_take(scope, total * sizeof *items);
    if (!items)
        return missing;
    size_t put = 0;
    for (size_t i = 0; i < n; i++) {
        if (found[i].kind != CW_LIST && found[i].kind != CW_MISSING)
            items[put++] = found[i];
        for (size_t j = 0; found[i].kind == CW_LIST && j < cw_value_count(&found[i]); j++)
            if (cw_value_item(&found[i], j, scope->arena, &items[put++])) {
                scope->out_of_memory = true;
                return missing;
            }
    }
    return (struct cw_value){.kind = CW_LIST, .items = items, .n_items = put};
}

static struct cw_value mapped(struct scope *scope, const struct extract *extract,
                              struct cw_value value)
{
    struct cw_text text = scope_text(scope, &value);
    for (size_t i = 0; i < extract->n_map; i++)
        if (text.len == extract->map[i].from.len && text.len &&
            memcmp(text.at, extract->map[i].from.at, text.len) == 0)
            return extract->map[i].to;
    return value;
}

struct cw_value scope_extract(struct scope *scope, const struct extract *extract)
{
    if (!extract->n)
        return (struct cw_value){.kind = CW_MISSING};
    if (extract->all)
        return run_all(scope, extract);
    struct cw_value value = run_choice(scope, &extract->choices[0]);
    return extract->n_map ? mapped(scope, extract, value) : value;
}
