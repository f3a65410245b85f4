/* Times as people write them: within their ceiling, never negative, refused with a reason, and the
 * same when their number is written with zeros before it. */
#include <clockwire/doc.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t most_ms = INT64_C(3650) * 86400000;
    struct cw_error err = {.at = -1};
    int64_t ms = -7, again = -7;
    char text[256] = "000";
    enum cw_status status =
        cw_duration_parse((struct cw_text){(const char *)data, size}, &ms, &err);
    if (status && (ms != -7 || !err.text[0] || (status != CW_ESYNTAX && status != CW_ELIMIT)))
        abort();
    if (!status && (ms < 0 || ms > most_ms))
        abort();
    if (size == 0 || size > sizeof text - 3 || data[0] < '0' || data[0] > '9')
        return 0;
    memcpy(text + 3, data, size);
    if (cw_duration_parse((struct cw_text){text, size + 3}, &again, NULL) != status || again != ms)
        abort();
    return 0;
}
