#include "people.h"

#include <string.h>

const struct person *people_find(const struct people *people, const char *name)
{
    for (size_t i = 0; people && i < people->n; i++)
        if (strcmp(people->items[i].name, name) == 0)
            return &people->items[i];
    return NULL;
}

const char *people_outside(const struct people *people, struct cw_text name)
{
    for (size_t i = 0; people && i < people->n_outside; i++)
        if (cw_text_is(name, people->outside[i].name))
            return people->outside[i].value;
    return NULL;
}
