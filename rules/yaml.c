/* yaml: builds a document from libyaml's events, a strict subset of YAML.
 *
 * Refuses anchors, aliases, merge keys, tags, directives, second documents, keys that are no
 * scalars and duplicate keys; all of them in one run. Ceilings end the run at the event that meets
 * them, which is before libyaml becomes quadratic in depth. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

static int feed(void *ctx, unsigned char *buffer, size_t size, size_t *got)
{
    struct builder *b = ctx;
    size_t left = b->text.len - b->fed;
    if (b->fed - b->fed_at_event > QUIET_BYTES) {
        b->too_quiet = true;
        return 0;
    }
    *got = size < left ? size : left;
    if (*got)
        memcpy(buffer, b->text.at + b->fed, *got);
    b->fed += *got;
    return 1;
}

static bool is_key_next(const struct builder *b)
{
    const struct frame *top = b->depth ? &b->frames[b->depth - 1] : NULL;
    return top && top->node.kind == CW_NODE_MAP && (b->n_made - top->first) % 2 == 0;
}

/* Adds a complete node to its parent. */
static void add(struct builder *b, const struct cw_node *node)
{
    if (!b->depth) {
        b->root = *node;
        b->have_root = true;
        return;
    }
    if (b->n_made == b->room) {
        size_t room = b->room ? b->room * 2 : 256;
        struct cw_node *made = realloc(b->made, room * sizeof *made);
        if (!made) {
            cwr_yaml_memory(b);
            return;
        }
        b->made = made;
        b->room = room;
    }
    b->made[b->n_made++] = *node;
}

static struct cw_node node_at(const struct builder *b, enum cw_node_kind kind,
                              struct cw_place place)
{
    return (struct cw_node){.file = b->file,
                            .kind = kind & 3u,
                            .line = place.line,
                            .column = place.column,
                            .width = place.width & 0xFFFFFFFu};
}

/* What a node may not carry. `raw` is the text where it begins, if known. */
static void check_properties(struct builder *b, struct cw_place place, const void *anchor,
                             const void *tag, const char *raw)
{
    if (anchor)
        cwr_yaml_fault(b, "yaml-anchor", place, "write the value out where it is needed",
                       "anchors (&name) are not part of this language");
    if (tag || (raw && raw < b->text.at + b->text.len && *raw == '!'))
        cwr_yaml_fault(b, "yaml-tag", place, "values are read by what their key expects",
                       "tags (!name) are not part of this language");
}

/* `? key` announces a key that may be anything and go over lines. */
static bool is_announced(const struct builder *b, const char *raw)
{
    while (raw && raw > b->text.at && (raw[-1] == ' ' || raw[-1] == '\t'))
        raw--;
    return raw && raw > b->text.at && raw[-1] == '?';
}

static void check_key(struct builder *b, const struct cw_node *key, const char *raw)
{
    struct cw_text text = cw_node_text(key);
    struct cw_place place = cw_node_place(key);
    if (key->plain && cw_text_is(text, "<<"))
        cwr_yaml_fault(b, "yaml-merge", place, "write the keys out",
                       "merge keys (<<) are not part of this language");
    else if (key->plain && !text.len)
        cwr_yaml_fault(b, "syntax", place, NULL, "a key is missing here");
    else if (is_announced(b, raw))
        cwr_yaml_fault(b, "complex-key", place, "write `key: value`",
                       "`?` keys are not part of this language");
}

static void count(struct builder *b, struct cw_place place)
{
    char text[64];
    b->nodes++;
    b->entry = b->depth <= ENTRY_LEVEL ? 0 : b->entry + 1;
    if (b->nodes <= b->limits.nodes && b->entry <= b->limits.entry)
        return;
    if (b->nodes > b->limits.nodes)
        snprintf(text, sizeof text, "more than %zu values", b->limits.nodes);
    else
        snprintf(text, sizeof text, "more than %zu values in one entry", b->limits.entry);
    cwr_yaml_limit(b, "too-large", place, text);
}

static void check_scalar(struct builder *b, const struct cw_node *node)
{
    struct cw_place place = cw_node_place(node);
    if (node->n > SCALAR_BYTES)
        cwr_yaml_limit(b, "too-large", place, "a text of more than 64 KiB");
    if (node->n && memchr(node->at, '\0', node->n))
        cwr_yaml_fault(b, "encoding", place, NULL, "a text may not hold NUL");
    const char *open = node->n ? strstr(node->at, "{{") : NULL;
    if (open && (node->plain || strstr(open, "}}")) && place.line > b->told)
        cw_diags_add(b->diags, CW_WARNING, "template-braces", place, "templates are written ${x}",
                     "`{{` is plain text here");
}

static void on_scalar(struct builder *b, const yaml_event_t *event)
{
    struct cw_place place = cwr_yaml_place(b, &event->start_mark, &event->end_mark);
    struct cw_node node = node_at(b, CW_NODE_SCALAR, place);
    struct cw_text text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    const char *raw = cwr_yaml_text_at(b, &event->start_mark);
    count(b, place);
    if (text.len > UINT32_MAX) {
        cwr_yaml_limit(b, "too-large", place, "a text of more than 64 KiB");
        return;
    }
    node.n = (uint32_t)text.len;
    node.plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node.at = cw_arena_copy(b->arena, text);
    if (!node.at) {
        cwr_yaml_memory(b);
        return;
    }
    check_properties(b, place, event->data.scalar.anchor, event->data.scalar.tag, raw);
    check_scalar(b, &node);
    if (is_key_next(b))
        check_key(b, &node, raw);
    add(b, &node);
}

/* A list or mapping where a key belongs: unquoted {{ x }} reads as a mapping in a mapping. */
static void refuse_key(struct builder *b, struct cw_place place, enum cw_node_kind kind, bool flow,
                       size_t index, const char *raw)
{
    const struct frame *top = &b->frames[b->depth - 1];
    if (kind == CW_NODE_MAP && flow && top->flow && top->mark_index + 1 == index) {
        struct cw_place braces = cw_node_place(&top->node);
        braces.width = 2;
        cwr_yaml_fault(b, "template-braces", braces,
                       "write ${x}, in quotes where it stands inside { } or [ ]",
                       "{{ x }} is no template here: YAML reads it as a mapping in a mapping");
        return;
    }
    if (raw && b->text.at + b->text.len - raw > 1 && raw[0] == '{' && raw[1] == '{')
        return; /* told at the second brace */
    cwr_yaml_fault(b, "complex-key", place, NULL,
                   "a key must be one word or text, not a list or mapping");
}

static void on_start(struct builder *b, const yaml_event_t *event, enum cw_node_kind kind)
{
    struct cw_place place = cwr_yaml_place(b, &event->start_mark, NULL);
    bool map = kind == CW_NODE_MAP;
    const void *anchor = map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const void *tag = map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    bool flow = map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                    : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    char text[64];
    count(b, place);
    if (b->depth == b->limits.depth) {
        snprintf(text, sizeof text, "more than %u levels of lists and mappings", b->limits.depth);
        cwr_yaml_limit(b, "too-deep", place, text);
        return;
    }
    if (flow && b->flow_depth == FLOW_DEPTH) {
        cwr_yaml_limit(b, "too-deep", place, "more than 16 levels of [ ] and { }");
        return;
    }
    const char *raw = cwr_yaml_text_at(b, &event->start_mark);
    check_properties(b, place, anchor, tag, raw);
    if (is_key_next(b))
        refuse_key(b, place, kind, flow, event->start_mark.index, raw);
    b->flow_depth += flow;
    b->frames[b->depth++] = (struct frame){.node = node_at(b, kind, place),
                                           .first = b->n_made,
                                           .mark_index = event->start_mark.index,
                                           .flow = flow};
}

static void on_duplicate(void *ctx, const struct cw_node *first, const struct cw_node *second)
{
    struct builder *b = ctx;
    char hint[64], text[128];
    if (b->end)
        return;
    snprintf(hint, sizeof hint, "first given on line %u", first->line);
    snprintf(text, sizeof text, "the key `%.80s` is given twice", (const char *)second->at);
    cwr_yaml_fault(b, "duplicate-key", cw_node_place(second), hint, text);
}

static void on_end(struct builder *b)
{
    struct frame *top = &b->frames[b->depth - 1];
    struct cw_node node = top->node;
    size_t n = b->n_made - top->first;
    const struct cw_node *children = b->made ? b->made + top->first : NULL;
    node.n = (uint32_t)(node.kind == CW_NODE_MAP ? n / 2 : n);
    node.at = children;
    if (node.kind == CW_NODE_MAP && node.n > CWR_SMALL_MAP) {
        if (cwr_map_index(&node, b->arena) != CW_OK)
            node.at = NULL;
    } else {
        node.at = cw_arena_take(b->arena, n * sizeof node);
        if (node.at && n)
            memcpy((void *)(uintptr_t)node.at, children, n * sizeof node);
    }
    if (!node.at) {
        cwr_yaml_memory(b);
        return;
    }
    if (node.kind == CW_NODE_MAP)
        cwr_map_duplicates(&node, on_duplicate, b);
    b->flow_depth -= top->flow;
    b->n_made = top->first;
    b->depth--;
    add(b, &node);
}

static void on_alias(struct builder *b, const yaml_event_t *event)
{
    struct cw_place place = cwr_yaml_place(b, &event->start_mark, &event->end_mark);
    struct cw_node node = node_at(b, CW_NODE_SCALAR, place);
    count(b, place);
    cwr_yaml_fault(
        b, "yaml-alias", place, "write the value out",
        "aliases (*name) are not part of this language; text that begins with * needs quotes");
    node.at = "";
    add(b, &node);
}

static void on_document(struct builder *b, const yaml_event_t *event)
{
    struct cw_place place = cwr_yaml_place(b, &event->start_mark, &event->end_mark);
    if (!b->have_root)
        return;
    cwr_yaml_fault(b, "yaml-second-document", place, "put it into a file of its own",
                   "a file holds one document only");
    b->end = true;
}

static void on_event(struct builder *b, const yaml_event_t *event)
{
    b->fed_at_event = b->fed;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        on_document(b, event);
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_start(b, event, CW_NODE_SEQ);
        break;
    case YAML_MAPPING_START_EVENT:
        on_start(b, event, CW_NODE_MAP);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_end(b);
        break;
    case YAML_ALIAS_EVENT:
        on_alias(b, event);
        break;
    case YAML_STREAM_END_EVENT:
        b->end = true;
        break;
    default:
        break;
    }
}

static void run(struct builder *b)
{
    while (!b->end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&b->parser, &event)) {
            cwr_yaml_parser_error(b);
            return;
        }
        on_event(b, &event);
        yaml_event_delete(&event);
    }
    if (b->status == CW_OK && !b->have_root)
        cwr_yaml_fault(b, "syntax", (struct cw_place){b->file, 1, 1, 1}, NULL, "the file is empty");
}

void cwr_yaml_build(struct builder *b)
{
    b->file = cw_arena_copy(b->arena, cw_text_of(b->file));
    if (!b->file || !yaml_parser_initialize(&b->parser)) {
        cwr_yaml_memory(b);
        return;
    }
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input(&b->parser, feed, b);
    run(b);
    yaml_parser_delete(&b->parser);
    free(b->made);
}
