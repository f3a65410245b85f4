/* regex: from a pattern's text to its code, with automatic callouts for regex_match, and to machine
 * code. Refuses (*...) at the start, callouts, \C, duplicate names and what the JIT cannot compile.
 */
#include "regex.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "regex_check.h"
#include "regex_code.h"

enum {
    PATTERN_BYTES = 4096,
    NESTED_PARENS = 50,
    CODE_BYTES = 40 << 10,  /* with callouts, which are three quarters of it */
    SIMPLE_BYTES = 8 << 10, /* code that the JIT takes whatever it is */
};

static const char TOO_LARGE[] = "pattern: it is too large when its repeats are written out";

static int found_callout(pcre2_callout_enumerate_block *block, void *ctx)
{
    (void)block;
    (void)ctx;
    return 1;
}

static enum cw_status compile(struct cw_text pattern, uint32_t options, pcre2_code **out,
                              struct cw_error *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int code = PCRE2_ERROR_NOMEMORY;
    size_t at = 0;
    char text[200] = "";
    if (!context)
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    pcre2_set_max_pattern_length(context, PATTERN_BYTES);
    pcre2_set_parens_nest_limit(context, NESTED_PARENS);
    *out = pcre2_compile((PCRE2_SPTR)(pattern.len ? pattern.at : ""), pattern.len,
                         options | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_MATCH_INVALID_UTF,
                         &code, &at, context);
    pcre2_compile_context_free(context);
    if (*out)
        return CW_OK;
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    if (code == PCRE2_ERROR_PATTERN_TOO_LARGE)
        return cw_fail(err, CW_ELIMIT, TOO_LARGE);
    pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
    return cw_fail_at(err, CW_ESYNTAX, at, "pattern: %s (byte %zu)", text, at);
}

static uint32_t info(const pcre2_code *code, uint32_t what)
{
    uint32_t value = 0;
    int rc = pcre2_pattern_info(code, what, &value);
    assert(rc == 0);
    return value;
}

/* Callouts of the pattern's own: to be seen only without ours. */
static enum cw_status find_callouts(struct cw_text pattern, uint32_t options, struct cw_error *err)
{
    pcre2_code *code;
    if (!cwr_regex_has(pattern, "(?C"))
        return CW_OK;
    enum cw_status status = compile(pattern, options, &code, err);
    if (status)
        return status;
    if (pcre2_callout_enumerate(code, found_callout, NULL) != 0)
        status = cw_fail(err, CW_EINVAL, "pattern: callouts (?C) are not allowed");
    pcre2_code_free(code);
    return status;
}

static size_t code_bytes(const pcre2_code *code)
{
    size_t size = 0;
    pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    return size;
}

static enum cw_status inspect(const pcre2_code *code, struct cw_error *err)
{
    if (info(code, PCRE2_INFO_JCHANGED))
        return cw_fail(err, CW_EINVAL, "pattern: (?J) is not allowed");
    if (info(code, PCRE2_INFO_CAPTURECOUNT) > CWR_REGEX_CAPTURES)
        return cw_fail(err, CW_ELIMIT, "pattern: more than %d groups", CWR_REGEX_CAPTURES);
    if (info(code, PCRE2_INFO_NAMECOUNT) > CWR_REGEX_GROUPS)
        return cw_fail(err, CW_ELIMIT, "pattern: more than %d named groups", CWR_REGEX_GROUPS);
    if (code_bytes(code) > CODE_BYTES)
        return cw_fail(err, CW_ELIMIT, TOO_LARGE);
    return CW_OK;
}

static void read_names(struct cwr_regex *regex)
{
    const char *table = NULL;
    uint32_t size = info(regex->code, PCRE2_INFO_NAMEENTRYSIZE);
    if (regex->n)
        pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    for (uint32_t i = 0; i < regex->n; i++, table += size) {
        regex->groups[i].number =
            (uint32_t)((unsigned char)table[0] << 8 | (unsigned char)table[1]);
        regex->groups[i].name = cw_text_of(table + 2);
    }
}

/* What a step costs with this pattern, measured in the unit of BUDGET; too much does no harm. */
static void weigh(struct cwr_regex *regex, struct cw_text pattern)
{
    size_t behind = info(regex->code, PCRE2_INFO_MAXLOOKBEHIND);
    if (cwr_regex_has(pattern, "(?<=") || cwr_regex_has(pattern, "(?<!") ||
        cwr_regex_has(pattern, "(?<*") || cwr_regex_has(pattern, "(*"))
        regex->around = 3 * behind + 6;
    else if (cwr_regex_has(pattern, "(?=") || cwr_regex_has(pattern, "(?!"))
        regex->around = 1;
    regex->around += info(regex->code, PCRE2_INFO_CAPTURECOUNT) / 12; /* kept and put back */
    regex->weight = 1 + pattern.len / 64; /* a class of many ranges costs more per character */
    if (cwr_regex_has(pattern, "\\X"))
        regex->weight *= 4;
    regex->refers = info(regex->code, PCRE2_INFO_BACKREFMAX) > 0;
}

/* What the JIT may refuse (conditions, and verbs within assertions), or what takes it more than a
 * millisecond. */
static bool is_odd(const struct cwr_regex *regex, struct cw_text pattern)
{
    return code_bytes(regex->code) > SIMPLE_BYTES || cwr_regex_has(pattern, "(?(") ||
           cwr_regex_has(pattern, "(*") || cwr_regex_has(pattern, "(?*") ||
           cwr_regex_has(pattern, "(?<*");
}

static enum cw_status build(struct cw_text pattern, pcre2_code *code, struct cwr_regex **out,
                            struct cw_error *err)
{
    size_t n = info(code, PCRE2_INFO_NAMECOUNT);
    struct cwr_regex *regex = calloc(1, sizeof *regex + n * sizeof regex->groups[0]);
    if (!regex) {
        pcre2_code_free(code);
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    }
    regex->code = code;
    regex->n = (uint32_t)n;
    read_names(regex);
    weigh(regex, pattern);
    enum cw_status status = is_odd(regex, pattern) ? cwr_regex_prepare(regex, err) : CW_OK;
    if (status)
        cwr_regex_destroy(regex);
    else
        *out = regex;
    return status;
}

enum cw_status cwr_regex_compile(struct cw_text pattern, bool ignore_case, struct cwr_regex **out,
                                 struct cw_error *err)
{
    uint32_t options = ignore_case ? PCRE2_CASELESS : 0;
    pcre2_code *code = NULL;
    enum cw_status status = cwr_regex_check(pattern, ignore_case, err);
    if (!status)
        status = find_callouts(pattern, options, err);
    if (!status)
        status = compile(pattern, options | PCRE2_AUTO_CALLOUT, &code, err);
    if (!status && !(status = inspect(code, err)))
        return build(pattern, code, out, err);
    pcre2_code_free(code);
    return status;
}

/* ---- Machine code ---- */

/* Why machine code could not be made: PCRE2 calls a pattern that its JIT does not take, a system
 * that allows no machine code, and a lack of memory by the same name. */
static enum cw_status explain_jit(struct cw_error *err)
{
    int code;
    size_t at;
    pcre2_code *probe = pcre2_compile((PCRE2_SPTR) "a", 1, 0, &code, &at, NULL);
    if (!probe)
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    int rc = pcre2_jit_compile(probe, PCRE2_JIT_COMPLETE);
    pcre2_code_free(probe);
    if (rc)
        return cw_fail(err, CW_EINVAL,
                       "pattern: this system does not let patterns be compiled to machine code");
    return cw_fail(err, CW_EINVAL, "pattern: it cannot be compiled to machine code here");
}

static enum cw_status make_fast(const struct cwr_regex *regex, pcre2_code **out,
                                struct cw_error *err)
{
    pcre2_code *made = pcre2_code_copy(regex->code);
    if (!made)
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    if (pcre2_jit_compile(made, PCRE2_JIT_COMPLETE) &&
        pcre2_jit_compile(made, PCRE2_JIT_COMPLETE)) { /* memory may have been short */
        pcre2_code_free(made);
        return explain_jit(err);
    }
    *out = made;
    return CW_OK;
}

/* The field is a cache of what follows from the rest; of two threads that make it, one is late. */
static pcre2_code *publish(const struct cwr_regex *regex, pcre2_code *made)
{
    pcre2_code *seen = NULL;
    struct cwr_regex *shared = (struct cwr_regex *)regex;
    if (atomic_compare_exchange_strong_explicit(&shared->fast, &seen, made, memory_order_acq_rel,
                                                memory_order_acquire))
        return made;
    pcre2_code_free(made);
    return seen;
}

enum cw_status cwr_regex_fast(const struct cwr_regex *regex, pcre2_code **out, struct cw_error *err)
{
    enum cw_status status = CW_OK;
    *out = atomic_load_explicit(&regex->fast, memory_order_acquire);
    if (!*out && !(status = make_fast(regex, out, err)))
        *out = publish(regex, *out);
    return status;
}

enum cw_status cwr_regex_prepare(const struct cwr_regex *regex, struct cw_error *err)
{
    pcre2_code *fast;
    return cwr_regex_fast(regex, &fast, err);
}

void cwr_regex_destroy(struct cwr_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(atomic_load_explicit(&regex->fast, memory_order_relaxed));
    pcre2_code_free(regex->code);
    free(regex);
}

size_t cwr_regex_bytes(const struct cwr_regex *regex)
{
    return code_bytes(regex->code);
}

size_t cwr_regex_count(const struct cwr_regex *regex)
{
    return regex->n;
}

struct cw_text cwr_regex_name(const struct cwr_regex *regex, size_t i)
{
    assert(i < regex->n);
    return regex->groups[i].name;
}
