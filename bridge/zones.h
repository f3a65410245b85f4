/* zones: the system's time zones, /usr/share/zoneinfo, as cw_catalogue.zone wants them. */
#ifndef ZONES_H
#define ZONES_H

#include <clockwire/error.h>

/* Refuses names that lead out of the folder. Returns: CW_ENOENT when there is no such zone;
 * CW_ELIMIT above 64 KiB; CW_EIO when it cannot be read or the folder itself is missing. */
enum cw_status zones_read(void *ctx, const char *name, struct cw_arena *arena,
                          struct cw_text *out_tzif) CW_CHECKED;

#endif
