/* fuzz_regex: any pattern on any subject ends soon, and any can be tried for its cost. The input's
 * first line is the pattern, the rest is repeated to 4 KiB, its last byte made a `!`. With
 * CW_FUZZ_MS=10 in the environment a compilation or a match that takes so much CPU is a finding. */
#include <clockwire/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "regex.h"
#include "regex_check.h"
#include "regex_cost.h"

enum { SUBJECT = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void check_groups(const struct cwr_regex *regex, const struct cw_text *groups,
                         struct cw_text subject)
{
    for (size_t i = 0; i < cwr_regex_count(regex); i++) {
        if (!groups[i].at)
            continue;
        if (groups[i].at < subject.at || groups[i].len > subject.len ||
            groups[i].at + groups[i].len > subject.at + subject.len)
            abort();
    }
}

static void judge(double took, const char *what)
{
    static double most = -1;
    if (most < 0)
        most = getenv("CW_FUZZ_MS") ? strtod(getenv("CW_FUZZ_MS"), NULL) : 1e9;
    if (took < most)
        return;
    fprintf(stderr, "%s took %.1f ms\n", what, took);
    abort();
}

/* The fastest of three: others may use the machine, too. */
static void match(const struct cwr_regex *regex, struct cwr_regex_scratch *scratch,
                  struct cw_text subject, struct cw_text head)
{
    struct cw_text groups[CWR_REGEX_GROUPS];
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        double from = cpu_ms();
        enum cwr_regex_result result = cwr_regex_match(regex, scratch, subject, groups);
        double took = cpu_ms() - from;
        best = took < best ? took : best;
        if (result != CWR_REGEX_YES)
            continue;
        check_groups(regex, groups, subject);
        if (subject.len < head.len || (head.len && memcmp(subject.at, head.at, head.len) != 0))
            abort();
    }
    judge(best, "a match");
}

/* What is taken can be used: the JIT's refusals are known when the pattern is read. */
static struct cwr_regex *compile(struct cw_text pattern, bool ignore_case)
{
    struct cwr_regex *regex = NULL;
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        cwr_regex_destroy(regex);
        regex = NULL;
        double from = cpu_ms();
        if (cwr_regex_compile(pattern, ignore_case, &regex, NULL) == CW_OK &&
            cwr_regex_prepare(regex, NULL) != CW_OK)
            abort();
        double took = cpu_ms() - from;
        best = took < best ? took : best;
    }
    judge(best, "compiling");
    return regex;
}

/* A text that is found is as short as promised, and the budget is kept to. */
static void try_out(const struct cwr_regex *regex, struct cw_text pattern)
{
    struct cwr_regex_scratch *scratch = cwr_regex_scratch_create();
    struct cw_arena *arena = cw_arena_create(1 << 21);
    struct cw_text text;
    size_t steps = 100000;
    if (!scratch || !arena || cwr_regex_cost(regex, pattern, scratch, arena, &steps, &text) ||
        text.len > CWR_COST_BYTES || steps > 100000)
        abort();
    cw_arena_destroy(arena);
    cwr_regex_scratch_destroy(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cwr_regex_scratch *scratch;
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    char subject[SUBJECT];
    if (!scratch)
        scratch = cwr_regex_scratch_create();
    if (!line || !scratch)
        return 0;
    struct cw_text pattern = {(const char *)data, (size_t)(line - data)};
    const uint8_t *unit = line + 1;
    size_t len = size - pattern.len - 1;
    for (size_t i = 0; len && i < SUBJECT; i++)
        subject[i] = (char)unit[i % len];
    subject[SUBJECT - 1] = '!';
    for (int ignore_case = 0; ignore_case < 2; ignore_case++) {
        struct cwr_regex *regex = compile(pattern, ignore_case);
        if (!regex)
            return 0;
        struct cw_text none = {NULL, 0}, head = ignore_case ? none : cwr_regex_head(pattern);
        if (!ignore_case)
            try_out(regex, pattern);
        match(regex, scratch, (struct cw_text){subject, len ? SUBJECT : 0}, head);
        cwr_regex_destroy(regex);
    }
    return 0;
}
