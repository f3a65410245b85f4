/* One request of evhttp and its answer, on their way through http.c and reply.c. */
#ifndef AWORK_SIM_EXCHANGE_H
#define AWORK_SIM_EXCHANGE_H

#include "log.h"

#include <event2/keyvalq_struct.h>
#include <sys/queue.h>

struct event;
struct evhttp_request;

struct sim_exchange {
    struct sim *sim;
    struct evhttp_request *req;
    struct sim_call call;
    struct sim_quota quota;
    struct sim_fault fault; /* a copy: the list may change while this one waits */
    uint64_t generation;
    char *path;
    struct evkeyvalq query;
    bool query_parsed;
    struct event *timer;
    void (*then)(struct sim_exchange *x);
    char *text; /* of a drip */
    size_t text_bytes;
    size_t text_sent;
    struct sim_exchange *next;
    struct sim_exchange **link;
};

/* http.c */
void sim_exchange_end(struct sim_exchange *x);
void sim_exchange_wait(struct sim_exchange *x, unsigned ms, void (*then)(struct sim_exchange *x));
void sim_exchange_record(struct sim_exchange *x, int status);

/* reply.c: each ends the exchange, at once or later */
void sim_reply(struct sim_exchange *x);
void sim_reply_drop(struct sim_exchange *x, bool reset);

#endif
