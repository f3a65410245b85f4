#include "suite/suite.h"

#include "suite/priv.h"
#include "xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUITE_BYTES = 256 << 20, MAX_WORDS = 512 };

/* ---- Faults and texts ---- */

void suite_fault(struct suite_reader *r, struct cw_place place, const char *code, const char *hint,
                 const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cw_diags_add(r->diags, CW_ERROR, code, place, hint, "%s", text);
}

void suite_unknown(struct suite_reader *r, struct cw_place place, const char *code,
                   struct cw_text word, const char *const *words, size_t n, const char *what)
{
    const char *near = cw_nearest(word, words, n);
    auto_free char *hint = near ? xprintf("did you mean `%s`?", near) : NULL;
    suite_fault(r, place, code, hint, "%s `%.*s`", what, (int)(word.len > 100 ? 100 : word.len),
                word.at);
}

bool suite_check_keys(struct suite_reader *r, const struct cw_node *map, const struct key *keys,
                      const char *what)
{
    const char *words[GRAMMAR_WORDS];
    size_t n = grammar_words(keys, words);
    if (cw_node_kind(map) != CW_NODE_MAP) {
        suite_fault(r, cw_node_place(map), "wrong-kind", NULL, "%s is a mapping of keys to values",
                    what);
        return false;
    }
    for (size_t i = 0; i < cw_node_count(map); i++) {
        const struct cw_node *key = cw_node_key(map, i);
        if (!grammar_find(keys, cw_node_text(key)))
            suite_unknown(r, cw_node_place(key), "unknown-key", cw_node_text(key), words, n,
                          "there is no key");
    }
    return true;
}

const char *suite_keep(struct suite_reader *r, struct cw_text text)
{
    char *copy = xtake(r->suite->arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.at, text.len);
    return copy;
}

const char *suite_text(struct suite_reader *r, const struct cw_node *node, const char *what)
{
    if (cw_node_kind(node) == CW_NODE_SCALAR && cw_node_text(node).len && !cw_node_is_null(node))
        return suite_keep(r, cw_node_text(node));
    suite_fault(r, cw_node_place(node), "wrong-kind", NULL, "%s is a text", what);
    return NULL;
}

struct cw_place suite_place(struct suite_reader *r, const struct cw_node *node)
{
    struct cw_place place = cw_node_place(node);
    if (place.file && place.file != r->file) {
        r->file_copy = suite_keep(r, cw_text_of(place.file));
        r->file = place.file;
    }
    place.file = place.file ? r->file_copy : NULL;
    return place;
}

/* ---- A test ---- */

static void unknown_user(struct suite_reader *r, const struct cw_node *node)
{
    const char *words[MAX_WORDS];
    size_t n = cw_ruleset_people(r->rules);
    n = n < MAX_WORDS ? n : MAX_WORDS;
    for (size_t i = 0; i < n; i++)
        words[i] = cw_ruleset_person(r->rules, i)->name;
    suite_unknown(r, cw_node_place(node), "unknown-user", cw_node_text(node), words, n,
                  "there is no user");
}

static void read_user(struct suite_reader *r, const struct cw_node *node, struct suite_test *out)
{
    const char *name = node ? suite_text(r, node, "`user`") : NULL;
    if (!name || !r->rules)
        return;
    const struct cw_person *person = cw_ruleset_find(r->rules, cw_text_of(name));
    if (!person) {
        unknown_user(r, node);
        return;
    }
    out->user = suite_keep(r, cw_text_of(person->name));
    r->zone = person->timezone;
}

static void read_timer(struct suite_reader *r, const struct cw_node *node, struct suite_test *out)
{
    static const enum cw_timer timers[] = {CW_TIMER_RUNNING, CW_TIMER_PAUSED, CW_TIMER_STOPPED};
    out->timer = CW_TIMER_STOPPED;
    for (size_t i = 0; node && i < 3; i++) {
        if (!cw_text_is(cw_node_text(node), grammar_timers[i]))
            continue;
        out->timer = timers[i];
        return;
    }
    if (node)
        suite_unknown(r, cw_node_place(node), "bad-value", cw_node_text(node), grammar_timers, 3,
                      "a timer is running, paused or stopped, not");
}

static void read_steps(struct suite_reader *r, const struct cw_node *list, struct suite_test *out)
{
    size_t n = cw_node_count(list);
    if (cw_node_kind(list) != CW_NODE_SEQ || !n) {
        suite_fault(r, cw_node_place(list), "wrong-kind", NULL, "`steps` is a list of steps");
        return;
    }
    struct suite_step *steps = xtake(r->suite->arena, n * sizeof *steps);
    for (size_t i = 0; i < n; i++)
        suite_read_step(r, cw_node_item(list, i), &steps[i]);
    out->steps = steps;
    out->n_steps = n;
    out->begin_ms = steps[0].at_ms;
}

static const struct cw_node *want(struct suite_reader *r, const struct cw_node *map,
                                  const char *key)
{
    const struct cw_node *node = cw_node_get(map, key);
    if (!node)
        suite_fault(r, cw_node_place(map), "missing-key", NULL, "a test needs `%s`", key);
    return node;
}

static void read_test(struct suite_reader *r, const struct cw_node *map, struct suite_test *out)
{
    const struct cw_node *node;
    if (!suite_check_keys(r, map, grammar_test, "a test"))
        return;
    r->zone = r->timezone;
    r->has_time = false;
    out->name = "";
    out->place = suite_place(r, map);
    if ((node = want(r, map, "name"))) {
        const char *name = suite_text(r, node, "`name`");
        out->name = name ? name : "";
        out->place = suite_place(r, node);
    }
    read_user(r, cw_node_get(map, "user"), out);
    read_timer(r, cw_node_get(map, "timer"), out);
    if ((node = want(r, map, "steps")))
        read_steps(r, node, out);
}

static size_t count_tests(struct suite_reader *r, const struct cw_node *list)
{
    if (cw_node_kind(list) == CW_NODE_SEQ)
        return cw_node_count(list);
    if (cw_node_kind(list) != CW_NODE_SCALAR || cw_node_text(list).len)
        suite_fault(r, cw_node_place(list), "wrong-kind", NULL, "`tests` is a list of tests");
    return 0;
}

struct suite *suite_read(const struct cw_node *const *lists, size_t n,
                         const struct cw_catalogue *catalogue, const struct cw_ruleset *rules,
                         const char *timezone, struct cw_diags *diags)
{
    size_t before = cw_diags_count(diags, CW_ERROR), all = 0;
    struct suite *suite = xcalloc(1, sizeof *suite);
    struct suite_reader r = {.catalogue = catalogue,
                             .rules = rules,
                             .timezone = timezone,
                             .diags = diags,
                             .suite = suite};
    suite->arena = xarena(SUITE_BYTES);
    for (size_t i = 0; i < n; i++)
        all += count_tests(&r, lists[i]);
    struct suite_test *tests = xtake(suite->arena, (all + 1) * sizeof *tests);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < cw_node_count(lists[i]) && cw_node_kind(lists[i]) == CW_NODE_SEQ;
             k++)
            read_test(&r, cw_node_item(lists[i], k), &tests[suite->n++]);
    suite->tests = tests;
    if (cw_diags_count(diags, CW_ERROR) == before)
        return suite;
    suite_destroy(suite);
    return NULL;
}

void suite_destroy(struct suite *suite)
{
    if (!suite)
        return;
    cw_arena_destroy(suite->arena);
    free(suite);
}
