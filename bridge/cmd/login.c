/* clockwire login: the code flow of OAuth with PKCE. The person says yes in a browser; the code
 * that comes back goes to the daemon, with the verifier that makes it usable. No token comes by
 * here. */
#include "login.h"

#include "../form.h"
#include "../length.h"
#include "../secret.h"
#include "../xalloc.h"
#include "show.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORM_BYTES = 1 << 20, LINE_BYTES = 1 << 16 };

/* ---- The code ---- */

static int post_code(const struct login *l, const char *code, char **line)
{
    auto_free char *user = form_pair("user", l->user);
    auto_free char *back = form_pair("redirect_url", l->redirect_url);
    char *pair = form_pair("code", code);
    char *form = xprintf("%s&%s&%s&verifier=%s", user, back, pair, l->begun.verifier);
    char *answer = NULL;
    int status = cmd_post(l->config, "/login/code", cw_text_of(form), &answer);
    secret_free(pair);
    secret_free(form);
    *line = answer ? answer : xstrdup("the daemon does not answer\n");
    return status == 200 ? CMD_OK : CMD_FAILED;
}

static char *field(const struct form *form, const char *name)
{
    const struct form_field *f = form_find(form, cw_text_of(name), 0);
    return f && f->value.len ? xtext(f->value) : NULL;
}

/* What the server says of itself is shown as far as it is plain text. */
static char *refusal(const struct form *form, const char *error)
{
    auto_free char *why = field(form, "error_description");
    char *line = xprintf("awork did not let you in: %.60s%s%.200s\n", error, why ? ": " : "",
                         why ? why : "");
    for (char *c = line; *c && c[1]; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return line;
}

static int finish_form(const struct login *l, const struct form *form, char **line)
{
    auto_free char *state = field(form, "state"), *error = field(form, "error");
    char *code = field(form, "code");
    int result = CMD_FAILED;
    bool is_ours = state && strlen(state) == OAUTH_TEXT - 1 &&
                   CRYPTO_memcmp(state, l->begun.state, OAUTH_TEXT - 1) == 0;
    if (!is_ours) {
        *line = xstrdup("this answer belongs to another login: its `state` is not of this one\n");
        result = CMD_USAGE;
    } else if (error) {
        *line = refusal(form, error);
    } else if (!code || !oauth_is_token(cw_text_of(code))) {
        *line = xstrdup("awork's answer holds no code\n");
    } else {
        result = post_code(l, code, line);
    }
    secret_free(code);
    return result;
}

int login_finish(const struct login *l, struct cw_text query, bool code_alone, char **line)
{
    struct cw_arena *arena = xarena(FORM_BYTES);
    struct form form = {0};
    struct cw_error err;
    int result = CMD_FAILED;
    if (code_alone) { /* without a state PKCE alone says that it is of this login */
        char *code = xtext(query);
        result = post_code(l, code, line);
        secret_free(code);
    } else if (form_read(query, arena, &form, &err)) {
        *line = xprintf("the answer cannot be read: %s\n", err.text);
    } else {
        result = finish_form(l, &form, line);
    }
    cw_arena_destroy(arena);
    return result;
}

/* ---- Pasted ---- */

static struct cw_text trimmed(struct cw_text text)
{
    while (text.len && (unsigned char)text.at[text.len - 1] <= ' ')
        text.len--;
    while (text.len && (unsigned char)*text.at <= ' ')
        text.at++, text.len--;
    return text;
}

/* The whole address to which the browser was sent, or the code in it. */
static int finish_pasted(const struct login *l, struct cw_text text, char **line)
{
    const char *mark = text.len ? memchr(text.at, '?', text.len) : NULL;
    const char *hash = text.len ? memchr(text.at, '#', text.len) : NULL;
    if (!mark && oauth_is_token(text) && !strstr(text.at, "://"))
        return login_finish(l, text, true, line);
    if (!mark) {
        *line = xstrdup("this is neither a code nor an address with one\n");
        return CMD_FAILED;
    }
    size_t end = hash ? (size_t)(hash - text.at) : text.len, from = (size_t)(mark + 1 - text.at);
    struct cw_text query = {mark + 1, end > from ? end - from : 0};
    return login_finish(l, query, false, line);
}

static int paste(const struct login *l)
{
    char *text = xcalloc(1, LINE_BYTES), *line = NULL;
    login_show_url(l);
    fprintf(stderr, "The browser then goes to an address that it may not reach. Paste that address "
                    "here, whole, or the code in it:\n");
    if (!fgets(text, LINE_BYTES, stdin))
        line = xstrdup("nothing was pasted\n");
    int result = line ? CMD_FAILED : finish_pasted(l, trimmed(cw_text_of(text)), &line);
    fputs(line, result == CMD_OK ? stdout : stderr);
    OPENSSL_cleanse(text, LINE_BYTES);
    free(text);
    free(line);
    return result == CMD_OK ? CMD_OK : CMD_FAILED;
}

/* ---- The whole ---- */

void login_show_url(const struct login *l)
{
    auto_free char *url =
        oauth_authorize_url(l->authorize_url, l->client_id, l->redirect_url, &l->begun);
    fprintf(stderr, "Open this address as %s, and say yes:\n", l->user);
    printf("%s\n", url);
    fflush(stdout);
}

/* What the daemon says a login begins with. */
static bool ask_daemon(struct login *l)
{
    char *text = NULL;
    auto_free char *user = form_pair("user", l->user);
    auto_free char *path = xprintf("/login?%s", user);
    int status = cmd_ask(l->config, "GET", path, &text);
    auto_free char *body = text;
    const char *at = body;
    json_t *json = status == 200 ? show_next(&at) : NULL;
    if (!json) {
        fprintf(stderr, "clockwire: %s", status && status != 200 ? body : "no login is possible\n");
        return false;
    }
    l->authorize_url = xstrdup(show_text(json, "authorize_url"));
    l->client_id = xstrdup(show_text(json, "client_id"));
    l->redirect_url = xstrdup(show_text(json, "redirect_url"));
    json_decref(json);
    return true;
}

static int run(struct login *l, const struct cmd_args *args)
{
    struct cw_error err;
    const char *timeout = args->timeout ? args->timeout : "5 minutes";
    if (length_parse(cw_text_of(timeout), &l->timeout_ms, &err)) {
        fprintf(stderr, "clockwire: --timeout: %s\n", err.text);
        return CMD_USAGE;
    }
    if (!ask_daemon(l))
        return CMD_FAILED;
    oauth_login_begin(&l->begun);
    return args->paste ? paste(l) : login_listen(l);
}

int cmd_login(const struct cmd_args *args)
{
    if (!args->n_words) {
        fprintf(stderr, "clockwire: login takes the name of a user\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_settings(args);
    if (!config)
        return CMD_FAILED;
    struct login l = {.config = config, .user = args->words[0]};
    int code = run(&l, args);
    OPENSSL_cleanse(&l.begun, sizeof l.begun);
    free(l.authorize_url);
    free(l.client_id);
    free(l.redirect_url);
    config_destroy(config);
    return code;
}
