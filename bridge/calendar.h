/* calendar: calendar files (.ics) that hours except, as cw_catalogue.calendar wants them. */
#ifndef CALENDAR_H
#define CALENDAR_H

#include <clockwire/doc.h>

/* `ctx` is the struct cw_diags that is told of events which except nothing, or NULL. A relative
 * name is relative to the file of `place`. Reads regular files only, of at most 1 MiB. */
enum cw_status calendar_read(void *ctx, const char *name, struct cw_place place,
                             struct cw_arena *arena, struct cw_text *out_days,
                             struct cw_error *err) CW_CHECKED;

#endif
