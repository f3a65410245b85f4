/* answer: what comes back from an HTTP server, gathered under ceilings: the body, and those few
 * headers that the dispatcher reads. Knows nothing of the library that reads the socket. */
#ifndef TRANSPORT_ANSWER_H
#define TRANSPORT_ANSWER_H

#include "transport/transport.h"

enum {
    ANSWER_BODY_BYTES = 1 << 20,
    ANSWER_HEAD_BYTES = 32 << 10,
    ANSWER_HEAD_LINES = 128,
};

struct answer {
    char *body; /* NULL while empty; ends with NUL */
    size_t body_len, body_size;
    size_t head_len, head_lines;
    struct transport_rate rate;
    int64_t total_items;
    bool has_retry_after; /* in either form */
    char trace_id[64];
    const char *refused; /* why the answer was cut off, or NULL */
};

void answer_init(struct answer *answer);
void answer_fini(struct answer *answer);
/* Returns: false when a ceiling is met; `refused` then says which. */
bool answer_head(struct answer *answer, const char *line, size_t len);
bool answer_body(struct answer *answer, const char *at, size_t len);

#endif
