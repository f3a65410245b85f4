/* filter_number: round and plus, on the digits as they were sent: no doubles, so that 0.1 stays
 * what it is. Numbers with an exponent, or of more than 400 digits, are none here. */
#include "template.h"

#include <string.h>

#include "buf.h"

enum { WHOLE_DIGITS = 18 /* two of them fit into 64 bits */, NUMBER_BYTES = 400 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool cwr_filter_whole(struct cw_text text, bool sign, int64_t *out)
{
    size_t i = sign && text.len && (text.at[0] == '-' || text.at[0] == '+'), from = i;
    int64_t n = 0;
    for (; i < text.len && is_digit(text.at[i]) && i - from < WHOLE_DIGITS; i++)
        n = n * 10 + (text.at[i] - '0');
    if (i == from || i < text.len)
        return false;
    *out = from && text.at[0] == '-' ? -n : n;
    return true;
}

/* -1.50: a sign, digits before the point, digits behind it. */
struct decimal {
    bool minus;
    struct cw_text before, behind;
};

static bool read_decimal(const struct cw_value *value, struct decimal *out)
{
    struct cw_text t = value->text;
    if ((value->kind != CW_NUMBER && value->kind != CW_STRING) || t.len > NUMBER_BYTES)
        return false;
    size_t i = t.len && (t.at[0] == '-' || t.at[0] == '+'), from = i, point;
    while (i < t.len && is_digit(t.at[i]))
        i++;
    point = i;
    out->minus = from && t.at[0] == '-';
    out->before = (struct cw_text){t.at + from, point - from};
    i += i < t.len && t.at[i] == '.';
    out->behind = (struct cw_text){t.at + i, t.len - i};
    for (; i < t.len; i++)
        if (!is_digit(t.at[i]))
            return false;
    return out->before.len && (point == t.len || out->behind.len);
}

/* Half away from zero, as on paper. `digits` holds before and behind in one, with room for a carry
 * in front. */
static bool carry(char *digits, size_t n)
{
    while (n && digits[n - 1] == '9')
        digits[--n] = '0';
    if (n)
        digits[n - 1]++;
    return n == 0;
}

static enum cw_status round_to(const struct decimal *d, size_t places, struct cw_arena *arena,
                               struct cw_text *out)
{
    char digits[NUMBER_BYTES + 1];
    size_t kept = d->behind.len < places ? d->behind.len : places, n = d->before.len + kept;
    struct cwr_buf buf = cwr_buf_in(arena);
    memcpy(digits, d->before.at, d->before.len);
    memcpy(digits + d->before.len, d->behind.at, kept);
    bool up = d->behind.len > kept && d->behind.at[kept] >= '5';
    bool one_more = up && carry(digits, n), zero = !one_more;
    for (size_t i = 0; i < n; i++)
        zero &= digits[i] == '0';
    cwr_buf_puts(&buf, d->minus && !zero ? "-" : "");
    cwr_buf_puts(&buf, one_more ? "1" : "");
    cwr_buf_put(&buf, (struct cw_text){digits, d->before.len});
    cwr_buf_puts(&buf, kept ? "." : "");
    cwr_buf_put(&buf, (struct cw_text){digits + d->before.len, kept});
    return cwr_buf_end(&buf, out);
}

static enum cw_status add(const struct cw_value *value, int64_t number, struct cw_arena *arena,
                          struct cw_text *out)
{
    struct cwr_buf buf = cwr_buf_in(arena);
    int64_t n;
    bool text = value->kind == CW_NUMBER || value->kind == CW_STRING;
    if (!text || !cwr_filter_whole(value->text, true, &n))
        return CW_EINVAL;
    cwr_buf_printf(&buf, "%lld", (long long)(n + number));
    return cwr_buf_end(&buf, out);
}

enum cw_status cwr_filter_number(const struct cwr_filter *filter, const struct cw_value *value,
                                 struct cw_arena *arena, struct cw_text *out)
{
    struct decimal d;
    if (filter->kind == CWR_FILTER_PLUS)
        return add(value, filter->number, arena, out);
    if (!read_decimal(value, &d))
        return CW_EINVAL;
    return round_to(&d, (size_t)filter->number, arena, out);
}
