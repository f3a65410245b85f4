/* The insides of the dispatcher, shared by its files and by nobody else. */
#ifndef DISPATCHER_PRIV_H
#define DISPATCHER_PRIV_H

#include "action/action.h"
#include "breaker.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/lanes.h"
#include "limiter.h"
#include "log.h"

struct queue {
    struct lane *first, *last;
};

struct note { /* a log line that waits for the commit */
    struct note *next;
    enum log_level level;
    const char *msg;                           /* static */
    char *person, *rule, *op, *reason, *trace; /* op: of an answer only */
    char *text;                                /* what a rule says, in place of msg */
    const char *verdict;                       /* static */
    int64_t event, call, attempt;
    int status;
};

/* Another host than awork: how many requests are on their way, and since when it fails. */
struct host {
    char *name;
    size_t in_flight;
    uint32_t failures; /* in a row */
    int64_t until_ms;  /* nothing is sent before */
};

enum { HOSTS = 64 };

struct hosts {
    struct host list[HOSTS];
    size_t n;
};

struct dispatcher {
    struct dispatcher_deps deps;
    struct lanes lanes;
    struct queue answered, outbox;
    struct limiter *limiter;
    struct breaker breaker;
    size_t edged; /* calls that wait since awork's edge refused them */
    struct kinds *kinds;
    struct cw_arena *arena; /* of one step */
    struct note *notes, **last_note;
    struct saying *sayings, **last_saying; /* what senders are to hear, likewise */
    uint64_t seed;
    int64_t now_ms, loaded_ms;
    size_t in_flight, begun; /* begun: lanes with a parcel for awork, waiting or in flight */
    struct hosts hosts;
    size_t n_outside; /* requests to other hosts that are in flight */
    struct {
        const struct dispatcher_errand *is; /* or NULL */
        char *path;                         /* of the request on its way; NULL: there is none */
        bool leaves, is_probe, has_answer;
        struct transport_answer answer; /* body and error are copies */
    } errand;
    bool stopped, rests;
    bool may_hold; /* somebody may be held: the journal knows */
    void (*ended)(void *ctx, const struct dispatcher_end *end);
    void *ended_ctx;
};

/* When a request may leave; INT64_MAX: not before an answer came. */
int64_t dispatcher_send_ms(const struct dispatcher *d, bool is_probe, size_t reserve,
                           int64_t now_ms);
bool dispatcher_may_send(const struct dispatcher *d, const struct lane *lane, int64_t now_ms);
/* Forgets what is known of its head: what the store says holds. */
void dispatcher_unread(struct dispatcher *d, struct lane *lane, int64_t due_ms);
void queue_put(struct queue *queue, struct lane *lane);
struct lane *queue_take(struct queue *queue);

/* dispatcher/note.c */
void note_answer(struct dispatcher *d, const struct lane *lane,
                 const struct action_verdict *verdict);
void note_end(struct dispatcher *d, enum log_level level, const char *msg, const struct lane *lane,
              const char *reason);
void note_say(struct dispatcher *d, const struct lane *lane, const char *text);
void notes_write(struct dispatcher *d);
void notes_drop(struct dispatcher *d);

/* dispatcher/outside.c */
/* Sends to another host, or has the lane wait for its turn there. */
enum cw_status outside_begin(struct dispatcher *d, struct lane *lane,
                             const struct action_verdict *verdict, struct cw_error *err) CW_CHECKED;
/* After the commit. */
void outside_leave(struct dispatcher *d, struct lane *lane);
/* An answer came, before it is known what becomes of the call. */
void outside_heed(struct dispatcher *d, const struct parcel *parcel);
/* When the call is tried again; not later than its time is over. */
int64_t outside_retry_at(struct dispatcher *d, const struct lane *lane);
void outside_forget(struct dispatcher *d);

/* dispatcher/reply.c */
/* What a `reply` must know of the steps before it. */
enum cw_status reply_prepare(struct dispatcher *d, const struct head *head,
                             struct action_turn *turn, struct cw_error *err) CW_CHECKED;
/* A call has ended: what its sender is to hear of it. */
void reply_note(struct dispatcher *d, const struct lane *lane,
                const struct action_verdict *verdict);
void sayings_tell(struct dispatcher *d);
void sayings_drop(struct dispatcher *d);

/* dispatcher/token.c */
/* The own token of a lane's person, which its parcel goes out with; "" when there is none: the
 * transport refuses it then, and it never goes out with another's. */
const char *own_token(struct dispatcher *d, struct lane *lane);
/* Why a request with the person's own token has to wait, since it is being renewed or a login is
 * needed, in the dispatcher's arena; or NULL. */
const char *own_token_trouble(struct dispatcher *d, const char *person);
/* When it is looked at again, whatever happens: not later than its call may wait. */
int64_t own_token_retry_at(const struct dispatcher *d, struct lane *lane);
/* Whether the person has logged in, whatever became of it. */
bool own_token_by_login(const struct dispatcher *d, const char *person);
/* What an answer says of the token. */
void own_token_heed(struct dispatcher *d, const struct lane *lane, const struct action_verdict *v);

/* dispatcher/lease.c */
/* Has the lane, for a call to begin or go on. Returns: false when it cannot now: *st says why, or
 * the lane waits in its heap. */
bool lease_hold(struct dispatcher *d, struct lane *lane, enum cw_status *st, struct cw_error *err);
/* The lease that we have lasts for one more attempt. Returns: CW_EBUSY when it is somebody else's.
 */
enum cw_status lease_prolong(struct dispatcher *d, struct lane *lane,
                             struct cw_error *err) CW_CHECKED;

/* dispatcher/retry.c */
/* When the call is tried again. */
int64_t turn_retry_at(struct dispatcher *d, struct lane *lane,
                      const struct action_verdict *verdict);
/* Whether it has failed by itself for too long. */
bool turn_gives_up(const struct dispatcher *d, struct lane *lane,
                   const struct action_verdict *verdict);

/* dispatcher/breaker.c */
/* What an answer says about awork as a whole. */
void turn_heed(struct dispatcher *d, struct lane *lane, const struct action_verdict *verdict);
/* The lane's call has no more to send for now: if it was the probe, the next request is. */
void breaker_end_probe(struct dispatcher *d, struct lane *lane);
void edge_forget(struct dispatcher *d, struct lane *lane);
void breaker_show(const struct dispatcher *d);

/* Likewise of a request that is of no lane. */
void breaker_heed(struct dispatcher *d, const struct transport_answer *answer,
                  const struct breaker_news *news, const struct lane *lane);

/* dispatcher/errand.c */
int64_t errand_next_ms(const struct dispatcher *d, int64_t now_ms);
enum cw_status errand_turn(struct dispatcher *d, struct cw_error *err) CW_CHECKED;
void errand_leave(struct dispatcher *d); /* after the commit */
void errand_forget(struct dispatcher *d);

/* dispatcher/backlog.c */
/* The call that is the lane's to make: the one that leads, else the oldest. Returns: CW_ENOENT. */
enum cw_status backlog_head(struct dispatcher *d, struct lane *lane, struct cw_arena *arena,
                            struct store_call *out, struct cw_error *err) CW_CHECKED;
/* Before the head begins: it may be dropped, or an older one gives way to it. *goes: it begins. */
enum cw_status backlog_begin(struct dispatcher *d, struct lane *lane, bool *goes,
                             struct cw_error *err) CW_CHECKED;
/* With an attempt of the head, and with its end. */
enum cw_status backlog_attempt(struct dispatcher *d, struct lane *lane,
                               struct cw_error *err) CW_CHECKED;
enum cw_status backlog_end(struct dispatcher *d, struct lane *lane, const struct action_verdict *v,
                           struct cw_error *err) CW_CHECKED;
/* Calls were added or cancelled. */
void backlog_changed(struct lane *lane);
/* Another may have had the lane meanwhile: what the store says holds. */
void backlog_distrust(struct lane *lane);

/* dispatcher/late.c */
/* Whether the head may not begin any more. */
bool late_is(const struct dispatcher *d, const struct head *head);
/* "expired: due 09:00:00, now 11:20:00", on the person's clock, in the dispatcher's arena. */
enum cw_status late_reason(struct dispatcher *d, const char *person, const struct head *head,
                           const char **out, struct cw_error *err) CW_CHECKED;
/* A later step asks the condition of the run when those before it expired without asking. */
enum cw_status late_inherit(struct dispatcher *d, struct head *head,
                            struct cw_error *err) CW_CHECKED;

/* dispatcher/hold.c */
/* The head was read, or is to be tried again: a lane that is held waits, or has another head that
 * passes. */
enum cw_status hold_check(struct dispatcher *d, struct lane *lane, int64_t *due_ms,
                          struct cw_error *err) CW_CHECKED;
/* What a `release` must know. */
enum cw_status hold_prepare(struct dispatcher *d, const struct lane *lane, struct action_turn *turn,
                            struct cw_error *err) CW_CHECKED;
/* Writes what the verdict holds or releases; one too many becomes dead. */
enum cw_status hold_keep(struct dispatcher *d, const struct lane *lane, struct action_verdict *v,
                         struct cw_error *err) CW_CHECKED;

/* dispatcher/sight.c */
/* What a look showed; what is pending gives way to a change by hand, the call itself too. */
enum cw_status sight_heed(struct dispatcher *d, struct lane *lane, struct action_verdict *verdict,
                          struct cw_error *err) CW_CHECKED;
/* What a call that ends has left. */
enum cw_status sight_keep(struct dispatcher *d, const struct lane *lane,
                          const struct action_verdict *verdict, struct cw_error *err) CW_CHECKED;
/* Whether the timer is left in peace: the verdict is then that the call is skipped. */
enum cw_status sight_quiet(struct dispatcher *d, const struct lane *lane,
                           struct action_verdict *verdict, bool *is_quiet,
                           struct cw_error *err) CW_CHECKED;

/* dispatcher/head.c */
struct head *head_of(const struct store_call *call);
/* No request of it is out or in doubt: nobody has to look whether one had its effect. */
bool head_is_settled(const struct head *head);
/* Sets *due_ms, or INT64_MAX when the lane is empty. */
enum cw_status head_read(struct dispatcher *d, struct lane *lane, int64_t *due_ms,
                         struct cw_error *err) CW_CHECKED;

/* dispatcher/attempt.c */
/* The attempt is on disk before its request leaves. */
enum cw_status attempt_begin(struct dispatcher *d, struct lane *lane,
                             struct cw_error *err) CW_CHECKED;
enum cw_status attempt_end(struct dispatcher *d, const struct lane *lane,
                           const struct action_verdict *v, struct cw_error *err) CW_CHECKED;
/* The row of the attempt whose answer nobody recorded. */
enum cw_status attempt_lose(struct dispatcher *d, const struct lane *lane,
                            struct cw_error *err) CW_CHECKED;

/* dispatcher/end.c */
enum cw_status turn_end(struct dispatcher *d, struct lane *lane, const struct action_verdict *v,
                        struct cw_error *err) CW_CHECKED;

/* dispatcher/turn.c */
void turn_of(struct dispatcher *d, const struct lane *lane, struct action_turn *out);
/* Whether the later steps of the run are not done. */
static inline bool turn_ends_run(const struct action_verdict *v)
{
    return v->ends_run || (v->what == ACTION_DEAD && !v->goes_on);
}

void turn_done(void *lane, const struct transport_answer *answer);
enum cw_status turn_save(struct dispatcher *d, const struct lane *lane, enum store_call_state state,
                         int64_t due_ms, const char *reason, struct cw_error *err) CW_CHECKED;
enum cw_status turn_answer(struct dispatcher *d, struct lane *lane, int64_t now_ms,
                           struct cw_error *err) CW_CHECKED;
enum cw_status turn_begin(struct dispatcher *d, struct lane *lane, int64_t now_ms,
                          struct cw_error *err) CW_CHECKED;

/* ---- dispatcher/fact.c ---- */

/* A verdict that gives a person more facts than there may be becomes dead. */
enum cw_status fact_check(struct dispatcher *d, const struct lane *lane, struct action_verdict *v,
                          struct cw_error *err) CW_CHECKED;
/* Writes the facts that the verdict changes. */
enum cw_status fact_keep(struct dispatcher *d, const struct lane *lane,
                         const struct action_verdict *v, struct cw_error *err) CW_CHECKED;

#endif
