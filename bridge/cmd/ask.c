#include "cmd.h"

#include "../transport/transport.h"
#include "../xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum cw_status (*load_fn)(const char *, const struct config_opts *, struct cw_diags *,
                                  struct config **);

static struct config *load(const struct cmd_args *args, load_fn how)
{
    struct cw_diags *diags = cw_diags_create();
    struct config *config = NULL;
    struct config_opts opts = {args->secrets, CW_WARNING};
    if (!diags)
        abort();
    if (how(args->config, &opts, diags, &config)) {
        auto_free char *text = cw_diags_render(diags, isatty(2));
        fputs(text ? text : "out of memory\n", stderr);
        config = NULL;
    }
    cw_diags_destroy(diags);
    return config;
}

struct config *cmd_config(const struct cmd_args *args)
{
    return load(args, config_load);
}

struct config *cmd_settings(const struct cmd_args *args)
{
    return load(args, config_load_settings);
}

static int ask(const struct config *config, const struct fetch_request *what, const char *path,
               char **body)
{
    bool local = strncmp(config->admin_listen, "unix:", 5) == 0;
    auto_free char *url = xprintf("http://%s%s", local ? "localhost" : config->admin_listen, path);
    char *bearer =
        config->admin_token ? xprintf("Authorization: Bearer %s", config->admin_token) : NULL;
    const char *headers[] = {bearer, NULL};
    struct fetch_request request = *what;
    request.url = url;
    request.unix_path = local ? config->admin_listen + 5 : NULL;
    request.headers = headers;
    struct cw_error err;
    int status = 0;
    size_t len = 0;
    if (transport_fetch(&request, &status, body, &len, &err)) {
        fprintf(stderr, "clockwire: the daemon does not answer at %s: %s\n", config->admin_listen,
                err.text);
        status = 0;
        *body = NULL;
    }
    secret_free(bearer);
    return status;
}

int cmd_ask(const struct config *config, const char *method, const char *path, char **body)
{
    const struct fetch_request what = {.method = method, .timeout_ms = 10000};
    return ask(config, &what, path, body);
}

int cmd_post(const struct config *config, const char *path, struct cw_text form, char **body)
{
    const struct fetch_request what = {.method = "POST", .body = form, .timeout_ms = 90000};
    return ask(config, &what, path, body);
}

char *cmd_answer(const struct config *config, const char *method, const char *path)
{
    char *text = NULL;
    int status = cmd_ask(config, method, path, &text);
    if (status >= 200 && status < 300)
        return text;
    fputs(text ? text : "", stderr);
    free(text);
    return NULL;
}

int cmd_say(const struct config *config, const char *method, const char *path)
{
    auto_free char *text = cmd_answer(config, method, path);
    if (text)
        fputs(text, stdout);
    return text ? CMD_OK : CMD_FAILED;
}
