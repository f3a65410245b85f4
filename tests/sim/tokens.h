/*
 * Everything that proves who asks: API keys, access tokens, refresh tokens, authorization codes,
 * and the clients that they are for. Those of the seed live for ever, of the others the last
 * 10,000 are kept.
 */
#ifndef AWORK_SIM_TOKENS_H
#define AWORK_SIM_TOKENS_H

#include "sim.h"

enum sim_token_kind { SIM_API_KEY, SIM_ACCESS, SIM_REFRESH, SIM_CODE };

struct sim_client {
    char *id;
    char *secret; /* NULL: a public client */
    char *name;
    json_t *redirects; /* array of texts */
    bool seeded;
    struct sim_client *next;
};

struct sim_token {
    char *text;
    enum sim_token_kind kind;
    struct sim_user *user;
    int64_t expires; /* 0: never */
    int64_t seed_expires;
    bool revoked;
    bool used; /* a code or a refresh token: its second use is refused */
    bool seeded;
    uint64_t n;
    uint64_t grant; /* what comes of one consent has one number; 0: no consent */
    const struct sim_client *client;
    char *scope;
    char *challenge; /* of a code */
    char *redirect;  /* of a code */
    struct sim_token *next;
    struct sim_token **link;
};

struct sim_tokens {
    struct sim_map by_text;
    struct sim_token *oldest;
    struct sim_token **end;
    size_t issued; /* not of the seed */
    uint64_t next_n;
    uint64_t next_grant;
    struct sim_client *clients;
    struct sim_user *consenting; /* NULL: whoever is asked says no */
    struct sim_user *seed_consenting;
    int64_t access_s, refresh_s, code_s; /* how long they live */
    int64_t seed_s[3];
};

struct sim_tokens *sim_tokens_create(void);
void sim_tokens_destroy(struct sim_tokens *tokens);
void sim_tokens_reset(struct sim_tokens *tokens); /* as the seed made them */
/* Takes nothing; NULL: this text is there already. Gives a made text when `text` is NULL. */
struct sim_token *sim_token_add(struct sim_tokens *tokens, enum sim_token_kind kind,
                                const char *text, struct sim_user *user);
struct sim_token *sim_token_find(const struct sim_tokens *tokens, const char *text);
bool sim_token_good(const struct sim_token *token, int64_t now);
void sim_tokens_revoke_grant(struct sim_tokens *tokens, uint64_t grant);
void sim_tokens_forget_user(struct sim_tokens *tokens, const struct sim_user *user);
json_t *sim_tokens_json(const struct sim_tokens *tokens);
const char *sim_tokens_change(struct sim *sim, json_t *wanted);

struct sim_client *sim_client_add(struct sim_tokens *tokens, const char *id, const char *secret,
                                  const char *name, json_t *redirects);
struct sim_client *sim_client_find(const struct sim_tokens *tokens, const char *id);

/* oauth.c, clients.c */
void sim_get_authorize(struct sim_call *call);
void sim_post_token(struct sim_call *call);
void sim_get_discovery(struct sim_call *call);
void sim_post_register(struct sim_call *call);
void sim_post_api_user(struct sim_call *call);
void sim_post_api_key(struct sim_call *call);
bool sim_seed_oauth(const json_t *oauth, struct sim *sim);
const char *sim_oauth_change(struct sim *sim, json_t *wanted);
json_t *sim_show_oauth(struct sim *sim);

struct sim_user *sim_caller(const struct sim_call *call);

#endif
