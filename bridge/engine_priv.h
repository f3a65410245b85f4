/* engine_priv: what the files of the engine share. */
#ifndef ENGINE_PRIV_H
#define ENGINE_PRIV_H

#include "engine.h"

struct engine {
    struct engine_deps deps;
    struct cw_ruleset *rules;
    struct accepted *first, **last; /* waiting */
    struct accepted *turn;          /* in the present transaction */
    struct accepted *delivery;      /* the one that is decided now; or NULL */
    size_t waiting;
    struct cw_arena *arena; /* of what comes due */
    int64_t sweep_ms;       /* when marks that have ended are next looked for */
    int64_t not_before_ms;  /* after a failed commit: let the disk breathe */
    bool well;
};

/* ---- engine_effect.c: a decision becomes rows ---- */

struct decision {
    int64_t event;  /* seq of its event */
    int64_t at_ms;  /* the moment that it was made for */
    int64_t now_ms; /* the moment of the turn, which may be later */
    struct cw_arena *arena;
};

enum cw_status engine_write(struct engine *e, const struct decision *d, const struct cw_plan *plan,
                            struct cw_error *err) CW_CHECKED;
/* The calls of a run that begins. */
enum cw_status engine_add_calls(struct engine *e, const struct store_run *run,
                                const struct cw_effect *f, int64_t now_ms,
                                struct cw_error *err) CW_CHECKED;
void engine_log_effect(const char *msg, int64_t event, const struct cw_effect *f);
/* Decides with what the journal has of facts. */
enum cw_status engine_decide(struct engine *e, const struct cw_ruleset *rules,
                             const struct cw_matches *matches, int64_t at_ms,
                             struct cw_arena *arena, struct cw_plan *out,
                             struct cw_error *err) CW_CHECKED;

#endif
