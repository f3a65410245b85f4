#include "check.h"
#include "lab.h"

static const char text[] =
    "version: 1\ntimezone: UTC\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [a@x] }\n"
    "rules:\n"
    "  - id: wait\n    when: github.push\n    user: ada\n    if: { timer: running }\n"
    "    wait: 90 seconds\n"
    "    then: [ { log: '${event.x} ${match.y | default: -} ${now} ${user.name}' }, stop ]\n"
    "  - { id: off, when: github.push, user: ada, enabled: false, then: stop }\n"
    "  - { id: now, when: github.tag, user: ada, if: { timer: running }, then: [pause, { start: {"
    " task: '${event.n}', billable: true } }] }\n"
    "  - { id: slow, when: github.slow, user: ada, expires: 2 hours, then: [stop, { log: x }] }\n"
    "  - { id: own, when: github.own, user: ada, then: [resume, stop, { log: x }] }\n"
    "  - id: pat\n    when: github.never\n    if: { event.z: { matches: '(?<y>.)' } }\n"
    "    then: stop\n";

/* `match.y` needs a pattern in its own rule. */
static char *whole(void)
{
    static char made[4096];
    const char *at = strstr(text, "if: { timer: running }\n    wait");
    snprintf(made, sizeof made, "%.*sif: { timer: running, event.x: { matches: '^(?<y>z)?' } }%s",
             (int)(at - text), text, at + strlen("if: { timer: running }"));
    return made;
}

static struct lab *lab;
static struct cw_ruleset *rules;
static enum cw_timer timer;
static unsigned asked;

static void get(void *ctx, const struct cw_person *person, struct cw_facts *out)
{
    (void)ctx;
    (void)person;
    asked++;
    out->timer = timer;
}

static const struct cw_facts_reader reader = {.get = get};

/* A host that knows the whole. */
static void get_work(void *ctx, const struct cw_person *person, struct cw_facts *out)
{
    static struct cw_work work;
    work = (struct cw_work){.task = CW_TEXT("KEY-1"), .since_ms = 1772445600000 - 7200000};
    (void)person;
    out->timer = CW_TIMER_RUNNING;
    out->work = ctx ? &work : NULL;
}

static void begin(void)
{
    if (!lab)
        lab = lab_create();
    if (!rules)
        rules = lab_compile(whole(), NULL);
    if (!rules)
        abort();
}

static const char *run(const char *type, const char *body)
{
    begin();
    if (!lab_event(lab, "github", "git", type, body))
        return "no event";
    return lab_run(lab, rules, &reader);
}

TEST(a_wait_has_no_calls_yet)
{
    timer = CW_TIMER_UNKNOWN;
    CHECK_STR(run("push", "{\"x\":\"zz\"}"),
              "run wait ada in 90000 ms if {\"timer\":[\"running\"]} with "
              "{\"event.x\":\"zz\",\"match.y\":\"z\"}\n");
    timer = CW_TIMER_RUNNING;
    CHECK_STR(run("push", "{\"x\":\"a\"}"), "run wait ada in 90000 ms if {\"timer\":[\"running\"]} "
                                            "with {\"event.x\":\"a\"}\n");
    timer = CW_TIMER_PAUSED;
    CHECK_STR(run("push", "{\"x\":\"a\"}"),
              "refused wait ada: the timer is paused, not running (rules.yaml, line 6)\n");
}

TEST(without_wait_it_is_due)
{
    timer = CW_TIMER_RUNNING;
    CHECK_STR(run("tag", "{\"n\":1.0}"), "run now ada if {\"timer\":[\"running\"]} with "
                                         "{\"event.n\":1.0}\n  pause {}\n"
                                         "  start {\"task\":\"1.0\",\"billable\":true}\n");
    CHECK_INT(lab->plan.effects[0].calls[1].step, 1);
    CHECK_STR(run("tag", "{}"), "refused now ada: `event.n` is missing (rules.yaml, line 13)\n");
}

TEST(every_action_has_its_time)
{
    timer = CW_TIMER_UNKNOWN;
    run("slow", "{}");
    CHECK_INT(lab->plan.effects[0].calls[0].expires_ms, 2 * 3600000);
    CHECK_INT(lab->plan.effects[0].calls[1].expires_ms, 2 * 3600000);
    run("own", "{}");
    CHECK_INT(lab->plan.effects[0].calls[0].expires_ms, 15 * 60000);
    CHECK_INT(lab->plan.effects[0].calls[1].expires_ms, 24 * 3600000);
    CHECK_INT(lab->plan.effects[0].calls[2].expires_ms, 24 * 3600000);
}

TEST(a_host_that_knows_the_timer_is_asked_at_once)
{
    struct cw_facts_reader knows = {.get = get_work, .ctx = &knows}, knows_less = {.get = get_work};
    struct cw_ruleset *one = lab_compile(
        "version: 1\ntimezone: UTC\nusers:\n"
        "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n"
        "  - { id: a, when: github.push, user: ada, if: { timer.for: { at_least: 2 hours } }, "
        "then: "
        "stop }\n"
        "  - { id: b, when: github.push, user: ada, if: { timer.for: { above: 2 hours } }, then: "
        "stop }\n",
        NULL);
    begin();
    if (!CHECK(one != NULL) || !CHECK(lab_event(lab, "github", "git", "push", "{}")))
        return;
    CHECK_STR(lab_run(lab, one, &knows),
              "run a ada if {\"timer.for\":{\"at_least\":\"2 hours\"}}\n  stop {}\n"
              "refused b ada: the timer has been running for 2 hours, not above 2 hours "
              "(rules.yaml, line 7)\n");
    CHECK_STR(lab_run(lab, one, &knows_less),
              "run a ada if {\"timer.for\":{\"at_least\":\"2 hours\"}}\n  stop {}\n"
              "run b ada if {\"timer.for\":{\"above\":\"2 hours\"}}\n  stop {}\n");
    cw_ruleset_unref(one);
}

static enum cw_status fail(void *ctx, struct cw_mark *mark)
{
    (void)ctx;
    (void)mark;
    return CW_EIO;
}

/* A journal that cannot be read is no reason to let a match through. */
TEST(a_failing_host_fails_the_decision)
{
    const struct cw_facts_reader broken = {.mark = fail};
    struct cw_plan plan = {.n = 99};
    struct cw_ruleset *throttled =
        lab_compile("version: 1\ntimezone: UTC\nusers:\n"
                    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n"
                    "  - { id: t, when: github.push, user: ada, throttle: 1 minute, then: stop }\n",
                    NULL);
    begin();
    if (!CHECK(throttled != NULL) || !CHECK(lab_event(lab, "github", "git", "push", "{}")))
        return;
    CHECK(cw_match(lab->matcher, throttled, &lab->event, 0, NULL, lab->arena, &lab->matches) ==
          CW_OK);
    CHECK_INT(cw_decide(throttled, &lab->matches, &broken, 0, lab->arena, &plan), CW_EIO);
    CHECK_INT(plan.n, 99);
    CHECK_INT(cw_decide(throttled, &lab->matches, NULL, 0, lab->arena, &plan), CW_OK);
    CHECK_INT(plan.n, 2);
    cw_ruleset_unref(throttled);
}

/* Nor a reason to act on a fact that nobody could read. */
TEST(facts_that_cannot_be_read_fail_the_decision)
{
    static const char *const rule[] = {"if: { state.x: 1 }, then: stop",
                                       "then: { log: '${state.x | default: y}' }",
                                       "at: '${state.x | default: y}', then: stop",
                                       "if: { not: { state.x: 1 } }, wait: 1 minute, then: stop"};
    const struct cw_facts_reader broken = {.mark = fail};
    begin();
    for (size_t i = 0; i < sizeof rule / sizeof *rule; i++) {
        char yaml[512];
        struct cw_plan plan = {.n = 99};
        snprintf(yaml, sizeof yaml,
                 "version: 1\ntimezone: UTC\nusers:\n"
                 "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001 }\nrules:\n"
                 "  - { id: t, when: github.push, user: ada, %s }\n",
                 rule[i]);
        struct cw_ruleset *one = lab_compile(yaml, NULL);
        if (!CHECK(one != NULL) || !CHECK(lab_event(lab, "github", "git", "push", "{}")))
            return;
        CHECK(cw_match(lab->matcher, one, &lab->event, 0, NULL, lab->arena, &lab->matches) ==
              CW_OK);
        CHECK_INT(cw_decide(one, &lab->matches, &broken, 0, lab->arena, &plan), CW_EIO);
        CHECK_INT(plan.n, 99);
        CHECK_INT(cw_decide(one, &lab->matches, NULL, 0, lab->arena, &plan), CW_OK);
        CHECK_INT(plan.n, 1); /* nothing is known: no refusal, but for an `at` without its time */
        CHECK_INT(plan.effects[0].kind, i == 2 ? CW_EFFECT_REFUSED : CW_EFFECT_RUN);
        cw_ruleset_unref(one);
    }
}

static enum cw_status due(const char *rule, const char *person, const char *condition,
                          const char *vars, struct cw_error *err)
{
    const struct cw_due_run run_row = {cw_text_of(rule),   cw_text_of(person),
                                       cw_text_of(person), cw_text_of(condition),
                                       cw_text_of(vars),   0};
    begin();
    cw_arena_reset(lab->arena);
    lab->len = 0;
    lab->text[0] = '\0';
    lab->plan.n = 99;
    enum cw_status status =
        cw_decide_due(rules, &run_row, &reader, 1772445690000, lab->arena, &lab->plan, err);
    if (status)
        CHECK_INT(lab->plan.n, 99);
    else if (CHECK_INT(lab->plan.n, 1))
        lab_print_effect(lab, &lab->plan.effects[0], 1772445690000);
    return status;
}

#define RUNNING "{\"timer\":[\"running\"]}"

TEST(a_due_run_needs_no_event)
{
    struct cw_error err;
    timer = CW_TIMER_RUNNING;
    CHECK(due("wait", "ada", RUNNING, "{\"event.x\":\"zz\",\"match.y\":\"z\"}", &err) == CW_OK);
    CHECK_STR(lab->text, "run wait ada if " RUNNING " with {\"event.x\":\"zz\",\"match.y\":\"z\"}\n"
                         "  log {\"text\":\"zz z 2026-03-02T10:01:30.000Z ada\"}\n  stop {}\n");
    CHECK(due("wait", "ada", RUNNING, "{\"event.x\":\"a\"}", &err) == CW_OK);
    CHECK_STR(lab->text, "run wait ada if " RUNNING " with {\"event.x\":\"a\"}\n"
                         "  log {\"text\":\"a - 2026-03-02T10:01:30.000Z ada\"}\n  stop {}\n");
}

TEST(facts_are_asked_again)
{
    struct cw_error err;
    timer = CW_TIMER_STOPPED;
    CHECK(due("wait", "ada", RUNNING, "{\"event.x\":1}", &err) == CW_OK);
    CHECK_STR(lab->text,
              "refused wait ada: the timer is stopped, not running (rules.yaml, line 6)\n");
    timer = CW_TIMER_UNKNOWN;
    CHECK(due("wait", "ada", RUNNING, "{\"event.x\":1}", &err) == CW_OK);
    CHECK_INT(lab->plan.effects[0].kind, CW_EFFECT_RUN);
    CHECK_INT(lab->plan.effects[0].n_calls, 2);
    asked = 0;
    CHECK(due("wait", "ada", "", "{\"event.x\":1}", &err) == CW_OK);
    CHECK_INT(asked, 0);
}

TEST(what_is_gone_is_named)
{
    struct cw_error err;
    CHECK(due("gone", "ada", "", "{}", &err) == CW_ENOENT);
    CHECK_STR(err.text, "there is no rule `gone` any more");
    CHECK(due("wait", "eve", "", "{}", &err) == CW_ENOENT);
    CHECK_STR(err.text, "there is no user `eve` any more");
    CHECK(due("wait", "a@x", "", "{}", &err) == CW_ENOENT); /* an alias is no person */
    CHECK(due("off", "ada", "", "{}", &err) == CW_OK);
    CHECK_STR(lab->text,
              "refused off ada: the rule is not enabled any more (rules.yaml, line 12)\n");
}

TEST(what_cannot_be_read_is_refused)
{
    struct cw_error err;
    CHECK(due("wait", "ada", "", "{", &err) == CW_OK);
    CHECK_STR(
        lab->text,
        "refused wait ada: the values kept with the run cannot be read (rules.yaml, line 6)\n");
    CHECK(due("wait", "ada", "nonsense", "{}", &err) == CW_OK);
    CHECK_STR(lab->text, "refused wait ada: the condition kept with the run cannot be read "
                         "(rules.yaml, line 6)\n");
    CHECK(due("wait", "ada", "", "", &err) == CW_OK);
    CHECK_STR(lab->text, "refused wait ada: `event.x` is missing (rules.yaml, line 11)\n");
}

TEST(same_inputs_same_plan)
{
    char first[4096];
    timer = CW_TIMER_RUNNING;
    snprintf(first, sizeof first, "%s", run("tag", "{\"n\":\"a\\u0000b\"}"));
    for (int i = 0; i < 3; i++)
        CHECK_STR(run("tag", "{\"n\":\"a\\u0000b\"}"), first);
}

CHECK_MAIN
