#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct check_test *first;
static struct check_test **last = &first;
static unsigned failures;
static const char *current = "";

void check_register(struct check_test *test)
{
    *last = test;
    last = &test->next;
}

int check_run(int argc, char **argv)
{
    unsigned run = 0, failed = 0;
    for (struct check_test *t = first; t; t = t->next) {
        if (argc > 1 && strcmp(argv[1], t->name) != 0)
            continue;
        failures = 0;
        current = t->name;
        t->run();
        run++;
        failed += failures > 0;
    }
    printf("%u passed, %u failed\n", run - failed, failed);
    return failed || !run ? 1 : 0;
}

void check_skip(const char *why)
{
    printf("skipped: %s\n", why);
    exit(77);
}

static bool fail(const char *file, int line)
{
    failures++;
    fprintf(stderr, "%s:%d: in %s: ", file, line, current);
    return false;
}

bool check_true(bool ok, const char *file, int line, const char *what)
{
    if (ok)
        return true;
    fail(file, line);
    fprintf(stderr, "not so: %s\n", what);
    return false;
}

bool check_int(int64_t got, int64_t want, const char *file, int line, const char *what)
{
    if (got == want)
        return true;
    fail(file, line);
    fprintf(stderr, "%s is %lld, not %lld\n", what, (long long)got, (long long)want);
    return false;
}

bool check_str(const char *got, const char *want, const char *file, int line, const char *what)
{
    if (got == want || (got && want && strcmp(got, want) == 0))
        return true;
    fail(file, line);
    fprintf(stderr, "%s is\n  %s\nnot\n  %s\n", what, got ? got : "(null)", want ? want : "(null)");
    return false;
}

bool check_mem(const void *got, size_t got_len, const char *want, const char *file, int line,
               const char *what)
{
    if (got && got_len == strlen(want) && memcmp(got, want, got_len) == 0)
        return true;
    fail(file, line);
    fprintf(stderr, "%s is\n  %.*s\nnot\n  %s\n", what, got ? (int)got_len : 0,
            got ? (const char *)got : "", want);
    return false;
}

const char *check_shared(const char *path)
{
    static char full[4096];
    const char *root = getenv("CW_ROOT"), *shared = getenv("CW_SHARED");
    if (shared)
        snprintf(full, sizeof full, "%s/%s", shared, path);
    else
        snprintf(full, sizeof full, "%s/../shared/%s", root ? root : ".", path);
    return access(full, R_OK) == 0 ? full : NULL;
}

char *check_read(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    char *text = malloc((size_t)size + 1);
    if (!text || fread(text, 1, (size_t)size, f) != (size_t)size)
        exit(1);
    text[size] = '\0';
    fclose(f);
    if (len)
        *len = (size_t)size;
    return text;
}
