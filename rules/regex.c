/* regex: PCRE2 by JIT with one budget of steps for a whole match.
 *
 * PCRE2's own match limit begins anew at every start offset, so that thousands of starts multiply
 * it. Therefore every pattern is compiled with automatic callouts, and the callout counts down one
 * budget over all starts: a step, what a repeat ran over, what a back reference may compare.
 * Refuses (*...) at the start, callouts, \C, duplicate names and what the JIT cannot compile. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "regex.h"

#include <assert.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUBJECT_BYTES = 4096,
    PATTERN_BYTES = 4096,
    NESTED_PARENS = 50,
    CAPTURES = 127,
    CODE_BYTES = 16 << 10,
    MATCH_LIMIT = 100000, /* per start offset; the budget is the real one */
    DEPTH_LIMIT = 250,
    HEAP_KIB = 8192,
    JIT_STACK_FIRST = 32 << 10,
    JIT_STACK_MOST = 512 << 10,
    BUDGET = 150000 /* steps of 5 to 50 ns; ordinary patterns need 10,000 for 4 KiB */
};

struct cwr_regex {
    pcre2_code *code;
    uint32_t n; /* named groups */
    struct cw_text names[CWR_REGEX_GROUPS];
    uint32_t numbers[CWR_REGEX_GROUPS];
    size_t weight; /* of a character that a repeat ran over, in sixteenths of a step */
    size_t around; /* added to a step for look-arounds: look-behinds walk back uncounted */
    bool refers;   /* has back references */
};

struct budget {
    size_t left, at, per_step, weight;
};

struct cwr_regex_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
    struct budget budget;
};

static int spend(pcre2_callout_block *block, void *ctx)
{
    struct budget *budget = ctx;
    size_t at = block->current_position;
    size_t ran = at > budget->at ? at - budget->at : budget->at - at;
    size_t cost = budget->per_step + ran * budget->weight / 16;
    budget->at = at;
    if (cost >= budget->left)
        return PCRE2_ERROR_MATCHLIMIT;
    budget->left -= cost;
    return 0;
}

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

/* Refuses by what a first compilation, without our own callouts, shows. */
static enum cw_status inspect(struct cw_text pattern, uint32_t options, struct cw_error *err)
{
    pcre2_code *code;
    size_t size = 0;
    if (pattern.len >= 2 && memcmp(pattern.at, "(*", 2) == 0)
        return cw_fail_at(err, CW_EINVAL, 0, "pattern: it may not begin with (*...)");
    enum cw_status status = compile(pattern, options, &code, err);
    if (status != CW_OK)
        return status;
    pcre2_pattern_info(code, PCRE2_INFO_SIZE, &size);
    if (pcre2_callout_enumerate(code, found_callout, NULL) != 0)
        status = cw_fail(err, CW_EINVAL, "pattern: callouts (?C) are not allowed");
    else if (info(code, PCRE2_INFO_JCHANGED))
        status = cw_fail(err, CW_EINVAL, "pattern: (?J) is not allowed");
    else if (info(code, PCRE2_INFO_CAPTURECOUNT) > CAPTURES)
        status = cw_fail(err, CW_ELIMIT, "pattern: more than %d groups", CAPTURES);
    else if (info(code, PCRE2_INFO_NAMECOUNT) > CWR_REGEX_GROUPS)
        status = cw_fail(err, CW_ELIMIT, "pattern: more than %d named groups", CWR_REGEX_GROUPS);
    else if (size > CODE_BYTES)
        status =
            cw_fail(err, CW_ELIMIT, "pattern: it is too large when its repeats are written out");
    pcre2_code_free(code);
    return status;
}

static void read_names(struct cwr_regex *regex)
{
    const char *table = NULL;
    uint32_t size = info(regex->code, PCRE2_INFO_NAMEENTRYSIZE);
    regex->n = info(regex->code, PCRE2_INFO_NAMECOUNT);
    if (regex->n)
        pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    for (uint32_t i = 0; i < regex->n; i++, table += size) {
        regex->numbers[i] = (uint32_t)((unsigned char)table[0] << 8 | (unsigned char)table[1]);
        regex->names[i] = cw_text_of(table + 2);
    }
}

static bool has(struct cw_text pattern, const char *what)
{
    return pattern.len && memmem(pattern.at, pattern.len, what, strlen(what)) != NULL;
}

/* What a step costs with this pattern, measured in the unit of BUDGET; too much does no harm. */
static void weigh(struct cwr_regex *regex, struct cw_text pattern)
{
    size_t behind = info(regex->code, PCRE2_INFO_MAXLOOKBEHIND);
    if (has(pattern, "(?<=") || has(pattern, "(?<!") || has(pattern, "(?<*") || has(pattern, "(*"))
        regex->around = 3 * behind + 6;
    else if (has(pattern, "(?=") || has(pattern, "(?!"))
        regex->around = 1;
    regex->weight = 1 + pattern.len / 64; /* a class of many ranges costs more per character */
    if (has(pattern, "\\X"))
        regex->weight *= 4;
    regex->refers = info(regex->code, PCRE2_INFO_BACKREFMAX) > 0;
}

enum cw_status cwr_regex_compile(struct cw_text pattern, bool ignore_case, struct cwr_regex **out,
                                 struct cw_error *err)
{
    uint32_t options = ignore_case ? PCRE2_CASELESS : 0;
    enum cw_status status = inspect(pattern, options, err);
    if (status != CW_OK)
        return status;
    struct cwr_regex *regex = calloc(1, sizeof *regex);
    if (!regex)
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    status = compile(pattern, options | PCRE2_AUTO_CALLOUT, &regex->code, err);
    int jit = status == CW_OK ? pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) : 0;
    if (jit == PCRE2_ERROR_NOMEMORY)
        status = cw_fail(err, CW_NOMEM, "pattern: memory is short");
    else if (jit != 0)
        status = cw_fail(err, CW_EINVAL, "pattern: it cannot be compiled to machine code here");
    if (status != CW_OK) {
        cwr_regex_destroy(regex);
        return status;
    }
    read_names(regex);
    weigh(regex, pattern);
    *out = regex;
    return CW_OK;
}

void cwr_regex_destroy(struct cwr_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

size_t cwr_regex_count(const struct cwr_regex *regex)
{
    return regex->n;
}

struct cw_text cwr_regex_name(const struct cwr_regex *regex, size_t i)
{
    assert(i < regex->n);
    return regex->names[i];
}

struct cwr_regex_scratch *cwr_regex_scratch_create(void)
{
    struct cwr_regex_scratch *scratch = calloc(1, sizeof *scratch);
    if (!scratch)
        return NULL;
    scratch->context = pcre2_match_context_create(NULL);
    scratch->data = pcre2_match_data_create(CAPTURES + 1, NULL);
    scratch->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (!scratch->context || !scratch->data || !scratch->stack) {
        cwr_regex_scratch_destroy(scratch);
        return NULL;
    }
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, HEAP_KIB);
    pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
    pcre2_set_callout(scratch->context, spend, &scratch->budget);
    return scratch;
}

void cwr_regex_scratch_destroy(struct cwr_regex_scratch *scratch)
{
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    pcre2_jit_stack_free(scratch->stack);
    free(scratch);
}

/* Where to cut a long subject: never inside of a character. */
static size_t cut(struct cw_text subject)
{
    size_t len = SUBJECT_BYTES;
    for (int i = 0; i < 3 && ((unsigned char)subject.at[len] & 0xC0) == 0x80; i++)
        len--;
    return len;
}

static void read_groups(const struct cwr_regex *regex, pcre2_match_data *data, const char *subject,
                        struct cw_text groups[CWR_REGEX_GROUPS])
{
    const size_t *ends = pcre2_get_ovector_pointer(data);
    uint32_t set = pcre2_get_ovector_count(data);
    for (uint32_t i = 0; i < regex->n; i++) {
        uint32_t k = regex->numbers[i];
        groups[i] = (struct cw_text){NULL, 0};
        /* \K inside of a look-around may leave a group's start behind its end. */
        if (k < set && ends[2 * k] != PCRE2_UNSET && ends[2 * k] <= ends[2 * k + 1])
            groups[i] = (struct cw_text){subject + ends[2 * k], ends[2 * k + 1] - ends[2 * k]};
    }
}

enum cwr_regex_result cwr_regex_match(const struct cwr_regex *regex,
                                      struct cwr_regex_scratch *scratch, struct cw_text subject,
                                      struct cw_text groups[CWR_REGEX_GROUPS])
{
    const char *at = subject.at ? subject.at : "";
    size_t len = subject.len > SUBJECT_BYTES ? cut(subject) : subject.len;
    uint32_t options = len < subject.len ? PCRE2_NOTEOL : 0; /* $ is no match at the cut */
    scratch->budget =
        (struct budget){.left = BUDGET,
                        .per_step = 1 + regex->around + (regex->refers ? len / 16 : 0),
                        .weight = regex->weight};
    int rc =
        pcre2_match(regex->code, (PCRE2_SPTR)at, len, 0, options, scratch->data, scratch->context);
    if (rc == PCRE2_ERROR_NOMATCH)
        return CWR_REGEX_NO;
    if (rc < 0)
        return CWR_REGEX_LIMIT;
    if (groups)
        read_groups(regex, scratch->data, at, groups);
    return CWR_REGEX_YES;
}
