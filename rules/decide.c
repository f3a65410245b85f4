/* decide: candidates and due runs become a plan, with the facts of the moment.
 *
 * Three answers to what is left of `if`: false refuses, true and unknown go on; the condition
 * stays with the run, because whoever acts looks once more right before. */
#include <string.h>

#include "buf.h"
#include "decide.h"
#include "match.h"
#include "moment.h"
#include "template.h"

/* What is needed to render the actions of one run. */
struct render {
    const struct cwr_rule *rule;
    const struct cw_person *person;
    struct cw_value vars;
    int64_t now_ms;
    struct cw_arena *arena;
};

static enum cw_status get_var(const struct render *r, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out)
{
    struct cw_step step = {.kind = CW_STEP_NAME};
    if (cwr_path_print(path, arena, &step.name))
        return CW_NOMEM;
    return cw_value_get(&r->vars, (struct cw_path){&step, 1}, arena, out);
}

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    const struct render *r = ctx;
    struct cw_text root = path.steps[0].name;
    enum cw_status status = CW_OK;
    if (cw_text_is(root, "user")) {
        *out = cwr_person_get(r->person, path);
    } else if (cw_text_is(root, "now")) {
        char text[CWR_MOMENT_SIZE];
        struct cw_text made = cwr_moment_print(r->now_ms, text);
        made.at = cw_arena_copy(arena, made);
        *out = cw_value_string(made);
        status = made.at ? CW_OK : CW_NOMEM;
    } else {
        status = get_var(r, path, arena, out);
    }
    return status ? cw_fail(err, status, "memory is short") : CW_OK;
}

/* ---- Effects ---- */

static void refuse(struct cw_effect *effect, struct cw_text reason)
{
    effect->kind = CW_EFFECT_REFUSED;
    effect->reason = reason;
    effect->calls = NULL;
    effect->n_calls = 0;
}

static enum cw_status refuse_with(struct cw_effect *effect, struct cw_arena *arena,
                                  const char *what, struct cw_place place)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_text reason;
    cwr_buf_puts(&buf, what);
    if (place.line)
        cwr_buf_printf(&buf, " (%s%sline %u)", place.file ? place.file : "", place.file ? ", " : "",
                       place.line);
    if (cwr_buf_end(&buf, &reason))
        return CW_NOMEM;
    refuse(effect, reason);
    return CW_OK;
}

static enum cw_status put_arg(struct render *r, const struct cwr_arg *arg, struct cwr_buf *buf,
                              struct cw_error *err)
{
    const struct cw_scope scope = {look_up, r};
    struct cw_value value;
    struct cw_text text;
    cwr_buf_puts(buf, buf->len > 1 ? "," : "");
    cwr_buf_json_string(buf, arg->name);
    if (arg->is_bool) {
        cwr_buf_puts(buf, arg->truth ? ":true" : ":false");
        return CW_OK;
    }
    enum cw_status status = cw_template_render(arg->tpl, &scope, r->arena, &value, err);
    if (status)
        return status;
    if (cw_value_text(&value, r->arena, &text))
        return cw_fail(err, CW_NOMEM, "memory is short");
    cwr_buf_puts(buf, ":");
    cwr_buf_json_string(buf, text);
    return CW_OK;
}

/* On failure *place is that of the argument. */
static enum cw_status render_call(struct render *r, const struct cwr_action *action,
                                  struct cw_call *out, struct cw_place *place, struct cw_error *err)
{
    struct cwr_buf buf = cwr_buf_in(r->arena);
    cwr_buf_puts(&buf, "{");
    for (size_t i = 0; i < action->n_args; i++) {
        enum cw_status status = put_arg(r, &action->args[i], &buf, err);
        *place = action->args[i].place;
        if (status)
            return status;
    }
    cwr_buf_puts(&buf, "}");
    out->action = action->name;
    return cwr_buf_end(&buf, &out->args) ? cw_fail(err, CW_NOMEM, "memory is short") : CW_OK;
}

static enum cw_status render_calls(struct render *r, struct cw_effect *effect)
{
    struct cw_call *calls = cw_arena_take(r->arena, (r->rule->n_actions + 1) * sizeof *calls);
    if (!calls)
        return CW_NOMEM;
    for (uint32_t i = 0; i < r->rule->n_actions; i++) {
        struct cw_error err = {0};
        struct cw_place place = r->rule->place;
        calls[i].step = i;
        enum cw_status status = render_call(r, &r->rule->actions[i], &calls[i], &place, &err);
        if (status == CW_NOMEM)
            return status;
        if (status)
            return refuse_with(effect, r->arena, err.text, place);
    }
    effect->calls = calls;
    effect->n_calls = r->rule->n_actions;
    return CW_OK;
}

/* Reads vars and renders; `json` holds them meanwhile. */
static enum cw_status act(const struct cwr_rule *rule, struct cw_json *json, int64_t now_ms,
                          struct cw_arena *arena, struct cw_effect *effect)
{
    struct render r = {rule, effect->person, {.kind = CW_MISSING}, now_ms, arena};
    struct cw_text vars = effect->vars.len ? effect->vars : CW_TEXT("{}");
    enum cw_status status = cw_json_read(json, vars, NULL);
    if (status == CW_NOMEM)
        return status;
    if (status)
        return refuse_with(effect, arena, "the values kept with the run cannot be read",
                           rule->place);
    r.vars = cw_json_root(json);
    return render_calls(&r, effect);
}

/* Asks `during` now. Whoever acts later asks what is left of the condition, so `during` is taken
 * out of it, unless there is still a wait, at whose end it is asked again. */
static enum cw_status ask_hours(const struct cw_ruleset *rules, int64_t now_ms, bool waits,
                                struct cw_arena *arena, struct cw_effect *effect,
                                struct cw_text *condition)
{
    struct cwr_answer left;
    struct cw_error err = {0};
    const char *why = NULL;
    enum cw_status status = cwr_decide_hours(rules, effect->person, now_ms, effect->condition,
                                             arena, &left, &why, &err);
    if (status == CW_NOMEM)
        return status;
    if (status)
        return refuse_with(effect, arena, err.text, effect->place);
    if (left.truth == CW_FALSE)
        return refuse_with(effect, arena, why ? why : "its condition does not hold", effect->place);
    *condition = left.truth == CW_TRUE ? (struct cw_text){NULL, 0} : left.residual;
    if (!waits)
        effect->condition = *condition;
    return CW_OK;
}

/* Refuses when the facts say no. */
static enum cw_status ask_facts(const struct cw_ruleset *rules,
                                const struct cw_facts_reader *reader, int64_t now_ms, bool waits,
                                struct cw_arena *arena, struct cw_effect *effect)
{
    struct cw_text condition = {NULL, 0};
    struct cw_facts facts = {0};
    struct cw_error err;
    enum cw_truth truth = CW_UNKNOWN;
    char why[256] = "";
    enum cw_status status = ask_hours(rules, now_ms, waits, arena, effect, &condition);
    if (status || effect->kind == CW_EFFECT_REFUSED || !condition.len)
        return status;
    if (reader && reader->get)
        reader->get(reader->ctx, effect->person, &facts);
    status = cw_condition_ask(condition, &facts, &truth, why, sizeof why, &err);
    if (status == CW_NOMEM)
        return status;
    if (status)
        return refuse_with(effect, arena, "the condition kept with the run cannot be read",
                           effect->place);
    if (truth != CW_FALSE)
        return CW_OK;
    return refuse_with(effect, arena, why[0] ? why : "its condition does not hold", effect->place);
}

static enum cw_status decide_one(const struct cw_ruleset *rules, const struct cw_candidate *from,
                                 const struct cw_facts_reader *facts, int64_t now_ms,
                                 struct cw_json *json, struct cw_arena *arena,
                                 struct cw_effect *effect)
{
    const struct cwr_rule *rule = &rules->rules[from->rule];
    *effect = (struct cw_effect){.kind = CW_EFFECT_CANCEL,
                                 .rule = rule->id.at,
                                 .person = from->person,
                                 .key = from->key,
                                 .place = rule->place};
    if (from->kind == CW_CANDIDATE_CANCEL)
        return CW_OK;
    effect->kind = CW_EFFECT_RUN;
    effect->condition = from->condition;
    effect->vars = from->vars;
    effect->due_ms = now_ms + (rule->has_wait ? rule->wait_ms : 0);
    enum cw_status status = ask_facts(rules, facts, now_ms, rule->has_wait, arena, effect);
    if (status || effect->kind == CW_EFFECT_REFUSED || rule->has_wait)
        return status;
    return act(rule, json, now_ms, arena, effect);
}

enum cw_status cw_decide(const struct cw_ruleset *rules, const struct cw_matches *matches,
                         const struct cw_facts_reader *facts, int64_t now_ms,
                         struct cw_arena *arena, struct cw_plan *out)
{
    struct cw_effect *effects = cw_arena_take(arena, (matches->n + 1) * sizeof *effects);
    struct cw_json *json = cw_json_create();
    enum cw_status status = effects && json ? CW_OK : CW_NOMEM;
    for (size_t i = 0; i < matches->n && !status; i++)
        status = decide_one(rules, &matches->items[i], facts, now_ms, json, arena, &effects[i]);
    cw_json_destroy(json);
    if (!status)
        *out = (struct cw_plan){effects, matches->n};
    return status;
}

static enum cw_status find_run(const struct cw_ruleset *rules, const struct cw_due_run *run,
                               const struct cwr_rule **rule, const struct cw_person **person,
                               struct cw_error *err)
{
    uint32_t i = cwr_map_get(&rules->ids, run->rule);
    if (i == CWR_NOWHERE)
        return cw_fail(err, CW_ENOENT, "there is no rule `%.*s` any more", (int)run->rule.len,
                       run->rule.at);
    const struct cw_person *found = cw_ruleset_find(rules, run->person);
    if (!found || !cw_text_is(run->person, found->name))
        return cw_fail(err, CW_ENOENT, "there is no user `%.*s` any more", (int)run->person.len,
                       run->person.at);
    *rule = &rules->rules[i];
    *person = found;
    return CW_OK;
}

static enum cw_status decide_run(const struct cw_ruleset *rules, const struct cwr_rule *rule,
                                 const struct cw_facts_reader *facts, int64_t now_ms,
                                 struct cw_arena *arena, struct cw_effect *effect)
{
    struct cw_json *json;
    enum cw_status status = CW_OK;
    if (!rule->enabled)
        return refuse_with(effect, arena, "the rule is not enabled any more", rule->place);
    status = ask_facts(rules, facts, now_ms, false, arena, effect);
    if (status || effect->kind == CW_EFFECT_REFUSED)
        return status;
    json = cw_json_create();
    status = json ? act(rule, json, now_ms, arena, effect) : CW_NOMEM;
    cw_json_destroy(json);
    return status;
}

enum cw_status cw_decide_due(const struct cw_ruleset *rules, const struct cw_due_run *run,
                             const struct cw_facts_reader *facts, int64_t now_ms,
                             struct cw_arena *arena, struct cw_plan *out, struct cw_error *err)
{
    const struct cwr_rule *rule = NULL;
    const struct cw_person *person = NULL;
    enum cw_status status = find_run(rules, run, &rule, &person, err);
    if (status)
        return status;
    struct cw_effect *effect = cw_arena_take(arena, sizeof *effect);
    if (!effect)
        return cw_fail(err, CW_NOMEM, "memory is short");
    *effect = (struct cw_effect){.kind = CW_EFFECT_RUN,
                                 .rule = rule->id.at,
                                 .person = person,
                                 .key = run->key,
                                 .condition = run->condition,
                                 .vars = run->vars,
                                 .place = rule->place,
                                 .due_ms = now_ms};
    status = decide_run(rules, rule, facts, now_ms, arena, effect);
    if (status)
        return cw_fail(err, status, "memory is short");
    *out = (struct cw_plan){effect, 1};
    return CW_OK;
}
