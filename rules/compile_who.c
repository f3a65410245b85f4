/* compile_who: whom a rule acts for: people, teams, everyone, templates. */
#include <string.h>

#include "compile.h"

static const struct cwr_team *one_person(struct cwr_compiler *c, uint32_t person)
{
    struct cwr_team *team = cwr_take(c, sizeof *team);
    const struct cw_person **people = cwr_take(c, sizeof *people);
    if (c->no_memory)
        return NULL;
    *people = &c->rules->people[person];
    *team = (struct cwr_team){.people = people, .n = 1};
    return team;
}

static bool one_team(struct cwr_compiler *c, const struct cw_node *node, struct cwr_who *out)
{
    struct cw_text text = cw_node_text(node);
    text = (struct cw_text){text.at + CWR_TEAM_PREFIX, text.len - CWR_TEAM_PREFIX};
    uint32_t i = cwr_find_team(c->rules, text);
    if (i != CWR_NOWHERE) {
        out->team = &c->rules->teams[i];
        return true;
    }
    cwr_fault(c, node, "unknown-team",
              cwr_did_you_mean(c, cw_node_text(node), c->who_names, c->n_who_names),
              "there is no team `%.*s`", (int)(text.len > 100 ? 100 : text.len), text.at);
    return false;
}

static bool static_who(struct cwr_compiler *c, const struct cw_node *node, struct cwr_who *out)
{
    struct cw_text text = cw_node_text(node);
    if (cwr_is_team(text))
        return one_team(c, node, out);
    if (cw_text_is(text, "everyone")) {
        out->team = &c->rules->everyone;
        return true;
    }
    uint32_t i = cwr_find_person(c->rules, text);
    if (i == CWR_NOWHERE)
        cwr_unknown_user(c, node);
    else
        out->team = one_person(c, i);
    return out->team != NULL;
}

/* github:${event.assignees} must put github: before each of a list, so the value keeps its type
 * and the prefix stands apart. team: is no part of a name: it says what the names are. */
static bool split_prefix(struct cwr_compiler *c, const struct cw_template *tpl, struct cwr_who *out)
{
    struct cwr_part *parts = cwr_take(c, tpl->n_parts * sizeof *parts);
    struct cw_template *rest = cwr_take(c, sizeof *rest);
    if (c->no_memory)
        return false;
    memcpy(parts, tpl->parts, tpl->n_parts * sizeof *parts);
    *rest = *tpl;
    rest->parts = parts;
    out->tpl = rest;
    out->teams = !parts[0].path.n && cwr_is_team(parts[0].literal);
    if (out->teams) {
        parts[0].literal.at += CWR_TEAM_PREFIX;
        parts[0].literal.len -= CWR_TEAM_PREFIX;
    }
    if (tpl->n_parts == 2 && !parts[0].path.n && parts[1].path.n) {
        out->prefix = parts[0].literal;
        *rest = (struct cw_template){&parts[1], 1, tpl->paths, 1};
    }
    return true;
}

static bool compile_who_item(struct cwr_compiler *c, const struct cw_node *node,
                             struct cwr_who *out)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "a user", &text))
        return false;
    out->place = cwr_keep_place(c, cw_node_place(node));
    out->text = (struct cw_text){cwr_keep(c, text), text.len};
    if (!memmem(text.at, text.len, "${", 2))
        return static_who(c, node, out);
    c->at.in_who = true;
    const struct cw_template *tpl = cwr_compile_template(c, node);
    c->at.in_who = false;
    return tpl && split_prefix(c, tpl, out);
}

/* Nobody of those who are to read it can be written to. */
static void lint_chat(struct cwr_compiler *c, const struct cw_node *node,
                      const struct cwr_team *whom)
{
    struct cw_text text = cw_node_text(node);
    for (size_t i = 0; i < whom->n; i++)
        if (whom->people[i]->chat)
            return;
    if (whom->n && !c->partial)
        cw_diags_add(c->diags, CW_WARNING, "no-chat", cw_node_place(node),
                     "give them a `chat` address under `users`",
                     "nobody reads this: `%.*s` has no `chat`",
                     (int)(text.len > 100 ? 100 : text.len), text.at);
}

bool cwr_compile_recipient(struct cwr_compiler *c, const struct cw_node *node,
                           const struct cw_person **out)
{
    struct cw_text text = cw_node_text(node);
    struct cwr_who who = {0};
    if (!memmem(text.at, text.len, "://", 3)) {
        if (static_who(c, node, &who))
            lint_chat(c, node, who.team);
        return who.team != NULL;
    }
    for (size_t i = 0; i < c->rules->n_people && !*out; i++)
        if (c->rules->people[i].chat && cw_text_is(text, c->rules->people[i].chat))
            *out = &c->rules->people[i];
    if (!*out)
        cwr_fault(c, node, "unknown-user", "an address stands under `chat` of a user",
                  "no user has this chat address");
    return *out != NULL;
}

void cwr_compile_who(struct cwr_compiler *c, const struct cw_node *node, struct cwr_rule *rule)
{
    bool list = cw_node_kind(node) == CW_NODE_SEQ;
    size_t n = list ? cw_node_count(node) : 1;
    if (!n) {
        cwr_fault(c, node, "bad-value", NULL, "this list of users is empty");
        return;
    }
    struct cwr_who *who = cwr_take(c, n * sizeof *who);
    for (size_t i = 0; who && i < n; i++)
        if (compile_who_item(c, list ? cw_node_item(node, i) : node, &who[rule->n_who]))
            rule->n_who++;
    rule->who = who;
}
