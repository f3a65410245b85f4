#include "action/kinds.h"

#include "action/entry.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FRESH_MS = 10 * 60 * 1000, MAX_KINDS = 1000 };

struct kind {
    char id[UUID_SIZE];
    char *name;
};

struct kinds {
    struct kind *items;
    size_t n;
    int64_t learned_ms;
};

struct kinds *kinds_create(void)
{
    return xcalloc(1, sizeof(struct kinds));
}

void kinds_forget(struct kinds *k)
{
    for (size_t i = 0; i < k->n; i++)
        free(k->items[i].name);
    free(k->items);
    *k = (struct kinds){0};
}

void kinds_destroy(struct kinds *k)
{
    if (k)
        kinds_forget(k);
    free(k);
}

void kinds_learn(struct kinds *k, const json_t *list, int64_t now_ms)
{
    size_t i;
    json_t *one;
    kinds_forget(k);
    k->items = xcalloc(MAX_KINDS, sizeof *k->items);
    k->learned_ms = now_ms;
    json_array_foreach(list, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));
        const char *id = json_string_value(json_object_get(one, "id"));
        if (!name || !id || json_is_true(json_object_get(one, "isArchived")) || k->n == MAX_KINDS)
            continue;
        if (uuid_copy(id, k->items[k->n].id))
            k->items[k->n++].name = xstrdup(name);
    }
}

static size_t count(const struct kinds *k, const char *name, const char **id,
                    int (*compare)(const char *, const char *))
{
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++)
        if (compare(k->items[i].name, name) == 0) {
            *id = k->items[i].id;
            n++;
        }
    return n;
}

enum kinds_found kinds_find(const struct kinds *k, const char *name, int64_t now_ms,
                            const char **id)
{
    const char *found = NULL;
    if (!k->items || now_ms - k->learned_ms >= FRESH_MS)
        return KINDS_UNKNOWN;
    size_t n = count(k, name, &found, strcmp);
    if (!n)
        n = count(k, name, &found, strcasecmp);
    if (n == 1)
        *id = found;
    return n == 0 ? KINDS_UNKNOWN : n == 1 ? KINDS_ONE : KINDS_SEVERAL;
}
