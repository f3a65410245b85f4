/* verify: is this request from whom it says? Any one scheme of the source suffices.
 *
 * Every secret of a scheme is tried, without an early end; digests are compared in constant time
 * after their length was checked. What is missing, empty, sent twice or malformed is refused. */
#include "parts.h"

#include <openssl/crypto.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Keys ---- */

static EVP_MAC_CTX *keyed_context(const char *digest, const unsigned char *bytes, size_t len)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac); /* the context holds its own reference */
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", (char *)(uintptr_t)digest, 0),
                           OSSL_PARAM_construct_end()};
    if (ctx && !EVP_MAC_init(ctx, bytes, len, params)) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

bool verify_key_set(struct verify *verify, const unsigned char *bytes, size_t len)
{
    static _Atomic uint64_t serial = 1;
    struct verify_key *key = &verify->keys[verify->n_keys];
    EVP_MAC_CTX *keyed = NULL;
    if (verify->scheme == SCHEME_HMAC && !(keyed = keyed_context(verify->digest, bytes, len)))
        return false;
    unsigned char *copy = malloc(len ? len : 1);
    if (!copy) {
        EVP_MAC_CTX_free(keyed);
        return false;
    }
    memcpy(copy, bytes, len);
    *key = (struct verify_key){copy, len, atomic_fetch_add(&serial, 1), keyed};
    verify->n_keys++;
    return true;
}

void verify_wipe(struct verify *verify)
{
    for (size_t i = 0; i < verify->n_keys; i++) {
        OPENSSL_cleanse(verify->keys[i].bytes, verify->keys[i].len);
        free(verify->keys[i].bytes);
        EVP_MAC_CTX_free(verify->keys[i].keyed);
    }
    verify->n_keys = 0;
}

/* ---- The content that is signed ---- */

static struct cw_text piece_text(struct scope *scope, const struct piece *piece)
{
    struct cw_value value = {.kind = CW_MISSING};
    if (piece->kind == PIECE_TEMPLATE) {
        value = scope_render(scope, piece->tpl);
        return scope_text(scope, &value);
    }
    const struct cw_scope reader = scope_reader(scope);
    if (reader.lookup(reader.ctx, piece->path, scope->arena, &value, NULL))
        return (struct cw_text){NULL, 0};
    return scope_text(scope, &value);
}

bool verify_content(struct scope *scope, const struct verify *verify,
                    bool (*put)(void *ctx, const void *at, size_t len), void *ctx)
{
    for (size_t i = 0; i < verify->n_pieces; i++) {
        const struct piece *piece = &verify->pieces[i];
        struct cw_text text = piece->literal;
        if (piece->kind == PIECE_BODY)
            text = scope->request->body;
        else if (piece->kind != PIECE_LITERAL && !(text = piece_text(scope, piece)).len)
            return false;
        if (text.len && !put(ctx, text.at, text.len))
            return false;
    }
    return true;
}

static bool put_mac(void *ctx, const void *at, size_t len)
{
    return EVP_MAC_update(ctx, at, len) == 1;
}

/* This thread's own context for the key, made on first use. */
static EVP_MAC_CTX *context_of(struct source_scratch *scratch, const struct verify_key *key)
{
    size_t slot = key->serial % SCRATCH_MACS;
    if (scratch->macs[slot].serial != key->serial) {
        EVP_MAC_CTX_free(scratch->macs[slot].ctx);
        scratch->macs[slot].ctx = EVP_MAC_CTX_dup(key->keyed);
        scratch->macs[slot].serial = scratch->macs[slot].ctx ? key->serial : 0;
    }
    return scratch->macs[slot].ctx;
}

bool verify_mac(struct scope *scope, const struct verify *verify, const struct verify_key *key,
                unsigned char *out)
{
    EVP_MAC_CTX *ctx = context_of(scope->scratch, key);
    size_t len = 0;
    return ctx && EVP_MAC_init(ctx, NULL, 0, NULL) == 1 &&
           verify_content(scope, verify, put_mac, ctx) &&
           EVP_MAC_final(ctx, out, &len, verify->digest_len) == 1 && len == verify->digest_len;
}

/* ---- hmac ---- */

struct signatures {
    unsigned char bytes[SIGNATURES][EVP_MAX_MD_SIZE];
    size_t n;
};

static void add_signature(const struct verify *verify, struct cw_text text, struct signatures *out)
{
    if (out->n == SIGNATURES)
        return;
    unsigned char *at = out->bytes[out->n];
    size_t len = verify->base64 ? codec_base64(text, at, verify->digest_len)
                                : codec_hex(text, at, verify->digest_len);
    out->n += len == verify->digest_len;
}

static bool starts_with(struct cw_text text, struct cw_text prefix)
{
    return text.len >= prefix.len && (!prefix.len || memcmp(text.at, prefix.at, prefix.len) == 0);
}

static struct cw_text without(struct cw_text text, struct cw_text prefix)
{
    return (struct cw_text){text.at + prefix.len, text.len - prefix.len};
}

/* Entries of other versions and malformed ones do not spoil the good one. */
static void add_list(const struct verify *verify, struct cw_text text, struct signatures *out)
{
    for (bool more = true; more;) {
        const char *end = memmem(text.at, text.len, verify->separator.at, verify->separator.len);
        struct cw_text entry = {text.at, end ? (size_t)(end - text.at) : text.len};
        if (starts_with(entry, verify->version))
            add_signature(verify, without(entry, verify->version), out);
        more = end != NULL;
        if (more)
            text = without(text, (struct cw_text){NULL, entry.len + verify->separator.len});
    }
}

static const char *read_signatures(struct scope *scope, const struct verify *verify,
                                   struct signatures *out)
{
    struct cw_text text = {NULL, 0};
    size_t count = 0;
    for (size_t i = 0; i < verify->n_headers && !count; i++)
        text = scope_header(scope->request, verify->headers[i], &count);
    if (count != 1)
        return count ? "the signature header came twice" : "no signature header";
    if (!text.len || text.len > SIGNATURE_BYTES)
        return text.len ? "the signature header is too long" : "the signature is empty";
    if (!starts_with(text, verify->prefix))
        return "the signature has not the right form";
    text = without(text, verify->prefix);
    scope->signature = text;
    scope->separator = verify->separator;
    if (verify->separator.len)
        add_list(verify, text, out);
    else
        add_signature(verify, text, out);
    return out->n ? NULL : "the signature has not the right form";
}

/* Digits only, at most 12 of seconds or 15 of milliseconds. */
static bool read_time(struct cw_text text, bool in_ms, int64_t *out_ms)
{
    int64_t number = 0;
    if (!text.len || text.len > (in_ms ? 15 : 12))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (text.at[i] - '0');
    }
    *out_ms = in_ms ? number : number * 1000;
    return true;
}

static const char *check_time(struct scope *scope, const struct verify *verify)
{
    if (!verify->time)
        return NULL;
    struct cw_value value = scope_render(scope, verify->time);
    int64_t at_ms;
    if (!read_time(scope_text(scope, &value), verify->time_in_ms, &at_ms))
        return "the timestamp is missing or malformed";
    int64_t apart = at_ms > scope->now_ms ? at_ms - scope->now_ms : scope->now_ms - at_ms;
    return apart > verify->tolerance_ms ? "the timestamp is outside the tolerance" : NULL;
}

static const char *check_hmac(struct scope *scope, const struct verify *verify)
{
    struct signatures given = {.n = 0};
    const char *fault = read_signatures(scope, verify, &given);
    if (fault)
        return fault;
    unsigned same = 0;
    for (size_t k = 0; k < verify->n_keys; k++) {
        unsigned char mac[EVP_MAX_MD_SIZE];
        if (!verify_mac(scope, verify, &verify->keys[k], mac))
            return "what the signature covers is not all there";
        for (size_t i = 0; i < given.n; i++)
            same |= CRYPTO_memcmp(mac, given.bytes[i], verify->digest_len) == 0;
        OPENSSL_cleanse(mac, sizeof mac);
    }
    return same ? check_time(scope, verify) : "the signature does not match";
}

/* ---- token, basic ---- */

/* Takes "Bearer " and the like away; the word in any case, one blank or more. */
static bool take_word(struct cw_text *text, const char *word)
{
    size_t len = word ? strlen(word) : 0;
    if (!len)
        return true;
    if (text->len <= len || strncasecmp(text->at, word, len) != 0 || text->at[len] != ' ')
        return false;
    *text = without(*text, (struct cw_text){NULL, len});
    while (text->len && text->at[0] == ' ')
        *text = without(*text, (struct cw_text){NULL, 1});
    return true;
}

static bool is_known(const struct verify *verify, const void *at, size_t len)
{
    unsigned same = 0;
    for (size_t k = 0; k < verify->n_keys; k++)
        same |= verify->keys[k].len == len && CRYPTO_memcmp(verify->keys[k].bytes, at, len) == 0;
    return same;
}

static bool is_in_header(const struct token_place *place)
{
    return cw_template_count(place->from) == 1 &&
           cw_text_is(cw_template_path(place->from, 0).steps[0].name, "header");
}

static const char *check_token(struct scope *scope, const struct verify *verify)
{
    const char *fault = "no token";
    for (size_t i = 0; i < verify->n_places; i++) {
        const struct token_place *place = &verify->places[i];
        struct cw_value value = scope_render(scope, place->from);
        struct cw_text text = value.kind == CW_STRING ? value.text : (struct cw_text){NULL, 0};
        if (!text.len)
            continue;
        if (take_word(&text, place->word) && text.len) {
            if (!is_known(verify, text.at, text.len))
                return "the token does not match";
            scope->proof = text;
            scope->proof_inside = !is_in_header(place);
            return NULL;
        }
        fault = "the token has not the right form";
    }
    return fault;
}

static const char *check_basic(struct scope *scope, const struct verify *verify)
{
    unsigned char plain[1024];
    struct cw_text text = scope_header(scope->request, CW_TEXT("Authorization"), NULL);
    if (!text.len)
        return "no user and password";
    if (!take_word(&text, "Basic"))
        return "the user and password have not the right form";
    size_t len = codec_base64(text, plain, sizeof plain);
    if (len == SIZE_MAX)
        return "the user and password have not the right form";
    bool known = is_known(verify, plain, len);
    OPENSSL_cleanse(plain, sizeof plain);
    return known ? NULL : "the user and password do not match";
}

static const char *check(struct scope *scope, const struct verify *verify)
{
    switch (verify->scheme) {
    case SCHEME_HMAC:
        return check_hmac(scope, verify);
    case SCHEME_TOKEN:
        return check_token(scope, verify);
    case SCHEME_BASIC:
        return check_basic(scope, verify);
    default:
        return NULL;
    }
}

const struct verify *verify_request(struct scope *scope, const char **reason)
{
    const char *first = "nothing can prove a request of this source";
    for (size_t i = 0; i < scope->source->n_verify; i++) {
        const struct verify *verify = &scope->source->verify[i];
        const char *fault = "its secret is missing";
        scope->signature = scope->separator = (struct cw_text){NULL, 0};
        if (verify->scheme == SCHEME_NONE || verify->n_keys)
            fault = check(scope, verify);
        if (!fault)
            return verify;
        first = i ? first : fault;
    }
    *reason = first;
    return NULL;
}
