#include "calendar.h"

#include "file.h"
#include "ics/ics.h"
#include "xalloc.h"

static void tell(struct cw_diags *diags, const char *name, struct cw_place place,
                 const struct ics *ics)
{
    if (!ics->n_days)
        cw_diags_add(diags, CW_WARNING, "calendar-days", place, NULL,
                     "no event of %s covers a whole day: it excepts nothing", name);
    else if (ics->n_partly)
        cw_diags_add(
            diags, CW_NOTE, "calendar-days", place, NULL,
            "%zu event%s of %s cover%s no whole day and except%s none (the first: line %u)",
            ics->n_partly, ics->n_partly == 1 ? "" : "s", name, ics->n_partly == 1 ? "s" : "",
            ics->n_partly == 1 ? "s" : "", ics->partly_line);
}

enum cw_status calendar_read(void *ctx, const char *name, struct cw_place place,
                             struct cw_arena *arena, struct cw_text *out_days, struct cw_error *err)
{
    auto_free char *path = file_beside(place.file, name);
    char *bytes = NULL;
    size_t len = 0;
    struct ics ics;
    enum cw_status status = file_read(path, true, ICS_BYTES, &bytes, &len, err);
    if (status)
        return status;
    auto_free char *text = bytes;
    status = ics_read((struct cw_text){text, len}, arena, &ics, err);
    if (status)
        return status;
    if (ctx)
        tell(ctx, name, place, &ics);
    *out_days = ics.days;
    return CW_OK;
}
