#include "metrics.h"

#include "xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t values[METRIC_COUNT];
static int64_t held[METRIC_COUNT];
static bool holding;

static const struct row {
    const char *kind, *name, *labels, *help;
} rows[] = {
#define METRIC(ident, kind, name, labels, help) {#kind, name, labels, help},
#include "metrics.def"
#undef METRIC
};

void metric_add(enum metric metric, int64_t n)
{
    (holding ? held : values)[metric] += n;
}

void metrics_hold(void)
{
    holding = true;
}

void metrics_release(bool count)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        values[i] += count ? held[i] : 0;
        held[i] = 0;
    }
    holding = false;
}

void metric_set(enum metric metric, int64_t value)
{
    values[metric] = value;
}

int64_t metric_get(enum metric metric)
{
    return values[metric];
}

char *metrics_render(void)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    if (!f)
        abort();
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct row *r = &rows[i];
        if (!i || strcmp(rows[i - 1].name, r->name) != 0)
            fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", r->name, r->help, r->name, r->kind);
        fprintf(f, *r->labels ? "%s{%s} %lld\n" : "%s%s %lld\n", r->name, r->labels,
                (long long)values[i]);
    }
    if (fclose(f) != 0)
        abort();
    return out;
}
