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

/* Rules with the same event name. */
struct cwr_group {
    const uint64_t *plain; /* entries without an exact condition */
    size_t n_plain;
    const uint32_t *keys; /* slots of the paths that exact conditions look at */
    size_t n_keys;
    const uint32_t *reads; /* slots of all paths that its rules read, each once */
    size_t n_reads;
};

struct cwr_bucket {
    uint64_t hash; /* of group, path and value; 0: free */
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

/* A value under a path of a group. Numbers are kept twice: by what they are, for numbers, and by
 * their digits, for texts (see "Equality" of the language). */
enum cwr_sort { CWR_SORT_TEXT, CWR_SORT_NUMBER, CWR_SORT_DIGITS };
uint64_t cwr_index_hash(uint32_t group, uint32_t slot, enum cwr_sort sort, struct cw_text text);
/* The bucket of a hash, or the free one where it belongs. */
struct cwr_bucket *cwr_index_bucket(const struct cwr_index *index, uint64_t hash);

/* Builds the index of compiled rules. Returns: CW_NOMEM. */
enum cw_status cwr_index_build(struct cw_ruleset *rules, struct cw_arena *scratch) CW_CHECKED;
/* Finds what can match; only the groups when `groups_only`. */
enum cw_status cwr_index_find(const struct cw_ruleset *rules, struct cwr_look *look,
                              bool groups_only, struct cwr_found *found) CW_CHECKED;
void cwr_found_free(struct cwr_found *found);

#endif
