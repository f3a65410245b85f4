/* A schedule or a window as people write it: no text may crash, and what is taken comes round. */
#include "schedule.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cw_text text = {(const char *)data, size};
    struct cwr_schedule schedule;
    struct cwr_window window;
    struct cw_error err;
    if (!cwr_schedule_parse(text, &schedule, &err)) {
        int64_t at = 1772445600000;
        for (int i = 0; i < 50; i++) {
            int64_t next = cwr_schedule_next(&schedule, &cwr_utc, at);
            if (next <= at || next - at > INT64_C(3651) * CWR_DAY_S * 1000 || next % 60000 != 0)
                abort();
            at = next;
        }
    }
    if (!cwr_window_parse(text, &window, &err) &&
        (!window.days || window.days > 127 || window.from == window.to || window.from < 0 ||
         window.from >= CWR_DAY_MIN || window.to < 0 || window.to > CWR_DAY_MIN))
        abort();
    return 0;
}
