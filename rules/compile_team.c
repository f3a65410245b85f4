/* compile_who: whom a rule acts for: people, teams, everyone, templates; and the section `teams`.
 */
#include <string.h>

#include "buf.h"
#include "compile.h"
#include "fold.h"

static const char team_prefix[] = "team:";

bool cwr_is_team(struct cw_text text)
{
    return text.len >= CWR_TEAM_PREFIX && memcmp(text.at, team_prefix, CWR_TEAM_PREFIX) == 0;
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

void cwr_unknown_user(struct cwr_compiler *c, const struct cw_node *node)
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
        if (cwr_is_team(text) || cw_text_is(text, "everyone"))
            cwr_fault(c, node, "bad-value", "write out its people",
                      "the members of a team are users");
        else
            cwr_unknown_user(c, node);
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
        char *text = cw_arena_take(c->scratch, CWR_TEAM_PREFIX + name.len + 1);
        c->no_memory |= !text;
        if (c->no_memory)
            return;
        memcpy(text, team_prefix, CWR_TEAM_PREFIX);
        memcpy(text + CWR_TEAM_PREFIX, name.at, name.len);
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

/* What a person's rules read as user.teams. */
static void give_teams(struct cwr_compiler *c)
{
    size_t n = c->rules->n_people;
    struct cw_person *people = c->rules->people;
    for (size_t i = 0; i < n; i++)
        people[i].teams.kind = CW_LIST;
    for (size_t t = 0; t < c->rules->n_teams; t++) /* first how many */
        for (size_t i = 0; i < c->rules->teams[t].n; i++)
            people[c->rules->teams[t].people[i] - people].teams.n_items++;
    for (size_t i = 0; i < n && !c->no_memory; i++) {
        people[i].teams.items = cwr_take(c, people[i].teams.n_items * sizeof(struct cw_value));
        people[i].teams.n_items = 0;
    }
    for (size_t t = 0; t < c->rules->n_teams && !c->no_memory; t++) {
        for (size_t i = 0; i < c->rules->teams[t].n; i++) {
            struct cw_value *teams = &people[c->rules->teams[t].people[i] - people].teams;
            struct cw_value *items = (struct cw_value *)(uintptr_t)teams->items;
            items[teams->n_items++] = cw_value_string(c->rules->teams[t].name);
        }
    }
}

void cwr_compile_teams(struct cwr_compiler *c, const struct cw_node *teams)
{
    add_everyone(c);
    if (teams && cwr_want_map(c, teams, "`teams`"))
        compile_teams(c, teams);
    if (!c->no_memory)
        give_teams(c);
    if (!c->no_memory)
        list_names(c);
}
