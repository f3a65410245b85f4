/* Path text, followed into a fixed value: a fault has its place, and a name that is taken can be
 * written back. */
#include <stdint.h>
#include <stdlib.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes a path in its plainest form: every name as ['...']; false when it would be too long. */
static bool write_back(struct cw_path path, char *text, size_t size, size_t *len)
{
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++) {
        const struct cw_step *step = &path.steps[i];
        if (n + 2 * step->name.len + 16 > size)
            return false;
        text[n++] = '[';
        if (step->kind == CW_STEP_EACH)
            text[n++] = '*';
        else if (step->kind == CW_STEP_INDEX)
            n += (size_t)snprintf(text + n, size - n, "%d", step->index);
        else
            text[n++] = '\'';
        for (size_t k = 0; step->kind == CW_STEP_NAME && k < step->name.len; k++) {
            if (step->name.at[k] == '\'' || step->name.at[k] == '\\')
                text[n++] = '\\';
            text[n++] = step->name.at[k];
        }
        if (step->kind == CW_STEP_NAME)
            text[n++] = '\'';
        text[n++] = ']';
    }
    *len = n;
    return true;
}

static bool same(struct cw_path a, struct cw_path b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        const struct cw_step *x = &a.steps[i], *y = &b.steps[i];
        bool named = x->kind == CW_STEP_NAME;
        if (x->kind != y->kind || (x->kind == CW_STEP_INDEX && x->index != y->index) ||
            (named && x->name.len != y->name.len) ||
            (named && x->name.len && memcmp(x->name.at, y->name.at, x->name.len) != 0))
            return false;
    }
    return a.n == b.n;
}

static void follow(struct cw_path path, struct cw_arena *arena)
{
    static struct cw_json *json;
    struct cw_value out = {0};
    struct cw_text text;
    if (!json) {
        json = cw_json_create();
        if (!json || cw_json_read(json,
                                  CW_TEXT("{\"a\":[{\"b\":[1,[2,3],{\"c\":null}]},[[]],\"\\u00e4\"]"
                                          ",\"\":{\"'\":[{}]},\"a.b\":true,\"*\":[1.50]}"),
                                  NULL))
            abort();
    }
    struct cw_value root = cw_json_root(json);
    if (cw_value_get(&root, path, arena, &out) || cw_value_print(&out, arena, &text))
        abort(); /* the arena is large enough for every path of 32 steps */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_arena *arena = cw_arena_create((size_t)64 << 20);
    struct cw_path path = {NULL, 12345}, again;
    struct cw_error err = {.at = -1};
    char text[1024];
    size_t len;
    if (cw_path_parse((struct cw_text){(const char *)data, size}, arena, &path, &err)) {
        if (!err.text[0] || err.at < 0 || err.at > (long)size || path.n != 12345)
            abort();
    } else {
        if (path.n == 0 || path.n > 32 || size > 1024)
            abort();
        follow(path, arena);
        for (size_t i = 0; i <= path.n; i++)
            if (cw_path_skip(path, i).n != path.n - i)
                abort();
        if (write_back(path, text, sizeof text, &len) &&
            (cw_path_parse((struct cw_text){text, len}, arena, &again, NULL) || !same(path, again)))
            abort();
    }
    cw_arena_destroy(arena);
    return 0;
}
