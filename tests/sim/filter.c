/*
 * The parser of filters: text to a tree of at most 200 nodes, 32 deep, types checked.
 *
 *   or:      and {"or" and}            and: not {"and" not}      not: ["not"] term
 *   term:    "(" or ")" | endswith(value, value) | startswith | substringof(part, whole)
 *            | list/any(x: or) | list/any() | value op value | value "in" "(" literal, ... ")"
 *            | a boolean property
 *   value:   property | a/b | tolower(value) | list/count() | literal
 *   literal: 'text' guid'...' datetime'...' null true false 12 me.id now today today-30d
 */
#include "filter_tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NODES_MAX 200
#define DEPTH_MAX 32
#define TEXT_MAX  8192

struct parser {
    struct sim_filter *tree;
    const char *at;
    const char *me;
    int64_t now;
    int depth;
    char names[SIM_BOUND_MAX][SIM_NAME_SIZE]; /* the variables of any(), outermost first */
    const struct sim_property *inside[SIM_BOUND_MAX];
    size_t bound;
};

static struct sim_node *parse_or(struct parser *p);
static struct sim_node *parse_value(struct parser *p);

static struct sim_node *add(struct parser *p, enum sim_node_kind kind)
{
    if (p->tree->count == NODES_MAX)
        return NULL;
    struct sim_node *node = &p->tree->nodes[p->tree->count++];
    node->kind = kind;
    return node;
}

static struct sim_node *join(struct parser *p, enum sim_node_kind kind, struct sim_node *left,
                             struct sim_node *right)
{
    struct sim_node *node = left != NULL && right != NULL ? add(p, kind) : NULL;
    if (node == NULL)
        return NULL;
    node->left = left;
    node->right = right;
    return node;
}

/* ---- Words ---- */

static void skip(struct parser *p)
{
    while (*p->at == ' ')
        p->at++;
}

static size_t word_bytes(const char *at)
{
    return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");
}

static bool take(struct parser *p, char c)
{
    skip(p);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

static bool is_word(const struct parser *p, const char *word)
{
    size_t bytes = strlen(word);
    return word_bytes(p->at) == bytes && strncasecmp(p->at, word, bytes) == 0;
}

static bool take_word(struct parser *p, const char *word)
{
    skip(p);
    if (!is_word(p, word))
        return false;
    p->at += strlen(word);
    return true;
}

/* `name(`, which a property of that name is not. */
static bool take_call(struct parser *p, const char *name)
{
    size_t bytes = strlen(name);
    skip(p);
    if (!is_word(p, name) || p->at[bytes] != '(')
        return false;
    p->at += bytes + 1;
    return true;
}

/* ---- Literals ---- */

/* 'text' with doubled quotes; the text goes into the tree's room. */
static char *quoted(struct parser *p)
{
    char *text = p->tree->texts + p->tree->text_used;
    char *to = text;
    if (*p->at++ != '\'')
        return NULL;
    for (; *p->at != '\0'; p->at++) {
        if (*p->at == '\'' && *++p->at != '\'') {
            *to++ = '\0';
            p->tree->text_used = (size_t)(to - p->tree->texts);
            return text;
        }
        *to++ = *p->at;
    }
    return NULL;
}

static struct sim_node *literal(struct parser *p, enum sim_kind kind, int64_t number,
                                const char *text)
{
    struct sim_node *node = add(p, SIM_LITERAL);
    if (node == NULL)
        return NULL;
    node->type = kind;
    node->literal = (struct sim_value){.kind = kind, .number = number, .text = text};
    return node;
}

static struct sim_node *guid_literal(struct parser *p)
{
    char *text = quoted(p);
    char id[SIM_GUID_SIZE];
    if (text == NULL || !sim_read_guid(text, strlen(text), id))
        return NULL;
    memcpy(text, id, sizeof id); /* in lower case */
    return literal(p, SIM_GUID, 0, text);
}

static struct sim_node *datetime_literal(struct parser *p)
{
    int64_t ticks = 0;
    const char *text = quoted(p);
    return text != NULL && sim_read_moment(text, &ticks) ? literal(p, SIM_TIME, ticks, NULL) : NULL;
}

/* now, today, and either with +Nd or -Nd */
static struct sim_node *day_literal(struct parser *p, int64_t base)
{
    const int64_t day = 24 * 3600 * SIM_TICKS_PER_SECOND;
    if ((*p->at != '-' && *p->at != '+') || p->at[1] < '0' || p->at[1] > '9')
        return literal(p, SIM_TIME, base, NULL);
    int64_t sign = *p->at++ == '-' ? -1 : 1;
    size_t digits = strspn(p->at, "0123456789");
    int64_t days = digits < 6 ? strtoll(p->at, NULL, 10) : -1;
    p->at += digits;
    if (days < 0 || *p->at++ != 'd')
        return NULL;
    return literal(p, SIM_TIME, base + sign * days * day, NULL);
}

static struct sim_node *number_literal(struct parser *p)
{
    char *end = NULL;
    long long number = strtoll(p->at, &end, 10);
    if (end - p->at > 18)
        return NULL;
    p->at = end;
    return word_bytes(end) == 0 ? literal(p, SIM_NUMBER, number, NULL) : NULL;
}

/* *known stays false when no literal begins here. */
static struct sim_node *parse_literal(struct parser *p, bool *known)
{
    const int64_t day = 24 * 3600 * SIM_TICKS_PER_SECOND;
    *known = true;
    skip(p);
    if (*p->at == '\'') {
        const char *text = quoted(p);
        return text != NULL ? literal(p, SIM_TEXT, 0, text) : NULL;
    }
    if ((*p->at >= '0' && *p->at <= '9') || (*p->at == '-' && p->at[1] >= '0' && p->at[1] <= '9'))
        return number_literal(p);
    size_t bytes = word_bytes(p->at);
    if (p->at[bytes] == '\'') {
        if (take_word(p, "guid"))
            return guid_literal(p);
        return take_word(p, "datetime") ? datetime_literal(p) : NULL;
    }
    if (take_word(p, "null"))
        return literal(p, SIM_NULL, 0, NULL);
    if (take_word(p, "true"))
        return literal(p, SIM_BOOL, 1, NULL);
    if (take_word(p, "false"))
        return literal(p, SIM_BOOL, 0, NULL);
    if (take_word(p, "me.id"))
        return literal(p, SIM_GUID, 0, p->me);
    if (take_word(p, "now"))
        return day_literal(p, p->now);
    if (take_word(p, "today"))
        return day_literal(p, p->now - p->now % day);
    *known = false;
    return NULL;
}

/* ---- Properties ---- */

static size_t bound_of(const struct parser *p, size_t bytes)
{
    for (size_t i = p->bound; i > 0; i--)
        if (strlen(p->names[i - 1]) == bytes && strncmp(p->names[i - 1], p->at, bytes) == 0)
            return i;
    return 0;
}

/* a, a/b/c, or x/a with a variable; stops before /any( and /count(. */
static struct sim_node *parse_path(struct parser *p)
{
    struct sim_node *node = add(p, SIM_PATH);
    const struct sim_property *table = p->tree->model->properties;
    if (node == NULL)
        return NULL;
    size_t bytes = word_bytes(p->at);
    node->bound = bound_of(p, bytes);
    if (node->bound > 0) {
        table = p->inside[node->bound - 1];
        p->at += bytes;
        if (*p->at++ != '/')
            return NULL;
    }
    for (;;) {
        bytes = word_bytes(p->at);
        const struct sim_property *step = sim_property_find(table, p->at, bytes);
        if (step == NULL || node->steps == SIM_STEPS_MAX)
            return NULL;
        node->path[node->steps++] = step;
        node->type = step->kind;
        p->at += bytes;
        if (*p->at != '/' || step->kind != SIM_OBJECT)
            return node;
        table = step->inside;
        p->at++;
    }
}

static struct sim_node *parse_any(struct parser *p, struct sim_node *list)
{
    struct sim_node *node = add(p, SIM_ANY);
    if (node == NULL)
        return NULL;
    node->left = list;
    node->type = SIM_BOOL;
    if (take(p, ')'))
        return node;
    size_t bytes = word_bytes(p->at);
    if (p->bound == SIM_BOUND_MAX || bytes == 0 || bytes >= SIM_NAME_SIZE)
        return NULL;
    memcpy(p->names[p->bound], p->at, bytes);
    p->names[p->bound][bytes] = '\0';
    p->inside[p->bound++] = list->path[list->steps - 1]->inside;
    p->at += bytes;
    node->bound = p->bound;
    node->right = take(p, ':') ? parse_or(p) : NULL;
    p->bound--;
    return node->right != NULL && take(p, ')') ? node : NULL;
}

static struct sim_node *parse_property(struct parser *p)
{
    struct sim_node *path = parse_path(p);
    if (path == NULL || path->type != SIM_LIST)
        return path;
    if (*p->at++ != '/')
        return NULL;
    if (take_call(p, "any"))
        return parse_any(p, path);
    struct sim_node *count = take_call(p, "count") && take(p, ')') ? add(p, SIM_COUNT) : NULL;
    if (count == NULL)
        return NULL;
    count->left = path;
    count->type = SIM_NUMBER;
    return count;
}

static struct sim_node *parse_value(struct parser *p)
{
    bool known = false;
    struct sim_node *node = parse_literal(p, &known);
    if (known)
        return node;
    if (!take_call(p, "tolower"))
        return parse_property(p);
    struct sim_node *inner = parse_value(p);
    if (inner == NULL || inner->type != SIM_TEXT || !take(p, ')'))
        return NULL;
    return inner; /* texts are compared without regard to case anyway */
}

/* ---- Truths ---- */

static bool comparable(const struct sim_node *left, const struct sim_node *right)
{
    if (left == NULL || right == NULL || left->type == SIM_OBJECT || right->type == SIM_OBJECT)
        return false;
    return left->type == right->type || left->type == SIM_NULL || right->type == SIM_NULL;
}

static struct sim_node *parse_in(struct parser *p, struct sim_node *value)
{
    struct sim_node *any = NULL;
    if (!take(p, '('))
        return NULL;
    do {
        bool known = false;
        struct sim_node *item = parse_literal(p, &known);
        struct sim_node *equal = comparable(value, item) ? join(p, SIM_EQ, value, item) : NULL;
        any = any == NULL ? equal : join(p, SIM_OR, any, equal);
        if (any == NULL || equal == NULL)
            return NULL;
    } while (take(p, ','));
    return take(p, ')') ? any : NULL;
}

static struct sim_node *parse_comparison(struct parser *p)
{
    static const struct {
        const char *word;
        enum sim_node_kind kind;
    } ops[] = {{"eq", SIM_EQ}, {"ne", SIM_NE}, {"gt", SIM_GT},
               {"ge", SIM_GE}, {"lt", SIM_LT}, {"le", SIM_LE}};
    struct sim_node *left = parse_value(p);
    if (left == NULL || left->kind == SIM_ANY)
        return left;
    if (take_word(p, "in"))
        return parse_in(p, left);
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (!take_word(p, ops[i].word))
            continue;
        struct sim_node *right = parse_value(p);
        return comparable(left, right) ? join(p, ops[i].kind, left, right) : NULL;
    }
    return left->type == SIM_BOOL && left->kind == SIM_PATH ? left : NULL;
}

/* endswith(whole, part), startswith(whole, part), substringof(part, whole) */
static struct sim_node *parse_text_call(struct parser *p, enum sim_node_kind kind, bool swapped)
{
    struct sim_node *first = parse_value(p);
    struct sim_node *second = first != NULL && take(p, ',') ? parse_value(p) : NULL;
    if (second == NULL || first->type != SIM_TEXT || second->type != SIM_TEXT || !take(p, ')'))
        return NULL;
    return swapped ? join(p, kind, second, first) : join(p, kind, first, second);
}

static struct sim_node *parse_term(struct parser *p)
{
    if (take(p, '(')) {
        struct sim_node *inner = parse_or(p);
        return inner != NULL && take(p, ')') ? inner : NULL;
    }
    if (take_call(p, "endswith"))
        return parse_text_call(p, SIM_ENDS, false);
    if (take_call(p, "startswith"))
        return parse_text_call(p, SIM_STARTS, false);
    if (take_call(p, "substringof"))
        return parse_text_call(p, SIM_CONTAINS, true);
    return parse_comparison(p);
}

static struct sim_node *parse_not(struct parser *p)
{
    if (!take_word(p, "not"))
        return parse_term(p);
    struct sim_node *inner = parse_term(p);
    struct sim_node *node = inner != NULL ? add(p, SIM_NOT) : NULL;
    if (node != NULL)
        node->left = inner;
    return node;
}

static struct sim_node *parse_and(struct parser *p)
{
    struct sim_node *left = parse_not(p);
    while (left != NULL && take_word(p, "and"))
        left = join(p, SIM_AND, left, parse_not(p));
    return left;
}

static struct sim_node *parse_or(struct parser *p)
{
    if (p->depth == DEPTH_MAX)
        return NULL;
    p->depth++;
    struct sim_node *left = parse_and(p);
    while (left != NULL && take_word(p, "or"))
        left = join(p, SIM_OR, left, parse_and(p));
    p->depth--;
    return left;
}

static bool is_over(struct parser *p)
{
    skip(p);
    return *p->at == '\0';
}

struct sim_filter *sim_filter_parse(const char *text, const struct sim_model *model, const char *me,
                                    int64_t now)
{
    size_t bytes = strlen(text);
    if (bytes > TEXT_MAX)
        return NULL;
    struct sim_filter *tree = sim_alloc(1, sizeof *tree);
    tree->nodes = sim_alloc(NODES_MAX, sizeof *tree->nodes);
    tree->texts = sim_alloc(bytes + 1, 1);
    tree->model = model;
    struct parser p = {.tree = tree, .at = text, .me = me, .now = now};
    tree->root = parse_or(&p);
    if (tree->root != NULL && is_over(&p))
        return tree;
    sim_filter_free(tree);
    return NULL;
}

void sim_filter_free(struct sim_filter *tree)
{
    if (tree == NULL)
        return;
    free(tree->nodes);
    free(tree->texts);
    free(tree);
}
