/* fold: upper, lower and folded case by Unicode's simple mappings, in every locale alike.
 *
 * Bytes that are no UTF-8 are kept as they are: a header may hold anything. */
#ifndef CWR_FOLD_H
#define CWR_FOLD_H

#include <clockwire/error.h>
#include <stdbool.h>

enum cwr_case { CWR_CASE_FOLD, CWR_CASE_LOWER, CWR_CASE_UPPER };

uint32_t cwr_case_char(enum cwr_case to, uint32_t c);
/* What `len` bytes may become: no mapping makes more than three bytes of two. */
#define CWR_CASE_ROOM(len) ((len) + (len) / 2 + 4)
/* Returns: bytes written to `out`, which has CWR_CASE_ROOM(text.len). */
size_t cwr_case_write(enum cwr_case to, struct cw_text text, char *out);
enum cw_status cwr_case_text(enum cwr_case to, struct cw_text text, struct cw_arena *arena,
                             struct cw_text *out) CW_CHECKED;

/* One character: its length in bytes (1 to 4); *c is UINT32_MAX for a byte that is none. */
size_t cwr_char_get(struct cw_text text, uint32_t *c);
size_t cwr_char_count(struct cw_text text);

#endif
