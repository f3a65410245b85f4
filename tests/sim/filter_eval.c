/*
 * Whether a thing passes a filter, and what the filter says about all that pass.
 */
#include "filter_tree.h"

#include <string.h>

/* A thing, and the items that stand for the variables. */
struct scope {
    const struct sim_filter *filter;
    const void *thing;
    const json_t *bound[SIM_BOUND_MAX];
};

static bool is_true(struct scope *scope, const struct sim_node *node);

static void read_path(const struct scope *scope, const struct sim_node *node,
                      struct sim_value *value)
{
    *value = (struct sim_value){0};
    if (node->bound > 0)
        sim_member_value(scope->bound[node->bound - 1], node->path[0], value);
    else
        scope->filter->model->get(scope->thing, node->path[0], value);
    for (size_t i = 1; i < node->steps; i++) {
        const json_t *object = value->kind == SIM_OBJECT ? value->json : NULL;
        *value = (struct sim_value){0};
        sim_member_value(object, node->path[i], value);
    }
}

static void read_value(const struct scope *scope, const struct sim_node *node,
                       struct sim_value *value)
{
    if (node->kind == SIM_PATH) {
        read_path(scope, node, value);
    } else if (node->kind == SIM_COUNT) {
        struct sim_value list;
        read_path(scope, node->left, &list);
        *value =
            (struct sim_value){.kind = SIM_NUMBER, .number = (int64_t)json_array_size(list.json)};
    } else {
        *value = node->literal;
    }
}

static bool compare(const struct scope *scope, const struct sim_node *node)
{
    struct sim_value left;
    struct sim_value right;
    read_value(scope, node->left, &left);
    read_value(scope, node->right, &right);
    if (left.kind == SIM_NULL || right.kind == SIM_NULL) {
        bool same = left.kind == right.kind;
        return node->kind == SIM_NE ? !same : node->kind == SIM_EQ && same;
    }
    int order = sim_value_compare(&left, &right);
    switch (node->kind) {
    case SIM_EQ:
        return order == 0;
    case SIM_NE:
        return order != 0;
    case SIM_GT:
        return order > 0;
    case SIM_GE:
        return order >= 0;
    case SIM_LT:
        return order < 0;
    default:
        return order <= 0;
    }
}

static bool text_holds(const struct scope *scope, const struct sim_node *node)
{
    struct sim_value whole;
    struct sim_value part;
    read_value(scope, node->left, &whole);
    read_value(scope, node->right, &part);
    if (whole.kind != SIM_TEXT || part.kind != SIM_TEXT)
        return false;
    size_t whole_bytes = strlen(whole.text);
    size_t part_bytes = strlen(part.text);
    if (node->kind == SIM_CONTAINS)
        return strcasestr(whole.text, part.text) != NULL;
    if (part_bytes > whole_bytes)
        return false;
    const char *at = node->kind == SIM_ENDS ? whole.text + whole_bytes - part_bytes : whole.text;
    return strncasecmp(at, part.text, part_bytes) == 0;
}

static bool any(struct scope *scope, const struct sim_node *node)
{
    struct sim_value list;
    read_path(scope, node->left, &list);
    size_t count = json_array_size(list.json);
    if (node->right == NULL)
        return count > 0;
    for (size_t i = 0; i < count; i++) {
        scope->bound[node->bound - 1] = json_array_get(list.json, i);
        if (is_true(scope, node->right))
            return true;
    }
    return false;
}

static bool is_true(struct scope *scope, const struct sim_node *node)
{
    struct sim_value value;
    switch (node->kind) {
    case SIM_OR:
        return is_true(scope, node->left) || is_true(scope, node->right);
    case SIM_AND:
        return is_true(scope, node->left) && is_true(scope, node->right);
    case SIM_NOT:
        return !is_true(scope, node->left);
    case SIM_ENDS:
    case SIM_STARTS:
    case SIM_CONTAINS:
        return text_holds(scope, node);
    case SIM_ANY:
        return any(scope, node);
    case SIM_PATH:
        read_value(scope, node, &value);
        return value.kind == SIM_BOOL && value.number != 0;
    default:
        return compare(scope, node);
    }
}

bool sim_filter_passes(const struct sim_filter *filter, const void *thing)
{
    struct scope scope = {.filter = filter, .thing = thing};
    return filter == NULL || is_true(&scope, filter->root);
}

static bool is_named(const struct sim_node *node, const char *name)
{
    return node->kind == SIM_PATH && node->bound == 0 && node->steps == 1 &&
           strcmp(node->path[0]->name, name) == 0;
}

static bool is_start_date(const struct sim_node *node)
{
    return is_named(node, "startDateUtc") || is_named(node, "startDateLocal");
}

static void bound_by(const struct sim_node *node, struct sim_bounds *bounds)
{
    if (node->kind == SIM_AND) {
        bound_by(node->left, bounds);
        bound_by(node->right, bounds);
        return;
    }
    if (node->left == NULL || node->right == NULL || node->right->kind != SIM_LITERAL)
        return;
    const struct sim_value *right = &node->right->literal;
    bool equal = node->kind == SIM_EQ;
    if (equal && right->kind == SIM_GUID && is_named(node->left, "id"))
        bounds->id = right->text;
    if (equal && right->kind == SIM_GUID && is_named(node->left, "userId"))
        bounds->user_id = right->text;
    if (equal && right->kind == SIM_NULL &&
        (is_named(node->left, "endTimeUtc") || is_named(node->left, "endDateUtc")))
        bounds->no_end = true;
    if (right->kind != SIM_TIME || !is_start_date(node->left))
        return;
    if ((equal || node->kind == SIM_GE || node->kind == SIM_GT) && right->number > bounds->from)
        bounds->from = right->number;
    if ((equal || node->kind == SIM_LE || node->kind == SIM_LT) && right->number < bounds->until)
        bounds->until = right->number;
}

struct sim_bounds sim_filter_bounds(const struct sim_filter *filter)
{
    struct sim_bounds bounds = {.from = INT64_MIN, .until = INT64_MAX};
    if (filter != NULL)
        bound_by(filter->root, &bounds);
    return bounds;
}
