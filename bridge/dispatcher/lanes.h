/* lanes: whose calls are waiting, in memory: a hash by person and a heap by time.
 *
 * A lane exists only while its person has open calls, and holds at most the oldest of them. The
 * probe comes first, then lanes in the middle of a call; among equals, who waited longest is first.
 * Those that need nothing of awork, since they are to be read or their call goes elsewhere, have a
 * heap of their own: what holds up awork does not hold up them. */
#ifndef DISPATCHER_LANES_H
#define DISPATCHER_LANES_H

#include "store/store.h"
#include "transport/transport.h"

#include <jansson.h>

struct head { /* the oldest call of a lane */
    int64_t id, run, event, created_ms, expires_ms;
    uint32_t step, tries;
    char *rule, *action, *condition, *args_text;
    json_t *args, *progress;
    unsigned stale;  /* how often its parcel grew too old to be sent */
    int64_t attempt; /* of the request in flight, or the last one */
    bool in_doubt;   /* found as sent when the lanes were read */
    bool leads;      /* it is made before older ones, which it makes needless */
    bool edged;      /* a 403 is the last that was heard of it */
};

struct parcel {         /* a request that waits to be sent, then its answer */
    const char *method; /* static */
    char *path, *body;
    char *host; /* another than awork, which knows address and headers; or NULL */
    bool own_token;
    uint64_t token; /* the number of the person's pair, if they log in */
    int64_t made_ms, sent_ms;
    bool has_answer;
    struct transport_answer answer; /* body and error are copies */
};

enum lane_state {
    LANE_UNREAD,  /* the head is to be read from the store */
    LANE_WAITING, /* the head waits for its time, or a parcel for its turn */
    LANE_FLYING   /* its request is out, or its answer waits to be recorded */
};

struct lead { /* of a backlog: what the mark says */
    bool is_known;
    int64_t call, event; /* call 0: there is none */
    bool decides;        /* older calls are needless with it */
    bool is_over;        /* it has had its effect: they are to be dropped */
};

struct backlog;

struct lane {
    char *person;
    void *owner;
    enum lane_state state;
    struct head *head;
    struct parcel *parcel;
    int64_t due_ms;
    struct backlog *backlog; /* what its calls come to; NULL: it has no backlog */
    struct lead lead;
    bool is_free;         /* it needs nothing of awork now; to be set before it is pushed */
    bool waits_for_token; /* its token, or everybody's, was refused */
    bool waits_for_id;    /* awork has not told who its person is */
    bool waits_for_awork; /* what it waits for may be the end of an outage */
    bool is_probe;        /* the breaker is open, and it has the word; never changed in a heap */
    int64_t rests_ms;     /* in doubt: it does nothing before */
    int64_t epoch;        /* of our lease, which ends at leased_ms; 0: we have none */
    int64_t leased_ms;
    int64_t taken_ms;  /* when it was somebody else's before, perhaps */
    bool is_held;      /* its head has not begun because its person is held */
    bool is_exempt;    /* the person is held, and the head goes on: that call, and no other */
    struct lane *next; /* in a queue of the dispatcher */
    struct lane *chain;
    uint64_t order;
    size_t place; /* in its heap, from 1; 0: not there */
    struct heap *heap;
};

struct heap {
    struct lane **at;
    size_t n, size;
};

struct lanes {
    struct lane **buckets;
    size_t n_buckets, n;
    struct heap free, awork;
    uint64_t order;
};

void lanes_init(struct lanes *lanes);
void lanes_fini(struct lanes *lanes); /* and every lane */
struct lane *lanes_find(const struct lanes *lanes, const char *person);
struct lane *lanes_add(struct lanes *lanes, const char *person);
void lanes_drop(struct lanes *lanes, struct lane *lane);
/* Calls fn for each. */
void lanes_each(struct lanes *lanes, void (*fn)(void *ctx, struct lane *lane), void *ctx);

void lanes_push(struct lanes *lanes, struct lane *lane, int64_t due_ms); /* or moves it */
void lanes_pull(struct lanes *lanes, struct lane *lane);
struct lane *lanes_top(const struct heap *heap); /* NULL: nothing waits */

void lane_forget_head(struct lane *lane);
void lane_forget_parcel(struct lane *lane);
void backlog_forget(struct lane *lane); /* dispatcher/backlog.c */

#endif
