/* parts: what a compiled source is made of. For the files of this folder only. */
#ifndef SOURCE_PARTS_H
#define SOURCE_PARTS_H

#include "../codec.h"
#include "../form.h"
#include "source.h"

#include <openssl/evp.h>

enum {
    SOURCE_BATCH = 1000,    /* events of one delivery */
    SOURCE_ITEMS = 1000,    /* items of one extracted list */
    SOURCE_SECRETS = 8,     /* of one scheme */
    SOURCE_SCHEMES = 8,     /* of one source */
    SIGNATURE_BYTES = 4096, /* of one signature header */
    SIGNATURES = 16,        /* candidates in one signature header */
    ID_BYTES = 256,         /* a longer id is hashed */
    TYPE_BYTES = 100
};

/* ---- Verification ---- */

struct verify_key {
    unsigned char *bytes; /* the secret, decoded; wiped */
    size_t len;
    uint64_t serial;    /* never used twice: the scratch finds its own context by it */
    EVP_MAC_CTX *keyed; /* hmac; never used itself, only duplicated */
};

enum piece_kind { PIECE_LITERAL, PIECE_BODY, PIECE_PATH, PIECE_TEMPLATE };

struct piece { /* of the content that a signature covers */
    enum piece_kind kind;
    struct cw_text literal;
    struct cw_path path;
    const struct cw_template *tpl;
};

struct token_place { /* where a token may stand */
    const struct cw_template *from;
    const char *word; /* "Bearer" before the token, or NULL */
};

enum scheme { SCHEME_NONE, SCHEME_HMAC, SCHEME_TOKEN, SCHEME_BASIC };

struct verify {
    enum scheme scheme;
    struct verify_key keys[SOURCE_SECRETS];
    size_t n_keys;
    /* hmac */
    const char *digest; /* OpenSSL's name */
    size_t digest_len;
    struct cw_text headers[4]; /* the first that is there counts */
    size_t n_headers;
    bool base64;
    struct cw_text prefix;
    struct cw_text separator, version; /* a list of signatures when separator.len */
    const struct piece *pieces;
    size_t n_pieces;
    bool signs_body;
    const struct cw_template *time; /* or NULL */
    bool time_in_ms;
    int64_t tolerance_ms;
    /* token */
    struct token_place places[4]; /* the first where something of the right form stands counts */
    size_t n_places;
};

/* ---- Extraction ---- */

struct pick { /* one template, perhaps of a text that must begin with `after` */
    const struct cw_template *tpl;
    const struct cw_template *when; /* or NULL: only where this is there */
    struct cw_text after;
    struct cw_text as; /* of a type: what it is called, whatever the provider's own word */
};

struct choice { /* the first pick that is present */
    const struct pick *picks;
    size_t n;
};

struct mapping {
    struct cw_text from;
    struct cw_value to;
};

struct extract {
    const struct choice *choices;
    size_t n;
    bool all; /* every choice, one list */
    const struct mapping *map;
    size_t n_map;
};

struct named_extract {
    struct cw_text name;
    struct extract extract;
};

/* ---- The rest ---- */

enum decoder {
    DECODE_JSON = 1,
    DECODE_FORM = 2,
    DECODE_FORM_PAYLOAD = 4,
    DECODE_NDJSON = 8,
    DECODE_NONE = 16,
    DECODE_QUERY = 32 /* of a request without a body */
};

struct reply {
    int status;
    const char *type;
    const struct cw_template *body; /* or NULL */
};

struct challenge {
    const struct cw_template *when;
    struct cw_text is;
    struct reply reply;
};

struct send_guess { /* value of a header that `send` makes, if the body has all of these paths */
    struct cw_path has[4];
    size_t n_has;
    struct cw_text value;
};

struct send_header {
    struct cw_text name;
    bool uuid;
    const struct send_guess *guesses;
    size_t n;
};

struct source {
    struct cw_arena *arena;
    const char *name, *path, *family;
    const char *const *types;
    const char *const *known;
    const char **methods;
    size_t n_methods;
    const char *allow;
    size_t body_limit;
    struct verify verify[SOURCE_SCHEMES];
    size_t n_verify;
    unsigned decoders;
    bool has_batch;
    struct cw_path batch;
    struct extract type, id, user;
    struct extract entry; /* of awork: the time entry that the event tells of */
    const struct mapping *type_map;
    size_t n_type_map;
    const struct named_extract *fields;
    size_t n_fields;
    const struct cw_text *headers; /* to be seen by rules */
    size_t n_headers;
    const struct cw_template *dedupe;
    const struct challenge *challenges;
    size_t n_challenges;
    struct reply ack;
    struct reply told; /* how a text of a rule is answered; without a body it is the text itself */
    const struct send_header *send;
    size_t n_send;
};

enum { SCRATCH_MACS = 16 };

struct source_scratch {
    struct cw_json *json;
    struct {
        uint64_t serial;
        EVP_MAC_CTX *ctx;
    } macs[SCRATCH_MACS];
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
};

/* ---- One delivery: what templates may read of it ---- */

enum part_state { PART_UNREAD = 0, PART_READ, PART_BAD };

struct scope {
    const struct source *source;
    struct source_scratch *scratch;
    const struct http_request *request;
    struct cw_arena *arena;
    int64_t now_ms;
    struct cw_text signature; /* of a list: sig.t is read from it */
    struct cw_text separator;
    enum part_state form_state, query_state, body_state;
    struct form form, query;
    struct cw_value body;   /* decoded */
    const char *body_fault; /* when PART_BAD: in the arena */
    bool is_lines;          /* the body is a list of lines */
    struct cw_value item;
    const struct cw_event *event; /* when event.* may be read */
    struct cw_text told;          /* when `reply` may be read */
    struct cw_text proof;         /* the token that proved it */
    bool proof_inside;            /* it stood in query or body */
    struct http_request without;  /* the request with the token hidden */
    const char *hash;             /* of what was signed; NULL until it is needed */
    bool out_of_memory;           /* the arena's budget is spent */
};

/* scope.c */
struct cw_scope scope_reader(struct scope *scope);
/* The one header of that name; *count says how many there are. Returns: empty unless one. */
struct cw_text scope_header(const struct http_request *request, struct cw_text name, size_t *count);
/* Renders; missing, empty and unusable things are CW_MISSING. */
struct cw_value scope_render(struct scope *scope, const struct cw_template *tpl);
struct cw_value scope_extract(struct scope *scope, const struct extract *extract);
/* The first pick that is there, with what it found. Returns: NULL when there is none. */
const struct pick *scope_choose(struct scope *scope, const struct choice *choice,
                                struct cw_value *out);
/* The extracted thing as text; empty when there is none or it is no text or number. */
struct cw_text scope_text(struct scope *scope, const struct cw_value *value);
/* Memory of the pass, or NULL with out_of_memory set. */
void *scope_take(struct scope *scope, size_t size);
char *scope_printf(struct scope *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* decode.c: reads the body once, as its Content-Type says. */
bool decode_body(struct scope *scope);
/* hide.c: what comes after sees no body or query with the token that proved the delivery. Returns:
 * the body as it may be kept; empty when the token may be in it still. */
struct cw_text hide_proof(struct scope *scope);

/* verify.c. Returns: the scheme that proved it, or NULL with *reason. */
const struct verify *verify_request(struct scope *scope, const char **reason);
/* Feeds what `verify` signs to `put`. Returns: false when a piece is missing. */
bool verify_content(struct scope *scope, const struct verify *verify,
                    bool (*put)(void *ctx, const void *at, size_t len), void *ctx);
/* The MAC of the content with one key. */
bool verify_mac(struct scope *scope, const struct verify *verify, const struct verify_key *key,
                unsigned char *out);
bool verify_key_set(struct verify *verify, const unsigned char *bytes, size_t len);
void verify_wipe(struct verify *verify);

/* event.c */
bool event_build(struct scope *scope, const struct verify *by, size_t index, bool batch,
                 struct source_event *out, const char **reason);

#endif
