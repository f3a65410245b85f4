/* match_listen: what an event means for the triggers `all`, `absent` and `count`. What came before
 * it is not known here: that is for cw_decide. */
#include "match.h"

#include <string.h>

enum { SIGN_VALUE = 16 << 10, SIGN_BYTES = 64 << 10 };

/* ---- What is heard ---- */

/* Which parts the event is; the captures are those of the first. */
static uint32_t find_parts(struct cwr_match *m, const struct cwr_trigger *t, bool *named)
{
    uint32_t parts = 0;
    size_t first = t->n_parts;
    for (size_t i = t->n_parts; i-- > 0 && !m->look.status;) {
        if (!cwr_match_find(m, &t->parts[i], named))
            continue;
        parts |= (uint32_t)1 << i;
        first = i;
    }
    if (first > 0 && first < t->n_parts)
        cwr_match_find(m, &t->parts[first], named);
    return parts;
}

/* Returns: false when it does not count. */
static bool ask(struct cwr_match *m, const struct cwr_trigger *t, struct cw_candidate *like)
{
    struct cwr_answer answer = {CW_TRUE, {NULL, 0}};
    if (like->kind == CW_CANDIDATE_SIGN)
        return true;
    if (m->rule->condition)
        answer = cwr_condition_look(m->rule->condition, &m->look);
    cwr_match_count(m);
    like->unfit = answer.truth == CW_FALSE || m->look.limit;
    like->condition = answer.residual;
    m->look.limit = false;
    return !like->unfit || t->kind == CW_TRIGGER_ALL;
}

static void hear(struct cwr_match *m, const struct cwr_trigger *t, uint32_t parts)
{
    struct cw_candidate like = {.kind = t->kind == CW_TRIGGER_ABSENT ? CW_CANDIDATE_SIGN
                                                                     : CW_CANDIDATE_PART,
                                .parts = parts};
    bool counts = ask(m, t, &like);
    if (counts && !m->look.status && m->rule->key &&
        !cwr_match_key(m, &like.key, &like.fault)) { /* nobody knows whose it is */
        m->look.reason = like.fault.at;
        m->look.place = m->rule->key_place;
        counts = false;
    }
    if (m->look.status)
        return;
    if (!counts) {
        cwr_match_say_no(m, NULL);
        return;
    }
    m->signs |= like.kind == CW_CANDIDATE_SIGN;
    m->look.count = t->count_text;
    cwr_match_like(m, &like);
    m->look.count = (struct cw_text){NULL, 0};
}

bool cwr_match_listen(struct cwr_match *m)
{
    bool heard = false;
    for (size_t i = 0; i < m->rule->when.n && !m->look.status; i++) {
        const struct cwr_trigger *t = &m->rule->when.items[i];
        bool named = false;
        uint32_t parts = t->n_parts ? find_parts(m, t, &named) : 0;
        m->trigger = (uint32_t)i;
        heard |= named;
        if (parts && !m->look.status)
            hear(m, t, parts);
        else if (named && !m->look.status)
            cwr_match_say_no(m, NULL);
    }
    return heard;
}

bool cwr_match_is_part(const struct cwr_match *m, const struct cw_candidate *candidate)
{
    return candidate->kind == CW_CANDIDATE_PART &&
           m->rule->when.items[m->trigger].kind == CW_TRIGGER_ALL;
}

void cwr_match_say_heard(struct cwr_match *m, const struct cw_person *person,
                         const struct cw_candidate *candidate)
{
    const struct cwr_trigger *t = &m->rule->when.items[candidate->trigger];
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made;
    if (!m->trace)
        return;
    cwr_buf_puts(&buf, candidate->kind == CW_CANDIDATE_SIGN ? "no: a sign of life for "
                       : t->kind == CW_TRIGGER_COUNT        ? "no: it counts for "
                       : candidate->unfit                   ? "no: a part, but not the last, of "
                                                            : "no: a part of ");
    cwr_buf_put(&buf, t->shown);
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    else
        cwr_match_say(m, CW_LOOK_NO, person, t->place, made.at);
}

/* ---- What is kept of a sign of life ---- */

/* A value that is too large is as good as missing. */
static void put_small(struct cwr_match *m, struct cwr_buf *buf, const struct cwr_ref *ref)
{
    size_t before = buf->len;
    cwr_match_put(m, buf, ref);
    if (buf->len - before > SIGN_VALUE || buf->len > SIGN_BYTES)
        buf->len = before;
}

static void put_text(struct cwr_buf *buf, const char *before, struct cw_text name,
                     struct cw_text text)
{
    cwr_buf_puts(buf, buf->len > 1 ? "," : "");
    cwr_buf_puts(buf, before);
    cwr_buf_put(buf, name);
    cwr_buf_puts(buf, "\":");
    cwr_buf_json_string(buf, text);
}

/* What the rules read of it, once for all of them, so that what falls silent together stays
 * together. */
void cwr_match_keep_sign(struct cwr_match *m)
{
    struct cw_matcher *matcher = m->look.matcher;
    const struct cw_event *event = m->look.event;
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made = {NULL, 0};
    cwr_buf_puts(&buf, "{");
    put_text(&buf, "\"source.", CW_TEXT("name"), event->source);
    for (size_t i = 0; i < event->n_params; i++)
        if (event->params[i].value.kind == CW_STRING)
            put_text(&buf, "\"source.path.", event->params[i].name, event->params[i].value.text);
    for (size_t i = 0; i < m->n && !m->look.status; i++) {
        const struct cwr_rule *rule = &m->rules->rules[m->items[i].rule];
        for (size_t k = 0; m->items[i].kind == CW_CANDIDATE_SIGN && k < rule->n_reads; k++) {
            struct cwr_cached *cached = &matcher->values[rule->reads[k]];
            if (cached->kept != matcher->stamp)
                put_small(m, &buf, &m->rules->paths[rule->reads[k]]);
            cached->kept = matcher->stamp;
        }
    }
    cwr_buf_puts(&buf, "}");
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    for (size_t i = 0; i < m->n; i++)
        if (m->items[i].kind == CW_CANDIDATE_SIGN)
            m->items[i].vars = made;
}
