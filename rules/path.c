/* path: names with dots, [0], [-1], [*], ['odd name'], compiled once and followed over the tape.
 *
 * Refuses empty names, blanks and punctuation outside of quotes, more than 32 steps or 1 KiB. */
#include <string.h>

#include "tape.h"
#include "text.h"

enum { PATH_BYTES = 1024, PATH_STEPS = 32 };

struct parser {
    struct cw_text text;
    size_t at;
    struct cw_arena *arena;
    struct cw_step *steps;
    size_t n;
    struct cw_error *err;
};

static enum cw_status fault(const struct parser *p, const char *what)
{
    return cw_fail_at(p->err, CW_ESYNTAX, p->at, "path: %s", what);
}

static bool ends(const struct parser *p)
{
    return p->at == p->text.len;
}

static char now(const struct parser *p)
{
    return p->text.at[p->at];
}

static bool is_name_byte(char c)
{
    unsigned char u = (unsigned char)c;
    return u > ' ' && u != 0x7F && !strchr(".[]'\"`|{}()\\,*?=<>!&;", c);
}

static enum cw_status parse_name(struct parser *p)
{
    size_t from = p->at;
    while (!ends(p) && is_name_byte(now(p)))
        p->at++;
    if (p->at == from)
        return fault(p, ends(p) ? "a name is missing at the end" : "a name is missing here");
    char *name = cw_arena_copy(p->arena, (struct cw_text){p->text.at + from, p->at - from});
    if (!name)
        return cw_fail(p->err, CW_NOMEM, "path: memory is short");
    p->steps[p->n++] = (struct cw_step){CW_STEP_NAME, 0, {name, p->at - from}};
    return CW_OK;
}

/* 'odd name' with \' and \\ for the two characters that it cannot hold plainly. */
static enum cw_status parse_quoted(struct parser *p)
{
    char *name = cw_arena_take(p->arena, p->text.len - p->at);
    size_t len = 0;
    if (!name)
        return cw_fail(p->err, CW_NOMEM, "path: memory is short");
    for (p->at++; !ends(p) && now(p) != '\''; p->at++) {
        if (now(p) == '\\') {
            p->at++;
            if (ends(p) || (now(p) != '\'' && now(p) != '\\'))
                return fault(p, "only \\' and \\\\ are escapes here");
        }
        name[len++] = now(p);
    }
    if (ends(p))
        return fault(p, "the closing ' is missing");
    p->at++;
    p->steps[p->n++] = (struct cw_step){CW_STEP_NAME, 0, {name, len}};
    return CW_OK;
}

static enum cw_status parse_index(struct parser *p)
{
    bool minus = now(p) == '-';
    int32_t index = 0;
    p->at += minus;
    size_t from = p->at;
    for (; !ends(p) && now(p) >= '0' && now(p) <= '9'; p->at++) {
        if (p->at - from == 9)
            return fault(p, "the index is too large");
        index = index * 10 + (now(p) - '0');
    }
    if (p->at == from)
        return fault(p, "a number, * or 'name' is missing here");
    if (p->at - from > 1 && p->text.at[from] == '0')
        return fault(p, "an index has no leading zero");
    if (minus && index == 0)
        return fault(p, "there is no item -0");
    p->steps[p->n++] = (struct cw_step){CW_STEP_INDEX, minus ? -index : index, {0}};
    return CW_OK;
}

static enum cw_status parse_bracket(struct parser *p)
{
    enum cw_status status = CW_OK;
    p->at++;
    if (ends(p))
        return fault(p, "a number, * or 'name' is missing at the end");
    if (now(p) == '\'') {
        status = parse_quoted(p);
    } else if (now(p) == '*') {
        p->at++;
        p->steps[p->n++] = (struct cw_step){CW_STEP_EACH, 0, {0}};
    } else {
        status = parse_index(p);
    }
    if (status != CW_OK)
        return status;
    if (ends(p) || now(p) != ']')
        return fault(p, "the closing ] is missing");
    p->at++;
    return CW_OK;
}

static enum cw_status parse_step(struct parser *p)
{
    if (p->n == PATH_STEPS)
        return fault(p, "more than 32 steps");
    if (now(p) == '[')
        return parse_bracket(p);
    if (p->n) {
        if (now(p) != '.')
            return fault(p, "this cannot stand in a path");
        p->at++;
    }
    return parse_name(p);
}

static bool is_utf8(struct cw_text text)
{
    for (const char *at = text.at, *end = at + text.len; at < end;) {
        unsigned n = cwr_utf8_get(at, end, NULL);
        if (!n)
            return false;
        at += n;
    }
    return true;
}

enum cw_status cw_path_parse(struct cw_text text, struct cw_arena *arena, struct cw_path *out,
                             struct cw_error *err)
{
    struct cw_step steps[PATH_STEPS];
    struct parser p = {.text = text, .arena = arena, .steps = steps, .err = err};
    if (text.len > PATH_BYTES)
        return cw_fail_at(err, CW_ESYNTAX, PATH_BYTES, "path: longer than 1 KiB");
    if (!text.len)
        return fault(&p, "it is empty");
    if (!is_utf8(text))
        return fault(&p, "it is not UTF-8");
    while (!ends(&p)) {
        enum cw_status status = parse_step(&p);
        if (status != CW_OK)
            return status;
    }
    struct cw_step *copy = cw_arena_take(arena, p.n * sizeof *copy);
    if (!copy)
        return cw_fail(err, CW_NOMEM, "path: memory is short");
    memcpy(copy, steps, p.n * sizeof *copy);
    *out = (struct cw_path){copy, p.n};
    return CW_OK;
}

struct cw_path cw_path_skip(struct cw_path path, size_t steps)
{
    if (steps > path.n)
        steps = path.n;
    return (struct cw_path){path.steps + steps, path.n - steps};
}

/* A place on the way: a node of a text, or a value of the host. Strings are decoded at the end. */
struct spot {
    const struct cw_json *json;
    uint32_t node;
    const struct cw_value *value; /* when json is NULL; NULL: nothing is here */
};

static struct spot spot_of(const struct cw_value *value)
{
    if (value->json)
        return (struct spot){value->json, value->node, NULL};
    return (struct spot){NULL, 0, value->kind == CW_MISSING ? NULL : value};
}

static bool is_there(struct spot spot)
{
    return spot.json || spot.value;
}

static enum cw_kind kind_of(struct spot spot)
{
    if (spot.json)
        return (enum cw_kind)spot.json->tape[spot.node].kind;
    return spot.value ? spot.value->kind : CW_MISSING;
}

static size_t count_of(struct spot spot)
{
    if (kind_of(spot) != CW_LIST)
        return 0;
    return spot.json ? spot.json->tape[spot.node].len : spot.value->n_items;
}

static struct spot item_of(struct spot spot, size_t i)
{
    if (spot.json)
        return (struct spot){spot.json, cwr_json_item(spot.json, spot.node, i), NULL};
    return spot_of(&spot.value->items[i]);
}

/* One step by name or index. */
static struct spot follow(struct spot spot, const struct cw_step *step)
{
    struct spot none = {0};
    if (step->kind == CW_STEP_NAME) {
        if (!spot.json || kind_of(spot) != CW_OBJECT)
            return none;
        uint32_t node = cwr_json_member(spot.json, spot.node, step->name);
        return node ? (struct spot){spot.json, node, NULL} : none;
    }
    int64_t count = (int64_t)count_of(spot), i = step->index;
    i += i < 0 ? count : 0;
    return i >= 0 && i < count ? item_of(spot, (size_t)i) : none;
}

static enum cw_status value_of(struct spot spot, struct cw_arena *arena, struct cw_value *out)
{
    if (spot.json)
        return cwr_json_value(spot.json, spot.node, arena, out);
    *out = spot.value ? *spot.value : (struct cw_value){0};
    return CW_OK;
}

/* All items of all lists among n spots. */
static enum cw_status expand(struct spot **spots, size_t *n, struct cw_arena *arena)
{
    size_t total = 0, k = 0;
    for (size_t i = 0; i < *n; i++)
        total += count_of((*spots)[i]);
    struct spot *all =
        total > SIZE_MAX / sizeof *all ? NULL : cw_arena_take(arena, total * sizeof *all);
    if (!all)
        return CW_NOMEM;
    for (size_t i = 0; i < *n; i++)
        for (size_t item = 0, count = count_of((*spots)[i]); item < count; item++)
            all[k++] = item_of((*spots)[i], item);
    *spots = all;
    *n = total;
    return CW_OK;
}

/* From the first [*] on: many spots at a time; those that lead nowhere drop out. */
static enum cw_status get_each(struct spot spot, struct cw_path path, struct cw_arena *arena,
                               struct cw_value *out)
{
    struct spot *spots = &spot;
    size_t n = 1;
    for (size_t s = 0; s < path.n; s++) {
        if (path.steps[s].kind == CW_STEP_EACH) {
            if (expand(&spots, &n, arena) != CW_OK)
                return CW_NOMEM;
            continue;
        }
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            struct spot next = follow(spots[i], &path.steps[s]);
            if (is_there(next))
                spots[kept++] = next;
        }
        n = kept;
    }
    if (n > SIZE_MAX / sizeof(struct cw_value))
        return CW_NOMEM;
    struct cw_value *items = cw_arena_take(arena, n * sizeof *items);
    if (!items)
        return CW_NOMEM;
    for (size_t i = 0; i < n; i++)
        if (value_of(spots[i], arena, &items[i]) != CW_OK)
            return CW_NOMEM;
    *out = (struct cw_value){.kind = CW_LIST, .items = items, .n_items = n};
    return CW_OK;
}

enum cw_status cw_value_get(const struct cw_value *from, struct cw_path path,
                            struct cw_arena *arena, struct cw_value *out)
{
    struct spot spot = spot_of(from);
    for (size_t s = 0; s < path.n && is_there(spot); s++) {
        if (path.steps[s].kind != CW_STEP_EACH) {
            spot = follow(spot, &path.steps[s]);
            continue;
        }
        if (kind_of(spot) == CW_LIST)
            return get_each(spot, cw_path_skip(path, s), arena, out);
        spot = (struct spot){0};
    }
    return value_of(spot, arena, out);
}
