/* value: one value of an event, wherever it came from, and its text. */
#include <assert.h>
#include <string.h>

#include "buf.h"
#include "tape.h"

enum { NESTED_LISTS = 8 }; /* of lists made by the host or by [*] */

struct cw_value cw_value_string(struct cw_text text)
{
    return (struct cw_value){.kind = CW_STRING, .text = text};
}

struct cw_value cw_json_root(const struct cw_json *json)
{
    struct cw_value value = {0};
    if (!json->n)
        return value;
    if (json->root_text) {
        size_t len = cwr_json_decode(json->text + json->tape->at, json->tape->len, json->root_text);
        return cw_value_string((struct cw_text){json->root_text, len});
    }
    enum cw_status status = cwr_json_value(json, 0, NULL, &value);
    assert(status == CW_OK); /* only decoding can fail */
    return value;
}

static enum cw_status decode(const struct cw_json *json, const struct cwr_node *node,
                             struct cw_arena *arena, struct cw_text *out)
{
    char *at = cw_arena_take(arena, (size_t)node->len + 1);
    if (!at)
        return CW_NOMEM;
    *out = (struct cw_text){at, cwr_json_decode(json->text + node->at, node->len, at)};
    return CW_OK;
}

enum cw_status cwr_json_value(const struct cw_json *json, uint32_t index, struct cw_arena *arena,
                              struct cw_value *out)
{
    const struct cwr_node *node = &json->tape[index];
    struct cw_value value = {.kind = (enum cw_kind)node->kind, .truth = node->truth};
    if (value.kind == CW_LIST || value.kind == CW_OBJECT) {
        value.json = json;
        value.node = index;
    } else if (value.kind == CW_STRING && node->flags & CWR_ESCAPED) {
        if (decode(json, node, arena, &value.text) != CW_OK)
            return CW_NOMEM;
    } else if (value.kind == CW_STRING || value.kind == CW_NUMBER) {
        value.text = (struct cw_text){json->text + node->at, node->len};
    }
    *out = value;
    return CW_OK;
}

uint32_t cwr_json_member(const struct cw_json *json, uint32_t object, struct cw_text name)
{
    uint32_t found = 0;
    for (uint32_t i = object + 1, end = json->tape[object].next; i < end;) {
        uint32_t value = i + 1;
        if (cwr_json_is(json, &json->tape[i], name)) {
            if (found)
                ((struct cw_json *)json)->doubts |= CW_JSON_NAME_TWICE;
            found = value;
        }
        i = json->tape[value].next;
    }
    return found;
}

uint32_t cwr_json_item(const struct cw_json *json, uint32_t list, size_t i)
{
    struct cw_json *own = (struct cw_json *)json; /* readers are made by us and never const */
    uint32_t k = 0, node = list + 1;
    if (json->cursor.list == list && json->cursor.i <= i) {
        k = json->cursor.i;
        node = json->cursor.node;
    }
    for (; k < i; k++)
        node = json->tape[node].next;
    own->cursor.list = list;
    own->cursor.i = k;
    own->cursor.node = node;
    return node;
}

size_t cwr_json_members(const struct cw_value *object)
{
    return object->kind == CW_OBJECT ? object->json->tape[object->node].len : 0;
}

enum cw_status cwr_json_only(const struct cw_value *object, struct cw_arena *arena,
                             struct cw_text *name, struct cw_value *value)
{
    struct cw_value made;
    if (cwr_json_members(object) != 1)
        return CW_ENOENT;
    if (cwr_json_value(object->json, object->node + 1, arena, &made))
        return CW_NOMEM;
    *name = made.text;
    return cwr_json_value(object->json, object->node + 2, arena, value);
}

size_t cw_value_count(const struct cw_value *value)
{
    if (value->kind != CW_LIST)
        return 0;
    return value->json ? value->json->tape[value->node].len : value->n_items;
}

enum cw_status cw_value_item(const struct cw_value *list, size_t i, struct cw_arena *arena,
                             struct cw_value *out)
{
    if (i >= cw_value_count(list)) {
        *out = (struct cw_value){0};
        return CW_OK;
    }
    if (list->json)
        return cwr_json_value(list->json, cwr_json_item(list->json, list->node, i), arena, out);
    *out = list->items[i];
    return CW_OK;
}

static void print_string(struct cwr_buf *buf, const struct cw_json *json,
                         const struct cwr_node *node)
{
    struct cw_text text = {json->text + node->at, node->len};
    if (!(node->flags & CWR_ESCAPED)) {
        cwr_buf_put(buf, (struct cw_text){text.at - 1, text.len + 2}); /* with its quotes */
        return;
    }
    if (decode(json, node, buf->arena, &text) != CW_OK)
        buf->status = buf->status == CW_OK ? CW_NOMEM : buf->status;
    else
        cwr_buf_json_string(buf, text);
}

static void print_node(struct cwr_buf *buf, const struct cw_json *json, const struct cwr_node *node)
{
    if (node->kind == CW_STRING)
        print_string(buf, json, node);
    else if (node->kind == CW_LIST || node->kind == CW_OBJECT)
        cwr_buf_puts(buf, node->kind == CW_LIST ? "[" : "{");
    else
        cwr_buf_put(buf, (struct cw_text){json->text + node->at, node->len});
}

/* Walks the tape from a list or object to its end; `ends` is the stack of what is open. */
static void print_tree(struct cwr_buf *buf, const struct cw_json *json, uint32_t root)
{
    struct {
        uint32_t end;
        bool object, name; /* name: the latest node was a member's name */
    } open[CWR_JSON_DEPTH];
    const struct cwr_node *tape = json->tape;
    size_t depth = 0;
    bool first = true;
    for (uint32_t i = root; i <= tape[root].next; i++) {
        for (; depth && open[depth - 1].end == i; depth--, first = false)
            cwr_buf_puts(buf, open[depth - 1].object ? "}" : "]");
        if (!depth && i > root)
            return;
        if (depth && open[depth - 1].name)
            cwr_buf_puts(buf, ":");
        else if (!first)
            cwr_buf_puts(buf, ",");
        if (depth && open[depth - 1].object)
            open[depth - 1].name = !open[depth - 1].name;
        print_node(buf, json, &tape[i]);
        first = tape[i].kind == CW_LIST || tape[i].kind == CW_OBJECT;
        if (!first)
            continue;
        open[depth].end = tape[i].next;
        open[depth].object = tape[i].kind == CW_OBJECT;
        open[depth++].name = false;
    }
}

static void print(struct cwr_buf *buf, const struct cw_value *value, unsigned nested)
{
    switch (value->kind) {
    case CW_MISSING:
    case CW_NULL:
        cwr_buf_puts(buf, "null");
        return;
    case CW_BOOL:
        cwr_buf_puts(buf, value->truth ? "true" : "false");
        return;
    case CW_NUMBER:
        cwr_buf_put(buf, value->text);
        return;
    case CW_STRING:
        cwr_buf_json_string(buf, value->text);
        return;
    case CW_LIST:
    case CW_OBJECT:
        break;
    }
    if (value->json) {
        print_tree(buf, value->json, value->node);
        return;
    }
    assert(value->kind == CW_LIST && nested < NESTED_LISTS);
    cwr_buf_puts(buf, "[");
    for (size_t i = 0; i < value->n_items; i++) {
        cwr_buf_puts(buf, i ? "," : "");
        print(buf, &value->items[i], nested + 1);
    }
    cwr_buf_puts(buf, "]");
}

enum cw_status cw_value_print(const struct cw_value *value, struct cw_arena *arena,
                              struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    print(&buf, value, 0);
    return cwr_buf_end(&buf, out);
}

enum cw_status cw_value_text(const struct cw_value *value, struct cw_arena *arena,
                             struct cw_text *out)
{
    switch (value->kind) {
    case CW_MISSING:
    case CW_NULL:
        *out = CW_TEXT("");
        return CW_OK;
    case CW_BOOL:
        *out = value->truth ? CW_TEXT("true") : CW_TEXT("false");
        return CW_OK;
    case CW_NUMBER:
    case CW_STRING:
        *out = value->text;
        return CW_OK;
    default:
        return cw_value_print(value, arena, out);
    }
}
