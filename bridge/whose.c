#include "whose.h"

#include "xalloc.h"

#include <stdlib.h>

enum { WHOSE_BYTES = 64 << 20 };

static bool names(const struct cw_ruleset *rules, const struct cw_value *name,
                  const struct cw_person *person)
{
    return name->kind == CW_STRING && cw_ruleset_find(rules, name->text) == person;
}

static enum whose look(const struct cw_ruleset *rules, const struct cw_value *user,
                       const struct cw_person *person, struct cw_arena *arena)
{
    struct cw_value item;
    if (user->kind == CW_MISSING || user->kind == CW_NULL)
        return WHOSE_NOBODY;
    if (names(rules, user, person))
        return WHOSE_THEIRS;
    for (size_t i = 0; i < cw_value_count(user); i++)
        if (cw_value_item(user, i, arena, &item) == CW_OK && names(rules, &item, person))
            return WHOSE_THEIRS;
    return WHOSE_OTHERS;
}

enum whose whose_is(const struct cw_ruleset *rules, const struct store_event *event,
                    const struct cw_person *person)
{
    struct cw_json *json = cw_json_create();
    struct cw_arena *arena = xarena(WHOSE_BYTES);
    struct cw_step step = {CW_STEP_NAME, 0, CW_TEXT("event.user")};
    struct cw_value root, user;
    enum whose whose = WHOSE_NOBODY;
    if (!json)
        abort();
    if (event->used.len && cw_json_read(json, event->used, NULL) == CW_OK) {
        root = cw_json_root(json);
        if (cw_value_get(&root, (struct cw_path){&step, 1}, arena, &user) == CW_OK)
            whose = look(rules, &user, person, arena);
    }
    cw_arena_destroy(arena);
    cw_json_destroy(json);
    return whose;
}
