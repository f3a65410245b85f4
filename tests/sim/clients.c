/*
 * Clients and API users made at run time, what OpenID discovery says, and the part of the seed that
 * is about OAuth.
 */
#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 1000
#define USERS_MAX   ((size_t)10000)
#define SECONDS_MAX ((json_int_t)10 * 366 * 86400)

/* ---- Discovery ---- */

void sim_get_discovery(struct sim_call *call)
{
    const char *host = call->host != NULL ? call->host : "127.0.0.1";
    char base[300];
    if (strlen(host) > 250 ||
        strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]") !=
            strlen(host))
        host = "127.0.0.1";
    snprintf(base, sizeof base, "http://%s", host);
    json_t *json = sim_must(json_pack(
        "{s:s, s:o, s:o, s:o, s:[s], s:[s,s], s:[s], s:[s,s], s:[s,s,s]}", "issuer", base,
        "authorization_endpoint", json_sprintf("%s/api/v1/accounts/authorize", base),
        "token_endpoint", json_sprintf("%s/api/v1/accounts/token", base), "registration_endpoint",
        json_sprintf("%s/api/v1/clientapplications/register", base), "response_types_supported",
        "code", "grant_types_supported", "authorization_code", "refresh_token",
        "code_challenge_methods_supported", "S256", "scopes_supported", "full_access",
        "offline_access", "token_endpoint_auth_methods_supported", "client_secret_basic",
        "client_secret_post", "none"));
    sim_say(call, 200, json);
}

/* ---- Clients ---- */

static bool are_texts(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_string_length(json_array_get(list, i)) == 0)
            return false;
    return json_array_size(list) > 0;
}

static size_t count_clients(const struct sim_tokens *tokens)
{
    size_t count = 0;
    for (const struct sim_client *client = tokens->clients; client != NULL; client = client->next)
        count++;
    return count;
}

static json_t *body_of(const struct sim_call *call)
{
    return json_loadb(call->body != NULL ? call->body : "", call->body_bytes, 0, NULL);
}

static void say_refused(struct sim_call *call, const char *error)
{
    sim_say(call, 400, sim_must(json_pack("{s:s}", "error", error)));
}

static void say_client(struct sim_call *call, const struct sim_client *client)
{
    call->confidential = true;
    sim_say(
        call, 201,
        sim_must(json_pack("{s:s, s:s*, s:s, s:O, s:s, s:[s,s], s:I}", "client_id", client->id,
                           "client_secret", client->secret, "client_name", client->name,
                           "redirect_uris", client->redirects, "token_endpoint_auth_method",
                           client->secret != NULL ? "client_secret_basic" : "none", "grant_types",
                           "authorization_code", "refresh_token", "client_id_issued_at",
                           (json_int_t)(call->now / SIM_TICKS_PER_SECOND))));
}

/* RFC 7591, by anybody. */
void sim_post_register(struct sim_call *call)
{
    const char *name = "", *method = "client_secret_basic";
    json_t *redirects = NULL;
    char id[SIM_GUID_SIZE];
    char secret[65];
    json_t *body = body_of(call);
    if (json_unpack(body, "{s:o, s?s, s?s}", "redirect_uris", &redirects, "client_name", &name,
                    "token_endpoint_auth_method", &method) != 0 ||
        !are_texts(redirects)) {
        say_refused(call, "invalid_redirect_uri");
    } else if ((strcmp(method, "none") != 0 && strcmp(method, "client_secret_basic") != 0 &&
                strcmp(method, "client_secret_post") != 0) ||
               count_clients(call->sim->tokens) >= CLIENTS_MAX) {
        say_refused(call, "invalid_client_metadata");
    } else {
        sim_new_guid(id);
        sim_hex(secret, 64);
        bool is_public = strcmp(method, "none") == 0;
        say_client(call, sim_client_add(call->sim->tokens, id, is_public ? NULL : secret, name,
                                        json_incref(redirects)));
    }
    json_decref(body);
}

/* ---- API users ---- */

void sim_post_api_user(struct sim_call *call)
{
    struct sim_world *world = &call->sim->world;
    const char *name = "";
    json_t *body = body_of(call);
    if (!json_is_object(body)) {
        sim_say_error(call, 400, "invalid-model", "The model sent in the request is invalid.");
    } else if (json_unpack(body, "{s:s}", "name", &name) != 0 || name[0] == '\0') {
        sim_say_wrong(call, "Name", "'Name' must not be empty.");
    } else if (world->user_count >= USERS_MAX) {
        sim_say_error(call, 400, "insufficient-seats", "There are too many users.");
    } else {
        const struct sim_user *user = sim_api_user_add(world, name);
        memcpy(call->target, user->id, SIM_GUID_SIZE);
        sim_say(call, 200, json_incref(user->model));
    }
    json_decref(body);
}

/* The key of {key} is the client's id. */
void sim_post_api_key(struct sim_call *call)
{
    const char *id = "";
    char guid[SIM_GUID_SIZE];
    json_t *body = body_of(call);
    struct sim_user *user = NULL;
    if (json_unpack(body, "{s:s}", "apiUserId", &id) == 0 && sim_read_guid(id, strlen(id), guid))
        user = sim_map_get(&call->sim->world.user_ids, guid);
    json_decref(body);
    if (sim_client_find(call->sim->tokens, call->key) == NULL) {
        sim_say_not_found(call, "client application");
        return;
    }
    if (user == NULL || !user->api_user) {
        sim_say_wrong(call, "ApiUserId", "The API user does not exist.");
        return;
    }
    const struct sim_token *token = sim_token_add(call->sim->tokens, SIM_API_KEY, NULL, user);
    call->confidential = true;
    sim_say(call, 200,
            sim_must(json_pack("{s:s, s:s}", "token_type", "Bearer", "access_token", token->text)));
}

/* ---- The seed, and what a test changes ---- */

static bool read_client(const json_t *item, size_t n, struct sim *sim)
{
    const char *id = "", *secret = NULL, *name = "client";
    json_t *redirects = NULL;
    json_error_t error;
    if (json_unpack_ex((json_t *)item, &error, JSON_STRICT, "{s:s, s?s, s?s, s:o}", "clientId", &id,
                       "clientSecret", &secret, "name", &name, "redirectUris", &redirects) != 0)
        return sim_seed_fail("oauth.clients", n, error.text);
    if (!are_texts(redirects))
        return sim_seed_fail("oauth.clients", n, "redirectUris is a list of texts");
    struct sim_client *client =
        id[0] != '\0' ? sim_client_add(sim->tokens, id, secret, name, json_deep_copy(redirects))
                      : NULL;
    if (client == NULL)
        return sim_seed_fail("oauth.clients", n, "clientId is empty or there already");
    client->seeded = true;
    return true;
}

/* Returns: NULL, or what is wrong. consentAs: null is nobody. */
const char *sim_oauth_change(struct sim *sim, json_t *wanted)
{
    struct sim_tokens *tokens = sim->tokens;
    json_t *who = NULL;
    json_int_t access_s = tokens->access_s, refresh_s = tokens->refresh_s, code_s = tokens->code_s;
    if (json_unpack(wanted, "{s?o, s?I, s?I, s?I !}", "consentAs", &who, "accessSeconds", &access_s,
                    "refreshSeconds", &refresh_s, "codeSeconds", &code_s) != 0)
        return "oauth is {consentAs, accessSeconds, refreshSeconds, codeSeconds}";
    if (access_s < 1 || refresh_s < 1 || code_s < 1 || access_s > SECONDS_MAX ||
        refresh_s > SECONDS_MAX || code_s > SECONDS_MAX)
        return "tokens live from a second to ten years";
    struct sim_user *user =
        json_is_string(who) ? sim_map_get(&sim->world.user_ids, json_string_value(who)) : NULL;
    if (who != NULL && !json_is_null(who) && user == NULL)
        return "consentAs is the id of a user, or null";
    if (who != NULL)
        tokens->consenting = user;
    tokens->access_s = access_s;
    tokens->refresh_s = refresh_s;
    tokens->code_s = code_s;
    return NULL;
}

static void keep_as_seed(struct sim_tokens *tokens)
{
    tokens->seed_consenting = tokens->consenting;
    tokens->seed_s[0] = tokens->access_s;
    tokens->seed_s[1] = tokens->refresh_s;
    tokens->seed_s[2] = tokens->code_s;
}

/* NULL: as if it were empty. */
bool sim_seed_oauth(const json_t *oauth, struct sim *sim)
{
    size_t n;
    json_t *item;
    json_t *rest = sim_must(oauth != NULL ? json_copy((json_t *)oauth) : json_object());
    json_object_del(rest, "clients");
    const char *why = sim_oauth_change(sim, rest);
    json_decref(rest);
    if (why != NULL)
        return sim_seed_fail("oauth", 0, why);
    const json_t *clients = json_object_get(oauth, "clients");
    if (clients != NULL && !json_is_array(clients))
        return sim_seed_fail("oauth", 0, "clients is a list");
    json_array_foreach(clients, n, item) if (!read_client(item, n, sim)) return false;
    keep_as_seed(sim->tokens);
    return true;
}

json_t *sim_show_oauth(struct sim *sim)
{
    const struct sim_tokens *tokens = sim->tokens;
    return sim_must(json_pack(
        "{s:s?, s:I, s:I, s:I, s:I}", "consentAs",
        tokens->consenting != NULL ? tokens->consenting->id : NULL, "accessSeconds",
        (json_int_t)tokens->access_s, "refreshSeconds", (json_int_t)tokens->refresh_s,
        "codeSeconds", (json_int_t)tokens->code_s, "clients", (json_int_t)count_clients(tokens)));
}
