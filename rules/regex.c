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
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "regex_check.h"

enum {
    SUBJECT_BYTES = 4096,
    PATTERN_BYTES = 4096,
    NESTED_PARENS = 50,
    CAPTURES = 127,
    CODE_BYTES = 40 << 10,  /* with callouts, which are three quarters of it */
    SIMPLE_BYTES = 8 << 10, /* code that the JIT takes whatever it is */
    MATCH_LIMIT = 100000,   /* per start offset; the budget is the real one */
    DEPTH_LIMIT = 250,
    HEAP_KIB = 8192,
    JIT_STACK_FIRST = 32 << 10,
    JIT_STACK_MOST = 512 << 10,
    BUDGET = 120000,            /* steps of 5 to 50 ns; ordinary patterns need 10,000 for 4 KiB */
    SMALL_BUDGET = BUDGET / 20, /* of a pattern that is in disrepute */
    DISREPUTE = 300,            /* three limits in a row; ... */
    ONE_LIMIT = 100,            /* a limit adds so much, and every match without one takes 1 back */
    MOST_LEVEL = 1000,
    KEPT = 64,          /* patterns that a scratch remembers */
    LIMITS_AT_ONCE = 16 /* then all patterns have the small budget for this event */
};

static const char TOO_LARGE[] = "pattern: it is too large when its repeats are written out";

struct cwr_regex {
    pcre2_code *code;
    _Atomic(pcre2_code *) fast; /* a copy with machine code, made by the first match */
    uint32_t n;                 /* named groups */
    struct cw_text names[CWR_REGEX_GROUPS];
    uint32_t numbers[CWR_REGEX_GROUPS];
    size_t weight; /* of a character that a repeat ran over, in sixteenths of a step */
    size_t around; /* added to a step for look-arounds, which walk back uncounted, and groups */
    bool refers;   /* has back references */
};

struct budget {
    size_t given, left, at, per_step, weight;
};

/* A pattern that met its limit lately. */
struct doubt {
    const struct cwr_regex *regex; /* only compared: it may be gone */
    int level;
};

struct cwr_regex_scratch {
    struct doubt doubts[KEPT];
    size_t n_doubts;
    unsigned limits; /* of the event at hand */
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
    if (info(code, PCRE2_INFO_CAPTURECOUNT) > CAPTURES)
        return cw_fail(err, CW_ELIMIT, "pattern: more than %d groups", CAPTURES);
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
    regex->n = info(regex->code, PCRE2_INFO_NAMECOUNT);
    if (regex->n)
        pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    for (uint32_t i = 0; i < regex->n; i++, table += size) {
        regex->numbers[i] = (uint32_t)((unsigned char)table[0] << 8 | (unsigned char)table[1]);
        regex->names[i] = cw_text_of(table + 2);
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

/* What the JIT may refuse, or what takes it more than a millisecond. */
static bool is_odd(const struct cwr_regex *regex, struct cw_text pattern)
{
    return code_bytes(regex->code) > SIMPLE_BYTES || cwr_regex_has(pattern, "(?(");
}

static enum cw_status build(struct cwr_regex *regex, struct cw_text pattern, uint32_t options,
                            struct cw_error *err)
{
    enum cw_status status = compile(pattern, options | PCRE2_AUTO_CALLOUT, &regex->code, err);
    if (!status)
        status = inspect(regex->code, err);
    if (!status && is_odd(regex, pattern))
        status = cwr_regex_prepare(regex, err);
    return status;
}

enum cw_status cwr_regex_compile(struct cw_text pattern, bool ignore_case, struct cwr_regex **out,
                                 struct cw_error *err)
{
    uint32_t options = ignore_case ? PCRE2_CASELESS : 0;
    enum cw_status status = cwr_regex_check(pattern, ignore_case, err);
    if (!status)
        status = find_callouts(pattern, options, err);
    if (status)
        return status;
    struct cwr_regex *regex = calloc(1, sizeof *regex);
    if (!regex)
        return cw_fail(err, CW_NOMEM, "pattern: memory is short");
    status = build(regex, pattern, options, err);
    if (status) {
        cwr_regex_destroy(regex);
        return status;
    }
    read_names(regex);
    weigh(regex, pattern);
    *out = regex;
    return CW_OK;
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

static enum cw_status get_fast(const struct cwr_regex *regex, pcre2_code **out,
                               struct cw_error *err)
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
    return get_fast(regex, &fast, err);
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

/* ---- Patterns in disrepute ----
 *
 * Whoever can send events can send the text that a careless pattern is slow on, again and again. To
 * switch the rule off would hand them a switch, so that the pattern goes on with a small budget,
 * with which ordinary texts still fit, until it has done well for a while. */

void cwr_regex_begin(struct cwr_regex_scratch *scratch)
{
    scratch->limits = 0;
}

static struct doubt *find_doubt(struct cwr_regex_scratch *scratch, const struct cwr_regex *regex)
{
    for (size_t i = 0; i < scratch->n_doubts; i++)
        if (scratch->doubts[i].regex == regex)
            return &scratch->doubts[i];
    return NULL;
}

static size_t budget_of(struct cwr_regex_scratch *scratch, const struct cwr_regex *regex)
{
    const struct doubt *doubt = find_doubt(scratch, regex);
    bool small = (doubt && doubt->level >= DISREPUTE) || scratch->limits >= LIMITS_AT_ONCE;
    return small ? SMALL_BUDGET : BUDGET;
}

/* The one that is doubted least makes room. */
static struct doubt *add_doubt(struct cwr_regex_scratch *scratch, const struct cwr_regex *regex)
{
    struct doubt *least = scratch->doubts;
    if (scratch->n_doubts < KEPT)
        least = &scratch->doubts[scratch->n_doubts++];
    for (size_t i = 0; i < scratch->n_doubts; i++)
        least = scratch->doubts[i].level < least->level ? &scratch->doubts[i] : least;
    *least = (struct doubt){regex, 0};
    return least;
}

static void remember(struct cwr_regex_scratch *scratch, const struct cwr_regex *regex, bool limit)
{
    struct doubt *doubt = find_doubt(scratch, regex);
    scratch->limits += limit;
    if (limit) {
        doubt = doubt ? doubt : add_doubt(scratch, regex);
        doubt->level =
            doubt->level + ONE_LIMIT < MOST_LEVEL ? doubt->level + ONE_LIMIT : MOST_LEVEL;
    } else if (doubt && --doubt->level <= 0) {
        *doubt = scratch->doubts[--scratch->n_doubts];
    }
}

/* ---- Matching ---- */

enum cwr_regex_result cwr_regex_match(const struct cwr_regex *regex,
                                      struct cwr_regex_scratch *scratch, struct cw_text subject,
                                      struct cw_text groups[CWR_REGEX_GROUPS])
{
    const char *at = subject.at ? subject.at : "";
    pcre2_code *fast;
    enum cw_status status = get_fast(regex, &fast, NULL);
    if (status)
        return status == CW_NOMEM ? CWR_REGEX_NOMEM : CWR_REGEX_LIMIT;
    size_t len = subject.len > SUBJECT_BYTES ? cut(subject) : subject.len;
    uint32_t options = len < subject.len ? PCRE2_NOTEOL : 0; /* $ is no match at the cut */
    size_t given = budget_of(scratch, regex);
    scratch->budget =
        (struct budget){.given = given,
                        .left = given,
                        .per_step = 1 + regex->around + (regex->refers ? len / 16 : 0),
                        .weight = regex->weight};
    int rc = pcre2_match(fast, (PCRE2_SPTR)at, len, 0, options, scratch->data, scratch->context);
    remember(scratch, regex, rc < 0 && rc != PCRE2_ERROR_NOMATCH);
    if (rc < 0)
        return rc == PCRE2_ERROR_NOMATCH ? CWR_REGEX_NO : CWR_REGEX_LIMIT;
    if (groups)
        read_groups(regex, scratch->data, at, groups);
    return CWR_REGEX_YES;
}

size_t cwr_regex_spent(const struct cwr_regex_scratch *scratch)
{
    return scratch->budget.given - scratch->budget.left;
}
