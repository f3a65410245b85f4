#include "trial/play.h"

#include "clock.h"
#include "file.h"
#include "trial/stage.h"
#include "xalloc.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_BYTES = 16 << 20, SHOWN = 4 };

/* What a step looks at: the effects since the step before. */
struct view {
    const struct suite_test *test;
    const struct suite_step *step;
    const struct effect *effects;
    size_t from, n;
    int64_t now_ms;
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
    json_t *expected = json_loads(arg->value, 0, NULL);
    bool fits = value && expected && contains(value, expected);
    json_decref(expected);
    return fits;
}

static bool fits_args(const struct suite_step *step, const struct effect *e)
{
    json_t *args = json_loads(e->args, 0, NULL);
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
    json_t *value, *args = json_loads(text, 0, NULL);
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

static void put_done(FILE *f, const struct view *v)
{
    char at[CLOCK_TEXT];
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
        fprintf(f, " at %.19sZ", clock_format(e->at_ms, at));
    }
    if (n > SHOWN)
        fprintf(f, "; and %zu more", n - SHOWN);
    if (!n)
        fprintf(f, "nothing was done%s%s until %.19sZ", v->test->user ? " for " : "",
                v->test->user ? v->test->user : "", clock_format(v->now_ms, at));
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

static void fail(struct trial *t, struct cw_place place, const char *line, const char *hint,
                 bool colour)
{
    struct cw_diags *diags = cw_diags_create();
    if (!diags)
        abort();
    file_show(place.file, diags);
    cw_diags_add(diags, CW_ERROR, "test-failed", place, hint, "%s", line);
    t->fault = cw_diags_render(diags, colour);
    t->line = xprintf("%s:%u:%u: %s", place.file, place.line, place.column, line);
    cw_diags_destroy(diags);
}

static void fail_step(struct trial *t, const struct view *v, struct stage *stage, bool colour)
{
    struct cw_arena *arena = xarena(WHY_BYTES);
    auto_free char *line = difference(v);
    const char *by = v->step->expect == SUITE_ACTION ? v->step->by : NULL;
    const char *hint = by ? stage_why(stage, by, v->test->user, arena) : NULL;
    fail(t, v->step->expect_place, line, hint, colour);
    cw_arena_destroy(arena);
}

/* ---- Playing ---- */

static void play(const struct config *config, const struct suite_test *test, bool *matched,
                 bool colour, struct trial *out)
{
    struct stage *stage = stage_create(config, test, matched);
    struct cw_error err;
    struct view v = {.test = test};
    out->test = test;
    for (size_t i = 0; i < test->n_steps && !out->fault; i++) {
        v.step = &test->steps[i];
        v.from = v.n;
        v.now_ms = v.step->at_ms;
        if (stage_step(stage, v.step, &err))
            fail(out, v.step->place, err.text, NULL, colour);
        v.effects = stage_effects(stage, &v.n);
        if (!out->fault && v.step->expect != SUITE_ANYTHING && !holds(&v))
            fail_step(out, &v, stage, colour);
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
    }
    free(trials->items);
    free(trials->matched);
}
