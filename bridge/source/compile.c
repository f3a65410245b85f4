/* compile: a source of the user's file over its preset becomes an immutable struct source.
 *
 * Every fault is told, each at its place; none of the words of the grammar that this build has not
 * got is passed over in silence. */
#include "compile.h"

#include "../xalloc.h"
#include "presets.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 4 * 1024 * 1024, PRESET_BYTES = 256 * 1024, PATH_BYTES = 512 };

/* ---- Helpers of all compile_*.c ---- */

/* A preset that is not here was told as such; what is missing without it is no fault of its own. */
static bool lacks_preset(const struct compile *c)
{
    return !c->preset && cw_node_get(c->user, "preset");
}

void compile_fault(struct compile *c, const struct cw_node *at, const char *code, const char *hint,
                   const char *format, ...)
{
    char text[400], did_you[100];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->failed = true;
    if (lacks_preset(c) && strcmp(code, "missing-key") == 0)
        return;
    if (hint) {
        snprintf(did_you, sizeof did_you, "did you mean `%s`?", hint);
        hint = did_you;
    }
    cw_diags_add(c->deps->diags, CW_ERROR, code, cw_node_place(at), hint, "%s", text);
}

void compile_later(struct compile *c, const struct cw_node *at, const char *word)
{
    compile_fault(c, at, "not-in-this-build", NULL,
                  "`%s` is in the grammar, but this build has not got it", word);
}

static size_t count(const char *const *words)
{
    size_t n = 0;
    while (words && words[n])
        n++;
    return n;
}

void compile_unknown(struct compile *c, const struct cw_node *at, const char *code,
                     const char *what, const char *const *words)
{
    struct cw_text text = cw_node_text(at);
    compile_fault(c, at, code, cw_nearest(text, words, count(words)), "there is no %s `%.*s`", what,
                  (int)(text.len > 60 ? 60 : text.len), text.at);
}

static bool is_one_of(struct cw_text text, const char *const *words)
{
    while (*words && !cw_text_is(text, *words))
        words++;
    return *words != NULL;
}

bool compile_is(struct compile *c, const struct cw_node *node, enum cw_node_kind kind,
                const char *what)
{
    if (cw_node_kind(node) == kind && !cw_node_is_null(node))
        return true;
    compile_fault(c, node, "wrong-kind", NULL, "%s belongs here", what);
    return false;
}

bool compile_meant(const struct compile *c, const char *key)
{
    const char *words[GRAMMAR_WORDS];
    size_t n = grammar_words(grammar_source, words);
    for (size_t i = 0; i < cw_node_count(c->user); i++) {
        struct cw_text text = cw_node_text(cw_node_key(c->user, i));
        const char *near = grammar_find(grammar_source, text) ? NULL : cw_nearest(text, words, n);
        if (near && strcmp(near, key) == 0)
            return true;
    }
    return false;
}

void compile_keys(struct compile *c, const struct cw_node *map, const struct key *keys)
{
    const char *words[GRAMMAR_WORDS];
    grammar_words(keys, words);
    for (size_t i = 0; i < cw_node_count(map); i++) {
        const struct cw_node *name = cw_node_key(map, i);
        const struct key *key = grammar_find(keys, cw_node_text(name));
        if (key && key->state == KEY_LATER)
            compile_later(c, name, key->name);
        if (!key)
            compile_unknown(c, name, "unknown-key", "key", words);
    }
}

const struct cw_node *compile_get(const struct compile *c, const char *key)
{
    const struct cw_node *own = cw_node_get(c->user, key);
    return own || !c->preset ? own : cw_node_get(c->preset, key);
}

struct cw_text compile_copy(struct compile *c, struct cw_text text)
{
    char *at = compile_take(c, text.len + 1);
    if (text.len)
        memcpy(at, text.at, text.len);
    return (struct cw_text){at, text.len};
}

void *compile_take(struct compile *c, size_t size)
{
    return xtake(c->source->arena, size);
}

bool compile_is_name(struct cw_text text)
{
    if (!text.len || text.len > 64 || text.at[0] < 'a' || text.at[0] > 'z')
        return false;
    return strspn(text.at, "abcdefghijklmnopqrstuvwxyz0123456789_") == text.len;
}

bool compile_is_token(struct cw_text text)
{
    return text.len && text.len <= 200 &&
           strspn(text.at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                           "!#$%&'*+-.^_`|~") == text.len;
}

/* ---- Name, path, methods, decode ---- */

static void compile_name(struct compile *c)
{
    static const char *const families[] = {"calendar", "git", "chat", "desktop", "alert", "timer"};
    struct cw_text name = cw_node_text(c->key);
    const struct cw_node *family = c->preset ? cw_node_get(c->preset, "family") : NULL;
    c->source->name = compile_copy(c, name).at;
    if (family)
        c->source->family = compile_copy(c, cw_node_text(family)).at;
    if (!compile_is_name(name))
        compile_fault(c, c->key, "bad-name", NULL, "names of sources are [a-z][a-z0-9_]*");
    if (cw_text_is(name, "timer"))
        compile_fault(c, c->key, "bad-name", NULL, "`timer` stands for what awork's timers do");
    if (cw_text_is(name, "clock"))
        compile_fault(c, c->key, "bad-name", NULL,
                      "`clock` stands for what time itself brings: schedules and absences");
    if (cw_text_is(name, "command"))
        compile_fault(c, c->key, "bad-name", NULL,
                      "`command` stands for what people do with clockwire's commands");
    for (size_t i = 0; c->source->family && i < sizeof families / sizeof families[0]; i++)
        if (cw_text_is(name, families[i]) && strcmp(families[i], c->source->family) != 0)
            compile_fault(c, c->key, "bad-name", NULL,
                          "`%s` is another family's name; preset `%s` is of the family `%s`",
                          families[i], c->preset_name, c->source->family);
}

/* The server refuses such a request, so that nobody would ever arrive there. */
static bool has_dot_segment(struct cw_text path)
{
    for (size_t i = 1, from = 1; i <= path.len; i++) {
        struct cw_text segment = {path.at + from, i - from};
        if (i < path.len && path.at[i] != '/')
            continue;
        if (cw_text_is(segment, ".") || cw_text_is(segment, ".."))
            return true;
        from = i + 1;
    }
    return false;
}

static void compile_path(struct compile *c)
{
    const struct cw_node *node = cw_node_get(c->user, "path");
    if (!node) {
        if (!compile_meant(c, "path"))
            compile_fault(c, c->key, "missing-key", NULL, "`path` is missing");
        return;
    }
    struct cw_text text = cw_node_text(node);
    c->source->path = compile_copy(c, text).at;
    if (!compile_is(c, node, CW_NODE_SCALAR, "a path"))
        return;
    if (!text.len || text.at[0] != '/')
        compile_fault(c, node, "bad-value", NULL, "a path begins with /");
    else if (memchr(text.at, '{', text.len))
        compile_later(c, node, "/{name}");
    else if (text.len > PATH_BYTES ||
             strspn(text.at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "/-._~!$&'()*+,;=:@") != text.len)
        compile_fault(c, node, "bad-value", NULL, "a path is of plain characters of URLs");
    else if (has_dot_segment(text))
        compile_fault(c, node, "bad-value", NULL, "a path has no `.` or `..` between slashes");
}

static void compile_methods(struct compile *c)
{
    const struct cw_node *node = compile_get(c, "methods");
    size_t n = 1, len = 0;
    if (node && !compile_is(c, node, CW_NODE_SEQ, "a list of methods"))
        node = NULL;
    if (node && (n = cw_node_count(node)) == 0)
        compile_fault(c, node, "bad-value", NULL, "a source takes one method at least");
    const char **methods = compile_take(c, (n + 1) * sizeof *methods);
    methods[0] = "POST";
    for (size_t i = 0; node && i < n; i++) {
        struct cw_text text = compile_copy(c, cw_node_text(cw_node_item(node, i)));
        methods[i] = text.at;
        if (!text.len || text.len > 20 || strspn(text.at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != text.len)
            compile_fault(c, cw_node_item(node, i), "bad-value", NULL, "not a method such as POST");
    }
    for (size_t i = 0; i < n; i++)
        len += strlen(methods[i]) + 2;
    char *allow = compile_take(c, len + 1);
    for (size_t i = 0, at = 0; i < n; i++)
        at += (size_t)snprintf(allow + at, len + 1 - at, "%s%s", i ? ", " : "", methods[i]);
    c->source->methods = methods;
    c->source->n_methods = n;
    c->source->allow = allow;
}

static void add_decoder(struct compile *c, const struct cw_node *node)
{
    static const char *const later[] = {"text", "cloudevents", "nested", NULL};
    struct cw_text text = cw_node_text(node);
    for (unsigned i = 0; grammar_decoders[i]; i++)
        if (cw_text_is(text, grammar_decoders[i])) {
            c->source->decoders |= 1U << i;
            return;
        }
    for (size_t i = 0; later[i]; i++)
        if (cw_text_is(text, later[i])) {
            compile_later(c, node, later[i]);
            return;
        }
    compile_unknown(c, node, "bad-value", "decoder", grammar_decoders);
}

_Static_assert(DECODE_JSON == 1 && DECODE_FORM == 2 && DECODE_FORM_PAYLOAD == 4 &&
                   DECODE_NDJSON == 8 && DECODE_NONE == 16 && DECODE_QUERY == 32,
               "add_decoder counts on this order");

static void compile_decode(struct compile *c)
{
    const struct cw_node *node = compile_get(c, "decode");
    if (!node) {
        c->source->decoders = DECODE_JSON | DECODE_FORM | DECODE_NDJSON;
        return;
    }
    bool seq = cw_node_kind(node) == CW_NODE_SEQ;
    for (size_t i = 0; i < (seq ? cw_node_count(node) : 1); i++)
        add_decoder(c, seq ? cw_node_item(node, i) : node);
}

/* "25 MiB"; only presets say it. */
static void compile_limit(struct compile *c)
{
    const struct cw_node *node = c->preset ? cw_node_get(c->preset, "limit") : NULL;
    char *end;
    if (!node)
        return;
    unsigned long number = strtoul(cw_node_text(node).at, &end, 10);
    if (number < 1 || number > 1024 || strcmp(end, " MiB") != 0)
        compile_fault(c, node, "bad-value", NULL, "a limit such as 25 MiB belongs here");
    else
        c->source->body_limit = number * 1024 * 1024;
}

/* ---- Presets ---- */

static char *read_preset_file(const char *folder, const char *name)
{
    char *auto_free path = xprintf("%s/%s.yaml", folder, name);
    FILE *f = fopen(path, "rbe");
    if (!f)
        return NULL;
    char *text = xcalloc(1, PRESET_BYTES + 1);
    size_t len = fread(text, 1, PRESET_BYTES, f);
    bool whole = !ferror(f) && len < PRESET_BYTES;
    fclose(f);
    if (whole)
        return text;
    free(text);
    return NULL;
}

static struct cw_doc *parse_preset(struct compile *c, const char *name, struct cw_text text)
{
    struct cw_doc *doc;
    char *auto_free file = xprintf("preset %s", name);
    cw_diags_file(c->deps->diags, file, text);
    if (cw_doc_parse(file, text, NULL, c->deps->diags, &doc)) {
        c->failed = true;
        return NULL;
    }
    return doc;
}

static void unknown_preset(struct compile *c, const struct cw_node *node)
{
    static const char *const words[] = {
        "github",     "gitlab",     "gitea", "calcom", "google_calendar", "microsoft_graph",
        "mattermost", "rocketchat", "slack", "zoom",   "awork",           "standard_webhooks",
        "generic",    NULL};
    for (size_t i = 0; words[i]; i++)
        if (cw_text_is(cw_node_text(node), words[i])) {
            compile_later(c, node, words[i]);
            return;
        }
    compile_unknown(c, node, "bad-value", "preset", words);
}

/* Returns: the document that c->preset is the root of, or NULL. */
static struct cw_doc *find_preset(struct compile *c)
{
    const struct cw_node *node = cw_node_get(c->user, "preset");
    if (!node || !compile_is(c, node, CW_NODE_SCALAR, "the name of a preset"))
        return NULL;
    struct cw_text name = compile_copy(c, cw_node_text(node)), text = {NULL, 0};
    char *auto_free file = NULL;
    if (compile_is_name(name) && c->deps->preset_folder)
        file = read_preset_file(c->deps->preset_folder, name.at);
    if (file)
        text = cw_text_of(file);
    for (const struct preset *p = presets; p->name && !file; p++)
        if (cw_text_is(name, p->name))
            text = (struct cw_text){p->text, p->len};
    if (!text.at) {
        unknown_preset(c, node);
        return NULL;
    }
    struct cw_doc *doc = parse_preset(c, name.at, text);
    if (doc && compile_is(c, cw_doc_root(doc), CW_NODE_MAP, "a mapping"))
        c->preset = cw_doc_root(doc);
    c->preset_name = name.at;
    return doc;
}

/* A preset has some keys of its own, and lacks others. */
static void check_preset_keys(struct compile *c)
{
    static const char *const more[] = {"family",        "limit",       "send", "entry",
                                       "types_are_all", "known_types", NULL};
    static const char *const less[] = {"path", "preset", NULL};
    const char *words[GRAMMAR_WORDS];
    size_t n = grammar_words(grammar_source, words);
    for (size_t i = 0; i < count(more); i++)
        words[n++] = more[i];
    words[n] = NULL;
    for (size_t i = 0; i < cw_node_count(c->preset); i++) {
        const struct cw_node *key = cw_node_key(c->preset, i);
        if (!is_one_of(cw_node_text(key), words) || is_one_of(cw_node_text(key), less))
            compile_unknown(c, key, "unknown-key", "key", words);
    }
}

static void check_keys(struct compile *c)
{
    compile_keys(c, c->user, grammar_source);
    if (c->preset)
        check_preset_keys(c);
}

enum cw_status source_compile(const struct cw_node *key, const struct cw_node *map,
                              const struct source_deps *deps, struct source **out)
{
    struct cw_arena *arena = xarena(ARENA_BYTES);
    struct compile c = {.deps = deps, .source = xtake(arena, sizeof *c.source), .key = key};
    c.source->arena = arena;
    c.user = map;
    struct cw_doc *doc = NULL;
    if (compile_is(&c, map, CW_NODE_MAP, "a mapping with path, verify and so on")) {
        doc = find_preset(&c);
        check_keys(&c);
        compile_name(&c);
        compile_path(&c);
        compile_methods(&c);
        compile_decode(&c);
        compile_limit(&c);
        compile_verify(&c);
        if (!cw_node_get(map, "preset") || c.preset)
            compile_events(&c);
        compile_answers(&c);
    }
    cw_doc_destroy(doc);
    if (c.failed) {
        source_destroy(c.source);
        return CW_EINVAL;
    }
    *out = c.source;
    return CW_OK;
}
