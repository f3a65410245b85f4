/* buf: text that grows inside an arena. A failed put sticks; ask once at the end. */
#ifndef CWR_BUF_H
#define CWR_BUF_H

#include <clockwire/error.h>

struct cwr_buf {
    struct cw_arena *arena;
    char *at;
    size_t len, size;
    size_t limit; /* 0: only the arena's; a put beyond it fails with CW_ELIMIT */
    enum cw_status status;
};

struct cwr_buf cwr_buf_in(struct cw_arena *arena);
void cwr_buf_put(struct cwr_buf *buf, struct cw_text text);
void cwr_buf_puts(struct cwr_buf *buf, const char *text);
void cwr_buf_printf(struct cwr_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cwr_buf_json_string(struct cwr_buf *buf, struct cw_text text); /* with its quotes */
/* Returns: the first failure of all puts. *out ends with NUL, not counted. */
enum cw_status cwr_buf_end(struct cwr_buf *buf, struct cw_text *out) CW_CHECKED;

#endif
