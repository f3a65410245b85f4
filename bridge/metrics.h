/* metrics: what /metrics shows. One table (metrics.def), one array of numbers, Prometheus text. */
#ifndef METRICS_H
#define METRICS_H

#include <clockwire/error.h>
#include <stdbool.h>
#include <stdint.h>

enum metric {
#define METRIC(ident, kind, name, labels, help) METRIC_##ident,
#include "metrics.def"
#undef METRIC
    METRIC_COUNT
};

void metric_add(enum metric metric, int64_t n);
/* Between hold and release additions wait: what is not on disk did not happen, and is not counted.
 * `count` false forgets them. */
void metrics_hold(void);
void metrics_release(bool count);
void metric_set(enum metric metric, int64_t value);
int64_t metric_get(enum metric metric);
char *metrics_render(void); /* the caller frees it */

#endif
