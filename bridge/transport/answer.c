#include "transport/answer.h"

#include "xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void forget_headers(struct answer *a)
{
    a->rate = (struct transport_rate){-1, -1, -1, -1, -1, -1};
    a->total_items = -1;
    a->has_retry_after = false;
    a->trace_id[0] = '\0';
}

void answer_init(struct answer *a)
{
    *a = (struct answer){0};
    forget_headers(a);
}

void answer_fini(struct answer *a)
{
    if (a->body) /* it may be a token */
        explicit_bzero(a->body, a->body_len);
    free(a->body);
    a->body = NULL;
}

/* Digits only: "-5", "1e9" and "soon" are as good as absent. */
static int64_t number(struct cw_text text)
{
    int64_t n = 0;
    if (!text.len || text.len > 12)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -1;
        n = n * 10 + (text.at[i] - '0');
    }
    return n;
}

static struct cw_text trimmed(const char *at, size_t len)
{
    while (len && strchr(" \t\r\n", at[len - 1]))
        len--;
    while (len && (*at == ' ' || *at == '\t'))
        at++, len--;
    return (struct cw_text){at, len};
}

static void keep_trace(struct answer *a, struct cw_text value)
{
    size_t n = 0;
    for (size_t i = 0; i < value.len && n < sizeof a->trace_id - 1; i++)
        if (value.at[i] > ' ' && value.at[i] < 0x7f)
            a->trace_id[n++] = value.at[i];
    a->trace_id[n] = '\0';
}

static void keep(struct answer *a, struct cw_text name, struct cw_text value)
{
    const struct {
        const char *name;
        int64_t *to;
    } numbers[] = {
        {"x-ratelimit-limit-second", &a->rate.limit_second},
        {"x-ratelimit-remaining-second", &a->rate.remaining_second},
        {"x-ratelimit-limit-minute", &a->rate.limit_minute},
        {"x-ratelimit-remaining-minute", &a->rate.remaining_minute},
        {"ratelimit-reset", &a->rate.reset_s},
        {"retry-after", &a->rate.retry_after_s},
        {"aw-totalitems", &a->total_items},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (name.len == strlen(numbers[i].name) &&
            strncasecmp(name.at, numbers[i].name, name.len) == 0)
            *numbers[i].to = number(value);
    if (name.len == 11 && strncasecmp(name.at, "retry-after", 11) == 0)
        a->has_retry_after = true;
    if (name.len == 8 && strncasecmp(name.at, "trace-id", 8) == 0)
        keep_trace(a, value);
}

bool answer_head(struct answer *a, const char *line, size_t len)
{
    a->head_len += len;
    a->head_lines++;
    if (a->head_len > ANSWER_HEAD_BYTES || a->head_lines > ANSWER_HEAD_LINES) {
        a->refused = "the head of the answer is too large";
        return false;
    }
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
        forget_headers(a); /* an interim answer came before */
    const char *colon = memchr(line, ':', len);
    if (colon)
        keep(a, (struct cw_text){line, (size_t)(colon - line)},
             trimmed(colon + 1, len - (size_t)(colon + 1 - line)));
    return true;
}

bool answer_body(struct answer *a, const char *at, size_t len)
{
    if (len > ANSWER_BODY_BYTES - a->body_len) {
        a->refused = "the answer is larger than 1 MiB";
        return false;
    }
    size_t need = a->body_len + len + 1;
    if (need > a->body_size) {
        a->body_size = need > 2 * a->body_size ? need : 2 * a->body_size;
        a->body = xrealloc(a->body, a->body_size);
    }
    memcpy(a->body + a->body_len, at, len);
    a->body_len += len;
    a->body[a->body_len] = '\0';
    return true;
}
