/* daemon: everything together, and the loop that turns it. */
#ifndef DAEMON_H
#define DAEMON_H

#include "config.h"

/* Exit codes of the daemon; sysexits where they fit. */
enum {
    DAEMON_OK = 0,
    DAEMON_CONFIG = 78,  /* the configuration has faults */
    DAEMON_IO = 74,      /* the journal failed: what was acknowledged is safe, restart me */
    DAEMON_DAMAGED = 65, /* the journal is damaged: a restart does not help */
    DAEMON_BUSY = 75,    /* another process has the journal, or an address is taken */
};

struct daemon_opts {
    const char *config;  /* file */
    const char *secrets; /* folder, or NULL */
};

/* Serves until SIGTERM or SIGINT. Returns: the exit code. */
int daemon_run(const struct daemon_opts *opts);

#endif
