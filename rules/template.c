/* template: text with ${path | filter: arg}.
 *
 * Compiled once into literal pieces and look-ups; rendering never fails for what a stranger sent
 * but for a missing path (CW_ENOENT) and the ceiling of 64 KiB (CW_ELIMIT). `$${` is a literal
 * `${`, and ${'text'} stands for the text in the quotes: a $ before a ${...} is ${'$'}. Exactly one
 * ${...} and nothing else keeps the value's JSON type. An argument may stand in quotes ('it''s'),
 * which it needs when it holds | } , or blanks at its ends. */
#include "template.h"

#include "buf.h"

#include <string.h>

struct parser {
    struct cw_text text;
    size_t pos;
    struct cw_arena *arena;
    struct cwr_part *parts;
    size_t n, n_paths;
    struct cw_error *err;
};

static struct cw_text slice(const struct parser *p, size_t from, size_t to)
{
    return (struct cw_text){p->text.at + from, to - from};
}

static enum cw_status no_memory(struct parser *p)
{
    return cw_fail(p->err, CW_NOMEM, "no memory for a template");
}

/* Where the piece of a ${...} that begins at `from` ends: at | or } outside quotes. A quote counts
 * only where a quoted thing may begin: after [ : and comma. */
static size_t piece_end(const struct parser *p, size_t from)
{
    char quote = 0, last = ' ';
    bool in_path = false; /* where a backslash escapes */
    for (size_t i = from; i < p->text.len; i++) {
        char c = p->text.at[i];
        if (quote) {
            i += in_path && c == '\\';
            quote = c == quote ? 0 : quote;
        } else if (c == '|' || c == '}') {
            return i;
        } else if ((c == '\'' || c == '"') && strchr("[:,'\"", last)) {
            quote = c;
            in_path = last == '[';
        }
        if (!cwr_is_blank(c))
            last = c;
    }
    return p->text.len;
}

static enum cw_status check_piece(struct parser *p, size_t start, size_t from, size_t end)
{
    for (size_t i = from; i + 1 < end; i++)
        if (p->text.at[i] == '$' && p->text.at[i + 1] == '{')
            return cw_fail_at(p->err, CW_ESYNTAX, i, "a ${...} cannot stand inside another one");
    if (end == p->text.len)
        return cw_fail_at(p->err, CW_ESYNTAX, start, "this ${ has no closing }");
    return CW_OK;
}

static enum cw_status add_path(struct parser *p, struct cwr_part *part, size_t from, size_t end)
{
    while (from < end && cwr_is_blank(p->text.at[from]))
        from++;
    while (end > from && cwr_is_blank(p->text.at[end - 1]))
        end--;
    struct cw_text copy = slice(p, from, end);
    if (!copy.len)
        return cw_fail_at(p->err, CW_ESYNTAX, from, "a path is missing in ${...}");
    struct cw_error err = {0};
    part->at = from;
    part->name = copy;
    enum cw_status status = cw_path_parse(part->name, p->arena, &part->path, &err);
    if (status)
        return cw_fail_at(p->err, status, from + (err.at > 0 ? (size_t)err.at : 0), "%s", err.text);
    return CW_OK;
}

static enum cw_status add_filters(struct parser *p, struct cwr_part *part, size_t start, size_t at)
{
    const struct cwr_filter **link = &part->filters;
    for (unsigned n = 0; p->text.at[at] == '|'; n++) {
        size_t from = at + 1, end = piece_end(p, from);
        struct cwr_filter *filter = cw_arena_take(p->arena, sizeof *filter);
        enum cw_status status = check_piece(p, start, from, end);
        if (status)
            return status;
        if (n == 16)
            return cw_fail_at(p->err, CW_ELIMIT, from, "more than 16 filters");
        if (!filter)
            return no_memory(p);
        status = cwr_filter_parse(slice(p, from, end), from, p->arena, filter, p->err);
        if (status)
            return status;
        *link = filter;
        link = &filter->next;
        at = end;
    }
    p->pos = at + 1;
    return CW_OK;
}

static struct cwr_part *next_part(struct parser *p)
{
    if (p->n == CWR_TEMPLATE_PARTS) {
        cw_fail_at(p->err, CW_ELIMIT, p->pos, "a template of more than %d pieces",
                   CWR_TEMPLATE_PARTS);
        return NULL;
    }
    struct cwr_part *part = &p->parts[p->n++];
    *part = (struct cwr_part){.at = p->pos};
    return part;
}

/* ${'text'}; p->pos stands on the quote. */
static enum cw_status parse_quoted(struct parser *p, size_t start, struct cwr_part *part)
{
    size_t len = cwr_quoted_length(slice(p, p->pos, p->text.len)), end = p->pos + len;
    if (!len)
        return cw_fail_at(p->err, CW_ESYNTAX, p->pos, "the closing quote is missing");
    if (cwr_unquote(slice(p, p->pos, end), p->arena, &part->literal))
        return no_memory(p);
    while (end < p->text.len && cwr_is_blank(p->text.at[end]))
        end++;
    enum cw_status status = check_piece(p, start, end, end);
    if (!status && p->text.at[end] != '}')
        return cw_fail_at(p->err, CW_ESYNTAX, end, "nothing but a } can stand behind a text");
    p->pos = end + 1;
    return status;
}

/* p->pos stands on ${ */
static enum cw_status parse_expression(struct parser *p)
{
    size_t start = p->pos, from = start + 2, end = piece_end(p, from);
    struct cwr_part *part = next_part(p);
    if (!part)
        return CW_ELIMIT;
    while (from < end && cwr_is_blank(p->text.at[from]))
        from++;
    p->pos = from;
    if (from < end && (p->text.at[from] == '\'' || p->text.at[from] == '"'))
        return parse_quoted(p, start, part);
    enum cw_status status = check_piece(p, start, from, end);
    if (!status)
        status = add_path(p, part, from, end);
    if (!status)
        status = add_filters(p, part, start, end);
    part->written = status ? part->written : slice(p, start, p->pos);
    p->n_paths += !status;
    return status;
}

static bool is_at(const struct parser *p, size_t i, const char *word)
{
    size_t len = strlen(word);
    return p->text.len - i >= len && memcmp(p->text.at + i, word, len) == 0;
}

/* Everything up to the next ${, with $${ turned into ${ */
static enum cw_status parse_literal(struct parser *p)
{
    size_t from = p->pos, len = 0;
    struct cwr_part *part = next_part(p);
    if (!part)
        return CW_ELIMIT;
    while (p->pos < p->text.len && !is_at(p, p->pos, "${"))
        p->pos += is_at(p, p->pos, "$${") ? 3 : 1;
    char *made = cw_arena_take(p->arena, p->pos - from + 1);
    if (!made)
        return no_memory(p);
    for (size_t i = from; i < p->pos; i++) {
        i += is_at(p, i, "$${");
        made[len++] = p->text.at[i];
    }
    part->literal = (struct cw_text){made, len};
    return CW_OK;
}

static enum cw_status finish(struct parser *p, const struct cw_template **out)
{
    struct cw_template *tpl = cw_arena_take(p->arena, sizeof *tpl);
    struct cwr_part *parts = cw_arena_take(p->arena, (p->n + 1) * sizeof *parts);
    const struct cwr_part **paths = cw_arena_take(p->arena, (p->n_paths + 1) * sizeof *paths);
    if (!tpl || !parts || !paths)
        return no_memory(p);
    memcpy(parts, p->parts, p->n * sizeof *parts);
    for (size_t i = 0; i < p->n; i++)
        if (parts[i].path.n)
            paths[tpl->n_paths++] = &parts[i];
    tpl->parts = parts;
    tpl->n_parts = p->n;
    tpl->paths = paths;
    *out = tpl;
    return CW_OK;
}

enum cw_status cw_template_parse(struct cw_text text, struct cw_arena *arena,
                                 const struct cw_template **out, struct cw_error *err)
{
    struct cwr_part parts[CWR_TEMPLATE_PARTS];
    struct parser p = {.text = text, .arena = arena, .parts = parts, .err = err};
    enum cw_status status = CW_OK;
    if (text.len > CWR_TEMPLATE_BYTES)
        return cw_fail_at(err, CW_ELIMIT, 0, "a template of more than 64 KiB");
    p.text.at = text.len ? cw_arena_copy(arena, text) : ""; /* the parts point into it */
    if (!p.text.at)
        return no_memory(&p);
    while (!status && p.pos < text.len)
        status = is_at(&p, p.pos, "${") ? parse_expression(&p) : parse_literal(&p);
    return status ? status : finish(&p, out);
}

size_t cw_template_count(const struct cw_template *tpl)
{
    return tpl->n_paths;
}

struct cw_path cw_template_path(const struct cw_template *tpl, size_t i)
{
    return i < tpl->n_paths ? tpl->paths[i]->path : (struct cw_path){NULL, 0};
}
