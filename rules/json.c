/* json: one validating pass over the bytes, exactly RFC 8259, into a flat tape.
 *
 * No recursion and no heap object per value: an open list or object keeps its parent's index in its
 * own node. Refuses what the grammar does not have, bytes that are not UTF-8, a byte order mark,
 * more than 512 levels, 4 GiB of text and a tape beyond its budget. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "tape.h"

enum { FIRST_NODES = 256, KEPT_NODES = 64 << 10, DEFAULT_LIMIT = 64 << 20 };

static_assert(sizeof(struct cwr_node) == 16, "the tape has 16 bytes per value");

struct reader {
    const char *p, *start, *end;
    struct cwr_node *tape;
    uint32_t n, size, open; /* open: the innermost list or object */
    unsigned depth;
    unsigned doubts;
    const char *fault;
    enum cw_status status;
};

#define INLINE static inline __attribute__((always_inline))

struct cw_json *cw_json_create(void)
{
    struct cw_json *json = calloc(1, sizeof *json);
    if (json)
        json->limit = DEFAULT_LIMIT;
    return json;
}

void cw_json_destroy(struct cw_json *json)
{
    if (!json)
        return;
    free(json->tape);
    free(json->root_text);
    free(json);
}

void cw_json_limit(struct cw_json *json, size_t tape_bytes)
{
    json->limit = tape_bytes ? tape_bytes : DEFAULT_LIMIT;
}

static bool refuse(struct reader *r, enum cw_status status, const char *fault)
{
    r->status = status;
    r->fault = fault;
    return false;
}

static __attribute__((noinline)) bool grow(struct cw_json *json, uint32_t *size_out,
                                           enum cw_status *status)
{
    size_t most = json->limit / sizeof *json->tape;
    size_t size = json->size ? (size_t)json->size * 2 : FIRST_NODES;
    if (most > UINT32_MAX - 1)
        most = UINT32_MAX - 1;
    if (size > most)
        size = most;
    *status = CW_ELIMIT;
    if (size <= json->size)
        return false;
    struct cwr_node *tape = realloc(json->tape, size * sizeof *tape);
    *status = CW_NOMEM;
    if (!tape)
        return false;
    json->tape = tape;
    json->size = (uint32_t)size;
    *size_out = (uint32_t)size;
    return true;
}

/* The next free node, or NULL. */
INLINE struct cwr_node *push(struct reader *r, struct cw_json *json, enum cw_kind kind,
                             const char *at)
{
    if (__builtin_expect(r->n == r->size, 0)) {
        enum cw_status status;
        uint32_t size = r->size;
        if (!grow(json, &size, &status)) {
            refuse(r, status, status == CW_ELIMIT ? "too many values" : "memory is short");
            return NULL;
        }
        r->size = size;
        r->tape = json->tape;
    }
    struct cwr_node *node = &r->tape[r->n++];
    *node = (struct cwr_node){.at = (uint32_t)(at - r->start), .next = r->n, .kind = (uint8_t)kind};
    return node;
}

INLINE void skip_blanks(struct reader *r)
{
    while (r->p < r->end && (unsigned char)*r->p <= ' ' && cwr_is_blank(*r->p))
        r->p++;
}

INLINE bool read_string(struct reader *r, struct cw_json *json)
{
    struct cwr_node *node = push(r, json, CW_STRING, ++r->p);
    if (!node)
        return false;
    const char *from = r->p;
    r->p = cwr_plain_run(r->p, r->end);
    if (__builtin_expect(r->p == r->end || *r->p != '"', 0)) {
        unsigned flags = 0;
        r->fault = cwr_scan_string(&r->p, r->end, &flags);
        if (r->fault)
            return refuse(r, CW_ESYNTAX, r->fault);
        node->flags = (uint8_t)flags;
        r->doubts |= flags & CWR_LONE ? CW_JSON_LONE_SURROGATE : 0;
    }
    node->len = (uint32_t)(r->p - from);
    r->p++;
    return true;
}

INLINE bool read_word(struct reader *r, struct cw_json *json, const char *word, size_t len,
                      enum cw_kind kind, bool truth)
{
    if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
        return refuse(r, CW_ESYNTAX, "this is no value");
    struct cwr_node *node = push(r, json, kind, r->p);
    if (!node)
        return false;
    node->len = (uint32_t)len;
    node->truth = truth;
    r->p += len;
    return true;
}

INLINE bool read_number(struct reader *r, struct cw_json *json)
{
    struct cwr_node *node = push(r, json, CW_NUMBER, r->p);
    if (!node)
        return false;
    const char *from = r->p;
    r->fault = cwr_scan_number(&r->p, r->end);
    if (r->fault)
        return refuse(r, CW_ESYNTAX, r->fault);
    node->len = (uint32_t)(r->p - from);
    return true;
}

INLINE bool read_scalar(struct reader *r, struct cw_json *json)
{
    switch (*r->p) {
    case '"':
        return read_string(r, json);
    case 't':
        return read_word(r, json, "true", 4, CW_BOOL, true);
    case 'f':
        return read_word(r, json, "false", 5, CW_BOOL, false);
    case 'n':
        return read_word(r, json, "null", 4, CW_NULL, false);
    default:
        return read_number(r, json);
    }
}

INLINE bool open_node(struct reader *r, struct cw_json *json, enum cw_kind kind)
{
    if (r->depth == CWR_JSON_DEPTH)
        return refuse(r, CW_ELIMIT, "more than 512 levels");
    uint32_t index = r->n;
    struct cwr_node *node = push(r, json, kind, r->p);
    if (!node)
        return false;
    node->next = r->open;
    r->open = index;
    r->depth++;
    r->p++;
    return true;
}

INLINE void close_node(struct reader *r)
{
    struct cwr_node *node = &r->tape[r->open];
    r->open = node->next;
    node->next = r->n;
    r->depth--;
    r->p++;
}

/* `"name" :` up to the first byte of the value. */
INLINE bool read_name(struct reader *r, struct cw_json *json)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != '"')
        return refuse(r, CW_ESYNTAX, "a member's name in quotes is missing here");
    if (!read_string(r, json))
        return false;
    skip_blanks(r);
    if (r->p == r->end || *r->p != ':')
        return refuse(r, CW_ESYNTAX, "a colon is missing here");
    r->p++;
    return true;
}

/* Reads `{` or `[`. *more: an item follows; else it was empty and is closed. */
INLINE bool enter(struct reader *r, struct cw_json *json, bool *more)
{
    bool object = *r->p == '{';
    if (!open_node(r, json, object ? CW_OBJECT : CW_LIST))
        return false;
    skip_blanks(r);
    *more = r->p == r->end || *r->p != (object ? '}' : ']');
    if (!*more) {
        close_node(r);
        return true;
    }
    return object ? read_name(r, json) : true;
}

/* Behind a value: counts it, closes what ends here. *more: another value follows. */
INLINE bool leave(struct reader *r, struct cw_json *json, bool *more)
{
    while (r->depth) {
        struct cwr_node *open = &r->tape[r->open];
        bool object = open->kind == CW_OBJECT;
        open->len++;
        skip_blanks(r);
        if (r->p == r->end)
            return refuse(r, CW_ESYNTAX, "the text ends too early");
        if (*r->p == ',') {
            r->p++;
            *more = true;
            return object ? read_name(r, json) : true;
        }
        if (*r->p != (object ? '}' : ']'))
            return refuse(r, CW_ESYNTAX,
                          object ? "`,` or `}` is missing here" : "`,` or `]` is missing here");
        close_node(r);
    }
    *more = false;
    return true;
}

static bool read_all(struct reader *r, struct cw_json *json)
{
    bool more = true;
    while (more) {
        skip_blanks(r);
        if (r->p == r->end)
            return refuse(r, CW_ESYNTAX, "a value is missing at the end");
        if (*r->p == '{' || *r->p == '[') {
            if (!enter(r, json, &more))
                return false;
            if (more)
                continue;
        } else if (!read_scalar(r, json)) {
            return false;
        }
        if (!leave(r, json, &more))
            return false;
    }
    skip_blanks(r);
    return r->p == r->end || refuse(r, CW_ESYNTAX, "something follows the value");
}

/* Forgets the last text, and a tape that one huge text has left behind. */
static void forget(struct cw_json *json)
{
    free(json->root_text);
    json->root_text = NULL;
    json->n = 0;
    json->doubts = 0;
    json->cursor.list = UINT32_MAX;
    if (json->size > KEPT_NODES || json->size > json->limit / sizeof *json->tape) {
        free(json->tape);
        json->tape = NULL;
        json->size = 0;
    }
}

/* A root that is a string with escapes has no arena to be decoded into, so it is decoded here. */
static enum cw_status decode_root(struct cw_json *json, struct cw_error *err)
{
    const struct cwr_node *root = json->tape;
    if (root->kind != CW_STRING || !(root->flags & CWR_ESCAPED))
        return CW_OK;
    json->root_text = malloc((size_t)root->len + 1);
    if (json->root_text)
        return CW_OK;
    json->n = 0;
    return cw_fail(err, CW_NOMEM, "JSON: memory is short");
}

enum cw_status cw_json_read(struct cw_json *json, struct cw_text text, struct cw_error *err)
{
    forget(json);
    if (text.len >= UINT32_MAX)
        return cw_fail(err, CW_ELIMIT, "JSON: 4 GiB or more of text");
    if (!text.len)
        return cw_fail_at(err, CW_ESYNTAX, 0, "JSON: the text is empty");
    struct reader r = {.p = text.at,
                       .start = text.at,
                       .end = text.at + text.len,
                       .tape = json->tape,
                       .size = json->size};
    if (!read_all(&r, json)) {
        forget(json);
        return cw_fail_at(err, r.status, (size_t)(r.p - r.start), "JSON: %s (byte %zu)", r.fault,
                          (size_t)(r.p - r.start));
    }
    json->text = text.at;
    json->n = r.n;
    json->doubts = r.doubts;
    return decode_root(json, err);
}

unsigned cw_json_doubts(const struct cw_json *json)
{
    return json->doubts;
}
