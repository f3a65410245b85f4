/* front: a request becomes one self-contained `accepted` value.
 *
 * listener -> source (verify, decode) -> cw_match -> engine. The answer is sent when the engine has
 * the delivery on disk; where rules have a `reply`, when they have spoken, or after 2.5 seconds.
 * Requests that are not genuine leave only a counter. */
#ifndef FRONT_H
#define FRONT_H

#include "config.h"
#include "engine/engine.h"
#include "listener/listener.h"

struct front;

struct front *front_create(struct engine *engine, struct replies *replies,
                           const struct config *config);
void front_destroy(struct front *front);
void front_reload(struct front *front, const struct config *config);
struct listener_ops front_ops(struct front *front);

#endif
