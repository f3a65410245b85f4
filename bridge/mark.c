#include "mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct mark_kind kinds[] = {
    {"throttle", false, "a further match does nothing until then"},
    {"absent", true, "it fires then, unless there is a sign of life"},
    {"count", true, "came until now"},
    {"all", true, "of its parts came until now"},
    {"state", false, "a fact, until then"},
    {"hold", false, "nothing is done until then"},
    {"every", false, "a schedule that was seen before"},
    {"quiet", false, "the timer was changed by hand; rules leave it alone until then"},
    {"sight", false, "a change of the timer that is judged with the answer of a call"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const struct mark_kind *mark_kind_of(const struct store_mark *mark)
{
    static const struct mark_kind other = {"", false, ""};
    for (size_t i = 0; i < KINDS; i++)
        if (cw_text_is(mark->kind, kinds[i].kind))
            return &kinds[i];
    return &other;
}

bool mark_is_shown(const struct store_mark *mark)
{
    return *mark_kind_of(mark)->text != '\0';
}

static size_t trigger_len(const struct store_mark *mark)
{
    const char *end = mark->key.len ? memchr(mark->key.at, '\n', mark->key.len) : NULL;
    return mark_kind_of(mark)->has_trigger && end ? (size_t)(end - mark->key.at) : 0;
}

struct cw_text mark_trigger(const struct store_mark *mark)
{
    return (struct cw_text){mark->key.at, trigger_len(mark)};
}

struct cw_text mark_key(const struct store_mark *mark)
{
    size_t skip = trigger_len(mark);
    skip += skip > 0;
    return (struct cw_text){mark->key.at + skip, mark->key.len - skip};
}

static bool has_trigger(const struct cw_ruleset *rules, size_t rule, struct cw_text trigger)
{
    enum cw_trigger_kind kind;
    struct cw_text shown;
    for (size_t i = 0; cw_ruleset_trigger(rules, rule, i, &kind, &shown); i++)
        if (shown.len == trigger.len && memcmp(shown.at, trigger.at, shown.len) == 0)
            return true;
    return false;
}

const char *mark_end(const struct store_mark *mark, const struct cw_ruleset *rules)
{
    const struct cw_person *person = cw_ruleset_find(rules, mark->person);
    struct cw_text trigger = mark_trigger(mark);
    size_t rule = mark->rule.len ? cw_ruleset_index(rules, mark->rule) : 0;
    if (mark->person.len && !(person && cw_text_is(mark->person, person->name)))
        return "its user is gone";
    if (rule == SIZE_MAX)
        return "its rule is gone";
    if (trigger.len && !has_trigger(rules, rule, trigger))
        return "its rule has another trigger";
    return NULL;
}

/* Each number is how long before the mark's end an event came; the last one is the smallest, and a
 * millisecond more than the time within which they all must come. */
size_t mark_heard(const struct store_mark *mark, int64_t now_ms)
{
    int64_t within_ms = INT64_MAX;
    size_t n = 0;
    if (!cw_text_is(mark->kind, "count") && !cw_text_is(mark->kind, "all"))
        return 0;
    for (int pass = 0; pass < 2; pass++) {
        char *at = (char *)(uintptr_t)mark->value.at, *end = at;
        for (;; at = end) {
            int64_t ms = strtoll(at, &end, 10);
            if (end == at)
                break;
            if (pass)
                n += ms > 0 && ms - within_ms <= mark->until_ms - now_ms;
            else if (ms > 0 && ms - 1 < within_ms)
                within_ms = ms - 1;
        }
    }
    return n;
}

const char *mark_id(const struct store_mark *mark, char out[MARK_ID])
{
    const struct cw_text parts[] = {mark->kind, mark->rule, mark->person, mark->key};
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < parts[i].len; k++)
            hash = (hash ^ (unsigned char)parts[i].at[k]) * UINT64_C(0x100000001b3);
        hash = (hash ^ 0x100) * UINT64_C(0x100000001b3);
    }
    snprintf(out, MARK_ID, "m%012llx", (unsigned long long)(hash >> 16));
    return out;
}
