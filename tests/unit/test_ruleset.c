/* What a host reads of a ruleset. */
#include "check.h"
#include "lab.h"
#include "moment.h"

static const char text[] =
    "version: 1\ntimezone: Europe/Berlin\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\n"
    "  bo: { awork: 6a2c1d3e-0000-4000-8000-000000000002, timezone: America/St_Johns }\n"
    "  cy: { awork: 6a2c1d3e-0000-4000-8000-000000000003, timezone: Europe/London }\n"
    "rules:\n  - { id: a, when: custom.a, user: ada, then: stop }\n";

static const char *clock_of(const char *who, const char *moment)
{
    static char out[CW_CLOCK_TEXT];
    static struct cw_ruleset *rules;
    int64_t ms = 0;
    rules = rules ? rules : lab_compile(text, NULL);
    CHECK(cwr_moment_read(cw_text_of(moment), &ms));
    return cw_clock(who ? cw_ruleset_find(rules, cw_text_of(who))->zone : NULL, ms, out);
}

TEST(the_clock_of_a_person)
{
    CHECK_STR(clock_of(NULL, "2026-03-02T08:00:00.5Z"), "2026-03-02T08:00:00.500Z");
    CHECK_STR(clock_of("ada", "2026-03-02T08:00:00.5Z"), "2026-03-02T09:00:00.500+01:00");
    CHECK_STR(clock_of("ada", "2026-07-02T23:00:00Z"), "2026-07-03T01:00:00.000+02:00");
    CHECK_STR(clock_of("bo", "2026-01-01T01:00:00Z"), "2025-12-31T21:30:00.000-03:30");
    CHECK_STR(clock_of("cy", "2026-01-01T01:00:00Z"), "2026-01-01T01:00:00.000+00:00");
    /* A local mean time has seconds, and text has none: the instant is the same. */
    CHECK_STR(clock_of("ada", "1880-01-01T00:00:00Z"), "1880-01-01T00:53:00.000+00:53");
}

TEST(a_clock_for_people)
{
    char out[CW_CLOCK_TEXT];
    struct cw_ruleset *rules = lab_compile(text, NULL);
    const struct cw_zone *berlin = cw_ruleset_find(rules, CW_TEXT("ada"))->zone;
    int64_t evening = 0, hour = 3600000;
    CHECK(cwr_moment_read(CW_TEXT("2026-03-02T22:30:00.9Z"), &evening)); /* 23:30 in Berlin */
    CHECK_STR(cw_clock_short(berlin, evening, evening, out), "23:30:00");
    CHECK_STR(cw_clock_short(berlin, evening + hour, evening, out), "2026-03-03 00:30:00");
    CHECK_STR(cw_clock_short(NULL, evening + hour, evening, out), "23:30:00");
    CHECK_STR(cw_clock_short(NULL, evening, evening + 2 * hour, out), "2026-03-02 22:30:00");
    cw_ruleset_unref(rules);
}

static const char by_email[] =
    "version: 1\ntimezone: UTC\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [\"awork:taken\"] }\n"
    "  bo: { awork: Bo@Example.org }\n"
    "  cy: { awork: cy@example.org }\n"
    "rules:\n  - { id: a, when: custom.a, user: ada, then: stop }\n";

static const char *whose(const struct cw_ruleset *rules, const char *alias)
{
    const struct cw_person *person = cw_ruleset_find(rules, cw_text_of(alias));
    return person ? person->name : "nobody";
}

TEST(who_is_known_by_an_address_is_identified_later)
{
    struct cw_ruleset *rules = lab_compile(by_email, NULL);
    const struct cw_person *bo = cw_ruleset_person(rules, 1);
    CHECK_STR(bo->awork, "");
    CHECK_STR(bo->email, "Bo@Example.org");
    CHECK(!cw_ruleset_person(rules, 0)->email);
    CHECK_STR(whose(rules, "awork:AbC"), "nobody");
    CHECK_INT(cw_ruleset_identify(rules, 1, CW_TEXT("aBc")), CW_OK);
    CHECK_STR(bo->awork, "aBc");
    CHECK_STR(whose(rules, "AWORK:AbC"), "bo");
    CHECK_INT(cw_ruleset_identify(rules, 1, CW_TEXT("def")), CW_OK);
    CHECK_STR(whose(rules, "awork:abc"), "nobody");
    CHECK_STR(whose(rules, "awork:def"), "bo");
    CHECK_INT(cw_ruleset_identify(rules, 1, CW_TEXT("")), CW_OK);
    CHECK_STR(bo->awork, "");
    CHECK_STR(whose(rules, "awork:def"), "nobody");
    /* What somebody has already stays theirs, also when it is given back. */
    CHECK_INT(cw_ruleset_identify(rules, 1, CW_TEXT("taken")), CW_OK);
    CHECK_STR(whose(rules, "awork:taken"), "ada");
    CHECK_INT(cw_ruleset_identify(rules, 1, CW_TEXT("")), CW_OK);
    CHECK_STR(whose(rules, "awork:taken"), "ada");
    cw_ruleset_unref(rules);
}

static uint64_t digest_of(const char *rule)
{
    static char whole[1000];
    snprintf(whole, sizeof whole, "%.*s  - %s", (int)(strstr(text, "rules:\n") + 7 - text), text,
             rule);
    struct cw_ruleset *rules = lab_compile(whole, NULL);
    uint64_t digest = cw_ruleset_digest(rules, 0);
    cw_ruleset_unref(rules);
    return digest;
}

TEST(the_digest_of_a_rule)
{
    uint64_t one = digest_of("{ id: a, when: custom.a, user: ada, then: stop }\n");
    CHECK(one == digest_of("{ id: a,  when: custom.a, user: ada, then: stop } # the same\n"));
    CHECK(one == digest_of("id: a\n    when: custom.a\n    user: ada\n    then: stop\n"));
    CHECK(one != digest_of("{ id: a, when: custom.b, user: ada, then: stop }\n"));
    CHECK(one != digest_of("{ id: a, when: [custom.a], user: ada, then: stop }\n"));
    CHECK(one != digest_of("{ id: a, when: custom.a, user: ada, wait: 1 hour, then: stop }\n"));
    CHECK(one != digest_of("{ id: a, when: custom.a, user: ada, then: pause }\n"));
}

TEST(rules_by_id)
{
    struct cw_ruleset *rules = lab_compile(text, NULL);
    CHECK_INT(cw_ruleset_index(rules, CW_TEXT("a")), 0);
    CHECK(cw_ruleset_index(rules, CW_TEXT("b")) == SIZE_MAX);
    cw_ruleset_unref(rules);
}

TEST(the_ends_of_time)
{
    char out[CW_CLOCK_TEXT];
    struct cw_ruleset *rules = lab_compile(text, NULL);
    const struct cw_person *ada = cw_ruleset_find(rules, CW_TEXT("ada"));
    CHECK_STR(cw_clock(ada->zone, INT64_MAX, out), "9999-12-31T23:59:59.999+01:00");
    CHECK_STR(cw_clock(NULL, INT64_MIN, out), "0000-01-01T00:00:00.000Z");
    cw_ruleset_unref(rules);
}

CHECK_MAIN
