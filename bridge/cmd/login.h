/* What the two files of `clockwire login` share. */
#ifndef CMD_LOGIN_H
#define CMD_LOGIN_H

#include "../oauth.h"
#include "cmd.h"

struct login {
    const struct config *config;
    const char *user;
    struct oauth_login begun;
    char *authorize_url, *client_id;
    char *redirect_url; /* with its port, once that is known */
    int64_t timeout_ms;
};

/* What awork sends back by the browser: its query, or a code alone. Gives the code to the daemon.
 * *line is what to tell the person, and the caller's. Returns: CMD_OK; CMD_FAILED; CMD_USAGE when
 * it is of another login, and this one may still come. */
int login_finish(const struct login *login, struct cw_text query, bool code_alone, char **line);
void login_show_url(const struct login *login);
/* Hears the answer on the redirect address. */
int login_listen(struct login *login);

#endif
