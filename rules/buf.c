/* buf: text that grows inside an arena. A failed put sticks; ask once at the end. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "text.h"

struct cwr_buf cwr_buf_in(struct cw_arena *arena)
{
    return (struct cwr_buf){.arena = arena};
}

/* Makes room for `more` bytes and a NUL. */
static bool make_room(struct cwr_buf *buf, size_t more)
{
    if (buf->status != CW_OK)
        return false;
    if (buf->limit && more > buf->limit - buf->len) {
        buf->status = CW_ELIMIT;
        return false;
    }
    if (more < buf->size - buf->len)
        return true;
    size_t need = buf->len + more + 1;
    if (need < more) {
        buf->status = CW_NOMEM;
        return false;
    }
    size_t size = buf->size ? buf->size : 64;
    while (size < need)
        size = size > SIZE_MAX / 2 ? need : size * 2;
    if (buf->at && cwr_arena_grow(buf->arena, buf->at, buf->size, size)) {
        buf->size = size;
        return true;
    }
    char *at = cw_arena_take(buf->arena, size);
    if (!at && size > need) {
        size = need;
        at = cw_arena_take(buf->arena, size);
    }
    if (!at) {
        buf->status = CW_NOMEM;
        return false;
    }
    if (buf->len)
        memcpy(at, buf->at, buf->len);
    buf->at = at;
    buf->size = size;
    return true;
}

void cwr_buf_put(struct cwr_buf *buf, struct cw_text text)
{
    if (!text.len || !make_room(buf, text.len))
        return;
    memcpy(buf->at + buf->len, text.at, text.len);
    buf->len += text.len;
}

void cwr_buf_puts(struct cwr_buf *buf, const char *text)
{
    cwr_buf_put(buf, cw_text_of(text));
}

void cwr_buf_printf(struct cwr_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0) {
        buf->status = buf->status == CW_OK ? CW_EINVAL : buf->status;
    } else if (make_room(buf, (size_t)n)) {
        vsnprintf(buf->at + buf->len, (size_t)n + 1, format, again);
        buf->len += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

static void put_escape(struct cwr_buf *buf, unsigned char c)
{
    static const char letters[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char short_form[2] = {'\\', (char)c};
    if (c < 0x20 && !letters[c]) {
        cwr_buf_printf(buf, "\\u%04x", c);
        return;
    }
    if (c < 0x20)
        short_form[1] = letters[c];
    cwr_buf_put(buf, (struct cw_text){short_form, 2});
}

void cwr_buf_json_string(struct cwr_buf *buf, struct cw_text text)
{
    const char *at = text.at, *end = at + text.len, *from = at;
    cwr_buf_put(buf, CW_TEXT("\""));
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        unsigned n = c < 0x80 ? 1 : cwr_utf8_get(at, end, NULL);
        if (n && c >= 0x20 && c != '"' && c != '\\') {
            at += n;
            continue;
        }
        cwr_buf_put(buf, (struct cw_text){from, (size_t)(at - from)});
        if (n)
            put_escape(buf, c);
        else
            cwr_buf_put(buf, CW_TEXT("\xEF\xBF\xBD")); /* what is not UTF-8 never leaves as JSON */
        from = ++at;
    }
    cwr_buf_put(buf, (struct cw_text){from, (size_t)(at - from)});
    cwr_buf_put(buf, CW_TEXT("\""));
}

enum cw_status cwr_buf_end(struct cwr_buf *buf, struct cw_text *out)
{
    if (!make_room(buf, 0))
        return buf->status;
    buf->at[buf->len] = '\0';
    *out = (struct cw_text){buf->at, buf->len};
    return CW_OK;
}
