/* Event bytes against fixed rules that use every operator; the index must change nothing. */
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
    "{ task: '${event.v}' } } }\n";

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
    struct cw_matches plain;
    lab_run(lab, rules, NULL);
    if (cwr_match_plainly(lab->matcher, rules, &lab->event, 0, NULL, lab->arena, &plain))
        abort();
    if (plain.n != lab->matches.n || plain.n_strangers != lab->matches.n_strangers)
        abort();
    for (size_t i = 0; i < plain.n; i++) {
        const struct cw_candidate *a = &plain.items[i], *b = &lab->matches.items[i];
        if (a->rule != b->rule || a->person != b->person || a->kind != b->kind ||
            a->vars.len != b->vars.len || a->condition.len != b->condition.len)
            abort();
    }
    return 0;
}
