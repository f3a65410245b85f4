/* xalloc: see the header. One line to standard error, exit code 71 (EX_OSERR): no clean-up, since
 * what was acknowledged is on disk already. */
#include "xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char line[] = "clockwire: out of memory\n";
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        _exit(EX_OSERR);
    _exit(EX_OSERR);
}

static void *sure(void *at)
{
    if (!at)
        out_of_memory();
    return at;
}

void *xmalloc(size_t size)
{
    return sure(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return sure(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *at, size_t size)
{
    return sure(realloc(at, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return text ? sure(strdup(text)) : NULL;
}

char *xtext(struct cw_text text)
{
    char *copy = xmalloc(text.len + 1);
    if (text.len)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

char *xprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        out_of_memory();
    return text;
}

struct cw_arena *xarena(size_t limit_bytes)
{
    return sure(cw_arena_create(limit_bytes));
}

void *xtake(struct cw_arena *arena, size_t size)
{
    return sure(cw_arena_take(arena, size));
}

void xfree_at(void *pointer_to_pointer)
{
    void *at;
    memcpy(&at, pointer_to_pointer, sizeof at);
    free(at);
}
