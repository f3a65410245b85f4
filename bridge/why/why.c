#include "why/priv.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 1000 };

struct whom {
    const char *names[PEOPLE];
    size_t n;
};

/* ---- Whom it concerns ---- */

static void add_person(const struct asker *a, struct whom *p, const char *name)
{
    if (!name || (a->user && strcmp(a->user->name, name) != 0) || p->n == PEOPLE)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->names[i], name) == 0)
            return;
    p->names[p->n++] = name;
}

static void find_people(const struct asker *a, struct whom *p)
{
    const struct why_list *lists[] = {&a->looks.cancels, &a->looks.looks};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->n; i++)
            add_person(a, p, lists[k]->items[i].person);
    for (size_t i = 0; i < a->story.n_runs; i++)
        add_person(a, p, cw_arena_copy(a->story.arena, a->story.runs[i].person));
    if (!p->n)
        p->names[p->n++] = a->user ? a->user->name : NULL;
}

/* ---- The whole ---- */

static enum cw_status tell(struct asker *a, int64_t event, struct cw_error *err)
{
    struct whom *people = xcalloc(1, sizeof *people);
    enum cw_status st = why_story_read(&a->story, event, err);
    if (!st && why_can_match(&a->story.event))
        st = why_match(a->config, &a->story.event, a->rule, a->story.arena, &a->looks, err);
    if (!st)
        find_people(a, people);
    for (size_t i = 0; !st && i < people->n; i++)
        why_put_event(a, people->names[i]);
    free(people);
    return st;
}

/* A run is asked for by its id: its rule may be gone by now. */
static enum cw_status find_run(struct store *store, const struct config *config,
                               const struct why_ask *ask, struct cw_arena *arena,
                               struct why_ask *out, struct cw_error *err)
{
    struct store_run run;
    *out = *ask;
    if (!ask->run)
        return CW_OK;
    enum cw_status st = store_run_get(store, ask->run, arena, &run, err);
    if (st)
        return st;
    out->event = run.event;
    out->rule = cw_ruleset_has_rule(config->rules, run.rule) ? run.rule.at : NULL;
    out->user = cw_ruleset_find(config->rules, run.person) ? run.person.at : NULL;
    return CW_OK;
}

enum cw_status why_event(struct store *store, const struct config *config,
                         const struct why_ask *ask, char **out, size_t *len, struct cw_error *err)
{
    struct asker a = {.now_ms = ask->now_ms};
    struct cw_arena *arena = xarena((size_t)64 << 20);
    struct why_ask found;
    char *text = NULL;
    a.out = tell_open(&text, len);
    enum cw_status st = find_run(store, config, ask, arena, &found, err);
    if (!st)
        st = why_begin(&a, store, config, found.rule, found.user, err);
    if (!st)
        st = tell(&a, found.event, err);
    tell_close(a.out);
    if (st)
        free(text);
    else
        *out = text;
    why_end(&a);
    cw_arena_destroy(arena);
    return st;
}
