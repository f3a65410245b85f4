/* listener/bind: from an address in the configuration to a socket that is bound. */
#ifndef LISTENER_BIND_H
#define LISTENER_BIND_H

#include <clockwire/error.h>
#include <sys/types.h>

struct listener_place {
    int fd; /* listening, non-blocking, closed on exec */
    char address[160];
    char path[108]; /* of a Unix socket, else "" */
    dev_t dev;      /* of that socket: only our own file is removed */
    ino_t ino;
};

/* Owns: the descriptor is the caller's. */
enum cw_status listener_bind(const char *address, struct listener_place *out, struct cw_error *err);
/* Removes the file of a Unix socket, unless somebody else has put another there. */
void listener_unbind(struct listener_place *place);

#endif
