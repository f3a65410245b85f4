/* http: a strict reader of HTTP/1.x requests. Pure: bytes in, one request or one refusal out.
 *
 * It follows the grammar of RFC 9110 and 9112 and takes no liberties: CRLF only, no folding,
 * origin-form targets, one Host, one way to say how long the body is. Whatever two parsers could
 * read differently is refused. Feeding a request in one piece or byte by byte gives the same
 * verdict. It refuses to go on after a refusal. */
#ifndef HTTP_H
#define HTTP_H

#include <clockwire/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_header {
    struct cw_text name, value; /* the value without the blanks around it */
};

/* A complete request. Everything is borrowed and lives until its reply. */
struct http_request {
    struct cw_text method;
    struct cw_text path;  /* as sent, percent-encoding and all; begins with '/' */
    struct cw_text query; /* as sent, without the '?' */
    const struct http_header *headers;
    size_t n_headers;
    struct cw_text body;
    const char *peer; /* the address that the connection came from, as text */
};

/* What to answer. The reply copies it. */
struct http_answer {
    int status;
    const char *type; /* Content-Type, NULL for none */
    struct cw_text body;
    const char *allow;                 /* for 405 */
    int retry_after_s;                 /* 0 for none */
    const struct http_header *headers; /* further ones */
    size_t n_headers;
};

/* The first header of this name in any case, or NULL. Only list-valued fields can come twice. */
const struct http_header *http_find(const struct http_request *request, const char *name);
/* Compares without regard to ASCII case. */
bool http_same(struct cw_text text, const char *word);
/* The reason phrase of a status, "Unknown" where there is none. Lives: for ever. */
const char *http_reason(int status);

enum {
    HTTP_LINE_MAX = 8192,    /* request line, beyond it 414 */
    HTTP_PATH_MAX = 2048,    /* path, beyond it 414 */
    HTTP_CHUNK_EXT_MAX = 64, /* extension of one chunk */
    HTTP_TRAILER_MAX = 1024, /* all trailers together */
    HTTP_NAME_MAX = 128      /* one field name */
};

struct http_limits {
    size_t head_bytes; /* request line and fields; beyond it 431 */
    size_t fields;     /* header fields; beyond it 431 */
};

enum http_step {
    HTTP_MORE,   /* all bytes are used, the request is not complete */
    HTTP_HEAD,   /* the head is complete; told once. Set body_limit, then go on */
    HTTP_DONE,   /* the request is complete; what is left belongs to the next one */
    HTTP_REFUSED /* see status */
};

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };

/* The state of the chunked coding. */
struct http_chunks {
    int state;
    uint64_t left; /* bytes of this chunk that are still to come */
    uint64_t total;
    unsigned digits;
    unsigned ext_bytes, trailer_bytes, name_len;
    char name[HTTP_NAME_MAX];
};

/* One request in the making. The first group is for its user, the rest is the reader's own. */
struct http_reader {
    const struct http_limits *limits;
    size_t *spare_bytes;         /* memory that the bodies of all readers share; beyond it 503 */
    size_t body_limit;           /* beyond it 413 */
    int status;                  /* why it was refused: 400 413 414 417 431 501 503 505 */
    struct http_request request; /* method, path, headers: from HTTP_HEAD on; body: at HTTP_DONE */
    enum http_framing framing;
    uint64_t length;       /* Content-Length */
    bool wants_close;      /* HTTP/1.0 or Connection: close */
    bool expects_continue; /* and has not yet sent a byte of its body */

    int stage;
    bool cr, http10, has_length, has_coding, has_host;
    unsigned blank_lines;
    char *text; /* the head as received */
    size_t len, room, line;
    struct http_header *headers;
    size_t headers_room;
    uint64_t seen; /* one bit per hash of a name: most names need no search for a duplicate */
    char *body;
    size_t body_len, body_room;
    struct http_chunks chunks;
};

/* Makes a reader ready for its first request. The pointers must outlive it. */
void http_reader_init(struct http_reader *r, const struct http_limits *limits, size_t *spare_bytes);
/* Forgets the request and gives its memory back; ready for the next one. */
void http_reader_reset(struct http_reader *r);

/* Reads on. `*used` says how many bytes belong to this request so far. */
enum http_step http_read(struct http_reader *r, const char *at, size_t len, size_t *used);

/* True before the first byte of a request. */
bool http_is_idle(const struct http_reader *r);
/* True once the head is complete. */
bool http_has_head(const struct http_reader *r);

/* Where the rest of a body of known length may be received without a copy.
 * Returns: its size, 0 where that is not possible now. */
size_t http_body_room(struct http_reader *r, char **at);
/* So many bytes were put there. Returns: HTTP_MORE or HTTP_DONE. */
enum http_step http_body_took(struct http_reader *r, size_t len);

/* The parts of the reader, apart so that each can be read and tested alone. */
enum http_step http_refuse(struct http_reader *r, int status);
enum http_step http_head_feed(struct http_reader *r, const char *at, size_t len, size_t *used);
enum http_step http_chunk_feed(struct http_reader *r, const char *at, size_t len, size_t *used);
bool http_body_add(struct http_reader *r, const char *at, size_t len);
int http_judge_target(struct cw_text target, struct cw_text *path, struct cw_text *query);
bool http_is_host(struct cw_text value);
bool http_may_trail(struct cw_text name);
bool http_may_repeat(struct cw_text name);
int http_judge_field(struct http_reader *r, struct cw_text name, struct cw_text value);

/* Classes of bytes (RFC 9110): HTTP_CLASS(byte) & what. */
enum {
    HTTP_TOKEN = 1,  /* tchar */
    HTTP_VALUE = 2,  /* HTAB, SP, VCHAR, obs-text */
    HTTP_TARGET = 4, /* pchar "/" "?", '%' included */
    HTTP_GRAPH = 8   /* SP, VCHAR */
};
extern const uint8_t http_class[256];
#define HTTP_IS(byte, what) (http_class[(unsigned char)(byte)] & (what))

#endif
