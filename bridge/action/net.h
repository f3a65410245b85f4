/* net: what a person's timer calls that wait come to in the end, so that a backlog is not replayed.
 *
 * Calls are added in the order of their lane. Of each one it is known then whether it is still to
 * be made, or which other call makes it needless: one that comes later and decides alone what is
 * the end of it (start A, stop, start B: start B), or one that came before it and has left nothing
 * to do. Making the rest, in order, leaves the timer as making all of them would, whatever it is
 * when they begin; ARCHITECTURE.md has the table. Pure: no I/O, no clock. */
#ifndef ACTION_NET_H
#define ACTION_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum net_kind { NET_START, NET_STOP, NET_PAUSE, NET_RESUME, NET_OTHER };

struct net_call {
    int64_t id, event;  /* event: carried along */
    enum net_kind kind; /* NET_OTHER too: what will come to nothing by itself */
    const char *target; /* of a start: equal texts are the same work; NULL: nobody can tell yet */
    bool keeps;         /* if_running: keep */
    bool is_dated;      /* it corrects an end (as_of): what it does is no other's to do */
    bool is_unsure;     /* it may come to nothing: it has a condition, or follows one that has */
    bool looks;         /* what it will see matters for more than its own effect */
};

struct net;

struct net *net_create(void);
void net_destroy(struct net *net);
/* Limits: ids rise. */
void net_add(struct net *net, const struct net_call *call);
size_t net_count(const struct net *net);
/* The call that makes this one needless; 0: it is to be made. */
int64_t net_into(const struct net *net, int64_t id);
int64_t net_event(const struct net *net, int64_t id);
/* Whether it makes any other needless. */
bool net_decides(const struct net *net, int64_t id);
/* Whether this start is one although its work may be running: others before it, which it makes
 * needless, would have ended that. */
bool net_is_anew(const struct net *net, int64_t id);
/* The first call with an id above `after` that is to be made; 0: there is none. */
int64_t net_next(const struct net *net, int64_t after);

#endif
