/* operand: what a matcher compares with, from scalars that YAML or a kept condition gave. */
#ifndef CWR_OPERAND_H
#define CWR_OPERAND_H

#include "buf.h"
#include "condition.h"
#include "grammar.h"

/* Sets the operands of a test whose `op` and `ignore_case` are set, from one scalar, or more for
 * CWR_FORM_SCALARS. Everything but patterns and conditions. Lives: in `arena`. Returns: CW_EINVAL
 * with a sentence in err, CW_NOMEM. */
enum cw_status cwr_operand_set(enum cwr_form form, const struct cw_value *values, size_t n,
                               struct cw_arena *arena, struct cwr_test *test,
                               struct cw_error *err) CW_CHECKED;

/* A matcher as JSON, to be asked later (cwr_ask_matcher): "KEY-1", ["a","b"],
 * {"at_least":"3 hours"}; numbers that JSON has not got are {"number":"007"}. */
void cwr_matcher_print(const struct cwr_predicate *predicate, struct cwr_buf *buf);

#endif
