/* others: the hosts besides awork, for tests on a virtual clock: each takes what it is sent, and
 * says 200 at once. What was sent is the effect of the call. */
#ifndef TRIAL_OTHERS_H
#define TRIAL_OTHERS_H

#include "transport/transport.h"

struct others;

struct others *others_create(void);
void others_destroy(struct others *others);
struct transport *others_transport(struct others *others);
/* Answers what is in flight. Returns: how many requests. */
size_t others_answer(struct others *others);

#endif
