/* ruleset_people: what is learned about people after the compilation. */
#include "ruleset.h"

#include "fold.h"

#include <string.h>

/* "awork:ID", folded, in the ruleset's memory. Returns: CW_NOMEM. */
static enum cw_status alias_of(struct cw_ruleset *rules, struct cw_text id, struct cw_text *out)
{
    static const char kind[] = "awork:";
    size_t len = sizeof kind - 1 + id.len;
    char *alias = cw_arena_take(rules->arena, len);
    if (!alias)
        return CW_NOMEM;
    memcpy(alias, kind, sizeof kind - 1);
    memcpy(alias + sizeof kind - 1, id.at, id.len);
    return cwr_case_text(CWR_CASE_FOLD, (struct cw_text){alias, len}, rules->arena, out);
}

static enum cw_status set_alias(struct cw_ruleset *rules, struct cw_text id, uint32_t from,
                                uint32_t to)
{
    struct cw_text alias;
    if (!id.len)
        return CW_OK;
    enum cw_status status = alias_of(rules, id, &alias);
    if (status || cwr_map_get(&rules->names, alias) != from)
        return status;
    return cwr_map_put(&rules->names, alias, to);
}

enum cw_status cw_ruleset_identify(struct cw_ruleset *rules, size_t i, struct cw_text id)
{
    struct cw_person *person = &rules->people[i];
    struct cw_text old = cw_text_of(person->awork);
    if (id.len == old.len && (!id.len || memcmp(id.at, old.at, id.len) == 0))
        return CW_OK;
    const char *kept = cw_arena_copy(rules->arena, id);
    if (!kept)
        return CW_NOMEM;
    enum cw_status status = set_alias(rules, id, CWR_NOWHERE, (uint32_t)i);
    if (!status)
        status = set_alias(rules, old, (uint32_t)i, CWR_NOWHERE);
    if (!status)
        person->awork = kept;
    return status;
}
