/* matcher: the scratch of one thread. */
#include "matcher.h"

#include <stdlib.h>

struct cw_matcher *cw_matcher_create(void)
{
    struct cw_matcher *matcher = calloc(1, sizeof *matcher);
    if (matcher && (matcher->regex = cwr_regex_scratch_create()))
        return matcher;
    free(matcher);
    return NULL;
}

void cw_matcher_destroy(struct cw_matcher *matcher)
{
    if (!matcher)
        return;
    cwr_regex_scratch_destroy(matcher->regex);
    cwr_found_free(&matcher->found);
    free(matcher->values);
    free(matcher->marks);
    free(matcher);
}

/* Fresh memory is zero, and no match and no round is number 0. */
enum cw_status cwr_matcher_begin(struct cw_matcher *matcher, size_t n_paths, size_t n_marks)
{
    if (n_paths > matcher->n_values) {
        struct cwr_cached *values = calloc(n_paths, sizeof *values);
        if (!values)
            return CW_NOMEM;
        free(matcher->values);
        matcher->values = values;
        matcher->n_values = n_paths;
    }
    if (n_marks > matcher->n_marks) {
        uint64_t *marks = calloc(n_marks, sizeof *marks);
        if (!marks)
            return CW_NOMEM;
        free(matcher->marks);
        matcher->marks = marks;
        matcher->n_marks = n_marks;
    }
    matcher->stamp++;
    cwr_regex_begin(matcher->regex);
    return CW_OK;
}
