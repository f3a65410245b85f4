#ifndef AWORK_SIM_CONNECTIONS_H
#define AWORK_SIM_CONNECTIONS_H

#include "sim.h"

struct evhttp_connection;

struct sim_connections *sim_connections_create(void);
void sim_connections_destroy(struct sim_connections *all);
/* Whether it has carried a request before; from now on it has. */
bool sim_connection_used(struct sim_connections *all, struct evhttp_connection *connection);

#endif
