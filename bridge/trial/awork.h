/* awork: a small awork inside the process, for tests on a virtual clock: one timer per person, any
 * task and project by key, types of work by name. It answers at once and never fails; it keeps the
 * real one's rule that only a person's own token may pause and resume. */
#ifndef TRIAL_AWORK_H
#define TRIAL_AWORK_H

#include "action/sight.h"
#include "transport/transport.h"

#include <clockwire/rules.h>
#include <jansson.h>

struct awork;

/* The token that is a person's own there. */
#define AWORK_OWN "own"

struct awork *awork_create(const int64_t *now_ms);
void awork_destroy(struct awork *awork);
struct transport *awork_transport(struct awork *awork);
/* Answers what is in flight. Returns: how many requests. */
size_t awork_answer(struct awork *awork);

/* Whether the types of work are being asked for. */
bool awork_is_asked_for_kinds(const struct awork *awork);
/* A type of work that exists. */
void awork_kind(struct awork *awork, const char *name);
/* A change by hand: to `timer`, from whatever was. `what` is an object with what the timer is on as
 * rules read it (task, task_name, project, type_of_work, note), each a text or left out; with any
 * of them, or `anew`, it is another timer than before. */
void awork_by_hand(struct awork *awork, const char *user, enum cw_timer timer, bool anew,
                   const json_t *what);
/* What a webhook would tell of the person's last entry now. */
void awork_see(struct awork *awork, const char *user, struct cw_arena *arena, struct sight *out);

#endif
