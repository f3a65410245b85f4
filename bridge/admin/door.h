/* admin/door: who may ask the daemon something.
 *
 * Over a unix socket everybody who can open it, or who has the token when there is one. Over TCP
 * only who has the token, calls us by a name that no stranger can make point here, and has not
 * guessed wrong five times in the last minute. What the door is was settled when it was opened: no
 * reload makes a TCP door a local one. */
#ifndef ADMIN_DOOR_H
#define ADMIN_DOOR_H

#include "http/http.h"

enum { DOOR_CALLERS = 64, DOOR_TRIES = 5, DOOR_FORGETS_MS = 60000, DOOR_PEER = 64 };

struct door_caller { /* an address that guessed wrong */
    char peer[DOOR_PEER];
    int64_t since_ms;
    unsigned tries;
};

struct admin_door {
    bool is_local;
    char host[256]; /* what admin.listen says before its port */
    struct door_caller callers[DOOR_CALLERS];
};

void door_init(struct admin_door *door, const char *listen);
/* Returns: 0 when it may go on, else the status to refuse with: 401, 421 or 429. */
int door_check(struct admin_door *door, const struct http_request *request, const char *token,
               int64_t now_ms);

#endif
