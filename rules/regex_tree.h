/* regex_tree: a pattern as a tree of characters, sequences, alternatives and repeats, as far as it
 * takes to make texts for it. What is not understood matches nothing here. */
#ifndef CWR_REGEX_TREE_H
#define CWR_REGEX_TREE_H

#include <clockwire/error.h>
#include <stdbool.h>

enum cwr_regex_kind { CWR_REGEX_CHARACTER, CWR_REGEX_SEQUENCE, CWR_REGEX_CHOICE, CWR_REGEX_REPEAT };

struct cwr_regex_node {
    enum cwr_regex_kind kind;
    struct cwr_regex_node *first, *last, *next; /* children, and the one beside it */
    unsigned min, max;                          /* REPEAT */
    char at[4];                                 /* CHARACTER: one that fits */
    unsigned len;
};

/* A pattern that PCRE2 takes. *recursive: it calls parts of itself. Limits: 8192 nodes; a larger
 * one is NULL. Lives: in `arena`. Returns: CW_NOMEM. */
enum cw_status cwr_regex_tree(struct cw_text pattern, struct cw_arena *arena,
                              const struct cwr_regex_node **out, bool *recursive) CW_CHECKED;

#endif
