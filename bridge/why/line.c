/* why/line: what both answers of why share: one rule, one person, one line. */
#include "why/priv.h"

#include "action/sight.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { WHY_BYTES = 256 << 20 };

enum cw_status why_begin(struct asker *a, struct store *store, const struct config *config,
                         const char *rule, const char *user, struct cw_error *err)
{
    a->config = config;
    a->rule = rule;
    a->story = (struct why_story){
        .store = store, .rules = config->rules, .arena = xarena(WHY_BYTES), .now_ms = a->now_ms};
    a->ages = ages_read(store);
    if (rule && !cw_ruleset_has_rule(config->rules, cw_text_of(rule)))
        return cw_fail(err, CW_ENOENT, "there is no rule `%.100s`", rule);
    a->user = user ? cw_ruleset_find(config->rules, cw_text_of(user)) : NULL;
    if (user && !a->user)
        return cw_fail(err, CW_ENOENT, "there is no user `%.100s`", user);
    return CW_OK;
}

void why_end(struct asker *a)
{
    cw_arena_destroy(a->story.arena);
    ages_destroy(a->ages);
    why_looks_fini(&a->looks);
}

char *why_name(const struct asker *a)
{
    const struct store_event *e = &a->story.event;
    return xprintf("%.*s%s%.*s", (int)e->source.len, e->source.at, e->type.len ? "." : "",
                   (int)e->type.len, e->type.at);
}

static void put(json_t *line, const char *rule, struct cw_place place, bool matched,
                const char *text)
{
    json_object_set_new(line, "rule", tell_text(cw_text_of(rule)));
    if (place.file) {
        auto_free char *where = xprintf("%s:%u", place.file, place.line);
        json_object_set_new(line, "place", tell_text(cw_text_of(where)));
    }
    json_object_set_new(line, "matched", json_boolean(matched));
    json_object_set_new(line, "text", tell_text(cw_text_of(text)));
}

void why_put_run(struct asker *a, json_t *line, const struct store_run *run)
{
    auto_free char *rule = xtext(run->rule), *text = why_run_text(&a->story, run);
    struct cw_place place = why_rule_place(a->config->rules, run->rule);
    json_object_set_new(line, "run", json_integer((json_int_t)run->id));
    put(line, rule, place, true, text);
}

/* " (as the rule reads since 10:12:00)" when the event is older than that; the caller frees it. */
static char *age_of(const struct asker *a, const char *rule, const char *person)
{
    int64_t since_ms = ages_since(a->ages, rule), came_ms = a->story.event.received_ms;
    const struct cw_person *whose =
        person ? cw_ruleset_find(a->config->rules, cw_text_of(person)) : NULL;
    char at[CW_CLOCK_TEXT];
    if (since_ms <= came_ms)
        return xstrdup("");
    return xprintf(" (as the rule reads since %s)",
                   cw_clock_short(whose ? whose->zone : NULL, since_ms, came_ms, at));
}

void why_put_look(struct asker *a, json_t *line, const struct why_look *look, const char *person)
{
    const struct store_run *run = why_run_of(&a->story, look->rule, person);
    if (run) {
        why_put_run(a, line, run);
        return;
    }
    bool is_new = look->kind == CW_LOOK_RUN, is_mute = sight_is_mute(a->story.event.reason);
    auto_free char *age = age_of(a, look->rule, person);
    auto_free char *note = xtext(a->story.event.reason);
    auto_free char *text =
        is_new && is_mute ? xprintf("no: rules do not hear of it: %s", note)
                          : xprintf("%s%s",
                                    is_new ? "by today's rules it matches; when the event came it "
                                             "did not"
                                           : look->reason,
                                    age);
    put(line, look->rule, look->place, look->kind == CW_LOOK_CANCEL, text);
}

const struct why_look *why_best(const struct why_look *looks, size_t n, const char *person)
{
    const struct why_look *best = NULL;
    for (size_t i = 0; i < n; i++) {
        bool is_of = !looks[i].person || !person || strcmp(looks[i].person, person) == 0;
        if (is_of && (!best || looks[i].kind > best->kind))
            best = &looks[i];
    }
    return best;
}
