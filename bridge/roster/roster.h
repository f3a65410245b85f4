/* roster: who the people are at awork whom the configuration knows by their e-mail address.
 *
 * Asks awork for its users, page by page, at the start when somebody is not known yet, then once a
 * day, and again with back-off while somebody is missing. What it has learned is in the journal, so
 * a restart without awork knows them too. An id that was known stays until another one is found.
 * Refused, and said: several users of one address, and one user for two people. Left out:
 * deactivated, archived and external users; an address for work comes before any other. */
#ifndef ROSTER_H
#define ROSTER_H

#include "config.h"
#include "dispatcher/dispatcher.h"

struct roster;

struct roster *roster_create(struct store *store, uint64_t seed);
void roster_destroy(struct roster *roster);
/* Reads what the journal knows. */
enum cw_status roster_load(struct roster *roster, struct cw_error *err) CW_CHECKED;
/* Serves a configuration from now on, in place of the one before: its people are told what is known
 * of them, now and whenever there is news; who is not known is asked for at once. Its people point
 * into the roster. */
void roster_serve(struct roster *roster, struct config *config, int64_t now_ms);
/* Whether the people were told news since it was asked last. */
bool roster_had_news(struct roster *roster);
/* What the dispatcher is to ask for it. */
const struct dispatcher_errand *roster_errand(const struct roster *roster);
/* For /readyz: who is missing, or NULL. */
const char *roster_trouble(const struct roster *roster);
/* What is known of a person's address; NULL: nothing. *name: as awork calls them; *since_ms: since
 * when it is their id, 0: it is not known. */
const char *roster_about(const struct roster *roster, const char *email, const char **name,
                         int64_t *since_ms);

#endif
