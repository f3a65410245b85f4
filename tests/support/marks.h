/* marks: what a host keeps of rules between events, for tests of the library: the marks of plans.
 */
#ifndef MARKS_H
#define MARKS_H

#include <clockwire/rules.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS = 64 };

struct marks {
    struct cw_mark rows[MARKS]; /* their texts are copies */
    size_t n;
};

static inline bool marks_same(struct cw_text a, struct cw_text b)
{
    return a.len == b.len && (!a.len || memcmp(a.at, b.at, a.len) == 0);
}

static inline struct cw_text marks_copy(struct cw_text text)
{
    char *at = malloc(text.len + 1);
    if (!at)
        abort();
    if (text.len)
        memcpy(at, text.at, text.len);
    at[text.len] = '\0';
    return (struct cw_text){at, text.len};
}

/* Returns: n when it is not there. */
static inline size_t marks_find(const struct marks *m, const char *kind, const char *rule,
                                const struct cw_person *person, struct cw_text key)
{
    size_t i = 0;
    while (i < m->n && !(strcmp(m->rows[i].kind, kind) == 0 && strcmp(m->rows[i].rule, rule) == 0 &&
                         m->rows[i].person == person && marks_same(m->rows[i].key, key)))
        i++;
    return i;
}

/* For struct cw_facts_reader. */
static inline enum cw_status marks_get(void *ctx, struct cw_mark *mark)
{
    const struct marks *m = ctx;
    size_t i = marks_find(m, mark->kind, mark->rule, mark->person, mark->key);
    if (i == m->n)
        return CW_ENOENT;
    mark->value = m->rows[i].value;
    mark->until_ms = m->rows[i].until_ms;
    return CW_OK;
}

static inline void marks_drop(struct marks *m, size_t i)
{
    if (i == m->n)
        return;
    free((char *)(uintptr_t)m->rows[i].key.at);
    free((char *)(uintptr_t)m->rows[i].value.at);
    m->rows[i] = m->rows[--m->n];
}

/* People and rules must outlive it. */
static inline void marks_keep(struct marks *m, const struct cw_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct cw_effect *f = &plan->effects[i];
        if (f->kind != CW_EFFECT_MARK && f->kind != CW_EFFECT_FORGET)
            continue;
        marks_drop(m, marks_find(m, f->mark, f->rule, f->person, f->key));
        if (f->kind == CW_EFFECT_MARK && m->n < MARKS)
            m->rows[m->n++] = (struct cw_mark){
                f->mark, f->rule, f->person, marks_copy(f->key), marks_copy(f->value), f->until_ms};
    }
}

static inline void marks_clear(struct marks *m)
{
    while (m->n)
        marks_drop(m, m->n - 1);
}

#endif
