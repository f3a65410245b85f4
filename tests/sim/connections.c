/*
 * Which connections have carried a request before: a client may send a request again by itself
 * when such a one dies. A connection is known by its descriptor and its peer's port.
 */
#include "connections.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdlib.h>

#define DESCRIPTORS_MAX ((size_t)65536)

struct sim_connections {
    size_t room;
    uint16_t *ports; /* by descriptor; 0: none yet */
};

struct sim_connections *sim_connections_create(void)
{
    return sim_alloc(1, sizeof(struct sim_connections));
}

void sim_connections_destroy(struct sim_connections *all)
{
    if (all == NULL)
        return;
    free(all->ports);
    free(all);
}

static void on_close(struct evhttp_connection *connection, void *arg)
{
    struct sim_connections *all = arg;
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    if (fd >= 0 && (size_t)fd < all->room)
        all->ports[fd] = 0;
}

static void make_room(struct sim_connections *all, size_t fd)
{
    size_t room = all->room > 0 ? all->room : 64;
    while (room <= fd)
        room *= 2;
    if (room == all->room)
        return;
    all->ports = sim_grow(all->ports, room, sizeof *all->ports);
    while (all->room < room)
        all->ports[all->room++] = 0;
}

bool sim_connection_used(struct sim_connections *all, struct evhttp_connection *connection)
{
    char *address = NULL;
    uint16_t port = 0;
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    if (fd < 0 || (size_t)fd >= DESCRIPTORS_MAX)
        return false;
    evhttp_connection_get_peer(connection, &address, &port);
    make_room(all, (size_t)fd);
    if (all->ports[fd] == port)
        return true;
    all->ports[fd] = port;
    evhttp_connection_set_closecb(connection, on_close, all);
    return false;
}
