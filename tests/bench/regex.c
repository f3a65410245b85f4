/* Bench: looks for the pattern and the text of 4 KiB that cost most, by changing the worst ones
 * that it knows at random. Prints milliseconds of CPU of the slowest match and of the slowest
 * compilation (to machine code). The promise is 10 ms for a match. Usage: bench_regex [SECONDS]
 * [SEED] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "regex.h"

enum { SUBJECT = 4096, PATTERN = 256, UNIT = 12, POOL = 24 };

struct pair {
    char pattern[PATTERN], unit[UNIT], tail[4];
    bool ignore_case;
    double ms;
};

static const char *const pieces[] = {
    "a",      "b",           "(",        ")",       "(?:",       "(?=",
    "(?!",    "(?<=",        "(?<!",     "(?>",     "(?|",       "|",
    "*",      "+",           "?",        "*?",      "+?",        "*+",
    "{2}",    "{0,30}",      "{5,}",     "{1,255}", ".",         "\\w",
    "\\s",    "\\d",         "\\X",      "\\R",     "\\b",       "\\B",
    "^",      "$",           "\\z",      "[a-z]",   "[^a]",      "[\xC3\xA4-\xC3\xBC]",
    "\\p{L}", "\\P{L}",      "\\1",      "\\2",     "(?R)",      "(?1)",
    "(?2)",   "(?i)",        "\xC3\xA9", "!",       "[?;]",      "(?(1)a|b)",
    "\\K",    "\\G",         "(*napla:", ".{200}",  "(a+)+",     "(.*)*",
    "(?s:.)", "[[:alpha:]]", "\\N",      "\\h",     "e\xCC\x81", "(\\w+\\s*)+",
    "x*y*",   "(?<n>a|b)",   "\\k<n>"};
static const char *const units[] = {"a",
                                    "b",
                                    "ab",
                                    "aab",
                                    " ",
                                    "\n",
                                    "a ",
                                    "\xC3\xA9",
                                    "aA",
                                    "\r\n",
                                    "!",
                                    "1",
                                    "e\xCC\x81",
                                    "\xFF",
                                    "a\xFF",
                                    "\xF0\x9F\x98\x80",
                                    "ss",
                                    "\xE1\xBA\x9E",
                                    "k",
                                    "\xE2\x84\xAA",
                                    "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"};
static const char *const tails[] = {"", "!", "x", "\n"};

#define PICK(words) words[(size_t)rand() % (sizeof(words) / sizeof((words)[0]))]

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct cw_text subject_of(const struct pair *p, char text[SUBJECT])
{
    size_t unit = strlen(p->unit), tail = strlen(p->tail);
    for (size_t i = 0; i < SUBJECT; i++)
        text[i] = p->unit[i % unit];
    memcpy(text + SUBJECT - tail, p->tail, tail);
    return (struct cw_text){text, SUBJECT};
}

/* The fastest of up to four, since others may use the machine, too. */
static double match_ms(const struct cwr_regex *regex, struct cw_text subject)
{
    static struct cwr_regex_scratch *scratch;
    double best = 1e9;
    if (!scratch)
        scratch = cwr_regex_scratch_create();
    for (int i = 0; i < 4 && (!i || best > 1); i++) {
        double from = cpu_ms();
        (void)cwr_regex_match(regex, scratch, subject, NULL);
        double took = cpu_ms() - from;
        best = took < best ? took : best;
    }
    return best;
}

/* Returns: false when the pattern is refused. */
static bool try(struct pair *p, double *compile_ms)
{
    char text[SUBJECT];
    struct cwr_regex *regex = NULL;
    double from = cpu_ms();
    enum cw_status status = cwr_regex_compile(cw_text_of(p->pattern), p->ignore_case, &regex, NULL);
    if (!status)
        status = cwr_regex_prepare(regex, NULL);
    *compile_ms = cpu_ms() - from;
    if (!status)
        p->ms = match_ms(regex, subject_of(p, text));
    cwr_regex_destroy(regex);
    return status == CW_OK;
}

static void splice(struct pair *p, size_t at, size_t gone, const char *piece)
{
    char made[PATTERN];
    snprintf(made, sizeof made, "%.*s%s%s", (int)at, p->pattern, piece, p->pattern + at + gone);
    strcpy(p->pattern, made);
}

static void change(struct pair *p, const struct pair *other)
{
    size_t len = strlen(p->pattern), at = len ? (size_t)rand() % (len + 1) : 0;
    size_t gone = len - at ? (size_t)rand() % (len - at) % 8 : 0;
    switch (rand() % 8) {
    case 0:
        strcpy(p->unit, PICK(units));
        break;
    case 1:
        strcpy(p->tail, PICK(tails));
        break;
    case 2:
        p->ignore_case = !p->ignore_case;
        break;
    case 3:
        splice(p, at, gone, "");
        break;
    case 4:
        splice(p, at, 0, other->pattern);
        break;
    default:
        splice(p, at, rand() % 3 ? 0 : gone, PICK(pieces));
    }
}

static void keep(struct pair pool[POOL], const struct pair *p)
{
    size_t least = 0;
    for (size_t i = 0; i < POOL; i++) {
        if (strcmp(pool[i].pattern, p->pattern) == 0)
            return;
        least = pool[i].ms < pool[least].ms ? i : least;
    }
    if (p->ms > pool[least].ms)
        pool[least] = *p;
}

static int by_ms(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    return a->ms < b->ms ? 1 : a->ms > b->ms ? -1 : 0;
}

int main(int argc, char **argv)
{
    static struct pair pool[POOL];
    struct pair slowest = {.ms = 0};
    double end = cpu_ms() + 1e3 * (argc > 1 ? atof(argv[1]) : 10);
    unsigned long tried = 0;
    srand(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
    for (size_t i = 0; i < POOL; i++)
        pool[i] = (struct pair){.pattern = "(a+)+", .unit = "a"};
    while (cpu_ms() < end) {
        struct pair p = rand() % 20 ? pool[rand() % POOL] : (struct pair){.unit = "a"};
        double compile_ms;
        for (int n = 1 + rand() % 4; n > 0; n--)
            change(&p, &pool[rand() % POOL]);
        if (try(&p, &compile_ms))
            keep(pool, &p);
        if (compile_ms > slowest.ms) {
            slowest = p;
            slowest.ms = compile_ms;
        }
        tried++;
    }
    for (size_t i = 0; i < POOL; i++) /* what a busy machine made slow drops out */
        for (int n = 0; n < 5; n++) {
            struct pair p = pool[i];
            double compile_ms;
            if (try(&p, &compile_ms) && p.ms < pool[i].ms)
                pool[i].ms = p.ms;
        }
    qsort(pool, POOL, sizeof *pool, by_ms);
    printf("%lu tried\n", tried);
    for (int i = 0; i < 5; i++)
        printf("match %6.2f ms: %s (%s) on %s...%s\n", pool[i].ms, pool[i].pattern,
               pool[i].ignore_case ? "any case" : "case", pool[i].unit, pool[i].tail);
    printf("compiling %6.2f ms: %s\n", slowest.ms, slowest.pattern);
    return 0;
}
