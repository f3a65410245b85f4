/*
 * /me, /users, /users/{id}, and the paging that every list shares (default page size 10).
 * Filters: id, firstName, lastName, and the value of a contact info; anything else is refused.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool read_number(struct sim_call *call, const char *name, size_t missing, size_t *value)
{
    const char *text = sim_query(call, name);
    *value = missing;
    if (text == NULL)
        return true;
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || strlen(text) > 9) {
        json_t *errors = sim_must(json_array());
        sim_complain(errors, name, "The value is not a valid number.");
        sim_say_invalid(call, errors);
        return false;
    }
    *value = number > 0 ? (size_t)number : 1;
    return true;
}

/* Which items, [*first, *end), the asked page holds. False: the answer is given already. */
bool sim_page(struct sim_call *call, size_t *first, size_t *end, size_t total)
{
    size_t page = 1;
    size_t size = 10;
    if (sim_query(call, "orderby") != NULL) {
        sim_say_error(call, 400, "invalid-filter-or-order", "awork-sim does not order lists.");
        return false;
    }
    if (!read_number(call, "page", 1, &page) || !read_number(call, "pageSize", 10, &size))
        return false;
    if (size > 1000)
        size = 1000;
    *first = (page - 1) * size < total ? (page - 1) * size : total;
    *end = total - *first > size ? *first + size : total;
    call->paged = true;
    call->page = page;
    call->page_size = size;
    call->items = *end - *first;
    call->total = total;
    return true;
}

enum filter_kind { FILTER_ID, FILTER_FIRST_NAME, FILTER_LAST_NAME, FILTER_CONTACT };

struct filter {
    enum filter_kind kind;
    char value[256];
};

/* 'text' with doubled quotes inside, then the tail and nothing more. */
static bool read_literal(const char *at, const char *tail, char value[256])
{
    size_t used = 0;
    if (*at++ != '\'')
        return false;
    for (; *at != '\0' && used < 255; at++) {
        if (*at == '\'' && *++at != '\'')
            break;
        value[used++] = *at;
    }
    value[used] = '\0';
    return at[-1] == '\'' && strcmp(at, tail) == 0;
}

static bool read_filter(const char *text, struct filter *filter)
{
    static const struct {
        const char *head;
        const char *tail;
        enum filter_kind kind;
    } forms[] = {
        {"id eq guid", "", FILTER_ID},
        {"firstName eq ", "", FILTER_FIRST_NAME},
        {"lastName eq ", "", FILTER_LAST_NAME},
        {"userContactInfos/any(c: c/value eq ", ")", FILTER_CONTACT},
        {"userContactInfos/any(x: x/value eq ", ")", FILTER_CONTACT},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t bytes = strlen(forms[i].head);
        filter->kind = forms[i].kind;
        if (strncasecmp(text, forms[i].head, bytes) == 0)
            return read_literal(text + bytes, forms[i].tail, filter->value);
    }
    return false;
}

static bool has(const json_t *model, const char *name, const char *value)
{
    const char *got = json_string_value(json_object_get(model, name));
    return got != NULL && strcasecmp(got, value) == 0;
}

static bool passes(const struct sim_user *user, const struct filter *filter)
{
    if (filter->kind == FILTER_ID)
        return strcasecmp(user->id, filter->value) == 0;
    if (filter->kind == FILTER_FIRST_NAME)
        return has(user->model, "firstName", filter->value);
    if (filter->kind == FILTER_LAST_NAME)
        return has(user->model, "lastName", filter->value);
    const json_t *infos = json_object_get(user->model, "userContactInfos");
    for (size_t i = 0; i < json_array_size(infos); i++)
        if (has(json_array_get(infos, i), "value", filter->value))
            return true;
    return false;
}

void sim_get_users(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    const char *filter_text = sim_query(call, "filterby");
    const char *archived = sim_query(call, "showArchived");
    bool with_archived = archived != NULL && strcasecmp(archived, "true") == 0;
    struct filter filter;
    size_t first = 0;
    size_t end = 0;
    if (filter_text != NULL && !read_filter(filter_text, &filter)) {
        sim_say_error(call, 400, "invalid-filter-or-order", "The filter is invalid.");
        return;
    }
    json_t *all = sim_must(json_array());
    for (size_t i = 0; i < world->user_count; i++)
        if ((with_archived || !world->users[i].archived) &&
            (filter_text == NULL || passes(&world->users[i], &filter)))
            json_array_append(all, world->users[i].model);
    if (sim_page(call, &first, &end, json_array_size(all))) {
        json_t *part = sim_must(json_array());
        for (size_t i = first; i < end; i++)
            json_array_append(part, json_array_get(all, i));
        sim_say(call, 200, part);
    }
    json_decref(all);
}

void sim_get_user(struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    size_t n = sim_find(world, "user", call->id, SIZE_MAX);
    if (n == SIZE_MAX)
        sim_say_not_found(call, "user");
    else
        sim_say(call, 200, json_incref(world->users[n].model));
}

void sim_get_me(struct sim_call *call)
{
    json_t *me = sim_must(json_copy(call->caller->model));
    json_object_set(me, "workspace", call->sim->world.workspace);
    sim_say(call, 200, me);
}
