/* template_render: values for the ${...} of a template, and what is left of it when some are not
 * known yet. Rendering never fails for what a stranger sent but for a missing path (CW_ENOENT), a
 * value that a filter cannot read (CW_EINVAL) and the ceiling of 64 KiB (CW_ELIMIT). */
#include "buf.h"
#include "template.h"

static enum cw_status evaluate(const struct cwr_part *part, const struct cw_scope *scope,
                               struct cw_arena *arena, struct cw_value *out, struct cw_error *err)
{
    struct cw_value value = {.kind = CW_MISSING};
    enum cw_status status = scope->lookup(scope->ctx, part->path, arena, &value, err);
    if (status)
        return status;
    enum cwr_filter_kind kind = CWR_FILTERS;
    for (const struct cwr_filter *f = part->filters; f && !status; f = f->next) {
        kind = f->kind;
        status = cwr_filter_run(f, &value, scope->zone, arena);
    }
    int len = (int)(part->name.len > 200 ? 200 : part->name.len);
    if (status == CW_ELIMIT)
        return cw_fail(err, status, "`%.*s` is too long", len, part->name.at);
    if (status == CW_EINVAL)
        return cw_fail(err, status, "`%.*s` is no %s", len, part->name.at, cwr_filter_wants(kind));
    if (status)
        return cw_fail(err, status, "no memory for `%.*s`", len, part->name.at);
    if (value.kind == CW_MISSING)
        return cw_fail(err, CW_ENOENT, "`%.*s` is missing", len, part->name.at);
    *out = value;
    return CW_OK;
}

static enum cw_status too_long(struct cw_error *err)
{
    return cw_fail(err, CW_ELIMIT, "the text of a template grew beyond 64 KiB");
}

/* A template whose value is this text: every ${ in it becomes $${, also one whose $ was put
 * before. */
static void put_escaped(struct cwr_buf *buf, struct cw_text text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len && !buf->status; i++) {
        char before = i ? text.at[i - 1] : buf->len ? buf->at[buf->len - 1] : ' ';
        if (text.at[i] != '{' || before != '$')
            continue;
        cwr_buf_put(buf, (struct cw_text){text.at + from, i - from});
        cwr_buf_puts(buf, "$");
        from = i;
    }
    cwr_buf_put(buf, (struct cw_text){text.at + from, text.len - from});
}

/* A $ that stands before it would make it a literal: it goes into quotes. */
static void put_written(struct cwr_buf *buf, struct cw_text written)
{
    size_t n = 0;
    while (!buf->status && n < buf->len && buf->at[buf->len - n - 1] == '$')
        n++;
    buf->len -= n;
    cwr_buf_puts(buf, n ? "${'" : "");
    for (size_t i = 0; i < n; i++)
        cwr_buf_puts(buf, "$");
    cwr_buf_puts(buf, n ? "'}" : "");
    cwr_buf_put(buf, written);
}

static enum cw_status put_part(const struct cwr_part *part, const struct cw_scope *scope, bool rest,
                               struct cwr_buf *buf, struct cw_error *err)
{
    struct cw_text text = part->literal;
    if (part->path.n) {
        struct cw_value value;
        enum cw_status status = evaluate(part, scope, buf->arena, &value, err);
        if (rest && status == CW_EBUSY) {
            put_written(buf, part->written);
            return CW_OK;
        }
        if (status)
            return status;
        if (cw_value_text(&value, buf->arena, &text))
            return cw_fail(err, CW_NOMEM, "no memory for a template");
    }
    if (rest)
        put_escaped(buf, text);
    else
        cwr_buf_put(buf, text);
    return CW_OK;
}

static enum cw_status put_parts(const struct cw_template *tpl, const struct cw_scope *scope,
                                bool rest, struct cw_arena *arena, struct cw_text *out,
                                struct cw_error *err)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    enum cw_status status = CW_OK;
    buf.limit = CWR_TEMPLATE_BYTES;
    for (size_t i = 0; i < tpl->n_parts && !status; i++)
        status = put_part(&tpl->parts[i], scope, rest, &buf, err);
    if (status)
        return status;
    status = cwr_buf_end(&buf, out);
    if (status == CW_ELIMIT)
        return too_long(err);
    return status ? cw_fail(err, status, "no memory for a template") : CW_OK;
}

enum cw_status cw_template_render(const struct cw_template *tpl, const struct cw_scope *scope,
                                  struct cw_arena *arena, struct cw_value *out,
                                  struct cw_error *err)
{
    struct cw_value value = {.kind = CW_STRING};
    if (tpl->n_parts != 1 || !tpl->n_paths) {
        enum cw_status status = put_parts(tpl, scope, false, arena, &value.text, err);
        if (!status)
            *out = value;
        return status;
    }
    enum cw_status status = evaluate(&tpl->parts[0], scope, arena, &value, err);
    if (status)
        return status;
    if (value.kind == CW_STRING && value.text.len > CWR_TEMPLATE_BYTES)
        return too_long(err);
    *out = value;
    return CW_OK;
}

enum cw_status cw_template_residual(const struct cw_template *tpl, const struct cw_scope *scope,
                                    struct cw_arena *arena, struct cw_text *out,
                                    struct cw_error *err)
{
    return put_parts(tpl, scope, true, arena, out, err);
}
