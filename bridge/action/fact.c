/* set and clear: the person's own facts. No request is made; the facts change with the end of the
 * call. */
#include "action/step.h"

#include "length.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

static struct cw_text text_in(const struct action_turn *t, const char *text)
{
    char *copy = cw_arena_copy(t->arena, cw_text_of(text));
    if (!copy)
        abort();
    return cw_text_of(copy);
}

/* When the facts of a `set` end. */
static enum cw_status until_of(const struct action_turn *t, int64_t *until_ms, struct cw_error *err)
{
    const char *length = step_text(t->args, "for");
    int64_t ms = 0;
    *until_ms = INT64_MAX;
    if (!json_object_get(t->args, "for"))
        return CW_OK;
    enum cw_status st = length_parse(cw_text_of(length ? length : ""), &ms, err);
    *until_ms = t->now_ms + ms;
    return st;
}

/* The value as JSON: what the lane rendered, else as it was stored. */
static struct cw_text value_of(const struct action_turn *t, const char *name, const json_t *value,
                               const struct cw_value *stored)
{
    const struct cw_step step = {CW_STEP_NAME, 0, cw_text_of(name)};
    struct cw_value found;
    struct cw_text text;
    if (!json_object_get(json_object_get(t->progress, "late"), name)) {
        if (cw_value_get(stored, (struct cw_path){&step, 1}, t->arena, &found) ||
            cw_value_print(&found, t->arena, &text))
            abort();
        return text;
    }
    auto_free char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!dump)
        abort();
    return text_in(t, dump);
}

/* Fills `facts`. Returns: the name of one whose value is too large, or NULL. */
static const char *read_facts(const struct action_turn *t, const struct cw_value *stored,
                              int64_t until_ms, struct action_fact *facts, size_t *n)
{
    const char *name;
    json_t *value;
    json_object_foreach(t->args, name, value)
    {
        if (strcmp(name, "for") == 0 || strcmp(name, "${}") == 0)
            continue;
        struct action_fact fact = {text_in(t, name), value_of(t, name, value, stored), until_ms};
        if (fact.value.len > ACTION_FACT_BYTES)
            return fact.name.at;
        facts[(*n)++] = fact;
    }
    return NULL;
}

static struct action_verdict set_decide(const struct action_turn *t, const struct look *look)
{
    struct action_fact *facts = xtake(t->arena, (json_object_size(t->args) + 1) * sizeof *facts);
    struct cw_json *json = cw_json_create();
    struct action_verdict v = step_end(t, ACTION_DONE, "%s", "");
    const char *large = NULL;
    struct cw_error err;
    int64_t until_ms;
    (void)look;
    if (!json)
        abort();
    if (until_of(t, &until_ms, &err)) {
        cw_json_destroy(json);
        return step_end(t, ACTION_DEAD, "%s", err.text);
    }
    bool good = !cw_json_read(json, t->args_text, NULL);
    struct cw_value stored = cw_json_root(json);
    if (good)
        large = read_facts(t, &stored, until_ms, facts, &v.n_facts);
    cw_json_destroy(json);
    v.facts = facts;
    if (!good)
        return step_end(t, ACTION_DEAD, "the stored arguments cannot be read");
    return large ? step_end(t, ACTION_DEAD, "the value of `%s` has more than 4 KiB", large) : v;
}

const struct action_ops action_set = {.decide = set_decide, .is_blind = true};

static struct action_verdict clear_decide(const struct action_turn *t, const struct look *look)
{
    const char *name = step_text(t->args, "name");
    (void)look;
    if (!name)
        return step_end(t, ACTION_DEAD, "no fact is named");
    struct action_fact *fact = xtake(t->arena, sizeof *fact);
    struct action_verdict v = step_end(t, ACTION_DONE, "%s", "");
    *fact = (struct action_fact){text_in(t, name), {"", 0}, 0};
    v.facts = fact;
    v.n_facts = 1;
    return v;
}

const struct action_ops action_clear = {.decide = clear_decide, .is_blind = true};
