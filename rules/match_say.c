/* match_say: what a trace is told of each look: one line, why or why not. */
#include "match.h"

void cwr_match_say(struct cwr_match *m, enum cw_look_kind kind, const struct cw_person *person,
                   struct cw_place place, const char *reason)
{
    const struct cw_look look = {kind, m->rule->id.at, person, place, reason};
    if (m->trace)
        m->trace->look(m->trace->ctx, &look);
}

void cwr_match_say_no(struct cwr_match *m, const struct cw_person *person)
{
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made;
    if (!m->trace)
        return;
    cwr_buf_printf(&buf, "no: %s", m->look.reason ? m->look.reason : "its conditions do not hold");
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    else
        cwr_match_say(m, CW_LOOK_NO, person, m->look.reason ? m->look.place : m->rule->place,
                      made.at);
}

void cwr_match_say_when(struct cwr_match *m)
{
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made;
    if (!m->trace)
        return;
    cwr_buf_puts(&buf, "no: when is ");
    for (size_t i = 0; i < m->rule->when.n && i < 8; i++) {
        const struct cwr_trigger *t = &m->rule->when.items[i];
        cwr_buf_puts(&buf, i ? " or " : "");
        cwr_buf_put(&buf, t->shown);
        if (t->kind != CW_TRIGGER_EVENT)
            continue;
        cwr_buf_put(&buf, t->source);
        cwr_buf_puts(&buf, ".");
        cwr_buf_put(&buf, t->type.len ? t->type : CW_TEXT("*"));
    }
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    else
        cwr_match_say(m, CW_LOOK_OTHER, NULL, m->rule->place, made.at);
}

void cwr_match_say_disabled(struct cwr_match *m, const struct cwr_rule *rule)
{
    m->rule = rule;
    cwr_match_say(m, CW_LOOK_NO, NULL, rule->place, "no: the rule is not enabled");
}
