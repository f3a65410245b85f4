#include "front/sight.h"

#include "tell.h"

#include <jansson.h>
#include <stdio.h>

static const struct cw_person *person_of(const struct cw_ruleset *rules, const json_t *json)
{
    char alias[64];
    const char *id = json_string_value(json_object_get(json, "userId"));
    snprintf(alias, sizeof alias, "awork:%s", id ? id : "");
    return id ? cw_ruleset_find(rules, cw_text_of(alias)) : NULL;
}

static void see(const struct accepted *a, const json_t *json, int64_t now_ms,
                struct accepted_event *to)
{
    const struct cw_person *person = person_of(a->rules, json);
    struct sight *sight = cw_arena_take(a->arena, sizeof *sight);
    if (!person || !sight || !sight_read(json, a->arena, sight))
        return;
    sight->is_told = true;
    sight->asked_ms = sight->seen_ms = now_ms;
    to->sight = sight;
    to->whose = cw_text_of(person->name);
}

void front_sight(const struct accepted *a, const struct cw_value *entry, int64_t now_ms,
                 struct accepted_event *to)
{
    struct cw_text text;
    if (entry->kind != CW_OBJECT || cw_value_print(entry, a->arena, &text))
        return;
    json_t *json = tell_read(text, 0);
    if (json)
        see(a, json, now_ms, to);
    json_decref(json);
}
