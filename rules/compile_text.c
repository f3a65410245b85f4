/* compile_text: faults, texts and places of the compiler. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "fold.h"
#include "number.h"

/* Faults that may come from what is missing. */
static bool is_about_names(const char *code)
{
    static const char *const codes[] = {"unknown-rule", "unknown-hours", "unknown-source",
                                        "unknown-type", "unknown-user",  "unknown-alias",
                                        "unknown-team"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

__attribute__((format(printf, 5, 0))) static void add_fault(struct cwr_compiler *c,
                                                            struct cw_place place, const char *code,
                                                            const char *hint, const char *format,
                                                            va_list args)
{
    char text[400];
    if (c->partial && is_about_names(code))
        return;
    vsnprintf(text, sizeof text, format, args);
    cw_diags_add(c->diags, CW_ERROR, code, place, hint, "%s", text);
}

void cwr_fault(struct cwr_compiler *c, const struct cw_node *node, const char *code,
               const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_fault(c, cw_node_place(node), code, hint, format, args);
    va_end(args);
}

void cwr_fault_at(struct cwr_compiler *c, struct cw_place place, const char *code, const char *hint,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_fault(c, place, code, hint, format, args);
    va_end(args);
}

void cwr_later(struct cwr_compiler *c, struct cw_place place, struct cw_text what)
{
    cwr_fault_at(c, place, "not-in-this-build", NULL,
                 "`%.*s` is in the grammar, but this build has not got it",
                 (int)(what.len > 100 ? 100 : what.len), what.at);
}

const char *cwr_did_you_mean(struct cwr_compiler *c, struct cw_text word, const char *const *words,
                             size_t n)
{
    /* Behind the ceiling of kept diagnostics nobody reads hints, and there may be many words. */
    if (cw_diags_total(c->diags) >= 200)
        return NULL;
    const char *near = cw_nearest(word, words, n);
    struct cwr_buf buf = cwr_buf_in(c->passing);
    struct cw_text made;
    if (!near)
        return NULL;
    cwr_buf_printf(&buf, "did you mean `%s`?", near);
    return cwr_buf_end(&buf, &made) ? NULL : made.at;
}

const char *cwr_mean_event(struct cwr_compiler *c, struct cw_text name)
{
    struct cwr_buf buf = cwr_buf_in(c->passing);
    struct cw_text made;
    cwr_buf_printf(&buf, "did you mean `event.%.*s`?", (int)(name.len > 100 ? 100 : name.len),
                   name.at);
    return cwr_buf_end(&buf, &made) ? NULL : made.at;
}

const char *cwr_mean_days(const struct cw_node *node)
{
    bool cut = cw_node_is_plain(node) && cwr_is_days(cw_node_text(node));
    return cut ? "within { } and [ ] a comma ends the value; quote it: \"mon,wed 09:00\"" : NULL;
}

struct cw_place cwr_place_in(const struct cw_node *scalar, size_t offset, size_t len)
{
    struct cw_place place = cw_node_place(scalar);
    struct cw_text text = cw_node_text(scalar);
    bool plain = cw_node_is_plain(scalar);
    size_t chars = cwr_char_count(text);
    /* Escapes and lines that were folded make the written text longer: then the whole is shown. */
    if (offset > text.len || place.width != chars + (plain ? 0 : 2))
        return place;
    place.column += (uint32_t)cwr_char_count((struct cw_text){text.at, offset}) + (plain ? 0 : 1);
    if (len > text.len - offset)
        len = text.len - offset;
    size_t width = cwr_char_count((struct cw_text){text.at + offset, len});
    place.width = width ? (uint32_t)width : 1;
    return place;
}

struct cw_place cwr_keep_place(struct cwr_compiler *c, struct cw_place place)
{
    if (place.file && place.file != c->file) {
        c->rules->calendar.many_files |= c->file != NULL;
        c->file_copy = cwr_keep(c, cw_text_of(place.file));
        c->file = place.file;
    }
    place.file = place.file ? c->file_copy : NULL;
    return place;
}

const char *cwr_where(struct cwr_compiler *c, struct cw_place place, struct cw_place here)
{
    struct cwr_buf buf = cwr_buf_in(c->passing);
    struct cw_text made;
    bool same = !place.file || !here.file || strcmp(place.file, here.file) == 0;
    cwr_buf_printf(&buf, "%s%s%u", same ? "" : place.file, same ? "line " : ":", place.line);
    return cwr_buf_end(&buf, &made) ? "elsewhere" : made.at;
}

const char *cwr_keep(struct cwr_compiler *c, struct cw_text text)
{
    char *copy = cw_arena_copy(c->arena, text);
    c->no_memory |= !copy;
    return copy;
}

void *cwr_take(struct cwr_compiler *c, size_t size)
{
    void *made = cw_arena_take(c->arena, size ? size : 1);
    c->no_memory |= !made;
    return made;
}

void *cwr_grow(struct cwr_compiler *c, struct cw_arena *arena, void *items, size_t n, size_t size)
{
    if (n && (n < 8 || (n & (n - 1)) != 0))
        return items;
    void *bigger = cw_arena_take(arena, (n ? n * 2 : 8) * size);
    c->no_memory |= !bigger;
    if (bigger && n)
        memcpy(bigger, items, n * size);
    return bigger;
}

bool cwr_want_text(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                   struct cw_text *out)
{
    if (cw_node_kind(node) != CW_NODE_SCALAR) {
        cwr_fault(c, node, "wrong-kind", NULL, "%s is a text, not a %s", what,
                  cw_node_kind(node) == CW_NODE_SEQ ? "list" : "mapping");
        return false;
    }
    *out = cw_node_text(node);
    if (out->len && !cw_node_is_null(node))
        return true;
    cwr_fault(c, node, "bad-value", out->len ? "put it in quotes if it is meant" : NULL,
              "%s is empty", what);
    return false;
}

bool cwr_want_word(struct cwr_compiler *c, const struct cw_node *node, const char *what,
                   struct cw_text *out)
{
    if (!cwr_want_text(c, node, what, out))
        return false;
    if (cwr_scalar(node).kind == CW_STRING)
        return true;
    cwr_fault(c, node, "wrong-kind", "put it in quotes if it is meant",
              "%s is a text, and YAML reads this as something else", what);
    return false;
}

bool cwr_want_map(struct cwr_compiler *c, const struct cw_node *node, const char *what)
{
    if (cw_node_kind(node) == CW_NODE_MAP)
        return true;
    cwr_fault(c, node, "wrong-kind", NULL, "%s is a mapping of keys to values", what);
    return false;
}

enum { WORDS = 64 };

/* The keys that this build has, for cw_nearest. */
static size_t words_of(const struct cwr_keys *keys, const char **words)
{
    size_t n_words = 0;
    for (size_t i = 0; i < keys->n && n_words < WORDS; i++)
        if (!keys->at[i].later)
            words[n_words++] = keys->at[i].name;
    return n_words;
}

const char *cwr_mean_key(struct cwr_compiler *c, struct cw_text word, const struct cwr_keys *keys)
{
    const char *words[WORDS];
    return cwr_did_you_mean(c, word, words, words_of(keys, words));
}

static const struct cwr_key *find_key(const struct cwr_keys *keys, struct cw_text text)
{
    for (size_t i = 0; i < keys->n; i++)
        if (cw_text_is(text, keys->at[i].name))
            return &keys->at[i];
    return NULL;
}

bool cwr_is_meant(const struct cw_node *map, const struct cwr_keys *keys, const char *key)
{
    const char *words[WORDS];
    size_t n_words = words_of(keys, words);
    for (size_t i = 0; i < cw_node_count(map); i++) {
        struct cw_text text = cw_node_text(cw_node_key(map, i));
        const char *near = find_key(keys, text) ? NULL : cw_nearest(text, words, n_words);
        if (near && strcmp(near, key) == 0)
            return true;
    }
    return false;
}

static void check_key(struct cwr_compiler *c, const struct cw_node *key,
                      const struct cwr_keys *keys)
{
    struct cw_text text = cw_node_text(key);
    const struct cwr_key *known = find_key(keys, text);
    if (known && known->later)
        cwr_later(c, cw_node_place(key), text);
    if (known)
        return;
    cwr_fault(c, key, "unknown-key", cwr_mean_key(c, text, keys), "there is no key `%.*s` here",
              (int)(text.len > 100 ? 100 : text.len), text.at);
}

void cwr_check_keys(struct cwr_compiler *c, const struct cw_node *map, const struct cwr_keys *keys)
{
    for (size_t i = 0; i < cw_node_count(map); i++)
        check_key(c, cw_node_key(map, i), keys);
}

static bool is_any_of(struct cw_text text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cw_text_is(text, words[i]))
            return true;
    return false;
}

bool cwr_scalar_bool(const struct cw_node *node, bool *out)
{
    static const char *const yes[] = {"true", "True", "TRUE"};
    static const char *const no[] = {"false", "False", "FALSE"};
    struct cw_text text = cw_node_text(node);
    if (cw_node_kind(node) != CW_NODE_SCALAR || !cw_node_is_plain(node))
        return false;
    *out = is_any_of(text, yes, 3);
    return *out || is_any_of(text, no, 3);
}

struct cw_value cwr_scalar(const struct cw_node *node)
{
    struct cw_text text = cw_node_text(node);
    struct cw_value value = cw_value_string(text);
    if (!cw_node_is_plain(node))
        return value;
    if (cw_node_is_null(node))
        value.kind = CW_NULL;
    else if (cwr_scalar_bool(node, &value.truth))
        value.kind = CW_BOOL;
    else if (cwr_number_is(text))
        value.kind = CW_NUMBER;
    return value;
}

bool cwr_is_word(struct cw_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (!(c >= 'a' && c <= 'z') && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return text.len > 0;
}
