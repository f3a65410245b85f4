/* Teams and everyone at their ceilings. What they mean is in tests/cases/people.txt. */
#include "check.h"
#include "lab.h"

#include <time.h>

enum { PEOPLE = 10000, NAMES = 4096 };

/* A file with so many people, and these further lines. */
static struct cw_ruleset *many_people(int n, const char *rest)
{
    size_t size = (size_t)n * 120 + strlen(rest) + 1000;
    char *text = malloc(size);
    size_t len = (size_t)snprintf(text, size, "version: 1\ntimezone: UTC\nusers:\n");
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, size - len,
                                "  p%d: { awork: 6a2c1d3e-0000-4000-8000-%012d }\n", i, i);
    snprintf(text + len, size - len, "%s", rest);
    struct cw_ruleset *rules = lab_compile(text, NULL);
    CHECK(rules != NULL);
    free(text);
    return rules;
}

TEST(a_team_is_found_by_its_name)
{
    struct cw_ruleset *rules = many_people(3, "teams: { Ops: [p2, P0], dev: [p1] }\nrules: []\n");
    size_t n = 7;
    const struct cw_person *const *people = cw_ruleset_team(rules, CW_TEXT("oPS"), &n);
    if (CHECK_INT(n, 2)) {
        CHECK_STR(people[0]->name, "p2");
        CHECK_STR(people[1]->name, "p0");
    }
    CHECK(!cw_ruleset_team(rules, CW_TEXT("op"), &n));
    CHECK_INT(n, 0);
    CHECK(!cw_ruleset_team(rules, CW_TEXT(""), &n));
    CHECK(!cw_ruleset_team(rules, CW_TEXT("p1"), &n));
    cw_ruleset_unref(rules);
}

static size_t candidates(struct lab *lab, const struct cw_ruleset *rules, const char *type,
                         const char *body)
{
    if (!CHECK(lab_event(lab, "custom", "", type, body)) ||
        !CHECK_INT(cw_match(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &lab->matches),
                   CW_OK))
        return 0;
    return lab->matches.n;
}

TEST(everyone_is_everyone_however_many)
{
    struct cw_ruleset *rules =
        many_people(PEOPLE, "rules:\n"
                            "  - { id: a, when: custom.a, user: everyone, then: stop }\n"
                            "  - { id: b, when: custom.a, user: [p9999, everyone, p0], then: stop "
                            "}\n");
    struct lab *lab = lab_create();
    CHECK_INT(candidates(lab, rules, "a", "{}"), 2 * PEOPLE);
    const struct cw_candidate *b = &lab->matches.items[PEOPLE];
    CHECK_STR(b[0].person->name, "p9999");
    CHECK_STR(b[1].person->name, "p0");
    CHECK_STR(b[PEOPLE - 1].person->name, "p9998");
    lab_destroy(lab);
    cw_ruleset_unref(rules);
}

/* The ceiling is of names that an event gives; a team is one of them. */
TEST(names_of_an_event_have_a_ceiling)
{
    static char body[NAMES * 16 + 100];
    struct cw_ruleset *rules = many_people(
        PEOPLE,
        "teams: { ops: [p5000, p5001] }\nrules:\n"
        "  - { id: a, when: custom.a, user: '${event.who}', then: stop }\n"
        "  - { id: b, when: custom.a, user: ['team:${event.who}', everyone], then: stop }\n");
    struct lab *lab = lab_create();
    size_t len = (size_t)snprintf(body, sizeof body, "{\"who\":[");
    for (int i = 0; i < NAMES; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, "\"p%d\",", i);
    snprintf(body + len, sizeof body - len, "\"p4998\",\"ops\"]}");
    /* The names after the ceiling are not looked at; everyone is no name of the event. */
    CHECK_INT(candidates(lab, rules, "a", body), NAMES + PEOPLE);
    CHECK_STR(lab->matches.items[NAMES].person->name, "p0");
    CHECK_INT(lab->matches.n_strangers, 16);
    lab_destroy(lab);
    cw_ruleset_unref(rules);
}

TEST(a_team_named_again_and_again_is_walked_once)
{
    static char body[NAMES * 8 + 100], rest[PEOPLE * 8 + 400];
    size_t len = (size_t)snprintf(rest, sizeof rest, "teams:\n  big: [p0");
    for (int i = 1; i < PEOPLE; i++)
        len += (size_t)snprintf(rest + len, sizeof rest - len, ", p%d", i);
    snprintf(rest + len, sizeof rest - len,
             "]\nrules:\n  - { id: a, when: custom.a, user: 'team:${event.who}', then: stop }\n");
    struct cw_ruleset *rules = many_people(PEOPLE + 1, rest);
    struct lab *lab = lab_create();
    len = (size_t)snprintf(body, sizeof body, "{\"who\":[\"big\"");
    for (int i = 1; i < NAMES; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, ",\"big\"");
    snprintf(body + len, sizeof body - len, "]}");
    clock_t begin = clock();
    CHECK_INT(candidates(lab, rules, "a", body), PEOPLE);
    CHECK(clock() - begin < CLOCKS_PER_SEC); /* 40 million looks would take longer */
    lab_destroy(lab);
    cw_ruleset_unref(rules);
}

/* The shortest of many tries, so that a busy machine does not count. */
static int64_t time_of(struct lab *lab, const struct cw_ruleset *rules)
{
    int64_t best_ns = INT64_MAX;
    struct timespec a, b;
    for (int i = 0; i < 2000; i++) {
        CHECK(lab_event(lab, "custom", "", "other", "{\"who\":\"p1\"}"));
        clock_gettime(CLOCK_MONOTONIC, &a);
        if (cw_match(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &lab->matches))
            return -1;
        clock_gettime(CLOCK_MONOTONIC, &b);
        int64_t ns = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
        best_ns = ns < best_ns ? ns : best_ns;
    }
    CHECK_INT(lab->matches.n, 1);
    return best_ns;
}

TEST(a_rule_for_everyone_costs_other_events_nothing)
{
    static const char other[] =
        "  - { id: other, when: custom.other, user: '${event.who}', then: stop }\n";
    char rest[400];
    struct lab *lab = lab_create();
    snprintf(rest, sizeof rest, "rules:\n%s", other);
    struct cw_ruleset *few = many_people(2, rest);
    snprintf(rest, sizeof rest,
             "rules:\n%s"
             "  - { id: all, when: custom.all, user: everyone, then: stop }\n"
             "  - { id: tick, when: { every: 1 minute }, user: everyone, then: stop }\n",
             other);
    struct cw_ruleset *many = many_people(PEOPLE, rest);
    int64_t small_ns = time_of(lab, few), large_ns = time_of(lab, many);
    if (!CHECK(large_ns < 5 * small_ns + 2000))
        fprintf(stderr, "%lld ns, %lld ns\n", (long long)small_ns, (long long)large_ns);
    cw_ruleset_unref(few);
    cw_ruleset_unref(many);
    lab_destroy(lab);
}

CHECK_MAIN
