/* gate/end: deadlines, lingering, and the end of connections.
 *
 * Nothing is freed inside its own callback: whoever finds that a connection is over adds a chore,
 * and the chores run by themselves in the same turn of the loop. */
#include "clock.h"
#include "gate/conn.h"

#include <stdlib.h>
#include <sys/socket.h>

/* The tick runs only while there are connections, so that an idle daemon sleeps. */
int64_t gate_now(struct gate *g)
{
    static const struct timeval every = {.tv_usec = GATE_TICK_MS * 1000};
    if (!g->is_ticking) {
        g->is_ticking = true;
        g->now_ms = clock_steady_ms();
        event_add(g->tick, &every);
    }
    return g->now_ms;
}

void gate_add_chore(struct gate_conn *c)
{
    if (c->has_chore)
        return;
    c->has_chore = true;
    c->next_chore = c->gate->chores;
    c->gate->chores = c;
    event_active(c->gate->chore, EV_TIMEOUT, 0);
}

/* Here the descriptor closes. A request in work keeps the rest until it is answered. */
static void close_socket(struct gate_conn *c)
{
    evbuffer_remove_cb_entry(bufferevent_get_input(c->bev), c->tap);
    bufferevent_setcb(c->bev, NULL, NULL, NULL, NULL);
    bufferevent_disable(c->bev, EV_READ | EV_WRITE);
    bufferevent_decref(c->bev);
    c->bev = NULL;
}

static void release_slot(struct gate_conn *c)
{
    struct gate *g = c->gate;
    bool was_full = g->n_conns == g->limits.connections;
    g->slots[c->slot] = NULL;
    g->free_slots[--g->n_conns] = c->slot;
    if (was_full && !g->is_stopping)
        g->ops.full(g->ops.ctx, false);
}

static void conn_end(struct gate_conn *c)
{
    static size_t unlimited = SIZE_MAX / 2; /* what is still in work does not count any more */
    close_socket(c);
    if (c->held)
        evbuffer_free(c->held);
    c->held = NULL;
    release_slot(c);
    if (c->stage != GATE_WORK) {
        http_reader_reset(&c->reader);
        free(c);
        return;
    }
    c->gate->spare_bytes += c->reader.body_room;
    c->reader.spare_bytes = &unlimited;
    c->gate = NULL;
}

static void on_linger_event(struct bufferevent *bev, short what, void *arg)
{
    struct gate_conn *c = arg;
    (void)bev;
    (void)what; /* the end of its sending, or a reset */
    gate_add_chore(c);
}

static void linger(struct gate_conn *c)
{
    c->stage = GATE_LINGER;
    c->deadline_ms = gate_now(c->gate) + GATE_LINGER_MS;
    bufferevent_setcb(c->bev, NULL, NULL, on_linger_event, c);
    bufferevent_enable(c->bev, EV_READ);
}

void gate_linger_input(struct gate_conn *c, struct evbuffer *input)
{
    size_t len = evbuffer_get_length(input);
    c->lingered_bytes += len;
    c->is_busy = true;
    evbuffer_drain(input, len);
    c->is_busy = false;
    if (c->lingered_bytes > GATE_LINGER_BYTES)
        gate_add_chore(c);
}

void gate_on_chores(evutil_socket_t fd, short what, void *arg)
{
    struct gate *g = arg;
    struct gate_conn *c;
    (void)fd;
    (void)what;
    while ((c = g->chores)) {
        g->chores = c->next_chore;
        c->has_chore = false;
        if (c->stage == GATE_CLOSING && c->lingers)
            linger(c);
        else
            conn_end(c);
    }
}

/* Before its first request evhttp does not tell; but it takes its callbacks with it. */
static void look_whether_gone(struct gate_conn *c)
{
    bufferevent_event_cb on_event = NULL;
    if (c->is_known || c->let_go)
        return;
    bufferevent_getcb(c->bev, NULL, NULL, &on_event, NULL);
    if (on_event)
        return;
    c->let_go = true;
    gate_add_chore(c);
}

/* evhttp itself is told that the client is gone; freeing its half behind its back would not do. */
void gate_drop(struct gate_conn *c)
{
    c->gate->counters.dropped++;
    c->deadline_ms = 0;
    bufferevent_trigger_event(c->bev, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
    look_whether_gone(c);
}

/* The kernel would go on offering the answer to who does not take it; a reset forgets it. */
static void reset_at_close(struct gate_conn *c)
{
    static const struct linger now = {.l_onoff = 1};
    setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void expire(struct gate_conn *c)
{
    if (c->stage == GATE_LINGER) {
        gate_add_chore(c);
        return;
    }
    c->gate->counters.timeouts++;
    if (c->stage > GATE_BODY || http_is_idle(&c->reader)) {
        if (c->stage == GATE_ANSWER)
            reset_at_close(c);
        gate_drop(c);
        return;
    }
    c->lingers = false; /* it had its time */
    c->is_busy = true;
    gate_refuse(c, 408, NULL);
    c->is_busy = false;
    bufferevent_trigger(c->bev, EV_READ, 0);
}

/* At the ceiling those who keep us waiting make room: else a few thousand slow clients would keep
 * out everybody else until their deadlines. */
static bool is_slow(const struct gate_conn *c)
{
    return c->stage <= GATE_BODY && !c->let_go && c->gate->now_ms - c->began_ms > GATE_PATIENCE_MS;
}

static void make_room(struct gate *g)
{
    if (g->n_conns < g->limits.connections || g->is_stopping)
        return;
    for (size_t i = 0, n = 0; i < g->limits.connections && n < GATE_ROOM; i++) {
        struct gate_conn *c = g->slots[i];
        if (!c || !is_slow(c))
            continue;
        gate_drop(c);
        n++;
    }
}

void gate_on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct gate *g = arg;
    (void)fd;
    (void)what;
    g->now_ms = clock_steady_ms();
    for (size_t i = 0, left = g->n_conns; left; i++) {
        struct gate_conn *c = g->slots[i];
        if (!c)
            continue;
        left--;
        look_whether_gone(c);
        if (!c->let_go || c->stage == GATE_LINGER)
            if (c->deadline_ms && g->now_ms >= c->deadline_ms)
                expire(c);
    }
    make_room(g);
    if (g->n_conns)
        return;
    g->is_ticking = false;
    event_del(g->tick);
}

void gate_end_all(struct gate *g)
{
    g->is_stopping = true;
    for (size_t i = 0; i < g->limits.connections; i++) {
        struct gate_conn *c = g->slots[i];
        if (!c)
            continue;
        c->lingers = false;
        if (c->let_go)
            gate_add_chore(c);
        else
            gate_drop(c);
    }
    gate_on_chores(-1, 0, g);
}
