/* listener: hears HTTP on one TCP or Unix socket, one strict request at a time per connection.
 *
 * evhttp accepts, writes and closes; the gate before it (gate/gate.h) reads, refuses and keeps the
 * deadlines. It knows nothing of webhooks: what a path means is the business of its ops. One
 * thread, the thread of its event_base. */
#ifndef LISTENER_H
#define LISTENER_H

#include "http/http.h"

#include <clockwire/error.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct listener;
struct listener_exchange; /* one request and its answer to come */

/* What becomes of a request whose head is known. */
struct listener_route {
    int status;        /* 0: go on; else it is refused with it, the body unread */
    const char *allow; /* with 405: the methods that are served. Lives: as long as the listener */
    size_t body_limit_bytes; /* a longer body is refused with 413 */
};

struct listener_ops {
    /* Asked as soon as the head is complete. Path as sent, without the query. */
    void (*route)(void *ctx, struct cw_text method, struct cw_text path,
                  struct listener_route *out);
    /* A complete request. Must lead to exactly one listener_reply(x), now or later. */
    void (*request)(void *ctx, struct listener_exchange *x, const struct http_request *request);
    void *ctx;
};

/* A member that is 0 takes its default. */
struct listener_limits {
    size_t head_bytes;   /* 16 KiB: request line and fields; beyond it 431 */
    size_t fields;       /* 64; beyond it 431 */
    size_t connections;  /* 4096; more wait in the backlog, and slow ones make room */
    size_t memory_bytes; /* 64 MiB: all bodies together; beyond it 503 and Retry-After */
    unsigned request_ms; /* 15 s from its first byte to its last, else 408 */
    unsigned head_ms;    /* 10 s for the first byte, and for the head */
    unsigned idle_ms;    /* 15 s between two requests */
    unsigned answer_ms;  /* 10 s for the answer to be taken */
};

struct listener_counters {
    uint64_t accepted;    /* connections */
    uint64_t requests;    /* handed to ops->request */
    uint64_t refused;     /* refused by the gate or by the route: the sum of the next two */
    uint64_t refused_4xx; /* faults of the client */
    uint64_t refused_5xx; /* 501, 503, 505 */
    uint64_t timeouts;    /* deadlines that passed */
    uint64_t dropped;     /* connections ended without an answer */
    uint64_t shed;        /* connections closed at once because descriptors were short */
};

/* Listens on HOST:PORT, [v6]:PORT (port 0: any) or unix:PATH (mode 0600; a socket that nobody
 * serves any more is replaced, one that is served is CW_EBUSY). Ignores SIGPIPE from here on.
 * `limits` may be NULL. Owns: *out is yours until listener_close. */
enum cw_status listener_open(struct event_base *base, const char *address,
                             const struct listener_limits *limits, const struct listener_ops *ops,
                             struct listener **out, struct cw_error *err);

/* Answers; x and its request are gone afterwards. The client may have gone before: harmless, also
 * after listener_close. An answer of 400 and above closes the connection. */
void listener_reply(struct listener_exchange *x, const struct http_answer *answer);

/* HOST:PORT with the port that was bound, or unix:PATH. Lives: as long as the listener. */
const char *listener_address(const struct listener *l);

/* Accepts no more; idle connections close, requests that have begun are finished. */
void listener_stop(struct listener *l);

/* Requests that have begun and are not answered to the last byte. */
size_t listener_open_exchanges(const struct listener *l);

const struct listener_counters *listener_counters(const struct listener *l);

/* Ends every connection at once. NULL is allowed. Not from within its own callbacks. */
void listener_close(struct listener *l);

#endif
