#include "daemon.h"

#include "action/outside.h"
#include "admin/admin.h"
#include "ages.h"
#include "clock.h"
#include "front/front.h"
#include "lapse.h"
#include "metrics.h"
#include "plan.h"
#include "roster/roster.h"
#include "settings.h"
#include "tokens/tokens.h"
#include "upkeep.h"
#include "xalloc.h"

#include <clockwire/version.h>
#include <event2/event.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRAIN_MS = 10000, IDLE_MS = 1000, LISTENERS = 17, REPLIES = 256 };

struct daemon {
    struct daemon_opts opts;
    struct config *config;
    struct event_base *base;
    struct store *store;
    struct transport *transport, *outside; /* to awork, to other hosts */
    struct transport *wire;                /* of tokens */
    struct tokens *tokens;
    struct replies *replies;
    struct dispatcher *dispatcher;
    struct engine *engine;
    struct roster *roster;
    struct front *front;
    struct admin *admin;
    struct listener *listeners[LISTENERS]; /* webhooks first, the admin's last */
    size_t n_listeners;
    char node[HOST_NAME_MAX + 24]; /* HOST:PID */
    struct event *timer, *wake, *signals[3];
    struct upkeep upkeep;
    int64_t started_ms, drain_until_ms; /* on the steady clock */
    bool stopping, reload_asked;
};

/* ---- Reload: new before old ---- */

/* Before the first configuration nobody has asked for JSON. */
static void show(const struct cw_diags *diags, bool first)
{
    static const enum log_level levels[] = {LOG_ERROR, LOG_WARN, LOG_INFO};
    if (first || !log_is_json()) {
        auto_free char *text = cw_diags_total(diags) ? cw_diags_render(diags, isatty(2)) : NULL;
        fputs(text ? text : "", stderr);
        return;
    }
    for (size_t i = 0; i < cw_diags_total(diags); i++) {
        const struct cw_diag *d = cw_diags_get(diags, i);
        auto_free char *at =
            xprintf("%s:%u:%u", d->place.file ? d->place.file : "", d->place.line, d->place.column);
        LOG(levels[d->severity], d->text, F_S("code", d->code), F_S("at", at),
            F_S("hint", d->hint ? d->hint : ""));
    }
}

static struct config *load(const struct daemon_opts *opts, const char *file,
                           struct cw_diags **diags)
{
    struct config *config = NULL;
    struct config_opts how = {opts->secrets, CW_ERROR};
    *diags = cw_diags_create();
    if (!*diags)
        abort();
    return config_load(file, &how, *diags, &config) ? NULL : config;
}

/* What is told of a configuration: its plan when it is good, else its faults. */
struct told {
    int status;
    char *text;
    size_t len;
    struct plan_sums sums;
};

static void tell(struct daemon *d, const struct config *new, const struct cw_diags *diags,
                 struct told *out)
{
    struct plan_ask ask = {d->store, d->config, new, clock_now_ms()};
    out->status = new ? 200 : 422;
    if (new) {
        plan_make(&ask, &out->sums, &out->text, &out->len);
        return;
    }
    out->text = cw_diags_render(diags, false);
    out->len = out->text ? strlen(out->text) : 0;
}

static int plan(void *ctx, const char *file, char **text, size_t *len)
{
    struct daemon *d = ctx;
    struct cw_diags *diags;
    struct told told = {0};
    struct config *new = load(&d->opts, file ? file : d->opts.config, &diags);
    tell(d, new, diags, &told);
    config_destroy(new);
    cw_diags_destroy(diags);
    *text = told.text;
    *len = told.len;
    return told.status;
}

static void swap(struct daemon *d, struct config *new)
{
    struct config *old = d->config;
    d->config = new;
    roster_serve(d->roster, new, clock_now_ms());
    log_setup((enum log_level) new->log_level, (enum log_format) new->log_format, 2);
    engine_reload(d->engine, new->rules);
    engine_keep(d->engine, new->payloads != PAYLOADS_NONE);
    front_reload(d->front, new);
    admin_reload(d->admin, new);
    tokens_reload(d->tokens, &new->people, new->journal_key, clock_now_ms());
    dispatcher_reload(d->dispatcher, &new->people);
    upkeep_set(&d->upkeep, new);
    config_destroy(old);
}

static void log_reload(const struct plan_sums *s)
{
    LOG(LOG_INFO, "configuration reloaded", F_I("rules", s->rules), F_I("new", s->rules_new),
        F_I("gone", s->rules_gone), F_I("changed", s->rules_changed),
        F_I("runs_kept", s->runs[PLAN_KEPT]), F_I("runs_changed", s->runs[PLAN_CHANGED]),
        F_I("runs_lost", s->runs[PLAN_LOST]), F_I("runs_refused", s->runs[PLAN_REFUSED]),
        F_I("runs_back", s->runs[PLAN_BACK]));
}

/* What a reload cannot change: said once, and the old value stays in force. */
static void warn_fixed(const struct config *old, const struct config *new)
{
    const char *path;
    for (size_t from = 0; (path = settings_fixed(old, new, &from));)
        LOG(LOG_WARN, "this changes only with a restart", F_S("setting", path));
}

/* Only `why` needs it: a disk that is full must not hold up a reload. */
static void keep_ages(struct daemon *d)
{
    struct cw_error err;
    if (ages_keep(d->store, d->config->rules, clock_now_ms(), &err))
        LOG(LOG_WARN, "since when the rules are as they are could not be kept",
            F_S("reason", err.text));
}

static void reload(struct daemon *d)
{
    struct cw_diags *diags;
    struct told told = {0};
    struct config *new = load(&d->opts, d->opts.config, &diags);
    d->reload_asked = false;
    show(diags, false);
    tell(d, new, diags, &told); /* by the old rules and by the new ones: before the swap */
    metric_add(new ? METRIC_reloads : METRIC_reloads_failed, 1);
    if (new) {
        warn_fixed(d->config, new);
        swap(d, new);
        keep_ages(d);
        log_reload(&told.sums);
    } else {
        LOG(LOG_ERROR, "the new configuration has faults; the old one goes on", F_END);
    }
    admin_reloaded(d->admin, told.status, (struct cw_text){told.text, told.len});
    cw_diags_destroy(diags);
    free(told.text);
}

/* ---- Signals and wake-ups ---- */

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    (void)ctx; /* the loop has turned once: that is all that is needed */
}

static void wake(void *ctx)
{
    struct daemon *d = ctx;
    event_active(d->wake, EV_TIMEOUT, 0);
}

static void on_stop(evutil_socket_t fd, short what, void *ctx)
{
    struct daemon *d = ctx;
    (void)what;
    if (d->stopping)
        _exit(128 + (int)fd); /* asked twice: the journal is as good as after kill -9 */
    d->stopping = true;
    d->drain_until_ms = clock_steady_ms() + DRAIN_MS;
    for (size_t i = 0; i < d->n_listeners; i++)
        listener_stop(d->listeners[i]);
    dispatcher_stop(d->dispatcher);
    tokens_stop(d->tokens);
    replies_close(d->replies);
    LOG(LOG_INFO, "stopping", F_I("in_flight", (int64_t)dispatcher_in_flight(d->dispatcher)));
}

static void ask_reload(void *ctx)
{
    struct daemon *d = ctx;
    d->reload_asked = true;
    wake(d);
}

static void on_hup(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    ask_reload(ctx);
}

static void watch_signal(struct daemon *d, size_t i, int signal, event_callback_fn fn)
{
    d->signals[i] = evsignal_new(d->base, signal, fn, d);
    if (!d->signals[i] || evsignal_add(d->signals[i], NULL) != 0)
        abort();
}

/* ---- The start ---- */

/* While nobody listens for it, SIGHUP would end the process. */
static void hold_hup(bool hold)
{
    sigset_t hup;
    sigemptyset(&hup);
    sigaddset(&hup, SIGHUP);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &hup, NULL);
}

/* No core file and no ptrace: secrets live in this memory. As many descriptors as allowed. */
static void harden(void)
{
    struct rlimit none = {0, 0}, files;
    signal(SIGPIPE, SIG_IGN);
    hold_hup(true);
    umask(077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 65536 ? files.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void make_loop(struct daemon *d)
{
    struct event_config *config = event_config_new();
    if (!config)
        abort();
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    d->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!d->base)
        abort();
    d->timer = event_new(d->base, -1, 0, on_wake, d);
    d->wake = event_new(d->base, -1, 0, on_wake, d);
    if (!d->timer || !d->wake)
        abort();
    watch_signal(d, 0, SIGTERM, on_stop);
    watch_signal(d, 1, SIGINT, on_stop);
    watch_signal(d, 2, SIGHUP, on_hup);
    hold_hup(false);
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)clock_wall_ms();
    return seed;
}

/* For the leases of lanes: people read it, and the journal is ours alone. */
static const char *name_of_node(struct daemon *d)
{
    char host[HOST_NAME_MAX + 1] = "";
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    snprintf(d->node, sizeof d->node, "%s:%ld", host, (long)getpid());
    return d->node;
}

static enum cw_status open_journal(struct daemon *d, struct cw_error *err)
{
    struct store_opts opts = {.create_dirs = true, .max_bytes = d->config->max_bytes};
    int64_t back_ms = 0;
    enum cw_status st = store_open(d->config->store, &opts, &d->store, err);
    if (!st)
        st = lapse_settle(d->store, clock_now_ms(), &back_ms, err);
    if (!st)
        keep_ages(d);
    if (!st && back_ms)
        LOG(LOG_WARN, "the clock was set back: what waits has as long to go as it had then",
            F_I("seconds", back_ms / 1000));
    return st;
}

static void token_changed(void *ctx, const char *person)
{
    struct daemon *d = ctx;
    if (d->dispatcher)
        dispatcher_token(d->dispatcher, person);
}

static enum cw_status open_tokens(struct daemon *d, struct cw_error *err)
{
    enum cw_status st =
        transport_curl_create(d->base, NULL, d->config->target.timeout_ms, &d->wire, err);
    if (st)
        return st;
    struct tokens_deps deps = {.store = d->store,
                               .wire = d->wire,
                               .people = &d->config->people,
                               .key = d->config->journal_key,
                               .seed = random_seed(),
                               .changed = token_changed,
                               .wake = wake,
                               .ctx = d};
    d->tokens = tokens_create(&deps);
    return tokens_load(d->tokens, clock_now_ms(), err);
}

static enum cw_status open_roster(struct daemon *d, struct cw_error *err)
{
    d->roster = roster_create(d->store, random_seed());
    enum cw_status st = roster_load(d->roster, err);
    roster_serve(d->roster, d->config, clock_now_ms());
    dispatcher_set_errand(d->dispatcher, roster_errand(d->roster));
    return st;
}

static enum cw_status open_core(struct daemon *d, struct cw_error *err)
{
    enum cw_status st = open_journal(d, err);
    if (!st)
        st = transport_curl_create(d->base, d->config->target.url, d->config->target.timeout_ms,
                                   &d->transport, err);
    if (!st)
        st = transport_curl_create(d->base, NULL, OUTSIDE_TIMEOUT_MS, &d->outside, err);
    if (st)
        return st;
    d->replies = replies_create(REPLIES);
    st = open_tokens(d, err);
    if (st)
        return st;
    struct dispatcher_deps lanes = {.store = d->store,
                                    .transport = d->transport,
                                    .outside = d->outside,
                                    .people = &d->config->people,
                                    .seed = random_seed(),
                                    .owner = name_of_node(d),
                                    .replies = d->replies,
                                    .tokens = d->tokens,
                                    .wake = wake,
                                    .ctx = d};
    d->dispatcher = dispatcher_create(&lanes);
    struct engine_deps core = {.store = d->store,
                               .dispatcher = d->dispatcher,
                               .replies = d->replies,
                               .queue = d->config->queue};
    d->engine = engine_create(&core, d->config->rules);
    engine_keep(d->engine, d->config->payloads != PAYLOADS_NONE);
    d->upkeep =
        (struct upkeep){.store = d->store, .engine = d->engine, .dispatcher = d->dispatcher};
    upkeep_set(&d->upkeep, d->config);
    st = open_roster(d, err);
    if (!st)
        st = engine_load(d->engine, err);
    if (st)
        return st;
    d->front = front_create(d->engine, d->replies, d->config);
    struct admin_deps door = {.store = d->store,
                              .engine = d->engine,
                              .dispatcher = d->dispatcher,
                              .tokens = d->tokens,
                              .roster = d->roster,
                              .config = d->config,
                              .started_ms = d->started_ms,
                              .reload = ask_reload,
                              .plan = plan,
                              .ctx = d};
    d->admin = admin_create(&door);
    return dispatcher_load(d->dispatcher, clock_now_ms(), err);
}

static enum cw_status open_one(struct daemon *d, const char *address,
                               const struct listener_ops *ops, struct cw_error *err)
{
    const struct config *c = d->config;
    struct listener_limits limits = {.head_bytes = c->head_bytes,
                                     .connections = c->connections,
                                     .request_ms = (unsigned)c->request_ms};
    struct listener *l = NULL;
    enum cw_status st = listener_open(d->base, address, &limits, ops, &l, err);
    if (!st)
        d->listeners[d->n_listeners++] = l;
    return st;
}

static enum cw_status open_doors(struct daemon *d, struct cw_error *err)
{
    struct listener_ops hooks = front_ops(d->front), door = admin_ops(d->admin);
    for (size_t i = 0; i < d->config->listen.n; i++) {
        enum cw_status st = open_one(d, d->config->listen.items[i], &hooks, err);
        if (st)
            return st;
        LOG(LOG_INFO, "listening", F_S("address", listener_address(d->listeners[i])));
    }
    admin_watch(d->admin, d->n_listeners ? d->listeners[0] : NULL);
    return open_one(d, d->config->admin_listen, &door, err);
}

/* ---- The loop ---- */

static void sooner(int64_t *wait_ms, int64_t at_ms, int64_t now_ms)
{
    int64_t in_ms = at_ms <= now_ms ? 1 : at_ms - now_ms;
    if (in_ms < *wait_ms)
        *wait_ms = in_ms;
}

static void arm(struct daemon *d)
{
    int64_t wait_ms = IDLE_MS; /* housekeeping, and a belt against a missed wake-up */
    int64_t now_ms = clock_now_ms(), steady_ms = clock_steady_ms();
    sooner(&wait_ms, engine_next_ms(d->engine), now_ms);
    sooner(&wait_ms, tokens_next_ms(d->tokens), now_ms);
    sooner(&wait_ms, replies_next_ms(d->replies), steady_ms);
    sooner(&wait_ms, upkeep_next_ms(&d->upkeep), steady_ms);
    if (d->stopping)
        sooner(&wait_ms, d->drain_until_ms, steady_ms);
    struct timeval tv = {wait_ms / 1000, (wait_ms % 1000) * 1000};
    event_add(d->timer, &tv);
}

static bool drained(const struct daemon *d, int64_t steady_ms)
{
    size_t open =
        engine_queue(d->engine) + dispatcher_in_flight(d->dispatcher) + tokens_in_flight(d->tokens);
    for (size_t i = 0; i < d->n_listeners; i++)
        open += listener_open_exchanges(d->listeners[i]);
    return d->stopping && (!open || steady_ms >= d->drain_until_ms);
}

static enum cw_status turn(struct daemon *d, struct cw_error *err)
{
    int64_t now_ms = clock_now_ms();
    enum cw_status st = engine_turn(d->engine, now_ms, err);
    replies_expire(d->replies, clock_steady_ms());
    if (roster_had_news(d->roster)) {
        dispatcher_identified(d->dispatcher);
        tokens_reload(d->tokens, &d->config->people, d->config->journal_key, now_ms);
    }
    if (!st)
        st = tokens_turn(d->tokens, now_ms, err);
    if (!st)
        st = upkeep_turn(&d->upkeep, clock_steady_ms(), now_ms, err);
    if (d->upkeep.clock_set)
        roster_serve(d->roster, d->config, clock_now_ms());
    if (!st && d->reload_asked)
        reload(d);
    return st;
}

static enum cw_status loop(struct daemon *d, struct cw_error *err)
{
    enum cw_status st = CW_OK;
    while (!st && !drained(d, clock_steady_ms())) {
        arm(d);
        event_base_loop(d->base, EVLOOP_ONCE);
        st = turn(d, err);
    }
    return st;
}

static void close_all(struct daemon *d)
{
    hold_hup(true);
    engine_destroy(d->engine); /* whoever still waits for a commit gets 503 */
    if (d->replies)
        replies_close(d->replies);
    tokens_destroy(d->tokens); /* likewise who waits for a login */
    for (size_t i = 0; i < d->n_listeners; i++)
        listener_close(d->listeners[i]);
    struct transport *all[] = {d->transport, d->outside, d->wire};
    for (size_t i = 0; i < 3; i++)
        if (all[i])
            all[i]->ops->abandon(all[i]);
    front_destroy(d->front);
    admin_destroy(d->admin);
    dispatcher_destroy(d->dispatcher);
    roster_destroy(d->roster);
    replies_destroy(d->replies);
    for (size_t i = 0; i < 3; i++)
        if (all[i])
            all[i]->ops->destroy(all[i]);
    store_close(d->store);
    for (size_t i = 0; i < 3; i++)
        if (d->signals[i])
            event_free(d->signals[i]);
    event_free(d->timer);
    event_free(d->wake);
    event_base_free(d->base);
    config_destroy(d->config);
}

static int exit_code(enum cw_status st)
{
    return st == CW_OK        ? DAEMON_OK
           : st == CW_EBUSY   ? DAEMON_BUSY
           : st == CW_EINVAL  ? DAEMON_CONFIG
           : st == CW_ESYNTAX ? DAEMON_DAMAGED
                              : DAEMON_IO;
}

/* What the next start wants to know. A disk that is full must not hold up the end. */
static enum cw_status keep_all(struct daemon *d, struct cw_error *err)
{
    enum cw_status st = engine_save(d->engine, clock_now_ms(), err);
    return st && st != CW_ELIMIT ? st : upkeep_keep_time(&d->upkeep, clock_now_ms(), err);
}

static int serve(struct daemon *d)
{
    struct cw_error err = {0};
    make_loop(d);
    enum cw_status st = open_core(d, &err);
    if (!st)
        st = open_doors(d, &err);
    if (!st)
        st = upkeep_turn(&d->upkeep, clock_steady_ms(), clock_now_ms(), &err);
    if (!st) {
        LOG(LOG_INFO, "ready", F_S("version", CW_VERSION),
            F_I("rules", (int64_t)cw_ruleset_rules(d->config->rules)),
            F_I("people", (int64_t)d->config->people.n), F_S("journal", d->config->store),
            F_S("admin", d->config->admin_listen));
        st = loop(d, &err);
    }
    if (!st)
        st = keep_all(d, &err);
    if (st)
        LOG(LOG_ERROR, "stopped", F_S("reason", err.text));
    else
        LOG(LOG_INFO, "stopped", F_END);
    close_all(d);
    return exit_code(st);
}

int daemon_run(const struct daemon_opts *opts)
{
    struct daemon d = {.opts = *opts, .started_ms = clock_steady_ms()};
    struct cw_diags *diags;
    harden();
    d.config = load(opts, opts->config, &diags);
    show(diags, true);
    cw_diags_destroy(diags);
    if (!d.config) {
        fprintf(stderr, "clockwire: not started: the configuration has faults\n");
        return DAEMON_CONFIG;
    }
    log_setup((enum log_level)d.config->log_level, (enum log_format)d.config->log_format, 2);
    return serve(&d);
}
