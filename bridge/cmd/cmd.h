/* cmd: one command per file; main.c holds the table. */
#ifndef CMD_H
#define CMD_H

#include "../config.h"

struct cmd_args {
    const char *config;  /* -c FILE, default clockwire.yaml */
    const char *secrets; /* --secrets DIR, or NULL */
    bool ready, json;    /* --ready, --json */
    bool help;           /* --help */
    bool coverage;       /* --coverage */
    bool dry_run;        /* --dry-run */
    bool part;           /* --part */
    const char *after;   /* --after N, or NULL */
    const char *format;  /* --format NAME, or NULL */
    const char *at;      /* --at TIME, or NULL */
    const char *since;   /* --since TIME, or NULL */
    const char *source;  /* --source NAME, or NULL */
    bool follow;         /* --follow */
    const char *cancel;  /* --cancel ID, or NULL */
    const char *retry;   /* --retry ID|all, or NULL */
    const char *drop;    /* --drop ID|all, or NULL */
    const char *rule;    /* --rule ID, or NULL */
    const char *user;    /* --user NAME, or NULL */
    const char *length;  /* --for DURATION, or NULL */
    bool list;           /* --list */
    bool paste;          /* --paste */
    const char *timeout; /* --timeout DURATION, or NULL */
    char **words;        /* what is no option */
    int n_words;
};

int cmd_run(const struct cmd_args *args);
int cmd_check(const struct cmd_args *args);
int cmd_schema(const struct cmd_args *args);
int cmd_test(const struct cmd_args *args);
int cmd_send(const struct cmd_args *args);
int cmd_health(const struct cmd_args *args);
int cmd_events(const struct cmd_args *args);
int cmd_why(const struct cmd_args *args);
int cmd_pending(const struct cmd_args *args);
int cmd_people(const struct cmd_args *args);
int cmd_dead(const struct cmd_args *args);
int cmd_hold(const struct cmd_args *args);
int cmd_release(const struct cmd_args *args);
int cmd_plan(const struct cmd_args *args);
int cmd_reload(const struct cmd_args *args);
int cmd_login(const struct cmd_args *args);

/* Loads the configuration and prints its faults; missing secrets are no error here.
 * Returns: NULL when it has errors. */
struct config *cmd_config(const struct cmd_args *args);
/* Only what tells where the daemon is: it answers although the file on disk has faults by now. */
struct config *cmd_settings(const struct cmd_args *args);
/* Asks the daemon something through its admin listener; prints an error when there is none.
 * Returns: the status, 0 when nobody answered. The body is the caller's. */
int cmd_ask(const struct config *config, const char *method, const char *path, char **body);
/* Its answer, for the caller to free; NULL when it refuses or there is none: stderr has said so. */
char *cmd_answer(const struct config *config, const char *method, const char *path);
/* Prints its answer. Returns: the exit code. */
int cmd_say(const struct config *config, const char *method, const char *path);
/* cmd_ask with a form, for what takes awork's time, too. */
int cmd_post(const struct config *config, const char *path, struct cw_text form, char **body);

enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 64 };

#endif
