/* roster/cache: what was learned of people, in the journal. */
#include "roster/priv.h"

#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>

static const char setting[] = "people.awork";
enum { CACHE_BYTES = 32 << 20 };

/* {"refreshed": MS, "people": {"ada@example.org": {"id": ..., "name": ..., "since": MS}}} */
enum cw_status roster_save(const struct roster *r, struct cw_error *err)
{
    json_t *people = json_object();
    for (size_t i = 0; i < r->n; i++) {
        const struct entry_of *e = &r->entries[i];
        if (*e->id)
            json_object_set_new(people, e->email,
                                json_pack("{s:s, s:s, s:I}", "id", e->id, "name",
                                          e->name ? e->name : "", "since",
                                          (json_int_t)e->since_ms));
    }
    json_t *all =
        json_pack("{s:I, s:o}", "refreshed", (json_int_t)r->refreshed_ms, "people", people);
    auto_free char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (!text)
        abort();
    return store_setting_put(r->store, setting, cw_text_of(text), err);
}

static void take(struct roster *r, const json_t *all)
{
    const char *email;
    json_t *people = json_object_get(all, "people"), *one;
    size_t n = 0;
    r->refreshed_ms = json_integer_value(json_object_get(all, "refreshed"));
    r->entries = xcalloc(json_object_size(people) + 1, sizeof *r->entries);
    json_object_foreach(people, email, one)
    {
        struct entry_of *e = &r->entries[n];
        const char *id = json_string_value(json_object_get(one, "id"));
        const char *name = json_string_value(json_object_get(one, "name"));
        if (!id || !uuid_copy(id, e->id))
            continue;
        e->email = xstrdup(email);
        e->name = xstrdup(name);
        e->since_ms = json_integer_value(json_object_get(one, "since"));
        n++;
    }
    r->n = n;
}

/* A cache that cannot be read is as good as none. */
enum cw_status roster_load(struct roster *r, struct cw_error *err)
{
    struct cw_arena *arena = xarena(CACHE_BYTES);
    struct cw_text text;
    enum cw_status st = store_setting_get(r->store, setting, arena, &text, err);
    json_t *all = st ? NULL : tell_read(text, 0);
    if (json_is_object(json_object_get(all, "people")))
        take(r, all);
    roster_sort(r);
    json_decref(all);
    cw_arena_destroy(arena);
    return st == CW_ENOENT ? CW_OK : st;
}
