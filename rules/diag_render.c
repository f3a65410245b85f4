/* diag_render: diagnostics as a compiler prints them, the source line and a caret below.
 *
 * Lines longer than 100 columns are cut around the caret; control bytes are escaped; tabs stay tabs
 * in both lines, so that the caret stands right at any width of a tab. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "text.h"

enum { COLUMNS = 100, BEFORE_CARET = 40, FARTHEST = 10000, RENDER_BYTES = 4 << 20 };

struct renderer {
    const struct cw_diags *diags;
    struct cwr_buf out;
    bool colour;
    /* Where the latest line was found: diagnostics come in order, so the search goes on from there.
     */
    const struct cwr_diag_file *file;
    size_t at;
    uint32_t line;
};

static void paint(struct renderer *r, const char *escape)
{
    if (r->colour)
        cwr_buf_puts(&r->out, escape);
}

static void put_escaped(struct renderer *r, const char *text)
{
    const char *at = text, *end = text + strlen(text);
    char one[12];
    while (at < end) {
        cwr_escape_one(&at, end, one);
        cwr_buf_puts(&r->out, one);
    }
}

static void put_head(struct renderer *r, const struct cw_diag *diag)
{
    static const char *const names[] = {"error", "warning", "note"};
    static const char *const colours[] = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m"};
    if (diag->place.file) {
        put_escaped(r, diag->place.file);
        if (diag->place.line)
            cwr_buf_printf(&r->out, ":%u:%u", diag->place.line, diag->place.column);
        cwr_buf_puts(&r->out, ": ");
    }
    paint(r, colours[diag->severity]);
    cwr_buf_printf(&r->out, "%s[%s]", names[diag->severity], diag->code);
    paint(r, "\x1b[0m");
    cwr_buf_printf(&r->out, ": %s\n", diag->text);
}

/* Finds the line of a place. Returns: false when the file's text is not known. */
static bool seek(struct renderer *r, const struct cw_place *place)
{
    const struct cwr_diag_file *file = cwr_diags_find(r->diags, place->file);
    if (!file || !file->text || !place->line || place->column > FARTHEST)
        return false; /* a line that goes on for ever is not worth the walk */
    if (file != r->file || place->line < r->line) {
        r->file = file;
        r->at = 0;
        r->line = 1;
    }
    while (r->line < place->line) {
        const char *end = memchr(file->text + r->at, '\n', file->len - r->at);
        if (!end)
            return false;
        r->at = (size_t)(end - file->text) + 1;
        r->line++;
    }
    return true;
}

static size_t one_on(const char *at, const char *end)
{
    unsigned n = cwr_utf8_get(at, end, NULL);
    return n ? n : 1;
}

static bool is_end(const char *at, const char *end)
{
    return at == end || *at == '\n' || (*at == '\r' && (at + 1 == end || at[1] == '\n'));
}

/* The part of the line to show: the whole when it is short, else around the caret. */
static const char *window(const char *start, const char *end, uint32_t column, bool *cut)
{
    const char *at = start, *from = start;
    uint32_t n = 0;
    for (; !is_end(at, end) && n <= COLUMNS; n++)
        at += one_on(at, end);
    *cut = n > COLUMNS && column > COLUMNS - BEFORE_CARET;
    if (!*cut)
        return start;
    for (n = 1; n + BEFORE_CARET < column && !is_end(from, end); n++)
        from += one_on(from, end);
    return from;
}

/* Puts the shown part and builds the caret line beside it. */
static void put_line(struct renderer *r, const struct cw_place *place, struct cwr_buf *carets)
{
    const char *start = r->file->text + r->at, *end = r->file->text + r->file->len;
    bool cut;
    const char *at = window(start, end, place->column, &cut);
    uint32_t column = 1, shown = 0;
    for (const char *p = start; p < at; p += one_on(p, end))
        column++;
    cwr_buf_puts(&r->out, cut ? "..." : "");
    cwr_buf_puts(carets, cut ? "   " : "");
    for (; !is_end(at, end) && shown < COLUMNS; column++) {
        char one[12];
        bool tab = *at == '\t';
        unsigned n = cwr_escape_one(&at, end, one);
        unsigned wide = tab || (unsigned char)one[0] >= 0x80 ? 1 : n;
        cwr_buf_puts(&r->out, tab ? "\t" : one);
        shown += wide;
        if (column >= place->column && column - place->column < place->width) {
            for (unsigned i = 0; i < wide; i++)
                cwr_buf_puts(carets, column == place->column && !i ? "^" : "~");
            continue;
        }
        if (column < place->column)
            cwr_buf_printf(carets, "%s%*s", tab ? "\t" : "", tab ? 0 : (int)wide, "");
    }
    cwr_buf_puts(&r->out, is_end(at, end) ? "\n" : "...\n");
    cwr_buf_puts(carets, column <= place->column ? "^" : "");
}

static void put_source(struct renderer *r, const struct cw_place *place)
{
    char number[16] = "", text[16];
    struct cw_text line = {0};
    struct cwr_buf carets = cwr_buf_in(r->out.arena), label = cwr_buf_in(r->out.arena);
    if (!seek(r, place))
        return;
    cwr_buf_printf(&label, "%u", place->line);
    cwr_buf_puts(&carets, "");
    if (cwr_buf_end(&label, &line) != CW_OK || line.len >= sizeof number)
        return;
    memcpy(text, line.at, line.len + 1);
    memset(number, ' ', line.len);
    cwr_buf_printf(&r->out, "%s | ", text);
    put_line(r, place, &carets);
    if (cwr_buf_end(&carets, &line) != CW_OK)
        return;
    cwr_buf_printf(&r->out, "%s | ", number);
    paint(r, "\x1b[1;32m");
    cwr_buf_put(&r->out, line);
    paint(r, "\x1b[0m");
    cwr_buf_puts(&r->out, "\n");
}

char *cw_diags_render(const struct cw_diags *diags, bool colour)
{
    struct cw_arena *arena = cw_arena_create(RENDER_BYTES);
    if (!arena)
        return NULL;
    struct renderer r = {.diags = diags, .out = cwr_buf_in(arena), .colour = colour};
    size_t all = 0;
    for (size_t i = 0; i < cw_diags_total(diags); i++) {
        const struct cw_diag *diag = cw_diags_get(diags, i);
        put_head(&r, diag);
        put_source(&r, &diag->place);
        if (diag->hint)
            cwr_buf_printf(&r.out, "   = %s\n", diag->hint);
    }
    for (int i = 0; i < 3; i++)
        all += cw_diags_count(diags, (enum cw_severity)i);
    if (all > cw_diags_total(diags))
        cwr_buf_printf(&r.out, "... and %zu more\n", all - cw_diags_total(diags));
    struct cw_text text = {0};
    char *copy = NULL;
    if (cwr_buf_end(&r.out, &text) == CW_OK)
        copy = malloc(text.len + 1);
    if (copy)
        memcpy(copy, text.at, text.len + 1);
    cw_arena_destroy(arena);
    return copy;
}
