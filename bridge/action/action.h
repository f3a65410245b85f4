/* action: what the steps of a rule do to awork, each as a small pure state machine.
 *
 * `action_step` is given a call, what it remembers and, if one came, the answer to its last
 * request; it says what is next: send this, done, skipped, dead, or try again later. Its memory
 * (`progress`) is stored with the call before each request, so a restart goes on where it was.
 *
 *   task -> project -> kind -> look -> act      (only `start` has the first three, as needed)
 *                               ^       |
 *                               +-------+  the act failed or its answer was lost: look again, and
 *                                          repeat only if the same entry is still to be changed */
#ifndef ACTION_H
#define ACTION_H

#include "action/kinds.h"
#include "action/sight.h"
#include "people.h"
#include "store/store.h"
#include "transport/transport.h"

#include <clockwire/rules.h>
#include <jansson.h>

enum { ACTION_FACT_BYTES = 4096 }; /* of the value of a fact */

/* What the compiler of rules may allow. */
extern const struct cw_action_spec action_specs[];
extern const size_t action_specs_n;
/* cw_catalogue.judge, with the hosts of target.plain_hosts as ctx. */
enum cw_status action_judge(void *plain_hosts, const char *action, const char *argument,
                            struct cw_text name, struct cw_text text,
                            struct cw_error *err) CW_CHECKED;

struct action_turn {
    /* The call. */
    const char *name, *rule;
    json_t *args;
    struct cw_text args_text; /* as they are stored: with the digits of numbers */
    struct cw_text condition;
    json_t *progress; /* an object; read and changed */
    /* The world. */
    const struct person *person;
    const struct people *people; /* all of them: a `notify` is for others, too */
    enum without_user_token without_token;
    const struct store_timer *timer;       /* NULL: nothing is known */
    struct kinds *kinds;                   /* learns from answers */
    int64_t created_ms;                    /* of the call */
    int64_t now_ms, loaded_ms;             /* loaded: when this process took the lanes over */
    int64_t asked_ms;                      /* when what is answered was sent */
    const struct transport_answer *answer; /* NULL: begin, or begin again */
    bool has_login;                        /* the person's own token comes of a login */
    bool is_awaited;                       /* the sender waits for the text of this `reply` */
    bool is_held;                          /* of `release`: the person is held by name */
    const char *held_all;                  /* of `release`: how everybody is held, or NULL */
    /* Of `reply`: why what it says is not so, and what was not done beside it; or NULL. */
    const char *instead, *besides;
    struct cw_arena *arena; /* all that the verdict points to lies here */
};

enum action_what { ACTION_SEND, ACTION_DONE, ACTION_SKIPPED, ACTION_DEAD, ACTION_RETRY };

enum action_cause {                   /* of ACTION_RETRY */
                    ACTION_UNREACHED, /* no connection */
                    ACTION_FAILED,    /* 5xx and their like, or a look whose answer was lost */
                    ACTION_DOUBT,     /* it may have acted: wait a moment, then look */
                    ACTION_THROTTLED, /* 429 */
                    ACTION_TOKEN,     /* the token is refused, whoever uses it */
                    ACTION_EDGE,      /* 403: a firewall before awork */
                    ACTION_NO_ID      /* nobody knows yet who the person is at awork */
};

enum action_hold { ACTION_HOLDS_NOTHING, ACTION_HOLD, ACTION_RELEASE };

/* One of the person's own facts. */
struct action_fact {
    struct cw_text name;
    struct cw_text value; /* JSON; empty: it is no more */
    int64_t until_ms;
};

struct action_verdict {
    enum action_what what;
    enum action_cause cause;
    bool in_doubt;             /* RETRY: it may have acted, whatever the cause */
    bool own_token;            /* SEND: use the person's own; RETRY/TOKEN: whose was refused */
    const char *method, *path; /* of another host: what the journal calls it */
    const char *body;          /* or NULL; of another host: as it is journaled */
    const char *host;   /* SEND: another host than awork, which outside_make tells; or NULL */
    const char *reason; /* one line, or "" */
    bool ends_run;      /* facts said no: the later steps are skipped too */
    bool goes_on;       /* DEAD: the later steps are done all the same */
    bool outside;       /* RETRY: another host's trouble, and not awork's */
    bool is_limit;      /* a pattern of the condition hit a limit: a rule error */
    bool is_muted;      /* it was due in a quiet time */
    bool is_collapsed;  /* another call of a backlog has made it needless */
    const char *warns;  /* to be logged as a warning, with the reason; or NULL */
    const char *log;    /* to be logged after the commit, or NULL */
    const char *reply;  /* to be told to the sender after the commit, or NULL */
    const struct action_fact *facts; /* that change, when it is done */
    size_t n_facts;
    enum action_hold hold;    /* with the end of the call the person's lane is held, or is not */
    int64_t hold_until_ms;    /* INT64_MAX: until it is released */
    bool has_timer;           /* what we know of the timer has changed */
    struct store_timer timer; /* without person, changed_ms and call */
    struct judged saw;        /* what a look was judged to be; is_new: it is written before that */
    bool by_hand;             /* it, or the answer of the act, shows a change by hand */
};

struct action_verdict action_step(const struct action_turn *turn);
/* Whether the last request that was prepared may have changed something at awork. */
bool action_is_acting(const json_t *progress);
/* Whether the last request that was prepared only asked. */
bool action_is_asking(const json_t *progress);
/* Whether what is left to do is a correction of what it did: it neither expires nor dies. */
bool action_has_acted(const json_t *progress);
/* Such a call is not tried any longer. */
struct action_verdict action_give_up(const struct action_turn *turn, const char *why);
/* Whether that request's answer was lost, and nobody has looked since; or it has acted. */
bool action_in_doubt(const json_t *progress);
/* The arguments of a call for people: what was rendered in the lane is in its place, what is still
 * to be stands as a template. Owns: a new object. */
json_t *action_shown_args(const json_t *args, const json_t *progress);
/* Whether the next step asks awork for something, as far as the call itself tells. */
bool action_asks_awork(const char *name, const json_t *args, struct cw_text condition,
                       const json_t *progress, struct cw_arena *arena);
/* Whether an action changes the person's timer. */
bool action_is_of_timer(struct cw_text name);
/* Whether it is done although its person is held. */
bool action_passes(struct cw_text name);
/* Whether a `reply` behind it says that it was done. */
bool action_is_told(struct cw_text name);
/* "not started", for people, where an action came to nothing. */
const char *action_undone(const char *name);
/* For the attempt row: ok, done, skipped, dead, retry, lost. */
const char *action_word(const struct action_verdict *verdict);

#endif
