/* The pages of `clockwire login`: what a login begins with, and its code.
 *
 * The command never sees a token: it hands over the code with the verifier that makes it usable,
 * and hears when the pair is in the journal. */
#include "admin/priv.h"
#include "secret.h"
#include "tell.h"
#include "xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { FORM_BYTES = 1 << 20 };

void admin_login(struct admin *a, struct listener_exchange *x, const struct form *form)
{
    const struct oauth_client *client = &a->deps.config->people.target.oauth;
    auto_free char *user = admin_field(form, "user");
    char *text = NULL;
    size_t len = 0;
    struct cw_error err;
    enum cw_status st = tokens_may_login(a->deps.tokens, user ? user : "", &err);
    if (!st) {
        FILE *f = tell_open(&text, &len);
        tell_line(f, json_pack("{s:s, s:s, s:s}", "authorize_url", client->authorize_url,
                               "client_id", client->id, "redirect_url", client->redirect_url));
        tell_close(f);
    }
    admin_found(x, st, text, len, &err);
}

static void on_told(void *ctx, enum cw_status st, const char *line)
{
    auto_free char *text = xprintf("%s\n", line);
    admin_text(ctx, st == CW_OK ? 200 : st == CW_EBUSY ? 503 : 403, text);
}

/* A faulty request is answered at once, a login when it has come to its end. */
static enum cw_status begin(struct admin *a, struct listener_exchange *x, const struct form *form,
                            struct cw_error *err)
{
    char *user = admin_field(form, "user"), *code = admin_field(form, "code");
    char *verifier = admin_field(form, "verifier"), *back = admin_field(form, "redirect_url");
    struct tokens_login login = {user, code, verifier, back};
    bool is_whole = user && code && verifier && back && oauth_is_token(cw_text_of(code)) &&
                    oauth_is_token(cw_text_of(verifier));
    enum cw_status st =
        is_whole ? tokens_login(a->deps.tokens, &login, on_told, x, err)
                 : cw_fail(err, CW_EINVAL, "a login has user, code, verifier and redirect_url");
    secret_free(code);
    secret_free(verifier);
    free(user);
    free(back);
    return st;
}

void admin_login_code(struct admin *a, struct listener_exchange *x, const struct http_request *r)
{
    struct cw_arena *arena = xarena(FORM_BYTES);
    struct form form = {0};
    struct cw_error err;
    enum cw_status st = form_read(r->body, arena, &form, &err);
    if (st)
        admin_text(x, 400, "the form cannot be read\n");
    else if ((st = begin(a, x, &form, &err)))
        admin_found(x, st, NULL, 0, &err);
    cw_arena_destroy(arena);
}
