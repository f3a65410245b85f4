/* regex: PCRE2 with one budget of steps per match, so that no pattern can hang on hostile text.
 *
 * The JIT is required; patterns with callouts, \C, (?J) or (*...) at the start are refused. Machine
 * code takes ten times as long to make as the rest, so that a pattern gets it when it is first
 * used. Subjects are cut at 4 KiB between characters (`$` is no match there); a limit that is hit,
 * or too small a JIT stack, is CWR_REGEX_LIMIT within 10 ms. Bytes that are not UTF-8 match
 * nothing. */
#ifndef CWR_REGEX_H
#define CWR_REGEX_H

#include <clockwire/error.h>
#include <stdbool.h>

struct cwr_regex;         /* compiled once, shared by threads */
struct cwr_regex_scratch; /* match data, match context and JIT stack of one thread */

enum cwr_regex_result { CWR_REGEX_NO, CWR_REGEX_YES, CWR_REGEX_LIMIT, CWR_REGEX_NOMEM };

enum { CWR_REGEX_GROUPS = 32 }; /* named groups of one pattern, at most */

/* Limits: 4 KiB, 127 groups, 50 nested parentheses, 40 KiB of code, and for patterns that ignore
 * case the sum of all class ranges, since each character of them takes its time. Returns:
 * CW_ESYNTAX with err->at where PCRE2 gives one, CW_EINVAL for what is not allowed here, CW_ELIMIT,
 * CW_NOMEM. */

enum cw_status cwr_regex_compile(struct cw_text pattern, bool ignore_case, struct cwr_regex **out,
                                 struct cw_error *err) CW_CHECKED;
/* Makes the machine code now. Thread-safe. Returns: CW_EINVAL where the JIT does not work or does
 * not take this pattern (which cwr_regex_compile has seen, but for the former), CW_NOMEM. */
enum cw_status cwr_regex_prepare(const struct cwr_regex *regex, struct cw_error *err) CW_CHECKED;
void cwr_regex_destroy(struct cwr_regex *regex);
size_t cwr_regex_bytes(const struct cwr_regex *regex); /* of compiled code, without machine code */
size_t cwr_regex_count(const struct cwr_regex *regex); /* named groups */
struct cw_text cwr_regex_name(const struct cwr_regex *regex, size_t i);

struct cwr_regex_scratch *cwr_regex_scratch_create(void);
void cwr_regex_scratch_destroy(struct cwr_regex_scratch *scratch);
/* A new event begins. Of one event the seventeenth match that meets a limit, and all behind it,
 * have a twentieth of the budget; so has a pattern that met its limit three times in a row, until
 * hundreds of matches went well. */
void cwr_regex_begin(struct cwr_regex_scratch *scratch);

/* groups[i], if given, is set to the i-th named group; at == NULL where it took no part. */
enum cwr_regex_result cwr_regex_match(const struct cwr_regex *regex,
                                      struct cwr_regex_scratch *scratch, struct cw_text subject,
                                      struct cw_text groups[CWR_REGEX_GROUPS]);
/* The steps of the last match. */
size_t cwr_regex_spent(const struct cwr_regex_scratch *scratch);

#endif
