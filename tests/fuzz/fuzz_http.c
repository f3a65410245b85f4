/* Fuzzes the reader of requests. However the input is cut, the verdict is the same: in one piece,
 * byte by byte, in random pieces, and with bodies received past the reader. What is accepted holds
 * to the grammar. The first two bytes choose the cuts and the limits. */
#include "http/http.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "not so: %s\n", #cond);                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT = 1 << 16, WHOLE, BYTES, RANDOM };

struct run {
    int cut;
    uint32_t seed;
    size_t body_limit;
    char out[OUT]; /* what was understood, as text */
    size_t len;
};

static uint32_t next(struct run *run)
{
    run->seed ^= run->seed << 13;
    run->seed ^= run->seed >> 17;
    run->seed ^= run->seed << 5;
    return run->seed;
}

static void note(struct run *run, const char *at, size_t len)
{
    if (len > OUT - run->len)
        len = OUT - run->len;
    memcpy(run->out + run->len, at, len);
    run->len += len;
}

static void note_text(struct run *run, struct cw_text text)
{
    char frame[32];
    note(run, frame, (size_t)snprintf(frame, sizeof frame, "|%zu:", text.len));
    if (text.len)
        note(run, text.at, text.len);
}

static void check_field(const struct http_header *h)
{
    MUST(h->name.len > 0);
    for (size_t i = 0; i < h->name.len; i++)
        MUST(HTTP_IS(h->name.at[i], HTTP_TOKEN));
    for (size_t i = 0; i < h->value.len; i++)
        MUST(HTTP_IS(h->value.at[i], HTTP_VALUE));
}

static void note_request(struct run *run, const struct http_reader *r)
{
    const struct http_request *q = &r->request;
    MUST(q->path.len > 0 && q->path.at[0] == '/');
    MUST(http_find(q, "Host") && !memchr(q->path.at, '\0', q->path.len));
    MUST(!(http_find(q, "Content-Length") && http_find(q, "Transfer-Encoding")));
    MUST(q->body.len <= run->body_limit);
    note_text(run, q->method);
    note_text(run, q->path);
    note_text(run, q->query);
    for (size_t i = 0; i < q->n_headers; i++) {
        check_field(&q->headers[i]);
        note_text(run, q->headers[i].name);
        note_text(run, q->headers[i].value);
    }
    note_text(run, q->body);
    note(run, r->wants_close ? "close\n" : "stay\n", r->wants_close ? 6 : 5);
}

static size_t piece(struct run *run, size_t left)
{
    size_t n = run->cut == WHOLE ? left : run->cut == BYTES ? 1 : 1 + next(run) % 40;
    return n < left ? n : left;
}

/* Sometimes the body comes past http_read, as from a socket. */
static enum http_step step(struct run *run, struct http_reader *r, const char *at, size_t len,
                           size_t *used)
{
    char *room;
    size_t n = run->cut == RANDOM && next(run) % 2 ? http_body_room(r, &room) : 0;
    if (!n || !len)
        return http_read(r, at, len, used);
    *used = len < n ? len : n;
    memcpy(room, at, *used);
    return http_body_took(r, *used);
}

/* Returns: the step that the last request of the input ended with. */
static enum http_step read_one(struct run *run, struct http_reader *r, const char *at, size_t size,
                               size_t *i)
{
    enum http_step s = HTTP_MORE;
    while (s == HTTP_MORE && *i < size) {
        size_t used, n = piece(run, size - *i);
        s = step(run, r, at + *i, n, &used);
        *i += used;
        MUST(used <= n && (s != HTTP_MORE || used == n));
        if (s != HTTP_HEAD)
            continue;
        r->body_limit = run->body_limit;
        MUST(http_has_head(r));
        s = http_read(r, at + *i, 0, &used); /* a request without a body is complete now */
    }
    return s;
}

static void read_all(struct run *run, const char *at, size_t size)
{
    struct http_limits limits = {.head_bytes = 2048, .fields = 12};
    size_t spare = 1 << 20, i = 0;
    struct http_reader r;
    http_reader_init(&r, &limits, &spare);
    for (enum http_step s = HTTP_DONE; s == HTTP_DONE && i < size;) {
        s = read_one(run, &r, at, size, &i);
        char verdict[32];
        note(run, verdict, (size_t)snprintf(verdict, sizeof verdict, "%d %d\n", s, r.status));
        if (s == HTTP_DONE)
            note_request(run, &r);
        http_reader_reset(&r);
        MUST(spare == 1 << 20);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run whole, other;
    if (size < 2)
        return 0;
    size_t limit = data[1] & 1 ? 4096 : 64;
    whole = (struct run){.cut = WHOLE, .seed = 1, .body_limit = limit};
    read_all(&whole, (const char *)data + 2, size - 2);
    for (int cut = BYTES; cut <= RANDOM; cut++) {
        other = (struct run){.cut = cut, .seed = data[0] * 2654435761u + 1, .body_limit = limit};
        read_all(&other, (const char *)data + 2, size - 2);
        MUST(other.len == whole.len && memcmp(other.out, whole.out, whole.len) == 0);
    }
    return 0;
}
