/* nomem: the 1st, 2nd, ... nth allocation fails, once and then for good, and the library says so.
 *
 * The program's own malloc stands before the C library's, which a sanitizer does not allow: include
 * it in the one file of a test, which is NOMEM_SKIP unless NOMEM_HERE is defined. */
#ifndef NOMEM_H
#define NOMEM_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define NOMEM_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define NOMEM_SANITIZED
#endif
#endif

#include "check.h"

#ifdef NOMEM_SANITIZED

/* The whole program when there is nothing to run. */
#define NOMEM_SKIP                                                                                 \
    int main(void)                                                                                 \
    {                                                                                              \
        check_skip("memory that fails cannot be tried under a sanitizer");                         \
    }

#else
#define NOMEM_HERE

#include <clockwire/error.h>
#include <errno.h>

enum { NOMEM_MOST = 20000 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void __libc_free(void *at);

static struct {
    long left;     /* allocations until one fails; -1: none does */
    bool for_good; /* all behind it fail, too */
    bool failed;
    long live; /* blocks */
} nomem = {.left = -1};

static bool nomem_fails(void)
{
    if (nomem.left != 0) {
        nomem.left -= nomem.left > 0;
        return false;
    }
    errno = ENOMEM;
    nomem.failed = true;
    nomem.left = nomem.for_good ? 0 : -1;
    return true;
}

void *malloc(size_t size)
{
    void *at = nomem_fails() ? NULL : __libc_malloc(size);
    nomem.live += at != NULL;
    return at;
}

void *calloc(size_t n, size_t size)
{
    void *at = nomem_fails() ? NULL : __libc_calloc(n, size);
    nomem.live += at != NULL;
    return at;
}

void *realloc(void *old, size_t size)
{
    void *at = nomem_fails() ? NULL : __libc_realloc(old, size);
    nomem.live += at && !old;
    return at;
}

void free(void *at)
{
    nomem.live -= at != NULL;
    __libc_free(at);
}

/* Returns: whether allocation n failed, which ends with the job. */
static bool nomem_try(enum cw_status (*job)(void), long n, bool for_good, enum cw_status *status)
{
    nomem.failed = false;
    nomem.for_good = for_good;
    nomem.left = n;
    *status = job();
    nomem.left = -1;
    return nomem.failed;
}

static void nomem_each_way(enum cw_status (*job)(void), long least, bool for_good)
{
    bool failed = true;
    long n = 0;
    for (; failed && n < NOMEM_MOST; n++) {
        enum cw_status status;
        long before = nomem.live;
        failed = nomem_try(job, n, for_good, &status);
        if (CHECK(!status || (failed && status == CW_NOMEM)) && CHECK_INT(nomem.live, before))
            continue;
        fprintf(stderr, "allocation %ld%s: %s\n", n, for_good ? " and all behind it" : "",
                cw_status_name(status));
        break;
    }
    CHECK(!failed);
    CHECK(n > least); /* there was something to fail */
}

/* Runs `job` with the n-th allocation failing, for each n until none fails any more: what is live
 * before and after is the same number, and a failure has one name. */
static void nomem_each(enum cw_status (*job)(void), long least)
{
    nomem_each_way(job, least, false);
    nomem_each_way(job, least, true);
}

#endif
#endif
