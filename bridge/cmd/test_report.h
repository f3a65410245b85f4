/* test_report: how `test` tells what came of it: a text for people, JUnit XML, or JSON lines. */
#ifndef CMD_TEST_REPORT_H
#define CMD_TEST_REPORT_H

#include "../trial/play.h"

struct test_sums {
    size_t passed, failed;
    size_t faulty; /* files that cannot be read as they should */
};

struct test_file {
    const struct config *config;
    const struct trials *trials;
    bool coverage; /* is asked for */
    bool titled;   /* one file of several */
};

struct test_report {
    const char *name;
    bool colour; /* where the output is a terminal */
    void (*begin)(void);
    void (*file)(const struct test_file *file);
    void (*faulty)(const char *file, const char *faults);
    void (*end)(const struct test_sums *sums, bool colour);
};

/* NULL when there is none of that name. */
const struct test_report *test_report_named(const char *name);

#endif
