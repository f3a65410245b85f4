/* Moments as people write them, and a second look at an event from what was kept of it. */
#include "check.h"

#include <clockwire/rules.h>
#include <stdio.h>
#include <string.h>

static struct cw_text read_zone(const char *name, char *bytes, size_t size)
{
    char path[100];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, size, f) : 0;
    if (f)
        fclose(f);
    return (struct cw_text){bytes, n};
}

/* Seconds since 1970, or -1 for what is no moment. */
static int64_t moment(const char *text, const char *zone)
{
    static char bytes[1 << 16];
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_text tzif = {NULL, 0};
    struct cw_error err = {0};
    int64_t ms = -1000;
    if (zone)
        tzif = read_zone(zone, bytes, sizeof bytes);
    enum cw_status st = cw_moment_parse(cw_text_of(text), cw_text_of(zone), tzif, arena, &ms, &err);
    CHECK((st == CW_OK) == (ms != -1000));
    CHECK(st == CW_OK || (st == CW_ESYNTAX && *err.text));
    cw_arena_destroy(arena);
    return ms / 1000;
}

TEST(moments)
{
    CHECK_INT(moment("1970-01-02T00:00:01Z", NULL), 86401);
    CHECK_INT(moment("1970-01-02 01:00:00+01:00", NULL), 86400);
    CHECK_INT(moment("1970-01-02", NULL), 86400);
    CHECK_INT(moment("1970-01-02 00:01", NULL), 86460);
    CHECK_INT(moment("1970-01-02T00:01:02", NULL), 86462);
}

TEST(no_moments)
{
    static const char *const texts[] = {"",
                                        "x",
                                        "2026-13-01",
                                        "2026-02-30",
                                        "2026-3-2",
                                        "2026-03-02 ",
                                        "2026-03-02 24:00",
                                        "2026-03-02 10:60",
                                        "2026-03-02 10",
                                        "2026-03-02 1:00",
                                        "2026-03-02_10:00",
                                        "2026-03-02 10:00:",
                                        "2026-03-02 10:00:60",
                                        "2026-03-02 10:00 ",
                                        "10:00"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK_INT(moment(texts[i], NULL), -1);
}

TEST(moments_on_the_wall)
{
    CHECK_INT(moment("2026-03-02 10:00", "Europe/Berlin"), moment("2026-03-02T09:00:00Z", NULL));
    CHECK_INT(moment("2026-07-02 10:00", "Europe/Berlin"), moment("2026-07-02T08:00:00Z", NULL));
    /* Missing, and doubled. */
    CHECK_INT(moment("2026-03-29 02:30", "Europe/Berlin"), moment("2026-03-29T01:00:00Z", NULL));
    CHECK_INT(moment("2026-10-25 02:30", "Europe/Berlin"), moment("2026-10-25T00:30:00Z", NULL));
}

TEST(a_broken_zone_is_refused)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_error err;
    int64_t ms = 7;
    CHECK_INT(cw_moment_parse(CW_TEXT("2026-03-02 10:00"), CW_TEXT("X/Y"), CW_TEXT("no zone"),
                              arena, &ms, &err),
              CW_ESYNTAX);
    CHECK_INT(ms, 7);
    cw_arena_destroy(arena);
}

/* ---- A second look ---- */

static const char rules_text[] =
    "version: 1\n"
    "users: { ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [\"a:l\"] } }\n"
    "rules:\n"
    "  - { id: ref, when: x.push, user: ada, if: { event.ref: { matches: '^KEY-(?<n>.+)' } },"
    " then: { log: \"${match.n} ${event.a['odd name'][0]}\" } }\n"
    "  - { id: many, when: x.push, user: ada, if: { \"event.list[*].n\": 2 }, then: stop }\n"
    "  - { id: last, when: x.*, user: ada, if: { \"event.list[-1].n\": 3 }, then: stop }\n"
    "  - { id: who, when: x.push, user: \"a:${event.by.login}\", then: stop }\n"
    "  - { id: theirs, when: x.push, then: stop }\n"
    "  - { id: no, when: x.push, user: ada, if: { event.gone: 1 }, then: stop }\n";

static struct cw_ruleset *compile(void)
{
    static const char *const sections[] = {NULL};
    static const struct cw_arg_spec text[] = {{.name = "text"}, {0}};
    static const struct cw_action_spec actions[] = {
        {.name = "stop", .bare = true}, {.name = "log", .args = text, .scalar = "text"}};
    static const struct cw_source_spec source = {.name = "x"};
    struct cw_catalogue catalogue = {.actions = actions,
                                     .n_actions = 2,
                                     .sources = &source,
                                     .n_sources = 1,
                                     .sections = sections};
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    struct cw_ruleset *rules = NULL;
    CHECK_INT(cw_doc_parse("r", cw_text_of(rules_text), NULL, diags, &doc), CW_OK);
    CHECK_INT(cw_ruleset_compile(doc, &catalogue, diags, &rules), CW_OK);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return rules;
}

static void check_same(const struct cw_matches *a, const struct cw_matches *b)
{
    CHECK_INT(a->n, b->n);
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        CHECK_INT(a->items[i].rule, b->items[i].rule);
        CHECK(a->items[i].person == b->items[i].person);
        CHECK_STR(a->items[i].vars.at, b->items[i].vars.at);
    }
    CHECK_STR(a->used.at, b->used.at);
}

TEST(a_second_look_sees_what_the_first_saw)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_json *json = cw_json_create(), *kept = cw_json_create();
    struct cw_matcher *matcher = cw_matcher_create();
    struct cw_ruleset *rules = compile();
    struct cw_matches first, second;
    struct cw_text body = CW_TEXT("{\"ref\":\"KEY-7\",\"list\":[{\"n\":2},{\"n\":3}],\"by\":"
                                  "{\"login\":\"l\"},\"a\":{\"odd name\":[\"z\"]}}");
    CHECK_INT(cw_json_read(json, body, NULL), CW_OK);
    struct cw_event event = {.id = CW_TEXT("1"),
                             .source = CW_TEXT("x"),
                             .type = CW_TEXT("push"),
                             .body = cw_json_root(json),
                             .user = cw_value_string(CW_TEXT("ada"))};
    CHECK_INT(cw_match(matcher, rules, &event, 0, NULL, arena, &first), CW_OK);
    CHECK_INT(first.n, 5);
    CHECK_INT(cw_json_read(kept, first.used, NULL), CW_OK);
    event.body = (struct cw_value){.kind = CW_MISSING};
    event.used = cw_json_root(kept);
    CHECK_INT(cw_match(matcher, rules, &event, 0, NULL, arena, &second), CW_OK);
    check_same(&first, &second);
    cw_ruleset_unref(rules);
    cw_matcher_destroy(matcher);
    cw_json_destroy(json);
    cw_json_destroy(kept);
    cw_arena_destroy(arena);
}

CHECK_MAIN
