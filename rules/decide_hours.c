/* decide_hours: takes `during` out of what is left of a condition, by asking it at a moment.
 *
 * Worked example: {"all":[{"during":["work"]},{"timer":["running"]}]} is {"timer":["running"]}
 * within those hours, and false outside. Truth follows Kleene; other facts stay as they are. */
#include "decide.h"

#include <string.h>

#include "buf.h"

enum { HOURS_DEPTH = 128 };

struct fold {
    const struct cw_ruleset *rules;
    const struct cw_person *person;
    int64_t now_ms;
    struct cw_arena *arena;
    struct cw_error *err;
    const char *why; /* of the latest `during` */
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
    const struct cwr_calendar *calendar = &f->rules->calendar;
    size_t n = cw_value_count(names);
    uint32_t *hours = cw_arena_take(f->arena, (n + 1) * sizeof *hours);
    struct cwr_during during = {.hours = hours, .n = n};
    bool holds;
    if (!hours)
        return no_memory(f);
    if (names->kind != CW_LIST || !n)
        return malformed(f);
    for (size_t i = 0; i < n; i++) {
        struct cw_value name;
        if (cw_value_item(names, i, f->arena, &name))
            return no_memory(f);
        hours[i] = cwr_hours_named(calendar, name.text);
        if (hours[i] == CWR_NOWHERE)
            return cw_fail(f->err, CW_ENOENT, "there are no hours `%.*s` any more",
                           (int)(name.text.len > 100 ? 100 : name.text.len), name.text.at);
    }
    if (cwr_during_ask(calendar, &during, f->person, f->now_ms, f->arena, &holds, &f->why))
        return no_memory(f);
    *out = (struct cwr_answer){.truth = holds ? CW_TRUE : CW_FALSE};
    return CW_OK;
}

static enum cw_status print(struct fold *f, struct cwr_buf *buf, struct cwr_answer *out)
{
    out->truth = CW_UNKNOWN;
    return cwr_buf_end(buf, &out->residual) ? no_memory(f) : CW_OK;
}

static enum cw_status fold_many(struct fold *f, bool any, const struct cw_value *list,
                                unsigned depth, struct cwr_answer *out)
{
    enum cw_truth stop = any ? CW_TRUE : CW_FALSE;
    struct cwr_buf buf = cwr_buf_in(f->arena);
    struct cwr_answer one = {0}, last = {0};
    size_t left = 0;
    if (list->kind != CW_LIST || !cw_value_count(list))
        return malformed(f);
    cwr_buf_puts(&buf, any ? "{\"any\":[" : "{\"all\":[");
    for (size_t i = 0; i < cw_value_count(list); i++) {
        struct cw_value item;
        if (cw_value_item(list, i, f->arena, &item))
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
    struct cwr_buf buf = cwr_buf_in(f->arena);
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

static enum cw_status get(struct fold *f, const struct cw_value *value, const char *name,
                          struct cw_value *out)
{
    const struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    return cw_value_get(value, (struct cw_path){&step, 1}, f->arena, out) ? no_memory(f) : CW_OK;
}

static enum cw_status fold(struct fold *f, const struct cw_value *value, unsigned depth,
                           struct cwr_answer *out)
{
    static const char *const words[] = {"all", "any", "not", "during"};
    struct cw_value inner = {.kind = CW_MISSING};
    size_t i = 0;
    *out = (struct cwr_answer){.truth = CW_UNKNOWN};
    if (value->kind != CW_OBJECT || depth > HOURS_DEPTH)
        return malformed(f);
    for (; i < 4 && inner.kind == CW_MISSING; i++) {
        enum cw_status status = get(f, value, words[i], &inner);
        if (status)
            return status;
    }
    if (inner.kind == CW_MISSING)
        return cw_value_print(value, f->arena, &out->residual) ? no_memory(f) : CW_OK;
    if (i == 4)
        return fold_during(f, &inner, out);
    return i == 3 ? fold_not(f, &inner, depth, out) : fold_many(f, i == 2, &inner, depth, out);
}

enum cw_status cwr_decide_hours(const struct cw_ruleset *rules, const struct cw_person *person,
                                int64_t now_ms, struct cw_text condition, struct cw_arena *arena,
                                struct cwr_answer *out, const char **why, struct cw_error *err)
{
    struct fold f = {rules, person, now_ms, arena, err, NULL};
    *out = (struct cwr_answer){condition.len ? CW_UNKNOWN : CW_TRUE, condition};
    if (!condition.len || !memmem(condition.at, condition.len, "\"during\"", 8))
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
