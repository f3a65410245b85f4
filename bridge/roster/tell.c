/* roster/tell: what is known of people reaches the configuration, and what is not is said. */
#include "roster/priv.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct claim {
    const char *id;
    size_t person;
};

static int by_id(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = strcasecmp(x->id, y->id);
    return order ? order : (x->person > y->person) - (x->person < y->person);
}

/* Two lanes on one timer would know nothing of each other: who stands in the file with the id keeps
 * it, and of two who are known by their addresses nobody has it. */
static void refuse_clashes(struct roster *r, const struct people *people,
                           const struct claim *claims, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct person *p = &people->items[claims[i].person];
        const struct claim *other =
            i && strcasecmp(claims[i - 1].id, claims[i].id) == 0           ? &claims[i - 1]
            : i + 1 < n && strcasecmp(claims[i + 1].id, claims[i].id) == 0 ? &claims[i + 1]
                                                                           : NULL;
        if (!other || !p->email)
            continue;
        struct entry_of *e = roster_find(r, p->email);
        const char *whose = people->items[other->person].name;
        char *text =
            xprintf("%s and %s are the same user of awork (%s)", p->name, whose, claims[i].id);
        LOG(LOG_ERROR, "two people are one user of awork", F_S("reason", text));
        roster_set(&e->clash, text);
    }
}

static void find_clashes(struct roster *r, const struct people *people)
{
    auto_free struct claim *claims = xcalloc(people->n + 1, sizeof *claims);
    size_t n = 0;
    for (size_t i = 0; i < people->n; i++) {
        const struct person *p = &people->items[i];
        struct entry_of *e = p->email ? roster_find(r, p->email) : NULL;
        const char *id = e ? e->id : p->awork;
        if (e)
            roster_set(&e->clash, NULL);
        if (*id)
            claims[n++] = (struct claim){id, i};
    }
    qsort(claims, n, sizeof *claims, by_id);
    refuse_clashes(r, people, claims, n);
}

void roster_tell_trouble(struct roster *r)
{
    const struct people *people = &r->config->people;
    const char *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < people->n; i++) {
        if (!people->items[i].trouble)
            continue;
        first = first ? first : people->items[i].trouble;
        n++;
    }
    auto_free char *others = n > 1 ? xprintf(", and %zu more", n - 1) : xstrdup("");
    char *line = NULL;
    if (n)
        line = xprintf("%s%s%s%s%s", first, others, r->failure ? " (" : "",
                       r->failure ? r->failure : "", r->failure ? ")" : "");
    roster_set(&r->line, line);
}

static void identify(struct roster *r, size_t person, bool given)
{
    const struct person *p = &r->config->people.items[person];
    struct entry_of *e = p->email ? roster_find(r, p->email) : NULL;
    if (!e)
        return;
    const char *id = e->clash ? "" : e->id;
    if (given || strcmp(p->awork, id) != 0)
        config_identify(r->config, person, given ? id : "", e->clash ? e->clash : e->trouble);
}

void roster_tell_people(struct roster *r)
{
    const struct people *people = &r->config->people;
    find_clashes(r, people);
    /* Ids may have changed hands: first nobody has one that is to be another's. */
    for (int given = 0; given < 2; given++)
        for (size_t i = 0; i < people->n; i++)
            identify(r, i, given);
    roster_tell_trouble(r);
    r->had_news = true;
}
