/* index: from an event to the few rules that can match it. Necessary conditions only: everything
 * it proposes is tested in full, so that a fault here can cost time, never sense. */
#ifndef CWR_INDEX_H
#define CWR_INDEX_H

#include <clockwire/rules.h>

#include "map.h"

struct cwr_rule;
struct cwr_look;
struct cwr_ref;

struct cwr_entry {
    uint32_t rule;
    uint32_t trigger; /* in when or unless */
    bool unless;
};

/* Rules with the same event name. */
struct cwr_group {
    const struct cwr_entry *plain; /* without an exact condition */
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
    const struct cwr_entry *entries; /* of all buckets */
    struct cwr_bucket *buckets;
    size_t n_buckets; /* a power of two, or 0 */
};

struct cwr_found {
    struct cwr_entry *entries; /* by rule, unless and trigger, each once */
    size_t n, size;
    const struct cwr_group *groups[4];
    size_t n_groups;
};

/* Builds the index of compiled rules. Returns: CW_NOMEM. */
enum cw_status cwr_index_build(struct cw_ruleset *rules, struct cw_arena *scratch) CW_CHECKED;
/* Finds what can match; with `all`, every enabled rule that the event's name is right for. */
enum cw_status cwr_index_find(const struct cw_ruleset *rules, struct cwr_look *look, bool all,
                              struct cwr_found *found) CW_CHECKED;
void cwr_found_free(struct cwr_found *found);

#endif
