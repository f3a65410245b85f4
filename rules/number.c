/* number: see number.h. A number is its sign, the power of ten of its first digit that is not
 * zero, and its digits from there on: -0.0120e3 is minus, 1, "120". */
#include "number.h"

struct decimal {
    bool minus, zero;
    int64_t power;        /* of the first significant digit */
    const char *at, *end; /* from that digit on; may hold the point */
};

enum { EXPONENT_LIMIT = 1000000000 };

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static bool read_exponent(const char *at, const char *end, int64_t *out)
{
    int64_t value = 0;
    bool minus = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (!is_digit(at, end))
        return false;
    for (; is_digit(at, end); at++)
        value = value < EXPONENT_LIMIT ? value * 10 + (*at - '0') : value;
    *out = minus ? -value : value;
    return at == end;
}

static bool read_decimal(struct cw_text text, struct decimal *out)
{
    const char *at = text.at, *end = text.len ? text.at + text.len : text.at;
    struct decimal made = {.zero = true};
    int64_t before = 0, digits = 0, first = -1, exponent = 0;
    bool point = false;
    if (at < end && (*at == '-' || *at == '+'))
        made.minus = *at++ == '-';
    for (; at < end && (is_digit(at, end) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        if (*at != '0' && first < 0) {
            first = digits;
            made.at = at;
            made.zero = false;
        }
        digits++;
        before += !point;
    }
    made.end = at;
    if (!digits || (at < end && ((*at | 32) != 'e' || !read_exponent(at + 1, end, &exponent))))
        return false;
    made.power = before - first - 1 + exponent;
    *out = made;
    return true;
}

/* The next significant digit, 0 for ever after the last. */
static int next_digit(const char **at, const char *end)
{
    if (*at < end && **at == '.')
        (*at)++;
    return *at < end ? *(*at)++ - '0' : 0;
}

static int compare_size(struct decimal a, struct decimal b)
{
    if (a.power != b.power)
        return a.power < b.power ? -1 : 1;
    while (a.at < a.end || b.at < b.end) {
        int x = next_digit(&a.at, a.end), y = next_digit(&b.at, b.end);
        if (x != y)
            return x - y;
    }
    return 0;
}

bool cwr_number_is(struct cw_text text)
{
    struct decimal number;
    return read_decimal(text, &number);
}

bool cwr_number_compare(struct cw_text left, struct cw_text right, int *order)
{
    struct decimal a, b;
    if (!read_decimal(left, &a) || !read_decimal(right, &b))
        return false;
    int sign_a = a.zero ? 0 : a.minus ? -1 : 1, sign_b = b.zero ? 0 : b.minus ? -1 : 1;
    if (sign_a != sign_b)
        *order = sign_a - sign_b;
    else
        *order = sign_a == 0 ? 0 : sign_a * compare_size(a, b);
    return true;
}

uint64_t cwr_number_hash(struct cw_text text)
{
    struct decimal d;
    if (!read_decimal(text, &d))
        return 0;
    uint64_t hash = 1469598103934665603U, pending = 1;
    if (d.zero)
        return hash;
    hash = (hash ^ (uint64_t)d.power ^ (d.minus ? 1U << 31 : 0)) * 1099511628211U;
    while (d.at < d.end) {
        int digit = next_digit(&d.at, d.end);
        pending++; /* zeros at the end must not count */
        if (digit == 0)
            continue;
        hash = (hash ^ (uint64_t)digit ^ pending << 8) * 1099511628211U;
        pending = 1;
    }
    return hash;
}

/* The power of ten, then fifteen digits; for negative numbers the negative of it. */
int64_t cwr_number_rank(struct cw_text text)
{
    const int64_t most = 4000;
    struct decimal d;
    int64_t digits = 0;
    if (!read_decimal(text, &d) || d.zero)
        return 0;
    for (int i = 0; i < 15; i++)
        digits = digits * 10 + next_digit(&d.at, d.end);
    if (d.power > most || d.power < -most) {
        digits = d.power > most ? 999999999999999 : 0;
        d.power = d.power > most ? most : -most;
    }
    int64_t rank = (d.power + most + 1) << 50 | digits;
    return d.minus ? -rank : rank;
}
