/* fuzz_ics: any bytes as a calendar file: refused with a line, or days in order within the horizon;
 * and never more work than a fixed amount. */
#include "ics/ics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_days(const struct ics *ics)
{
    MUST(ics->days.len == ics->n_days * 11);
    for (size_t i = 0; i < ics->n_days; i++) {
        const char *at = ics->days.at + i * 11;
        MUST(at[4] == '-' && at[7] == '-' && at[10] == '\n');
        MUST(memcmp(at, "1970-01-01", 10) >= 0 && memcmp(at, "2099-12-31", 10) <= 0);
        MUST(!i || memcmp(at - 11, at, 10) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_arena *arena = cw_arena_create(1 << 20);
    struct cw_error err = {.at = -1};
    struct ics ics = {.n_days = 0};
    enum cw_status status = ics_read((struct cw_text){(const char *)data, size}, arena, &ics, &err);
    if (status == CW_OK)
        check_days(&ics);
    else
        MUST(strncmp(err.text, "line ", 5) == 0 || status == CW_ELIMIT);
    cw_arena_destroy(arena);
    return 0;
}
