/*
 * What every list shares: filterby, orderby, page and pageSize (10 by default, 1000 at most), and
 * the four aw- headers.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE     10
#define PAGE_SIZE_MAX 1000

static bool read_number(struct sim_call *call, const char *name, size_t missing, size_t *value)
{
    const char *text = sim_query(call, name);
    *value = missing;
    if (text == NULL)
        return true;
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || strlen(text) > 9) {
        sim_say_wrong(call, name, "The value is not a valid number.");
        return false;
    }
    *value = number > 0 ? (size_t)number : 1;
    return true;
}

/* Which items, [*first, *end), the asked page holds. False: the answer is given already. */
bool sim_list_page(struct sim_call *call, size_t total, size_t *first, size_t *end)
{
    size_t page = 1;
    size_t size = PAGE_SIZE;
    if (!read_number(call, "page", 1, &page) || !read_number(call, "pageSize", PAGE_SIZE, &size))
        return false;
    if (size > PAGE_SIZE_MAX)
        size = PAGE_SIZE_MAX;
    *first = (page - 1) * size < total ? (page - 1) * size : total;
    *end = total - *first > size ? *first + size : total;
    call->paged = true;
    call->page = page;
    call->page_size = size;
    call->items = *end - *first;
    call->total = total;
    return true;
}

static void say_bad(struct sim_call *call, const char *what)
{
    char text[64];
    snprintf(text, sizeof text, "The %s is invalid.", what);
    sim_say_error(call, 400, "invalid-filter-or-order", text);
}

/* False: the answer is given already. *filter stays NULL without one. */
bool sim_list_filter(struct sim_call *call, const struct sim_model *model,
                     struct sim_filter **filter)
{
    const char *text = sim_query(call, "filterby");
    *filter = NULL;
    if (text == NULL)
        return true;
    *filter = sim_filter_parse(text, model, call->caller->id, call->now);
    if (*filter == NULL)
        say_bad(call, "filter");
    return *filter != NULL;
}

static bool read_order(struct sim_call *call, const struct sim_model *model,
                       struct sim_order **order)
{
    const char *text = sim_query(call, "orderby");
    *order = text != NULL ? sim_order_parse(text, model) : NULL;
    if (text == NULL || *order != NULL)
        return true;
    say_bad(call, "order");
    return false;
}

static void say_page(struct sim_call *call, const struct sim_model *model, const void **things,
                     size_t count)
{
    size_t first = 0;
    size_t end = 0;
    if (!sim_list_page(call, count, &first, &end))
        return;
    json_t *list = sim_must(json_array());
    for (size_t i = first; i < end; i++)
        json_array_append_new(list, model->json(things[i]));
    sim_say(call, 200, list);
}

void sim_say_list(struct sim_call *call, const struct sim_model *model, const void **things,
                  size_t count)
{
    struct sim_filter *filter = NULL;
    struct sim_order *order = NULL;
    if (sim_list_filter(call, model, &filter) && read_order(call, model, &order)) {
        size_t kept = 0;
        for (size_t i = 0; i < count; i++)
            if (sim_filter_passes(filter, things[i]))
                things[kept++] = things[i];
        sim_order_sort(order, things, kept);
        say_page(call, model, things, kept);
    }
    sim_filter_free(filter);
    sim_order_free(order);
    free(things);
}
