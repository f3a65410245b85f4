/* text: UTF-8 as strangers send it: decoding with every check, and escaping for one-line messages.
 */
#ifndef CWR_TEXT_H
#define CWR_TEXT_H

#include <clockwire/error.h>
#include <stdbool.h>

/* Length in bytes of the well-formed character at `at` (1 to 4; `end` bounds it), 0 when it is not
 * well-formed: overlong, a surrogate, above U+10FFFF or cut off. *out may be NULL. */
unsigned cwr_utf8_get(const char *at, const char *end, uint32_t *out);
/* Returns: bytes written to `out` (room for 4); what is no character becomes U+FFFD. */
unsigned cwr_utf8_put(uint32_t c, char *out);
/* True for what must never reach a terminal or a log line raw: C0, DEL, C1, line separators, the
 * byte order mark and the controls of bidirectional text. */
bool cwr_is_control(uint32_t c);
/* Writes one character of `text` printably (\n, \x1b, \u202e); moves *at on. Always ends with NUL.
 * Returns: bytes written, at most 11 with the NUL not counted. */
unsigned cwr_escape_one(const char **at, const char *end, char out[12]);
/* Writes `text` printably into `out` and ends it with NUL; what does not fit is cut between
 * characters. Returns: bytes written without the NUL. */
size_t cwr_escape(struct cw_text text, char *out, size_t size);

#endif
