/* index: from an event to the few rules that can match it. Necessary conditions only: everything
 * it proposes is tested in full, so that a fault here can cost time, never sense. */
#ifndef CWR_INDEX_H
#define CWR_INDEX_H

#include <clockwire/rules.h>

#include "map.h"

struct cwr_look;

/* A rule's index, plus CWR_RUN unless it is about its `unless`: sorted as numbers, cancels come
 * first and both are in the order of the file. */
#define CWR_RUN ((uint64_t)1 << 32)

/* One way to look at the values of an event, and how the entries that it finds are kept. */
enum cwr_probe_kind {
    CWR_PROBE_WHOLE,   /* a value as it is */
    CWR_PROBE_MEMBER,  /* the items of a list; all entries when it is a text */
    CWR_PROBE_HEAD,    /* how a text begins, ... */
    CWR_PROBE_TAIL,    /* ... and ends */
    CWR_PROBE_SEVERAL, /* the texts under several paths together */
    CWR_PROBE_NUMBER,  /* numbers (and durations, in seconds) between two others */
    CWR_PROBE_MOMENT
};

/* Of the numbers `lo` to `hi` (cwr_number_rank), or milliseconds since 1970. They are sorted by
 * `lo`, and a tree by being the middle of what is left and right of them. */
struct cwr_interval {
    int64_t lo, hi, most; /* the largest `hi` of those that it is the middle of */
    uint64_t entry;
};

struct cwr_probe {
    enum cwr_probe_kind kind;
    bool fold; /* of texts, in any case */
    uint32_t slot;
    uint32_t n;                           /* of the one that is there: */
    const uint32_t *slots;                /* SEVERAL */
    const uint16_t *lens;                 /* HEAD, TAIL: ascending */
    const struct cwr_interval *intervals; /* NUMBER, MOMENT */
};

/* Rules with the same event name. */
struct cwr_group {
    const uint64_t *plain; /* entries without a condition that the index knows */
    size_t n_plain;
    const struct cwr_probe *probes;
    size_t n_probes;
    const uint32_t *reads; /* slots of all paths that its rules read, each once */
    size_t n_reads;
};

struct cwr_bucket {
    uint64_t hash; /* of group, probe and value; 0: free */
    uint32_t first, n;
};

struct cwr_index {
    struct cwr_map names; /* "github.push", "github.*" to groups */
    struct cwr_group *groups;
    size_t n_groups;
    const uint64_t *entries; /* of all buckets */
    struct cwr_bucket *buckets;
    size_t n_buckets; /* a power of two, or 0 */
};

struct cwr_found {
    uint64_t *entries; /* sorted, each once */
    size_t n, size;
    const struct cwr_group *groups[4];
    size_t n_groups;
};

/* ---- Hashes: building and finding must agree ---- */

/* A value is kept by what it is. Numbers are kept twice: by what they are, for numbers, and by
 * their digits, for texts (see "Equality" of the language). */
enum cwr_sort { CWR_SORT_TEXT, CWR_SORT_NUMBER, CWR_SORT_DIGITS, CWR_SORT_WORD, CWR_SORT_ALL };

/* Of what is neither text nor number: true, false or null. */
struct cw_text cwr_index_word(const struct cw_value *value);
uint64_t cwr_index_seed(uint32_t group, enum cwr_probe_kind kind, bool fold, uint32_t slot);
uint64_t cwr_index_hash(uint64_t seed, enum cwr_sort sort, struct cw_text text);
/* One byte more of a head (or, from the end, of a tail); what was taken so far becomes a hash. */
uint64_t cwr_index_step(uint64_t so_far, char byte);
uint64_t cwr_index_end(uint64_t so_far);
/* One text more of several; begins with the seed. */
uint64_t cwr_index_join(uint64_t so_far, uint32_t slot, struct cw_text text);
/* The bucket of a hash, or the free one where it belongs. */
struct cwr_bucket *cwr_index_bucket(const struct cwr_index *index, uint64_t hash);

/* Makes a tree of intervals. */
void cwr_intervals_sort(struct cwr_interval *items, size_t n);

/* Builds the index of compiled rules. Returns: CW_NOMEM. */
enum cw_status cwr_index_build(struct cw_ruleset *rules, struct cw_arena *scratch) CW_CHECKED;
/* Finds what can match; only the groups when `groups_only`. */
enum cw_status cwr_index_find(const struct cw_ruleset *rules, struct cwr_look *look,
                              bool groups_only, struct cwr_found *found) CW_CHECKED;
void cwr_found_free(struct cwr_found *found);

#endif
