/*
 * Filters and orders of lists, in the OData-like language that awork documents:
 *
 *   filterby=firstName eq 'Ada' and userContactInfos/any(c: c/value eq 'ada@example.org')
 *   orderby=lastName,firstName desc
 *
 * A model says which properties there are and how to read one of a thing; what it does not know is
 * an invalid filter. Texts are compared without regard to case, as awork's database does.
 */
#ifndef AWORK_SIM_FILTER_H
#define AWORK_SIM_FILTER_H

#include "sim.h"

enum sim_kind {
    SIM_NULL,
    SIM_TEXT,
    SIM_GUID,
    SIM_BOOL,
    SIM_NUMBER,
    SIM_TIME,
    SIM_OBJECT,
    SIM_LIST
};

struct sim_property {
    const char *name; /* NULL ends a table */
    enum sim_kind kind;
    const struct sim_property *inside; /* of an object, or of the items of a list */
};

struct sim_value {
    enum sim_kind kind;
    const char *text;         /* TEXT, GUID */
    int64_t number;           /* NUMBER, BOOL, and ticks of a TIME */
    const json_t *json;       /* OBJECT, LIST */
    char room[SIM_TIME_SIZE]; /* where a text may live that had to be made */
};

struct sim_model {
    const struct sim_property *properties;
    /* `value` comes in as SIM_NULL */
    void (*get)(const void *thing, const struct sim_property *property, struct sim_value *value);
    json_t *(*json)(const void *thing);
};

struct sim_filter;
struct sim_order;

/* NULL: invalid. `me` and `now` are what the words me.id, now and today stand for. */
struct sim_filter *sim_filter_parse(const char *text, const struct sim_model *model, const char *me,
                                    int64_t now);
bool sim_filter_passes(const struct sim_filter *filter, const void *thing);
void sim_filter_free(struct sim_filter *filter);

/* What must be true of everything that passes: the ands of the outermost level tell it. */
struct sim_bounds {
    const char *id;
    const char *user_id;
    bool no_end;
    int64_t from, until; /* ticks of a start date, local or UTC: be generous by a day */
};
struct sim_bounds sim_filter_bounds(const struct sim_filter *filter);

struct sim_order *sim_order_parse(const char *text, const struct sim_model *model);
void sim_order_sort(const struct sim_order *order, const void **things, size_t count);
void sim_order_free(struct sim_order *order);

/* value.c: reading properties */
const struct sim_property *sim_property_find(const struct sim_property *table, const char *name,
                                             size_t bytes);
void sim_json_value(const json_t *json, enum sim_kind kind, struct sim_value *value);
void sim_member_value(const json_t *object, const struct sim_property *property,
                      struct sim_value *value);
/* of a model whose things are JSON objects */
void sim_json_get(const void *thing, const struct sim_property *property, struct sim_value *value);
json_t *sim_json_show(const void *thing);
int sim_value_compare(const struct sim_value *a, const struct sim_value *b);

/* list.c: filter, order, page and answer; takes the array, whose things are candidates */
void sim_say_list(struct sim_call *call, const struct sim_model *model, const void **things,
                  size_t count);
bool sim_list_filter(struct sim_call *call, const struct sim_model *model,
                     struct sim_filter **filter);
bool sim_list_page(struct sim_call *call, size_t total, size_t *first, size_t *end);

#endif
