/* fuzz_json: our reader against Jansson: the same verdict, and for accepted text the same values.
 *
 * Known differences, each detected on its own:
 *  - a lone surrogate escape: we read U+FFFD, Jansson refuses (CW_JSON_LONE_SURROGATE);
 *  - a NUL in a member's name: we take it, Jansson refuses;
 *  - a number beyond its range: we keep the digits, Jansson refuses ("too big", "overflow");
 *  - depth: ours ends at 512 levels, Jansson's at 2048;
 *  - a NUL byte behind a number or a word: Jansson passes over it, we refuse;
 *  - a name given twice: both count the last; the walk asks by name. */
#include <clockwire/doc.h>
#include <ctype.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAME(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct cw_arena *arena;

static bool is_excused(const json_error_t *error, unsigned doubts)
{
    switch (json_error_code(error)) {
    case json_error_numeric_overflow:
        return true;
    case json_error_null_byte_in_key:
        return true;
    case json_error_invalid_syntax: /* "invalid Unicode '\uXXXX'" and its pairs */
        return doubts & CW_JSON_LONE_SURROGATE && strstr(error->text, "invalid Unicode");
    default:
        return false;
    }
}

static bool is_swallowed_nul(struct cw_text text, long at)
{
    if (at <= 0 || (size_t)at >= text.len || text.at[at] != '\0')
        return false;
    return isalnum((unsigned char)text.at[at - 1]) != 0;
}

static void same_value(const struct cw_value *ours, const json_t *theirs, unsigned doubts);

static void same_string(const struct cw_value *ours, const json_t *theirs)
{
    size_t len = json_string_length(theirs);
    SAME(ours->kind == CW_STRING && ours->text.len == len);
    SAME(memcmp(ours->text.at, json_string_value(theirs), len) == 0);
}

static void same_number(const struct cw_value *ours, const json_t *theirs)
{
    char digits[4096], *end = NULL;
    SAME(ours->kind == CW_NUMBER);
    if (ours->text.len >= sizeof digits)
        return;
    memcpy(digits, ours->text.at, ours->text.len);
    digits[ours->text.len] = '\0';
    if (json_is_integer(theirs))
        SAME(strtoll(digits, &end, 10) == json_integer_value(theirs));
    else
        SAME(memcmp(&(double){strtod(digits, &end)}, &(double){json_real_value(theirs)},
                    sizeof(double)) == 0);
    SAME(end == digits + ours->text.len);
}

static void same_list(const struct cw_value *ours, const json_t *theirs, unsigned doubts)
{
    SAME(ours->kind == CW_LIST && cw_value_count(ours) == json_array_size(theirs));
    for (size_t i = 0; i < json_array_size(theirs); i++) {
        struct cw_value item = {0};
        if (cw_value_item(ours, i, arena, &item) != CW_OK)
            return;
        same_value(&item, json_array_get(theirs, i), doubts);
    }
}

static void same_object(const struct cw_value *ours, json_t *theirs, unsigned doubts)
{
    const char *key;
    json_t *value;
    SAME(ours->kind == CW_OBJECT);
    json_object_foreach(theirs, key, value)
    {
        struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(key)};
        struct cw_value member = {0};
        if (cw_value_get(ours, (struct cw_path){&step, 1}, arena, &member) != CW_OK)
            return;
        same_value(&member, value, doubts);
    }
}

static void same_value(const struct cw_value *ours, const json_t *theirs, unsigned doubts)
{
    switch (json_typeof(theirs)) {
    case JSON_OBJECT:
        same_object(ours, (json_t *)theirs, doubts);
        break;
    case JSON_ARRAY:
        same_list(ours, theirs, doubts);
        break;
    case JSON_STRING:
        same_string(ours, theirs);
        break;
    case JSON_INTEGER:
    case JSON_REAL:
        same_number(ours, theirs);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        SAME(ours->kind == CW_BOOL && ours->truth == json_is_true(theirs));
        break;
    case JSON_NULL:
        SAME(ours->kind == CW_NULL);
        break;
    }
}

/* What we print reads again as the same text, and Jansson takes it (numbers and NULs aside). */
static void prints_well(const struct cw_value *root)
{
    struct cw_json *again = cw_json_create();
    struct cw_text first = {0}, second = {0};
    if (again && cw_value_print(root, arena, &first) == CW_OK) {
        SAME(cw_json_read(again, first, NULL) == CW_OK);
        SAME(!(cw_json_doubts(again) & CW_JSON_LONE_SURROGATE));
        struct cw_value value = cw_json_root(again);
        if (cw_value_print(&value, arena, &second) == CW_OK)
            SAME(first.len == second.len && memcmp(first.at, second.at, first.len) == 0);
    }
    cw_json_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_text text = {(const char *)data, size};
    struct cw_json *json = cw_json_create();
    json_error_t error;
    arena = cw_arena_create(64 << 20);
    if (!json || !arena)
        abort();
    struct cw_error err = {.at = -1};
    enum cw_status status = cw_json_read(json, text, &err);
    struct cw_value root = cw_json_root(json);
    json_t *theirs = json_loadb(text.at, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (status == CW_OK && !theirs)
        SAME(is_excused(&error, cw_json_doubts(json)));
    if (status != CW_OK && theirs)
        SAME(status == CW_ELIMIT || is_swallowed_nul(text, err.at)); /* ELIMIT: depth */
    if (status == CW_OK && theirs)
        same_value(&root, theirs, cw_json_doubts(json));
    if (status == CW_OK)
        prints_well(&root);
    json_decref(theirs);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return 0;
}
