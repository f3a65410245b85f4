/* story: what the journal knows of events, as JSON: each with its runs, calls and attempts. */
#ifndef STORY_H
#define STORY_H

#include "store/store.h"

/* Up to `limit` events after `after`, one JSON object per line; fewer when they are large: ask
 * again after the last. The text is the caller's. */
enum cw_status story_events(struct store *store, int64_t after, size_t limit, char **out,
                            size_t *len, struct cw_error *err) CW_CHECKED;
/* Runs that wait for their time, one JSON object per line. */
enum cw_status story_waiting(struct store *store, size_t limit, char **out, size_t *len,
                             struct cw_error *err) CW_CHECKED;

#endif
