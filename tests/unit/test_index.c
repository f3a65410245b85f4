/* The index changes nothing: random rules and events give the same candidates with and without. */
#include "check.h"
#include "lab.h"
#include "match.h"

static uint32_t state = 12345;

static uint32_t dice(uint32_t n)
{
    state = state * 1664525 + 1013904223;
    return (state >> 8) % n;
}

static const char *pick(const char *const *words, uint32_t n)
{
    return words[dice(n)];
}

#define PICK(words) pick(words, sizeof(words) / sizeof((words)[0]))

static const char *const names[] = {"github.push", "github.*", "git.push",    "git.*",
                                    "custom.a",    "custom.*", "desktop.idle"};
static const char *const paths[] = {"event.a", "event.b", "event.c.d", "event.type", "event.e[0]"};
static const char *const values[] = {"1",     "\"1\"", "1.0",  "\"1.0\"", "x",
                                     "\"x\"", "true",  "null", "10e-1",   "\"\""};
static const char *const matchers[] = {"%s",
                                       "{ is: %s }",
                                       "{ is_not: %s }",
                                       "[%s, y]",
                                       "{ in: [%s] }",
                                       "{ not_in: [%s, 2] }",
                                       "{ is: %s, exists: true }",
                                       "{ is: %s, ignore_case: true }",
                                       "{ exists: true }"};

static void put(char **at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(char **at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *at += vsprintf(*at, format, args);
    va_end(args);
}

static void put_matcher(char **at)
{
    const char *format = PICK(matchers), *value = PICK(values), *hole = strstr(format, "%s");
    if (!hole)
        put(at, "%s", format);
    else
        put(at, "%.*s%s%s", (int)(hole - format), format, value, hole + 2);
}

/* Distinct paths only: a mapping cannot have a key twice. */
static void put_matchers(char **at, bool comma)
{
    uint32_t first = dice(5), n = 1 + dice(3);
    for (uint32_t i = 0; i < n; i++) {
        put(at, "%s\"%s\": ", comma || i ? ", " : "", paths[(first + i) % 5]);
        put_matcher(at);
    }
}

static void put_trigger(char **at)
{
    if (dice(3)) {
        put(at, "%s", PICK(names));
        return;
    }
    put(at, "{ event: %s", PICK(names));
    put_matchers(at, true);
    put(at, " }");
}

static void put_rule(char **at, unsigned i)
{
    put(at, "  - { id: r%u, when: [", i);
    put_trigger(at);
    if (dice(2)) {
        put(at, ", ");
        put_trigger(at);
    }
    put(at, "]");
    if (dice(4)) {
        put(at, ", if: { ");
        put_matchers(at, false);
        if (dice(4) == 0) {
            put(at, ", not: { ");
            put_matchers(at, false);
            put(at, " }");
        }
        put(at, " }");
    }
    if (dice(3) == 0) {
        put(at, ", unless: ");
        put_trigger(at);
    }
    if (dice(3) == 0)
        put(at, ", key: \"k${event.b}\", %s", dice(2) ? "wait: 1 minute" : "at: \"${now}\"");
    put(at, ", enabled: %s, user: [ada, \"${event.who}\"], then: { log: \"${event.a}\" } }\n",
        dice(10) ? "true" : "false");
}

static const char frame[] = "version: 1\n"
                            "timezone: UTC\n"
                            "users:\n"
                            "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\n"
                            "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002 }\n"
                            "rules:\n";

static bool same_text(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

static void compare(struct lab *lab, const struct cw_ruleset *rules, unsigned *candidates)
{
    struct cw_matches with, without;
    if (!CHECK(cw_match(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &with) == CW_OK) ||
        !CHECK(cwr_match_plainly(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &without) ==
               CW_OK) ||
        !CHECK_INT(with.n, without.n))
        return;
    CHECK(same_text(with.used, without.used));
    for (size_t i = 0; i < with.n; i++) {
        CHECK_INT(with.items[i].kind, without.items[i].kind);
        CHECK_INT(with.items[i].rule, without.items[i].rule);
        CHECK(with.items[i].person == without.items[i].person);
        CHECK(same_text(with.items[i].vars, without.items[i].vars));
        CHECK(same_text(with.items[i].key, without.items[i].key));
        CHECK(same_text(with.items[i].fault, without.items[i].fault));
        CHECK_INT(with.items[i].n_keep, without.items[i].n_keep);
    }
    *candidates += (unsigned)with.n;
}

static void one_event(struct lab *lab, const struct cw_ruleset *rules, unsigned *candidates)
{
    static const char *const sent[] = {"1",        "\"1\"", "1.0",   "\"1.0\"", "\"x\"",
                                       "\"X\"",    "true",  "null",  "10e-1",   "\"\"",
                                       "\"true\"", "2",     "\"y\"", "[1]",     "{}"};
    static const char *const sources[][3] = {{"github", "git", "push"},
                                             {"custom", "", "a"},
                                             {"desktop", "desktop", "idle"},
                                             {"github", "git", "x"},
                                             {"git", "git", "push"}};
    char body[1024], *at = body;
    uint32_t s = dice(5);
    put(&at, "{\"a\":%s,\"b\":%s", PICK(sent), PICK(sent));
    if (dice(2))
        put(&at, ",\"c\":{\"d\":%s}", PICK(sent));
    if (dice(2))
        put(&at, ",\"e\":[%s]", PICK(sent));
    put(&at, ",\"who\":[\"bob\",\"eve\"]}");
    if (CHECK(lab_event(lab, sources[s][0], sources[s][1], sources[s][2], body)))
        compare(lab, rules, candidates);
}

TEST(index_on_is_index_off)
{
    struct lab *lab = lab_create();
    char *text = malloc(1 << 20);
    unsigned candidates = 0;
    for (unsigned round = 0; round < 60; round++) {
        char *at = text;
        put(&at, "%s", frame);
        for (unsigned i = 0; i < 1 + dice(60); i++)
            put_rule(&at, i + 1000 * round);
        put_rule(&at, 999999);
        struct cw_ruleset *rules = lab_compile(text, NULL);
        if (!CHECK(rules != NULL))
            break;
        for (unsigned i = 0; i < 60; i++)
            one_event(lab, rules, &candidates);
        cw_ruleset_unref(rules);
    }
    CHECK(candidates > 10000); /* the property was not held by silence */
    free(text);
    lab_destroy(lab);
}

/* A rule behind 5,000 others that share all but one value is found without looking at them. */
TEST(index_keeps_under_the_rarest)
{
    struct lab *lab = lab_create();
    char *text = malloc(1 << 20), *at = text;
    put(&at, "%s", frame);
    for (unsigned i = 0; i < 5000; i++)
        put(&at,
            "  - { id: r%u, when: github.push, user: ada, if: { event.action: opened, event.repo: "
            "repo-%u }, then: stop }\n",
            i, i);
    struct cw_ruleset *rules = lab_compile(text, NULL);
    if (CHECK(rules != NULL) &&
        CHECK(lab_event(lab, "github", "git", "push",
                        "{\"action\":\"opened\",\"repo\":\"repo-4321\"}"))) {
        CHECK_STR(lab_run(lab, rules, NULL), "run r4321 ada\n  stop {}\n");
        CHECK_INT(lab->matcher->found.n, 1);
        CHECK(lab_event(lab, "github", "git", "push", "{\"action\":\"opened\",\"repo\":\"x\"}"));
        CHECK_STR(lab_run(lab, rules, NULL), "");
        CHECK_INT(lab->matcher->found.n, 0);
    }
    cw_ruleset_unref(rules);
    free(text);
    lab_destroy(lab);
}

CHECK_MAIN
