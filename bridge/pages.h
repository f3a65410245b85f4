/* pages: walks over what is pending in the journal, a page of memory at a time. */
#ifndef PAGES_H
#define PAGES_H

#include "store/store.h"

enum { PAGES_MOST = 100000 }; /* runs, and as many marks, that one walk looks at */

/* Each waiting run, by due_ms, id. What `see` is given lives until it returns. */
enum cw_status pages_runs(struct store *store, void (*see)(void *ctx, const struct store_run *run),
                          void *ctx, struct cw_error *err) CW_CHECKED;
/* Each mark, by name. */
enum cw_status pages_marks(struct store *store,
                           void (*see)(void *ctx, const struct store_mark *mark), void *ctx,
                           struct cw_error *err) CW_CHECKED;

/* A page of events before a number, the newest first; as in store_events_back. */
enum cw_status pages_back(struct store *store, int64_t before, struct cw_arena *arena,
                          struct store_event **out, size_t *n, struct cw_error *err) CW_CHECKED;
/* The number of the last event that came by then, 0: none did. They are numbered as they come. */
enum cw_status pages_until(struct store *store, int64_t until_ms, int64_t *seq,
                           struct cw_error *err) CW_CHECKED;

#endif
