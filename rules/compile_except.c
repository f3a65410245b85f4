/* compile_except: on which days hours do not hold: days as they are written, and calendar files,
 * which the host reads. A file that many people's hours name is read once. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "compile.h"

static int by_day(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool is_calendar(struct cw_text text)
{
    return text.len > 4 && strncasecmp(text.at + text.len - 4, ".ics", 4) == 0;
}

/* ---- Calendar files ---- */

/* The days of a text with one a line. Returns: NULL when the host gave something else. */
static const struct cwr_days *read_days(struct cwr_compiler *c, struct cw_text text)
{
    struct cwr_days *days = cwr_take(c, sizeof *days);
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++)
        most += text.at[i] == '\n';
    int64_t *at = cwr_take(c, most * sizeof *at);
    if (c->no_memory)
        return NULL;
    *days = (struct cwr_days){.at = at};
    while (text.len) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t len = end ? (size_t)(end - text.at) : text.len, gone = len + (end != NULL);
        if (!cwr_date_read((struct cw_text){text.at, len}, &at[days->n++]))
            return NULL;
        text = (struct cw_text){text.at + gone, text.len - gone};
    }
    if (days->n)
        qsort(at, days->n, sizeof *at, by_day);
    return days;
}

/* What the file says belongs to what the hours say. */
static void note_calendar(struct cwr_compiler *c, const struct cw_node *node, uint64_t digest)
{
    struct cw_ruleset *rules = c->rules;
    rules->calendars =
        cwr_grow(c, c->arena, rules->calendars, rules->n_calendars, sizeof *rules->calendars);
    const char *name = cwr_keep(c, cw_node_text(node));
    struct cw_place place = cwr_keep_place(c, cw_node_place(node));
    if (c->no_memory)
        return;
    rules->calendars[rules->n_calendars++] =
        (struct cw_calendar){name, place.file ? place.file : "", digest};
    uint64_t both[] = {rules->digest, digest};
    rules->digest = cwr_hash(0, (struct cw_text){(const char *)both, sizeof both});
}

static const struct cwr_days *read_calendar(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cw_text text = cw_node_text(node), found = {NULL, 0};
    struct cw_error err = {0};
    int len = (int)(text.len > 200 ? 200 : text.len);
    if (!c->catalogue->calendar) {
        cwr_fault(c, node, "not-in-this-build", NULL, "this program reads no calendar files");
        return NULL;
    }
    enum cw_status status = c->catalogue->calendar(c->catalogue->calendar_ctx, text.at,
                                                   cw_node_place(node), c->scratch, &found, &err);
    const struct cwr_days *days = status ? NULL : read_days(c, found);
    c->no_memory |= status == CW_NOMEM;
    if (days)
        note_calendar(c, node, cwr_hash(0, found));
    if (!days && !c->no_memory)
        cwr_fault(c, node, status == CW_ENOENT || status == CW_EIO ? "cannot-read" : "bad-calendar",
                  NULL, "cannot read %.*s: %s", len, text.at,
                  status ? err.text : "it gives something that is no day");
    return days;
}

/* What was read of a name in a file, good or bad. */
static struct cwr_calendar_row *find_row(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cwr_buf buf = cwr_buf_in(c->scratch);
    struct cw_text key = {NULL, 0};
    cwr_buf_puts(&buf, cw_node_place(node).file);
    cwr_buf_puts(&buf, "\n");
    cwr_buf_put(&buf, cw_node_text(node));
    if (cwr_buf_end(&buf, &key)) {
        c->no_memory = true;
        return NULL;
    }
    uint32_t row = cwr_map_get(&c->calendars, key);
    if (row != CWR_NOWHERE)
        return &c->calendar_rows[row];
    row = (uint32_t)c->n_calendars;
    c->calendar_rows =
        cwr_grow(c, c->scratch, c->calendar_rows, c->n_calendars, sizeof *c->calendar_rows);
    if (c->no_memory || cwr_map_put(&c->calendars, key, row)) {
        c->no_memory = true;
        return NULL;
    }
    c->n_calendars++;
    c->calendar_rows[row] = (struct cwr_calendar_row){.days = NULL};
    return &c->calendar_rows[row];
}

static const struct cwr_days *find_calendar(struct cwr_compiler *c, const struct cw_node *node)
{
    struct cwr_calendar_row *row = find_row(c, node);
    if (row && !row->was_read) {
        row->was_read = true;
        row->days = read_calendar(c, node);
    }
    return row ? row->days : NULL;
}

/* ---- The list ---- */

/* The days written one by one, and the sets of days. */
struct except {
    int64_t *days;
    const struct cwr_days **sets;
    size_t n_days, n_sets;
};

static void add_item(struct cwr_compiler *c, const struct cw_node *node, struct except *e)
{
    struct cw_text text;
    if (!cwr_want_text(c, node, "an exception", &text))
        return;
    if (is_calendar(text)) {
        const struct cwr_days *set = find_calendar(c, node);
        if (set)
            e->sets[e->n_sets++] = set;
    } else if (cwr_date_read(text, &e->days[e->n_days])) {
        e->n_days++;
    } else {
        cwr_fault(c, node, "bad-value", NULL,
                  "`%.*s` is neither a date, such as 2026-12-25, nor a calendar.ics",
                  (int)(text.len > 60 ? 60 : text.len), text.at);
    }
}

void cwr_compile_except(struct cwr_compiler *c, const struct cw_node *node, struct cwr_hours *out)
{
    if (cw_node_kind(node) != CW_NODE_SEQ) {
        cwr_fault(c, node, "wrong-kind", NULL, "`except` is a list of dates and calendar files");
        return;
    }
    size_t n = cw_node_count(node);
    struct except e = {.days = cwr_take(c, n * sizeof *e.days),
                       .sets = cwr_take(c, (n + 1) * sizeof *e.sets)};
    struct cwr_days *written = cwr_take(c, sizeof *written);
    for (size_t i = 0; i < n && !c->no_memory; i++)
        add_item(c, cw_node_item(node, i), &e);
    if (c->no_memory)
        return;
    if (e.n_days) {
        qsort(e.days, e.n_days, sizeof *e.days, by_day);
        *written = (struct cwr_days){e.days, e.n_days};
        e.sets[e.n_sets++] = written;
    }
    out->except = e.sets;
    out->n_except = e.n_sets;
}
