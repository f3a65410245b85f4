/* step: inside the actions: words for verdicts, and the seams between the files of the machine. */
#ifndef ACTION_STEP_H
#define ACTION_STEP_H

#include "action/action.h"
#include "action/entry.h"

struct look { /* the person's last entry, and what it means with what we remember */
    struct entry entry;
    struct cw_facts facts;
    struct cw_work work;
    bool is_ours;   /* the entry is the one of our timer row */
    bool has_pause; /* an emulated pause that still holds */
};

/* A timer action: what to do about what was seen. */
struct action_ops {
    struct action_verdict (*decide)(const struct action_turn *t, const struct look *look);
    /* The request named `op` has had its effect; `entry` is what awork said it left. */
    struct action_verdict (*settle)(const struct action_turn *t, const char *op,
                                    const struct entry *entry);
    /* The answer of another host to the request that it has sent; NULL: it asks awork alone. */
    struct action_verdict (*answered)(const struct action_turn *t);
    bool has_target; /* task, project and type of work are to be found first */
    bool is_blind;   /* it acts without a look, unless a condition or an argument asks for one */
    bool passes;     /* a hold does not hold it up */
};
extern const struct action_ops action_start, action_stop, action_pause, action_resume, action_log,
    action_reply, action_set, action_clear, action_notify, action_call, action_hold, action_release;

/* ---- Verdicts ---- */
struct action_verdict step_end(const struct action_turn *t, enum action_what what,
                               const char *format, ...) __attribute__((format(printf, 3, 4)));
struct action_verdict step_retry(const struct action_turn *t, enum action_cause cause,
                                 const char *reason);
struct action_verdict step_get(const struct action_turn *t, const char *turn, const char *format,
                               ...) __attribute__((format(printf, 3, 4)));
/* Likewise, with a body, which is taken over. */
struct action_verdict step_put(const struct action_turn *t, const char *turn, json_t *body,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Sends what acts: `op` on the person's timer. The body is taken over; NULL: none. */
struct action_verdict step_act(const struct action_turn *t, const struct look *look, const char *op,
                               bool own_token, json_t *body);
/* Done, with a new row about the timer. */
struct action_verdict step_done_with(const struct action_turn *t, const struct entry *entry,
                                     const char *started_by, const char *paused_by, json_t *memo);

/* ---- The memory of a call ---- */
const char *step_text(const json_t *object, const char *name); /* NULL when absent or empty */
void step_remember(const struct action_turn *t, const char *name, const char *value);
bool step_flag(const struct action_turn *t, const char *name);
void step_set_flag(const struct action_turn *t, const char *name, bool on);
/* The rule that started this entry, as far as we know; "" else. */
const char *step_started_by(const struct action_turn *t, const char *entry_id);

/* ---- target.c: task, project, type of work ---- */
/* Finds what is still to be found. Returns: true when all is there; else *out says what is next. */
bool target_find(const struct action_turn *t, struct action_verdict *out);
/* Reads the answer 200 of one of its turns. Returns: false when it makes no sense. */
bool target_learn(const struct action_turn *t, const char *turn, const json_t *json);
/* awork refuses the start, and its type of work was known by its name from before: that is looked
 * up anew, once. Returns: false when that would tell nothing new. */
bool target_doubt(const struct action_turn *t);
/* The body of the start. */
json_t *target_body(const struct action_turn *t);

#endif
