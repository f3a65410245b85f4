/* clockwire send SOURCE FILE: signs a payload as its provider would and posts it to the bridge. */
#include "../clock.h"
#include "../transport/transport.h"
#include "../xalloc.h"
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_payload(const char *file, size_t *len)
{
    FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "rbe");
    if (!f) {
        fprintf(stderr, "clockwire: %s: %s\n", file, strerror(errno));
        return NULL;
    }
    size_t size = 1 << 16, n = 0, got;
    char *text = xmalloc(size);
    while ((got = fread(text + n, 1, size - n, f)) > 0)
        if ((n += got) == size)
            text = xrealloc(text, size *= 2);
    int fault = ferror(f) ? errno : 0;
    if (f != stdin)
        fclose(f);
    *len = n;
    if (!fault)
        return text;
    fprintf(stderr, "clockwire: %s: %s\n", file, strerror(fault));
    free(text);
    return NULL;
}

/* The listener's address as a client reaches it: 0.0.0.0 means every address, this one too. */
static char *url_of(const struct config *config, const struct source *source,
                    const char **unix_path)
{
    const char *at = config->listen.items[0];
    *unix_path = NULL;
    if (strncmp(at, "unix:", 5) == 0) {
        *unix_path = at + 5;
        return xprintf("http://localhost%s", source_path(source));
    }
    const char *port = strrchr(at, ':');
    if (port && (strncmp(at, "0.0.0.0:", 8) == 0 || strncmp(at, "[::]:", 5) == 0))
        return xprintf("http://127.0.0.1%s%s", port, source_path(source));
    return xprintf("http://%s%s", at, source_path(source));
}

static const char **header_lines(const struct http_header *headers, size_t n,
                                 struct cw_arena *arena)
{
    const char **lines = xtake(arena, (n + 1) * sizeof *lines);
    for (size_t i = 0; i < n; i++) {
        size_t size = headers[i].name.len + headers[i].value.len + 3;
        char *line = xtake(arena, size);
        snprintf(line, size, "%.*s: %.*s", (int)headers[i].name.len, headers[i].name.at,
                 (int)headers[i].value.len, headers[i].value.at);
        lines[i] = line;
    }
    return lines;
}

static int post(const struct config *config, const struct source *source, struct cw_text body,
                const char **headers)
{
    struct cw_error err;
    const char *unix_path;
    char *answer = NULL;
    size_t len = 0;
    int status = 0;
    auto_free char *url = url_of(config, source, &unix_path);
    struct fetch_request request = {"POST", url, unix_path, headers, body, 20000};
    if (transport_fetch(&request, &status, &answer, &len, &err)) {
        fprintf(stderr, "clockwire: %s: %s\n", url, err.text);
        return CMD_FAILED;
    }
    printf("%d%s%.*s%s", status, len ? " " : "", (int)len, answer,
           len && answer[len - 1] == '\n' ? "" : "\n");
    free(answer);
    return status >= 200 && status < 300 ? CMD_OK : CMD_FAILED;
}

static int sign_and_post(const struct config *config, const struct source *source,
                         struct cw_text body)
{
    struct cw_arena *arena = xarena(1 << 20);
    struct http_header *headers = NULL;
    struct cw_error err;
    size_t n = 0;
    int code = CMD_FAILED;
    if (source_sign(source, body, clock_wall_ms(), arena, &headers, &n, &err))
        fprintf(stderr, "clockwire: %s\n", err.text);
    else
        code = post(config, source, body, header_lines(headers, n, arena));
    cw_arena_destroy(arena);
    return code;
}

static const struct source *find(const struct config *config, const char *name)
{
    const struct source *source = config_source_named(config, name);
    if (source)
        return source;
    const char **names = xcalloc(config->n_sources + 1, sizeof *names);
    for (size_t i = 0; i < config->n_sources; i++)
        names[i] = source_name(config->sources[i]);
    const char *near = cw_nearest(cw_text_of(name), names, config->n_sources);
    fprintf(stderr, "clockwire: there is no source `%s`%s%s%s\n", name,
            near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
    free(names);
    return NULL;
}

int cmd_send(const struct cmd_args *args)
{
    size_t len = 0;
    int code = CMD_FAILED;
    if (args->n_words != 2) {
        fprintf(stderr, "usage: clockwire send SOURCE FILE [-c clockwire.yaml]\n");
        return CMD_USAGE;
    }
    struct config *config = cmd_config(args);
    const struct source *source = config ? find(config, args->words[0]) : NULL;
    auto_free char *body = source ? read_payload(args->words[1], &len) : NULL;
    if (body)
        code = sign_and_post(config, source, (struct cw_text){body, len});
    config_destroy(config);
    return code;
}
