#include "check.h"
#include "lab.h"

#define FRAME                                                                                      \
    "version: 1\ntimezone: UTC\nusers:\n"                                                          \
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [a@x, 'gh:ada', '42'] }\n"     \
    "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002, aliases: [b@x, 'gh:bob'] }\n"           \
    "rules:\n"

static struct lab *lab;

static const char *run(const struct cw_ruleset *rules, const char *body)
{
    if (!lab_event(lab, "github", "git", "push", body))
        return "no event";
    return lab_run(lab, rules, NULL);
}

static struct cw_ruleset *begin(const char *text)
{
    if (!lab)
        lab = lab_create();
    struct cw_ruleset *rules = lab_compile(text, NULL);
    if (!rules)
        abort();
    return rules;
}

TEST(people_each_once_in_order)
{
    struct cw_ruleset *rules =
        begin(FRAME "  - { id: a, when: github.push, user: ['${event.u}', 'gh:${event.l}', bob],"
                    " then: stop }\n");
    CHECK_STR(run(rules, "{\"u\":[\"B@X\",\"ada\"],\"l\":[\"ADA\",\"bob\"]}"),
              "run a bob\n  stop {}\nrun a ada\n  stop {}\n");
    CHECK_STR(run(rules, "{\"u\":42,\"l\":null}"), "run a ada\n  stop {}\nrun a bob\n  stop {}\n");
    CHECK_STR(run(rules, "{\"u\":{\"x\":1},\"l\":[[\"ada\"],true,\"\",\"x\"]}"),
              "run a bob\n  stop {}\nstranger gh:x\n");
    cw_ruleset_unref(rules);
}

TEST(omitted_user_is_the_events)
{
    struct cw_ruleset *rules = begin(FRAME "  - { id: a, when: github.push, then: stop }\n");
    CHECK_STR(run(rules, "{\"user\":\"a@x\"}"), "run a ada\n  stop {}\n");
    CHECK_STR(run(rules, "{\"user\":[\"a@x\",\"b@x\"]}"),
              "run a ada\n  stop {}\nrun a bob\n  stop {}\n");
    CHECK_STR(run(rules, "{}"), "");
    CHECK_STR(run(rules, "{\"user\":null}"), "");
    cw_ruleset_unref(rules);
}

TEST(strangers_have_a_ceiling)
{
    struct cw_ruleset *rules =
        begin(FRAME "  - { id: a, when: github.push, user: '${event.u}', then: stop }\n"
                    "  - { id: b, when: github.push, user: '${event.u}', then: stop }\n"
                    "  - { id: c, when: github.push, user: '${event.v}', if: { event.z: 1 },"
                    " then: stop }\n");
    char body[4096] = "{\"v\":\"never\",\"u\":[\"same\",\"same\"", *at = body + strlen(body);
    CHECK_STR(run(rules, "{\"v\":\"never\",\"u\":[\"same\",\"same\"]}"), "stranger same\n");
    for (int i = 0; i < 40; i++)
        at += sprintf(at, ",\"s%d\"", i);
    strcpy(at, "]}");
    run(rules, body);
    CHECK_INT(lab->matches.n_strangers, 16);
    at = body + sprintf(body, "{\"u\":\"");
    memset(at, 'x', 400);
    strcpy(at + 400, "\"}");
    run(rules, body);
    CHECK_INT(lab->matches.n_strangers, 0); /* no name is that long */
    cw_ruleset_unref(rules);
}

TEST(families_and_stars)
{
    struct cw_ruleset *rules =
        begin(FRAME "  - { id: a, when: github.push, user: ada, then: stop }\n"
                    "  - { id: b, when: git.push, user: ada, then: stop }\n"
                    "  - { id: c, when: git.*, user: ada, then: stop }\n"
                    "  - { id: d, when: [github.*, git.*, github.push],"
                    " user: ada, then: stop }\n"
                    "  - { id: e, when: desktop.*, user: ada, then: stop }\n"
                    "  - { id: f, when: github.pushed, user: ada, then: stop }\n");
    CHECK_STR(run(rules, "{}"), "run a ada\n  stop {}\nrun b ada\n  stop {}\n"
                                "run c ada\n  stop {}\nrun d ada\n  stop {}\n");
    CHECK(lab_event(lab, "custom", "git", "tag", "{}"));
    CHECK_STR(lab_run(lab, rules, NULL), "run c ada\n  stop {}\nrun d ada\n  stop {}\n");
    CHECK(lab_event(lab, "custom", "", "", "{}"));
    CHECK_STR(lab_run(lab, rules, NULL), "");
    CHECK(lab_event(lab, "github", "", "*", "{}"));
    CHECK_STR(lab_run(lab, rules, NULL), "run d ada\n  stop {}\n");
    cw_ruleset_unref(rules);
}

static const char say_all[] = FRAME
    "  - id: a\n    when: github.push\n    user: ada\n    then:\n"
    "      - log: \"${event.x | default: none} ${event.body.x | default: none} "
    "${event.type} ${event.body.type} ${event.id} ${event.source} ${event.provider_type} "
    "${event.header.X-Two | default: none} ${source.name} ${source.path.who} ${event.received} "
    "${now} ${user.name} ${user.awork | truncate: 4} ${event['odd name']}\"\n";

TEST(where_event_paths_look)
{
    struct cw_ruleset *rules = begin(say_all);
    const struct cw_field fields[] = {{CW_TEXT("x"), cw_value_string(CW_TEXT("field"))}};
    const struct cw_field headers[] = {{CW_TEXT("x-tWO"), cw_value_string(CW_TEXT("head"))}};
    const struct cw_field params[] = {{CW_TEXT("who"), cw_value_string(CW_TEXT("me"))}};
    CHECK(lab_event(lab, "github", "git", "push",
                    "{\"x\":\"body\",\"type\":\"own\",\"odd name\":1.0}"));
    lab->event.fields = fields;
    lab->event.headers = headers;
    lab->event.params = params;
    lab->event.n_fields = lab->event.n_headers = lab->event.n_params = 1;
    lab->event.provider_type = CW_TEXT("Push Hook");
    lab_run(lab, rules, NULL);
    if (CHECK_INT(lab->plan.n, 1) && CHECK_INT(lab->plan.effects[0].n_calls, 1))
        CHECK_MEM(lab->plan.effects[0].calls[0].args.at, lab->plan.effects[0].calls[0].args.len,
                  "{\"text\":\"field body push own e1 github Push Hook head github me "
                  "2026-03-02T10:00:00.000Z 2026-03-02T10:00:00.000Z ada 6a2c 1.0\"}");
    cw_ruleset_unref(rules);
}

TEST(used_holds_what_is_read_and_there)
{
    struct cw_ruleset *rules = begin(
        FRAME "  - { id: a, when: github.push, user: ada, if: { event.a: 1, 'event.b[*].c': x },"
              " then: { log: '${event.d} ${event.a}' } }\n"
              "  - { id: b, when: git.*, if: { event.a: 2 }, then: stop }\n"
              "  - { id: c, when: desktop.idle, if: { event.z: 2 }, then: stop }\n");
    run(rules, "{\"a\":7,\"b\":[{\"c\":1},{\"c\":\"\\u00e4\"}],\"user\":[\"x\"],\"z\":1,\"y\":1}");
    CHECK_MEM(lab->matches.used.at, lab->matches.used.len,
              "{\"event.a\":7,\"event.b[*].c\":[1,\"\xc3\xa4\"],\"event.user\":[\"x\"]}");
    CHECK(lab_event(lab, "custom", "", "a", "{\"a\":1}"));
    lab_run(lab, rules, NULL);
    CHECK_MEM(lab->matches.used.at, lab->matches.used.len, "{}");
    cw_ruleset_unref(rules);
}

TEST(a_pattern_at_its_limit_is_no_match)
{
    struct cw_ruleset *rules = begin(
        FRAME
        "  - { id: a, when: github.push, user: ada, if: { event.s: { matches: '^(a+)+$' } },"
        " then: stop }\n"
        "  - { id: b, when: github.push, user: ada, if: { not: { event.s: { matches: '^(a+)+$' }"
        " } }, then: stop }\n"
        "  - { id: c, when: github.push, user: ada, then: stop }\n");
    char body[4000] = "{\"s\":\"";
    memset(body + 6, 'a', 3000);
    strcpy(body + 3006, "!\"}");
    CHECK_STR(run(rules, body), "run c ada\n  stop {}\n");
    CHECK_INT(lab->matches.limits, 2);
    CHECK_STR(run(rules, "{\"s\":\"aaa\"}"), "run a ada\n  stop {}\nrun c ada\n  stop {}\n");
    CHECK_INT(lab->matches.limits, 0);
    cw_ruleset_unref(rules);
}

TEST(conditions_on_the_person)
{
    struct cw_ruleset *rules =
        begin(FRAME "  - id: a\n    when: github.push\n    user: '${match.who}'\n    if:\n"
                    "      event.t: { matches: '^(?<who>\\S+) ?(?<rest>.*)$' }\n"
                    "      user.name: [bob, x]\n      user.timezone: UTC\n"
                    "    then: { log: '${match.rest}' }\n");
    CHECK_STR(run(rules, "{\"t\":\"b@x hi\"}"),
              "run a bob with {\"match.rest\":\"hi\"}\n  log {\"text\":\"hi\"}\n");
    CHECK_STR(run(rules, "{\"t\":\"a@x hi\"}"), "");
    CHECK_STR(run(rules, "{\"t\":\"\"}"), "");
    cw_ruleset_unref(rules);
}

TEST(disabled_rules_are_silent)
{
    struct cw_ruleset *rules = begin(FRAME "  - { id: a, when: github.push, user: ada, enabled: "
                                           "false, unless: github.*, then: stop }\n");
    CHECK_STR(run(rules, "{}"), "");
    cw_ruleset_unref(rules);
}

TEST(unless_with_a_filter)
{
    struct cw_ruleset *rules = begin(
        FRAME "  - { id: a, when: desktop.idle, user: '${event.u}', wait: 1 minute, unless: [{"
              " event: git.push, event.n: { above: 3 } }, desktop.active], then: stop }\n");
    CHECK_STR(run(rules, "{\"u\":[\"a@x\",\"b@x\"],\"n\":4}"), "cancel a ada\ncancel a bob\n");
    CHECK_STR(run(rules, "{\"u\":[\"a@x\"],\"n\":3}"), "");
    CHECK_STR(run(rules, "{\"u\":[\"eve\"],\"n\":4,\"user\":\"ada\"}"), "");
    CHECK_STR(run(rules, "{\"n\":4,\"user\":\"ada\"}"), "cancel a ada\n");
    CHECK_STR(run(rules, "{\"n\":4}"), "");
    cw_ruleset_unref(rules);
}

/* One matcher serves rulesets of any size, one after the other. */
TEST(a_matcher_outlives_rulesets)
{
    struct cw_ruleset *small = begin(FRAME "  - { id: a, when: github.push, then: stop }\n");
    struct cw_ruleset *large = begin(say_all);
    for (int i = 0; i < 4; i++)
        CHECK_STR(run(i % 2 ? large : small, "{\"user\":\"ada\"}"),
                  i % 2 ? "refused a ada: `event.body.type` is missing (rules.yaml, line 11)\n"
                        : "run a ada\n  stop {}\n");
    cw_ruleset_unref(small);
    cw_ruleset_unref(large);
}

TEST(a_spent_arena_is_no_memory)
{
    struct cw_ruleset *rules = begin(say_all);
    struct cw_matches matches = {.n = 77};
    bool done = false;
    CHECK(lab_event(lab, "github", "git", "push", "{\"user\":\"ada\",\"x\":1}"));
    for (size_t limit = 0; limit < 65536 && !done; limit += 16) {
        struct cw_arena *arena = cw_arena_create(limit);
        enum cw_status status =
            cw_match(lab->matcher, rules, &lab->event, 0, NULL, arena, &matches);
        CHECK(status == CW_OK || (status == CW_NOMEM && matches.n == 77));
        done = status == CW_OK;
        cw_arena_destroy(arena);
    }
    CHECK(done);
    cw_ruleset_unref(rules);
}

CHECK_MAIN
