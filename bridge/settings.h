/* settings: the rows of config.def read from a document into a struct config. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "config.h"

/* Sets every field to its default. */
void settings_defaults(struct config *config);
/* Reads the sections server, admin, journal, log and target of a document. */
void settings_read(struct config *config, const struct cw_node *root,
                   const struct source_deps *deps);
/* The next setting from row *from on that a reload would have to change and cannot; NULL: no more.
 * Begin with *from 0. */
const char *settings_fixed(const struct config *old, const struct config *new, size_t *from);
/* The top-level keys that settings_read looks at, `sources` and `tests`; NULL-ended. */
extern const char *const settings_sections[];
void settings_fini(struct config *config);

#endif
