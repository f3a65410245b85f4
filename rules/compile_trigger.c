/* compile_trigger: `when` and `unless`: an event's name, a list of triggers, an event with a
 * filter, or one of the triggers of compile_every and compile_listen. */
#include <string.h>

#include "compile.h"

static const char *const timer_types[] = {"started", "stopped", "paused", "resumed", NULL};
const struct cw_source_spec cw_timers = {.name = "timer", .family = "timer", .types = timer_types};

/* The sources of the catalogue, and behind them the timers; NULL ends it. */
static const struct cw_source_spec *source_at(const struct cwr_compiler *c, size_t i)
{
    const size_t n = c->catalogue->n_sources;
    return i < n ? &c->catalogue->sources[i] : i == n ? &cw_timers : NULL;
}

static bool is_named(const struct cw_source_spec *spec, struct cw_text name)
{
    return cw_text_is(name, spec->name) || (spec->family && cw_text_is(name, spec->family));
}

/* Words may end in a star. */
static bool is_among(struct cw_text type, const char *const *words)
{
    for (; *words; words++) {
        size_t len = strlen(*words);
        bool star = len && (*words)[len - 1] == '*';
        if (star ? type.len >= len && memcmp(type.at, *words, len - 1) == 0
                 : cw_text_is(type, *words))
            return true;
    }
    return false;
}

static bool sends(const struct cw_source_spec *source, struct cw_text type)
{
    return !source->types || is_among(type, source->types);
}

/* Whether it is known to send the type, or nobody knows what it sends. */
static bool may_send(const struct cw_source_spec *source, struct cw_text type)
{
    return source->types || !source->known ? sends(source, type) : is_among(type, source->known);
}

static void unknown_source(struct cwr_compiler *c, struct cw_place place, struct cw_text name)
{
    const char *words[64];
    const struct cw_source_spec *spec;
    size_t n = 0;
    for (size_t i = 0; (spec = source_at(c, i)) && n + 2 <= 64; i++) {
        words[n++] = spec->name;
        if (spec->family)
            words[n++] = spec->family;
    }
    const char *hint = cw_text_is(name, "clock")
                           ? "write `{ every: mon-fri 20:00 }` or `{ absent: x.y, for: 1 hour }`"
                           : cwr_did_you_mean(c, name, words, n);
    cwr_fault_at(c, place, "unknown-source", hint, "no source is named `%.*s` or of such a family",
                 (int)(name.len > 60 ? 60 : name.len), name.at);
}

enum { MOST_TYPES = 512 };

static const char *mean_type(struct cwr_compiler *c, struct cw_text source, struct cw_text type)
{
    const char *words[MOST_TYPES];
    const struct cw_source_spec *spec;
    size_t n = 0;
    for (size_t i = 0; (spec = source_at(c, i)); i++) {
        const char *const *t = spec->types ? spec->types : spec->known;
        for (; is_named(spec, source) && t && *t; t++)
            if (n < MOST_TYPES)
                words[n++] = *t;
    }
    const char *near = cwr_did_you_mean(c, type, words, n);
    return near || !cw_text_is(source, cw_timers.name)
               ? near
               : "its events are started, stopped, paused and resumed; what a timer does now is "
                 "asked under `if`";
}

static void unknown_type(struct cwr_compiler *c, struct cw_place place, struct cw_text source,
                         struct cw_text type, bool surely)
{
    cw_diags_add(c->diags, surely ? CW_ERROR : CW_WARNING,
                 surely ? "unknown-type" : "unlikely-type", place, mean_type(c, source, type),
                 surely ? "`%.*s` sends no event `%.*s`"
                        : "`%.*s` is not known to send an event `%.*s`; if it does, `types` of the "
                          "source may name it",
                 (int)(source.len > 60 ? 60 : source.len), source.at,
                 (int)(type.len > 60 ? 60 : type.len), type.at);
}

/* Returns: whether there was nothing to say, so that the same event needs no second look. */
static bool check_event(struct cwr_compiler *c, const struct cw_node *node, struct cw_text source,
                        struct cw_text type)
{
    const struct cw_source_spec *spec;
    bool known = false, sent = !type.len, likely = sent;
    for (size_t i = 0; (spec = source_at(c, i)); i++) {
        if (!is_named(spec, source))
            continue;
        known = true;
        sent |= sends(spec, type);
        likely |= may_send(spec, type);
    }
    if (!known)
        unknown_source(c, cwr_place_in(node, 0, source.len), source);
    else if (!sent || !likely)
        unknown_type(c, cwr_place_in(node, source.len + 1, type.len), source, type, !sent);
    return known && sent && likely;
}

static void check_once(struct cwr_compiler *c, const struct cw_node *node, struct cw_text source,
                       struct cw_text type)
{
    struct cw_text text = cw_node_text(node);
    if (cwr_map_get(&c->good_events, text) != CWR_NOWHERE || !check_event(c, node, source, type))
        return;
    text.at = cw_arena_copy(c->scratch, text);
    c->no_memory |= !text.at || cwr_map_put(&c->good_events, text, 0);
}

static bool compile_event(struct cwr_compiler *c, const struct cw_node *node,
                          struct cwr_trigger *out)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "an event", &text))
        return false;
    const char *dot = memchr(text.at, '.', text.len);
    size_t len = dot ? (size_t)(dot - text.at) : text.len;
    struct cw_text source = {text.at, len}, type = {text.at + len, 0};
    if (dot)
        type = (struct cw_text){dot + 1, text.len - len - 1};
    if (!dot || !cwr_is_word(source) || !(cwr_is_word(type) || cw_text_is(type, "*"))) {
        cwr_fault(c, node, "bad-value", NULL,
                  "an event is written source.type or source.*, in small letters");
        return false;
    }
    if (cw_text_is(type, "*"))
        type.len = 0;
    check_once(c, node, source, type);
    const char *copy = cwr_keep(c, text);
    if (!copy)
        return false;
    out->source = (struct cw_text){copy, source.len};
    out->type = (struct cw_text){copy + source.len + 1, type.len};
    out->place = cwr_keep_place(c, cw_node_place(node));
    return true;
}

/* What `if` asks and a trigger cannot: `timer`, state.x and their like. */
static bool is_condition(struct cw_text key)
{
    static const char *const roots[] = {"timer.", "state.", "user.", "source.", "match."};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (key.len > strlen(roots[i]) && memcmp(key.at, roots[i], strlen(roots[i])) == 0)
            return true;
    for (size_t i = 0; i < cwr_condition_keys.n; i++)
        if (cw_text_is(key, cwr_condition_keys.at[i].name))
            return true;
    return false;
}

static void bad_filter_key(struct cwr_compiler *c, const struct cw_node *key)
{
    struct cw_text text = cw_node_text(key);
    const char *hint = cwr_mean_key(c, text, &cwr_event_keys);
    if (is_condition(text))
        hint = "a trigger asks of its event only: ask this under `if`";
    cwr_fault(c, key, "unknown-key", hint ? hint : cwr_mean_event(c, text),
              "a trigger has `event` and matchers of event paths, not `%.*s`",
              (int)(text.len > 60 ? 60 : text.len), text.at);
}

/* { event: github.push, event.ref: main } */
static bool compile_filter(struct cwr_compiler *c, const struct cw_node *map,
                           struct cwr_trigger *out)
{
    size_t n = cw_node_count(map);
    struct cwr_condition *items = cwr_take(c, n * sizeof *items), *all = cwr_take(c, sizeof *all);
    bool good = items && all;
    size_t used = 0;
    for (size_t i = 0; good && i < n; i++) {
        const struct cw_node *key = cw_node_key(map, i);
        struct cw_text text = cw_node_text(key);
        struct cwr_ref ref;
        if (cw_text_is(text, "event"))
            continue;
        bool path = text.len > 6 && memcmp(text.at, "event", 5) == 0 &&
                    (text.at[5] == '.' || text.at[5] == '[');
        if (!path) {
            bad_filter_key(c, key);
            continue;
        }
        if (cwr_compile_key(c, key, &ref) &&
            cwr_compile_matcher(c, &ref, cw_node_value(map, i), &items[used]))
            used++;
    }
    if (!good || !used)
        return good;
    *all = (struct cwr_condition){.kind = CWR_ALL, .place = out->place, .items = items, .n = used};
    out->filter = all;
    return true;
}

static const struct {
    const char *name;
    bool (*compile)(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out);
} kinds[] = {{"every", cwr_compile_every},
             {"all", cwr_compile_all},
             {"absent", cwr_compile_absent},
             {"count", cwr_compile_count}};

/* `unless`, and a trigger that hears several events, take events alone. */
static bool refuse_inner(struct cwr_compiler *c, const struct cw_node *map, const char *name)
{
    const char *outer = c->at.events_of;
    bool unless = strcmp(outer, "unless") == 0;
    size_t i = 0;
    while (!cw_text_is(cw_node_text(cw_node_key(map, i)), name))
        i++;
    cwr_fault(c, cw_node_key(map, i), "bad-value",
              unless ? "`unless` ends what is pending when an event comes: name that event"
                     : "an event, or { event: x.y, event.z: ... }; `when` itself may list triggers",
              "`%s` takes events, not `%s`", outer, name);
    return false;
}

/* A first key that is nearly one that says what kind of trigger it is. */
static void needs_event(struct cwr_compiler *c, const struct cw_node *map)
{
    static const char *const words[] = {"event", "every", "all", "absent", "count"};
    const char *hint = NULL;
    for (size_t i = 0; !hint && i < cw_node_count(map); i++)
        hint = cwr_did_you_mean(c, cw_node_text(cw_node_key(map, i)), words,
                                sizeof words / sizeof *words);
    cwr_fault(c, map, "missing-key", hint ? hint : "or `every`, `all`, `absent`, `count`",
              "a trigger with a filter needs `event`");
}

static bool compile_map(struct cwr_compiler *c, const struct cw_node *map, struct cwr_trigger *out)
{
    const struct cw_node *event = cw_node_get(map, "event");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!cw_node_get(map, kinds[i].name))
            continue;
        return c->at.events_of ? refuse_inner(c, map, kinds[i].name)
                               : kinds[i].compile(c, map, out);
    }
    if (!event) {
        needs_event(c, map);
        return false;
    }
    bool good = compile_event(c, event, out);
    return compile_filter(c, map, out) && good;
}

struct list {
    struct cwr_trigger *items;
    size_t n;
};

static void add_triggers(struct cwr_compiler *c, const struct cw_node *node, struct list *list)
{
    struct cwr_trigger made = {0};
    if (cw_node_kind(node) == CW_NODE_SEQ) {
        if (!cw_node_count(node))
            cwr_fault(c, node, "bad-value", NULL, "this list of triggers is empty");
        for (size_t i = 0; i < cw_node_count(node) && !c->no_memory; i++)
            add_triggers(c, cw_node_item(node, i), list);
        return;
    }
    bool good = cw_node_kind(node) == CW_NODE_MAP ? compile_map(c, node, &made)
                                                  : compile_event(c, node, &made);
    if (!good)
        return;
    list->items = cwr_grow(c, c->passing, list->items, list->n, sizeof *list->items);
    if (list->items)
        list->items[list->n++] = made;
}

void cwr_compile_triggers(struct cwr_compiler *c, const struct cw_node *node,
                          struct cwr_triggers *out)
{
    struct list list = {NULL, 0};
    add_triggers(c, node, &list);
    struct cwr_trigger *items = cwr_take(c, list.n * sizeof *items);
    if (!items || !list.n)
        return;
    memcpy(items, list.items, list.n * sizeof *items);
    *out = (struct cwr_triggers){items, list.n};
}

bool cwr_names_somebody(struct cwr_compiler *c, const struct cwr_trigger *trigger)
{
    const struct cw_source_spec *spec;
    for (size_t i = 0; (spec = source_at(c, i)); i++)
        if (is_named(spec, trigger->source) && !spec->nameless &&
            (!trigger->type.len || sends(spec, trigger->type)))
            return true;
    return false;
}
