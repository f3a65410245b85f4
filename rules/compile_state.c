/* compile_state: the names of people's own facts: what `set` and `clear` may call them, and whether
 * what is read is ever set. */
#include <string.h>

#include "compile.h"

enum { FACT_NAME = 64 };

bool cwr_check_fact(struct cwr_compiler *c, const struct cw_node *node, struct cw_text name)
{
    if (cwr_is_word(name) && name.len <= FACT_NAME && !cw_text_is(name, "for"))
        return true;
    cwr_fault(c, node, "bad-name", NULL,
              cw_text_is(name, "for")
                  ? "no fact is called `for`: it says how long the facts of a `set` last"
                  : "a fact is named by small letters, digits and _, and begins with a letter");
    return false;
}

static void note(struct cwr_compiler *c, struct cwr_map *rows, struct cwr_facts *list,
                 struct cw_text name, struct cw_place place)
{
    if (cwr_map_get(rows, name) != CWR_NOWHERE)
        return;
    const char *copy = cw_arena_copy(c->scratch, name);
    struct cwr_fact_name *items =
        cwr_grow(c, c->scratch, list->items, list->n, sizeof *list->items);
    list->items = items;
    if (!copy || !items || cwr_map_put(rows, (struct cw_text){copy, name.len}, (uint32_t)list->n))
        c->no_memory = true;
    else
        items[list->n++] = (struct cwr_fact_name){copy, place};
}

void cwr_note_set(struct cwr_compiler *c, struct cw_text name)
{
    note(c, &c->facts_set, &c->set, name, (struct cw_place){0});
}

void cwr_note_read(struct cwr_compiler *c, struct cw_text name, struct cw_place place)
{
    note(c, &c->facts_read, &c->read, name, place);
}

void cwr_warn_of_facts(struct cwr_compiler *c)
{
    const char **words = cwr_take(c, c->set.n * sizeof *words);
    for (size_t i = 0; words && i < c->set.n; i++)
        words[i] = c->set.items[i].name;
    for (size_t i = 0; words && i < c->read.n; i++) {
        const struct cwr_fact_name *fact = &c->read.items[i];
        struct cw_text name = cw_text_of(fact->name);
        if (cwr_map_get(&c->facts_set, name) == CWR_NOWHERE)
            cw_diags_add(c->diags, CW_WARNING, "never-set", fact->place,
                         cwr_did_you_mean(c, name, words, c->set.n), "no rule sets the fact `%s`",
                         fact->name);
    }
}
