/* suite/priv: what the files of the suite's reader share. */
#ifndef SUITE_PRIV_H
#define SUITE_PRIV_H

#include "grammar.h"
#include "suite/suite.h"

struct suite_reader {
    const struct cw_catalogue *catalogue;
    const struct cw_ruleset *rules; /* or NULL */
    const char *timezone;           /* of the file, or NULL */
    struct cw_diags *diags;
    struct suite *suite;
    const char *file, *file_copy;
    const char *zone; /* of the test at hand, or NULL */
    const char *zone_read;
    struct cw_text tzif; /* of zone_read; empty: UTC */
    int64_t now_ms;      /* of the step before */
    bool has_time;       /* false until a step had one */
};

void suite_fault(struct suite_reader *r, struct cw_place place, const char *code, const char *hint,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A fault with "did you mean". */
void suite_unknown(struct suite_reader *r, struct cw_place place, const char *code,
                   struct cw_text word, const char *const *words, size_t n, const char *what);
bool suite_check_keys(struct suite_reader *r, const struct cw_node *map, const struct key *keys,
                      const char *what);
const char *suite_text(struct suite_reader *r, const struct cw_node *node, const char *what);
const char *suite_keep(struct suite_reader *r, struct cw_text text);
struct cw_place suite_place(struct suite_reader *r, const struct cw_node *node);

/* suite/step.c */
void suite_read_step(struct suite_reader *r, const struct cw_node *node, struct suite_step *out);
/* suite/time.c: the moment of a step. Returns: false after a fault. */
bool suite_read_moment(struct suite_reader *r, const struct cw_node *node, int64_t *out_ms);
/* suite/fields.c: a value, and a mapping, as JSON. */
struct cw_text suite_read_value(struct suite_reader *r, const struct cw_node *node);
struct cw_text suite_read_fields(struct suite_reader *r, const struct cw_node *map);

#endif
