/* node: the inside of a YAML document: nodes of 32 bytes, children side by side in one arena. */
#ifndef CWR_NODE_H
#define CWR_NODE_H

#include <clockwire/doc.h>

enum { CWR_SMALL_MAP = 16 }; /* pairs that a walk finds as fast as a search */

struct cw_node {
    const char *file;
    const void *at; /* scalars: text; lists: struct cw_node[n]; maps: key, value, key, value ... */
    uint32_t n;     /* bytes, items, pairs */
    uint32_t line, column;
    uint32_t width : 28, kind : 2, plain : 1;
};

/* The root of one of a document's files. */
struct cwr_doc_part {
    struct cw_node root;
    struct cwr_doc_part *next;
};

struct cw_doc {
    struct cw_arena *arena;
    struct cw_node root; /* of the first file; after cw_doc_join of all of them */
    struct cwr_doc_part first, *last;
    struct cw_doc_limits limits;
    size_t bytes, nodes; /* of all files so far */
    bool is_partial;     /* entries are left out that could not be read */
};

/* Orders the pairs of a large map for look-ups; small ones need none. Returns: CW_NOMEM. */
enum cw_status cwr_map_index(struct cw_node *map, struct cw_arena *arena) CW_CHECKED;
/* Calls `found` for each key that another pair before it has too. */
void cwr_map_duplicates(const struct cw_node *map,
                        void (*found)(void *ctx, const struct cw_node *first,
                                      const struct cw_node *second),
                        void *ctx);

/* A number of what is written, comments, blanks and places left aside. */
uint64_t cwr_node_digest(const struct cw_node *node);

/* Checks bytes and characters before the parser sees them: UTF-8 without controls, lone CR, other
 * line ends, controls of bidirectional text, or a byte order mark inside. The first fault goes to
 * `diags`. *skip: bytes of a byte order mark at the start. */
enum cw_status cwr_yaml_check(const char *file, struct cw_text text, struct cw_diags *diags,
                              size_t *skip) CW_CHECKED;

#endif
