/* compile_verify: the schemes by which a source's requests are proven, with their secrets. */
#include "compile.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static const char *const scheme_words[] = {"hmac",   "bearer",  "basic", "token",
                                           "equals", "ed25519", "jwt",   NULL};

static const char *scheme_of(const struct cw_node *map)
{
    for (size_t i = 0; scheme_words[i]; i++)
        if (cw_node_get(map, scheme_words[i]))
            return scheme_words[i];
    return NULL;
}

/* One entry of `verify`: the user's map over the preset's of the same scheme. */
struct entry {
    const struct cw_node *user, *base;
    const char *scheme;
};

static const struct cw_node *get(const struct entry *e, const char *key)
{
    const struct cw_node *own = cw_node_get(e->user, key);
    return own || !e->base ? own : cw_node_get(e->base, key);
}

/* ---- Secrets ---- */

enum key_encoding { KEY_TEXT, KEY_BASE64, KEY_HEX, KEY_WHSEC };

/* Decodes in place. Returns: the length, or SIZE_MAX. */
static size_t decode_key(char *text, enum key_encoding encoding)
{
    struct cw_text from = cw_text_of(text);
    unsigned char *out = (unsigned char *)text;
    if (encoding == KEY_TEXT)
        return from.len;
    if (encoding == KEY_HEX)
        return codec_hex(from, out, from.len);
    if (encoding == KEY_WHSEC && strncmp(from.at, "whsec_", 6) == 0)
        from = (struct cw_text){from.at + 6, from.len - 6};
    return codec_base64(from, out, from.len);
}

static void add_secret(struct compile *c, const struct cw_node *node, enum key_encoding encoding,
                       struct verify *out)
{
    struct cw_error err;
    char *text;
    if (!compile_is(c, node, CW_NODE_SCALAR, "a secret"))
        return;
    enum cw_status status = secrets_text(c->deps->secrets, cw_node_text(node), &text, &err);
    if (status == CW_ENOENT) {
        cw_diags_add(c->deps->diags, c->deps->missing_secret, "bad-secret", cw_node_place(node),
                     NULL, "%s", err.text);
        c->failed = c->failed || c->deps->missing_secret == CW_ERROR;
        return;
    }
    if (status) {
        bool syntax = status == CW_ESYNTAX;
        err.at = syntax ? err.at : -1;
        err.status = CW_ESYNTAX;
        compile_fault_in(c, node, syntax ? "bad-template" : "bad-secret", &err);
        return;
    }
    size_t len = strlen(text), decoded = decode_key(text, encoding);
    if (decoded == SIZE_MAX || !decoded)
        compile_fault(c, node, "bad-secret", NULL,
                      "the secret is not encoded as `key_encoding` says");
    else if (out->scheme == SCHEME_BASIC && !strchr(text, ':'))
        compile_fault(c, node, "bad-secret", NULL, "`basic` takes USER:PASSWORD");
    else if (!verify_key_set(out, (unsigned char *)text, decoded))
        compile_fault(c, node, "bad-secret", NULL, "the secret cannot be used as a key");
    else if (decoded < 16)
        cw_diags_add(c->deps->diags, CW_WARNING, "weak-secret", cw_node_place(node), NULL,
                     "this secret has only %zu byte%s; 24 random ones are a good length", decoded,
                     decoded == 1 ? "" : "s");
    OPENSSL_cleanse(text, len);
    secret_free(text);
}

static void add_secrets(struct compile *c, const struct cw_node *node, enum key_encoding encoding,
                        struct verify *out)
{
    bool seq = cw_node_kind(node) == CW_NODE_SEQ;
    size_t n = seq ? cw_node_count(node) : 1;
    if (!n || n > SOURCE_SECRETS) {
        compile_fault(c, node, "bad-value", NULL, "one to %d secrets belong here", SOURCE_SECRETS);
        return;
    }
    for (size_t i = 0; i < n; i++)
        add_secret(c, seq ? cw_node_item(node, i) : node, encoding, out);
}

/* ---- hmac ---- */

static void set_digest(struct compile *c, const struct cw_node *node, struct verify *out)
{
    static const char *const names[] = {"SHA1", "SHA256", "SHA512"};
    static const size_t lengths[] = {20, 32, 64};
    for (size_t i = 0; grammar_digests[i]; i++)
        if (cw_text_is(cw_node_text(node), grammar_digests[i])) {
            out->digest = names[i];
            out->digest_len = lengths[i];
            return;
        }
    compile_unknown(c, node, "bad-value", "digest", grammar_digests);
}

static void set_headers(struct compile *c, const struct cw_node *node, struct verify *out)
{
    bool seq = node && cw_node_kind(node) == CW_NODE_SEQ;
    size_t n = !node ? 0 : seq ? cw_node_count(node) : 1;
    if (!n || n > 4) {
        compile_fault(c, node ? node : c->key, n ? "bad-value" : "missing-key", NULL,
                      "`header` names the one to four headers that may hold the signature");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct cw_node *item = seq ? cw_node_item(node, i) : node;
        out->headers[i] = compile_copy(c, cw_node_text(item));
        if (cw_node_is_null(item) || !compile_is_token(out->headers[i]))
            compile_fault(c, item, "bad-value", NULL, "not the name of a header");
    }
    out->n_headers = n;
}

static int choose(struct compile *c, const struct cw_node *node, const char *what,
                  const char *const *words)
{
    for (int i = 0; node && words[i]; i++)
        if (cw_text_is(cw_node_text(node), words[i]))
            return i;
    if (node)
        compile_unknown(c, node, "bad-value", what, words);
    return 0;
}

static void set_list(struct compile *c, const struct cw_node *node, struct verify *out)
{
    if (!compile_is(c, node, CW_NODE_MAP, "{ separator, version }"))
        return;
    compile_keys(c, node, grammar_list);
    const struct cw_node *separator = cw_node_get(node, "separator");
    const struct cw_node *version = cw_node_get(node, "version");
    if (!separator || !cw_node_text(separator).len)
        compile_fault(c, node, "missing-key", NULL, "`separator` is missing");
    else
        out->separator = compile_copy(c, cw_node_text(separator));
    if (version && compile_is(c, version, CW_NODE_SCALAR, "a text"))
        out->version = compile_copy(c, cw_node_text(version));
}

static void set_time(struct compile *c, const struct cw_node *node, struct verify *out)
{
    struct cw_error err;
    if (!compile_is(c, node, CW_NODE_MAP, "{ from, unit, tolerance }"))
        return;
    compile_keys(c, node, grammar_time);
    const struct cw_node *from = cw_node_get(node, "from");
    const struct cw_node *tolerance = cw_node_get(node, "tolerance");
    if (!from || !tolerance) {
        compile_fault(c, node, "missing-key", NULL, "`%s` is missing", from ? "tolerance" : "from");
        return;
    }
    out->time = compile_template(c, from, ROOTS_SIGNED);
    out->time_in_ms = choose(c, cw_node_get(node, "unit"), "unit", grammar_time_units) == 1;
    if (cw_duration_parse(cw_node_text(tolerance), &out->tolerance_ms, &err))
        compile_fault(c, tolerance, "bad-duration", NULL, "%s", err.text);
}

static void compile_hmac(struct compile *c, const struct entry *e, struct verify *out)
{
    out->scheme = SCHEME_HMAC;
    compile_keys(c, e->user, grammar_hmac);
    set_digest(c, get(e, "hmac"), out);
    set_headers(c, get(e, "header"), out);
    out->base64 = choose(c, get(e, "encoding"), "encoding", grammar_encodings) == 1;
    int encoding = choose(c, get(e, "key_encoding"), "encoding of keys", grammar_key_encodings);
    if (get(e, "prefix") && compile_is(c, get(e, "prefix"), CW_NODE_SCALAR, "a text"))
        out->prefix = compile_copy(c, cw_node_text(get(e, "prefix")));
    if (get(e, "list"))
        set_list(c, get(e, "list"), out);
    if (get(e, "time"))
        set_time(c, get(e, "time"), out);
    compile_content(c, get(e, "content"), out);
    const struct cw_node *secret = cw_node_get(e->user, "secret");
    if (!secret)
        compile_fault(c, e->user, "missing-key", NULL, "`secret` is missing");
    else if (out->digest)
        add_secrets(c, secret, (enum key_encoding)encoding, out);
}

/* ---- bearer, token, header and equals, basic ---- */

static void token_from(struct compile *c, const char *text, const char *word, struct verify *out)
{
    struct cw_text copy = compile_copy(c, cw_text_of(text));
    struct token_place *place = &out->places[out->n_places++];
    place->word = word;
    if (cw_template_parse(copy, c->source->arena, &place->from, NULL))
        compile_fault(c, c->key, "bad-template", NULL, "`%s` cannot be read", text);
}

/* A template, or { take: ${header.Authorization}, word: Token }. */
static void compile_place(struct compile *c, const struct cw_node *node, struct token_place *out)
{
    const struct cw_node *take = node, *word = NULL;
    if (cw_node_kind(node) == CW_NODE_MAP) {
        compile_keys(c, node, grammar_place);
        take = cw_node_get(node, "take");
        word = cw_node_get(node, "word");
    }
    if (!take) {
        compile_fault(c, node, "missing-key", NULL, "`take` is missing");
        return;
    }
    out->from = compile_template(c, take, ROOTS_SIGNED);
    if (word && !compile_is_token(cw_node_text(word)))
        compile_fault(c, word, "bad-value", NULL, "not a word such as Bearer");
    else if (word)
        out->word = compile_copy(c, cw_node_text(word)).at;
}

static void compile_token(struct compile *c, const struct entry *e, struct verify *out)
{
    compile_keys(c, e->user, grammar_token);
    const struct cw_node *from = get(e, "from");
    bool seq = from && cw_node_kind(from) == CW_NODE_SEQ;
    size_t n = !from ? 0 : seq ? cw_node_count(from) : 1;
    if (!n || n > sizeof out->places / sizeof out->places[0]) {
        compile_fault(c, n ? from : e->user, n ? "bad-value" : "missing-key", NULL,
                      "`from` names the one to four places where the token may be, such as "
                      "${header.X-Token}");
        return;
    }
    for (size_t i = 0; i < n; i++)
        compile_place(c, seq ? cw_node_item(from, i) : from, &out->places[i]);
    out->n_places = n;
}

static void compile_equals(struct compile *c, const struct entry *e, struct verify *out)
{
    compile_keys(c, e->user, grammar_equals);
    const struct cw_node *header = get(e, "header");
    if (!header || cw_node_is_null(header) || !compile_is_token(cw_node_text(header))) {
        compile_fault(c, e->user, "missing-key", NULL, "`header` must name the header");
        return;
    }
    char text[300];
    struct cw_text name = cw_node_text(header);
    snprintf(text, sizeof text, "${header.%.*s}", (int)(name.len > 200 ? 200 : name.len), name.at);
    token_from(c, text, NULL, out);
}

static void compile_one_word(struct compile *c, const struct entry *e, struct verify *out)
{
    bool basic = strcmp(e->scheme, "basic") == 0;
    compile_keys(c, e->user, basic ? grammar_basic : grammar_bearer);
    if (basic)
        out->scheme = SCHEME_BASIC;
    else
        token_from(c, "${header.Authorization}", "Bearer", out);
}

static void compile_plain(struct compile *c, const struct entry *e, struct verify *out)
{
    out->scheme = SCHEME_TOKEN;
    if (strcmp(e->scheme, "token") == 0)
        compile_token(c, e, out);
    else if (strcmp(e->scheme, "equals") == 0)
        compile_equals(c, e, out);
    else
        compile_one_word(c, e, out);
    const struct cw_node *own = cw_node_get(e->user, e->scheme);
    const struct cw_node *secret = cw_node_get(e->user, "secret");
    if (own && secret)
        compile_fault(c, secret, "bad-value", NULL, "the secret stands under `%s` already",
                      e->scheme);
    else
        add_secrets(c, own ? own : secret, KEY_TEXT, out);
}

/* ---- Entries ---- */

/* The preset's map for an entry: of its scheme, or its first one when the entry names none. */
static const struct cw_node *base_of(const struct compile *c, const char *scheme)
{
    const struct cw_node *node = c->preset ? cw_node_get(c->preset, "verify") : NULL;
    if (!node || cw_node_kind(node) == CW_NODE_SCALAR)
        return NULL;
    bool seq = cw_node_kind(node) == CW_NODE_SEQ;
    for (size_t i = 0; i < (seq ? cw_node_count(node) : 1); i++) {
        const struct cw_node *map = seq ? cw_node_item(node, i) : node;
        if (!scheme || (scheme_of(map) && strcmp(scheme_of(map), scheme) == 0))
            return map;
    }
    return NULL;
}

static bool find_scheme(struct compile *c, const struct cw_node *node, struct entry *out)
{
    *out = (struct entry){.user = node, .scheme = scheme_of(node)};
    for (size_t i = 0; scheme_words[i]; i++)
        if (cw_node_get(node, scheme_words[i]) && strcmp(scheme_words[i], out->scheme) != 0) {
            compile_fault(c, node, "bad-value", NULL,
                          "`%s` and `%s` are two schemes: make it a list", out->scheme,
                          scheme_words[i]);
            return false;
        }
    out->base = base_of(c, out->scheme);
    /* Who says where the proof stands has written the scheme out: no prefix or encoding of the
     * preset's own may change it. */
    if (out->scheme && (cw_node_get(node, "header") || cw_node_get(node, "from")))
        out->base = NULL;
    if (!out->scheme && out->base && cw_node_get(node, "secret"))
        out->scheme = scheme_of(out->base);
    if (out->scheme)
        return true;
    static const struct key keys[] = {{.name = "hmac"},    {.name = "bearer"}, {.name = "basic"},
                                      {.name = "token"},   {.name = "header"}, {.name = "equals"},
                                      {.name = "ed25519"}, {.name = "jwt"},    {.name = "secret"},
                                      {.name = NULL}};
    size_t before = cw_diags_count(c->deps->diags, CW_ERROR);
    compile_keys(c, node, keys);
    bool no_preset = cw_node_get(c->user, "preset") && !c->preset; /* reported as such */
    if (cw_diags_count(c->deps->diags, CW_ERROR) > before ||
        (no_preset && cw_node_get(node, "secret")))
        return false;
    compile_fault(c, node, "missing-key", NULL, "%s",
                  cw_node_get(node, "secret")
                      ? "a `secret` alone needs a preset that knows the scheme"
                      : "no scheme: hmac, bearer, basic, token or header with equals");
    return false;
}

static const struct cw_node *key_of(const struct cw_node *map, const char *name)
{
    for (size_t i = 0; i < cw_node_count(map); i++)
        if (cw_text_is(cw_node_text(cw_node_key(map, i)), name))
            return cw_node_key(map, i);
    return map;
}

static void compile_entry(struct compile *c, const struct cw_node *node)
{
    struct entry e;
    if (c->source->n_verify == SOURCE_SCHEMES) {
        compile_fault(c, node, "too-large", NULL, "more than %d schemes", SOURCE_SCHEMES);
        return;
    }
    if (!compile_is(c, node, CW_NODE_MAP, "a scheme such as { bearer: ${secret.x} }") ||
        !find_scheme(c, node, &e))
        return;
    struct verify *out = &c->source->verify[c->source->n_verify++];
    if (strcmp(e.scheme, "ed25519") == 0 || strcmp(e.scheme, "jwt") == 0)
        compile_later(c, key_of(node, e.scheme), e.scheme);
    else if (strcmp(e.scheme, "hmac") == 0)
        compile_hmac(c, &e, out);
    else
        compile_plain(c, &e, out);
}

void compile_verify(struct compile *c)
{
    const struct cw_node *node = cw_node_get(c->user, "verify");
    if (!node) {
        if (!compile_meant(c, "verify"))
            compile_fault(c, c->key, "missing-key", "verify: none",
                          "`verify` is missing; a source that believes everybody says so");
        return;
    }
    if (cw_node_kind(node) == CW_NODE_SCALAR && cw_text_is(cw_node_text(node), "none")) {
        c->source->verify[c->source->n_verify++].scheme = SCHEME_NONE;
        return;
    }
    bool seq = cw_node_kind(node) == CW_NODE_SEQ;
    if (seq && !cw_node_count(node))
        compile_fault(c, node, "bad-value", NULL, "an empty list proves nothing");
    for (size_t i = 0; i < (seq ? cw_node_count(node) : 1); i++)
        compile_entry(c, seq ? cw_node_item(node, i) : node);
}
