/* compile_people: the sections `users` and `timezone`. Names and aliases are one namespace,
 * without regard to case. */
#include <string.h>

#include "compile.h"
#include "fold.h"

static bool is_uuid(struct cw_text text)
{
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        char c = text.at[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}

/* As far as it could stand in a list of awork's users. */
static bool is_email(struct cw_text text)
{
    size_t ats = 0;
    for (size_t i = 0; i < text.len; i++) {
        ats += text.at[i] == '@';
        if ((unsigned char)text.at[i] <= ' ' || strchr("<>(),;:\"\\$", text.at[i]))
            return false;
    }
    return ats == 1 && text.len <= 254 && text.at[0] != '@' && text.at[text.len - 1] != '@';
}

uint32_t cwr_find_name(const struct cwr_map *map, struct cw_text name)
{
    char folded[CWR_CASE_ROOM(CWR_NAME_BYTES)];
    if (!name.len || name.len > CWR_NAME_BYTES)
        return CWR_NOWHERE;
    size_t len = cwr_case_write(CWR_CASE_FOLD, name, folded);
    return cwr_map_get(map, (struct cw_text){folded, len});
}

uint32_t cwr_find_person(const struct cw_ruleset *rules, struct cw_text who)
{
    return cwr_find_name(&rules->names, who);
}

struct cw_place cwr_place_of_name(const struct cwr_compiler *c, struct cw_text name)
{
    uint32_t row = cwr_find_name(&c->alias_rows, name);
    return row == CWR_NOWHERE ? (struct cw_place){0} : c->alias_places[row];
}

static void taken(struct cwr_compiler *c, const struct cw_node *node, struct cw_text name,
                  uint32_t row, uint32_t owner, uint32_t person)
{
    const char *where = cwr_where(c, c->alias_places[row], cw_node_place(node));
    int len = (int)(name.len > 100 ? 100 : name.len);
    if (owner == person)
        cw_diags_add(c->diags, CW_WARNING, "duplicate-alias", cw_node_place(node), NULL,
                     "`%.*s` stands twice (%s); names and aliases have no case", len, name.at,
                     where);
    else
        cwr_fault(c, node, "duplicate-alias", NULL, "`%.*s` is %s's already (%s)", len, name.at,
                  c->rules->people[owner].name, where);
}

static void add_name(struct cwr_compiler *c, const struct cw_node *node, struct cw_text name,
                     uint32_t person)
{
    struct cw_text folded;
    if (name.len > CWR_NAME_BYTES) {
        cwr_fault(c, node, "bad-name", NULL, "a name or alias has at most %d bytes",
                  CWR_NAME_BYTES);
        return;
    }
    if (cwr_case_text(CWR_CASE_FOLD, name, c->arena, &folded)) {
        c->no_memory = true;
        return;
    }
    uint32_t row = cwr_map_get(&c->alias_rows, folded);
    if (row != CWR_NOWHERE) {
        taken(c, node, name, row, cwr_map_get(&c->rules->names, folded), person);
        return;
    }
    size_t n = c->n_aliases;
    c->alias_places = cwr_grow(c, c->scratch, c->alias_places, n, sizeof *c->alias_places);
    c->alias_names = cwr_grow(c, c->scratch, c->alias_names, n, sizeof *c->alias_names);
    const char *copy = cwr_keep(c, name);
    if (c->no_memory)
        return;
    c->alias_places[n] = cw_node_place(node);
    c->alias_names[n] = copy;
    c->no_memory |= cwr_map_put(&c->alias_rows, folded, (uint32_t)n) != CW_OK ||
                    cwr_map_put(&c->rules->names, folded, person) != CW_OK;
    c->n_aliases++;
}

static void compile_aliases(struct cwr_compiler *c, const struct cw_node *node, uint32_t person)
{
    struct cw_text text;
    if (cw_node_kind(node) != CW_NODE_SEQ) {
        cwr_fault(c, node, "wrong-kind", NULL, "`aliases` is a list");
        return;
    }
    for (size_t i = 0; i < cw_node_count(node) && !c->no_memory; i++) {
        const struct cw_node *item = cw_node_item(node, i);
        if (!cwr_want_text(c, item, "an alias", &text))
            continue;
        if (cw_text_is(text, "everyone") || cwr_is_team(text))
            cwr_fault(c, item, "bad-name", NULL,
                      "`everyone` and `team:` are words of the language, and no aliases");
        else
            add_name(c, item, text, person);
    }
}

/* awork's own webhooks name people so. */
static void add_awork(struct cwr_compiler *c, const struct cw_node *map, uint32_t person)
{
    static const char kind[] = "awork:";
    char alias[sizeof kind + 36];
    const char *id = c->rules->people[person].awork;
    if (!*id)
        return;
    memcpy(alias, kind, sizeof kind - 1);
    memcpy(alias + sizeof kind - 1, id, strlen(id) + 1);
    add_name(c, cw_node_get(map, "awork"), cw_text_of(alias), person);
}

static const char *optional_text(struct cwr_compiler *c, const struct cw_node *map, const char *key)
{
    const struct cw_node *node = cw_node_get(map, key);
    struct cw_text text;
    if (!node || !cwr_want_text(c, node, key, &text))
        return NULL;
    return cwr_keep(c, text);
}

/* Text that reads secrets: the host renders it. */
static void check_secret(struct cwr_compiler *c, const struct cw_node *node, const char *text,
                         struct cw_place *place)
{
    const struct cw_template *tpl;
    struct cw_error err = {.at = -1};
    if (!text)
        return;
    *place = cwr_keep_place(c, cw_node_place(node));
    enum cw_status status = cw_template_parse(cw_node_text(node), c->passing, &tpl, &err);
    c->no_memory |= status == CW_NOMEM;
    if (!status || status == CW_NOMEM)
        return;
    struct cw_place at = cw_node_place(node);
    if (err.at >= 0)
        at = cwr_place_in(node, (size_t)err.at, 1);
    cwr_fault_at(c, at, "bad-template", NULL, "%s", err.text);
}

/* Two lanes on one timer would know nothing of each other. */
static bool claim_awork(struct cwr_compiler *c, const struct cw_node *node, struct cw_text id,
                        uint32_t person)
{
    struct cw_text folded;
    if (cwr_case_text(CWR_CASE_FOLD, id, c->arena, &folded)) {
        c->no_memory = true;
        return false;
    }
    uint32_t owner = cwr_map_get(&c->awork_ids, folded);
    if (owner != CWR_NOWHERE)
        cwr_fault(c, node, "duplicate-awork-id", NULL, "this awork user is %s's already (%s)",
                  c->rules->people[owner].name,
                  cwr_where(c, c->rules->people[owner].place, cw_node_place(node)));
    else if (cwr_map_put(&c->awork_ids, folded, person))
        c->no_memory = true;
    return owner == CWR_NOWHERE;
}

static void compile_awork(struct cwr_compiler *c, const struct cw_node *key,
                          const struct cw_node *map, uint32_t i)
{
    const struct cw_node *node = cw_node_get(map, "awork");
    struct cw_person *person = &c->rules->people[i];
    struct cw_text text;
    person->awork = "";
    if (!node) {
        if (!cwr_is_meant(map, &cwr_person_keys, "awork"))
            cwr_fault(c, key, "missing-key", NULL, "`%s` needs `awork`, the id of the user there",
                      person->name);
    } else if (cwr_want_text(c, node, "awork", &text)) {
        if (is_uuid(text) || is_email(text)) {
            if (claim_awork(c, node, text, i) && is_uuid(text))
                person->awork = cwr_keep(c, text);
            else if (is_email(text))
                person->email = cwr_keep(c, text);
        } else
            cwr_fault(c, node, "bad-value", NULL,
                      "this is neither an awork id, such as 6a2c1d3e-0000-4000-8000-000000000001, "
                      "nor an e-mail address");
    }
}

static void compile_automation(struct cwr_compiler *c, const struct cw_node *node,
                               struct cw_person *person)
{
    struct cw_text text;
    if (!node || !cwr_want_text(c, node, "`automation`", &text))
        return;
    person->opted_out = cw_text_is(text, cwr_switch_words[1]);
    if (!person->opted_out && !cw_text_is(text, cwr_switch_words[0]))
        cwr_fault(c, node, "bad-value", "write `automation: off` for who has opted out",
                  "`automation` is on or off");
}

bool cwr_check_name(struct cwr_compiler *c, const struct cw_node *key, const char *what)
{
    struct cw_text name = cw_node_text(key);
    bool odd = name.len == 0 || name.len > 100 || cw_text_is(name, "everyone");
    for (size_t i = 0; i < name.len; i++)
        odd |= (unsigned char)name.at[i] <= ' ' || strchr(":${}", name.at[i]);
    if (odd)
        cwr_fault(c, key, "bad-name", NULL,
                  "the name of %s is one word without : $ { }, and not `everyone`", what);
    return !odd;
}

static void compile_person(struct cwr_compiler *c, const struct cw_node *key,
                           const struct cw_node *map, uint32_t i, const char *common,
                           const struct cw_zone *common_zone)
{
    struct cw_person *person = &c->rules->people[i];
    person->name = cwr_keep(c, cw_node_text(key));
    person->place = cwr_keep_place(c, cw_node_place(key));
    person->timezone = common ? common : "UTC";
    person->awork = "";
    person->zone = common_zone;
    cwr_check_name(c, key, "a user");
    if (c->no_memory || !cwr_want_map(c, map, "a user"))
        return;
    cwr_check_keys(c, map, &cwr_person_keys);
    compile_awork(c, key, map, i);
    const char *zone = cwr_compile_zone(c, cw_node_get(map, "timezone"), &person->zone);
    if (zone)
        person->timezone = zone;
    else if (!common && !cw_node_get(map, "timezone") && !c->partial)
        cw_diags_add(c->diags, CW_WARNING, "no-timezone", cw_node_place(key), NULL,
                     "`%s` has no timezone and the file has none; UTC is taken", person->name);
    compile_automation(c, cw_node_get(map, "automation"), person);
    person->token = optional_text(c, map, "token");
    check_secret(c, cw_node_get(map, "token"), person->token, &person->token_place);
    person->type_of_work = optional_text(c, map, "type_of_work");
    person->chat = optional_text(c, map, "chat");
    check_secret(c, cw_node_get(map, "chat"), person->chat, &person->chat_place);
    if (person->chat)
        cwr_judge(c, "notify", "chat", NULL, cw_node_get(map, "chat"));
}

/* The aliases come after all names, so that a fault names the alias. */
void cwr_compile_people(struct cwr_compiler *c, const struct cw_node *users,
                        const struct cw_node *timezone)
{
    const struct cw_zone *zone = &cwr_utc;
    const char *common = cwr_compile_zone(c, timezone, &zone);
    if (!users || !cwr_want_map(c, users, "`users`"))
        return;
    size_t n = cw_node_count(users);
    c->rules->people = cwr_take(c, n * sizeof *c->rules->people);
    c->rules->hours = cwr_take(c, n * sizeof *c->rules->hours);
    c->rules->calendar.people = c->rules->people;
    c->rules->calendar.hours = c->rules->hours;
    for (size_t i = 0; i < n && !c->no_memory; i++) {
        compile_person(c, cw_node_key(users, i), cw_node_value(users, i), (uint32_t)i, common,
                       zone);
        c->rules->n_people++;
        if (!c->no_memory)
            add_name(c, cw_node_key(users, i), cw_node_text(cw_node_key(users, i)), (uint32_t)i);
        cw_arena_reset(c->passing);
    }
    for (size_t i = 0; i < n && !c->no_memory; i++) {
        const struct cw_node *value = cw_node_value(users, i);
        const struct cw_node *aliases = NULL;
        if (cw_node_kind(value) == CW_NODE_MAP) {
            add_awork(c, value, (uint32_t)i);
            aliases = cw_node_get(value, "aliases");
        }
        if (aliases && !c->no_memory)
            compile_aliases(c, aliases, (uint32_t)i);
    }
}
