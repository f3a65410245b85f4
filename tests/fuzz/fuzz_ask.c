/* Text of a residual condition, as a journal may hold it: asked about known and unknown facts. It
 * is malformed, or has one answer however often it is asked, with a reason that ends. */
#include <stdint.h>

#include "../support/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct cw_text text, const struct cw_facts *facts)
{
    enum cw_truth first = CW_UNKNOWN, second = CW_UNKNOWN;
    struct cw_error err;
    char why[120];
    memset(why, 'x', sizeof why);
    enum cw_status one = cw_condition_ask(text, facts, &first, why, sizeof why, &err);
    enum cw_status two = cw_condition_ask(text, facts, &second, NULL, 0, NULL);
    if (one != two || first != second)
        abort();
    if (one && one != CW_ESYNTAX && one != CW_ELIMIT)
        abort();
    if (one == CW_ESYNTAX ? !err.text[0] : !memchr(why, '\0', sizeof why))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cw_work work = {.task = CW_TEXT("KEY-1"),
                                 .task_name = CW_TEXT("Work"),
                                 .project = CW_TEXT("Meetings"),
                                 .note = CW_TEXT("n"),
                                 .since_ms = 1772445600000};
    const struct cw_facts running = {.timer = CW_TIMER_RUNNING,
                                     .paused_by = CW_TEXT(""),
                                     .started_by = CW_TEXT("one"),
                                     .work = &work,
                                     .now_ms = 1772449200000},
                          unknown = {.timer = CW_TIMER_UNKNOWN};
    struct cw_text text = {(const char *)data, size};
    ask(text, &running);
    ask(text, &unknown);
    return 0;
}
