/* Template text, rendered over a fixed value: within its ceiling, and twice the same. What is left
 * when some paths are not known yet renders later to the same. */
#include <stdint.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    (void)err;
    return cw_value_get(ctx, path, arena, out);
}

/* As if match.* were not known yet. */
static enum cw_status look_up_some(void *ctx, struct cw_path path, struct cw_arena *arena,
                                   struct cw_value *out, struct cw_error *err)
{
    if (cw_text_is(path.steps[0].name, "match"))
        return CW_EBUSY;
    return look_up(ctx, path, arena, out, err);
}

static void check_residual(const struct cw_template *tpl, struct cw_value *root,
                           struct cw_arena *arena, enum cw_status want_status,
                           const struct cw_value *want)
{
    struct cw_scope all = {.lookup = look_up, .ctx = root},
                    some = {.lookup = look_up_some, .ctx = root};
    struct cw_text left, direct, late;
    struct cw_value made;
    struct cw_error err;
    enum cw_status status = cw_template_residual(tpl, &some, arena, &left, &err);
    if (status == CW_ELIMIT)
        return; /* escapes take room */
    if (!status)
        status = cw_template_parse(left, arena, &tpl, &err);
    if (status == CW_ELIMIT)
        return;
    if (status == CW_ESYNTAX)
        abort();
    if (!status)
        status = cw_template_render(tpl, &all, arena, &made, &err);
    /* Which of two faults is met first may differ. */
    if (!status != !want_status && status != CW_ELIMIT && want_status != CW_ELIMIT)
        abort();
    if (status || want_status)
        return;
    if (cw_value_text(&made, arena, &late) || cw_value_text(want, arena, &direct))
        return;
    if (late.len != direct.len || (late.len && memcmp(late.at, direct.at, late.len) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char json_text[] =
        "{\"event\":{\"a\":\"\\u00c4 B\\nc\",\"n\":1.50,\"l\":[1,\"${x\",null],"
        "\"o\":{\"k\":{}},\"d\":\"$\",\"t\":\"${match.d} $${\"},\"x\":null,"
        "\"match\":{\"task\":\"KEY-1\",\"d\":\"late ${event.a} $\",\"e\":\"\"}}";
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create((size_t)64 << 20);
    const struct cw_template *tpl;
    struct cw_error err;
    struct cw_value first = {0}, second = {0};
    if (cw_json_read(json, CW_TEXT("{}"), &err) || cw_json_read(json, cw_text_of(json_text), &err))
        abort();
    struct cw_value root = cw_json_root(json);
    struct cw_scope scope = {.lookup = look_up, .ctx = &root};
    struct cw_text text = {(const char *)data, size};
    enum cw_status status = cw_template_parse(text, arena, &tpl, &err);
    if (status) {
        if (!err.text[0] || err.at > (long)size)
            abort();
    } else {
        enum cw_status one = cw_template_render(tpl, &scope, arena, &first, &err);
        enum cw_status two = cw_template_render(tpl, &scope, arena, &second, &err);
        if (one != two || (!one && first.kind != second.kind))
            abort();
        if (!one && first.kind == CW_STRING &&
            (first.text.len > 64 * 1024 || first.text.len != second.text.len ||
             (first.text.len && memcmp(first.text.at, second.text.at, first.text.len) != 0)))
            abort();
        check_residual(tpl, &root, arena, one, &first);
    }
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return 0;
}
