/*
 * Reading properties of things that are JSON already, comparing what was read, and orders.
 */
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEYS_MAX 8

void sim_json_value(const json_t *json, enum sim_kind kind, struct sim_value *value)
{
    const char *text = json_string_value(json);
    bool known = false;
    if (kind == SIM_OBJECT || kind == SIM_LIST) {
        known = kind == SIM_OBJECT ? json_is_object(json) : json_is_array(json);
        value->json = json;
    } else if (kind == SIM_BOOL) {
        known = json_is_boolean(json);
        value->number = json_is_true(json);
    } else if (kind == SIM_NUMBER) {
        known = json_is_integer(json);
        value->number = json_integer_value(json);
    } else if (kind == SIM_TIME) {
        known = text != NULL && sim_read_moment(text, &value->number);
    } else {
        known = text != NULL;
        value->text = text;
    }
    value->kind = known ? kind : SIM_NULL;
}

void sim_member_value(const json_t *object, const struct sim_property *property,
                      struct sim_value *value)
{
    sim_json_value(json_object_get(object, property->name), property->kind, value);
}

void sim_json_get(const void *thing, const struct sim_property *property, struct sim_value *value)
{
    sim_member_value(thing, property, value);
}

json_t *sim_json_show(const void *thing)
{
    return json_incref((json_t *)thing);
}

/* Nothing comes before something; both are of one kind else. */
int sim_value_compare(const struct sim_value *a, const struct sim_value *b)
{
    if (a->kind == SIM_NULL || b->kind == SIM_NULL)
        return (a->kind != SIM_NULL) - (b->kind != SIM_NULL);
    if (a->kind == SIM_TEXT || a->kind == SIM_GUID)
        return strcasecmp(a->text, b->text);
    return (a->number > b->number) - (a->number < b->number);
}

struct key {
    const struct sim_property *path[2];
    size_t steps;
    bool down;
};

struct sim_order {
    const struct sim_model *model;
    struct key keys[KEYS_MAX];
    size_t count;
};

const struct sim_property *sim_property_find(const struct sim_property *table, const char *name,
                                             size_t bytes)
{
    for (; table != NULL && table->name != NULL; table++)
        if (strlen(table->name) == bytes && strncasecmp(table->name, name, bytes) == 0)
            return table;
    return NULL;
}

/* One of `name`, `name/inner`, each with ` asc` or ` desc`. */
static bool read_key(const char *at, size_t bytes, const struct sim_model *model, struct key *key)
{
    const char *blank = memchr(at, ' ', bytes);
    size_t name = blank != NULL ? (size_t)(blank - at) : bytes;
    if (blank != NULL) {
        size_t rest = bytes - name;
        key->down = rest == 5 && strncasecmp(blank, " desc", 5) == 0;
        if (!key->down && (rest != 4 || strncasecmp(blank, " asc", 4) != 0))
            return false;
    }
    const char *slash = memchr(at, '/', name);
    size_t first = slash != NULL ? (size_t)(slash - at) : name;
    key->path[0] = sim_property_find(model->properties, at, first);
    key->steps = slash != NULL ? 2 : 1;
    if (key->path[0] != NULL && slash != NULL)
        key->path[1] = key->path[0]->kind == SIM_OBJECT
                           ? sim_property_find(key->path[0]->inside, slash + 1, name - first - 1)
                           : NULL;
    const struct sim_property *last = key->path[0] != NULL ? key->path[key->steps - 1] : NULL;
    return last != NULL && last->kind != SIM_OBJECT && last->kind != SIM_LIST;
}

struct sim_order *sim_order_parse(const char *text, const struct sim_model *model)
{
    struct sim_order *order = sim_alloc(1, sizeof *order);
    bool good = true;
    order->model = model;
    for (const char *at = text; good; at++) {
        size_t bytes = strcspn(at, ",");
        good = order->count < KEYS_MAX && read_key(at, bytes, model, &order->keys[order->count]);
        order->count++;
        at += bytes;
        if (*at == '\0')
            break;
    }
    if (good)
        return order;
    sim_order_free(order);
    return NULL;
}

static void read_sort_value(const struct sim_order *order, const struct key *key, const void *thing,
                            struct sim_value *value)
{
    *value = (struct sim_value){0};
    order->model->get(thing, key->path[0], value);
    if (key->steps == 2) {
        const json_t *object = value->kind == SIM_OBJECT ? value->json : NULL;
        *value = (struct sim_value){0};
        sim_member_value(object, key->path[1], value);
    }
}

struct ranked {
    const void *thing;
    size_t rank; /* where it stood: equal ones keep their order */
};

static int compare(const void *left, const void *right, void *arg)
{
    const struct sim_order *order = arg;
    const struct ranked *a = left;
    const struct ranked *b = right;
    for (size_t i = 0; i < order->count; i++) {
        struct sim_value x;
        struct sim_value y;
        read_sort_value(order, &order->keys[i], a->thing, &x);
        read_sort_value(order, &order->keys[i], b->thing, &y);
        int got = sim_value_compare(&x, &y);
        if (got != 0)
            return order->keys[i].down ? -got : got;
    }
    return a->rank < b->rank ? -1 : 1;
}

void sim_order_sort(const struct sim_order *order, const void **things, size_t count)
{
    if (order == NULL)
        return;
    struct ranked *all = sim_alloc(count, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct ranked){things[i], i};
    qsort_r(all, count, sizeof *all, compare, (void *)order);
    for (size_t i = 0; i < count; i++)
        things[i] = all[i].thing;
    free(all);
}

void sim_order_free(struct sim_order *order)
{
    free(order);
}
