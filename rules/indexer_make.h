/* indexer_make: the lists that grow while an index is built, and what becomes of them. */
#ifndef CWR_INDEXER_MAKE_H
#define CWR_INDEXER_MAKE_H

#include "indexer_atom.h"
#include "indexer_cells.h"
#include "ruleset.h"

enum { CWR_MOST_SEVERAL = 64 /* sets of paths in one group */ };

/* A set of paths whose texts are looked up together. */
struct cwr_several {
    uint32_t slots[CWR_INDEX_SEVERAL];
    uint32_t n;
    bool used;
};

/* A probe that grows: lengths, or intervals. */
struct cwr_made_probe {
    struct cwr_probe probe; /* without its lists */
    bool lens[CWR_INDEX_LENGTH + 1];
    struct cwr_interval *intervals;
    size_t n, size;
};

struct cwr_made_group {
    uint64_t *plain;
    uint32_t *reads;
    struct cwr_made_probe **probes;
    struct cwr_several *several;
    size_t n_plain, plain_size, n_reads, reads_size, n_probes, probes_size, n_several;
};

struct cwr_pair {
    uint64_t hash, entry;
};

struct cwr_indexer_maker {
    struct cw_ruleset *rules;
    struct cw_arena *scratch;
    struct cwr_cells counts; /* hashes: how many entries have it */
    struct cwr_cells probes; /* (group, slot, kind, fold): which probe of the group, from 1 */
    struct cwr_cells reads;  /* (group, slot) that some rule reads */
    struct cwr_pair *pairs;
    size_t n_pairs, pairs_size;
    struct cwr_made_group *groups;
    size_t n_groups, groups_size;
    bool no_memory;
};

uint32_t cwr_maker_group(struct cwr_indexer_maker *b, struct cw_text source, struct cw_text type);
void cwr_maker_reads(struct cwr_indexer_maker *b, uint32_t group, const struct cwr_rule *rule);
void cwr_maker_count(struct cwr_indexer_maker *b, uint64_t hash);
uint64_t cwr_maker_counted(struct cwr_indexer_maker *b, uint64_t hash);
/* The group's row for these paths. Returns: NULL when it has none (and `add` finds no room). */
struct cwr_several *cwr_maker_several(struct cwr_indexer_maker *b, uint32_t group,
                                      const uint32_t *slots, size_t n, bool add);
void cwr_maker_plain(struct cwr_indexer_maker *b, uint32_t group, uint64_t entry);
/* The group looks at what this atom looks at; an interval is kept here, hashes by pairs. */
void cwr_maker_probe(struct cwr_indexer_maker *b, uint32_t group, const struct cwr_atom *atom,
                     uint64_t entry);
void cwr_maker_pair(struct cwr_indexer_maker *b, uint64_t hash, uint64_t entry);
/* Moves all of it into the ruleset. Returns: CW_NOMEM. */
enum cw_status cwr_maker_keep(struct cwr_indexer_maker *b) CW_CHECKED;

#endif
