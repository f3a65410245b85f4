/* indexer_atom: what must hold of an event's values for a condition to hold, in the forms that the
 * index can look up. */
#ifndef CWR_INDEXER_ATOM_H
#define CWR_INDEXER_ATOM_H

#include "condition.h"
#include "index.h"

enum {
    CWR_COVER = 16,         /* atoms of which one must hold, at most */
    CWR_INDEX_VALUES = 256, /* of one `in` */
    CWR_INDEX_LENGTH = 256, /* of a head or tail; what is longer is cut */
    CWR_INDEX_SEVERAL = 4   /* paths in one look-up */
};

struct cwr_atom {
    enum cwr_probe_kind kind;
    bool fold;
    uint32_t slot;
    const struct cw_value *operands; /* WHOLE, MEMBER: one of them */
    size_t n;
    struct cw_text text; /* HEAD, TAIL */
    int64_t lo, hi;      /* NUMBER, MOMENT */
};

/* Visits each atom that a predicate implies: every one of them must hold for it to hold. */
void cwr_each_atom(const struct cwr_predicate *predicate,
                   void (*visit)(void *ctx, const struct cwr_atom *atom), void *ctx);
/* The hashes that it is kept under, one by one; NUMBER and MOMENT have none. */
void cwr_each_hash(uint32_t group, const struct cwr_atom *atom,
                   void (*visit)(void *ctx, uint64_t hash), void *ctx);
/* Where all entries of MEMBER are, for values that are texts. */
uint64_t cwr_member_hash(uint32_t group, const struct cwr_atom *atom);

#endif
