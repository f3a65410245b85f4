#include "oauth.h"

#include "codec.h"
#include "form.h"
#include "secret.h"
#include "xalloc.h"

#include <ctype.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SECOND_MS = 1000, HOUR_S = 3600, YEAR_S = 365 * 86400 };

/* ---- A login ---- */

/* 32 bytes become 43 signs: base64 for URLs has no padding. */
static void put_base64url(const unsigned char bytes[32], char out[OAUTH_TEXT])
{
    char text[OAUTH_TEXT + 1];
    codec_put_base64(bytes, 32, text);
    for (size_t i = 0; i < OAUTH_TEXT - 1; i++)
        out[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    out[OAUTH_TEXT - 1] = '\0';
    OPENSSL_cleanse(text, sizeof text);
}

static void put_random(char out[OAUTH_TEXT])
{
    unsigned char bytes[32];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    put_base64url(bytes, out);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

void oauth_login_begin(struct oauth_login *login)
{
    put_random(login->state);
    put_random(login->verifier);
}

void oauth_challenge(const char *verifier, char out[OAUTH_TEXT])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)verifier, strlen(verifier), digest);
    put_base64url(digest, out);
}

char *oauth_authorize_url(const char *authorize_url, const char *client_id,
                          const char *redirect_url, const struct oauth_login *login)
{
    char challenge[OAUTH_TEXT];
    auto_free char *id = form_pair("client_id", client_id);
    auto_free char *back = form_pair("redirect_uri", redirect_url);
    oauth_challenge(login->verifier, challenge);
    return xprintf("%s?response_type=code&grant_type=authorization_code&%s&%s"
                   "&scope=full_access%%20offline_access&state=%s&code_challenge=%s"
                   "&code_challenge_method=S256",
                   authorize_url, id, back, login->state, challenge);
}

/* ---- Requests ---- */

/* Who has a secret says who they are in a header. */
static char *with_client(const struct oauth_client *client, char *form)
{
    if (client->secret)
        return form;
    auto_free char *id = form_pair("client_id", client->id);
    char *longer = xprintf("%s&%s", form, id);
    secret_free(form);
    return longer;
}

char *oauth_exchange_form(const struct oauth_client *client, const char *code,
                          const char *redirect_url, const char *verifier)
{
    char *pairs[] = {form_pair("code", code), form_pair("redirect_uri", redirect_url),
                     form_pair("code_verifier", verifier)};
    char *form = xprintf("grant_type=authorization_code&%s&%s&%s", pairs[0], pairs[1], pairs[2]);
    for (size_t i = 0; i < 3; i++)
        secret_free(pairs[i]);
    return with_client(client, form);
}

char *oauth_refresh_form(const struct oauth_client *client, const char *refresh)
{
    char *pair = form_pair("refresh_token", refresh);
    char *form = xprintf("grant_type=refresh_token&%s", pair);
    secret_free(pair);
    return with_client(client, form);
}

/* RFC 6749, 2.3.1: both are encoded as in a form before they are joined. */
char *oauth_basic(const struct oauth_client *client)
{
    if (!client->secret)
        return NULL;
    char *id = form_pair("", client->id), *secret = form_pair("", client->secret);
    char *pair = xprintf("%s:%s", id + 1, secret + 1);
    char *base64 = xcalloc(1, strlen(pair) / 3 * 4 + 5);
    codec_put_base64((const unsigned char *)pair, strlen(pair), base64);
    char *header = xprintf("Authorization: Basic %s", base64);
    secret_free(id);
    secret_free(secret);
    secret_free(pair);
    secret_free(base64);
    return header;
}

/* ---- Answers ---- */

bool oauth_is_token(struct cw_text text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
            return false;
    return text.len && text.len <= OAUTH_TOKEN_MOST;
}

/* A copy of the token of that name, or NULL; the one in the JSON is wiped. */
static char *take_token(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    struct cw_text text = {json_string_value(value), json_string_length(value)};
    char *copy = json_is_string(value) && oauth_is_token(text) ? xtext(text) : NULL;
    if (text.len)
        OPENSSL_cleanse((char *)(uintptr_t)text.at, text.len);
    return copy;
}

/* A pair is too dear to be thrown away for an odd number beside it. */
static int64_t expires_in_ms(const json_t *value)
{
    double s =
        json_is_string(value) ? strtod(json_string_value(value), NULL) : json_number_value(value);
    if (!(s >= 1)) /* not a number, too */
        s = HOUR_S;
    if (s > YEAR_S)
        s = YEAR_S;
    return (int64_t)s * SECOND_MS;
}

static bool is_bearer(const json_t *type)
{
    return !type || (json_is_string(type) && strcasecmp(json_string_value(type), "bearer") == 0);
}

static bool read_pair(const json_t *json, struct oauth_pair *out)
{
    struct oauth_pair pair = {take_token(json, "access_token"), take_token(json, "refresh_token"),
                              expires_in_ms(json_object_get(json, "expires_in"))};
    bool has_refresh = json_object_get(json, "refresh_token") != NULL &&
                       !json_is_null(json_object_get(json, "refresh_token"));
    if (pair.access && (pair.refresh || !has_refresh) &&
        is_bearer(json_object_get(json, "token_type"))) {
        *out = pair;
        return true;
    }
    oauth_pair_wipe(&pair);
    return false;
}

/* A word of the server, when it is one: it goes into lines for people. */
static const char *error_word(const json_t *json)
{
    const char *word = json_string_value(json_object_get(json, "error"));
    size_t len = word ? strlen(word) : 0;
    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)word[i]) && word[i] != '_')
            return "";
    return len && len <= 40 ? word : "";
}

static enum oauth_verdict judge_refusal(int status, const char *word)
{
    static const char *const ours[] = {"invalid_client", "unauthorized_client", "invalid_request",
                                       "invalid_scope", "unsupported_grant_type"};
    if (strcmp(word, "invalid_grant") == 0)
        return OAUTH_GONE;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(word, ours[i]) == 0)
            return OAUTH_CLIENT;
    bool is_elsewhere = status < 400 || status == 404 || status == 405;
    return is_elsewhere || status == 401 ? OAUTH_CLIENT : OAUTH_AGAIN;
}

enum oauth_verdict oauth_judge(int status, struct cw_text body, struct oauth_pair *out,
                               char why[200])
{
    /* An odd number beside the tokens does not cost us the tokens. */
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL;
    bool is_short = body.len <= OAUTH_ANSWER_MOST;
    json_t *json = is_short ? json_loadb(body.at, body.len, flags, NULL) : NULL;
    enum oauth_verdict verdict = OAUTH_LOST;
    bool is_success = status >= 200 && status < 300;
    why[0] = '\0';
    if (is_success && read_pair(json, out))
        verdict = OAUTH_GOOD;
    else if (!is_success && status < 500)
        verdict = judge_refusal(status, error_word(json));
    if (is_success && verdict != OAUTH_GOOD)
        snprintf(why, 200, "awork's answer holds no tokens");
    else if (!is_success)
        snprintf(why, 200, "awork answered %d%s%s", status, *error_word(json) ? " " : "",
                 error_word(json));
    json_decref(json);
    return verdict;
}

void oauth_pair_wipe(struct oauth_pair *pair)
{
    secret_free(pair->access);
    secret_free(pair->refresh);
    *pair = (struct oauth_pair){0};
}
