/* What tokens sends, and what comes back: to the token endpoint, and who a token is of. */
#include "secret.h"
#include "tokens/priv.h"
#include "xalloc.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static void on_done(void *ctx, const struct transport_answer *answer)
{
    struct flight *f = ctx;
    f->answer = *answer;
    f->answer.body = (struct cw_text){xtext(answer->body), answer->body.len};
    f->answer.error = xstrdup(answer->error);
    f->has_answer = true;
    f->owner->deps.wake(f->owner->deps.ctx);
}

static struct flight *begin(struct tokens *t, const char *person)
{
    struct flight *f = xcalloc(1, sizeof *f);
    f->owner = t;
    f->person = xstrdup(person);
    f->next = t->flights;
    f->link = &t->flights;
    if (f->next)
        f->next->link = &f->next;
    t->flights = f;
    return f;
}

/* Takes the form. */
static void post(struct tokens *t, struct flight *f, char *form)
{
    const struct oauth_client *client = &t->deps.people->target.oauth;
    char *basic = oauth_basic(client);
    const char *headers[] = {"Content-Type: application/x-www-form-urlencoded", basic, NULL};
    struct transport_request request = {
        .method = "POST", .url = client->token_url, .body = form, .headers = headers};
    t->deps.wire->ops->send(t->deps.wire, &request, on_done, f);
    secret_free(basic);
    secret_free(form);
}

struct flight *wire_refresh(struct tokens *t, struct token *k)
{
    struct flight *f = begin(t, k->person);
    f->n = k->n;
    t->n_refreshes++;
    post(t, f, oauth_refresh_form(&t->deps.people->target.oauth, k->pair.refresh));
    return f;
}

void wire_exchange(struct tokens *t, struct login *login, const struct tokens_login *with)
{
    struct flight *f = begin(t, login->person);
    f->login = login;
    post(t, f,
         oauth_exchange_form(&t->deps.people->target.oauth, with->code, with->redirect_url,
                             with->verifier));
}

void wire_me(struct tokens *t, struct login *login)
{
    struct flight *f = begin(t, login->person);
    char *bearer = xprintf("Authorization: Bearer %s", login->pair.access);
    auto_free char *url = xprintf("%s/me", t->deps.people->target.url);
    const char *headers[] = {bearer, NULL};
    struct transport_request request = {.method = "GET", .url = url, .headers = headers};
    f->login = login;
    t->deps.wire->ops->send(t->deps.wire, &request, on_done, f);
    secret_free(bearer);
}

struct flight *wire_take(struct tokens *t)
{
    struct flight *f = t->flights;
    while (f && !f->has_answer)
        f = f->next;
    return f;
}

bool wire_has_answer(const struct tokens *t)
{
    for (const struct flight *f = t->flights; f; f = f->next)
        if (f->has_answer)
            return true;
    return false;
}

void wire_end(struct flight *f)
{
    *f->link = f->next;
    if (f->next)
        f->next->link = f->link;
    f->owner->n_refreshes -= !f->login;
    if (f->answer.body.at)
        OPENSSL_cleanse((char *)(uintptr_t)f->answer.body.at, f->answer.body.len);
    free((char *)(uintptr_t)f->answer.body.at);
    free((char *)(uintptr_t)f->answer.error);
    free(f->person);
    free(f);
}
