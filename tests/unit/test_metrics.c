#include "metrics.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

TEST(renders_prometheus_text)
{
    metric_add(METRIC_calls_done, 2);
    metric_add(METRIC_calls_done, 1);
    metric_set(METRIC_uptime_s, 42);
    CHECK_INT(metric_get(METRIC_calls_done), 3);
    char *text = metrics_render();
    CHECK(strstr(text, "# TYPE clockwire_calls_total counter\n"
                       "clockwire_calls_total{state=\"done\"} 3\n"
                       "clockwire_calls_total{state=\"skipped\"} 0\n") != NULL);
    CHECK(strstr(text, "# TYPE clockwire_uptime_seconds gauge\nclockwire_uptime_seconds 42\n") !=
          NULL);
    free(text);
}

TEST(each_name_is_described_once)
{
    char *text = metrics_render();
    for (char *at = text; (at = strstr(at, "# TYPE ")); at++) {
        size_t n = strcspn(at, "\n") + 1;
        char row[256];
        memcpy(row, at, n);
        row[n] = '\0';
        CHECK(strstr(at + 1, row) == NULL);
    }
    free(text);
}

TEST(held_additions_count_or_not)
{
    int64_t before = metric_get(METRIC_attempts);
    metrics_hold();
    metric_add(METRIC_attempts, 5);
    metrics_release(false);
    CHECK_INT(metric_get(METRIC_attempts), before);
    metrics_hold();
    metric_add(METRIC_attempts, 2);
    CHECK_INT(metric_get(METRIC_attempts), before);
    metrics_release(true);
    metric_add(METRIC_attempts, 1);
    CHECK_INT(metric_get(METRIC_attempts), before + 3);
}

CHECK_MAIN
