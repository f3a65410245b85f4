#include "log.h"

#include "clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOG_LINE = 4096, /* what a pipe with any room takes without blocking */
    LOG_VALUE = 256,
    LOG_HELD = 1 << 20,
    LOG_PATIENCE_MS = 50,
    LOG_KIND_MS = 1000,
    LOG_KIND_LINES = 10
};

static struct {
    enum log_level level;
    bool json;
    int fd;
    bool is_file;  /* takes everything at once */
    bool is_stuck; /* its reader did not read last time */
    uint64_t left_out;
} logger = {.level = LOG_INFO, .json = true, .fd = 2};

static const char *const level_words[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level level, enum log_format format, int fd)
{
    struct stat st;
    logger.level = level;
    logger.fd = fd;
    logger.is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    logger.is_stuck = false;
    logger.json = format == LOG_JSON || (format == LOG_AUTO && !isatty(fd));
}

bool log_is_json(void)
{
    return logger.json;
}

bool log_on(enum log_level level)
{
    return level >= logger.level;
}

struct line {
    char at[LOG_LINE];
    size_t len;
};

static void put(struct line *line, const char *text, size_t len)
{
    size_t room = sizeof line->at - 2 - line->len; /* the end of the line always fits */
    if (len > room)
        len = room;
    memcpy(line->at + line->len, text, len);
    line->len += len;
}

static void puts_line(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* The shortest form only, no surrogates, nothing beyond U+10FFFF: what other readers refuse, or
 * take for another character, is not well-formed. */
static bool is_second(const unsigned char *s)
{
    return s[0] == 0xe0   ? s[1] >= 0xa0
           : s[0] == 0xed ? s[1] < 0xa0
           : s[0] == 0xf0 ? s[1] >= 0x90
           : s[0] == 0xf4 ? s[1] < 0x90
                          : true;
}

/* Length of a well-formed UTF-8 sequence at `s`, 0 when it is not one. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
    size_t n = s[0] < 0x80                   ? 1
               : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
               : (s[0] & 0xf0) == 0xe0       ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;
    if (!n || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n == 1 || is_second(s) ? n : 0;
}

/* What could forge or hide part of a line: C0, C1, DEL, line separators, direction marks. */
static bool is_hidden(const unsigned char *s, size_t n)
{
    if (n == 1)
        return s[0] < 0x20 || s[0] == 0x7f;
    if (n == 2)
        return (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xd8 && s[1] == 0x9c);
    if (n == 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf)
        return true;
    if (n == 3 && s[0] == 0xe2 && s[1] == 0x80)
        return (s[2] >= 0x8b && s[2] <= 0x8f) || (s[2] >= 0xa8 && s[2] <= 0xae);
    return n == 3 && s[0] == 0xe2 && s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
}

static unsigned code_of(const unsigned char *s, size_t n)
{
    if (n == 1)
        return s[0];
    if (n == 2)
        return (unsigned)(s[0] & 0x1f) << 6 | (s[1] & 0x3fu);
    return (unsigned)(s[0] & 0x0f) << 12 | (unsigned)(s[1] & 0x3f) << 6 | (s[2] & 0x3fu);
}

static void put_escaped(struct line *line, struct cw_text text, bool quoted)
{
    const unsigned char *s = (const unsigned char *)text.at;
    size_t end = text.len < LOG_VALUE ? text.len : LOG_VALUE;
    for (size_t i = 0; i < end;) {
        size_t n = utf8_len(s + i, text.len - i);
        char escape[16];
        if (!n) {
            puts_line(line, "\xef\xbf\xbd");
            i++;
        } else if (is_hidden(s + i, n)) {
            snprintf(escape, sizeof escape, "\\u%04x", code_of(s + i, n));
            puts_line(line, escape);
            i += n;
        } else {
            if (quoted && (s[i] == '"' || s[i] == '\\'))
                put(line, "\\", 1);
            put(line, text.at + i, n);
            i += n;
        }
    }
    if (end < text.len)
        puts_line(line, "…");
}

static void put_json(struct line *line, const struct log_field *f)
{
    char number[24];
    puts_line(line, ",\"");
    puts_line(line, f->name);
    puts_line(line, "\":");
    if (f->is_number) {
        snprintf(number, sizeof number, "%lld", (long long)f->number);
        puts_line(line, number);
        return;
    }
    put(line, "\"", 1);
    put_escaped(line, f->text, true);
    put(line, "\"", 1);
}

static void put_readable(struct line *line, const struct log_field *f)
{
    char number[24];
    bool quote = !f->is_number && (!f->text.len || memchr(f->text.at, ' ', f->text.len));
    put(line, "  ", 2);
    puts_line(line, f->name);
    put(line, "=", 1);
    if (quote)
        put(line, "\"", 1);
    if (f->is_number) {
        snprintf(number, sizeof number, "%lld", (long long)f->number);
        puts_line(line, number);
    } else {
        put_escaped(line, f->text, quote);
    }
    if (quote)
        put(line, "\"", 1);
}

/* ---- Lines that wait for their commit ---- */

static struct {
    bool on;
    char *at;
    size_t len;
} held;

/* True when the descriptor takes one line without blocking. */
static bool takes_a_line(void)
{
    struct pollfd p = {.fd = logger.fd, .events = POLLOUT};
    bool takes = poll(&p, 1, logger.is_stuck ? 0 : LOG_PATIENCE_MS) == 1 && p.revents & POLLOUT;
    logger.is_stuck = !takes;
    return takes;
}

/* As many whole lines as go out without blocking. */
static size_t some_lines(const char *at, size_t len)
{
    if (logger.is_file || len <= LOG_LINE)
        return len;
    size_t n = LOG_LINE;
    while (n && at[n - 1] != '\n')
        n--;
    return n ? n : LOG_LINE;
}

static void write_out(const char *at, size_t len)
{
    while (len) {
        size_t n = some_lines(at, len);
        if (logger.is_file || takes_a_line()) {
            ssize_t done = write(logger.fd, at, n);
            (void)done; /* a full disk must not stop the daemon either */
        } else {
            for (size_t i = 0; i < n; i++)
                logger.left_out += at[i] == '\n';
        }
        at += n;
        len -= n;
    }
}

static void put_out(const char *at, size_t len)
{
    if (held.on && !held.at)
        held.at = malloc(LOG_HELD);
    if (!held.on || !held.at || held.len + len > LOG_HELD) {
        write_out(at, len);
        return;
    }
    memcpy(held.at + held.len, at, len);
    held.len += len;
}

void log_hold(void)
{
    held.on = true;
}

void log_release(bool tell)
{
    if (tell && held.len)
        write_out(held.at, held.len);
    held.on = false;
    held.len = 0;
}

static void put_head(struct line *line, enum log_level level, const char *msg)
{
    char ts[CLOCK_TEXT];
    clock_format(clock_wall_ms(), ts);
    if (logger.json) {
        puts_line(line, "{\"ts\":\"");
        puts_line(line, ts);
        puts_line(line, "\",\"level\":\"");
        puts_line(line, level_words[level]);
        puts_line(line, "\",\"msg\":\"");
        put_escaped(line, cw_text_of(msg), true);
        puts_line(line, "\"");
    } else {
        put(line, ts + 11, 12);
        puts_line(line, level == LOG_INFO    ? "  "
                        : level == LOG_WARN  ? " ! "
                        : level == LOG_ERROR ? " ✗ "
                                             : " · ");
        put_escaped(line, cw_text_of(msg), false);
    }
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
    struct line line = {.len = 0};
    put_head(&line, level, msg);
    for (const struct log_field *f = fields; f->name; f++) {
        size_t before = line.len;
        if (!f->is_number && !f->text.len)
            continue; /* it does not apply to this line */
        if (logger.json)
            put_json(&line, f);
        else
            put_readable(&line, f);
        if (line.len >= sizeof line.at - 4) { /* it did not fit: a line stays whole JSON */
            line.len = before;
            break;
        }
    }
    if (logger.json)
        line.at[line.len++] = '}';
    line.at[line.len++] = '\n';
    put_out(line.at, line.len);
}

void log_some(struct log_kind *kind, enum log_level level, const char *msg,
              const struct log_field *fields)
{
    int64_t now_ms = clock_steady_ms();
    if (now_ms - kind->since_ms >= LOG_KIND_MS) {
        unsigned left_out = kind->left_out;
        *kind = (struct log_kind){.since_ms = now_ms};
        if (left_out)
            LOG(level, "lines were left out", F_S("line", msg), F_I("lines", left_out));
    }
    if (kind->lines++ < LOG_KIND_LINES) {
        log_write(level, msg, fields);
        return;
    }
    kind->left_out++;
    logger.left_out++;
}

uint64_t log_left_out(void)
{
    return logger.left_out;
}
