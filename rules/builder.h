/* builder: the state of one run over a YAML text, and how it tells faults. */
#ifndef CWR_BUILDER_H
#define CWR_BUILDER_H

#include <yaml.h>

#include "node.h"

enum {
    MOST_DEPTH = 64,
    FLOW_DEPTH = 16,
    SCALAR_BYTES = 64 << 10,
    QUIET_BYTES = 1 << 20, /* read without an event: one huge scalar or comment */
    DEFAULT_BYTES = 64 << 20,
    DEFAULT_NODES = 4000000,
    DEFAULT_ENTRY = 10000,
    ENTRY_LEVEL = 2, /* lists and mappings around an entry: the file and a section of it */
    DEFAULT_DEPTH = 32,
    FAULTS = 50, /* of YAML itself in one file */
    MENDS = 10,  /* faults that end the run, and after which the rest is read */
    MEND_BYTES = 256 << 10
};

struct frame {
    struct cw_node node;
    size_t first;      /* of its children in `made` */
    size_t mark_index; /* where it begins, in characters */
    bool flow;
};

struct builder {
    yaml_parser_t parser;
    const char *file;
    struct cw_text text; /* without a byte order mark */
    struct cw_doc_limits limits;
    struct cw_diags *diags;
    struct cw_arena *arena; /* of the document */
    struct cw_node root;
    struct frame frames[MOST_DEPTH];
    unsigned depth, flow_depth;
    struct cw_node *made; /* complete nodes whose parent is not */
    size_t n_made, room;
    size_t nodes; /* of the files before this one, too */
    size_t entry; /* nodes of the entry at hand */
    size_t faults;
    size_t fed, fed_at_event;
    bool too_quiet, have_root, end;
    uint32_t lines, last_column; /* where the text ends */
    size_t seen_index, seen_at;  /* character and byte of the latest mark */
    enum cw_status status;
    uint32_t told;                 /* faults up to this line have been told */
    bool odd;                      /* a fault that may leave a value other than it was meant */
    struct {                       /* where libyaml gave up; lines and columns from 0 */
        bool here, context, block; /* it was in something; which was a block */
        uint32_t line, context_line, context_column;
    } stop;
};

/* Reads `text` to its end, or to a ceiling: sets root, nodes and status. */
void cwr_yaml_build(struct builder *b);
struct cw_place cwr_yaml_place(const struct builder *b, const yaml_mark_t *from,
                               const yaml_mark_t *to);
/* Counts a fault; after many of them the rest of the file is not worth reading. */
void cwr_yaml_fault(struct builder *b, const char *code, struct cw_place place, const char *hint,
                    const char *text);
/* A ceiling: ends the run. */
void cwr_yaml_limit(struct builder *b, const char *code, struct cw_place place, const char *text);
void cwr_yaml_memory(struct builder *b);
/* The text at a mark, NULL when it lies before the latest one asked for. */
const char *cwr_yaml_text_at(struct builder *b, const yaml_mark_t *mark);
/* Where the text ends, for marks that libyaml puts behind it. */
void cwr_yaml_find_end(struct builder *b);
/* Tells what libyaml could not read. */
void cwr_yaml_parser_error(struct builder *b);
/* Blanks what `b` could not read. *out_line is the last line of it, from 1. Returns: false when it
 * does not know what that is. */
bool cwr_yaml_mend(const struct builder *b, char *text, size_t len, uint32_t *out_line);

#endif
