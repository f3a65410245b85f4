/* sign: the headers with which a source's provider would send a body, for `send` and for tests. */
#include "parts.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { SIGN_HEADERS = 40 };

struct signing {
    struct scope scope;
    struct http_request request;
    struct http_header *headers;
    size_t n;
    struct cw_error *err;
};

static enum cw_status no_memory(struct signing *s)
{
    return cw_fail(s->err, CW_NOMEM, "no memory to sign a body");
}

static enum cw_status add(struct signing *s, struct cw_text name, const char *value)
{
    if (!value || s->n == SIGN_HEADERS)
        return no_memory(s);
    s->headers[s->n++] = (struct http_header){name, cw_text_of(value)};
    s->request.n_headers = s->n;
    return CW_OK;
}

static bool has(const struct signing *s, struct cw_text name)
{
    size_t count;
    scope_header(&s->request, name, &count);
    return count > 0;
}

static const char *uuid(struct signing *s)
{
    unsigned char b[16];
    char hex[33];
    if (RAND_bytes(b, sizeof b) != 1)
        return NULL;
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    codec_put_hex(b, sizeof b, hex);
    return scope_printf(&s->scope, "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16,
                        hex + 20);
}

/* ---- What goes along with the body ---- */

static const char *content_type(struct signing *s)
{
    unsigned decoders = s->scope.source->decoders;
    struct cw_json *json = s->scope.scratch->json;
    struct cw_text body = s->request.body;
    const char *end = body.len ? memchr(body.at, '\n', body.len) : NULL;
    if (decoders & DECODE_JSON && !cw_json_read(json, body, NULL))
        return "application/json";
    struct cw_text line = {body.at, end ? (size_t)(end - body.at) : body.len};
    if (decoders & DECODE_NDJSON && !cw_json_read(json, line, NULL))
        return "application/x-ndjson";
    if (decoders & (DECODE_FORM | DECODE_FORM_PAYLOAD) && body.len && body.at[0] != '{')
        return "application/x-www-form-urlencoded";
    return "application/json";
}

static bool fits(struct signing *s, const struct send_guess *guess)
{
    bool all = true;
    for (size_t i = 0; all && i < guess->n_has; i++) {
        struct cw_value value = {.kind = CW_MISSING};
        all = decode_body(&s->scope) &&
              !cw_value_get(&s->scope.body, guess->has[i], s->scope.arena, &value) &&
              value.kind != CW_MISSING;
    }
    return all;
}

static enum cw_status add_sent(struct signing *s, const struct send_header *header)
{
    if (header->uuid)
        return add(s, header->name, uuid(s));
    for (size_t i = 0; i < header->n; i++)
        if (fits(s, &header->guesses[i]))
            return add(s, header->name, header->guesses[i].value.at);
    return cw_fail(s->err, CW_EINVAL, "the body does not tell what `%s` would say",
                   header->name.at);
}

/* ---- The proof ---- */

static struct cw_text header_of(struct cw_path path)
{
    if (path.n == 2 && cw_text_is(path.steps[0].name, "header") &&
        path.steps[1].kind == CW_STEP_NAME)
        return path.steps[1].name;
    return (struct cw_text){NULL, 0};
}

static const char *now_text(struct signing *s, const struct verify *verify)
{
    int64_t now = verify->time_in_ms ? s->scope.now_ms : s->scope.now_ms / 1000;
    return scope_printf(&s->scope, "%lld", (long long)now);
}

/* The headers that the content reads: the time, and ids. */
static enum cw_status add_covered(struct signing *s, const struct verify *verify)
{
    enum cw_status status = CW_OK;
    struct cw_text time = {NULL, 0};
    if (verify->time && cw_template_count(verify->time) == 1)
        time = header_of(cw_template_path(verify->time, 0));
    if (time.len && !has(s, time))
        status = add(s, time, now_text(s, verify));
    for (size_t i = 0; !status && i < verify->n_pieces; i++) {
        struct cw_text name = {NULL, 0};
        if (verify->pieces[i].kind == PIECE_PATH)
            name = header_of(verify->pieces[i].path);
        if (name.len && !has(s, name))
            status = add(s, name, uuid(s));
    }
    return status;
}

/* "t=1780000000," where the signature's own list holds the time. */
static const char *list_head(struct signing *s, const struct verify *verify)
{
    bool in_list = verify->time && cw_template_count(verify->time) == 1 &&
                   cw_text_is(cw_template_path(verify->time, 0).steps[0].name, "sig");
    if (!in_list)
        return "";
    struct cw_path path = cw_template_path(verify->time, 0);
    const char *name = path.n == 2 ? path.steps[1].name.at : "t";
    const char *head = scope_printf(&s->scope, "%s=%s", name, now_text(s, verify));
    s->scope.signature = cw_text_of(head);
    s->scope.separator = verify->separator;
    return head ? scope_printf(&s->scope, "%s%s", head, verify->separator.at) : NULL;
}

static enum cw_status add_hmac(struct signing *s, const struct verify *verify)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE + 1];
    enum cw_status status = add_covered(s, verify);
    const char *head = list_head(s, verify);
    if (status || !head)
        return status ? status : no_memory(s);
    if (!verify_mac(&s->scope, verify, &verify->keys[0], mac))
        return cw_fail(s->err, CW_EINVAL, "what the signature covers is not in the body");
    if (verify->base64)
        codec_put_base64(mac, verify->digest_len, text);
    else
        codec_put_hex(mac, verify->digest_len, text);
    return add(s, verify->headers[0],
               scope_printf(&s->scope, "%s%s%s%s", verify->prefix.len ? verify->prefix.at : "",
                            head, verify->version.len ? verify->version.at : "", text));
}

static char *copy_secret(struct signing *s, const struct verify_key *key)
{
    char *text = scope_take(&s->scope, key->len + 1);
    return text ? memcpy(text, key->bytes, key->len) : NULL;
}

static enum cw_status add_token(struct signing *s, const struct verify *verify)
{
    const struct token_place *place = verify->places;
    struct cw_text name = {NULL, 0};
    for (size_t i = 0; i < verify->n_places && !name.len; i++)
        if (cw_template_count(verify->places[i].from) == 1) {
            place = &verify->places[i];
            name = header_of(cw_template_path(place->from, 0));
        }
    const char *secret = copy_secret(s, &verify->keys[0]);
    if (!name.len)
        return cw_fail(s->err, CW_EINVAL, "the token of this source is not in a header");
    if (!secret || !place->word)
        return add(s, name, secret);
    size_t size = strlen(place->word) + verify->keys[0].len + 2;
    char *value = scope_take(&s->scope, size);
    if (value)
        snprintf(value, size, "%s %s", place->word, secret);
    return add(s, name, value);
}

static enum cw_status add_basic(struct signing *s, const struct verify *verify)
{
    const struct verify_key *key = &verify->keys[0];
    char *value = scope_take(&s->scope, 6 + (key->len + 2) / 3 * 4 + 1);
    if (!value)
        return no_memory(s);
    memcpy(value, "Basic ", 6);
    codec_put_base64(key->bytes, key->len, value + 6);
    return add(s, CW_TEXT("Authorization"), value);
}

static enum cw_status add_proof(struct signing *s)
{
    const struct verify *verify = s->scope.source->verify;
    if (verify->scheme == SCHEME_NONE)
        return CW_OK;
    if (!verify->n_keys)
        return cw_fail(s->err, CW_EINVAL, "the secret of source `%s` is missing",
                       s->scope.source->name);
    if (verify->scheme == SCHEME_HMAC)
        return add_hmac(s, verify);
    return verify->scheme == SCHEME_BASIC ? add_basic(s, verify) : add_token(s, verify);
}

enum cw_status source_sign(const struct source *source, struct cw_text body, int64_t now_ms,
                           struct cw_arena *arena, struct http_header **headers, size_t *n,
                           struct cw_error *err)
{
    struct source_scratch *scratch = source_scratch_create();
    struct signing s = {
        .scope = {.source = source, .scratch = scratch, .arena = arena, .now_ms = now_ms},
        .err = err};
    s.headers = cw_arena_take(arena, SIGN_HEADERS * sizeof *s.headers);
    s.request = (struct http_request){.method = CW_TEXT("POST"), .body = body};
    s.request.headers = s.headers;
    s.scope.request = &s.request;
    enum cw_status status = s.headers ? CW_OK : no_memory(&s);
    if (!status)
        status = add(&s, CW_TEXT("Content-Type"), content_type(&s));
    for (size_t i = 0; !status && i < source->n_send; i++)
        status = add_sent(&s, &source->send[i]);
    if (!status)
        status = add_proof(&s);
    source_scratch_destroy(scratch);
    if (!status) {
        *headers = s.headers;
        *n = s.n;
    }
    return status;
}
