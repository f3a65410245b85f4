/*
 * The tokens, found by their text. What a test may do to them: revoke, bring back, let expire.
 */
#include "tokens.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ISSUED_MAX ((size_t)10000)

static const char *const KINDS[] = {"apikey", "oauth", "refresh", "code"};

struct sim_tokens *sim_tokens_create(void)
{
    struct sim_tokens *tokens = sim_alloc(1, sizeof *tokens);
    tokens->end = &tokens->oldest;
    tokens->access_s = 86400;
    tokens->refresh_s = (int64_t)30 * 86400;
    tokens->code_s = 300;
    return tokens;
}

static void drop(struct sim_tokens *tokens, struct sim_token *token)
{
    *token->link = token->next;
    if (token->next != NULL)
        token->next->link = token->link;
    else
        tokens->end = token->link;
    tokens->issued -= !token->seeded;
    sim_map_drop(&tokens->by_text, token->text);
    free(token->text);
    free(token->scope);
    free(token->challenge);
    free(token->redirect);
    free(token);
}

static void drop_oldest_issued(struct sim_tokens *tokens)
{
    struct sim_token *token = tokens->oldest;
    while (token->seeded)
        token = token->next;
    drop(tokens, token);
}

/* Long, as a JWT is. */
static char *make_text(enum sim_token_kind kind)
{
    size_t digits = kind == SIM_ACCESS || kind == SIM_API_KEY ? 600 : 64;
    char *text = sim_alloc(digits + 1, 1);
    for (size_t i = 0; i < digits; i += 64)
        sim_hex(text + i, digits - i < 64 ? digits - i : 64);
    return text;
}

struct sim_token *sim_token_add(struct sim_tokens *tokens, enum sim_token_kind kind,
                                const char *text, struct sim_user *user)
{
    if (text != NULL && sim_map_get(&tokens->by_text, text) != NULL)
        return NULL;
    if (tokens->issued == ISSUED_MAX)
        drop_oldest_issued(tokens);
    struct sim_token *token = sim_alloc(1, sizeof *token);
    token->kind = kind;
    token->user = user;
    token->n = ++tokens->next_n;
    token->text = text != NULL ? sim_dup(text, strlen(text)) : make_text(kind);
    token->link = tokens->end;
    *tokens->end = token;
    tokens->end = &token->next;
    tokens->issued++;
    sim_map_put(&tokens->by_text, token->text, token);
    return token;
}

struct sim_token *sim_token_find(const struct sim_tokens *tokens, const char *text)
{
    return sim_map_get(&tokens->by_text, text);
}

bool sim_token_good(const struct sim_token *token, int64_t now)
{
    return token != NULL && !token->revoked && !token->user->deactivated &&
           (token->expires == 0 || token->expires > now);
}

/* Whose token this is; NULL: nobody's, expired, revoked, or of a deactivated user. */
struct sim_user *sim_caller(const struct sim_call *call)
{
    const char *header = call->authorization;
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    const struct sim_token *token = sim_token_find(call->sim->tokens, header + 7);
    if (!sim_token_good(token, call->now) || token->kind > SIM_ACCESS)
        return NULL;
    return token->user;
}

void sim_tokens_revoke_grant(struct sim_tokens *tokens, uint64_t grant)
{
    for (struct sim_token *token = tokens->oldest; token != NULL && grant != 0; token = token->next)
        token->revoked |= token->grant == grant;
}

/* Those that the function names. */
static void drop_where(struct sim_tokens *tokens,
                       bool (*gone)(const struct sim_token *token, const void *what),
                       const void *what)
{
    struct sim_token *next = NULL;
    for (struct sim_token *token = tokens->oldest; token != NULL; token = next) {
        next = token->next;
        if (gone(token, what))
            drop(tokens, token);
    }
}

static bool is_of(const struct sim_token *token, const void *user)
{
    return token->user == user;
}

static bool is_issued(const struct sim_token *token, const void *unused)
{
    (void)unused;
    return !token->seeded;
}

static bool is_any(const struct sim_token *token, const void *unused)
{
    (void)token;
    (void)unused;
    return true;
}

void sim_tokens_forget_user(struct sim_tokens *tokens, const struct sim_user *user)
{
    drop_where(tokens, is_of, user);
}

static void free_client(struct sim_client *client)
{
    free(client->id);
    free(client->secret);
    free(client->name);
    json_decref(client->redirects);
    free(client);
}

static void drop_clients(struct sim_tokens *tokens, bool seeded_too)
{
    struct sim_client **link = &tokens->clients;
    while (*link != NULL) {
        struct sim_client *client = *link;
        if (client->seeded && !seeded_too) {
            link = &client->next;
            continue;
        }
        *link = client->next;
        free_client(client);
    }
}

void sim_tokens_reset(struct sim_tokens *tokens)
{
    drop_where(tokens, is_issued, NULL);
    drop_clients(tokens, false);
    tokens->consenting = tokens->seed_consenting;
    tokens->access_s = tokens->seed_s[0];
    tokens->refresh_s = tokens->seed_s[1];
    tokens->code_s = tokens->seed_s[2];
    for (struct sim_token *token = tokens->oldest; token != NULL; token = token->next) {
        token->revoked = token->used = false;
        token->expires = token->seed_expires;
    }
}

void sim_tokens_destroy(struct sim_tokens *tokens)
{
    if (tokens == NULL)
        return;
    drop_where(tokens, is_any, NULL);
    drop_clients(tokens, true);
    sim_map_fini(&tokens->by_text);
    free(tokens);
}

/* ---- Clients ---- */

struct sim_client *sim_client_find(const struct sim_tokens *tokens, const char *id)
{
    struct sim_client *client = tokens->clients;
    while (client != NULL && strcmp(client->id, id) != 0)
        client = client->next;
    return client;
}

/* Takes the redirects. NULL: this id is there already. */
struct sim_client *sim_client_add(struct sim_tokens *tokens, const char *id, const char *secret,
                                  const char *name, json_t *redirects)
{
    if (sim_client_find(tokens, id) != NULL) {
        json_decref(redirects);
        return NULL;
    }
    struct sim_client *client = sim_alloc(1, sizeof *client);
    client->id = sim_dup(id, strlen(id));
    client->secret = secret != NULL ? sim_dup(secret, strlen(secret)) : NULL;
    client->name = sim_dup(name, strlen(name));
    client->redirects = redirects;
    client->next = tokens->clients;
    tokens->clients = client;
    return client;
}

/* ---- For tests ---- */

/* Never a text. */
json_t *sim_tokens_json(const struct sim_tokens *tokens)
{
    json_t *list = sim_must(json_array());
    for (const struct sim_token *token = tokens->oldest; token != NULL; token = token->next) {
        char expires[SIM_TIME_SIZE];
        if (token->expires != 0)
            sim_write_instant(token->expires, 3, expires);
        json_array_append_new(
            list,
            sim_must(json_pack("{s:I, s:s, s:s, s:I, s:b, s:b, s:s*}", "n", (json_int_t)token->n,
                               "kind", KINDS[token->kind], "userId", token->user->id, "grant",
                               (json_int_t)token->grant, "revoked", token->revoked, "used",
                               token->used, "expires", token->expires != 0 ? expires : NULL)));
    }
    return list;
}

static bool is_meant(const struct sim_token *token, const char *text, const char *user_id,
                     const char *kind)
{
    return (text == NULL || strcmp(token->text, text) == 0) &&
           (user_id == NULL || strcmp(token->user->id, user_id) == 0) &&
           (kind == NULL || strcmp(KINDS[token->kind], kind) == 0);
}

/* Returns: NULL, or what is wrong. */
const char *sim_tokens_change(struct sim *sim, json_t *wanted)
{
    const char *text = NULL, *user_id = NULL, *kind = NULL;
    int revoked = -1;
    json_int_t expires_in = -1;
    size_t hits = 0;
    if (json_unpack(wanted, "{s?s, s?s, s?s, s?b, s?I !}", "token", &text, "userId", &user_id,
                    "kind", &kind, "revoked", &revoked, "expiresIn", &expires_in) != 0 ||
        (revoked < 0) == (expires_in < 0))
        return "tokens are chosen by {token, userId, kind}, and are {revoked: true|false} or "
               "{expiresIn: seconds}";
    for (struct sim_token *token = sim->tokens->oldest; token != NULL; token = token->next) {
        if (!is_meant(token, text, user_id, kind))
            continue;
        hits++;
        if (revoked >= 0)
            token->revoked = revoked != 0;
        else
            token->expires = sim_now(&sim->clock) + expires_in * SIM_TICKS_PER_SECOND;
    }
    return hits > 0 ? NULL : "there is no such token";
}
