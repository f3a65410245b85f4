/* row: see the header. */
#include "row.h"

#include <stddef.h>
#include <string.h>

#define I64(type, field)                                                                           \
    {                                                                                              \
#field, ROW_I64, offsetof(struct type, field)                                              \
    }
#define I32(type, field)                                                                           \
    {                                                                                              \
#field, ROW_I32, offsetof(struct type, field)                                              \
    }
#define TEXT(type, field)                                                                          \
    {                                                                                              \
#field, ROW_TEXT, offsetof(struct type, field)                                             \
    }
#define BLOB(type, field)                                                                          \
    {                                                                                              \
#field, ROW_BLOB, offsetof(struct type, field)                                             \
    }
#define SHAPE(name, type)                                                                          \
    const struct row_shape row_##name = {#name, sizeof(struct type), name##_fields,                \
                                         sizeof name##_fields / sizeof name##_fields[0]}

_Static_assert(sizeof(enum store_run_state) == 4 && sizeof(enum store_call_state) == 4 &&
                   sizeof(enum store_verdict) == 4 && sizeof(enum store_timer_state) == 4 &&
                   sizeof(enum store_yields) == 4 && sizeof(int) == 4,
               "ROW_I32 copies four bytes");

/* The payload is last: whoever reads the other columns need not walk its overflow pages. */
static const struct row_field event_fields[] = {
    I64(store_event, seq),     I64(store_event, received_ms), TEXT(store_event, source),
    TEXT(store_event, type),   TEXT(store_event, id),         I32(store_event, verdict),
    I32(store_event, codec),   TEXT(store_event, reason),     TEXT(store_event, used),
    BLOB(store_event, payload)};
SHAPE(event, store_event);
const struct row_shape row_event_brief = {"event", sizeof(struct store_event), event_fields,
                                          sizeof event_fields / sizeof event_fields[0] - 1};

static const struct row_field run_fields[] = {
    I64(store_run, id),      I64(store_run, event),      TEXT(store_run, rule),
    TEXT(store_run, person), TEXT(store_run, key),       I32(store_run, state),
    I64(store_run, due_ms),  I64(store_run, changed_ms), TEXT(store_run, condition),
    TEXT(store_run, vars),   TEXT(store_run, reason),    I32(store_run, dated),
    I32(store_run, yields)};
SHAPE(run, store_run);

static const struct row_field call_fields[] = {
    I64(store_call, id),         I64(store_call, run),        I64(store_call, event),
    TEXT(store_call, rule),      TEXT(store_call, person),    I32(store_call, step),
    TEXT(store_call, action),    TEXT(store_call, args),      TEXT(store_call, condition),
    I32(store_call, state),      I64(store_call, due_ms),     I64(store_call, created_ms),
    I64(store_call, changed_ms), I64(store_call, expires_ms), I32(store_call, tries),
    TEXT(store_call, progress),  TEXT(store_call, reason),    I32(store_call, passes)};
SHAPE(call, store_call);

static const struct row_field attempt_fields[] = {
    I64(store_attempt, id),     I64(store_attempt, call),     TEXT(store_attempt, request),
    TEXT(store_attempt, body),  I64(store_attempt, begun_ms), I64(store_attempt, ended_ms),
    I32(store_attempt, status), TEXT(store_attempt, answer),  TEXT(store_attempt, verdict)};
SHAPE(attempt, store_attempt);

static const struct row_field timer_fields[] = {
    TEXT(store_timer, person),    TEXT(store_timer, entry),   TEXT(store_timer, started_by),
    TEXT(store_timer, paused_by), TEXT(store_timer, memo),    I64(store_timer, changed_ms),
    I32(store_timer, state),      I64(store_timer, since_ms), I64(store_timer, seen_ms),
    I64(store_timer, told_ms),    I64(store_timer, version),  TEXT(store_timer, start),
    TEXT(store_timer, work),      I64(store_timer, call)};
SHAPE(timer, store_timer);

static const struct row_field mark_fields[] = {TEXT(store_mark, kind),   TEXT(store_mark, rule),
                                               TEXT(store_mark, person), TEXT(store_mark, key),
                                               TEXT(store_mark, value),  I64(store_mark, until_ms)};
SHAPE(mark, store_mark);

static const struct row_field lease_fields[] = {TEXT(store_lease, person), TEXT(store_lease, owner),
                                                I64(store_lease, epoch),
                                                I64(store_lease, until_ms)};
SHAPE(lease, store_lease);

static const struct row_field setting_fields[] = {TEXT(row_setting, name),
                                                  TEXT(row_setting, value)};
SHAPE(setting, row_setting);

static const struct row_field lane_fields[] = {{"person", ROW_TEXT, 0}};
const struct row_shape row_lane = {"call", sizeof(struct cw_text), lane_fields, 1};

static bool is_text(const struct row_field *field)
{
    return field->kind == ROW_TEXT || field->kind == ROW_BLOB;
}

static struct cw_text text_at(const void *row, const struct row_field *field)
{
    struct cw_text text;
    memcpy(&text, (const char *)row + field->at, sizeof text);
    return text;
}

size_t row_bytes(const struct row_shape *shape, const void *row)
{
    size_t bytes = shape->size;
    for (size_t i = 0; i < shape->n; i++)
        if (is_text(&shape->fields[i]))
            bytes += text_at(row, &shape->fields[i]).len + 1;
    return bytes;
}

void row_pack(const struct row_shape *shape, const void *row, void *into)
{
    memcpy(into, row, shape->size);
    char *end = (char *)into + shape->size;
    for (size_t i = 0; i < shape->n; i++) {
        const struct row_field *field = &shape->fields[i];
        if (!is_text(field))
            continue;
        struct cw_text text = text_at(row, field);
        if (text.len)
            memcpy(end, text.at, text.len);
        end[text.len] = '\0';
        memcpy((char *)into + field->at, &(struct cw_text){end, text.len}, sizeof text);
        end += text.len + 1;
    }
}

void *row_list_add(struct row_list *list)
{
    size_t size = list->shape->size;
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        char *rows = cw_arena_take(list->arena, cap * size);
        if (!rows)
            return NULL;
        if (list->n)
            memcpy(rows, list->rows, list->n * size);
        list->rows = rows;
        list->cap = cap;
    }
    return list->rows + size * list->n++;
}

enum cw_status row_list_copy(struct row_list *list, const void *row, struct cw_error *err)
{
    char *copy = row_list_add(list);
    if (!copy)
        return row_no_memory(err);
    memcpy(copy, row, list->shape->size);
    for (size_t i = 0; i < list->shape->n; i++) {
        const struct row_field *field = &list->shape->fields[i];
        if (!is_text(field))
            continue;
        struct cw_text text = text_at(row, field);
        text.at = cw_arena_copy(list->arena, text);
        if (!text.at)
            return row_no_memory(err);
        memcpy(copy + field->at, &text, sizeof text);
    }
    return CW_OK;
}

enum cw_status row_no_memory(struct cw_error *err)
{
    return cw_fail(err, CW_NOMEM, "the memory set aside for reading the journal is spent");
}
