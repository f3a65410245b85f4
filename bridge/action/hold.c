/* hold and release: the lane of the person begins nothing more, or goes on. No request is made; the
 * mark is written with the end of the call. */
#include "action/step.h"

#include "length.h"

static struct action_verdict hold_decide(const struct action_turn *t, const struct look *look)
{
    const char *length = step_text(t->args, "for");
    struct action_verdict v = step_end(t, ACTION_DONE, "%s", "");
    struct cw_error err;
    int64_t ms = 0;
    (void)look;
    if (json_object_get(t->args, "for") &&
        length_parse(cw_text_of(length ? length : ""), &ms, &err))
        return step_end(t, ACTION_DEAD, "%s", err.text);
    v.hold = ACTION_HOLD;
    v.hold_until_ms = length ? t->now_ms + ms : INT64_MAX;
    return v;
}

const struct action_ops action_hold = {.decide = hold_decide, .is_blind = true, .passes = true};

/* What holds everybody is not the person's to end. */
static struct action_verdict release_decide(const struct action_turn *t, const struct look *look)
{
    struct action_verdict v;
    (void)look;
    if (t->held_all)
        v = step_end(t, ACTION_SKIPPED, "everybody is held %s", t->held_all);
    else
        v = step_end(t, ACTION_DONE, "%s", t->is_held ? "" : "nothing was held");
    v.hold = ACTION_RELEASE;
    return v;
}

const struct action_ops action_release = {
    .decide = release_decide, .is_blind = true, .passes = true};
