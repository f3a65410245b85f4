/* error: one line about what went wrong, made safe for terminals and logs where it is made. */
#include <clockwire/error.h>

#include <stdarg.h>
#include <stdio.h>

#include "text.h"

static __attribute__((format(printf, 5, 0))) void set(struct cw_error *err, enum cw_status status,
                                                      long at, const char *prefix,
                                                      const char *format, va_list args)
{
    char raw[sizeof err->text];
    int n = vsnprintf(raw, sizeof raw, format, args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof raw ? (size_t)n : sizeof raw - 1;
    if (prefix && len + 1 < sizeof raw)
        snprintf(raw + len, sizeof raw - len, ": %s", prefix);
    err->status = status;
    err->at = at;
    struct cw_text text = cw_text_of(raw);
    /* A cut may have split the last character; its bytes are dropped, not escaped. */
    for (int i = 0; i < 3 && text.len + 1 >= sizeof raw; i++)
        text.len -= ((unsigned char)text.at[text.len - 1] & 0x80) != 0;
    cwr_escape(text, err->text, sizeof err->text);
}

enum cw_status cw_fail(struct cw_error *err, enum cw_status status, const char *format, ...)
{
    if (!err)
        return status;
    va_list args;
    va_start(args, format);
    set(err, status, -1, NULL, format, args);
    va_end(args);
    return status;
}

enum cw_status cw_fail_at(struct cw_error *err, enum cw_status status, size_t at,
                          const char *format, ...)
{
    if (!err)
        return status;
    va_list args;
    va_start(args, format);
    set(err, status, (long)at, NULL, format, args);
    va_end(args);
    return status;
}

enum cw_status cw_wrap(struct cw_error *err, const char *format, ...)
{
    if (!err)
        return CW_EINVAL;
    struct cw_error below = *err;
    va_list args;
    va_start(args, format);
    set(err, below.status, below.at, below.text, format, args);
    va_end(args);
    return err->status;
}

const char *cw_status_name(enum cw_status status)
{
    static const char *const names[] = {
        [CW_OK] = "ok",
        [CW_NOMEM] = "out of memory",
        [CW_EINVAL] = "not valid",
        [CW_ESYNTAX] = "syntax error",
        [CW_ELIMIT] = "limit met",
        [CW_ENOENT] = "not found",
        [CW_EEXIST] = "exists already",
        [CW_EDENIED] = "denied",
        [CW_EIO] = "input or output failed",
        [CW_EBUSY] = "busy",
    };
    size_t i = (size_t)status;
    return i < sizeof names / sizeof *names ? names[i] : "unknown status";
}
