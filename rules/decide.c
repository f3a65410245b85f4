/* decide: candidates and due runs become a plan, with the facts of the moment.
 *
 * Three answers to what is left of `if`: false refuses, true and unknown go on; the condition
 * stays with the run, because whoever acts looks once more right before. What rules are to each
 * other (final, throttle, mode, contradictions) is settled here, at the match; a dry run takes no
 * part in it but for its mode. */
#include "decide.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"

/* ---- Facts ---- */

/* Asks `during` and state.x now. Whoever acts later asks what is left of the condition, so they are
 * taken out of it, unless there is still a wait, at whose end they are asked again. */
static enum cw_status ask_known(const struct cwr_deciding *d, bool waits, struct cw_effect *effect,
                                struct cw_text *condition)
{
    struct cwr_answer left;
    struct cw_error err = {0};
    const char *why = NULL;
    enum cw_status status =
        cwr_decide_known(d, effect->person, effect->condition, &left, &why, &err);
    effect->limit = status == CW_ELIMIT;
    if (status == CW_ENOENT || status == CW_ESYNTAX)
        return cwr_refuse(effect, d->arena, err.text, effect->place);
    if (status && !effect->limit)
        return status;
    if (status || left.truth == CW_FALSE)
        return cwr_refuse(effect, d->arena, why ? why : "its condition does not hold",
                          effect->place);
    *condition = left.truth == CW_TRUE ? (struct cw_text){NULL, 0} : left.residual;
    if (!waits)
        effect->condition = *condition;
    return CW_OK;
}

/* Refuses when the facts say no. */
static enum cw_status ask_facts(const struct cwr_deciding *d, bool waits, struct cw_effect *effect)
{
    const struct cw_facts_reader *reader = d->facts;
    struct cw_text condition = {NULL, 0};
    struct cw_facts facts = {.now_ms = d->now_ms};
    struct cw_error err;
    enum cw_truth truth = CW_UNKNOWN;
    char why[256] = "";
    enum cw_status status = ask_known(d, waits, effect, &condition);
    if (status || effect->kind == CW_EFFECT_REFUSED || !condition.len)
        return status;
    if (reader && reader->get)
        reader->get(reader->ctx, effect->person, &facts);
    status = cw_condition_ask(condition, &facts, &truth, why, sizeof why, &err);
    if (status == CW_NOMEM)
        return status;
    effect->limit = status == CW_ELIMIT;
    if (status && !effect->limit)
        return cwr_refuse(effect, d->arena, "the condition kept with the run cannot be read",
                          effect->place);
    if (!status && truth != CW_FALSE)
        return CW_OK;
    return cwr_refuse(effect, d->arena, why[0] ? why : "its condition does not hold",
                      effect->place);
}

/* ---- The people of a plan ---- */

/* What was decided for one person so far. */
struct course {
    const struct cw_person *person; /* NULL: a free place */
    const struct cwr_rule *final;   /* the rule that stops further ones; or NULL */
    const struct acting *last;      /* of those that change the timer */
    const struct cwr_rule *matched; /* the last that did, by whichever trigger */
};

struct acting {
    const struct cwr_rule *rule;
    const struct cw_effect *effect;
    const struct acting *before;
};

struct courses {
    struct course *at;
    size_t size; /* a power of two */
};

static enum cw_status make_courses(struct courses *courses, size_t n, struct cw_arena *arena)
{
    courses->size = 2;
    while (courses->size < n * 2)
        courses->size *= 2;
    courses->at = cw_arena_take(arena, courses->size * sizeof *courses->at);
    if (!courses->at)
        return CW_NOMEM;
    memset(courses->at, 0, courses->size * sizeof *courses->at);
    return CW_OK;
}

static struct course *course_of(const struct courses *courses, const struct cw_ruleset *rules,
                                const struct cw_person *person)
{
    uint64_t hash = (uint64_t)(person - rules->people + 1) * 0x9E3779B97F4A7C15U;
    size_t i = (size_t)(hash >> 32) & (courses->size - 1);
    while (courses->at[i].person && courses->at[i].person != person)
        i = (i + 1) & (courses->size - 1);
    courses->at[i].person = person;
    return &courses->at[i];
}

/* ---- What rules are to each other ---- */

static enum cw_status refuse_by_final(const struct cwr_deciding *d, const struct cwr_rule *final,
                                      struct cw_effect *effect)
{
    struct cwr_buf buf = cwr_buf_in(d->arena);
    struct cw_text what;
    cwr_buf_printf(&buf, "stopped by rule `%s`, which is final", final->id.at);
    effect->answers = false; /* that rule has spoken */
    return cwr_buf_end(&buf, &what) ? CW_NOMEM
                                    : cwr_refuse(effect, d->arena, what.at, final->place);
}

static enum cw_status ask_throttle(const struct cwr_deciding *d, const struct cwr_rule *rule,
                                   struct cw_effect *effect)
{
    struct cw_mark mark = {
        .kind = "throttle", .rule = effect->rule, .person = effect->person, .key = effect->key};
    char text[CW_CLOCK_TEXT], what[CW_CLOCK_TEXT + 32];
    if (!rule->has_throttle || !d->facts || !d->facts->mark)
        return CW_OK;
    enum cw_status status = d->facts->mark(d->facts->ctx, &mark);
    if (status || mark.until_ms <= d->now_ms)
        return status == CW_ENOENT ? CW_OK : status;
    snprintf(what, sizeof what, "throttled until %s",
             cw_clock_short(effect->person->zone, mark.until_ms, d->now_ms, text));
    return cwr_refuse(effect, d->arena, what, rule->place);
}

static enum cw_status ask_pending(const struct cwr_deciding *d, const struct cwr_rule *rule,
                                  struct cw_effect *effect)
{
    if (rule->mode != CWR_SINGLE || !d->facts || !d->facts->pending)
        return CW_OK;
    enum cw_status status =
        d->facts->pending(d->facts->ctx, effect->rule, effect->person, effect->key);
    if (status)
        return status == CW_ENOENT ? CW_OK : status;
    return cwr_refuse(effect, d->arena, "an earlier run is pending, and the mode is single",
                      rule->place);
}

static enum cw_status ask_earlier(const struct cwr_deciding *d, const struct course *course,
                                  const struct cwr_rule *rule, struct cw_effect *effect)
{
    enum cw_status status = CW_OK;
    const struct acting *first = rule->has_timer ? course->last : NULL;
    for (; first && !status && effect->kind == CW_EFFECT_RUN; first = first->before)
        if (first->effect->due_ms == effect->due_ms) /* else one comes after the other */
            status = cwr_contradict(d, first->rule, first->effect, rule, effect);
    return status;
}

/* ---- Effects ---- */

struct plan {
    struct cwr_deciding d;
    struct courses courses;
    struct cw_effect *effects;
    size_t n;
};

static enum cw_status note(struct plan *p, struct course *course, const struct cwr_rule *rule,
                           const struct cw_effect *effect)
{
    if (rule->has_throttle) {
        p->effects[p->n++] = (struct cw_effect){.kind = CW_EFFECT_MARK,
                                                .rule = effect->rule,
                                                .person = effect->person,
                                                .key = effect->key,
                                                .place = effect->place,
                                                .mark = "throttle",
                                                .value = CW_TEXT(""),
                                                .until_ms = p->d.now_ms + rule->throttle_ms};
    }
    if (!rule->has_timer)
        return CW_OK;
    struct acting *acting = cw_arena_take(p->d.arena, sizeof *acting);
    if (!acting)
        return CW_NOMEM;
    *acting = (struct acting){rule, effect, course->last};
    course->last = acting;
    return CW_OK;
}

/* It matches: is it let through? */
static enum cw_status settle(const struct cwr_deciding *d, struct course *course,
                             const struct cwr_rule *rule, const struct cw_candidate *from,
                             struct cw_effect *effect)
{
    enum cw_status status = CW_OK;
    if (!rule->dry_run && course->final)
        return refuse_by_final(d, course->final, effect);
    if (!rule->dry_run && rule->final)
        course->final = rule;
    if (effect->kind == CW_EFFECT_REFUSED) /* it has no due time */
        return CW_OK;
    if (from->fault.len)
        return cwr_refuse(effect, d->arena, from->fault.at, rule->key_place);
    if (!rule->dry_run)
        status = ask_throttle(d, rule, effect);
    if (!status && effect->kind == CW_EFFECT_RUN)
        status = ask_pending(d, rule, effect);
    if (!status && effect->kind == CW_EFFECT_RUN && !rule->dry_run)
        status = ask_earlier(d, course, rule, effect);
    return status;
}

/* *is_void: at the moment that it names, or since it names none, nothing comes of it. */
static enum cw_status decide_match(struct plan *p, const struct cwr_rule *rule,
                                   const struct cw_candidate *from, struct cw_effect *effect,
                                   bool *is_void)
{
    const struct cwr_deciding *d = &p->d;
    struct course *course = course_of(&p->courses, d->rules, effect->person);
    enum cw_status status = rule->at ? cwr_instant(d, rule, effect) : CW_OK;
    bool due = effect->due_ms <= d->now_ms, is_run = effect->kind == CW_EFFECT_RUN;
    if (!status && is_run && (!rule->at || due))
        status = ask_facts(d, !due, effect);
    *is_void = effect->kind == CW_EFFECT_REFUSED;
    if (status || (is_run && *is_void)) /* no match */
        return status;
    status = settle(d, course, rule, from, effect);
    if (!status && due && effect->kind == CW_EFFECT_RUN) {
        status = cwr_act(d, rule, effect);
        *is_void = effect->kind == CW_EFFECT_REFUSED;
    }
    if (status || effect->kind == CW_EFFECT_REFUSED || rule->dry_run)
        return status;
    return note(p, course, rule, effect);
}

/* Rules never act for who has opted out. */
static enum cw_status refuse_for(const struct cw_person *person, struct cw_arena *arena,
                                 struct cw_effect *effect)
{
    char what[160];
    snprintf(what, sizeof what, "%s has opted out of automation", person->name);
    return cwr_refuse(effect, arena, what, person->place);
}

/* A newer event of the key is what counts, although nothing comes of it: what an older one has let
 * wait is not done at the moment that it named. */
static void forget_older(struct plan *p, const struct cwr_rule *rule,
                         const struct cw_effect *effect)
{
    if (rule->at && rule->key && rule->mode == CWR_RESTART)
        p->effects[p->n++] = (struct cw_effect){.kind = CW_EFFECT_CANCEL,
                                                .rule = effect->rule,
                                                .person = effect->person,
                                                .key = effect->key,
                                                .place = effect->place};
}

static enum cw_status decide_run_of(struct plan *p, const struct cwr_rule *rule,
                                    const struct cw_candidate *from)
{
    struct course *course = course_of(&p->courses, p->d.rules, from->person);
    bool is_void = false, is_stopped = course->final && !rule->dry_run;
    if (course->matched == rule)
        return CW_OK;
    course->matched = rule;
    struct cw_effect *effect = &p->effects[p->n++];
    *effect = (struct cw_effect){.kind = CW_EFFECT_RUN,
                                 .rule = rule->id.at,
                                 .person = from->person,
                                 .key = from->key,
                                 .place = rule->place,
                                 .condition = from->condition,
                                 .vars = from->vars,
                                 .due_ms = p->d.now_ms + (rule->has_wait ? rule->wait_ms : 0),
                                 .dated = rule->at != NULL,
                                 .yields = rule->yields,
                                 .waits = rule->has_wait,
                                 .answers = rule->answers && !rule->dry_run,
                                 .beside = rule->mode == CWR_PARALLEL};
    if (from->person->opted_out)
        return refuse_for(from->person, p->d.arena, effect);
    enum cw_status status = decide_match(p, rule, from, effect, &is_void);
    if (!status && is_void && !is_stopped)
        forget_older(p, rule, effect);
    return status;
}

static enum cw_status decide_part(struct plan *p, const struct cwr_rule *rule,
                                  const struct cw_candidate *from)
{
    bool fires = false;
    if (!rule->dry_run && course_of(&p->courses, p->d.rules, from->person)->final)
        return CW_OK; /* it does not see the event */
    enum cw_status status = cwr_decide_part(&p->d, rule, from, &p->effects[p->n], &fires);
    p->n += !status;
    return status || !fires ? status : decide_run_of(p, rule, from);
}

static enum cw_status decide_one(struct plan *p, const struct cw_candidate *from)
{
    const struct cwr_rule *rule = &p->d.rules->rules[from->rule];
    switch (from->kind) {
    case CW_CANDIDATE_RUN:
        return decide_run_of(p, rule, from);
    case CW_CANDIDATE_PART:
        return decide_part(p, rule, from);
    case CW_CANDIDATE_SIGN:
        return cwr_decide_sign(&p->d, rule, from, &p->effects[p->n++]);
    case CW_CANDIDATE_CANCEL:
    case CW_CANDIDATE_CORRECT:
        break;
    }
    p->effects[p->n++] = (struct cw_effect){.kind = CW_EFFECT_CANCEL,
                                            .rule = rule->id.at,
                                            .person = from->person,
                                            .keep = from->keep,
                                            .n_keep = from->n_keep,
                                            .key = from->key,
                                            .place = rule->place};
    return CW_OK;
}

enum cw_status cw_decide(const struct cw_ruleset *rules, const struct cw_matches *matches,
                         const struct cw_facts_reader *facts, int64_t now_ms,
                         struct cw_arena *arena, struct cw_plan *out)
{
    struct cw_json *state = NULL;
    struct plan p = {.d = {rules, facts, now_ms, cw_json_create(), arena, &state}};
    p.effects = cw_arena_take(arena, (matches->n * 3 + 1) * sizeof *p.effects);
    enum cw_status status = p.effects && p.d.json ? CW_OK : CW_NOMEM;
    if (!status)
        status = make_courses(&p.courses, matches->n, arena);
    for (size_t i = 0; i < matches->n && !status; i++)
        status = decide_one(&p, &matches->items[i]);
    cw_json_destroy(p.d.json);
    cw_json_destroy(state);
    if (!status)
        *out = (struct cw_plan){p.effects, p.n};
    return status;
}

/* ---- A run that has come due ---- */

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

static enum cw_status decide_run(struct cwr_deciding *d, const struct cwr_rule *rule,
                                 struct cw_effect *effect)
{
    if (!rule->enabled)
        return cwr_refuse(effect, d->arena, "the rule is not enabled any more", rule->place);
    if (effect->person->opted_out)
        return refuse_for(effect->person, d->arena, effect);
    enum cw_status status = ask_facts(d, false, effect);
    if (status || effect->kind == CW_EFFECT_REFUSED)
        return status;
    d->json = cw_json_create();
    status = d->json ? cwr_act(d, rule, effect) : CW_NOMEM;
    cw_json_destroy(d->json);
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
                                 .due_ms = run->due_ms ? run->due_ms : now_ms};
    struct cw_json *state = NULL;
    struct cwr_deciding d = {rules, facts, now_ms, NULL, arena, &state};
    status = decide_run(&d, rule, effect);
    cw_json_destroy(state);
    if (status)
        return cw_fail(err, status,
                       status == CW_NOMEM ? "memory is short" : "the facts cannot be read");
    *out = (struct cw_plan){effect, 1};
    return CW_OK;
}
