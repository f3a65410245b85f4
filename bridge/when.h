/* when: a time as somebody asks for it: "2 hours" ago, "2026-03-02 10:00" or the last "17:30" on a
 * person's clock, or RFC 3339. */
#ifndef WHEN_H
#define WHEN_H

#include <clockwire/rules.h>

/* `person` NULL: UTC. Returns: CW_EINVAL. */
enum cw_status when_parse(const char *text, const struct cw_person *person, int64_t now_ms,
                          int64_t *out_ms, struct cw_error *err) CW_CHECKED;

#endif
