/* replies: which senders still wait for what the rules have to say to them.
 *
 * A delivery whose rules have a `reply` is committed like any other, but its sender is not answered
 * at once: it waits for the texts of all its replies, until a moment at most. The core says which
 * texts belong to a delivery, inside the turn that decides them; after the commit the front hears
 * them, joined in their order. Nothing of this is stored: after a restart nobody waits. */
#ifndef REPLIES_H
#define REPLIES_H

#include <clockwire/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replies;
struct waiter; /* one sender and its texts */

/* What is said when the time is over, or there are too many who wait. */
extern const char replies_late[];

/* `most`: senders that may wait at one time. */
struct replies *replies_create(size_t most);
void replies_destroy(struct replies *replies); /* after replies_close */

/* One more text, of step `step` of `run`, for the sender *waiter (NULL before its first text; its
 * runs have ascending ids without others between them). Returns: false when too many wait. */
bool replies_expect(struct replies *replies, struct waiter **waiter, int64_t run, uint32_t step);
/* A text that is known already, and said if nothing better is: why a rule did not come to its
 * reply. Returns: false when too many wait. */
bool replies_add(struct replies *replies, struct waiter **waiter, const char *text);
/* Its delivery was not written: as if it had never been expected. NULL is fine. */
void replies_drop(struct replies *replies, struct waiter *waiter);
/* Its delivery is on disk: `heard` is called once, with the texts, or with what is there at
 * `until_ms`; perhaps at once. */
void replies_hear(struct replies *replies, struct waiter *waiter, int64_t until_ms,
                  void (*heard)(void *ctx, struct cw_text text), void *ctx);

/* Whether somebody waits for this text, or for any text of a later step of the run. */
bool replies_awaits(const struct replies *replies, int64_t run, uint32_t step);
bool replies_awaits_behind(const struct replies *replies, int64_t run, uint32_t step);
/* Says it; what nobody waits for is passed over. Not inside a turn: what is not on disk is not
 * said. `behind`: it stands for all texts of later steps. `weak`: it is left out when any other
 * rule has something to say. */
void replies_tell(struct replies *replies, int64_t run, uint32_t step, bool behind, bool weak,
                  const char *text);

/* When the next one's time is over; INT64_MAX: never. */
int64_t replies_next_ms(const struct replies *replies);
void replies_expire(struct replies *replies, int64_t now_ms);
/* Nobody waits from now on, as before the end of the process. */
void replies_close(struct replies *replies);
size_t replies_waiting(const struct replies *replies);

#endif
