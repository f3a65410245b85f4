/* compile_lint: warns of what one rule says in vain: an answer that comes too late, an `unless`
 * that ends nothing, a rule that never matches or names nobody.
 *
 * A warning must be certain and have a remedy: what may be meant is not warned of. */
#include <string.h>

#include "compile.h"
#include "matcher.h"

enum { SOON_MS = 2000 }; /* a look at awork alone may take so long */

/* Whether somebody who sent an event may be there to hear what comes of it. */
static bool has_sender(const struct cwr_rule *rule)
{
    for (size_t i = 0; i < rule->when.n; i++)
        if (rule->when.items[i].kind != CW_TRIGGER_EVERY &&
            rule->when.items[i].kind != CW_TRIGGER_ABSENT)
            return true;
    return false;
}

static void lint_actions(struct cwr_compiler *c, const struct cwr_rule *rule)
{
    bool waits = (rule->has_wait && rule->wait_ms) || rule->at;
    if (!waits && has_sender(rule))
        return;
    for (size_t i = 0; i < rule->n_actions; i++) {
        const struct cwr_action *action = &rule->actions[i];
        if (!action->now_only)
            continue;
        cw_diags_add(c->diags, CW_WARNING, "too-late", action->place,
                     waits ? "put it into a rule of the same event that does not wait" : NULL,
                     waits ? "`%s` comes when the sender of the event listens no more"
                           : "`%s` answers the sender of an event, and time sends none",
                     action->name);
    }
}

/* ---- user ---- */

static void lint_user(struct cwr_compiler *c, const struct cwr_rule *rule)
{
    for (size_t i = 0; i < rule->when.n; i++)
        if (rule->when.items[i].kind != CW_TRIGGER_EVENT ||
            cwr_names_somebody(c, &rule->when.items[i]))
            return;
    if (rule->n_who || !rule->when.n)
        return;
    struct cw_text source = rule->when.items[0].source;
    cw_diags_add(c->diags, CW_WARNING, "names-nobody", rule->place,
                 "write `user` here, or in the source what names the user",
                 "`%s` acts for nobody: it has no `user`, and events of `%.*s` name none",
                 rule->id.at, (int)source.len, source.at);
}

/* ---- Schedules ---- */

/* The event of a tick has what every event has, and nothing else. What is asked of the event of
 * `unless` is another event's. */
void cwr_lint_event(struct cwr_compiler *c, struct cw_path path, struct cw_place place,
                    const struct cwr_ref *ref)
{
    static const char *const always[] = {"id", "type", "source", "received", "provider_type"};
    const struct cwr_triggers *when = &c->at.rule->when;
    bool ticks = when->n > 0 && !c->at.events_of && place.line; /* without one it is our own */
    for (size_t i = 0; i < when->n; i++)
        ticks &= when->items[i].kind == CW_TRIGGER_EVERY;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        ticks &= !cw_text_is(path.steps[1].name, always[i]);
    if (ticks)
        cw_diags_add(c->diags, CW_WARNING, "no-event", place, NULL,
                     "a schedule brings no `%.*s`: it is always missing",
                     (int)(ref->name.len > 60 ? 60 : ref->name.len), ref->name.at);
}

/* ---- unless ---- */

static bool covers(const struct cwr_trigger *wide, const struct cwr_trigger *narrow)
{
    return wide->kind == CW_TRIGGER_EVENT && narrow->kind == CW_TRIGGER_EVENT && !wide->filter &&
           wide->source.len == narrow->source.len &&
           memcmp(wide->source.at, narrow->source.at, wide->source.len) == 0 &&
           (!wide->type.len || (wide->type.len == narrow->type.len &&
                                memcmp(wide->type.at, narrow->type.at, wide->type.len) == 0));
}

/* Where every event of `unless` makes the rule match anew, the new run takes the place of the
 * pending one anyway. With a condition, a window or another mode it may not. */
static bool begins_anew(const struct cwr_rule *rule, const struct cwr_trigger *unless)
{
    if (rule->condition || rule->has_throttle || rule->mode != CWR_RESTART || rule->n_who)
        return false;
    for (size_t i = 0; i < rule->when.n; i++)
        if (covers(&rule->when.items[i], unless))
            return true;
    return false;
}

static void lint_unless(struct cwr_compiler *c, const struct cwr_rule *rule)
{
    bool waits = rule->has_wait || rule->at;
    if (rule->unless.n && !waits)
        cw_diags_add(c->diags, CW_WARNING, "idle-unless", rule->unless.items[0].place,
                     "say with `wait` or `at` how long it is waited for",
                     "`unless` ends what waits, and this rule acts at once");
    for (size_t i = 0; i < rule->unless.n && waits; i++)
        if (begins_anew(rule, &rule->unless.items[i]))
            cw_diags_add(
                c->diags, CW_WARNING, "idle-unless", rule->unless.items[i].place,
                "leave it out, or name another event",
                "this `unless` changes nothing: its event makes the rule match anew, which "
                "takes the place of what waits");
}

/* ---- expires ---- */

static void lint_expires(struct cwr_compiler *c, const struct cw_node *node,
                         const struct cwr_rule *rule)
{
    if (!node || !rule->n_actions || rule->actions[0].expires_ms >= SOON_MS)
        return;
    cw_diags_add(c->diags, CW_WARNING, "short-expires", cw_node_place(node),
                 "give it some seconds at least",
                 "a slow answer of awork takes longer than this, and then nothing is done");
}

/* ---- as_of ---- */

/* One who pauses by a token of their own, of those that a rule may be about. */
static const struct cw_person *find_own(const struct cwr_compiler *c, const struct cwr_rule *rule)
{
    bool all = !rule->n_who;
    for (size_t i = 0; i < rule->n_who; i++) {
        const struct cwr_team *team = rule->who[i].team;
        all |= !team;
        for (size_t j = 0; team && j < team->n; j++)
            if (team->people[j]->token)
                return team->people[j];
    }
    for (size_t i = 0; all && i < c->rules->n_people; i++)
        if (c->rules->people[i].token)
            return &c->rules->people[i];
    return NULL;
}

static void lint_moments(struct cwr_compiler *c, const struct cwr_rule *rule)
{
    const struct cw_person *own = find_own(c, rule);
    for (size_t i = 0; own && i < rule->n_actions; i++) {
        const struct cwr_action *a = &rule->actions[i];
        for (size_t j = 0; j < a->n_args && strcmp(a->name, "pause") == 0; j++)
            if (a->args[j].is_moment)
                cw_diags_add(c->diags, CW_WARNING, "true-pause", a->args[j].place,
                             "`stop` with it takes time back for everybody",
                             "`%s` has a token: their pause is a true one, and the time before it "
                             "is not taken back",
                             own->name);
    }
}

/* ---- Facts about rules ---- */

static bool has_action(const struct cwr_rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->n_actions; i++)
        if (strcmp(rule->actions[i].name, name) == 0)
            return true;
    return false;
}

/* `resume` may start a timer: the one that was stopped as an emulated pause. */
static void lint_by(struct cwr_compiler *c, const struct cwr_by *by)
{
    const struct cwr_rule *rule = &c->rules->rules[by->rule];
    if (by->paused ? has_action(rule, "pause")
                   : has_action(rule, "start") || has_action(rule, "resume"))
        return;
    cw_diags_add(c->diags, CW_WARNING, "unmet-fact", by->place, NULL,
                 "the rule `%s` (%s) has no `%s`, so no timer is ever %s by it", rule->id.at,
                 cwr_where(c, rule->place, by->place), by->paused ? "pause" : "start",
                 by->paused ? "paused" : "started");
}

/* ---- The whole ---- */

bool cwr_lint_matcher(struct cwr_compiler *c)
{
    if (!c->matcher)
        c->matcher = cw_matcher_create();
    c->no_memory |= !c->matcher;
    return !c->no_memory;
}

void cwr_lint_rule(struct cwr_compiler *c, const struct cw_node *map, const struct cwr_rule *rule)
{
    if (!rule->enabled || c->partial)
        return;
    lint_actions(c, rule);
    lint_unless(c, rule);
    lint_user(c, rule);
    lint_expires(c, cw_node_get(map, "expires"), rule);
    lint_moments(c, rule);
    cwr_lint_never(c, rule);
}

void cwr_lint_rules(struct cwr_compiler *c, const struct cw_node *list)
{
    for (size_t i = 0; i < c->n_bys; i++)
        lint_by(c, &c->bys[i]);
    cwr_lint_hours(c);
    cwr_warn_of_facts(c);
    if (list && cw_node_kind(list) == CW_NODE_SEQ && !c->no_memory)
        cwr_warn_of_clashes(c, list);
}
