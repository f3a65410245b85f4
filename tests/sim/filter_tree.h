/* The tree of a filter, for its parser and its evaluation. */
#ifndef AWORK_SIM_FILTER_TREE_H
#define AWORK_SIM_FILTER_TREE_H

#include "filter.h"

#define SIM_STEPS_MAX 4
#define SIM_BOUND_MAX 2
#define SIM_NAME_SIZE 32

enum sim_node_kind {
    SIM_OR,
    SIM_AND,
    SIM_NOT,
    SIM_EQ,
    SIM_NE,
    SIM_GT,
    SIM_GE,
    SIM_LT,
    SIM_LE,
    SIM_ENDS,
    SIM_STARTS,
    SIM_CONTAINS,
    SIM_ANY,
    SIM_COUNT,
    SIM_PATH,
    SIM_LITERAL
};

struct sim_node {
    enum sim_node_kind kind;
    enum sim_kind type; /* of what it is worth */
    struct sim_node *left, *right;
    const struct sim_property *path[SIM_STEPS_MAX];
    size_t steps;
    size_t bound; /* of a path: 0 the thing, n the nth variable; of any: which variable it binds */
    struct sim_value literal;
};

struct sim_filter {
    const struct sim_model *model;
    struct sim_node *nodes;
    size_t count;
    struct sim_node *root;
    char *texts; /* what stood between quotes */
    size_t text_used;
};

#endif
