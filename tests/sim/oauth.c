/*
 * The OAuth 2 code flow: authorize, where a person of the test's choice consents at once, and
 * token. A code and a refresh token are good once; a refresh gives a new one of each kind. A code
 * that comes twice ends what the first use brought.
 */
#include "codec.h"
#include "tokens.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

/* ---- Redirects ---- */

/* The rest of http://HOST[:PORT] behind a loopback host, without the port; NULL: another one. */
static const char *after_loopback(const char *uri)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        size_t bytes = strlen(hosts[i]);
        if (strncasecmp(uri, hosts[i], bytes) != 0)
            continue;
        uri += bytes;
        if (*uri == ':')
            uri += 1 + strspn(uri + 1, "0123456789");
        return *uri == '\0' || *uri == '/' ? uri : NULL;
    }
    return NULL;
}

/* Of a loopback address any port will do (RFC 8252, 7.3). */
static bool may_go_to(const struct sim_client *client, const char *uri)
{
    const char *path = after_loopback(uri);
    if (strpbrk(uri, "# \r\n") != NULL)
        return false;
    for (size_t i = 0; i < json_array_size(client->redirects); i++) {
        const char *known = json_string_value(json_array_get(client->redirects, i));
        const char *known_path = after_loopback(known);
        if (strcmp(known, uri) == 0 ||
            (path != NULL && known_path != NULL && strcmp(path, known_path) == 0))
            return true;
    }
    return false;
}

/* Back to the client with one word of ours, and with what it gave us to keep. */
static void send_back(struct sim_call *call, const char *uri, const char *name, const char *value)
{
    const char *state = sim_query(call, "state");
    char *escaped = state != NULL ? sim_escape(state) : NULL;
    size_t room = strlen(uri) + strlen(value) + (escaped != NULL ? strlen(escaped) : 0) + 64;
    call->location = sim_alloc(room, 1);
    snprintf(call->location, room, "%s%c%s=%s%s%s", uri, strchr(uri, '?') != NULL ? '&' : '?', name,
             value, escaped != NULL ? "&state=" : "", escaped != NULL ? escaped : "");
    free(escaped);
    call->confidential = true;
    sim_say(call, 302, NULL);
}

/* ---- authorize ---- */

static void say_oauth_error(struct sim_call *call, int status, const char *error,
                            const char *description)
{
    call->confidential = true;
    sim_say(call, status,
            sim_must(json_pack("{s:s, s:s}", "error", error, "error_description", description)));
}

/* Who says yes: the one of login_hint, an id or an e-mail address, else the test's choice. */
static struct sim_user *consenting(const struct sim_call *call)
{
    const struct sim_world *world = &call->sim->world;
    const char *hint = sim_query(call, "login_hint");
    if (hint == NULL)
        return call->sim->tokens->consenting;
    for (size_t i = 0; i < world->user_count; i++) {
        const json_t *infos = json_object_get(world->users[i]->model, "userContactInfos");
        if (strcasecmp(world->users[i]->id, hint) == 0)
            return world->users[i];
        for (size_t j = 0; j < json_array_size(infos); j++) {
            const json_t *value = json_object_get(json_array_get(infos, j), "value");
            if (strcasecmp(json_string_value(value), hint) == 0)
                return world->users[i];
        }
    }
    return NULL;
}

/* NULL: nothing is wrong. */
static const char *wrong_with_query(const struct sim_call *call)
{
    const char *type = sim_query(call, "response_type");
    const char *challenge = sim_query(call, "code_challenge");
    const char *method = sim_query(call, "code_challenge_method");
    const char *scope = sim_query(call, "scope");
    if (type == NULL || strcmp(type, "code") != 0)
        return "unsupported_response_type";
    if (challenge != NULL &&
        (method == NULL || strcmp(method, "S256") != 0 || strlen(challenge) != 43))
        return "invalid_request";
    if (challenge == NULL && method != NULL)
        return "invalid_request";
    for (const char *at = scope != NULL ? scope : ""; *at != '\0';) {
        size_t bytes = strcspn(at, " ");
        if (strncmp(at, "full_access", bytes) != 0 && strncmp(at, "offline_access", bytes) != 0)
            return "invalid_scope";
        at += bytes;
        at += *at == ' ';
    }
    return NULL;
}

static char *dup_or_null(const char *text)
{
    return text != NULL ? sim_dup(text, strlen(text)) : NULL;
}

static struct sim_token *make_code(struct sim_call *call, const struct sim_client *client,
                                   struct sim_user *user)
{
    struct sim_tokens *tokens = call->sim->tokens;
    struct sim_token *code = sim_token_add(tokens, SIM_CODE, NULL, user);
    code->client = client;
    code->grant = ++tokens->next_grant;
    code->expires = call->now + tokens->code_s * SIM_TICKS_PER_SECOND;
    code->redirect = dup_or_null(sim_query(call, "redirect_uri"));
    code->challenge = dup_or_null(sim_query(call, "code_challenge"));
    code->scope = dup_or_null(sim_query(call, "scope"));
    return code;
}

void sim_get_authorize(struct sim_call *call)
{
    const char *id = sim_query(call, "client_id");
    const char *uri = sim_query(call, "redirect_uri");
    const struct sim_client *client = id != NULL ? sim_client_find(call->sim->tokens, id) : NULL;
    if (client == NULL) {
        say_oauth_error(call, 400, "invalid_client", "The client is not known.");
        return;
    }
    if (uri == NULL || !may_go_to(client, uri)) {
        say_oauth_error(call, 400, "invalid_request", "The redirect_uri is not the client's.");
        return;
    }
    const char *wrong = wrong_with_query(call);
    struct sim_user *user = consenting(call);
    if (wrong != NULL)
        send_back(call, uri, "error", wrong);
    else if (user == NULL || user->deactivated || user->api_user)
        send_back(call, uri, "error", "access_denied");
    else
        send_back(call, uri, "code", make_code(call, client, user)->text);
}

/* ---- token ---- */

struct form {
    struct evkeyvalq fields;
    bool good;
};

/* In place: the list's head holds its own address. */
static void read_form(const struct sim_call *call, struct form *form)
{
    const char *type = call->content_type != NULL ? call->content_type : "";
    TAILQ_INIT(&form->fields);
    form->good = false;
    if (strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0 || call->body == NULL)
        return;
    char *text = sim_dup(call->body, call->body_bytes);
    form->good = evhttp_parse_query_str(text, &form->fields) == 0;
    free(text);
}

static const char *given(const struct form *form, const char *name)
{
    return evhttp_find_header(&form->fields, name);
}

static bool secret_fits(const struct sim_client *client, const char *secret)
{
    if (client->secret == NULL)
        return secret == NULL || secret[0] == '\0';
    return secret != NULL && strcmp(client->secret, secret) == 0;
}

static const struct sim_client *basic_client(const struct sim_call *call, const char *text)
{
    const struct sim_client *client = NULL;
    char *pair = sim_unbase64(text);
    char *colon = pair != NULL ? strchr(pair, ':') : NULL;
    if (colon != NULL) {
        *colon = '\0';
        char *id = evhttp_uridecode(pair, 0, NULL);
        char *secret = evhttp_uridecode(colon + 1, 0, NULL);
        client = id != NULL ? sim_client_find(call->sim->tokens, id) : NULL;
        if (client != NULL && !secret_fits(client, secret))
            client = NULL;
        free(id);
        free(secret);
    }
    free(pair);
    return client;
}

/* NULL: nobody whom we know. */
static const struct sim_client *client_of(const struct sim_call *call, const struct form *form)
{
    const char *header = call->authorization;
    if (header != NULL && strncasecmp(header, "Basic ", 6) == 0)
        return basic_client(call, header + 6);
    const char *id = given(form, "client_id");
    const struct sim_client *client = id != NULL ? sim_client_find(call->sim->tokens, id) : NULL;
    return client != NULL && secret_fits(client, given(form, "client_secret")) ? client : NULL;
}

static bool verifier_fits(const struct sim_token *code, const char *verifier)
{
    char challenge[44];
    if (code->challenge == NULL)
        return verifier == NULL;
    if (verifier == NULL || strlen(verifier) < 43 || strlen(verifier) > 128)
        return false;
    sim_challenge_of(verifier, challenge);
    return strcmp(challenge, code->challenge) == 0;
}

/* The token of that kind and client that is asked with, used up by this; NULL: no good. */
static struct sim_token *use_up(struct sim_call *call, const struct sim_client *client,
                                enum sim_token_kind kind, const char *text)
{
    struct sim_token *token = text != NULL ? sim_token_find(call->sim->tokens, text) : NULL;
    if (token == NULL || token->kind != kind || token->client != client)
        return NULL;
    if (token->used && kind == SIM_CODE)
        sim_tokens_revoke_grant(call->sim->tokens, token->grant);
    bool good = !token->used && sim_token_good(token, call->now);
    token->used = true;
    return good ? token : NULL;
}

static struct sim_token *issue(struct sim_call *call, const struct sim_token *from,
                               enum sim_token_kind kind, int64_t seconds)
{
    const struct sim_client *client = from->client;
    struct sim_user *user = from->user;
    char *scope = dup_or_null(from->scope);
    uint64_t grant = from->grant;
    struct sim_token *token = sim_token_add(call->sim->tokens, kind, NULL, user); /* from may go */
    token->client = client;
    token->scope = scope;
    token->grant = grant;
    token->expires = call->now + seconds * SIM_TICKS_PER_SECOND;
    return token;
}

static void say_tokens(struct sim_call *call, const struct sim_token *from)
{
    const struct sim_tokens *tokens = call->sim->tokens;
    const struct sim_token *access = issue(call, from, SIM_ACCESS, tokens->access_s);
    bool offline = access->scope != NULL && strstr(access->scope, "offline_access") != NULL;
    const struct sim_token *refresh =
        offline ? issue(call, access, SIM_REFRESH, tokens->refresh_s) : NULL;
    call->confidential = true;
    memcpy(call->target, access->user->id, SIM_GUID_SIZE);
    sim_say(call, 200,
            sim_must(json_pack("{s:s, s:s, s:s, s:I, s:s*}", "access_token", access->text,
                               "token_type", "Bearer", "resource", "awork.com", "expires_in",
                               (json_int_t)tokens->access_s, "refresh_token",
                               refresh != NULL ? refresh->text : NULL)));
}

static void exchange(struct sim_call *call, const struct sim_client *client,
                     const struct form *form)
{
    struct sim_token *code = use_up(call, client, SIM_CODE, given(form, "code"));
    const char *uri = given(form, "redirect_uri");
    if (code == NULL || uri == NULL || strcmp(uri, code->redirect) != 0 ||
        !verifier_fits(code, given(form, "code_verifier")))
        say_oauth_error(call, 400, "invalid_grant", "The code is not valid.");
    else
        say_tokens(call, code);
}

static void refresh(struct sim_call *call, const struct sim_client *client, const struct form *form)
{
    struct sim_token *token = use_up(call, client, SIM_REFRESH, given(form, "refresh_token"));
    if (token == NULL)
        say_oauth_error(call, 400, "invalid_grant", "The refresh token is not valid.");
    else
        say_tokens(call, token);
}

static void answer_form(struct sim_call *call, const struct form *form)
{
    const char *type = form->good ? given(form, "grant_type") : NULL;
    const struct sim_client *client = type != NULL ? client_of(call, form) : NULL;
    if (type == NULL)
        say_oauth_error(call, 400, "invalid_request", "A form with a grant_type is expected.");
    else if (client == NULL)
        say_oauth_error(call, 401, "invalid_client", "The client is not known.");
    else if (strcmp(type, "authorization_code") == 0)
        exchange(call, client, form);
    else if (strcmp(type, "refresh_token") == 0)
        refresh(call, client, form);
    else
        say_oauth_error(call, 400, "unsupported_grant_type", "This grant_type is not supported.");
}

void sim_post_token(struct sim_call *call)
{
    struct form form;
    read_form(call, &form);
    answer_form(call, &form);
    evhttp_clear_headers(&form.fields);
}
