#include "action/action.h"

#include "action/asof.h"
#include "action/late.h"
#include "action/outside.h"
#include "action/step.h"
#include "tell.h"
#include "xalloc.h"

#include <assert.h>
#include <string.h>

/* ---- The table ---- */

enum { QUARTER_MS = 15 * 60 * 1000 }; /* later they would surprise */

static const char *const switch_or_keep[] = {"switch", "keep", NULL};

static const struct cw_arg_spec start_args[] = {
    {.name = "task", .help = "The task: a key such as KEY-123, or an id."},
    {.name = "project", .help = "The project: a key or an id."},
    {.name = "type_of_work", .help = "A name or id; else the task's, else the person's."},
    {.name = "note", .help = "What the time entry says."},
    {.name = "billable", .is_bool = true, .help = "Whether the time is billed."},
    {.name = "if_running",
     .choices = switch_or_keep,
     .help = "What ran is stopped (switch, the default), or goes on and nothing starts (keep)."},
    {0},
};
static const struct cw_arg_spec as_of_args[] = {
    {.name = "as_of",
     .kind = CW_ARG_MOMENT,
     .help = "When the work had really ended: time since then is taken back."},
    {0}};
static const struct cw_arg_spec log_args[] = {
    {.name = "text", .required = true, .help = "The text of the line."}, {0}};
static const struct cw_arg_spec set_args[] = {
    {.name = "for", .kind = CW_ARG_DURATION, .help = "How long the facts last; else for ever."},
    {0}};
static const struct cw_arg_spec hold_args[] = {
    {.name = "for",
     .kind = CW_ARG_DURATION,
     .help = "How long; else until somebody releases the person. A template may be \"2h\", too."},
    {0}};
static const struct cw_arg_spec clear_args[] = {
    {.name = "name", .kind = CW_ARG_FACT, .required = true, .help = "The name of the fact."}, {0}};
static const struct cw_arg_spec reply_args[] = {
    {.name = "text", .required = true, .help = "What the sender reads."}, {0}};
static const struct cw_arg_spec notify_args[] = {
    {.name = "to",
     .kind = CW_ARG_WHO,
     .required = true,
     .help = "A user, an alias, team:name or everyone; ${user.chat} is the person."},
    {.name = "text", .required = true, .help = "What they read."},
    {0},
};
static const struct cw_arg_spec call_args[] = {
    {.name = "url",
     .kind = CW_ARG_CONFIG,
     .required = true,
     .help = "The address; it reads user.*, secret.* and env.*, and nothing that an event brings."},
    {.name = "method", .choices = call_methods, .help = "POST, unless it is given."},
    {.name = "headers",
     .kind = CW_ARG_CONFIGS,
     .help = "Further headers; they read what url reads."},
    {.name = "json",
     .kind = CW_ARG_TREE,
     .not_with = "method",
     .not_word = "GET",
     .help = "What is sent; any value, with templates in it. Not with GET."},
    {0},
};

const struct cw_action_spec action_specs[] = {
    {.name = "start",
     .args = start_args,
     .timer = true,
     .expires_ms = QUARTER_MS,
     .help = "Starts the person's timer."},
    {.name = "stop",
     .args = as_of_args,
     .bare = true,
     .timer = true,
     .help = "Stops the person's timer."},
    {.name = "pause",
     .args = as_of_args,
     .bare = true,
     .timer = true,
     .expires_ms = QUARTER_MS,
     .help = "Pauses the person's timer; without the person's own token that is emulated."},
    {.name = "resume",
     .bare = true,
     .timer = true,
     .expires_ms = QUARTER_MS,
     .help = "Goes on where the timer was paused."},
    {.name = "log", .args = log_args, .scalar = "text", .help = "A line in the daemon's log."},
    {.name = "notify",
     .args = notify_args,
     .expires_ms = QUARTER_MS,
     .help = "Posts a text to the chat address of a person, or of each of a team."},
    {.name = "reply",
     .args = reply_args,
     .scalar = "text",
     .now_only = true,
     .help = "Answers whom the event came from: a command in a chat."},
    {.name = "set",
     .args = set_args,
     .sets = true,
     .help = "Remembers facts of the person's own, which rules ask as state.name."},
    {.name = "clear",
     .args = clear_args,
     .scalar = "name",
     .help = "Forgets a fact of the person's own."},
    {.name = "call", .args = call_args, .help = "A request to another host."},
    {.name = "hold",
     .args = hold_args,
     .bare = true,
     .expires_ms = QUARTER_MS,
     .help = "Nothing is done for the person for so long; events are kept, and waits go on."},
    {.name = "release", .bare = true, .help = "Ends what holds the person."},
};
const size_t action_specs_n = sizeof action_specs / sizeof *action_specs;

static const struct row {
    const char *name, *undone;
    const struct action_ops *ops;
} rows[] = {{"start", "not started", &action_start}, {"stop", "not stopped", &action_stop},
            {"pause", "not paused", &action_pause},  {"resume", "not resumed", &action_resume},
            {"log", "not logged", &action_log},      {"reply", "not done", &action_reply},
            {"set", "not set", &action_set},         {"clear", "not cleared", &action_clear},
            {"notify", "not told", &action_notify},  {"call", "not called", &action_call},
            {"hold", "not held", &action_hold},      {"release", "not released", &action_release}};

static const struct row *row_of(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool action_is_of_timer(struct cw_text name)
{
    for (size_t i = 0; i < action_specs_n; i++)
        if (cw_text_is(name, action_specs[i].name))
            return action_specs[i].timer;
    return false;
}

bool action_passes(struct cw_text name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (cw_text_is(name, rows[i].name))
            return rows[i].ops->passes;
    return false;
}

bool action_is_told(struct cw_text name)
{
    return action_is_of_timer(name) || (action_passes(name) && !cw_text_is(name, "reply"));
}

const char *action_undone(const char *name)
{
    const struct row *row = row_of(name);
    return row ? row->undone : "not done";
}

/* ---- What is seen ---- */

static void look_at(const struct action_turn *t, const struct entry *entry, struct look *out)
{
    struct look l = {.entry = *entry};
    l.is_ours = t->timer && entry->state != ENTRY_NONE && cw_text_is(t->timer->entry, entry->id);
    l.has_pause = l.is_ours && entry->state == ENTRY_STOPPED && t->timer->memo.len;
    l.facts.timer = entry->state == ENTRY_RUNNING                 ? CW_TIMER_RUNNING
                    : entry->state == ENTRY_PAUSED || l.has_pause ? CW_TIMER_PAUSED
                                                                  : CW_TIMER_STOPPED;
    if (l.is_ours && l.facts.timer != CW_TIMER_STOPPED)
        l.facts.started_by = t->timer->started_by;
    if (l.is_ours && l.facts.timer == CW_TIMER_PAUSED)
        l.facts.paused_by = t->timer->paused_by;
    entry_work(entry, t->arena, &l.work);
    *out = l;
    out->facts.work = &out->work;
    out->facts.now_ms = t->now_ms;
}

static struct action_verdict act(const struct action_turn *t, const struct action_ops *ops,
                                 const struct look *look)
{
    struct action_turn now = *t;
    struct action_verdict v;
    if (ops->answered) /* one look is enough for all its tries */
        step_set_flag(t, "looked", true);
    if (!late_waits(t))
        return ops->decide(t, look);
    if (!late_render(t, look, &now.args, &v))
        return v;
    /* What the look told may say what is to be found. */
    if (!ops->has_target || target_find(&now, &v))
        v = ops->decide(&now, look);
    json_decref(now.args);
    return v;
}

static struct action_verdict decide(const struct action_turn *t, const struct action_ops *ops,
                                    const struct look *look)
{
    enum cw_truth truth = CW_TRUE;
    char why[200] = "";
    struct cw_error err;
    enum cw_status st = CW_OK;
    if (t->condition.len)
        st = cw_condition_ask(t->condition, &look->facts, &truth, why, sizeof why, &err);
    if (st && st != CW_ELIMIT)
        return step_end(t, ACTION_DEAD, "the stored condition cannot be read: %s", err.text);
    if (!st && truth == CW_TRUE)
        return act(t, ops, look);
    struct action_verdict v = step_end(t, ACTION_SKIPPED, "not so: %s", why);
    v.ends_run = true;
    v.is_limit = st == CW_ELIMIT;
    return v;
}

/* ---- After a request whose effect is in doubt ---- */

enum doubt { DOUBT_NO_EFFECT, DOUBT_EFFECT, DOUBT_OVERTAKEN };

static enum doubt doubt_of_start(const struct action_turn *t, const struct entry *now)
{
    const char *seen = step_text(t->progress, "seen"),
               *start = step_text(t->progress, "seen_start");
    if (strcmp(now->id, seen ? seen : "") == 0)
        return DOUBT_NO_EFFECT;
    bool newer = now->state != ENTRY_NONE && (!start || strcmp(now->start, start) >= 0);
    return newer && entry_matches(now, json_object_get(t->progress, "sent")) ? DOUBT_EFFECT
                                                                             : DOUBT_OVERTAKEN;
}

static enum doubt doubt_of(const struct action_turn *t, const struct entry *now)
{
    const char *op = step_text(t->progress, "op"), *seen = step_text(t->progress, "seen");
    if (strcmp(op, "start") == 0)
        return doubt_of_start(t, now);
    if (!seen || strcmp(now->id, seen) != 0)
        return DOUBT_OVERTAKEN;
    if (strcmp(op, "stop") == 0)
        return entry_is_active(now) ? DOUBT_NO_EFFECT : DOUBT_EFFECT;
    if (!entry_is_active(now))
        return DOUBT_OVERTAKEN;
    enum entry_state wanted = strcmp(op, "pause") == 0 ? ENTRY_PAUSED : ENTRY_RUNNING;
    return now->state == wanted ? DOUBT_EFFECT : DOUBT_NO_EFFECT;
}

/* Our request has had its effect, and left this. */
static struct action_verdict settle(const struct action_turn *t, const struct action_ops *ops,
                                    const struct entry *entry)
{
    struct sight left;
    const char *op = step_text(t->progress, "op"), *seen = step_text(t->progress, "seen");
    sight_of(entry, t->arena, &left);
    bool is_crossed = sight_is_crossed(op, seen ? seen : "", &left);
    struct action_verdict v =
        is_crossed ? ops->settle(t, op, entry) : asof_settle(t, ops, op, entry);
    v.by_hand = is_crossed;
    return v;
}

static struct action_verdict on_look(const struct action_turn *t, const struct action_ops *ops,
                                     const struct entry *entry)
{
    struct look look;
    struct judged saw;
    struct action_turn now = *t;
    struct action_verdict v;
    enum doubt doubt = step_flag(t, "doubt") ? doubt_of(t, entry) : DOUBT_NO_EFFECT;
    step_set_flag(t, "doubt", false);
    if (doubt == DOUBT_EFFECT)
        return settle(t, ops, entry);
    struct sight *seen = xtake(t->arena, sizeof *seen);
    sight_of(entry, t->arena, seen);
    seen->asked_ms = t->asked_ms;
    seen->seen_ms = t->now_ms;
    sight_judge(t->timer, seen, &saw);
    if (saw.is_new)
        now.timer = &saw.timer;
    look_at(&now, entry, &look);
    v = doubt == DOUBT_OVERTAKEN
            ? step_end(t, ACTION_SKIPPED, "somebody changed the timer meanwhile")
            : decide(&now, ops, &look);
    v.saw = saw;
    v.by_hand = saw.what == SIGHT_HAND;
    return v;
}

/* ---- Answers ---- */

/* How much of a text to quote. */
static int quoted(const char *text)
{
    return text ? (int)tell_fits(cw_text_of(text), 200) : 0;
}

/* "awork answered 400 invalid-operation: You can only ..." as far as the answer tells. */
static struct action_verdict dead_of(const struct action_turn *t, const json_t *json)
{
    const json_t *first = json_array_get(json_object_get(json, "validationErrors"), 0);
    const char *code = step_text(json, "code"), *text = step_text(json, "description");
    const char *fault = step_text(first, "message");
    return step_end(t, ACTION_DEAD, "awork answered %d%s%.*s%s%.*s%s%.*s", t->answer->status,
                    code ? " " : "", quoted(code), code ? code : "", text ? ": " : "", quoted(text),
                    text ? text : "", fault ? " " : "", quoted(fault), fault ? fault : "");
}

static struct action_verdict go_on(const struct action_turn *t, const struct action_ops *ops);

/* The request may have had its effect: the next turn looks. */
static struct action_verdict doubtful(const struct action_turn *t, enum action_cause cause,
                                      const char *why)
{
    if (!action_is_acting(t->progress))
        return step_retry(t, cause == ACTION_DOUBT ? ACTION_FAILED : cause, why);
    step_set_flag(t, "doubt", true);
    step_remember(t, "turn", "look");
    struct action_verdict v = step_retry(t, cause, why);
    v.in_doubt = true;
    return v;
}

/* The request had no effect: begin again with a look. */
static struct action_verdict again(const struct action_turn *t, enum action_cause cause,
                                   const char *why)
{
    if (action_is_acting(t->progress))
        step_remember(t, "turn", "look");
    return step_retry(t, cause, why);
}

static bool is_transient(int status, const json_t *json)
{
    const char *code = step_text(json, "code");
    return status >= 500 || status == 408 || status == 409 || status == 425 ||
           (code &&
            (strcmp(code, "concurrency-violation") == 0 || strcmp(code, "database-commit") == 0));
}

static struct action_verdict on_unauthorized(const struct action_turn *t, const json_t *json)
{
    if (step_text(json, "code"))
        return dead_of(t, json); /* flat: the right is missing, the token is good */
    bool own = action_is_acting(t->progress) && step_flag(t, "own");
    struct action_verdict v = again(t, ACTION_TOKEN, "awork refuses the token");
    v.own_token = own;
    return v;
}

static struct action_verdict stranger(const struct action_turn *t, const json_t *json)
{
    const char *turn = step_text(t->progress, "turn"), *given = step_text(t->args, turn);
    if (!given)
        return dead_of(t, json);
    return step_end(t, ACTION_DEAD, "awork knows no %s %s", turn, given);
}

static struct action_verdict on_refusal(const struct action_turn *t, const struct action_ops *ops,
                                        const json_t *json)
{
    int status = t->answer->status;
    const char *code = step_text(json, "code");
    if (status == 429)
        return again(t, ACTION_THROTTLED, "awork answered 429");
    if (is_transient(status, json))
        return doubtful(t, ACTION_FAILED, dead_of(t, json).reason);
    if (status == 401)
        return on_unauthorized(t, json);
    if (status == 403)
        return again(t, ACTION_EDGE, "awork's edge answered 403");
    if (status == 400 && code && strcmp(code, "invalid-operation") == 0 &&
        action_is_acting(t->progress) && step_flag(t, "own")) {
        step_set_flag(t, "own_refused", true);
        step_remember(t, "turn", "look");
        return go_on(t, ops);
    }
    bool is_of_target =
        status == 400 && code &&
        (strcmp(code, "entity-archived") == 0 || strcmp(code, "validation-failed") == 0);
    if (is_of_target && action_is_acting(t->progress) && target_doubt(t))
        return go_on(t, ops);
    return status == 404 ? stranger(t, json) : dead_of(t, json);
}

static struct action_verdict on_acted(const struct action_turn *t, const struct action_ops *ops,
                                      const json_t *json)
{
    struct entry entry;
    const char *op = step_text(t->progress, "op");
    if (t->answer->status == 204 && strcmp(op, "start") != 0)
        return step_end(t, ACTION_DONE, "there was nothing to %s", op);
    if (!entry_read(json, &entry))
        return doubtful(t, ACTION_DOUBT, "the answer is no time entry");
    return settle(t, ops, &entry);
}

static struct action_verdict on_success(const struct action_turn *t, const struct action_ops *ops,
                                        const json_t *json)
{
    struct entry entry = {.state = ENTRY_NONE};
    const char *turn = step_text(t->progress, "turn");
    if (strcmp(turn, "act") == 0)
        return on_acted(t, ops, json);
    if (action_has_acted(t->progress) && strcmp(turn, "look") != 0)
        return asof_answered(t, ops, turn, json);
    if (strcmp(turn, "look") == 0) {
        if (t->answer->status != 204 && !entry_read(json, &entry))
            return step_retry(t, ACTION_FAILED, "the answer is no time entry");
        return on_look(t, ops, &entry);
    }
    if (!target_learn(t, turn, json))
        return step_retry(t, ACTION_FAILED, "the answer makes no sense");
    return go_on(t, ops);
}

static struct action_verdict on_answer(const struct action_turn *t, const struct action_ops *ops)
{
    const struct transport_answer *a = t->answer;
    if (a->outcome == TRANSPORT_NOT_SENT)
        return again(t, ACTION_UNREACHED, a->error ? a->error : "not sent");
    if (a->outcome == TRANSPORT_LOST)
        return doubtful(t, ACTION_DOUBT, a->error ? a->error : "the answer was lost");
    json_t *json = tell_read(a->body, 0);
    struct action_verdict v =
        a->status >= 200 && a->status < 300 ? on_success(t, ops, json) : on_refusal(t, ops, json);
    json_decref(json);
    return v;
}

/* The next request, when no answer is at hand. */
static struct action_verdict go_on(const struct action_turn *t, const struct action_ops *ops)
{
    struct action_verdict v;
    bool waits = late_waits(t);
    if (action_has_acted(t->progress))
        return asof_go_on(t);
    if (ops->is_blind && (step_flag(t, "looked") || (!waits && !t->condition.len)))
        return ops->decide(t, NULL);
    if (!uuid_copy(t->person->awork ? t->person->awork : "", NULL))
        return t->person->email
                   ? step_retry(t, ACTION_NO_ID, t->person->trouble ? t->person->trouble : "")
                   : step_end(t, ACTION_DEAD, "the awork id of %s is no uuid", t->person->name);
    if (!step_flag(t, "doubt") && ops->has_target && !waits && !target_find(t, &v))
        return v;
    return step_get(t, "look", "/users/%s/timeentries/last", t->person->awork);
}

struct action_verdict action_step(const struct action_turn *turn)
{
    struct action_turn t = *turn;
    const struct row *row = row_of(t.name);
    const struct action_ops *ops = row ? row->ops : NULL;
    if (!ops)
        return step_end(&t, ACTION_DEAD, "this build has no action %s", t.name);
    t.args = late_args(turn->args, t.progress);
    bool has_answer = t.answer && step_text(t.progress, "turn");
    struct action_verdict v = !has_answer                                     ? go_on(&t, ops)
                              : ops->answered && action_is_acting(t.progress) ? ops->answered(&t)
                                                                              : on_answer(&t, ops);
    if (v.what == ACTION_DEAD && action_has_acted(t.progress))
        v = asof_give_up(&t, ops, v.reason);
    json_decref(t.args);
    return v;
}

struct action_verdict action_give_up(const struct action_turn *turn, const char *why)
{
    const struct row *row = row_of(turn->name);
    assert(row && action_has_acted(turn->progress));
    return asof_give_up(turn, row->ops, why);
}

bool action_asks_awork(const char *name, const json_t *args, struct cw_text condition,
                       const json_t *progress, struct cw_arena *arena)
{
    const struct row *row = row_of(name);
    struct action_turn t = {.progress = (json_t *)progress, .arena = arena};
    if (!row || !row->ops->is_blind || step_flag(&t, "looked"))
        return row && !row->ops->is_blind;
    t.args = late_args(args, progress);
    bool asks = condition.len || late_waits(&t);
    json_decref(t.args);
    return asks;
}
