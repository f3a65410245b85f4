/* kinds: awork's types of work by name, remembered for ten minutes. */
#ifndef ACTION_KINDS_H
#define ACTION_KINDS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct kinds;

enum kinds_found { KINDS_UNKNOWN, KINDS_ONE, KINDS_SEVERAL };

struct kinds *kinds_create(void);
void kinds_destroy(struct kinds *kinds);
/* What is remembered turned out to be wrong. */
void kinds_forget(struct kinds *kinds);
/* Takes the answer of GET /typeofwork; archived ones are left out. Limits: 1,000 of them. */
void kinds_learn(struct kinds *kinds, const json_t *list, int64_t now_ms);
/* By name, exactly, else in any case. *id lives until the next learn. */
enum kinds_found kinds_find(const struct kinds *kinds, const char *name, int64_t now_ms,
                            const char **id);

#endif
