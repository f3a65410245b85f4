/* Template text of which some is known early and the rest late: what is left of it is a template
 * again, and rendered late it says what the whole would have said. */
#include <stdint.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct scope {
    const struct cw_value *root;
    bool early; /* then nothing of `timer` is known */
};

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    const struct scope *scope = ctx;
    if (scope->early && path.n && path.steps[0].kind == CW_STEP_NAME &&
        cw_text_is(path.steps[0].name, "timer"))
        return cw_fail(err, CW_EBUSY, "not known yet");
    return cw_value_get(scope->root, path, arena, out);
}

static bool same(const struct cw_value *a, const struct cw_value *b, struct cw_arena *arena)
{
    struct cw_text x, y;
    if (cw_value_text(a, arena, &x) || cw_value_text(b, arena, &y))
        abort();
    return x.len == y.len && (!x.len || memcmp(x.at, y.at, x.len) == 0);
}

static void check(const struct cw_template *tpl, const struct cw_value *root,
                  struct cw_arena *arena)
{
    struct scope early = {root, true}, late = {root, false};
    struct cw_scope first = {.lookup = look_up, .ctx = &early};
    struct cw_scope then = {.lookup = look_up, .ctx = &late};
    struct cw_value whole, parts;
    struct cw_text left = {NULL, 0};
    struct cw_error err;
    const struct cw_template *rest;
    enum cw_status at_once = cw_template_render(tpl, &then, arena, &whole, &err);
    enum cw_status status = cw_template_residual(tpl, &first, arena, &left, &err);
    if (status) {
        if (!at_once && status != CW_ELIMIT)
            abort(); /* it fails early though nothing is wrong with it */
        return;
    }
    status = cw_template_parse(left, arena, &rest, &err);
    if (status == CW_ELIMIT)
        return;
    if (status)
        abort(); /* what is left is no template */
    status = cw_template_render(rest, &then, arena, &parts, &err);
    if (!at_once && !status && !same(&whole, &parts, arena))
        abort();
    if (!at_once && status && status != CW_ELIMIT)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char json_text[] =
        "{\"event\":{\"a\":\"\\u00c4 ${timer.a} "
        "B\\nc$\",\"n\":1.50,\"l\":[1,\"${x\",null],\"d\":\"$\"},"
        "\"timer\":{\"a\":\"late ${event.a} $\",\"n\":7,\"e\":\"\",\"b\":\"$${\"},\"x\":null}";
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create((size_t)64 << 20);
    const struct cw_template *tpl;
    if (cw_json_read(json, cw_text_of(json_text), NULL))
        abort();
    struct cw_value root = cw_json_root(json);
    if (!cw_template_parse((struct cw_text){(const char *)data, size}, arena, &tpl, NULL))
        check(tpl, &root, arena);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return 0;
}
