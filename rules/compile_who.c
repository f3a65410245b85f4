/* compile_who: whom a rule acts for: people, teams, everyone, templates; and the section `teams`.
 */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "fold.h"

static const char team_prefix[] = "team:";
enum { TEAM_PREFIX = sizeof team_prefix - 1 };

static bool is_team(struct cw_text text)
{
    return text.len >= TEAM_PREFIX && memcmp(text.at, team_prefix, TEAM_PREFIX) == 0;
}

uint32_t cwr_find_team(const struct cw_ruleset *rules, struct cw_text name)
{
    return cwr_find_name(&rules->team_rows, name);
}

/* ---- Teams ---- */

static const char *mean_team(struct cwr_compiler *c, struct cw_text name)
{
    struct cwr_buf buf = cwr_buf_in(c->passing);
    struct cw_text made;
    cwr_buf_puts(&buf, "did you mean `team:");
    cwr_buf_put(&buf, name);
    cwr_buf_puts(&buf, "`?");
    return cwr_buf_end(&buf, &made) ? NULL : made.at;
}

static void unknown_user(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cw_text text = cw_node_text(node);
    uint32_t team = cwr_find_team(c->rules, text);
    const char *hint = team == CWR_NOWHERE ? cwr_did_you_mean(c, text, c->who_names, c->n_who_names)
                                           : mean_team(c, c->rules->teams[team].name);
    cwr_fault(c, node, "unknown-user", hint, "no user has the name or alias `%.*s`",
              (int)(text.len > 100 ? 100 : text.len), text.at);
}

static void add_member(struct cwr_compiler *c, const struct cw_node *node, struct cwr_team *team,
                       const struct cw_person **people, uint32_t *seen)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "a member of a team", &text))
        return;
    uint32_t i = cwr_find_person(c->rules, text), stamp = (uint32_t)c->rules->n_teams + 1;
    if (i == CWR_NOWHERE) {
        if (is_team(text) || cw_text_is(text, "everyone"))
            cwr_fault(c, node, "bad-value", "write out its people",
                      "the members of a team are users");
        else
            unknown_user(c, node);
    } else if (seen[i] == stamp) {
        cw_diags_add(c->diags, CW_WARNING, "duplicate-member", cw_node_place(node), NULL,
                     "`%s` is in this team already", c->rules->people[i].name);
    } else {
        seen[i] = stamp;
        people[team->n++] = &c->rules->people[i];
    }
}

static void add_members(struct cwr_compiler *c, const struct cw_node *list, struct cwr_team *team,
                        uint32_t *seen)
{
    size_t n = cw_node_count(list);
    if (cw_node_kind(list) != CW_NODE_SEQ || !n) {
        cwr_fault(c, list, cw_node_kind(list) == CW_NODE_SEQ ? "bad-value" : "wrong-kind", NULL,
                  "a team is a list of users, at least one");
        return;
    }
    const struct cw_person **people = cwr_take(c, n * sizeof *people);
    for (size_t i = 0; people && i < n; i++)
        add_member(c, cw_node_item(list, i), team, people, seen);
    team->people = people;
}

/* A team and a user of one name would be mixed up by whoever reads a rule. */
static void name_team(struct cwr_compiler *c, const struct cw_node *key, struct cwr_team *team)
{
    struct cw_text name = cw_node_text(key), folded;
    if (!cwr_check_name(c, key, "a team"))
        return;
    uint32_t person = cwr_find_person(c->rules, name), other = cwr_find_team(c->rules, name);
    if (person != CWR_NOWHERE)
        cwr_fault(c, key, "duplicate-team", NULL, "`%.*s` is the name or alias of a user (%s)",
                  (int)name.len, name.at,
                  cwr_where(c, cwr_place_of_name(c, name), cw_node_place(key)));
    else if (other != CWR_NOWHERE)
        cwr_fault(c, key, "duplicate-team", NULL, "there is a team `%s` already (%s)",
                  c->rules->teams[other].name.at,
                  cwr_where(c, c->rules->teams[other].place, cw_node_place(key)));
    const char *copy = cwr_keep(c, name);
    if (c->no_memory || cwr_case_text(CWR_CASE_FOLD, name, c->arena, &folded)) {
        c->no_memory = true;
        return;
    }
    team->name = (struct cw_text){copy, name.len};
    if (other == CWR_NOWHERE)
        c->no_memory |=
            cwr_map_put(&c->rules->team_rows, folded, (uint32_t)c->rules->n_teams) != CW_OK;
}

static void add_everyone(struct cwr_compiler *c)
{
    size_t n = c->rules->n_people;
    const struct cw_person **people = cwr_take(c, n * sizeof *people);
    for (size_t i = 0; people && i < n; i++)
        people[i] = &c->rules->people[i];
    c->rules->everyone = (struct cwr_team){.people = people, .n = n};
}

/* What `user` can say, for "did you mean". */
static void list_names(struct cwr_compiler *c)
{
    size_t n = c->n_aliases, teams = c->rules->n_teams;
    const char **names = cw_arena_take(c->scratch, (n + teams + 1) * sizeof *names);
    c->no_memory |= !names;
    if (c->no_memory)
        return;
    if (n)
        memcpy(names, c->alias_names, n * sizeof *names);
    names[n++] = "everyone";
    for (size_t i = 0; i < teams; i++) {
        struct cw_text name = c->rules->teams[i].name;
        if (!name.len) /* a bad one, which has been told */
            continue;
        char *text = cw_arena_take(c->scratch, TEAM_PREFIX + name.len + 1);
        c->no_memory |= !text;
        if (c->no_memory)
            return;
        memcpy(text, team_prefix, TEAM_PREFIX);
        memcpy(text + TEAM_PREFIX, name.at, name.len);
        names[n++] = text;
    }
    c->who_names = names;
    c->n_who_names = n;
}

static void compile_teams(struct cwr_compiler *c, const struct cw_node *map)
{
    size_t n = cw_node_count(map);
    uint32_t *seen = cw_arena_take(c->scratch, c->rules->n_people * sizeof *seen);
    c->rules->teams = cwr_take(c, n * sizeof *c->rules->teams);
    c->no_memory |= !seen;
    c->who_names = c->alias_names;
    c->n_who_names = c->n_aliases;
    for (size_t i = 0; i < n && !c->no_memory; i++) {
        struct cwr_team *team = &c->rules->teams[i];
        *team = (struct cwr_team){.place = cwr_keep_place(c, cw_node_place(cw_node_key(map, i)))};
        name_team(c, cw_node_key(map, i), team);
        add_members(c, cw_node_value(map, i), team, seen);
        c->rules->n_teams++;
        cw_arena_reset(c->passing);
    }
}

void cwr_compile_teams(struct cwr_compiler *c, const struct cw_node *teams)
{
    add_everyone(c);
    if (teams && cwr_want_map(c, teams, "`teams`"))
        compile_teams(c, teams);
    if (!c->no_memory)
        list_names(c);
}

/* ---- user ---- */

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
    text = (struct cw_text){text.at + TEAM_PREFIX, text.len - TEAM_PREFIX};
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
    if (is_team(text))
        return one_team(c, node, out);
    if (cw_text_is(text, "everyone")) {
        out->team = &c->rules->everyone;
        return true;
    }
    uint32_t i = cwr_find_person(c->rules, text);
    if (i == CWR_NOWHERE)
        unknown_user(c, node);
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
    out->teams = !parts[0].path.n && is_team(parts[0].literal);
    if (out->teams) {
        parts[0].literal.at += TEAM_PREFIX;
        parts[0].literal.len -= TEAM_PREFIX;
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

bool cwr_compile_recipient(struct cwr_compiler *c, const struct cw_node *node,
                           const struct cw_person **out)
{
    struct cw_text text = cw_node_text(node);
    struct cwr_who who = {0};
    if (!memmem(text.at, text.len, "://", 3))
        return static_who(c, node, &who);
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
