/* start, stop, pause, resume; log, reply: what each does about what the look has seen. */
#include "action/asof.h"
#include "action/step.h"
#include "tell.h"

#include <string.h>

/* ---- start ---- */

/* What ran is over but for calls that this one has made needless: the entry that runs is another
 * one, unless it says the same. */
static struct action_verdict start_anew(const struct action_turn *t, const struct look *look,
                                        bool same, json_t *body)
{
    const char *note = step_text(body, "note"), *has = step_text(look->entry.json, "note");
    if (!same || (note && strcmp(note, has ? has : "") != 0))
        return step_act(t, look, "start", false, body);
    json_decref(body);
    struct action_verdict v = step_done_with(t, &look->entry, t->rule, "", NULL);
    v.reason = "this is running already, and counts as started by this";
    return v;
}

static struct action_verdict start_decide(const struct action_turn *t, const struct look *look)
{
    const char *if_running = step_text(t->args, "if_running");
    json_t *body = target_body(t);
    bool running = look->entry.state == ENTRY_RUNNING;
    bool same = running && entry_matches(&look->entry, body);
    if (step_flag(t, "anew"))
        return start_anew(t, look, same, body);
    if (!same && !(running && if_running && strcmp(if_running, "keep") == 0))
        return step_act(t, look, "start", false, body);
    json_decref(body);
    return same ? step_end(t, ACTION_DONE, "this is running already")
                : step_end(t, ACTION_SKIPPED, "another timer is running, and stays");
}

static struct action_verdict start_settle(const struct action_turn *t, const char *op,
                                          const struct entry *entry)
{
    (void)op;
    return step_done_with(t, entry, t->rule, "", NULL);
}

const struct action_ops action_start = {
    .decide = start_decide, .settle = start_settle, .has_target = true};

/* ---- stop ---- */

static struct action_verdict stop_decide(const struct action_turn *t, const struct look *look)
{
    if (entry_is_active(&look->entry))
        return step_act(t, look, "stop", false, json_object());
    if (!look->has_pause)
        return step_end(t, ACTION_SKIPPED, "no timer is active");
    /* An emulated pause: stopped at awork already, and nothing is to be resumed any more. */
    return asof_settle(t, &action_stop, "stop", &look->entry);
}

static struct action_verdict stop_settle(const struct action_turn *t, const char *op,
                                         const struct entry *entry)
{
    (void)op;
    return step_done_with(t, entry, step_started_by(t, entry->id), "", NULL);
}

const struct action_ops action_stop = {.decide = stop_decide, .settle = stop_settle};

/* ---- pause and resume: by the person's own token, or emulated ---- */

static bool has_own_token(const struct action_turn *t)
{
    bool has_one = t->has_login || (t->person->token && *t->person->token);
    return has_one && !step_flag(t, "own_refused");
}

static const char *why_not_own(const struct action_turn *t)
{
    return step_flag(t, "own_refused") ? "awork refuses it with the person's token"
                                       : "only the person's own token may do this";
}

static struct action_verdict pause_decide(const struct action_turn *t, const struct look *look)
{
    if (look->facts.timer == CW_TIMER_PAUSED)
        return step_end(t, ACTION_SKIPPED, "the timer is paused already");
    if (look->entry.state != ENTRY_RUNNING)
        return step_end(t, ACTION_SKIPPED, "no timer is running");
    if (has_own_token(t))
        return step_act(t, look, "pause", true, NULL);
    if (t->without_token == WITHOUT_TOKEN_FAIL)
        return step_end(t, ACTION_DEAD, "%s", why_not_own(t));
    if (t->without_token == WITHOUT_TOKEN_SKIP)
        return step_end(t, ACTION_SKIPPED, "%s", why_not_own(t));
    return step_act(t, look, "stop", false, json_object());
}

static struct action_verdict pause_settle(const struct action_turn *t, const char *op,
                                          const struct entry *entry)
{
    json_t *memo = strcmp(op, "stop") == 0 ? entry_memo(entry) : NULL;
    return step_done_with(t, entry, step_started_by(t, entry->id), t->rule, memo);
}

const struct action_ops action_pause = {.decide = pause_decide, .settle = pause_settle};

static struct action_verdict resume_emulated(const struct action_turn *t, const struct look *look)
{
    char *text = cw_arena_copy(t->arena, t->timer->memo);
    json_t *body = text ? tell_read(cw_text_of(text), 0) : NULL;
    if (!step_text(body, "typeOfWorkId")) {
        json_decref(body);
        return step_end(t, ACTION_DEAD, "what was paused has no type of work to start with");
    }
    json_object_set_new(body, "timezone", json_string(t->person->timezone));
    return step_act(t, look, "start", false, body);
}

static struct action_verdict resume_decide(const struct action_turn *t, const struct look *look)
{
    if (look->has_pause)
        return resume_emulated(t, look);
    if (look->entry.state == ENTRY_RUNNING)
        return step_end(t, ACTION_SKIPPED, "the timer is running already");
    if (look->entry.state != ENTRY_PAUSED)
        return step_end(t, ACTION_SKIPPED, "nothing is paused");
    if (has_own_token(t))
        return step_act(t, look, "resume", true, NULL);
    return step_end(t, t->without_token == WITHOUT_TOKEN_FAIL ? ACTION_DEAD : ACTION_SKIPPED, "%s",
                    why_not_own(t));
}

static struct action_verdict resume_settle(const struct action_turn *t, const char *op,
                                           const struct entry *entry)
{
    /* The work goes on: whoever started it before the pause is still who started it. */
    const char *started_by = step_started_by(t, entry->id);
    if (strcmp(op, "start") == 0)
        started_by = step_text(t->progress, "seen_by");
    return step_done_with(t, entry, started_by, "", NULL);
}

const struct action_ops action_resume = {.decide = resume_decide, .settle = resume_settle};

/* ---- log, reply ---- */

static const char *text_of(const struct action_turn *t)
{
    const char *text = step_text(t->args, "text");
    return text ? cw_arena_copy(t->arena, cw_text_of(text)) : "";
}

static struct action_verdict log_decide(const struct action_turn *t, const struct look *look)
{
    (void)look;
    struct action_verdict v = step_end(t, ACTION_DONE, "%s", "");
    v.log = text_of(t);
    return v;
}

const struct action_ops action_log = {.decide = log_decide, .is_blind = true};

static struct action_verdict reply_decide(const struct action_turn *t, const struct look *look)
{
    (void)look;
    if (!t->is_awaited)
        return step_end(t, ACTION_SKIPPED, "nobody waits for the answer any more");
    struct action_verdict v = t->instead
                                  ? step_end(t, ACTION_SKIPPED, "said instead: %s", t->instead)
                                  : step_end(t, ACTION_DONE, "%s", "");
    v.reply = t->instead ? t->instead : text_of(t);
    if (t->besides)
        v.reply = step_end(t, ACTION_DONE, "%s\n%s", v.reply, t->besides).reason;
    return v;
}

const struct action_ops action_reply = {.decide = reply_decide, .is_blind = true, .passes = true};
