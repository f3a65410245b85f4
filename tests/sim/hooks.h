/*
 * The webhooks that awork sends: who wants them, what they say, how they get there. Each webhook
 * has one delivery in flight; what has failed waits and is overtaken.
 */
#ifndef AWORK_SIM_HOOKS_H
#define AWORK_SIM_HOOKS_H

#include "sim.h"

struct event;
struct evhttp_connection;

struct sim_delivery {
    struct sim_hook *hook;
    char *body;
    size_t body_bytes;
    char event_type[40];
    char entity[SIM_GUID_SIZE];
    char trace[33];
    unsigned tries;
    struct event *timer;                  /* while it waits */
    struct evhttp_connection *connection; /* while it flies */
    struct sim_delivery *next;
    struct sim_delivery **link;
};

struct sim_delivery_list {
    struct sim_delivery *first;
    struct sim_delivery **end;
};

struct sim_hook {
    char id[SIM_GUID_SIZE];
    struct sim *sim;
    json_t *model;  /* as it is shown */
    json_t *events; /* object, its keys are the event types */
    char *host;
    uint16_t port;
    char *path;
    char *header_name; /* NULL: none */
    char *header_value;
    bool active;
    bool main_only;
    unsigned failures; /* in a row */
    json_t *log;       /* the last tries */
    struct sim_delivery_list waiting;
    struct sim_delivery_list ready;
    struct sim_delivery *flying;
    struct evhttp_connection *spent; /* the last one, to be freed */
    size_t queued;                   /* of all three */
    uint64_t sent, failed, given_up, dropped;
    struct sim_hook *next;
};

/* What goes wrong on the way, each with its chance. */
struct sim_noise {
    double duplicate;
    double reorder; /* held back for a while */
    double lose;
    double late_update; /* an `updated` behind a `deleted` */
    int delay_ms;       /* up to so long, all of them */
};

struct sim_hooks {
    struct sim_hook *first;
    size_t count;
    struct sim_noise noise;
    json_t *seed; /* the list of the seed file, or NULL */
    int timeout_ms;
    int retry_ms; /* the first; it doubles, up to a minute */
    bool allow_remote;
    struct event *tick;
};

struct sim_hooks *sim_hooks_create(void);
void sim_hooks_end(struct sim_hooks *hooks);
void sim_hooks_destroy(struct sim_hooks *hooks);
void sim_hooks_reset(struct sim *sim);
bool sim_hooks_start(struct sim *sim); /* those of the seed; the loop is there */
bool sim_hooks_any(const struct sim_hooks *hooks);

/* hooks.c: what the API says of them */
void sim_get_hooks(struct sim_call *call);
void sim_post_hook(struct sim_call *call);
void sim_get_hook(struct sim_call *call);
void sim_put_hook(struct sim_call *call);
void sim_delete_hook(struct sim_call *call);
void sim_get_hook_log(struct sim_call *call);
void sim_get_event_types(struct sim_call *call);
bool sim_event_type_known(const char *name);

/* hook_form.c: the body of POST and PUT; NULL or false: *errors says why */
bool sim_hook_read(const struct sim_hooks *hooks, const json_t *body, struct sim_hook *hook,
                   json_t *errors);
void sim_hook_fini(struct sim_hook *hook);

/* hook_body.c: what they say */
void sim_hooks_tell(struct sim *sim, enum sim_effect effect, const struct sim_entry *entry,
                    const json_t *before, const char *by);
const char *sim_hooks_emit(struct sim *sim, json_t *wanted);
const char *sim_hooks_retag(struct sim *sim, json_t *wanted);

/* hook_send.c: how they get there; takes the body */
void sim_hook_send(struct sim_hook *hook, const char *event_type, const char *entity,
                   const char *trace, const json_t *body);
void sim_hook_stop(struct sim_hook *hook);
const char *sim_hooks_noise(struct sim *sim, json_t *wanted);
json_t *sim_hooks_show(struct sim *sim);

#endif
