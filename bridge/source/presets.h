/* presets: the provider files of source/presets/, built into the binary. */
#ifndef SOURCE_PRESETS_H
#define SOURCE_PRESETS_H

#include <stddef.h>

struct preset {
    const char *name; /* the file's name without .yaml; NULL ends the table */
    const char *text; /* NUL-terminated YAML */
    size_t len;
};

extern const struct preset presets[];

#endif
