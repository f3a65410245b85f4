/* Event bytes against fixed rules that use every operator: the index must change nothing, nor must
 * a second look at what was kept of the event. */
#include <stdint.h>

#include "../support/lab.h"
#include "match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules_text[] =
    "version: 1\n"
    "timezone: UTC\n"
    "users:\n"
    "  ada: { awork: 6a2c1d3e-0000-4000-8000-000000000001, aliases: [a@x, 'k:1'] }\n"
    "  bob: { awork: 6a2c1d3e-0000-4000-8000-000000000002, aliases: [b@x] }\n"
    "rules:\n"
    "  - { id: a, when: github.push, user: '${event.u}', if: { event.v: 1 }, then: stop }\n"
    "  - { id: b, when: github.push, user: 'k:${event.u}', if: { event.v: \"1\" }, then: stop }\n"
    "  - { id: c, when: github.*, user: ada, if: { event.v: { like: 'a*b?c*' } }, then: stop }\n"
    "  - { id: d, when: git.push, user: ada, if: { event.v: { contains: Ä, ignore_case: true } },"
    " then: stop }\n"
    "  - { id: e, when: github.push, user: ada, if: { event.v: { above: 1.5, at_most: 1e3 } },"
    " then: stop }\n"
    "  - { id: f, when: github.push, user: ada, if: { event.v: { at_least: 4 hours } },"
    " then: stop }\n"
    "  - { id: g, when: github.push, user: ada, if: { event.v: { before: 2026-01-01 } },"
    " then: stop }\n"
    "  - { id: h, when: github.push, if: { event.v: { matches: '^(?<x>\\w+)\\s*(?<y>.*)$' } },"
    " user: '${match.x}',"
    " then: [{ log: '${match.y | upper} ${event.v | slug} ${event.w | default: none | truncate: "
    "5}' }] }\n"
    "  - { id: i, when: github.push, user: ada, if: { event.v: { any_item: { item.n: 1 } } },"
    " then: stop }\n"
    "  - { id: j, when: github.push, user: ada, if: { event.v: { every_item: { item: { in: [1, x,"
    " null] } } } }, then: stop }\n"
    "  - { id: k, when: github.push, user: ada, if: { 'event.v[*].n': { is_not: 1 }, not: { any: [{"
    " timer: paused }, { event.w: 1 }] } }, then: { start: { task: '${event.v}' } } }\n"
    "  - { id: l, when: github.push, user: '${event.v}', if: { user.name: [ada, x], event.v: {"
    " exists: true } }, unless: { event: git.push, event.w: 2 }, wait: 1 minute, then: stop }\n"
    "  - { id: m, when: github.push, user: ['${event.u}', bob], if: { event.v: 1 }, key: "
    "'${event.w}', at: '1 hour before ${event.v}', throttle: 1 minute, then: pause }\n"
    "  - { id: n, when: github.push, user: '${event.u}', final: true, mode: single, then: { start: "
    "{ task: '${event.v}' } } }\n"
    "  - { id: o, when: github.push, user: ada, if: { any: [ { event.v: { starts_with: refs/ } }, {"
    " event.w: { ends_with: in, ignore_case: true } }, { event.v: { after: 2026-03-01, before:"
    " 2026-04-01 } } ] }, then: stop }\n"
    "  - { id: p, when: github.push, user: ada, if: { event.v: { matches: '^refs/heads/(?<x>.+)$' "
    "} },"
    " then: { log: '${match.x}' } }\n"
    "  - { id: q, when: github.push, user: ada, if: { event.v: { contains: x }, 'event.w[*].n': {"
    " like: 'A*', ignore_case: true } }, then: stop }\n"
    "  - { id: r, when: github.push, user: ada, if: { event.v: [true, null, 3, \"\", '1.50'] }, "
    "then:"
    " stop }\n"
    "  - { id: s, when: github.push, user: ada, if: { event.v: { is: STRASSE, ignore_case: true } "
    "},"
    " then: stop }\n"
    "  - { id: t, when: { all: [github.*, { event: github.push, event.v: 1 }], within: 1 hour },"
    " user: '${event.u}', then: { log: '${event.w | json}' } }\n"
    "  - { id: u, when: { count: 2, of: { event: github.push, event.w: { above: 0 } }, within: 1"
    " hour }, user: ada, then: { log: '${count}' } }\n"
    "  - { id: w, when: { absent: github.push, for: 1 minute }, user: '${event.u}', if: { event.v: "
    "{"
    " exists: true } }, then: { log: '${event.v}' } }\n"
    "  - { id: x, when: github.push, if: { event.user: { exists: true } }, then: [{ set: { a:"
    " '${event.v}' } }, { log: '${event.user | json}' }] }\n";

static void compare(const struct cw_matches *first, const struct cw_matches *second)
{
    if (first->n != second->n || first->n_strangers != second->n_strangers)
        abort();
    for (size_t i = 0; i < first->n; i++) {
        const struct cw_candidate *a = &first->items[i], *b = &second->items[i];
        if (a->rule != b->rule || a->person != b->person || a->kind != b->kind ||
            a->vars.len != b->vars.len || a->condition.len != b->condition.len)
            abort();
    }
}

/* From what a journal has kept. */
static void again(struct lab *lab, const struct cw_ruleset *rules, const struct cw_matches *first)
{
    static struct cw_json *json;
    struct cw_step user = {CW_STEP_NAME, 0, CW_TEXT("event.user")};
    struct cw_matches second;
    struct cw_event event = lab->event;
    if (!json)
        json = cw_json_create();
    if (cw_json_read(json, first->used, NULL))
        abort();
    event.body = event.user = (struct cw_value){.kind = CW_MISSING};
    event.used = cw_json_root(json);
    if (cw_value_get(&event.used, (struct cw_path){&user, 1}, lab->arena, &event.user) ||
        cw_match(lab->matcher, rules, &event, 1772445600000, NULL, lab->arena, &second))
        abort();
    compare(first, &second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cw_ruleset *rules;
    static struct lab *lab;
    static char text[1 << 16];
    if (!rules) {
        rules = lab_compile(rules_text, NULL);
        lab = lab_create();
        if (!rules)
            abort();
    }
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (memchr(text, '\0', size) || !lab_event(lab, "github", "git", "push", text))
        return 0;
    struct cw_matches first, other;
    lab_run(lab, rules, NULL);
    first = lab->matches;
    if (cwr_match_plainly(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &other))
        abort();
    compare(&first, &other);
    again(lab, rules, &first);
    return 0;
}
