/* store_both: a test of both stores, whose journal can be closed and opened again. */
#ifndef STORE_BOTH_H
#define STORE_BOTH_H

#include "store_fixture.h"

#define BOTH(name)                                                                                 \
    static void both_##name(struct store *s, const char *where);                                   \
    TEST(name##_memory)                                                                            \
    {                                                                                              \
        both_##name(fixture_open("memory:"), NULL);                                                \
    }                                                                                              \
    TEST(name##_sqlite)                                                                            \
    {                                                                                              \
        both_##name(fixture_open(fixture_where(#name)), fixture_where(#name));                     \
        fixture_end();                                                                             \
    }                                                                                              \
    static void both_##name(struct store *s, const char *where)

/* A file is closed and opened again; memory goes on. */
static inline struct store *again(struct store *s, const char *where)
{
    if (!where)
        return s;
    store_close(s);
    return fixture_open(where);
}

#endif
