/* sqlite: not there yet. */
#include "backend.h"

enum cw_status store_sqlite_open(const char *path, const struct store_opts *opts,
                                 struct backend **out, struct cw_error *err)
{
    (void)opts, (void)out;
    return cw_fail(err, CW_EINVAL, "this build cannot open %s", path);
}

const struct store_ops store_sqlite_ops;
