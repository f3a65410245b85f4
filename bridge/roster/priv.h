/* The insides of the roster. */
#ifndef ROSTER_PRIV_H
#define ROSTER_PRIV_H

#include "action/entry.h"
#include "roster/roster.h"

#include <jansson.h>

enum { ROSTER_PAGE = 100 }; /* users */

struct found { /* of one user in the present pass */
    char id[UUID_SIZE];
    char *name;
};

struct entry_of { /* an address that is wanted */
    char *email;
    char id[UUID_SIZE]; /* "": not known */
    char *name;         /* at awork, or NULL */
    int64_t since_ms;
    char *trouble; /* of the last pass, or NULL */
    char *clash;   /* with others of the configuration, or NULL */
    /* The present pass: users with this address, as it ranks. */
    int rank;
    size_t n_found;
    struct found found[2];
    const char *skipped; /* why a user of it is left out */
};

struct roster {
    struct store *store;
    uint64_t seed;
    struct config *config;    /* that it serves */
    struct entry_of *entries; /* by address, without case */
    size_t n;
    struct dispatcher_errand errand;
    char path[64];
    unsigned page;
    int64_t got; /* users, in this pass */
    uint32_t failures, misses;
    int64_t refreshed_ms;
    bool had_news;
    char *failure; /* why the list cannot be read, or NULL */
    char *line;    /* for /readyz */
};

/* NULL: nobody wants it. */
struct entry_of *roster_find(const struct roster *roster, const char *email);
void roster_sort(struct roster *roster);
void roster_set(char **to, char *text); /* owns text */

/* roster/page.c */
enum roster_page { ROSTER_MORE, ROSTER_LAST, ROSTER_BAD };
/* Takes a page; what is wrong with it goes to *why, which the caller frees. */
enum roster_page roster_take(struct roster *roster, const struct transport_answer *answer,
                             char **why);
void roster_begin_pass(struct roster *roster);
/* The pass is over: what it has found counts. `whole`: who was not found is not there. Returns: how
 * many are missing. */
size_t roster_end_pass(struct roster *roster, bool whole, int64_t now_ms);

/* roster/tell.c */
void roster_tell_people(struct roster *roster);
void roster_tell_trouble(struct roster *roster);

/* roster/cache.c */
enum cw_status roster_save(const struct roster *roster, struct cw_error *err) CW_CHECKED;

#endif
