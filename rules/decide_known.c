/* decide_known: takes out of what is left of a condition what the one who decides knows: the hours
 * (`during`) and the person's own facts (state.x), both asked at this moment.
 *
 * Worked example: {"all":[{"during":["work"]},{"state.lunch":true},{"timer":["running"]}]} is
 * {"timer":["running"]} at lunch within those hours, and false else. Truth follows Kleene; what
 * only awork knows stays as it is. */
#include "decide.h"

#include <string.h>

#include "ask.h"
#include "buf.h"
#include "tape.h"

enum { KNOWN_DEPTH = 128 };

struct fold {
    const struct cwr_deciding *d;
    const struct cw_person *person;
    struct cw_error *err;
    const char *why; /* of the latest that was asked */
};

static enum cw_status no_memory(struct fold *f)
{
    return cw_fail(f->err, CW_NOMEM, "memory is short");
}

static enum cw_status malformed(struct fold *f)
{
    return cw_fail(f->err, CW_ESYNTAX, "the condition kept with the run cannot be read");
}

static enum cw_status fold(struct fold *f, const struct cw_value *value, unsigned depth,
                           struct cwr_answer *out);

static enum cw_status fold_during(struct fold *f, const struct cw_value *names,
                                  struct cwr_answer *out)
{
    const struct cwr_calendar *calendar = &f->d->rules->calendar;
    size_t n = cw_value_count(names);
    uint32_t *hours = cw_arena_take(f->d->arena, (n + 1) * sizeof *hours);
    struct cwr_during during = {.hours = hours, .n = n};
    bool holds;
    if (!hours)
        return no_memory(f);
    if (names->kind != CW_LIST || !n)
        return malformed(f);
    for (size_t i = 0; i < n; i++) {
        struct cw_value name;
        if (cw_value_item(names, i, f->d->arena, &name))
            return no_memory(f);
        hours[i] = cwr_hours_named(calendar, name.text);
        if (hours[i] == CWR_NOWHERE)
            return cw_fail(f->err, CW_ENOENT, "there are no hours `%.*s` any more",
                           (int)(name.text.len > 100 ? 100 : name.text.len), name.text.at);
    }
    if (cwr_during_ask(calendar, &during, f->person, f->d->now_ms, f->d->arena, &holds, &f->why))
        return no_memory(f);
    *out = (struct cwr_answer){.truth = holds ? CW_TRUE : CW_FALSE};
    return CW_OK;
}

static enum cw_status print(struct fold *f, struct cwr_buf *buf, struct cwr_answer *out)
{
    out->truth = CW_UNKNOWN;
    return cwr_buf_end(buf, &out->residual) ? no_memory(f) : CW_OK;
}

static enum cw_status keep(struct fold *f, const struct cw_value *value, struct cwr_answer *out)
{
    out->truth = CW_UNKNOWN;
    return cw_value_print(value, f->d->arena, &out->residual) ? no_memory(f) : CW_OK;
}

/* `whole` is {"state.x":matcher}: it stays when nobody can tell what the fact is. */
static enum cw_status fold_state(struct fold *f, struct cw_text path,
                                 const struct cw_value *matcher, const struct cw_value *whole,
                                 struct cwr_answer *out)
{
    struct cwr_asked asked = {.name = path};
    struct cw_text name = {path.at + strlen("state."), path.len - strlen("state.")};
    enum cw_status status = cwr_state_get(f->d, f->person, name, &asked.value);
    if (status == CW_EBUSY)
        return keep(f, whole, out);
    if (status)
        return cw_fail(f->err, status, "the fact `%.*s` cannot be read",
                       (int)(path.len > 100 ? 100 : path.len), path.at);
    out->residual.len = 0;
    status = cwr_ask_matcher(&asked, matcher, f->d->arena, &out->truth, &f->why, f->err);
    return status == CW_ESYNTAX ? malformed(f) : status;
}

static enum cw_status fold_many(struct fold *f, bool any, const struct cw_value *list,
                                unsigned depth, struct cwr_answer *out)
{
    enum cw_truth stop = any ? CW_TRUE : CW_FALSE;
    struct cwr_buf buf = cwr_buf_in(f->d->arena);
    struct cwr_answer one = {0}, last = {0};
    size_t left = 0;
    if (list->kind != CW_LIST || !cw_value_count(list))
        return malformed(f);
    cwr_buf_puts(&buf, any ? "{\"any\":[" : "{\"all\":[");
    for (size_t i = 0; i < cw_value_count(list); i++) {
        struct cw_value item;
        if (cw_value_item(list, i, f->d->arena, &item))
            return no_memory(f);
        enum cw_status status = fold(f, &item, depth + 1, &one);
        if (status || one.truth == stop) {
            *out = one;
            return status;
        }
        if (one.truth != CW_UNKNOWN)
            continue;
        cwr_buf_puts(&buf, left++ ? "," : "");
        cwr_buf_put(&buf, one.residual);
        last = one;
    }
    cwr_buf_puts(&buf, "]}");
    if (left > 1)
        return print(f, &buf, out);
    *out = left ? last : (struct cwr_answer){.truth = any ? CW_FALSE : CW_TRUE};
    return CW_OK;
}

static enum cw_status fold_not(struct fold *f, const struct cw_value *value, unsigned depth,
                               struct cwr_answer *out)
{
    struct cwr_buf buf = cwr_buf_in(f->d->arena);
    struct cwr_answer inner;
    enum cw_status status = fold(f, value, depth + 1, &inner);
    if (status)
        return status;
    if (inner.truth != CW_UNKNOWN) {
        out->truth = inner.truth == CW_TRUE ? CW_FALSE : CW_TRUE;
        return CW_OK;
    }
    cwr_buf_puts(&buf, "{\"not\":");
    cwr_buf_put(&buf, inner.residual);
    cwr_buf_puts(&buf, "}");
    return print(f, &buf, out);
}

static enum cw_status fold(struct fold *f, const struct cw_value *value, unsigned depth,
                           struct cwr_answer *out)
{
    struct cw_value inner;
    struct cw_text word;
    enum cw_status status =
        depth > KNOWN_DEPTH ? CW_ENOENT : cwr_json_only(value, f->d->arena, &word, &inner);
    *out = (struct cwr_answer){.truth = CW_UNKNOWN};
    if (status)
        return status == CW_NOMEM ? no_memory(f) : malformed(f);
    if (cw_text_is(word, "all") || cw_text_is(word, "any"))
        return fold_many(f, cw_text_is(word, "any"), &inner, depth, out);
    if (cw_text_is(word, "not"))
        return fold_not(f, &inner, depth, out);
    if (cw_text_is(word, "during"))
        return fold_during(f, &inner, out);
    if (cwr_is_state(word))
        return fold_state(f, word, &inner, value, out);
    return keep(f, value, out);
}

enum cw_status cwr_decide_known(const struct cwr_deciding *d, const struct cw_person *person,
                                struct cw_text condition, struct cwr_answer *out, const char **why,
                                struct cw_error *err)
{
    struct fold f = {d, person, err, NULL};
    *out = (struct cwr_answer){condition.len ? CW_UNKNOWN : CW_TRUE, condition};
    if (!condition.len || (!memmem(condition.at, condition.len, "\"during\"", 8) &&
                           !memmem(condition.at, condition.len, "\"state.", 7)))
        return CW_OK;
    struct cw_json *json = cw_json_create();
    enum cw_status status = json ? cw_json_read(json, condition, NULL) : no_memory(&f);
    if (status == CW_ESYNTAX)
        status = malformed(&f);
    if (!status) {
        struct cw_value root = cw_json_root(json);
        status = fold(&f, &root, 0, out);
    }
    cw_json_destroy(json);
    *why = f.why;
    return status;
}

/* ---- A person's facts ---- */

enum cw_status cwr_state_get(const struct cwr_deciding *d, const struct cw_person *person,
                             struct cw_text name, struct cw_value *out)
{
    struct cw_mark mark = {.kind = "state", .rule = "", .person = person, .key = name};
    *out = (struct cw_value){.kind = CW_MISSING};
    if (!d->facts || !d->facts->mark)
        return CW_EBUSY;
    enum cw_status status = d->facts->mark(d->facts->ctx, &mark);
    if (status || mark.until_ms <= d->now_ms)
        return status == CW_ENOENT ? CW_OK : status;
    if (!*d->state && !(*d->state = cw_json_create()))
        return CW_NOMEM;
    status = cw_json_read(*d->state, mark.value, NULL);
    if (status) /* ours never are */
        return status == CW_NOMEM ? status : CW_OK;
    *out = cw_json_root(*d->state);
    return CW_OK;
}
