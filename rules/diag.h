/* diag: the inside of a list of diagnostics, for the file that renders it. */
#ifndef CWR_DIAG_H
#define CWR_DIAG_H

#include <clockwire/doc.h>

enum { CWR_DIAGS = 200, CWR_DIAG_BYTES = 1 << 20 };

struct cwr_diag_file {
    char *name;
    char *text; /* NULL: not known */
    size_t len;
};

struct cw_diags {
    struct cw_diag diags[CWR_DIAGS];
    size_t ranks[CWR_DIAGS]; /* of their files: from 1 in the order in which they came */
    size_t n;
    size_t counts[3]; /* by severity, those not kept too */
    bool memory_was_short;
    struct cwr_diag_file *files;
    size_t n_files;
    struct cw_arena *arena;
};

struct cwr_diag_file *cwr_diags_find(const struct cw_diags *diags, const char *name);

#endif
