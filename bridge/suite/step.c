/* One step of a test: when, what comes, what is expected. */
#include "clock.h"
#include "suite/priv.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 256 };

/* ---- When ---- */

/* A test that names no moment begins on a Monday morning. */
static const int64_t default_begin_ms = INT64_C(1767603600000); /* 2026-01-05T09:00:00Z */

static void read_when(struct suite_reader *r, const struct cw_node *map, struct suite_step *out)
{
    const struct cw_node *at = cw_node_get(map, "at"), *after = cw_node_get(map, "after");
    struct cw_error err;
    int64_t ms = 0;
    if (at && after)
        suite_fault(r, cw_node_place(after), "bad-value", NULL,
                    "a step has `at` or `after`, not both");
    out->at_ms = r->has_time ? r->now_ms : default_begin_ms;
    if (at && suite_read_moment(r, at, &ms)) {
        if (r->has_time && ms < r->now_ms)
            suite_fault(r, cw_node_place(at), "bad-value", NULL,
                        "this is before the step before it");
        else
            out->at_ms = ms;
    } else if (after && cw_duration_parse(cw_node_text(after), &ms, &err)) {
        suite_fault(r, cw_node_place(after), "bad-duration", NULL, "%s", err.text);
    } else if (after) {
        out->at_ms += ms;
    }
    r->now_ms = out->at_ms;
    r->has_time = true;
}

/* ---- What comes ---- */

/* The sources of the catalogue, and behind them the people's timers; NULL ends it. */
static const struct cw_source_spec *source_at(const struct suite_reader *r, size_t i)
{
    const size_t n = r->catalogue->n_sources;
    return i < n ? &r->catalogue->sources[i] : i == n ? &cw_timers : NULL;
}

static bool named(const struct cw_source_spec *spec, struct cw_text name)
{
    return cw_text_is(name, spec->name) || (spec->family && cw_text_is(name, spec->family));
}

static bool sends(const char *const *types, struct cw_text type)
{
    if (!types)
        return true;
    while (*types && !cw_text_is(type, *types))
        types++;
    return *types != NULL;
}

static void unknown_source(struct suite_reader *r, const struct cw_node *node, struct cw_text name)
{
    const char *words[MAX_WORDS];
    const struct cw_source_spec *spec;
    size_t n = 0;
    for (size_t i = 0; (spec = source_at(r, i)) && n + 2 <= MAX_WORDS; i++) {
        words[n++] = spec->name;
        if (spec->family)
            words[n++] = spec->family;
    }
    suite_unknown(r, cw_node_place(node), "unknown-source", name, words, n,
                  "no source has the name or family");
}

static void unknown_type(struct suite_reader *r, const struct cw_node *node, struct cw_text source,
                         struct cw_text type)
{
    const char *words[MAX_WORDS];
    const struct cw_source_spec *spec;
    size_t n = 0;
    for (size_t i = 0; (spec = source_at(r, i)); i++)
        for (const char *const *t = named(spec, source) ? spec->types : NULL; t && *t; t++)
            if (n < MAX_WORDS)
                words[n++] = *t;
    auto_free char *what =
        xprintf("`%.*s` sends no event", (int)(source.len > 60 ? 60 : source.len), source.at);
    suite_unknown(r, cw_node_place(node), "unknown-type", type, words, n, what);
}

/* The source that sends it: one of that name before one of that family. */
static const struct cw_source_spec *find_source(const struct suite_reader *r, struct cw_text name,
                                                struct cw_text type, bool *known)
{
    const struct cw_source_spec *found = NULL, *spec;
    for (size_t i = 0; (spec = source_at(r, i)); i++) {
        if (!named(spec, name))
            continue;
        *known = true;
        if (sends(spec->types, type) && (!found || cw_text_is(name, spec->name)))
            found = spec;
    }
    return found;
}

static void read_event(struct suite_reader *r, const struct cw_node *node, struct suite_step *out)
{
    struct cw_text text = cw_node_text(node), name = text, type;
    const char *dot = text.len ? memchr(text.at, '.', text.len) : NULL;
    bool known = false;
    if (dot && strcmp(dot, ".*") == 0) {
        suite_fault(r, cw_node_place(node), "bad-value", "name one event that comes",
                    "`*` stands for any event in rules; in a test one of them comes");
        return;
    }
    if (cw_node_kind(node) != CW_NODE_SCALAR || !dot || !dot[1]) {
        suite_fault(r, cw_node_place(node), "bad-value", NULL,
                    "an event is written source.type, such as calendar.meeting_ended");
        return;
    }
    name.len = (size_t)(dot - text.at);
    type = (struct cw_text){dot + 1, text.len - name.len - 1};
    const struct cw_source_spec *source = find_source(r, name, type, &known);
    if (!known)
        unknown_source(r, node, name);
    else if (!source)
        unknown_type(r, node, name, type);
    if (!source)
        return;
    out->source = suite_keep(r, cw_text_of(source->name));
    out->family = suite_keep(r, cw_text_of(source->family));
    out->type = suite_keep(r, type);
}

static void read_restart(struct suite_reader *r, const struct cw_node *node, struct suite_step *out)
{
    struct cw_text text = cw_node_is_plain(node) ? cw_node_text(node) : CW_TEXT("");
    out->restart = cw_text_is(text, "true");
    if (!out->restart && !cw_text_is(text, "false"))
        suite_fault(r, cw_node_place(node), "bad-value", NULL, "`restart` is true or false");
}

/* ---- What is expected ---- */

static const struct cw_action_spec *find_action(struct suite_reader *r, const struct cw_node *node)
{
    const char *words[MAX_WORDS];
    size_t n = 0;
    for (size_t i = 0; i < r->catalogue->n_actions && n < MAX_WORDS; i++) {
        if (r->catalogue->actions[i].later)
            continue;
        if (cw_text_is(cw_node_text(node), r->catalogue->actions[i].name))
            return &r->catalogue->actions[i];
        words[n++] = r->catalogue->actions[i].name;
    }
    words[n++] = "nothing";
    suite_unknown(r, cw_node_place(node), "unknown-action", cw_node_text(node), words, n,
                  "there is no action");
    return NULL;
}

/* *kind is that of an argument which the action has. */
static bool knows_arg(struct suite_reader *r, const struct cw_action_spec *spec,
                      const struct cw_node *key, enum cw_arg_kind *kind)
{
    const char *words[MAX_WORDS];
    size_t n = 0;
    for (const struct cw_arg_spec *a = spec->args; a && a->name && n < MAX_WORDS; a++) {
        if (a->later)
            continue;
        *kind = a->kind;
        if (cw_text_is(cw_node_text(key), a->name))
            return true;
        words[n++] = a->name;
    }
    *kind = CW_ARG_TEXT;
    if (spec->sets)
        return true;
    auto_free char *what = xprintf("`%s` has no argument", spec->name);
    suite_unknown(r, cw_node_place(key), "unknown-argument", cw_node_text(key), words, n, what);
    return false;
}

/* A moment is compared as the journal writes it. */
static const char *read_value(struct suite_reader *r, const struct cw_node *value,
                              enum cw_arg_kind kind)
{
    char text[CLOCK_TEXT];
    int64_t ms;
    if (cw_node_kind(value) != CW_NODE_SCALAR)
        return suite_read_value(r, value).at;
    if (kind != CW_ARG_MOMENT)
        return suite_keep(r, cw_node_text(value));
    return suite_read_moment(r, value, &ms) ? suite_keep(r, cw_text_of(clock_format(ms, text)))
                                            : "";
}

static void read_args(struct suite_reader *r, const struct cw_action_spec *spec,
                      const struct cw_node *map, struct suite_step *out)
{
    struct suite_arg *args = xtake(r->suite->arena, (cw_node_count(map) + 1) * sizeof *args);
    out->args = args;
    for (size_t i = 0; i < cw_node_count(map); i++) {
        const struct cw_node *key = cw_node_key(map, i), *value = cw_node_value(map, i);
        bool is_scalar = cw_node_kind(value) == CW_NODE_SCALAR;
        enum cw_arg_kind kind = CW_ARG_TEXT;
        if (!knows_arg(r, spec, key, &kind))
            continue;
        if (!is_scalar && kind != CW_ARG_TREE && kind != CW_ARG_CONFIGS) {
            suite_fault(r, cw_node_place(value), "wrong-kind", NULL,
                        "an expected argument is one value");
            continue;
        }
        args[out->n_args++] = (struct suite_arg){suite_keep(r, cw_node_text(key)),
                                                 read_value(r, value, kind), !is_scalar};
    }
}

static void read_action(struct suite_reader *r, const struct cw_node *key,
                        const struct cw_node *value, struct suite_step *out)
{
    const struct cw_action_spec *spec = find_action(r, key);
    if (!spec)
        return;
    out->expect = SUITE_ACTION;
    out->action = spec->name;
    if (value && cw_node_kind(value) == CW_NODE_MAP) {
        read_args(r, spec, value, out);
    } else if (value && cw_node_kind(value) == CW_NODE_SCALAR) {
        const char *name = spec->scalar ? spec->scalar : spec->args ? spec->args[0].name : NULL;
        struct suite_arg *arg = xtake(r->suite->arena, sizeof *arg);
        *arg = (struct suite_arg){name, suite_keep(r, cw_node_text(value)), false};
        out->args = arg;
        out->n_args = name && *arg->value ? 1 : 0;
    } else if (value) {
        suite_fault(r, cw_node_place(value), "wrong-kind", NULL,
                    "one action is expected, not a list");
    }
}

static void read_expect(struct suite_reader *r, const struct cw_node *node, struct suite_step *out)
{
    out->expect_place = suite_place(r, node);
    if (cw_node_kind(node) == CW_NODE_SCALAR && cw_text_is(cw_node_text(node), "nothing"))
        out->expect = SUITE_NOTHING;
    else if (cw_node_kind(node) == CW_NODE_SCALAR)
        read_action(r, node, NULL, out);
    else if (cw_node_kind(node) == CW_NODE_MAP && cw_node_count(node) == 1)
        read_action(r, cw_node_key(node, 0), cw_node_value(node, 0), out);
    else
        suite_fault(r, cw_node_place(node), "wrong-kind", NULL,
                    "`expect` is `nothing` or one action");
}

static void unknown_rule(struct suite_reader *r, const struct cw_node *node)
{
    size_t n = cw_ruleset_rules(r->rules);
    const char **words = xcalloc(n + 1, sizeof *words);
    for (size_t i = 0; i < n; i++)
        words[i] = cw_ruleset_rule(r->rules, i, NULL);
    suite_unknown(r, cw_node_place(node), "unknown-rule", cw_node_text(node), words, n,
                  "there is no rule");
    free(words);
}

static void read_by(struct suite_reader *r, const struct cw_node *node, bool has_expect,
                    struct suite_step *out)
{
    const char *by = suite_text(r, node, "`by`");
    if (!has_expect)
        suite_fault(r, cw_node_place(node), "missing-key", NULL, "`by` belongs to an `expect`");
    if (by && r->rules && !cw_ruleset_has_rule(r->rules, cw_text_of(by)))
        unknown_rule(r, node);
    out->by = by;
}

void suite_read_step(struct suite_reader *r, const struct cw_node *map, struct suite_step *out)
{
    const struct cw_node *node;
    out->fields = CW_TEXT("{}");
    if (!suite_check_keys(r, map, grammar_step, "a step"))
        return;
    out->place = out->expect_place = suite_place(r, map);
    if (!cw_node_count(map))
        suite_fault(r, cw_node_place(map), "missing-key", "write `event`, `restart` or `expect`",
                    "a step in which nothing happens and nothing is expected");
    read_when(r, map, out);
    if ((node = cw_node_get(map, "event")))
        read_event(r, node, out);
    else if ((node = cw_node_get(map, "with")))
        suite_fault(r, cw_node_place(node), "missing-key", NULL, "`with` belongs to an `event`");
    if ((node = cw_node_get(map, "with")))
        out->fields = suite_read_fields(r, node);
    if ((node = cw_node_get(map, "restart")))
        read_restart(r, node, out);
    if ((node = cw_node_get(map, "expect")))
        read_expect(r, node, out);
    if ((node = cw_node_get(map, "by")))
        read_by(r, node, cw_node_get(map, "expect") != NULL, out);
}
