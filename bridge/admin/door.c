#include "admin/door.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>
#include <strings.h>

static struct cw_text host_of(struct cw_text authority)
{
    size_t colon = authority.len;
    while (colon && authority.at[colon - 1] >= '0' && authority.at[colon - 1] <= '9')
        colon--;
    bool has_port = colon && authority.at[colon - 1] == ':';
    return (struct cw_text){authority.at, has_port ? colon - 1 : authority.len};
}

void door_init(struct admin_door *door, const char *listen)
{
    *door = (struct admin_door){.is_local = strncmp(listen, "unix:", 5) == 0};
    struct cw_text host = host_of(cw_text_of(listen));
    if (host.len < sizeof door->host)
        memcpy(door->host, host.at, host.len);
}

/* ---- By which name ---- */

/* A name of the public DNS can be made to point at anybody (rebinding), and a browser then sends
 * that name. An address, a name without a dot and the name that we listen on cannot. */
static bool is_our_name(const struct admin_door *door, const struct http_request *r)
{
    const struct http_header *h = http_find(r, "Host");
    if (!h)
        return true; /* HTTP/1.0: no browser */
    struct cw_text host = host_of(h->value);
    if (host.len && host.at[0] == '[')
        return true;
    if (host.len == strlen(door->host) && strncasecmp(host.at, door->host, host.len) == 0)
        return true;
    bool is_number = true, has_dot = false;
    for (size_t i = 0; i < host.len; i++) {
        has_dot = has_dot || host.at[i] == '.';
        is_number = is_number && (host.at[i] == '.' || (host.at[i] >= '0' && host.at[i] <= '9'));
    }
    return is_number || !has_dot;
}

/* ---- How often ---- */

static struct door_caller *caller_of(struct admin_door *door, const char *peer)
{
    struct door_caller *oldest = &door->callers[0];
    for (size_t i = 0; i < DOOR_CALLERS; i++) {
        struct door_caller *c = &door->callers[i];
        if (strncmp(c->peer, peer, DOOR_PEER - 1) == 0)
            return c;
        if (c->since_ms < oldest->since_ms)
            oldest = c;
    }
    *oldest = (struct door_caller){.tries = 0};
    strncpy(oldest->peer, peer, DOOR_PEER - 1);
    return oldest;
}

static bool tried_too_often(struct admin_door *door, const char *peer, int64_t now_ms)
{
    for (size_t i = 0; i < DOOR_CALLERS; i++) {
        const struct door_caller *c = &door->callers[i];
        if (c->tries >= DOOR_TRIES && now_ms - c->since_ms < DOOR_FORGETS_MS &&
            strncmp(c->peer, peer, DOOR_PEER - 1) == 0)
            return true;
    }
    return false;
}

static void count_try(struct admin_door *door, const char *peer, int64_t now_ms)
{
    struct door_caller *c = caller_of(door, peer);
    if (!c->tries || now_ms - c->since_ms >= DOOR_FORGETS_MS) {
        c->since_ms = now_ms;
        c->tries = 0;
    }
    c->tries++;
}

/* ---- With which token ---- */

/* Both sides are hashed first, so that the comparison has one length and one duration. */
static bool same_secret(struct cw_text given, const char *secret)
{
    unsigned char a[SHA256_DIGEST_LENGTH], b[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)given.at, given.len, a);
    SHA256((const unsigned char *)secret, strlen(secret), b);
    return CRYPTO_memcmp(a, b, sizeof a) == 0;
}

static bool has_token(const struct http_request *r, const char *token)
{
    const struct http_header *h = http_find(r, "Authorization");
    if (!h || h->value.len < 7 || strncasecmp(h->value.at, "Bearer ", 7) != 0)
        return false;
    return same_secret((struct cw_text){h->value.at + 7, h->value.len - 7}, token);
}

int door_check(struct admin_door *door, const struct http_request *r, const char *token,
               int64_t now_ms)
{
    if (door->is_local)
        return !token || has_token(r, token) ? 0 : 401;
    if (!is_our_name(door, r))
        return 421;
    if (tried_too_often(door, r->peer, now_ms))
        return 429;
    if (token && has_token(r, token))
        return 0;
    if (http_find(r, "Authorization")) /* a guess; to ask without one teaches nothing */
        count_try(door, r->peer, now_ms);
    return 401;
}
