/* transport: one request and its answer: to the API, or to another host that the configuration
 * names. curl.c is the real one; tests have a fake.
 *
 * `done` is called exactly once for each send, from the loop and never from inside send or from a
 * callback of the HTTP library. No request is ever repeated here, nor by the library: the server
 * sees each at most once. A reused connection that dies is an answer of its own ("lost"), since
 * only the caller knows whether a repeat is safe. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <clockwire/error.h>
#include <stdbool.h>
#include <stdint.h>

struct transport;
struct event_base;

struct transport_request {
    const char *method; /* "GET", "POST", "PUT" */
    const char *path;   /* after the base URL, begins with / */
    const char *token;  /* secret */
    const char *body;   /* JSON, or NULL: neither body nor Content-Type */
    /* Of a transport to other hosts, in place of path and token: the whole address, which
     * transport_check_url has found good, and "Name: value" lines, NULL-ended, or NULL. Both may
     * hold secrets: no error repeats them. */
    const char *url;
    const char *const *headers;
};

enum transport_outcome {
    TRANSPORT_ANSWER,   /* a whole answer came */
    TRANSPORT_NOT_SENT, /* the server cannot have seen the request (no connection) */
    TRANSPORT_LOST      /* it may have seen it: reset, timeout, half an answer */
};

struct transport_rate { /* -1: the header was not there */
    int64_t limit_second, remaining_second, limit_minute, remaining_minute;
    int64_t reset_s, retry_after_s;
};

struct transport_answer {
    enum transport_outcome outcome;
    int status;
    struct cw_text body; /* at most 1 MiB; lives during the callback */
    const char *error;   /* one line when there is no answer, else NULL */
    struct transport_rate rate;
    int64_t total_items; /* of a list that comes in pages, 0 or less: not told */
    char trace_id[64];   /* Trace-Id of the answer, or "" */
};

typedef void (*transport_done_fn)(void *ctx, const struct transport_answer *answer);

struct transport_ops {
    void (*send)(struct transport *t, const struct transport_request *request,
                 transport_done_fn done, void *ctx);
    void (*abandon)(struct transport *t); /* forgets every request; no `done` will come */
    void (*destroy)(struct transport *t);
};
struct transport {
    const struct transport_ops *ops;
};

/* Whether a request to another host may go there: https, or http to this machine or to one of the
 * hosts of `plain` (NULL-ended, or NULL). Says what is wrong without repeating the address. */
enum cw_status transport_check_url(const char *url, const char *const *plain,
                                   struct cw_error *err) CW_CHECKED;
/* The host of a good address as it is written, with its port where that is:
 * "chat.example.org:8065". The text is the caller's. */
char *transport_host(const char *url);

/* The same for the base of an API: no query, no slash at the end; http to this machine only. */
enum cw_status transport_check_base(const char *url, struct cw_error *err) CW_CHECKED;

/* The real one. `url` is a base; NULL: it is for other hosts. */
enum cw_status transport_curl_create(struct event_base *base, const char *url, int64_t timeout_ms,
                                     struct transport **out, struct cw_error *err) CW_CHECKED;

/* One blocking request, for commands (send, health, ...): over TCP or a unix socket (`unix_path`,
 * or NULL). `headers` is NULL-ended, each "Name: value"; the body of the answer is the caller's. */
struct fetch_request {
    const char *method, *url, *unix_path;
    const char *const *headers;
    struct cw_text body;
    int64_t timeout_ms;
};
enum cw_status transport_fetch(const struct fetch_request *request, int *status, char **body,
                               size_t *len, struct cw_error *err) CW_CHECKED;

#endif
