/* oauth: what the two endpoints of OAuth are asked, and what they answer. Pure, but for the random
 * bytes of a login; nothing is sent here.
 *
 * A login is the code flow with PKCE (S256): only who has the verifier can use the code. A client
 * with a secret proves itself by `Authorization: Basic`, one without says its name in the form. */
#ifndef OAUTH_H
#define OAUTH_H

#include <clockwire/error.h>
#include <stdbool.h>

enum {
    OAUTH_TEXT = 44,          /* 32 random bytes as 43 signs of base64url */
    OAUTH_TOKEN_MOST = 16384, /* bytes of a token or code */
    OAUTH_ANSWER_MOST = 65536 /* of an answer of the token endpoint */
};

struct oauth_client {
    const char *id;            /* NULL: there is none */
    const char *secret;        /* NULL: a public client. Secret */
    const char *authorize_url; /* never empty once it is settled */
    const char *token_url;
    const char *redirect_url; /* on this machine; without a port any will do */
};

/* ---- A login ---- */
struct oauth_login {
    char state[OAUTH_TEXT], verifier[OAUTH_TEXT];
};
void oauth_login_begin(struct oauth_login *login);
/* base64url of the SHA-256 of a verifier. */
void oauth_challenge(const char *verifier, char out[OAUTH_TEXT]);
/* The address where the person says yes. The text is the caller's. */
char *oauth_authorize_url(const char *authorize_url, const char *client_id,
                          const char *redirect_url, const struct oauth_login *login);

/* ---- The token endpoint ---- */

/* The body of a request, to be given to secret_free(). */
char *oauth_exchange_form(const struct oauth_client *client, const char *code,
                          const char *redirect_url, const char *verifier);
char *oauth_refresh_form(const struct oauth_client *client, const char *refresh);
/* "Authorization: Basic ...", to be given to secret_free(); NULL for a public client. */
char *oauth_basic(const struct oauth_client *client);

struct oauth_pair {
    char *access;
    char *refresh;         /* NULL: the answer has none */
    int64_t expires_in_ms; /* a second to a year; an hour when the answer says nothing usable */
};
/* What became of a request. */
enum oauth_verdict {
    OAUTH_GOOD,
    OAUTH_GONE,   /* invalid_grant: code or refresh token are used, ended or taken back */
    OAUTH_CLIENT, /* we are not known, or may not do this: the configuration is wrong */
    OAUTH_AGAIN,  /* nothing was done: later may do */
    OAUTH_LOST    /* it may have been done, but no use can be made of the answer */
};
/* Judges an answer. `why` is a line for people, without secrets. */
enum oauth_verdict oauth_judge(int status, struct cw_text body, struct oauth_pair *out,
                               char why[200]);
void oauth_pair_wipe(struct oauth_pair *pair); /* and frees */

/* Whether a text can be a token or code: visible ASCII without blanks, not too long. */
bool oauth_is_token(struct cw_text text);

#endif
