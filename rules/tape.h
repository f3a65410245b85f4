/* tape: what json.c writes in its one pass and value.c and path.c walk: one node per value and per
 * member name, in the order of the text; `next` skips a whole value. */
#ifndef CWR_TAPE_H
#define CWR_TAPE_H

#include <clockwire/doc.h>

enum { CWR_JSON_DEPTH = 512 };
enum { CWR_ESCAPED = 1, CWR_LONE = 2 }; /* flags of strings: has a backslash; a lone surrogate */

struct cwr_node {
    uint32_t at;   /* offset of the first byte; of strings: behind the quote */
    uint32_t len;  /* scalars: bytes as sent, without quotes; lists and objects: items, members */
    uint32_t next; /* index of the node behind this value; while reading, an open node's parent */
    uint8_t kind;  /* enum cw_kind */
    uint8_t flags;
    uint16_t truth; /* of CW_BOOL */
};

struct cw_json {
    const char *text;
    struct cwr_node *tape;
    uint32_t n, size; /* nodes in use, nodes of room */
    size_t limit;     /* bytes of tape */
    unsigned doubts;
    char *root_text; /* decoded root, when the whole text is one string with escapes */
    struct {         /* where the latest cw_value_item was, so that a walk is linear */
        uint32_t list, i, node;
    } cursor;
};

/* Decodes the inside of a valid string; `out` has room for len bytes. Returns: bytes written. */
size_t cwr_json_decode(const char *at, size_t len, char *out);
/* Whether a string node reads as `name`. */
bool cwr_json_is(const struct cw_json *json, const struct cwr_node *node, struct cw_text name);
/* The value of the last member of that name, or 0 (never a member's index). */
uint32_t cwr_json_member(const struct cw_json *json, uint32_t object, struct cw_text name);
size_t cwr_json_members(const struct cw_value *object); /* 0 for other kinds */
/* The name and value of an object that has one member. Returns: CW_ENOENT for anything else,
 * CW_NOMEM. */
enum cw_status cwr_json_only(const struct cw_value *object, struct cw_arena *arena,
                             struct cw_text *name, struct cw_value *value) CW_CHECKED;
/* The i-th item of a list; i must be smaller than its count. */
uint32_t cwr_json_item(const struct cw_json *json, uint32_t list, size_t i);
/* Returns: CW_NOMEM only, for strings that must be decoded. */
enum cw_status cwr_json_value(const struct cw_json *json, uint32_t node, struct cw_arena *arena,
                              struct cw_value *out) CW_CHECKED;

#endif
