/* config: a file, with those that it includes, becomes everything that the daemon runs on:
 * settings, sources, people, rules.
 *
 * All faults are found in one pass and shown with their places. A configuration is
 * immutable; a reload makes a new one and swaps a pointer. */
#ifndef CONFIG_H
#define CONFIG_H

#include "log.h"
#include "people.h"
#include "source/source.h"
#include "suite/suite.h"

enum payloads { PAYLOADS_USED, PAYLOADS_FULL, PAYLOADS_NONE };

struct text_list {
    char **items;
    size_t n;
};

struct config {
    char *file;
    struct text_list listen;
    size_t body_bytes, head_bytes, connections, queue;
    int64_t request_ms;
    char *admin_listen; /* never empty */
    char *admin_token;  /* secret, or NULL */
    char *store;        /* path made absolute to the file's folder */
    int payloads;       /* enum payloads */
    int64_t keep_done_ms, keep_dead_ms;
    size_t max_bytes, min_free_bytes; /* max_bytes 0: none */
    char *journal_key;                /* of sealed tokens. Secret, or NULL */
    int log_level, log_format;
    struct target target;
    struct text_list plain_hosts; /* NULL-ended */
    struct source **sources;
    size_t n_sources;
    struct cw_ruleset *rules;
    struct people people;
    struct suite *tests; /* or NULL */
};

struct config_opts {
    const char *secrets;             /* folder, or NULL */
    enum cw_severity missing_secret; /* CW_ERROR for the daemon, CW_WARNING for `check` */
};

/* Loads and checks a file. Returns: CW_EINVAL when diags has errors (a file that cannot be read is
 * one too). */
enum cw_status config_load(const char *file, const struct config_opts *opts, struct cw_diags *diags,
                           struct config **out) CW_CHECKED;
/* Only the settings, for a command that asks a running daemon: faults elsewhere in the file are not
 * its business. Returns: CW_EINVAL when the file cannot be read or an address is not usable. */
enum cw_status config_load_settings(const char *file, const struct config_opts *opts,
                                    struct cw_diags *diags, struct config **out) CW_CHECKED;
/* What rules can do with this daemon, whatever its sources. */
struct cw_catalogue config_catalogue(void);
/* What awork calls a person who is known by an e-mail address; "": that is not known. Why not, or
 * why it may be out of date, or NULL. Both are borrowed until the next time. */
void config_identify(struct config *config, size_t person, const char *id, const char *trouble);
/* For playing tests: everybody is known, by an id that nobody has. */
void config_pretend(struct config *config);
void config_destroy(struct config *config); /* wipes its secrets */
const struct source *config_source(const struct config *config, struct cw_text path);
const struct source *config_source_named(const struct config *config, const char *name);

#endif
