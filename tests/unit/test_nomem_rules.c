/* The 1st, 2nd, ... nth allocation fails: the library says CW_NOMEM and nothing is lost.
 *
 * The program's own malloc stands before the C library's, which a sanitizer does not allow. */
#include "nomem.h"

#ifdef NOMEM_HERE

#include "lab.h"

static const char rules_text[] =
    "version: 1\ntimezone: UTC\nusers:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [a@x], chat: https://x/ }\n"
    "teams: { ops: [ada] }\n"
    "hours: { work: { windows: mon 09:00-10:00, except: [2026-01-01, none.ICS] } }\n"
    "rules:\n"
    "  - id: one\n    when: [github.push, { event: git.tag, event.n: [1, 2] }]\n"
    "    user: '${event.u}'\n"
    "    if:\n      event.ref: { matches: '^(?<task>[A-Z]+-\\d+)' }\n      event.n: { above: 1, "
    "below: 9 }\n      event.s: { matches: '^(\\w+-)*a' }\n"
    "      any: [ { timer: running }, { event.s: { contains: X, ignore_case: true } } ]\n"
    "    unless: desktop.active\n"
    "    then: [ { start: { task: '${match.task | lower}' } }, stop ]\n"
    "  - { id: two, when: github.push, user: ada, if: { paused_by: one }, then: { log: '${now}' } "
    "}\n"
    "  - { id: three, when: github.push, user: '${event.u}', at: '1 hour before ${now}', key: "
    "'k${event.ref}', throttle: 1 minute, unless: desktop.active, then: [pause] }\n"
    "  - { id: four, when: github.push, user: ada, at: '1 hour before ${now}', final: true, then: "
    "stop }\n"
    "  - { id: five, when: github.push, user: ada, dry_run: true, if: { state.x: { matches: ^K }, "
    "not: { state.x: [y, z] } }, then: { log: '${state.x}' } }\n"
    "  - { id: six, when: github.push, user: ada, then: [stop, { log: \"${'$'}${event.n} "
    "${timer.task}\" }] }\n"
    "  - { id: seven, when: github.push, user: ['team:x${event.n}', 'team:${event.team}', "
    "everyone, "
    "team:ops], then: stop }\n"
    "  - { id: eight, when: github.push, user: ada, then: [{ notify: { to: '${user.chat}', text: "
    "'${timer.task}' } }, { call: { url: 'https://x/${secret.a}', headers: { X-A: '${env.b}' }, "
    "json: { a: [1, '${event.n}', 'n${event.n}'] } } }, { notify: { to: 'https://x/', text: a } "
    "}] }\n"
    "  - { id: nine, when: { count: 1, of: github.push, within: 1 hour }, user: ada, dry_run: "
    "true, "
    "then: { log: '${count} ${event.s}' } }\n"
    "  - { id: ten, when: { all: [github.*, { event: github.push, event.n: 1.5 }, desktop.x], "
    "within: "
    "1 hour }, user: everyone, dry_run: true, then: stop }\n"
    "  - { id: eleven, when: { absent: github.push, for: 1 hour }, user: ada, key: "
    "'k${event.ref}', then: { log: '${event.s}' } }\n"
    "  - { id: twelve, when: [{ every: mon 09:00 }, { every: 7 hours }], user: everyone, then: { "
    "log: "
    "'${event.id}' } }\n";

static enum cw_status compile(struct cw_ruleset **out)
{
    struct cw_diags *diags = cw_diags_create();
    struct cw_doc *doc = NULL;
    if (!diags)
        return CW_NOMEM;
    enum cw_status status = cw_doc_parse("r", cw_text_of(rules_text), NULL, diags, &doc);
    if (!status)
        status = cw_ruleset_compile(doc, &lab_catalogue, diags, out);
    cw_doc_destroy(doc);
    cw_diags_destroy(diags);
    return status;
}

/* state.x is "K-\u00e4". */
static enum cw_status get_mark(void *ctx, struct cw_mark *mark)
{
    (void)ctx;
    if (strcmp(mark->kind, "state") != 0)
        return CW_ENOENT;
    mark->value = CW_TEXT("\"K-\\u00e4\"");
    mark->until_ms = 1;
    return CW_OK;
}

static enum cw_status match(const struct cw_ruleset *rules)
{
    static const char body[] = "{\"u\":[\"a@x\",\"eve\"],\"ref\":\"KEY-1\",\"n\":1.5,\"s\":\"axb\","
                               "\"team\":[\"Ops\",\"gone\"]}";
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_matcher *matcher = cw_matcher_create();
    struct cw_event event = {.source = CW_TEXT("github"), .type = CW_TEXT("push")};
    struct cw_matches matches;
    struct cw_plan plan = {.n = 0};
    enum cw_status status = json && arena && matcher ? CW_OK : CW_NOMEM;
    const struct cw_facts_reader facts = {.mark = get_mark};
    if (!status)
        status = cw_json_read(json, cw_text_of(body), NULL);
    if (!status) {
        event.body = cw_json_root(json);
        status = cw_match(matcher, rules, &event, 0, NULL, arena, &matches);
    }
    if (!status)
        status = cw_decide(rules, &matches, &facts, 0, arena, &plan);
    if (!status)
        CHECK_INT(plan.n, 14); /* three has its mark and its correction, nine its mark */
    cw_matcher_destroy(matcher);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return status;
}

/* A second try may have helped: then it is whole. */
static enum cw_status compile_and_match(void)
{
    struct cw_ruleset *rules = NULL;
    enum cw_status status = compile(&rules);
    if (!status)
        status = match(rules);
    cw_ruleset_unref(rules);
    return status;
}

TEST(compiling)
{
    nomem_each(compile_and_match, 20);
}

static struct cw_ruleset *ready; /* compiled while memory was there */

static enum cw_status match_ready(void)
{
    return match(ready);
}

TEST(matching_and_deciding)
{
    if (CHECK_INT(compile(&ready), CW_OK))
        nomem_each(match_ready, 5);
    cw_ruleset_unref(ready);
}

/* What the journal kept, or nothing. */
static enum cw_status get_times(void *ctx, struct cw_mark *mark)
{
    (void)ctx;
    mark->value = CW_TEXT("1 0 5");
    mark->until_ms = 9;
    return CW_OK;
}

/* A tick of twelve, or a silence of eleven. */
static enum cw_status at_the_clock(bool tick)
{
    static const char used[] = "{\"source.name\":\"github\",\"event.s\":\"x\"}";
    const struct cw_absence silent = {CW_TEXT("eleven"), CW_TEXT("ada"),
                                      CW_TEXT("absent github.push for 1 hour\nk")};
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_matcher *matcher = cw_matcher_create();
    struct cw_event event = {.id = CW_TEXT("e"), .source = CW_TEXT("clock"), .type = CW_TEXT("x")};
    struct cw_matches matches;
    struct cw_plan plan = {.n = 0};
    const struct cw_facts_reader facts = {.mark = get_times};
    enum cw_status status = json && arena && matcher ? CW_OK : CW_NOMEM;
    if (!status)
        status = cw_json_read(json, cw_text_of(used), NULL);
    if (!status && tick)
        status = cw_next_tick(matcher, ready, 0, 0, arena, &event.received_ms);
    if (!status && tick)
        status = cw_match_tick(matcher, ready, &event, event.received_ms, NULL, arena, &matches);
    event.used = json ? cw_json_root(json) : event.used;
    if (!status && !tick)
        status = cw_match_absent(matcher, ready, &event, &silent, 1, NULL, arena, &matches);
    if (!status)
        status = cw_decide(ready, &matches, &facts, event.received_ms, arena, &plan);
    if (!status && CHECK_INT(plan.n, 1))
        CHECK_INT(plan.effects[0].n_calls, 1);
    cw_matcher_destroy(matcher);
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return status;
}

static enum cw_status at_a_tick(void)
{
    return at_the_clock(true);
}

static enum cw_status at_a_silence(void)
{
    return at_the_clock(false);
}

static void count_tick(void *ctx, const struct cw_tick *tick)
{
    (void)tick;
    (*(unsigned *)ctx)++;
}

static enum cw_status list_ticks(void)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_matcher *matcher = cw_matcher_create();
    unsigned n = 0;
    enum cw_status status = CW_NOMEM;
    if (arena && matcher)
        status = cw_ticks(matcher, ready, 0, arena, count_tick, &n);
    if (!status)
        CHECK_INT(n, 1);
    cw_matcher_destroy(matcher);
    cw_arena_destroy(arena);
    return status;
}

TEST(what_time_brings)
{
    if (CHECK_INT(compile(&ready), CW_OK)) {
        nomem_each(list_ticks, 2);
        nomem_each(at_a_tick, 5);
        nomem_each(at_a_silence, 5);
    }
    cw_ruleset_unref(ready);
}

/* A run that waited: its condition is asked and its calls are rendered. */
static enum cw_status decide_due(void)
{
    const struct cw_due_run run = {
        CW_TEXT("one"),
        CW_TEXT("ada"),
        CW_TEXT("ada"),
        CW_TEXT("{\"any\":[{\"timer\":[\"running\"]},{\"paused_by\":\"two\"}]}"),
        CW_TEXT("{\"match.task\":\"KEY-1\"}"),
        0};
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_plan plan = {.n = 0};
    enum cw_status status = CW_NOMEM;
    if (arena)
        status = cw_decide_due(ready, &run, NULL, 0, arena, &plan, NULL);
    if (!status && CHECK_INT(plan.n, 1)) {
        CHECK_INT(plan.effects[0].kind, CW_EFFECT_RUN);
        if (CHECK_INT(plan.effects[0].n_calls, 2))
            CHECK_MEM(plan.effects[0].calls[0].args.at, plan.effects[0].calls[0].args.len,
                      "{\"task\":\"key-1\"}");
    }
    cw_arena_destroy(arena);
    return status;
}

TEST(deciding_what_is_due)
{
    if (CHECK_INT(compile(&ready), CW_OK))
        nomem_each(decide_due, 1);
    cw_ruleset_unref(ready);
}

/* So often that the ruleset needs more memory. */
static enum cw_status identify(void)
{
    static const char *const ids[] = {"6a2c1d3e-0000-4000-8000-000000000009", "x"};
    struct cw_ruleset *rules = NULL;
    enum cw_status status = compile(&rules);
    for (int i = 0; i < 200 && !status; i++) {
        const char *before = cw_ruleset_person(rules, 0)->awork;
        status = cw_ruleset_identify(rules, 0, cw_text_of(ids[i % 2]));
        CHECK_STR(cw_ruleset_person(rules, 0)->awork, status ? before : ids[i % 2]);
    }
    cw_ruleset_unref(rules);
    return status;
}

TEST(identifying)
{
    nomem_each(identify, 1);
}

static enum cw_status ask(void)
{
    const struct cw_work work = {
        .task = CW_TEXT("KEY-1"), .note = CW_TEXT("\u00c4"), .since_ms = 1};
    const struct cw_facts facts = {
        .timer = CW_TIMER_RUNNING, .paused_by = CW_TEXT("one"), .work = &work, .now_ms = 7200000};
    enum cw_truth truth = CW_UNKNOWN;
    char why[200];
    enum cw_status status = cw_condition_ask(
        CW_TEXT("{\"all\":[{\"timer\":[\"running\"]},{\"timer.for\":{\"above\":\"1 hour\"}},"
                "{\"timer.task\":{\"matches\":\"^K\"}},"
                "{\"timer.note\":{\"in\":[\"x\",\"\u00e4\"],\"ignore_case\":true}},"
                "{\"timer.state\":[\"running\"]},{\"not\":{\"paused_by\":\"\\u006fne\"}}]}"),
        &facts, &truth, why, sizeof why, NULL);
    if (!status)
        CHECK_INT(truth, CW_FALSE);
    else
        CHECK_INT(truth, CW_UNKNOWN);
    return status;
}

TEST(asking)
{
    nomem_each(ask, 0);
}

static enum cw_status look_up(void *ctx, struct cw_path path, struct cw_arena *arena,
                              struct cw_value *out, struct cw_error *err)
{
    (void)err;
    return cw_value_get(ctx, path, arena, out);
}

static const char template_text[] =
    "$${ ${a | upper | truncate: 3} ${b['x'] | default: \"it's\" | slug} "
    "${list[*].n | json} ${a | replace: a, b | trim | lower | first_line | capitalize | urlencode}"
    "${a | split: b | join} ${list | count | plus: 1} ${list[*].n | first | round}";

static enum cw_status render_in(struct cw_json *json, struct cw_arena *arena)
{
    const struct cw_template *tpl = NULL;
    struct cw_value root, out = {0};
    enum cw_status status =
        cw_json_read(json, CW_TEXT("{\"a\":\"\\u00e4bcd\",\"list\":[{\"n\":1},{\"n\":2}]}"), NULL);
    if (status)
        return status;
    root = cw_json_root(json);
    const struct cw_scope scope = {.lookup = look_up, .ctx = &root};
    status = cw_template_parse(cw_text_of(template_text), arena, &tpl, NULL);
    if (!status)
        status = cw_template_render(tpl, &scope, arena, &out, NULL);
    if (!status)
        CHECK_MEM(out.text.at, out.text.len, "${ \u00c4BC it-s [1,2] %C3%84bcd\u00e4, cd 3 1");
    else
        CHECK_INT(out.kind, CW_MISSING);
    return status;
}

static enum cw_status render(void)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = cw_arena_create(1 << 20);
    enum cw_status status = json && arena ? render_in(json, arena) : CW_NOMEM;
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return status;
}

TEST(template)
{
    nomem_each(render, 2);
}

/* What is left of a template, and what it finds late. */
static enum cw_status look_up_late(void *ctx, struct cw_path path, struct cw_arena *arena,
                                   struct cw_value *out, struct cw_error *err)
{
    (void)err;
    if (cw_text_is(path.steps[0].name, "timer"))
        return cw_facts_get(ctx, path, arena, out);
    *out = cw_value_string(CW_TEXT("${\u00e4"));
    return CW_OK;
}

static enum cw_status leave_in(struct cw_arena *arena)
{
    const struct cw_work work = {.task = CW_TEXT("KEY-1"), .since_ms = 1};
    struct cw_facts known = {.timer = CW_TIMER_RUNNING, .work = &work, .now_ms = 7200000},
                    unknown = {0};
    struct cw_scope scope = {.lookup = look_up_late, .ctx = &unknown};
    const struct cw_template *tpl = NULL;
    struct cw_text left = {NULL, 0};
    struct cw_value out = {0};
    enum cw_status status = cw_template_parse(
        CW_TEXT("${event.a | upper} ${timer.task} ${timer.for} ${timer.since}"), arena, &tpl, NULL);
    if (!status)
        status = cw_template_residual(tpl, &scope, arena, &left, NULL);
    if (!status)
        status = cw_template_parse(left, arena, &tpl, NULL);
    scope.ctx = &known;
    if (!status)
        status = cw_template_render(tpl, &scope, arena, &out, NULL);
    if (!status)
        CHECK_MEM(out.text.at, out.text.len,
                  "${\u00c4 KEY-1 1 hour 59 minutes 1970-01-01T00:00:00.001Z");
    return status;
}

static enum cw_status leave(void)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    enum cw_status status = arena ? leave_in(arena) : CW_NOMEM;
    cw_arena_destroy(arena);
    return status;
}

static enum cw_status print_schema(void)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_text schema = {NULL, 0};
    enum cw_status status = arena ? cw_rules_schema(&lab_catalogue, arena, &schema) : CW_NOMEM;
    if (!status)
        CHECK(schema.len > 10000);
    cw_arena_destroy(arena);
    return status;
}

TEST(late_templates_and_the_schema)
{
    nomem_each(leave, 1);
    nomem_each(print_schema, 2);
}

/* The same where the budget of the arena ends, at every size. */
TEST(small_arenas)
{
    enum cw_status status = CW_NOMEM;
    struct cw_json *json = cw_json_create();
    for (size_t size = 0; size < 1 << 16 && status != CW_OK; size += 8) {
        struct cw_arena *arena = cw_arena_create(size);
        status = render_in(json, arena);
        CHECK(status == CW_OK || status == CW_NOMEM);
        cw_arena_destroy(arena);
    }
    CHECK_INT(status, CW_OK);
    cw_json_destroy(json);
}

TEST(matching_in_small_arenas)
{
    struct lab *lab = lab_create();
    enum cw_status status = CW_NOMEM;
    if (!CHECK_INT(compile(&ready), CW_OK) ||
        !CHECK(lab_event(lab, "github", "git", "push",
                         "{\"u\":\"a@x\",\"ref\":\"KEY-1\",\"n\":1.5,\"s\":\"\\u0061xb\"}")))
        return;
    for (size_t size = 0; size < 1 << 18 && status != CW_OK; size += 64) {
        struct cw_arena *arena = cw_arena_create(size);
        struct cw_matches matches;
        struct cw_plan plan = {.n = 0};
        status = cw_match(lab->matcher, ready, &lab->event, 0, NULL, arena, &matches);
        if (!status)
            status = cw_decide(ready, &matches, NULL, 0, arena, &plan);
        CHECK(status == CW_OK || status == CW_NOMEM);
        CHECK(status ? plan.n == 0 : plan.n > 0);
        cw_arena_destroy(arena);
    }
    CHECK_INT(status, CW_OK);
    cw_ruleset_unref(ready);
    lab_destroy(lab);
}

CHECK_MAIN

#else

NOMEM_SKIP

#endif
