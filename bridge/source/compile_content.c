/* compile_content: what a signature covers, cut into pieces.
 *
 * The body goes into the digest as it came; a plain path is looked up, not rendered, since the text
 * of a template ends at 64 KiB. */
#include "compile.h"

#include <string.h>

static enum cw_status add_piece(struct compile *c, struct cw_text text, size_t at,
                                struct piece *out, struct cw_error *err)
{
    struct cw_arena *arena = c->source->arena;
    struct cw_text inside = {text.at + 2, text.len - 3};
    while (inside.len && inside.at[0] == ' ')
        inside.at++, inside.len--;
    while (inside.len && inside.at[inside.len - 1] == ' ')
        inside.len--;
    if (cw_text_is(inside, "body")) {
        out->kind = PIECE_BODY;
        return CW_OK;
    }
    out->kind = PIECE_PATH; /* not through a template, whose texts end at 64 KiB */
    enum cw_status status = cw_path_parse(inside, arena, &out->path, NULL);
    enum cw_status other = cw_template_parse(text, arena, &out->tpl, err);
    if (status && !other)
        out->kind = PIECE_TEMPLATE;
    if (other)
        err->at += err->at >= 0 ? (long)at : 0;
    return other;
}

/* The next piece of the text from *at on: a ${...} or what is before the next one. */
static enum cw_status next_piece(struct compile *c, struct cw_text text, size_t *at,
                                 struct piece *out, struct cw_error *err)
{
    size_t from = *at, end = from;
    bool is_path = text.len - from > 1 && !memcmp(text.at + from, "${", 2);
    if (is_path) {
        const char *close = memchr(text.at + from, '}', text.len - from);
        end = close ? (size_t)(close - text.at) + 1 : text.len;
        *at = end;
        return add_piece(c, (struct cw_text){text.at + from, end - from}, from, out, err);
    }
    char *literal = compile_take(c, text.len + 1);
    size_t len = 0;
    while (end < text.len && !(text.len - end > 1 && !memcmp(text.at + end, "${", 2))) {
        end += text.len - end > 2 && !memcmp(text.at + end, "$${", 3);
        literal[len++] = text.at[end++];
        if (end < text.len && text.at[end - 1] == '$' && text.at[end] == '{')
            literal[len++] = text.at[end++];
    }
    *at = end;
    *out = (struct piece){.kind = PIECE_LITERAL, .literal = {literal, len}};
    return CW_OK;
}

static bool check_piece(struct compile *c, const struct cw_node *node, const struct piece *piece,
                        struct verify *out)
{
    if (piece->kind == PIECE_BODY)
        out->signs_body = true;
    if (piece->kind == PIECE_PATH && piece->path.n == 2 &&
        cw_text_is(piece->path.steps[0].name, "form") &&
        cw_text_is(piece->path.steps[1].name, "payload"))
        out->signs_body = true; /* the field that is decoded */
    return !piece->tpl || compile_roots(c, node, piece->tpl, ROOTS_SIGNED);
}

void compile_content(struct compile *c, const struct cw_node *node, struct verify *out)
{
    struct cw_text text = node ? compile_copy(c, cw_node_text(node)) : CW_TEXT("${body}");
    struct piece *pieces = compile_take(c, (text.len + 1) * sizeof *pieces);
    struct cw_error err = {.at = -1};
    size_t n = 0;
    for (size_t at = 0; at < text.len; n++) {
        if (next_piece(c, text, &at, &pieces[n], &err)) {
            compile_fault_in(c, node, "bad-template", &err);
            return;
        }
        if (node && !check_piece(c, node, &pieces[n], out))
            return;
    }
    out->signs_body = out->signs_body || !node;
    out->pieces = pieces;
    out->n_pieces = n;
    if (!n)
        compile_fault(c, node, "bad-value", NULL, "a signature of nothing proves nothing");
}
