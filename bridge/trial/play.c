#include "trial/play.h"

#include "file.h"
#include "tell.h"
#include "trial/stage.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 4 };

/* What a step looks at: the effects since the step before. */
struct view {
    const struct suite_test *test;
    const struct suite_step *step;
    const struct effect *effects;
    size_t from, n;
    int64_t now_ms;
    const struct cw_zone *zone; /* of the test's user */
};

/* ---- Does it match? ---- */

static bool same_value(const json_t *value, const char *expected)
{
    if (json_is_string(value))
        return strcmp(json_string_value(value), expected) == 0;
    auto_free char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    return text && strcmp(text, expected) == 0;
}

/* A mapping fits when what is expected is in it, whatever else is. */
static bool contains(const json_t *value, const json_t *expected)
{
    const char *name;
    json_t *item;
    bool fits = true;
    if (json_is_object(expected) && json_is_object(value)) {
        json_object_foreach((json_t *)expected, name, item)
        {
            const json_t *mine = json_object_get(value, name);
            fits = fits && mine && contains(mine, item);
        }
        return fits;
    }
    if (!json_is_array(expected) || !json_is_array(value))
        return json_equal(value, expected);
    size_t n = json_array_size(expected);
    fits = json_array_size(value) == n;
    for (size_t i = 0; fits && i < n; i++)
        fits = contains(json_array_get(value, i), json_array_get(expected, i));
    return fits;
}

static bool fits_arg(const json_t *value, const struct suite_arg *arg)
{
    if (!arg->is_json)
        return same_value(value, arg->value);
    json_t *expected = tell_read(cw_text_of(arg->value), 0);
    bool fits = value && expected && contains(value, expected);
    json_decref(expected);
    return fits;
}

static bool fits_args(const struct suite_step *step, const struct effect *e)
{
    json_t *args = tell_read(cw_text_of(e->args), 0);
    bool fits = true;
    for (size_t i = 0; fits && i < step->n_args; i++)
        fits = fits_arg(json_object_get(args, step->args[i].name), &step->args[i]);
    json_decref(args);
    return fits;
}

/* Whether the step looks at it at all: the test's user, something done, by the rule if one is
 * named. */
static bool counts(const struct view *v, const struct effect *e, bool by_any)
{
    const char *user = v->test->user, *by = by_any ? NULL : v->step->by;
    return e->acted && (!user || strcmp(user, e->person) == 0) && (!by || !strcmp(by, e->rule));
}

static bool holds(const struct view *v)
{
    for (size_t i = v->from; i < v->n; i++) {
        const struct effect *e = &v->effects[i];
        if (!counts(v, e, false))
            continue;
        if (v->step->expect == SUITE_NOTHING)
            return false;
        if (strcmp(e->action, v->step->action) == 0 && fits_args(v->step, e))
            return true;
    }
    return v->step->expect == SUITE_NOTHING;
}

/* ---- What to say when it does not ---- */

static void put_expected(FILE *f, const struct suite_step *step)
{
    if (step->expect == SUITE_NOTHING)
        fputs("nothing", f);
    else
        fprintf(f, "`%s`", step->action);
    for (size_t i = 0; i < step->n_args; i++)
        fprintf(f, "%s%s %s", i ? ", " : " with ", step->args[i].name, step->args[i].value);
    if (step->by)
        fprintf(f, " by %s", step->by);
}

static void put_args(FILE *f, const char *text)
{
    const char *name;
    json_t *value, *args = tell_read(cw_text_of(text), 0);
    bool any = false;
    json_object_foreach(args, name, value)
    {
        auto_free char *shown = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        fprintf(f, "%s%s %s", any ? ", " : " with ", name,
                json_is_string(value) ? json_string_value(value) : shown);
        any = true;
    }
    json_decref(args);
}

/* On the clock of the test's user; a test of everybody has that of UTC. */
static void put_time(FILE *f, const struct view *v, int64_t ms)
{
    char at[CW_CLOCK_TEXT];
    cw_clock(v->zone, ms, at);
    fprintf(f, "%.10s %.8s", at, at + 11);
}

static void put_done(FILE *f, const struct view *v)
{
    size_t n = 0;
    for (size_t i = v->from; i < v->n; i++) {
        const struct effect *e = &v->effects[i];
        bool by_any = v->step->expect == SUITE_ACTION;
        if (!counts(v, e, by_any) || ++n > SHOWN)
            continue;
        fprintf(f, "%s`%s`", n > 1 ? "; " : "", e->action);
        put_args(f, e->args);
        fprintf(f, " by %s", e->rule);
        if (!v->test->user)
            fprintf(f, " for %s", e->person);
        fputs(" at ", f);
        put_time(f, v, e->at_ms);
    }
    if (n > SHOWN)
        fprintf(f, "; and %zu more", n - SHOWN);
    if (n)
        return;
    fprintf(f, "nothing was done%s%s until ", v->test->user ? " for " : "",
            v->test->user ? v->test->user : "");
    put_time(f, v, v->now_ms);
}

static char *difference(const struct view *v)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    if (!f)
        abort();
    fputs("expected ", f);
    put_expected(f, v->step);
    fputs(v->step->expect == SUITE_NOTHING ? ", but there was " : ", but ", f);
    put_done(f, v);
    if (fclose(f) != 0)
        abort();
    return text;
}

/* The first line of `why` is the hint of the diagnostic, the others follow in its manner. */
static void fail(struct trial *t, struct cw_place place, const char *line, const char *why,
                 bool colour)
{
    struct cw_diags *diags = cw_diags_create();
    if (!diags)
        abort();
    size_t len = why ? strcspn(why, "\n") : 0;
    auto_free char *hint = why ? xtext((struct cw_text){why, len}) : NULL;
    file_show(place.file, diags);
    cw_diags_add(diags, CW_ERROR, "test-failed", place, hint, "%s", line);
    t->fault = cw_diags_render(diags, colour);
    for (const char *at = why ? why + len : ""; *at; at += 1 + strcspn(at + 1, "\n")) {
        char *longer = xprintf("%s   = %.*s\n", t->fault, (int)strcspn(at + 1, "\n"), at + 1);
        free(t->fault);
        t->fault = longer;
    }
    t->line = xprintf("%s:%u:%u: %s", place.file, place.line, place.column, line);
    t->why = xstrdup(why);
    cw_diags_destroy(diags);
}

/* ---- Why ---- */

/* The rule that is asked for, or the one that did what was not expected. */
static const char *rule_in_question(const struct view *v)
{
    if (v->step->by)
        return v->step->by;
    for (size_t i = v->from; i < v->n && v->step->expect == SUITE_NOTHING; i++)
        if (counts(v, &v->effects[i], false))
            return v->effects[i].rule;
    return NULL;
}

/* When no rule is named: of each one that had a say. */
static char *why_each(const struct config *config, const struct view *v, struct stage *stage)
{
    char *text = NULL;
    const char *id;
    for (size_t i = 0, n = 0; n < SHOWN && (id = cw_ruleset_rule(config->rules, i, NULL)); i++) {
        auto_free char *line = stage_why(stage, id, v->test->user);
        if (!line)
            continue;
        char *longer =
            xprintf("%s%s%.*s", text ? text : "", n++ ? "\n" : "", (int)strcspn(line, "\n"), line);
        free(text);
        text = longer;
    }
    return text;
}

static void fail_step(const struct config *config, struct trial *t, const struct view *v,
                      struct stage *stage, bool colour)
{
    auto_free char *line = difference(v);
    const char *rule = rule_in_question(v);
    auto_free char *why = rule ? stage_why(stage, rule, v->test->user) : why_each(config, v, stage);
    if (!why && rule)
        why = xprintf("%s: no event that concerns it has come", rule);
    fail(t, v->step->expect_place, line, why, colour);
}

/* ---- Playing ---- */

static const struct cw_zone *zone_of(const struct config *config, const struct suite_test *test)
{
    const struct cw_person *user =
        test->user ? cw_ruleset_find(config->rules, cw_text_of(test->user)) : NULL;
    return user ? user->zone : NULL;
}

static void play(const struct config *config, const struct suite_test *test, bool *matched,
                 bool colour, struct trial *out)
{
    struct stage *stage = stage_create(config, test, matched);
    struct cw_error err;
    struct view v = {.test = test, .zone = zone_of(config, test)};
    out->test = test;
    for (size_t i = 0; i < test->n_steps && !out->fault; i++) {
        v.step = &test->steps[i];
        v.from = v.n;
        v.now_ms = v.step->at_ms;
        if (stage_step(stage, v.step, &err))
            fail(out, v.step->place, err.text, NULL, colour);
        v.effects = stage_effects(stage, &v.n);
        if (!out->fault && v.step->expect != SUITE_ANYTHING && !holds(&v))
            fail_step(config, out, &v, stage, colour);
    }
    stage_destroy(stage);
}

void trials_play(const struct config *config, bool colour, struct trials *out)
{
    size_t n = config->tests ? config->tests->n : 0;
    *out = (struct trials){.n = n};
    out->items = xcalloc(n + 1, sizeof *out->items);
    out->matched = xcalloc(cw_ruleset_rules(config->rules) + 1, sizeof *out->matched);
    for (size_t i = 0; i < n; i++) {
        play(config, &config->tests->tests[i], out->matched, colour, &out->items[i]);
        out->failed += out->items[i].fault != NULL;
    }
}

void trials_fini(struct trials *trials)
{
    for (size_t i = 0; i < trials->n; i++) {
        free(trials->items[i].fault);
        free(trials->items[i].line);
        free(trials->items[i].why);
    }
    free(trials->items);
    free(trials->matched);
}
