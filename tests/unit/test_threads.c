/* Several threads match on one ruleset, each with a matcher of its own, while another one replaces
 * it: refs are taken and given back all the time, and every answer is that of one of the two. */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "lab.h"

enum { THREADS = 4, ROUNDS = 400, RELOADS = 60, MOST_RELOADS = 20000 };

/* The rules' two versions differ in the note alone. */
#define RULES(version)                                                                             \
    "version: 1\ntimezone: UTC\nusers:\n"                                                          \
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [a@x, 'github:ada'] }\n"       \
    "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002, aliases: [b@x] }\n"                     \
    "rules:\n"                                                                                     \
    "  - id: one\n    when: github.push\n    user: ['${event.user}', ada]\n"                       \
    "    if:\n"                                                                                    \
    "      event.ref: { matches: '^(?:feat|fix)/(?<task>[A-Z]+-\\d+)', ignore_case: true }\n"      \
    "      event.n: { above: 1 }\n"                                                                \
    "      any: [ { timer: running }, { event.s: { contains: X, ignore_case: true } } ]\n"         \
    "    then: { start: { task: '${match.task | upper}', note: " version " } }\n"                  \
    "  - { id: two, when: github.*, user: ada, wait: 1 minute, unless: desktop.active,"            \
    " if: { event.n: 7, timer: [running, paused] }, then: [stop, { log: '${event.s | slug}' }] "   \
    "}\n"                                                                                          \
    "  - { id: three, when: { absent: github.push, for: 1 minute }, user: everyone, then: { log: " \
    "'${event.s}' } }\n"                                                                           \
    "  - { id: four, when: { every: 7 minutes }, user: bob, if: { state.x: { matches: '^[0-9]+$' " \
    "}"                                                                                            \
    " }, then: { log: '${state.x}' } }\n"

static const char body[] =
    "{\"user\":[\"b@x\",\"eve\"],\"ref\":\"FEAT/key-1-x\",\"n\":7,\"s\":\"\\u00e4x b\"}";

static struct {
    pthread_mutex_t lock; /* around the pointer, as a host would have it */
    struct cw_ruleset *rules;
    char expected[2][4096];
    atomic_uint wrong, seen[2];
    atomic_bool over;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct cw_ruleset *borrow(void)
{
    pthread_mutex_lock(&world.lock);
    struct cw_ruleset *rules = cw_ruleset_ref(world.rules);
    pthread_mutex_unlock(&world.lock);
    return rules;
}

static void replace(struct cw_ruleset *made)
{
    pthread_mutex_lock(&world.lock);
    struct cw_ruleset *old = world.rules;
    world.rules = made;
    pthread_mutex_unlock(&world.lock);
    cw_ruleset_unref(old); /* matching may still go on in it */
}

static struct cw_ruleset *make(int version)
{
    return lab_compile(version ? RULES("new") : RULES("old"), NULL);
}

/* Everybody's own facts: state.x is 7. */
static enum cw_status get_mark(void *ctx, struct cw_mark *mark)
{
    (void)ctx;
    mark->value = CW_TEXT("7");
    mark->until_ms = INT64_MAX;
    return strcmp(mark->kind, "state") == 0 ? CW_OK : CW_ENOENT;
}

/* What time brings: a tick of four, a silence of three. */
static bool one_moment(struct lab *lab, const struct cw_ruleset *rules)
{
    const struct cw_facts_reader facts = {.mark = get_mark};
    const struct cw_absence silent = {CW_TEXT("three"), CW_TEXT("bob"),
                                      CW_TEXT("absent github.push for 1 minute\nbob")};
    int64_t due_ms;
    lab->event =
        (struct cw_event){.id = CW_TEXT("t"), .source = CW_TEXT("clock"), .type = CW_TEXT("tick")};
    if (cw_next_tick(lab->matcher, rules, 0, 0, lab->arena, &due_ms))
        return false;
    lab->event.received_ms = due_ms;
    if (cw_match_tick(lab->matcher, rules, &lab->event, due_ms, NULL, lab->arena, &lab->matches) ||
        strcmp(lab_decide(lab, rules, &facts), "run four bob\n  log {\"text\":\"7\"}\n") != 0)
        return false;
    if (cw_json_read(lab->json, CW_TEXT("{\"event.s\":\"x\"}"), NULL))
        return false;
    lab->event.used = cw_json_root(lab->json);
    return !cw_match_absent(lab->matcher, rules, &lab->event, &silent, 1, NULL, lab->arena,
                            &lab->matches) &&
           strstr(lab_decide(lab, rules, &facts), "run three bob") != NULL;
}

static void one_event(struct lab *lab)
{
    struct cw_ruleset *rules = borrow();
    if (!lab_event(lab, "github", "git", "push", body)) {
        atomic_fetch_add(&world.wrong, 1);
    } else {
        const char *plan = lab_run(lab, rules, NULL);
        bool known = cw_ruleset_find(rules, CW_TEXT("GITHUB:ADA")) != NULL;
        int i = strcmp(plan, world.expected[0]) == 0 ? 0 : 1;
        if (!known || strcmp(plan, world.expected[i]) != 0)
            atomic_fetch_add(&world.wrong, 1);
        else
            atomic_fetch_add(&world.seen[i], 1);
    }
    if (!one_moment(lab, rules))
        atomic_fetch_add(&world.wrong, 1);
    cw_ruleset_unref(rules);
}

static void *match_events(void *ctx)
{
    struct lab *lab = lab_create();
    (void)ctx;
    for (int i = 0; i < ROUNDS || !atomic_load(&world.over); i++)
        one_event(lab);
    lab_destroy(lab);
    return NULL;
}

static void *reload(void *ctx)
{
    (void)ctx;
    /* Until both versions were seen: on a busy machine a thread may start late. */
    for (int i = 0; i < MOST_RELOADS; i++) {
        if (i >= RELOADS && atomic_load(&world.seen[0]) && atomic_load(&world.seen[1]))
            break;
        replace(make((i + 1) % 2));
    }
    atomic_store(&world.over, true);
    return NULL;
}

/* What one thread alone sees in each version. */
static bool expect(int version)
{
    struct lab *lab = lab_create();
    struct cw_ruleset *rules = make(version);
    bool good = rules && lab_event(lab, "github", "git", "push", body);
    if (good)
        snprintf(world.expected[version], sizeof world.expected[version], "%s",
                 lab_run(lab, rules, NULL));
    cw_ruleset_unref(rules);
    lab_destroy(lab);
    return good;
}

TEST(matching_while_reloading)
{
    pthread_t matchers[THREADS], reloader;
    if (!CHECK(expect(0) && expect(1)))
        return;
    CHECK(strstr(world.expected[0], "run one bob") && strstr(world.expected[0], "\"old\""));
    CHECK(strstr(world.expected[1], "KEY-1") && strstr(world.expected[1], "\"new\""));
    CHECK(strstr(world.expected[1], "run two ada in 60000 ms"));
    world.rules = make(0);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&matchers[i], NULL, match_events, NULL))
            abort();
    if (pthread_create(&reloader, NULL, reload, NULL))
        abort();
    pthread_join(reloader, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(matchers[i], NULL);
    replace(NULL);
    CHECK_INT(world.wrong, 0);
    CHECK(world.seen[0] > 0 && world.seen[1] > 0);
    CHECK(world.seen[0] + world.seen[1] >= THREADS * ROUNDS);
}

/* Several threads compile at once: nothing is shared between them but constants. */
static void *compile_many(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < 20; i++) {
        struct cw_ruleset *rules = make(i % 2);
        if (!rules || cw_ruleset_rules(rules) != 4)
            atomic_fetch_add(&world.wrong, 1);
        cw_ruleset_unref(rules);
    }
    return NULL;
}

TEST(compiling_in_parallel)
{
    pthread_t threads[THREADS];
    atomic_store(&world.wrong, 0);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, compile_many, NULL))
            abort();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(world.wrong, 0);
}

CHECK_MAIN
