/* compile_extract: templates and what is taken out of a delivery with them.
 *
 * A thing to extract is a template, a list of templates (the first that is present), or
 *   { first: [...], map: { WORD: word } }   the first, translated
 *   { all: [...] }                          one list of all that are present
 * and a template may be { take: "${body.ref}", after: refs/heads/ }, the rest of a text that begins
 * so; { take: ..., as: WORD }, this word for whatever is found (of a type, what is found stays the
 * provider's own word); { when: TEMPLATE, take: ... }, only where the first is there. */
#include "compile.h"

#include "../xalloc.h"

#include <string.h>
#include <strings.h>

void compile_fault_in(struct compile *c, const struct cw_node *node, const char *code,
                      const struct cw_error *err)
{
    struct cw_place place = cw_node_place(node);
    struct cw_text text = cw_node_text(node);
    bool one_line = !text.len || !memchr(text.at, '\n', text.len);
    if (err->at >= 0 && (size_t)err->at <= text.len && one_line) {
        for (size_t i = 0; i < (size_t)err->at; i++)
            place.column += ((unsigned char)text.at[i] & 0xC0) != 0x80;
        place.column += !cw_node_is_plain(node);
        place.width = 1;
    }
    c->failed = true;
    cw_diags_add(c->deps->diags, CW_ERROR, code, place, NULL, "%s", err->text);
}

static const char *const *words_of(enum roots roots)
{
    static const char *const delivery[] = {"body", "header", "query", "form",
                                           "item", "source", NULL};
    static const char *const content[] = {"body", "header", "query", "form", "sig", NULL};
    static const char *const event[] = {"event", "body", "header", "query",
                                        "form",  "item", "source", NULL};
    static const char *const reply[] = {"reply", NULL};
    return roots == ROOTS_DELIVERY ? delivery
           : roots == ROOTS_SIGNED ? content
           : roots == ROOTS_EVENT  ? event
                                   : reply;
}

static bool check_root(struct compile *c, const struct cw_node *node, struct cw_path path,
                       enum roots roots)
{
    const char *const *words = words_of(roots);
    size_t n = 0;
    for (; words[n]; n++)
        if (path.steps[0].kind == CW_STEP_NAME && cw_text_is(path.steps[0].name, words[n]))
            return true;
    struct cw_text name = path.steps[0].name;
    compile_fault(c, node, "bad-template", cw_nearest(name, words, n), "`%.*s` cannot be read here",
                  (int)(name.len > 40 ? 40 : name.len), name.at);
    return false;
}

bool compile_roots(struct compile *c, const struct cw_node *node, const struct cw_template *tpl,
                   enum roots roots)
{
    bool good = true;
    for (size_t i = 0; i < cw_template_count(tpl); i++)
        good = check_root(c, node, cw_template_path(tpl, i), roots) && good;
    return good;
}

const struct cw_template *compile_template(struct compile *c, const struct cw_node *node,
                                           enum roots roots)
{
    const struct cw_template *tpl;
    struct cw_error err;
    if (!compile_is(c, node, CW_NODE_SCALAR, "a template"))
        return NULL;
    struct cw_text text = compile_copy(c, cw_node_text(node));
    if (cw_template_parse(text, c->source->arena, &tpl, &err)) {
        compile_fault_in(c, node, "bad-template", &err);
        return NULL;
    }
    return compile_roots(c, node, tpl, roots) ? tpl : NULL;
}

static void compile_pick(struct compile *c, const struct cw_node *node, struct pick *out)
{
    if (cw_node_kind(node) != CW_NODE_MAP) {
        out->tpl = compile_template(c, node, ROOTS_DELIVERY);
        return;
    }
    compile_keys(c, node, grammar_pick);
    const struct cw_node *take = cw_node_get(node, "take"), *after = cw_node_get(node, "after"),
                         *as = cw_node_get(node, "as"), *when = cw_node_get(node, "when");
    if (!take)
        compile_fault(c, node, "missing-key", NULL, "`take` is missing");
    else
        out->tpl = compile_template(c, take, ROOTS_DELIVERY);
    if (after && compile_is(c, after, CW_NODE_SCALAR, "a text"))
        out->after = compile_copy(c, cw_node_text(after));
    if (as && compile_is(c, as, CW_NODE_SCALAR, "a word"))
        out->as = compile_copy(c, cw_node_text(as));
    if (when)
        out->when = compile_template(c, when, ROOTS_DELIVERY);
}

static void compile_choice(struct compile *c, const struct cw_node *node, struct choice *out)
{
    bool seq = cw_node_kind(node) == CW_NODE_SEQ;
    size_t n = seq ? cw_node_count(node) : 1;
    struct pick *picks = compile_take(c, n * sizeof *picks);
    for (size_t i = 0; i < n; i++)
        compile_pick(c, seq ? cw_node_item(node, i) : node, &picks[i]);
    if (!n)
        compile_fault(c, node, "bad-value", NULL, "an empty list");
    *out = (struct choice){picks, n};
}

static void compile_map(struct compile *c, const struct cw_node *node, struct extract *out)
{
    if (!compile_is(c, node, CW_NODE_MAP, "a mapping of words"))
        return;
    size_t n = cw_node_count(node);
    struct mapping *map = compile_take(c, n * sizeof *map);
    for (size_t i = 0; i < n; i++) {
        const struct cw_node *to = cw_node_value(node, i);
        if (!compile_is(c, to, CW_NODE_SCALAR, "a word"))
            return;
        map[i].from = compile_copy(c, cw_node_text(cw_node_key(node, i)));
        map[i].to = cw_value_string(compile_copy(c, cw_node_text(to)));
    }
    out->map = map;
    out->n_map = n;
}

static void compile_all(struct compile *c, const struct cw_node *node, struct extract *out)
{
    if (!compile_is(c, node, CW_NODE_SEQ, "a list"))
        return;
    size_t n = cw_node_count(node);
    if (n > 32)
        compile_fault(c, node, "too-large", NULL, "more than 32 templates");
    struct choice *choices = compile_take(c, n * sizeof *choices);
    for (size_t i = 0; i < n; i++)
        compile_choice(c, cw_node_item(node, i), &choices[i]);
    *out = (struct extract){.choices = choices, .n = n, .all = true};
}

void compile_extract(struct compile *c, const struct cw_node *node, struct extract *out)
{
    bool map = cw_node_kind(node) == CW_NODE_MAP;
    const struct cw_node *first = node, *all = NULL, *with = NULL;
    if (map && !cw_node_get(node, "take")) {
        compile_keys(c, node, cw_node_get(node, "all") ? grammar_all : grammar_first);
        first = cw_node_get(node, "first");
        all = cw_node_get(node, "all");
        with = cw_node_get(node, "map");
        if (!first == !all || (all && with))
            compile_fault(c, node, "missing-key", NULL,
                          "either `first` (perhaps with `map`) or `all` belongs here");
    }
    if (all) {
        compile_all(c, all, out);
        return;
    }
    if (!first)
        return;
    struct choice *choice = compile_take(c, sizeof *choice);
    compile_choice(c, first, choice);
    *out = (struct extract){.choices = choice, .n = 1};
    if (with)
        compile_map(c, with, out);
}

/* ---- fields, types, headers ---- */

/* Both maps, the user's entries before those of the preset that it does not name. */
static size_t merged(const struct compile *c, const char *key, const struct cw_node **keys,
                     const struct cw_node **values, size_t room)
{
    const struct cw_node *maps[] = {cw_node_get(c->user, key),
                                    c->preset ? cw_node_get(c->preset, key) : NULL};
    size_t n = 0;
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; maps[m] && i < cw_node_count(maps[m]); i++) {
            const char *name = cw_node_text(cw_node_key(maps[m], i)).at;
            if (m && maps[0] && cw_node_get(maps[0], name))
                continue;
            if (n < room) {
                keys[n] = cw_node_key(maps[m], i);
                values[n] = cw_node_value(maps[m], i);
            }
            n++;
        }
    return n;
}

enum { ENTRIES = 200 };

static size_t entries_of(struct compile *c, const char *key, const struct cw_node **keys,
                         const struct cw_node **values)
{
    const struct cw_node *own = cw_node_get(c->user, key);
    if (own && !compile_is(c, own, CW_NODE_MAP, "a mapping"))
        return 0;
    size_t n = merged(c, key, keys, values, ENTRIES);
    if (n <= ENTRIES)
        return n;
    compile_fault(c, own ? own : c->key, "too-large", NULL, "`%s` has more than %d entries", key,
                  ENTRIES);
    return 0;
}

static void compile_fields(struct compile *c)
{
    const struct cw_node *keys[ENTRIES], *values[ENTRIES];
    size_t n = entries_of(c, "fields", keys, values);
    struct named_extract *fields = compile_take(c, n * sizeof *fields);
    for (size_t i = 0; i < n; i++) {
        if (!compile_is_name(cw_node_text(keys[i])))
            compile_fault(c, keys[i], "bad-name", NULL, "names of fields are [a-z][a-z0-9_]*");
        fields[i].name = compile_copy(c, cw_node_text(keys[i]));
        compile_extract(c, values[i], &fields[i].extract);
    }
    c->source->fields = fields;
    c->source->n_fields = n;
}

/* With types_are_all in the preset, and the preset's own type, nothing else ever comes. */
static void list_types(struct compile *c, const struct mapping *map, size_t n)
{
    if (!c->preset || !cw_node_get(c->preset, "types_are_all") || cw_node_get(c->user, "type"))
        return;
    const char **types = compile_take(c, (n + 1) * sizeof *types);
    size_t put = 0;
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t j = 0; j < put; j++)
            known = known || strcmp(types[j], map[i].to.text.at) == 0;
        if (!known)
            types[put++] = map[i].to.text.at;
    }
    c->source->types = types;
}

/* `known_types` of a preset: EVENT: [ACTION, ...] is EVENT_ACTION, EVENT alone is EVENT, and EVENT:
 * any stands for all that begin so. What the map makes of other words is known, too. */
static size_t put_known(struct compile *c, const struct cw_node *map, const char **known)
{
    size_t n = 0;
    for (size_t i = 0; i < cw_node_count(map); i++) {
        const struct cw_node *value = cw_node_value(map, i);
        const char *event = cw_node_text(cw_node_key(map, i)).at;
        bool any = cw_text_is(cw_node_text(value), "any");
        size_t actions = cw_node_kind(value) == CW_NODE_SEQ ? cw_node_count(value) : 1;
        for (size_t k = 0; k < actions; k++, n++) {
            bool list = cw_node_kind(value) == CW_NODE_SEQ;
            const char *action = list ? cw_node_text(cw_node_item(value, k)).at : any ? "*" : "";
            auto_free char *type = xprintf("%s%s%s", event, *action ? "_" : "", action);
            if (known)
                known[n] = compile_copy(c, cw_text_of(type)).at;
        }
    }
    return n;
}

static void list_known(struct compile *c, const struct mapping *map, size_t n)
{
    const struct cw_node *node = c->preset ? cw_node_get(c->preset, "known_types") : NULL;
    if (!node || cw_node_get(c->user, "type") || !compile_is(c, node, CW_NODE_MAP, "a mapping"))
        return;
    size_t events = put_known(c, node, NULL);
    const char **known = compile_take(c, (events + n + 1) * sizeof *known);
    put_known(c, node, known);
    for (size_t i = 0; i < n; i++)
        known[events + i] = map[i].to.text.at;
    c->source->known = known;
}

static void compile_types(struct compile *c)
{
    const struct cw_node *keys[ENTRIES], *values[ENTRIES];
    size_t n = entries_of(c, "types", keys, values);
    struct mapping *map = compile_take(c, n * sizeof *map);
    for (size_t i = 0; i < n; i++) {
        if (!compile_is(c, values[i], CW_NODE_SCALAR, "a type"))
            return;
        if (!compile_is_name(cw_node_text(values[i])))
            compile_fault(c, values[i], "bad-name", NULL, "types are [a-z][a-z0-9_]*");
        map[i].from = compile_copy(c, cw_node_text(keys[i]));
        map[i].to = cw_value_string(compile_copy(c, cw_node_text(values[i])));
    }
    c->source->type_map = map;
    c->source->n_type_map = n;
    list_types(c, map, n);
    list_known(c, map, n);
}

static void compile_headers(struct compile *c)
{
    static const char *const secret[] = {"authorization", "cookie", "proxy-authorization"};
    const struct cw_node *node = compile_get(c, "headers");
    if (!node || !compile_is(c, node, CW_NODE_SEQ, "a list of headers"))
        return;
    size_t n = cw_node_count(node);
    struct cw_text *names = compile_take(c, n * sizeof *names);
    for (size_t i = 0; i < n; i++) {
        const struct cw_node *item = cw_node_item(node, i);
        names[i] = compile_copy(c, cw_node_text(item));
        bool hidden = !compile_is_token(names[i]);
        for (size_t j = 0; j < sizeof secret / sizeof secret[0]; j++)
            hidden = hidden || strcasecmp(names[i].at, secret[j]) == 0;
        if (hidden)
            compile_fault(c, item, "bad-value", NULL, "not a header that rules may see");
    }
    c->source->headers = names;
    c->source->n_headers = n;
}

static void compile_batch(struct compile *c)
{
    const struct cw_node *node = compile_get(c, "batch");
    struct cw_error err;
    struct cw_path path;
    if (!node || !compile_is(c, node, CW_NODE_SCALAR, "the path of a list"))
        return;
    struct cw_text text = compile_copy(c, cw_node_text(node));
    if (cw_path_parse(text, c->source->arena, &path, &err)) {
        compile_fault_in(c, node, "bad-path", &err);
        return;
    }
    bool from_body = path.steps[0].kind == CW_STEP_NAME && cw_text_is(path.steps[0].name, "body");
    c->source->batch = from_body ? cw_path_skip(path, 1) : path;
    c->source->has_batch = true;
}

static void compile_dedupe(struct compile *c)
{
    const struct cw_node *node = compile_get(c, "dedupe");
    int64_t within_ms; /* keys are kept as long as the journal keeps its events */
    struct cw_error err;
    if (!node || !compile_is(c, node, CW_NODE_MAP, "{ key, within }"))
        return;
    compile_keys(c, node, grammar_dedupe);
    const struct cw_node *key = cw_node_get(node, "key"), *within = cw_node_get(node, "within");
    if (!key)
        compile_fault(c, node, "missing-key", NULL, "`key` is missing");
    else
        c->source->dedupe = compile_template(c, key, ROOTS_EVENT);
    if (within && cw_duration_parse(cw_node_text(within), &within_ms, &err))
        compile_fault(c, within, "bad-duration", NULL, "%s", err.text);
}

void compile_events(struct compile *c)
{
    const struct cw_node *type = compile_get(c, "type"), *id = compile_get(c, "id"),
                         *user = compile_get(c, "user");
    if (type)
        compile_extract(c, type, &c->source->type);
    else
        compile_fault(c, c->key, "missing-key", NULL,
                      "`type` is missing: without a preset the file says what names the event");
    if (id)
        compile_extract(c, id, &c->source->id);
    if (user)
        compile_extract(c, user, &c->source->user);
    if (c->preset && cw_node_get(c->preset, "entry"))
        compile_extract(c, cw_node_get(c->preset, "entry"), &c->source->entry);
    compile_fields(c);
    compile_types(c);
    compile_headers(c);
    compile_batch(c);
    compile_dedupe(c);
}
