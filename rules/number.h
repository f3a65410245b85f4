/* number: decimal numbers as text, compared exactly; no doubles, so nothing is lost beyond 2^53. */
#ifndef CWR_NUMBER_H
#define CWR_NUMBER_H

#include <clockwire/error.h>
#include <stdbool.h>

/* True for a decimal number as JSON and YAML's core schema write it: 7, -1.50, 1e3, +007, .5 */
bool cwr_number_is(struct cw_text text);
/* Sets *order to <0, 0 or >0. Returns: false when one of them is no number. */
bool cwr_number_compare(struct cw_text a, struct cw_text b, int *order);
/* Equal for equal numbers (1, 1.0, 10e-1). Returns: 0 for what is no number. */
uint64_t cwr_number_hash(struct cw_text text);

/* Numbers in their order: a smaller one never has a higher rank; equal ranks are equal or very
 * close. Returns: 0 for what is no number. */
int64_t cwr_number_rank(struct cw_text text);

#endif
