/* yaml_fault: what is wrong in a YAML text and where, in words that help. */
#include <stdio.h>
#include <string.h>

#include "builder.h"

struct cw_place cwr_yaml_place(const struct builder *b, const yaml_mark_t *from,
                               const yaml_mark_t *to)
{
    struct cw_place place = {b->file, (uint32_t)from->line + 1, (uint32_t)from->column + 1, 1};
    if (from->line >= b->lines) /* libyaml ends a last line that has no line feed */
        return (struct cw_place){b->file, b->lines, b->last_column, 1};
    if (to && to->line == from->line && to->column > from->column)
        place.width = (uint32_t)(to->column - from->column);
    return place;
}

void cwr_yaml_fault(struct builder *b, const char *code, struct cw_place place, const char *hint,
                    const char *text)
{
    if (place.line > b->told)
        cw_diags_add(b->diags, CW_ERROR, code, place, hint, "%s", text);
    b->odd |= strcmp(code, "duplicate-key") != 0;
    b->status = CW_ESYNTAX;
    b->end |= ++b->faults == FAULTS;
}

void cwr_yaml_limit(struct builder *b, const char *code, struct cw_place place, const char *text)
{
    cw_diags_add(b->diags, CW_ERROR, code, place, NULL, "%s", text);
    b->status = CW_ELIMIT;
    b->end = true;
}

void cwr_yaml_memory(struct builder *b)
{
    cw_diags_add(b->diags, CW_ERROR, "out-of-memory", (struct cw_place){.file = b->file}, NULL,
                 "memory is short");
    b->status = CW_NOMEM;
    b->end = true;
}

/* The text at a mark; marks count characters, so this walks on from the latest one. */
const char *cwr_yaml_text_at(struct builder *b, const yaml_mark_t *mark)
{
    const char *at = b->text.at + b->seen_at, *end = b->text.at + b->text.len;
    if (mark->index < b->seen_index)
        return NULL;
    for (size_t n = mark->index - b->seen_index; n && at < end; n--)
        for (at++; at < end && ((unsigned char)*at & 0xC0) == 0x80;)
            at++;
    b->seen_index = mark->index;
    b->seen_at = (size_t)(at - b->text.at);
    return at;
}

void cwr_yaml_find_end(struct builder *b)
{
    const char *at = b->text.at, *end = at + b->text.len;
    b->lines = 1;
    for (const char *feed; at < end && (feed = memchr(at, '\n', (size_t)(end - at)));) {
        b->lines++;
        at = feed + 1;
    }
    b->last_column = 1;
    for (; at < end; at++)
        b->last_column += ((unsigned char)*at & 0xC0) != 0x80;
}

/* True when `what` stands on the line of the mark, at or before it or near behind. */
static bool line_has(struct builder *b, const yaml_mark_t *mark, const char *what)
{
    b->seen_index = b->seen_at = 0;
    const char *at = cwr_yaml_text_at(b, mark), *end = b->text.at + b->text.len;
    const char *from = at;
    for (size_t n = 0; from > b->text.at && from[-1] != '\n' && n < 4096; n++)
        from--;
    if (end - from > 8192)
        end = from + 8192;
    const char *stop = memchr(from, '\n', (size_t)(end - from));
    return memmem(from, (size_t)((stop ? stop : end) - from), what, strlen(what)) != NULL;
}

static const char *hint_for(struct builder *b, const yaml_mark_t *mark)
{
    b->seen_index = b->seen_at = 0;
    const char *at = cwr_yaml_text_at(b, mark), *end = b->text.at + b->text.len;
    if (at && at < end && *at == '\t')
        return "indent with blanks, not with tabs";
    if (at && at < end && strchr("@`%|>", *at))
        return "text that begins with this character needs quotes";
    if (line_has(b, mark, "${"))
        return "inside { } and [ ] a template, or a path with [ ], needs quotes";
    const char *problem = b->parser.problem ? b->parser.problem : "";
    if (strstr(problem, "mapping values are not allowed"))
        return "is the line indented like its neighbours? a text with `: ` in it needs quotes";
    if (strstr(problem, "did not find expected key") || strstr(problem, "could not find expected"))
        return "is the line indented like its neighbours?";
    return NULL;
}

/* ---- Brackets that are not closed ---- */

/* The outermost [ or { that is open. */
static const struct frame *open_bracket(const struct builder *b)
{
    for (unsigned i = 0; i < b->depth; i++)
        if (b->frames[i].flow)
            return &b->frames[i];
    return NULL;
}

/* The blanks before a line, SIZE_MAX when nothing stands there; `line` counts from 0. */
static size_t indent_of(const struct builder *b, size_t line)
{
    const char *at = b->text.at, *end = at + b->text.len;
    for (; line && at < end; line--) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        at = feed ? feed + 1 : end;
    }
    size_t n = 0;
    while (at + n < end && at[n] == ' ')
        n++;
    return at + n == end || strchr("\r\n", at[n]) ? SIZE_MAX : n;
}

/* Whether the fault lies behind where the bracket should have been closed: on a line that is
 * indented no deeper, or at the end. */
static bool is_left_open(const struct builder *b, const struct frame *open, const yaml_mark_t *mark)
{
    size_t line = open->node.line - 1, indent = indent_of(b, mark->line);
    return mark->line > line && (indent == SIZE_MAX || indent <= indent_of(b, line));
}

static void tell_open(struct builder *b, const struct frame *open, const yaml_mark_t *mark,
                      const char *problem)
{
    char text[320], hint[64];
    struct cw_place place = cw_node_place(&open->node);
    snprintf(text, sizeof text, "this bracket is not closed: %s", problem);
    snprintf(hint, sizeof hint, "line %zu is not within it any more", mark->line + 1);
    place.width = 1;
    cwr_yaml_fault(b, "syntax", place, hint, text);
}

/* What is to be blanked, for whoever reads on. */
static void stop(struct builder *b, const struct frame *open, const yaml_mark_t *mark)
{
    const yaml_parser_t *p = &b->parser;
    b->stop.here = true;
    b->stop.line = (uint32_t)mark->line;
    b->stop.context = open || p->context;
    b->stop.block = !open && p->context && strstr(p->context, "block");
    b->stop.context_line = open ? open->node.line - 1 : (uint32_t)p->context_mark.line;
    b->stop.context_column = (uint32_t)p->context_mark.column;
}

void cwr_yaml_parser_error(struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem ? p->problem : "this cannot be read";
    char text[256];
    if (p->error == YAML_MEMORY_ERROR) {
        cwr_yaml_memory(b);
        return;
    }
    if (b->too_quiet) {
        cwr_yaml_limit(b, "too-large", cwr_yaml_place(b, &p->mark, NULL),
                       "more than 1 MiB without a value");
        return;
    }
    const yaml_mark_t *mark = p->error == YAML_READER_ERROR ? &p->mark : &p->problem_mark;
    const struct frame *open = open_bracket(b);
    bool odd = b->odd;
    if (p->context && strstr(problem, "unexpected end of stream"))
        mark = &p->context_mark; /* the quote that is never closed */
    snprintf(text, sizeof text, "%s%s%s", p->context ? p->context : "", p->context ? ", " : "",
             problem);
    if (line_has(b, mark, "{{"))
        cwr_yaml_fault(b, "template-braces", cwr_yaml_place(b, mark, NULL),
                       "write ${x}; {{ x }} is no template here", text);
    else if (open && is_left_open(b, open, mark))
        tell_open(b, open, mark, text);
    else
        cwr_yaml_fault(b, "syntax", cwr_yaml_place(b, mark, NULL), hint_for(b, mark), text);
    b->odd = odd; /* what cannot be read leaves no value at all */
    b->end = true;
    stop(b, open, mark);
}
