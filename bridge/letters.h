/* letters: the dead letters of the journal as JSON: each call with its event and its attempts. */
#ifndef LETTERS_H
#define LETTERS_H

#include "store/store.h"

struct letters_ask {
    int64_t after;             /* calls with a higher id */
    const char *rule, *person; /* NULL: any */
};

/* A page of lines by id, then {"next": N, "more": B}: the id after which to go on, and whether
 * there may be more. The text is the caller's. Limits: 100 lines of one page, none after 256 KiB of
 * text; a page looks at 10,000 letters. */
enum cw_status letters_list(struct store *store, const struct letters_ask *ask, char **out,
                            size_t *len, struct cw_error *err) CW_CHECKED;
/* Whether a letter is of that rule and person. */
bool letters_fit(const struct store_call *call, const char *rule, const char *person);

#endif
