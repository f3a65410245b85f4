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
static const char *const paths[] = {"event.a",      "event.b",   "event.c.d", "event.type",
                                    "event.e[0]",   "event.l",   "event.t",   "event.l[*]",
                                    "event.m[*].n", "event.t.x", "event.u",   "event.v"};
enum { N_PATHS = sizeof paths / sizeof paths[0] };

static const char *const values[] = {"1",     "\"1\"", "1.0",  "\"1.0\"",        "x",
                                     "\"x\"", "true",  "null", "10e-1",          "\"\"",
                                     "X",     "-3",    "900",  "refs/heads/main"};
/* Texts and patterns that say something about the texts of `sent`. */
#define LONG_REF                                                                                   \
    "refs/heads/a-very-long-branch-name-that-goes-on-and-on-until-it-has-more-than-80-bytes-of-it"
static const char *const texts[] = {"refs",     "refs/heads/", "REFS/Heads/", "refs/tags/v1",
                                    "/main",    "MAIN",        "x",           "1",
                                    "\xC3\xA4", "10",          LONG_REF};
static const char *const globs[] = {"refs/*", "refs/heads/?ain", "*main",      "?efs*", "*",
                                    "x",      "re*s/*in",        "*\xC3\xA4*", "RE*",   "1*"};
static const char *const patterns[] = {"^refs/heads/(?:main|x)",
                                       "^refs/heads/.+$",
                                       "^refs|x",
                                       "^(?:refs|x)",
                                       "\\\\Arefs/",
                                       "^refss?/",
                                       "^refs/*",
                                       "^refs/{2}",
                                       "^ref[s]/",
                                       "^r\\\\x65fs",
                                       "^\\\\Qrefs",
                                       "(?i)^REFS/",
                                       "(?m)^main",
                                       "^(?i)REFS",
                                       "^re(?x)fs # | ^",
                                       "^re(?#|)fs",
                                       "^x[|(]?|1",
                                       "main$",
                                       "^\xC3\xA4*x",
                                       "^^refs",
                                       "^REFS/h",
                                       "^1"};
static const char *const numbers[] = {"1", "0.5", "-2", "900", "1e3", "15 minutes", "1 hour", "10"};
static const char *const moments[] = {"2026-01-01", "2026-03-02T10:00:00Z",
                                      "2026-03-02T10:00:00.001Z"};
static const char *const matchers[] = {"%v",
                                       "{ is: %v }",
                                       "{ is_not: %v }",
                                       "[%v, y]",
                                       "{ in: [%v] }",
                                       "{ in: [%v, %v, %v] }",
                                       "{ not_in: [%v, 2] }",
                                       "{ is: %v, exists: true }",
                                       "{ is: %v, ignore_case: true }",
                                       "{ in: [%v, %v], ignore_case: true }",
                                       "{ contains: %v }",
                                       "{ contains: %v, ignore_case: true }",
                                       "{ starts_with: \"%t\" }",
                                       "{ starts_with: \"%t\", ignore_case: true }",
                                       "{ ends_with: \"%t\" }",
                                       "{ ends_with: \"%t\", ignore_case: true }",
                                       "{ like: \"%g\" }",
                                       "{ like: \"%g\", ignore_case: true }",
                                       "{ matches: \"%p\" }",
                                       "{ matches: \"%p\", ignore_case: true }",
                                       "{ above: %n }",
                                       "{ below: %n }",
                                       "{ at_least: %n, at_most: %n }",
                                       "{ above: %n, below: %n, is_not: 7 }",
                                       "{ after: %m }",
                                       "{ before: %m }",
                                       "{ after: %m, before: %m }",
                                       "{ any_item: { item: %v } }",
                                       "{ every_item: { item.n: %v } }",
                                       "{ exists: true }"};

static void put(char **at, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(char **at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *at += vsprintf(*at, format, args);
    va_end(args);
}

static const char *operand(char kind)
{
    switch (kind) {
    case 'v':
        return PICK(values);
    case 't':
        return PICK(texts);
    case 'g':
        return PICK(globs);
    case 'p':
        return PICK(patterns);
    case 'n':
        return PICK(numbers);
    default:
        return PICK(moments);
    }
}

static void put_matcher(char **at)
{
    for (const char *format = PICK(matchers); *format; format++) {
        if (*format == '%')
            put(at, "%s", operand(*++format));
        else
            *(*at)++ = *format;
    }
}

/* Distinct paths only: a mapping cannot have a key twice. */
static void put_matchers(char **at, bool comma)
{
    uint32_t first = dice(N_PATHS), n = 1 + dice(3);
    for (uint32_t i = 0; i < n; i++) {
        put(at, "%s\"%s\": ", comma || i ? ", " : "", paths[(first + i) % N_PATHS]);
        put_matcher(at);
    }
}

/* { any: [ { ... }, { all: [ ... ] } ] } and the like. */
static void put_nested(char **at, unsigned depth)
{
    static const char *const words[] = {"any", "all", "any"};
    static const char *const facts[] = {"timer: running", "timer.for: { above: 1 hour }",
                                        "state.x: 1", "any: [{ not: { state.x: 1 } }]"};
    uint32_t n = 1 + dice(3);
    if (dice(12) == 0) { /* nothing that an event could tell */
        put(at, "%s", PICK(facts));
        return;
    }
    if (!depth || dice(2)) {
        put_matchers(at, false);
        return;
    }
    put(at, "%s: [", PICK(words));
    for (uint32_t i = 0; i < n; i++) {
        put(at, i ? ", { " : "{ ");
        put_nested(at, depth - 1);
        put(at, " }");
    }
    put(at, "]");
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

/* One that hears several events. */
static void put_listening(char **at)
{
    uint32_t kind = dice(3), n = 2 + dice(3);
    if (kind < 2) {
        put(at, kind ? "{ count: %u, of: " : "{ absent: ", n);
        put_trigger(at);
        put(at, kind ? ", within: 1 hour }" : ", for: 1 hour }");
        return;
    }
    put(at, "{ all: [");
    for (uint32_t i = 0; i < n; i++) {
        put(at, i ? ", [" : "[");
        put_trigger(at);
        put(at, ", custom.part%u]", i);
    }
    put(at, "], within: 1 hour }");
}

/* Few texts under few paths: each is frequent, so that several are looked up together. */
static void put_crowded(char **at, unsigned i)
{
    static const char *const few[] = {"x", "y", "\"1\"", "z", "\"1.0\""};
    static const char *const places[] = {"event.a", "event.b", "event.c.d", "event.u",
                                         "event.l[*]"};
    uint32_t n = 2 + dice(4), first = dice(5);
    bool any = dice(6) == 0;
    put(at, "  - { id: r%u, when: github.push, user: ada, then: stop, if: { ", i);
    if (any)
        put(at, "any: [ { event.v: x }, { event.a: x, event.b: %s } ], ", PICK(few));
    for (uint32_t k = any ? 2 : 0; k < n; k++)
        put(at, dice(6) ? "\"%s\": %s, " : "\"%s\": { is: %s, ignore_case: true }, ",
            places[(first + k) % 5], PICK(few));
    put(at, "event.t: { exists: true } } }\n");
}

static void put_rule(char **at, unsigned i)
{
    bool listens = dice(4) == 0;
    put(at, "  - { id: r%u, when: [", i);
    if (listens)
        put_listening(at);
    else
        put_trigger(at);
    if (dice(2)) {
        put(at, ", ");
        put_trigger(at);
    }
    put(at, "]");
    if (dice(4)) {
        put(at, ", if: { ");
        put_nested(at, 2);
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

static unsigned of_kind[CW_CANDIDATE_CORRECT + 1];

static bool compare_item(const struct cw_candidate *a, const struct cw_candidate *b)
{
    of_kind[a->kind]++;
    return CHECK_INT(a->kind, b->kind) && CHECK_INT(a->rule, b->rule) &&
           CHECK_INT(a->trigger, b->trigger) && CHECK_INT(a->parts, b->parts) &&
           CHECK_INT(a->unfit, b->unfit) && CHECK(a->person == b->person) &&
           CHECK(same_text(a->vars, b->vars)) && CHECK(same_text(a->condition, b->condition)) &&
           CHECK(same_text(a->key, b->key)) && CHECK(same_text(a->fault, b->fault)) &&
           CHECK_INT(a->n_keep, b->n_keep);
}

static bool compare(struct lab *lab, const struct cw_ruleset *rules, unsigned *candidates)
{
    struct cw_matches with, without;
    if (!CHECK(cw_match(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &with) == CW_OK) ||
        !CHECK(cwr_match_plainly(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &without) ==
               CW_OK) ||
        !CHECK_INT(with.n, without.n))
        return false;
    bool good = CHECK(same_text(with.used, without.used)) &&
                CHECK_INT(with.n_strangers, without.n_strangers);
    for (size_t i = 0; i < with.n; i++)
        good = compare_item(&with.items[i], &without.items[i]) && good;
    *candidates += (unsigned)with.n;
    return good;
}

static const char *const sent[] = {"1",
                                   "\"1\"",
                                   "1.0",
                                   "\"1.0\"",
                                   "\"x\"",
                                   "\"X\"",
                                   "true",
                                   "null",
                                   "10e-1",
                                   "\"\"",
                                   "\"true\"",
                                   "2",
                                   "\"y\"",
                                   "[1]",
                                   "{}",
                                   "\"refs/heads/main\"",
                                   "\"REFS/Heads/Main\"",
                                   "\"refs/tags/v1.2\"",
                                   "\"\\u00c4x\"",
                                   "\"\\u00e4\"",
                                   ("\"" LONG_REF "/x\""),
                                   "900",
                                   "-3.5",
                                   "1000.0",
                                   "\"16 minutes\"",
                                   "\"900\"",
                                   "\"2026-03-02T10:00:00Z\"",
                                   "\"2026-02-01\"",
                                   "[\"x\",\"X\",1,null,[1],\"refs/heads/main\"]",
                                   "[{\"n\":1},{\"n\":\"x\"},{\"n\":[\"x\"]}]",
                                   "[]",
                                   "[\"\\u00c4\",\"refs/tags/v1\",2.5]"};

static const char *pick_sent(bool crowded)
{
    return sent[crowded ? dice(6) : dice(sizeof sent / sizeof sent[0])];
}

static void put_event(char **at)
{
    bool crowded = dice(4) == 0;
    static const char *const fields[] = {"a", "b", "l", "m", "t", "u", "v"};
    put(at, "{\"who\":[\"bob\",\"eve\"]");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (dice(4))
            put(at, crowded && i == 2 ? ",\"%s\":[\"z\",%s]" : ",\"%s\":%s", fields[i],
                pick_sent(crowded));
    if (dice(2))
        put(at, ",\"c\":{\"d\":%s}", pick_sent(crowded));
    if (dice(2))
        put(at, ",\"e\":[%s]", PICK(sent));
    put(at, "}");
}

/* The same inputs give the same plan; a matcher that saw something else meanwhile, too. */
static bool twice(struct lab *lab, const struct cw_ruleset *rules)
{
    static char first[sizeof lab->text];
    strcpy(first, lab_run(lab, rules, NULL));
    return CHECK_STR(lab_run(lab, rules, NULL), first) && CHECK(strcmp(first, "no memory") != 0);
}

/* An arena of any size is enough, or CW_NOMEM is said; a sanitizer sees what is written behind it.
 */
static bool in_small_arena(struct lab *lab, const struct cw_ruleset *rules)
{
    struct cw_arena *arena = cw_arena_create(dice(1 << dice(16)));
    struct cw_matches matches = {.n = 0};
    struct cw_plan plan = {.n = 0};
    enum cw_status status = cw_match(lab->matcher, rules, &lab->event, 0, NULL, arena, &matches);
    if (!status)
        status = cw_decide(rules, &matches, NULL, 0, arena, &plan);
    cw_arena_destroy(arena);
    return CHECK(status == CW_OK || status == CW_NOMEM) && CHECK(!status || !plan.n);
}

static bool one_event(struct lab *lab, const struct cw_ruleset *rules, unsigned *candidates)
{
    static const char *const sources[][3] = {{"github", "git", "push"},
                                             {"custom", "", "a"},
                                             {"desktop", "desktop", "idle"},
                                             {"github", "git", "x"},
                                             {"git", "git", "push"}};
    char body[4096], *at = body;
    uint32_t s = dice(5);
    put_event(&at);
    if (CHECK(lab_event(lab, sources[s][0], sources[s][1], sources[s][2], body)) &&
        compare(lab, rules, candidates) && twice(lab, rules) && in_small_arena(lab, rules))
        return true;
    fprintf(stderr, "event: %s\n", body);
    return false;
}

static bool one_round(struct lab *lab, char *text, unsigned round, unsigned *candidates)
{
    char *at = text;
    bool good = true;
    put(&at, "%s", frame);
    bool crowded = dice(5) == 0;
    for (unsigned i = 0, n = crowded ? 500 : 1 + dice(dice(4) ? 60 : 600); i < n; i++) {
        if (crowded)
            put_crowded(&at, i + 1000 * round);
        else
            put_rule(&at, i + 1000 * round);
    }
    put_rule(&at, 999999);
    struct cw_ruleset *rules = lab_compile(text, NULL);
    if (!CHECK(rules != NULL))
        return false;
    for (unsigned i = 0; i < 60 && good; i++)
        good = one_event(lab, rules, candidates);
    cw_ruleset_unref(rules);
    return good;
}

/* CW_INDEX_ROUNDS=10000 for a long one. */
TEST(index_on_is_index_off)
{
    struct lab *lab = lab_create();
    char *text = malloc(4 << 20);
    const char *wanted = getenv("CW_INDEX_ROUNDS");
    unsigned candidates = 0, rounds = wanted ? (unsigned)atoi(wanted) : 60;
    for (unsigned round = 0; round < rounds; round++) {
        uint32_t seed = state;
        if (one_round(lab, text, round, &candidates))
            continue;
        fprintf(stderr, "round %u began with the state %u\n", round, seed);
        break;
    }
    CHECK(candidates > 10000); /* the property was not held by silence */
    for (size_t i = 0; i < sizeof of_kind / sizeof of_kind[0]; i++)
        CHECK(of_kind[i] > 100);
    free(text);
    lab_destroy(lab);
}

/* What is counted must fit `if`; a part and a sign of life need not. */
TEST(index_of_what_listens)
{
    static const char *const whens[] = {"{ count: 2, of: github.push, within: 1 hour }",
                                        "{ absent: github.push, for: 1 hour }",
                                        "{ all: [github.push, custom.a], within: 1 hour }"};
    static const size_t found[] = {1, 500, 500};
    struct lab *lab = lab_create();
    char *text = malloc(1 << 20);
    for (size_t k = 0; k < 3; k++) {
        char *at = text;
        put(&at, "%s", frame);
        for (unsigned i = 0; i < 500; i++)
            put(&at,
                "  - { id: r%u, when: %s, user: ada, if: { event.repo: repo-%u }, then: stop }\n",
                i, whens[k], i);
        struct cw_ruleset *rules = lab_compile(text, NULL);
        if (CHECK(rules != NULL) &&
            CHECK(lab_event(lab, "github", "git", "push", "{\"repo\":\"repo-321\"}"))) {
            lab_run(lab, rules, NULL);
            CHECK_INT(lab->matcher->found.n, found[k]);
            CHECK_INT(lab->matches.n, found[k]);
            CHECK(lab_event(lab, "custom", "", "b", "{}"));
            lab_run(lab, rules, NULL);
            CHECK_INT(lab->matcher->found.n, 0);
        }
        cw_ruleset_unref(rules);
    }
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

/* Senders and repositories that are both frequent: their pairs are looked up together, and what the
 * index cannot put together (any case, one of several) is found nevertheless. */
TEST(index_looks_up_texts_together)
{
    static const char *const ways[][2] = {
        {"{ is: s", ", ignore_case: true }"}, {"[s", ", t]"}, {"s", ""}};
    struct lab *lab = lab_create();
    char *text = malloc(1 << 20), *at = text;
    put(&at, "%s", frame);
    for (unsigned i = 0; i < 3 * 30 * 30; i++) {
        put(&at,
            "  - { id: r%u, when: github.push, user: ada, then: stop, if: { event.r: r%u, "
            "event.s: ",
            i, i % 30);
        put(&at, "%s%u%s", ways[i / 900][0], i / 30 % 30, ways[i / 900][1]);
        put(&at, " } }\n");
    }
    struct cw_ruleset *rules = lab_compile(text, NULL);
    if (CHECK(rules != NULL) &&
        CHECK(lab_event(lab, "github", "git", "push", "{\"r\":\"r7\",\"s\":\"s9\"}"))) {
        CHECK_STR(lab_run(lab, rules, NULL), "run r277 ada\n  stop {}\nrun r1177 ada\n  stop {}\n"
                                             "run r2077 ada\n  stop {}\n");
        CHECK_INT(lab->matcher->found.n, 30 + 30 + 1);
        CHECK(lab_event(lab, "github", "git", "push", "{\"r\":\"r7\",\"s\":\"S9\"}"));
        CHECK_STR(lab_run(lab, rules, NULL), "run r277 ada\n  stop {}\n");
        CHECK(lab_event(lab, "github", "git", "push", "{\"r\":\"r7\",\"s\":\"t\"}"));
        CHECK_INT((lab_run(lab, rules, NULL), lab->matches.n), 30);
    }
    cw_ruleset_unref(rules);
    free(text);
    lab_destroy(lab);
}

CHECK_MAIN
