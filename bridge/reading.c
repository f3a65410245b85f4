#include "reading.h"

static enum cw_status read_mark(void *ctx, struct cw_mark *mark)
{
    struct reading *r = ctx;
    struct store_mark which = {.kind = cw_text_of(mark->kind),
                               .rule = cw_text_of(mark->rule),
                               .person = cw_text_of(mark->person->name),
                               .key = mark->key},
                      found;
    enum cw_status st = store_mark_get(r->store, &which, r->arena, &found, r->err);
    if (!st) {
        mark->value = found.value;
        mark->until_ms = found.until_ms;
    }
    return st;
}

static enum cw_status read_pending(void *ctx, const char *rule, const struct cw_person *person,
                                   struct cw_text key)
{
    struct reading *r = ctx;
    int64_t id = 0;
    return store_run_pending(r->store, cw_text_of(rule), cw_text_of(person->name), key, &id,
                             r->err);
}

struct cw_facts_reader reading_facts(struct reading *reading)
{
    return (struct cw_facts_reader){.ctx = reading, .mark = read_mark, .pending = read_pending};
}
