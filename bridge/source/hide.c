/* hide: the token that proved a delivery is no part of the event: rules do not read it, and the
 * journal does not keep it. Chats send it in the body, beside or in place of a header. */
#include "parts.h"

#include <string.h>

enum { SHORTEST = 8 }; /* of a token that is known by its bytes; others are weak anyway */

static bool holds(struct cw_text text, struct cw_text token)
{
    return text.len >= token.len && memmem(text.at, text.len, token.at, token.len);
}

/* A copy with stars in place of the token, wherever it stands. */
static struct cw_text starred(struct scope *scope, struct cw_text text, struct cw_text token)
{
    char *copy = text.len ? scope_take(scope, text.len + 1) : NULL;
    if (!copy)
        return (struct cw_text){NULL, 0};
    memcpy(copy, text.at, text.len);
    char *at = copy, *end = copy + text.len;
    while ((at = memmem(at, (size_t)(end - at), token.at, token.len))) {
        memset(at, '*', token.len);
        at += token.len;
    }
    return (struct cw_text){copy, text.len};
}

struct cw_text hide_proof(struct scope *scope)
{
    const struct http_request *given = scope->request;
    struct cw_text token = scope->proof;
    bool found = token.len >= SHORTEST && (holds(given->body, token) || holds(given->query, token));
    if (!found && scope->proof_inside) /* it was sent with escapes, or is too short */
        return (struct cw_text){NULL, 0};
    if (!found)
        return given->body;
    scope->without = *given;
    scope->without.body = starred(scope, given->body, token);
    scope->without.query = starred(scope, given->query, token);
    scope->request = &scope->without;
    scope->form_state = scope->query_state = scope->body_state = PART_UNREAD;
    return scope->without.body;
}
