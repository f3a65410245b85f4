/* What a compiled ruleset promises. Faults and their places are in tests/cases/faults.txt. */
#include "check.h"
#include "lab.h"
#include "ruleset.h"

#include <pthread.h>

static const char good[] =
    "version: 1\n"
    "timezone: Europe/Berlin\n"
    "sources: { anything: [goes, here] }\n"
    "users:\n"
    "  ada:\n"
    "    awork: 6A2C1D3E-0000-4000-8000-000000000001\n"
    "    aliases: [Ada@Example.org, github:ada-l, ÄDA]\n"
    "    token: \"${secret.awork_ada}\"\n"
    "    type_of_work: Development\n"
    "    chat: mattermost:ada\n"
    "  grace: { awork: 6a2c1d3e-0000-4000-8000-000000000002, timezone: America/New_York }\n"
    "rules:\n"
    "  - { id: one, when: github.push, user: ada, then: stop }\n"
    "  - { id: two, when: github.push, user: ada, enabled: false, then: stop }\n";

static const struct cw_person *find(const struct cw_ruleset *rules, const char *who)
{
    return cw_ruleset_find(rules, cw_text_of(who));
}

TEST(people)
{
    struct cw_ruleset *rules = lab_compile(good, NULL);
    if (!CHECK(rules != NULL))
        return;
    CHECK_INT(cw_ruleset_people(rules), 2);
    const struct cw_person *ada = cw_ruleset_person(rules, 0);
    CHECK_STR(ada->name, "ada");
    CHECK_STR(ada->awork, "6A2C1D3E-0000-4000-8000-000000000001");
    CHECK_STR(ada->timezone, "Europe/Berlin");
    CHECK_STR(ada->token, "${secret.awork_ada}");
    CHECK_STR(ada->type_of_work, "Development");
    CHECK_STR(ada->chat, "mattermost:ada");
    CHECK_STR(ada->place.file, "rules.yaml");
    CHECK_INT(ada->place.line, 5);
    CHECK_INT(ada->token_place.line, 8);
    CHECK_STR(cw_ruleset_person(rules, 1)->timezone, "America/New_York");
    CHECK(cw_ruleset_person(rules, 1)->token == NULL);
    CHECK(cw_ruleset_person(rules, 2) == NULL);
    cw_ruleset_unref(rules);
}

TEST(names_have_no_case)
{
    struct cw_ruleset *rules = lab_compile(good, NULL);
    if (!CHECK(rules != NULL))
        return;
    const struct cw_person *ada = cw_ruleset_person(rules, 0);
    CHECK(find(rules, "ADA") == ada);
    CHECK(find(rules, "ada@example.ORG") == ada);
    CHECK(find(rules, "GitHub:Ada-L") == ada);
    CHECK(find(rules, "äda") == ada);
    CHECK(find(rules, "ad") == NULL);
    CHECK(find(rules, "ada ") == NULL);
    CHECK(find(rules, "") == NULL);
    cw_ruleset_unref(rules);
}

TEST(rules_by_id)
{
    struct cw_ruleset *rules = lab_compile(good, NULL);
    if (!CHECK(rules != NULL))
        return;
    CHECK_INT(cw_ruleset_rules(rules), 2);
    CHECK(cw_ruleset_has_rule(rules, CW_TEXT("one")));
    CHECK(cw_ruleset_has_rule(rules, CW_TEXT("two"))); /* switched off, but there */
    CHECK(!cw_ruleset_has_rule(rules, CW_TEXT("three")));
    CHECK(!cw_ruleset_has_rule(rules, CW_TEXT("")));
    cw_ruleset_unref(rules);
}

static void *use(void *arg)
{
    struct cw_ruleset *rules = arg;
    for (int i = 0; i < 10000; i++) {
        cw_ruleset_ref(rules);
        if (!find(rules, "ada"))
            abort();
        cw_ruleset_unref(rules);
    }
    cw_ruleset_unref(rules);
    return NULL;
}

TEST(references_are_counted_by_threads)
{
    struct cw_ruleset *rules = lab_compile(good, NULL);
    pthread_t threads[4];
    if (!CHECK(rules != NULL))
        return;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use, cw_ruleset_ref(rules));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(rules->refs, 1);
    cw_ruleset_unref(rules);
    cw_ruleset_unref(NULL);
}

static size_t errors_of(const char *text)
{
    struct cw_diags *diags = cw_diags_create();
    struct cw_ruleset *rules = lab_compile(text, diags);
    size_t errors = cw_diags_count(diags, CW_ERROR);
    CHECK((rules == NULL) == (errors > 0));
    cw_ruleset_unref(rules);
    cw_diags_destroy(diags);
    return errors;
}

TEST(least_documents)
{
    CHECK_INT(errors_of("version: 1\nrules: []\n"), 0);
    CHECK_INT(errors_of("version: 1\nrules:\n"), 0);
    CHECK_INT(errors_of("version: 1\n"), 1);
    CHECK_INT(errors_of("rules: []\n"), 1);
    CHECK_INT(errors_of("version: \"1\"\nrules: []\n"), 0);
    CHECK_INT(errors_of("version: [1]\nrules: []\n"), 1);
    CHECK_INT(errors_of("[]\n"), 1);
    CHECK_INT(errors_of("text\n"), 1);
    CHECK_INT(errors_of("version: 1\nrules: {}\n"), 1);
    CHECK_INT(errors_of("version: 1\nusers: []\nrules: []\n"), 1);
}

TEST(zones)
{
    static const char *const yes[] = {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires",
                                      "Etc/GMT+3"};
    static const char *const no[] = {"Berlin",   "Europe/",        "/Berlin", "Europe//Berlin",
                                     "../etc/x", "Europe/Ber lin", "utc"};
    char text[256];
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        snprintf(text, sizeof text, "version: 1\ntimezone: \"%s\"\nrules: []\n", yes[i]);
        CHECK_INT(errors_of(text), 0);
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        snprintf(text, sizeof text, "version: 1\ntimezone: \"%s\"\nrules: []\n", no[i]);
        CHECK_INT(errors_of(text), 1);
    }
}

/* What the host must have at hand before such a rule can act. */
TEST(secrets_of_calls)
{
    struct cw_ruleset *rules = lab_compile(
        "version: 1\ntimezone: UTC\nusers:\n  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 "
        "}\n"
        "rules:\n"
        "  - { id: a, when: github.push, user: ada, then: { call: { url: 'https://x/${secret.b}', "
        "headers: { A: '${secret.b}${env.C}' } } } }\n"
        "  - id: b\n    when: github.push\n    user: ada\n    then:\n"
        "      call: { url: 'https://x/', json: { a: '${secret.d | default: x}' } }\n",
        NULL);
    if (!CHECK(rules != NULL))
        return;
    CHECK_STR(cw_ruleset_outside(rules, 0)->name, "secret.b");
    CHECK_STR(cw_ruleset_outside(rules, 1)->name, "env.C");
    CHECK_STR(cw_ruleset_outside(rules, 2)->name, "secret.d");
    CHECK_INT(cw_ruleset_outside(rules, 0)->place.line, 6);
    CHECK_INT(cw_ruleset_outside(rules, 0)->place.column, 78);
    CHECK_INT(cw_ruleset_outside(rules, 2)->place.line, 11);
    CHECK(cw_ruleset_outside(rules, 3) == NULL);
    cw_ruleset_unref(rules);
}

TEST(captures_have_a_ceiling)
{
    char text[8192], *at = text;
    at += sprintf(at, "version: 1\ntimezone: UTC\nrules:\n  - id: a\n    when: github.push\n"
                      "    if:\n");
    for (int i = 0; i < 33; i++)
        at += sprintf(at, "      event.x%d: { matches: '(?<g%d>a)' }\n", i, i);
    sprintf(at, "    then: stop\n");
    CHECK_INT(errors_of(text), 1);
}

TEST(many_faults_are_all_counted)
{
    size_t size = 1 << 20;
    char *text = malloc(size), *at = text;
    at += sprintf(at, "version: 1\nrules:\n");
    for (int i = 0; i < 1000; i++)
        at += sprintf(at, "  - { id: r%d, when: github.push, usr: x, then: stop }\n", i);
    CHECK_INT(errors_of(text), 1000);
    free(text);
}

CHECK_MAIN
