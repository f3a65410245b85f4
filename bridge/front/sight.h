/* front/sight: the time entry that one of awork's webhooks tells of, and whose it is. */
#ifndef FRONT_SIGHT_H
#define FRONT_SIGHT_H

#include "engine/engine.h"

/* Sets to->sight and to->whose; leaves them alone where there is no entry, or it is of nobody
 * here. */
void front_sight(const struct accepted *accepted, const struct cw_value *entry, int64_t now_ms,
                 struct accepted_event *to);

#endif
