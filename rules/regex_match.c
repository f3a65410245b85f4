/* regex_match: PCRE2 by JIT with one budget of steps for a whole match.
 *
 * PCRE2's own match limit begins anew at every start offset, so that thousands of starts multiply
 * it. Therefore every pattern is compiled with automatic callouts, and the callout counts down one
 * budget over all starts: a step, what a repeat ran over, what a back reference may compare. */
#include <stdlib.h>
#include <string.h>

#include "regex_code.h"

enum {
    SUBJECT_BYTES = 4096,
    MATCH_LIMIT = 100000, /* per start offset; the budget is the real one */
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

struct cwr_regex_scratch *cwr_regex_scratch_create(void)
{
    struct cwr_regex_scratch *scratch = calloc(1, sizeof *scratch);
    if (!scratch)
        return NULL;
    scratch->context = pcre2_match_context_create(NULL);
    scratch->data = pcre2_match_data_create(CWR_REGEX_CAPTURES + 1, NULL);
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
        uint32_t k = regex->groups[i].number;
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
    enum cw_status status = cwr_regex_fast(regex, &fast, NULL);
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
