/* admin: the daemon's own door: health, metrics, what happened to an event.
 *
 * A unix socket with mode 0600 needs no token; over TCP every request needs the bearer token from
 * the configuration. Nothing secret is ever shown. */
#ifndef ADMIN_H
#define ADMIN_H

#include "config.h"
#include "engine/engine.h"
#include "listener/listener.h"
#include "roster/roster.h"

struct admin;

struct admin_deps {
    struct store *store;
    struct engine *engine;
    struct dispatcher *dispatcher;
    struct tokens *tokens;
    const struct config *config;
    int64_t started_ms;        /* on the steady clock */
    void (*reload)(void *ctx); /* asks for a reload after this turn; admin_reloaded comes then */
    /* What a file (NULL: the daemon's own) would change. Returns: the status of the answer; the
     * text is the caller's. */
    int (*plan)(void *ctx, const char *file, char **text, size_t *len);
    void *ctx;
    const struct roster *roster;
};

struct admin *admin_create(const struct admin_deps *deps);
void admin_destroy(struct admin *admin);
void admin_reload(struct admin *admin, const struct config *config);
/* How the reload went: the answer to all who asked for it. */
void admin_reloaded(struct admin *admin, int status, struct cw_text text);
/* Gauges that come from the listener; read when /metrics is asked for. */
void admin_watch(struct admin *admin, const struct listener *listener);
struct listener_ops admin_ops(struct admin *admin);

#endif
