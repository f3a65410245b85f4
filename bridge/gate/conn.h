/* gate/conn: what the parts of the gate share: gate/gate.c reads and hands over, gate/answer.c
 * answers, gate/end.c ends connections and keeps the deadlines. */
#ifndef GATE_CONN_H
#define GATE_CONN_H

#include "gate/gate.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

enum {
    GATE_TICK_MS = 100,
    GATE_LINGER_MS = 1000,
    GATE_LINGER_BYTES = 64 * 1024,
    GATE_PATIENCE_MS = 1000, /* with a slow client, once the ceiling of connections is met */
    GATE_ROOM = 64,          /* how many of them make room at one tick */
    GATE_DIRECT_READS = 8,   /* for one connection in one turn */
    GATE_PEER = 64
};

/*   head ──> body ──> handed ──> work ──> answer ──> idle ──> head ...
 *     └────────┴──refused──┘                └──> closing ──> linger ──> (gone)
 * `handed` to `work` takes no time: evhttp reads its token in the same turn or the next. */
enum gate_stage {
    GATE_IDLE,
    GATE_HEAD,
    GATE_BODY,
    GATE_HANDED,
    GATE_WORK,
    GATE_ANSWER,
    GATE_CLOSING,
    GATE_LINGER
};

struct gate_conn {
    struct gate *gate;
    struct bufferevent *bev; /* our own reference: the descriptor closes when we say so */
    struct evbuffer_cb_entry *tap;
    struct evbuffer *held; /* bytes of the requests after the one in work */
    struct evhttp_request *work;
    enum gate_stage stage;
    bool is_known; /* evhttp will tell when it lets go */
    bool let_go;   /* evhttp has freed its half */
    bool is_busy;  /* we change the input ourselves */
    bool is_head;  /* the method is HEAD: an answer without a body */
    bool closes;   /* after the answer in work */
    bool lingers;  /* reads on for a moment after the close, lest a reset eats the answer */
    bool has_chore;
    unsigned slot, generation;
    int64_t began_ms, deadline_ms; /* of the request or the wait for it; 0: none */
    size_t lingered_bytes;
    struct gate_route refusal; /* of the request handed over, status 0 for none */
    struct http_reader reader;
    char peer[GATE_PEER];
    struct gate_conn *next_chore;
};

struct gate {
    struct event_base *base;
    struct gate_limits limits;
    struct gate_ops ops;
    struct gate_counters counters;
    struct gate_conn **slots; /* limits.connections of them */
    unsigned *free_slots;     /* a stack */
    size_t n_conns;
    unsigned generation;
    size_t spare_bytes; /* of limits.memory_bytes */
    int64_t now_ms;     /* as of the last tick: deadlines need no better */
    bool is_stopping, is_ticking;
    struct event *tick;
    struct event *chore; /* ends connections outside of anybody's callbacks */
    struct gate_conn *chores;
};

/* gate/gate.c */
void gate_feed_held(struct gate_conn *c);
void gate_refuse(struct gate_conn *c, int status, const char *allow);
struct gate_conn *gate_find(const struct gate *g, const char *token);

/* gate/answer.c */
void gate_on_request(struct evhttp_request *request, void *gate);

/* gate/end.c */
int64_t gate_now(struct gate *g); /* starts the tick where it stands */
void gate_on_tick(evutil_socket_t fd, short what, void *gate);
void gate_on_chores(evutil_socket_t fd, short what, void *gate);
void gate_add_chore(struct gate_conn *c);
void gate_linger_input(struct gate_conn *c, struct evbuffer *input);
void gate_drop(struct gate_conn *c);
void gate_end_all(struct gate *g);

#endif
