/* What a journal holds, read back: the condition and the values of a run that waited, what marks
 * remember, and what was kept of an event; told apart by lines of ====. Whatever stands there, a
 * decision is made, and the same one twice. */
#include <stdint.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONDITION, VARS, MARK, USED, PARTS };

static const char rules_text[] =
    "version: 1\n"
    "timezone: Europe/Berlin\n"
    "users:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [a@x], chat: 'https://c/x' }\n"
    "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002, aliases: [b@x] }\n"
    "hours: { work: mon-fri 09:00-17:30 }\n"
    "rules:\n"
    "  - { id: wait, when: github.push, user: '${event.u}', if: { timer: running, event.a: { "
    "above: 1"
    " } }, wait: 1 minute, unless: desktop.active, then: [stop, { log: '${event.a | upper}"
    " ${timer.task | default: none}' }] }\n"
    "  - { id: at, when: github.*, user: ada, at: '5 minutes before ${event.at}', key:"
    " 'k${event.k}', throttle: 10 minutes, then: { start: { task: '${event.a}', note:"
    " '${event.at | date: \"%H:%M\"}' } } }\n"
    "  - { id: all, when: { all: [github.push, { event: git.tag, event.a: 1 }], within: 1 hour },"
    " user: ada, then: { log: '${event.a}' } }\n"
    "  - { id: absent, when: { absent: github.push, for: 15 minutes }, user: ['${event.u}', bob],"
    " then: { log: '${event.a | default: x}' } }\n"
    "  - { id: count, when: { count: 3, of: github.push, within: 1 hour }, user: ada, then: { log:"
    " '${count}' } }\n"
    "  - { id: state, when: github.push, user: ada, mode: single, if: { during: work }, then: [{"
    " set: { x: '${event.a}', for: 1 hour } }, { clear: y }] }\n"
    "  - { id: person, when: github.push, user: '${event.u}', if: { user.name: [ada, bob],"
    " event.l: { any_item: { item.n: { matches: '^(?<m>.+)$' } } } }, then: { call: { url:"
    " 'https://h/x', json: { a: ['${event.a}', '${match.m | default: none}'] } } } }\n";

static struct {
    struct cw_text mark;
    int64_t until_ms;
    bool pending;
} kept;

static enum cw_status get_mark(void *ctx, struct cw_mark *mark)
{
    (void)ctx;
    mark->value = kept.mark;
    mark->until_ms = kept.until_ms;
    return CW_OK;
}

static enum cw_status get_pending(void *ctx, const char *rule, const struct cw_person *person,
                                  struct cw_text key)
{
    (void)ctx, (void)rule, (void)person, (void)key;
    return kept.pending ? CW_OK : CW_ENOENT;
}

static const struct cw_facts_reader facts = {.mark = get_mark, .pending = get_pending};

static void split(struct cw_text text, struct cw_text parts[PARTS])
{
    static const char mark[] = "\n====\n";
    for (size_t i = 0; i < PARTS; i++) {
        const char *at = text.len ? memmem(text.at, text.len, mark, strlen(mark)) : NULL;
        parts[i] = text;
        text = (struct cw_text){"", 0};
        if (!at || i + 1 == PARTS)
            continue;
        text = (struct cw_text){at + strlen(mark),
                                parts[i].len - (size_t)(at - parts[i].at) - strlen(mark)};
        parts[i].len = (size_t)(at - parts[i].at);
    }
}

static void decide_due(struct lab *lab, const struct cw_ruleset *rules,
                       const struct cw_text parts[PARTS])
{
    for (size_t i = 0; i < cw_ruleset_rules(rules); i++) {
        const struct cw_due_run run = {.rule = cw_text_of(cw_ruleset_rule(rules, i, NULL)),
                                       .person = CW_TEXT("ada"),
                                       .key = CW_TEXT("ada"),
                                       .condition = parts[CONDITION],
                                       .vars = parts[VARS],
                                       .due_ms = 1772445600000};
        struct cw_error err = {.text = ""};
        struct cw_plan plan = {.n = 0};
        enum cw_status status =
            cw_decide_due(rules, &run, &facts, 1772445600000, lab->arena, &plan, &err);
        if (status ? !err.text[0] : plan.n == 0)
            abort(); /* it fails without a word, or nothing becomes of it */
    }
}

static void decide_twice(struct lab *lab, const struct cw_ruleset *rules)
{
    static char first[sizeof lab->text];
    strcpy(first, lab_decide(lab, rules, &facts));
    if (strcmp(first, lab_decide(lab, rules, &facts)) != 0)
        abort();
}

static void match(struct lab *lab, const struct cw_ruleset *rules)
{
    struct cw_absence items[16];
    size_t n = 0;
    if (cw_match(lab->matcher, rules, &lab->event, 1772445600000, NULL, lab->arena, &lab->matches))
        abort();
    decide_twice(lab, rules);
    for (; n < cw_ruleset_rules(rules); n++)
        items[n] = (struct cw_absence){cw_text_of(cw_ruleset_rule(rules, n, NULL)), CW_TEXT("ada"),
                                       CW_TEXT("ada")};
    if (cw_match_absent(lab->matcher, rules, &lab->event, items, n, NULL, lab->arena,
                        &lab->matches))
        abort();
    decide_twice(lab, rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cw_ruleset *rules;
    static struct lab *lab;
    static char used[1 << 16];
    struct cw_text parts[PARTS];
    if (!rules) {
        rules = lab_compile(rules_text, NULL);
        lab = lab_create();
        if (!rules)
            abort();
    }
    split((struct cw_text){(const char *)data, size}, parts);
    if (parts[USED].len >= sizeof used)
        return 0;
    memcpy(used, parts[USED].at, parts[USED].len);
    used[parts[USED].len] = '\0';
    kept.mark = parts[MARK];
    kept.until_ms = 1772445600000 + (size % 2 ? 60000 : -60000);
    kept.pending = size % 3 == 0;
    if (!lab_event(lab, "github", "git", "push", "{}"))
        abort();
    decide_due(lab, rules, parts);
    if (memchr(used, '\0', parts[USED].len) || cw_json_read(lab->json, cw_text_of(used), NULL))
        return 0;
    lab->event.used = cw_json_root(lab->json);
    match(lab, rules);
    return 0;
}
