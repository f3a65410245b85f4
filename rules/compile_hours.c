/* compile_hours: `hours` of the file and of people, and the condition `during`. */
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "compile.h"

/* ---- Names ---- */

static bool check_name(struct cwr_compiler *c, const struct cw_node *key)
{
    struct cw_text name = cw_node_text(key);
    bool odd = name.len == 0 || name.len > 100;
    for (size_t i = 0; i < name.len; i++)
        odd |= (unsigned char)name.at[i] <= ' ' || strchr(":${}[],", name.at[i]);
    if (odd)
        cwr_fault(c, key, "bad-name", NULL, "a name of hours is one word");
    return !odd;
}

static void add_names(struct cwr_compiler *c, const struct cw_node *map)
{
    struct cwr_calendar *calendar = &c->rules->calendar;
    if (!map || cw_node_kind(map) != CW_NODE_MAP)
        return;
    for (size_t i = 0; i < cw_node_count(map) && !c->no_memory; i++) {
        struct cw_text name = cw_node_text(cw_node_key(map, i));
        if (!check_name(c, cw_node_key(map, i)) ||
            cwr_map_get(&calendar->rows, name) != CWR_NOWHERE)
            continue;
        c->hours_names =
            cwr_grow(c, c->scratch, c->hours_names, calendar->n, sizeof *c->hours_names);
        const char *copy = cwr_keep(c, name);
        if (c->no_memory)
            return;
        c->hours_names[calendar->n] = copy;
        c->no_memory |=
            cwr_map_put(&calendar->rows, cw_text_of(copy), (uint32_t)calendar->n) != CW_OK;
        calendar->n++;
    }
}

static const struct cw_node *hours_of(const struct cw_node *users, size_t person)
{
    const struct cw_node *map = cw_node_value(users, person);
    return cw_node_kind(map) == CW_NODE_MAP ? cw_node_get(map, "hours") : NULL;
}

/* ---- One value ---- */

static bool add_window(struct cwr_compiler *c, const struct cw_node *node, struct cwr_window *out,
                       struct cwr_buf *shown)
{
    struct cw_text text;
    struct cw_error err = {0};
    if (!cwr_want_text(c, node, "a window", &text))
        return false;
    if (cwr_window_parse(text, out, &err)) {
        cwr_fault(c, node, "bad-value", cwr_mean_days(node), "%s", err.text);
        return false;
    }
    cwr_buf_puts(shown, shown->len ? ", " : "");
    cwr_buf_put(shown, text);
    return true;
}

static void compile_windows(struct cwr_compiler *c, const struct cw_node *node,
                            struct cwr_hours *out)
{
    bool list = cw_node_kind(node) == CW_NODE_SEQ;
    size_t n = list ? cw_node_count(node) : 1;
    struct cwr_buf shown = cwr_buf_in(c->arena);
    if (!n) {
        cwr_fault(c, node, "bad-value", NULL, "this list of windows is empty");
        return;
    }
    struct cwr_window *windows = cwr_take(c, n * sizeof *windows);
    for (size_t i = 0; windows && i < n; i++)
        if (add_window(c, list ? cw_node_item(node, i) : node, &windows[out->n], &shown))
            out->n++;
    out->windows = windows;
    c->no_memory |= cwr_buf_end(&shown, &out->shown) != CW_OK;
}

static void compile_map(struct cwr_compiler *c, const struct cw_node *map, struct cwr_hours *out)
{
    const struct cw_node *windows = cw_node_get(map, "windows");
    const struct cw_node *except = cw_node_get(map, "except");
    cwr_check_keys(c, map, &cwr_hours_keys);
    cwr_compile_zone(c, cw_node_get(map, "timezone"), &out->zone);
    if (except)
        cwr_compile_except(c, except, out);
    if (!windows)
        cwr_fault(c, map, "missing-key", NULL, "`windows` is missing here");
    else if (cw_node_kind(windows) == CW_NODE_MAP)
        cwr_fault(c, windows, "wrong-kind", NULL, "`windows` is a text or a list of texts");
    else
        compile_windows(c, windows, out);
}

static const struct cwr_hours *compile_one(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cwr_hours *hours = cwr_take(c, sizeof *hours);
    if (!hours)
        return NULL;
    *hours = (struct cwr_hours){.place = cwr_keep_place(c, cw_node_place(node))};
    if (cw_node_kind(node) == CW_NODE_MAP)
        compile_map(c, node, hours);
    else
        compile_windows(c, node, hours);
    return hours;
}

/* ---- The whole ---- */

/* A table of the hours under each name, NULL where `map` has none. */
static const struct cwr_hours *const *compile_table(struct cwr_compiler *c,
                                                    const struct cw_node *map)
{
    const struct cwr_calendar *calendar = &c->rules->calendar;
    size_t n = calendar->n;
    const struct cwr_hours **table = cwr_take(c, n * sizeof *table);
    for (size_t i = 0; table && i < n; i++)
        table[i] = NULL;
    if (!table || !map || !cwr_want_map(c, map, "`hours`"))
        return table;
    for (size_t i = 0; i < cw_node_count(map) && !c->no_memory; i++) {
        uint32_t row = cwr_map_get(&calendar->rows, cw_node_text(cw_node_key(map, i)));
        const struct cwr_hours *made = compile_one(c, cw_node_value(map, i));
        if (row != CWR_NOWHERE)
            table[row] = made;
    }
    return table;
}

void cwr_compile_hours(struct cwr_compiler *c, const struct cw_node *hours,
                       const struct cw_node *users)
{
    struct cwr_calendar *calendar = &c->rules->calendar;
    calendar->rows.arena = c->arena;
    size_t people = c->rules->n_people;
    add_names(c, hours);
    for (size_t i = 0; i < people && !c->no_memory; i++)
        add_names(c, hours_of(users, i));
    struct cw_text *names = cwr_take(c, calendar->n * sizeof *names);
    for (size_t i = 0; names && i < calendar->n; i++)
        names[i] = cw_text_of(c->hours_names[i]);
    calendar->names = names;
    c->hours_asked = cw_arena_take(c->scratch, calendar->n + 1);
    c->no_memory |= !c->hours_asked;
    if (c->no_memory)
        return;
    memset(c->hours_asked, 0, calendar->n + 1);
    calendar->common = compile_table(c, hours);
    for (size_t i = 0; i < people && !c->no_memory; i++) {
        const struct cw_node *own = hours_of(users, i);
        if (own)
            c->rules->hours[i].own = compile_table(c, own);
        cw_arena_reset(c->passing);
    }
}

/* ---- during ---- */

static bool add_during(struct cwr_compiler *c, const struct cw_node *node,
                       struct cwr_during *during, uint32_t *hours, struct cwr_buf *buf)
{
    const struct cwr_calendar *calendar = &c->rules->calendar;
    struct cw_text name;
    if (!cwr_want_text(c, node, "a name of hours", &name))
        return false;
    uint32_t row = cwr_hours_named(calendar, name);
    if (row == CWR_NOWHERE) {
        cwr_fault(c, node, "unknown-hours", cwr_did_you_mean(c, name, c->hours_names, calendar->n),
                  "no hours are named `%.*s`", (int)(name.len > 60 ? 60 : name.len), name.at);
        return false;
    }
    cwr_buf_puts(buf, during->n ? "," : "");
    cwr_buf_json_string(buf, name);
    hours[during->n++] = row;
    c->hours_asked[row] = true;
    return true;
}

bool cwr_compile_during(struct cwr_compiler *c, const struct cw_node *node,
                        struct cwr_condition *out)
{
    bool list = cw_node_kind(node) == CW_NODE_SEQ, good = true;
    size_t n = list ? cw_node_count(node) : 1;
    struct cwr_buf buf = cwr_buf_in(c->arena);
    if (!n) {
        cwr_fault(c, node, "bad-value", NULL, "this list of hours is empty");
        return false;
    }
    struct cwr_during *during = cwr_take(c, sizeof *during);
    uint32_t *hours = cwr_take(c, n * sizeof *hours);
    if (c->no_memory)
        return false;
    *during = (struct cwr_during){.hours = hours};
    cwr_buf_puts(&buf, "{\"during\":[");
    for (size_t i = 0; i < n; i++)
        good &= add_during(c, list ? cw_node_item(node, i) : node, during, hours, &buf);
    cwr_buf_puts(&buf, "]}");
    c->no_memory |= cwr_buf_end(&buf, &during->residual) != CW_OK;
    out->kind = CWR_DURING;
    out->during = during;
    if (c->at.rule)
        c->at.rule->asks_person = c->at.rule->asks_hours = true;
    return good && !c->no_memory;
}

/* ---- Hours that nothing asks for ---- */

/* A person's own hours count in place of the common ones of the same name: a mistyped name is
 * passed over in silence. */
static void lint_own(struct cwr_compiler *c, const struct cwr_hours *own, uint32_t row,
                     const char *const *asked, size_t n)
{
    struct cw_text name = c->rules->calendar.names[row];
    const char *hint = cwr_did_you_mean(c, name, asked, n);
    if (hint)
        cw_diags_add(c->diags, CW_WARNING, "unused-hours", own->place, hint,
                     "no rule asks for the hours `%.*s`", (int)name.len, name.at);
}

void cwr_lint_hours(struct cwr_compiler *c)
{
    const struct cwr_calendar *calendar = &c->rules->calendar;
    const char **asked = cw_arena_take(c->scratch, (calendar->n + 1) * sizeof *asked);
    size_t n = 0;
    c->no_memory |= !asked;
    for (size_t i = 0; i < calendar->n && !c->no_memory; i++)
        if (c->hours_asked[i])
            asked[n++] = c->hours_names[i];
    for (size_t i = 0; i < c->rules->n_people && n && !c->no_memory; i++)
        for (uint32_t k = 0; k < calendar->n && c->rules->hours[i].own; k++)
            if (!c->hours_asked[k] && !calendar->common[k] && c->rules->hours[i].own[k])
                lint_own(c, c->rules->hours[i].own[k], k, asked, n);
    cw_arena_reset(c->passing);
}
