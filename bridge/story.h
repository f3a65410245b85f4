/* story: what the journal knows of events, as JSON: each with its runs, calls and attempts. */
#ifndef STORY_H
#define STORY_H

#include "store/store.h"

/* A page: up to `limit` events after `after`, one JSON object per line. The text is the caller's.
 * Limits: the last 50 attempts of a call; no further event after 256 KiB of text; values
 * above 64 KiB are told by their size. */
enum cw_status story_events(struct store *store, int64_t after, size_t limit, char **out,
                            size_t *len, struct cw_error *err) CW_CHECKED;

#endif
