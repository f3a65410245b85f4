/* filter_list: split makes a list of a text, join a text of a list; first, last and count look at
 * one. What is no list is an only item of its own, but for `count`, which counts the characters of
 * a text. */
#include "template.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "fold.h"

enum { ITEMS = 4096 };

/* The next item of *rest, without blanks around it; an empty one may come. */
static struct cw_text next_item(struct cw_text *rest, struct cw_text between)
{
    const char *hit = memmem(rest->at, rest->len, between.at, between.len);
    struct cw_text item = {rest->at, hit ? (size_t)(hit - rest->at) : rest->len};
    size_t used = item.len + (hit ? between.len : 0);
    *rest = (struct cw_text){rest->at + used, rest->len - used};
    return cwr_trim(item);
}

static enum cw_status split(const struct cwr_filter *filter, struct cw_value *value,
                            struct cw_arena *arena)
{
    struct cw_text text, rest;
    size_t n = 0;
    if (value->kind == CW_LIST)
        return CW_OK;
    if (cw_value_text(value, arena, &text))
        return CW_NOMEM;
    for (rest = text; rest.len;)
        n += next_item(&rest, filter->args[0]).len > 0;
    if (n > ITEMS)
        return CW_ELIMIT;
    struct cw_value *items = cw_arena_take(arena, (n + 1) * sizeof *items);
    if (!items)
        return CW_NOMEM;
    *value = (struct cw_value){.kind = CW_LIST, .items = items};
    for (rest = text; rest.len;) {
        struct cw_text item = next_item(&rest, filter->args[0]);
        if (item.len)
            items[value->n_items++] = cw_value_string(item);
    }
    return CW_OK;
}

static enum cw_status join(const struct cwr_filter *filter, struct cw_value *value,
                           struct cw_arena *arena)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    struct cw_value item;
    struct cw_text text;
    if (value->kind != CW_LIST)
        return CW_OK;
    buf.limit = CWR_TEMPLATE_BYTES;
    for (size_t i = 0; i < cw_value_count(value) && !buf.status; i++) {
        if (cw_value_item(value, i, arena, &item) || cw_value_text(&item, arena, &text))
            return CW_NOMEM;
        cwr_buf_put(&buf, i ? filter->args[0] : (struct cw_text){"", 0});
        cwr_buf_put(&buf, text);
    }
    enum cw_status status = cwr_buf_end(&buf, &text);
    if (!status)
        *value = cw_value_string(text);
    return status;
}

static enum cw_status count(struct cw_value *value, struct cw_arena *arena)
{
    char digits[24];
    struct cw_text text;
    if (value->kind != CW_LIST && cw_value_text(value, arena, &text))
        return CW_NOMEM;
    size_t n = value->kind == CW_LIST ? cw_value_count(value) : cwr_char_count(text);
    int len = snprintf(digits, sizeof digits, "%zu", n);
    text = (struct cw_text){digits, (size_t)len};
    text.at = cw_arena_copy(arena, text);
    if (!text.at)
        return CW_NOMEM;
    *value = (struct cw_value){.kind = CW_NUMBER, .text = text};
    return CW_OK;
}

enum cw_status cwr_filter_list(const struct cwr_filter *filter, struct cw_value *value,
                               struct cw_arena *arena)
{
    struct cw_value list = *value;
    size_t n = cw_value_count(value);
    switch (filter->kind) {
    case CWR_FILTER_SPLIT:
        return split(filter, value, arena);
    case CWR_FILTER_JOIN:
        return join(filter, value, arena);
    case CWR_FILTER_COUNT:
        return count(value, arena);
    default:
        if (list.kind != CW_LIST)
            return CW_OK;
        return cw_value_item(&list, filter->kind == CWR_FILTER_LAST && n ? n - 1 : 0, arena, value);
    }
}
