/* A matcher that is kept as text and asked later says what it says when it is asked at once: random
 * matchers on random values, of an event and of a fact that has the same value. */
#include "check.h"
#include "lab.h"

static uint32_t seed = 4711;

static uint32_t dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

#define PICK(words) (words)[dice(sizeof(words) / sizeof((words)[0]))]

static const char *const scalars[] = {"1",
                                      "\"1\"",
                                      "1.0",
                                      "007",
                                      ".5",
                                      "+3",
                                      "1.",
                                      "x",
                                      "\"x\"",
                                      "true",
                                      "null",
                                      "10e-1",
                                      "''",
                                      "X",
                                      "-3",
                                      "900",
                                      "\"~\"",
                                      "ä",
                                      "\"a: b\"",
                                      "Ä",
                                      "no",
                                      "False",
                                      "12345678901234567890"};
static const char *const texts[] = {"x", "ref", "1", "Ä", "true", "7", "'a\"b'", "007"};
static const char *const globs[] = {"'*'", "'?'", "'r*f'", "'*Ä'", "x"};
static const char *const patterns[] = {"'^r.f$'",   "'\\d+'", "'[[:upper:]]'",
                                       "'(?<n>x)'", "'^$'",   "'(?i)REF'"};
static const char *const numbers[] = {"1",   "0.5",        "-2",     "900",
                                      "1e3", "15 minutes", "1 hour", "007"};
static const char *const moments[] = {"2026-01-01", "2026-03-02T10:00:00Z"};
static const char *const forms[] = {"%s",
                                    "[%s, %s]",
                                    "{ is: %s }",
                                    "{ is: %s, ignore_case: true }",
                                    "{ is_not: %s }",
                                    "{ in: [%s] }",
                                    "{ not_in: [%s, %s], ignore_case: true }",
                                    "{ contains: %s }",
                                    "{ contains: %s, ignore_case: true }",
                                    "{ starts_with: %t }",
                                    "{ ends_with: %t, ignore_case: true }",
                                    "{ starts_with: %t, ends_with: %t, is_not: %s }",
                                    "{ like: %g }",
                                    "{ like: %g, ignore_case: true }",
                                    "{ matches: %p }",
                                    "{ matches: %p, ignore_case: true, exists: true }",
                                    "{ above: %n }",
                                    "{ at_least: %n, at_most: %n }",
                                    "{ below: %n, is_not: %s }",
                                    "{ after: %m }",
                                    "{ after: %m, before: %m }",
                                    "{ exists: true }",
                                    "{ exists: false }"};
static const char *const values[] = {
    "1",        "\"1\"",           "1.0",        "7",       "\"007\"",     "0.5",
    "900",      "\"900 seconds\"", "\"1 hour\"", "true",    "false",       "null",
    "\"\"",     "\"x\"",           "\"X\"",      "\"ref\"", "\"\\u00c4\"", "\"no\"",
    "\"a: b\"", "\"2026-02-01\"",  "[1,\"x\"]",  "[]",      "{\"x\":1}",   "12345678901234567890",
    NULL};

static void put_matcher(char *out)
{
    for (const char *f = PICK(forms); *f; f++) {
        if (*f != '%') {
            *out++ = *f;
            continue;
        }
        f++;
        out += sprintf(out, "%s",
                       *f == 's'   ? PICK(scalars)
                       : *f == 't' ? PICK(texts)
                       : *f == 'g' ? PICK(globs)
                       : *f == 'p' ? PICK(patterns)
                       : *f == 'n' ? PICK(numbers)
                                   : PICK(moments));
    }
    *out = '\0';
}

static enum cw_status get_mark(void *ctx, struct cw_mark *mark)
{
    const char *value = *(const char *const *)ctx;
    if (!value || strcmp(mark->kind, "state") != 0)
        return CW_ENOENT;
    mark->value = cw_text_of(value);
    mark->until_ms = INT64_MAX;
    return CW_OK;
}

static bool acts(const struct cw_plan *plan, const char *rule)
{
    for (size_t i = 0; i < plan->n; i++)
        if (strcmp(plan->effects[i].rule, rule) == 0 && plan->effects[i].kind == CW_EFFECT_RUN)
            return true;
    return false;
}

static void compare(struct lab *lab, const struct cw_ruleset *rules, const char *matcher)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct cw_facts_reader reader = {.mark = get_mark, .ctx = (void *)&values[i]};
        char body[128];
        snprintf(body, sizeof body, "{%s%s}", values[i] ? "\"a\":" : "",
                 values[i] ? values[i] : "");
        if (!CHECK(lab_event(lab, "github", "git", "push", body)))
            return;
        lab_run(lab, rules, &reader);
        bool at_once = acts(&lab->plan, "event"), later = acts(&lab->plan, "fact");
        if (!CHECK_INT(later, at_once) || !CHECK_INT(acts(&lab->plan, "not"), !at_once))
            fprintf(stderr, "%s of %s\n", matcher, values[i] ? values[i] : "nothing");
    }
}

TEST(later_is_as_good_as_at_once)
{
    struct lab *lab = lab_create();
    for (int round = 0; round < 400; round++) {
        char matcher[256], text[2048];
        put_matcher(matcher);
        snprintf(
            text, sizeof text,
            "version: 1\ntimezone: UTC\nusers:\n"
            "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n"
            "  - { id: event, when: github.push, user: ada, if: { event.a: %s }, then: { log: e "
            "} }\n"
            "  - { id: fact, when: github.push, user: ada, if: { state.a: %s }, then: { log: f "
            "} }\n"
            "  - { id: not, when: github.push, user: ada, if: { not: { state.a: %s } }, then: "
            "{ log: n } }\n"
            "  - { id: set, when: github.never, user: ada, then: { set: { a: 1 } } }\n",
            matcher, matcher, matcher);
        struct cw_ruleset *rules = lab_compile(text, NULL);
        if (!CHECK(rules != NULL))
            break;
        compare(lab, rules, matcher);
        cw_ruleset_unref(rules);
    }
    lab_destroy(lab);
}

CHECK_MAIN
