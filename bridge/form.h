/* form: application/x-www-form-urlencoded bodies and query strings, read strictly.
 *
 * `+` is a blank, `%` needs two hex digits, names and values are UTF-8 without NUL; blanks and
 * control bytes must be encoded. Empty pieces (`a=1&&b=2`) are skipped. Decoded exactly once. */
#ifndef FORM_H
#define FORM_H

#include <clockwire/error.h>
#include <stdbool.h>

struct form_field {
    struct cw_text name, value; /* decoded */
};

struct form {
    const struct form_field *fields; /* in the order sent; a name may come again */
    size_t n;
};

/* Limits: 1,000 fields. Lives: *out lies in `arena` and in `text`. Returns: CW_ESYNTAX with
 * err->at, CW_ELIMIT, CW_NOMEM. */
enum cw_status form_read(struct cw_text text, struct cw_arena *arena, struct form *out,
                         struct cw_error *err) CW_CHECKED;
/* The first field of that name from the `from`-th field on, or NULL. */
const struct form_field *form_find(const struct form *form, struct cw_text name, size_t from);

/* "name=value" for a query, everything encoded that is neither letter, digit, - nor _; "" when
 * value is NULL. The caller frees it. */
char *form_pair(const char *name, const char *value);

/* True when the text is well-formed UTF-8 (NUL is a character like others). */
bool form_is_utf8(struct cw_text text);

#endif
