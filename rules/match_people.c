/* match_people: from the `user` of a rule, or of an event, to people; and what its `key` is. */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "match.h"
#include "moment.h"

/* Returns: false when this person or team was there in this round. */
static bool mark(const struct cwr_match *m, size_t i)
{
    struct cw_matcher *matcher = m->look.matcher;
    if (matcher->marks[i] == matcher->round)
        return false;
    matcher->marks[i] = matcher->round;
    return true;
}

static void add_person(struct cwr_match *m, const struct cw_person *person, struct cwr_people *out)
{
    if (!mark(m, (size_t)(person - m->rules->people)))
        return;
    if (out->n == out->size) {
        size_t size = out->size ? out->size * 2 : 4;
        const struct cw_person **items = cw_arena_take(m->look.arena, size * sizeof *items);
        if (!items) {
            m->look.status = CW_NOMEM;
            return;
        }
        if (out->n)
            memcpy(items, out->items, out->n * sizeof *items);
        out->items = items;
        out->size = size;
    }
    out->items[out->n++] = person;
}

static void add_team(struct cwr_match *m, const struct cwr_team *team, struct cwr_people *out)
{
    for (size_t i = 0; i < team->n && !m->look.status; i++)
        add_person(m, team->people[i], out);
}

static struct cw_text joined(struct cwr_match *m, const char *before, struct cw_text prefix,
                             struct cw_text name)
{
    struct cwr_buf buf = cwr_buf_in(m->look.arena);
    struct cw_text made = {"", 0};
    cwr_buf_puts(&buf, before);
    cwr_buf_put(&buf, prefix);
    cwr_buf_put(&buf, name);
    if (cwr_buf_end(&buf, &made))
        m->look.status = CW_NOMEM;
    return made;
}

static void add_stranger(struct cwr_match *m, struct cw_text name, bool team)
{
    if (m->trace) {
        struct cw_text made = joined(
            m, team ? "no: there is no " : "no: nobody has the name or alias ", name, CW_TEXT(""));
        cwr_match_say(m, CW_LOOK_NO, NULL, m->rule->place, made.at);
    }
    m->answers |= m->rule->answers && !m->rule->dry_run;
    for (size_t i = 0; i < m->n_strangers; i++)
        if (m->strangers[i].len == name.len && memcmp(m->strangers[i].at, name.at, name.len) == 0)
            return;
    if (m->n_strangers < CWR_STRANGERS)
        m->strangers[m->n_strangers++] = name;
}

static void add_named_team(struct cwr_match *m, struct cw_text name, struct cwr_people *out)
{
    uint32_t i = cwr_find_team(m->rules, name);
    if (i != CWR_NOWHERE && mark(m, m->rules->n_people + i))
        add_team(m, &m->rules->teams[i], out);
    else if (i == CWR_NOWHERE && out->strangers_count)
        add_stranger(m, joined(m, "team:", name, CW_TEXT("")), true);
}

static void add_name(struct cwr_match *m, const struct cwr_who *who, const struct cw_value *value,
                     struct cwr_people *out)
{
    struct cw_text name = value->text;
    bool is_name = value->kind == CW_STRING || value->kind == CW_NUMBER;
    if (!is_name || !name.len || name.len > CWR_NAME_BYTES || out->named == CWR_NAMES)
        return;
    if (who && who->prefix.len)
        name = joined(m, "", who->prefix, name);
    if (m->look.status)
        return;
    out->named++;
    if (who && who->teams) {
        add_named_team(m, name, out);
        return;
    }
    uint32_t i = cwr_find_person(m->rules, name);
    if (i != CWR_NOWHERE)
        add_person(m, &m->rules->people[i], out);
    else if (out->strangers_count)
        add_stranger(m, name, false);
}

static void add_value(struct cwr_match *m, const struct cwr_who *who, const struct cw_value *value,
                      struct cwr_people *out)
{
    if (value->kind != CW_LIST) {
        add_name(m, who, value, out);
        return;
    }
    for (size_t i = 0; i < cw_value_count(value) && !m->look.status; i++) {
        struct cw_value item;
        if (cw_value_item(value, i, m->look.arena, &item))
            m->look.status = CW_NOMEM;
        else
            add_name(m, who, &item, out);
    }
}

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    struct cwr_match *m = ctx;
    struct cw_text root = path.steps[0].name;
    enum cw_status status = CW_OK;
    char now[CWR_MOMENT_SIZE];
    *out = (struct cw_value){.kind = CW_MISSING};
    if (cw_text_is(root, "event")) {
        status = cwr_event_get(m->look.event, path, arena, out);
    } else if (cw_text_is(root, "source")) {
        status = cwr_source_get(m->look.event, path, arena, out);
    } else if (cw_text_is(root, "now")) {
        struct cw_text made = cwr_moment_print(m->look.now_ms, now);
        made.at = cw_arena_copy(arena, made);
        status = made.at ? CW_OK : CW_NOMEM;
        *out = cw_value_string(made);
    }
    for (size_t i = 0; cw_text_is(root, "match") && path.n == 2 && i < m->rule->n_captures; i++)
        if (cw_text_is(path.steps[1].name, m->rule->captures[i].at))
            *out = m->look.captures[i];
    return status ? cw_fail(err, status, "memory is short") : CW_OK;
}

static void add_who(struct cwr_match *m, const struct cwr_who *who, struct cwr_people *out)
{
    const struct cw_scope scope = {.lookup = look_up, .ctx = m};
    struct cw_value value;
    struct cw_error err;
    if (who->team) {
        out->named++;
        add_team(m, who->team, out);
        return;
    }
    enum cw_status status = cw_template_render(who->tpl, &scope, m->look.arena, &value, &err);
    if (status == CW_NOMEM)
        m->look.status = status;
    else if (!status)
        add_value(m, who, &value, out);
    else if (m->look.tracing)
        m->look.reason = cw_arena_copy(m->look.arena, cw_text_of(err.text));
}

static struct cw_text key_fault(struct cwr_match *m, const char *what)
{
    const char *copy = cw_arena_copy(m->look.arena, cw_text_of(what));
    if (!copy)
        m->look.status = CW_NOMEM;
    return cw_text_of(copy ? copy : "");
}

bool cwr_match_key(struct cwr_match *m, struct cw_text *out, struct cw_text *fault)
{
    const struct cw_scope scope = {.lookup = look_up, .ctx = m};
    struct cw_value value;
    struct cw_error err;
    enum cw_status status = cw_template_render(m->rule->key, &scope, m->look.arena, &value, &err);
    if (!status && cw_value_text(&value, m->look.arena, out))
        status = CW_NOMEM;
    if (status == CW_NOMEM)
        m->look.status = status;
    else if (status)
        *fault = key_fault(m, err.text);
    else if (!out->len)
        *fault = key_fault(m, "the key of the rule is empty");
    else if (out->len > CWR_KEY_BYTES)
        *fault = key_fault(m, "the key of the rule is longer than 1 KiB");
    else
        return true;
    return false;
}

void cwr_match_people(struct cwr_match *m, bool event_user, struct cwr_people *out)
{
    m->look.matcher->round++;
    if (event_user || !m->rule->n_who) {
        add_value(m, NULL, &m->look.event->user, out);
        return;
    }
    for (size_t i = 0; i < m->rule->n_who && !m->look.status; i++)
        add_who(m, &m->rule->who[i], out);
}
