/* log: one line for each thing worth knowing: JSON, or readable on a terminal.
 *
 * Every line has ts, level, msg and the fields given that are not empty. Control bytes and
 * bidirectional marks are escaped, values are cut at 256 characters; nothing secret is ever passed
 * in. Who does not read the log does not stop the daemon: what does not go out within a moment is
 * left out and counted. */
#ifndef LOG_H
#define LOG_H

#include <clockwire/error.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_AUTO, LOG_JSON, LOG_TEXT };

struct log_field {
    const char *name; /* NULL ends the list */
    struct cw_text text;
    int64_t number;
    bool is_number;
};

void log_setup(enum log_level level, enum log_format format, int fd);
bool log_is_json(void);
bool log_on(enum log_level level);
/* Between hold and release lines are kept: what is not on disk did not happen, and is not told.
 * `tell` false forgets them. Limits: 1 MiB; what is more is written at once. */
void log_hold(void);
void log_release(bool tell);
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

#define F_S(name, value) ((struct log_field){(name), cw_text_of(value), 0, false})
#define F_T(name, value) ((struct log_field){(name), (value), 0, false})
#define F_I(name, value) ((struct log_field){(name), {0, 0}, (int64_t)(value), true})
#define F_END            ((struct log_field){0})

/* Lines of one kind that strangers or senders can cause without end: ten a second, the others are
 * counted, and the next line says how many there were. */
struct log_kind {
    int64_t since_ms;
    unsigned lines, left_out;
};
void log_some(struct log_kind *kind, enum log_level level, const char *msg,
              const struct log_field *fields);
/* Lines that were not written: too many of their kind, or nobody reads the log. */
uint64_t log_left_out(void);

/* LOG(LOG_INFO, "started", F_S("listen", address)); */
#define LOG(level, msg, ...)                                                                       \
    do {                                                                                           \
        if (log_on(level))                                                                         \
            log_write((level), (msg), (const struct log_field[]){__VA_ARGS__, F_END});             \
    } while (0)

/* The same for a kind that can come in floods; each place in the code is a kind. */
#define LOG_SOME(level, msg, ...)                                                                  \
    do {                                                                                           \
        static struct log_kind log_kind_;                                                          \
        if (log_on(level))                                                                         \
            log_some(&log_kind_, (level), (msg), (const struct log_field[]){__VA_ARGS__, F_END});  \
    } while (0)

#endif
