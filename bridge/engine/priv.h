/* engine/priv: what the files of the engine share. */
#ifndef ENGINE_PRIV_H
#define ENGINE_PRIV_H

#include "engine/engine.h"

/* What one delivery, or the clock at one moment, may write; below what the journal takes as a row.
 */
enum { ENGINE_ROOM = 60 << 20 };

struct engine_clock {
    struct cw_matcher *matcher;
    bool ticks;         /* some rule has a schedule */
    bool settled;       /* the journal knows the schedules of these rules, and only those */
    bool known;         /* what is below is what the journal says */
    int64_t handled_ms; /* ticks up to here were handled */
    int64_t next_ms;    /* of the next tick */
    bool absent_known;
    int64_t absent_ms; /* when the next silence is complete */
};

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
    const char *closed; /* why nothing new is taken; or NULL */
    bool rests;
    bool keep_nothing; /* of what events say, in the rows of events */
    struct engine_clock clock;
    struct strangers *strangers;
};

/* ---- engine/effect.c: a decision becomes rows ---- */

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
/* What the sender hears when no rule has anything better to say. */
void engine_explain(struct engine *e, const char *before, struct cw_text what);
/* Decides with what the journal has of facts. */
enum cw_status engine_decide(struct engine *e, const struct cw_ruleset *rules,
                             const struct cw_matches *matches, const struct decision *d,
                             struct cw_plan *out, struct cw_error *err) CW_CHECKED;
/* Likewise for a run that has come due, in the engine's arena. *why says what is gone when it is
 * CW_ENOENT. */
enum cw_status engine_decide_due(struct engine *e, const struct cw_due_run *run, int64_t now_ms,
                                 struct cw_plan *out, struct cw_error *why,
                                 struct cw_error *err) CW_CHECKED;

/* ---- engine/hand.c ---- */

/* Ends a transaction of its own: commits, or rolls back when something went wrong. */
enum cw_status engine_end_turn(struct engine *e, enum cw_status st, struct cw_error *err);

/* ---- engine/event.c ---- */

/* Decides for an event and writes it with its plan; d->event is set. What is over *room is refused
 * and kept as such. Returns: CW_EEXIST when the journal has it already. */
enum cw_status engine_take_event(struct engine *e, const struct cw_ruleset *rules,
                                 struct accepted_event *ev, struct decision *d, size_t *room,
                                 struct cw_error *err) CW_CHECKED;

/* ---- engine/sight.c: what awork tells of timers ---- */

struct seen;
struct engine_sight {
    const struct seen *seen; /* NULL: nothing, or it waits */
    bool waits;              /* for the answer of a call */
};
/* What the event is judged to be; rules that are not to hear of it are taken from its matches. */
enum cw_status engine_sight_judge(struct engine *e, struct accepted_event *ev,
                                  struct cw_arena *arena, struct engine_sight *out,
                                  struct cw_error *err) CW_CHECKED;
/* Before what its rules do. */
enum cw_status engine_sight_write(struct engine *e, const struct accepted_event *ev,
                                  const struct engine_sight *sight, const struct decision *d,
                                  struct cw_error *err) CW_CHECKED;
/* What waited for calls that have their answers now. */
enum cw_status engine_sight_turn(struct engine *e, int64_t now_ms, struct cw_error *err) CW_CHECKED;

/* ---- engine/clock.c, engine/absent.c: what time itself brings ---- */

void engine_clock_init(struct engine *e);
void engine_clock_fini(struct engine *e);
/* The rules are new, or the journal is to be read again. */
void engine_clock_reload(struct engine *e);
enum cw_status engine_clock_turn(struct engine *e, int64_t now_ms, struct cw_error *err) CW_CHECKED;
int64_t engine_clock_next_ms(struct engine *e);
enum cw_status engine_absent_turn(struct engine *e, int64_t now_ms,
                                  struct cw_error *err) CW_CHECKED;
int64_t engine_absent_next_ms(struct engine *e);

#endif
