/* event: one event of a delivery: its type, fields, person, id and the keys by which a second
 * coming of it is known.
 *
 * Keys. The provider's id, when there is one. Where a signature does not cover that id, anybody who
 * saw a delivery could send it again under another one: then the hash of the signed bytes, too.
 * Where nothing is signed and there is no id, two equal bodies may well be two events ("idle" twice
 * a day): the hash holds for 10 to 20 seconds, enough for a sender's retry. */
#include "parts.h"

#include <string.h>

enum { BUCKET_MS = 10 * 1000, HASH_LEN = 64 };

/* ---- The hash of what was signed ---- */

static bool put_digest(void *ctx, const void *at, size_t len)
{
    return EVP_DigestUpdate(ctx, at, len) == 1;
}

/* Hex SHA-256 of the bytes that `by` signs (of query and body when it signs nothing). */
static const char *hash_of(struct scope *scope, const struct verify *by)
{
    if (scope->hash)
        return scope->hash;
    EVP_MD_CTX *ctx = scope->scratch->digest;
    const struct http_request *request = scope->request;
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *hex = scope_take(scope, HASH_LEN + 1);
    bool ok = hex && EVP_DigestInit_ex2(ctx, scope->scratch->sha256, NULL) == 1;
    if (ok && by->scheme == SCHEME_HMAC)
        ok = verify_content(scope, by, put_digest, ctx);
    else if (ok)
        ok = EVP_DigestUpdate(ctx, request->query.at, request->query.len) == 1 &&
             EVP_DigestUpdate(ctx, "\n", 1) == 1 &&
             EVP_DigestUpdate(ctx, request->body.at, request->body.len) == 1;
    if (!ok || EVP_DigestFinal_ex(ctx, bytes, &len) != 1) {
        scope->out_of_memory = true;
        return NULL;
    }
    codec_put_hex(bytes, len, hex);
    return scope->hash = hex;
}

/* ---- Type ---- */

/* "pull_request/opened" becomes pull_request_opened, "2FA on" x2fa_on. */
static struct cw_text type_slug(struct scope *scope, struct cw_text word)
{
    char *out = scope_take(scope, word.len + 2);
    size_t len = 0;
    for (size_t i = 0; out && i < word.len; i++) {
        char c = word.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool digit = c >= '0' && c <= '9';
        if (digit && !len)
            out[len++] = 'x';
        if (digit || (c >= 'a' && c <= 'z'))
            out[len++] = c;
        else if (len && out[len - 1] != '_')
            out[len++] = '_';
    }
    while (len && out[len - 1] == '_')
        len--;
    return (struct cw_text){out, len};
}

static bool set_type(struct scope *scope, struct cw_event *event, const char **reason)
{
    const struct source *source = scope->source;
    struct cw_value value = {.kind = CW_MISSING};
    const struct pick *pick = NULL;
    if (source->type.n == 1 && !source->type.all && !source->type.n_map)
        pick = scope_choose(scope, source->type.choices, &value);
    else
        value = scope_extract(scope, &source->type);
    struct cw_text word = scope_text(scope, &value);
    *reason = word.len > TYPE_BYTES ? "its event type is too long" : "it names no event type";
    if (!word.len || word.len > TYPE_BYTES)
        return false;
    event->provider_type = word;
    if (pick && pick->as.len) {
        event->type = pick->as;
        return true;
    }
    for (size_t i = 0; i < source->n_type_map; i++)
        if (source->type_map[i].from.len == word.len &&
            memcmp(source->type_map[i].from.at, word.at, word.len) == 0) {
            event->type = source->type_map[i].to.text;
            return true;
        }
    event->type = type_slug(scope, word);
    return event->type.len > 0;
}

/* ---- Fields ---- */

static void set_fields(struct scope *scope, struct cw_event *event)
{
    const struct source *source = scope->source;
    struct cw_field *fields = scope_take(scope, source->n_fields * sizeof *fields);
    for (size_t i = 0; fields && i < source->n_fields; i++) {
        struct cw_value value = scope_extract(scope, &source->fields[i].extract);
        if (value.kind != CW_MISSING)
            fields[event->n_fields++] = (struct cw_field){source->fields[i].name, value};
    }
    event->fields = fields;
}

static void set_headers(struct scope *scope, struct cw_event *event)
{
    const struct source *source = scope->source;
    if (!source->n_headers)
        return;
    struct cw_field *headers = scope_take(scope, source->n_headers * sizeof *headers);
    for (size_t i = 0; headers && i < source->n_headers; i++) {
        size_t count;
        struct cw_text text = scope_header(scope->request, source->headers[i], &count);
        if (count == 1 && form_is_utf8(text))
            headers[event->n_headers++] =
                (struct cw_field){source->headers[i], cw_value_string(text)};
    }
    event->headers = headers;
}

/* ---- Id and keys ---- */

static bool same_path(struct cw_path a, struct cw_path b)
{
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = a.steps[i].kind == CW_STEP_NAME && b.steps[i].kind == CW_STEP_NAME &&
               a.steps[i].name.len == b.steps[i].name.len &&
               memcmp(a.steps[i].name.at, b.steps[i].name.at, a.steps[i].name.len) == 0;
    return same;
}

static bool is_signed(const struct verify *by, struct cw_path path)
{
    struct cw_text root = path.steps[0].name;
    if (cw_text_is(root, "body") || cw_text_is(root, "item") || cw_text_is(root, "form"))
        return by->signs_body;
    for (size_t i = 0; i < by->n_pieces; i++)
        if (by->pieces[i].kind == PIECE_PATH && same_path(by->pieces[i].path, path))
            return true;
    return false;
}

/* The first id that is there, and whether the signature covers all that it is made of. */
static struct cw_text find_id(struct scope *scope, const struct verify *by, bool *covered)
{
    const struct choice *choice = scope->source->id.choices;
    for (size_t i = 0; scope->source->id.n && i < choice->n; i++) {
        const struct choice one = {&choice->picks[i], 1};
        const struct extract extract = {.choices = &one, .n = 1};
        struct cw_value value = scope_extract(scope, &extract);
        struct cw_text id = scope_text(scope, &value);
        if (!id.len)
            continue;
        *covered = true;
        for (size_t p = 0; p < cw_template_count(one.picks->tpl); p++)
            *covered = *covered && is_signed(by, cw_template_path(one.picks->tpl, p));
        return id;
    }
    return (struct cw_text){NULL, 0};
}

static struct cw_text short_id(struct scope *scope, struct cw_text id)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t len = 0;
    char *hex;
    if (id.len <= ID_BYTES || !(hex = scope_take(scope, HASH_LEN + 1)) ||
        !EVP_Q_digest(NULL, "SHA256", NULL, id.at, id.len, bytes, &len))
        return (struct cw_text){id.at, id.len > ID_BYTES ? 0 : id.len};
    codec_put_hex(bytes, len, hex);
    return (struct cw_text){hex, HASH_LEN};
}

static void add_key(struct scope *scope, struct source_event *out, const char *kind,
                    struct cw_text text)
{
    size_t head = strlen(kind);
    char *at = scope_take(scope, head + text.len + 1);
    if (!at)
        return;
    memcpy(at, kind, head);
    memcpy(at + head, text.at, text.len);
    out->keys[out->n_keys++] = (struct cw_text){at, head + text.len};
}

struct item {
    const struct verify *by;
    size_t index;
    bool batch;
};

static struct cw_text hash_text(struct scope *scope, const struct item *item, int64_t bucket)
{
    const char *text = hash_of(scope, item->by);
    if (item->batch && text)
        text = scope_printf(scope, "%s:%zu", text, item->index);
    if (bucket && text)
        text = scope_printf(scope, "%s@%lld", text, (long long)bucket);
    return cw_text_of(text);
}

static void set_keys(struct scope *scope, const struct item *item, struct cw_text dedupe,
                     struct source_event *out)
{
    bool covered = false, is_mac = item->by->scheme == SCHEME_HMAC;
    struct cw_text id = short_id(scope, find_id(scope, item->by, &covered));
    int64_t bucket = is_mac ? 0 : scope->now_ms / BUCKET_MS;
    if (id.len)
        add_key(scope, out, "id:", id);
    if (is_mac && !(id.len && covered))
        add_key(scope, out, "sha:", hash_text(scope, item, 0));
    if (!is_mac && !id.len && !dedupe.len) {
        add_key(scope, out, "sha:", hash_text(scope, item, bucket));
        add_key(scope, out, "sha:", hash_text(scope, item, bucket + 1));
    }
    if (dedupe.len)
        add_key(scope, out, "key:", dedupe);
    out->event.id = id.len ? id : dedupe.len ? dedupe : hash_text(scope, item, bucket);
}

static struct cw_text dedupe_key(struct scope *scope, const struct cw_event *event)
{
    if (!scope->source->dedupe)
        return (struct cw_text){NULL, 0};
    scope->event = event;
    struct cw_value value = scope_render(scope, scope->source->dedupe);
    scope->event = NULL;
    return short_id(scope, scope_text(scope, &value));
}

bool event_build(struct scope *scope, const struct verify *by, size_t index, bool batch,
                 struct source_event *out, const char **reason)
{
    const struct source *source = scope->source;
    *out = (struct source_event){.event = {.source = cw_text_of(source->name),
                                           .family = cw_text_of(source->family),
                                           .received_ms = scope->now_ms,
                                           .body = scope->item}};
    if (!set_type(scope, &out->event, reason))
        return false;
    set_fields(scope, &out->event);
    set_headers(scope, &out->event);
    out->event.user = scope_extract(scope, &source->user);
    out->entry = scope_extract(scope, &source->entry);
    const struct item item = {by, index, batch};
    set_keys(scope, &item, dedupe_key(scope, &out->event), out);
    return !scope->out_of_memory;
}
