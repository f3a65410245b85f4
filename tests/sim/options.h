#ifndef AWORK_SIM_OPTIONS_H
#define AWORK_SIM_OPTIONS_H

#include <stdbool.h>

struct sim_options {
    const char *listen;
    const char *seed;
    long per_second; /* -1: as the seed says */
    long per_minute;
    long keep_requests;
    long keep_entries;
    long webhook_timeout_ms;
    long webhook_retry_ms;
    bool retry_after;
    bool ignore_me_user_id;
    bool short_pages;
    bool strict;
    bool allow_remote;
};

/* Returns: 0 to go on, else the exit status plus one. */
int sim_options_read(int argc, char **argv, struct sim_options *options);

#endif
