/* gate: the strict door in front of evhttp.
 *
 * It taps the input of each of evhttp's connections, reads the requests itself (http/http.h), and
 * hands evhttp one token for each complete one, such as "GET /7.42 HTTP/1.1" (slot 7, generation
 * 42). So evhttp accepts, keeps order, writes and closes, but never sees a byte that a stranger
 * chose. It refuses in order, after the answer to the request before, and closes after each
 * refusal. */
#ifndef GATE_H
#define GATE_H

#include "http/http.h"

struct event_base;
struct evhttp;
struct gate;
struct gate_conn;

struct gate_limits {
    struct http_limits http;
    size_t connections, memory_bytes;
    unsigned request_ms, head_ms, idle_ms, answer_ms;
};

struct gate_route {
    int status;
    const char *allow;
    size_t body_limit_bytes;
};

struct gate_ops {
    void (*route)(void *ctx, struct cw_text method, struct cw_text path, struct gate_route *out);
    void (*request)(void *ctx, struct gate_conn *conn, const struct http_request *request);
    void (*full)(void *ctx, bool full); /* the ceiling of connections was met, or left */
    void *ctx;
};

struct gate_counters {
    uint64_t accepted, requests, refused_4xx, refused_5xx, timeouts, dropped;
};

/* Takes over the callbacks of `http`, which must have no other. */
struct gate *gate_create(struct event_base *base, struct evhttp *http,
                         const struct gate_limits *limits, const struct gate_ops *ops);
/* Answers the request in work on this connection. */
void gate_reply(struct gate_conn *conn, const struct http_answer *answer);
/* Idle connections end now, the others after their answer. */
void gate_stop(struct gate *gate);
size_t gate_open_exchanges(const struct gate *gate);
const struct gate_counters *gate_counters(const struct gate *gate);
/* Ends every connection. To be called before evhttp_free. */
void gate_destroy(struct gate *gate);

#endif
