/* The JSON Schema: what the tables put into it. Whether it agrees with `check` is shown by
 * e2e/schema.sh. */
#include "check.h"
#include "lab.h"

#include "condition.h"
#include "grammar.h"
#include "schema.h"

static const struct cwr_keys *const all_keys[] = {
    &cwr_section_keys, &cwr_person_keys, &cwr_hours_keys,     &cwr_rule_keys,
    &cwr_event_keys,   &cwr_every_keys,  &cwr_condition_keys, &cwr_matcher_keys};

TEST(every_key_is_explained_or_for_later)
{
    for (size_t t = 0; t < sizeof all_keys / sizeof all_keys[0]; t++)
        for (size_t i = 0; i < all_keys[t]->n; i++) {
            const struct cwr_key *key = &all_keys[t]->at[i];
            if (!CHECK(key->later == !key->help) || !CHECK(key->form < CWR_FORMS))
                fprintf(stderr, "%s\n", key->name);
        }
}

TEST(operators_stand_in_the_order_of_their_numbers)
{
    CHECK_STR(cwr_matcher_keys.at[CWR_OP_IS].name, "is");
    CHECK_STR(cwr_matcher_keys.at[CWR_OP_MATCHES].name, "matches");
    CHECK_STR(cwr_matcher_keys.at[CWR_OP_AT_MOST].name, "at_most");
    CHECK_STR(cwr_matcher_keys.at[CWR_OP_EVERY_ITEM].name, "every_item");
    CHECK_INT(cwr_matcher_keys.n, CWR_OP_EVERY_ITEM + 2);
}

/* The schema of a catalogue as text. */
static const char *made(const struct cw_catalogue *catalogue, struct cw_arena *arena)
{
    struct cw_text text;
    if (!CHECK_INT(cw_rules_schema(catalogue, arena, &text), CW_OK))
        return "";
    struct cw_json *json = cw_json_create();
    CHECK_INT(cw_json_read(json, text, NULL), CW_OK);
    cw_json_destroy(json);
    return text.at;
}

TEST(the_catalogue_gives_the_actions)
{
    static const char *const words[] = {"high", "low", NULL};
    static const struct cw_arg_spec args[] = {{.name = "level", .choices = words, .required = true},
                                              {.name = "loud", .is_bool = true, .help = "So."},
                                              {.name = "secretly", .later = true},
                                              {.name = NULL}};
    static const struct cw_action_spec actions[] = {
        {.name = "ring", .args = args, .scalar = "level", .help = "\"Rings\"."},
        {.name = "hush", .bare = true},
        {.name = "shout", .bare = true, .later = true}};
    const struct cw_catalogue catalogue = {.actions = actions, .n_actions = 3};
    struct cw_arena *arena = cw_arena_create(1 << 20);
    const char *text = made(&catalogue, arena);
    CHECK(strstr(text, "\"action\":{\"anyOf\":[{\"enum\":[\"hush\"]},"));
    CHECK(strstr(text, "\"ring\":{\"anyOf\":[{\"enum\":[\"high\",\"low\"]},{\"type\":\"object\","
                       "\"additionalProperties\":false,\"required\":[\"level\"]"));
    CHECK(strstr(text, "\"description\":\"\\\"Rings\\\".\""));
    CHECK(strstr(text, "\"loud\":{\"allOf\":[{\"$ref\":\"#/definitions/bool\"}],"
                       "\"description\":\"So.\"}"));
    CHECK(strstr(text, "\"hush\":{\"anyOf\":[{\"type\":\"null\"},"));
    CHECK(!strstr(text, "secretly"));
    CHECK(!strstr(text, "shout"));
    cw_arena_destroy(arena);
}

TEST(schedules_are_there_when_the_host_has_them)
{
    struct cw_catalogue catalogue = {.clock = true};
    struct cw_arena *arena = cw_arena_create(1 << 20);
    CHECK(strstr(made(&catalogue, arena), "\"#/definitions/every\""));
    catalogue.clock = false;
    CHECK(!strstr(made(&catalogue, arena), "\"#/definitions/every\""));
    cw_arena_destroy(arena);
}

TEST(memory_ends)
{
    enum cw_status status = CW_NOMEM;
    for (size_t size = 0; size < 1 << 18 && status; size += 512) {
        struct cw_arena *arena = cw_arena_create(size);
        struct cw_text text = CW_TEXT("");
        status = cw_rules_schema(&lab_catalogue, arena, &text);
        CHECK(status == CW_OK || status == CW_NOMEM);
        CHECK(!status == (text.len > 0));
        cw_arena_destroy(arena);
    }
    CHECK_INT(status, CW_OK);
}

/* Every "$ref" names a definition. */
static void check_refs(json_t *value, json_t *definitions)
{
    const char *key, *ref = json_string_value(json_object_get(value, "$ref"));
    size_t i;
    json_t *item;
    if (ref &&
        !CHECK(strncmp(ref, "#/definitions/", 14) == 0 && json_object_get(definitions, ref + 14)))
        fprintf(stderr, "%s\n", ref);
    json_object_foreach(value, key, item) check_refs(item, definitions);
    json_array_foreach(value, i, item) check_refs(item, definitions);
}

static json_t *down(json_t *value, const char *const *path)
{
    for (; *path; path++)
        value = json_object_get(value, *path);
    return value;
}

TEST(the_daemons_own)
{
    static const char *const size[] = {"properties", "server", "properties", "limits",
                                       "properties", "body",   "default",    NULL};
    static const char *const count[] = {"properties", "server",      "properties", "limits",
                                        "properties", "connections", "default",    NULL};
    static const char *const rates[] = {"properties", "target",     "properties", "awork",
                                        "properties", "rate_limit", "default",    NULL};
    json_t *schema = schema_make(false);
    check_refs(schema, json_object_get(schema, "definitions"));
    CHECK_STR(json_string_value(down(schema, size)), "1 MiB");
    CHECK_INT(json_integer_value(down(schema, count)), 4096);
    CHECK_INT(json_array_size(down(schema, rates)), 2);
    json_decref(schema);
}

CHECK_MAIN
